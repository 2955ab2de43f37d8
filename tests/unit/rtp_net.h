/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/rtp_net.h - a speaker, a network and a listener in virtual time, for tests and benches of the jitter buffer.
 *
 * The speaker talks and pauses; while he talks, each sample says when it was spoken (a ramp), so that the listener reads the
 * delay from what he hears. The network loses, delays, reorders; its clock may run fast or slow against ours. All in samples of
 * our clock.
 */
#ifndef TESTS_RTP_NET_H
#define TESTS_RTP_NET_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "rtp/playout.h"

#define NET_RAMP  8192 /* samples */
#define NET_FLOOR 8000 /* louder: he talks */

struct net_model {
	const char *name;
	unsigned ptime;          /* samples a packet */
	double   loss;           /* share of packets */
	unsigned burst;          /* that many in a row */
	double   jitter;         /* uniform, 0..jitter samples */
	double   tail;           /* and exponential, of this mean */
	double   skew;           /* 100e-6: the speaker's clock runs fast */
	unsigned stall, stall_every; /* nothing for so long, then all at once; each so many samples */
	unsigned talk, hush;     /* samples; hush 0: he never pauses */
	bool     dtx;            /* nothing is sent in a pause */
	double   more, more_from, more_until; /* between these times the way is so much longer */
};

struct net_packet {
	double   arrival, sent;  /* when its last sample was spoken it was sent */
	uint32_t n;              /* which part of the speech */
	uint16_t seq;
	bool     lost, pause;    /* pause: never sent */
};

struct net {
	const struct net_model *m;
	struct net_packet *packet;
	unsigned count, next;     /* next: to arrive */
	struct rtp_playout playout;
	uint16_t seq;
	uint32_t timestamp;
	unsigned sent;           /* packets, lost ones too */
	/* What was heard. */
	double   delay_sum, delay_max;
	double   window_sum;      /* of the last window */
	uint64_t heard, window_heard;
	uint64_t frames, frames_made_up;
};

static bool net_talks(const struct net_model *m, uint64_t t)
{
	return m->hush == 0 || t % (m->talk + m->hush) < m->talk;
}

/* The octet at time t: half of t's lower 16 bits, so that any two neighbours say it all. */
static uint8_t net_octet(uint64_t t)
{
	return (uint8_t)(t & 1 ? t >> 8 : t);
}

static void net_decode(int16_t *out, const uint8_t *in, size_t n, uint8_t payload_type, bool talkspurt, void *arg)
{
	const struct net *net = arg;
	/* the octets below say whether it is true */
	uint64_t t = (uint64_t)(net->playout.jitter.play - (int64_t)n) - net->timestamp;

	(void)talkspurt;
	if (payload_type != 8)
		abort();
	for (size_t i = 0; i < n; i++, t++) {
		if (in[i] != net_octet(t))
			abort();
		out[i] = (int16_t)(net_talks(net->m, t) ? NET_FLOOR + (int)(t % NET_RAMP) : (int)random_below(7) - 3);
	}
}

