/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/account_internal.h"
#include "billing/audit.h"
#include "billing/password.h"

#define ACCOUNT_SELECT \
	"SELECT a.id, a.provider_id, a.tariff_id, a.balance_e4, a.held_e4, a.credit_e4, n.number, a.state, a.kind, a.language, " \
	"t.name, a.discount_bp, p.name, a.trust_e4, a.callback_check " \
	"FROM account_number n JOIN account a ON a.id = n.account_id JOIN tariff t ON t.id = a.tariff_id JOIN provider " \
	"p ON p.id = a.provider_id WHERE n.valid_to IS NULL"

struct account_query {
	const char     *number;
	struct account *out;
	int (*each)(void *arg, const struct account *a);
	void           *arg;
};

static int account_row(void *arg, const char *const *col, unsigned cols)
{
	struct account_query *q = arg;
	struct account a = { 0 };

	(void)cols;
	a.id = strtoll(col[0], NULL, 10);
	a.provider_id = strtoll(col[1], NULL, 10);
	a.tariff_id = strtoll(col[2], NULL, 10);
	a.balance_e4 = strtoll(col[3], NULL, 10);
	a.held_e4 = strtoll(col[4], NULL, 10);
	a.credit_e4 = strtoll(col[5], NULL, 10);
	(void)snprintf(a.number, sizeof(a.number), "%s", col[6]);
	(void)snprintf(a.state, sizeof(a.state), "%s", col[7]);
	(void)snprintf(a.kind, sizeof(a.kind), "%s", col[8]);
	(void)snprintf(a.language, sizeof(a.language), "%s", col[9]);
	(void)snprintf(a.tariff, sizeof(a.tariff), "%s", col[10]);
	a.discount_bp = (unsigned)strtoul(col[11], NULL, 10);
	(void)snprintf(a.provider, sizeof(a.provider), "%s", col[12]);
	a.trust_e4 = strtoll(col[13], NULL, 10);
	(void)snprintf(a.check, sizeof(a.check), "%s", col[14]);
	if (q->each)
		return q->each(q->arg, &a);
	*q->out = a;
	return 1;
}

static int account_find_tx(struct store_conn *c, void *arg)
{
	struct account_query *q = arg;

	return store_query(c, account_row, q, ACCOUNT_SELECT " AND n.number = ?", "s", q->number);
}

int account_read(struct store_conn *c, const char *number, struct account *a)
{
	struct account_query q = { .number = number, .out = a };

	return account_find_tx(c, &q);
}

int account_find(struct store *s, const char *number, struct account *a)
{
	struct account_query q = { .number = number, .out = a };

	return store_tx(s, account_find_tx, &q);
}

struct door_query {
	const struct account *a;
	const char           *service;
};

static int door_tx(struct store_conn *c, void *arg)
{
	const struct door_query *q = arg;
	int64_t another;
	int err = store_query_int(c, &another, "SELECT COUNT(*) FROM service_number WHERE number = ? AND provider_id <> ?", "si",
	                          q->service, q->a->provider_id);

	return err ? err : another ? -ENOENT : 0;
}

int account_through(struct store *s, const struct account *a, const struct account_door *door)
{
	struct door_query q = { .a = a, .service = door ? door->service : NULL };

	if (door && door->trunk_provider && door->trunk_provider[0] && strcmp(door->trunk_provider, a->provider) != 0)
		return -ENOENT;
	return q.service ? store_tx(s, door_tx, &q) : 0;
}

static int account_each_tx(struct store_conn *c, void *arg)
{
	int err = store_query(c, account_row, arg, ACCOUNT_SELECT " ORDER BY n.number", "");

	return err == -ENOENT ? 0 : err;
}

int account_each(struct store *s, int (*each)(void *arg, const struct account *a), void *arg)
{
	struct account_query q = { .each = each, .arg = arg };

	return store_tx(s, account_each_tx, &q);
}

/* ---- changes, each with its row in the audit trail ---- */

struct account_change {
	const char *number, *who, *value, *column;
	char        id[ID_SIZE];
	int64_t     amount_e4, at_utc_us;
	const struct account_new *new;
};

