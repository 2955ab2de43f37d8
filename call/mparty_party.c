/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call/mparty_party.c - a party, from its number to the end of its talk: the states of call/mparty.h. */
#include "call/mparty_internal.h"

#include <errno.h>
#include <string.h>

#include "call/record.h"
#include "core/clock.h"

#define LOG_MODULE "call"

static void party_to(struct mparty_party *p, enum party_state s)
{
	p->pub.state = s;
	p->pub.since_us = clock_mono_us();
	mparty_emit(p->m, MPARTY_EV_PARTY, p->pub.order, 0);
}

static void party_failed(struct mparty_party *p, enum party_failure why, enum outcome outcome, int cause)
{
	struct mparty *m = p->m;

	if (p->in_charge) {
		charge_leg_ended(m->charge, p->pub.leg_id, clock_mono_us(), NULL);
		p->in_charge = false;
	}
	p->pub.failure = why;
	p->pub.outcome = outcome;
	p->pub.cause = cause;
	if (p->leg == NULL)
		record_attempt(m->env->billing, &m->setup, p->pub.leg_id, p->pub.number, p->pub.order, cause);
	LOGX(LOG_INFO, &m->log, "party %u ended without talk: %s, cause %d", p->pub.order, outcome_name(outcome), cause);
	party_to(p, PARTY_ENDED);
	mparty_check_over(m);
}

static void party_ringing(struct mparty_party *p)
{
	struct mparty *m = p->m;

	if (p->leg->inband && !p->pub.inband) {
		p->pub.inband = true;
		if (p->pub.awaited && m->away && !leg_over(m->host)) {
			media_room_join(m->booth, m->host->port, MEDIA_HEAR);
			media_room_join(m->booth, p->leg->port, MEDIA_SPEAK);
		}
	}
	if (p->pub.state == PARTY_DIALLING)
		party_to(p, PARTY_RINGING);
	else
		mparty_emit(m, MPARTY_EV_PARTY, p->pub.order, 0);
}

static void party_answered(struct mparty_party *p)
{
	struct mparty *m = p->m;

	p->pub.answered = true;
	charge_leg_answered(m->charge, p->pub.leg_id, p->leg->answer_us, p->leg->answer_utc_us);
	record_leg_begun(m->env->billing, &m->setup, p->leg, p->pub.order, &p->rate);
	media_room_leave(p->leg->port); /* early sound is over */
	if (m->setup.ask)
		party_to(p, PARTY_ASKED);
	else
		party_admit(p);
}

void party_admit(struct mparty_party *p)
{
	struct mparty *m = p->m;

	p->pub.admitted = true;
	if (p->pub.awaited && m->away && m->setup.private_first && mparty_parties_in(m) > 0) {
		media_room_join(m->booth, m->host->port, MEDIA_HEAR | MEDIA_SPEAK | MEDIA_CLAMP);
		media_room_join(m->booth, p->leg->port, MEDIA_HEAR | MEDIA_SPEAK | MEDIA_CLAMP);
		LOGX(LOG_INFO, &p->leg->log, "party %u talks to the host alone", p->pub.order);
		party_to(p, PARTY_PRIVATE);
		return;
	}
	party_join(p);
}

void party_join(struct mparty_party *p)
{
	struct mparty *m = p->m;

	bool with_host = m->away && (p->pub.awaited || p->pub.state == PARTY_PRIVATE);

	media_room_leave(p->leg->port);
	party_to(p, PARTY_IN);
	if (with_host)
		(void)mparty_host_back(m);
	if (conference_join(m->conference, p->leg->port, false) != 0) { /* cannot be: mparty_invite counted */
		leg_hangup(p->leg, CAUSE_NORMAL_UNSPECIFIED);
		return;
	}
	p->pub.muted = m->others_muted;
	conference_set_muted(m->conference, p->leg->port, p->pub.muted);
	LOGX(LOG_INFO, &p->leg->log, "party %u is in", p->pub.order);
}

static void party_leg_event(struct leg_observer *o, struct leg *l, const struct leg_event *ev);

static int party_dial(struct mparty_party *p)
{
	struct mparty *m = p->m;
	struct leg_dial d = {
		.id = p->pub.leg_id,
		.called = p->pub.number,
		.calling = m->setup.service,
		.restricted = m->setup.restricted,
		.alerting_timeout_us = m->env->timers.setup_to_alerting_us,
		.answer_timeout_us = m->env->timers.alerting_to_answer_us,
		.log = &m->log,
	};
	int err;

	p->route.provider = m->setup.account.provider;
	p->route.host = m->setup.host; /* where the route shows it (rule 12) */
	err = route_dial(m->env->routes, &p->route, &d, NULL, &p->leg);
	if (err)
		return err;
	p->observer.event = party_leg_event;
	leg_observe(p->leg, &p->observer);
	LOGX(LOG_INFO, &p->leg->log, "party %u called: %s", p->pub.order, p->pub.number);
	party_to(p, PARTY_DIALLING);
	return 0;
}

/* One trunk could not carry it: the next, at once. Each leg has its id and its record (rule 25), one reservation serves all. */
static void party_again(struct mparty_party *p)
{
	struct mparty *m = p->m;
	char failed[ID_SIZE];

	LOGX(LOG_INFO, &p->leg->log, "party %u: cause %d, called over another trunk", p->pub.order, p->leg->cause);
	record_leg(m->env->billing, &m->setup, p->leg, p->pub.order, &p->rate);
	leg_unobserve(&p->observer);
	leg_unref(p->leg);
	p->leg = NULL;
	p->pub.inband = false;
	memcpy(failed, p->pub.leg_id, ID_SIZE);
	random_id(p->pub.leg_id);
	charge_leg_renamed(m->charge, failed, p->pub.leg_id);
	if (party_dial(p) != 0)
		party_failed(p, PARTY_NO_CHANNEL, OUTCOME_CONGESTION, CAUSE_NO_CIRCUIT);
}

