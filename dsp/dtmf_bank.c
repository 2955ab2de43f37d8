/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sixteen receivers side by side: each step is dsp/dtmf_rx.c's, written once over vectors of eight lanes. The compiler makes one
 * instruction of an operation where the machine has AVX2 (asked once, when a bank is made), else two. Each lane's sums are in the
 * same order either way and products are rounded before they are added, so results are the same on every x86.
 */
#include "dsp/dtmf_bank.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/dtmf_judge.h"

#define LANES  DTMF_BANK_LANES
#define VEC    8                       /* lanes in a vector */
#define HALVES (LANES / VEC)
#define X_PAST 6                       /* samples the half band needs again */
#define Y_HOP  (DTMF_RX_HOP / 2)
#define Y_PAST (DTMF_TAPS - Y_HOP)
#define HOPS   (DTMF_BANK_FRAME / DTMF_RX_HOP)
#define RING   16                      /* hops; a power of two over DTMF_WINDOW */
#define FOLDS  (DTMF_TAPS / 2)

typedef float   lane_vec __attribute__((vector_size(4 * VEC), may_alias));
typedef int32_t lane_int __attribute__((vector_size(4 * VEC), may_alias));
typedef int16_t line_vec __attribute__((vector_size(2 * VEC)));

struct lanes {
	lane_vec v[HALVES];
};

struct lane_ints {
	lane_int v[HALVES];
};

enum { POWER, TURN_RE, TURN_IM, TERMS };

