/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/account_edit.h"

#include <errno.h>
#include <string.h>

#include "billing/account_internal.h"
#include "billing/audit.h"
#include "billing/rating.h"

#define ACTS_MAX 6 /* check, limits, tariff, discount, language, state */

struct editing {
	const struct account_edit *e;
	char                       id[ACTS_MAX][ID_SIZE]; /* the same in every try */
	struct account_act         act;
	unsigned                   acts;
};

/* The next row of the audit trail. */
static const struct account_act *next(struct editing *g)
{
	memcpy(g->act.id, g->id[g->acts++], ID_SIZE);
	return &g->act;
}

/* What is not told stays as it is. */
static int edit_limits(struct store_conn *c, struct editing *g, const struct account *now)
{
	const struct account_edit *e = g->e;
	struct account_limits l = { .operator_billed = strcmp(e->kind ? e->kind : now->kind, "operator") == 0 };

	if (!e->kind && !e->has_credit && !e->has_trust)
		return 0;
	l.credit_e4 = e->has_credit ? e->credit_e4 : l.operator_billed ? now->credit_e4 : 0;
	l.trust_e4 = e->has_trust ? e->trust_e4 : now->trust_e4;
	return account_limits_ok(&l) ? account_write_limits(c, next(g), &l) : -EINVAL;
}

static int edit_check(struct store_conn *c, struct editing *g)
{
	int64_t set = 1;
	int err = 0;

	if (account_check_parse(g->e->check) == ACCOUNT_CHECK_PASSWORD)
		err = store_query_int(c, &set, "SELECT password_hash IS NOT NULL FROM account WHERE id = ?", "i",
		                      g->e->account_id);
	if (!err && !set)
		err = -ENOKEY;
	return err ? err : account_write(c, next(g), "callback_check", g->e->check);
}

static int edit_all(struct store_conn *c, struct editing *g, const struct account *now)
{
	const struct account_edit *e = g->e;
	int err = e->check ? edit_check(c, g) : 0;

	if (!err)
		err = edit_limits(c, g, now);
	if (!err && e->tariff) {
		err = account_write_tariff(c, next(g), e->tariff);
		if (err == -ENOENT)
			err = -EDOM; /* the account is there: we hold its lock */
	}
	if (!err && e->has_discount)
		err = account_write_discount(c, next(g), e->discount_bp);
	if (!err && e->language)
		err = account_write(c, next(g), "language", e->language);
	if (!err && e->state)
		err = account_write(c, next(g), "state", e->state);
	return err;
}

static int edit_tx(struct store_conn *c, void *arg)
{
	struct editing *g = arg;
	struct account now;
	int64_t id;
	int err;

	g->acts = 0;
	/* the account's row first, everywhere (billing/hold.c); and the transaction's view begins behind it, so that what is read
	 * next is what was there when the lock was got */
	err = store_query_int(c, &id, "SELECT id FROM account WHERE id = ? FOR UPDATE", "i", g->e->account_id);
	if (!err)
		err = billing_audited(c, g->id[0]);
	if (err)
		return err > 0 ? 0 : err; /* done in a try whose commit we did not hear of */
	err = account_read(c, g->e->number, &now);
	if (!err && now.id != g->e->account_id)
		err = -ENOENT; /* the number has left it meanwhile */
	if (!err && g->e->wanted && !g->e->wanted(g->e->arg, &now))
		err = -ESTALE;
	return err ? err : edit_all(c, g, &now);
}

int account_edit(struct store *s, const struct account_edit *e)
{
	struct editing g = { .e = e, .act = { .number = e->number, .who = e->who, .at_utc_us = e->at_utc_us } };

	if ((e->check && !account_check_ok(e->check)) || (e->language && !account_language_ok(e->language)) ||
	    (e->state && !account_state_ok(e->state)) || (e->has_discount && e->discount_bp > RATE_DISCOUNT_MAX))
		return -EINVAL;
	for (unsigned i = 0; i < ACTS_MAX; i++)
		random_id(g.id[i]);
	return store_tx(s, edit_tx, &g);
}
