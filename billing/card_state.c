/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/card_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "billing/card_internal.h"

static const char *const state_name[CARD_STATES] = {
	[CARD_MAKING] = "making",       [CARD_CREATED] = "created",    [CARD_PRINTED] = "printed", [CARD_DELIVERED] = "delivered",
	[CARD_ACTIVATED] = "activated", [CARD_IS_BLOCKED] = "blocked", [CARD_IS_USED] = "used",    [CARD_IS_EXPIRED] = "expired",
};

#define MAY(state) (1u << (state))
static const unsigned may_become[CARD_STATES] = {
	[CARD_MAKING] = MAY(CARD_CREATED),
	[CARD_CREATED] = MAY(CARD_PRINTED) | MAY(CARD_IS_BLOCKED) | MAY(CARD_IS_EXPIRED),
	[CARD_PRINTED] = MAY(CARD_DELIVERED) | MAY(CARD_IS_BLOCKED) | MAY(CARD_IS_EXPIRED),
	[CARD_DELIVERED] = MAY(CARD_ACTIVATED) | MAY(CARD_IS_BLOCKED) | MAY(CARD_IS_EXPIRED),
	[CARD_ACTIVATED] = MAY(CARD_IS_USED) | MAY(CARD_IS_BLOCKED) | MAY(CARD_IS_EXPIRED),
	[CARD_IS_BLOCKED] = MAY(CARD_ACTIVATED) | MAY(CARD_IS_EXPIRED),
	[CARD_IS_USED] = 0,
	[CARD_IS_EXPIRED] = MAY(CARD_IS_BLOCKED),
};

const char *card_state_name(enum card_state s)
{
	return state_name[s];
}

int card_state_parse(enum card_state *s, const char *name)
{
	for (unsigned i = 0; i < CARD_STATES; i++)
		if (strcmp(state_name[i], name) == 0) {
			*s = (enum card_state)i;
			return 0;
		}
	return -EINVAL;
}

bool card_state_may(enum card_state from, enum card_state to)
{
	return (may_become[from] & MAY(to)) != 0;
}

/* What is blocked goes on from what it was before: blocking is no way around the printer and the shops. */
static bool goes_on(enum card_state from, enum card_state before, enum card_state to)
{
	if (from == CARD_IS_BLOCKED && before != CARD_STATES)
		return to == before || card_state_may(before, to);
	return card_state_may(from, to);
}

bool card_batch_may(const struct card_batch *b, enum card_state to)
{
	return to != b->state && goes_on(b->state, b->blocked_from, to);
}

/* ---- names ---- */

bool card_batch_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= CARD_BATCH_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

void card_serial_text(char out[CARD_SERIAL_SIZE], const char *batch, int64_t serial)
{
	(void)snprintf(out, CARD_SERIAL_SIZE, "%.32s-%07lld", batch, (long long)serial);
}

int card_serial_parse(const char *text, char batch[CARD_BATCH_NAME_MAX + 1], int64_t *serial)
{
	const char *dash = strrchr(text, '-');
	size_t digits = dash ? strspn(dash + 1, "0123456789") : 0, n = dash ? (size_t)(dash - text) : 0;

	if (digits < 1 || digits > 9 || dash[1 + digits] != '\0' || n < 1 || n > CARD_BATCH_NAME_MAX)
		return -EINVAL;
	(void)snprintf(batch, CARD_BATCH_NAME_MAX + 1, "%.*s", (int)n, text);
	*serial = strtoll(dash + 1, NULL, 10);
	return card_batch_name_ok(batch) ? 0 : -EINVAL;
}

void card_number_plain(char *out, size_t size, const char *text)
{
	bool plain = text[strspn(text, "0123456789 -")] == '\0';
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		if (!plain || (*text != ' ' && *text != '-'))
			out[n++] = *text;
	out[n] = '\0';
}

bool card_is_number(const char *text)
{
	size_t n = strlen(text);

	return n >= CARD_DIGITS_MIN && n <= CARD_DIGITS_MAX && strspn(text, "0123456789") == n;
}

