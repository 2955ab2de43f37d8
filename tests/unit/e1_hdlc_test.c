/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/random.h"
#include "e1/hdlc.h"

struct sink {
	uint8_t  frame[64][E1_HDLC_FRAME_MAX];
	unsigned len[64], count;
};

static void keep(const uint8_t *frame, unsigned len, void *arg)
{
	struct sink *s = arg;

	assert_true(len >= E1_HDLC_FRAME_MIN && len <= E1_HDLC_FRAME_MAX);
	memcpy(s->frame[s->count % 64], frame, len);
	s->len[s->count++ % 64] = len;
}

/* Q.921 2.7 and ISO/IEC 13239's check value: CRC-16/X-25 of "123456789" is 0x906e. */
static void fcs_as_published(void **state)
{
	(void)state;
	assert_int_equal(e1_hdlc_fcs((const uint8_t *)"123456789", 9), 0x906e);
}

/* An octet goes LSB first, the first bit into the timeslot's MSB: a flag is 0x7e either way, but 0x01 shows. */
static void bit_order(void **state)
{
	const uint8_t frame[] = { 0x01, 0x55, 0x55 };
	struct e1_hdlc_tx tx;

	(void)state;
	e1_hdlc_tx_init(&tx);
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0x7e);
	assert_int_equal(e1_hdlc_tx_frame(&tx, frame, sizeof(frame)), 0);
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0x7e);
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0x80);
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0xaa);
	assert_int_equal(e1_hdlc_tx_frame(&tx, frame, sizeof(frame)), -EBUSY);
}

/* 0xff 0xff: a zero after each five ones (2.6). */
static void stuffing(void **state)
{
	const uint8_t frame[] = { 0xff, 0xff, 0x00 };
	struct e1_hdlc_tx tx;

	(void)state;
	e1_hdlc_tx_init(&tx);
	assert_int_equal(e1_hdlc_tx_frame(&tx, frame, sizeof(frame)), 0);
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0x7e);
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0xfb); /* 11111 0 11 */
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0xef); /* 111 0 1111 */
	assert_int_equal(e1_hdlc_tx_octet(&tx), 0xa0); /* 1 0 1 00000 */
}

static void there_and_back(void **state)
{
	static struct sink s;
	struct e1_hdlc_rx rx;
	struct e1_hdlc_tx tx;
	uint8_t sent[64][E1_HDLC_FRAME_MAX];
	unsigned len[64], n = 0;

	(void)state;
	random_seed(7);
	memset(&s, 0, sizeof(s));
	e1_hdlc_rx_init(&rx, keep, &s);
	e1_hdlc_tx_init(&tx);
	while (s.count < 2000) {
		if (!e1_hdlc_tx_busy(&tx) && n < 2000) {
			unsigned i = n % 64;

			len[i] = 3 + random_below(E1_HDLC_FRAME_MAX - 4);
			random_bytes(sent[i], len[i]);
			if (random_below(3) == 0) /* many ones */
				for (unsigned k = 0; k < len[i]; k++)
					sent[i][k] |= 0xfc;
			assert_int_equal(e1_hdlc_tx_frame(&tx, sent[i], len[i]), 0);
			n++;
		}
		unsigned before = s.count;

		e1_hdlc_rx_octet(&rx, e1_hdlc_tx_octet(&tx));
		if (s.count != before) {
			unsigned i = before % 64;

			assert_int_equal(s.len[i], len[i] + 2);
			assert_memory_equal(s.frame[i], sent[i], len[i]);
		}
	}
	assert_int_equal(rx.stats.frames, 2000);
	assert_int_equal(rx.stats.bad_fcs + rx.stats.aborts + rx.stats.too_short + rx.stats.too_long + rx.stats.misaligned, 0);
}

