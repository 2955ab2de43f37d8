/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/clamp.h - keeps the keys of a phone from the others: the line as it was 30 ms ago, with comfort noise wherever a DTMF
 * receiver saw a digit's tones. Because the receiver sees them before they leave (dsp/dtmf_rx.h: within 26 ms, and a whole frame
 * is looked at before the first of its samples is due), nothing of a key passes, and speech passes unchanged, bit by bit.
 *
 *   early hit at T:    ...speech)\_______________________________/(speech...
 *                          T - 28.75  T - 26.25      T + 30    T + 32.5 ms          of the line's own time
 *
 * The noise has the level of the line's quietest moments, at most CLAMP_NOISE_MAX_DBM0.
 *
 * Contract of a block: one thread; init; process() for each frame in order; time is counted in samples at 8 kHz.
 */
#ifndef DSP_CLAMP_H
#define DSP_CLAMP_H

#include <stddef.h>
#include <stdint.h>

#define CLAMP_DELAY          240    /* samples: 30 ms */
#define CLAMP_FRAME_MAX      80     /* a longer frame would have to be given out before its end has been seen */
#define CLAMP_FADE           20     /* samples, before and after */
#define CLAMP_REACH          230    /* from the fade's first sample to the end of the hop that was hit */
#define CLAMP_HOLD           240    /* from there on to the fade's end */
#define CLAMP_NOISE_MAX_DBM0 (-50)

struct clamp {
	int16_t  line[CLAMP_DELAY + CLAMP_FRAME_MAX]; /* what has been heard and not yet given out, and this frame */
	uint32_t now;                                 /* time of this frame's first sample */
	uint32_t from, until;                         /* muted; fades are inside */
	int      muting;                              /* from and until mean something */
	int      gain;                                /* of the line, in CLAMP_FADEths */
	float    floor;                               /* mean square of the quietest moments */
	uint32_t noise;                               /* a generator's state */
	uint64_t muted;                               /* samples so far */
};

void clamp_init(struct clamp *c);
/* What has been heard and not yet given out becomes silence (noise where it is muted). */
void clamp_silence(struct clamp *c);
/* n samples in (at most CLAMP_FRAME_MAX), n out: those of CLAMP_DELAY ago. early: as dtmf_result.early tells of these n. out may
 * be in. */
void clamp_process(struct clamp *c, const int16_t *in, size_t n, uint32_t early, int16_t *out);

#endif
