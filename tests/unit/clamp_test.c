/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clamp: speech passes bit by bit 30 ms later; of a key next to nothing does, whatever its digit, frequency, level and twist,
 * and no receiver finds it; comfort noise is as loud as the line's quietest moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/bench/clamp_leak.h"

#define TRIALS   300
#define MS(ms)   ((ms) * 8)
#define LEAK_MAX MS(4)

static void passes_bit_by_bit_30_ms_later(void **state)
{
	struct clamp c;
	int16_t in[80], out[80] = { 0 }, sent[800];

	(void)state;
	random_seed(1);
	random_bytes(sent, sizeof(sent));
	clamp_init(&c);
	for (unsigned at = 0; at < 800; at += 80) {
		memcpy(in, sent + at, sizeof(in));
		clamp_process(&c, in, 80, 0, at % 160 ? in : out); /* in place, too */
		for (unsigned i = 0; i < 80; i++)
			assert_int_equal((at % 160 ? in : out)[i], at + i < CLAMP_DELAY ? 0 : sent[at + i - CLAMP_DELAY]);
	}
	assert_int_equal(c.muted, 0);
}

/* A hit in whichever hop: muted from 28.75 ms before its end, faded within 2.5 ms, back 30 ms after it. */
static void mutes_around_a_hit(void **state)
{
	(void)state;
	for (unsigned hop = 0; hop < 8; hop++) {
		struct clamp c;
		int16_t in[80], out[1600];
		unsigned end = 400 + (hop + 1) * 10; /* of the hop, in the line's time */

		clamp_init(&c);
		for (unsigned i = 0; i < 80; i++)
			in[i] = 8000;
		for (unsigned at = 0; at < 1600; at += 80)
			clamp_process(&c, in, 80, at == 400 ? 1u << hop : 0, out + at);
		for (unsigned t = 0; t + CLAMP_DELAY < 1600; t++) {
			int16_t s = out[t + CLAMP_DELAY];

			if (t < end - CLAMP_REACH || t >= end + CLAMP_HOLD + CLAMP_FADE)
				assert_int_equal(s, 8000);
			else if (t >= end - CLAMP_REACH + CLAMP_FADE && t < end + CLAMP_HOLD)
				assert_true(abs(s) < 400);
		}
	}
}

static void leaks(void **state, const struct make *make)
{
	static struct made m;
	struct leak l;

	random_seed(5);
	for (unsigned i = 0; i < TRIALS; i++) {
		struct make k = *make;

		k.digit = MAKE_KEYS[i % 16];
		for (int g = 0; g < 2; g++)
			if (random_below(2))
				k.deviation[g] = -k.deviation[g];
		make_key(&m, &k);
		leak_measure(*state, RX_BANK, &m, &l);
		assert_in_range(l.samples, 0, LEAK_MAX);
		assert_false(l.digit);
	}
}

#define LEAKS(name, ...) \
	static void name(void **state) { leaks(state, &(struct make){ __VA_ARGS__ }); }
#define TEN .dbm0 = { -10, -10 }

LEAKS(a_key, TEN, .on = MS(100))
LEAKS(a_short_key, TEN, .on = MS(40))
LEAKS(a_key_off_by_2_percent_in_noise, TEN, .deviation = { 0.02, 0.02 }, .on = MS(100), .snr_db = 15)
LEAKS(a_twisted_key, .dbm0 = { -16, -8 }, .on = MS(60))
LEAKS(a_key_interrupted, TEN, .on = MS(60), .off = MS(10), .again = MS(30))
LEAKS(keys_one_after_the_other, TEN, .on = MS(50), .off = MS(50), .again = MS(50))

/* On a line with noise of -55 dBm0 a muted moment has noise as loud; on a silent one it is silent. */
static void comfort_noise(void **state)
{
	static const struct {
		double line_dbm0, heard_dbm0;
	} t[] = { { -99, -99 }, { -55, -55 }, { -30, CLAMP_NOISE_MAX_DBM0 } };
	struct clamp c;
	int16_t in[80], out[80];

	(void)state;
	random_seed(2);
	for (unsigned k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		double amplitude = level_to_amplitude(t[k].line_dbm0) / sqrt(2);

		clamp_init(&c);
		for (unsigned frame = 0; frame < 500; frame++) {
			for (unsigned i = 0; i < 80; i++)
				in[i] = k > 0 ? (int16_t)lrint(amplitude * make_noise()) : 0;
			clamp_process(&c, in, 80, frame > 450 ? 0xff : 0, out);
		}
		if (k > 0)
			assert_true(fabs(level_dbm0(out, 80) - t[k].heard_dbm0) < 4);
		else
			assert_int_equal(level_peak(out, 80), 0);
	}
}

/* A party who was muted is not heard with what he said before. */
static void silence_is_at_once(void **state)
{
	struct clamp c;
	int16_t in[80], out[80];

	(void)state;
	clamp_init(&c);
	for (unsigned i = 0; i < 80; i++)
		in[i] = 1000;
	for (unsigned frame = 0; frame < 6; frame++)
		clamp_process(&c, in, 80, 0, out);
	assert_int_equal(out[79], 1000);
	clamp_silence(&c);
	for (unsigned frame = 0; frame < 3; frame++) {
		clamp_process(&c, in, 80, 0, out);
		assert_int_equal(level_peak(out, 80), 0);
	}
	clamp_process(&c, in, 80, 0, out);
	assert_int_equal(out[0], 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_bit_by_bit_30_ms_later),
		cmocka_unit_test(mutes_around_a_hit),
		cmocka_unit_test(a_key),
		cmocka_unit_test(a_short_key),
		cmocka_unit_test(a_key_off_by_2_percent_in_noise),
		cmocka_unit_test(a_twisted_key),
		cmocka_unit_test(a_key_interrupted),
		cmocka_unit_test(keys_one_after_the_other),
		cmocka_unit_test(comfort_noise),
		cmocka_unit_test(silence_is_at_once),
	};

	return cmocka_run_group_tests(tests, heard_by_setup, heard_by_teardown);
}
