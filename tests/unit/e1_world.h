/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/e1_world.h - a node's span and an exchange's, joined by pair in one loop under a virtual clock. Every event is kept
 * in order.
 */
#ifndef TESTS_UNIT_E1_WORLD_H
#define TESTS_UNIT_E1_WORLD_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/loop.h"
#include "core/magic.h"
#include "core/random.h"
#include "e1/e1.h"
#include "media/media.h"

#define SIDES 2
enum { CPE, NET };

struct seen {
	struct e1_event ev;
	struct e1_setup setup;
	char            digits[E1_NUMBER_MAX + 1], text[64];
	int             side;
	unsigned        timeslot;
	int64_t         now_us;
};

struct e1_world {
	struct loop            *loop;
	struct media           *media;
	struct counter_registry counters;
	struct e1_span         *span[SIDES];
	struct seen             seen[4000];
	unsigned                count;
	/* what the exchange does with a call by itself; NULL nothing */
	void (*on_ring)(struct e1_world *w, int side, struct e1_call *c, const struct e1_setup *setup);
	void (*on_event)(struct e1_world *w, int side, const struct e1_event *ev);
};

static void e1_world_event(struct e1_span *s, const struct e1_event *ev, void *arg)
{
	struct e1_world *w = arg;
	struct seen *e = &w->seen[w->count++];

	assert_true(w->count < ARRAY_LEN(w->seen));
	*e = (struct seen){ .ev = *ev, .side = s == w->span[NET], .now_us = clock_mono_us() };
	if (ev->setup)
		e->setup = *ev->setup;
	if (ev->digits)
		strcpy(e->digits, ev->digits);
	if (ev->text)
		strcpy(e->text, ev->text);
	if (ev->call)
		e->timeslot = e1_call_timeslot(ev->call);
	if (ev->type == E1_RING && w->on_ring)
		w->on_ring(w, e->side, ev->call, ev->setup);
	if (w->on_event)
		w->on_event(w, e->side, ev);
}

static void run_ms(struct e1_world *w, int64_t ms)
{
	loop_run_until(w->loop, clock_mono_us() + CLOCK_MS(ms), NULL);
}

static void e1_world_span(struct e1_world *w, int side, void (*tune)(struct e1_span_config *c, int side))
{
	struct e1_span_config c;

	e1_span_config_default(&c);
	strcpy(c.name, side == CPE ? "cpe" : "net");
	c.role = side == CPE ? E1_CPE : E1_NETWORK;
	c.transport = E1_PAIR;
	c.hunt_from_high = side == CPE;
	if (tune)
		tune(&c, side);
	assert_int_equal(e1_span_alloc(&w->span[side], w->loop, w->media, &w->counters, &c, e1_world_event, w), 0);
}

static struct e1_world *e1_world_new(void (*tune)(struct e1_span_config *c, int side))
{
	struct e1_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	if (!clock_is_virtual())
		clock_virtual_start(1767225600000000);
	random_seed(1);
	assert_int_equal(loop_alloc(&w->loop), 0);
	assert_int_equal(media_alloc(&w->media, w->loop, &w->counters, "media"), 0);
	for (int i = 0; i < SIDES; i++)
		e1_world_span(w, i, tune);
	e1_pair_join(w->span[CPE], w->span[NET]);
	assert_int_equal(media_start(w->media), 0);
	return w;
}

__attribute__((unused)) static int e1_world_setup(void **state)
{
	struct e1_world *w = e1_world_new(NULL);

	run_ms(w, 6000); /* the node's RESTARTs too are over */
	assert_true(e1_span_up(w->span[CPE]) && e1_span_up(w->span[NET]));
	w->count = 0;
	*state = w;
	return 0;
}

static int e1_world_teardown(void **state)
{
	struct e1_world *w = *state;

	for (int i = 0; i < SIDES; i++)
		e1_span_free(w->span[i]);
	run_ms(w, 50);
	media_stop(w->media);
	run_ms(w, 0);
	media_free(w->media);
	loop_free(w->loop);
	assert_null(w->counters.first);
	free(w);
	return 0;
}

__attribute__((unused)) static uint64_t e1_world_counter(struct e1_world *w, int side, const char *name)
{
	for (struct counter_group *g = w->counters.first; g; g = g->next) {
		if (strcmp(g->name, side == CPE ? "span.cpe" : "span.net") != 0)
			continue;
		for (unsigned i = 0; i < g->count; i++)
			if (strcmp(g->desc[i].name, name) == 0)
				return counter_get(&g->values[i]);
	}
	fail_msg("no counter %s", name);
	return 0;
}

/* The nth event of a type on a side since count was set to 0, NULL if there was none. */
__attribute__((unused)) static struct seen *seen(struct e1_world *w, int side, enum e1_event_type type, unsigned nth)
{
	for (unsigned i = 0; i < w->count; i++)
		if (w->seen[i].side == side && w->seen[i].ev.type == type && nth-- == 0)
			return &w->seen[i];
	return NULL;
}

__attribute__((unused)) static unsigned seen_count(struct e1_world *w, int side, enum e1_event_type type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->count; i++)
		n += w->seen[i].side == side && w->seen[i].ev.type == type;
	return n;
}

static struct e1_setup setup_to(const char *called)
{
	struct e1_setup s = { .bearer = E1_BEARER_3K1, .sending_complete = true };

	s.called.present = true;
	s.called.npi = 1;
	strcpy(s.called.digits, called);
	s.calling.present = true;
	s.calling.npi = 1;
	s.calling.ton = E1_TON_NATIONAL;
	s.calling.screening = E1_SCREEN_NETWORK;
	strcpy(s.calling.digits, "13800000001");
	return s;
}

__attribute__((unused)) static struct e1_call *dial(struct e1_world *w, int side, const char *called)
{
	struct e1_setup s = setup_to(called);
	struct e1_call *c = NULL;

	assert_int_equal(e1_call_dial(w->span[side], &s, false, NULL, &c), 0);
	return c;
}

#endif
