/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/packets.h - a tick's frames as CESoPSN packets and back, loss of signal, impairments: what pseudowire and pair have in
 * common. Media thread, except alloc and free.
 */
#ifndef E1_PACKETS_H
#define E1_PACKETS_H

#include "e1/cesopsn.h"
#include "e1/jitter.h"
#include "e1/transport.h"

#define E1_PACKETS_FIFO    1024  /* frames to be sent; a power of two */
#define E1_PACKETS_LEAD_US 2000  /* a tick's first packet is due so long after the tick: the tick's own work is done by then */

struct e1_packet {
	int64_t  due_us; /* in the delay line */
	unsigned len;    /* 0: free */
	uint8_t  data[CESOPSN_MAX + 16]; /* a fuzzer may make it longer than allowed */
};

struct e1_packets {
	struct e1_line  *line;
	unsigned         k, size;       /* frames and octets of payload in a packet */
	struct e1_jitter jitter;
	int64_t          last_us;       /* when a packet came, with L or without; 0: none yet */
	int64_t          last_good_us;  /* without L */
	bool             nothing;       /* no packet comes */
	/* sending */
	uint8_t  fifo[E1_PACKETS_FIFO][E1_TIMESLOTS];
	unsigned head, tail;            /* frames, free running */
	uint16_t seq;
	int64_t  due_us;                /* of the next packet; 0: none was sent yet */
	int64_t  tick_us;               /* of the last write */
	unsigned owed;                  /* frames of skipped ticks that did not make a whole packet */
	/* impairment: packets on their way */
	struct e1_packet *delayed;
	unsigned delayed_max, delayed_count;
	int64_t  delayed_last_us;
};

/* Hands a packet to the wire. */
typedef void(e1_packet_h)(struct e1_line *l, const uint8_t *packet, unsigned len);

int  e1_packets_alloc(struct e1_packets **pp, struct e1_line *l, const struct e1_span_config *c);
void e1_packets_free(struct e1_packets *p);

void     e1_packets_receive(struct e1_packets *p, const uint8_t *packet, unsigned len, int64_t now_us);
unsigned e1_packets_read(struct e1_packets *p, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t now_us);
void     e1_packets_write(struct e1_packets *p, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t tick_us);
/* Sends what is due (paced: each packet at its own time; else all there is); returns when to come again. */
int64_t  e1_packets_send(struct e1_packets *p, int64_t now_us, bool paced, e1_packet_h *out);

#endif
