/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/level.h - how loud. Levels are in dBm0 after the convention of the whole program: a sine of amplitude 32768 has +3.14 dBm0
 * (G.711 table 1a note), so a full-scale square wave has +6.15 and rms 8000 or so is -6.2 dBm0.
 *
 * Any thread; no state; buffers of any length. For tests, measurements and levelling, not for each frame of a call.
 */
#ifndef DSP_LEVEL_H
#define DSP_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#define LEVEL_FULL_SINE_DBM0 3.14
#define LEVEL_SILENCE_DBM0   (-99.0) /* nothing lower is returned; one step of 16 bits is about -87 */

double level_to_amplitude(double dbm0);        /* of a sine: +3.14 -> 32768 */
double level_from_amplitude(double amplitude);

/* Mean power over the buffer. n 0: silence. */
double level_dbm0(const int16_t *s, size_t n);
int    level_peak(const int16_t *s, size_t n);  /* 0..32768 */

/*
 * Power at one frequency: Goertzel's algorithm over a Hann window, scaled so that a steady sine at freq_hz reads as its level.
 * Two tones are told apart from 2 * rate / n Hz on; those 4 * rate / n away leak less than -40 dB, further ones less still (-18
 * dB an octave). 0 < freq_hz < rate / 2.
 */
double level_tone_dbm0(const int16_t *s, size_t n, double freq_hz, int rate);

#endif
