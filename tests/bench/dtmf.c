/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/dtmf.c - the DTMF receiver and the clamp against their goals, beside spandsp's receiver (docs/sound.md).
 *
 *   dtmf [-n TRIALS] [-p] [SPEECH_DIRECTORY...]
 *
 * Each point is TRIALS keys (10000) of random digits at random phases and alignments, through A-law. "heard" is the share of
 * trials in which exactly the one digit was heard; for a point that must not be heard, in which anything was. -p: the plain
 * receiver too.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/clamp_leak.h"
#include "tests/bench/dtmf_heard.h"
#include "tests/bench/dtmf_talk.h"

enum want { WANT_ONE, WANT_TWO, WANT_NONE };

struct point {
	const char *name;
	enum want   want;
	double      low_dev, high_dev;  /* signs are random when mixed */
	double      low_dbm0, high_dbm0;
	unsigned    on_ms, off_ms, again_ms;
	double      snr_db, dial_db;
	bool        random_signs;
};

#define NOMINAL .low_dbm0 = -10, .high_dbm0 = -10
#define DEV(d)  .low_dev = (d) / 100, .high_dev = (d) / 100, .random_signs = true

static const struct point points[] = {
	{ "both tones 1.5 % off, 40 ms", WANT_ONE, DEV(1.5), NOMINAL, .on_ms = 40 },
	{ "both tones 1.8 % off, 40 ms", WANT_ONE, DEV(1.8), NOMINAL, .on_ms = 40 },
	{ "both tones 1.8 % off, 100 ms", WANT_ONE, DEV(1.8), NOMINAL, .on_ms = 100 },
	{ "low tone 1.8 % off, 40 ms", WANT_ONE, .low_dev = 0.018, .random_signs = true, NOMINAL, .on_ms = 40 },
	{ "high tone 1.8 % off, 40 ms", WANT_ONE, .high_dev = 0.018, .random_signs = true, NOMINAL, .on_ms = 40 },
	{ "both tones 3.0 % off, 100 ms", WANT_NONE, DEV(3.0), NOMINAL, .on_ms = 100 },
	{ "low tone 3.0 % off, 100 ms", WANT_NONE, .low_dev = 0.030, .random_signs = true, NOMINAL, .on_ms = 100 },
	{ "high tone 3.0 % off, 100 ms", WANT_NONE, .high_dev = 0.030, .random_signs = true, NOMINAL, .on_ms = 100 },
	{ "high tone 3.5 % off, 100 ms", WANT_NONE, .high_dev = 0.035, .random_signs = true, NOMINAL, .on_ms = 100 },
	{ "both tones 4.0 % off, 100 ms", WANT_NONE, DEV(4.0), NOMINAL, .on_ms = 100 },
	{ "tone of 40 ms", WANT_ONE, NOMINAL, .on_ms = 40 },
	{ "tone of 100 ms", WANT_ONE, NOMINAL, .on_ms = 100 },
	{ "tone of 24 ms", WANT_NONE, NOMINAL, .on_ms = 24 },
	{ "40 ms, interrupted 5 ms, 40 ms", WANT_ONE, NOMINAL, .on_ms = 40, .off_ms = 5, .again_ms = 40 },
	{ "40 ms, interrupted 10 ms, 40 ms", WANT_ONE, NOMINAL, .on_ms = 40, .off_ms = 10, .again_ms = 40 },
	{ "40 ms, pause of 30 ms, 40 ms", WANT_TWO, NOMINAL, .on_ms = 40, .off_ms = 30, .again_ms = 40 },
	{ "40 ms, pause of 40 ms, 40 ms", WANT_TWO, NOMINAL, .on_ms = 40, .off_ms = 40, .again_ms = 40 },
	{ "twist: high tone 8 dB up, 40 ms", WANT_ONE, .low_dbm0 = -14, .high_dbm0 = -6, .on_ms = 40 },
	{ "twist: high tone 6 dB down, 40 ms", WANT_ONE, .low_dbm0 = -6, .high_dbm0 = -12, .on_ms = 40 },
	{ "twist: high tone 8 dB down, 40 ms", WANT_ONE, .low_dbm0 = -6, .high_dbm0 = -14, .on_ms = 40 },
	{ "twist +8 dB and 1.8 % off, 40 ms", WANT_ONE, DEV(1.8), .low_dbm0 = -14, .high_dbm0 = -6, .on_ms = 40 },
	{ "0 dBm0 each tone, 40 ms", WANT_ONE, .low_dbm0 = 0, .high_dbm0 = 0, .on_ms = 40 },
	{ "-36 dBm0 each tone, 40 ms", WANT_ONE, .low_dbm0 = -36, .high_dbm0 = -36, .on_ms = 40 },
	{ "-36 dBm0 and 1.8 % off, 40 ms", WANT_ONE, DEV(1.8), .low_dbm0 = -36, .high_dbm0 = -36, .on_ms = 40 },
	{ "-55 dBm0 each tone, 100 ms", WANT_NONE, .low_dbm0 = -55, .high_dbm0 = -55, .on_ms = 100 },
	{ "10 dB signal to noise, 40 ms", WANT_ONE, NOMINAL, .on_ms = 40, .snr_db = 10 },
	{ "8 dB signal to noise, 40 ms", WANT_ONE, NOMINAL, .on_ms = 40, .snr_db = 8 },
	{ "8 dB signal to noise, 100 ms", WANT_ONE, NOMINAL, .on_ms = 100, .snr_db = 8 },
	{ "15 dB signal to noise, 2.0 % off, 60 ms", WANT_ONE, DEV(2.0), NOMINAL, .on_ms = 60, .snr_db = 15 },
	{ "dial tone, each tone 12 dB down", WANT_ONE, NOMINAL, .on_ms = 40, .dial_db = -12 },
};

