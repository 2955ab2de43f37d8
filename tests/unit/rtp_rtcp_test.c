/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/random.h"
#include "rtp/rtcp.h"

static const struct rtcp_sender sender = {
	.ntp = 0xe1234567abcdef01u, .timestamp = 0x11223344, .packets = 1000, .octets = 160000
};
static const struct rtcp_report report = { .ssrc = 0xcafe0001,
	                                   .fraction_lost = 64,
	                                   .lost = -3,
	                                   .highest = 0x10005,
	                                   .jitter = 77,
	                                   .last_sr = 0x4567abcd,
	                                   .delay = 65536 };

/* RFC 3550 6.4.1, 6.5, 6.6, octet by octet. */
static void layout(void **state)
{
	static const uint8_t want[] = {
		0x81, 200, 0, 12, 0xbe, 0xef, 0x00, 0x01, 0xe1, 0x23, 0x45, 0x67, 0xab, 0xcd, 0xef, 0x01, 0x11, 0x22, 0x33, 0x44,
		0, 0, 0x03, 0xe8, 0, 0x02, 0x71, 0x00, 0xca, 0xfe, 0x00, 0x01, 64, 0xff, 0xff, 0xfd, 0, 1, 0, 5, 0, 0, 0, 77,
		0x45, 0x67, 0xab, 0xcd, 0, 1, 0, 0,
		0x81, 202, 0, 3, 0xbe, 0xef, 0x00, 0x01, 1, 5, 'a', 'b', 'c', '/', 'e', 0,
		0x81, 203, 0, 1, 0xbe, 0xef, 0x00, 0x01,
	};
	uint8_t out[RTCP_MAX];

	(void)state;
	assert_int_equal(rtcp_build(out, 0xbeef0001, &sender, &report, "abc/e", true), sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
}

/* Whatever we send, we understand; each CNAME length ends on a word, with a zero at least. */
static void there_and_back(void **state)
{
	static const char cname[] = "0123456789abcdef";
	uint8_t out[RTCP_MAX];
	struct rtcp r;

	(void)state;
	for (unsigned i = 0; i < 8 * sizeof(cname); i++) {
		bool s = i & 1, rr = i & 2, bye = i & 4;
		unsigned len = rtcp_build(out, 5, s ? &sender : NULL, rr ? &report : NULL, cname + i / 8, bye);

		assert_true(len % 4 == 0 && len <= sizeof(out));
		assert_int_equal(rtcp_parse(&r, out, len, report.ssrc), 0);
		assert_int_equal(r.ssrc, 5);
		assert_true(r.has_sender == s && r.has_report == rr && r.bye == bye);
		if (s)
			assert_memory_equal(&r.sender, &sender, sizeof(sender));
		if (rr)
			assert_memory_equal(&r.report, &report, sizeof(report));
		assert_int_equal(rtcp_parse(&r, out, len, 99), 0);
		assert_false(r.has_report); /* about somebody else */
	}
}

static void refused(void **state)
{
	uint8_t out[RTCP_MAX + 8], changed[RTCP_MAX + 8];
	struct rtcp r;
	unsigned len;

	(void)state;
	len = rtcp_build(out, 5, &sender, &report, "x", true);
	for (unsigned n = 0; n < len; n++) /* cut anywhere but behind a packet */
		assert_int_equal(rtcp_parse(&r, out, n, 1), n == 52 || n == 64 ? 0 : -EBADMSG);
	memset(out + len, 0, 4);
	assert_int_equal(rtcp_parse(&r, out, len + 4, 1), -EBADMSG); /* something behind */
	memcpy(changed, out, len);
	changed[1] = 202; /* SDES first */
	assert_int_equal(rtcp_parse(&r, changed, len, 1), -EBADMSG);
	memcpy(changed, out, len);
	changed[0] = 0x40; /* version */
	assert_int_equal(rtcp_parse(&r, changed, len, 1), -EBADMSG);
	changed[0] = 0xa1; /* padding in the first */
	assert_int_equal(rtcp_parse(&r, changed, len, 1), -EBADMSG);
	changed[0] = 0x82; /* more reports than there are */
	assert_int_equal(rtcp_parse(&r, changed, len, 1), -EBADMSG);
}

/* Padding belongs to the last packet (6.4.1); APP and what else there is are passed over; a BYE of another source is not
 * theirs. */
static void others(void **state)
{
	static const uint8_t compound[] = {
		0x80, 201, 0, 1, 0, 0, 0, 9,
		0x85, 204, 0, 2, 0, 0, 0, 9, 'n', 'a', 'm', 'e',
		0x81, 207, 0, 1, 0, 0, 0, 9,
		0xa1, 203, 0, 2, 0, 0, 0, 8, 0, 0, 0, 4,
	};
	uint8_t own[sizeof(compound)];
	struct rtcp r;

	(void)state;
	assert_int_equal(rtcp_parse(&r, compound, sizeof(compound), 1), 0);
	assert_false(r.bye);
	memcpy(own, compound, sizeof(own));
	own[sizeof(own) - 5] = 9;
	assert_int_equal(rtcp_parse(&r, own, sizeof(own), 1), 0);
	assert_true(r.bye);
	own[sizeof(own) - 1] = 8; /* as padding: the SSRC would be in it */
	assert_int_equal(rtcp_parse(&r, own, sizeof(own), 1), -EBADMSG);
	own[sizeof(own) - 1] = 12;
	assert_int_equal(rtcp_parse(&r, own, sizeof(own), 1), -EBADMSG);
}

static void any_octets(void **state)
{
	unsigned accepted = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint8_t b[RTCP_MAX];
		unsigned len = rtcp_build(b, 5, i & 1 ? &sender : NULL, i & 2 ? &report : NULL, "cname", i & 4);
		struct rtcp r;

		for (unsigned k = random_below(4); k > 0; k--)
			b[random_below(len)] = (uint8_t)random_u64();
		if (random_below(4) == 0)
			len = random_below(len + 1);
		accepted += rtcp_parse(&r, b, len, report.ssrc) == 0;
	}
	assert_in_range(accepted, 20000, 190000);
}

