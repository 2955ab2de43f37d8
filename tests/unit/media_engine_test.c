/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine itself: rings that overflow, lives that end in any order, time that jumps, trunks that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/recorder.h"
#include "tests/unit/media_world.h"

static void ticks_and_pumps(void **state)
{
	struct world *w = *state;

	world_run_ms(w, 1000);
	assert_int_equal(w->reads, 100);
	assert_int_equal(w->writes, 100);
	assert_int_equal(w->pumps, 100); /* under a virtual clock with the tick */
	for (unsigned i = 1; i < 100; i++)
		assert_int_equal(w->tick_us[i] - w->tick_us[i - 1], MEDIA_TICK_US);
	assert_int_equal(world_counter(w, "ticks"), 100);
	assert_int_equal(world_counter(w, "late_ticks"), 0);
	assert_int_equal(world_counter(w, "skipped_ticks"), 0);
}

/* 50 ms late: five ticks at once. 250 ms late: what is beyond 100 ms is skipped. */
static void time_jumps(void **state)
{
	struct world *w = *state;
	int64_t last_us;

	world_run_ms(w, 100);
	clock_virtual_set(clock_mono_us() + CLOCK_MS(50));
	world_run_ms(w, 0);
	assert_int_equal(w->reads, 15);
	assert_int_equal(world_counter(w, "late_ticks"), 4);
	assert_int_equal(world_counter(w, "skipped_ticks"), 0);
	last_us = w->tick_us[14];
	clock_virtual_set(clock_mono_us() + CLOCK_MS(250));
	world_run_ms(w, 0);
	assert_int_equal(world_counter(w, "skipped_ticks"), 14);
	assert_int_equal(w->reads, 15 + 11);
	assert_int_equal(w->tick_us[15] - last_us, 15 * MEDIA_TICK_US);
	world_run_ms(w, 100);
	assert_int_equal(w->reads, 15 + 11 + 10);
	assert_int_equal(w->tick_us[w->reads - 1], clock_mono_us());
}

/* Five rings full of commands in one turn: all are done, in order, none is lost. */
static void commands_overflow(void **state)
{
	struct world *w = *state;
	struct media_room *r, *second;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	assert_int_equal(media_room_alloc(&second, w->media), 0);
	for (int n = 0; n < WORLD_SAMPLES; n++)
		w->says[0][n] = 1000;
	for (int i = 0; i < 20000; i++) {
		media_room_join(i % 2 ? r : second, w->port[0], MEDIA_SPEAK);
		media_port_set_gain(w->port[1], i % 201 - 200);
	}
	media_port_set_gain(w->port[1], 60);
	media_room_join(r, w->port[1], MEDIA_HEAR);
	world_run_ms(w, 500);
	assert_in_range(w->hears[1][(w->writes - 1) * MEDIA_FRAME], 1990, 2000);
	assert_true(world_counter(w, "commands_held") > 30000);
	assert_in_range(world_counter(w, "commands"), 40004, 40030);
	media_room_free(r);
	media_room_free(second);
}

/* More things come back than the ring holds: they wait and come, each once. */
static void returns_overflow(void **state)
{
	struct world *w = world_new(); /* not started: commands are done at once, nothing drains */
	struct clip *c = world_noise_clip(10);
	struct media_play p = { .item = { { c, 0 } }, .count = 1, .times = 1 };

	(void)state;
	world_open_all(w);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(media_play(w->port[0], &p), i + 1); /* each replaces the one before */
	assert_int_equal(c->refs, 10001);
	assert_true(world_counter(w, "returns_delayed") > 0);
	world_run_ms(w, 0);
	assert_int_equal(w->event_count, 9999);
	for (unsigned i = 0; i < 9999; i++)
		assert_true(w->events[i].ev.play == i + 1 && w->events[i].ev.cut);
	assert_int_equal(c->refs, 2);
	for (int i = 0; i < 10000; i++)
		media_play(w->port[0], &p);
	world_free(w);
	assert_int_equal(c->refs, 1);
	clip_unref(c);
}

