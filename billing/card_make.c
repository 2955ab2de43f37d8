/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/card_make.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "billing/account.h"
#include "billing/audit.h"
#include "billing/card_internal.h"
#include "billing/money.h"
#include "core/clock.h"

#define CHUNK      1000                             /* cards in a statement; the statement is 80 kB */
#define ROW_TEXT   (2 * CARD_MAC_SIZE + 40)
#define LINE_TEXT  (CARD_SERIAL_SIZE + CARD_DIGITS_MAX + 2)
#define HEAD_TEXT  300
#define GUESS_E9   1000000000u              /* live cards / 10^digits <= 1e-9 */

struct made {
	uint8_t  mac[CARD_MAC_SIZE];
	uint64_t number;
};

struct making {
	const struct card_make *m;
	struct card_key         key;      /* the last of them, of the new cards */
	struct card_prints      prints;
	char                    maker[ID_SIZE], audit_id[ID_SIZE];
	unsigned                digits;
	uint64_t                numbers;  /* 10^digits */
	int64_t                 batch_id;
	struct made            *made;     /* all cards */
	int64_t                 first, n; /* the chunk at hand */
	char                   *sql;
};

/* ---- the batch, as `making` ---- */

static int make_provider(struct store_conn *c, const struct making *g, int64_t *id)
{
	*id = 1;
	return g->m->provider ? store_query_int(c, id, "SELECT id FROM provider WHERE name = ?", "s", g->m->provider) : 0;
}

/* A key file of another system has the same ids and other keys. */
static int make_key_known(struct store_conn *c, const struct making *g)
{
	int err = store_exec(c, NULL, "INSERT IGNORE INTO card_key (id, fingerprint, created_at) VALUES (?, ?, ?)", "ist",
	                     (int64_t)g->key.id, g->prints.key[g->prints.count - 1].print, g->m->at_utc_us);

	return err ? err : card_prints_check(c, &g->prints);
}

static int make_sparse(struct store_conn *c, const struct making *g)
{
	int64_t live;
	int err = store_query_int(c, &live, "SELECT COALESCE(SUM(cards), 0) FROM card_batch WHERE expires_at > ? AND name <> ?",
	                          "ts", g->m->at_utc_us, g->m->name);

	return err ? err : live + g->m->count > (int64_t)(g->numbers / GUESS_E9) ? -ENOSPC : 0;
}

/* One of this name is there: an interrupted one becomes ours, of this count and value. */
static int make_over(struct store_conn *c, struct making *g, int64_t provider)
{
	const struct card_make *m = g->m;
	int64_t making;
	int err = store_query_int(c, &making, "SELECT state = 'making' FROM card_batch WHERE name = ? FOR UPDATE", "s", m->name);

	if (err)
		return err;
	if (!making)
		return -EEXIST;
	return store_exec(c, NULL,
	                  "UPDATE card_batch SET provider_id = ?, maker = ?, cards = ?, digits = ?, value_e4 = ?, key_id = ?, "
	                  "expires_at = ?, created_at = ? WHERE name = ?",
	                  "isiiiitts", provider, g->maker, m->count, (int64_t)g->digits, m->value_e4, (int64_t)g->key.id,
	                  m->expires_utc_us, m->at_utc_us, m->name);
}

static int make_begin_tx(struct store_conn *c, void *arg)
{
	struct making *g = arg;
	const struct card_make *m = g->m;
	int64_t provider;
	int err = make_provider(c, g, &provider);

	if (!err)
		err = make_key_known(c, g);
	if (!err)
		err = make_sparse(c, g);
	if (err)
		return err;
	err = make_over(c, g, provider);
	if (err == -ENOENT)
		err = store_exec(c, NULL,
		                 "INSERT INTO card_batch (name, provider_id, maker, cards, digits, value_e4, key_id, expires_at, "
		                 "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		                 "sisiiiitt", m->name, provider, g->maker, m->count, (int64_t)g->digits, m->value_e4,
		                 (int64_t)g->key.id, m->expires_utc_us, m->at_utc_us);
	return err ? err : store_query_int(c, &g->batch_id, "SELECT id FROM card_batch WHERE name = ?", "s", m->name);
}

/* What an interrupted run left, a piece at a time. g->n: so many were there. */
static int make_clear_tx(struct store_conn *c, void *arg)
{
	struct making *g = arg;
	uint64_t gone = 0;
	int err = store_exec(c, &gone, "DELETE FROM card WHERE batch_id = ? LIMIT 10000", "i", g->batch_id);

	g->n = (int64_t)gone;
	return err;
}

