/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 3389: the level that was told is heard, in the colour that was told; nothing that a packet says makes it loud. */
#include "dsp/comfort_noise.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "dsp/level.h"

#define N 16000

static int16_t s[N], made[N];

static void hear(const uint8_t *payload, size_t len)
{
	struct comfort_noise c;

	comfort_noise_init(&c);
	assert_int_equal(comfort_noise_parse(&c, payload, len), 0);
	comfort_noise_process(&c, made, 800);
	comfort_noise_process(&c, made, N);
}

static void levels(void **state)
{
	(void)state;
	for (unsigned level = 0; level < 128; level++) {
		for (unsigned top = 0; top < 2; top++) { /* RFC 3389 3.1: the top bit does not count */
			uint8_t payload = (uint8_t)(level | top << 7);
			double want = fmin(6.15 - level, COMFORT_NOISE_MAX_DBM0);

			hear(&payload, 1);
			if (want > -70)
				assert_true(fabs(level_dbm0(made, N) - want) < 0.3);
			else
				assert_true(level_dbm0(made, N) < -68);
		}
	}
}

/* First order, k as the RFC has it: A(z) = 1 + k / z. Its noise falls off to one side by ((1 + k) / (1 - k))^2. */
static void colour(void **state)
{
	static const uint8_t n[] = { 27, 77, 127, 177, 227 };

	(void)state;
	for (unsigned i = 0; i < sizeof(n); i++) {
		double k = 258.0 * (n[i] - 127) / 32768, low = 0, high = 0;
		uint8_t payload[2] = { 40, n[i] };

		hear(payload, 2);
		assert_true(fabs(level_dbm0(made, N) - (6.15 - 40)) < 0.5);
		for (unsigned at = 0; at + 400 <= N; at += 400) {
			low += pow(10, level_tone_dbm0(made + at, 400, 60, 8000) / 10);
			high += pow(10, level_tone_dbm0(made + at, 400, 3940, 8000) / 10);
		}
		assert_true(fabs(10 * log10(high / low) - 20 * log10((1 + k) / (1 - k))) < 3);
	}
}

/* Noise of a colour, told in a payload, heard: the same level, the same colour. */
static void as_it_was_told(void **state)
{
	uint8_t payload[1 + COMFORT_NOISE_ORDER], again[1 + COMFORT_NOISE_ORDER];
	double a = 0, b = 0;

	(void)state;
	random_seed(3);
	for (unsigned i = 0; i < N; i++) { /* two poles at 800 Hz */
		double v = (double)random_below(401) - 200 + 2 * 0.9 * cos(2 * M_PI * 800 / 8000) * a - 0.81 * b;

		b = a;
		a = v;
		s[i] = (int16_t)v;
	}
	assert_int_equal(comfort_noise_build(payload, s, N, COMFORT_NOISE_ORDER), 1 + COMFORT_NOISE_ORDER);
	assert_int_equal(payload[0], lround(6.15 - level_dbm0(s, N)));
	hear(payload, sizeof(payload));
	assert_true(fabs(level_dbm0(made, N) - level_dbm0(s, N)) < 1);
	assert_int_equal(comfort_noise_build(again, made, N, COMFORT_NOISE_ORDER), 1 + COMFORT_NOISE_ORDER);
	for (unsigned i = 1; i <= 3; i++)
		assert_true(abs(again[i] - payload[i]) < 8);
	assert_true(payload[1] < 127 && payload[2] > 127); /* A(z) = 1 - 1.46 / z + 0.81 / z^2 */
	assert_int_equal(comfort_noise_build(payload, s, N, 0), 1);
	memset(s, 0, sizeof(s));
	assert_int_equal(comfort_noise_build(payload, s, N, 2), 3);
	assert_int_equal(payload[0], 105); /* silence here is -99 dBm0 */
	assert_int_equal(payload[1], 127);
}

static void whatever_it_says(void **state)
{
	struct comfort_noise c;
	double most = level_to_amplitude(COMFORT_NOISE_MAX_DBM0) * 4 / M_SQRT2 + 1;

	(void)state;
	random_seed(9);
	comfort_noise_init(&c);
	comfort_noise_process(&c, made, N);
	assert_int_equal(level_peak(made, N), 0); /* silence until told */
	assert_int_equal(comfort_noise_parse(&c, NULL, 0), -EBADMSG);
	for (unsigned trial = 0; trial < 3000; trial++) {
		uint8_t payload[40];
		size_t len = 1 + random_below(sizeof(payload));

		random_bytes(payload, len);
		for (size_t i = 1; i < len; i++) /* the edges, often */
			payload[i] = random_below(3) == 0 ? 0 : random_below(3) == 0 ? 255 : payload[i];
		payload[0] = (uint8_t)random_below(50);
		assert_int_equal(comfort_noise_parse(&c, payload, len), 0);
		comfort_noise_process(&c, made, 1 + random_below(400));
		comfort_noise_process(&c, made, 400);
		assert_true(level_peak(made, 400) <= most);
		assert_true(isfinite(c.back[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(colour),
		cmocka_unit_test(as_it_was_told),
		cmocka_unit_test(whatever_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
