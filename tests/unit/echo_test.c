/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line echo canceller (dsp/echo.h), judged as ITU-T G.168 judges: with hybrids of its Annex D, its kind of signal, and A-law
 * on the line. Test numbers are G.168's; where ours are stricter it is said. ERLE is echo over residual, on the active part of
 * the signal just before the moment.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dsp/echo.h"
#include "tests/unit/echo_judge.h"

#define SECONDS_MAX 40
#define BULK        400 /* samples that the canceller is told; the line has 80 more */

struct talk {
	struct fft    fft;
	struct echo   echo;
	struct line   line;
	struct source far, near;
	unsigned      frames;                     /* so far */
	int16_t       in[SECONDS_MAX * 8000], out[SECONDS_MAX * 8000], near_in[SECONDS_MAX * 8000];
	double        rest_dbm0;                  /* of the line when nobody talks; 0: none */
	uint32_t      rest_seed;
};

static struct talk *talk_new(unsigned hybrid, double far_dbm0, bool linear)
{
	struct talk *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	fft_init(&t->fft);
	echo_init(&t->echo, &t->fft, BULK);
	echo_linear(&t->echo, linear);
	line_init(&t->line, &hybrids[hybrid], 6, BULK + 80);
	source_init(&t->far, far_dbm0, 7, 215);
	return t;
}

static void talk_frame(struct talk *t, const int16_t sent[JUDGE_FRAME], const double near[JUDGE_FRAME])
{
	int16_t s[JUDGE_FRAME], heard[JUDGE_FRAME];
	unsigned at = t->frames * JUDGE_FRAME;

	assert_true(t->frames < SECONDS_MAX * 100);
	for (unsigned i = 0; i < JUDGE_FRAME; i++) {
		double rest = 0;

		if (t->rest_dbm0 != 0) {
			t->rest_seed = t->rest_seed * 1664525u + 1013904223u;
			rest = (double)(int32_t)t->rest_seed / 2147483648.0 * sqrt(3) * level_to_amplitude(t->rest_dbm0) /
			       sqrt(2);
		}
		s[i] = line_law(sent[i]);
		t->near_in[at + i] = (int16_t)near[i];
		heard[i] = t->in[at + i] = line_next(&t->line, s[i], near[i] + rest);
	}
	echo_cancel(&t->echo, heard);
	echo_sent(&t->echo, s);
	memcpy(t->out + at, heard, sizeof(heard));
	t->frames++;
}

static void talk_run(struct talk *t, bool far, bool near, unsigned ms)
{
	for (unsigned f = 0; f < ms / 10; f++) {
		int16_t s[JUDGE_FRAME];
		double n[JUDGE_FRAME];

		for (unsigned i = 0; i < JUDGE_FRAME; i++) {
			s[i] = far ? source_next(&t->far) : 0;
			n[i] = near ? source_next(&t->near) : 0;
		}
		talk_frame(t, s, n);
	}
}

/* Over the ms just gone */
static double erle(const struct talk *t, unsigned ms)
{
	unsigned n = ms * 8, at = t->frames * JUDGE_FRAME - n;

	return db_over(t->in + at, t->out + at, n);
}

static double level(const struct talk *t, const int16_t *what, unsigned ms)
{
	return level_dbm0(what + t->frames * JUDGE_FRAME - ms * 8, ms * 8);
}

/* ---- a transform and back ---- */

