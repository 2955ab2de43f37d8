/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From packets to frames, on networks of many kinds; beside an ideal that knows all arrivals. The figures are in
 * docs/sound.md. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/tone.h"
#include "tests/unit/click.h"
#include "tests/unit/rtp_net.h"

#define MS 8
#define MINUTE 480000

struct goal {
	struct net_model model;
	double   above_ideal_ms; /* of the delay, at most; NAN: it is not looked at */
	double   made_up;        /* share, above what was lost */
	double   drift_ms;       /* between the second minute and the last */
	unsigned changes_ms;     /* left out and put in, in half an hour */
};

#define TALK .talk = 1200 * MS, .hush = 800 * MS
#define ALL  .ptime = 20 * MS, .loss = 0.05, .burst = 3, .jitter = 60 * MS

static void one_goal(const struct goal *g)
{
	struct net net;
	const struct jitter_buffer_stats *s = &net.playout.jitter.stats;
	double second = 0, last, made_up, lost, ideal, delay;
	int16_t out[RTP_PLAYOUT_FRAME];

	net_begin(&net, &g->model, 30 * MINUTE, 20 * MS, 200 * MS);
	for (uint64_t t = 0; t < 30 * MINUTE; t += RTP_PLAYOUT_FRAME) {
		net_tick(&net, (int64_t)t, out);
		if (t == MINUTE || t == 29 * MINUTE)
			(void)net_window_delay(&net);
		if (t == 2 * MINUTE)
			second = net_window_delay(&net);
	}
	last = net_window_delay(&net) / MS;
	second /= MS;
	made_up = (double)s->concealed / ((double)net.sent * g->model.ptime);
	lost = net_made_up(&net, INFINITY);
	ideal = net_ideal(&net, made_up) / MS;
	delay = net.delay_sum / (double)net.heard / MS;
	print_message("%s: delay %.1f ms (ideal %.1f; second minute %.1f, last %.1f), made up %.2f %% (lost %.2f %%), underruns "
	              "%lu, changes %lu\n",
	              g->model.name, delay, ideal, second, last, 100 * made_up, 100 * lost, (unsigned long)s->underruns,
	              (unsigned long)(s->left_out + s->put_in) / MS);
	assert_true(delay < ideal + g->above_ideal_ms);
	assert_true(made_up < lost + g->made_up);
	assert_true(fabs(second - last) < g->drift_ms);
	assert_true(s->left_out + s->put_in < (uint64_t)g->changes_ms * MS);
	assert_int_equal(s->strange + s->restarts + s->duplicates + s->cut, 0);
	/* No storm of underruns: none beside those of packets that were lost, and a few. */
	assert_true((double)s->underruns <= (double)net.sent * lost / g->model.burst + 20 + (double)net.sent * g->made_up);
	net_end(&net);
}

