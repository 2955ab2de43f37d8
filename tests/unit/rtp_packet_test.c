/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/random.h"
#include "rtp/packet.h"

static const uint8_t plain[] = { 0x80, 0x88, 0xab, 0xcd, 0x01, 0x02, 0x03, 0x04, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3 };

/* RFC 3550 5.1, bit by bit. */
static void header(void **state)
{
	uint8_t out[RTP_HEADER];
	struct rtp_packet p;

	(void)state;
	assert_int_equal(rtp_packet_parse(&p, plain, sizeof(plain)), 0);
	assert_true(p.marker);
	assert_int_equal(p.type, 8);
	assert_int_equal(p.seq, 0xabcd);
	assert_int_equal(p.timestamp, 0x01020304);
	assert_int_equal(p.ssrc, 0xdeadbeef);
	assert_int_equal(p.len, 3);
	assert_ptr_equal(p.payload, plain + 12);
	rtp_packet_header(&p, out);
	assert_memory_equal(out, plain, RTP_HEADER);
	assert_int_equal(rtp_packet_parse(&p, plain, RTP_HEADER), 0);
	assert_int_equal(p.len, 0);
}

/* What may follow the fixed header, and every way of its not being there. */
static void variable_parts(void **state)
{
	uint8_t b[64] = { 0 };
	struct rtp_packet p;

	(void)state;
	memcpy(b, plain, RTP_HEADER);
	b[0] = 0x82; /* two CSRCs */
	assert_int_equal(rtp_packet_parse(&p, b, 24), 0);
	assert_int_equal(p.len, 4);
	assert_int_equal(rtp_packet_parse(&p, b, 19), -EBADMSG);
	b[0] = 0x91; /* one, and an extension of two words behind its four octets */
	b[19] = 2;
	assert_int_equal(rtp_packet_parse(&p, b, 30), 0);
	assert_ptr_equal(p.payload, b + 28);
	assert_int_equal(p.len, 2);
	assert_int_equal(rtp_packet_parse(&p, b, 27), -EBADMSG);
	assert_int_equal(rtp_packet_parse(&p, b, 19), -EBADMSG);
	b[18] = 0xff; /* as long as can be */
	assert_int_equal(rtp_packet_parse(&p, b, sizeof(b)), -EBADMSG);
	b[0] = 0xa0; /* padding */
	b[19] = 4;
	assert_int_equal(rtp_packet_parse(&p, b, 20), 0);
	assert_int_equal(p.len, 4);
	b[19] = 8;
	assert_int_equal(rtp_packet_parse(&p, b, 20), 0);
	assert_int_equal(p.len, 0);
	b[19] = 9; /* more than there is */
	assert_int_equal(rtp_packet_parse(&p, b, 20), -EBADMSG);
	b[19] = 0;
	assert_int_equal(rtp_packet_parse(&p, b, 20), -EBADMSG);
	assert_int_equal(rtp_packet_parse(&p, b, 12), -EBADMSG);
	b[0] = 0x40; /* another version */
	assert_int_equal(rtp_packet_parse(&p, b, 20), -EBADMSG);
	b[0] = 0x80;
	for (size_t len = 0; len < RTP_HEADER; len++)
		assert_int_equal(rtp_packet_parse(&p, b, len), -EBADMSG);
}

/* Any octets at all: what is accepted lies within. */
static void any_octets(void **state)
{
	unsigned accepted = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint8_t b[80];
		size_t len = random_below(sizeof(b) + 1);
		struct rtp_packet p;

		random_bytes(b, sizeof(b));
		b[0] = (uint8_t)((b[0] & 0x3f) | 0x80);
		if (random_below(2))
			b[0] &= 0xf3;
		if (rtp_packet_parse(&p, b, len) < 0)
			continue;
		accepted++;
		assert_true(p.payload >= b + RTP_HEADER && p.payload + p.len <= b + len);
	}
	assert_true(accepted > 10000);
}

static void rtp_or_rtcp(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) /* RFC 5761 4: 64..95 with and without marker are RTCP's */
		assert_int_equal(rtp_packet_is_rtcp((uint8_t[]){ 0x80, (uint8_t)type }, 2), type >= 192 && type <= 223);
	assert_false(rtp_packet_is_rtcp((uint8_t[]){ 0x40, 200 }, 2));
	assert_false(rtp_packet_is_rtcp((uint8_t[]){ 0x80, 200 }, 1));
}

static enum rtp_order take(struct rtp_source *s, uint32_t ssrc, unsigned seq)
{
	return rtp_source_packet(s, ssrc, (uint16_t)seq, 160 * seq, 160 * seq, true);
}

