/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/media_world.h - an engine with ports on a trunk of memory, under a virtual clock. What the far end says is an array,
 * what it hears too; sample n of both is at tick n / 80 from the start of the world. Included by the media tests, after cmocka.
 */
#ifndef TESTS_UNIT_MEDIA_WORLD_H
#define TESTS_UNIT_MEDIA_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/counter.h"
#include "core/loop.h"
#include "core/magic.h"
#include "core/random.h"
#include "media/media.h"
#include "media/trunk.h"

#define WORLD_PORTS   8
#define WORLD_TICKS   3000
#define WORLD_SAMPLES (WORLD_TICKS * MEDIA_FRAME)
#define WORLD_EVENTS  12000

struct world_event {
	struct media_event ev;
	int      port;
	uint64_t tick;  /* reads done when it came */
};

struct world {
	struct loop            *loop;
	struct media           *media;
	struct counter_registry counters;
	struct media_trunk      trunk;
	struct media_port      *port[WORLD_PORTS];
	int16_t                *says[WORLD_PORTS], *hears[WORLD_PORTS];
	bool                    lost[WORLD_TICKS];
	int64_t                 tick_us[WORLD_TICKS];
	unsigned                reads, writes, pumps;
	bool                    removed;
	struct world_event      events[WORLD_EVENTS];
	unsigned                event_count;
};

static struct world *world_of(struct media_trunk *t)
{
	return container_of(t, struct world, trunk);
}

static void world_read(struct media_trunk *t, int64_t tick_us)
{
	struct world *w = world_of(t);

	assert_true(w->reads < WORLD_TICKS && w->reads == w->writes);
	w->tick_us[w->reads] = tick_us;
	for (int i = 0; i < WORLD_PORTS; i++) {
		struct media_slot *s = media_port_slot(w->port[i]);

		if (s->open)
			memcpy(s->rx.s, w->says[i] + w->reads * MEDIA_FRAME, MEDIA_FRAME * sizeof(int16_t));
		s->rx_lost = w->lost[w->reads];
	}
	w->reads++;
}

static void world_write(struct media_trunk *t, int64_t tick_us)
{
	struct world *w = world_of(t);

	assert_int_equal(tick_us, w->tick_us[w->writes]);
	for (int i = 0; i < WORLD_PORTS; i++) {
		const struct media_slot *s = media_port_slot(w->port[i]);

		memcpy(w->hears[i] + w->writes * MEDIA_FRAME, s->tx.s, MEDIA_FRAME * sizeof(int16_t));
	}
	w->writes++;
}

static int64_t world_pump(struct media_trunk *t, int64_t now_us)
{
	world_of(t)->pumps++;
	return now_us + 1000;
}

static void world_removed(struct loop_task *t)
{
	container_of(t, struct world, trunk.removed)->removed = true;
}

static const struct media_trunk_ops world_ops = { .read = world_read, .write = world_write, .pump = world_pump };

static void world_event(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct world *w = arg;
	int i = 0;

	while (w->port[i] != p)
		i++;
	assert_true(w->event_count < WORLD_EVENTS);
	w->events[w->event_count++] = (struct world_event){ .ev = *ev, .port = i, .tick = w->reads };
}

__attribute__((unused)) static void world_open_all(struct world *w)
{
	for (int i = 0; i < WORLD_PORTS; i++)
		media_port_open(w->port[i], world_event, w);
}

/* Everything but the start of the engine. */
static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	if (!clock_is_virtual())
		clock_virtual_start(1767225600000000);
	assert_int_equal(loop_alloc(&w->loop), 0);
	assert_int_equal(media_alloc(&w->media, w->loop, &w->counters, "media"), 0);
	for (int i = 0; i < WORLD_PORTS; i++) {
		char name[8] = { 'p', (char)('0' + i) };

		assert_int_equal(media_port_alloc(&w->port[i], w->media, name), 0);
		w->says[i] = calloc(WORLD_SAMPLES, sizeof(int16_t));
		w->hears[i] = calloc(WORLD_SAMPLES, sizeof(int16_t));
		assert_true(w->says[i] && w->hears[i]);
	}
	w->trunk.ops = &world_ops;
	w->trunk.removed.run = world_removed;
	media_trunk_add(w->media, &w->trunk);
	return w;
}

static void world_run_ms(struct world *w, int64_t ms)
{
	loop_run_until(w->loop, clock_mono_us() + CLOCK_MS(ms), NULL);
}

__attribute__((unused)) static int world_setup(void **state)
{
	struct world *w = world_new();

	assert_int_equal(media_start(w->media), 0);
	world_open_all(w);
	*state = w;
	return 0;
}

__attribute__((unused)) static void world_free(struct world *w)
{
	for (int i = 0; i < WORLD_PORTS; i++)
		media_port_free(w->port[i]);
	if (!w->removed)
		media_trunk_remove(w->media, &w->trunk);
	media_stop(w->media);
	world_run_ms(w, 0);
	media_free(w->media);
	assert_true(w->removed);
	for (int i = 0; i < WORLD_PORTS; i++) {
		free(w->says[i]);
		free(w->hears[i]);
	}
	loop_free(w->loop);
	assert_null(w->counters.first);
	free(w);
}

__attribute__((unused)) static int world_teardown(void **state)
{
	world_free(*state);
	return 0;
}

__attribute__((unused)) static uint64_t world_counter(struct world *w, const char *name)
{
	struct counter_group *g = w->counters.first;

	for (unsigned i = 0; i < g->count; i++)
		if (strcmp(g->desc[i].name, name) == 0)
			return counter_get(&g->values[i]);
	fail_msg("no counter %s", name);
	return 0;
}

__attribute__((unused)) static void world_say_noise(struct world *w, int port)
{
	random_bytes(w->says[port], WORLD_SAMPLES * sizeof(int16_t));
}

__attribute__((unused)) static struct clip *world_noise_clip(size_t samples)
{
	struct clip *c;

	assert_int_equal(clip_alloc(&c, MEDIA_RATE, samples), 0);
	random_bytes(c->s, samples * sizeof(int16_t));
	return c;
}

__attribute__((unused)) static int16_t world_clip(int64_t v)
{
	return v > 32767 ? 32767 : v < -32768 ? -32768 : (int16_t)v;
}

#endif
