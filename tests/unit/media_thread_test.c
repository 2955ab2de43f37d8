/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine with its real thread, in real time: two seconds in which control does everything at once that it may, 60 ports in 20
 * rooms, as the thread sanitizer looks on; a trunk that is pumped each millisecond; a stop in the middle. What is counted here is
 * what the clock really did, so a slow machine makes ticks late, and the test only wants that to be counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/counter.h"
#include "core/loop.h"
#include "core/magic.h"
#include "core/random.h"
#include "media/media.h"
#include "media/recorder.h"
#include "media/tones.h"
#include "media/trunk.h"

#define PORTS  60
#define ROOMS  20
#define RUN_MS 2000

struct line {
	struct media_port *port;
	uint64_t sample;      /* (M) spoken so far */
	unsigned digits, played, plays;
};

struct rig {
	struct loop            *loop;
	struct media           *media;
	struct counter_registry counters;
	struct media_trunk      trunk;
	struct line             line[PORTS];
	struct media_room      *room[ROOMS];
	struct clip            *keys, *voice;
	struct loop_timer       timer, end;
	struct recorder        *recorder;
	int64_t                 deadline_us;   /* (M) the next pump */
	unsigned                reads, writes, pumps, gaps;  /* (M), read after the stop */
	int64_t                 last_us;
	bool                    removed;
	unsigned                turns;
};

static void rig_read(struct media_trunk *t, int64_t tick_us)
{
	struct rig *r = container_of(t, struct rig, trunk);

	if (r->last_us && tick_us - r->last_us != MEDIA_TICK_US)
		r->gaps++;
	r->last_us = tick_us;
	r->reads++;
	for (unsigned i = 0; i < PORTS; i++) {
		struct media_slot *s = media_port_slot(r->line[i].port);

		for (unsigned k = 0; k < MEDIA_FRAME; k++)
			s->rx.s[k] = r->keys->s[(r->line[i].sample + k) % r->keys->samples];
		r->line[i].sample += MEDIA_FRAME;
	}
}

static void rig_write(struct media_trunk *t, int64_t tick_us)
{
	(void)tick_us;
	container_of(t, struct rig, trunk)->writes++;
}

static int64_t rig_pump(struct media_trunk *t, int64_t now_us)
{
	struct rig *r = container_of(t, struct rig, trunk);

	if (!r->deadline_us)
		r->deadline_us = now_us;
	while (r->deadline_us <= now_us) {
		r->deadline_us += 1000;
		r->pumps++;
	}
	return r->deadline_us;
}

static void rig_removed(struct loop_task *t)
{
	container_of(t, struct rig, trunk.removed)->removed = true;
}

static void on_media(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct line *l = arg;

	assert_ptr_equal(l->port, p);
	if (ev->type == MEDIA_PLAYED)
		l->played++;
	else
		l->digits++;
}

static void play(struct rig *r, struct line *l)
{
	const struct media_play p = {
		.item = { { r->voice, random_below(20) }, { r->keys, 0 } }, .count = 2, .times = 1, .append = random_below(2),
		.stop_on_digit = random_below(2), .direction = random_below(2),
	};

	media_play(l->port, &p);
	l->plays++;
}

static void everything(struct loop_timer *t)
{
	struct rig *r = container_of(t, struct rig, timer);

	for (int i = 0; i < 20; i++) {
		struct line *l = &r->line[random_below(PORTS)];
		struct media_room **room = &r->room[random_below(ROOMS)];

		switch (random_below(10)) {
		case 0:
			media_port_close(l->port);
			l->plays = l->played = 0;
			media_port_open(l->port, on_media, l);
			break;
		case 1:
			media_room_free(*room);
			assert_int_equal(media_room_alloc(room, r->media), 0);
			break;
		case 2:
			media_room_leave(l->port);
			break;
		case 3:
			media_port_gate(l->port, random_below(2), random_below(2));
			break;
		case 4:
			media_port_set_gain(l->port, (int)random_below(100) - 60);
			break;
		case 5:
			media_play_stop(l->port, random_below(2));
			break;
		case 6:
			media_record(l->port, random_below(2), NULL);
			recorder_free(r->recorder);
			assert_int_equal(recorder_alloc(&r->recorder, r->loop), 0);
			media_record(l->port, random_below(2), r->recorder);
			break;
		case 7:
			media_room_join(*room, l->port, random_below(4));
			break;
		default:
			play(r, l);
		}
	}
	r->turns++;
	loop_timer_start(t, 1000);
}

static void end(struct loop_timer *t)
{
	loop_stop(container_of(t, struct rig, end)->loop);
}

static const struct media_trunk_ops rig_ops = { .read = rig_read, .write = rig_write, .pump = rig_pump };

static uint64_t counted(struct rig *r, const char *name)
{
	struct counter_group *g = r->counters.first;

	for (unsigned i = 0; i < g->count; i++)
		if (strcmp(g->desc[i].name, name) == 0)
			return counter_get(&g->values[i]);
	fail_msg("no counter %s", name);
	return 0;
}

static struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	assert_int_equal(loop_alloc(&r->loop), 0);
	assert_int_equal(media_alloc(&r->media, r->loop, &r->counters, "media"), 0);
	assert_int_equal(tone_clip_dtmf(&r->keys, "13900000002#", 80, 80, -10), 0);
	assert_int_equal(tone_clip_beep(&r->voice, 300, 0, -15, 60, 1), 0);
	r->trunk.ops = &rig_ops;
	r->trunk.removed.run = rig_removed;
	for (unsigned i = 0; i < PORTS; i++) {
		assert_int_equal(media_port_alloc(&r->line[i].port, r->media, "line"), 0);
		media_port_open(r->line[i].port, on_media, &r->line[i]);
		r->line[i].sample = i * 100;
	}
	for (unsigned i = 0; i < ROOMS; i++)
		assert_int_equal(media_room_alloc(&r->room[i], r->media), 0);
	for (unsigned i = 0; i < PORTS; i++)
		media_room_join(r->room[i % ROOMS], r->line[i].port, MEDIA_SPEAK | MEDIA_HEAR);
	media_trunk_add(r->media, &r->trunk);
	loop_timer_init(r->loop, &r->timer, everything);
	loop_timer_init(r->loop, &r->end, end);
	return r;
}

static void run_ms(struct rig *r, int64_t ms)
{
	loop_timer_start(&r->end, CLOCK_MS(ms));
	loop_run(r->loop);
}

static void rig_free(struct rig *r)
{
	loop_timer_stop(&r->timer);
	for (unsigned i = 0; i < PORTS; i++)
		media_port_free(r->line[i].port);
	for (unsigned i = 0; i < ROOMS; i++)
		media_room_free(r->room[i]);
	media_trunk_remove(r->media, &r->trunk);
	recorder_free(r->recorder);
	run_ms(r, 50);
	media_stop(r->media);
	media_free(r->media);
	run_ms(r, 0);
	assert_true(r->removed);
	loop_free(r->loop);
	assert_int_equal(r->keys->refs, 1);
	assert_int_equal(r->voice->refs, 1);
	clip_unref(r->keys);
	clip_unref(r->voice);
	free(r);
}

/* Ticks done and skipped together are the time that has passed. */
static void quiet_rooms(void **state)
{
	struct rig *r = rig_new();
	int64_t began_us, ran_us, ticks;
	unsigned digits = 0;

	(void)state;
	assert_int_equal(media_start(r->media), 0);
	began_us = clock_mono_us();
	run_ms(r, RUN_MS);
	media_stop(r->media);
	ran_us = clock_mono_us() - began_us;
	ticks = (int64_t)(counted(r, "ticks") + counted(r, "skipped_ticks"));
	assert_int_equal(counted(r, "ticks"), r->reads);
	assert_int_equal(r->reads, r->writes);
	assert_in_range(ticks, (ran_us - MEDIA_TICK_US * 12) / MEDIA_TICK_US, ran_us / MEDIA_TICK_US + 1);
	assert_in_range(r->pumps, (ran_us - 120000) / 1000, ran_us / 1000 + 2);
	assert_true((r->gaps > 0) == (counted(r, "skipped_ticks") > 0));
	for (unsigned i = 0; i < PORTS; i++)
		digits += r->line[i].digits;
	if (r->gaps == 0) /* each port hears 12 digits, a begin and an end, each 1920 ms */
		assert_in_range(digits, PORTS * 20, PORTS * 27);
	assert_int_equal(counted(r, "events_lost"), 0);
	printf("60 ports in 20 rooms: ticks %d, late %d, skipped %d, longest %d us\n", (int)counted(r, "ticks"),
	       (int)counted(r, "late_ticks"), (int)counted(r, "skipped_ticks"), (int)counted(r, "max_tick_us"));
	rig_free(r);
}

static void everything_at_once(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	assert_int_equal(recorder_alloc(&r->recorder, r->loop), 0);
	assert_int_equal(media_start(r->media), 0);
	loop_timer_start(&r->timer, 1000);
	run_ms(r, RUN_MS);
	loop_timer_stop(&r->timer);
	assert_true(r->turns > 100);
	for (unsigned i = 0; i < PORTS; i++) { /* every play of the present opening is told of, once */
		media_play_stop(r->line[i].port, MEDIA_TO_LINE);
		media_play_stop(r->line[i].port, MEDIA_TO_INSIDE);
	}
	run_ms(r, 300);
	for (unsigned i = 0; i < PORTS; i++)
		assert_int_equal(r->line[i].played, r->line[i].plays);
	assert_int_equal(counted(r, "events_lost"), 0);
	rig_free(r);
}

/* More commands in one go than the ring holds, while the thread takes them out at the other end. */
static void flood(void **state)
{
	struct rig *r = rig_new();
	struct line *l = &r->line[0];

	(void)state;
	assert_int_equal(media_start(r->media), 0);
	for (unsigned i = 0; i < 20000; i++)
		play(r, l);
	media_play_stop(l->port, MEDIA_TO_LINE);
	media_play_stop(l->port, MEDIA_TO_INSIDE);
	run_ms(r, 500);
	assert_int_equal(l->played, 20000);
	rig_free(r);
}

/* Stopped in the middle of things: all of it comes back. */
static void stop_in_the_middle(void **state)
{
	struct rig *r = rig_new();

	(void)state;
	assert_int_equal(recorder_alloc(&r->recorder, r->loop), 0);
	assert_int_equal(media_start(r->media), 0);
	loop_timer_start(&r->timer, 1000);
	run_ms(r, 100);
	everything(&r->timer);
	media_stop(r->media);
	everything(&r->timer);
	run_ms(r, 20);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_rooms),
		cmocka_unit_test(everything_at_once),
		cmocka_unit_test(flood),
		cmocka_unit_test(stop_in_the_middle),
	};

	random_seed(9);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
