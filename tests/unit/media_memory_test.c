/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The n-th allocation fails, for each n until none does: every constructor says so and leaves nothing behind, and a play that
 * cannot be made is told of as one that was cut (tests/unit/memory.h).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/recorder.h"
#include "media/tones.h"
#include "tests/unit/media_world.h"
#include "tests/unit/memory.h"

struct made {
	struct media      *media;
	struct media_port *port;
	struct media_room *room;
	struct recorder   *recorder;
	struct clip       *tone, *beep, *dtmf;
};

static int make(struct made *m, struct loop *l)
{
	int err = media_alloc(&m->media, l, NULL, "media");

	if (!err)
		err = media_port_alloc(&m->port, m->media, "port");
	if (!err)
		err = media_room_alloc(&m->room, m->media);
	if (!err)
		err = recorder_alloc(&m->recorder, l);
	if (!err)
		err = tone_clip(&m->tone, "cn", TONE_RINGBACK);
	if (!err)
		err = tone_clip_beep(&m->beep, 440, 0, -10, 100, 1);
	if (!err)
		err = tone_clip_dtmf(&m->dtmf, "1", 80, 80, -10);
	return err;
}

static void unmake(struct made *m)
{
	clip_unref(m->tone);
	clip_unref(m->beep);
	clip_unref(m->dtmf);
	recorder_free(m->recorder);
	media_room_free(m->room);
	media_port_free(m->port);
	media_free(m->media);
}

static void no_fire(struct loop_timer *t)
{
	(void)t;
}

static void constructors(void **state)
{
	struct loop_timer timer;
	int failures = 0;
	struct loop *l;

	(void)state;
	assert_int_equal(loop_alloc(&l), 0);
	loop_timer_init(l, &timer, no_fire); /* the loop's own first allocation is no concern of ours: it aborts when it fails */
	loop_timer_start(&timer, 0);
	loop_timer_stop(&timer);
	for (int n = 1;; n++) {
		struct made m = { 0 };
		int err;

		countdown = n;
		err = make(&m, l);
		if (countdown > 0) {
			countdown = 0;
			assert_int_equal(err, 0);
			unmake(&m);
			break;
		}
		assert_int_equal(err, -ENOMEM);
		failures++;
		unmake(&m);
	}
	loop_free(l);
#ifdef SANITIZED
	assert_int_equal(failures, 0);
#else
	assert_in_range(failures, 11, 30);
#endif
}

static void plays(void **state)
{
	struct world *w = *state;
	struct clip *c = world_noise_clip(100);
	struct media_play p = { .item = { { c, 0 } }, .count = 1, .times = 1 };
	struct media_room *r;
	uint32_t good, bad;

#ifdef SANITIZED
	clip_unref(c);
	skip();
#endif
	assert_int_equal(media_room_alloc(&r, w->media), 0);
	good = media_play(w->port[0], &p);
	countdown = 1;
	bad = media_play(w->port[0], &p);
	countdown = 1;
	media_room_play(r, MEDIA_ROOM_MUSIC, &p);
	assert_int_equal(w->event_count, 0); /* never from inside */
	world_run_ms(w, 100);
	assert_int_equal(w->event_count, 2);
	assert_int_equal(w->events[0].ev.play, bad);
	assert_true(w->events[0].ev.cut);
	assert_int_equal(w->events[1].ev.play, good);
	assert_false(w->events[1].ev.cut);
	countdown = 1;
	media_play(w->port[0], &p);
	media_port_close(w->port[0]);
	world_run_ms(w, 100);
	assert_int_equal(w->event_count, 2);
	media_room_free(r);
	world_run_ms(w, 10);
	assert_int_equal(c->refs, 1);
	clip_unref(c);
}

/* No room in the ring, no memory for the list behind it: the commands are done all the same, in order. */
static void commands(void **state)
{
	struct world *w = *state;
	struct media_room *r;

#ifdef SANITIZED
	skip();
#endif
	assert_int_equal(media_room_alloc(&r, w->media), 0);
	for (int n = 0; n < WORLD_SAMPLES; n++)
		w->says[0][n] = 1000;
	media_room_join(r, w->port[0], MEDIA_SPEAK);
	media_room_join(r, w->port[1], MEDIA_HEAR);
	for (int i = 0; i < 10000; i++) {
		countdown = 1;
		media_port_set_gain(w->port[1], i == 9999 ? 60 : -(i % 200));
		countdown = 0;
	}
	world_run_ms(w, 20);
	assert_in_range(w->hears[1][(w->writes - 1) * MEDIA_FRAME], 1990, 2000);
	media_room_free(r);
}

/* A recorder without memory loses frames, counts them, and goes on when there is some. */
static void recording(void **state)
{
	struct world *w = *state;
	struct recorder *r;
	const int16_t *s;
	size_t n;

#ifdef SANITIZED
	skip();
#endif
	world_say_noise(w, 0);
	assert_int_equal(recorder_alloc(&r, w->loop), 0);
	media_record(w->port[0], MEDIA_TAP_INSIDE, r);
	world_run_ms(w, 100);
	countdown = 1;
	recorder_drain(r);
	assert_int_equal(countdown, 0);
	world_run_ms(w, 100);
	recorder_drain(r);
	s = recorder_samples(r, &n, NULL);
	assert_int_equal(recorder_dropped(r), 1);
	assert_int_equal(n, 19 * MEDIA_FRAME); /* the first frame was lost, time begins with the second */
	assert_memory_equal(s, w->says[0] + MEDIA_FRAME, n * sizeof(*s));
	recorder_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constructors),
		cmocka_unit_test_setup_teardown(plays, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(commands, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(recording, world_setup, world_teardown),
	};

	random_seed(10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
