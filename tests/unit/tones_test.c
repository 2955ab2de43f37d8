/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call progress tones of every country in libtonezone, DTMF that two receivers understand, beeps without clicks. */
#include "media/tones.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dahdi/tonezone.h>
#include <spandsp.h>

#include "dsp/dtmf_rx.h"
#include "dsp/level.h"

static struct clip *get(const char *country, enum tone t)
{
	struct clip *c;

	assert_int_equal(tone_clip(&c, country, t), 0);
	return c;
}

static void near_db(double got, double want, double tolerance)
{
	if (fabs(got - want) > tolerance)
		fail_msg("%.3f dBm0, expected %.3f +- %.3f", got, want, tolerance);
}

static void silent(const int16_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s[i], 0);
}

/* China (GF 002-9002.1): 450 Hz; ringback 1 s on 4 s off, busy 0.35/0.35, congestion 0.7/0.7. */
static void china(void **state)
{
	struct clip *c;

	(void)state;
	c = get("cn", TONE_RINGBACK);
	assert_int_equal(c->samples, 40000);
	near_db(level_tone_dbm0(c->s + 100, 7800, 450, 8000), -10, 0.05);
	near_db(level_dbm0(c->s + 100, 7800), -10, 0.05);
	silent(c->s + 8000, 32000);
	clip_unref(c);
	c = get("cn", TONE_BUSY);
	assert_int_equal(c->samples, 5600);
	near_db(level_tone_dbm0(c->s, 2800, 450, 8000), -10, 0.2);
	silent(c->s + 2800, 2800);
	clip_unref(c);
	c = get("cn", TONE_CONGESTION);
	assert_int_equal(c->samples, 11200);
	silent(c->s + 5600, 5600);
	clip_unref(c);
}

/* The end of a continuous tone runs into its beginning: twice in a row is the same as twice as long. */
static void seamless(void **state)
{
	struct clip *c = get("us", TONE_DIAL);
	int16_t *twice = calloc(2 * c->samples, sizeof(int16_t));

	(void)state;
	assert_non_null(twice);
	for (size_t i = 0; i < 2 * c->samples; i++)
		twice[i] = c->s[i % c->samples];
	near_db(level_tone_dbm0(twice, 2 * c->samples, 350, 8000), -13.01, 0.05);
	near_db(level_tone_dbm0(twice, 2 * c->samples, 440, 8000), -13.01, 0.05);
	for (int f = 600; f < 3900; f += 100)
		assert_true(level_tone_dbm0(twice, 2 * c->samples, f, 8000) < -75); /* a seam would spread */
	free(twice);
	clip_unref(c);
}

/* Three beeps of 330 ms, then a second of nothing: repeated, it stays the special information tone (ITU-T E.180). */
static void special_information(void **state)
{
	struct clip *c = get("us", TONE_INFO);

	(void)state;
	assert_true(c->samples >= 3 * 2640 + 8000);
	near_db(level_tone_dbm0(c->s, 2640, 950, 8000), -10, 0.2);
	near_db(level_tone_dbm0(c->s + 2640, 2640, 1400, 8000), -10, 0.2);
	near_db(level_tone_dbm0(c->s + 5280, 2640, 1800, 8000), -10, 0.2);
	silent(c->s + c->samples - 8000, 8000);
	clip_unref(c);
}

static void every_country(void **state)
{
	unsigned zones = 0;

	(void)state;
	for (const struct tone_zone *z = builtin_zones; z->zone > -1; z++) {
		zones++;
		for (enum tone t = TONE_DIAL; t <= TONE_INFO; t++) {
			struct clip *c;
			int err = tone_clip(&c, z->country, t);

			assert_true(err == 0 || err == -ENOENT);
			if (err) {
				assert_true(t > TONE_CONGESTION); /* every country has the four */
				continue;
			}
			assert_in_range(c->samples, 800, 60 * 8000);
			assert_true(level_dbm0(c->s, c->samples) > -25 && level_dbm0(c->s, c->samples) < -9.9);
			assert_in_range(level_peak(c->s, c->samples), 3000, 20000);
			clip_unref(c);
		}
	}
	assert_true(zones > 20);
}

