/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/card.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "billing/card_internal.h"
#include "billing/card_state.h"
#include "core/clock.h"

static const char *const outcome_name[] = {
	[CARD_DONE] = "done",       [CARD_UNKNOWN] = "unknown",       [CARD_USED] = "used",
	[CARD_EXPIRED] = "expired", [CARD_BLOCKED] = "blocked",       [CARD_NOT_ACTIVE] = "not_active",
	[CARD_NO_ACCOUNT] = "no_account", [CARD_TOO_MANY] = "too_many",
};

const char *card_outcome_name(enum card_outcome o)
{
	return outcome_name[o];
}

void card_config_default(struct card_config *c)
{
	*c = (struct card_config){
		.caller = { 5, CLOCK_SEC(3600) },
		.account = { 10, CLOCK_SEC(3600) },
		.trunk = { 20, CLOCK_SEC(60) },
		.all = { 100, CLOCK_SEC(60) },
	};
}

/* ---- redemption ---- */

struct redemption {
	const struct card_config *config;
	struct card_redeem       *r;
	bool                      digits;   /* it could be a card's number */
	char                      macs[CARD_MACS_TEXT];
	int64_t                   account_id, provider_id, balance_e4;
	bool                      open;     /* the account is not closed */
	int64_t                   batch_id, serial, amount_e4, card_provider_id;
	char                      batch[33], state[12], ledger_id[ID_SIZE];
	bool                      expired;
};

static int account_row(void *arg, const char *const *col, unsigned cols)
{
	struct redemption *q = arg;

	(void)cols;
	q->account_id = strtoll(col[0], NULL, 10);
	q->provider_id = strtoll(col[1], NULL, 10);
	q->balance_e4 = strtoll(col[2], NULL, 10);
	q->open = strcmp(col[3], "closed") != 0;
	return 1;
}

static int over_row(void *arg, const char *const *col, unsigned cols)
{
	bool *over = arg;

	(void)cols;
	*over = strcmp(col[0], "0") != 0;
	return 1;
}

/* How often a scope's limit says so; without an end no more than that is counted. */
#define FAILED(where) "(SELECT COUNT(*) FROM (SELECT 1 FROM card_failure WHERE " where " at > ? AND id <> ? LIMIT ?) t) >= ?"

static int64_t limit_of(const struct card_limit *l, bool known)
{
	return known && l->failures ? (int64_t)l->failures : 0;
}

static int64_t limit_or_never(int64_t limit)
{
	return limit ? limit : 1; /* none of no rows */
}

/* This attempt's own row is left out: a try before this one may have written it, and nobody has heard of its commit. */
static int too_many(struct store_conn *c, const struct redemption *q, bool *over)
{
	const struct card_config *k = q->config;
	const struct card_redeem *r = q->r;
	int64_t caller = limit_of(&k->caller, r->caller[0]), account = limit_of(&k->account, q->account_id),
	        trunk = limit_of(&k->trunk, r->trunk[0]), all = limit_of(&k->all, true), at = r->at_utc_us;

	return store_query(c, over_row, over,
	                   "SELECT " FAILED("caller = ? AND") " OR " FAILED("account_id = ? AND") " OR " FAILED(
				   "trunk = ? AND") " OR " FAILED(""),
	                   "stsii"
	                   "itsii"
	                   "stsii"
	                   "tsii",
	                   r->caller, at - k->caller.window_us, r->id, caller, limit_or_never(caller), q->account_id,
	                   at - k->account.window_us, r->id, account, limit_or_never(account), r->trunk, at - k->trunk.window_us,
	                   r->id, trunk, limit_or_never(trunk), at - k->all.window_us, r->id, all, limit_or_never(all));
}

