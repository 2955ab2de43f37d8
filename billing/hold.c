/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/hold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"

#define LOG_MODULE "hold"

/* ---- open ---- */

static int hold_open_tx(struct store_conn *c, void *arg)
{
	const struct hold_open *h = arg;
	uint64_t changed;
	int64_t active;
	/* the account's row first, everywhere: the hold's foreign key alone would lock it shared, and two of these wait for each
	 * other */
	int err = store_query_int(c, &active, "SELECT state = 'active' FROM account WHERE id = ? FOR UPDATE", "i", h->account_id);

	if (!err)
		err = store_exec(
			c, NULL,
			"INSERT INTO hold (id, account_id, node, amount_e4, opened_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
			"sisitt", h->id, h->account_id, h->node, h->amount_e4, h->at_utc_us, h->expires_utc_us);
	if (err == -EEXIST)
		return 0; /* ours, of a try whose commit we did not hear of */
	if (err)
		return err;
	if (!active)
		return -ENOENT;
	err = store_exec(c, &changed,
	                 "UPDATE account SET held_e4 = held_e4 + ? WHERE id = ? AND balance_e4 + credit_e4 - held_e4 >= ?", "iii",
	                 h->amount_e4, h->account_id, h->amount_e4);
	return err ? err : changed == 1 ? 0 : -EDQUOT;
}

int hold_open(struct store *s, const struct hold_open *h)
{
	return store_tx(s, hold_open_tx, (void *)(uintptr_t)h);
}

/* ---- extend ---- */

static int hold_available(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	*(int64_t *)arg = strtoll(col[0], NULL, 10);
	return 1;
}

static int hold_renew(struct store_conn *c, const struct hold_extend *h, int64_t grant_e4)
{
	uint64_t changed;
	int err = store_exec(c, &changed,
	                     "UPDATE hold SET amount_e4 = amount_e4 + ?, expires_at = ? WHERE id = ? AND state = 'open'", "its",
	                     grant_e4, h->expires_utc_us, h->id);

	return err ? err : changed == 0 ? -ESTALE : 0;
}

static int hold_extend_tx(struct store_conn *c, void *arg)
{
	struct hold_extend *h = arg;
	int64_t available, grant;
	int err;

	err = store_query(c, hold_available, &available,
	                  "SELECT balance_e4 + credit_e4 - held_e4 FROM account WHERE id = ? FOR UPDATE", "i", h->account_id);
	if (err)
		return err;
	err = store_query_int(c, &grant, "SELECT amount_e4 FROM hold_step WHERE hold_id = ? AND step = ?", "si", h->id,
	                      (int64_t)h->step);
	if (!err) { /* taken in a try whose commit we did not hear of */
		h->granted_e4 = grant;
		h->available_e4 = available;
		return hold_renew(c, h, 0);
	}
	if (err != -ENOENT)
		return err;
	grant = h->want_e4 < available ? h->want_e4 : available > 0 ? available : 0;
	h->available_e4 = available;
	h->granted_e4 = 0;
	if (grant < h->need_e4)
		return -EDQUOT;
	err = hold_renew(c, h, grant);
	if (!err && grant > 0)
		err = store_exec(c, NULL, "INSERT INTO hold_step (hold_id, step, amount_e4) VALUES (?, ?, ?)", "sii", h->id,
		                 (int64_t)h->step, grant);
	if (!err && grant > 0)
		err = store_exec(c, NULL, "UPDATE account SET held_e4 = held_e4 + ? WHERE id = ?", "ii", grant, h->account_id);
	if (!err) {
		h->granted_e4 = grant;
		h->available_e4 = available - grant;
	}
	return err;
}

int hold_extend(struct store *s, struct hold_extend *h)
{
	return store_tx(s, hold_extend_tx, h);
}

/* ---- settle ---- */

