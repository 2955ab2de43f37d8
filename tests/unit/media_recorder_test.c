/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorders: sample n is at tick n / 80, what was lost is silence, and memory lives as long as the tick may write to it. */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/recorder.h"
#include "tests/unit/media_world.h"

static void both_taps(void **state)
{
	struct world *w = *state;
	struct clip *c = world_noise_clip(4000), *inside = world_noise_clip(4000);
	struct media_play p = { .item = { { c, 0 } }, .count = 1, .times = 1 };
	struct recorder *in, *out;
	const int16_t *s;
	size_t n;
	int64_t start_us;

	world_say_noise(w, 0);
	assert_int_equal(recorder_alloc(&in, w->loop), 0);
	assert_int_equal(recorder_alloc(&out, w->loop), 0);
	world_run_ms(w, 70);
	media_record(w->port[0], MEDIA_TAP_INSIDE, in);
	media_record(w->port[0], MEDIA_TAP_LINE, out);
	media_play(w->port[0], &p);
	p.item[0].clip = inside;
	p.direction = MEDIA_TO_INSIDE;
	media_play(w->port[0], &p);
	world_run_ms(w, 10000); /* longer than the ring: it drains itself */
	media_record(w->port[0], MEDIA_TAP_INSIDE, NULL);
	media_record(w->port[0], MEDIA_TAP_LINE, NULL);
	world_run_ms(w, 100);
	recorder_drain(in);
	recorder_drain(out);
	s = recorder_samples(in, &n, &start_us);
	assert_int_equal(n, 80000);
	assert_int_equal(start_us, w->tick_us[7]);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s[i], world_clip(w->says[0][560 + i] + (i < 4000 ? inside->s[i] : 0)));
	s = recorder_samples(out, &n, &start_us);
	assert_int_equal(n, 80000);
	assert_memory_equal(s, w->hears[0] + 560, n * sizeof(*s));
	assert_memory_equal(s, c->s, 4000 * sizeof(*s));
	assert_int_equal(recorder_dropped(in) + recorder_dropped(out), 0);
	assert_int_equal(world_counter(w, "recorder_dropped_frames"), 0);
	recorder_free(in);
	recorder_free(out);
	clip_unref(c);
	clip_unref(inside);
}

/* Nobody drains for 3 s (a timer of the loop would: so the trunk is driven by a loop that does not know the recorder's). */
static void full_ring(void **state)
{
	struct world *w = *state;
	struct loop *elsewhere;
	struct recorder *r;
	const int16_t *s;
	size_t n;

	assert_int_equal(loop_alloc(&elsewhere), 0);
	assert_int_equal(recorder_alloc(&r, elsewhere), 0);
	world_say_noise(w, 0);
	media_record(w->port[0], MEDIA_TAP_INSIDE, r);
	world_run_ms(w, 4000);
	recorder_drain(r);
	s = recorder_samples(r, &n, NULL);
	assert_int_equal(n, 256 * MEDIA_FRAME); /* the ring: 2 s, rounded up to a power of two */
	assert_int_equal(recorder_dropped(r), 0); /* not known yet */
	world_run_ms(w, 1000);
	recorder_drain(r);
	s = recorder_samples(r, &n, NULL);
	assert_int_equal(n, 5000 * 8);
	assert_int_equal(recorder_dropped(r), 400 - 256);
	assert_int_equal(world_counter(w, "recorder_dropped_frames"), 400 - 256);
	assert_memory_equal(s, w->says[0], 256 * MEDIA_FRAME * sizeof(*s));
	for (size_t i = 256 * MEDIA_FRAME; i < 32000; i++)
		assert_int_equal(s[i], 0);
	assert_memory_equal(s + 32000, w->says[0] + 32000, 8000 * sizeof(*s));
	media_record(w->port[0], MEDIA_TAP_INSIDE, NULL);
	world_run_ms(w, 10);
	recorder_free(r);
	loop_free(elsewhere);
}

/* Freed while the tick still writes, by stop, by close, by the next recorder: the sanitizer watches. */
static void freed_at_any_time(void **state)
{
	struct world *w = *state;
	struct recorder *r, *second;

	for (int way = 0; way < 6; way++) {
		assert_int_equal(recorder_alloc(&r, w->loop), 0);
		media_port_open(w->port[0], world_event, w);
		media_record(w->port[0], MEDIA_TAP_LINE, r);
		if (way & 1)
			world_run_ms(w, 100);
		recorder_free(r);
		world_run_ms(w, 50);
		switch (way / 2) {
		case 0:
			media_record(w->port[0], MEDIA_TAP_LINE, NULL);
			break;
		case 1:
			media_port_close(w->port[0]);
			break;
		default:
			assert_int_equal(recorder_alloc(&second, w->loop), 0);
			media_record(w->port[0], MEDIA_TAP_LINE, second);
			world_run_ms(w, 20);
			recorder_free(second);
		}
	}
	/* one in use on two taps in turn, freed between */
	assert_int_equal(recorder_alloc(&r, w->loop), 0);
	media_port_open(w->port[0], world_event, w);
	media_record(w->port[0], MEDIA_TAP_LINE, r);
	media_record(w->port[0], MEDIA_TAP_LINE, NULL);
	media_record(w->port[1], MEDIA_TAP_INSIDE, r);
	recorder_free(r);
	world_run_ms(w, 50);
}

static void closed_port(void **state)
{
	struct world *w = *state;
	struct recorder *r;
	size_t n;

	assert_int_equal(recorder_alloc(&r, w->loop), 0);
	media_port_close(w->port[0]);
	media_record(w->port[0], MEDIA_TAP_LINE, r);
	world_run_ms(w, 50);
	recorder_drain(r);
	(void)recorder_samples(r, &n, NULL);
	assert_int_equal(n, 0);
	recorder_free(r);
}

static void to_a_file(void **state)
{
	struct world *w = *state;
	struct recorder *r;
	struct clip *c;
	char path[] = "/tmp/recorder_test_XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	world_say_noise(w, 0);
	assert_int_equal(recorder_alloc(&r, w->loop), 0);
	assert_int_equal(recorder_write_wav(r, path), 0); /* nothing recorded: an empty file */
	assert_int_equal(clip_load_wav(&c, path, MEDIA_RATE), 0);
	assert_int_equal(c->samples, 0);
	clip_unref(c);
	media_record(w->port[0], MEDIA_TAP_INSIDE, r);
	world_run_ms(w, 1000);
	media_record(w->port[0], MEDIA_TAP_INSIDE, NULL);
	world_run_ms(w, 10);
	recorder_drain(r);
	assert_int_equal(recorder_write_wav(r, path), 0);
	assert_int_equal(clip_load_wav(&c, path, MEDIA_RATE), 0);
	assert_int_equal(c->samples, 8000);
	assert_memory_equal(c->s, w->says[0], 16000);
	clip_unref(c);
	assert_int_equal(recorder_write_wav(r, "/nonexistent/x.wav"), -ENOENT);
	recorder_free(r);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_taps, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(full_ring, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(freed_at_any_time, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(closed_port, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(to_a_file, world_setup, world_teardown),
	};

	random_seed(6);
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 30); /* fresh memory is full of rubbish, so that silence has to be written */
	(void)mallopt(M_PERTURB, 0x55);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
