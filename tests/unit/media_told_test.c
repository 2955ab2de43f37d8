/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys that a trunk tells of beside the sound, with and without the same keys in the sound. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "dsp/dtmf_rx.h"
#include "dsp/level.h"
#include "dsp/tone.h"
#include "media/tones.h"
#include "tests/unit/media_world.h"

#define WAIT_MS 600

static void tone(struct world *w, int port, unsigned at_ms, char digit, unsigned ms)
{
	struct dual_tone t;
	int low, high;

	assert_int_equal(tone_dtmf_frequencies(digit, &low, &high), 0);
	dual_tone_init(&t, 8000, low, -10, high, -10);
	dual_tone_process(&t, w->says[port] + (size_t)at_ms * 8, (size_t)ms * 8);
}

static void press(struct world *w, int port, char digit)
{
	struct media_slot *s = media_port_slot(w->port[port]);

	s->rx_keys++;
	s->rx_key = digit;
	s->rx_key_down = true;
	s->rx_key_samples = 160;
}

static void hold(struct world *w, int port, unsigned ms)
{
	for (; ms >= 10; ms -= 10) {
		world_run_ms(w, 10);
		media_port_slot(w->port[port])->rx_key_samples += 80;
	}
}

static void release(struct world *w, int port)
{
	media_port_slot(w->port[port])->rx_key_down = false;
}

static void press_ms(struct world *w, int port, char digit, unsigned ms)
{
	press(w, port, digit);
	hold(w, port, ms);
	release(w, port);
}

/* What was reported: "b5 e5" and so on; other events apart. */
static const char *digits(const struct world *w)
{
	static char out[256];
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < w->event_count; i++) {
		const struct media_event *ev = &w->events[i].ev;

		if (ev->type != MEDIA_PLAYED)
			at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%c%c", at ? " " : "",
			                       ev->type == MEDIA_DIGIT_BEGIN ? 'b' : 'e', ev->digit);
	}
	return out;
}

/* Told: begin in the tick, which stops what is played; the end with its length; the same digit again is another one. */
static void told(void **state)
{
	struct world *w = *state;
	struct media_play p = { .count = 1, .times = 1, .stop_on_digit = true };

	p.item[0].clip = world_noise_clip(8000);
	(void)media_play(w->port[0], &p);
	world_run_ms(w, 50);
	press(w, 0, '7');
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "b7");
	assert_int_equal(w->event_count, 2);
	assert_true(w->events[0].tick == w->events[1].tick && w->events[0].tick == 6);
	assert_int_equal(w->events[0].ev.at_us, w->events[1].ev.at_us);
	hold(w, 0, 90);
	release(w, 0);
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "b7 e7");
	assert_int_equal(w->events[2].ev.duration_ms, (160 + 9 * 80) / 8);
	press_ms(w, 0, '7', 50);
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "b7 e7 b7 e7");
	clip_unref(p.item[0].clip);
}

/* A key of which begin and end were told in one tick. */
static void short_key(void **state)
{
	struct world *w = *state;

	world_run_ms(w, 10);
	press(w, 3, '#');
	release(w, 3);
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "b# e#");
	world_run_ms(w, 100);
	assert_string_equal(digits(w), "b# e#");
}

/* Both, one beside the other by so many ms: one digit. By more, it is two. */
static void told_and_heard(void **state)
{
	(void)state;
	for (int beside_ms = -100; beside_ms <= 600; beside_ms += 10) {
		struct world *w = NULL;
		/* 100 ms, and its end is noticed 21 ms later; the least beyond DIGITS_SAME_US is 330 */
		bool once = beside_ms <= 250;

		if (beside_ms > 250 && beside_ms < 350)
			continue;
		(void)world_setup((void **)&w);
		tone(w, 0, 200, '5', 100);
		world_run_ms(w, 200 + beside_ms);
		press_ms(w, 0, '5', 100);
		world_run_ms(w, 10);
		if (strcmp(digits(w), once ? "b5 e5" : "b5 e5 b5 e5") != 0)
			fail_msg("told of %d ms after the sound: %s", beside_ms, digits(w));
		world_run_ms(w, WAIT_MS);
		press_ms(w, 0, '5', 100); /* pressed again it counts */
		world_run_ms(w, 10);
		assert_string_equal(digits(w), once ? "b5 e5 b5 e5" : "b5 e5 b5 e5 b5 e5");
		(void)world_teardown((void **)&w);
	}
}

