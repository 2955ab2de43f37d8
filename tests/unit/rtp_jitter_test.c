/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jitter buffer alone: each octet says when it was spoken, so that what is played says where it came from. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/random.h"
#include "rtp/jitter_buffer.h"

#define TICK 80

struct bench {
	struct jitter_buffer j;
	int64_t  now;
	uint32_t spoken; /* the next packet's time, from `first` on */
	uint32_t first;
	uint16_t seq;
	/* the last tick: time of each sample, or what it was instead */
	int64_t  got[TICK];
	enum jitter_buffer_what what[TICK];
	uint8_t  payload_type[TICK];
	unsigned talkspurts, pieces;
	uint8_t  noise[JITTER_BUFFER_NOISE_MAX];
	size_t   noise_len;
	bool     blind;  /* what is played is not of `first` */
};

static void begin(struct bench *b, uint16_t seq, uint32_t timestamp)
{
	memset(b, 0, sizeof(*b));
	b->seq = seq;
	b->first = timestamp;
	jitter_buffer_init(&b->j, JITTER_BUFFER_MIN, JITTER_BUFFER_MAX);
}

/* Octets hold 7 bits of the time each: three neighbours tell it within 2^21 samples. */
static uint8_t octet(uint32_t t)
{
	return (uint8_t)(t >> 7 * (t % 3));
}

static void put_kind(struct bench *b, enum jitter_buffer_kind kind, uint16_t seq, uint32_t t, unsigned len, bool marker)
{
	uint8_t data[JITTER_BUFFER_PAYLOAD_MAX + 1];
	struct jitter_buffer_packet p = { .kind = kind,
		                          .seq = seq,
		                          .timestamp = b->first + t,
		                          .payload_type = kind == JITTER_BUFFER_SPEECH ? 8 : 13,
		                          .marker = marker,
		                          .data = data,
		                          .len = len,
		                          .arrival = b->now };

	for (unsigned i = 0; i < len; i++)
		data[i] = octet(t + i);
	jitter_buffer_put(&b->j, &p);
}

static void put(struct bench *b, unsigned len)
{
	put_kind(b, JITTER_BUFFER_SPEECH, b->seq++, b->spoken, len, false);
	b->spoken += len;
}

static void lose(struct bench *b, unsigned len)
{
	b->seq++;
	b->spoken += len;
}

/* The time of octet i of a piece, near what is known: its octets are those of that time and no other. */
static int64_t time_of(const struct bench *b, const struct jitter_buffer_piece *p)
{
	uint32_t t = (uint32_t)(b->j.play - (int64_t)p->count) - b->first;

	for (size_t i = 0; !b->blind && i < p->count; i++)
		assert_int_equal(p->data[i], octet(t + (uint32_t)i));
	return t;
}

static void tick(struct bench *b)
{
	jitter_buffer_tick(&b->j, b->now, 0);
	b->talkspurts = b->pieces = 0;
	for (size_t n = 0; n < TICK;) {
		struct jitter_buffer_piece p;
		int64_t t = -1;

		jitter_buffer_next(&b->j, TICK - n, &p);
		assert_in_range(p.count, 1, TICK - n);
		b->pieces++;
		b->talkspurts += p.talkspurt;
		if (p.what == JITTER_BUFFER_DECODE)
			t = time_of(b, &p);
		else if (p.what == JITTER_BUFFER_COMFORT && p.data) {
			memcpy(b->noise, p.data, p.noise_len);
			b->noise_len = p.noise_len;
		}
		for (size_t i = 0; i < p.count; i++, n++) {
			b->what[n] = p.what;
			b->payload_type[n] = p.payload_type;
			b->got[n] = t < 0 ? -1 : t + (int64_t)i;
		}
	}
	b->now += TICK;
}

/* A tick with all that is spoken by now, in packets of len. */
static void in_step_tick(struct bench *b, unsigned len)
{
	while (b->spoken + len <= (uint64_t)b->now)
		put(b, len);
	tick(b);
}

static unsigned count(const struct bench *b, enum jitter_buffer_what what)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TICK; i++)
		n += b->what[i] == what;
	return n;
}

static void nothing_amiss(const struct bench *b)
{
	const struct jitter_buffer_stats *s = &b->j.stats;

	assert_int_equal(s->lost + s->late + s->duplicates + s->strange + s->restarts + s->concealed + s->underruns + s->cut +
	                         s->oversize,
	                 0);
}

