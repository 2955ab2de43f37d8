/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/charge.c - a charge's life and its legs. */
#include "billing/charge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/charge_internal.h"
#include "core/coro.h"

#define ROOM_FIRST 4

static int charge_grow(struct charge *c)
{
	unsigned room = c->room ? 2 * c->room : ROOM_FIRST;
	struct charge_leg **leg = realloc(c->leg, room * sizeof(struct charge_leg *));
	struct settle_leg *owed;

	if (leg == NULL)
		return -ENOMEM;
	c->leg = leg;
	owed = realloc(c->owed, room * sizeof(*owed));
	if (owed == NULL)
		return -ENOMEM;
	c->owed = owed;
	c->room = room;
	return 0;
}

int charge_leg_add(struct charge *c, struct charge_leg **l)
{
	int err = c->count == c->room ? charge_grow(c) : 0;
	struct charge_leg *one = err ? NULL : calloc(1, sizeof(*one));

	if (one == NULL)
		return -ENOMEM;
	c->leg[c->count++] = *l = one;
	return 0;
}

struct charge_leg *charge_find(struct charge *c, const char *leg_id)
{
	for (unsigned i = 0; i < c->count; i++)
		if (strcmp(c->leg[i]->id, leg_id) == 0)
			return c->leg[i];
	return NULL;
}

bool charge_live(const struct charge *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->leg[i]->state == LEG_LIVE)
			return true;
	return false;
}

/* ---- opening ---- */

static int charge_open_run(void *arg)
{
	struct charge *c = arg;

	return hold_open(c->b->store, &c->opening);
}

static void charge_opened(struct charge *c)
{
	c->hold_e4 = c->opening.held_e4;
	c->share_e4 = c->opening_e4;
	c->open = true;
	loop_timer_start(&c->check, 0); /* what the account has beyond it */
}

int charge_open(struct charge **cp, struct billing *b, const char call_id[ID_SIZE], const struct charge_account *a,
                int64_t amount_e4)
{
	struct charge *c;
	int err;

	if (b->write_failed) { /* what is answered could not be written down */
		counter_inc(&b->counter[BILLING_DISK_REFUSED]);
		return -EIO;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->magic = CHARGE_MAGIC;
	c->b = b;
	memcpy(c->call_id, call_id, ID_SIZE);
	c->account = *a;
	c->opening_e4 = amount_e4;
	c->expires_utc_us = clock_utc_us() + b->config.hold_life_us;
	c->opening = (struct hold_open){
		.account_id = a->account_id,
		.amount_e4 = amount_e4,
		.at_utc_us = clock_utc_us(),
		.expires_utc_us = c->expires_utc_us,
		.node = b->config.node,
	};
	memcpy(c->opening.id, call_id, ID_SIZE);
	charge_timers_init(c);
	list_append(&b->charges, &c->link);
	billing_journal(b, "O %s %lld %s", call_id, (long long)a->account_id, a->number);
	err = worker_call(b->workers, charge_open_run, c);
	if (err && err != -EIO) {
		billing_journal(b, "S %s", call_id);
		charge_free(c);
		return err;
	}
	if (!err) {
		charge_opened(c);
		err = charge_open_rest(c);
	}
	if (err) { /* -EIO: it may be open all the same. Closed as soon as the database answers */
		charge_close(c, NULL, NULL);
		return err;
	}
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
		n += c->leg[i]->state != LEG_DONE;
	return n;
}

int charge_leg_reserve(struct charge *c, const char leg_id[ID_SIZE], const struct rate_quote *rate,
                       void (*done)(void *arg, int err), void *arg)
{
	struct charge_leg *l;
	int err;

	MAGIC_CHECK(c, CHARGE_MAGIC);
	if (c->count == SETTLE_LEGS_MAX || charge_standing(c) >= CHARGE_LEGS_MAX)
		return -ENOSPC;
	err = charge_leg_add(c, &l);
	if (err)
		return err;
	memcpy(l->id, leg_id, ID_SIZE);
	l->quote = *rate;
	l->rate = rate->now;
	l->reserved = done;
	l->arg = arg;
	l->state = LEG_RESERVING;
	l->asked_us = clock_mono_us();
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

int charge_leg_reserve_wait(struct charge *c, const char leg_id[ID_SIZE], const struct rate_quote *rate)
{
	struct reserve_wait w = { .coro = coro_self() };
	int err = charge_leg_reserve(c, leg_id, rate, reserve_wait_done, &w);

	while (!err && !w.over)
		coro_suspend();
	return err ? err : w.err;
}

void charge_leg_renamed(struct charge *c, const char leg_id[ID_SIZE], const char new_id[ID_SIZE])
{
	struct charge_leg *l = charge_find(c, leg_id);

	MAGIC_CHECK(c, CHARGE_MAGIC);
	assert(l != NULL && l->state == LEG_RESERVED);
	memcpy(l->id, new_id, ID_SIZE);
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
	l->rate = *rate_quote_at(&l->quote, utc_us);
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
		if (mono_us <= 0) /* hung up, and its end not yet known */
			mono_us = clock_mono_us();
		if (c->exhausted && mono_us > c->end_us) /* releasing takes a moment; nobody pays for that */
			mono_us = c->end_us;
		if (mono_us < l->answer_mono_us) /* lost before it was answered */
			mono_us = l->answer_mono_us;
		l->talk_ms = (mono_us - l->answer_mono_us) / 1000;
		l->amount_e4 = rating_amount_e4(&l->rate, l->talk_ms, l->answer_utc_us);
		billing_journal(c->b, "E %s %s %lld %lld", c->call_id, leg_id, (long long)l->talk_ms, (long long)l->amount_e4);
	}
	l->state = LEG_DONE;
	l->reserved = NULL;
	if (amount_e4)
		*amount_e4 = l->amount_e4;
	if (c->scarce) /* what it does not need any more is another call's */
		charge_extend(c);
	charge_plan(c);
}
