/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call/mparty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/mparty_internal.h"
#include "call/record.h"
#include "core/clock.h"
#include "media/tones.h"

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

/* ---- commands ---- */

static struct mparty_command *mparty_seen(struct mparty *m, const char *id)
{
	unsigned n = m->commands < MPARTY_COMMANDS_MAX ? m->commands : MPARTY_COMMANDS_MAX;

	for (unsigned i = 0; id && i < n; i++)
		if (strcmp(m->command[i].id, id) == 0)
			return &m->command[i];
	return NULL;
}

static int mparty_remember(struct mparty *m, const char *id, int result, unsigned order)
{
	struct mparty_command *c = &m->command[m->commands % MPARTY_COMMANDS_MAX];

	if (id == NULL)
		return result;
	(void)snprintf(c->id, sizeof(c->id), "%s", id);
	c->result = result;
	c->order = order;
	m->commands++;
	return result;
}

static unsigned mparty_called(const struct mparty *m)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= m->count; i++)
		n += m->party[i]->pub.state != PARTY_ENDED;
	return n;
}

static int mparty_may_invite(const struct mparty *m, const char *number)
{
	if (m->ending || leg_over(m->host))
		return -ENOTCONN;
	if (m->locked)
		return -EPERM;
	if (m->count == MPARTY_PARTIES_MAX || mparty_called(m) + 1 >= m->env->members_max)
		return -ENOSPC;
	for (unsigned i = 1; i <= m->count; i++)
		if (m->party[i]->pub.state != PARTY_ENDED && strcmp(m->party[i]->pub.number, number) == 0)
			return -EEXIST;
	return strcmp(number, m->setup.host) == 0 ? -EEXIST : 0;
}

int mparty_invite(struct mparty *m, const char *id, const char *number, bool awaited, unsigned *order)
{
	struct mparty_command *seen;
	struct mparty_party *p;
	int err;

	MAGIC_CHECK(m, MPARTY_MAGIC);
	seen = mparty_seen(m, id);
	if (seen) {
		if (!seen->result)
			*order = seen->order;
		return seen->result;
	}
	err = mparty_may_invite(m, number);
	if (err)
		return mparty_remember(m, id, err, 0);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->m = m;
	p->pub.awaited = awaited;
	p->pub.order = ++m->count;
	(void)snprintf(p->pub.number, sizeof(p->pub.number), "%s", number);
	random_id(p->pub.leg_id);
	m->party[m->count] = p;
	party_start(p);
	*order = p->pub.order;
	return mparty_remember(m, id, 0, p->pub.order);
}

static struct mparty_party *mparty_live(const struct mparty *m, unsigned order)
{
	if (order == 0 || order > m->count || m->party[order]->pub.state == PARTY_ENDED)
		return NULL;
	return m->party[order];
}

int mparty_drop(struct mparty *m, const char *id, unsigned order)
{
	struct mparty_command *seen = mparty_seen(m, id);
	struct mparty_party *p = mparty_live(m, order);

	MAGIC_CHECK(m, MPARTY_MAGIC);
	if (seen)
		return seen->result;
	if (p == NULL)
		return mparty_remember(m, id, -ENOENT, order);
	party_drop(p, CAUSE_NORMAL_CLEARING);
	return mparty_remember(m, id, 0, order);
}

int mparty_mute(struct mparty *m, const char *id, unsigned order, bool muted)
{
	struct mparty_command *seen = mparty_seen(m, id);
	struct mparty_party *p = mparty_live(m, order);

	if (seen)
		return seen->result;
	if (order > 0 && (p == NULL || p->pub.state != PARTY_IN))
		return mparty_remember(m, id, -ENOENT, order);
	if (p)
		p->pub.muted = muted;
	else
		m->host_muted = muted;
	conference_set_muted(m->conference, order ? p->leg->port : m->host->port, muted);
	mparty_emit(m, MPARTY_EV_PARTY, order, 0);
	return mparty_remember(m, id, 0, order);
}

