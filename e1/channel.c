/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/internal.h"

#include <errno.h>
#include <stdio.h>

#include "core/clock.h"

#define LOG_MODULE "e1"

/* For RESTART ACKNOWLEDGE, then no more is asked. An exchange answers within milliseconds; T316 is 120 s, but the channels are
 * wanted. */
#define RESTART_WAIT_US CLOCK_SEC(2)

bool e1_channel_free(const struct e1_span *s, unsigned timeslot)
{
	const struct e1_channel *ch = &s->channel[timeslot];

	return ch->port && ch->in_service && ch->call == NULL && ch->closing == 0 && !ch->restarting;
}

/* The timeslot that is looked at as the nth: from the end opposite to the exchange (rule 7), so that the two meet only when the
 * span is full. */
static unsigned channel_hunted(const struct e1_span *s, unsigned nth)
{
	return s->config.hunt_from_high ? E1_TIMESLOTS + 1 - nth : nth;
}

unsigned e1_channel_pick(const struct e1_span *s, unsigned not_this)
{
	for (unsigned i = 1; i <= E1_TIMESLOTS; i++) {
		unsigned ts = channel_hunted(s, i);

		if (ts != not_this && e1_channel_free(s, ts))
			return ts;
	}
	return 0;
}

void e1_channel_take(struct e1_span *s, unsigned timeslot, struct e1_call *c)
{
	struct e1_channel *ch = &s->channel[timeslot];

	assert(ch->port && ch->call == NULL);
	ch->call = c;
	ch->since_us = clock_mono_us();
	c->timeslot = timeslot;
}

void e1_channel_leave(struct e1_span *s, struct e1_call *c)
{
	struct e1_channel *ch = &s->channel[c->timeslot];

	if (c->timeslot && ch->call == c) {
		/* Moving to another channel; a call that is over keeps its port until E1_GONE is delivered. */
		if (c->state != E1_CALL_GONE && media_port_is_open(ch->port))
			media_port_close(ch->port);
		ch->call = NULL;
		ch->since_us = clock_mono_us();
	}
}

unsigned e1_span_free_channels(const struct e1_span *s)
{
	unsigned n = 0;

	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	if (s->state != E1_SPAN_IN_SERVICE)
		return 0;
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		n += e1_channel_free(s, ts);
	return n > s->reserved ? n - s->reserved : 0;
}

int e1_span_reserve(struct e1_span *s)
{
	if (e1_span_free_channels(s) == 0)
		return -EBUSY;
	s->reserved++;
	return 0;
}

void e1_span_release(struct e1_span *s)
{
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	assert(s->reserved > 0);
	s->reserved--;
}

unsigned e1_span_channels(const struct e1_span *s, struct e1_channel_info out[E1_TIMESLOTS])
{
	unsigned n = 0;

	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		const struct e1_channel *ch = &s->channel[ts];
		struct e1_channel_info *i = &out[n];

		if (ch->port == NULL)
			continue;
		*i = (struct e1_channel_info){
			.timeslot = ts, .in_service = ch->in_service, .call = ch->call, .since_us = ch->since_us
		};
		(void)snprintf(i->state, sizeof(i->state), "%s",
		               ch->call       ? e1_call_state_name(ch->call->state)
		               : ch->restarting ? "restarting"
		                                : "idle");
		if (ch->call) {
			(void)snprintf(i->calling, sizeof(i->calling), "%s", ch->call->setup.calling.digits);
			(void)snprintf(i->called, sizeof(i->called), "%s", ch->call->setup.called.digits);
		}
		n++;
	}
	return n;
}

/* ---- RESTART (Q.931 5.5): ours one channel at a time, since libpri remembers one; those first that are picked first ---- */

static void restart_next(struct e1_span *s)
{
	for (unsigned i = 1; i <= E1_TIMESLOTS; i++) {
		unsigned ts = channel_hunted(s, i);
		struct e1_channel *ch = &s->channel[ts];

		if (!ch->to_restart)
			continue;
		ch->to_restart = false;
		if (ch->call || e1_q931_restart(s->q931, ts) != 0) {
			ch->restarting = false;
			continue;
		}
		loop_timer_start(&s->restart_timer, RESTART_WAIT_US);
		return;
	}
	loop_timer_stop(&s->restart_timer);
}

/* The one that was out is done: those that wait still are marked to_restart. */
static void restart_done(struct e1_span *s)
{
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		if (s->channel[ts].restarting && !s->channel[ts].to_restart)
			s->channel[ts].restarting = false;
}

void e1_channel_restart_acked(struct e1_span *s)
{
	restart_done(s);
	restart_next(s);
}

static void restart_timeout(struct loop_timer *t)
{
	struct e1_span *s = container_of(t, struct e1_span, restart_timer);

	/* Who does not answer one answers none: the others would each be out of use as long. */
	log_warn("%s: no answer to RESTART", s->config.name);
	e1_channel_stop(s);
}

void e1_span_restart_channels(struct e1_span *s)
{
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	if (!s->layer2)
		return;
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		struct e1_channel *ch = &s->channel[ts];

		if (e1_channel_free(s, ts))
			ch->to_restart = ch->restarting = true;
	}
	if (!loop_timer_started(&s->restart_timer))
		restart_next(s);
}

int e1_span_set_service(struct e1_span *s, unsigned timeslot, bool in_service)
{
	struct e1_channel *ch;

	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	if (timeslot > E1_TIMESLOTS || s->channel[timeslot].port == NULL)
		return -EINVAL;
	ch = &s->channel[timeslot];
	if (in_service && !ch->in_service && s->layer2 && ch->call == NULL) {
		ch->to_restart = ch->restarting = true;
		if (!loop_timer_started(&s->restart_timer))
			restart_next(s);
	}
	ch->in_service = in_service;
	return 0;
}

/* The peer's: its calls there are no more (5.5.2). */
void e1_channel_restarted(struct e1_span *s, int channel, int64_t at_us)
{
	struct list *pos, *next;

	list_for_each(pos, next, &s->calls) {
		struct e1_call *c = list_entry(pos, struct e1_call, link);

		if (channel < 0 || channel == 0xff || c->timeslot == (unsigned)channel)
			e1_call_lost(c, 41, true, at_us); /* temporary failure: Q.850 has no closer one for a restart */
	}
}

void e1_channel_init(struct e1_span *s)
{
	loop_timer_init(s->loop, &s->restart_timer, restart_timeout);
}

void e1_channel_stop(struct e1_span *s)
{
	loop_timer_stop(&s->restart_timer);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		s->channel[ts].to_restart = s->channel[ts].restarting = false;
}
