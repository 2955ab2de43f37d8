/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call/mparty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call/mparty_internal.h"
#include "call/record.h"
#include "core/clock.h"

#define LOG_MODULE "call"

/* ---- events: queued, so that nobody is called back from within his own command ---- */

static void mparty_tell_later(struct mparty *m, const struct mparty_event *what)
{
	struct mparty_event *ev;

	m->version++;
	for (unsigned i = 0; i < m->event_count; i++)
		if (m->events[i].type == what->type && m->events[i].order == what->order && m->events[i].limit == what->limit) {
			m->events[i].version = m->version; /* whoever hears of it looks again anyway */
			m->events[i].seconds = what->seconds;
			return;
		}
	assert(m->event_count < MPARTY_EVENTS_MAX || what->type == MPARTY_EV_PARTY);
	if (m->event_count == MPARTY_EVENTS_MAX)
		return;
	ev = &m->events[m->event_count++];
	*ev = *what;
	ev->version = m->version;
	if (!m->tell.queued) {
		m->refs++;
		loop_queue(m->env->loop, &m->tell);
	}
}

void mparty_emit(struct mparty *m, enum mparty_event_type type, unsigned order, int seconds)
{
	mparty_tell_later(m, &(struct mparty_event){ .type = type, .order = order, .seconds = seconds });
}

static void mparty_emit_limit(struct mparty *m, enum mparty_event_type type, enum call_limit limit, int seconds)
{
	mparty_tell_later(m, &(struct mparty_event){ .type = type, .limit = limit, .seconds = seconds });
}

static void mparty_tell(struct loop_task *t)
{
	struct mparty *m = container_of(t, struct mparty, tell);
	struct mparty_event ev[MPARTY_EVENTS_MAX];
	unsigned n = m->event_count;
	struct list *o, *next;

	memcpy(ev, m->events, n * sizeof(ev[0]));
	m->event_count = 0;
	for (unsigned i = 0; i < n; i++)
		list_for_each(o, next, &m->observers) {
			struct mparty_observer *ob = list_entry(o, struct mparty_observer, link);

			ob->event(ob, m, &ev[i]);
		}
	mparty_unref(m);
}

void mparty_observe(struct mparty *m, struct mparty_observer *o)
{
	MAGIC_CHECK(m, MPARTY_MAGIC);
	list_append(&m->observers, &o->link);
}

void mparty_unobserve(struct mparty_observer *o)
{
	list_remove(&o->link);
}

/* ---- the host, the money, the end ---- */

/*
 * Not at once: when a line is lost it takes all its legs, and each is told for itself, with the moment of the loss (rule 9). A
 * leg hung up by us before would be charged to now.
 */
static void mparty_host_left(struct loop_task *t)
{
	struct mparty *m = container_of(t, struct mparty, host_left);

	mparty_end(m, NULL, CAUSE_NORMAL_CLEARING);
}

static void host_leg_event(struct leg_observer *o, struct leg *l, const struct leg_event *ev)
{
	struct mparty *m = container_of(o, struct mparty, host_observer);

	switch (ev->type) {
	case LEG_EV_HELD:
	case LEG_EV_RESUMED:
		conference_set_held(m->conference, l->port, l->held);
		break;
	case LEG_EV_ENDED:
		if (l->port)
			conference_leave(m->conference, l->port);
		charge_leg_ended(m->charge, l->id, l->end_us, NULL);
		LOGX(LOG_INFO, &l->log, "host left after %lld ms, cause %d", (long long)leg_talk_ms(l), l->cause);
		loop_queue(m->env->loop, &m->host_left);
		break;
	case LEG_EV_GONE:
		record_leg(m->env->billing, &m->setup, l, 0, &m->setup.host_rate);
		leg_unobserve(&m->host_observer);
		m->host_gone = true;
		mparty_check_over(m);
		break;
	default:
		break;
	}
}

static void mparty_warn(void *arg, int seconds_left)
{
	mparty_emit(arg, MPARTY_EV_WARNING, 0, seconds_left);
}

static void mparty_unwarn(void *arg)
{
	mparty_emit(arg, MPARTY_EV_UNWARN, 0, 0);
}

static void mparty_exhausted(void *arg)
{
	struct mparty *m = arg;

	LOGX(LOG_INFO, &m->log, "the account is exhausted");
	mparty_emit(m, MPARTY_EV_EXHAUSTED, 0, 0);
	mparty_end(m, NULL, CAUSE_NORMAL_CLEARING);
}

/* ---- rule 18: too long, too quiet ---- */