static const char *const want_text[] = { "= 1", "= 2", "none" };

static unsigned trials = 10000;

static void trial(struct made *m, const struct point *p)
{
	struct make k = { .digit = MAKE_KEYS[random_below(16)],
		          .deviation = { p->low_dev, p->high_dev },
		          .dbm0 = { p->low_dbm0, p->high_dbm0 },
		          .on = p->on_ms * 8,
		          .off = p->off_ms * 8,
		          .again = p->again_ms * 8,
		          .snr_db = p->snr_db,
		          .dial_db = p->dial_db };

	for (int g = 0; g < 2; g++)
		if (p->random_signs && random_below(2))
			k.deviation[g] = -k.deviation[g];
	m->digit = k.digit;
	make_key(m, &k);
}

struct figures {
	unsigned heard;
	unsigned latest_early, latest_begin; /* samples after the key's */
	unsigned no_early;
	unsigned begins[3];
	int      duration_min, duration_max; /* samples beside the truth */
};

static bool trial_heard(const struct point *p, const struct made *m, const struct heard *h)
{
	if (p->want == WANT_NONE)
		return h->begins > 0;
	for (unsigned i = 0; i < h->begins; i++)
		if (h->begun[i] != m->digit)
			return false;
	return h->begins == (p->want == WANT_TWO ? 2 : 1);
}

static void trial_count(struct figures *f, const struct point *p, const struct made *m, const struct heard *h)
{
	f->heard += trial_heard(p, m, h);
	f->begins[h->begins < 2 ? h->begins : 2]++;
	if (p->want == WANT_NONE)
		return;
	if (h->early_at == 0)
		f->no_early++;
	else if (h->early_at > m->begin && h->early_at - m->begin > f->latest_early)
		f->latest_early = h->early_at - m->begin;
	if (h->begins > 0 && h->begin_at[0] > m->begin && h->begin_at[0] - m->begin > f->latest_begin)
		f->latest_begin = h->begin_at[0] - m->begin;
	if (h->ends == 1 && p->want == WANT_ONE) {
		int off = (int)h->duration[0] - (int)(m->end - m->begin);

		f->duration_min = off < f->duration_min ? off : f->duration_min;
		f->duration_max = off > f->duration_max ? off : f->duration_max;
	}
}

