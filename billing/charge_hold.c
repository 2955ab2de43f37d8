/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/charge_hold.c - the hold is extended ahead of need; legs that wait for their money are told. */
#include "billing/charge_internal.h"

#include <errno.h>
#include <string.h>

#define SLICE_US       CLOCK_SEC(60) /* asked for beyond the look-ahead, so that not every increment costs a transaction */
#define SHORT_CHECK_US CLOCK_SEC(3)  /* when money is short: a recharge is noticed so soon */
#define PATIENCE_US    CLOCK_SEC(2)  /* a slow answer: from then on only what is held counts */

static void charge_extend_run(struct worker_job *j)
{
	struct charge *c = container_of(j, struct charge, job);

	c->extend_err = hold_extend(c->b->store, &c->extend);
}

static struct charge_leg *charge_first_reserving(struct charge *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->leg[i].state == LEG_RESERVING)
			return &c->leg[i];
	return NULL;
}

static void charge_reserve_answer(struct charge_leg *l, int err)
{
	void (*reserved)(void *, int) = l->reserved;
	void *arg = l->arg;

	l->state = err ? LEG_DONE : LEG_RESERVED;
	l->reserved = NULL;
	if (reserved)
		reserved(arg, err);
}

/* Legs that wait for their money: covered by what is held now, or refused. */
static void charge_answer_reservations(struct charge *c)
{
	struct charge_leg *l;

	while ((l = charge_first_reserving(c)) != NULL) {
		int64_t need = charge_due(c, clock_mono_us(), false) + rating_first_e4(&l->rate, clock_utc_us());
		int err = need <= c->hold_e4 ? 0 : c->extend_err && c->extend_err != -EDQUOT ? -EIO : -EDQUOT;

		charge_reserve_answer(l, err);
	}
}

static void charge_extend_done(struct worker_job *j)
{
	struct charge *c = container_of(j, struct charge, job);
	struct hold_extend *x = &c->extend;

	c->busy = c->overdue = false;
	c->b->running--;
	loop_timer_stop(&c->patience);
	if (c->extend_err == 0) {
		c->hold_e4 += x->granted_e4;
		c->expires_utc_us = x->expires_utc_us;
		if (x->granted_e4 > 0)
			c->step++;
	} else if (c->extend_err != -EDQUOT) {
		counter_inc(&c->b->counter[BILLING_DATABASE_RETRIES]);
	}
	if (c->extend_err == 0 || c->extend_err == -EDQUOT)
		c->available_e4 = x->available_e4;
	if (c->again) {
		c->again = false;
		charge_extend(c);
		return;
	}
	charge_answer_reservations(c);
	charge_plan(c);
	if (!c->closing)
		loop_timer_start(&c->check, c->end_us == CLOCK_NEVER && !c->extend_err ? CHECK_US : SHORT_CHECK_US);
}

void charge_extend(struct charge *c)
{
	int64_t now = clock_mono_us(), due, want;

	if (c->closing || !c->open)
		return;
	if (c->busy) {
		c->again = true;
		return;
	}
	due = charge_due(c, now + LOOK_AHEAD_US, true);
	want = due > c->hold_e4 ? charge_due(c, now + LOOK_AHEAD_US + SLICE_US, true) - c->hold_e4 : 0;
	memset(&c->extend, 0, sizeof(c->extend));
	memcpy(c->extend.id, c->call_id, ID_SIZE);
	c->extend.account_id = c->account.account_id;
	c->extend.expires_utc_us = clock_utc_us() + c->b->config.hold_life_us;
	c->extend.step = c->step + 1;
	c->extend.want_e4 = want;
	c->job.run = charge_extend_run;
	c->job.done = charge_extend_done;
	c->busy = true;
	c->b->running++;
	loop_timer_start(&c->patience, PATIENCE_US);
	worker_submit(c->b->workers, &c->job);
}

void charge_check_fire(struct loop_timer *t)
{
	charge_extend(container_of(t, struct charge, check));
}
