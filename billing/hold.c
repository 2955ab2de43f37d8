/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/hold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"

#define LOG_MODULE "hold"

/* ---- one account, its calls ---- */

struct hold_row {
	int64_t funds_e4;      /* balance and credit: all there is, held or not */
	int64_t free_e4;       /* of it held by nobody */
	bool    active;        /* the account */
	int64_t amount_e4;     /* of this hold */
	char    state[10];
};

static int hold_row(void *arg, const char *const *col, unsigned cols)
{
	struct hold_row *r = arg;

	r->funds_e4 = strtoll(col[0], NULL, 10);
	r->free_e4 = strtoll(col[1], NULL, 10);
	r->active = strcmp(col[2], "active") == 0;
	r->amount_e4 = cols > 3 ? strtoll(col[3], NULL, 10) : 0;
	(void)snprintf(r->state, sizeof(r->state), "%s", cols > 3 ? col[4] : "");
	return 1;
}

/* Rows in the order account, hold: like everywhere, so that two transactions cannot wait for each other. */
static int hold_lock(struct store_conn *c, struct hold_row *r, const char *id, int64_t account_id)
{
	return store_query(
		c, hold_row, r,
		"SELECT a.balance_e4 + a.credit_e4, a.balance_e4 + a.credit_e4 - a.held_e4, a.state, h.amount_e4, h.state "
		"FROM account a STRAIGHT_JOIN hold h ON h.account_id = a.id WHERE a.id = ? AND h.id = ? FOR UPDATE",
		"is", account_id, id);
}

static int hold_needs_row(void *arg, const char *const *col, unsigned cols)
{
	int64_t *need = arg;

	for (unsigned i = 0; i < cols; i++)
		need[i] = strtoll(col[i], NULL, 10);
	return 1;
}

/* What the account's other calls need. Its row is locked, so this stands until we commit. */
static int hold_others(struct store_conn *c, int64_t need_e4[HOLD_MOMENTS], const char *id, int64_t account_id)
{
	return store_query(c, hold_needs_row, need_e4,
	                   "SELECT COALESCE(SUM(need1_e4), 0), COALESCE(SUM(need2_e4), 0), COALESCE(SUM(need3_e4), 0), "
	                   "COALESCE(SUM(need4_e4), 0) FROM hold WHERE account_id = ? AND state = 'open' AND id <> ?",
	                   "is", account_id, id);
}

/* The money by moments, as told in hold.h: what falls to this call. */
static int64_t hold_share(int64_t funds_e4, const int64_t mine[HOLD_MOMENTS], const int64_t others[HOLD_MOMENTS], bool *scarce)
{
	int64_t before = 0, mine_before = 0;

	*scarce = false;
	for (unsigned i = 0; i < HOLD_MOMENTS; i++) {
		int64_t all = mine[i] + others[i];

		if (all > funds_e4) {
			*scarce = true;
			if (i == 0) /* not even the next seconds of all: who comes first */
				return mine[0];
			return mine_before + (int64_t)((__int128)(funds_e4 - before) * (mine[i] - mine_before) / (all - before));
		}
		before = all;
		mine_before = mine[i];
	}
	return mine_before;
}

/* ---- open ---- */

/* The hold's row waits to be sent: with the account's, or first, where it may be refused. -EEXIST: there is one already. */
static int open_row(struct store_conn *c, const struct hold_open *h, const struct hold_row *row)
{
	int64_t others[HOLD_MOMENTS];
	int err = 0;

	if (!row->active || h->held_e4 < h->amount_e4)
		err = store_flush(c);
	if (!err && !row->active)
		err = -ENOENT;
	if (!err && h->held_e4 < h->amount_e4) {
		err = hold_others(c, others, h->id, h->account_id);
		if (!err && h->amount_e4 > row->funds_e4 - others[0])
			err = -EDQUOT;
	}
	if (!err)
		err = store_later(c, "UPDATE account SET held_e4 = held_e4 + ? WHERE id = ?", "ii", h->held_e4,
		                  h->account_id);
	return err ? err : store_commit(c);
}

