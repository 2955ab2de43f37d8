/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Concealment: how near it comes to what was lost, beside spandsp's; no click, no noise that stays; and stretching. */
#include "dsp/plc.h"

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
#include "dsp/level.h"
#include "dsp/stretch.h"
#include "dsp/tone.h"
#include "tests/unit/click.h"

#define N (8000 * 30)

/* spandsp 0.0.6 copies its history over itself with memcpy(), at which the sanitizer stops: there it is not asked. */
#if defined(__SANITIZE_ADDRESS__)
#define SPANDSP 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SPANDSP 0
#endif
#endif
#ifndef SPANDSP
#define SPANDSP 1
#endif

static int16_t voice[N], ours[N], theirs[N];

/* Voiced sound: harmonics of a pitch that glides between 90 and 180 Hz, under a spectrum that falls, with syllables; no two of
 * the periods are alike. And some noise. */
static void speak(void)
{
	double phase = 0;

	for (int i = 0; i < N; i++) {
		double t = i / 8000.0, pitch = 135 + 45 * sin(2 * M_PI * 0.31 * t), sum = 0;
		double syllable = 0.55 + 0.45 * sin(2 * M_PI * 3.1 * t);

		phase += 2 * M_PI * pitch / 8000;
		for (int k = 1; k * pitch < 3400; k++)
			sum += sin(k * phase + 0.3 * k * k) / (1 + pow(k * pitch / (500 + 300 * sin(2 * M_PI * 1.7 * t)), 2));
		voice[i] = (int16_t)(3000 * syllable * sum + (int)random_below(61) - 30);
	}
}

static double mean_square(const int16_t *a, const int16_t *b, size_t n)
{
	double sum = 1e-9;

	for (size_t i = 0; i < n; i++) {
		double d = b ? (double)a[i] - b[i] : a[i];

		sum += d * d;
	}
	return sum / (double)n;
}

/* A seam at `at` that is heard: sharper than anything the voice did in the 20 ms around it. */
static bool clicks(const int16_t *s, unsigned at)
{
	return bend(s + at - 3, 6) > 1.5 * bend(voice + at - 160, 320) + 200;
}

struct outcome { /* of ours, and of spandsp's */
	double   db[2];
	unsigned seams, clicks[2];
};

/* Frames of `frame` samples, runs of `run` of them lost, so that 5 % are. Signal to error over what was lost and a little
 * after. */
static void lose(unsigned frame, unsigned run, struct outcome *o)
{
	double signal = 0, ours_error = 0, theirs_error = 0;
	struct plc c;
	plc_state_t s;
	unsigned lost = 0, after = 0;
	bool missing = false, before;

	memset(o, 0, sizeof(*o));

	plc_block_init(&c);
	plc_init(&s);
	memcpy(ours, voice, sizeof(voice));
	memcpy(theirs, voice, sizeof(voice));
	for (unsigned i = 0; i + frame <= N; i += frame) {
		if (lost == 0 && i > 8000 && random_below(20 * run) == 0)
			lost = run;
		before = missing;
		missing = lost > 0;
		if (missing) {
			lost--;
			after = 2;
			plc_block_lost(&c, ours + i, frame);
			if (SPANDSP)
				plc_fillin(&s, theirs + i, (int)frame);
		} else {
			plc_block_good(&c, ours + i, frame);
			if (SPANDSP)
				plc_rx(&s, theirs + i, (int)frame);
		}
		if (missing != before) {
			o->seams++;
			o->clicks[0] += clicks(ours, i);
			o->clicks[1] += clicks(theirs, i);
		}
		if (after > 0) {
			after -= lost == 0;
			signal += mean_square(voice + i, NULL, frame);
			ours_error += mean_square(voice + i, ours + i, frame);
			theirs_error += mean_square(voice + i, theirs + i, frame);
		}
	}
	o->db[0] = 10 * log10(signal / ours_error);
	o->db[1] = 10 * log10(signal / theirs_error);
}

static void near_what_was_lost(void **state)
{
	static const struct {
		unsigned frame, run;
		double   least_db;
	} point[] = { { 80, 1, 9 }, { 160, 1, 5 }, { 160, 2, 2 }, { 160, 3, 1 }, { 240, 1, 3 }, { 480, 1, 1 } };

	(void)state;
	speak();
	for (unsigned i = 0; i < sizeof(point) / sizeof(point[0]); i++) {
		struct outcome o;

		random_seed(i);
		lose(point[i].frame, point[i].run, &o);
		print_message("%2u ms lost: signal to error %.1f dB, spandsp %.1f dB; of %u seams %u click, spandsp's %u\n",
		              point[i].frame * point[i].run / 8, o.db[0], o.db[1], o.seams, o.clicks[0], o.clicks[1]);
		assert_true(o.db[0] > point[i].least_db);
		assert_true(!SPANDSP || o.db[0] > o.db[1] - 1); /* it repeats the last period alone, which buzzes but is nearer */
		assert_int_equal(o.clicks[0], 0);
	}
}