/* Four series, each of its own: against the definition, and back. */
static void fft_there_and_back(void **state)
{
	fft_vec in[FFT_SIZE], out[FFT_SIZE];
	struct fft_bins bins;
	struct fft f;

	(void)state;
	fft_init(&f);
	for (unsigned lane = 0; lane < FFT_LANES; lane++)
		for (unsigned i = 0; i < FFT_SIZE; i++)
			in[i][lane] = (float)(i * (i + lane) % (251 - 10 * lane)) - 125;
	fft_forward(&f, in, &bins);
	for (unsigned lane = 0; lane < FFT_LANES; lane++) {
		for (unsigned k = 0; k < FFT_BINS; k++) {
			double re = 0, im = 0;

			for (unsigned i = 0; i < FFT_SIZE; i++) {
				re += in[i][lane] * cos(2 * M_PI * k * i / FFT_SIZE);
				im -= in[i][lane] * sin(2 * M_PI * k * i / FFT_SIZE);
			}
			assert_true(fabs(bins.re[k][lane] - re) < 0.05 && fabs(bins.im[k][lane] - im) < 0.05);
		}
	}
	fft_back(&f, &bins, out);
	for (unsigned lane = 0; lane < FFT_LANES; lane++)
		for (unsigned i = 0; i < FFT_SIZE; i++)
			assert_true(fabsf(out[i][lane] - in[i][lane]) < 0.001f);
}

/* ---- G.168 ---- */

/* Test 2A and 2B: convergence and the level in the end, without the nonlinear processor. 2B wants 20 dB after 1 s. */
static void converges(void **state)
{
	(void)state;
	for (unsigned h = 0; h < ARRAY_LEN(hybrids); h++) {
		struct talk *t = talk_new(h, -10, true);
		double half, one, last;

		talk_run(t, true, false, 500);
		half = erle(t, 100);
		talk_run(t, true, false, 500);
		one = erle(t, 100);
		talk_run(t, true, false, 29000);
		last = erle(t, 350);
		printf("  %s: ERLE %.1f dB after 0.5 s, %.1f after 1 s, %.1f after 30 s\n", hybrids[h].name, half, one, last);
		assert_true(half > 13);
		assert_true(one > 27);
		assert_true(last > 33);
		free(t);
	}
}

/* At all levels of test 2: -10 to -30 dBm0 */
static void converges_at_each_level(void **state)
{
	(void)state;
	for (int dbm0 = 0; dbm0 >= -30; dbm0 -= 10) {
		struct talk *t = talk_new(0, dbm0, true);

		talk_run(t, true, false, 3000);
		printf("  %d dBm0: ERLE %.1f dB after 3 s, residual %.1f dBm0\n", dbm0, erle(t, 350), level(t, t->out, 350));
		assert_true(erle(t, 350) > (dbm0 > -20 ? 30 : dbm0 > -30 ? 25 : 20));
		free(t);
	}
}

/* Test 2C: with background noise of -40 dBm0 on the line */
static void converges_in_noise(void **state)
{
	struct talk *t = talk_new(0, -10, true);

	(void)state;
	t->rest_dbm0 = -40;
	talk_run(t, true, false, 5000);
	printf("  in noise of -40 dBm0: residual %.1f dBm0\n", level(t, t->out, 350));
	assert_true(level(t, t->out, 350) < -37);
	free(t);
}

/* With the processor: nothing of the echo is heard; -65 dBm0 (test 1), and the line's own noise is. */
static void nothing_is_heard(void **state)
{
	(void)state;
	for (unsigned h = 0; h < ARRAY_LEN(hybrids); h++) {
		struct talk *t = talk_new(h, -10, false);

		talk_run(t, true, false, 5000);
		printf("  %s: %.1f dBm0\n", hybrids[h].name, level(t, t->out, 2000));
		assert_true(level(t, t->out, 2000) < -60);
		free(t);
	}
}

static void comfort_noise(void **state)
{
	struct talk *t = talk_new(2, -10, false);

	(void)state;
	t->rest_dbm0 = -55;
	talk_run(t, false, false, 1000);
	talk_run(t, true, false, 6000);
	printf("  the line rests at -55 dBm0: with echo cancelled %.1f\n", level(t, t->out, 2000));
	assert_true(level(t, t->out, 2000) > -58 && level(t, t->out, 2000) < -52);
	free(t);
}

