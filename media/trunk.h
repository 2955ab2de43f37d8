/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media/trunk.h - what the tick asks of a trunk (an E1 span, an RTP port group): the media thread's side.
 *
 * The trunk is embedded in its owner. From media_trunk_add() on its functions are called on the media thread only, until the
 * `removed` task of media_trunk_remove() has run on control; only then may the owner free anything they use.
 */
#ifndef MEDIA_TRUNK_H
#define MEDIA_TRUNK_H

#include "media/media.h"

/* A frame in flight between a trunk and a port. rate tells how many samples count: rate / 100. */
struct media_frame {
	uint16_t rate;
	int16_t  s[MEDIA_FRAME_MAX];
};

/* The media thread's face of a port, for its trunk only. */
struct media_slot {
	/* phase 1 writes; silence at 8 kHz before each read(), so what is not written is not heard. Rate 8000 only, now */
	struct media_frame rx;
	bool               rx_lost; /* this frame was filled in (receivers are told); false before each read() */
	/* Keys that the far end tells of beside the sound (RFC 4733). Phase 1 writes; kept from tick to tick. */
	uint32_t           rx_keys;        /* one more: a key has begun, at most one in a tick; */
	char               rx_key;         /* which */
	/* it is still pressed: nothing of the line is heard meanwhile. False: rx_keys came with its end */
	bool               rx_key_down;
	uint32_t           rx_key_samples; /* how long it has been pressed, 1/8000 s */
	struct media_frame tx;      /* phase 3 reads */
	bool               open;    /* between media_port_open and _close, as the media thread sees it */
};

struct media_slot *media_port_slot(struct media_port *p);   /* fixed for the port's life */

struct media_trunk_ops {
	void (*read)(struct media_trunk *t, int64_t tick_us);   /* phase 1: fill rx of every open port */
	void (*write)(struct media_trunk *t, int64_t tick_us);  /* phase 3: send tx of every open port, idle on the others */
	/* Between ticks, for trunks that send at times of their own (a pseudowire packet each millisecond): do what is due at
	 * now_us, return the next deadline (mono us, CLOCK_NEVER: none). NULL allowed. Called by the thread, and in worlds by the
	 * virtual tick. */
	int64_t (*pump)(struct media_trunk *t, int64_t now_us);
};

struct media_return { /* media's own (media/engine.h): a thing on its way back to control */
	struct media_return *next;
	int                  type;
};

struct media_trunk {
	const struct media_trunk_ops *ops;
	struct media_trunk *next;     /* the media thread's */
	/* run on control when the media thread has let go: queued, so in the same virtual instant */
	struct loop_task    removed;
	struct media_return ret;      /* media's */
};

void media_trunk_add(struct media *m, struct media_trunk *t);
void media_trunk_remove(struct media *m, struct media_trunk *t);

#endif
