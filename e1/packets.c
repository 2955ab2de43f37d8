/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/packets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/random.h"

#define LOG_MODULE "e1"

#define FRAME_US      125
#define DELAY_MAX_MS  100 /* of jitter; more is taken as this */
#define SEND_MAX      800 /* frames: after a stall up to 100 ms go at once, what is older is skipped */

int e1_packets_alloc(struct e1_packets **pp, struct e1_line *l, const struct e1_span_config *c)
{
	unsigned k = c->frames_per_packet;
	struct e1_packets *p;

	if (k < 1 || k > CESOPSN_K_MAX) {
		log_error("%s: frames per packet must be 1 to %u, not %u", c->name, CESOPSN_K_MAX, k);
		return -EINVAL;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->line = l;
	p->k = k;
	p->size = k * E1_TIMESLOTS;
	p->nothing = true;
	p->seq = (uint16_t)random_u64(); /* RFC 5086 4.3, as RFC 3550 5.1: the first is random */
	p->delayed_max = (DELAY_MAX_MS + 28) * 8 / k + 8;
	p->delayed = calloc(p->delayed_max, sizeof(*p->delayed));
	if (p->delayed == NULL || e1_jitter_alloc(&p->jitter, k) != 0) {
		e1_packets_free(p);
		return -ENOMEM;
	}
	*pp = p;
	return 0;
}

void e1_packets_free(struct e1_packets *p)
{
	if (p == NULL)
		return;
	e1_jitter_free(&p->jitter);
	free(p->delayed);
	free(p);
}

/* ---- receiving ---- */

void e1_packets_receive(struct e1_packets *p, const uint8_t *packet, unsigned len, int64_t now_us)
{
	struct e1_line *l = p->line;
	struct cesopsn h;
	bool rai;
	int err;

	if (atomic_load_explicit(&l->cut_rx, memory_order_relaxed))
		return;
	err = cesopsn_decode(&h, packet, len, p->k);
	if (err < 0) {
		e1_line_count(l, E1C_RX_MALFORMED, 1);
		return;
	}
	e1_line_count(l, E1C_RX_PACKETS, 1);
	p->last_us = now_us;
	/* R: their end of the pseudowire receives nothing. M = 10: the line behind it reports that it does not (RDI). Either way
	 * nobody hears us there. */
	rai = h.r || (!h.l && h.m == CESOPSN_M_RDI);
	if (rai != l->rai) {
		l->rai = rai;
		/* Their alarm came so long after they had heard us last; theirs is taken to be set as ours is. */
		l->rai_since_us = now_us - l->los_alarm_us;
	}
	if (h.r)
		e1_line_count(l, E1C_RX_R, 1);
	if (h.l) { /* their line is dead: for us as if nothing came */
		e1_line_count(l, E1C_RX_L, 1);
		return;
	}
	p->last_good_us = now_us;
	e1_jitter_put(&p->jitter, h.seq, packet + CESOPSN_HEADER);
}

static void packets_stats(struct e1_packets *p)
{
	const struct e1_jitter_stats *s = &p->jitter.stats;
	struct e1_line *l = p->line;

	e1_line_set(l, E1C_DUPLICATES, s->duplicates);
	e1_line_set(l, E1C_LATE, s->late);
	e1_line_set(l, E1C_STRANGE, s->strange);
	e1_line_set(l, E1C_LOST_FRAMES, s->lost_frames);
	e1_line_set(l, E1C_UNDERRUNS, s->underruns);
	e1_line_set(l, E1C_HELD_FRAMES, s->held_frames);
	e1_line_set(l, E1C_SLIPS_DROPPED, s->slips_dropped);
	e1_line_set(l, E1C_SLIPS_REPEATED, s->slips_repeated);
	e1_line_set(l, E1C_CUT_FRAMES, s->cut_frames);
	e1_line_set(l, E1C_RESYNCS, s->resyncs);
}

unsigned e1_packets_read(struct e1_packets *p, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t now_us)
{
	struct e1_line *l = p->line;
	bool los = p->last_good_us == 0 || now_us - p->last_good_us > l->los_alarm_us;
	unsigned filled;

	p->nothing = p->last_us == 0 || now_us - p->last_us > l->los_alarm_us;
	if (los && !l->los) {
		l->los_since_us = p->last_good_us;
		e1_jitter_reset(&p->jitter);
	}
	/* Nothing comes, so nothing is known of what the peer receives. */
	if (los)
		l->rai = false;
	l->los = los;
	filled = e1_jitter_get(&p->jitter, frames, E1_FRAMES);
	packets_stats(p);
	return filled;
}

/* ---- sending ---- */

/* Ticks that never were (the media thread was late by more than it catches up): the sequence goes on with time, and the far end
 * knows. */
static void packets_skip(struct e1_packets *p, int64_t tick_us)
{
	int64_t ticks = (tick_us - p->tick_us) / MEDIA_TICK_US - 1;
	unsigned packets;

	if (p->tick_us == 0 || ticks <= 0)
		return;
	if (ticks > 60000)
		ticks = 60000;
	p->owed += (unsigned)ticks * E1_FRAMES;
	packets = p->owed / p->k;
	p->owed -= packets * p->k;
	p->seq = (uint16_t)(p->seq + packets);
	p->due_us += (int64_t)packets * p->k * FRAME_US;
	e1_line_count(p->line, E1C_TX_SKIPPED, packets);
}

void e1_packets_write(struct e1_packets *p, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t tick_us)
{
	packets_skip(p, tick_us);
	p->tick_us = tick_us;
	if (p->due_us == 0)
		p->due_us = tick_us + E1_PACKETS_LEAD_US;
	for (unsigned i = 0; i < E1_FRAMES; i++)
		memcpy(p->fifo[p->tail++ % E1_PACKETS_FIFO], frames[i], E1_TIMESLOTS);
	while (p->tail - p->head > SEND_MAX) {
		p->head += p->k;
		p->seq++;
		p->due_us += (int64_t)p->k * FRAME_US;
		e1_line_count(p->line, E1C_TX_SKIPPED, 1);
	}
}

static void packet_make(struct e1_packets *p, struct e1_packet *out)
{
	/* R is for packets that do not come (RFC 5086 4.3). Those that say L do come; the dead line behind them makes what an E1
	 * interface makes of AIS: RDI. */
	struct cesopsn h = { .r = p->nothing, .m = p->line->los && !p->nothing ? CESOPSN_M_RDI : 0, .seq = p->seq++ };

	cesopsn_encode(out->data, &h, p->size);
	for (unsigned i = 0; i < p->k; i++)
		memcpy(out->data + CESOPSN_HEADER + (size_t)i * E1_TIMESLOTS, p->fifo[p->head++ % E1_PACKETS_FIFO], E1_TIMESLOTS);
	out->len = CESOPSN_HEADER + p->size;
}

/* Into the delay line, when jitter is asked for or earlier packets still wait. False: goes out now. */
static bool packet_delay(struct e1_packets *p, const struct e1_packet *packet, int64_t now_us)
{
	unsigned ms = atomic_load_explicit(&p->line->jitter_ms, memory_order_relaxed);
	int64_t due_us = now_us;

	if (ms == 0 && p->delayed_count == 0)
		return false;
	if (ms > 0)
		due_us += random_below((ms < DELAY_MAX_MS ? ms : DELAY_MAX_MS) * 1000 + 1);
	if (!atomic_load_explicit(&p->line->reorder, memory_order_relaxed) && due_us < p->delayed_last_us)
		due_us = p->delayed_last_us;
	for (unsigned i = 0; i < p->delayed_max; i++) {
		if (p->delayed[i].len == 0) {
			p->delayed[i] = *packet;
			p->delayed[i].due_us = due_us;
			p->delayed_count++;
			if (due_us > p->delayed_last_us)
				p->delayed_last_us = due_us;
			return true;
		}
	}
	return true; /* full: lost */
}

static void packet_out(struct e1_packets *p, struct e1_packet *packet, int64_t now_us, e1_packet_h *out)
{
	struct e1_line *l = p->line;
	e1_mutate_h *mutate = atomic_load_explicit(&l->mutate, memory_order_acquire);
	unsigned loss = atomic_load_explicit(&l->loss_permille, memory_order_relaxed);

	if (atomic_load_explicit(&l->cut_tx, memory_order_relaxed))
		return;
	if (loss && random_below(1000) < loss)
		return;
	if (mutate)
		mutate(packet->data, &packet->len, sizeof(packet->data),
		       atomic_load_explicit(&l->mutate_arg, memory_order_acquire));
	if (packet->len == 0 || packet->len > sizeof(packet->data) || packet_delay(p, packet, now_us))
		return;
	e1_line_count(l, E1C_TX_PACKETS, 1);
	out(l, packet->data, packet->len);
}

/* Of those that wait the earliest, ties in the order of sequence; NULL: none waits. */
static struct e1_packet *delayed_first(struct e1_packets *p)
{
	struct e1_packet *first = NULL;

	for (unsigned i = 0; p->delayed_count && i < p->delayed_max; i++) {
		struct e1_packet *q = &p->delayed[i];

		if (q->len == 0)
			continue;
		if (first == NULL || q->due_us < first->due_us ||
		    (q->due_us == first->due_us &&
		     (int16_t)((q->data[2] << 8 | q->data[3]) - (first->data[2] << 8 | first->data[3])) < 0))
			first = q;
	}
	return first;
}

/* Sends what has waited long enough. Returns when the next is due. */
static int64_t delayed_send(struct e1_packets *p, int64_t now_us, e1_packet_h *out)
{
	struct e1_packet *first;

	for (first = delayed_first(p); first && first->due_us <= now_us; first = delayed_first(p)) {
		e1_line_count(p->line, E1C_TX_PACKETS, 1);
		out(p->line, first->data, first->len);
		first->len = 0;
		p->delayed_count--;
	}
	return first ? first->due_us : CLOCK_NEVER;
}

int64_t e1_packets_send(struct e1_packets *p, int64_t now_us, bool paced, e1_packet_h *out)
{
	int64_t delayed_us = delayed_send(p, now_us, out);
	struct e1_packet packet;

	while (p->tail - p->head >= p->k && (!paced || p->due_us <= now_us)) {
		packet_make(p, &packet);
		p->due_us += (int64_t)p->k * FRAME_US;
		packet_out(p, &packet, now_us, out);
	}
	if (p->delayed_count)
		delayed_us = delayed_send(p, now_us, out);
	if (paced && p->tail - p->head >= p->k && p->due_us < delayed_us)
		return p->due_us;
	return delayed_us;
}