static int account_add_tx(struct store_conn *c, void *arg)
{
	const struct account_change *g = arg;
	const struct account_new *n = g->new;
	int64_t tariff, account;
	char after[64];
	int err;

	err = store_query_int(c, &tariff,
	                      "SELECT t.id FROM tariff t JOIN provider p ON p.id = t.provider_id WHERE t.name = ? AND p.name = "
	                      "COALESCE(?, p.name)",
	                      "ss", n->tariff, n->provider);
	if (err)
		return err;
	err = store_query_int(c, &account, "SELECT account_id FROM ledger WHERE id = ?", "s", g->id);
	if (err != -ENOENT)
		return err; /* 0: added in a try whose commit we did not hear of */
	err = store_query_int(c, &account, "SELECT COUNT(*) FROM account_number WHERE number = ? AND valid_to IS NULL", "s",
	                      n->number);
	if (err || account)
		return err ? err : -EEXIST;
	err = store_exec(
		c, NULL,
		"INSERT INTO account (provider_id, language, tariff_id, balance_e4, created_at) SELECT provider_id, ?, id, "
		"?, ? FROM tariff WHERE id = ?",
		"siti", n->language, n->opening_e4, n->at_utc_us, tariff);
	if (!err)
		err = store_query_int(c, &account, "SELECT LAST_INSERT_ID()", "");
	if (!err)
		err = store_exec(c, NULL, "INSERT INTO account_number (number, account_id, valid_from) VALUES (?, ?, ?)", "sit",
		                 n->number, account, n->at_utc_us);
	if (!err)
		err = store_exec(
			c, NULL,
			"INSERT INTO ledger (id, account_id, number, kind, amount_e4, at) VALUES (?, ?, ?, 'opening', ?, ?)",
			"sisit", g->id, account, n->number, n->opening_e4, n->at_utc_us);
	(void)snprintf(after, sizeof(after), "balance %lld", (long long)n->opening_e4);
	if (!err)
		err = billing_audit(c, &(struct audit_entry){ .id = g->id,
		                                              .who = n->who,
		                                              .what = "account.add",
		                                              .subject = n->number,
		                                              .after = after,
		                                              .at_utc_us = n->at_utc_us });
	return err;
}

bool account_language_ok(const char *language)
{
	return strcmp(language, "zh-CN") == 0 || strcmp(language, "en") == 0;
}

int account_add(struct store *s, const struct account_new *n)
{
	struct account_change g = { .new = n };

	if (n->opening_e4 < 0 || n->opening_e4 > ACCOUNT_AMOUNT_MAX_E4 || n->number[0] == '\0' || strlen(n->number) > 31 ||
	    !account_language_ok(n->language))
		return -EINVAL;
	random_id(g.id);
	return store_tx(s, account_add_tx, &g);
}

static int account_id_of(struct store_conn *c, const char *number, int64_t *id)
{
	return store_query_int(c, id, "SELECT account_id FROM account_number WHERE number = ? AND valid_to IS NULL", "s", number);
}

/* Repeated: the same row is there already. Another of that id: somebody's ids are not unique. */
static int topup_again(struct store_conn *c, const struct account_change *g, int64_t account)
{
	int64_t same;
	int err = store_query_int(
		c, &same, "SELECT COUNT(*) FROM ledger WHERE id = ? AND account_id = ? AND kind = 'topup' AND amount_e4 = ?",
		"sii", g->id, account, g->amount_e4);

	return err ? err : same ? 0 : -EEXIST;
}

static int account_topup_tx(struct store_conn *c, void *arg)
{
	const struct account_change *g = arg;
	int64_t account, balance, closed;
	char before[32], after[32];
	int err = account_id_of(c, g->number, &account);

	if (!err) /* the account's row first, everywhere (billing/hold.c) */
		err = store_query_int(c, &balance, "SELECT balance_e4 FROM account WHERE id = ? FOR UPDATE", "i", account);
	if (!err)
		err = store_exec(
			c, NULL,
			"INSERT INTO ledger (id, account_id, number, kind, amount_e4, at) VALUES (?, ?, ?, 'topup', ?, ?)",
			"sisit", g->id, account, g->number, g->amount_e4, g->at_utc_us);
	if (err == -EEXIST)
		return topup_again(c, g, account);
	if (!err)
		err = store_query_int(c, &closed, "SELECT state = 'closed' FROM account WHERE id = ?", "i", account);
	if (!err && closed)
		err = -EPERM;
	if (!err)
		err = store_exec(c, NULL, "UPDATE account SET balance_e4 = balance_e4 + ? WHERE id = ?", "ii", g->amount_e4,
		                 account);
	if (err)
		return err;
	(void)snprintf(before, sizeof(before), "balance %lld", (long long)balance);
	balance += g->amount_e4;
	(void)snprintf(after, sizeof(after), "balance %lld", (long long)balance);
	return billing_audit(c, &(struct audit_entry){ .id = g->id,
	                                               .who = g->who,
	                                               .what = "account.topup",
	                                               .subject = g->number,
	                                               .before = before,
	                                               .after = after,
	                                               .at_utc_us = g->at_utc_us });
}

