/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/g711.h - A-law and mu-law, exactly as ITU-T G.711 tables 1 and 2 have them; negative samples in ones' complement as in the
 * ITU's own software (G.191 STL, g711.c). Tables: 4 KiB for an A-law encoder, 16 KiB for mu-law.
 *
 * Linear samples are 16 bits, left justified: A-law's 13 bits end at +-32256, mu-law's 14 at +-32124; a sine of amplitude 32768
 * is +3.14 dBm0 in A-law (table 1a note; mu-law's +3.17 is treated as the same). encode(decode(x)) == x for each x, but mu-law's
 * minus zero (0x7F), which becomes plus zero.
 *
 * Any thread; no state.
 */
#ifndef DSP_G711_H
#define DSP_G711_H

#include <stddef.h>
#include <stdint.h>

#define G711_ALAW_IDLE 0xD5 /* what digital silence (0) encodes to; on an idle timeslot */
#define G711_ULAW_IDLE 0xFF

extern const int16_t g711_alaw_linear[256];
extern const uint8_t g711_alaw_code[4096];   /* index: the sample's upper 12 bits as an unsigned number */
extern const int16_t g711_ulaw_linear[256];
extern const uint8_t g711_ulaw_code[16384];  /* index: the sample's upper 14 bits */

static inline int16_t g711_alaw_decode(uint8_t code) { return g711_alaw_linear[code]; }
static inline uint8_t g711_alaw_encode(int16_t s) { return g711_alaw_code[(uint16_t)s >> 4]; }
static inline int16_t g711_ulaw_decode(uint8_t code) { return g711_ulaw_linear[code]; }
static inline uint8_t g711_ulaw_encode(int16_t s) { return g711_ulaw_code[(uint16_t)s >> 2]; }

/* n samples; dst and src do not overlap. */
void g711_alaw_decode_block(int16_t *dst, const uint8_t *src, size_t n);
void g711_alaw_encode_block(uint8_t *dst, const int16_t *src, size_t n);
void g711_ulaw_decode_block(int16_t *dst, const uint8_t *src, size_t n);
void g711_ulaw_encode_block(uint8_t *dst, const int16_t *src, size_t n);

#endif
