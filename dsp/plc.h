/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/plc.h - packet loss concealment in the manner of G.711 Appendix I, but without its delay of 3.75 ms.
 *
 *   good    ... | what was heard last, one pitch period after the other      | the real thing again,
 *               | from 10 ms on two periods, from 20 ms on three (less buzz)  | faded in over a quarter period, after
 *               | full for 10 ms, then falling, silence at 60 ms              | more than 30 ms over 10 ms
 *
 * Appendix I delays everything by a quarter of a pitch period, so that the seam can be smoothed. Here the step between the last
 * sample and the first made up is taken off over the following quarter period instead. Appendix I fades in for 4 ms more each 10
 * ms that were lost; after 20 and 30 ms that comes out 0.4 dB further from what was said, with as many seams, so it is kept for
 * the end.
 *
 * Contract of a block: one thread; init; good() or lost() for each stretch of samples in order, of any length; 8 kHz.
 */
#ifndef DSP_PLC_H
#define DSP_PLC_H

#include <stddef.h>
#include <stdint.h>

#define PLC_PERIOD_MIN 40  /* samples: 200 Hz (Appendix I too) */
#define PLC_PERIOD_MAX 120 /* 66 Hz */
#define PLC_HISTORY   400 /* three longest periods and a quarter of one */
#define PLC_FULL      80  /* made up at full level; 20 % less every 80 from then on */
#define PLC_FADE      480 /* silence from here on */
#define PLC_BLEND_LONG 80

struct plc {
	int16_t  history[PLC_HISTORY]; /* what was given out; the newest last */
	int16_t  source[PLC_HISTORY];  /* what it was when the loss began: the end of it is repeated */
	unsigned pitch, periods;       /* samples of a period; how many of them are repeated */
	unsigned at;                   /* in them */
	unsigned lost;                 /* samples made up in a row, up to PLC_FADE; 0: none */
	unsigned fade, fade_at;        /* samples of the blend into what is good again */
	float    step;                 /* taken off over the first quarter period */
	uint64_t concealed;            /* samples, in all */
};

/* Functions are plc_block_*: plc_init is spandsp's, which the tests link too. */
void plc_block_init(struct plc *c);
/* Good samples, or silence or noise by intention. The first ones after a loss are changed, so that there is no seam. */
void plc_block_good(struct plc *c, int16_t *s, size_t n);
void plc_block_lost(struct plc *c, int16_t *s, size_t n);

#endif
