/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/jitter.c - the jitter buffer beside the ideal, on networks of some kinds, for half an hour of virtual time each;
 * and what it costs (docs/sound.md).
 *
 *   jitter [-m MINUTES] [-s SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/rtp_net.h"

#define MS 8
#define TALK .talk = 1200 * MS, .hush = 800 * MS
#define PTIME .ptime = 20 * MS

static const struct net_model model[] = {
	{ "clean", PTIME, TALK },
	{ "clean, never a pause", PTIME, .talk = 1 },
	{ "5 % lost", PTIME, TALK, .loss = 0.05, .burst = 1 },
	{ "5 % lost, 3 in a row", PTIME, TALK, .loss = 0.05, .burst = 3 },
	{ "jitter 60 ms", PTIME, TALK, .jitter = 60 * MS },
	{ "jitter 60 ms, packets of 60 ms", .ptime = 60 * MS, TALK, .jitter = 60 * MS },
	{ "jitter, exponential, mean 10 ms", PTIME, TALK, .tail = 10 * MS },
	{ "+100 ppm", PTIME, TALK, .skew = 100e-6 },
	{ "-100 ppm", PTIME, TALK, .skew = -100e-6 },
	{ "all of it, +100 ppm", PTIME, TALK, .loss = 0.05, .burst = 3, .jitter = 60 * MS, .skew = 100e-6 },
	{ "all of it, -100 ppm", PTIME, TALK, .loss = 0.05, .burst = 3, .jitter = 60 * MS, .skew = -100e-6 },
	{ "all of it, never a pause", PTIME, .talk = 1, .loss = 0.05, .burst = 3, .jitter = 60 * MS, .skew = 100e-6 },
	{ "all of it, DTX", PTIME, TALK, .dtx = true, .loss = 0.05, .burst = 3, .jitter = 60 * MS, .skew = -100e-6 },
	{ "a stall of 300 ms each 20 s", PTIME, TALK, .stall = 300 * MS, .stall_every = 20000 * MS },
};

static double cpu_s(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void run(const struct net_model *m, unsigned minutes)
{
	struct net net;
	uint64_t samples = (uint64_t)minutes * 60 * 8000;
	int16_t out[RTP_PLAYOUT_FRAME];
	double first = NAN, last, cost, made_up, ideal;
	const struct jitter_buffer_stats *s = &net.playout.jitter.stats;

	net_begin(&net, m, samples, 20 * MS, 200 * MS);
	cost = cpu_s();
	for (uint64_t t = 0; t < samples; t += RTP_PLAYOUT_FRAME) {
		net_tick(&net, (int64_t)t, out);
		if (t == 60 * 8000)
			first = net_window_delay(&net);
		if (t + 60 * 8000 == samples)
			(void)net_window_delay(&net);
	}
	cost = (cpu_s() - cost) * 1e6 / (minutes * 60.0);
	last = net_window_delay(&net);
	made_up = (double)s->concealed / ((double)net.sent * m->ptime);
	ideal = net_ideal(&net, made_up);
	printf("| %-30s | %5.1f | %5.1f .. %5.1f | %5.1f | %5.1f | %5.2f | %5.2f | %4.2f | %4lu | %4lu | %5lu | %5lu | %lu | %lu "
	       "| %.1f\n",
	       m->name, net.delay_sum / (double)net.heard / MS, first / MS, last / MS, net.delay_max / MS, ideal / MS,
	       100 * made_up, 100 * net_made_up(&net, INFINITY), 100.0 * (double)s->late / (double)s->packets, s->underruns,
	       s->held / MS, s->left_out / MS, s->put_in / MS, s->cut / MS, s->strange + s->restarts, cost);
	net_end(&net);
}

int main(int argc, char **argv)
{
	unsigned minutes = 30;
	uint64_t seed = 1;

	for (int o; (o = getopt(argc, argv, "m:s:")) != -1;) {
		if (o == 'm')
			minutes = (unsigned)atoi(optarg);
		else if (o == 's')
			seed = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	for (unsigned i = 0; i < sizeof(model) / sizeof(model[0]); i++) {
		random_seed(seed);
		run(&model[i], minutes);
	}
	return 0;
}
