/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/echo_judge.h - a line with a hybrid, and what a canceller leaves of it. The hybrids are those of ITU-T G.168 Annex D
 * (D.2 to D.9, from spandsp's header), the signal is made in the manner of its Annex C: a voiced burst, noise of speech's
 * spectrum, a pause, 350 ms in all, the sign turned each time. All of it goes through A-law, as on the line.
 */
#ifndef TESTS_UNIT_ECHO_JUDGE_H
#define TESTS_UNIT_ECHO_JUDGE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <spandsp/g168models.h>

#include "core/magic.h"
#include "dsp/g711.h"
#include "dsp/level.h"

#define JUDGE_FRAME 80

struct hybrid {
	const char    *name;
	const int32_t *s;
	unsigned       len;
};

#define HYBRID(n) \
	{ \
		"D." #n, line_model_d##n##_coeffs, ARRAY_LEN(line_model_d##n##_coeffs) \
	}
static const struct hybrid hybrids[] = { HYBRID(2), HYBRID(3), HYBRID(4), HYBRID(5), HYBRID(6), HYBRID(7), HYBRID(8), HYBRID(9) };

/* ---- signals ---- */

struct source {
	double   rms;
	uint32_t seed;
	unsigned at;
	double   low, before; /* of the noise's filter */
	double   pitch_hz;
};

static double source_noise(struct source *s)
{
	s->seed = s->seed * 1664525u + 1013904223u;
	return (double)(int32_t)s->seed / 2147483648.0;
}

static void source_init(struct source *s, double dbm0, uint32_t seed, double pitch_hz)
{
	*s = (struct source){ .rms = level_to_amplitude(dbm0) / sqrt(2), .seed = seed, .pitch_hz = pitch_hz };
}

/* 48.62 ms voiced, 200 ms noise, 101.38 ms pause; noise falls by 6 dB an octave from about 500 Hz on. */
static int16_t source_next(struct source *s)
{
	unsigned in = s->at % 2800;
	double v = 0, sign = s->at / 2800 % 2 ? -1 : 1;

	if (in < 389) {
		for (unsigned h = 1; h * s->pitch_hz < 3400; h++)
			v += cos(2 * M_PI * h * s->pitch_hz * in / 8000 + h * h * 0.7) / sqrt(h);
		v *= 0.75;
	} else if (in < 1989) {
		s->low += 0.35 * (source_noise(s) - s->low);
		v = 4.6 * s->low;
	}
	s->at++;
	return (int16_t)fmax(-32000, fmin(32000, sign * v * s->rms));
}

/* ---- the line ---- */

#define LINE_MAX 4096

struct line {
	const struct hybrid *hybrid;
	double   gain;              /* so that the echo of this hybrid has the wanted loss */
	unsigned delay;             /* samples */
	int16_t  past[LINE_MAX];
	unsigned at;
};

/* erl_db: of the energy of the impulse response. */
static void line_init(struct line *l, const struct hybrid *h, double erl_db, unsigned delay)
{
	double energy = 0;

	memset(l, 0, sizeof(*l));
	l->hybrid = h;
	l->delay = delay;
	for (unsigned i = 0; i < h->len; i++)
		energy += (double)h->s[i] * h->s[i];
	l->gain = pow(10, -erl_db / 20) / sqrt(energy);
}

static void line_change(struct line *l, const struct hybrid *h, double erl_db, unsigned delay)
{
	struct line was = *l;

	line_init(l, h, erl_db, delay);
	memcpy(l->past, was.past, sizeof(l->past));
	l->at = was.at;
}

static int16_t line_law(double v)
{
	return g711_alaw_decode(g711_alaw_encode((int16_t)fmax(-32767, fmin(32767, v))));
}

/* sent: through A-law already. near: of the party at the far side of the hybrid. */
static int16_t line_next(struct line *l, int16_t sent, double near)
{
	double sum = 0;

	l->past[l->at++ % LINE_MAX] = sent;
	for (unsigned i = 0; i < l->hybrid->len; i++)
		sum += (double)l->hybrid->s[i] * l->past[(l->at - 1 + LINE_MAX * 4 - l->delay - i) % LINE_MAX];
	return line_law(sum * l->gain + near);
}

/* 10 log of a over b, as energies of n samples */
static double db_over(const int16_t *a, const int16_t *b, unsigned n)
{
	double ea = 1e-9, eb = 1e-9;

	for (unsigned i = 0; i < n; i++) {
		ea += (double)a[i] * a[i];
		eb += (double)b[i] * b[i];
	}
	return 10 * log10(ea / eb);
}

#endif
