/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/echo.h - a line echo canceller: takes out of what comes from a line the echo of what we sent into it, made by the hybrid
 * where two wires become four (ITU-T G.168).
 *
 *        sent ----------------------+----------> line      known: `delay` samples from echo_sent() to where the tail begins
 *                                   |              |
 *                             [ filter 80 ms ]     | hybrid
 *                                   |              |
 *        heard <--- [ residual ] <--(-)----------- line
 *
 * Two filters of ECHO_TAIL samples, of ECHO_PARTS parts in the frequency domain (overlap-save, a block of 10 ms each), a part in
 * each lane of a vector. One always
 * learns; the other makes the sound, and takes over what the first has learnt once that cancels better, for long enough. So talk
 * at both ends, on which any filter that learns goes astray, is heard through one that does not. What is left of the echo while
 * only we speak becomes comfort noise of the line's own level; what is not echo passes. A modem's or a fax's answer tone (2100 Hz
 * with phase reversals, ITU-T V.25, G.168 7) switches the canceller off until the line was quiet for 250 ms.
 *
 * Contract of a block: one thread; init; then for each 10 ms in order echo_cancel() and echo_sent(); time is counted in samples
 * at 8 kHz; no allocation. Both are left out for a frame that was not there, together.
 */
#ifndef DSP_ECHO_H
#define DSP_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/fft.h"

#define ECHO_FRAME     80    /* samples */
#define ECHO_PART      160   /* of the tail, in a part: with a frame no more than FFT_SIZE + 1 */
#define ECHO_PARTS     FFT_LANES
#define ECHO_TAIL      (ECHO_PART * ECHO_PARTS)
#define ECHO_DELAY_MAX 1600  /* samples, whole frames */

struct echo_answer_tone { /* of one direction */
	float    re[5], im[5];   /* 2100 Hz in the last frames, the newest first */
	unsigned held;           /* frames that had the tone without a break */
	unsigned reversals;
	unsigned since;          /* frames since the last one */
};

struct echo {
	const struct fft *fft;
	unsigned   delay;                                        /* frames */
	int16_t    sent[(ECHO_DELAY_MAX / ECHO_FRAME + 1)][ECHO_FRAME];
	unsigned   sent_at;                                      /* where the next frame goes */

	float      x[FFT_SIZE];                                  /* the newest of what was sent, at the tail's beginning */
	/* Of it: in lane p, when part p of the tail begins. A part is two frames long, so those of now and of a frame ago in
	 * turn. */
	struct fft_bins spectrum[2];
	unsigned   now;
	unsigned   active;                                       /* frames more in which there may be echo */
	struct fft_bins fore, back;                              /* a part a lane */
	float      step;

	float      heard_e, fore_e, back_e;                      /* energies, smoothed */
	unsigned   better;                                       /* frames that the back filter has been better for */
	/* what the filter leaves of an echo, of its energy, at its best */
	float      left;
	bool       muted;                                        /* the residual */
	bool       linear;                                       /* nothing is muted */
	float      floor;                                        /* mean square of the line's quietest moments */
	uint32_t   noise;

	struct echo_answer_tone tone[2];                         /* heard, sent */
	bool       disabled;
	unsigned   quiet;                                        /* frames, while disabled */
};

/* fft: the caller's, for as many cancellers as there are; outlives them. delay: samples, a multiple of ECHO_FRAME, at least one
 * frame and at most ECHO_DELAY_MAX: the frame handed to echo_cancel() has echo of what was handed to echo_sent() so much earlier,
 * and of up to ECHO_TAIL samples before that. */
void echo_init(struct echo *e, const struct fft *fft, unsigned delay);
void echo_reset(struct echo *e);                                 /* another call: all is forgotten */
void echo_linear(struct echo *e, bool linear);                   /* the residual is left as it is (G.168's tests: NLP disabled) */
void echo_cancel(struct echo *e, int16_t heard[ECHO_FRAME]);     /* in place */
void echo_sent(struct echo *e, const int16_t sent[ECHO_FRAME]);

#endif
