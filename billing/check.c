/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/check.c - may he, and at which price: before a trigger is confirmed, before a party is called. Blocking. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/account.h"
#include "billing/internal.h"
#include "core/clock.h"
#include "billing/tariff.h"

struct check {
	struct billing         *b;
	const char             *number;
	struct account_door     door;
	int64_t                 at_utc_us;
	struct billing_trigger *t;
	char                    state[12];
	int64_t                 available_e4;
};

static int check_row(void *arg, const char *const *col, unsigned cols)
{
	struct check *q = arg;
	struct charge_account *a = &q->t->account;

	(void)cols;
	a->account_id = strtoll(col[0], NULL, 10);
	a->provider_id = strtoll(col[1], NULL, 10);
	a->tariff_id = strtoll(col[2], NULL, 10);
	(void)snprintf(q->t->language, sizeof(q->t->language), "%s", col[3]);
	(void)snprintf(q->state, sizeof(q->state), "%s", col[4]);
	q->available_e4 = strtoll(col[5], NULL, 10);
	a->trust_e4 = strtoll(col[6], NULL, 10);
	a->discount_bp = (unsigned)strtoul(col[7], NULL, 10);
	q->t->check = account_check_parse(col[8]);
	(void)snprintf(a->provider, sizeof(a->provider), "%s", col[9]);
	return 1;
}

/* Calls begun in the last 24 hours, on whatever node: each has opened a hold. */
static int check_day(struct store_conn *c, const struct check *q)
{
	unsigned most = q->b->config.calls_per_day;
	int64_t count;
	int err;

	if (most == 0)
		return 0;
	err = store_query_int(c, &count, /* each state is named: so an index finds them */
	                      "SELECT COUNT(*) FROM hold WHERE state IN ('open', 'settled', 'expired') AND account_id = ? AND "
	                      "opened_at > ?",
	                      "it", q->t->account.account_id, q->at_utc_us - CLOCK_SEC(86400));
	return err ? err : count >= most ? -EUSERS : 0;
}

static int check_trigger_tx(struct store_conn *c, void *arg)
{
	struct check *q = arg;
	struct billing_trigger *t = q->t;
	struct tariff_ask ask = { .origin_area = q->b->config.home_area, .called = q->number, .at_utc_us = q->at_utc_us };
	int64_t member_e4;
	int err;

	err = store_query(
		c, check_row, q,
		/* what other calls need for their next seconds is gone; the rest they give back (billing/hold.h) */
		"SELECT a.id, a.provider_id, COALESCE(s.tariff_id, a.tariff_id), a.language, a.state, a.balance_e4 + "
		"a.credit_e4 - (SELECT COALESCE(SUM(h.need1_e4), 0) FROM hold h WHERE h.account_id = a.id AND h.state = "
		"'open'), a.trust_e4, a.discount_bp, a.callback_check, p.name FROM account_number n JOIN account a ON "
		"a.id = n.account_id JOIN provider p ON p.id = a.provider_id LEFT JOIN service_number s ON s.number = ? WHERE "
	        "n.number = ? AND n.valid_from <= ? AND n.valid_to IS NULL AND (s.number "
		"IS NULL OR s.provider_id = a.provider_id) AND ? IN ('', p.name)",
		"ssts", q->door.service ? q->door.service : "", q->number, q->at_utc_us,
		q->door.trunk_provider ? q->door.trunk_provider : "");
	if (err)
		return err;
	if (strcmp(q->state, "active") != 0)
		return -EACCES;
	(void)snprintf(t->account.number, sizeof(t->account.number), "%s", q->number);
	ask.tariff_id = t->account.tariff_id;
	ask.discount_bp = t->account.discount_bp;
	err = check_day(c, q);
	if (!err)
		err = tariff_quote(c, &ask, &t->callback_rate);
	if (!err)
		err = tariff_cheapest_first(c, &ask, &member_e4);
	if (err)
		return err == -ENOENT ? -ENODATA : err;
	t->hold_e4 = rating_quote_first_e4(&t->callback_rate, q->at_utc_us) + member_e4;
	return q->available_e4 < t->hold_e4 ? -EDQUOT : 0;
}

int billing_trigger_check(struct billing *b, const char *number, const struct account_door *door, int64_t at_utc_us,
                          struct billing_trigger *t)
{
	struct check q = { .b = b, .number = number, .at_utc_us = at_utc_us, .t = t };

	if (door)
		q.door = *door;
	memset(t, 0, sizeof(*t));
	return store_tx(b->store, check_trigger_tx, &q);
}

struct rate_query {
	struct billing              *b;
	const struct charge_account *a;
	const char                  *called;
	int64_t                      at_utc_us;
	struct rate_quote           *rate;
};

static int origin_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	*(bool *)arg = strcmp(col[0], "host") == 0;
	return 1;
}

static int rate_leg_tx(struct store_conn *c, void *arg)
{
	struct rate_query *q = arg;
	char origin[16];
	struct tariff_ask ask = { q->a->tariff_id, q->at_utc_us, origin, q->called, q->a->discount_bp };
	bool host = true;
	int err = tariff_barred(c, q->called);

	if (err)
		return err > 0 ? -EACCES : err;
	err = store_query(c, origin_row, &host, "SELECT origin FROM tariff WHERE id = ?", "i", q->a->tariff_id);
	if (!err && host)
		err = tariff_area(c, q->a->number, origin);
	else
		(void)snprintf(origin, sizeof(origin), "%s", q->b->config.home_area);
	return err ? err : tariff_quote(c, &ask, q->rate);
}

int billing_rate_leg(struct billing *b, const struct charge_account *a, const char *called, int64_t at_utc_us,
                     struct rate_quote *rate)
{
	struct rate_query q = { b, a, called, at_utc_us, rate };

	return store_tx(b->store, rate_leg_tx, &q);
}

static int barred_tx(struct store_conn *c, void *arg)
{
	int err = tariff_barred(c, arg);

	return err > 0 ? -EACCES : err;
}

int billing_barred(struct billing *b, const char *called)
{
	char number[40];

	(void)snprintf(number, sizeof(number), "%s", called);
	return store_tx(b->store, barred_tx, number);
}