/* Test 3A to 3C: double talk. The filter keeps what it has, and what the other says is heard. */
static void double_talk(void **state)
{
	(void)state;
	for (int dbm0 = -10; dbm0 >= -25; dbm0 -= 5) {
		struct talk *t = talk_new(0, -10, true);
		double before, after, error = 0, near = 0;

		source_init(&t->near, dbm0, 99, 131);
		t->near.at = 1100;
		talk_run(t, true, false, 7000);
		before = erle(t, 350);
		talk_run(t, true, true, 5000);
		for (unsigned i = t->frames * JUDGE_FRAME - 16000; i < t->frames * JUDGE_FRAME; i++) {
			double d = t->out[i] - t->near_in[i];

			error += d * d;
			near += (double)t->near_in[i] * t->near_in[i];
		}
		talk_run(t, true, false, 350); /* the echo alone again: what the filter was worth at the end of the double talk */
		after = erle(t, 350);
		printf("  near end %d dBm0: ERLE %.1f dB before, %.1f after; error %.1f dB under the near end\n", dbm0, before,
		       after, 10 * log10(near / error));
		assert_true(after > before - 3);
		assert_true(10 * log10(near / error) > 18);
		free(t);
	}
}

/* The same with the processor: it does not take the near end for residual. */
static void double_talk_is_heard(void **state)
{
	(void)state;
	for (int dbm0 = -10; dbm0 >= -25; dbm0 -= 5) {
		struct talk *t = talk_new(0, -10, false);

		source_init(&t->near, dbm0, 99, 131);
		talk_run(t, true, false, 7000);
		talk_run(t, true, true, 3500);
		assert_true(fabs(level(t, t->out, 3150) - level(t, t->near_in, 3150)) < 1);
		free(t);
	}
}

/* Both begin at once: it converges in the gaps. */
static void double_talk_from_the_start(void **state)
{
	struct talk *t = talk_new(0, -10, true);

	(void)state;
	source_init(&t->near, -16, 99, 131);
	t->near.at = 1100;
	talk_run(t, true, true, 5000);
	talk_run(t, true, false, 1000);
	printf("  both from the start: ERLE %.1f dB, 1 s after\n", erle(t, 100));
	assert_true(erle(t, 100) > 20);
	free(t);
}

/* Nobody but the near end: bit for bit, as when there is no canceller. */
static void near_end_alone(void **state)
{
	struct talk *t = talk_new(0, -10, false);

	(void)state;
	source_init(&t->near, -20, 99, 131);
	talk_run(t, true, false, 5000);
	talk_run(t, false, true, 4000);
	assert_memory_equal(t->out + 6 * 8000, t->in + 6 * 8000, 3 * 8000 * sizeof(int16_t));
	free(t);
}

/* Test 5 (path opened) and a change to another hybrid, 2 ms later in the tail */
static void path_change(void **state)
{
	struct talk *t = talk_new(0, -10, true);
	double one, three;

	(void)state;
	talk_run(t, true, false, 7000);
	line_change(&t->line, &hybrids[3], 6, BULK + 96);
	talk_run(t, true, false, 1000);
	one = erle(t, 100);
	talk_run(t, true, false, 2000);
	three = erle(t, 350);
	printf("  D.2 to D.5: ERLE %.1f dB after 1 s, %.1f after 3 s\n", one, three);
	assert_true(one > 15 && three > 30);
	line_change(&t->line, &hybrids[3], 200, BULK + 96); /* no echo any more: none must be made */
	talk_run(t, true, false, 1000);
	assert_true(level(t, t->out, 350) < -40);
	free(t);
}

/* Echo at the ends of what the tail covers: a queue that is a block longer, and a hybrid far away. */
static void whole_tail(void **state)
{
	static const unsigned delays[] = { BULK, BULK + 40, BULK + 160, BULK + ECHO_TAIL - ARRAY_LEN(line_model_d5_coeffs) };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(delays); i++) {
		struct talk *t = talk_new(3, -10, true);

		line_change(&t->line, &hybrids[3], 6, delays[i]);
		talk_run(t, true, false, 3000);
		printf("  echo begins %u ms into the tail: ERLE %.1f dB\n", (delays[i] - BULK) / 8, erle(t, 350));
		assert_true(erle(t, 350) > 30);
		free(t);
	}
}

