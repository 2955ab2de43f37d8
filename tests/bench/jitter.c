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

#include "dsp/g711.h"
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
	{ "80 ms more in minutes 5 to 10", PTIME, TALK, .jitter = 10 * MS, .more = 80 * MS, .more_from = 5 * 480000,
	  .more_until = 10 * 480000 },
	{ "a stall of 300 ms each 20 s", PTIME, TALK, .stall = 300 * MS, .stall_every = 20000 * MS },
};

static double cpu_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void run(const struct net_model *m, unsigned minutes)
{
	uint64_t minute = 60 * 8000, samples = minutes * minute;
	const struct jitter_buffer_stats *s;
	int16_t out[RTP_PLAYOUT_FRAME];
	double second = NAN, made_up;
	struct net net;

	net_begin(&net, m, samples, 20 * MS, 200 * MS);
	for (uint64_t t = 0; t < samples; t += RTP_PLAYOUT_FRAME) {
		net_tick(&net, (int64_t)t, out);
		if (t == minute || t + minute == samples)
			(void)net_window_delay(&net);
		if (t == 2 * minute)
			second = net_window_delay(&net);
	}
	s = &net.playout.jitter.stats;
	made_up = (double)s->concealed / ((double)net.sent * m->ptime);
	printf("| %s | %.1f | %.1f | %.1f, %.1f | %.1f | %.2f | %.2f | %lu | %lu | %lu | %lu |\n", m->name,
	       net_ideal(&net, made_up) / MS, net.delay_sum / (double)net.heard / MS, second / MS, net_window_delay(&net) / MS,
	       net.delay_max / MS, 100 * net_made_up(&net, INFINITY), 100 * made_up, (unsigned long)s->underruns,
	       (unsigned long)s->left_out / MS, (unsigned long)s->put_in / MS,
	       (unsigned long)(s->cut / MS + s->strange + s->restarts));
	net_end(&net);
}

static void alaw(int16_t *out, const uint8_t *in, size_t n, uint8_t payload_type, bool talkspurt, void *arg)
{
	(void)payload_type;
	(void)talkspurt;
	(void)arg;
	g711_alaw_decode_block(out, in, n);
}

/* A voice of a kind in A-law, two seconds; the last 800 ms are its pause. */
static void voice(uint8_t octets[16000 + 480])
{
	for (int i = 0; i < 16000 + 480; i++) {
		double sum = 0, t = i / 8000.0, pitch = 120 + 30 * sin(3 * t);

		for (int k = 1; k < 20; k++)
			sum += sin(2 * M_PI * pitch * k * t + k * k) / k;
		octets[i] = g711_alaw_encode(
			(int16_t)((net_talks(&model[0], (uint64_t)i % 16000) ? 3000 * sum : 0) + (int)random_below(15) - 7));
	}
}

/* The same network; nothing is done but what a stream does. */
static double cost_us(const struct net_model *m, unsigned minutes)
{
	static uint8_t octets[16000 + 480];
	uint64_t samples = (uint64_t)minutes * 60 * 8000;
	int16_t out[RTP_PLAYOUT_FRAME];
	struct net net;
	double us;

	voice(octets);
	net_begin(&net, m, samples, 20 * MS, 200 * MS);
	net.playout.decode = alaw;
	us = cpu_us();
	for (int64_t t = 0; (uint64_t)t < samples; t += RTP_PLAYOUT_FRAME) {
		for (; net.next < net.count && net.packet[net.next].arrival <= (double)t; net.next++) {
			const struct net_packet *p = &net.packet[net.next];
			struct jitter_buffer_packet packet = {
				.kind = JITTER_BUFFER_SPEECH, .seq = p->seq, .timestamp = net.timestamp + p->n * m->ptime,
				.data = octets + (uint64_t)p->n * m->ptime % 16000, .len = m->ptime, .arrival = t,
			};

			if (!p->lost && !p->pause)
				rtp_playout_put(&net.playout, &packet);
		}
		(void)rtp_playout_frame(&net.playout, t, out);
	}
	us = cpu_us() - us;
	net_end(&net);
	return us / (minutes * 60.0);
}

/* Packets that are there to be a burden: small ones and large ones, holes, disorder, jumps; ten a tick. */
static double hostile_us(void)
{
	static struct rtp_playout playout;
	static uint8_t octets[JITTER_BUFFER_PAYLOAD_MAX];
	int16_t out[RTP_PLAYOUT_FRAME];
	unsigned ticks = 100000;
	uint32_t timestamp = 0;
	uint16_t seq = 0;
	double us;

	rtp_playout_init(&playout, 20 * MS, 200 * MS, alaw, NULL);
	us = cpu_us();
	for (unsigned i = 0; i < ticks * 10; i++) {
		uint32_t r = (uint32_t)random_u64();

		seq = (uint16_t)(seq + (r & 0xc0 ? 1 : (r >> 8) % 130));
		timestamp += r & 0x300 ? (r >> 10) % 32 : (r >> 10) % 4000;
		rtp_playout_put(&playout,
		                &(struct jitter_buffer_packet){
					.kind = r % 16 == 0 ? JITTER_BUFFER_EVENT : JITTER_BUFFER_SPEECH,
					.seq = (uint16_t)(seq - (r >> 12) % 8),
					.timestamp = timestamp - (r >> 16) % 1000,
					.data = octets,
					.len = (r >> 20) % 3 == 0 ? (r >> 22) % JITTER_BUFFER_PAYLOAD_MAX : 1 + (r >> 22) % 4,
					.arrival = i / 10 * (int64_t)RTP_PLAYOUT_FRAME,
				});
		if (i % 10 == 9)
			(void)rtp_playout_frame(&playout, i / 10 * (int64_t)RTP_PLAYOUT_FRAME, out);
	}
	return (cpu_us() - us) / (ticks * 10);
}

int main(int argc, char **argv)
{
	unsigned minutes = 30, models = sizeof(model) / sizeof(model[0]);
	uint64_t seed = 1;

	for (int o; (o = getopt(argc, argv, "m:s:")) != -1;) {
		if (o == 'm')
			minutes = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 's')
			seed = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	printf("%u minutes each, seed %llu. Delays in ms, from sending a packet to hearing it.\n\n", minutes,
	       (unsigned long long)seed);
	printf("| network | ideal delay | delay | 2nd, last minute | most | lost %% | made up %% | underruns | left out ms | put "
	       "in ms | cut, strange |\n"
	       "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
	for (unsigned i = 0; i < models; i++) {
		random_seed(seed);
		run(&model[i], minutes);
	}
	printf("\nCPU, us a channel and second (best of three), and %zu octets of memory a channel\n",
	       sizeof(struct rtp_playout));
	for (unsigned i = 0; i < models; i++) {
		double best = INFINITY;

		for (unsigned k = 0; k < 3; k++) {
			random_seed(seed);
			best = fmin(best, cost_us(&model[i], minutes));
		}
		printf("%-32s %5.1f\n", model[i].name, best);
	}
	printf("Packets that are there to be a burden: %.2f us each, with a tenth of the tick's frame\n", hostile_us());
	return 0;
}
