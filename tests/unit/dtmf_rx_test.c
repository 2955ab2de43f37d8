/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What callers rely on of the receiver, in dialogue-like streams: begins, ends, durations, loss. Its goals in numbers, and that
 * the bank hears the same: tests/unit/dtmf_goals_test.c. */
#include "dsp/dtmf_rx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "dsp/g711.h"
#include "dsp/tone.h"

#define FRAME 80
#define KEYS  "1234567890*#ABCD"

struct heard {
	struct dtmf_receiver *rx;
	char     begun[64], ended[64];
	unsigned duration_ms[64], begins, ends;
	uint64_t now, begin_at[64], end_at[64];
	int16_t  frame[FRAME];
	unsigned filled;
};

static void heard_events(struct heard *h, const struct dtmf_result *r)
{
	const struct dtmf_event *ev = r->event;

	for (unsigned i = 0; i < r->count; i++) {
		if (ev[i].type == DTMF_RX_BEGIN) {
			h->begin_at[h->begins] = h->now;
			h->begun[h->begins++] = ev[i].digit;
		} else {
			h->end_at[h->ends] = h->now;
			h->duration_ms[h->ends] = ev[i].duration_samples / 8;
			h->ended[h->ends++] = ev[i].digit;
		}
		assert_true(h->begins < 63 && h->ends < 63);
	}
}

static void hear(struct heard *h, const int16_t *s, size_t n)
{
	struct dtmf_result r;

	for (size_t i = 0; i < n; i++) {
		h->frame[h->filled++] = g711_alaw_decode(g711_alaw_encode(s[i]));
		if (h->filled < FRAME)
			continue;
		h->filled = 0;
		h->now += FRAME;
		dtmf_receiver_process(h->rx, h->frame, FRAME, &r);
		heard_events(h, &r);
	}
}

static void lose(struct heard *h, size_t n)
{
	struct dtmf_result r;

	assert_int_equal(n % FRAME, 0);
	for (; n > 0; n -= FRAME) {
		h->now += FRAME;
		dtmf_receiver_lost(h->rx, FRAME, &r);
		heard_events(h, &r);
	}
}

static void pause_ms(struct heard *h, unsigned ms)
{
	static const int16_t silence[8];

	for (unsigned i = 0; i < ms; i++)
		hear(h, silence, 8);
}

static void tone(struct heard *h, double f1, double l1, double f2, double l2, unsigned samples)
{
	static int16_t s[8000 * 6];
	struct dual_tone g;

	assert_true(samples <= sizeof(s) / sizeof(s[0]));
	dual_tone_init(&g, 8000, f1, l1, f2, l2);
	dual_tone_process(&g, s, samples);
	hear(h, s, samples);
}

static void key(struct heard *h, char digit, unsigned ms, double low_dbm0, double high_dbm0)
{
	int low, high;

	assert_int_equal(tone_dtmf_frequencies(digit, &low, &high), 0);
	tone(h, low, low_dbm0, high, high_dbm0, ms * 8);
}

static void reset(struct heard *h)
{
	struct dtmf_receiver *rx = h->rx;

	memset(h, 0, sizeof(*h));
	h->rx = rx;
	dtmf_receiver_init(rx);
}

static int setup(void **state)
{
	struct heard *h = calloc(1, sizeof(*h));

	*state = h;
	return h ? dtmf_receiver_alloc(&h->rx) : -1;
}

static int teardown(void **state)
{
	struct heard *h = *state;

	dtmf_receiver_free(h->rx);
	free(h);
	return 0;
}

/* Every digit, from -3 to -24 dBm0 (Q.24, NTT's operate levels), a phone's fast dialling of 65 / 65 ms, and slow. */
static void every_digit(void **state)
{
	struct heard *h = *state;

	for (int dbm0 = -24; dbm0 <= -3; dbm0 += 3) {
		for (unsigned ms = 65; ms <= 200; ms += 45) {
			reset(h);
			for (const char *k = KEYS; *k; k++) {
				key(h, *k, ms, dbm0, dbm0);
				pause_ms(h, 65);
			}
			assert_string_equal(h->begun, KEYS);
			assert_string_equal(h->ended, KEYS);
			for (unsigned i = 0; i < 16; i++)
				assert_in_range(h->duration_ms[i], ms - 5, ms + 5);
		}
	}
}

/* 40 ms is a digit whatever its alignment (Q.24); begin is known within 41 ms of the tone's, end alike. */
static void shortest_digit_and_delay(void **state)
{
	struct heard *h = *state;

	for (unsigned shift = 0; shift < 204; shift++) {
		uint64_t begin, end;

		reset(h);
		pause_ms(h, 50);
		tone(h, 300, -60, 0, 0, shift);
		begin = h->now + h->filled;
		key(h, '5', 40, -10, -8);
		end = h->now + h->filled;
		pause_ms(h, 80);
		assert_string_equal(h->begun, "5");
		assert_string_equal(h->ended, "5");
		assert_in_range(h->begin_at[0] - begin, 24 * 8, 41 * 8 + FRAME);
		assert_in_range(h->end_at[0] - end, 0, 41 * 8 + FRAME);
	}
}

static void noise_of_20_ms_is_none(void **state)
{
	struct heard *h = *state;

	for (unsigned shift = 0; shift < 102; shift += 3) {
		pause_ms(h, 50);
		tone(h, 300, -60, 0, 0, shift);
		tone(h, 770, -10, 1336, -8, 8 * 12);
	}
	pause_ms(h, 100);
	assert_int_equal(h->begins, 0);
}

