/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/dtmf_judge.h - what the receivers of dsp/dtmf_rx.c and dsp/dtmf_bank.c share: the filters' coefficients and the decisions.
 * For nobody else.
 */
#ifndef DSP_DTMF_JUDGE_H
#define DSP_DTMF_JUDGE_H

#include <stdbool.h>

#include "dsp/dtmf_rx.h"

#define DTMF_TAPS        40     /* of a group's filter, at 4 kHz: 10 ms */
#define DTMF_HOP_SECONDS ((float)DTMF_RX_HOP / DTMF_RX_RATE)
#define DTMF_WINDOW      10     /* hops that a hop's verdict is made of */
#define DTMF_DELAY       4      /* hops (5 ms) that z is older than the samples: energy is taken as old */
#define DTMF_HISTORY     32     /* hops of z that are kept; a power of two over a stretch (26) and its delay */

enum { DTMF_LOW, DTMF_HIGH, DTMF_GROUPS };

/* Half band, 8 -> 4 kHz: taps -3, -1, 0, 1, 3; the others are zero. */
#define DTMF_HALF_0 0.5f
#define DTMF_HALF_1 0.28125f
#define DTMF_HALF_3 (-0.03125f)

struct dtmf_filter {
	/* Halves of a symmetric (re) and of an antisymmetric (im) filter: tap 20 + i is re[i], -im[i]; tap 19 - i is re[i],
	 * im[i]. */
	float re[DTMF_GROUPS][DTMF_TAPS / 2], im[DTMF_GROUPS][DTMF_TAPS / 2];
	/* Of each nominal frequency: */
	float gain[DTMF_GROUPS][4];        /* from |z|^2 to the energy of the tone in a hop, */
	float slope[DTMF_GROUPS][4];       /* and how much more of it beside: a part for each part of deviation */
	float cos_hop[DTMF_GROUPS][4], sin_hop[DTMF_GROUPS][4];      /* how far it turns in a hop; */
	float tan_coarse[DTMF_GROUPS][4], tan_early[DTMF_GROUPS][4]; /* how far beside one may be (tangent) */
	float part[DTMF_GROUPS][4];        /* from radians beside to deviation */
	float gain_most[DTMF_GROUPS];      /* no gain is larger, slopes included */
	/* Of a window: least energy of a tone in it; of both beside the line's; how pure (squared); how unlike the two may be */
	float energy_min, share_min, share_early, pure2_min, pure2_early, twist_max;
};

void dtmf_filter_init(struct dtmf_filter *f);

/* One hop of one stream. Sums are over the last DTMF_WINDOW hops, a "window". */
struct dtmf_hop {
	uint32_t k;                   /* counts; any first value */
	int      seen;                /* whose two tones are in the window: 4 * row + column; -1: no digit's */
	int      strict;              /* they are so like a key's that the clamp acts on it */
	float    energy[DTMF_GROUPS]; /* of each tone, in the window */
	float    power[DTMF_GROUPS];  /* of |z|^2 in the window, */
	float    recent[DTMF_GROUPS]; /* and in the last three hops */
	/* z of hop k, group g: z[(k % DTMF_HISTORY) * z_hop + 2 * g * z_part], im z_part behind it */
	const float *z;
	unsigned z_hop, z_part;
	/* the line's energy in hop k: line[(k % DTMF_HISTORY) * line_hop] */
	const float *line;
	unsigned line_hop;
};

struct dtmf_judge {
	int      seen;                 /* in the last windows, */
	unsigned run, strict;          /* in so many in a row, and so strictly; 0: none */
	char     digit;                /* in progress; 0: none */
	bool     ended_long;           /* it was reported after DTMF_RX_LONG_SAMPLES */
	unsigned length;               /* its hops */
	unsigned since;                /* hops since it was last heard, */
	unsigned gap;                  /* those of them that count */
	unsigned excused;              /* hops of which nothing was known, or will be: a gap does not grow */
	unsigned lost;                 /* samples in a row */
	float    plateau[DTMF_GROUPS]; /* its |z|^2 */
	float    dbm0[DTMF_GROUPS];
};

void dtmf_judge_init(struct dtmf_judge *j);
/* i: the hop's number in this frame. */
void dtmf_judge_hop(struct dtmf_judge *j, const struct dtmf_filter *f, const struct dtmf_hop *h, unsigned i,
                    struct dtmf_result *out);
/* Whether it wants a hop in which nothing is seen. */
static inline bool dtmf_judge_busy(const struct dtmf_judge *j) { return j->digit || j->run || j->excused; }
/* n samples lost: the hops that follow are excused, as long as loss lasts no longer than DTMF_RX_BRIDGE. */
void dtmf_judge_lost(struct dtmf_judge *j, unsigned n);
void dtmf_judge_heard(struct dtmf_judge *j);

#endif