static int hold_open_tx(struct store_conn *c, void *arg)
{
	struct hold_open *h = arg;
	struct hold_row row;
	int err;

	err = store_query(
		c, hold_row, &row,
		"SELECT balance_e4 + credit_e4, balance_e4 + credit_e4 - held_e4, state FROM account WHERE id = ? FOR UPDATE",
		"i", h->account_id);
	if (err)
		return err;
	h->held_e4 = h->amount_e4;
	if (h->held_e4 > row.free_e4) /* what there is; the others give back the rest, if they can */
		h->held_e4 = row.free_e4 > 0 ? row.free_e4 : 0;
	err = store_later(c,
	                  "INSERT INTO hold (id, account_id, node, amount_e4, opened_at, expires_at, closed_at, need1_e4, "
	                  "need2_e4, need3_e4, "
	                  "need4_e4) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	                  "sisitttiiii", h->id, h->account_id, h->node, h->held_e4, h->at_utc_us, h->expires_utc_us,
	                  h->expires_utc_us, h->amount_e4, h->amount_e4, h->amount_e4, h->amount_e4);
	if (!err)
		err = open_row(c, h, &row);
	if (err == -EEXIST) /* ours, of a try whose commit we did not hear of */
		return store_query_int(c, &h->held_e4, "SELECT amount_e4 FROM hold WHERE id = ?", "s", h->id);
	return err;
}

int hold_open(struct store *s, struct hold_open *h)
{
	return store_tx(s, hold_open_tx, h);
}

/* ---- extend ---- */

static int hold_extend_tx(struct store_conn *c, void *arg)
{
	struct hold_extend *h = arg;
	int64_t others[HOLD_MOMENTS], held, free_e4;
	struct hold_row row;
	int err = hold_lock(c, &row, h->id, h->account_id);

	if (!err && strcmp(row.state, "settled") == 0)
		err = -ESTALE;
	if (!err)
		err = hold_others(c, others, h->id, h->account_id);
	if (err)
		return err;
	held = strcmp(row.state, "open") == 0 ? row.amount_e4 : 0; /* an expired one was given back */
	free_e4 = row.free_e4 > 0 ? row.free_e4 : 0;
	h->share_e4 = hold_share(row.funds_e4, h->need_e4, others, &h->scarce);
	h->held_e4 = held;
	if (h->scarce || held < h->enough_e4 || held > h->share_e4)
		h->held_e4 = h->share_e4 - held <= free_e4 ? h->share_e4 : held + free_e4;
	h->near_e4 = row.funds_e4 - others[0];
	if (!h->scarce)
		h->share_e4 = row.funds_e4 - others[HOLD_MOMENTS - 1];
	else if (h->share_e4 > h->near_e4) /* not even for the next seconds of all: what is held, or what is left */
		h->share_e4 = h->held_e4 > h->near_e4 ? h->held_e4 : h->near_e4;
	err = store_later(
		c,
		"UPDATE hold SET amount_e4 = ?, expires_at = ?, state = 'open', closed_at = ?, need1_e4 = ?, need2_e4 = ?, "
		"need3_e4 = ?, need4_e4 = ? WHERE id = ?",
		"ittiiiis", h->held_e4, h->expires_utc_us, h->expires_utc_us, h->need_e4[0], h->need_e4[1], h->need_e4[2],
		h->need_e4[3], h->id);
	if (!err && h->held_e4 != held)
		err = store_later(c, "UPDATE account SET held_e4 = held_e4 + ? WHERE id = ?", "ii", h->held_e4 - held,
		                  h->account_id);
	return err;
}

int hold_extend(struct store *s, struct hold_extend *h)
{
	return store_tx(s, hold_extend_tx, h);
}

/* ---- settle ---- */