int account_topup(struct store *s, const char id[ID_SIZE], const char *number, int64_t amount_e4, const char *who,
                  int64_t at_utc_us)
{
	struct account_change g = { .number = number, .who = who, .amount_e4 = amount_e4, .at_utc_us = at_utc_us };

	if (amount_e4 <= 0 || amount_e4 > ACCOUNT_AMOUNT_MAX_E4)
		return -EINVAL;
	(void)snprintf(g.id, sizeof(g.id), "%s", id);
	return store_tx(s, account_topup_tx, &g);
}

static int text_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	(void)snprintf(arg, 32, "%s", col[0] ? col[0] : "");
	return 1;
}

/* A column that is a word: how it is read, written, and called in the audit trail. */
static const struct account_word {
	const char *column, *read, *write, *what;
} account_word[] = {
	{ "state", "SELECT state FROM account WHERE id = ? FOR UPDATE", "UPDATE account SET state = ? WHERE id = ?",
	  "account.state" },
	{ "language", "SELECT language FROM account WHERE id = ? FOR UPDATE", "UPDATE account SET language = ? WHERE id = ?",
	  "account.language" },
	{ "callback_check", "SELECT callback_check FROM account WHERE id = ? FOR UPDATE",
	  "UPDATE account SET callback_check = ? WHERE id = ?", "account.callback" },
};

static int account_set_tx(struct store_conn *c, void *arg)
{
	const struct account_change *g = arg;
	const struct account_word *w = account_word;
	char before[32];
	int64_t account;
	int err = account_id_of(c, g->number, &account);

	while (strcmp(w->column, g->column) != 0)
		w++;
	if (!err)
		err = store_query(c, text_row, before, w->read, "i", account);
	if (!err && strcmp(before, "closed") == 0 && strcmp(g->value, "closed") != 0 && w == account_word)
		err = -EPERM; /* for good */
	if (!err)
		err = store_exec(c, NULL, w->write, "si", g->value, account);
	if (!err)
		err = billing_audit(c, &(struct audit_entry){ .id = g->id,
		                                              .who = g->who,
		                                              .what = w->what,
		                                              .subject = g->number,
		                                              .before = before,
		                                              .after = g->value,
		                                              .at_utc_us = g->at_utc_us });
	return err;
}

int account_write(struct store_conn *c, const struct account_act *a, const char *column, const char *value)
{
	struct account_change g = {
		.number = a->number, .who = a->who, .value = value, .column = column, .at_utc_us = a->at_utc_us
	};

	memcpy(g.id, a->id, ID_SIZE);
	return account_set_tx(c, &g);
}

static int account_set(struct store *s, const char *column, const char *number, const char *value, const char *who,
                       int64_t at_utc_us)
{
	struct account_change g = { .number = number, .who = who, .value = value, .column = column, .at_utc_us = at_utc_us };

	random_id(g.id);
	return store_tx(s, account_set_tx, &g);
}

bool account_state_ok(const char *state)
{
	return strcmp(state, "active") == 0 || strcmp(state, "suspended") == 0 || strcmp(state, "closed") == 0;
}

int account_set_state(struct store *s, const char *number, const char *state, const char *who, int64_t at_utc_us)
{
	if (!account_state_ok(state))
		return -EINVAL;
	return account_set(s, "state", number, state, who, at_utc_us);
}

int account_set_language(struct store *s, const char *number, const char *language, const char *who, int64_t at_utc_us)
{
	if (!account_language_ok(language))
		return -EINVAL;
	return account_set(s, "language", number, language, who, at_utc_us);
}

static const char *const check_names[] = { "service", "nothing", "press-1", "password" };

enum account_check account_check_parse(const char *text)
{
	for (unsigned i = 0; i < sizeof(check_names) / sizeof(check_names[0]); i++)
		if (strcmp(text, check_names[i]) == 0)
			return (enum account_check)i;
	return ACCOUNT_CHECK_SERVICE;
}

bool account_check_ok(const char *check)
{
	return strcmp(check, check_names[account_check_parse(check)]) == 0;
}

int account_set_check(struct store *s, const char *number, const char *check, const char *who, int64_t at_utc_us)
{
	bool set = true;
	int err = account_check_ok(check) ? 0 : -EINVAL;

	if (!err && account_check_parse(check) == ACCOUNT_CHECK_PASSWORD)
		err = password_is_set(s, number, &set);
	if (!err && !set)
		err = -ENOKEY;
	return err ? err : account_set(s, "callback_check", number, check, who, at_utc_us);
}

/* ---- limits ---- */

