/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/comfort_noise.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "dsp/level.h"
#include "dsp/noise.h"

#define DBOV     6.15    /* dBm0 of a full-scale square wave (dsp/level.h) */
#define K_MAX    0.98f   /* sharper filters ring for long, and need gains that floats are no good for */
#define PEAK     4.0f    /* times the rms: no more is given out, whatever the filter does */
#define SETTLE   0.03f   /* a sample: how fast a new level comes */
#define STEP     (258.0f / 32768.0f)

void comfort_noise_init(struct comfort_noise *c)
{
	memset(c, 0, sizeof(*c));
	c->random = 1;
	c->excitation = 1;
}

int comfort_noise_parse(struct comfort_noise *c, const uint8_t *payload, size_t len)
{
	double dbm0;

	if (len == 0)
		return -EBADMSG;
	/* The octet's top bit is not used (RFC 3389 3.1). */
	dbm0 = fmin(DBOV - (payload[0] & 0x7f), COMFORT_NOISE_MAX_DBM0);
	c->level = (float)(level_to_amplitude(dbm0) / M_SQRT2);
	c->order = len - 1 < COMFORT_NOISE_ORDER ? (unsigned)(len - 1) : COMFORT_NOISE_ORDER;
	c->excitation = 1;
	for (unsigned i = 0; i < c->order; i++) {
		int n = payload[1 + i] == 255 ? 127 : payload[1 + i]; /* 255 is none (RFC 3389 3.2) */

		c->k[i] = fminf(fmaxf((float)(n - 127) * STEP, -K_MAX), K_MAX);
		c->excitation *= sqrtf(1 - c->k[i] * c->k[i]); /* the lattice's gain in power is 1 / product of 1 - k^2 */
	}
	memset(c->back, 0, sizeof(c->back));
	return 0;
}

/*
 *   f[m-1] = f[m] - k[m] b[m-1] z^-1      b[m] = b[m-1] z^-1 + k[m] f[m-1]      in: f[M]   out: f[0] = b[0]
 */
static float lattice(struct comfort_noise *c, float f)
{
	for (unsigned m = c->order; m > 0; m--) {
		f -= c->k[m - 1] * c->back[m - 1];
		c->back[m] = c->back[m - 1] + c->k[m - 1] * f;
	}
	c->back[0] = f;
	return f;
}

void comfort_noise_process(struct comfort_noise *c, int16_t *s, size_t n)
{
	float scale = c->excitation * noise_amplitude(1);

	for (size_t i = 0; i < n; i++) {
		float v;

		v = lattice(c, noise_next(&c->random) * scale);
		c->level_now += SETTLE * (c->level - c->level_now);
		s[i] = (int16_t)lrintf(fminf(fmaxf(v, -PEAK), PEAK) * c->level_now);
	}
}

/* Autocorrelation, then Levinson and Durbin's recursion; a little white noise (-40 dB) keeps pure tones from the edge. */
size_t comfort_noise_build(uint8_t *out, const int16_t *s, size_t n, unsigned order)
{
	double r[COMFORT_NOISE_ORDER + 1], a[COMFORT_NOISE_ORDER + 1] = { 1 }, error;
	double level = round(DBOV - level_dbm0(s, n));

	out[0] = (uint8_t)fmin(fmax(level, 0), 127);
	for (unsigned m = 0; m <= order; m++) {
		r[m] = 0;
		for (size_t i = m; i < n; i++)
			r[m] += (double)s[i] * s[i - m];
	}
	error = r[0] = r[0] * 1.0001 + 1;
	for (unsigned m = 1; m <= order; m++) {
		double k = r[m], before[COMFORT_NOISE_ORDER + 1];

		for (unsigned i = 1; i < m; i++)
			k += a[i] * r[m - i];
		k /= -error;
		memcpy(before, a, sizeof(before));
		for (unsigned i = 1; i < m; i++)
			a[i] += k * before[m - i];
		a[m] = k;
		error *= 1 - k * k;
		out[m] = (uint8_t)lrint(fmin(fmax(127 + k / (double)STEP, 0), 254));
	}
	return 1 + (size_t)order;
}
