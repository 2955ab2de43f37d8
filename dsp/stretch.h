/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/stretch.h - makes a little of speech shorter or longer without a seam, by a pitch period or what else fits: where a stretch
 * of 5 ms is most like itself `lag` later or earlier, one is faded into the other.
 *
 *   leave out:   s ----[overlap]-------[overlap]----      put in:   past --[overlap]-----| s [overlap]----
 *                         \ fades into  / (lag later)                         \  fades into / and all of past follows
 *
 * Functions of samples at 8 kHz; no state; any thread. About 5 us a call on a core of 2.5 GHz; a call in a second or so is what a
 * jitter buffer needs.
 */
#ifndef DSP_STRETCH_H
#define DSP_STRETCH_H

#include <stddef.h>
#include <stdint.h>

#define STRETCH_OVERLAP 40  /* samples: 5 ms */
#define STRETCH_LAG_MIN 10
#define STRETCH_LAG_MAX 120 /* 15 ms: the longest pitch period, 66 Hz */

/*
 * Leaves out lag samples near the beginning of the n at s, STRETCH_LAG_MIN..most of them, and moves the rest up. How many is
 * returned; 0:
 * nothing was so alike as wanted (a correlation, -1: whatever is best; silence is like silence).
 */
size_t stretch_leave_out(int16_t *s, size_t n, size_t most, float alike);
/* Puts that many in before the n samples at s, which has room for them: n at least STRETCH_OVERLAP. past: STRETCH_LAG_MAX samples
 * that were heard before s. */
size_t stretch_put_in(int16_t *s, size_t n, const int16_t *past, size_t most, float alike);

#endif
