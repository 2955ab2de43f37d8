/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/g711.h"

/* The compiler fills the tables: an expression for one entry, and macros that repeat it for i, i + 1, ... */
#define R4(f, i)     f(i), f((i) + 1), f((i) + 2), f((i) + 3)
#define R16(f, i)    R4(f, i), R4(f, (i) + 4), R4(f, (i) + 8), R4(f, (i) + 12)
#define R64(f, i)    R16(f, i), R16(f, (i) + 16), R16(f, (i) + 32), R16(f, (i) + 48)
#define R256(f, i)   R64(f, i), R64(f, (i) + 64), R64(f, (i) + 128), R64(f, (i) + 192)
#define R1024(f, i)  R256(f, i), R256(f, (i) + 256), R256(f, (i) + 512), R256(f, (i) + 768)
#define R4096(f, i)  R1024(f, i), R1024(f, (i) + 1024), R1024(f, (i) + 2048), R1024(f, (i) + 3072)
#define R16384(f, i) R4096(f, i), R4096(f, (i) + 4096), R4096(f, (i) + 8192), R4096(f, (i) + 12288)

/*
 * A-law (G.711 table 1): a code is sign, three bits of segment, four of step; even bits inverted on the line. Magnitudes m have 11 bits here:
 *
 *   m          segment  step        decoded (16 bits)
 *   0..31      0, 1     m & 15      m * 16 + 8
 *   32..63     2        m >> 1      in the middle of its step ...
 *   ...
 *   1024..2047 7        m >> 6
 */
#define ALAW_STEP(seg, m) ((seg) << 4 | (((m) >> ((seg) - 1)) & 15))
#define ALAW_MAGNITUDE(m) \
	((m) < 32 ? (m) : (m) < 64 ? ALAW_STEP(2, m) : (m) < 128 ? ALAW_STEP(3, m) : (m) < 256 ? ALAW_STEP(4, m) : \
	 (m) < 512 ? ALAW_STEP(5, m) : (m) < 1024 ? ALAW_STEP(6, m) : ALAW_STEP(7, m))
#define ALAW_CODE(i) ((i) < 2048 ? ALAW_MAGNITUDE(i) ^ 0xD5 : ALAW_MAGNITUDE(4095 - (i)) ^ 0x55)

#define ALAW_SEGMENT(c)   ((((c) ^ 0x55) >> 4) & 7)
#define ALAW_EXPANDED(c)  (ALAW_SEGMENT(c) == 0 ? (((c) ^ 0x55) & 15) * 16 + 8 \
						: ((((c) ^ 0x55) & 15) * 16 + 264) * (1 << ALAW_SEGMENT(c) >> 1))
#define ALAW_LINEAR(c)    ((c) & 0x80 ? ALAW_EXPANDED(c) : -ALAW_EXPANDED(c))

const int16_t g711_alaw_linear[256] = { R256(ALAW_LINEAR, 0) };
const uint8_t g711_alaw_code[4096] = { R4096(ALAW_CODE, 0) };

/*
 * mu-law (table 2): magnitudes have 13 bits, 33 is added so that each segment begins at a power of two, all bits are inverted on the line.
 *
 *   m + 33       segment  step
 *   33..63       0        (m + 33) >> 1
 *   64..127      1        (m + 33) >> 2
 *   ...
 *   4096..8191   7        (m + 33) >> 8; above it is clipped
 */
#define ULAW_STEP(seg, b) ((seg) << 4 | (((b) >> ((seg) + 1)) & 15))
#define ULAW_BIASED(b) \
	((b) < 64 ? ULAW_STEP(0, b) : (b) < 128 ? ULAW_STEP(1, b) : (b) < 256 ? ULAW_STEP(2, b) : (b) < 512 ? ULAW_STEP(3, b) : \
	 (b) < 1024 ? ULAW_STEP(4, b) : (b) < 2048 ? ULAW_STEP(5, b) : (b) < 4096 ? ULAW_STEP(6, b) : (b) < 8192 ? ULAW_STEP(7, b) : 0x7F)
#define ULAW_CODE(i) ((i) < 8192 ? ULAW_BIASED((i) + 33) ^ 0xFF : ULAW_BIASED(16383 - (i) + 33) ^ 0x7F)

#define ULAW_EXPANDED(c) ((((~(c) & 15) * 8 + 132) << ((~(c) >> 4) & 7)) - 132)
#define ULAW_LINEAR(c)   ((c) & 0x80 ? ULAW_EXPANDED(c) : -ULAW_EXPANDED(c))

const int16_t g711_ulaw_linear[256] = { R256(ULAW_LINEAR, 0) };
const uint8_t g711_ulaw_code[16384] = { R16384(ULAW_CODE, 0) };

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