/* Everything is given back, whenever it is let go: before the start, while it runs, after the stop. */
static void lives(void **state)
{
	(void)state;
	for (int when = 0; when < 3; when++) {
		struct world *w = world_new();
		struct clip *c = world_noise_clip(100000);
		struct media_play p = { .item = { { c, 0 } }, .count = 1, .times = 1 };
		struct media_port *extra;
		struct media_room *r;
		struct recorder *rec;

		if (when > 0)
			assert_int_equal(media_start(w->media), 0);
		assert_int_equal(media_port_alloc(&extra, w->media, "extra"), 0);
		assert_int_equal(media_room_alloc(&r, w->media), 0);
		assert_int_equal(recorder_alloc(&rec, w->loop), 0);
		media_port_open(extra, NULL, NULL);
		media_play(extra, &p);
		p.direction = MEDIA_TO_INSIDE;
		media_play(extra, &p);
		media_room_play(r, MEDIA_ROOM_MUSIC, &p);
		media_room_join(r, extra, MEDIA_SPEAK | MEDIA_HEAR);
		media_record(extra, MEDIA_TAP_LINE, rec);
		assert_int_equal(c->refs, 4);
		if (when > 0)
			world_run_ms(w, 100);
		if (when > 1)
			media_stop(w->media);
		if (when % 2)
			media_room_free(r);
		media_port_free(extra);
		if (!(when % 2))
			media_room_free(r);
		recorder_free(rec);
		world_free(w);
		assert_int_equal(c->refs, 1);
		clip_unref(c);
	}
}

/* Stopped: what was playing is told of by the loop, though no tick comes any more. */
static void events_after_stop(void **state)
{
	struct world *w = *state;
	struct media_play p = { .item = { { NULL, 1000 } }, .count = 1, .times = 1 };
	uint32_t id = media_play(w->port[4], &p);

	world_run_ms(w, 100);
	media_stop(w->media);
	media_play_stop(w->port[4], MEDIA_TO_LINE);
	assert_int_equal(w->event_count, 0);
	world_run_ms(w, 0);
	assert_int_equal(w->event_count, 1);
	assert_int_equal(w->events[0].ev.play, id);
	assert_true(w->events[0].ev.cut);
	world_run_ms(w, 100);
	assert_int_equal(w->reads, 10);
}

static void trunks_come_and_go(void **state)
{
	struct world *w = *state;
	unsigned reads;

	world_run_ms(w, 100);
	for (int n = 0; n < WORLD_SAMPLES; n++)
		w->says[0][n] = 5;
	media_trunk_remove(w->media, &w->trunk);
	assert_false(w->removed);
	reads = w->reads;
	world_run_ms(w, 10);
	assert_true(w->removed);
	assert_int_equal(w->reads, reads);
	world_run_ms(w, 100);
	assert_int_equal(w->reads, reads);
	w->removed = false;
	media_trunk_add(w->media, &w->trunk);
	world_run_ms(w, 100);
	assert_int_equal(w->reads, reads + 10);
}

/* A port without a trunk that writes hears silence, not the last frame for ever. */
static void deaf_read(struct media_trunk *t, int64_t tick_us)
{
	(void)t;
	(void)tick_us;
}

static void nothing_came(void **state)
{
	struct world *w = *state;
	static const struct media_trunk_ops deaf = { .read = deaf_read, .write = deaf_read };
	struct media_room *r;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	for (int n = 0; n < WORLD_SAMPLES; n++)
		w->says[0][n] = 5;
	media_room_join(r, w->port[0], MEDIA_SPEAK);
	media_room_join(r, w->port[1], MEDIA_HEAR);
	world_run_ms(w, 50);
	assert_int_equal(media_port_slot(w->port[1])->tx.s[0], 5);
	w->trunk.ops = &deaf;
	world_run_ms(w, 20);
	assert_int_equal(media_port_slot(w->port[1])->tx.s[0], 0);
	media_port_slot(w->port[0])->rx.rate = 16000; /* for one tick only: the engine sets it back */
	world_run_ms(w, 10);
	assert_int_equal(world_counter(w, "bad_frames"), 0);
	media_room_free(r);
}

static void wide_read(struct media_trunk *t, int64_t tick_us)
{
	struct media_slot *s = media_port_slot(world_of(t)->port[0]);

	(void)tick_us;
	s->rx.rate = 16000;
	s->rx.s[0] = 1;
}

static void wrong_rate_is_silence(void **state)
{
	struct world *w = *state;
	static const struct media_trunk_ops wide = { .read = wide_read, .write = deaf_read };
	struct media_room *r;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	media_room_join(r, w->port[0], MEDIA_SPEAK);
	media_room_join(r, w->port[1], MEDIA_HEAR);
	w->trunk.ops = &wide;
	world_run_ms(w, 100);
	assert_int_equal(media_port_slot(w->port[1])->tx.s[0], 0);
	assert_int_equal(world_counter(w, "bad_frames"), 10);
	media_room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ticks_and_pumps, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(time_jumps, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(commands_overflow, world_setup, world_teardown),
		cmocka_unit_test(returns_overflow),
		cmocka_unit_test(lives),
		cmocka_unit_test_setup_teardown(events_after_stop, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(trunks_come_and_go, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(nothing_came, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(wrong_rate_is_silence, world_setup, world_teardown),
	};

	random_seed(7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
