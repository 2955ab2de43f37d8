/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/money_settle.c - settlements a second, and how long a hold takes, over 1,000 accounts and over 10 hot ones; side by
 * side, in the same run on the same server, with the server's own single-row durable commits (one INSERT, autocommit). Target:
 * settlements at 0.4 of that rate or better.
 *
 *   money_settle [THREADS (8) [ROUNDS (5)]]
 *
 * A private MariaDB that flushes its log at each commit. A round: raw commits, then holds opened and settled (a ledger row each)
 * over 1,000 accounts, then over 10, then again over 1,000 calls of three legs, each a ledger row. Printed are the medians of the
 * rounds (of the ratios: each round's own, so that what else the machine does meets both), and the 99th percentile of all opened
 * holds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "billing/hold.h"
#include "core/clock.h"
#include "core/magic.h"

#define THREADS_MAX 32
#define ROUNDS_MAX  21
#define EACH        250  /* a thread and round */
#define ACCOUNTS    1000
#define HOT         10

struct bench {
	struct store *store;
	unsigned      threads, rounds, accounts, legs;
};

struct work {
	pthread_t     thread;
	struct bench *b;
	unsigned      n;
	char          hold[EACH][ID_SIZE];
	int64_t       account[EACH], took_us[EACH];
	int           err;
};

static int64_t now_us(void)
{
	return clock_mono_us();
}

/* ---- the three kinds of work ---- */

static int raw_tx(struct store_conn *c, void *arg)
{
	struct work *w = arg;
	int err = store_exec(c, NULL, "SET SESSION autocommit = 1", ""); /* each statement is a transaction */

	for (unsigned i = 0; !err && i < EACH; i++) {
		char id[ID_SIZE];

		random_id(id);
		err = store_exec(c, NULL, "INSERT INTO raw (id, account_id, amount_e4) VALUES (?, ?, ?)", "sii", id,
		                 (int64_t)w->n, (int64_t)i);
	}
	return err ? err : store_exec(c, NULL, "SET SESSION autocommit = 0", "");
}

static void *raw_run(void *arg)
{
	struct work *w = arg;

	w->err = store_tx(w->b->store, raw_tx, w);
	return NULL;
}

static void *open_run(void *arg)
{
	struct work *w = arg;

	for (unsigned i = 0; !w->err && i < EACH; i++) {
		struct hold_open h = {
			.account_id = w->account[i] = 1 + (int64_t)random_below(w->b->accounts),
			.amount_e4 = 4000,
			.at_utc_us = clock_utc_us(),
			.expires_utc_us = clock_utc_us() + CLOCK_SEC(60),
			.node = "bench",
		};
		int64_t began = now_us();

		random_id(w->hold[i]);
		memcpy(h.id, w->hold[i], ID_SIZE);
		w->err = hold_open(w->b->store, &h);
		w->took_us[i] = now_us() - began;
	}
	return NULL;
}

static void *settle_run(void *arg)
{
	struct work *w = arg;
	struct hold_settle *s = calloc(1, sizeof(*s));
	struct settle_leg leg[SETTLE_LEGS_MAX];

	if (s == NULL)
		w->err = -1;
	for (unsigned i = 0; !w->err && i < EACH; i++) {
		memcpy(s->id, w->hold[i], ID_SIZE);
		s->account_id = w->account[i];
		s->number = "8613800000001";
		s->at_utc_us = clock_utc_us();
		s->held_e4 = 4000;
		s->count = w->b->legs;
		s->leg = leg;
		for (unsigned k = 0; k < s->count; k++) {
			random_id(leg[k].leg_id);
			leg[k].amount_e4 = 1200;
		}
		w->err = hold_settle(w->b->store, s);
	}
	free(s);
	return NULL;
}

/* How many a second, by all threads together; negative: failed. */
static double rate(struct bench *b, struct work *w, void *(*run)(void *))
{
	int64_t began = now_us();
	int err = 0;

	for (unsigned i = 0; i < b->threads; i++) {
		w[i].b = b;
		w[i].n = i;
		w[i].err = 0;
		if (pthread_create(&w[i].thread, NULL, run, &w[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < b->threads; i++) {
		(void)pthread_join(w[i].thread, NULL);
		err |= w[i].err;
	}
	return err ? -1 : (double)b->threads * EACH / ((double)(now_us() - began) / 1e6);
}

/* ---- figures ---- */

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int compare_int(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

struct figures {
	double  open[ROUNDS_MAX], settle[ROUNDS_MAX], of_raw[ROUNDS_MAX], open_of_raw[ROUNDS_MAX];
	int64_t *took_us;
	size_t  took;
};

static double median(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), compare_double);
	return v[n / 2];
}

static int measure(struct bench *b, struct work *w, struct figures *f, unsigned round, double raw)
{
	f->open[round] = rate(b, w, open_run);
	for (unsigned i = 0; i < b->threads; i++)
		for (unsigned k = 0; k < EACH; k++)
			f->took_us[f->took++] = w[i].took_us[k];
	f->settle[round] = rate(b, w, settle_run);
	f->of_raw[round] = f->settle[round] / raw;
	f->open_of_raw[round] = f->open[round] / raw;
	return f->open[round] < 0 || f->settle[round] < 0 ? -1 : 0;
}

static void print(const char *name, struct figures *f, unsigned rounds)
{
	double opens = median(f->open, rounds), settles = median(f->settle, rounds), of_raw = median(f->of_raw, rounds);
	size_t half = f->took / 2, most = f->took * 99 / 100;

	qsort(f->took_us, f->took, sizeof(*f->took_us), compare_int);
	(void)printf("%-24s %6.0f settlements/s (%.2f of raw; target 0.40: %s), %6.0f holds/s (%.2f), a hold: median %.2f ms, "
	             "p99 %.2f ms\n",
	             name, settles, of_raw, of_raw >= 0.4 ? "met" : "missed", opens, median(f->open_of_raw, rounds),
	             (double)f->took_us[half] / 1e3, (double)f->took_us[most] / 1e3);
}

/* ---- a database for it ---- */

static int prepare_tx(struct store_conn *c, void *arg)
{
	int err = store_exec(
		c, NULL,
		"CREATE TABLE raw (id CHAR(32) NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, amount_e4 BIGINT NOT NULL)", "");

	(void)arg;
	if (!err)
		err = store_exec(c, NULL, "INSERT INTO tariff (id, provider_id, name) VALUES (1, 1, 'standard')", "");
	for (int64_t i = 1; !err && i <= ACCOUNTS; i++)
		err = store_exec(
			c, NULL,
			"INSERT INTO account (id, tariff_id, balance_e4, created_at) VALUES (?, 1, 1000000000000, '2026-03-02')",
			"i", i);
	return err;
}

static int create_tx(struct store_conn *c, void *arg)
{
	(void)arg;
	return store_exec(c, NULL, "CREATE DATABASE bench", "");
}

static int prepare(struct store **sp, const char *dir, unsigned threads)
{
	struct store_config k = { .user = "root", .connections = threads };
	FILE *null = fopen("/dev/null", "w");
	int err;

	(void)snprintf(k.socket, sizeof(k.socket), "%s/s", dir);
	err = store_open(sp, &k);
	if (!err)
		err = store_tx(*sp, create_tx, NULL);
	store_close(*sp);
	(void)snprintf(k.database, sizeof(k.database), "bench");
	if (!err)
		err = store_open(sp, &k);
	if (!err)
		err = store_migrate(*sp, null);
	if (!err)
		err = store_tx(*sp, prepare_tx, NULL);
	(void)fclose(null);
	return err;
}

struct kind {
	const char *name;
	unsigned    accounts, legs;
};

static const struct kind kind[] = {
	{ "1,000 accounts:", ACCOUNTS, 1 },
	{ "10 accounts:", HOT, 1 },
	{ "1,000, three legs each:", ACCOUNTS, 3 },
};

static int run(struct bench *b)
{
	size_t all = (size_t)b->threads * EACH * b->rounds;
	struct work *w = calloc(b->threads, sizeof(*w));
	struct figures *f = calloc(ARRAY_LEN(kind), sizeof(*f));
	double raw[ROUNDS_MAX];
	int err = w && f ? 0 : -1;

	for (unsigned k = 0; !err && k < ARRAY_LEN(kind); k++) {
		f[k].took_us = calloc(all, sizeof(int64_t));
		err = f[k].took_us ? 0 : -1;
	}
	for (unsigned i = 0; !err && i < b->rounds; i++) {
		for (unsigned k = 0; !err && k < ARRAY_LEN(kind); k++) {
			raw[i] = rate(b, w, raw_run);
			b->accounts = kind[k].accounts;
			b->legs = kind[k].legs;
			err = raw[i] < 0 ? -1 : measure(b, w, &f[k], i, raw[i]);
		}
	}
	if (!err) {
		(void)printf("%u connections, %u rounds of %u each; raw single-row durable commits: %.0f/s\n", b->threads,
		             b->rounds, b->threads * EACH, median(raw, b->rounds));
		for (unsigned k = 0; k < ARRAY_LEN(kind); k++)
			print(kind[k].name, &f[k], b->rounds);
	}
	for (unsigned k = 0; f && k < ARRAY_LEN(kind); k++)
		free(f[k].took_us);
	free(f);
	free(w);
	return err;
}

int main(int argc, char **argv)
{
	struct bench b = { .threads = argc > 1 ? (unsigned)atoi(argv[1]) : 8, .rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 5 };
	char dir[] = "/tmp/partyline-bench-XXXXXX", cmd[200];
	int err;

	if (b.threads < 1 || b.threads > THREADS_MAX || b.rounds < 1 || b.rounds > ROUNDS_MAX || mkdtemp(dir) == NULL)
		return 2;
	(void)snprintf(cmd, sizeof(cmd), "packaging/mariadb.sh start %s >/dev/null", dir);
	err = system(cmd);
	if (!err)
		err = prepare(&b.store, dir, b.threads);
	if (!err) {
		err = run(&b);
		store_close(b.store);
	}
	(void)snprintf(cmd, sizeof(cmd), "packaging/mariadb.sh stop %s; rm -rf %s", dir, dir);
	if (system(cmd) != 0)
		err = -1;
	return err ? 1 : 0;
}