static int make_clear(struct store *s, struct making *g)
{
	int err;

	do
		err = store_tx(s, make_clear_tx, g);
	while (!err && g->n);
	return err;
}

/* ---- cards ---- */

/* Uniform over 0..numbers-1: what is over the largest multiple is thrown away. */
static uint64_t make_number(uint64_t numbers)
{
	uint64_t v, most = UINT64_MAX - UINT64_MAX % numbers;

	do
		v = random_u64();
	while (v >= most);
	return v % numbers;
}

static void make_card(const struct making *g, struct made *card)
{
	char number[CARD_DIGITS_MAX + 1];

	card->number = make_number(g->numbers);
	(void)snprintf(number, sizeof(number), "%0*llu", (int)g->digits, (unsigned long long)card->number);
	card_mac(&g->key, number, card->mac);
	explicit_bzero(number, sizeof(number));
}

static int made_compare(const void *a, const void *b)
{
	return memcmp(((const struct made *)a)->mac, ((const struct made *)b)->mac, CARD_MAC_SIZE);
}

/*
 * All of them, in the order of their HMACs, which becomes that of their serials: so the database's two indexes are written from
 * front to back (a million in random order take it ten times as long), and without the key the order says nothing of a number.
 */
static void make_numbers(struct making *g)
{
	bool again = true;

	for (int64_t i = 0; i < g->m->count; i++)
		make_card(g, &g->made[i]);
	while (again) {
		again = false;
		qsort(g->made, (size_t)g->m->count, sizeof(*g->made), made_compare);
		for (int64_t i = 1; i < g->m->count; i++)
			if (made_compare(&g->made[i - 1], &g->made[i]) == 0) {
				make_card(g, &g->made[i]);
				again = true;
			}
	}
}

/* The statement for cards first..first+n-1. */
static void make_chunk(struct making *g)
{
	static const char hex[] = "0123456789abcdef";
	char *out = g->sql + sprintf(g->sql, "INSERT INTO card (batch_id, serial, mac) VALUES ");

	for (int64_t i = g->first; i < g->first + g->n; i++) {
		const struct made *card = &g->made[i - 1];

		out += sprintf(out, "%s(%lld,%lld,X'", i > g->first ? "," : "", (long long)g->batch_id, (long long)i);
		for (unsigned j = 0; j < CARD_MAC_SIZE; j++) {
			*out++ = hex[card->mac[j] >> 4];
			*out++ = hex[card->mac[j] & 15];
		}
		out += sprintf(out, "')");
	}
}

/* Nobody else makes this batch: it is still ours. */
static int make_ours(struct store_conn *c, const struct making *g)
{
	int64_t ours;
	int err = store_query_int(c, &ours,
	                          "SELECT maker = ? AND state = 'making' FROM card_batch WHERE id = ? LOCK IN SHARE MODE", "si",
	                          g->maker, g->batch_id);

	return err ? err : ours ? 0 : -ESTALE;
}

static int make_insert_tx(struct store_conn *c, void *arg)
{
	const struct making *g = arg;
	int64_t there = 0;
	int err = make_ours(c, g);

	if (!err)
		err = store_exec(c, NULL, g->sql, "");
	if (err != -EEXIST)
		return err;
	/* A try whose commit was not heard of; or a number that another batch has (one in a thousand million). */
	err = store_query_int(c, &there, "SELECT COUNT(*) FROM card WHERE batch_id = ? AND serial = ?", "ii", g->batch_id,
	                      g->first);
	return err ? err : there ? 0 : -EEXIST;
}

static int make_cards(struct store *s, struct making *g)
{
	int err = 0;

	for (g->first = 1; !err && g->first <= g->m->count; g->first += g->n) {
		g->n = g->m->count - g->first + 1 < CHUNK ? g->m->count - g->first + 1 : CHUNK;
		make_chunk(g);
		while ((err = store_tx(s, make_insert_tx, g)) == -EEXIST) {
			for (int64_t i = g->first; i < g->first + g->n; i++)
				make_card(g, &g->made[i - 1]);
			make_chunk(g);
		}
		if (!err && g->m->progress)
			g->m->progress(g->m->arg, g->first + g->n - 1);
	}
	return err;
}