static int settle_leg(struct store_conn *c, const struct hold_settle *h, const struct settle_leg *l, int64_t take_e4,
                      bool if_found)
{
	/* if_found: refused (NULL) unless the statement before it found its row */
	static const char *const sql[] = {
		"INSERT INTO ledger (id, account_id, number, kind, amount_e4, call_id, leg_id, at) VALUES (?, ?, ?, 'charge', "
		"?, ?, ?, ?)",
		"INSERT INTO ledger (id, account_id, number, kind, amount_e4, call_id, leg_id, at) VALUES (?, ?, ?, 'charge', "
		"IF(ROW_COUNT() = 1, ?, NULL), ?, ?, ?)",
	};

	return store_later(c, sql[if_found], "sisisst", l->leg_id, h->account_id, h->number, -take_e4, h->id, l->leg_id,
	                   h->at_utc_us);
}

/* What the account has for this call: its balance, less what other calls hold. */
static int settle_charge(struct store_conn *c, struct hold_settle *h, int64_t left)
{
	int err = 0;

	if (left < 0)
		left = 0;
	for (unsigned i = 0; !err && i < h->count; i++) {
		const struct settle_leg *l = &h->leg[i];
		int64_t take = l->amount_e4 < left ? l->amount_e4 : left;

		if (take > 0)
			err = settle_leg(c, h, l, take, false);
		if (!err && take < l->amount_e4)
			err = store_later(
				c,
				"INSERT INTO loss (id, account_id, amount_e4, call_id, leg_id, at) VALUES (?, ?, ?, ?, ?, ?)",
				"siisst", l->leg_id, h->account_id, l->amount_e4 - take, h->id, l->leg_id, h->at_utc_us);
		left -= take;
		h->total_e4 += take;
		h->loss_e4 += l->amount_e4 - take;
	}
	return err;
}

/*
 * Nearly always: the hold is open, is what the caller knows, and covers the whole. Everything in one round trip (measured:
 * tests/bench/money_settle.c). When the hold's row is another, the first leg's is refused by its NULL, and the server goes no
 * further. *done false: it is another case, and nothing was changed.
 */
static int settle_covered(struct store_conn *c, struct hold_settle *h, bool *done)
{
	int64_t sum = 0;
	bool first = true;
	int err;

	*done = false;
	for (unsigned i = 0; i < h->count; i++)
		sum += h->leg[i].amount_e4;
	if (sum == 0 || sum > h->held_e4) /* nothing to take: nothing to be quick about */
		return 0;
	err = store_later(c, "UPDATE account SET balance_e4 = balance_e4 - ?, held_e4 = held_e4 - ? WHERE id = ?", "iii",
	                  sum, h->held_e4, h->account_id);
	if (!err) /* its index is told: weighing it against the other costs as much as the row */
		err = store_later(c,
		                  "UPDATE hold FORCE INDEX (PRIMARY) SET state = 'settled', closed_at = ? WHERE id = ? AND "
		                  "account_id = ? AND state = 'open' AND amount_e4 = ?",
		                  "tsii", h->at_utc_us, h->id, h->account_id, h->held_e4);
	for (unsigned i = 0; !err && i < h->count; i++)
		if (h->leg[i].amount_e4 > 0) {
			err = settle_leg(c, h, &h->leg[i], h->leg[i].amount_e4, first);
			first = false;
		}
	if (!err)
		err = store_commit(c);
	*done = !err;
	if (*done)
		h->total_e4 = sum;
	/* -ERANGE also when the account's CHECKs refuse what we believed to be held */
	return err == -ERANGE ? store_exec(c, NULL, "ROLLBACK", "") : err;
}