int card_macs(const struct card_config *config, const char *number, char out[CARD_MACS_TEXT])
{
	struct card_keys k;
	size_t n = 0;
	int err = config->key_file[0] ? card_keys_load(&k, config->key_file) : -ENOKEY;

	if (err)
		return err;
	for (unsigned i = 0; i < k.count; i++) {
		uint8_t mac[CARD_MAC_SIZE];

		card_mac(&k.key[i], number, mac);
		n += (size_t)sprintf(out + n, "%sX'", i ? "," : "");
		for (unsigned j = 0; j < CARD_MAC_SIZE; j++)
			n += (size_t)sprintf(out + n, "%02x", mac[j]);
		n += (size_t)sprintf(out + n, "'");
	}
	card_keys_wipe(&k);
	return 0;
}

void card_prints_of(struct card_prints *p, const struct card_keys *k)
{
	p->count = k->count;
	for (unsigned i = 0; i < k->count; i++) {
		p->key[i].id = k->key[i].id;
		card_key_fingerprint(&k->key[i], p->key[i].print);
	}
}

int card_prints_load(struct card_prints *p, const char *key_file)
{
	struct card_keys k;
	int err = card_keys_load(&k, key_file);

	if (!err)
		card_prints_of(p, &k);
	card_keys_wipe(&k);
	return err;
}

int card_prints_check(struct store_conn *c, const struct card_prints *p)
{
	int64_t known = 0, same = 0, it;
	int err = store_query_int(c, &known, "SELECT COUNT(*) FROM card_key", "");

	for (unsigned i = 0; !err && known && i < p->count; i++) {
		err = store_query_int(c, &it, "SELECT fingerprint = ? FROM card_key WHERE id = ?", "si", p->key[i].print,
		                      (int64_t)p->key[i].id);
		if (!err && !it)
			err = -EKEYREJECTED;
		same += !err;
		if (err == -ENOENT) /* one that no card has yet */
			err = 0;
	}
	return err ? err : known && !same ? -EKEYREJECTED : 0;
}

/* ---- batches ---- */

#define BATCH_SELECT \
	"SELECT b.id, b.name, p.name, IF(b.expires_at <= ? AND b.state <> 'making', 'expired', b.state), b.cards, b.value_e4, " \
	"b.key_id, b.digits, b.expires_at, b.created_at, b.blocked_from FROM card_batch b JOIN provider p ON p.id = b.provider_id"

struct batch_query {
	const char        *name;
	int64_t            at_utc_us;
	struct card_batch *out;
	int (*each)(void *arg, const struct card_batch *b);
	void              *arg;
};

static int batch_row(void *arg, const char *const *col, unsigned cols)
{
	struct batch_query *q = arg;
	struct card_batch b = { 0 };

	(void)cols;
	b.id = strtoll(col[0], NULL, 10);
	(void)snprintf(b.name, sizeof(b.name), "%s", col[1]);
	(void)snprintf(b.provider, sizeof(b.provider), "%s", col[2]);
	b.blocked_from = CARD_STATES;
	if (card_state_parse(&b.state, col[3]) != 0 || (col[10] && card_state_parse(&b.blocked_from, col[10]) != 0))
		return -EBADMSG;
	b.cards = strtoll(col[4], NULL, 10);
	b.value_e4 = strtoll(col[5], NULL, 10);
	b.key_id = strtoll(col[6], NULL, 10);
	b.digits = strtoll(col[7], NULL, 10);
	(void)snprintf(b.expires, sizeof(b.expires), "%s", col[8]);
	(void)snprintf(b.created, sizeof(b.created), "%s", col[9]);
	if (q->each)
		return q->each(q->arg, &b);
	*q->out = b;
	return 1;
}

static int batch_each_tx(struct store_conn *c, void *arg)
{
	struct batch_query *q = arg;
	int err = store_query(c, batch_row, q, BATCH_SELECT " ORDER BY b.id", "t", q->at_utc_us);

	return err == -ENOENT ? 0 : err;
}

int card_batch_each(struct store *s, int64_t at_utc_us, int (*each)(void *arg, const struct card_batch *b), void *arg)
{
	struct batch_query q = { .at_utc_us = at_utc_us, .each = each, .arg = arg };

	return store_tx(s, batch_each_tx, &q);
}