struct dtmf_bank {
	struct lanes x[X_PAST + DTMF_BANK_FRAME];    /* 8 kHz */
	struct lanes y[Y_PAST + HOPS * Y_HOP];       /* 4 kHz */
	struct lanes z[DTMF_HISTORY][DTMF_GROUPS][2];
	struct lanes line[DTMF_HISTORY];             /* a hop's energy */
	/* a hop's terms of the windows' sums; pairs: with those of the hop before, so that a window is five of them */
	struct lanes term[DTMF_GROUPS][TERMS], pair[RING][DTMF_GROUPS][TERMS];
	struct lanes sum[DTMF_GROUPS][TERMS];        /* of the window, */
	struct lanes recent[DTMF_GROUPS];            /* of the last three hops: POWER */
	/* for a judge (struct dtmf_hop) */
	struct lanes     energy[DTMF_GROUPS];
	struct lane_ints seen, strict;
	uint32_t         hop;
	int16_t          in[LANES][DTMF_BANK_FRAME]; /* the frame as it is fed */
	bool             lost[LANES];
	struct dtmf_filter filter;
	struct dtmf_judge  judge[LANES];
	void (*frame)(struct dtmf_bank *b, unsigned n, struct dtmf_result *out);
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define EACH_HALF     for (unsigned k = 0; k < HALVES; k++)
/* mask ? a : b, of each lane */
#define PICK(mask, a, b) ((lane_vec)(((mask) & (lane_int)(a)) | (~(mask) & (lane_int)(b))))
#define ALL(x)           ((lane_vec){ 0 } + (x))
#define SIZE(v)          ((lane_vec)((lane_int)(v) & 0x7fffffff))

ALWAYS_INLINE float *lane_of(struct lanes *a, unsigned lane)
{
	return (float *)a + lane;
}

ALWAYS_INLINE void half_band(struct lanes *y, const struct lanes *x) /* x: the oldest of its seven samples */
{
	EACH_HALF
	y->v[k] = DTMF_HALF_0 * x[3].v[k] + DTMF_HALF_1 * (x[2].v[k] + x[4].v[k]) + DTMF_HALF_3 * (x[0].v[k] + x[6].v[k]);
}

/* Both groups' filters at once: eight sums stay in registers. */
ALWAYS_INLINE void group_filters(struct lanes z[DTMF_GROUPS][2], const struct dtmf_filter *f, const struct lanes *y)
{
	lane_vec low_re[HALVES] = { { 0 } }, low_im[HALVES] = { { 0 } }, high_re[HALVES] = { { 0 } }, high_im[HALVES] = { { 0 } };

	for (unsigned i = 0; i < FOLDS; i++)
		EACH_HALF {
			lane_vec after = y[FOLDS + i].v[k], before = y[FOLDS - 1 - i].v[k];
			lane_vec sum = after + before, diff = before - after;

			low_re[k] += f->re[DTMF_LOW][i] * sum;
			low_im[k] += f->im[DTMF_LOW][i] * diff;
			high_re[k] += f->re[DTMF_HIGH][i] * sum;
			high_im[k] += f->im[DTMF_HIGH][i] * diff;
		}
	EACH_HALF {
		z[DTMF_LOW][0].v[k] = low_re[k];
		z[DTMF_LOW][1].v[k] = low_im[k];
		z[DTMF_HIGH][0].v[k] = high_re[k];
		z[DTMF_HIGH][1].v[k] = high_im[k];
	}
}

ALWAYS_INLINE void line_energy(struct dtmf_bank *b, const struct lanes *x)
{
	EACH_HALF {
		lane_vec e = { 0 };

		for (unsigned i = 0; i < DTMF_RX_HOP; i++)
			e += x[i].v[k] * x[i].v[k];
		b->line[b->hop % DTMF_HISTORY].v[k] = e;
	}
}

ALWAYS_INLINE void terms(struct dtmf_bank *b, unsigned g)
{
	const struct lanes *z = b->z[b->hop % DTMF_HISTORY][g], *z1 = b->z[(b->hop - 1) % DTMF_HISTORY][g];
	struct lanes *pair = b->pair[b->hop % RING][g], *before = b->pair[(b->hop - 1) % RING][g], *term = b->term[g];

	EACH_HALF {
		lane_vec power = z[0].v[k] * z[0].v[k] + z[1].v[k] * z[1].v[k];
		lane_vec re = z[0].v[k] * z1[0].v[k] + z[1].v[k] * z1[1].v[k];
		lane_vec im = z[1].v[k] * z1[0].v[k] - z[0].v[k] * z1[1].v[k];

		b->recent[g].v[k] = power + before[POWER].v[k];
		pair[POWER].v[k] = power + term[POWER].v[k];
		pair[TURN_RE].v[k] = re + term[TURN_RE].v[k];
		pair[TURN_IM].v[k] = im + term[TURN_IM].v[k];
		term[POWER].v[k] = power;
		term[TURN_RE].v[k] = re;
		term[TURN_IM].v[k] = im;
	}
}

ALWAYS_INLINE void window_sums(struct dtmf_bank *b)
{
	for (unsigned g = 0; g < DTMF_GROUPS; g++)
		for (unsigned t = 0; t < TERMS; t++)
			EACH_HALF {
				lane_vec sum = b->pair[b->hop % RING][g][t].v[k];

				for (unsigned i = 2; i < DTMF_WINDOW; i += 2)
					sum += b->pair[(b->hop - i) % RING][g][t].v[k];
				b->sum[g][t].v[k] = sum;
			}
}

/* As window_tone() in dsp/dtmf_rx.c, of eight lanes, without a branch: at most one of the four frequencies fits. */
ALWAYS_INLINE void see_tone(struct dtmf_bank *b, unsigned g, unsigned k, lane_int *tone, lane_int *strict)
{
	const struct dtmf_filter *f = &b->filter;
	lane_vec re = b->sum[g][TURN_RE].v[k], im = b->sum[g][TURN_IM].v[k], power = b->sum[g][POWER].v[k];
	lane_vec near_re = ALL(1.0f), near_im = { 0 }, gain = { 0 }, slope = { 0 }, early = { 0 }, energy;
	lane_vec turn2 = re * re + im * im, power2 = power * power;
	lane_int found = { 0 };

	found -= 1;
	for (int i = 0; i < 4; i++) {
		lane_vec at_re = re * f->cos_hop[g][i] + im * f->sin_hop[g][i];
		lane_vec at_im = im * f->cos_hop[g][i] - re * f->sin_hop[g][i];
		lane_int fits = (at_re > 0) & (SIZE(at_im) <= f->tan_coarse[g][i] * at_re);

		near_re = PICK(fits, at_re, near_re);
		near_im = PICK(fits, at_im, near_im);
		gain = PICK(fits, ALL(f->gain[g][i]), gain);
		slope = PICK(fits, ALL(f->slope[g][i] * f->part[g][i]), slope);
		early = PICK(fits, ALL(f->tan_early[g][i]), early);
		found = (fits & i) | (~fits & found);
	}
	energy = power * gain * (1 + slope * near_im / near_re);
	b->energy[g].v[k] = energy;
	*strict = (turn2 >= f->pure2_early * power2) & (SIZE(near_im) <= early * near_re);
	*tone = found | ((turn2 < f->pure2_min * power2) | (energy < f->energy_min));
}

/* As window_see() in dsp/dtmf_rx.c. */
ALWAYS_INLINE void see(struct dtmf_bank *b, unsigned k)
{
	const struct dtmf_filter *f = &b->filter;
	lane_int low, high, low_strict, high_strict, fits;
	lane_vec el, eh, line = { 0 };

	for (unsigned i = 0; i < DTMF_WINDOW; i++)
		line += b->line[(b->hop - DTMF_DELAY - i) % DTMF_HISTORY].v[k];
	see_tone(b, DTMF_LOW, k, &low, &low_strict);
	see_tone(b, DTMF_HIGH, k, &high, &high_strict);
	el = b->energy[DTMF_LOW].v[k];
	eh = b->energy[DTMF_HIGH].v[k];
	fits = (low >= 0) & (high >= 0) & (el <= f->twist_max * eh) & (eh <= f->twist_max * el) &
	       (el + eh >= f->share_min * line);
	b->seen.v[k] = (4 * low + high) | ~fits;
	b->strict.v[k] = fits & low_strict & high_strict & (el + eh >= f->share_early * line);
}

/* ---- lane by lane ---- */

static void judge_lane(struct dtmf_bank *b, unsigned l, int seen, unsigned i, struct dtmf_result *out)
{
	struct dtmf_hop h = { .k = b->hop,
		              .seen = seen,
		              .strict = ((const int32_t *)&b->strict)[l],
		              .z = lane_of(&b->z[0][0][0], l),
		              .z_hop = 2 * DTMF_GROUPS * LANES,
		              .z_part = LANES,
		              .line = lane_of(&b->line[0], l),
		              .line_hop = LANES };

	for (unsigned g = 0; g < DTMF_GROUPS; g++) {
		h.energy[g] = *lane_of(&b->energy[g], l);
		h.power[g] = *lane_of(&b->sum[g][POWER], l);
		h.recent[g] = *lane_of(&b->recent[g], l);
	}
	dtmf_judge_hop(&b->judge[l], &b->filter, &h, i, out);
}

static void judge(struct dtmf_bank *b, unsigned i, struct dtmf_result *out)
{
	int32_t seen[LANES];

	memcpy(seen, &b->seen, sizeof(seen));
	for (unsigned l = 0; l < LANES; l++)
		if (seen[l] >= 0 || dtmf_judge_busy(&b->judge[l]))
			judge_lane(b, l, seen[l], i, &out[l]);
}

/* ---- a frame ---- */

/* A perfect shuffle of eight rows of eight; three of them turn rows into columns. */
ALWAYS_INLINE void shuffle(line_vec to[VEC], const line_vec r[VEC])
{
	for (unsigned i = 0; i < VEC / 2; i++) {
		to[2 * i] = __builtin_shufflevector(r[i], r[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
		to[2 * i + 1] = __builtin_shufflevector(r[i], r[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
	}
}

ALWAYS_INLINE void take_in(struct dtmf_bank *b, unsigned n)
{
	unsigned i = 0;

	for (; i + VEC <= n; i += VEC)
		EACH_HALF {
			line_vec r[VEC], turned[VEC];

			for (unsigned l = 0; l < VEC; l++)
				memcpy(&r[l], &b->in[k * VEC + l][i], sizeof(r[l]));
			shuffle(turned, r);
			shuffle(r, turned);
			shuffle(turned, r);
			for (unsigned t = 0; t < VEC; t++)
				b->x[X_PAST + i + t].v[k] =
					__builtin_convertvector(__builtin_convertvector(turned[t], lane_int), lane_vec);
		}
	for (; i < n; i++)
		for (unsigned l = 0; l < LANES; l++)
			*lane_of(&b->x[X_PAST + i], l) = b->in[l][i];
	memset(b->in, 0, sizeof(b->in)); /* a lane that is not fed hears silence */
}

ALWAYS_INLINE void frame(struct dtmf_bank *b, unsigned n, struct dtmf_result *out)
{
	take_in(b, n);
	for (unsigned i = 0; i < n / DTMF_RX_HOP; i++, b->hop++) {
		for (unsigned t = 0; t < Y_HOP; t++)
			half_band(&b->y[Y_PAST + i * Y_HOP + t], &b->x[i * DTMF_RX_HOP + 2 * t + 1]);
		group_filters(b->z[b->hop % DTMF_HISTORY], &b->filter, b->y + i * Y_HOP);
		line_energy(b, b->x + X_PAST + i * DTMF_RX_HOP);
		terms(b, DTMF_LOW);
		terms(b, DTMF_HIGH);
		window_sums(b);
		EACH_HALF
		see(b, k);
		judge(b, i, out);
	}
}

static void frame_any(struct dtmf_bank *b, unsigned n, struct dtmf_result *out)
{
	frame(b, n, out);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void frame_avx2(struct dtmf_bank *b, unsigned n, struct dtmf_result *out)
{
	frame(b, n, out);
}
#endif

void dtmf_bank_process(struct dtmf_bank *b, unsigned n, struct dtmf_result out[LANES])
{
	assert(n <= DTMF_BANK_FRAME && n % DTMF_RX_HOP == 0);
	for (unsigned l = 0; l < LANES; l++) {
		out[l].count = 0;
		out[l].early = 0;
		if (b->lost[l])
			dtmf_judge_lost(&b->judge[l], n);
		else
			dtmf_judge_heard(&b->judge[l]);
		b->lost[l] = false;
	}
	b->frame(b, n, out);
	memmove(b->x, b->x + n, X_PAST * sizeof(b->x[0]));
	memmove(b->y, b->y + n / 2, Y_PAST * sizeof(b->y[0]));
}

void dtmf_bank_hear(struct dtmf_bank *b, unsigned lane, const int16_t *s, unsigned n)
{
	assert(lane < LANES && n <= DTMF_BANK_FRAME);
	b->lost[lane] = !s;
	if (s)
		memcpy(b->in[lane], s, n * sizeof(*s));
}

/* ---- control ---- */

int dtmf_bank_alloc(struct dtmf_bank **bp)
{
	const size_t align = sizeof(struct lanes), size = (sizeof(struct dtmf_bank) + align - 1) / align * align;
	struct dtmf_bank *b = aligned_alloc(align, size);

	if (!b)
		return -ENOMEM;
	memset(b, 0, size);
	dtmf_filter_init(&b->filter);
	b->frame = frame_any;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		b->frame = frame_avx2;
#endif
	*bp = b;
	return 0;
}

void dtmf_bank_free(struct dtmf_bank *b)
{
	free(b);
}

static void lane_clear(struct lanes *a, size_t bytes, unsigned lane)
{
	for (size_t i = 0; i < bytes / sizeof(*a); i++)
		*lane_of(&a[i], lane) = 0;
}

void dtmf_bank_init(struct dtmf_bank *b, unsigned lane)
{
	assert(lane < LANES);
	lane_clear(b->x, sizeof(b->x), lane);
	lane_clear(b->y, sizeof(b->y), lane);
	lane_clear(&b->z[0][0][0], sizeof(b->z), lane);
	lane_clear(b->line, sizeof(b->line), lane);
	lane_clear(&b->term[0][0], sizeof(b->term), lane);
	lane_clear(&b->pair[0][0][0], sizeof(b->pair), lane);
	b->lost[lane] = false;
	dtmf_judge_init(&b->judge[lane]);
}