static void measure(struct heard_by *b, const struct point *p, bool plain)
{
	static struct made m[DTMF_BANK_LANES];
	struct heard h[DTMF_BANK_LANES];
	struct figures f[RX_COUNT];

	memset(f, 0, sizeof(f));
	random_seed(1);
	for (unsigned at = 0; at < trials; at += DTMF_BANK_LANES) {
		unsigned count = trials - at < DTMF_BANK_LANES ? trials - at : DTMF_BANK_LANES;

		for (unsigned i = 0; i < count; i++)
			trial(&m[i], p);
		for (int which = plain ? RX_PLAIN : RX_BANK; which < RX_COUNT; which++) {
			heard_run(b, which, m, count, h);
			for (unsigned i = 0; i < count; i++)
				trial_count(&f[which], p, &m[i], &h[i]);
		}
	}
	printf("%-36s %-4s", p->name, want_text[p->want]);
	for (int which = plain ? RX_PLAIN : RX_BANK; which < RX_COUNT; which++)
		printf("  %s %6.2f %%", heard_names[which], 100.0 * f[which].heard / trials);
	if (p->want != WANT_NONE) {
		printf("  early <= %.1f ms", f[RX_BANK].latest_early / 8.0);
		if (f[RX_BANK].no_early)
			printf(" (never %u)", f[RX_BANK].no_early);
		printf(", begin <= %.1f ms, spandsp's %.1f, length %+.1f..%+.1f ms", f[RX_BANK].latest_begin / 8.0,
		       f[RX_SPANDSP].latest_begin / 8.0, f[RX_BANK].duration_min / 8.0, f[RX_BANK].duration_max / 8.0);
	}
	printf("\n");
	fflush(stdout);
}

/* ---- the clamp ---- */

static const struct point clamp_points[] = {
	{ "clamp: key of 100 ms", WANT_NONE, NOMINAL, .on_ms = 100 },
	{ "clamp: key of 40 ms", WANT_NONE, NOMINAL, .on_ms = 40 },
	{ "clamp: 2.0 % off, 15 dB s/n, 100 ms", WANT_NONE, DEV(2.0), NOMINAL, .on_ms = 100, .snr_db = 15 },
	{ "clamp: 8 dB s/n, 100 ms", WANT_NONE, NOMINAL, .on_ms = 100, .snr_db = 8 },
	{ "clamp: high tone 8 dB up, 50 ms", WANT_NONE, .low_dbm0 = -16, .high_dbm0 = -8, .on_ms = 50 },
	{ "clamp: high tone 6 dB down, 50 ms", WANT_NONE, .low_dbm0 = -8, .high_dbm0 = -14, .on_ms = 50 },
	{ "clamp: 50 ms on, 50 ms off, 50 ms on", WANT_NONE, NOMINAL, .on_ms = 50, .off_ms = 50, .again_ms = 50 },
	{ "clamp: 60 ms, interrupted 10 ms, 30 ms", WANT_NONE, NOMINAL, .on_ms = 60, .off_ms = 10, .again_ms = 30 },
};

/* The same clamp, told by our receiver and by spandsp's. */
static void measure_clamp(struct heard_by *b, const struct point *p)
{
	static struct made m;
	unsigned most[RX_COUNT] = { 0 }, digits[RX_COUNT] = { 0 };
	double sum[RX_COUNT] = { 0 };

	random_seed(1);
	for (unsigned i = 0; i < trials; i++) {
		trial(&m, p);
		for (int which = RX_BANK; which < RX_COUNT; which++) {
			struct leak l;

			leak_measure(b, which, &m, &l);
			most[which] = l.samples > most[which] ? l.samples : most[which];
			sum[which] += l.samples;
			digits[which] += l.digit;
		}
	}
	printf("%-40s", p->name);
	for (int which = RX_BANK; which < RX_COUNT; which++)
		printf("  %s %.2f ms pass, at most %.1f ms; decodable %.2f %%", heard_names[which], sum[which] / trials / 8,
		       most[which] / 8.0, 100.0 * digits[which] / trials);
	printf("\n");
	fflush(stdout);
}