/* In step, without loss: each sample once, at a constant delay, through wraps of number and time, whatever the packets' size. */
static void in_step(void **state)
{
	static const unsigned len[] = { 40, 80, 120, 160, 200, 240, 320, 480, 999 };

	(void)state;
	for (unsigned k = 0; k < sizeof(len) / sizeof(len[0]); k++) {
		struct bench b;
		int64_t next = 0;

		begin(&b, 65000, UINT32_MAX - 100000);
		while (next < 1000000) {
			in_step_tick(&b, len[k]);
			for (unsigned i = 0; i < TICK; i++) {
				if (next == 0 && b.what[i] == JITTER_BUFFER_SILENT)
					continue;
				assert_int_equal(b.got[i], next++);
				assert_int_equal(b.payload_type[i], 8);
			}
		}
		nothing_amiss(&b);
		/* 40 ms to begin with, and what the caller did not leave out */
		assert_in_range(b.now - next - len[k], 0, 320 + JITTER_BUFFER_BIN + TICK);
	}
}

/* A sender that changes its ptime on the way, and packs as it likes. */
static void changing_ptime(void **state)
{
	struct bench b;
	int64_t next = 0;

	(void)state;
	begin(&b, 1, 1);
	random_seed(3);
	for (unsigned len = 160; b.now < 800000;) {
		while (b.spoken + len <= (uint64_t)b.now) {
			put(&b, len);
			len = 80 * (1 + random_below(6)) + (random_below(4) == 0 ? random_below(79) : 0);
		}
		tick(&b);
		for (unsigned i = 0; i < TICK; i++) {
			if (b.got[i] < 0)
				continue;
			assert_true(b.got[i] == next || b.j.stats.concealed > 0);
			next = b.got[i] + 1;
		}
	}
	assert_int_equal(b.j.stats.lost + b.j.stats.late + b.j.stats.strange + b.j.stats.duplicates, 0);
	assert_in_range(b.j.stats.concealed, 0, 800000 / 100);
}

/* Each packet that is lost is concealed in its place and nothing else is. */
static void lost_packets(void **state)
{
	struct bench b;
	unsigned lost = 0, runs = 0, concealed = 0;
	bool was_lost = false;
	int64_t next = 0;

	(void)state;
	random_seed(2);
	begin(&b, 0, 77);
	jitter_buffer_init(&b.j, 320, 320); /* so that it has no wish */
	for (unsigned t = 0; t < 20000; t++) {
		while (b.spoken + 160 <= (uint64_t)b.now) {
			bool lose_it = t > 100 && t < 19900 && random_below(20) == 0;

			lost += lose_it;
			runs += lose_it && !was_lost;
			was_lost = lose_it;
			if (lose_it)
				lose(&b, 160);
			else
				put(&b, 160);
		}
		tick(&b);
		for (unsigned i = 0; i < TICK; i++) {
			if (next == 0 && b.what[i] == JITTER_BUFFER_SILENT)
				continue;
			concealed += b.got[i] < 0; /* silence, after 60 ms */
			assert_true(b.got[i] < 0 || b.got[i] == next);
			next++;
		}
	}
	assert_int_equal(concealed, lost * 160);
	assert_in_range(b.j.stats.concealed, concealed - concealed / 100, concealed);
	assert_int_equal(b.j.stats.lost, lost);
	assert_int_equal(b.j.stats.lost_runs, runs);
	assert_int_equal(b.j.stats.held + b.j.stats.left_out + b.j.stats.late, 0);
}

static void reordered_and_doubled(void **state)
{
	struct bench b;
	int64_t next = 0;

	(void)state;
	begin(&b, 65530, 0);
	for (unsigned t = 0; t < 3000; t++) {
		if (t % 4 == 0) /* four of 10 ms, backwards, each twice */
			for (unsigned i = 4; i-- > 0;)
				for (unsigned twice = 0; twice < 2; twice++)
					put_kind(&b, JITTER_BUFFER_SPEECH, (uint16_t)(65530 + t + i), TICK * (t + i), TICK,
					         false);
		tick(&b);
		for (unsigned i = 0; i < TICK; i++) {
			if (next == 0 && b.got[i] < 0)
				continue;
			assert_int_equal(b.got[i], next++);
		}
	}
	assert_int_equal(b.j.stats.duplicates, 3000);
	assert_int_equal(b.j.stats.reordered, 3000 / 4 * 3);
	assert_int_equal(b.j.stats.lost + b.j.stats.late + b.j.stats.concealed, 0);
}