/* RFC 3550 A.1 and A.3. */
static void sequence(void **state)
{
	struct rtp_source s;

	(void)state;
	rtp_source_init(&s);
	assert_int_equal(rtp_source_lost(&s), 0);
	assert_int_equal(take(&s, 7, 65530), RTP_NEXT);
	for (unsigned i = 65531; i < 65536 + 95; i++) /* over the wrap */
		assert_int_equal(take(&s, 7, i), RTP_NEXT);
	assert_int_equal(rtp_source_highest(&s), 0x10000 + 94);
	assert_int_equal(rtp_source_lost(&s), 0);
	assert_int_equal(rtp_source_fraction(&s), 0);
	assert_int_equal(take(&s, 7, 98), RTP_NEXT); /* three are missing */
	assert_int_equal(rtp_source_lost(&s), 3);
	assert_int_equal(rtp_source_fraction(&s), 3 * 256 / 4);
	assert_int_equal(rtp_source_fraction(&s), 0);
	assert_int_equal(take(&s, 7, 96), RTP_OLD); /* one of them comes */
	assert_int_equal(rtp_source_lost(&s), 2);
	assert_int_equal(take(&s, 7, 98), RTP_OLD); /* a duplicate */
	assert_int_equal(take(&s, 7, 5), RTP_OLD);
	assert_int_equal(rtp_source_lost(&s), 0);
	assert_int_equal(take(&s, 7, 98), RTP_OLD);
	assert_int_equal(rtp_source_lost(&s), -1); /* as the RFC has it */
	assert_int_equal(rtp_source_fraction(&s), 0);
}

/* A source that begins anew: far off in sequence, or under another SSRC. Two in a row are believed, one is not. */
static void restarts(void **state)
{
	struct rtp_source s;

	(void)state;
	rtp_source_init(&s);
	assert_int_equal(take(&s, 7, 100), RTP_NEXT);
	assert_int_equal(take(&s, 7, 102), RTP_NEXT);
	assert_int_equal(take(&s, 7, 30000), RTP_JUMP);
	assert_int_equal(take(&s, 7, 103), RTP_NEXT);
	assert_int_equal(take(&s, 7, 30001), RTP_JUMP); /* another came between */
	assert_int_equal(take(&s, 7, 30002), RTP_RESTARTED);
	assert_int_equal(rtp_source_highest(&s), 30002);
	assert_int_equal(rtp_source_lost(&s), 1); /* of before */
	assert_int_equal(take(&s, 8, 500), RTP_JUMP);
	assert_int_equal(take(&s, 7, 30003), RTP_NEXT);
	assert_int_equal(take(&s, 8, 501), RTP_JUMP);
	assert_int_equal(take(&s, 9, 502), RTP_JUMP); /* of a third one */
	assert_int_equal(s.ssrc, 7);
	assert_int_equal(take(&s, 9, 503), RTP_RESTARTED);
	assert_int_equal(s.ssrc, 9);
	assert_int_equal(take(&s, 9, 504), RTP_NEXT);
	assert_int_equal(take(&s, 9, 504 + 2999), RTP_NEXT);
	assert_int_equal(take(&s, 9, 504 + 2999 + 3000), RTP_JUMP);
	assert_int_equal(take(&s, 9, 504 + 2999 - 99), RTP_OLD);
	assert_int_equal(take(&s, 9, 504 + 2999 - 100), RTP_JUMP);
}

/* A.8: packets that are late by 40 and early by 40 in turn jitter by 80; it is approached as 15/16 to the power of packets. */
static void jitter(void **state)
{
	struct rtp_source s;

	(void)state;
	rtp_source_init(&s);
	for (unsigned i = 0; i < 400; i++)
		(void)rtp_source_packet(&s, 1, (uint16_t)i, 160 * i, 160 * i + (i & 1 ? 40 : 120), true);
	assert_in_range(rtp_source_jitter(&s), 79, 80);
	for (unsigned i = 400; i < 800; i++) /* even now; events are not looked at */
		(void)rtp_source_packet(&s, 1, (uint16_t)i, 160 * i, 160 * i + (i & 1 ? 90000 : 120), !(i & 1));
	assert_in_range(rtp_source_jitter(&s), 0, 1);
	rtp_source_init(&s);
	(void)rtp_source_packet(&s, 1, 1, 0, 0, true);
	(void)rtp_source_packet(&s, 1, 2, 0x80000000u, 0, true); /* a jump of days says nothing */
	assert_true(rtp_source_jitter(&s) <= 60 * RTP_CLOCK / 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(variable_parts),
		cmocka_unit_test(any_octets),
		cmocka_unit_test(rtp_or_rtcp),
		cmocka_unit_test(sequence),
		cmocka_unit_test(restarts),
		cmocka_unit_test(jitter),
	};

	random_seed(5);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
