/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/charge.c - longer than most: the hold's two directions (more is needed, it runs out) only make sense beside each
 * other. */
#include "billing/charge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "core/clock.h"
#include "core/coro.h"

#define LOG_MODULE "charge"

#define CHARGE_MAGIC     0x43484152u
#define LOOK_AHEAD_US    CLOCK_SEC(CHARGE_LOOK_AHEAD_S)
#define SLICE_US         CLOCK_SEC(60)   /* asked for beyond the look-ahead, so that not every increment costs a transaction */
#define CHECK_US         CLOCK_SEC(15)   /* how often the hold is looked at, and renewed */
#define SHORT_CHECK_US   CLOCK_SEC(3)    /* when money is short: a recharge is noticed so soon */
#define PATIENCE_US      CLOCK_SEC(2)    /* a slow answer: from then on only what is held counts */
#define EXPIRY_MARGIN_US CLOCK_SEC(3)    /* clock skew: legs end so long before the hold is somebody else's (rule 23) */
#define SETTLE_RETRY_US  CLOCK_SEC(2)
#define FAR_S            (24 * 3600)

enum charge_leg_state { LEG_RESERVING, LEG_RESERVED, LEG_LIVE, LEG_DONE };

struct charge_leg {
	char                  id[ID_SIZE];
	enum charge_leg_state state;
	struct rate           rate;
	int64_t               answer_mono_us, answer_utc_us, talk_ms, amount_e4;
	void (*reserved)(void *arg, int err);
	void                 *arg;
};

struct charge {
	unsigned              magic;
	struct billing       *b;
	struct list           link;         /* b->charges */
	char                  call_id[ID_SIZE];
	struct charge_account account;
	int64_t               hold_e4, available_e4, expires_utc_us;
	bool                  open;         /* the hold is in the database; before that and after it nothing is extended */
	int                   step;
	unsigned              count;
	struct charge_leg     leg[SETTLE_LEGS_MAX];
	const struct charge_handlers *owner;
	void                 *owner_arg;
	struct loop_timer     check, end, warn, retry, patience;
	struct loop_task      unwarn;
	int64_t               end_us;       /* mono: money ends then; CLOCK_NEVER */
	bool                  warned, exhausted, closing;
	bool                  busy, again;  /* an extension is under way; another is wanted after it */
	bool                  overdue;      /* ... and has been for PATIENCE_US */
	struct worker_job     job;
	struct hold_extend    extend;
	int                   extend_err;
	struct hold_settle    settle;
	int                   settle_err;
	void (*closed)(void *arg, int64_t total_e4);
	void                 *closed_arg;
};

static void charge_extend(struct charge *c);
static void charge_plan(struct charge *c);

static struct charge_leg *charge_find(struct charge *c, const char *leg_id)
{
	for (unsigned i = 0; i < c->count; i++)
		if (strcmp(c->leg[i].id, leg_id) == 0)
			return &c->leg[i];
	return NULL;
}

static bool charge_live(const struct charge *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->leg[i].state == LEG_LIVE)
			return true;
	return false;
}

/* ---- what is due ---- */

/* By mono time at: the legs that talk, at their rates; those about to be called, their first increment; those that ended, what
 * they cost. */