void mparty_mute_others(struct mparty *m, bool muted)
{
	m->others_muted = muted;
	for (unsigned i = 1; i <= m->count; i++)
		if (m->party[i]->pub.state == PARTY_IN)
			(void)mparty_mute(m, NULL, i, muted);
}

void mparty_lock(struct mparty *m, bool locked)
{
	m->locked = locked;
	m->version++;
}

int mparty_next_music(struct mparty *m)
{
	m->version++;
	return conference_next_background(m->conference);
}

int mparty_set_music(struct mparty *m, unsigned track)
{
	m->version++;
	return conference_set_background(m->conference, track);
}

unsigned mparty_music(const struct mparty *m)
{
	return conference_background(m->conference);
}

unsigned mparty_music_tracks(const struct mparty *m)
{
	return conference_tracks(m->conference);
}

void mparty_expect(struct mparty *m, int change)
{
	assert(change > 0 || m->expected >= (unsigned)-change);
	m->expected += (unsigned)change;
	if (!m->ending)
		mparty_emit(m, MPARTY_EV_PARTY, 0, 0);
}

int mparty_send_digits(struct mparty *m, unsigned order, const char *digits)
{
	const struct mparty_party *p = mparty_live(m, order);
	struct media_play play = { .count = 1, .times = 1, .append = true };
	struct clip *c;
	int err = -EINVAL;

	if (p == NULL || (p->pub.state != PARTY_IN && p->pub.state != PARTY_PRIVATE))
		return -ENOENT;
	for (const char *d = digits; *d; d++) {
		err = leg_send_digit(p->leg, *d, MPARTY_DIGIT_MS);
		if (err == -ENOTSUP)
			break; /* at the first: E1 has the speech channel alone */
		if (err)
			return err;
	}
	if (err == 0)
		return 0;
	err = tone_clip_dtmf(&c, digits, MPARTY_DIGIT_MS, MPARTY_DIGIT_MS, MPARTY_DIGIT_DBM0);
	if (err)
		return err;
	play.item[0].clip = c;
	(void)media_play(p->leg->port, &play);
	clip_unref(c);
	return 0;
}

void mparty_end(struct mparty *m, const char *id, int cause)
{
	MAGIC_CHECK(m, MPARTY_MAGIC);
	(void)id; /* ending twice is ending once */
	if (m->ending)
		return;
	m->ending = true;
	m->end_cause = cause;
	leg_hangup(m->host, cause);
	for (unsigned i = 1; i <= m->count; i++)
		if (mparty_live(m, i))
			party_drop(m->party[i], cause);
	mparty_emit(m, MPARTY_EV_ENDED, 0, 0);
	mparty_check_over(m);
}

int mparty_admit(struct mparty *m, unsigned order, bool yes)
{
	struct mparty_party *p = mparty_live(m, order);

	if (p == NULL || p->pub.state != PARTY_ASKED)
		return -ENOENT;
	if (yes)
		party_admit(p);
	else
		leg_hangup(p->leg, CAUSE_NORMAL_CLEARING);
	return 0;
}

int mparty_join_all(struct mparty *m)
{
	for (unsigned i = 1; i <= m->count; i++)
		if (m->party[i]->pub.state == PARTY_PRIVATE) {
			party_join(m->party[i]);
			return 0;
		}
	return -ENOENT;
}

int mparty_host_away(struct mparty *m)
{
	MAGIC_CHECK(m, MPARTY_MAGIC);
	if (m->ending || leg_over(m->host))
		return -ENOTCONN;
	m->away = true;
	conference_leave(m->conference, m->host->port);
	conference_host_invites(m->conference, true);
	return 0;
}

