/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/charge_funds.c - what the legs cost so far and soon, what covers it, and the moment at which it does not (rules 22,
 * 23). */
#include "billing/charge_internal.h"

#include <errno.h>

#define EXPIRY_MARGIN_US CLOCK_SEC(3) /* clock skew: legs end so long before the hold is somebody else's (rule 23) */
#define FAR_S            (24 * 3600)

/* ---- what is due ---- */

/* A leg that is about to be called, as if it were answered now. */
static int64_t charge_if_answered(const struct charge_leg *l, int64_t ms)
{
	int64_t utc_us = clock_utc_us(), first = rating_quote_first_e4(&l->quote, utc_us);
	int64_t due = rating_amount_e4(rate_quote_at(&l->quote, utc_us), (ms > 0 ? ms : 0) + 1, utc_us);

	return due > first ? due : first;
}

int64_t charge_due(const struct charge *c, int64_t at_us, bool if_answered)
{
	int64_t due = 0;

	for (unsigned i = 0; i < c->count; i++) {
		const struct charge_leg *l = c->leg[i];

		if (l->state == LEG_LIVE) { /* the increment that starts at this very moment is due: + 1 ms */
			int64_t ms = (at_us - l->answer_mono_us) / 1000;

			due += rating_amount_e4(&l->rate, (ms > 0 ? ms : 0) + 1, l->answer_utc_us);
		} else if (l->state == LEG_DONE) {
			due += l->amount_e4;
		} else if (if_answered) {
			due += charge_if_answered(l, (at_us - clock_mono_us()) / 1000);
		} else if (l->state == LEG_RESERVED) {
			due += rating_quote_first_e4(&l->quote, clock_utc_us());
		}
	}
	return due;
}

struct charge_funds {
	int64_t held_e4, trust_e4;
	int64_t expiry_us; /* mono: from then on only trust_e4 is left; CLOCK_NEVER */
};

static bool charge_covered(const struct charge *c, const struct charge_funds *f, int64_t at_us)
{
	return charge_due(c, at_us, false) <= (at_us < f->expiry_us ? f->held_e4 + f->trust_e4 : f->trust_e4);
}

/* The first moment at which an increment due on any live leg is not covered (rule 22); CLOCK_NEVER: not before until. What is due
 * never decreases and funds never increase, so the moment can be searched by halves. */