static int card_row(void *arg, const char *const *col, unsigned cols)
{
	struct redemption *q = arg;

	(void)cols;
	q->batch_id = strtoll(col[0], NULL, 10);
	q->serial = strtoll(col[1], NULL, 10);
	q->amount_e4 = strtoll(col[2], NULL, 10);
	q->card_provider_id = strtoll(col[3], NULL, 10);
	(void)snprintf(q->batch, sizeof(q->batch), "%s", col[4]);
	(void)snprintf(q->state, sizeof(q->state), "%s", col[5]);
	(void)snprintf(q->ledger_id, sizeof(q->ledger_id), "%s", col[6] ? col[6] : "");
	q->expired = strcmp(col[7], "1") == 0;
	return 1;
}

#define CARD_UPDATE \
	"UPDATE card c JOIN card_batch b ON b.id = c.batch_id SET c.state = 'used', c.used_at = ?, c.ledger_id = ? WHERE c.mac " \
	"IN " \
	"(%s) AND b.provider_id = ? AND b.state NOT IN ('making', 'blocked') AND COALESCE(c.state, b.state) = 'activated' AND " \
	"b.expires_at > ?"

static enum card_outcome outcome_of(const struct redemption *q)
{
	if (q->card_provider_id != q->provider_id || strcmp(q->state, "making") == 0)
		return CARD_UNKNOWN;
	if (strcmp(q->state, "used") == 0)
		return CARD_USED;
	if (q->expired)
		return CARD_EXPIRED;
	return strcmp(q->state, "blocked") == 0 ? CARD_BLOCKED : CARD_NOT_ACTIVE;
}

/* Takes the card: 0 and the outcome. *again: it was this very redemption that took it, in a try whose commit was not heard of. */
static int take(struct store_conn *c, struct redemption *q, bool *again)
{
	struct card_redeem *r = q->r;
	char sql[CARD_MACS_TEXT + 600];
	uint64_t taken = 0;
	int err;

	*again = false;
	r->outcome = CARD_UNKNOWN;
	if (!q->digits)
		return 0;
	(void)snprintf(sql, sizeof(sql), CARD_UPDATE, q->macs);
	err = store_exec(c, &taken, sql, "tsit", r->at_utc_us, r->id, q->provider_id, r->at_utc_us);
	if (err)
		return err;
	(void)snprintf(sql, sizeof(sql), CARD_SELECT " WHERE c.mac IN (%s)", q->macs);
	err = store_query(c, card_row, q, sql, "t", r->at_utc_us);
	if (err)
		return err == -ENOENT ? 0 : err;
	*again = !taken && strcmp(q->ledger_id, r->id) == 0;
	r->outcome = taken || *again ? CARD_DONE : outcome_of(q);
	return 0;
}

static int credit(struct store_conn *c, struct redemption *q)
{
	const struct card_redeem *r = q->r;
	char serial[CARD_SERIAL_SIZE], after[64];
	int err;

	card_serial_text(serial, q->batch, q->serial);
	err = store_exec(
		c, NULL,
		"INSERT INTO ledger (id, account_id, number, kind, amount_e4, note, at) VALUES (?, ?, ?, 'card', ?, ?, ?)",
		"sisist", r->id, q->account_id, r->number, q->amount_e4, serial, r->at_utc_us);
	if (!err)
		err = store_exec(c, NULL, "UPDATE account SET balance_e4 = balance_e4 + ? WHERE id = ?", "ii", q->amount_e4,
		                 q->account_id);
	(void)snprintf(after, sizeof(after), "used for %s", r->number);
	if (!err)
		err = billing_audit(c, &(struct audit_entry){ .id = r->id,
		                                              .who = r->who,
		                                              .what = "card.redeem",
		                                              .subject = serial,
		                                              .before = "activated",
		                                              .after = after,
		                                              .at_utc_us = r->at_utc_us });
	q->balance_e4 += q->amount_e4;
	return err;
}

static int failed(struct store_conn *c, const struct redemption *q)
{
	const struct card_redeem *r = q->r;
	int err = store_exec(c, NULL,
	                     "INSERT INTO card_failure (id, outcome, caller, account_id, trunk, at) VALUES (?, ?, ?, ?, ?, ?)",
	                     "sssist", r->id, card_outcome_name(r->outcome), r->caller, q->account_id, r->trunk, r->at_utc_us);

	return err == -EEXIST ? 0 : err;
}

