/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/jitter.h - the pseudowire's receive buffer: packets in by sequence number, frames out at the tick's pace.
 *
 * Frames are played in sequence. When nothing is there (a stall) the place in the sequence is held, so that a late burst is not
 * turned into a gap; the delay grown thereby is taken back by one-frame slips, which also correct clock skew. A packet that is
 * missing while later ones are there is lost: its frames are filled in. Between equal clocks without loss nothing ever slips.
 *
 * Pure but for the memory of e1_jitter_alloc. Times are in frames of 125 us.
 */
#ifndef E1_JITTER_H
#define E1_JITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "e1/cesopsn.h"

#define E1_JITTER_TARGET 160 /* frames: 20 ms are waited for before playing begins */
#define E1_JITTER_MAX    800 /* 100 ms: more is cut */
/* What is left after a tick of 80 frames was taken: 80 in the quiet. Only a least value over 500 ms outside these bounds makes
 * slips. */
#define E1_JITTER_LOW    16
#define E1_JITTER_HIGH   120
#define E1_JITTER_WINDOW 50

struct e1_jitter_stats {
	uint64_t packets, duplicates, late, strange; /* strange: far off in sequence, not (yet) believed */
	uint64_t lost_frames;                        /* filled in while later ones were there */
	uint64_t underruns, held_frames;             /* nothing was there */
	uint64_t slips_dropped, slips_repeated;
	uint64_t cut_frames, resyncs;
};

struct e1_jitter {
	struct e1_jitter_stats stats;
	unsigned k, slots;      /* slots: a power of two */
	uint8_t *data;          /* slots * k * 31 */
	int64_t *packet;        /* which packet a slot holds; -1 none */
	bool     synced, playing, starved;
	int64_t  highest;       /* the newest packet, extended sequence */
	int64_t  play;          /* the next frame */
	unsigned held;          /* frames played with nothing since the buffer ran dry */
	uint16_t suspect_next;
	unsigned suspects;
	int      slip;          /* owed: < 0 drop, > 0 repeat; one a tick */
	unsigned window;
	int64_t  least;
	uint8_t  last[CESOPSN_TIMESLOTS];
};

int  e1_jitter_alloc(struct e1_jitter *j, unsigned k); /* -ENOMEM */
void e1_jitter_free(struct e1_jitter *j);
void e1_jitter_reset(struct e1_jitter *j);             /* the next packet begins anew; statistics stay */

void e1_jitter_put(struct e1_jitter *j, uint16_t seq, const uint8_t *payload);
/* The next n frames; returns how many of them were filled in (0xD5, timeslot 16: 0xFF). */
unsigned e1_jitter_get(struct e1_jitter *j, uint8_t (*frames)[CESOPSN_TIMESLOTS], unsigned n);
int64_t  e1_jitter_level(const struct e1_jitter *j);   /* frames from the next to play to the newest */

void e1_jitter_fill(uint8_t frame[CESOPSN_TIMESLOTS]); /* what stands for a frame that is not there */

#endif