static int net_earlier(const void *a, const void *b)
{
	const struct net_packet *x = a, *y = b;

	return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

static double net_delay(const struct net_model *m, double sent)
{
	double d = m->jitter > 0 ? m->jitter * (random_below(1u << 30) / (double)(1u << 30)) : 0;

	if (m->tail > 0)
		d -= m->tail * log((random_below(1u << 30) + 1) / (double)(1u << 30));
	if (m->stall_every && fmod(sent, m->stall_every) < m->stall)
		d += m->stall - fmod(sent, m->stall_every);
	return sent >= m->more_from && sent < m->more_until ? d + m->more : d;
}

/* samples: how long he speaks. */
static void net_begin(struct net *net, const struct net_model *m, uint64_t samples, unsigned min, unsigned max)
{
	unsigned burst = 0;

	memset(net, 0, sizeof(*net));
	net->m = m;
	net->count = (unsigned)(samples / m->ptime);
	net->packet = calloc(net->count, sizeof(*net->packet));
	net->seq = (uint16_t)random_u64();
	net->timestamp = (uint32_t)random_u64();
	for (unsigned i = 0; i < net->count; i++) {
		struct net_packet *p = &net->packet[i];

		p->n = i;
		p->sent = (i + 1.0) * m->ptime / (1 + m->skew);
		p->arrival = p->sent + net_delay(m, p->sent);
		if (burst == 0 && m->loss > 0 && random_below(1000000) < 1e6 * m->loss / m->burst)
			burst = m->burst;
		p->lost = burst > 0;
		burst -= burst > 0;
		p->pause = m->dtx && !net_talks(m, (uint64_t)i * m->ptime) && !net_talks(m, (uint64_t)(i + 1) * m->ptime - 1);
		p->seq = (uint16_t)(net->seq + net->sent);
		net->sent += !p->pause;
	}
	qsort(net->packet, net->count, sizeof(*net->packet), net_earlier);
	rtp_playout_init(&net->playout, min, max, net_decode, net);
}

static void net_end(struct net *net)
{
	free(net->packet);
	net->packet = NULL;
}

static void net_put(struct net *net, const struct net_packet *p, int64_t now)
{
	uint8_t octets[JITTER_BUFFER_PAYLOAD_MAX];
	uint64_t t = (uint64_t)p->n * net->m->ptime;
	struct jitter_buffer_packet packet = {
		.kind = JITTER_BUFFER_SPEECH, .payload_type = 8, .seq = p->seq, .data = octets,
		.timestamp = (uint32_t)(net->timestamp + t), .len = net->m->ptime, .arrival = now,
	};

	for (unsigned i = 0; i < net->m->ptime; i++)
		octets[i] = net_octet(t + i);
	rtp_playout_put(&net->playout, &packet);
}

/* The delay of a frame, when it is all speech and nothing was left out or put in. It is counted from the moment the packet was
 * sent, less what all have to wait until a packet is full. */
static void net_hear(struct net *net, int64_t now, const int16_t *out)
{
	double heard = (double)now, spoken, delay;

	for (unsigned i = 0; out && i < RTP_PLAYOUT_FRAME; i++)
		if (out[i] < NET_FLOOR || out[i] != out[0] + (int)i)
			out = NULL;
	if (!out)
		return;
	spoken = out[0] - NET_FLOOR; /* the ramp, at the turn that is nearest below */
	spoken += NET_RAMP * floor((heard * (1 + net->m->skew) - net->m->ptime - spoken) / NET_RAMP);
	delay = heard - (spoken + net->m->ptime) / (1 + net->m->skew);
	net->delay_sum += delay;
	net->window_sum += delay;
	net->heard++;
	net->window_heard++;
	if (delay > net->delay_max)
		net->delay_max = delay;
}

/* One tick: what has arrived by now, then a frame. */
static void net_tick(struct net *net, int64_t now, int16_t out[RTP_PLAYOUT_FRAME])
{
	bool made_up;

	for (; net->next < net->count && net->packet[net->next].arrival <= (double)now; net->next++)
		if (!net->packet[net->next].lost && !net->packet[net->next].pause)
			net_put(net, &net->packet[net->next], now);
	made_up = rtp_playout_frame(&net->playout, now, out);
	net->frames++;
	net->frames_made_up += made_up;
	net_hear(net, now, made_up ? NULL : out);
}

static double net_window_delay(struct net *net)
{
	double d = net->window_heard ? net->window_sum / (double)net->window_heard : NAN;

	net->window_sum = 0;
	net->window_heard = 0;
	return d;
}

/* What of all that was sent has to be made up with a constant delay: what is lost, and what is too late, to the sample. */
static double net_made_up(const struct net *net, double delay)
{
	double ptime = net->m->ptime, sum = 0;

	for (unsigned i = 0; i < net->count; i++) {
		const struct net_packet *p = &net->packet[i];

		if (!p->pause)
			sum += p->lost ? ptime : fmin(fmax(p->arrival - p->sent - delay, 0), ptime);
	}
	return sum / (ptime * net->sent);
}

/* The smallest constant delay with which no more than the share `made_up` has to be: what somebody would choose who knew all
 * arrivals beforehand, and the speaker's clock. */
static double net_ideal(const struct net *net, double made_up)
{
	double low = 0, high = 0;

	for (unsigned i = 0; i < net->count; i++)
		if (!net->packet[i].pause && !net->packet[i].lost)
			high = fmax(high, net->packet[i].arrival - net->packet[i].sent);
	while (high - low > 0.5) {
		double middle = (low + high) / 2;

		if (net_made_up(net, middle) <= made_up)
			high = middle;
		else
			low = middle;
	}
	return high;
}

#endif
