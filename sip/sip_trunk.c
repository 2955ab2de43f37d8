/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip/sip_trunk.c - a trunk: which peer, how much room, up or down (sip/sip.h says when). */
#include "sip/sip_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/address.h"
#include "core/clock.h"

#define LOG_MODULE "sip"

#define FAILURES_DOWN 2

static const struct counter_desc sip_counters[SIP_COUNTERS] = {
	[SIP_CALLS_IN] = { "in", "incoming calls" },
	[SIP_CALLS_IN_ANSWERED] = { "in_answered", "incoming calls that were answered" },
	[SIP_CALLS_OUT] = { "out", "outgoing calls" },
	[SIP_CALLS_OUT_ANSWERED] = { "out_answered", "outgoing calls that were answered" },
	[SIP_REFUSED_FULL] = { "refused_full", "calls refused because the trunk's channels or the ports for sound were used up" },
	[SIP_REFUSED_RATE] = { "refused_rate", "calls refused because of calls_per_s" },
	[SIP_REFUSED_MEDIA] = { "refused_media", "incoming calls without sound that we can speak" },
	[SIP_NO_PATH] = { "no_path",
	                  "incoming calls without an offer and without 100rel: nothing can be said before the answer" },
	[SIP_OFFERS] = { "offers", "re-INVITE and UPDATE with an offer" },
	[SIP_HELD] = { "held", "parties that were put on hold" },
	[SIP_CANCELLED] = { "cancelled", "incoming calls given up by CANCEL" },
	[SIP_REDIRECTS] = { "redirects", "outgoing calls redirected (3xx)" },
	[SIP_FAILOVERS] = { "failovers", "outgoing calls tried at the next peer" },
	[SIP_LOST] = { "lost", "calls ended because no sound came any more" },
	[SIP_UNEXPECTED] = { "unexpected", "messages that had no place in the state of their call" },
	[SIP_OPTIONS_FAILED] = { "options_failed", "OPTIONS without a good answer" },
};

static struct sip_trunk *sip_trunk_of(struct trunk *t)
{
	return container_of(t, struct sip_trunk, trunk);
}

static const struct sip_trunk *sip_trunk_of_const(const struct trunk *t)
{
	return (const struct sip_trunk *)((const char *)t - offsetof(struct sip_trunk, trunk));
}

/* ---- up and down ---- */

static bool peers_up(const struct sip_trunk *t)
{
	for (unsigned i = 0; i < t->config.peer_count; i++)
		if (t->peer[i].up)
			return true;
	return false;
}

static void look_at_peers(struct sip_trunk *t)
{
	bool up = peers_up(t);

	if (up == t->was_up)
		return;
	t->was_up = up;
	t->since_us = clock_mono_us();
	if (up)
		log_info("%s in service", t->trunk.name);
	else
		log_warn("%s out of service: no peer answers", t->trunk.name);
}

static void peer_good(struct sip_trunk *t, struct sip_peer *p)
{
	p->failures = 0;
	if (p->up)
		return;
	p->up = true;
	p->since_us = clock_mono_us();
	log_info("%s: peer %s answers", t->trunk.name, p->host);
	look_at_peers(t);
}

static void peer_bad(struct sip_trunk *t, struct sip_peer *p)
{
	if (t->config.options_s == 0) /* it is never asked, so it could never come back */
		return;
	p->failures++;
	if (!p->up || p->failures < FAILURES_DOWN)
		return;
	p->up = false;
	p->since_us = clock_mono_us();
	log_warn("%s: peer %s does not answer", t->trunk.name, p->host);
	look_at_peers(t);
}

void sip_trunk_peer_failed(struct sip_trunk *t, unsigned peer, int retry_after_s)
{
	struct sip_peer *p = &t->peer[peer];

	if (retry_after_s > 0)
		p->paused_until_us = clock_mono_us() + CLOCK_SEC(retry_after_s);
	else
		peer_bad(t, p);
}

static void peer_ask(struct sip_trunk *t, struct sip_peer *p)
{
	struct sip_message *m;
	char text[SIP_VALUE_MAX];

	p->question = sip_stack_number(t->sip->stack);
	m = sip_message_new(SIP_DO_OPTIONS, p->question);
	if (m == NULL)
		return;
	m->agent = t->agent;
	(void)snprintf(text, sizeof(text), "sip:%s%s", p->host, t->config.tcp ? ";transport=tcp" : "");
	sip_message_text(&m->uri, text);
	(void)snprintf(text, sizeof(text), "<sip:%s>", p->host);
	sip_message_text(&m->to, text);
	(void)snprintf(text, sizeof(text), "<sip:%s>", t->our_host);
	sip_message_text(&m->from, text);
	sip_stack_send(t->sip->stack, m);
}