static int64_t mparty_heard(void *arg)
{
	struct mparty *m = arg;
	int64_t us;

	for (unsigned i = 0; i <= m->count; i++) {
		struct leg *l = i == 0 ? m->host : m->party[i]->leg;

		us = l && l->port ? media_port_heard_us(l->port) : 0;
		if (us > m->heard_us)
			m->heard_us = us;
	}
	return m->heard_us;
}

static void mparty_limit_near(void *arg, enum call_limit what, int seconds_left)
{
	mparty_emit_limit(arg, MPARTY_EV_LIMIT_NEAR, what, seconds_left);
}

static void mparty_limit(void *arg, enum call_limit what)
{
	struct mparty *m = arg;

	LOGX(LOG_WARN, &m->log, what == CALL_SILENT ? "nobody has spoken for too long" : "the longest allowed call is reached");
	mparty_emit_limit(m, MPARTY_EV_LIMIT, what, 0);
	mparty_end(m, NULL, CAUSE_NORMAL_CLEARING);
}

static void mparty_settled(void *arg, int64_t total_e4)
{
	struct mparty *m = arg;
	struct mparty_env *env = m->env;

	m->charge = NULL;
	m->settled = true;
	LOGX(LOG_INFO, &m->log, "settled, %lld.%04lld charged", (long long)(total_e4 / 10000), (long long)(total_e4 % 10000));
	list_remove(&m->link);
	env->call_count--;
	mparty_unref(m);
	if (env->call_count == 0 && env->idle)
		env->idle(env->arg);
}

/* The call is over when its host is, its legs are released and no answer of a worker is awaited. */
void mparty_check_over(struct mparty *m)
{
	if (m->closing || !m->ending || !m->host_gone || m->pending > 0)
		return;
	for (unsigned i = 1; i <= m->count; i++)
		if (m->party[i]->leg || m->party[i]->pub.state != PARTY_ENDED)
			return;
	m->closing = true;
	call_watch_stop(&m->watch);
	record_call(m->env->billing, &m->setup, m->end_cause);
	charge_close(m->charge, mparty_settled, m);
}

int mparty_alloc(struct mparty **mp, struct mparty_env *env, const struct mparty_setup *s, struct leg *host,
                 struct charge *charge)
{
	static const struct charge_handlers handlers = { mparty_warn, mparty_unwarn, mparty_exhausted };
	struct mparty *m = calloc(1, sizeof(*m));
	int err;

	if (m == NULL)
		return -ENOMEM;
	m->magic = MPARTY_MAGIC;
	m->refs = 2; /* the caller's, and its own until mparty_settled() */
	m->env = env;
	m->setup = *s;
	m->began_us = m->heard_us = clock_mono_us();
	m->tell.run = mparty_tell;
	m->host_left.run = mparty_host_left;
	list_init(&m->observers);
	err = conference_alloc(&m->conference, env->media, env->sounds, env->members_max);
	if (!err)
		err = media_room_alloc(&m->booth, env->media);
	if (err) {
		conference_free(m->conference);
		free(m);
		return err;
	}
	m->log = host->log;
	m->log.leg[0] = '\0';
	m->host = leg_ref(host);
	m->host_observer.event = host_leg_event;
	leg_observe(host, &m->host_observer);
	m->charge = charge;
	charge_set_owner(charge, &handlers, m);
	list_append(&env->calls, &m->link);
	env->call_count++;
	m->limits = env->limits;
	if (s->end_us && (m->limits.limit_us[CALL_TOO_LONG] <= 0 || s->end_us - m->began_us < m->limits.limit_us[CALL_TOO_LONG]))
		m->limits.limit_us[CALL_TOO_LONG] = s->end_us > m->began_us ? s->end_us - m->began_us : 1;
	m->watch = (struct call_watch){
		.limits = &m->limits, .heard = mparty_heard, .warn = mparty_limit_near, .end = mparty_limit, .arg = m
	};
	call_watch_start(&m->watch, env->loop);
	m->away = true; /* nobody to talk to yet: he is asked for a number */
	*mp = m;
	return 0;
}

struct mparty *mparty_ref(struct mparty *m)
{
	MAGIC_CHECK(m, MPARTY_MAGIC);
	m->refs++;
	return m;
}

void mparty_unref(struct mparty *m)
{
	if (m == NULL)
		return;
	MAGIC_CHECK(m, MPARTY_MAGIC);
	if (--m->refs > 0)
		return;
	assert(m->settled && list_empty(&m->observers) && !m->tell.queued);
	for (unsigned i = 1; i <= m->count; i++)
		free(m->party[i]);
	conference_free(m->conference);
	media_room_free(m->booth);
	leg_unref(m->host);
	m->magic = MAGIC_DEAD;
	free(m);
}
