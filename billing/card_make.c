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
#define GUESS_E9   INT64_C(1000000000)              /* live cards / 10^digits <= 1e-9 */

struct making {
	const struct card_make *m;
	struct card_key         key;
	char                    fingerprint[CARD_PRINT_SIZE], maker[ID_SIZE], audit_id[ID_SIZE];
	unsigned                digits;
	int64_t                 batch_id;
	char                   *text;   /* for the printer */
	size_t                  len, size;
	/* of the chunk at hand */
	int64_t                 first, n;
	char                   *sql;
	char                    first_mac[2 * CARD_MAC_SIZE + 1];
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
	int64_t same;
	int err = store_exec(c, NULL, "INSERT IGNORE INTO card_key (id, fingerprint, created_at) VALUES (?, ?, ?)", "ist",
	                     (int64_t)g->key.id, g->fingerprint, g->m->at_utc_us);

	if (!err)
		err = store_query_int(c, &same, "SELECT fingerprint = ? FROM card_key WHERE id = ? FOR UPDATE", "si",
		                      g->fingerprint, (int64_t)g->key.id);
	return err ? err : same ? 0 : -EKEYREJECTED;
}

static int make_sparse(struct store_conn *c, const struct making *g)
{
	int64_t live, numbers = 1;
	int err = store_query_int(c, &live, "SELECT COALESCE(SUM(cards), 0) FROM card_batch WHERE expires_at > ? AND name <> ?",
	                          "ts", g->m->at_utc_us, g->m->name);

	for (unsigned i = 0; i < g->digits; i++)
		numbers *= 10;
	return err ? err : live + g->m->count > numbers / GUESS_E9 ? -ENOSPC : 0;
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

/* Uniform over 0..10^digits-1: what is over the largest multiple is thrown away. */
static uint64_t make_number(uint64_t numbers)
{
	uint64_t v, most = UINT64_MAX - UINT64_MAX % numbers;

	do
		v = random_u64();
	while (v >= most);
	return v % numbers;
}

static void make_hex(char *out, const uint8_t *mac)
{
	static const char hex[] = "0123456789abcdef";

	for (unsigned i = 0; i < CARD_MAC_SIZE; i++) {
		out[2 * i] = hex[mac[i] >> 4];
		out[2 * i + 1] = hex[mac[i] & 15];
	}
	out[2 * CARD_MAC_SIZE] = '\0';
}

/* Cards first..first+n-1: a statement for the database and their lines for the printer. */
static void make_chunk(struct making *g)
{
	uint64_t numbers = 1;
	size_t n = (size_t)sprintf(g->sql, "INSERT INTO card (batch_id, serial, mac) VALUES ");

	for (unsigned i = 0; i < g->digits; i++)
		numbers *= 10;
	for (int64_t i = 0; i < g->n; i++) {
		char number[CARD_DIGITS_MAX + 1], serial[CARD_SERIAL_SIZE], text[2 * CARD_MAC_SIZE + 1];
		uint8_t mac[CARD_MAC_SIZE];

		(void)snprintf(number, sizeof(number), "%0*llu", (int)g->digits, (unsigned long long)make_number(numbers));
		card_mac(&g->key, number, mac);
		make_hex(text, mac);
		if (i == 0)
			memcpy(g->first_mac, text, sizeof(text));
		n += (size_t)sprintf(g->sql + n, "%s(%lld,%lld,X'%s')", i ? "," : "", (long long)g->batch_id,
		                     (long long)(g->first + i), text);
		card_serial_text(serial, g->m->name, g->first + i);
		g->len += (size_t)snprintf(g->text + g->len, g->size - g->len, "%s,%s\n", serial, number);
		explicit_bzero(number, sizeof(number));
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
	char sql[200];
	int64_t there = 0;
	int err = make_ours(c, g);

	if (!err)
		err = store_exec(c, NULL, g->sql, "");
	if (err != -EEXIST)
		return err;
	/* A try whose commit was not heard of, or a number that another card has (once in a thousand million cards). */
	(void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM card WHERE batch_id = ? AND serial = ? AND mac = X'%s'",
	               g->first_mac);
	err = store_query_int(c, &there, sql, "ii", g->batch_id, g->first);
	return err ? err : there ? 0 : -EEXIST;
}

static int make_cards(struct store *s, struct making *g)
{
	int err = 0;

	for (g->first = 1; !err && g->first <= g->m->count; g->first += g->n) {
		size_t len = g->len;

		g->n = g->m->count - g->first + 1 < CHUNK ? g->m->count - g->first + 1 : CHUNK;
		do {
			g->len = len;
			make_chunk(g);
			err = store_tx(s, make_insert_tx, g);
		} while (err == -EEXIST); /* other numbers */
		if (!err && g->m->progress)
			g->m->progress(g->m->arg, g->first + g->n - 1);
	}
	return err;
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

static void make_head(struct making *g)
{
	char expires[CLOCK_STAMP_SIZE], value[MONEY_TEXT_MAX];

	clock_format_utc(g->m->expires_utc_us, expires, sizeof(expires));
	money_format_e4(g->m->value_e4, value);
	g->len = (size_t)snprintf(g->text, g->size, "# batch %s, %lld cards of %s, until %.19s UTC\n", g->m->name,
	                          (long long)g->m->count, value, expires);
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
	card_keys_wipe(&k);
	card_key_fingerprint(&g->key, g->fingerprint);
	return 0;
}

static int make_batch(struct store *s, struct making *g)
{
	uint8_t printer[CARD_PUBLIC_SIZE];
	int err = card_printer_public(g->m->printer_file, printer);

	if (err)
		return -EBADF;
	make_head(g);
	err = store_tx(s, make_begin_tx, g);
	if (!err)
		err = make_clear(s, g);
	if (!err)
		err = make_cards(s, g);
	if (!err) {
		err = card_seal(g->m->out, printer, g->text, g->len);
		err = err == -EEXIST ? -ENFILE : err;
	}
	if (err)
		return err;
	err = store_tx(s, make_created_tx, g);
	if (err == -ESTALE) /* its cards are gone */
		(void)unlink(g->m->out);
	return err;
}

int card_make(struct store *s, const struct card_make *m)
{
	struct making g = { .m = m, .digits = m->digits ? m->digits : CARD_DIGITS_MIN };
	int err = make_check(m, g.digits);

	if (!err)
		err = make_key(&g);
	if (err)
		return err;
	random_id(g.maker);
	random_id(g.audit_id);
	g.size = HEAD_TEXT + (size_t)m->count * LINE_TEXT;
	g.text = malloc(g.size);
	g.sql = malloc(100 + CHUNK * ROW_TEXT);
	err = g.text && g.sql ? make_batch(s, &g) : -ENOMEM;
	if (g.text)
		explicit_bzero(g.text, g.size);
	free(g.text);
	free(g.sql);
	explicit_bzero(&g.key, sizeof(g.key));
	return err;
}