/* Twist: the higher group 8 dB up or down still counts, 12 dB either way does not. */
static void twist(void **state)
{
	struct heard *h = *state;

	key(h, '3', 80, -14, -6);
	pause_ms(h, 80);
	key(h, '6', 80, -10, -18);
	pause_ms(h, 80);
	key(h, '7', 80, -22, -10);
	pause_ms(h, 80);
	key(h, '8', 80, -6, -20);
	pause_ms(h, 80);
	assert_string_equal(h->begun, "36");
}

static void single_tones_and_wrong_frequencies(void **state)
{
	struct heard *h = *state;

	tone(h, 697, -10, 0, 0, 2000);
	tone(h, 1209, -10, 0, 0, 2000);
	tone(h, 450, -10, 0, 0, 8000);   /* dial tone */
	tone(h, 350, -13, 440, -13, 8000);
	tone(h, 697 * 1.04, -10, 1209 * 1.04, -10, 2000);
	tone(h, 697 * 0.96, -10, 1209 * 0.96, -10, 2000);
	tone(h, 697, -10, 941, -10, 2000);
	tone(h, 697, -50, 1209, -50, 2000);
	pause_ms(h, 100);
	assert_int_equal(h->begins, 0);
}

/* Dialling over a dial tone 15 dB down. */
static void over_dial_tone(void **state)
{
	struct heard *h = *state;
	static int16_t s[800], d[800];
	struct dual_tone g, dial;
	int low, high;

	dual_tone_init(&dial, 8000, 450, -25, 0, 0);
	for (const char *k = "1590#"; *k; k++) {
		assert_int_equal(tone_dtmf_frequencies(*k, &low, &high), 0);
		dual_tone_init(&g, 8000, low, -8, high, -6);
		dual_tone_process(&g, s, 800);
		dual_tone_process(&dial, d, 800);
		for (int i = 0; i < 800; i++)
			s[i] = (int16_t)(s[i] + d[i]);
		hear(h, s, 800);
		dual_tone_process(&dial, d, 800);
		hear(h, d, 800);
	}
	assert_string_equal(h->begun, "1590#");
}

static void same_digit_twice(void **state)
{
	struct heard *h = *state;

	for (int i = 0; i < 5; i++) {
		key(h, '9', 70, -10, -8);
		pause_ms(h, 50);
	}
	pause_ms(h, 50);
	assert_string_equal(h->begun, "99999");
	assert_string_equal(h->ended, "99999");
}

/* One digit right after another: an end and a begin in the same frame. */
static void without_a_gap(void **state)
{
	struct heard *h = *state;

	key(h, '1', 100, -10, -8);
	key(h, '6', 100, -10, -8);
	pause_ms(h, 100);
	assert_string_equal(h->begun, "16");
	assert_string_equal(h->ended, "16");
}

/* A key held for 5 s: ended once, after 2 s; the next key is a new one. */
static void held_key(void **state)
{
	struct heard *h = *state;

	key(h, '*', 5000, -10, -8);
	assert_string_equal(h->ended, "*");
	assert_in_range(h->duration_ms[0], 2000, 2010);
	pause_ms(h, 100);
	key(h, '*', 80, -10, -8);
	pause_ms(h, 100);
	assert_string_equal(h->begun, "**");
	assert_string_equal(h->ended, "**");
	assert_in_range(h->duration_ms[1], 75, 85);
}

/* 20 ms lost inside a digit split nothing; half a second ends it, and the same key afterwards is another digit. */
static void loss(void **state)
{
	struct heard *h = *state;

	key(h, '2', 60, -10, -8);
	lose(h, 160);
	key(h, '2', 60, -10, -8);
	pause_ms(h, 100);
	assert_string_equal(h->begun, "2");
	assert_string_equal(h->ended, "2");
	assert_in_range(h->duration_ms[0], 130, 150);
	key(h, '4', 100, -10, -8);
	lose(h, 4000);
	assert_string_equal(h->ended, "24");
	key(h, '4', 100, -10, -8);
	pause_ms(h, 100);
	assert_string_equal(h->begun, "244");
	assert_string_equal(h->ended, "244");
}

static void init_forgets(void **state)
{
	struct heard *h = *state;

	key(h, '2', 100, -10, -8);
	assert_int_equal(h->begins, 1);
	reset(h);
	pause_ms(h, 200);
	assert_int_equal(h->begins + h->ends, 0);
	key(h, 'D', 80, -10, -8);
	pause_ms(h, 80);
	assert_string_equal(h->ended, "D");
}

/* Ten seconds of full-scale noise: nothing asserted inside, nothing absurd outside. */
static void noise(void **state)
{
	struct heard *h = *state;
	int16_t s[FRAME];

	random_seed(3);
	for (int i = 0; i < 1000; i++) {
		random_bytes(s, sizeof(s));
		hear(h, s, FRAME);
	}
	assert_true(h->begins <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_digit, setup, teardown),
		cmocka_unit_test_setup_teardown(shortest_digit_and_delay, setup, teardown),
		cmocka_unit_test_setup_teardown(noise_of_20_ms_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(twist, setup, teardown),
		cmocka_unit_test_setup_teardown(single_tones_and_wrong_frequencies, setup, teardown),
		cmocka_unit_test_setup_teardown(over_dial_tone, setup, teardown),
		cmocka_unit_test_setup_teardown(same_digit_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(held_key, setup, teardown),
		cmocka_unit_test_setup_teardown(loss, setup, teardown),
		cmocka_unit_test_setup_teardown(init_forgets, setup, teardown),
		cmocka_unit_test_setup_teardown(noise, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
