/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/sip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "sip/sip_internal.h"

#define LOG_MODULE "sip"

/* ---- legs by their numbers ---- */

static struct sip_leg **leg_place(struct sip *s, uint64_t number)
{
	struct sip_leg **p = &s->leg[number / 2 % SIP_LEGS_HASH];

	while (*p && (*p)->number != number)
		p = &(*p)->next;
	return p;
}

void sip_hash_add(struct sip *s, struct sip_leg *sl)
{
	struct sip_leg **p = leg_place(s, sl->number);

	assert(*p == NULL);
	sl->next = NULL;
	*p = sl;
}

void sip_hash_remove(struct sip *s, struct sip_leg *sl)
{
	struct sip_leg **p = leg_place(s, sl->number);

	assert(*p == sl);
	*p = sl->next;
}

/* ---- Call-IDs, for `partyline trace` ---- */

void sip_remember(struct sip *s, const struct sip_leg *sl)
{
	struct sip_remembered *r = &s->gone[s->gone_next++ % SIP_REMEMBERED];

	memcpy(r->call, sl->leg.log.call, sizeof(r->call));
	memcpy(r->leg, sl->leg.id, sizeof(r->leg));
	memcpy(r->call_id, sl->call_id, sizeof(r->call_id));
}

static unsigned put_call_id(const char **out, unsigned n, unsigned max, const char *call_id)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(out[i], call_id) == 0)
			return n;
	if (n < max)
		out[n++] = call_id;
	return n;
}

unsigned sip_call_ids(struct sip *s, const char *call, const char **out, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SIP_REMEMBERED; i++) {
		const struct sip_remembered *r = &s->gone[(s->gone_next + i) % SIP_REMEMBERED];

		if (r->leg[0] && (strcmp(r->call, call) == 0 || strcmp(r->leg, call) == 0 || strcmp(r->call_id, call) == 0))
			n = put_call_id(out, n, max, r->call_id);
	}
	for (unsigned i = 0; i < SIP_LEGS_HASH; i++)
		for (struct sip_leg *sl = s->leg[i]; sl; sl = sl->next)
			if (strcmp(sl->leg.log.call, call) == 0 || strcmp(sl->leg.id, call) == 0 ||
			    strcmp(sl->call_id, call) == 0)
				n = put_call_id(out, n, max, sl->call_id);
	return n;
}

/* ---- what the SIP thread tells ---- */

static void sip_message(struct sip_message *m, void *arg)
{
	struct sip *s = arg;
	struct sip_leg *sl;

	MAGIC_CHECK(s, SIP_MAGIC);
	if (m->op == SIP_EV_INVITE) {
		assert(m->trunk < s->trunk_count);
		sip_leg_incoming(s->trunk[m->trunk], m);
	} else if (m->op == SIP_EV_OPTIONS) {
		for (unsigned i = 0; i < s->trunk_count; i++)
			sip_trunk_answered(s->trunk[i], m);
	} else {
		sl = *leg_place(s, m->call);
		if (sl)
			sip_leg_event(sl, m);
	}
	sip_message_free(m);
}

/* ---- building and ending ---- */

int sip_alloc(struct sip **sp, struct loop *l, struct media *m, struct counter_registry *counters)
{
	struct sip *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->magic = SIP_MAGIC;
	s->loop = l;
	s->media = m;
	s->counters = counters;
	s->stack_counters = (struct counter_group){
		.name = "sip", .desc = sip_stack_counters, .values = s->stack_counter, .count = SIP_STACK_COUNTERS
	};
	err = sip_stack_alloc(&s->stack, l, s->stack_counter, sip_message, s);
	if (err) {
		free(s);
		return err;
	}
	if (counters)
		counter_register(counters, &s->stack_counters);
	*sp = s;
	return 0;
}

static void sip_trunk_free(struct sip_trunk *t)
{
	MAGIC_CHECK(t, SIP_TRUNK_MAGIC);
	loop_timer_stop(&t->options);
	loop_timer_stop(&t->options_wait);
	if (t->sip->counters)
		counter_unregister(t->sip->counters, &t->group_counters);
	t->magic = MAGIC_DEAD;
	free(t);
}

void sip_free(struct sip *s)
{
	if (s == NULL)
		return;
	MAGIC_CHECK(s, SIP_MAGIC);
	assert(s->legs == 0);
	sip_stack_free(s->stack);
	for (unsigned i = 0; i < s->trunk_count; i++)
		sip_trunk_free(s->trunk[i]);
	for (unsigned i = 0; i < s->sound_count; i++)
		rtp_group_free(s->sound[i].group);
	if (s->counters)
		counter_unregister(s->counters, &s->stack_counters);
	s->magic = MAGIC_DEAD;
	free(s);
}

unsigned sip_legs(const struct sip *s)
{
	return s->legs;
}

struct sip_trunk *sip_trunk_at(struct sip *s, unsigned i)
{
	return i < s->trunk_count ? s->trunk[i] : NULL;
}

struct sip_capture *sip_capture(struct sip *s)
{
	return sip_stack_capture(s->stack);
}

void sip_redirected(struct sip *s, const char *leg_id, bool allowed)
{
	struct sip_message m = { .op = SIP_EV_REFUSED, .status = allowed ? 0 : 403 };

	for (unsigned i = 0; i < SIP_LEGS_HASH; i++)
		for (struct sip_leg *sl = s->leg[i]; sl; sl = sl->next)
			if (sl->state == SIP_OUT_ASKING && strcmp(sl->leg.id, leg_id) == 0) {
				sip_leg_event(sl, &m);
				return;
			}
}