/* Another system's key file makes each card unknown: that is nobody's guess. */
static int key_file_check(struct store_conn *c, const struct redemption *q)
{
	struct card_prints p;
	int err = card_prints_load(&p, q->config->key_file);

	return err ? err : card_prints_check(c, &p);
}

static int redeem_tx(struct store_conn *c, void *arg)
{
	struct redemption *q = arg;
	struct card_redeem *r = q->r;
	bool over = false, again;
	int err;

	/* Locked by the first statement, so that what is read after it is as new as the lock (innodb_snapshot_isolation). */
	q->account_id = 0;
	q->open = false;
	err = store_query(c, account_row, q,
	                  "SELECT a.id, a.provider_id, a.balance_e4, a.state FROM account_number n JOIN account a ON a.id = "
	                  "n.account_id WHERE n.number = ? AND n.valid_to IS NULL FOR UPDATE",
	                  "s", r->number);
	if (!err || err == -ENOENT)
		err = too_many(c, q, &over);
	if (err)
		return err;
	if (over || !q->open) {
		r->outcome = over ? CARD_TOO_MANY : CARD_NO_ACCOUNT;
		return 0;
	}
	err = take(c, q, &again);
	if (err)
		return err;
	if (r->outcome == CARD_UNKNOWN && q->digits)
		err = key_file_check(c, q);
	if (err)
		return err;
	if (r->outcome != CARD_DONE)
		return failed(c, q);
	err = again ? 0 : credit(c, q);
	r->amount_e4 = q->amount_e4;
	r->balance_e4 = q->balance_e4;
	return err;
}

int card_redeem(struct store *s, const struct card_config *config, struct card_redeem *r)
{
	struct redemption q = { .config = config, .r = r, .digits = card_is_number(r->card) };
	int err = card_macs(config, r->card, q.macs);

	r->amount_e4 = r->balance_e4 = 0;
	return err ? err : store_tx(s, redeem_tx, &q);
}

/* ---- housekeeping ---- */

struct unlock {
	const char *number, *who;
	char        id[ID_SIZE];
	int64_t     at_utc_us, count;
};

static int unlock_tx(struct store_conn *c, void *arg)
{
	struct unlock *q = arg;
	uint64_t by_caller = 0, of_account = 0;
	char after[64];
	int err = store_exec(c, &by_caller, "DELETE FROM card_failure WHERE caller = ?", "s", q->number);

	if (!err)
		err = store_exec(
			c, &of_account,
			"DELETE FROM card_failure WHERE account_id IN (SELECT account_id FROM account_number WHERE number = ? "
			"AND valid_to IS NULL)",
			"s", q->number);
	if (err)
		return err;
	err = billing_audited(c, q->id);
	if (err)
		return err > 0 ? 0 : err;
	q->count = (int64_t)(by_caller + of_account);
	(void)snprintf(after, sizeof(after), "%lld failed attempts forgotten", (long long)q->count);
	return billing_audit(c, &(struct audit_entry){ .id = q->id,
	                                               .who = q->who,
	                                               .what = "card.unlock",
	                                               .subject = q->number,
	                                               .after = after,
	                                               .at_utc_us = q->at_utc_us });
}

int card_unlock(struct store *s, const char *number, const char *who, int64_t at_utc_us, int64_t *count)
{
	struct unlock q = { .number = number, .who = who, .at_utc_us = at_utc_us };
	int err;

	random_id(q.id);
	err = number[0] ? store_tx(s, unlock_tx, &q) : -EINVAL;
	if (!err)
		*count = q.count;
	return err;
}

static int forget_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, "DELETE FROM card_failure WHERE at < ?", "t", *(const int64_t *)arg);
}

int card_forget(struct store *s, int64_t before_utc_us)
{
	return store_tx(s, forget_tx, &before_utc_us);
}