static void trunk_options(struct loop_timer *timer)
{
	struct sip_trunk *t = container_of(timer, struct sip_trunk, options);

	for (unsigned i = 0; i < t->config.peer_count; i++)
		peer_ask(t, &t->peer[i]);
	loop_timer_start(&t->options, CLOCK_SEC(t->config.options_s));
	loop_timer_start(&t->options_wait, CLOCK_SEC(t->config.options_s < SIP_OPTIONS_WAIT_S ? t->config.options_s
	                                                                                      : SIP_OPTIONS_WAIT_S) -
	                                           CLOCK_MS(1));
}

static void trunk_options_over(struct loop_timer *timer)
{
	struct sip_trunk *t = container_of(timer, struct sip_trunk, options_wait);

	for (unsigned i = 0; i < t->config.peer_count; i++) {
		if (t->peer[i].question == 0)
			continue;
		t->peer[i].question = 0; /* a late answer is none */
		counter_inc(&t->counter[SIP_OPTIONS_FAILED]);
		peer_bad(t, &t->peer[i]);
	}
}

void sip_trunk_answered(struct sip_trunk *t, const struct sip_message *m)
{
	for (unsigned i = 0; i < t->config.peer_count; i++) {
		struct sip_peer *p = &t->peer[i];

		if (p->question != m->call)
			continue;
		p->question = 0;
		if (m->status != 408 && m->status != 503) { /* 404 or 405 is alive too */
			peer_good(t, p);
		} else {
			counter_inc(&t->counter[SIP_OPTIONS_FAILED]);
			peer_bad(t, p);
		}
	}
}

int sip_trunk_pick(struct sip_trunk *t, unsigned tried, unsigned *peer)
{
	int err = -ENETDOWN;

	for (unsigned i = 0; i < t->config.peer_count; i++) {
		if (!t->peer[i].up || tried & 1u << i)
			continue;
		if (t->peer[i].paused_until_us > clock_mono_us()) { /* RFC 3261 20.33 */
			err = -EBUSY;
			continue;
		}
		*peer = i;
		return 0;
	}
	return err;
}

/* ---- room ---- */

static unsigned free_channels(const struct sip_trunk *t)
{
	unsigned used = t->calls + t->reserved;

	return used < t->config.channels ? t->config.channels - used : 0;
}

bool sip_trunk_room(struct sip_trunk *t, bool reserved, enum sip_counter *why)
{
	int64_t now = clock_mono_us();

	*why = SIP_REFUSED_FULL;
	if (!reserved && free_channels(t) == 0)
		return false;
	*why = SIP_REFUSED_RATE;
	if (t->config.calls_per_s == 0)
		return true;
	if (now - t->second_us >= CLOCK_SEC(1)) {
		t->second_us = now;
		t->tokens = t->config.calls_per_s;
	}
	if (t->tokens == 0)
		return false;
	t->tokens--;
	return true;
}

static bool sip_trunk_up(const struct trunk *t)
{
	return peers_up(sip_trunk_of_const(t));
}

static unsigned sip_trunk_free_channels(const struct trunk *trunk)
{
	const struct sip_trunk *t = sip_trunk_of_const(trunk);
	unsigned ports = rtp_group_free_ports(t->group), n = free_channels(t);

	return n < ports ? n : ports;
}

static int sip_trunk_reserve(struct trunk *trunk)
{
	struct sip_trunk *t = sip_trunk_of(trunk);

	if (!peers_up(t))
		return -ENETDOWN;
	if (sip_trunk_free_channels(trunk) == 0)
		return -EBUSY;
	t->reserved++;
	return 0;
}

static void sip_trunk_release(struct trunk *trunk)
{
	struct sip_trunk *t = sip_trunk_of(trunk);

	assert(t->reserved > 0);
	t->reserved--;
}

static const struct trunk_ops sip_trunk_ops = {
	.dial = sip_leg_dial,
	.up = sip_trunk_up,
	.free_channels = sip_trunk_free_channels,
	.reserve = sip_trunk_reserve,
	.release = sip_trunk_release,
};

/* ---- building ---- */

static int trunk_sound(struct sip_trunk *t)
{
	struct sip *s = t->sip;
	const struct rtp_group_config *c = &t->config.rtp;
	int err;

	for (unsigned i = 0; i < s->sound_count; i++) {
		const struct rtp_group_config *have = &s->sound[i].config;

		if (address_same_host(&have->local, &c->local) && have->port_min == c->port_min &&
		    have->port_max == c->port_max) {
			t->group = s->sound[i].group;
			return 0;
		}
	}
	err = rtp_group_alloc(&s->sound[s->sound_count].group, s->loop, s->media, s->counters, c);
	if (err)
		return err;
	t->group = s->sound[s->sound_count].group;
	s->sound[s->sound_count++].config = *c;
	return 0;
}

