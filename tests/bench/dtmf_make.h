/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/dtmf_make.h - the signals that the DTMF receivers and the clamp are measured with: keys of exact frequencies,
 * levels and lengths, at random phases, over noise or a dial tone, through A-law.
 */
#ifndef TESTS_BENCH_DTMF_MAKE_H
#define TESTS_BENCH_DTMF_MAKE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/random.h"
#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/tone.h"

#define MAKE_KEYS "0123456789*#ABCD"
#define MAKE_MAX  8000  /* samples of a trial */
#define MAKE_LEAD 400   /* before the key: 50 ms, and up to MAKE_SLIP more */
#define MAKE_SLIP 80
#define MAKE_TAIL 800

struct make {
	char   digit;
	double deviation[2];       /* 0.018: both 1.8 % too high */
	double dbm0[2];            /* low, high */
	unsigned on, off, again;   /* samples: a tone; and then, if again > 0, a pause (phases go on) and a tone again */
	/* of both tones' power over that of white noise up to 4 kHz, before and after too; 0: no noise */
	double snr_db;
	double dial_db;            /* 350 and 440 Hz, each so much beside the weaker tone; 0: none */
};

struct made {
	char    digit;
	int16_t s[MAKE_MAX];
	int16_t tones[MAKE_MAX];   /* what of it is the key: not companded */
	unsigned n, begin, end;    /* samples: all, where the key begins and where it ends */
};

/* White and nearly Gaussian: rms 1. */
static inline double make_noise(void)
{
	uint64_t r = random_u64();
	double sum = 0;

	for (unsigned i = 0; i < 4; i++, r >>= 16)
		sum += (double)(r & 0xffff) - 32767.5;
	return sum / (65536 * 0.57735);
}

struct make_sine { /* by recurrence: exact enough for a second, and fast */
	double s, c, step_s, step_c;
};

static inline void make_sine_init(struct make_sine *o, double hz, double amplitude)
{
	double phase = 2 * M_PI * (double)random_below(1u << 20) / (1u << 20), w = 2 * M_PI * hz / 8000;

	*o = (struct make_sine){ amplitude * sin(phase), amplitude * cos(phase), sin(w), cos(w) };
}

static inline double make_sine_next(struct make_sine *o)
{
	double s = o->s;

	o->s = s * o->step_c + o->c * o->step_s;
	o->c = o->c * o->step_c - s * o->step_s;
	return s;
}

static inline int16_t make_alaw(double v)
{
	int16_t s = v >= 32767 ? 32767 : v <= -32768 ? -32768 : (int16_t)lrint(v);

	return g711_alaw_decode(g711_alaw_encode(s));
}

static inline void make_key(struct made *m, const struct make *k)
{
	struct make_sine tone[2], dial[2];
	double a[2], power, noise = 0, weak;
	int hz[2];

	(void)tone_dtmf_frequencies(k->digit, &hz[0], &hz[1]);
	for (int g = 0; g < 2; g++) {
		a[g] = level_to_amplitude(k->dbm0[g]);
		make_sine_init(&tone[g], hz[g] * (1 + k->deviation[g]), a[g]);
	}
	power = (a[0] * a[0] + a[1] * a[1]) / 2;
	weak = a[0] < a[1] ? a[0] : a[1];
	if (k->snr_db != 0)
		noise = sqrt(power * pow(10, -k->snr_db / 10));
	for (int g = 0; g < 2; g++)
		make_sine_init(&dial[g], g ? 440 : 350, k->dial_db != 0 ? weak * pow(10, k->dial_db / 20) : 0);
	m->begin = MAKE_LEAD + random_below(MAKE_SLIP);
	m->end = m->begin + k->on + (k->again ? k->off + k->again : 0);
	m->n = m->end + MAKE_TAIL;
	for (unsigned i = 0; i < m->n; i++) {
		unsigned t = i - m->begin;
		bool on = i >= m->begin && (t < k->on || (t >= k->on + k->off && i < m->end));
		double v = 0;

		if (i >= m->begin && i < m->end)
			v = make_sine_next(&tone[0]) + make_sine_next(&tone[1]);
		if (!on)
			v = 0;
		m->tones[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
		if (noise > 0)
			v += noise * make_noise();
		if (k->dial_db != 0)
			v += make_sine_next(&dial[0]) + make_sine_next(&dial[1]);
		m->s[i] = make_alaw(v);
	}
}

#endif