/* A pause without packets, its numbers without a hole (DTX): silence, not loss; afterwards the delay is as wanted. */
static void pauses(void **state)
{
	struct bench b;
	unsigned silent = 0, lost = 0;

	(void)state;
	begin(&b, 9, 5000);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned t = 0; t < 100; t++)
			in_step_tick(&b, 160);
		for (unsigned t = 0; t < 300; t++) {
			tick(&b);
			silent += count(&b, JITTER_BUFFER_SILENT);
			lost += count(&b, JITTER_BUFFER_LOST);
			assert_true(t < 12 || count(&b, JITTER_BUFFER_SILENT) == TICK);
		}
		b.spoken += 300 * TICK; /* the clock went on */
	}
	assert_int_equal(b.j.stats.lost + b.j.stats.late + b.j.stats.strange + b.j.stats.restarts, 0);
	assert_in_range(lost, 1, 20 * JITTER_BUFFER_FADE); /* he who falls silent without a word may be lost, for 60 ms */
	assert_in_range(silent, 20 * 280 * TICK, 20 * 300 * TICK);
	for (unsigned t = 0; t < 20; t++)
		in_step_tick(&b, 160);
	assert_in_range(jitter_buffer_delay(&b.j), JITTER_BUFFER_MIN - JITTER_BUFFER_BIN,
	                JITTER_BUFFER_MIN + 2 * JITTER_BUFFER_BIN);
}

/* Pauses shorter than the delay: what comes after is there already. */
static void short_pauses(void **state)
{
	struct bench b;
	unsigned silent = 0;

	(void)state;
	begin(&b, 9, 5000);
	jitter_buffer_init(&b.j, 800, 800);
	for (unsigned t = 0; t < 2000; t++) {
		if (t % 20 == 0)
			b.spoken += 240;
		in_step_tick(&b, 160);
		silent += t > 100 ? count(&b, JITTER_BUFFER_SILENT) : 0;
	}
	assert_int_equal(b.j.stats.concealed + b.j.stats.lost + b.j.stats.underruns, 0);
	assert_in_range(silent, 94 * 240, 96 * 240);
}

/* Comfort noise: told with its parameters, then it goes on; no loss, no underrun; speech again. */
static void comfort_noise(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 9, 5000);
	for (unsigned round = 0; round < 10; round++) {
		unsigned noise = 0;

		for (unsigned t = 0; t < 100; t++)
			in_step_tick(&b, 160);
		put_kind(&b, JITTER_BUFFER_NOISE, b.seq++, b.spoken, 7, false);
		b.noise_len = 0;
		for (unsigned t = 0; t < 200; t++) {
			tick(&b);
			noise += count(&b, JITTER_BUFFER_COMFORT);
		}
		b.spoken += 200 * TICK;
		assert_int_equal(b.noise_len, 7);
		assert_int_equal(b.noise[3], octet(b.spoken - 200 * TICK + 3));
		assert_in_range(noise, 190 * TICK, 200 * TICK);
	}
	assert_int_equal(b.j.stats.lost + b.j.stats.concealed + b.j.stats.underruns, 0);
}

/* A digit as telephone-events, three seconds long, one beginning, many numbers: no loss, silence. Then speech. */
static void events(void **state)
{
	struct bench b;
	unsigned silent = 0, spoken;

	(void)state;
	begin(&b, 9, 5000);
	for (unsigned t = 0; t < 100; t++)
		in_step_tick(&b, 160);
	spoken = b.spoken;
	for (unsigned t = 0; t < 300; t++) {
		if (t % 5 == 0)
			put_kind(&b, JITTER_BUFFER_EVENT, b.seq++, spoken, 4, t == 0);
		tick(&b);
		silent += count(&b, JITTER_BUFFER_SILENT);
	}
	b.spoken += 300 * TICK;
	assert_int_equal(b.j.stats.lost + b.j.stats.concealed + b.j.stats.underruns + b.j.stats.strange + b.j.stats.restarts, 0);
	assert_in_range(silent, 290 * TICK, 300 * TICK);
	for (unsigned t = 0; t < 20; t++)
		in_step_tick(&b, 160);
	assert_int_equal(count(&b, JITTER_BUFFER_DECODE), TICK);
	assert_int_equal(b.j.stats.lost + b.j.stats.concealed + b.j.stats.underruns + b.j.stats.strange + b.j.stats.restarts, 0);
}