/* Test 6 (narrow band), 4 (no leak in silence), and music: what was learnt is not lost, nothing gets louder. */
static void tones_do_not_hurt(void **state)
{
	static const struct {
		const char *name;
		double      hz[4];
	} tones[] = {
		{ "1004 Hz", { 1004 } },
		{ "DTMF 3", { 697, 1477 } },
		{ "425 Hz", { 425 } },
		{ "a chord", { 261.6, 329.6, 392, 1046.5 } },
	};

	(void)state;
	for (unsigned k = 0; k < ARRAY_LEN(tones); k++) {
		struct talk *t = talk_new(1, -10, true);
		unsigned from;
		int peak;

		talk_run(t, true, false, 5000);
		from = t->frames * JUDGE_FRAME;
		for (unsigned f = 0; f < 1500; f++) {
			double none[JUDGE_FRAME] = { 0 };
			int16_t s[JUDGE_FRAME];

			for (unsigned i = 0; i < JUDGE_FRAME; i++) {
				double v = 0;

				for (unsigned h = 0; h < 4; h++)
					v += sin(2 * M_PI * tones[k].hz[h] * (t->frames * JUDGE_FRAME + i) / 8000);
				s[i] = (int16_t)(v * level_to_amplitude(-16));
			}
			talk_frame(t, s, none);
		}
		peak = level_peak(t->out + from, t->frames * JUDGE_FRAME - from);
		printf("  %s for 15 s: ERLE %.1f dB, peak of the residual %d of %d\n", tones[k].name, erle(t, 350), peak,
		       level_peak(t->in + from, t->frames * JUDGE_FRAME - from));
		assert_true(erle(t, 350) > 25);
		assert_true(peak * 4 < level_peak(t->in + from, t->frames * JUDGE_FRAME - from));
		talk_run(t, true, false, 1000);
		assert_true(erle(t, 100) > 25);
		talk_run(t, false, false, 2000);
		talk_run(t, true, false, 350);
		assert_true(erle(t, 350) > 30);
		free(t);
	}
}

/* A digital line without echo, talk at both ends: every sample passes. */
static void no_echo_no_change(void **state)
{
	struct talk *t = talk_new(0, -10, false);

	(void)state;
	source_init(&t->near, -14, 99, 131);
	line_change(&t->line, &hybrids[0], 200, BULK + 80);
	talk_run(t, true, true, 20000);
	assert_memory_equal(t->out, t->in, t->frames * sizeof(int16_t) * JUDGE_FRAME);
	free(t);
}

/* Steady tones at both ends that beat with our frames, and no echo at all: what the line adds to the far ones (A-law makes 400 Hz
 * of 700 and 1100) is no reason to take the near one away. */
static void tones_at_both_ends(void **state)
{
	static const double far_hz[][2] = { { 700, 1100 }, { 400, 1100 }, { 697, 1209 }, { 425, 425 } };
	static const double near_hz[] = { 400, 700, 425, 450 };

	(void)state;
	for (unsigned k = 0; k < 2 * ARRAY_LEN(near_hz); k++) {
		struct talk *t = talk_new(0, -10, k >= ARRAY_LEN(near_hz));
		double heard;

		line_change(&t->line, &hybrids[0], k % 2 ? 200 : 20, BULK + 80);
		for (unsigned f = 0; f < 1000; f++) {
			double n[JUDGE_FRAME];
			int16_t s[JUDGE_FRAME];

			for (unsigned i = 0; i < JUDGE_FRAME; i++) {
				double at = 2 * M_PI * (t->frames * JUDGE_FRAME + i) / 8000;

				s[i] = (int16_t)(level_to_amplitude(-16) *
				                 (sin(at * far_hz[k % 4][0]) + sin(at * far_hz[k % 4][1])));
				n[i] = level_to_amplitude(-16) * sin(at * near_hz[k % 4]);
			}
			talk_frame(t, s, n);
		}
		heard = level_tone_dbm0(t->out + 2 * 8000, 7 * 8000, near_hz[k % 4], 8000);
		printf("  %.0f Hz against %.0f and %.0f: heard at %.1f dBm0, all of it %.2f\n", near_hz[k % 4], far_hz[k % 4][0],
		       far_hz[k % 4][1], heard, level(t, t->out, 7000));
		assert_true(fabs(heard + 16) < 0.5);
		for (unsigned h = 0; h < 2; h++) /* nor is an echo made, or made louder */
			assert_true(level_tone_dbm0(t->out + 2 * 8000, 7 * 8000, far_hz[k % 4][h], 8000) <
			            fmax(-60, level_tone_dbm0(t->in + 2 * 8000, 7 * 8000, far_hz[k % 4][h], 8000) + 1));
		if (k % 2) /* there is none: every sample passes */
			assert_memory_equal(t->out, t->in, t->frames * sizeof(int16_t) * JUDGE_FRAME);
		free(t);
	}
}

