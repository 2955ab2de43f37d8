/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Codecs: G.711 is dsp/g711's, G.722 is told by its level, its delay, and a wideband telephone at the other end (spandsp at 16
 * kHz). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <spandsp.h>

#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/tone.h"
#include "rtp/codec.h"

#define N 8000

static void g711(void **state)
{
	struct rtp_codec *c;
	uint8_t payload[160];
	int16_t s[160], back[160];

	(void)state;
	assert_int_equal(rtp_codec_alloc(&c), 0);
	for (int i = 0; i < 160; i++)
		s[i] = (int16_t)(i * 391 - 31000);
	rtp_codec_encode(c, RTP_PCMA, payload, s, 160);
	for (int i = 0; i < 160; i++)
		assert_int_equal(payload[i], g711_alaw_encode(s[i]));
	rtp_codec_decode(c, RTP_PCMA, back, payload, 160);
	for (int i = 0; i < 160; i++)
		assert_int_equal(back[i], g711_alaw_decode(payload[i]));
	rtp_codec_encode(c, RTP_PCMU, payload, s, 160);
	rtp_codec_decode(c, RTP_PCMU, back, payload, 160);
	for (int i = 0; i < 160; i++)
		assert_int_equal(back[i], g711_ulaw_decode(g711_ulaw_encode(s[i])));
	rtp_codec_free(c);
	rtp_codec_free(NULL);
}

static void sine(int16_t *s, size_t n, int rate, double hz, double dbm0)
{
	struct dual_tone t;

	dual_tone_init(&t, rate, hz, dbm0, 0, 0);
	dual_tone_process(&t, s, n);
}

/* Through ours both ways, in ticks: each tone comes out as loud as it went in. */
static void g722_level(void **state)
{
	static int16_t s[N], back[N];
	uint8_t payload[80];
	struct rtp_codec *c;

	(void)state;
	for (int hz = 300; hz <= 3400; hz += 310) {
		assert_int_equal(rtp_codec_alloc(&c), 0);
		sine(s, N, 8000, hz, -10);
		for (int i = 0; i < N; i += 80) {
			rtp_codec_encode(c, RTP_G722, payload, s + i, 80);
			rtp_codec_decode(c, RTP_G722, back + i, payload, 80);
		}
		assert_true(fabs(level_tone_dbm0(back + N / 2, N / 2, hz, 8000) + 10) < 0.5);
		assert_true(fabs(level_dbm0(back + N / 2, N / 2) + 10) < 0.5); /* and not much else */
		rtp_codec_free(c);
	}
}

/* A wideband telephone and our narrow end hear each other, as loud as they speak. */
static void g722_wideband(void **state)
{
	static int16_t wide[2 * N], narrow[N];
	static uint8_t payload[N];
	g722_encode_state_t *e = g722_encode_init(NULL, 64000, 0);
	g722_decode_state_t *d = g722_decode_init(NULL, 64000, 0);
	struct rtp_codec *c;
	double in, out;

	(void)state;
	assert_int_equal(rtp_codec_alloc(&c), 0);
	sine(wide, 2 * (size_t)N, 16000, 1000, -10);
	assert_int_equal(g722_encode(e, payload, wide, 2 * N), N);
	for (int i = 0; i < N; i += 160)
		rtp_codec_decode(c, RTP_G722, narrow + i, payload + i, 160);
	in = level_tone_dbm0(narrow + N / 2, N / 2, 1000, 8000);
	sine(narrow, N, 8000, 1000, -10);
	for (int i = 0; i < N; i += 160)
		rtp_codec_encode(c, RTP_G722, payload + i, narrow + i, 160);
	assert_int_equal(g722_decode(d, wide, payload, N), 2 * N);
	out = level_tone_dbm0(wide + N, (size_t)N, 1000, 16000);
	print_message("G.722: 1000 Hz at -10 dBm0: from a wideband end %.2f, to it %.2f\n", in, out);
	assert_true(fabs(in + 10) < 1 && fabs(out + 10) < 1);
	rtp_codec_free(c);
	(void)g722_encode_free(e);
	(void)g722_decode_free(d);
}

/* Begun anew it is as a new one. */
static void g722_reset(void **state)
{
	static int16_t s[800], first[800], again[800];
	uint8_t a[800], b[800];
	struct rtp_codec *c;

	(void)state;
	assert_int_equal(rtp_codec_alloc(&c), 0);
	sine(s, 800, 8000, 700, -5);
	rtp_codec_encode(c, RTP_G722, a, s, 480);
	rtp_codec_decode(c, RTP_G722, first, a, 480);
	rtp_codec_encode(c, RTP_G722, b, s, 480);
	assert_memory_not_equal(a, b, 480);
	rtp_codec_reset_encoder(c);
	rtp_codec_encode(c, RTP_G722, b, s, 480);
	assert_memory_equal(a, b, 480);
	rtp_codec_reset_decoder(c);
	rtp_codec_decode(c, RTP_G722, again, a, 480);
	assert_memory_equal(first, again, 480 * sizeof(*s));
	rtp_codec_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g711),
		cmocka_unit_test(g722_level),
		cmocka_unit_test(g722_wideband),
		cmocka_unit_test(g722_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