/* One bit wrong anywhere in frame or FCS: never delivered as good. */
static void one_bit_wrong(void **state)
{
	uint8_t frame[20];

	(void)state;
	random_seed(3);
	random_bytes(frame, sizeof(frame));
	for (unsigned bit = 8; bit < 8 * 22; bit++) {
		static struct sink s;
		struct e1_hdlc_rx rx;
		struct e1_hdlc_tx tx;

		memset(&s, 0, sizeof(s));
		e1_hdlc_rx_init(&rx, keep, &s);
		e1_hdlc_tx_init(&tx);
		assert_int_equal(e1_hdlc_tx_frame(&tx, frame, sizeof(frame)), 0);
		for (unsigned i = 0; i < 40; i++)
			e1_hdlc_rx_octet(&rx, e1_hdlc_tx_octet(&tx) ^ (bit / 8 == i ? 0x80 >> bit % 8 : 0));
		assert_int_equal(s.count, 0);
		/* and counted, but for an abort before the first octet was whole */
		assert_true(bit < 16 || rx.stats.bad_fcs + rx.stats.aborts + rx.stats.misaligned + rx.stats.too_short > 0);
	}
}

static void put_bits(struct e1_hdlc_rx *rx, const char *bits)
{
	unsigned octet = 0, n = 0;

	for (; *bits; bits++) {
		if (*bits == ' ')
			continue;
		octet = octet << 1 | (*bits == '1');
		if (++n % 8 == 0)
			e1_hdlc_rx_octet(rx, (uint8_t)octet);
	}
	assert_int_equal(n % 8, 0);
}

static void wrong_frames(void **state)
{
	static struct sink s;
	struct e1_hdlc_rx rx;
	struct e1_hdlc_tx tx;
	uint8_t frame[E1_HDLC_FRAME_MAX] = { 0 };

	(void)state;
	e1_hdlc_rx_init(&rx, keep, &s);
	put_bits(&rx, "01111110 01010101 01010101 11111111 11111111"); /* aborted */
	assert_int_equal(rx.stats.aborts, 1);
	put_bits(&rx, "01111110 01010101 01010101 01111110"); /* two octets */
	assert_int_equal(rx.stats.too_short, 1);
	put_bits(&rx, "01111110 01010101 01010101 01010101 01010101 01010101 01010111 11100000"); /* ends within an octet */
	assert_int_equal(rx.stats.misaligned, 1);
	e1_hdlc_rx_init(&rx, keep, &s);
	/* flags that share a zero, at every place */
	put_bits(&rx, "01111110 11111101 11111011 11110111 11101111 11011111 10111111 01111110");
	assert_int_equal(rx.stats.misaligned + rx.stats.too_short + rx.stats.aborts, 0);
	for (unsigned i = 0; i < E1_HDLC_FRAME_MAX + 1; i++)
		e1_hdlc_rx_octet(&rx, 0x55);
	put_bits(&rx, "01111110");
	assert_int_equal(rx.stats.too_long, 1);
	/* and the next good one is heard, at once, with one flag between */
	e1_hdlc_tx_init(&tx);
	assert_int_equal(e1_hdlc_tx_frame(&tx, frame, E1_HDLC_FRAME_MAX - 2), 0);
	for (unsigned i = 0; i < 300; i++)
		e1_hdlc_rx_octet(&rx, e1_hdlc_tx_octet(&tx));
	assert_int_equal(s.count, 1);
	assert_int_equal(s.len[0], E1_HDLC_FRAME_MAX);
	assert_int_equal(e1_hdlc_tx_frame(&tx, frame, 0), -EINVAL);
	assert_int_equal(e1_hdlc_tx_frame(&tx, frame, E1_HDLC_FRAME_MAX - 1), -EINVAL);
}

static void noise(void **state)
{
	static struct sink s;
	struct e1_hdlc_rx rx;

	(void)state;
	random_seed(11);
	e1_hdlc_rx_init(&rx, keep, &s);
	for (unsigned i = 0; i < 2000000; i++)
		e1_hdlc_rx_octet(&rx, (uint8_t)random_u64());
	assert_true(rx.stats.aborts > 1000 && rx.stats.bad_fcs > 1000 && rx.stats.misaligned > 1000);
	assert_true(rx.stats.frames < 50); /* one in 65536 that come so far */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fcs_as_published),
		cmocka_unit_test(bit_order),
		cmocka_unit_test(stuffing),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(one_bit_wrong),
		cmocka_unit_test(wrong_frames),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