/* ---- cost ---- */

static double cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#define COST_SECONDS 60 /* of each stream */
#define COST_ROUNDS  9  /* the best counts: others use the machine too */

/* Streams of noise 40 dB under the keys; each keys 100 ms in a second, or 100 ms on and 100 ms off all the time. */
static double cost_us(struct heard_by *b, int which, bool busy)
{
	static struct made m[DTMF_BANK_LANES];
	const struct make k = { .digit = '5', .dbm0 = { -10, -10 }, .on = 800, .snr_db = 40 };
	struct dtmf_result r[DTMF_BANK_LANES];
	double begin;

	for (unsigned i = 0; i < DTMF_BANK_LANES; i++) {
		make_key(&m[i], &k);
		dtmf_bank_init(b->bank, i);
	}
	dtmf_receiver_init(b->plain);
	b->now = &(struct heard){ .begins = HEARD_MAX };
	begin = cpu_us();
	for (unsigned frame = 0; frame < COST_SECONDS * 100; frame++) {
		unsigned at = frame % (busy ? 20 : 100) * 80;

		if (at >= 1600)
			at %= 400; /* noise only */
		if (which == RX_BANK) {
			for (unsigned i = 0; i < DTMF_BANK_LANES; i++)
				dtmf_bank_hear(b->bank, i, m[i].s + at, 80);
			dtmf_bank_process(b->bank, 80, r);
		} else if (which == RX_PLAIN) {
			dtmf_receiver_process(b->plain, m[0].s + at, 80, r);
		} else {
			(void)dtmf_rx(b->spandsp, m[0].s + at, 80);
		}
	}
	return (cpu_us() - begin) / COST_SECONDS / (which == RX_BANK ? DTMF_BANK_LANES : 1);
}

static void cost(struct heard_by *b)
{
	for (int busy = 0; busy < 2; busy++) {
		double best[RX_COUNT] = { 1e9, 1e9, 1e9 };

		for (int round = 0; round < COST_ROUNDS; round++)
			for (int which = 0; which < RX_COUNT; which++) {
				double us = cost_us(b, which, busy);

				best[which] = us < best[which] ? us : best[which];
			}
		printf("cost, %-38s ours %.1f us a channel and second (eight at once), plain %.1f, spandsp %.1f\n",
		       busy ? "all channels key all the time:" : "each channel keys once a second:", best[RX_BANK],
		       best[RX_PLAIN], best[RX_SPANDSP]);
	}
}

int main(int argc, char **argv)
{
	struct heard_by b;
	bool plain = false;
	const char *only = NULL;
	int c;

	while ((c = getopt(argc, argv, "n:pk:")) != -1) {
		if (c == 'n')
			trials = (unsigned)atoi(optarg);
		else if (c == 'p')
			plain = true;
		else if (c == 'k')
			only = optarg;
		else
			return 2;
	}
	if (heard_by_init(&b))
		return 1;
	for (unsigned i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (!only || strstr(points[i].name, only))
			measure(&b, &points[i], plain);
	for (unsigned i = 0; i < sizeof(clamp_points) / sizeof(clamp_points[0]); i++)
		if (!only || strstr(clamp_points[i].name, only))
			measure_clamp(&b, &clamp_points[i]);
	if (!only || strstr("cost", only))
		cost(&b);
	for (; optind < argc; optind++)
		talk_directory(&b, argv[optind]);
	heard_by_free(&b);
	return 0;
}
