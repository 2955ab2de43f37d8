/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ITU-T G.711 tables 1 and 2: every code, every sample, against the ITU's algorithm written out plainly and against spandsp. */
#include "dsp/g711.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <spandsp.h>

/* G.711 table 1a: the decision values (of the 13-bit scale, 4096 = overload) are 0, 2, ... 62, 64, 68, ...: find the interval. */
static uint8_t alaw_reference(int16_t s)
{
	int magnitude = (s < 0 ? ~s : s) >> 3; /* 12 bits: the scale of the table */
	int segment, low, step;

	for (segment = 7; segment > 0 && magnitude < 16 << segment; segment--)
		;
	low = segment ? 16 << segment : 0;
	step = segment ? 2 << (segment - 1) : 2;
	return (uint8_t)((((segment << 4) | ((magnitude - low) / step)) | (s < 0 ? 0 : 0x80)) ^ 0x55);
}

static uint8_t ulaw_reference(int16_t s)
{
	int magnitude = (s < 0 ? ~s : s) >> 2; /* 13 bits */
	int segment, low;

	for (segment = 7; segment > 0 && magnitude + 33 < 32 << segment; segment--)
		;
	low = (32 << segment) - 33;
	if (magnitude > 8158)
		magnitude = 8158;
	return (uint8_t) ~(((segment << 4) | ((magnitude - low) >> (segment + 1))) | (s < 0 ? 0x80 : 0));
}

static void alaw_round_trip(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		assert_int_equal(g711_alaw_encode(g711_alaw_decode((uint8_t)c)), c);
		assert_int_equal(g711_alaw_decode((uint8_t)c), alaw_to_linear((uint8_t)c));
	}
}

static void ulaw_round_trip(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		assert_int_equal(g711_ulaw_encode(g711_ulaw_decode((uint8_t)c)), c == 0x7F ? 0xFF : c);
		assert_int_equal(g711_ulaw_decode((uint8_t)c), ulaw_to_linear((uint8_t)c));
	}
}

static void all_samples(void **state)
{
	(void)state;
	for (int v = INT16_MIN; v <= INT16_MAX; v++) {
		int16_t s = (int16_t)v;

		assert_int_equal(g711_alaw_encode(s), alaw_reference(s));
		assert_int_equal(g711_alaw_encode(s), linear_to_alaw(s));
		assert_int_equal(g711_ulaw_encode(s), ulaw_reference(s));
		/* spandsp takes the magnitude of a negative sample where the ITU takes its complement: one further from zero,
		 * other only at a decision value. */
		assert_int_equal(g711_ulaw_encode(s), linear_to_ulaw(s < 0 ? s + 1 : s) & (s == -1 ? 0x7F : 0xFF));
	}
}

/* Decoding and encoding again is never further off than half a step of the segment. */
static void quantising_error(void **state)
{
	(void)state;
	for (int v = -32256; v <= 32256; v++) {
		int error = abs(g711_alaw_decode(g711_alaw_encode((int16_t)v)) - v);
		int step = 16;

		for (int limit = 512; abs(v) >= limit && limit < 32768; limit *= 2)
			step *= 2;
		assert_true(error <= step / 2);
	}
}

/* Table 1a: highest output 4032 of 4096; 1b alike. Table 2: 8031 of 8192 (14 bits). Nothing but 0xD5 for silence. */
static void corners(void **state)
{
	(void)state;
	assert_int_equal(g711_alaw_decode(0xAA), 4032 * 8);
	assert_int_equal(g711_alaw_decode(0x2A), -4032 * 8);
	assert_int_equal(g711_ulaw_decode(0x80), 8031 * 4);
	assert_int_equal(g711_ulaw_decode(0x00), -8031 * 4);
	assert_int_equal(g711_alaw_encode(0), G711_ALAW_IDLE);
	assert_int_equal(g711_ulaw_encode(0), G711_ULAW_IDLE);
	assert_int_equal(g711_alaw_encode(INT16_MAX), 0xAA);
	assert_int_equal(g711_alaw_encode(INT16_MIN), 0x2A);
	assert_int_equal(g711_ulaw_encode(INT16_MAX), 0x80);
	assert_int_equal(g711_ulaw_encode(INT16_MIN), 0x00);
}

static void blocks(void **state)
{
	uint8_t code[256], back[256];
	int16_t s[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		code[i] = (uint8_t)(i * 7);
	g711_alaw_decode_block(s, code, 256);
	g711_alaw_encode_block(back, s, 256);
	assert_memory_equal(code, back, 256);
	g711_ulaw_decode_block(s, code, 256);
	g711_ulaw_encode_block(back, s, 256);
	for (int i = 0; i < 256; i++)
		assert_int_equal(back[i], code[i] == 0x7F ? 0xFF : code[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alaw_round_trip), cmocka_unit_test(ulaw_round_trip), cmocka_unit_test(all_samples),
		cmocka_unit_test(quantising_error), cmocka_unit_test(corners), cmocka_unit_test(blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
