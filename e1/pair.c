/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two spans joined in memory, for worlds: the pseudowire's own packets, handed over as soon as they are made. Both ends' ticks
 * must run on one thread (they do under a virtual clock). Nothing is paced: a tick's packets are there for the peer's next read,
 * so the delay is constant (20 ms of buffer and a tick) and nothing ever slips.
 */
#include "e1/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "e1/packets.h"

struct pair {
	struct e1_packets *packets;
	struct pair       *peer;
};

static int pair_open(struct e1_line *l, const struct e1_span_config *c)
{
	struct pair *t = calloc(1, sizeof(*t));
	int err;

	if (t == NULL)
		return -ENOMEM;
	err = e1_packets_alloc(&t->packets, l, c);
	if (err)
		free(t);
	else
		l->transport = t;
	return err;
}

static void pair_close(struct e1_line *l)
{
	struct pair *t = l->transport;

	if (t->peer)
		t->peer->peer = NULL;
	e1_packets_free(t->packets);
	free(t);
	l->transport = NULL;
}

void e1_pair_connect(struct e1_line *a, struct e1_line *b)
{
	struct pair *ta = a->transport, *tb = b->transport;

	ta->peer = tb;
	tb->peer = ta;
}

static void pair_describe(const struct e1_line *l, char *buf, size_t size)
{
	const struct pair *t = l->transport;

	(void)snprintf(buf, size, "pair %s %s, %u frames", t->peer ? "<->" : "(open)",
	               t->peer ? t->peer->packets->line->name : "", t->packets->k);
}

static void pair_out(struct e1_line *l, const uint8_t *packet, unsigned len)
{
	struct pair *t = l->transport;

	if (t->peer)
		e1_packets_receive(t->peer->packets, packet, len, clock_mono_us());
}

static unsigned pair_read(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t now_us)
{
	struct pair *t = l->transport;

	return e1_packets_read(t->packets, frames, now_us);
}

static void pair_write(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t tick_us)
{
	struct pair *t = l->transport;

	e1_packets_write(t->packets, frames, tick_us);
	(void)e1_packets_send(t->packets, clock_mono_us(), false, pair_out);
}

static int64_t pair_pump(struct e1_line *l, int64_t now_us)
{
	struct pair *t = l->transport;

	return e1_packets_send(t->packets, now_us, false, pair_out);
}

const struct e1_transport_ops e1_pair_ops = {
	.name = "pair",
	.open = pair_open,
	.close = pair_close,
	.describe = pair_describe,
	.read = pair_read,
	.write = pair_write,
	.pump = pair_pump,
};
