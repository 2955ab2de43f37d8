/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/charge_hold.c - the hold is extended ahead of need; legs that wait for their money are told. */
#include "billing/charge_internal.h"

#include <errno.h>
#include <string.h>

#include "core/coro.h"

#define NEAR_US        CLOCK_SEC(6)  /* the first moment: every check of all calls of a short account comes before it */
#define SOON_US        CLOCK_SEC(30)
/* asked for beyond the look-ahead, so that not every increment is a transaction of its own */
#define SLICE_US       CLOCK_SEC(60)
#define CHECK_US       CLOCK_SEC(4)  /* how often the hold is looked at, renewed, and shared */
#define SHORT_CHECK_US CLOCK_MS(1500) /* when money is short: a recharge is noticed so soon, and what others give back */
#define WAIT_CHECK_US  CLOCK_MS(500) /* while a leg waits for what others give back */
#define GIVE_BACK_US   CLOCK_SEC(6)  /* by then every call of the account, on any node, has been at the database */
#define PATIENCE_US    CLOCK_SEC(2)  /* a slow answer: from then on only what is held counts */

static void charge_extend_run(struct worker_job *j)
{
	struct charge *c = container_of(j, struct charge, job);

	c->extend_err = hold_extend(c->b->store, &c->extend);
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

/* 0: covered by what is held now, the next seconds of the legs that talk included; -EDQUOT, -EIO: refused; -EAGAIN: other calls
 * of the account can give it back, and are about to. When they cannot, the money ends soon, and the leg may have what there
 * is. */
static int charge_reserve_judge(const struct charge *c, const struct charge_leg *l)
{
	int64_t now = clock_mono_us(), first = rating_quote_first_e4(&l->quote, clock_utc_us());
	int64_t near_e4 = charge_due(c, now + NEAR_US, true);
	bool covered = charge_due(c, now, false) + first <= c->hold_e4;

	if (near_e4 <= c->hold_e4)
		return 0;
	if (c->extend_err)
		return covered ? 0 : -EIO;
	if (near_e4 <= c->near_e4 && now < l->asked_us + GIVE_BACK_US)
		return -EAGAIN;
	return covered ? 0 : -EDQUOT;
}

/* Legs that wait for their money. An answer may bring another leg. */
static bool charge_answer_reservations(struct charge *c)
{
	bool waiting = false;

	for (unsigned i = 0; i < c->count; i++) {
		struct charge_leg *l = c->leg[i];
		int err = l->state == LEG_RESERVING ? charge_reserve_judge(c, l) : 0;

		if (err == -EAGAIN)
			waiting = true;
		else if (l->state == LEG_RESERVING)
			charge_reserve_answer(l, err);
	}
	return waiting;
}

/* The account's other calls on this node look at their share at once; those on others at their next check. */
static void charge_ask_others(struct charge *c)
{
	struct list *n, *next;

	list_for_each(n, next, &c->b->charges) {
		struct charge *other = list_entry(n, struct charge, link);

		if (other != c && other->account.account_id == c->account.account_id && !other->busy)
			charge_extend(other);
	}
}

static void charge_extend_done(struct worker_job *j)
{
	struct charge *c = container_of(j, struct charge, job);
	const struct hold_extend *x = &c->extend;
	bool waiting;

	c->busy = c->overdue = false;
	c->b->running--;
	loop_timer_stop(&c->patience);
	if (c->extend_err == 0) {
		c->hold_e4 = x->held_e4;
		c->share_e4 = x->share_e4;
		c->near_e4 = x->near_e4;
		c->scarce = x->scarce;
		c->expires_utc_us = x->expires_utc_us;
	} else {
		counter_inc(&c->b->counter[BILLING_DATABASE_RETRIES]);
	}
	if (c->again) {
		c->again = false;
		charge_extend(c);
		return;
	}
	waiting = charge_answer_reservations(c);
	charge_plan(c);
	if (waiting)
		charge_ask_others(c);
	if (!c->closing)
		loop_timer_start(&c->check, waiting ? WAIT_CHECK_US : c->scarce || c->extend_err ? SHORT_CHECK_US : CHECK_US);
}

static bool charge_answered(const struct charge *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->leg[i]->answer_utc_us)
			return true;
	return false;
}

/* What was held before the confirmation was spoken (rule 20) stays until he has come. */
static int64_t charge_need(const struct charge *c, int64_t at_us)
{
	int64_t due = charge_due(c, at_us, true);

	return !charge_answered(c) && due < c->opening_e4 ? c->opening_e4 : due;
}

void charge_extend(struct charge *c)
{
	static const int64_t moment_us[HOLD_MOMENTS] = { NEAR_US, SOON_US, LOOK_AHEAD_US, LOOK_AHEAD_US + SLICE_US };

	if (c->closing || !c->open)
		return;
	if (c->busy) {
		c->again = true;
		return;
	}
	memset(&c->extend, 0, sizeof(c->extend));
	memcpy(c->extend.id, c->call_id, ID_SIZE);
	c->extend.account_id = c->account.account_id;
	c->extend.expires_utc_us = clock_utc_us() + c->b->config.hold_life_us;
	for (unsigned i = 0; i < HOLD_MOMENTS; i++)
		c->extend.need_e4[i] = charge_need(c, clock_mono_us() + moment_us[i]);
	c->extend.enough_e4 = c->extend.need_e4[2];
	c->job.run = charge_extend_run;
	c->job.done = charge_extend_done;
	c->busy = true;
	c->b->running++;
	loop_timer_start(&c->patience, PATIENCE_US);
	worker_submit(c->b->workers, &c->job);
}

int charge_open_rest(struct charge *c)
{
	int64_t until = clock_mono_us() + GIVE_BACK_US;

	while (c->hold_e4 < c->opening_e4) {
		charge_extend(c);
		charge_ask_others(c);
		coro_sleep(WAIT_CHECK_US);
		if (c->extend_err)
			return -EIO;
		if (c->hold_e4 < c->opening_e4 && (clock_mono_us() >= until || (!c->busy && c->near_e4 < c->opening_e4)))
			return -EDQUOT;
	}
	return 0;
}

void charge_check_fire(struct loop_timer *t)
{
	charge_extend(container_of(t, struct charge, check));
}