/* Sealed in memory and written as a whole: there is no clear text on any disk, and no half a file under its name. */
static int make_file(const struct making *g, const uint8_t printer[CARD_PUBLIC_SIZE])
{
	const struct card_make *m = g->m;
	size_t size = HEAD_TEXT + (size_t)m->count * LINE_TEXT, n;
	char *text = malloc(size), expires[CLOCK_STAMP_SIZE], value[MONEY_TEXT_MAX];
	int err;

	if (text == NULL)
		return -ENOMEM;
	clock_format_utc(m->expires_utc_us, expires, sizeof(expires));
	money_format_e4(m->value_e4, value);
	n = (size_t)snprintf(text, size, "# batch %s, %lld cards of %s, until %.19s UTC\n", m->name, (long long)m->count, value,
	                     expires);
	for (int64_t i = 0; i < m->count; i++) {
		char serial[CARD_SERIAL_SIZE];

		card_serial_text(serial, m->name, i + 1);
		n += (size_t)snprintf(text + n, size - n, "%s,%0*llu\n", serial, (int)g->digits,
		                      (unsigned long long)g->made[i].number);
	}
	err = card_seal(m->out, printer, text, n);
	explicit_bzero(text, size);
	free(text);
	return err == -EEXIST ? -ENFILE : err;
}

/* ---- the whole ---- */

static int make_created_tx(struct store_conn *c, void *arg)
{
	const struct making *g = arg;
	const struct card_make *m = g->m;
	char after[160], value[MONEY_TEXT_MAX];
	uint64_t changed;
	int err =
		store_exec(c, &changed, "UPDATE card_batch SET state = 'created' WHERE id = ? AND maker = ? AND state = 'making'",
	                   "is", g->batch_id, g->maker);

	if (!err && changed == 0) {
		err = billing_audited(c, g->audit_id);
		return err < 0 ? err : err ? 0 : -ESTALE;
	}
	money_format_e4(m->value_e4, value);
	(void)snprintf(after, sizeof(after), "created: %lld cards of %s, key %u", (long long)m->count, value, g->key.id);
	return err ? err
	           : billing_audit(c, &(struct audit_entry){ .id = g->audit_id,
	                                                     .who = m->who,
	                                                     .what = "card.batch.generate",
	                                                     .subject = m->name,
	                                                     .after = after,
	                                                     .at_utc_us = m->at_utc_us });
}

static int make_check(const struct card_make *m, unsigned digits)
{
	if (!card_batch_name_ok(m->name) || m->count < 1 || m->count > CARD_COUNT_MAX || m->value_e4 < 1 ||
	    m->value_e4 > ACCOUNT_AMOUNT_MAX_E4 / CARD_COUNT_MAX || digits < CARD_DIGITS_MIN || digits > CARD_DIGITS_MAX ||
	    m->expires_utc_us <= m->at_utc_us)
		return -EINVAL;
	return access(m->out, F_OK) == 0 ? -ENFILE : 0;
}

static int make_key(struct making *g)
{
	struct card_keys k;
	int err = g->m->key_file[0] ? card_keys_load(&k, g->m->key_file) : -ENOKEY;

	if (err)
		return err;
	g->key = k.key[k.count - 1];
	card_prints_of(&g->prints, &k);
	card_keys_wipe(&k);
	return 0;
}

static int make_batch(struct store *s, struct making *g)
{
	uint8_t printer[CARD_PUBLIC_SIZE];
	int err = card_printer_public(g->m->printer_file, printer);

	if (err)
		return -EBADF;
	make_numbers(g);
	err = store_tx(s, make_begin_tx, g);
	if (!err)
		err = make_clear(s, g);
	if (!err)
		err = make_cards(s, g);
	if (!err)
		err = make_file(g, printer);
	if (err)
		return err;
	err = store_tx(s, make_created_tx, g);
	if (err == -ESTALE) /* its cards are gone */
		(void)unlink(g->m->out);
	return err;
}

int card_make(struct store *s, const struct card_make *m)
{
	struct making g = { .m = m, .digits = m->digits ? m->digits : CARD_DIGITS_MIN, .numbers = 1 };
	int err = make_check(m, g.digits);

	if (!err)
		err = make_key(&g);
	if (err)
		return err;
	for (unsigned i = 0; i < g.digits; i++)
		g.numbers *= 10;
	random_id(g.maker);
	random_id(g.audit_id);
	g.made = calloc((size_t)m->count, sizeof(*g.made));
	g.sql = malloc(100 + CHUNK * ROW_TEXT);
	err = g.made && g.sql ? make_batch(s, &g) : -ENOMEM;
	if (g.made)
		explicit_bzero(g.made, (size_t)m->count * sizeof(*g.made));
	free(g.made);
	free(g.sql);
	explicit_bzero(&g.key, sizeof(g.key));
	return err;
}