/* Another digit is another digit, whatever sounded before; and from then on sound is nothing. */
static void not_the_same(void **state)
{
	struct world *w = *state;

	tone(w, 0, 100, '1', 500);
	world_run_ms(w, 300);
	press_ms(w, 0, '2', 100);
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "b1 e1 b2 e2");
	assert_in_range(w->events[1].ev.duration_ms, 100, 200);
	tone(w, 0, 1000, '3', 100);
	world_run_ms(w, 1500);
	assert_string_equal(digits(w), "b1 e1 b2 e2");
	media_port_close(w->port[0]); /* the next call listens again */
	media_port_open(w->port[0], world_event, w);
	tone(w, 0, 2200, '4', 100);
	world_run_ms(w, 1000);
	assert_string_equal(digits(w), "b1 e1 b2 e2 b4 e4");
}

/* While a key is down nothing of the line is heard by others, clamp or not. */
static void silence_meanwhile(void **state)
{
	struct world *w = *state;
	struct media_room *r;

	assert_int_equal(media_room_alloc(&r, w->media), 0);
	media_room_join(r, w->port[0], MEDIA_SPEAK | MEDIA_HEAR);
	media_room_join(r, w->port[1], MEDIA_SPEAK | MEDIA_HEAR);
	tone(w, 0, 0, '6', 1000);
	world_run_ms(w, 100);
	press_ms(w, 0, '6', 200);
	world_run_ms(w, 100);
	assert_true(level_dbm0(w->hears[1] + 50 * 8, 400) > -12);
	assert_true(level_dbm0(w->hears[1] + 100 * 8, 1600) <= LEVEL_SILENCE_DBM0);
	assert_true(level_dbm0(w->hears[1] + 300 * 8, 800) > -12);
	assert_string_equal(digits(w), "b6 e6");
	media_room_free(r);
}

/* Behind a closed gate there are none; one that is down when it closes ends. */
static void gate(void **state)
{
	struct world *w = *state;

	media_port_gate(w->port[0], false, true);
	world_run_ms(w, 10);
	press_ms(w, 0, '8', 100);
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "");
	media_port_gate(w->port[0], true, true);
	world_run_ms(w, 100);
	assert_string_equal(digits(w), "");
	press(w, 0, '9');
	world_run_ms(w, 50);
	media_port_gate(w->port[0], false, true);
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "b9 e9");
	media_port_gate(w->port[0], true, true);
	world_run_ms(w, 50);
	release(w, 0);
	world_run_ms(w, 50);
	assert_string_equal(digits(w), "b9 e9");
}

/* Held long: reported after 2 s, once. */
static void long_key(void **state)
{
	struct world *w = *state;

	world_run_ms(w, 10);
	press(w, 0, '*');
	hold(w, 0, 1900);
	assert_string_equal(digits(w), "b*");
	hold(w, 0, 200);
	assert_string_equal(digits(w), "b* e*");
	assert_in_range(w->events[1].ev.duration_ms, 2000, 2010);
	hold(w, 0, 500);
	release(w, 0);
	world_run_ms(w, 100);
	assert_string_equal(digits(w), "b* e*");
	assert_true(DTMF_RX_LONG_SAMPLES == 16000);
}

/* A key is down from the call before: it is nothing for the next one. */
static void reopened(void **state)
{
	struct world *w = *state;

	world_run_ms(w, 10);
	press(w, 0, '1');
	world_run_ms(w, 50);
	media_port_close(w->port[0]);
	media_port_open(w->port[0], world_event, w);
	world_run_ms(w, 50);
	release(w, 0);
	world_run_ms(w, 50);
	assert_string_equal(digits(w), "b1");
	press_ms(w, 0, '1', 50);
	world_run_ms(w, 10);
	assert_string_equal(digits(w), "b1 b1 e1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(told, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(short_key, world_setup, world_teardown),
		cmocka_unit_test(told_and_heard),
		cmocka_unit_test_setup_teardown(not_the_same, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(silence_meanwhile, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(gate, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(long_key, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(reopened, world_setup, world_teardown),
	};

	random_seed(5);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