/* Another time, or another number, with the same SSRC. */
static void the_sender_begins_anew(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 100, 0);
	for (unsigned t = 0; t < 50; t++)
		in_step_tick(&b, 160);
	/* another time, numbers go on: at once */
	b.first += 0x40000000;
	for (unsigned t = 0; t < 10; t++)
		in_step_tick(&b, 160);
	assert_int_equal(b.j.stats.restarts, 1);
	assert_int_equal(b.j.stats.strange, 0);
	assert_int_equal(count(&b, JITTER_BUFFER_DECODE), TICK);
	/* both: the second in a row is believed */
	b.first -= 0x12345678;
	b.seq += 30000;
	for (unsigned t = 0; t < 14; t++) {
		b.blind = b.j.stats.restarts < 2; /* what was there before */
		in_step_tick(&b, 160);
	}
	assert_int_equal(b.j.stats.restarts, 2);
	assert_int_equal(b.j.stats.strange, 1);
	assert_int_equal(count(&b, JITTER_BUFFER_DECODE), TICK);
	/* one from nowhere is not */
	put_kind(&b, JITTER_BUFFER_SPEECH, (uint16_t)(b.seq + 20000), b.spoken + 700000, 160, false);
	in_step_tick(&b, 160);
	assert_int_equal(b.j.stats.restarts, 2);
	assert_int_equal(b.j.stats.strange, 2);
	assert_int_equal(count(&b, JITTER_BUFFER_DECODE), TICK);
	/* another SSRC */
	jitter_buffer_reset(&b.j);
	b.first = 17;
	b.seq = 3;
	for (unsigned t = 0; t < 14; t++)
		in_step_tick(&b, 160);
	assert_int_equal(b.j.stats.restarts, 2);
	assert_int_equal(count(&b, JITTER_BUFFER_DECODE), TICK);
}

/* Nothing for 200 ms, then all of it at once: what is older than concealment reached is played, not thrown away. */
static void a_burst_after_a_stall(void **state)
{
	struct bench b;
	int64_t last = -1;
	unsigned concealed = 0, silent = 0;

	(void)state;
	begin(&b, 0, 0);
	for (unsigned t = 0; t < 300; t++) {
		if (t < 100 || t >= 120)
			in_step_tick(&b, 160);
		else
			tick(&b);
		for (unsigned i = 0; t >= 20 && i < TICK; i++) {
			assert_true(b.got[i] < 0 || b.got[i] > last);
			if (b.got[i] >= 0)
				last = b.got[i];
			concealed += b.what[i] == JITTER_BUFFER_LOST;
			silent += b.what[i] == JITTER_BUFFER_SILENT;
		}
	}
	assert_int_equal(concealed, JITTER_BUFFER_FADE);
	assert_in_range(silent, 1600 - 320 - TICK - JITTER_BUFFER_FADE, 1600 - 160 + TICK - JITTER_BUFFER_FADE);
	assert_in_range(b.j.stats.late, 2, 3);
	assert_int_equal(b.j.stats.cut, 0);
	/* The delay has grown by what was silent, and that is to be left out again. */
	assert_in_range(jitter_buffer_delay(&b.j), silent, silent + 400);
	assert_int_equal(b.j.stats.lost, b.j.stats.late);
}

/* Our own thread slept for a second, or the network did: what is beyond the most that is kept is cut. */
static void too_much_at_once(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 0, 0);
	for (unsigned t = 0; t < 100; t++)
		in_step_tick(&b, 160);
	b.now += 6400;
	in_step_tick(&b, 160);
	assert_int_equal(count(&b, JITTER_BUFFER_DECODE), TICK);
	assert_in_range(b.j.stats.cut, 6400 - JITTER_BUFFER_MAX - JITTER_BUFFER_FADE - 320, 6400 - JITTER_BUFFER_MAX);
	assert_in_range(b.got[0], b.spoken - JITTER_BUFFER_MAX - JITTER_BUFFER_FADE, b.spoken - JITTER_BUFFER_MAX);
}

/* What it asks for, a caller that does it exactly, and whether it is content then. */
static void a_wish_is_met(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 0, 0);
	for (unsigned t = 0; t < 200; t++)
		in_step_tick(&b, 160);
	/* begun with 40 ms; 20 are enough, as is seen after fifty packets */
	assert_in_range(-jitter_buffer_wish(&b.j, false), 100, 320);
	b.j.play -= jitter_buffer_wish(&b.j, false); /* left out what lies there */
	assert_int_equal(jitter_buffer_wish(&b.j, false), 0);
	tick(&b);
	assert_int_equal(count(&b, JITTER_BUFFER_DECODE), TICK);
	assert_in_range(jitter_buffer_target(&b.j), JITTER_BUFFER_MIN, JITTER_BUFFER_MIN);
}