static int trunk_agent(struct sip_trunk *t)
{
	struct sip_agent_config *a = calloc(1, sizeof(*a));
	const struct sip_trunk_config *c = &t->config;
	int err;

	if (a == NULL)
		return -ENOMEM;
	a->local = c->local;
	a->dscp = c->dscp;
	a->source_count = c->source_count ? c->source_count : c->peer_count;
	for (unsigned i = 0; i < a->source_count; i++) {
		if (c->source_count)
			a->source[i] = c->source[i];
		else
			a->source[i] = (struct sip_source){ .address = c->peer[i],
				                            .bits = c->peer[i].ss_family == AF_INET6 ? 128 : 32 };
		a->source[i].trunk = t->index;
	}
	err = sip_stack_add(t->sip->stack, a, &t->agent);
	free(a);
	return err;
}

static void trunk_peers(struct sip_trunk *t)
{
	for (unsigned i = 0; i < t->config.peer_count; i++) {
		address_format(&t->config.peer[i], t->peer[i].host, sizeof(t->peer[i].host));
		t->peer[i].up = t->config.options_s == 0;
		t->peer[i].since_us = clock_mono_us();
	}
	if (t->config.domain[0])
		(void)snprintf(t->our_host, sizeof(t->our_host), "%s", t->config.domain);
	else
		address_format(&t->config.local, t->our_host, sizeof(t->our_host));
	t->was_up = peers_up(t);
	t->since_us = clock_mono_us();
}

int sip_trunk_alloc(struct sip_trunk **tp, struct sip *s, const struct sip_trunk_config *c)
{
	struct sip_trunk *t;
	int err;

	MAGIC_CHECK(s, SIP_MAGIC);
	if (s->trunk_count == SIP_TRUNKS_MAX)
		return -ENOSPC;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	t->magic = SIP_TRUNK_MAGIC;
	t->index = s->trunk_count;
	t->sip = s;
	t->config = *c;
	t->trunk.ops = &sip_trunk_ops;
	t->trunk.unanswered = c->unanswered;
	t->trunk.show_host = c->show_host;
	(void)snprintf(t->trunk.name, sizeof(t->trunk.name), "sip/%s", c->name);
	loop_timer_init(s->loop, &t->options, trunk_options);
	loop_timer_init(s->loop, &t->options_wait, trunk_options_over);
	trunk_peers(t);
	err = trunk_sound(t);
	if (!err)
		err = trunk_agent(t);
	if (err) {
		free(t);
		return err;
	}
	t->group_counters =
		(struct counter_group){ .desc = sip_counters, .values = t->counter, .count = SIP_COUNTERS };
	(void)snprintf(t->group_counters.name, sizeof(t->group_counters.name), "sip.%s", c->name);
	if (s->counters)
		counter_register(s->counters, &t->group_counters);
	s->trunk[s->trunk_count++] = t;
	*tp = t;
	return 0;
}

int sip_start(struct sip *s)
{
	int err = sip_stack_start(s->stack);

	for (unsigned i = 0; !err && i < s->trunk_count; i++)
		if (s->trunk[i]->config.options_s > 0)
			loop_timer_start(&s->trunk[i]->options, 0);
	return err;
}

struct trunk *sip_trunk_trunk(struct sip_trunk *t)
{
	return &t->trunk;
}

void sip_trunk_info(const struct sip_trunk *t, struct sip_trunk_info *out)
{
	int64_t now = clock_mono_us();

	*out = (struct sip_trunk_info){
		.name = t->config.name,
		.transport = t->config.tcp ? "tcp" : "udp",
		.up = peers_up(t),
		.since_us = t->since_us,
		.calls = t->calls,
		.calls_in = t->calls_in,
		.reserved = t->reserved,
		.channels = t->config.channels,
		.free_channels = sip_trunk_free_channels(&t->trunk),
		.calls_per_s = t->config.calls_per_s,
		.peer_count = t->config.peer_count,
	};
	for (unsigned i = 0; i < t->config.peer_count; i++) {
		const struct sip_peer *p = &t->peer[i];

		(void)snprintf(out->peer[i].address, sizeof(out->peer[i].address), "%s", p->host);
		out->peer[i].up = p->up;
		out->peer[i].failures = p->failures;
		out->peer[i].since_us = p->since_us;
		out->peer[i].paused_s = p->paused_until_us > now ? (unsigned)((p->paused_until_us - now) / 1000000) + 1 : 0;
	}
}
