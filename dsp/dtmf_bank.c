/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Eight receivers side by side: each step is dsp/dtmf_rx.c's, written once over vectors of eight lanes. The compiler makes one
 * instruction of an operation where the machine has AVX2 and FMA (asked once, when a bank is made), else two. Last bits differ
 * between machines and from the plain receiver; digits do not (tests/unit/dtmf_goals_test.c).
 */
#include "dsp/dtmf_bank.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/dtmf_judge.h"

#define LANES  DTMF_BANK_LANES
#define X_PAST 6                       /* samples the half band needs again */
#define Y_HOP  (DTMF_RX_HOP / 2)
#define Y_PAST (DTMF_TAPS - Y_HOP)
#define HOPS   (DTMF_BANK_FRAME / DTMF_RX_HOP)
#define RING   16                      /* hops; a power of two over DTMF_WINDOW + DTMF_DELAY */
#define FOLDS  (DTMF_TAPS / 2)

typedef float   lane_vec __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t lane_int __attribute__((vector_size(4 * LANES), may_alias));
typedef int16_t line_vec __attribute__((vector_size(2 * LANES)));

enum { POWER, TURN_RE, TURN_IM, TERMS };

struct dtmf_bank {
	lane_vec x[X_PAST + DTMF_BANK_FRAME];    /* 8 kHz */
	lane_vec y[Y_PAST + HOPS * Y_HOP];       /* 4 kHz */
	lane_vec z[DTMF_HISTORY][DTMF_GROUPS][2];
	lane_vec line[DTMF_HISTORY];             /* a hop's energy */
	/* a hop's terms of the windows' sums; pairs: with those of the hop before, so that a window is five of them */
	lane_vec term[DTMF_GROUPS][TERMS], pair[RING][DTMF_GROUPS][TERMS];
	lane_vec line_pair[RING];
	lane_vec sum[DTMF_GROUPS][TERMS], line_sum; /* of the window, */
	lane_vec recent[DTMF_GROUPS];            /* of the last three hops: POWER */
	lane_vec energy[DTMF_GROUPS];            /* for a judge (struct dtmf_hop), */
	lane_int seen, strict;                   /* too */
	int16_t  in[LANES][DTMF_BANK_FRAME];     /* the frame as it is fed */
	bool     fed[LANES], lost[LANES];
	uint32_t hop;                            /* counts */
	uint32_t busy;                           /* lanes whose judge wants each hop */
	struct dtmf_filter filter;
	struct dtmf_judge  judge[LANES];
	void (*frame)(struct dtmf_bank *b, unsigned n, struct dtmf_result *out);
};

/* Short loops of a known length, written out. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 10")
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))
/* mask ? a : b, of each lane */
#define PICK(mask, a, b) ((lane_vec)(((mask) & (lane_int)(a)) | (~(mask) & (lane_int)(b))))
#define SIZE(v)          ((lane_vec)((lane_int)(v) & 0x7fffffff))

ALWAYS_INLINE float *lane_of(lane_vec *a, unsigned lane)
{
	return (float *)a + lane;
}

ALWAYS_INLINE lane_vec *z_of(struct dtmf_bank *b, uint32_t hop, unsigned g)
{
	return b->z[hop % DTMF_HISTORY][g];
}

ALWAYS_INLINE void half_band(lane_vec *y, const lane_vec *x) /* x: the oldest of its seven samples */
{
	*y = DTMF_HALF_0 * x[3] + DTMF_HALF_1 * (x[2] + x[4]) + DTMF_HALF_3 * (x[0] + x[6]);
}

/* Both groups' filters at once: four sums stay in registers. */
ALWAYS_INLINE void group_filters(struct dtmf_bank *b, const lane_vec *y)
{
	const struct dtmf_filter *f = &b->filter;
	lane_vec low_re = { 0 }, low_im = { 0 }, high_re = { 0 }, high_im = { 0 };

	UNROLL
	for (unsigned i = 0; i < FOLDS; i++) {
		lane_vec after = y[FOLDS + i], before = y[FOLDS - 1 - i], sum = after + before, diff = before - after;

		low_re += f->re[DTMF_LOW][i] * sum;
		low_im += f->im[DTMF_LOW][i] * diff;
		high_re += f->re[DTMF_HIGH][i] * sum;
		high_im += f->im[DTMF_HIGH][i] * diff;
	}
	z_of(b, b->hop, DTMF_LOW)[0] = low_re;
	z_of(b, b->hop, DTMF_LOW)[1] = low_im;
	z_of(b, b->hop, DTMF_HIGH)[0] = high_re;
	z_of(b, b->hop, DTMF_HIGH)[1] = high_im;
}

ALWAYS_INLINE void line_energy(struct dtmf_bank *b, const lane_vec *x)
{
	lane_vec e = { 0 };

	UNROLL
	for (unsigned i = 0; i < DTMF_RX_HOP; i++)
		e += x[i] * x[i];
	b->line[b->hop % DTMF_HISTORY] = e;
	b->line_pair[b->hop % RING] = e + b->line[(b->hop - 1) % DTMF_HISTORY];
}