static int64_t charge_end_moment(const struct charge *c, const struct charge_funds *f, int64_t until_us)
{
	int64_t low = clock_mono_us(), high = until_us;

	if (!charge_live(c) || charge_covered(c, f, high))
		return CLOCK_NEVER;
	if (!charge_covered(c, f, low))
		return low;
	while (high - low > 1) { /* covered at low, not at high */
		int64_t middle = low + (high - low) / 2;

		if (charge_covered(c, f, middle))
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* Its share, some of which other calls may still hold: they give it back before it is due. */
static int64_t charge_can_count_on(const struct charge *c)
{
	return c->share_e4 > c->hold_e4 ? c->share_e4 : c->hold_e4;
}

int64_t charge_seconds_left(const struct charge *c)
{
	struct charge_funds f = { .held_e4 = charge_can_count_on(c), .expiry_us = CLOCK_NEVER };
	int64_t now = clock_mono_us(), end = charge_end_moment(c, &f, now + CLOCK_SEC(FAR_S));

	return end == CLOCK_NEVER ? INT64_MAX : (end - now) / 1000000;
}

int64_t charge_seconds_left_with(const struct charge *c, const struct rate_quote *rate)
{
	struct charge_leg one = { .state = LEG_LIVE,
		                  .rate = *rate_quote_at(rate, clock_utc_us()),
		                  .answer_mono_us = clock_mono_us(),
		                  .answer_utc_us = clock_utc_us() };
	struct charge_leg *leg[SETTLE_LEGS_MAX + 1];
	struct charge with = *c;

	with.leg = leg;
	for (unsigned i = 0; i < c->count; i++)
		leg[i] = c->leg[i];
	leg[with.count++] = &one;
	return charge_seconds_left(&with);
}

/* ---- the end of the money ---- */

static void charge_warn_fire(struct loop_timer *t)
{
	struct charge *c = container_of(t, struct charge, warn);

	if (c->warned)
		return;
	c->warned = true;
	if (c->owner && c->owner->warn)
		c->owner->warn(c->owner_arg, (int)((c->told_us - clock_mono_us() + 500000) / 1000000));
}

static void charge_unwarn_run(struct loop_task *t)
{
	struct charge *c = container_of(t, struct charge, unwarn);

	if (!c->warned && c->owner && c->owner->unwarn)
		c->owner->unwarn(c->owner_arg);
}

static void charge_calm(struct charge *c)
{
	c->end_us = CLOCK_NEVER;
	loop_timer_stop(&c->end);
	loop_timer_stop(&c->warn);
}

/*
 * What covers the legs now. While the database extends the hold, that is the hold, and the rest of the account beyond the
 * look-ahead. When it does not (rule 23) it is the hold until shortly before its expiry, when whoever comes next may spend that
 * money, and what the account is trusted for all along.
 */
static struct charge_funds charge_funds_now(const struct charge *c)
{
	struct charge_funds f = { .held_e4 = c->hold_e4, .expiry_us = CLOCK_NEVER };
	bool unreachable = c->overdue || (c->extend_err && c->extend_err != -EDQUOT);

	if (unreachable) {
		f.trust_e4 = c->account.trust_e4;
		f.expiry_us = clock_mono_us() + (c->expires_utc_us - clock_utc_us()) - EXPIRY_MARGIN_US;
	}
	return f;
}

/* People are told what the call can count on; it ends by what it really holds, which is looked at again every other second. */
static int64_t charge_foreseen(const struct charge *c, const struct charge_funds *f)
{
	struct charge_funds count = *f;

	if (count.expiry_us == CLOCK_NEVER)
		count.held_e4 = charge_can_count_on(c);
	return charge_end_moment(c, &count, clock_mono_us() + LOOK_AHEAD_US);
}

static void charge_plan_warning(struct charge *c, int64_t foreseen)
{
	if (c->warned && (foreseen == CLOCK_NEVER || foreseen > c->told_us + CLOCK_SEC(1))) {
		c->warned = false;
		loop_queue(c->b->loop, &c->unwarn); /* not from within the caller's call */
	} else if (c->warned && foreseen < c->told_us - CLOCK_SEC(1)) {
		c->warned = false; /* nearer: said again, with the new figure */
	}
	if (foreseen == CLOCK_NEVER) {
		loop_timer_stop(&c->warn);
		return;
	}
	c->told_us = foreseen;
	if (!c->warned)
		loop_timer_start_at(&c->warn, foreseen - CLOCK_SEC(CHARGE_WARN_S));
}

/* With money enough beyond the look-ahead there is neither. */
static void charge_plan_now(struct charge *c)
{
	struct charge_funds f;

	if (!c->owner || !charge_live(c)) {
		c->warned = false;
		charge_calm(c);
		return;
	}
	f = charge_funds_now(c);
	charge_plan_warning(c, charge_foreseen(c, &f));
	c->end_us = charge_end_moment(c, &f, clock_mono_us() + LOOK_AHEAD_US);
	if (c->end_us == CLOCK_NEVER)
		loop_timer_stop(&c->end);
	else
		loop_timer_start_at(&c->end, c->end_us);
}

void charge_plan(struct charge *c)
{
	if (c->exhausted || c->closing)
		return;
	if (c->busy && !c->overdue) /* the extension's answer comes here again; until then nobody is alarmed */
		return;
	charge_plan_now(c);
}

static void charge_end_fire(struct loop_timer *t)
{
	struct charge *c = container_of(t, struct charge, end);
	struct charge_funds f = charge_funds_now(c);

	/* a leg that left while the database was asked has freed its part */
	if (!charge_live(c) || charge_covered(c, &f, clock_mono_us())) {
		charge_plan_now(c);
		return;
	}
	c->exhausted = true;
	if (c->owner && c->owner->exhausted)
		c->owner->exhausted(c->owner_arg);
}

/* The database is slow to extend the hold. */
static void charge_patience_fire(struct loop_timer *t)
{
	struct charge *c = container_of(t, struct charge, patience);

	c->overdue = true;
	charge_plan(c);
}

void charge_timers_init(struct charge *c)
{
	struct loop *l = c->b->loop;

	c->end_us = CLOCK_NEVER;
	loop_timer_init(l, &c->end, charge_end_fire);
	loop_timer_init(l, &c->warn, charge_warn_fire);
	loop_timer_init(l, &c->patience, charge_patience_fire);
	loop_timer_init(l, &c->check, charge_check_fire);
	loop_timer_init(l, &c->retry, charge_settle_again);
	c->unwarn.run = charge_unwarn_run;
}

void charge_timers_stop(struct charge *c)
{
	loop_timer_stop(&c->end);
	loop_timer_stop(&c->warn);
	loop_timer_stop(&c->patience);
	loop_timer_stop(&c->check);
	loop_timer_stop(&c->retry);
	loop_unqueue(c->b->loop, &c->unwarn);
}
