/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/booked_call.c - one booking whose time has come: its host is called, once; when he answers, the conference is held. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "ivr/booked_internal.h"
#include "ivr/dialogue.h"
#include "ivr/multiparty.h"

#define LOG_MODULE "booking"

/* What has become of a leg, to who booked it. */
enum booking_outcome booked_outcome(int cause)
{
	switch (cause_outcome(cause)) {
	case OUTCOME_ANSWERED:
		return BOOKING_ANSWERED;
	case OUTCOME_BUSY:
		return BOOKING_BUSY;
	case OUTCOME_NO_ANSWER:
		return BOOKING_NO_ANSWER;
	case OUTCOME_UNALLOCATED:
		return BOOKING_UNALLOCATED;
	case OUTCOME_CONGESTION:
		return BOOKING_CONGESTION;
	case OUTCOME_REJECTED:
		break;
	}
	return BOOKING_REJECTED;
}

/* ---- before anybody is called ---- */

/* The one that was named, when this node has it; else its first of that kind. NULL: it has none. */
static const struct ivr_service *run_service(const struct booked_run *r)
{
	const struct ivr_env *env = booked_env(r->k);
	const struct ivr_service *first = NULL;

	for (unsigned i = env->service_count; i-- > 0;) {
		if (env->service[i].kind != IVR_MULTIPARTY)
			continue;
		first = &env->service[i];
		if (strcmp(first->number, r->what->booking.service) == 0)
			return first;
	}
	return first;
}

struct run_query {
	struct ivr_env        *env;
	const char            *number;
	struct account_door    door;
	struct billing_trigger answer;
};

static int run_query(void *arg)
{
	struct run_query *q = arg;

	return billing_trigger_check(q->env->billing, q->number, &q->door, clock_utc_us(), &q->answer);
}

/* How the call looks. */
static void run_setup(struct booked_run *r, const struct run_query *q)
{
	const struct booking *b = &r->what->booking;
	struct callback *c = r->callback;
	struct mparty_setup *s = &c->setup;
	int64_t now_utc = clock_utc_us();

	s->account = q->answer.account;
	s->host_rate = ivr_host_rate(c->service, &q->answer.callback_rate);
	(void)snprintf(s->language, sizeof(s->language), "%s", b->language[0] ? b->language : q->answer.language);
	memcpy(s->booking_id, b->id, ID_SIZE);
	s->ask = c->service->ask_parties;
	s->private_first = c->service->private_first;
	if (b->length_s > 0)
		s->end_us = clock_mono_us() + r->what->planned_utc_us + CLOCK_SEC(b->length_s) - now_utc;
	c->hold_e4 = q->answer.hold_e4;
	c->check = q->answer.check;
}

/* Account, money, a channel: as for a trigger (rules 5, 20). -EALREADY: the host is on the telephone with us. */
static int run_prepare(struct booked_run *r)
{
	struct ivr_env *env = booked_env(r->k);
	const struct booking *b = &r->what->booking;
	const struct ivr_service *s = run_service(r);
	struct run_query q = { .env = env, .number = b->host };
	int err;

	if (s == NULL)
		return -EBUSY;
	q.door.service = s->number;
	err = worker_call(env->workers, run_query, &q);
	if (err)
		return err;
	if (q.answer.account.account_id != b->account_id)
		return -ENOENT; /* the number is somebody else's now */
	if (booked_run_lost(r))
		return -ESHUTDOWN;
	if (callback_find(env, b->host))
		return -EALREADY;
	err = callback_alloc(&r->callback, env, s, b->host);
	if (!err)
		err = route_reserve(env->routes, q.answer.account.provider, b->host, &r->callback->reserved);
	if (err)
		return err == -ENOENT ? -EHOSTUNREACH : -EBUSY;
	r->wants--;
	run_setup(r, &q);
	return callback_money(r->callback);
}

/* ---- the host ---- */

static int host_setup(struct callback *c, const char *leg_id)
{
	struct booked_run *r = c->steps_arg;
	int err;

	r->attempt = (struct booking_attempt){ .run_id = r->what->id, .number = r->what->booking.host };
	memcpy(r->attempt.id, leg_id, ID_SIZE);
	err = booked_begin(r, &r->attempt);
	if (err)
		return err;
	r->written = true;
	if (booked_run_lost(r))
		return -ESHUTDOWN;
	r->sent = true;
	booked_count_up(r->k, BOOKED_ATTEMPTS);
	return 0;
}