static void cname(void **state)
{
	char a[RTCP_CNAME_SIZE];

	(void)state;
	rtcp_cname(a, (const uint8_t *)"Many hands m"); /* base64 as the world knows it */
	assert_string_equal(a, "TWFueSBoYW5kcyBt");
}

/* 6.3.1: from half to one and a half of 5 s, the first in half of that; evenly spread. */
static void interval(void **state)
{
	uint8_t random[12];
	struct rtcp_state s;
	int64_t now_us = 1767225600000000, last_us, sum_us = 0;
	unsigned short_ones = 0;

	(void)state;
	random_bytes(random, sizeof(random));
	rtcp_begin(&s, now_us, 0, random);
	assert_int_equal(s.next_us - now_us, 1250000);
	rtcp_begin(&s, now_us, UINT32_MAX, random);
	assert_in_range(s.next_us - now_us, 3749990, 3750000);
	assert_false(rtcp_due(&s, s.next_us - 1, 0));
	last_us = s.next_us;
	for (int i = 0; i < 10000; i++) {
		now_us = s.next_us;
		assert_true(rtcp_due(&s, now_us, (uint32_t)random_u64()));
		assert_false(rtcp_due(&s, now_us, 0));
		assert_in_range(s.next_us - now_us, 2500000, 7500000);
		short_ones += s.next_us - now_us < 3750000;
		sum_us += s.next_us - last_us;
		last_us = s.next_us;
	}
	assert_in_range(sum_us / 10000, 4950000, 5050000);
	assert_in_range(short_ones, 2300, 2700);
}

/* Two participants by memory: 120 ms there, 80 ms back, and a report that waits 3 s: the round trip is 200 ms. */
static void round_trip(void **state)
{
	uint8_t packet[RTCP_MAX], random[12] = { 0 };
	struct rtcp_state a, b;
	struct rtp_source heard;
	struct rtcp_report about;
	struct rtcp_sender s = { 0 };
	int64_t us = 1767225600123456;
	struct rtcp r;
	unsigned len;

	(void)state;
	rtcp_begin(&a, us, 0, random);
	rtcp_begin(&b, us, 0, random);
	assert_int_equal(a.round_trip_us, -1);
	rtp_source_init(&heard);
	for (unsigned i = 0; i < 100; i++)
		if (i % 4)
			(void)rtp_source_packet(&heard, 0xa, (uint16_t)i, 160 * i, 160 * i, true);
	rtcp_report_about(&about, &heard, &b, us);
	assert_int_equal(about.last_sr, 0);
	assert_int_equal(about.delay, 0);

	s.ntp = rtcp_ntp(us);
	len = rtcp_build(packet, 0xa, &s, NULL, a.cname, false);
	us += 120000;
	assert_int_equal(rtcp_parse(&r, packet, len, 0xb), 0);
	rtcp_heard(&b, &r, us);
	us += 3000000;
	rtcp_report_about(&about, &heard, &b, us);
	assert_int_equal(about.lost, 24);
	assert_int_equal(about.delay, 3 * 65536);
	len = rtcp_build(packet, 0xb, NULL, &about, b.cname, false);
	us += 80000;
	assert_int_equal(rtcp_parse(&r, packet, len, 0xa), 0);
	rtcp_heard(&a, &r, us);
	assert_in_range(a.round_trip_us, 199900, 200100);
	assert_int_equal(a.remote_lost, 24);

	r.report.delay += 65536 * 10; /* nonsense changes nothing */
	rtcp_heard(&a, &r, us);
	r.report.delay = 0;
	r.report.last_sr -= 65536 * 90;
	rtcp_heard(&a, &r, us);
	assert_in_range(a.round_trip_us, 199900, 200100);
}

static void ntp(void **state)
{
	(void)state;
	assert_true(rtcp_ntp(0) == (uint64_t)2208988800u << 32);
	assert_true(rtcp_ntp(500000) == ((uint64_t)2208988800u << 32 | 0x80000000u));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(refused),
		cmocka_unit_test(others),
		cmocka_unit_test(any_octets),
		cmocka_unit_test(cname),
		cmocka_unit_test(interval),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(ntp),
	};

	random_seed(5);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