static void no_such_country(void **state)
{
	struct clip *c;

	(void)state;
	assert_int_equal(tone_clip(&c, "xx", TONE_DIAL), -ENOENT);
	assert_int_equal(tone_clip(&c, "", TONE_DIAL), -ENOENT);
	assert_int_equal(tone_clip(&c, "a country with a very long name", TONE_DIAL), -ENOENT);
}

static void beeps(void **state)
{
	struct clip *c;

	(void)state;
	assert_int_equal(tone_clip_beep(&c, 440, 0, -20, 120, 1), 0);
	assert_int_equal(c->samples, 960);
	near_db(level_tone_dbm0(c->s + 40, 880, 440, 8000), -20, 0.05);
	assert_in_range(abs(c->s[1]), 0, 20);
	assert_in_range(abs(c->s[958]), 0, 20);
	clip_unref(c);
	assert_int_equal(tone_clip_beep(&c, 500, 1500, -10, 1000, 0), 0);
	near_db(level_tone_dbm0(c->s, 8000, 500, 8000), -10, 0.05);
	near_db(level_tone_dbm0(c->s, 8000, 1500, 8000), -10, 0.05);
	clip_unref(c);
	assert_int_equal(tone_clip_beep(&c, 500, 730, 20, 1000, 0), 0);
	assert_in_range(level_peak(c->s, c->samples), 28000, 32767);
	clip_unref(c);
	assert_int_equal(tone_clip_beep(&c, 500, 0, -10, 0, 1), 0);
	assert_int_equal(c->samples, 0);
	clip_unref(c);
	assert_int_equal(tone_clip_beep(&c, 0, 0, -10, 100, 1), -EINVAL);
	assert_int_equal(tone_clip_beep(&c, 4000, 0, -10, 100, 1), -EINVAL);
	assert_int_equal(tone_clip_beep(&c, 400, -1, -10, 100, 1), -EINVAL);
	assert_int_equal(tone_clip_beep(&c, 400, 0, -10, -5, 1), -EINVAL);
	assert_int_equal(tone_clip_beep(&c, 400, 0, -10, INT32_MAX, 1), -EINVAL);
}

static void dtmf(void **state)
{
	static const char keys[] = "0123456789*#ABCD";
	struct dtmf_receiver *rx;
	dtmf_rx_state_t *other = dtmf_rx_init(NULL, NULL, NULL);
	char heard[32] = "", theirs[32] = "";
	unsigned count = 0;
	struct clip *c;

	(void)state;
	assert_int_equal(dtmf_receiver_alloc(&rx), 0);
	assert_int_equal(tone_clip_dtmf(&c, keys, 70, 60, -12), 0);
	assert_int_equal(c->samples, 16 * 130 * 8);
	for (size_t at = 0; at + 80 <= c->samples; at += 80) {
		struct dtmf_result r;

		dtmf_receiver_process(rx, c->s + at, 80, &r);
		for (unsigned i = 0; i < r.count; i++)
			if (r.event[i].type == DTMF_RX_BEGIN)
				heard[count++] = r.event[i].digit;
	}
	dtmf_rx(other, c->s, (int)c->samples);
	(void)dtmf_rx_get(other, theirs, 31);
	assert_string_equal(heard, keys);
	assert_string_equal(theirs, keys);
	near_db(level_tone_dbm0(c->s, 560, 941, 8000), -12, 0.3);
	near_db(level_tone_dbm0(c->s, 560, 1336, 8000), -10, 0.3);
	clip_unref(c);
	dtmf_rx_free(other);
	dtmf_receiver_free(rx);
	assert_int_equal(tone_clip_dtmf(&c, "12x", 70, 60, -12), -EINVAL);
	assert_int_equal(tone_clip_dtmf(&c, "1", -1, 60, -12), -EINVAL);
	assert_int_equal(tone_clip_dtmf(&c, "", 70, 60, -12), 0);
	assert_int_equal(c->samples, 0);
	clip_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(china),         cmocka_unit_test(seamless),        cmocka_unit_test(special_information),
		cmocka_unit_test(every_country), cmocka_unit_test(no_such_country), cmocka_unit_test(beeps),
		cmocka_unit_test(dtmf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