/* ---- data: 2100 Hz with phase reversals, either way (G.168 7, V.25) ---- */

static void answer_tone(struct talk *t, bool far, double hz, unsigned reversal_ms, unsigned ms)
{
	unsigned from = t->frames * JUDGE_FRAME;

	for (unsigned f = 0; f < ms / 10; f++) {
		double n[JUDGE_FRAME] = { 0 };
		int16_t s[JUDGE_FRAME] = { 0 };

		for (unsigned i = 0; i < JUDGE_FRAME; i++) {
			unsigned at = t->frames * JUDGE_FRAME + i - from;
			double sign = reversal_ms && at / (reversal_ms * 8) % 2 ? -1 : 1;
			double v = sign * level_to_amplitude(-12) * sin(2 * M_PI * hz * at / 8000);

			if (far)
				s[i] = (int16_t)v;
			else
				n[i] = v;
		}
		talk_frame(t, s, n);
	}
}

static void data_passes(void **state)
{
	static const double hz[] = { 2100, 2085, 2115 };

	(void)state;
	for (unsigned k = 0; k < 2 * ARRAY_LEN(hz); k++) {
		struct talk *t = talk_new(0, -10, false);

		talk_run(t, true, false, 2000);
		talk_run(t, false, false, 300);
		answer_tone(t, k % 2, hz[k / 2], 450, 3300);
		assert_true(t->echo.disabled);
		talk_run(t, true, false, 3000); /* a modem */
		assert_true(t->echo.disabled);
		assert_memory_equal(t->out + (t->frames - 100) * JUDGE_FRAME, t->in + (t->frames - 100) * JUDGE_FRAME,
		                    100 * JUDGE_FRAME * sizeof(int16_t));
		talk_run(t, false, false, 250 + BULK / 8 + 20);
		assert_false(t->echo.disabled);
		talk_run(t, true, false, 2000);
		assert_true(erle(t, 350) > 30);
		free(t);
	}
}

static void only_that_tone(void **state)
{
	static const struct {
		double   hz;
		unsigned reversal_ms;
	} others[] = { { 2100, 0 }, { 2000, 450 }, { 2200, 450 }, { 2100, 100 } };

	(void)state;
	for (unsigned k = 0; k < ARRAY_LEN(others); k++) {
		struct talk *t = talk_new(0, -10, false);

		answer_tone(t, false, others[k].hz, others[k].reversal_ms, 3300);
		assert_false(t->echo.disabled);
		free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fft_there_and_back),
		cmocka_unit_test(converges),
		cmocka_unit_test(converges_at_each_level),
		cmocka_unit_test(converges_in_noise),
		cmocka_unit_test(nothing_is_heard),
		cmocka_unit_test(comfort_noise),
		cmocka_unit_test(double_talk),
		cmocka_unit_test(double_talk_is_heard),
		cmocka_unit_test(double_talk_from_the_start),
		cmocka_unit_test(near_end_alone),
		cmocka_unit_test(path_change),
		cmocka_unit_test(whole_tail),
		cmocka_unit_test(tones_do_not_hurt),
		cmocka_unit_test(no_echo_no_change),
		cmocka_unit_test(tones_at_both_ends),
		cmocka_unit_test(data_passes),
		cmocka_unit_test(only_that_tone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