int mparty_host_back(struct mparty *m)
{
	int err;

	MAGIC_CHECK(m, MPARTY_MAGIC);
	if (m->ending || leg_over(m->host))
		return -ENOTCONN;
	if (!m->away || mparty_join_all(m) == 0)
		return 0;
	for (unsigned i = 1; i <= m->count; i++) {
		struct mparty_party *p = m->party[i];

		p->pub.awaited = false; /* whoever still rings will simply come in */
		if (p->leg && p->leg->port && !p->pub.answered)
			media_room_leave(p->leg->port);
	}
	media_room_leave(m->host->port);
	m->away = false;
	err = conference_join(m->conference, m->host->port, true);
	conference_set_muted(m->conference, m->host->port, m->host_muted);
	return err;
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

/* ---- looking ---- */

const struct party *mparty_party(const struct mparty *m, unsigned order)
{
	return order >= 1 && order <= m->count ? &m->party[order]->pub : NULL;
}

struct leg *mparty_party_leg(const struct mparty *m, unsigned order)
{
	return order >= 1 && order <= m->count ? m->party[order]->leg : NULL;
}

struct media_port *mparty_party_port(const struct mparty *m, unsigned order)
{
	const struct mparty_party *p = order >= 1 && order <= m->count ? m->party[order] : NULL;

	return p && (p->pub.state == PARTY_IN || p->pub.state == PARTY_PRIVATE) && p->leg ? p->leg->port : NULL;
}

unsigned mparty_party_count(const struct mparty *m)
{
	return m->count;
}

unsigned mparty_parties_in(const struct mparty *m)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= m->count; i++)
		n += m->party[i]->pub.state == PARTY_IN;
	return n;
}

unsigned mparty_parties_live(const struct mparty *m)
{
	return mparty_called(m) + m->expected;
}

unsigned mparty_parties_expected(const struct mparty *m)
{
	return m->expected;
}

bool mparty_over(const struct mparty *m)
{
	return m->ending;
}

bool mparty_host_muted(const struct mparty *m)
{
	return m->host_muted;
}

bool mparty_others_muted(const struct mparty *m)
{
	return m->others_muted;
}

bool mparty_locked(const struct mparty *m)
{
	return m->locked;
}

bool mparty_host_is_away(const struct mparty *m)
{
	return m->away;
}

const struct mparty_setup *mparty_setup(const struct mparty *m)
{
	return &m->setup;
}

struct leg *mparty_host(const struct mparty *m)
{
	return m->host;
}

uint64_t mparty_version(const struct mparty *m)
{
	return m->version;
}

int64_t mparty_began_us(const struct mparty *m)
{
	return m->began_us;
}

int64_t mparty_seconds_left(const struct mparty *m)
{
	return m->charge ? charge_seconds_left(m->charge) : INT64_MAX;
}

int64_t mparty_seconds_left_with(const struct mparty *m, const struct rate_quote *rate)
{
	return m->charge ? charge_seconds_left_with(m->charge, rate) : INT64_MAX;
}

struct mparty *mparty_first(struct mparty_env *env)
{
	return list_empty(&env->calls) ? NULL : list_entry(env->calls.next, struct mparty, link);
}

struct mparty *mparty_next(struct mparty_env *env, struct mparty *m)
{
	return m->link.next == &env->calls ? NULL : list_entry(m->link.next, struct mparty, link);
}

struct mparty *mparty_find(struct mparty_env *env, const char *call_id)
{
	struct mparty *m = mparty_first(env);

	while (m && strcmp(m->setup.call_id, call_id) != 0)
		m = mparty_next(env, m);
	return m;
}

struct mparty *mparty_find_host(struct mparty_env *env, const char *host)
{
	struct mparty *m = mparty_first(env);

	while (m && (m->ending || strcmp(m->setup.host, host) != 0))
		m = mparty_next(env, m);
	return m;
}

const char *party_state_name(enum party_state s)
{
	static const char *const name[] = {
		[PARTY_RATING] = "rating",   [PARTY_RESERVING] = "reserving", [PARTY_DIALLING] = "dialling",
		[PARTY_RINGING] = "ringing", [PARTY_ASKED] = "asked",         [PARTY_PRIVATE] = "private",
		[PARTY_IN] = "in",           [PARTY_ENDED] = "ended",
	};
	return name[s];
}
