/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/mix.h - adding samples. Sum once in 32 bits, subtract yourself, saturate last: cost is O(N) for N parties, and nobody's
 * overload spoils what a party hears that the overload cancels out of.
 *
 * A sum holds up to 2^31 / 2^16 = 32768 parties of two 16-bit sources each without overflow. Gains are fixed point, so that
 * results are the same on every machine; a gain of 0 dB (MIX_UNITY) leaves samples as they are.
 *
 * Any thread; no state.
 */
#ifndef DSP_MIX_H
#define DSP_MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MIX_UNITY        4096  /* 0 dB: gains count 1/4096 */
#define MIX_GAIN_MIN_DB10 (-600) /* -60 dB, still right within about 1 dB; from -30 dB up within 0.05 dB */
#define MIX_GAIN_MAX_DB10 200

/* Tenths of a dB -> gain. Beyond the limits above: the limit. */
int32_t mix_gain(int db10);

static inline void mix_clear(int32_t *sum, size_t n) { memset(sum, 0, n * sizeof(*sum)); }
void mix_add(int32_t *sum, const int16_t *s, size_t n);
void mix_add_gain(int32_t *sum, const int16_t *s, size_t n, int32_t gain);  /* each product rounded to nearest */
void mix_add_sum(int32_t *sum, const int32_t *other, size_t n);
void mix_sub_sum(int32_t *sum, const int32_t *other, size_t n);
/* The end: 16 bits, saturated; with the listener's gain before it. */
void mix_out(int16_t *out, const int32_t *sum, size_t n);
void mix_out_gain(int16_t *out, const int32_t *sum, size_t n, int32_t gain);

static inline int16_t mix_saturate(int64_t v) { return v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : (int16_t)v; }

#endif