struct limits_change {
	struct account_change  g;
	struct account_limits  new;
	char                   before[160];
};

static void limits_text(char *out, size_t size, const char *kind, int64_t credit_e4, int64_t trust_e4)
{
	(void)snprintf(out, size, "%s credit %lld trust %lld", kind, (long long)credit_e4, (long long)trust_e4);
}

static int limits_row(void *arg, const char *const *col, unsigned cols)
{
	struct limits_change *q = arg;

	(void)cols;
	limits_text(q->before, sizeof(q->before), col[0], strtoll(col[1], NULL, 10), strtoll(col[2], NULL, 10));
	return 1;
}

static int account_limits_tx(struct store_conn *c, void *arg)
{
	struct limits_change *q = arg;
	const struct account_limits *l = &q->new;
	char after[160];
	uint64_t changed;
	int64_t account;
	int err = account_id_of(c, q->g.number, &account);

	if (!err)
		err = store_query(c, limits_row, q, "SELECT kind, credit_e4, trust_e4 FROM account WHERE id = ? FOR UPDATE", "i",
		                  account);
	if (!err) /* what is spent or held already stays covered */
		err = store_exec(
			c, &changed,
			"UPDATE account SET kind = ?, credit_e4 = ?, trust_e4 = ? WHERE id = ? AND balance_e4 + ? >= held_e4",
			"siiii", l->operator_billed ? "operator" : "prepaid", l->credit_e4, l->trust_e4, account, l->credit_e4);
	if (err)
		return err;
	if (changed == 0)
		return -EDQUOT;
	limits_text(after, sizeof(after), l->operator_billed ? "operator" : "prepaid", l->credit_e4, l->trust_e4);
	return billing_audit(c, &(struct audit_entry){ .id = q->g.id,
	                                               .who = q->g.who,
	                                               .what = "account.limits",
	                                               .subject = q->g.number,
	                                               .before = q->before,
	                                               .after = after,
	                                               .at_utc_us = q->g.at_utc_us });
}

int account_write_limits(struct store_conn *c, const struct account_act *a, const struct account_limits *l)
{
	struct limits_change q = { .g = { .number = a->number, .who = a->who, .at_utc_us = a->at_utc_us }, .new = *l };

	memcpy(q.g.id, a->id, ID_SIZE);
	return account_limits_tx(c, &q);
}

bool account_limits_ok(const struct account_limits *l)
{
	return l->credit_e4 >= 0 && l->trust_e4 >= 0 && l->credit_e4 <= ACCOUNT_AMOUNT_MAX_E4 &&
	       l->trust_e4 <= ACCOUNT_AMOUNT_MAX_E4 && (l->operator_billed || l->credit_e4 == 0);
}

int account_set_limits(struct store *s, const char *number, const struct account_limits *l, const char *who, int64_t at_utc_us)
{
	struct limits_change q = { .g = { .number = number, .who = who, .at_utc_us = at_utc_us }, .new = *l };

	if (!account_limits_ok(l))
		return -EINVAL;
	random_id(q.g.id);
	return store_tx(s, account_limits_tx, &q);
}

/* ---- the ledger ---- */

struct ledger_query {
	const char *number;
	int (*each)(void *arg, const struct ledger_row *r);
	void *arg;
};

static int ledger_row(void *arg, const char *const *col, unsigned cols)
{
	struct ledger_query *q = arg;
	struct ledger_row r = { .amount_e4 = strtoll(col[2], NULL, 10) };

	(void)cols;
	(void)snprintf(r.id, sizeof(r.id), "%s", col[0]);
	(void)snprintf(r.kind, sizeof(r.kind), "%s", col[1]);
	(void)snprintf(r.call_id, sizeof(r.call_id), "%s", col[3] ? col[3] : "");
	(void)snprintf(r.leg_id, sizeof(r.leg_id), "%s", col[4] ? col[4] : "");
	(void)snprintf(r.at, sizeof(r.at), "%s", col[5]);
	return q->each(q->arg, &r);
}

static int account_ledger_tx(struct store_conn *c, void *arg)
{
	struct ledger_query *q = arg;
	int err = store_query(c, ledger_row, q,
	                      "SELECT id, kind, amount_e4, call_id, leg_id, at FROM v_ledger WHERE number = ? ORDER BY at, id",
	                      "s", q->number);

	return err == -ENOENT ? 0 : err;
}

int account_ledger(struct store *s, const char *number, int (*each)(void *arg, const struct ledger_row *r), void *arg)
{
	struct ledger_query q = { .number = number, .each = each, .arg = arg };

	return store_tx(s, account_ledger_tx, &q);
}
