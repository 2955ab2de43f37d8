/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/booked_party.c - one party of a booked conference: called at once, and again, from the end of the failed attempt on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "ivr/booked_internal.h"

#define LOG_MODULE "booking"

#define LOOK_US CLOCK_SEC(1) /* so long at most an event may be missed */

static void party_run(void *arg);

/* ---- waiting ---- */

static void party_news(struct mparty_observer *o, struct mparty *m, const struct mparty_event *ev)
{
	struct booked_party *p = container_of(o, struct booked_party, observer);

	(void)m;
	(void)ev;
	coro_wake(p->coro);
}

static bool party_over(const struct booked_party *p)
{
	return mparty_over(p->m) || booked_run_lost(p->run);
}

/* False: it is over, nobody is called any more. */
static bool party_sleep(const struct booked_party *p, int64_t until_us)
{
	while (!party_over(p) && clock_mono_us() < until_us)
		(void)coro_suspend_for(until_us - clock_mono_us());
	return !party_over(p);
}

static void party_waits(struct booked_party *p, bool waits)
{
	if (p->waits != waits)
		p->run->wants += waits ? 1u : -1u;
	p->waits = waits;
}

/* ---- one attempt ---- */

/* An attempt is not written before there is a channel to make it on. */
static bool party_has_channel(const struct booked_party *p)
{
	int err = route_room(booked_env(p->run->k)->routes, mparty_setup(p->m)->account.provider, p->attempt.number);

	return err != -EBUSY && err != -ENETDOWN; /* no route at all: the attempt will say so */
}

static struct booking_end party_outcome(const struct booked_party *p, const struct party *q)
{
	struct booking_end e = { .cause = q->cause, .counts = true, .leg_id = q->leg_id };

	if (q->admitted) {
		e.outcome = BOOKING_ANSWERED;
		e.cause = 0;
	} else if (booked_run_lost(p->run)) {
		e.outcome = BOOKING_INTERRUPTED;
	} else if (q->dropped) {
		e.outcome = BOOKING_CALLED_OFF;
		e.final = true;
	} else {
		switch (q->failure) {
		case PARTY_BARRED:
			e.outcome = BOOKING_BARRED;
			e.final = true;
			break;
		case PARTY_NO_RATE:
			e.outcome = BOOKING_NO_RATE;
			e.final = true;
			break;
		case PARTY_NO_MONEY:
			e.outcome = BOOKING_NO_MONEY;
			break;
		case PARTY_NO_CHANNEL:
		case PARTY_DATABASE:
			e.outcome = BOOKING_CONGESTION;
			break;
		case PARTY_LIMIT:
			e.outcome = BOOKING_REJECTED;
			break;
		case PARTY_OK:
		case PARTY_REFUSED: /* answered, and nobody pressed 1: a voicemail */
			e.outcome = q->answered ? BOOKING_NO_ANSWER : booked_outcome(q->cause);
			e.final = e.outcome == BOOKING_UNALLOCATED;
			break;
		}
	}
	return e;
}

/* The SETUP and what comes of it. */
static struct booking_end party_call(struct booked_party *p)
{
	struct booking_end e = { .outcome = BOOKING_CALLED_OFF };
	const struct party *q;
	int err = party_over(p) ? -ENOTCONN : mparty_invite(p->m, p->attempt.id, p->attempt.number, false, &p->order);

	if (err == -ENOTCONN)
		return e;
	if (err) { /* the host has called it himself; he has locked the room, or it is full */
		e.outcome = err == -EEXIST ? BOOKING_ANSWERED : BOOKING_REJECTED;
		e.counts = err != -EEXIST;
		return e;
	}
	booked_count_up(p->run->k, BOOKED_ATTEMPTS);
	party_waits(p, false);
	q = mparty_party(p->m, p->order);
	while (!q->admitted && q->state != PARTY_ENDED)
		(void)coro_suspend_for(LOOK_US);
	e = party_outcome(p, q);
	p->order = 0;
	return e;
}

/* 0 with *e; -EEXIST: somebody else calls this number now; -ESTALE and others: no attempt may be made here any more. */
static int party_attempt(struct booked_party *p, struct booking_end *e)
{
	const struct ivr_settings *s = &booked_env(p->run->k)->settings;
	int err;

	random_id(p->attempt.id);
	err = booked_begin(p->run, &p->attempt);
	if (err)
		return err;
	*e = party_call(p);
	if (e->outcome == BOOKING_CONGESTION && p->congested++ < s->congestion_retries)
		e->counts = false; /* rule 7 */
	else
		p->congested = 0;
	p->made += e->counts;
	return 0;
}

/* ---- all of them ---- */

/* When it is called again; BOOKING_NEVER: it is not. */
static int64_t party_next(struct booked_party *p, int err, const struct booking_end *e)
{
	const struct booking *b = &p->run->what->booking;
	int64_t now = clock_mono_us(), next;

	if (err == -EEXIST || (!err && !e->counts && e->outcome == BOOKING_CONGESTION))
		return now + booked_env(p->run->k)->settings.congestion_retry_us;
	if (err || e->final || e->outcome == BOOKING_ANSWERED || !e->counts)
		return BOOKING_NEVER;
	next = booking_next_attempt(0, p->made, b->redials, b->interval_s);
	return next == BOOKING_NEVER ? BOOKING_NEVER : now + CLOCK_SEC(next);
}

static void party_run(void *arg)
{
	struct booked_party *p = arg;
	struct booked_run *r = p->run;
	int64_t at = 0;

	p->coro = coro_self();
	while (at != BOOKING_NEVER && party_sleep(p, at)) {
		struct booking_end e = { 0 };
		int err;

		if (!party_has_channel(p)) {
			at = clock_mono_us() + booked_env(r->k)->settings.congestion_retry_us;
			continue;
		}
		err = party_attempt(p, &e);
		at = party_next(p, err, &e); /* from the end of the attempt, not from when the database has heard of it */
		party_waits(p, at != BOOKING_NEVER);
		if (at == BOOKING_NEVER) {
			mparty_expect(p->m, -1);
			p->told = true;
		}
		if (!err)
			(void)booked_end(r, &p->attempt, &e);
	}
	if (!p->told)
		mparty_expect(p->m, -1);
	party_waits(p, false);
	mparty_unobserve(&p->observer);
	mparty_unref(p->m);
	list_remove(&p->link);
	free(p);
	if (r->coro)
		coro_wake(r->coro);
}

void booked_party_start(struct booked_run *r, struct mparty *m, unsigned index)
{
	struct booked_party *p = calloc(1, sizeof(*p));

	if (p) {
		p->run = r;
		p->m = m;
		p->waits = true;
		p->attempt = (struct booking_attempt){
			.run_id = r->what->id, .number = r->what->booking.party[index].number, .order = index + 1
		};
		p->observer.event = party_news;
	}
	if (p == NULL || coro_spawn(booked_env(r->k)->loop, "booked_party", party_run, p) != 0) {
		log_error("booking %s: no memory to call a party", r->what->booking.id);
		free(p);
		mparty_expect(m, -1);
		r->wants--;
		return;
	}
	(void)mparty_ref(m);
	mparty_observe(m, &p->observer);
	list_append(&r->parties, &p->link);
}
