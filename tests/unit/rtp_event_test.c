/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 4733: what happens to packets on their way, and what senders do wrong; each time the keys that come out are what was
 * pressed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/random.h"
#include "rtp/packet.h"
#include "rtp/telephone_event.h"

#define PACKETS_MAX 4096

struct sent {
	bool     marker;
	uint16_t seq;
	uint32_t timestamp;
	uint8_t  payload[EVENT_LEN];
	int64_t  at_us;
};

struct line {
	struct sent     packet[PACKETS_MAX];
	unsigned        count;
	uint16_t        seq;
	uint32_t        timestamp;
	struct event_tx tx;
	struct event_rx rx;
	char            keys[256];      /* what was heard */
	uint32_t        samples[256];
	unsigned        heard;
	bool            down;
};

static struct line *line_new(struct line *l)
{
	memset(l, 0, sizeof(*l));
	l->seq = 65500; /* soon wraps */
	l->timestamp = 0xfffffc00;
	event_rx_init(&l->rx);
	return l;
}

/* ptime after ptime, for so long; sound takes the place of events. */
static void line_pass(struct line *l, unsigned ms, unsigned ptime_ms)
{
	for (; ms >= ptime_ms; ms -= ptime_ms) {
		if (event_tx_sends(&l->tx)) {
			struct sent *p = &l->packet[l->count++];

			assert_true(l->count <= PACKETS_MAX);
			event_tx_packet(&l->tx, ptime_ms * 8, p->payload, &p->marker, &p->timestamp);
			p->seq = l->seq;
			p->at_us = (int64_t)l->timestamp * 125;
		} else {
			event_tx_pass(&l->tx, ptime_ms * 8);
		}
		l->seq++;
		l->timestamp += ptime_ms * 8;
	}
}

static void line_press(struct line *l, const char *digits, unsigned ms, unsigned ptime_ms)
{
	for (; *digits; digits++) {
		while (event_tx_busy(&l->tx))
			line_pass(l, ptime_ms, ptime_ms);
		event_tx_start(&l->tx, *digits, ms, l->timestamp);
	}
	while (event_tx_busy(&l->tx))
		line_pass(l, ptime_ms, ptime_ms);
}

static void line_take(struct line *l, int64_t now_us)
{
	struct event_key key;

	if (!event_rx_key(&l->rx, now_us, &key))
		return;
	if (!l->down) {
		assert_true(l->heard < sizeof(l->keys) - 1);
		l->keys[l->heard++] = key.digit;
	}
	assert_int_equal(l->keys[l->heard - 1], key.digit);
	assert_true(key.samples >= l->samples[l->heard - 1]);
	l->samples[l->heard - 1] = key.samples;
	l->down = key.down;
}

static void line_hear(struct line *l, const struct sent *p, int64_t now_us)
{
	event_rx_packet(&l->rx, p->marker, p->seq, p->timestamp, p->payload, EVENT_LEN, now_us);
	line_take(l, now_us);
}

static void line_silence(struct line *l, int64_t now_us)
{
	for (int i = 0; i < 40; i++)
		line_take(l, now_us + EVENT_LOST_US + i);
	assert_false(l->down);
}

/* All packets in order at their times, those for which lose[i] is set apart. */
static void line_carry(struct line *l, const bool *lose)
{
	int64_t now_us = 0;

	for (unsigned i = 0; i < l->count; i++) {
		now_us = 20000 * (int64_t)i;
		if (!lose || !lose[i])
			line_hear(l, &l->packet[i], now_us);
	}
	line_silence(l, now_us);
}