/* A steady tone goes on as if nothing was missing, for 10 ms; then 20 % are taken off each 10 ms, and from 60 ms on there is
 * nothing. */
static void level_falls(void **state)
{
	static int16_t s[8000];
	struct dual_tone g;
	struct plc c;

	(void)state;
	for (double hz = 100; hz < 900; hz += 100) {
		int clean;

		dual_tone_init(&g, 8000, hz, -10, 0, 0);
		dual_tone_process(&g, s, 8000);
		clean = bend(s, 8000);
		plc_block_init(&c);
		plc_block_good(&c, s, 2000);
		plc_block_lost(&c, s + 2000, 3000);
		plc_block_good(&c, s + 5000, 3000);
		for (unsigned k = 0; k < 6; k++) {
			double want = k == 0 ? 1 : 1 - 0.2 * (k - 0.5); /* in the middle of each 10 ms */

			assert_true(fabs(level_dbm0(s + 2000 + 80 * k, 80) - (-10 + 20 * log10(want))) < 1.5);
		}
		assert_int_equal(level_peak(s + 2480, 2520), 0);
		assert_true(bend(s, 8000) < 1.2 * clean + 250); /* in, and out again */
		assert_int_equal(c.concealed, 3000);
		assert_true(fabs(level_dbm0(s + 5100, 2900) + 10) < 0.1);
	}
}

/* What is good is not touched but for the blend after a loss; how it is cut into calls does not matter. */
static void in_pieces(void **state)
{
	struct plc c, d;

	(void)state;
	random_seed(4);
	speak();
	plc_block_init(&c);
	plc_block_init(&d);
	memcpy(ours, voice, sizeof(voice));
	memcpy(theirs, voice, sizeof(voice));
	for (unsigned i = 0; i + 2000 <= N; i += 2000) {
		unsigned lost = random_below(700), at = 0;

		plc_block_lost(&c, ours + i, lost);
		plc_block_good(&c, ours + i + lost, 2000 - lost);
		while (at < 2000) {
			unsigned n = 1 + random_below(150), end = at < lost ? lost : 2000;

			n = n < end - at ? n : end - at;
			(at < lost ? plc_block_lost : plc_block_good)(&d, theirs + i + at, n);
			at += n;
		}
		assert_memory_equal(ours + i + lost + 80, voice + i + lost + 80, (2000 - lost - 80) * sizeof(int16_t));
	}
	assert_memory_equal(ours, theirs, sizeof(ours));
	plc_block_lost(&c, ours, 0);
	plc_block_good(&c, ours, 0);
}

/* Whatever it is made of, nothing wraps round; from silence comes silence. */
static void extremes(void **state)
{
	struct plc c;

	(void)state;
	random_seed(7);
	for (unsigned trial = 0; trial < 200; trial++) {
		plc_block_init(&c);
		for (unsigned i = 0; i < 4000; i++)
			ours[i] = random_below(40) < trial % 40 ? INT16_MAX : INT16_MIN;
		plc_block_good(&c, ours, 1 + random_below(1000));
		plc_block_lost(&c, ours + 1000, 1000);
		plc_block_good(&c, ours + 2000, 1000);
		assert_int_equal(level_peak(ours + 1000 + PLC_FADE, 1000 - PLC_FADE), 0);
	}
	plc_block_init(&c);
	plc_block_lost(&c, ours, 1000);
	assert_int_equal(level_peak(ours, 1000), 0);
}

/* Left out, again and again, wherever that is, alike or not: the sound gets shorter by as much as it says and keeps its level; no
 * seam. */
static void left_out(void **state)
{
	static int16_t s[N];
	size_t n = N, changed = 0, times = 0, seams = 0;

	(void)state;
	random_seed(1);
	speak();
	memcpy(s, voice, sizeof(voice));
	for (size_t at = 400; at + 400 < n; at += 400) {
		size_t lag = stretch_leave_out(s + at, n - at, 120, at % 800 ? 0.8f : -1);

		assert_in_range(lag, 0, 120);
		n -= lag;
		changed += lag;
		times += lag > 0;
		seams += seam_clicks(s, at) + seam_clicks(s, at + STRETCH_OVERLAP);
	}
	print_message("left out %zu times, %zu samples, %zu seams click; level %.1f, voice's %.1f dBm0\n", times, changed, seams,
	              level_dbm0(s, n), level_dbm0(voice, N));
	assert_true(times > 400);
	assert_in_range(changed / times, 35, 120);
	assert_in_range(seams, 0, times / 100);
	assert_true(fabs(level_dbm0(s, n) - level_dbm0(voice, N)) < 0.5);
	assert_memory_equal(s + n - 300, voice + N - 300, 300 * sizeof(*s));
}

