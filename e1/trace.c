/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pcap of D-channel frames, link type 177 (LINUX_LAPD): 16 octets as Linux's packet sockets give them, then the frame without
 * FCS. Each frame is flushed at once: a trace is for somebody who watches.
 */
#include "e1/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define DLT_LINUX_LAPD 177
#define ARPHRD_LAPD    8445
#define ETH_P_LAPD     0x0030
#define PACKET_HOST    0
#define PACKET_OUTGOING 4

struct e1_trace {
	FILE *f;
};

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

int e1_trace_open(struct e1_trace **tp, const char *path)
{
	struct e1_trace *t = calloc(1, sizeof(*t));
	uint8_t head[24] = { 0 };
	int err = 0;

	if (t == NULL)
		return -ENOMEM;
	put32(head, 0xa1b2c3d4); /* big endian, microseconds */
	put16(head + 4, 2);
	put16(head + 6, 4);
	put32(head + 16, 16 + E1_HDLC_FRAME_MAX);
	put32(head + 20, DLT_LINUX_LAPD);
	t->f = fopen(path, "we");
	if (t->f == NULL || fwrite(head, sizeof(head), 1, t->f) != 1 || fflush(t->f) != 0)
		err = errno ? -errno : -EIO;
	if (err)
		e1_trace_close(t);
	else
		*tp = t;
	return err;
}

void e1_trace_close(struct e1_trace *t)
{
	if (t == NULL)
		return;
	if (t->f)
		(void)fclose(t->f);
	free(t);
}

void e1_trace_frame(struct e1_trace *t, const uint8_t *frame, unsigned len, bool sent, bool network)
{
	int64_t now_us = clock_utc_us();
	uint8_t head[16 + 16] = { 0 };

	put32(head, (uint32_t)(now_us / 1000000));
	put32(head + 4, (uint32_t)(now_us % 1000000));
	put32(head + 8, 16 + len);
	put32(head + 12, 16 + len);
	put16(head + 16, sent ? PACKET_OUTGOING : PACKET_HOST);
	put16(head + 18, ARPHRD_LAPD);
	put16(head + 20, 1);
	head[22] = network; /* who we are: dissectors tell commands from responses by it */
	put16(head + 30, ETH_P_LAPD);
	/* A full disk loses the trace, never a call. D-channel traffic is a few frames a second: each goes to the file at
	 * once. */
	if (fwrite(head, sizeof(head), 1, t->f) == 1 && fwrite(frame, len, 1, t->f) == 1)
		(void)fflush(t->f);
}