/* 2.5.1.2: marker on the first alone, the timestamp stands, durations grow, three ends; the sequence goes on over sound. */
static void sending(void **state)
{
	struct line l;
	uint32_t timestamp;

	(void)state;
	for (unsigned ptime = 10; ptime <= 60; ptime += 10) {
		unsigned updates = (100 + ptime - 1) / ptime;

		line_new(&l);
		timestamp = l.timestamp;
		line_press(&l, "5", 100, ptime);
		assert_int_equal(l.count, updates + 2);
		for (unsigned i = 0; i < l.count; i++) {
			const struct sent *p = &l.packet[i];
			unsigned duration = (i + 1) * ptime * 8;

			assert_int_equal(p->marker, i == 0);
			assert_int_equal(p->timestamp, timestamp);
			assert_int_equal(p->seq, (uint16_t)(65500 + i));
			assert_int_equal(p->payload[0], 5);
			assert_int_equal(p->payload[1], (i + 1 >= updates ? 0x80 : 0) | EVENT_VOLUME);
			assert_int_equal(p->payload[2] << 8 | p->payload[3], duration < 800 ? duration : 800);
		}
		assert_true((l.timestamp - timestamp) / 8 >= 100 + EVENT_PAUSE_MS); /* the pause included */
		line_carry(&l, NULL);
		assert_string_equal(l.keys, "5");
		assert_int_equal(l.samples[0], 800);
	}
	assert_int_equal(event_of_digit('0'), 0);
	assert_int_equal(event_of_digit('#'), 11);
	assert_int_equal(event_of_digit('D'), 15);
	assert_int_equal(event_of_digit('E'), -EINVAL);
	assert_int_equal(event_of_digit('\0'), -EINVAL);
}

static void all_digits(void **state)
{
	struct line l;

	(void)state;
	line_new(&l);
	line_press(&l, "0123456789*#ABCD0011", 60, 20);
	line_carry(&l, NULL);
	assert_string_equal(l.keys, "0123456789*#ABCD0011");
	assert_int_equal(l.rx.received, l.count);
}

/* One to all but one of an event's packets lost, in every combination, of two like digits in a row: both are heard, once each. */
static void losses(void **state)
{
	bool lose[16];
	struct line l;

	(void)state;
	for (unsigned mask = 0; mask < 1u << 10; mask++) {
		line_new(&l);
		line_press(&l, "77", 60, 20); /* 5 packets each: one event's updates, two; three ends */
		assert_int_equal(l.count, 10);
		if ((mask & 0x1f) == 0x1f || (mask >> 5) == 0x1f)
			continue;
		for (unsigned i = 0; i < 10; i++)
			lose[i] = mask >> i & 1;
		line_carry(&l, lose);
		if (strcmp(l.keys, "77") != 0)
			fail_msg("with packets 0x%x lost: \"%s\"", mask, l.keys);
	}
}

/* Shuffled within three packets and doubled: nothing changes. */
static void disorder(void **state)
{
	struct line l;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		int64_t now_us = 0;

		line_new(&l);
		line_press(&l, "1223", 40 + random_below(100), 20);
		for (unsigned i = 0; i + 3 < l.count; i += 1 + random_below(3)) {
			unsigned k = i + random_below(3);
			struct sent swap = l.packet[i];

			l.packet[i] = l.packet[k];
			l.packet[k] = swap;
		}
		for (unsigned i = 0; i < l.count; i++) {
			now_us += 20000;
			line_hear(&l, &l.packet[i], now_us);
			if (random_below(4) == 0)
				line_hear(&l, &l.packet[i - random_below(i < 4 ? i + 1 : 4)], now_us);
		}
		line_silence(&l, now_us);
		if (strcmp(l.keys, "1223") != 0)
			fail_msg("round %d: \"%s\"", round, l.keys);
	}
}

static struct sent made(char digit, uint16_t seq, uint32_t timestamp, unsigned duration, bool marker, bool end)
{
	return (struct sent){ .marker = marker,
		              .seq = seq,
		              .timestamp = timestamp,
		              .payload = { (uint8_t)event_of_digit(digit), end ? 0x8a : 0x0a, (uint8_t)(duration >> 8),
		                           (uint8_t)duration } };
}