/* 5 % lost, three in a row, 60 ms of jitter, the clocks 100 ppm apart, half an hour: each alone and together. */
static void half_an_hour(void **state)
{
	static const struct goal goal[] = {
		{ { "clean", 20 * MS, TALK, .burst = 1 }, 25, 0.0001, 2, 50 },
		{ { "5 % lost", 20 * MS, TALK, .loss = 0.05, .burst = 1 }, 25, 0.001, 2, 50 },
		{ { "60 ms jitter", 20 * MS, TALK, .jitter = 60 * MS, .burst = 1 }, 12, 0.001, 5, 100 },
		{ { "+100 ppm", 20 * MS, TALK, .skew = 100e-6, .burst = 1 }, 30, 0.0001, 6, 300 },
		{ { "-100 ppm", 20 * MS, TALK, .skew = -100e-6, .burst = 1 }, 30, 0.0001, 6, 300 },
		{ { "all, +100 ppm", ALL, TALK, .skew = 100e-6 }, 12, 0.003, 6, 1000 },
		{ { "all, -100 ppm", ALL, TALK, .skew = -100e-6 }, 12, 0.003, 6, 1000 },
		{ { "all, +100 ppm, never a pause", ALL, .talk = 1, .skew = 100e-6 }, 12, 0.003, 6, 1000 },
		{ { "all, -100 ppm, never a pause", ALL, .talk = 1, .skew = -100e-6 }, 12, 0.003, 6, 1000 },
		{ { "packets of 60 ms, jitter 60 ms", 60 * MS, TALK, .jitter = 60 * MS, .burst = 1 }, 12, 0.001, 5, 100 },
		{ { "exponential jitter, 10 ms", 20 * MS, TALK, .tail = 10 * MS, .burst = 1 }, 12, 0.01, 8, 6000 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(goal) / sizeof(goal[0]); i++) {
		random_seed(i);
		one_goal(&goal[i]);
	}
}

/* The way becomes 80 ms longer, and 80 ms shorter again: the delay follows, up soon, down within a minute. */
static void another_way(void **state)
{
	static const struct net_model longer = {
		"longer", 20 * MS, TALK, .jitter = 10 * MS, .more = 80 * MS, .more_from = MINUTE, .more_until = 99 * MINUTE
	};
	static const struct net_model shorter = { "shorter",         20 * MS,         TALK,
		                                  .jitter = 10 * MS, .more = 80 * MS, .more_until = MINUTE };
	int16_t out[RTP_PLAYOUT_FRAME];
	struct net net;

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		double want = k == 0 ? 80 : -80, before = 0, after;

		net_begin(&net, k == 0 ? &longer : &shorter, 3 * MINUTE, 20 * MS, 200 * MS);
		for (uint64_t t = 0; t < 3 * MINUTE; t += RTP_PLAYOUT_FRAME) {
			net_tick(&net, (int64_t)t, out);
			if (t == 55 * 8000)
				before = net_window_delay(&net) / MS;
			if (t == 2 * MINUTE)
				(void)net_window_delay(&net);
		}
		after = net_window_delay(&net) / MS;
		print_message("%s: %.1f ms before, %.1f after; made up %lu ms, cut %lu\n", k == 0 ? "longer" : "shorter", before,
		              after, (unsigned long)net.playout.jitter.stats.concealed / MS,
		              (unsigned long)net.playout.jitter.stats.cut);
		assert_true(fabs(after - before - want) < 12);
		assert_in_range(net.playout.jitter.stats.concealed, 0, k == 0 ? 200 * MS : 0);
		net_end(&net);
	}
}

/* ---- sound
 * --------------------------------------------------------------------------------------------------------------------- */

struct phone { /* sends a tone in A-law, 20 ms a packet */
	struct rtp_playout p;
	struct dual_tone tone;
	uint16_t seq;
	uint32_t timestamp;
	int64_t  now, spoken;
};

static void alaw(int16_t *out, const uint8_t *in, size_t n, uint8_t payload_type, bool talkspurt, void *arg)
{
	(void)payload_type;
	(void)talkspurt;
	(void)arg;
	g711_alaw_decode_block(out, in, n);
}

static void phone_begin(struct phone *f, double hz)
{
	memset(f, 0, sizeof(*f));
	rtp_playout_init(&f->p, 20 * MS, 200 * MS, alaw, NULL);
	dual_tone_init(&f->tone, 8000, hz, -10, 0, 0);
}

static void phone_send(struct phone *f, bool lost)
{
	int16_t s[160];
	uint8_t octets[160];
	struct jitter_buffer_packet packet = { .kind = JITTER_BUFFER_SPEECH,
		                               .seq = f->seq++,
		                               .timestamp = f->timestamp,
		                               .data = octets,
		                               .len = 160,
		                               .arrival = f->now };

	dual_tone_process(&f->tone, s, 160);
	g711_alaw_encode_block(octets, s, 160);
	if (!lost)
		rtp_playout_put(&f->p, &packet);
	f->timestamp += 160;
	f->spoken += 160;
}

