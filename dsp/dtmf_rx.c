/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plain receiver: each step as its formula says. dsp/dtmf_bank.c does the same in another order. */
#include "dsp/dtmf_rx.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/dtmf_judge.h"

#define HALF_TAPS 7

struct dtmf_receiver {
	struct dtmf_filter filter;
	/* from here on: forgotten by init */
	struct dtmf_judge  judge;
	float              x[HALF_TAPS - 1 + DTMF_RX_HOP];   /* the line at 8 kHz: what the half band needs again, and this hop */
	uint32_t           hop;                              /* counts */
	unsigned           filled;                           /* of this hop */
	float              y[DTMF_TAPS];                     /* at 4 kHz, oldest first */
	float              z[DTMF_HISTORY][DTMF_GROUPS][2];
	float              energy[DTMF_HISTORY];
};

int dtmf_receiver_alloc(struct dtmf_receiver **rp)
{
	struct dtmf_receiver *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	dtmf_filter_init(&r->filter);
	dtmf_receiver_init(r);
	*rp = r;
	return 0;
}

void dtmf_receiver_free(struct dtmf_receiver *r)
{
	free(r);
}

void dtmf_receiver_init(struct dtmf_receiver *r)
{
	struct dtmf_filter filter = r->filter;

	memset(r, 0, sizeof(*r));
	r->filter = filter;
	dtmf_judge_init(&r->judge);
}

/* y += this hop, at half the rate. */
static void half_band(struct dtmf_receiver *r)
{
	const unsigned n = DTMF_RX_HOP / 2;

	memmove(r->y, r->y + n, (DTMF_TAPS - n) * sizeof(r->y[0]));
	for (unsigned i = 0; i < n; i++) {
		const float *c = r->x + 2 * i + 4; /* the middle tap */

		r->y[DTMF_TAPS - n + i] = DTMF_HALF_0 * c[0] + DTMF_HALF_1 * (c[-1] + c[1]) + DTMF_HALF_3 * (c[-3] + c[3]);
	}
}

static void group_filter(struct dtmf_receiver *r, unsigned g, float z[2])
{
	float re = 0, im = 0;

	for (unsigned i = 0; i < DTMF_TAPS / 2; i++) {
		float after = r->y[DTMF_TAPS / 2 + i], before = r->y[DTMF_TAPS / 2 - 1 - i];

		re += r->filter.re[g][i] * (after + before);
		im += r->filter.im[g][i] * (before - after);
	}
	z[0] = re;
	z[1] = im;
}

static float energy(const float *x)
{
	float e = 0;

	for (unsigned i = 0; i < DTMF_RX_HOP; i++)
		e += x[i] * x[i];
	return e;
}

/* Sums over a window, or less. */
struct sums {
	float power[DTMF_GROUPS], turn_re[DTMF_GROUPS], turn_im[DTMF_GROUPS], line;
};

static void window_sum(const struct dtmf_receiver *r, uint32_t k, struct dtmf_hop *h, struct sums *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned b = 0; b < DTMF_WINDOW; b++) {
		s->line += r->energy[(k - b - DTMF_DELAY) % DTMF_HISTORY];
		for (unsigned g = 0; g < DTMF_GROUPS; g++) {
			const float *z = r->z[(k - b) % DTMF_HISTORY][g], *z1 = r->z[(k - b - 1) % DTMF_HISTORY][g];

			s->power[g] += z[0] * z[0] + z[1] * z[1];
			s->turn_re[g] += z[0] * z1[0] + z[1] * z1[1];
			s->turn_im[g] += z[1] * z1[0] - z[0] * z1[1];
			if (b == 2)
				h->recent[g] = s->power[g];
		}
	}
	memcpy(h->power, s->power, sizeof(h->power));
}

/* Which of the group's tones is in the window: -1 none. Its energy; whether it is so like a key's that the clamp acts on it. */
static int window_tone(const struct dtmf_filter *f, const struct sums *s, unsigned g, float *energy, int *strict)
{
	float turn2 = s->turn_re[g] * s->turn_re[g] + s->turn_im[g] * s->turn_im[g], power2 = s->power[g] * s->power[g];

	for (int i = 0; i < 4; i++) { /* the turn, less that of the nominal frequency */
		float re = s->turn_re[g] * f->cos_hop[g][i] + s->turn_im[g] * f->sin_hop[g][i];
		float im = s->turn_im[g] * f->cos_hop[g][i] - s->turn_re[g] * f->sin_hop[g][i];

		if (re <= 0 || fabsf(im) > f->tan_coarse[g][i] * re)
			continue;
		*energy = s->power[g] * f->gain[g][i] * (1 + f->slope[g][i] * f->part[g][i] * im / re);
		*strict &= fabsf(im) <= f->tan_early[g][i] * re && turn2 >= f->pure2_early * power2;
		return turn2 >= f->pure2_min * power2 && *energy >= f->energy_min ? i : -1;
	}
	return -1;
}

static void window_see(const struct dtmf_filter *f, const struct sums *s, struct dtmf_hop *h)
{
	int strict = 1, low = window_tone(f, s, DTMF_LOW, &h->energy[DTMF_LOW], &strict);
	int high = window_tone(f, s, DTMF_HIGH, &h->energy[DTMF_HIGH], &strict);
	float both;

	h->seen = -1;
	if (low < 0 || high < 0)
		return;
	if (h->energy[DTMF_LOW] > f->twist_max * h->energy[DTMF_HIGH] ||
	    h->energy[DTMF_HIGH] > f->twist_max * h->energy[DTMF_LOW])
		return;
	both = h->energy[DTMF_LOW] + h->energy[DTMF_HIGH];
	if (both < f->share_min * s->line)
		return;
	h->seen = 4 * low + high;
	h->strict = strict && both >= f->share_early * s->line;
}

static void hop(struct dtmf_receiver *r, unsigned i, struct dtmf_result *out)
{
	uint32_t k = r->hop++;
	struct dtmf_hop h = { .k = k, .z = &r->z[0][0][0], .z_hop = 4, .z_part = 1, .line = r->energy, .line_hop = 1 };
	struct sums s;

	half_band(r);
	r->energy[k % DTMF_HISTORY] = energy(r->x + HALF_TAPS - 1);
	for (unsigned g = 0; g < DTMF_GROUPS; g++)
		group_filter(r, g, r->z[k % DTMF_HISTORY][g]);
	window_sum(r, k, &h, &s);
	window_see(&r->filter, &s, &h);
	dtmf_judge_hop(&r->judge, &r->filter, &h, i, out);
	memmove(r->x, r->x + DTMF_RX_HOP, (HALF_TAPS - 1) * sizeof(r->x[0]));
}

static void advance(struct dtmf_receiver *r, const int16_t *s, size_t n, struct dtmf_result *out)
{
	unsigned hops = 0;

	assert(n <= DTMF_RX_FRAME_MAX);
	out->count = 0;
	out->early = 0;
	for (size_t i = 0; i < n; i++) {
		r->x[HALF_TAPS - 1 + r->filled++] = s ? s[i] : 0;
		if (r->filled < DTMF_RX_HOP)
			continue;
		r->filled = 0;
		hop(r, hops++, out);
	}
}

void dtmf_receiver_process(struct dtmf_receiver *r, const int16_t *s, size_t n, struct dtmf_result *out)
{
	dtmf_judge_heard(&r->judge);
	advance(r, s, n, out);
}

void dtmf_receiver_lost(struct dtmf_receiver *r, size_t n, struct dtmf_result *out)
{
	dtmf_judge_lost(&r->judge, (unsigned)n);
	advance(r, NULL, n, out);
}