/* A key held for 20 s: in segments (2.5.1.3), or with a duration that wraps. */
static void long_events(void **state)
{
	struct line l;

	(void)state;
	for (int wraps = 0; wraps < 2; wraps++) {
		uint32_t timestamp = 1000;
		unsigned base = 0, total = 0;
		uint16_t seq = 1;
		struct sent p;

		line_new(&l);
		for (total = 400; total <= 160000; total += 400) {
			unsigned duration = total - base;

			if (wraps) {
				duration = total & 0xffff;
			} else if (duration > 0xffff) {
				p = made('*', seq++, timestamp, 0xffff, false, false);
				line_hear(&l, &p, total * 125);
				base += 0xffff;
				timestamp += 0xffff;
				duration -= 0xffff;
			}
			p = made('*', seq++, timestamp, duration, total == 400, total == 160000);
			line_hear(&l, &p, total * 125);
		}
		line_silence(&l, total * 125);
		assert_string_equal(l.keys, "*");
		assert_in_range(l.samples[0], 159990, 160010);
	}
}

/* Without an end a key is up after EVENT_LOST_US, once; late packets of it do not press it again. */
static void lost_end(void **state)
{
	struct line l;
	struct event_key key;
	struct sent p = made('3', 1, 160, 160, true, false);

	(void)state;
	line_new(&l);
	line_hear(&l, &p, 0);
	assert_true(l.down);
	assert_true(event_rx_key(&l.rx, EVENT_LOST_US - 1, &key) && key.down);
	assert_true(event_rx_active(&l.rx));
	assert_true(event_rx_key(&l.rx, EVENT_LOST_US, &key) && !key.down);
	assert_false(event_rx_key(&l.rx, EVENT_LOST_US, &key));
	p = made('3', 9, 160, 1600, false, true);
	event_rx_packet(&l.rx, p.marker, p.seq, p.timestamp, p.payload, EVENT_LEN, 300000);
	assert_false(event_rx_key(&l.rx, 300000, &key));
}

/* Senders that are not as they should be. */
static void wrong_senders(void **state)
{
	struct line l;
	struct sent p;

	(void)state;
	line_new(&l); /* the timestamp moves with each update */
	for (unsigned i = 0; i < 6; i++) {
		p = made('8', (uint16_t)i, 1000 + 160 * i, 160 * (i + 1), i == 0, i == 5);
		line_hear(&l, &p, 20000 * i);
	}
	line_silence(&l, 200000);
	assert_string_equal(l.keys, "8");
	assert_int_equal(l.samples[0], 960);

	line_new(&l); /* one timestamp for all digits: the marker tells them apart */
	for (unsigned i = 0; i < 8; i++) {
		p = made(i < 4 ? '1' : '2', (uint16_t)i, 1000, 160 * (i % 4 + 1), i % 4 == 0, i % 4 == 3);
		line_hear(&l, &p, 20000 * i);
	}
	line_silence(&l, 200000);
	assert_string_equal(l.keys, "12");

	line_new(&l); /* begun anew, far back, without another SSRC */
	p = made('4', 100, 9000000, 800, true, true);
	line_hear(&l, &p, 0);
	p = made('4', 200, 160, 800, true, true);
	line_hear(&l, &p, 1000000);
	line_silence(&l, 1000000);
	assert_string_equal(l.keys, "44");

	line_new(&l); /* flash (16), and an event too short to be one */
	p = made('1', 1, 160, 800, true, true);
	p.payload[0] = 16;
	line_hear(&l, &p, 0);
	event_rx_packet(&l.rx, true, 2, 320, p.payload, 3, 0);
	line_silence(&l, 0);
	assert_string_equal(l.keys, "");
	assert_int_equal(l.rx.ignored, 1);
	assert_int_equal(l.rx.malformed, 1);
}