static bool phone_tick(struct phone *f, unsigned lost_percent, int16_t out[RTP_PLAYOUT_FRAME])
{
	bool made_up;

	while (f->spoken + 160 <= f->now)
		phone_send(f, lost_percent && random_below(100) < lost_percent);
	made_up = rtp_playout_frame(&f->p, f->now, out);
	f->now += RTP_PLAYOUT_FRAME;
	return made_up;
}

/* In step nothing is changed: what is heard is what the codec makes of what was said. */
static void bit_by_bit(void **state)
{
	static int16_t said[84000];
	int16_t out[RTP_PLAYOUT_FRAME], heard[4000];
	struct dual_tone again;
	unsigned at = 80000;
	struct phone f;

	(void)state;
	phone_begin(&f, 437);
	for (unsigned t = 0; t < 1000; t++)
		(void)phone_tick(&f, 0, out); /* the delay has found its place */
	for (unsigned n = 0; n < 4000; n += RTP_PLAYOUT_FRAME)
		assert_false(phone_tick(&f, 0, heard + n));
	dual_tone_init(&again, 8000, 437, -10, 0, 0);
	dual_tone_process(&again, said, 84000);
	for (unsigned i = 0; i < 84000; i++)
		said[i] = g711_alaw_decode(g711_alaw_encode(said[i]));
	while (at > 79000 && memcmp(heard, said + at, sizeof(heard)) != 0)
		at--;
	assert_in_range(80000 - at, 160 + JITTER_BUFFER_MIN, 160 + 2 * JITTER_BUFFER_MIN + JITTER_BUFFER_BIN);
}

/* 200 ms too much, in the middle of a steady tone: it is left out without a click and the tone keeps its level. */
static void left_out_unheard(void **state)
{
	static const double hz[] = { 100, 220, 437, 1000 };
	static int16_t heard[8000 * 70];

	(void)state;
	for (unsigned k = 0; k < sizeof(hz) / sizeof(hz[0]); k++) {
		struct phone f;
		unsigned n = 0;
		int clean;

		phone_begin(&f, hz[k]);
		for (unsigned t = 0; t < 200; t++)
			(void)phone_tick(&f, 0, heard);
		for (n = 0; n < 8000; n += RTP_PLAYOUT_FRAME)
			(void)phone_tick(&f, 0, heard + n);
		clean = bend(heard + 4000, 4000);
		for (unsigned i = 0; i < 9; i++) /* 180 ms ahead of its time: the transit is that much less */
			phone_send(&f, false);
		f.spoken -= 9 * 160;
		for (n = 0; n < 8000 * 70; n += RTP_PLAYOUT_FRAME)
			assert_false(phone_tick(&f, 0, heard + n));
		assert_true(f.p.jitter.stats.left_out >= 1440);
		assert_true(jitter_buffer_delay(&f.p.jitter) < 50 * MS);
		print_message("%4.0f Hz: bend %d, was %d; level %.2f dBm0\n", hz[k], bend(heard, n), clean,
		              level_tone_dbm0(heard, n, hz[k], 8000));
		assert_true(bend(heard, n) < 2 * clean + 600);
		for (unsigned at = 0; at + 800 <= n; at += 800)
			assert_true(fabs(level_tone_dbm0(heard + at, 800, hz[k], 8000) + 10) < 1.2);
	}
}