static void party_left(struct mparty_party *p)
{
	struct mparty *m = p->m;
	struct leg *l = p->leg;

	if (l->port) {
		conference_leave(m->conference, l->port);
		media_room_leave(l->port);
	}
	if (!p->pub.answered && !p->pub.dropped && !m->ending && route_again(m->env->routes, &p->route, l)) {
		party_again(p);
		return;
	}
	if (!p->pub.answered) {
		party_failed(p, PARTY_REFUSED, cause_outcome(l->cause), l->cause);
		return;
	}
	charge_leg_ended(m->charge, p->pub.leg_id, l->end_us, NULL);
	p->in_charge = false;
	p->pub.cause = l->cause;
	if (!p->pub.admitted) {
		p->pub.failure = PARTY_REFUSED;
		p->pub.outcome = OUTCOME_REJECTED;
	}
	LOGX(LOG_INFO, &l->log, "party %u left after %lld ms, cause %d", p->pub.order, (long long)leg_talk_ms(l), l->cause);
	party_to(p, PARTY_ENDED);
}

static void party_gone(struct mparty_party *p)
{
	struct mparty *m = p->m;

	record_leg(m->env->billing, &m->setup, p->leg, p->pub.order, &p->rate);
	leg_unobserve(&p->observer);
	leg_unref(p->leg);
	p->leg = NULL;
	mparty_check_over(m);
}

static void party_leg_event(struct leg_observer *o, struct leg *l, const struct leg_event *ev)
{
	struct mparty_party *p = container_of(o, struct mparty_party, observer);

	switch (ev->type) {
	case LEG_EV_PROGRESS:
	case LEG_EV_ALERTING:
		party_ringing(p);
		break;
	case LEG_EV_ANSWERED:
		party_answered(p);
		break;
	case LEG_EV_HELD:
	case LEG_EV_RESUMED:
		if (p->pub.state == PARTY_IN)
			conference_set_held(p->m->conference, l->port, l->held);
		break;
	case LEG_EV_ENDED:
		party_left(p);
		break;
	case LEG_EV_GONE:
		party_gone(p);
		break;
	case LEG_EV_DIGITS:
	case LEG_EV_PROCEEDING:
	case LEG_EV_KEY: /* members' keys change nothing */
	case LEG_EV_PLAYED:
		break;
	}
}

static void party_reserved(void *arg, int err)
{
	struct mparty_party *p = arg;
	struct mparty *m = p->m;

	m->pending--;
	if (err) {
		p->in_charge = false; /* the charge ended it itself */
		party_failed(p, err == -EDQUOT ? PARTY_NO_MONEY : PARTY_DATABASE, OUTCOME_REJECTED, CAUSE_CALL_REJECTED);
		return;
	}
	if (m->ending || p->pub.dropped) {
		party_failed(p, PARTY_OK, OUTCOME_REJECTED, CAUSE_NORMAL_CLEARING);
		return;
	}
	err = party_dial(p);
	if (err)
		party_failed(p, PARTY_NO_CHANNEL, OUTCOME_CONGESTION, CAUSE_NO_CIRCUIT);
}

static void party_rate_run(struct worker_job *j)
{
	struct mparty_party *p = container_of(j, struct mparty_party, rating_job);
	struct mparty *m = p->m;

	/* on a worker: only what does not change while the job runs */
	p->rating_err = billing_rate_leg(m->env->billing, &m->setup.account, p->pub.number, clock_utc_us(), &p->rate);
}

static void party_rated(struct worker_job *j)
{
	struct mparty_party *p = container_of(j, struct mparty_party, rating_job);
	struct mparty *m = p->m;
	int err;

	m->pending--;
	if (m->ending || p->pub.dropped) {
		party_failed(p, PARTY_OK, OUTCOME_REJECTED, CAUSE_NORMAL_CLEARING);
		return;
	}
	if (p->rating_err == -EACCES) {
		party_failed(p, PARTY_BARRED, OUTCOME_REJECTED, CAUSE_CALL_REJECTED);
		return;
	}
	if (p->rating_err) {
		party_failed(p, p->rating_err == -ENOENT ? PARTY_NO_RATE : PARTY_DATABASE, OUTCOME_UNALLOCATED, CAUSE_NO_ROUTE);
		return;
	}
	party_to(p, PARTY_RESERVING);
	err = charge_leg_reserve(m->charge, p->pub.leg_id, &p->rate, party_reserved, p);
	if (err) {
		party_failed(p, PARTY_LIMIT, OUTCOME_REJECTED, CAUSE_RESOURCE_UNAVAILABLE);
		return;
	}
	p->in_charge = true;
	m->pending++;
}

void party_start(struct mparty_party *p)
{
	p->rating_job.run = party_rate_run;
	p->rating_job.done = party_rated;
	p->m->pending++;
	worker_submit(p->m->env->workers, &p->rating_job);
	party_to(p, PARTY_RATING);
}

void party_drop(struct mparty_party *p, int cause)
{
	p->pub.dropped = true;
	if (p->leg)
		leg_hangup(p->leg, cause);
}