static int own_row(void *arg, const char *const *col, unsigned cols)
{
	struct card_batch *b = arg;
	int64_t n = strtoll(col[1], NULL, 10);

	(void)cols;
	if (strcmp(col[0], "used") == 0)
		b->used = n;
	else if (strcmp(col[0], "blocked") == 0)
		b->blocked = n;
	else
		b->activated = n;
	return 0;
}

static int batch_find_tx(struct store_conn *c, void *arg)
{
	struct batch_query *q = arg;
	int err = store_query(c, batch_row, q, BATCH_SELECT " WHERE b.name = ?", "ts", q->at_utc_us, q->name);

	if (!err)
		err = store_query(c, own_row, q->out,
		                  "SELECT state, COUNT(*) FROM card WHERE batch_id = ? AND state IS NOT NULL GROUP BY state", "i",
		                  q->out->id);
	else
		return err;
	return err == -ENOENT ? 0 : err;
}

int card_batch_find(struct store *s, const char *name, int64_t at_utc_us, struct card_batch *b)
{
	struct batch_query q = { .name = name, .at_utc_us = at_utc_us, .out = b };

	return store_tx(s, batch_find_tx, &q);
}

/* ---- changes ---- */

struct change {
	struct card_change *g;
	struct card_info    card;    /* of one card */
	char                id[ID_SIZE];
};

static int state_row(void *arg, const char *const *col, unsigned cols)
{
	struct change *q = arg;

	(void)cols;
	q->g->before = CARD_STATES;
	if (card_state_parse(&q->g->from, col[0]) != 0 || (col[1] && card_state_parse(&q->g->before, col[1]) != 0))
		return -EBADMSG;
	return 1;
}

/* 0: go on; 1: nothing to do. */
static int may_change(const struct card_change *g)
{
	if (g->from == CARD_MAKING)
		return -ENOENT;
	if (g->from == g->to)
		return 1;
	return goes_on(g->from, g->before, g->to) ? 0 : -EPERM;
}

static int change_audit(struct store_conn *c, const struct change *q, const char *what, const char *subject)
{
	return billing_audit(c, &(struct audit_entry){ .id = q->id,
	                                               .who = q->g->who,
	                                               .what = what,
	                                               .subject = subject,
	                                               .before = card_state_name(q->g->from),
	                                               .after = card_state_name(q->g->to),
	                                               .at_utc_us = q->g->at_utc_us });
}

static int batch_change_tx(struct store_conn *c, void *arg)
{
	struct change *q = arg;
	struct card_change *g = q->g;
	int err = store_query(c, state_row, q,
	                      "SELECT IF(expires_at <= ? AND state <> 'making', 'expired', state), blocked_from FROM card_batch "
	                      "WHERE name = ? FOR UPDATE",
	                      "ts", g->at_utc_us, g->name);

	if (!err)
		err = billing_audited(c, q->id);
	if (err)
		return err > 0 ? 0 : err;
	err = may_change(g);
	if (err)
		return err > 0 ? 0 : err;
	err = store_exec(c, NULL, "UPDATE card_batch SET blocked_from = IF(? = 'blocked', state, NULL), state = ? WHERE name = ?",
	                 "sss", card_state_name(g->to), card_state_name(g->to), g->name);
	if (!err)
		err = change_audit(c, q, "card.batch.state", g->name);
	return err;
}

int card_batch_change(struct store *s, struct card_change *g)
{
	struct change q = { .g = g };

	random_id(q.id);
	return store_tx(s, batch_change_tx, &q);
}

static int card_state_row(void *arg, const char *const *col, unsigned cols)
{
	struct change *q = arg;

	(void)cols;
	return card_state_parse(&q->g->from, col[0]) == 0 && card_state_parse(&q->g->before, col[1]) == 0 ? 1 : -EBADMSG;
}