/* The conference is on: the database hears of it before a party is called. */
static void run_open(void *arg)
{
	struct booked_run *r = arg;
	struct mparty *m = r->m;
	const struct booking_end e = { .outcome = BOOKING_ANSWERED,
		                       .counts = true,
		                       .leg_id = r->callback->leg_id,
		                       .call_id = mparty_setup(m)->call_id };
	unsigned parties = r->what->booking.party_count;
	int err;

	err = booked_end(r, &r->attempt, &e);
	r->written = false;
	for (unsigned i = 0; !err && i < parties; i++)
		booked_party_start(r, m, i);
	if (err)
		mparty_expect(m, -(int)parties);
	mparty_unref(m);
	r->opening = false;
	if (r->coro)
		coro_wake(r->coro);
}

static int host_talk(struct callback *c, struct dialogue *d)
{
	struct booked_run *r = c->steps_arg;
	const struct booking *b = &r->what->booking;
	struct say_list list;

	r->live = true;
	for (unsigned i = 0; i < b->music; i++)
		if (mparty_next_music(d->m) == 0)
			break;
	mparty_expect(d->m, (int)b->party_count);
	r->opening = true;
	r->m = mparty_ref(d->m);
	if (coro_spawn(c->env->loop, "booked_open", run_open, r) != 0) {
		r->opening = false;
		mparty_unref(d->m);
		mparty_expect(d->m, -(int)b->party_count);
	}
	say_begin(&list);
	say_prompt(&list, "booked-conference");
	(void)dialogue_start(d, &list, 1, 0, false);
	return multiparty_host(d, true);
}

/* ---- what came of it ---- */

static struct booking_end run_result(const struct booked_run *r, int err, int cause)
{
	struct booking_end e = { .outcome = BOOKING_CONGESTION, .cause = cause, .leg_id = r->sent ? r->callback->leg_id : NULL };

	if (booked_run_lost(r)) {
		e.outcome = BOOKING_INTERRUPTED;
		e.counts = r->sent;
		return e;
	}
	switch (err) {
	case 0: /* answered, and hung up before he pressed 1 */
	case -ETIMEDOUT:
		e.outcome = cause ? booked_outcome(cause) : BOOKING_NO_ANSWER;
		e.counts = true;
		e.final = e.outcome == BOOKING_UNALLOCATED;
		break;
	case -EALREADY:
		e.outcome = BOOKING_BUSY;
		e.cause = CAUSE_USER_BUSY;
		e.counts = true;
		break;
	case -EHOSTUNREACH:
		e.outcome = BOOKING_UNALLOCATED;
		e.final = true;
		break;
	case -EDQUOT:
		e.outcome = BOOKING_NO_MONEY;
		e.final = true;
		break;
	case -ENOENT:
	case -EACCES:
		e.outcome = BOOKING_NO_ACCOUNT;
		e.final = true;
		break;
	case -ENODATA:
		e.outcome = BOOKING_NO_RATE;
		e.final = true;
		break;
	default: /* no channel, no database, somebody else calls this number: soon again (rule 7) */
		break;
	}
	return e;
}

static void run_held(struct booked_run *r)
{
	static const struct booking_end held = { .outcome = BOOKING_HELD, .final = true };

	r->coro = coro_self();
	while (r->opening || !list_empty(&r->parties))
		coro_suspend();
	booked_count_up(r->k, BOOKED_HELD);
	(void)booked_end(r, NULL, &held);
}

void booked_run_main(void *arg)
{
	static const struct callback_steps steps = { host_setup, host_talk };
	struct booked_run *r = arg;
	int cause = 0, err = booked_run_lost(r) ? -ESHUTDOWN : run_prepare(r);

	if (!err) {
		r->callback->steps = &steps;
		r->callback->steps_arg = r;
		err = callback_attempt(r->callback, NULL, NULL);
		cause = r->callback->cause;
	}
	if (r->live) {
		run_held(r);
	} else {
		struct booking_end e = run_result(r, err, cause);

		log_info("booking %s: host %s not reached: %s, cause %d", r->what->booking.id, r->what->booking.host,
		         booking_outcome_name(e.outcome), e.cause);
		booked_count_up(r->k, BOOKED_NOT_REACHED);
		(void)booked_end(r, r->written ? &r->attempt : NULL, &e);
	}
	if (r->callback)
		callback_over(r->callback, err);
	booked_run_forget(r);
}
