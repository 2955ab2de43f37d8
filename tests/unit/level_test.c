/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The level convention: a full-scale sine is +3.14 dBm0 (G.711 table 1a note). Tone generators and meters agree with it, and with
 * spandsp's meter. */
#include "dsp/level.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <spandsp.h>
#include <spandsp/expose.h>

#include "core/random.h"
#include "dsp/g711.h"
#include "dsp/tone.h"

#define RATE 8000

static int16_t s[RATE * 2];

static void near_db(double got, double want, double tolerance)
{
	if (fabs(got - want) > tolerance)
		fail_msg("%.3f dBm0, expected %.3f +- %.3f", got, want, tolerance);
}

static void sine(double freq, double dbm0, size_t n)
{
	struct dual_tone g;

	dual_tone_init(&g, RATE, freq, dbm0, 0, 0);
	dual_tone_process(&g, s, n);
}

static void sines(void **state)
{
	static const double freq[] = { 50, 300, 450, 1004, 1633, 2100, 3400, 3900 };

	(void)state;
	for (unsigned i = 0; i < sizeof(freq) / sizeof(freq[0]); i++) {
		for (int dbm0 = -50; dbm0 <= 3; dbm0++) {
			sine(freq[i], dbm0, RATE);
			near_db(level_dbm0(s, RATE), dbm0, 0.03);
			near_db(level_tone_dbm0(s, RATE, freq[i], RATE), dbm0, 0.03);
		}
	}
}

static void as_spandsp_measures(void **state)
{
	power_meter_t meter;

	(void)state;
	sine(1000, -15, RATE);
	power_meter_init(&meter, 7);
	for (int i = 0; i < RATE; i++)
		power_meter_update(&meter, s[i]);
	near_db(power_meter_current_dbm0(&meter), level_dbm0(s, RATE), 0.3); /* its mean runs, ours does not */
}

/* Square wave at full scale: 3.01 dB above the sine. */
static void corners(void **state)
{
	(void)state;
	for (int i = 0; i < RATE; i++)
		s[i] = i % 8 < 4 ? 32767 : -32768;
	near_db(level_dbm0(s, RATE), 6.15, 0.01);
	assert_int_equal(level_peak(s, RATE), 32768);
	memset(s, 0, sizeof(s));
	near_db(level_dbm0(s, RATE), LEVEL_SILENCE_DBM0, 0);
	near_db(level_tone_dbm0(s, RATE, 1000, RATE), LEVEL_SILENCE_DBM0, 0);
	near_db(level_dbm0(s, 0), LEVEL_SILENCE_DBM0, 0);
	near_db(level_tone_dbm0(s, 1, 1000, RATE), LEVEL_SILENCE_DBM0, 0);
	assert_int_equal(level_peak(s, 0), 0);
	s[7] = -5;
	assert_int_equal(level_peak(s, RATE), 5);
}

/* A conference of tones through A-law: each is read right while the others sound, and an absent one is seen to be absent. */
static void tones_are_told_apart(void **state)
{
	static const double freq[3] = { 500, 700, 1100 }, dbm0[3] = { -10, -16, -22 };
	static int16_t one[RATE];

	(void)state;
	memset(s, 0, sizeof(s));
	for (int k = 0; k < 3; k++) {
		struct dual_tone g;

		dual_tone_init(&g, RATE, freq[k], dbm0[k], 0, 0);
		dual_tone_process(&g, one, RATE);
		for (int i = 0; i < RATE; i++)
			s[i] = (int16_t)(s[i] + one[i]);
	}
	for (int i = 0; i < RATE; i++)
		s[i] = g711_alaw_decode(g711_alaw_encode(s[i]));
	for (size_t n = 800; n <= RATE; n *= 10) {
		for (int k = 0; k < 3; k++)
			near_db(level_tone_dbm0(s, n, freq[k], RATE), dbm0[k], 0.2);
		assert_true(level_tone_dbm0(s, n, 900, RATE) < -50);
		assert_true(level_tone_dbm0(s, n, 2300, RATE) < -50);
	}
}

static void two_levels(void **state)
{
	struct dual_tone g;

	(void)state;
	dual_tone_init(&g, RATE, 697, -9, 1209, -7);
	dual_tone_process(&g, s, RATE);
	near_db(level_tone_dbm0(s, RATE, 697, RATE), -9, 0.05);
	near_db(level_tone_dbm0(s, RATE, 1209, RATE), -7, 0.05);
	near_db(level_dbm0(s, RATE), 10 * log10(pow(10, -.9) + pow(10, -.7)), 0.05);
}

/* Too loud is turned down, not folded over. */
static void never_above_full_scale(void **state)
{
	struct dual_tone g;

	(void)state;
	dual_tone_init(&g, RATE, 450, 10, 0, 0);
	dual_tone_process(&g, s, RATE);
	near_db(level_tone_dbm0(s, RATE, 450, RATE), 3.14, 0.01);
	dual_tone_init(&g, RATE, 350, 6, 440, 0);
	dual_tone_process(&g, s, RATE);
	near_db(level_tone_dbm0(s, RATE, 350, RATE) - level_tone_dbm0(s, RATE, 440, RATE), 6, 0.05);
	assert_in_range(level_peak(s, RATE), 32000, 32767);
	dual_tone_init_modulated(&g, RATE, 400, 25, 6);
	dual_tone_process(&g, s, RATE);
	assert_in_range(level_peak(s, RATE), 32000, 32767);
}

static void modulated_level(void **state)
{
	struct dual_tone g;

	(void)state;
	dual_tone_init_modulated(&g, RATE, 400, 25, -10);
	dual_tone_process(&g, s, RATE);
	near_db(level_dbm0(s, RATE), -10, 0.05);
	near_db(level_tone_dbm0(s, RATE, 425, RATE) - level_tone_dbm0(s, RATE, 400, RATE), 20 * log10(TONE_MODULATION / 2), 0.05);
}

static void phase_goes_on(void **state)
{
	static int16_t parts[RATE];
	struct dual_tone g;

	(void)state;
	sine(1234, -10, RATE);
	dual_tone_init(&g, RATE, 1234, -10, 0, 0);
	for (int at = 0, n; at < RATE; at += n) {
		n = 1 + (int)random_below(99);
		n = n < RATE - at ? n : RATE - at;
		dual_tone_process(&g, parts + at, (size_t)n);
	}
	assert_memory_equal(s, parts, sizeof(parts));
}

static void ramps(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		s[i] = 10000;
	tone_ramp(s, 100, 40);
	for (int i = 0; i < 40; i++) {
		assert_true(i == 0 || s[i] > s[i - 1]);
		assert_int_equal(s[i], s[99 - i]);
	}
	assert_true(s[0] < 100);
	assert_int_equal(s[40], 10000);
	for (int i = 0; i < 3; i++)
		s[i] = 10000;
	tone_ramp(s, 3, 40);
	assert_int_equal(s[1], 10000);
	tone_ramp(s, 0, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sines),           cmocka_unit_test(as_spandsp_measures),
		cmocka_unit_test(corners),         cmocka_unit_test(tones_are_told_apart),
		cmocka_unit_test(two_levels),      cmocka_unit_test(never_above_full_scale),
		cmocka_unit_test(modulated_level), cmocka_unit_test(phase_goes_on),
		cmocka_unit_test(ramps),
	};

	random_seed(2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
