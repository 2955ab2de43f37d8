/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/charge_settle.c - the end of a charge: settled in one transaction, again and again until the database takes it. */
#include "billing/charge_internal.h"

#include <stdlib.h>
#include <string.h>

#define SETTLE_RETRY_US CLOCK_SEC(2)

static void charge_settle_run(struct worker_job *j)
{
	struct charge *c = container_of(j, struct charge, job);

	c->settle_err = billing_settle(c->b, &c->settle);
}

static void charge_tell_closed(struct charge *c, int64_t total_e4)
{
	void (*closed)(void *, int64_t) = c->closed;

	c->closed = NULL;
	if (closed)
		closed(c->closed_arg, total_e4);
}

static int64_t charge_owed(const struct charge *c)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < c->count; i++)
		sum += c->leg[i]->amount_e4;
	return sum;
}

static void charge_settle_done(struct worker_job *j)
{
	struct charge *c = container_of(j, struct charge, job);
	struct billing *b = c->b;

	b->running--;
	billing_database(b, c->settle_err);
	if (c->settle_err) { /* it is in the journal: kept until the database takes it */
		loop_timer_start(&c->retry, SETTLE_RETRY_US);
		if (billing_gave_up(b))
			charge_tell_closed(c, charge_owed(c));
		return;
	}
	billing_journal(b, "S %s", c->call_id);
	counter_inc(&b->counter[BILLING_SETTLEMENTS]);
	charge_tell_closed(c, c->settle.total_e4);
	charge_free(c);
}

static void charge_settle(struct charge *c)
{
	struct hold_settle *s = &c->settle;

	memset(s, 0, sizeof(*s));
	memcpy(s->id, c->call_id, ID_SIZE);
	s->account_id = c->account.account_id;
	s->number = c->account.number;
	s->at_utc_us = clock_utc_us();
	s->held_e4 = c->hold_e4;
	for (unsigned i = 0; i < c->count; i++)
		if (c->leg[i]->amount_e4 > 0) {
			memcpy(c->owed[s->count].leg_id, c->leg[i]->id, ID_SIZE);
			c->owed[s->count++].amount_e4 = c->leg[i]->amount_e4;
		}
	s->leg = c->owed;
	c->job.run = charge_settle_run;
	c->job.done = charge_settle_done;
	c->b->running++;
	worker_submit(c->b->workers, &c->job);
}

/* The extension that was under way is over: now it can be settled. */
static void charge_close_after(struct worker_job *j)
{
	struct charge *c = container_of(j, struct charge, job);

	c->b->running--;
	charge_settle(c);
}

void charge_settle_again(struct loop_timer *t)
{
	charge_settle(container_of(t, struct charge, retry));
}

void charge_close(struct charge *c, void (*done)(void *arg, int64_t total_e4), void *arg)
{
	MAGIC_CHECK(c, CHARGE_MAGIC);
	assert(!charge_live(c));
	c->closing = true;
	c->closed = done;
	c->closed_arg = arg;
	charge_timers_stop(c);
	if (c->busy)
		c->job.done = charge_close_after;
	else
		charge_settle(c);
}

void charge_free(struct charge *c)
{
	charge_timers_stop(c);
	list_remove(&c->link);
	for (unsigned i = 0; i < c->count; i++) {
		free(c->leg[i]->begun);
		free(c->leg[i]);
	}
	free(c->leg);
	free(c->owed);
	free(c->begun);
	c->magic = MAGIC_DEAD;
	free(c);
}

bool charge_all_wait(const struct billing *b)
{
	struct list *n, *next;

	list_for_each(n, next, &b->charges) {
		struct charge *c = list_entry(n, struct charge, link);

		if (!c->closing || c->closed)
			return false;
	}
	return true;
}

void charge_drop_all(struct billing *b)
{
	struct list *n, *next;

	list_for_each(n, next, &b->charges)
		charge_free(list_entry(n, struct charge, link));
}