/* Senders who leave the timestamp where it is; what is the next press, and what is the same one. */
static void one_timestamp(void **state)
{
	struct line l;
	struct sent p;

	(void)state;
	line_new(&l); /* another key, its marker lost */
	for (unsigned i = 0; i < 8; i++) {
		p = made(i < 4 ? '1' : '2', (uint16_t)i, 1000, 160 * (i % 4 + 1), i == 0, i % 4 == 3);
		line_hear(&l, &p, 20000 * i);
	}
	p = made('1', 3, 1000, 640, false, true); /* and an end of the first that was overtaken */
	line_hear(&l, &p, 160000);
	line_silence(&l, 200000);
	assert_string_equal(l.keys, "12");
	assert_int_equal(l.samples[0], 640);
	assert_int_equal(l.samples[1], 640);

	/* the same key again: nothing lost; its marker; the ends before it; both but for the marker */
	for (unsigned lost = 0; lost < 4; lost++) {
		line_new(&l);
		for (unsigned i = 0; i < 12; i++) {
			unsigned update = i % 6;

			p = made('1', (uint16_t)(65530 + i), 1000, 160 * (update < 4 ? update + 1 : 4), update == 0, update >= 3);
			if ((lost == 1 && i == 6) || (lost == 2 && i >= 3 && i < 6))
				continue;
			line_hear(&l, &p, 20000 * i);
			if (lost == 3) /* every packet twice */
				line_hear(&l, &p, 20000 * i);
		}
		line_silence(&l, 240000);
		if (strcmp(l.keys, "11") != 0)
			fail_msg("way %u: \"%s\"", lost, l.keys);
		assert_int_equal(l.samples[1], 640);
	}

	/* the first packet three times, a marker on each; a marker on every update */
	for (unsigned markers = 3; markers <= 7; markers += 4) {
		line_new(&l);
		for (unsigned i = 0; i < 10; i++) {
			p = made('9', (uint16_t)i, 1000, i < 3 ? 160 : i < 7 ? 160 * (i - 1) : 800, i < markers, i >= 7);
			line_hear(&l, &p, 20000 * i);
		}
		line_silence(&l, 200000);
		assert_string_equal(l.keys, "9");
		assert_int_equal(l.samples[0], 800);
	}
}

/* The network holds everything up for 300 ms, then all comes at once: what was pressed is one key, also when a segment ended
 * meanwhile and when the timestamp wraps in it. */
static void stall(void **state)
{
	struct line l;
	struct sent p;

	(void)state;
	for (unsigned at = 0; at < 500; at += 7) {
		uint32_t timestamp = 0xffffff00;
		unsigned base = 0;
		int64_t now_us = 0;

		line_new(&l);
		for (unsigned i = 0; i < 500; i++) { /* 10 s: longer than a segment */
			unsigned duration = 160 * (i + 1) - base;

			if (duration > 0xffff) {
				base += 0xffff;
				timestamp += 0xffff;
				duration -= 0xffff;
			}
			p = made('#', (uint16_t)(65400 + i), timestamp, duration, i == 0, i == 499);
			if (i < at || i > at + 15)
				now_us = 20000 * (int64_t)i;
			else if (i == at)
				for (int64_t tick_us = now_us; tick_us < now_us + 300000; tick_us += 10000)
					line_take(&l, tick_us);
			line_hear(&l, &p, i >= at && i <= at + 15 ? now_us + 300000 : now_us);
		}
		line_silence(&l, now_us);
		if (strcmp(l.keys, "#") != 0)
			fail_msg("a stall at packet %u: \"%s\"", at, l.keys);
	}
}

/* A burst of more keys than are kept: the first ones are told of, one in each tick, the others are counted. */
static void burst(void **state)
{
	struct event_key key;
	struct line l;

	(void)state;
	line_new(&l);
	for (unsigned i = 0; i < 20; i++) {
		struct sent p = made((char)('0' + i % 10), (uint16_t)i, 160 * i, 80, true, true);

		event_rx_packet(&l.rx, p.marker, p.seq, p.timestamp, p.payload, EVENT_LEN, 0);
	}
	for (unsigned i = 0; i < EVENT_KEYS; i++) {
		assert_true(event_rx_key(&l.rx, 0, &key));
		assert_int_equal(key.digit, '0' + i % 10);
	}
	assert_false(event_rx_key(&l.rx, 0, &key));
	assert_int_equal(l.rx.dropped, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sending),
		cmocka_unit_test(all_digits),
		cmocka_unit_test(losses),
		cmocka_unit_test(disorder),
		cmocka_unit_test(long_events),
		cmocka_unit_test(lost_end),
		cmocka_unit_test(wrong_senders),
		cmocka_unit_test(one_timestamp),
		cmocka_unit_test(stall),
		cmocka_unit_test(burst),
	};

	random_seed(5);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