static int64_t charge_due(const struct charge *c, int64_t at_us, bool with_reserving)
{
	int64_t due = 0;

	for (unsigned i = 0; i < c->count; i++) {
		const struct charge_leg *l = &c->leg[i];

		if (l->state == LEG_LIVE) { /* the increment that starts at this very moment is due: + 1 ms */
			int64_t ms = (at_us - l->answer_mono_us) / 1000;

			due += rating_amount_e4(&l->rate, (ms > 0 ? ms : 0) + 1, l->answer_utc_us);
		} else if (l->state == LEG_DONE) {
			due += l->amount_e4;
		} else if (l->state == LEG_RESERVED || with_reserving) {
			due += rating_first_e4(&l->rate, clock_utc_us());
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

int64_t charge_seconds_left(const struct charge *c)
{
	struct charge_funds f = { .held_e4 = c->hold_e4 + c->available_e4, .expiry_us = CLOCK_NEVER };
	int64_t now = clock_mono_us(), end = charge_end_moment(c, &f, now + CLOCK_SEC(FAR_S));

	return end == CLOCK_NEVER ? INT64_MAX : (end - now) / 1000000;
}

int64_t charge_seconds_left_with(const struct charge *c, const struct rate *rate)
{
	struct charge *with = malloc(sizeof(*with));
	int64_t left;

	if (with == NULL)
		return 0;
	*with = *c;
	if (with->count < SETTLE_LEGS_MAX) {
		struct charge_leg *l = &with->leg[with->count++];

		memset(l, 0, sizeof(*l));
		l->state = LEG_LIVE;
		l->rate = *rate;
		l->answer_mono_us = clock_mono_us();
		l->answer_utc_us = clock_utc_us();
	}
	left = charge_seconds_left(with);
	free(with);
	return left;
}

/* ---- the end of the money ---- */

static void charge_warn_fire(struct loop_timer *t)
{
	struct charge *c = container_of(t, struct charge, warn);

	if (c->warned || c->end_us == CLOCK_NEVER)
		return;
	c->warned = true;
	if (c->owner && c->owner->warn)
		c->owner->warn(c->owner_arg, (int)((c->end_us - clock_mono_us() + 500000) / 1000000));
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

/* Sets warning and end by what is covered now. With money enough beyond the look-ahead there is neither. */
static void charge_plan_now(struct charge *c)
{
	struct charge_funds f;
	int64_t end;

	if (!c->owner || !charge_live(c)) {
		charge_calm(c);
		return;
	}
	f = charge_funds_now(c);
	end = charge_end_moment(c, &f, clock_mono_us() + LOOK_AHEAD_US);
	if (c->warned && (end == CLOCK_NEVER || end > c->end_us + CLOCK_SEC(1))) {
		c->warned = false;
		loop_queue(c->b->loop, &c->unwarn); /* not from within the caller's call */
	} else if (c->warned && end < c->end_us - CLOCK_SEC(1)) {
		c->warned = false; /* nearer: said again, with the new figure */
	}
	if (end == CLOCK_NEVER) {
		charge_calm(c);
		return;
	}
	c->end_us = end;
	loop_timer_start_at(&c->end, end);
	if (!c->warned)
		loop_timer_start_at(&c->warn, end - CLOCK_SEC(CHARGE_WARN_S));
}

static void charge_plan(struct charge *c)
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

static void charge_patience_fire(struct loop_timer *t)
{
	struct charge *c = container_of(t, struct charge, patience);

	c->overdue = true;
	charge_plan(c);
}

/* ---- extending the hold ---- */

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

/* Asks for what will be due by the look-ahead and a slice; as much of it as there is. */
static void charge_extend(struct charge *c)
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

static void charge_check_fire(struct loop_timer *t)
{
	charge_extend(container_of(t, struct charge, check));
}

/* ---- opening ---- */

static int charge_open_run(void *arg)
{
	struct charge *c = arg;
	struct hold_open h = {
		.account_id = c->account.account_id,
		.amount_e4 = c->hold_e4,
		.at_utc_us = clock_utc_us(),
		.expires_utc_us = c->expires_utc_us,
		.node = c->b->config.node,
	};

	memcpy(h.id, c->call_id, ID_SIZE);
	return hold_open(c->b->store, &h);
}

static void charge_settle_again(struct loop_timer *t);

static void charge_free(struct charge *c)
{
	loop_timer_stop(&c->check);
	loop_timer_stop(&c->end);
	loop_timer_stop(&c->warn);
	loop_timer_stop(&c->retry);
	loop_timer_stop(&c->patience);
	loop_unqueue(c->b->loop, &c->unwarn);
	list_remove(&c->link);
	c->magic = MAGIC_DEAD;
	free(c);
}

int charge_open(struct charge **cp, struct billing *b, const char call_id[ID_SIZE], const struct charge_account *a,
                int64_t amount_e4)
{
	struct charge *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->magic = CHARGE_MAGIC;
	c->b = b;
	memcpy(c->call_id, call_id, ID_SIZE);
	c->account = *a;
	c->hold_e4 = amount_e4;
	c->expires_utc_us = clock_utc_us() + b->config.hold_life_us;
	c->end_us = CLOCK_NEVER;
	loop_timer_init(b->loop, &c->check, charge_check_fire);
	loop_timer_init(b->loop, &c->end, charge_end_fire);
	loop_timer_init(b->loop, &c->warn, charge_warn_fire);
	loop_timer_init(b->loop, &c->retry, charge_settle_again);
	loop_timer_init(b->loop, &c->patience, charge_patience_fire);
	c->unwarn.run = charge_unwarn_run;
	list_append(&b->charges, &c->link);
	billing_journal(b, "O %s %lld %s", call_id, (long long)a->account_id, a->number);
	err = worker_call(b->workers, charge_open_run, c);
	if (err) {
		billing_journal(b, "S %s", call_id);
		charge_free(c);
		return err;
	}
	c->open = true;
	loop_timer_start(&c->check, CHECK_US);
	*cp = c;
	return 0;
}

void charge_set_owner(struct charge *c, const struct charge_handlers *h, void *arg)
{
	MAGIC_CHECK(c, CHARGE_MAGIC);
	c->owner = h;
	c->owner_arg = arg;
	charge_plan(c);
}

/* ---- legs ---- */

static unsigned charge_standing(const struct charge *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->count; i++)
		n += c->leg[i].state != LEG_DONE;
	return n;
}

int charge_leg_reserve(struct charge *c, const char leg_id[ID_SIZE], const struct rate *rate, void (*done)(void *arg, int err),
                       void *arg)
{
	struct charge_leg *l;

	MAGIC_CHECK(c, CHARGE_MAGIC);
	if (c->count == SETTLE_LEGS_MAX || charge_standing(c) >= CHARGE_LEGS_MAX)
		return -ENOSPC;
	l = &c->leg[c->count++];
	memset(l, 0, sizeof(*l));
	memcpy(l->id, leg_id, ID_SIZE);
	l->rate = *rate;
	l->reserved = done;
	l->arg = arg;
	l->state = LEG_RESERVING;
	charge_extend(c);
	return 0;
}

struct reserve_wait {
	struct coro *coro;
	bool         over;
	int          err;
};

static void reserve_wait_done(void *arg, int err)
{
	struct reserve_wait *w = arg;

	w->over = true;
	w->err = err;
	coro_wake(w->coro);
}

int charge_leg_reserve_wait(struct charge *c, const char leg_id[ID_SIZE], const struct rate *rate)
{
	struct reserve_wait w = { .coro = coro_self() };
	int err = charge_leg_reserve(c, leg_id, rate, reserve_wait_done, &w);

	while (!err && !w.over)
		coro_suspend();
	return err ? err : w.err;
}

void charge_leg_answered(struct charge *c, const char leg_id[ID_SIZE], int64_t mono_us, int64_t utc_us)
{
	struct charge_leg *l = charge_find(c, leg_id);
	char rate[RATE_TEXT_MAX];

	MAGIC_CHECK(c, CHARGE_MAGIC);
	assert(l != NULL);
	if (l->state != LEG_RESERVED)
		return;
	l->state = LEG_LIVE;
	l->answer_mono_us = mono_us;
	l->answer_utc_us = utc_us;
	rate_to_text(&l->rate, rate);
	billing_journal(c->b, "A %s %s %lld %s", c->call_id, leg_id, (long long)utc_us, rate);
	counter_inc(&c->b->counter[BILLING_ANSWERS]);
	charge_extend(c);
}

void charge_leg_ended(struct charge *c, const char leg_id[ID_SIZE], int64_t mono_us, int64_t *amount_e4)
{
	struct charge_leg *l = charge_find(c, leg_id);

	MAGIC_CHECK(c, CHARGE_MAGIC);
	assert(l != NULL);
	if (l->state == LEG_LIVE) {
		if (c->exhausted && mono_us > c->end_us) /* releasing takes a moment; nobody pays for that */
			mono_us = c->end_us;
		l->talk_ms = (mono_us - l->answer_mono_us) / 1000;
		l->amount_e4 = rating_amount_e4(&l->rate, l->talk_ms, l->answer_utc_us);
		billing_journal(c->b, "E %s %s %lld %lld", c->call_id, leg_id, (long long)l->talk_ms, (long long)l->amount_e4);
	}
	l->state = LEG_DONE;
	l->reserved = NULL;
	if (amount_e4)
		*amount_e4 = l->amount_e4;
	charge_plan(c);
}

void charge_checkpoint_all(struct billing *b)
{
	struct list *n, *next;

	list_for_each(n, next, &b->charges) {
		struct charge *c = list_entry(n, struct charge, link);

		for (unsigned i = 0; i < c->count; i++)
			if (c->leg[i].state == LEG_LIVE)
				billing_journal(b, "P %s %s %lld", c->call_id, c->leg[i].id,
				                (long long)(clock_mono_us() - c->leg[i].answer_mono_us) / 1000);
	}
}

int charge_leg_result(struct billing *b, const char *call_id, const char *leg_id, struct charge_leg_result *r)
{
	struct list *n, *next;

	list_for_each(n, next, &b->charges) {
		struct charge *c = list_entry(n, struct charge, link);
		struct charge_leg *l = strcmp(c->call_id, call_id) == 0 ? charge_find(c, leg_id) : NULL;

		if (l == NULL || l->state != LEG_DONE)
			continue;
		r->rate = l->rate;
		r->talk_ms = l->talk_ms;
		r->billable_s = rating_billable_s(&l->rate, l->talk_ms);
		r->amount_e4 = l->amount_e4;
		return 0;
	}
	return -ENOENT;
}

static int charge_snapshot_one(const struct charge *c, struct journal_buffer *k)
{
	char rate[RATE_TEXT_MAX];
	int err = billing_snapshot_add(k, "O %s %lld %s", c->call_id, (long long)c->account.account_id, c->account.number);

	for (unsigned i = 0; !err && i < c->count; i++) {
		const struct charge_leg *l = &c->leg[i];

		if (l->answer_utc_us == 0)
			continue;
		rate_to_text(&l->rate, rate);
		err = billing_snapshot_add(k, "A %s %s %lld %s", c->call_id, l->id, (long long)l->answer_utc_us, rate);
		if (!err && l->state == LEG_LIVE)
			err = billing_snapshot_add(k, "P %s %s %lld", c->call_id, l->id,
			                           (long long)(clock_mono_us() - l->answer_mono_us) / 1000);
		else if (!err)
			err = billing_snapshot_add(k, "E %s %s %lld %lld", c->call_id, l->id, (long long)l->talk_ms,
			                           (long long)l->amount_e4);
	}
	return err;
}

int charge_snapshot(struct billing *b, struct journal_buffer *k)
{
	struct list *n, *next;
	int err = 0;

	list_for_each(n, next, &b->charges)
		if (!err)
			err = charge_snapshot_one(list_entry(n, struct charge, link), k);
	return err;
}

/* ---- closing ---- */

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
		sum += c->leg[i].amount_e4;
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
	for (unsigned i = 0; i < c->count; i++)
		if (c->leg[i].amount_e4 > 0) {
			memcpy(s->leg[s->count].leg_id, c->leg[i].id, ID_SIZE);
			s->leg[s->count++].amount_e4 = c->leg[i].amount_e4;
		}
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

static void charge_settle_again(struct loop_timer *t)
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
	loop_timer_stop(&c->check);
	loop_timer_stop(&c->end);
	loop_timer_stop(&c->warn);
	loop_timer_stop(&c->patience);
	loop_unqueue(c->b->loop, &c->unwarn);
	if (c->busy)
		c->job.done = charge_close_after;
	else
		charge_settle(c);
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