ALWAYS_INLINE void terms(struct dtmf_bank *b, unsigned g)
{
	const lane_vec *z = z_of(b, b->hop, g), *z1 = z_of(b, b->hop - 1, g);
	lane_vec *pair = b->pair[b->hop % RING][g], *before = b->pair[(b->hop - 1) % RING][g], *term = b->term[g];
	lane_vec power = z[0] * z[0] + z[1] * z[1], re = z[0] * z1[0] + z[1] * z1[1], im = z[1] * z1[0] - z[0] * z1[1];

	b->recent[g] = power + before[POWER];
	pair[POWER] = power + term[POWER];
	pair[TURN_RE] = re + term[TURN_RE];
	pair[TURN_IM] = im + term[TURN_IM];
	term[POWER] = power;
	term[TURN_RE] = re;
	term[TURN_IM] = im;
}

ALWAYS_INLINE void window_sums(struct dtmf_bank *b)
{
	const lane_vec *p[DTMF_WINDOW / 2], *line[DTMF_WINDOW / 2];

	UNROLL
	for (unsigned i = 0; i < DTMF_WINDOW / 2; i++) {
		p[i] = b->pair[(b->hop - 2 * i) % RING][0];
		line[i] = &b->line_pair[(b->hop - DTMF_DELAY - 2 * i) % RING];
	}
	UNROLL
	for (unsigned t = 0; t < DTMF_GROUPS * TERMS; t++)
		b->sum[t / TERMS][t % TERMS] = p[0][t] + p[1][t] + p[2][t] + p[3][t] + p[4][t];
	b->line_sum = *line[0] + *line[1] + *line[2] + *line[3] + *line[4];
}

static_assert(DTMF_WINDOW == 10 && DTMF_DELAY % 2 == 0, "five pairs");

/* As window_tone() in dsp/dtmf_rx.c, of all lanes, without a branch: at most one of the four frequencies fits. */
ALWAYS_INLINE void see_tone(struct dtmf_bank *b, unsigned g, lane_int *tone, lane_int *strict)
{
	const struct dtmf_filter *f = &b->filter;
	lane_vec re = b->sum[g][TURN_RE], im = b->sum[g][TURN_IM], power = b->sum[g][POWER];
	const lane_vec zero = { 0 };
	lane_vec near_re = zero + 1, near_im = { 0 }, gain = { 0 }, slope = { 0 }, early = { 0 }, energy;
	lane_vec turn2 = re * re + im * im, power2 = power * power;
	lane_int found = { 0 };

	found -= 1;
	UNROLL
	for (int i = 0; i < 4; i++) {
		lane_vec at_re = re * f->cos_hop[g][i] + im * f->sin_hop[g][i];
		lane_vec at_im = im * f->cos_hop[g][i] - re * f->sin_hop[g][i];
		lane_int fits = (at_re > 0) & (SIZE(at_im) <= f->tan_coarse[g][i] * at_re);
		lane_vec gain_i = zero + f->gain[g][i], slope_i = zero + f->slope[g][i] * f->part[g][i];
		lane_vec early_i = zero + f->tan_early[g][i];

		near_re = PICK(fits, at_re, near_re);
		near_im = PICK(fits, at_im, near_im);
		gain = PICK(fits, gain_i, gain);
		slope = PICK(fits, slope_i, slope);
		early = PICK(fits, early_i, early);
		found = (fits & i) | (~fits & found);
	}
	energy = power * gain * (1 + slope * near_im / near_re);
	b->energy[g] = energy;
	*strict = (turn2 >= f->pure2_early * power2) & (SIZE(near_im) <= early * near_re);
	*tone = found | ((turn2 < f->pure2_min * power2) | (energy < f->energy_min));
}

/* Whether any lane may show a digit: what fails here fails in see() too, and in nearly all of speech nothing else is asked. */
ALWAYS_INLINE bool plausible(const struct dtmf_bank *b)
{
	const struct dtmf_filter *f = &b->filter;
	lane_vec both = f->gain_most[DTMF_LOW] * b->sum[DTMF_LOW][POWER] + f->gain_most[DTMF_HIGH] * b->sum[DTMF_HIGH][POWER];
	lane_int may = (both >= f->share_min * b->line_sum) & (both >= f->energy_min);
	int64_t any[LANES / 2];

	UNROLL
	for (unsigned g = 0; g < DTMF_GROUPS; g++) {
		lane_vec re = b->sum[g][TURN_RE], im = b->sum[g][TURN_IM], power = b->sum[g][POWER];

		may &= re * re + im * im >= f->pure2_min * (power * power);
	}

	memcpy(any, &may, sizeof(any));
	return (any[0] | any[1]) | (any[2] | any[3]);
}

