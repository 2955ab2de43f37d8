/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/transport.h - how 31 timeslots get to the other end: a struct of functions found by name; and the line, the media thread's
 * half of a span.
 *
 * A tick asks a transport twice: read in phase 1, write in phase 3, 80 frames of 31 timeslots each (timeslot n is octet n - 1),
 * the order of the wire. Between ticks pump sends what has a time of its own. The line (line.c) does the rest for every
 * transport: A-law, HDLC on timeslot 16, and the two rings of D-channel frames from and to control.
 */
#ifndef E1_TRANSPORT_H
#define E1_TRANSPORT_H

#include <stdatomic.h>

#include "core/ring.h"
#include "core/wake.h"
#include "e1/e1.h"
#include "e1/hdlc.h"
#include "media/trunk.h"

#define E1_FRAMES 80 /* in a tick */
#define E1_IDLE   0xd5 /* A-law silence (positive zero), on idle timeslots and for what was lost */

struct e1_line;

struct e1_transport_ops {
	const char *name;
	/* Control, before the media thread has the line and after it has let go. open sets l->transport, or fails with a reason
	 * in the log. */
	int  (*open)(struct e1_line *l, const struct e1_span_config *c);
	void (*close)(struct e1_line *l);
	void (*describe)(const struct e1_line *l, char *buf, size_t size);
	/* Media thread. read returns how many frames were filled in, and keeps l->los, l->rai and when they began. */
	unsigned (*read)(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t now_us);
	void     (*write)(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t tick_us);
	int64_t  (*pump)(struct e1_line *l, int64_t now_us);
	/* Control, each may be NULL. attend: the media thread has woken control (l->wake_needed), perhaps for the transport's
	 * sake. card:
	 * what there is to tell beside counters. loop: as e1_span_loop(). */
	void     (*attend)(struct e1_line *l);
	void     (*card)(const struct e1_line *l, struct e1_card *card);
	int      (*loop)(struct e1_line *l, enum e1_loop loop);
	/* D-channel frames done by the transport itself (DAHDI: the kernel's HDLC); NULL: line.c does HDLC on timeslot 16. False:
	 * later. */
	bool     (*send_frame)(struct e1_line *l, const uint8_t *frame, unsigned len);
};

const struct e1_transport_ops *e1_transport_find(const char *name); /* NULL: none of that name */
extern const struct e1_transport_ops e1_pseudowire_ops, e1_pair_ops, e1_dahdi_ops;
void e1_pair_connect(struct e1_line *a, struct e1_line *b);

enum e1_counter {
	E1C_RX_PACKETS,
	E1C_TX_PACKETS,
	E1C_RX_MALFORMED,
	E1C_RX_STRANGERS,
	E1C_RX_L,
	E1C_RX_R,
	E1C_RX_ERRORS,
	E1C_TX_ERRORS,
	E1C_TX_SKIPPED,
	E1C_LOST_FRAMES,
	E1C_DUPLICATES,
	E1C_LATE,
	E1C_STRANGE,
	E1C_UNDERRUNS,
	E1C_HELD_FRAMES,
	E1C_SLIPS_DROPPED,
	E1C_SLIPS_REPEATED,
	E1C_CUT_FRAMES,
	E1C_RESYNCS,
	E1C_CARD_REFUSED,
	E1C_CARD_FAILED,
	E1C_ECHO_REFUSED,
	E1C_D_RX_FRAMES,
	E1C_D_TX_FRAMES,
	E1C_D_BAD_FCS,
	E1C_D_ABORTS,
	E1C_D_SHORT,
	E1C_D_LONG,
	E1C_D_MISALIGNED,
	E1C_D_RING_FULL,
	E1C_D_GATED,
	E1C_D_REFUSED,
	E1C_D_CUT_ELEMENTS,
	E1C_LOS,
	E1C_RAI,
	E1C_LAYER2_DOWN,
	E1C_CALLS_IN,
	E1C_CALLS_OUT,
	E1C_CALLS_REFUSED,
	E1C_CALLS_LOST,
	E1C_GLARE,
	E1C_RETRIES,
	E1C_VANISHED,
	E1C_OVERDUE,
	E1C_COUNT
};
extern const struct counter_desc e1_counter_desc[E1C_COUNT];

/* From the media thread to control. */
struct e1_line_msg {
	enum { E1_LINE_FRAME, E1_LINE_ALARM } kind;
	bool     los, rai;
	uint16_t len;
	int64_t  at_us;                     /* a frame: when it came; an alarm: when what it tells of began */
	uint8_t  frame[E1_HDLC_FRAME_MAX];
};

struct e1_line_out {
	uint16_t len;                       /* without FCS */
	uint8_t  frame[E1_HDLC_FRAME_MAX];
};

struct e1_line {
	struct media_trunk trunk;
	const struct e1_transport_ops *ops;
	void        *transport;
	struct loop *loop;
	char         name[16];
	int64_t      los_alarm_us;
	struct media_slot *slot[E1_TIMESLOTS + 1]; /* by timeslot; 0 and 16 NULL */
	/* Media thread. Where the transport puts a canceller (and sees to the memory) the echo of what is sent is taken out of
	 * what comes; but for ticks in which the timeslot neither gives nor takes a block, so that both stay aligned: bits of
	 * `moved`. */
	struct echo *echo[E1_TIMESLOTS + 1];
	uint32_t     moved;
	counter_t   *counters;                     /* E1C_COUNT; the line's own copy, which outlives the span */

	/* between the threads */
	struct ring *to_control, *to_line;
	struct wake  knock;
	void (*wake)(void *arg);           /* control; NULL once the span is gone */
	void        *arg;
	atomic_bool  cut_tx, cut_rx, reorder;
	_Atomic unsigned loss_permille, jitter_ms;
	_Atomic(e1_mutate_h *) mutate;     /* of packets */
	_Atomic(void *) mutate_arg;

	/* media thread */
	struct e1_hdlc_rx hdlc_rx;
	struct e1_hdlc_tx hdlc_tx;
	bool     los, rai;                 /* the transport's findings */
	int64_t  los_since_us, rai_since_us;
	bool     told_los, told_rai, told; /* what control knows */
	bool     wake_needed;
	uint8_t  frames[E1_FRAMES][E1_TIMESLOTS];
};

/* line.c, control: */
int  e1_line_alloc(struct e1_line **lp, struct loop *l, const struct e1_span_config *c, void (*wake)(void *arg), void *arg);
void e1_line_start(struct e1_line *l, struct media *m, struct media_port *const port[E1_TIMESLOTS + 1]);
/* m NULL: was not started. The memory goes when the media thread has let go */
void e1_line_free(struct e1_line *l, struct media *m);
bool e1_line_send(struct e1_line *l, const uint8_t *frame, unsigned len); /* without FCS; false: full */
bool e1_line_next(struct e1_line *l, struct e1_line_msg *msg);

/* line.c, media thread, for transports: a D-channel frame with its FCS (checked). */
void e1_line_received(struct e1_line *l, const uint8_t *frame, unsigned len);
static inline void e1_line_count(struct e1_line *l, enum e1_counter c, uint64_t n) { counter_add(&l->counters[c], n); }
static inline void e1_line_set(struct e1_line *l, enum e1_counter c, uint64_t n)
{
	atomic_store_explicit(&l->counters[c], n, memory_order_relaxed);
}

#endif
