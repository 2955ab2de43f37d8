/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call/mparty_look.c - a call as others see it, and which calls there are. */
#include <string.h>

#include "call/mparty_internal.h"

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

unsigned mparty_called(const struct mparty *m)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= m->count; i++)
		n += m->party[i]->pub.state != PARTY_ENDED;
	return n;
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
