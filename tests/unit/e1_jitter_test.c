/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receive buffer. Each frame carries its own number, so that what is played says where it came from. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/random.h"
#include "e1/jitter.h"

#define TICK 80
#define FILLED UINT32_MAX

struct bench {
	struct e1_jitter j;
	uint32_t sent;      /* frames */
	uint16_t seq;
	uint32_t got[TICK]; /* the last tick; FILLED */
	unsigned filled;
};

static void make(struct bench *b, uint8_t *packet)
{
	for (unsigned i = 0; i < b->j.k; i++, b->sent++) {
		memset(packet + (size_t)i * 31, 0x11, 31);
		memcpy(packet + (size_t)i * 31, &b->sent, 4);
	}
}

static void put(struct bench *b)
{
	uint8_t packet[CESOPSN_MAX];

	make(b, packet);
	e1_jitter_put(&b->j, b->seq++, packet);
}

static void lose(struct bench *b)
{
	uint8_t packet[CESOPSN_MAX];

	make(b, packet);
	b->seq++;
}

/* The packets of a tick. */
static void put_tick(struct bench *b)
{
	for (uint32_t end = b->sent / TICK * TICK + TICK; b->sent + b->j.k <= end;)
		put(b);
}

static void tick(struct bench *b)
{
	uint8_t frames[TICK][31], fill[31];

	e1_jitter_fill(fill);
	b->filled = e1_jitter_get(&b->j, frames, TICK);
	for (unsigned i = 0; i < TICK; i++) {
		if (memcmp(frames[i], fill, 31) == 0)
			b->got[i] = FILLED;
		else
			memcpy(&b->got[i], frames[i], 4);
	}
}

static void begin(struct bench *b, unsigned k, uint16_t seq)
{
	memset(b, 0, sizeof(*b));
	b->seq = seq;
	assert_int_equal(e1_jitter_alloc(&b->j, k), 0);
}

static uint64_t slips(const struct bench *b)
{
	return b->j.stats.slips_dropped + b->j.stats.slips_repeated;
}

/* In step, without loss: constant delay, every frame once, nothing slips, through two wraps of the sequence. */
static void in_step(void **state)
{
	static const unsigned ks[] = { 1, 2, 4, 5, 8, 10, 16, 20, 40 };

	(void)state;
	for (unsigned n = 0; n < sizeof(ks) / sizeof(*ks); n++) {
		struct bench b;
		uint32_t next = 0;

		begin(&b, ks[n], 65000);
		for (unsigned t = 0; t < 140000 / (TICK / ks[n]); t++) {
			put_tick(&b);
			tick(&b);
			if (t == 0) { /* 10 ms are there, 20 are waited for */
				assert_int_equal(b.filled, TICK);
				continue;
			}
			assert_int_equal(b.filled, 0);
			for (unsigned i = 0; i < TICK; i++)
				assert_int_equal(b.got[i], next++);
			assert_int_equal(e1_jitter_level(&b.j), E1_JITTER_TARGET - TICK);
		}
		assert_int_equal(slips(&b), 0);
		assert_int_equal(b.j.stats.lost_frames + b.j.stats.underruns + b.j.stats.late + b.j.stats.duplicates +
		                         b.j.stats.resyncs,
		                 0);
		e1_jitter_free(&b.j);
	}
}

static void lost_packets(void **state)
{
	struct bench b;
	uint32_t next = 0, filled = 0, lost = 0;

	(void)state;
	random_seed(2);
	begin(&b, 8, 0);
	for (unsigned t = 0; t < 5000; t++) {
		for (unsigned i = 0; i < 10; i++) {
			if (t > 0 && t < 4900 && random_below(50) == 0) {
				lose(&b);
				lost += 8;
			} else
				put(&b);
		}
		tick(&b);
		if (t == 0)
			continue;
		for (unsigned i = 0; i < TICK; i++, next++) {
			filled += b.got[i] == FILLED;
			assert_true(b.got[i] == FILLED || b.got[i] == next); /* in place, not moved */
		}
	}
	assert_int_equal(filled, lost);
	assert_int_equal(b.j.stats.lost_frames, lost);
	assert_int_equal(slips(&b), 0);
	e1_jitter_free(&b.j);
}

static void reordered_and_doubled(void **state)
{
	struct bench b;
	uint32_t next = 0;

	(void)state;
	begin(&b, 8, 65530);
	for (unsigned t = 0; t < 3000; t++) {
		uint8_t p[10][CESOPSN_MAX];

		for (unsigned i = 0; i < 10; i++)
			make(&b, p[i]);
		for (unsigned i = 10; i--;) { /* backwards, each twice */
			e1_jitter_put(&b.j, (uint16_t)(b.seq + i), p[i]);
			e1_jitter_put(&b.j, (uint16_t)(b.seq + i), p[i]);
		}
		b.seq += 10;
		tick(&b);
		for (unsigned i = 0; t > 0 && i < TICK; i++)
			assert_int_equal(b.got[i], next++);
	}
	assert_int_equal(b.j.stats.duplicates, 30000);
	assert_int_equal(b.j.stats.lost_frames + slips(&b), 0);
	e1_jitter_free(&b.j);
}

