/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/care.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "billing/account.h"
#include "billing/internal.h"
#include "core/clock.h"
#include "core/worker.h"

struct care {
	struct billing        *b;
	const char            *number, *value, *who;
	const struct account_door *door;
	struct care_account   *account;
	struct password_check *check;
	struct care_call      *call;
	unsigned               count;
	bool                  *set;
};

static int find_run(void *arg)
{
	struct care *q = arg;
	struct account a;
	int err = account_find(q->b->store, q->number, &a);

	if (!err)
		err = account_through(q->b->store, &a, q->door);
	if (err)
		return err;
	q->account->balance_e4 = a.balance_e4;
	(void)snprintf(q->account->language, sizeof(q->account->language), "%s", a.language);
	(void)snprintf(q->account->state, sizeof(q->account->state), "%s", a.state);
	return 0;
}

int billing_care_find(struct billing *b, const char *number, const struct account_door *door, struct care_account *a)
{
	return worker_call(b->workers, find_run, &(struct care){ .b = b, .number = number, .door = door, .account = a });
}

static int language_run(void *arg)
{
	const struct care *q = arg;

	return account_set_language(q->b->store, q->number, q->value, q->who, clock_utc_us());
}

int billing_care_language(struct billing *b, const char *number, const char *language, const char *who)
{
	return worker_call(b->workers, language_run, &(struct care){ .b = b, .number = number, .value = language, .who = who });
}

static int password_run(void *arg)
{
	const struct care *q = arg;
	struct account a;
	int err = account_find(q->b->store, q->check->number, &a);

	if (!err)
		err = account_through(q->b->store, &a, q->door);
	if (err == -ENOENT) {
		q->check->outcome = PASSWORD_NO_ACCOUNT;
		return 0;
	}
	return err ? err : password_check(q->b->store, &q->b->config.passwords, q->check);
}

int billing_care_password(struct billing *b, const struct account_door *door, struct password_check *c)
{
	int err;

	random_id(c->id);
	c->at_utc_us = clock_utc_us();
	err = worker_call(b->workers, password_run, &(struct care){ .b = b, .door = door, .check = c });
	if (!err && c->outcome == PASSWORD_WRONG)
		counter_inc(&b->counter[BILLING_PASSWORDS_WRONG]);
	if (!err && c->outcome == PASSWORD_LOCKED)
		counter_inc(&b->counter[BILLING_PASSWORDS_LOCKED]);
	return err;
}

static int has_password_run(void *arg)
{
	const struct care *q = arg;

	return password_is_set(q->b->store, q->number, q->set);
}

int billing_care_has_password(struct billing *b, const char *number, bool *set)
{
	return worker_call(b->workers, has_password_run, &(struct care){ .b = b, .number = number, .set = set });
}

static int set_password_run(void *arg)
{
	const struct care *q = arg;

	return password_set(q->b->store, q->number, q->value, q->who, clock_utc_us());
}

int billing_care_set_password(struct billing *b, const char *number, const char *password, const char *who)
{
	return worker_call(b->workers, set_password_run,
	                   &(struct care){ .b = b, .number = number, .value = password, .who = who });
}

/* ---- calls ---- */

static int call_row(void *arg, const char *const *col, unsigned cols)
{
	struct care *q = arg;
	struct care_call *c = &q->call[q->count++];

	(void)cols;
	(void)snprintf(c->called, sizeof(c->called), "%s", col[0]);
	c->talk_ms = strtoll(col[1], NULL, 10);
	c->amount_e4 = strtoll(col[2], NULL, 10);
	return q->count == CARE_CALLS_MAX;
}

static int calls_tx(struct store_conn *c, void *arg)
{
	struct care *q = arg;
	int err;

	q->count = 0;
	err = store_query(c, call_row, q,
	                  "SELECT l.called, l.talk_ms, COALESCE(l.amount_e4, 0) FROM call_record r JOIN leg_record l ON "
	                  "l.call_id = r.call_id "
	                  "WHERE r.host = ? AND l.role = 'member' AND l.answered_at IS NOT NULL ORDER BY r.began_at DESC, "
	                  "l.answered_at DESC "
	                  "LIMIT ?",
	                  "si", q->number, (int64_t)CARE_CALLS_MAX);
	return err == -ENOENT ? 0 : err;
}

static int calls_run(void *arg)
{
	struct care *q = arg;

	return store_tx(q->b->store, calls_tx, q);
}

int billing_care_calls(struct billing *b, const char *number, struct care_call call[CARE_CALLS_MAX], unsigned *count)
{
	struct care q = { .b = b, .number = number, .call = call };
	int err = worker_call(b->workers, calls_run, &q);

	*count = q.count;
	return err;
}