static int card_change_tx(struct store_conn *c, void *arg)
{
	struct change *q = arg;
	struct card_change *g = q->g;
	char serial[CARD_SERIAL_SIZE];
	int err = store_query(c, card_state_row, q,
	                      "SELECT IF(c.state = 'used', 'used', IF(b.expires_at <= ? AND b.state <> 'making', 'expired', "
	                      "IF(b.state = 'blocked', 'blocked', COALESCE(c.state, b.state)))), b.state FROM card c "
	                      "JOIN card_batch b ON b.id = c.batch_id WHERE c.batch_id = ? AND c.serial = ? FOR UPDATE",
	                      "tii", g->at_utc_us, q->card.batch_id, q->card.serial);

	if (!err)
		err = billing_audited(c, q->id);
	if (err)
		return err > 0 ? 0 : err;
	if (q->g->before == CARD_IS_BLOCKED && g->to == CARD_ACTIVATED)
		return -EPERM; /* the whole batch is */
	err = may_change(g);
	if (err)
		return err > 0 ? 0 : err;
	card_serial_text(serial, q->card.batch, q->card.serial);
	err = store_exec(c, NULL, "UPDATE card SET state = ? WHERE batch_id = ? AND serial = ?", "sii", card_state_name(g->to),
	                 q->card.batch_id, q->card.serial);
	if (!err)
		err = change_audit(c, q, "card.state", serial);
	return err;
}

int card_change(struct store *s, const struct card_config *config, struct card_change *g)
{
	struct change q = { .g = g };
	int err = g->to == CARD_ACTIVATED || g->to == CARD_IS_BLOCKED ? 0 : -EINVAL;

	if (!err)
		err = card_find(s, config, g->name, g->at_utc_us, &q.card);
	random_id(q.id);
	return err ? err : store_tx(s, card_change_tx, &q);
}

/* ---- one card ---- */

struct find {
	char              macs[CARD_MACS_TEXT], batch[CARD_BATCH_NAME_MAX + 1];
	bool              by_number;
	int64_t           serial, at_utc_us;
	struct card_info *i;
};

static int find_row(void *arg, const char *const *col, unsigned cols)
{
	struct card_info *i = arg;

	(void)cols;
	i->batch_id = strtoll(col[0], NULL, 10);
	i->serial = strtoll(col[1], NULL, 10);
	i->value_e4 = strtoll(col[2], NULL, 10);
	i->provider_id = strtoll(col[3], NULL, 10);
	(void)snprintf(i->batch, sizeof(i->batch), "%s", col[4]);
	if (card_state_parse(&i->state, col[5]) != 0)
		return -EBADMSG;
	if (strcmp(col[7], "1") == 0 && card_state_may(i->state, CARD_IS_EXPIRED))
		i->state = CARD_IS_EXPIRED;
	(void)snprintf(i->ledger_id, sizeof(i->ledger_id), "%s", col[6] ? col[6] : "");
	(void)snprintf(i->expires, sizeof(i->expires), "%s", col[8]);
	(void)snprintf(i->used_at, sizeof(i->used_at), "%s", col[9] ? col[9] : "");
	(void)snprintf(i->number, sizeof(i->number), "%s", col[10] ? col[10] : "");
	return i->state == CARD_MAKING ? -ENOENT : 1;
}

static int find_tx(struct store_conn *c, void *arg)
{
	struct find *q = arg;
	char sql[CARD_MACS_TEXT + 600];

	if (!q->by_number)
		return store_query(c, find_row, q->i, CARD_SELECT " WHERE b.name = ? AND c.serial = ?", "tsi", q->at_utc_us,
		                   q->batch, q->serial);
	(void)snprintf(sql, sizeof(sql), CARD_SELECT " WHERE c.mac IN (%s)", q->macs);
	return store_query(c, find_row, q->i, sql, "t", q->at_utc_us);
}

int card_find(struct store *s, const struct card_config *config, const char *text, int64_t at_utc_us, struct card_info *i)
{
	struct find q = { .at_utc_us = at_utc_us, .i = i, .by_number = card_is_number(text) };
	int err;

	memset(i, 0, sizeof(*i));
	if (q.by_number)
		err = card_macs(config, text, q.macs);
	else
		err = card_serial_parse(text, q.batch, &q.serial);
	return err ? err : store_tx(s, find_tx, &q);
}