/* Noise as told, and silence when it was not. */
static void noise_in_the_pause(void **state)
{
	static int16_t heard[8000];
	static const uint8_t level[1] = { 50 };
	struct phone f;

	(void)state;
	phone_begin(&f, 437);
	for (unsigned t = 0; t < 100; t++)
		(void)phone_tick(&f, 0, heard);
	while (f.spoken + 160 <= f.now)
		phone_send(&f, false);
	rtp_playout_put(&f.p, &(struct jitter_buffer_packet){ .kind = JITTER_BUFFER_NOISE,
	                                                      .seq = f.seq++,
	                                                      .timestamp = f.timestamp,
	                                                      .data = level,
	                                                      .len = 1,
	                                                      .arrival = f.now });
	for (unsigned n = 0; n < 16000; n += RTP_PLAYOUT_FRAME, f.now += RTP_PLAYOUT_FRAME)
		assert_false(rtp_playout_frame(&f.p, f.now, heard + n % 8000));
	assert_true(fabs(level_dbm0(heard, 8000) - (6.15 - 50)) < 0.5);
	assert_int_equal(f.p.jitter.stats.concealed, 0);
	/* speech, and then nothing without a word: 60 ms made up, then silence */
	f.spoken = f.now - 160;
	f.timestamp += 16000;
	for (unsigned t = 0; t < 100; t++)
		(void)phone_tick(&f, 0, heard);
	for (unsigned n = 0; n < 8000; n += RTP_PLAYOUT_FRAME, f.now += RTP_PLAYOUT_FRAME)
		(void)rtp_playout_frame(&f.p, f.now, heard + n);
	assert_int_equal(f.p.jitter.stats.concealed, JITTER_BUFFER_FADE);
	assert_int_equal(level_peak(heard + 2000, 6000), 0);
}

/* Ticks that were skipped: what should have been heard in them is left out, in time. */
static void skipped_ticks(void **state)
{
	int16_t out[RTP_PLAYOUT_FRAME];
	struct phone f;

	(void)state;
	phone_begin(&f, 437);
	for (unsigned t = 0; t < 2000; t++) {
		(void)phone_tick(&f, 0, out);
		if (t == 1000)
			f.now += 7 * RTP_PLAYOUT_FRAME;
	}
	assert_in_range(jitter_buffer_delay(&f.p.jitter), 150, 330);
	assert_in_range(f.p.jitter.stats.left_out, 6 * RTP_PLAYOUT_FRAME, 10 * RTP_PLAYOUT_FRAME);
	assert_int_equal(f.p.jitter.stats.lost, 0);
}

/* Another source: silence until its sound is due, then that. */
static void another_source(void **state)
{
	int16_t out[RTP_PLAYOUT_FRAME];
	struct phone f;

	(void)state;
	phone_begin(&f, 437);
	for (unsigned t = 0; t < 200; t++)
		(void)phone_tick(&f, 0, out);
	rtp_playout_reset(&f.p);
	f.seq += 12345;
	f.timestamp += 0x70000000;
	for (unsigned t = 0; t < 20; t++)
		(void)phone_tick(&f, 0, out);
	assert_true(fabs(level_dbm0(out, RTP_PLAYOUT_FRAME) + 10) < 2);
	assert_int_equal(f.p.jitter.stats.restarts + f.p.jitter.stats.strange + f.p.jitter.stats.lost, 0);
}

/* Each loss is told, and nothing else is: who listens for tones relies on it. */
static void losses_are_told(void **state)
{
	int16_t out[RTP_PLAYOUT_FRAME];
	struct phone f;
	unsigned told = 0;

	(void)state;
	phone_begin(&f, 437);
	random_seed(5);
	for (unsigned t = 0; t < 10000; t++)
		told += phone_tick(&f, 5, out);
	assert_in_range(told * RTP_PLAYOUT_FRAME, f.p.jitter.stats.concealed, f.p.jitter.stats.concealed * 2);
	assert_in_range(f.p.jitter.stats.lost, 150, 350);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_an_hour),     cmocka_unit_test(another_way),
		cmocka_unit_test(bit_by_bit),       cmocka_unit_test(left_out_unheard),
		cmocka_unit_test(noise_in_the_pause), cmocka_unit_test(skipped_ticks),
		cmocka_unit_test(another_source),   cmocka_unit_test(losses_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