/* By what the hold has become: settled already (in a try whose commit we did not hear of), expired, or too small. */
static int settle_as_it_is(struct store_conn *c, struct hold_settle *h)
{
	struct hold_row row;
	int64_t release;
	int err = hold_lock(c, &row, h->id, h->account_id);

	if (err)
		return err;
	if (strcmp(row.state, "settled") == 0)
		return store_query_int(c, &h->total_e4,
		                       "SELECT COALESCE(-SUM(amount_e4), 0) FROM ledger WHERE call_id = ? AND kind = 'charge'",
		                       "s", h->id);
	release = strcmp(row.state, "open") == 0 ? row.amount_e4 : 0; /* an expired one was given back already */
	err = settle_charge(c, h, row.free_e4 + release);
	if (!err)
		err = store_later(c,
		                  "UPDATE account a, hold h SET a.balance_e4 = a.balance_e4 - ?, a.held_e4 = a.held_e4 - ?, "
		                  "h.state = 'settled', h.closed_at = ? WHERE a.id = ? AND h.id = ?",
		                  "iitis", h->total_e4, release, h->at_utc_us, h->account_id, h->id);
	if (!err && h->loss_e4 > 0)
		log_warn("settlement of call %s: %lld (1/10000) booked to the operator's loss", h->id, (long long)h->loss_e4);
	return err;
}

static int hold_settle_tx(struct store_conn *c, void *arg)
{
	struct hold_settle *h = arg;
	bool done;
	int err;

	h->total_e4 = h->loss_e4 = 0;
	err = settle_covered(c, h, &done);
	return err || done ? err : settle_as_it_is(c, h);
}

int hold_settle(struct store *s, struct hold_settle *h)
{
	return store_tx(s, hold_settle_tx, h);
}

/* ---- expire ---- */

#define EXPIRE_MAX 64 /* at once; the rest the next time */

struct hold_expire_one {
	char    id[ID_SIZE];
	int64_t account_id, now_utc_us;
	bool    expired;
};

struct hold_expire_all {
	struct hold_expire_one hold[EXPIRE_MAX];
	int64_t                now_utc_us;
	unsigned               n;
};

static int hold_expired_row(void *arg, const char *const *col, unsigned cols)
{
	struct hold_expire_all *e = arg;
	struct hold_expire_one *h = &e->hold[e->n++];

	(void)cols;
	(void)snprintf(h->id, ID_SIZE, "%s", col[0]);
	h->account_id = strtoll(col[1], NULL, 10);
	h->now_utc_us = e->now_utc_us;
	return e->n == EXPIRE_MAX;
}

static int hold_expired_tx(struct store_conn *c, void *arg)
{
	struct hold_expire_all *e = arg;
	int err;

	e->n = 0;
	err = store_query(c, hold_expired_row, e,
	                  "SELECT id, account_id FROM hold WHERE state = 'open' AND expires_at < ? ORDER BY expires_at LIMIT 64",
	                  "t", e->now_utc_us);
	return err == -ENOENT ? 0 : err;
}

static int hold_expire_tx(struct store_conn *c, void *arg)
{
	struct hold_expire_one *h = arg;
	struct hold_row row;
	uint64_t changed = 0;
	int err;

	h->expired = false;
	err = hold_lock(c, &row, h->id, h->account_id);
	if (err || strcmp(row.state, "open") != 0)
		return err;
	/* unless it was renewed meanwhile */
	err = store_exec(c, &changed, "UPDATE hold SET state = 'expired', closed_at = ? WHERE id = ? AND expires_at < ?", "tst",
	                 h->now_utc_us, h->id, h->now_utc_us);
	if (!err && changed)
		err = store_exec(c, NULL, "UPDATE account SET held_e4 = held_e4 - ? WHERE id = ?", "ii", row.amount_e4,
		                 h->account_id);
	h->expired = !err && changed;
	return err;
}

/* A transaction each: one that cannot be given back does not keep the others. */
int hold_expire(struct store *s, int64_t now_utc_us, int64_t *count)
{
	struct hold_expire_all *e = calloc(1, sizeof(*e));
	int err;

	if (e == NULL)
		return -ENOMEM;
	e->now_utc_us = now_utc_us;
	*count = 0;
	err = store_tx(s, hold_expired_tx, e);
	for (unsigned i = 0; err != -EIO && i < e->n; i++) {
		int one = store_tx(s, hold_expire_tx, &e->hold[i]);

		if (one)
			log_error("the hold of call %s cannot be given back: %s", e->hold[i].id, strerror(-one));
		if (one && !err)
			err = one;
		*count += e->hold[i].expired;
	}
	free(e);
	return err;
}