/* As window_see() in dsp/dtmf_rx.c. */
ALWAYS_INLINE void see(struct dtmf_bank *b)
{
	const struct dtmf_filter *f = &b->filter;
	lane_int low, high, low_strict, high_strict, fits;
	lane_vec el, eh, line = b->line_sum;

	see_tone(b, DTMF_LOW, &low, &low_strict);
	see_tone(b, DTMF_HIGH, &high, &high_strict);
	el = b->energy[DTMF_LOW];
	eh = b->energy[DTMF_HIGH];
	fits = (low >= 0) & (high >= 0) & (el <= f->twist_max * eh) & (eh <= f->twist_max * el) &
	       (el + eh >= f->share_min * line);
	b->seen = (4 * low + high) | ~fits;
	b->strict = fits & low_strict & high_strict & (el + eh >= f->share_early * line);
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
		if (seen[l] >= 0 || (b->busy & 1u << l)) {
			judge_lane(b, l, seen[l], i, &out[l]);
			b->busy = (b->busy & ~(1u << l)) | (uint32_t)dtmf_judge_busy(&b->judge[l]) << l;
		}
}

/* ---- a frame ---- */

/* A perfect shuffle of eight rows of eight; three of them turn rows into columns. */
ALWAYS_INLINE void shuffle(line_vec to[LANES], const line_vec r[LANES])
{
	UNROLL
	for (unsigned i = 0; i < LANES / 2; i++) {
		to[2 * i] = __builtin_shufflevector(r[i], r[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
		to[2 * i + 1] = __builtin_shufflevector(r[i], r[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
	}
}

ALWAYS_INLINE void take_in(struct dtmf_bank *b, unsigned n)
{
	unsigned i = 0;

	for (; i + LANES <= n; i += LANES) {
		line_vec r[LANES], turned[LANES];

		UNROLL
		for (unsigned l = 0; l < LANES; l++)
			memcpy(&r[l], &b->in[l][i], sizeof(r[l]));
		shuffle(turned, r);
		shuffle(r, turned);
		shuffle(turned, r);
		UNROLL
		for (unsigned t = 0; t < LANES; t++)
			b->x[X_PAST + i + t] = __builtin_convertvector(__builtin_convertvector(turned[t], lane_int), lane_vec);
	}
	for (; i < n; i++)
		for (unsigned l = 0; l < LANES; l++)
			*lane_of(&b->x[X_PAST + i], l) = b->in[l][i];
}

ALWAYS_INLINE void frame(struct dtmf_bank *b, unsigned n, struct dtmf_result *out)
{
	take_in(b, n);
	for (unsigned i = 0; i < n / DTMF_RX_HOP; i++, b->hop++) {
		UNROLL
		for (unsigned t = 0; t < Y_HOP; t++)
			half_band(&b->y[Y_PAST + i * Y_HOP + t], &b->x[i * DTMF_RX_HOP + 2 * t + 1]);
		group_filters(b, b->y + i * Y_HOP);
		line_energy(b, b->x + X_PAST + i * DTMF_RX_HOP);
		terms(b, DTMF_LOW);
		terms(b, DTMF_HIGH);
		window_sums(b);
		b->seen = ~(lane_int){ 0 };
		if (plausible(b))
			see(b);
		else if (!b->busy)
			continue;
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
		if (!b->fed[l])
			memset(b->in[l], 0, sizeof(b->in[l]));
		b->busy |= (uint32_t)dtmf_judge_busy(&b->judge[l]) << l;
		b->lost[l] = b->fed[l] = false;
	}
	b->frame(b, n, out);
	memmove(b->x, b->x + n, X_PAST * sizeof(b->x[0]));
	memmove(b->y, b->y + n / 2, Y_PAST * sizeof(b->y[0]));
}

void dtmf_bank_hear(struct dtmf_bank *b, unsigned lane, const int16_t *s, unsigned n)
{
	assert(lane < LANES && n <= DTMF_BANK_FRAME);
	b->lost[lane] = !s;
	b->fed[lane] = s;
	if (s)
		memcpy(b->in[lane], s, n * sizeof(*s));
}

/* ---- control ---- */

int dtmf_bank_alloc(struct dtmf_bank **bp)
{
	const size_t align = sizeof(lane_vec), size = (sizeof(struct dtmf_bank) + align - 1) / align * align;
	struct dtmf_bank *b = aligned_alloc(align, size);

	if (!b)
		return -ENOMEM;
	memset(b, 0, size);
	dtmf_filter_init(&b->filter);
	b->frame = frame_any;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		b->frame = frame_avx2;
#endif
	*bp = b;
	return 0;
}

void dtmf_bank_free(struct dtmf_bank *b)
{
	free(b);
}

static void lane_clear(lane_vec *a, size_t bytes, unsigned lane)
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
	lane_clear(b->line_pair, sizeof(b->line_pair), lane);
	b->fed[lane] = b->lost[lane] = false;
	b->busy &= ~(1u << lane);
	dtmf_judge_init(&b->judge[lane]);
}