/* Put in, at many places: before it and after it all is as it was; no seam. */
static void put_in(void **state)
{
	static int16_t s[2000 + STRETCH_LAG_MAX];
	size_t times = 0, seams = 0;

	(void)state;
	random_seed(1);
	speak();
	for (unsigned from = 4000; from < N - 4000; from += 577) {
		size_t lag;

		memcpy(s, voice + from, 2000 * sizeof(*s));
		lag = stretch_put_in(s + 1000, 80, s + 1000 - STRETCH_LAG_MAX, 120, from % 2 ? 0.8f : -1);
		if (lag == 0)
			continue;
		memcpy(s + 1080 + lag, voice + from + 1080, 920 * sizeof(*s)); /* what follows moves on */
		assert_memory_equal(s + 1000 + lag + STRETCH_OVERLAP, voice + from + 1000 + STRETCH_OVERLAP, 960 * sizeof(*s));
		assert_memory_equal(s, voice + from, 1000 * sizeof(*s));
		times++;
		seams += seam_clicks(s, 1000) + seam_clicks(s, 1000 + STRETCH_OVERLAP) + seam_clicks(s, 1000 + lag);
	}
	print_message("put in %zu times, %zu seams click\n", times, seams);
	assert_true(times > 250);
	assert_in_range(seams, 0, times / 100);
}

/* Where nothing fits (three tones, and a period is longer than what may go): still no seam, for one is faded into the other. */
static void nothing_fits(void **state)
{
	static int16_t s[2000 + STRETCH_LAG_MAX], tones[N];
	size_t out_seams = 0, in_seams = 0;

	(void)state;
	for (int i = 0; i < N; i++)
		tones[i] = (int16_t)(8000 * sin(i * 0.17) + 5000 * sin(i * 0.29 + 1) + 3000 * sin(i * 0.43 + 2));
	for (unsigned from = 0; from < N - 2000; from += 777) {
		size_t lag;

		memcpy(s, tones + from, 2000 * sizeof(*s));
		lag = stretch_leave_out(s + 1000, 1000, 15, -1);
		assert_in_range(lag, 10, 15);
		out_seams += seam_clicks(s, 1000) + seam_clicks(s, 1000 + STRETCH_OVERLAP);
		memcpy(s, tones + from, 2000 * sizeof(*s));
		lag = stretch_put_in(s + 1000, 1000, s + 1000 - STRETCH_LAG_MAX, 15, -1);
		assert_in_range(lag, 10, 15);
		in_seams += seam_clicks(s, 1000) + seam_clicks(s, 1000 + lag) + seam_clicks(s, 1000 + STRETCH_OVERLAP);
	}
	assert_int_equal(out_seams + in_seams, 0);
}

static void stretching_corners(void **state)
{
	int16_t s[600] = { 0 }, past[STRETCH_LAG_MAX] = { 0 };

	(void)state;
	assert_int_equal(stretch_leave_out(s, 49, 120, -1), 0);   /* too little to look at */
	assert_int_equal(stretch_leave_out(s, 160, 9, -1), 0);    /* less than the least is wanted */
	assert_int_equal(stretch_leave_out(s, 160, 50, 0.9f), 50); /* silence is like silence, however long */
	assert_int_equal(stretch_leave_out(s, 160, 1000, 0.9f), 120);
	assert_int_equal(stretch_put_in(s, 39, past, 120, -1), 0);
	assert_int_equal(stretch_put_in(s, 80, past, 33, 0.9f), 33);
	random_seed(1);
	for (unsigned i = 0; i < 600; i++)
		s[i] = (int16_t)random_u64();
	assert_int_equal(stretch_leave_out(s, 160, 120, 0.9f), 0); /* noise is like no noise */
	assert_in_range(stretch_leave_out(s, 160, 120, -1), 10, 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_what_was_lost), cmocka_unit_test(level_falls), cmocka_unit_test(in_pieces),
		cmocka_unit_test(extremes),           cmocka_unit_test(left_out),  cmocka_unit_test(put_in),
		cmocka_unit_test(nothing_fits),       cmocka_unit_test(stretching_corners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