static void of_no_use(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 0, 0);
	tick(&b);
	assert_int_equal(count(&b, JITTER_BUFFER_SILENT), TICK);
	assert_int_equal(jitter_buffer_delay(&b.j), 0);
	assert_int_equal(jitter_buffer_ready(&b.j, 100), 0);
	put_kind(&b, JITTER_BUFFER_SPEECH, 7, 0, JITTER_BUFFER_PAYLOAD_MAX + 1, false);
	assert_int_equal(b.j.stats.oversize, 1);
	assert_false(b.j.synced);
	put_kind(&b, JITTER_BUFFER_SPEECH, 7, 0, 0, false); /* empty: a number, no sound */
	put_kind(&b, JITTER_BUFFER_NOISE, 8, 0, 0, false);
	put_kind(&b, JITTER_BUFFER_NOISE, 9, 160, 1000, false);
	for (unsigned t = 0; t < 20; t++)
		tick(&b);
	assert_int_equal(count(&b, JITTER_BUFFER_COMFORT), TICK);
	assert_int_equal(b.noise_len, JITTER_BUFFER_NOISE_MAX);
	assert_int_equal(b.j.stats.packets, 3);
	jitter_buffer_init(&b.j, 0, 100000);
	assert_int_equal(b.j.min, JITTER_BUFFER_MIN);
	assert_int_equal(b.j.max, JITTER_BUFFER_MAX);
	jitter_buffer_init(&b.j, 800, 200);
	assert_int_equal(b.j.max, 800);
}

/* Anything, in any order: each sample that is played is one that was sent (time_of() looks), time goes forward while the stream
 * is the same, a tick is a bounded number of pieces, and what came is accounted for. */
static void anything(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 12; seed++) {
		struct bench b;
		uint64_t sent = 0;
		int64_t last = -1;
		uint64_t restarts = 0;

		random_seed(seed);
		begin(&b, (uint16_t)random_u64(), (uint32_t)random_u64());
		for (unsigned i = 0; i < 30000; i++) {
			const struct jitter_buffer_stats *s = &b.j.stats;
			unsigned r = random_below(100);

			sent++;
			if (r < 1)
				put_kind(&b, JITTER_BUFFER_SPEECH, (uint16_t)random_u64(), (uint32_t)random_u64(),
				         random_below(500), false);
			else if (r < 5)
				put_kind(&b, random_below(3), (uint16_t)(b.seq + random_below(300) - 150),
				         b.spoken + random_below(9000) - 4500, random_below(500), random_below(2));
			else if (r < 8)
				put_kind(&b, JITTER_BUFFER_NOISE + random_below(2), b.seq++, b.spoken, random_below(20),
				         random_below(2));
			else if (r < 45)
				put(&b, 1 + random_below(seed % 3 ? 320 : 2));
			else {
				sent--;
				if (r < 50)
					lose(&b, random_below(2000));
				else if (r < 52)
					b.now += random_below(4000);
				else if (r == 52 && random_below(20) == 0)
					jitter_buffer_reset(&b.j);
				else
					tick(&b);
			}
			assert_int_equal(s->packets + s->duplicates + s->strange + s->oversize, sent);
			assert_true(s->late <= s->packets && s->lost_runs <= s->lost);
			assert_true(b.j.end - b.j.play <= JITTER_BUFFER_MAX + JITTER_BUFFER_FADE || b.j.silent);
			assert_in_range(b.pieces, 0, TICK);
			if (s->restarts != restarts || !b.j.synced)
				last = -1;
			restarts = s->restarts;
			if (b.got[0] >= 0 && r > 52) {
				assert_true(last < 0 || b.got[0] != last);
				last = b.got[0];
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_step),
		cmocka_unit_test(changing_ptime),
		cmocka_unit_test(lost_packets),
		cmocka_unit_test(reordered_and_doubled),
		cmocka_unit_test(pauses),
		cmocka_unit_test(short_pauses),
		cmocka_unit_test(comfort_noise),
		cmocka_unit_test(events),
		cmocka_unit_test(the_sender_begins_anew),
		cmocka_unit_test(a_burst_after_a_stall),
		cmocka_unit_test(too_much_at_once),
		cmocka_unit_test(a_wish_is_met),
		cmocka_unit_test(of_no_use),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
