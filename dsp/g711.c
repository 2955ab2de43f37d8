/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/g711.h"

/* The compiler fills the tables: an expression for one code, and macros that repeat it for all. */
#define R4(f, i)   f(i), f((i) + 1), f((i) + 2), f((i) + 3)
#define R16(f, i)  R4(f, i), R4(f, (i) + 4), R4(f, (i) + 8), R4(f, (i) + 12)
#define R64(f, i)  R16(f, i), R16(f, (i) + 16), R16(f, (i) + 32), R16(f, (i) + 48)
#define R128(f, i) R64(f, i), R64(f, (i) + 64)

#define SEGMENT(x)            ((x) >> 4 & 7)
#define STEP(x)               ((x) & 15)
#define RANGE(low, high, c)   [(low) ... (high)] = (c)

/*
 * A-law (G.711 table 1): a code is sign, three bits of segment, four of step; even bits inverted on the line. The magnitudes for
 * which it stands, in 11 bits (the sample's 16 less sign and 4 that do not count):
 *
 *   segment  magnitudes   of each step  decoded (16 bits)
 *   0        0..15        1             in the middle: magnitude * 16 + 8
 *   1        16..31       1
 *   2        32..63       2
 *   ...
 *   7        1024..2047   64
 */
#define ALAW(c)        ((c) ^ 0x55)
#define ALAW_WIDTH(c)  (1 << SEGMENT(ALAW(c)) >> 1 | !SEGMENT(ALAW(c)))
#define ALAW_LOW(c)    ((STEP(ALAW(c)) + 16 * !!SEGMENT(ALAW(c))) * ALAW_WIDTH(c))
#define ALAW_HIGH(c)   (ALAW_LOW(c) + ALAW_WIDTH(c) - 1)
#define ALAW_MINUS(c)  RANGE(4095 - ALAW_HIGH(c), 4095 - ALAW_LOW(c), c) /* codes without the sign bit */
#define ALAW_PLUS(c)   RANGE(ALAW_LOW(c), ALAW_HIGH(c), c)
#define ALAW_LINEAR(c) (((c) & 0x80 ? 1 : -1) * (ALAW_LOW(c) * 16 + ALAW_WIDTH(c) * 8))

const int16_t g711_alaw_linear[256] = { R128(ALAW_LINEAR, 0), R128(ALAW_LINEAR, 128) };
const uint8_t g711_alaw_code[4096] = { R128(ALAW_MINUS, 0), R128(ALAW_PLUS, 128) };

/*
 * mu-law (table 2): magnitudes have 13 bits; 33 is added so that each segment begins at a power of two; all bits are inverted on
 * the line.
 *
 *   segment  magnitudes + 33  of each step  decoded (16 bits)
 *   0        32..63           2             in the middle: (low + half a step - 33) * 4
 *   1        64..127          4
 *   ...
 *   7        4096..8191       256           what is above is clipped
 */
#define ULAW(c)        (~(c) & 0xFF)
#define ULAW_WIDTH(c)  (2 << SEGMENT(ULAW(c)))
#define ULAW_FIRST(c)  ((16 + STEP(ULAW(c))) * ULAW_WIDTH(c) - 33)
#define ULAW_LOW(c)    (ULAW_FIRST(c) + !(ULAW(c) & 0x7F))                        /* the first from 0 */
#define ULAW_HIGH(c)   (ULAW_FIRST(c) + ULAW_WIDTH(c) - 1 + 33 * !((c) & 0x7F)) /* the last to 8191 */
#define ULAW_MINUS(c)  RANGE(16383 - ULAW_HIGH(c), 16383 - ULAW_LOW(c), c) /* codes without the sign bit */
#define ULAW_PLUS(c)   RANGE(ULAW_LOW(c), ULAW_HIGH(c), c)
#define ULAW_LINEAR(c) (((c) & 0x80 ? 1 : -1) * (ULAW_FIRST(c) + ULAW_WIDTH(c) / 2) * 4)

const int16_t g711_ulaw_linear[256] = { R128(ULAW_LINEAR, 0), R128(ULAW_LINEAR, 128) };
const uint8_t g711_ulaw_code[16384] = { R128(ULAW_MINUS, 0), R128(ULAW_PLUS, 128) };

void g711_alaw_decode_block(int16_t *dst, const uint8_t *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dst[i] = g711_alaw_decode(src[i]);
}

void g711_alaw_encode_block(uint8_t *dst, const int16_t *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dst[i] = g711_alaw_encode(src[i]);
}

void g711_ulaw_decode_block(int16_t *dst, const uint8_t *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dst[i] = g711_ulaw_decode(src[i]);
}

void g711_ulaw_encode_block(uint8_t *dst, const int16_t *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dst[i] = g711_ulaw_encode(src[i]);
}
