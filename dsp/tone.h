/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/tone.h - making tones: one or two frequencies at exact levels, or a modulated one; ramps; the frequencies of DTMF.
 *
 * A block as all in dsp/: init, then process as often as wanted; phase goes on from block to block (continuous also across the
 * seams of a loop when a whole number of periods fits). Amplitude never passes full scale: when two levels together would, both
 * are turned down alike.
 */
#ifndef DSP_TONE_H
#define DSP_TONE_H

#include <stddef.h>
#include <stdint.h>

struct dual_tone {
	double phase[2], step[2], amplitude[2]; /* radians; of the sample counting from -32768 to 32767 */
	int    modulated;                        /* the second frequency modulates the first by TONE_MODULATION */
};

#define TONE_MODULATION 0.85

/* level in dBm0 each (dsp/level.h). freq2 0: one frequency. Frequencies below rate / 2. */
void dual_tone_init(struct dual_tone *g, int rate, double freq1, double level1_dbm0, double freq2, double level2_dbm0);
/* freq1 modulated in amplitude by freq2; level is that of the whole. */
void dual_tone_init_modulated(struct dual_tone *g, int rate, double freq1, double freq2, double level_dbm0);
void dual_tone_process(struct dual_tone *g, int16_t *s, size_t n);

/* Raised-cosine ramps of `ramp` samples (at most n / 2) at beginning and end: no click. */
void tone_ramp(int16_t *s, size_t n, size_t ramp);

/* ITU-T Q.23. -1: no DTMF digit (0-9 * # A-D, a-d). */
int tone_dtmf_frequencies(char digit, int *low_hz, int *high_hz);

#endif