/* libpri-facts 9: nothing for 60 ms, then all of it at once. No frame is lost; the delay comes back by slips. */
static void a_late_burst(void **state)
{
	struct bench b;
	uint32_t next = 0;

	(void)state;
	begin(&b, 8, 0);
	for (unsigned t = 0; t < 2000; t++) {
		if (t < 100 || t >= 106)
			put_tick(&b);
		else
			assert_true(b.sent == 100 * TICK);
		if (t == 105)
			for (unsigned i = 0; i < 6; i++)
				put_tick(&b);
		tick(&b);
		if (t > 0 && t < 200)
			for (unsigned i = 0; i < TICK; i++) {
				if (b.got[i] == FILLED)
					continue;
				assert_true(b.got[i] == next || b.got[i] == next + 1); /* a slip leaves out one */
				next = b.got[i] + 1;
			}
	}
	assert_int_equal(b.j.stats.lost_frames, 0);
	assert_int_equal(b.j.stats.cut_frames, 0);
	assert_int_equal(b.j.stats.underruns, 1);
	assert_int_equal(b.j.stats.held_frames, 5 * TICK - TICK);
	assert_int_equal(b.j.stats.slips_repeated, 0);
	assert_in_range(b.j.stats.slips_dropped, 4 * TICK - 40, 4 * TICK);
	assert_in_range(e1_jitter_level(&b.j), E1_JITTER_LOW, E1_JITTER_HIGH);
	e1_jitter_free(&b.j);
}

/* Nothing for 60 ms, and it never comes: afterwards the delay is what it was. */
static void a_hole(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 8, 0);
	for (unsigned t = 0; t < 300; t++) {
		if (t < 100 || t >= 106)
			put_tick(&b);
		else
			for (unsigned i = 0; i < 10; i++)
				lose(&b);
		tick(&b);
	}
	assert_int_equal(e1_jitter_level(&b.j), E1_JITTER_TARGET - TICK);
	assert_int_equal(b.j.stats.lost_frames, 6 * TICK);
	assert_int_equal(slips(&b), 0);
	e1_jitter_free(&b.j);
}

/* 100 ppm either way for 100 s: 80 frames of difference, made up one at a time. */
static void skew(void **state)
{
	(void)state;
	for (int dir = -1; dir <= 1; dir += 2) {
		struct bench b;
		double owed = 0;

		begin(&b, 1, 0);
		for (unsigned t = 0; t < 20000; t++) {
			owed += TICK * (1 + dir * 100e-6);
			for (; owed >= 1; owed -= 1)
				put(&b);
			tick(&b);
			if (t > 2)
				assert_int_equal(b.filled, 0);
			assert_true(e1_jitter_level(&b.j) < E1_JITTER_TARGET);
		}
		assert_int_equal(b.j.stats.lost_frames + b.j.stats.underruns + b.j.stats.cut_frames, 0);
		assert_in_range(dir > 0 ? b.j.stats.slips_dropped : b.j.stats.slips_repeated, 160 - E1_JITTER_HIGH, 160);
		assert_int_equal(dir > 0 ? b.j.stats.slips_repeated : b.j.stats.slips_dropped, 0);
		e1_jitter_free(&b.j);
	}
}

static void the_peer_begins_anew(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 8, 100);
	for (unsigned t = 0; t < 50; t++) {
		put_tick(&b);
		tick(&b);
	}
	b.seq = 40000;
	for (unsigned t = 0; t < 10; t++) {
		put_tick(&b);
		tick(&b);
	}
	assert_int_equal(b.j.stats.resyncs, 1);
	assert_int_equal(b.j.stats.strange, 2); /* the third of a row is believed */
	assert_int_equal(b.filled, 0);
	assert_in_range(e1_jitter_level(&b.j), 60, E1_JITTER_TARGET);
	/* A stray packet from nowhere is not believed. */
	b.seq += 20000;
	put(&b);
	b.seq -= 20001;
	put_tick(&b);
	tick(&b);
	assert_int_equal(b.j.stats.resyncs, 1);
	assert_int_equal(b.j.stats.strange, 3);
	e1_jitter_free(&b.j);
}

/* Our own thread slept for 300 ms: what is beyond 100 ms is cut. */
static void too_much_at_once(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 8, 0);
	for (unsigned t = 0; t < 50; t++) {
		put_tick(&b);
		tick(&b);
	}
	for (unsigned t = 0; t < 30; t++)
		put_tick(&b);
	assert_int_equal(e1_jitter_level(&b.j), E1_JITTER_MAX);
	tick(&b);
	assert_int_equal(b.filled, 0);
	assert_int_equal(b.j.stats.cut_frames, 30 * TICK + TICK - E1_JITTER_MAX);
	e1_jitter_free(&b.j);
}

/* Anything, in any order: it never plays a frame twice or backwards but by a counted slip, a restart or a resync. */
static void anything(void **state)
{
	struct bench b;
	uint8_t packet[CESOPSN_MAX];

	(void)state;
	random_seed(9);
	memset(packet, 0, sizeof(packet));
	begin(&b, 8, 0);
	for (unsigned i = 0; i < 300000; i++) {
		unsigned r = random_below(100);

		if (r < 2)
			e1_jitter_put(&b.j, (uint16_t)random_u64(), packet);
		else if (r < 20)
			e1_jitter_put(&b.j, (uint16_t)(b.seq + random_below(300) - 150), packet);
		else if (r < 90)
			put(&b);
		else
			tick(&b);
		assert_in_range(e1_jitter_level(&b.j), 0, E1_JITTER_MAX);
		if (r == 99 && random_below(50) == 0)
			e1_jitter_reset(&b.j);
	}
	e1_jitter_free(&b.j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_step),
		cmocka_unit_test(lost_packets),
		cmocka_unit_test(reordered_and_doubled),
		cmocka_unit_test(a_late_burst),
		cmocka_unit_test(a_hole),
		cmocka_unit_test(skew),
		cmocka_unit_test(the_peer_begins_anew),
		cmocka_unit_test(too_much_at_once),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