/* Its steps are only of use while it may be extended. */
static int hold_end(struct store_conn *c, const char *id, const char *state, int64_t at_utc_us)
{
	int err = store_exec(c, NULL, "UPDATE hold SET state = ?, closed_at = ? WHERE id = ?", "sts", state, at_utc_us, id);

	return err ? err : store_exec(c, NULL, "DELETE FROM hold_step WHERE hold_id = ?", "s", id);
}

struct hold_row {
	int64_t amount_e4;
	char    state[10];
};

static int hold_row(void *arg, const char *const *col, unsigned cols)
{
	struct hold_row *r = arg;

	(void)cols;
	r->amount_e4 = strtoll(col[0], NULL, 10);
	(void)snprintf(r->state, sizeof(r->state), "%s", col[1]);
	return 1;
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
			err = store_exec(c, NULL,
			                 "INSERT INTO ledger (id, account_id, number, kind, amount_e4, call_id, leg_id, at) "
			                 "VALUES (?, ?, ?, 'charge', ?, ?, ?, ?)",
			                 "sisisst", l->leg_id, h->account_id, h->number, -take, h->id, l->leg_id, h->at_utc_us);
		if (!err && take < l->amount_e4)
			err = store_exec(
				c, NULL,
				"INSERT INTO loss (id, account_id, amount_e4, call_id, leg_id, at) VALUES (?, ?, ?, ?, ?, ?)",
				"siisst", l->leg_id, h->account_id, l->amount_e4 - take, h->id, l->leg_id, h->at_utc_us);
		left -= take;
		h->total_e4 += take;
		h->loss_e4 += l->amount_e4 - take;
	}
	return err;
}

static int hold_settle_tx(struct store_conn *c, void *arg)
{
	struct hold_settle *h = arg;
	struct hold_row row;
	int64_t available, release;
	int err;

	h->total_e4 = h->loss_e4 = 0;
	/* rows in the order account, hold: like everywhere, so that two transactions cannot wait for each other */
	err = store_query(c, hold_available, &available,
	                  "SELECT balance_e4 + credit_e4 - held_e4 FROM account WHERE id = ? FOR UPDATE", "i", h->account_id);
	if (!err)
		err = store_query(c, hold_row, &row, "SELECT amount_e4, state FROM hold WHERE id = ? FOR UPDATE", "s", h->id);
	if (err)
		return err;
	if (strcmp(row.state, "settled") == 0)
		return store_query_int(c, &h->total_e4,
		                       "SELECT COALESCE(-SUM(amount_e4), 0) FROM ledger WHERE call_id = ? AND kind = 'charge'",
		                       "s", h->id);
	release = strcmp(row.state, "open") == 0 ? row.amount_e4 : 0; /* an expired one was given back already */
	err = settle_charge(c, h, available + release);
	if (!err)
		err = store_exec(c, NULL, "UPDATE account SET balance_e4 = balance_e4 - ?, held_e4 = held_e4 - ? WHERE id = ?",
		                 "iii", h->total_e4, release, h->account_id);
	if (!err)
		err = hold_end(c, h->id, "settled", h->at_utc_us);
	if (!err && h->loss_e4 > 0)
		log_warn("settlement of call %s: %lld (1/10000) booked to the operator's loss", h->id, (long long)h->loss_e4);
	return err;
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
	int64_t ignored;
	int err;

	h->expired = false;
	err = store_query(c, hold_available, &ignored, "SELECT balance_e4 FROM account WHERE id = ? FOR UPDATE", "i",
	                  h->account_id);
	if (!err)
		err = store_query(c, hold_row, &row,
		                  "SELECT amount_e4, IF(expires_at < ?, state, 'renewed') FROM hold WHERE id = ? FOR UPDATE",
		                  "ts", h->now_utc_us, h->id);
	if (err || strcmp(row.state, "open") != 0)
		return err;
	err = store_exec(c, NULL, "UPDATE account SET held_e4 = held_e4 - ? WHERE id = ?", "ii", row.amount_e4, h->account_id);
	if (!err)
		err = hold_end(c, h->id, "expired", h->now_utc_us);
	h->expired = !err;
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
