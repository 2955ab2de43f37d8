/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/money_cards.c - cards made in a minute, with the printer's file sealed and on disk, and cards redeemed in a second.
 * Target: a million in under a minute.
 *
 *   money_cards [CARDS (1000000) [THREADS (8)]]
 *
 * A private MariaDB that flushes its log at each commit. Afterwards the cards are there, and each number is found by its index.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "billing/card_key.h"
#include "billing/card_make.h"
#include "core/clock.h"
#include "core/magic.h"

#define THREADS_MAX 32
#define EACH        250 /* redemptions of a thread */
#define ACCOUNTS    1000

struct bench {
	struct store      *s;
	struct card_config config;
	char               dir[64], printer[96], public[96], out[96];
	char             (*number)[CARD_DIGITS_MAX + 1];
	int64_t            count, found;
	unsigned           threads;
};

struct work {
	struct bench *b;
	pthread_t     thread;
	unsigned      n;
	int           err;
};

static int sql_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, arg, "");
}

static int accounts_tx(struct store_conn *c, void *arg)
{
	int err = store_exec(c, NULL, "INSERT INTO tariff (id, provider_id, name) VALUES (1, 1, 'standard')", "");

	(void)arg;
	for (int64_t i = 1; !err && i <= ACCOUNTS; i++) {
		err = store_exec(c, NULL, "INSERT INTO account (id, tariff_id, created_at) VALUES (?, 1, '2026-03-02')", "i", i);
		if (!err)
			err = store_exec(
				c, NULL,
				"INSERT INTO account_number (number, account_id, valid_from) VALUES (?, ?, '2026-03-02')", "ii",
				8613800000000 + i, i);
	}
	return err;
}

static int bench_open(struct bench *b)
{
	struct store_config c = { .user = "root", .connections = b->threads };
	char cmd[200];
	unsigned id;
	int err;

	if (mkdtemp(b->dir) == NULL)
		return -1;
	(void)snprintf(cmd, sizeof(cmd), "packaging/mariadb.sh start %s >/dev/null", b->dir);
	if (system(cmd) != 0)
		return -1;
	(void)snprintf(c.socket, sizeof(c.socket), "%s/s", b->dir);
	err = store_open(&b->s, &c);
	if (!err)
		err = store_tx(b->s, sql_tx, "CREATE DATABASE bench");
	store_close(b->s);
	(void)snprintf(c.database, sizeof(c.database), "bench");
	if (!err)
		err = store_open(&b->s, &c);
	if (!err)
		err = store_migrate(b->s, stderr);
	if (!err)
		err = store_tx(b->s, accounts_tx, NULL);
	(void)snprintf(b->config.key_file, sizeof(b->config.key_file), "%s/keys", b->dir);
	(void)snprintf(b->printer, sizeof(b->printer), "%s/printer", b->dir);
	(void)snprintf(b->public, sizeof(b->public), "%s/printer.pub", b->dir);
	(void)snprintf(b->out, sizeof(b->out), "%s/batch.sealed", b->dir);
	if (!err)
		err = card_keys_add(b->config.key_file, &id);
	return err ? err : card_printer_make(b->printer);
}

static void bench_close(struct bench *b)
{
	char cmd[200];

	store_close(b->s);
	(void)snprintf(cmd, sizeof(cmd), "packaging/mariadb.sh stop %s; rm -rf %s", b->dir, b->dir);
	if (system(cmd) != 0)
		(void)fprintf(stderr, "%s: not stopped\n", b->dir);
}

static int make_all(struct bench *b)
{
	struct card_make m = {
		.name = "bench",
		.count = b->count,
		.value_e4 = 10000,
		.at_utc_us = clock_utc_us(),
		.expires_utc_us = clock_utc_us() + CLOCK_SEC(86400),
		.key_file = b->config.key_file,
		.printer_file = b->public,
		.out = b->out,
		.who = "bench",
	};
	int64_t began = clock_mono_us(), took;
	int err = card_make(b->s, &m);

	took = clock_mono_us() - began;
	if (!err)
		printf("cards made: %lld in %.1f s, %.0f a minute\n", (long long)b->count, (double)took / 1e6,
		       (double)b->count * 60e6 / (double)took);
	for (int to = CARD_PRINTED; !err && to <= CARD_ACTIVATED; to++) {
		struct card_change g = { .name = "bench", .to = (enum card_state)to, .who = "bench", .at_utc_us = m.at_utc_us };

		err = card_batch_change(b->s, &g);
	}
	return err;
}

static int read_all(struct bench *b)
{
	char *text, *rest, *line;
	size_t len;
	int err = card_unseal(b->out, b->printer, &text, &len);

	if (err)
		return err;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *comma = strchr(line, ',');

		if (line[0] != '#' && line[0] && comma && b->found < b->count)
			(void)snprintf(b->number[b->found++], sizeof(b->number[0]), "%s", comma + 1);
	}
	free(text);
	return b->found == b->count ? 0 : -1;
}

static void *redeem_some(void *arg)
{
	struct work *w = arg;

	for (unsigned i = 0; !w->err && i < EACH; i++) {
		unsigned nth = w->n * EACH + i;
		char number[32];
		struct card_redeem r = {
			.number = number, .caller = "", .trunk = "", .who = "bench", .at_utc_us = clock_utc_us()
		};

		(void)snprintf(number, sizeof(number), "%llu", 8613800000001ull + nth % ACCOUNTS);
		r.card = w->b->number[(uint64_t)nth * 7919 % (uint64_t)w->b->count];
		random_id(r.id);
		w->err = card_redeem(w->b->s, &w->b->config, &r);
		if (!w->err && r.outcome != CARD_DONE)
			w->err = -1;
	}
	return NULL;
}

static int redeem_all(struct bench *b)
{
	struct work w[THREADS_MAX];
	int64_t began = clock_mono_us(), took;
	int err = 0;

	for (unsigned i = 0; i < b->threads; i++) {
		w[i] = (struct work){ .b = b, .n = i };
		if (pthread_create(&w[i].thread, NULL, redeem_some, &w[i]) != 0)
			return -1;
	}
	for (unsigned i = 0; i < b->threads; i++) {
		(void)pthread_join(w[i].thread, NULL);
		err = err ? err : w[i].err;
	}
	took = clock_mono_us() - began;
	if (!err)
		printf("cards redeemed: %u by %u threads among %lld, %.0f a second\n", b->threads * EACH, b->threads,
		       (long long)b->count, (double)(b->threads * EACH) * 1e6 / (double)took);
	return err;
}

int main(int argc, char **argv)
{
	struct bench b = { .dir = "/tmp/partyline-bench-XXXXXX", .count = 1000000, .threads = 8 };
	int err;

	if (argc > 1)
		b.count = atoll(argv[1]);
	if (argc > 2)
		b.threads = (unsigned)atoi(argv[2]);
	if (b.threads < 1 || b.threads > THREADS_MAX || b.count < b.threads * EACH || b.count > CARD_COUNT_MAX) {
		(void)fprintf(stderr, "money_cards [CARDS [THREADS]]: at most %d and %d, %d cards a thread\n", CARD_COUNT_MAX,
		              THREADS_MAX, EACH);
		return 2;
	}
	b.number = calloc((size_t)b.count, sizeof(*b.number));
	err = b.number ? bench_open(&b) : -1;
	if (!err)
		err = make_all(&b);
	if (!err)
		err = read_all(&b);
	if (!err)
		err = redeem_all(&b);
	bench_close(&b);
	free(b.number);
	if (err)
		(void)fprintf(stderr, "money_cards: failed (%d)\n", err);
	return err != 0;
}
