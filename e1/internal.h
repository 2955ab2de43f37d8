/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/internal.h - what the control thread's files of e1/ share. For nobody else.
 *
 *   span.c      the span: its state table (rule 9), its timers, the queue of events to the owner
 *   channel.c   timeslots: which is free, reservations, RESTART
 *   call.c      a call: its state table, its own timers
 *   call_ops.c  what the owner may do with a call
 *   q931.c      libpri, and nothing of libpri elsewhere
 *   trace.c     D-channel frames into a pcap
 *   line.c      the media thread's half (transport.h)
 */
#ifndef E1_INTERNAL_H
#define E1_INTERNAL_H

#include "core/list.h"
#include "core/log.h"
#include "core/magic.h"
#include "e1/e1.h"
#include "e1/transport.h"

#define E1_SPAN_MAGIC 0x45317370u
#define E1_CALL_MAGIC 0x45316361u

struct e1_q931;
struct e1_trace;
struct q931_call; /* libpri's; opaque */

/* ---- signalling: q931.c tells call.c ---- */

enum e1_input {
	E1_IN_SETUP_ACK, E1_IN_PROCEEDING, E1_IN_PROGRESS, E1_IN_ALERTING, E1_IN_CONNECT, E1_IN_DIGITS, E1_IN_NOTIFY,
	E1_IN_DISCONNECT,  /* the peer's DISCONNECT: we are to release */
	E1_IN_CLEARING,    /* the peer clears, and libpri has answered by itself */
	E1_IN_RELEASE,     /* RELEASE or RELEASE COMPLETE, or libpri's own timers: the call is over once we agree */
	E1_IN_RELEASED,    /* libpri has no such call any more */
	E1_IN_TIMEOUT,     /* our own timer */
	E1_IN_LOST,        /* with the line, or by RESTART */
	E1_INPUTS,
	E1_IN_RING = E1_INPUTS /* not for a call that exists */
};

struct e1_signal {
	enum e1_input     input;
	struct q931_call *pri;
	int      channel;       /* timeslot; 0: none named, -1: any */
	bool     exclusive;
	int      cause, location;
	bool     by_peer, inband, held, no_channel; /* no_channel: "no B channel" was asked for (call waiting) */
	unsigned progress_mask;
	int64_t  at_us;
	char     digits[E1_NUMBER_MAX + 1];
	struct e1_setup setup;  /* E1_IN_RING */
};

/* q931.c. All of them may be called with a call libpri has forgotten: -1 then. */
int  e1_q931_alloc(struct e1_q931 **qp, struct e1_span *s);
void e1_q931_free(struct e1_q931 *q);
void e1_q931_receive(struct e1_q931 *q, const struct e1_line_msg *msg);
struct q931_call *e1_q931_dial(struct e1_q931 *q, const struct e1_setup *setup, unsigned timeslot); /* NULL: libpri would not */
unsigned e1_q931_reference(struct e1_q931 *q, struct q931_call *c);  /* 0: libpri has no such call */
int  e1_q931_setup_ack(struct e1_q931 *q, struct q931_call *c, unsigned timeslot);
int  e1_q931_proceeding(struct e1_q931 *q, struct q931_call *c, unsigned timeslot);
int  e1_q931_progress(struct e1_q931 *q, struct q931_call *c, unsigned timeslot, bool inband, int cause);
int  e1_q931_alerting(struct e1_q931 *q, struct q931_call *c, unsigned timeslot, bool inband);
int  e1_q931_answer(struct e1_q931 *q, struct q931_call *c, unsigned timeslot);
int  e1_q931_digits(struct e1_q931 *q, struct q931_call *c, const char *digits);
int  e1_q931_notify(struct e1_q931 *q, struct q931_call *c, bool held);
int  e1_q931_hangup(struct e1_q931 *q, struct q931_call *c, int cause);
void e1_q931_forget(struct e1_q931 *q, struct q931_call *c);           /* without a word to the peer */
int  e1_q931_restart(struct e1_q931 *q, unsigned timeslot);

/* ---- events for the owner ---- */

struct e1_note {
	struct list     link;
	bool            embedded;   /* in its call */
	struct e1_event ev;
	struct e1_setup setup;
	char            text[E1_NUMBER_MAX + 33];
};

/* ---- calls ---- */

enum e1_call_state {
	E1_CALL_PRESENT, E1_CALL_OVERLAP_IN, E1_CALL_PROCEEDING_IN, E1_CALL_ALERTING_IN, /* Q.931 U6/N6, U25, U9, U7 */
	E1_CALL_INITIATED, E1_CALL_OVERLAP_OUT, E1_CALL_PROCEEDING_OUT, E1_CALL_DELIVERED, /* U1, U2, U3, U4 */
	E1_CALL_ACTIVE,
	E1_CALL_TONES,    /* the peer has disconnected and plays tones (U12): over when the owner, the peer or a timer says so */
	E1_CALL_CLEARING, /* we wait for the peer */
	E1_CALL_GONE,     /* E1_GONE is on its way */
	E1_CALL_STATES
};

struct e1_call {
	unsigned          magic;
	struct list       link;      /* in span.calls, until E1_GONE has been handled */
	struct e1_span   *span;
	struct q931_call *pri;       /* NULL when libpri has let go */
	unsigned          reference;
	enum e1_call_state state;
	bool              outgoing;
	unsigned          timeslot;  /* 0: the network will say (its call took ours, glare) */
	bool              answered_first; /* a response has come: the channel is final */
	bool              retried, glare;
	struct e1_setup   setup;
	void             *user;
	int64_t           since_us;
	struct loop_timer timer;
	/* how it ended: set once */
	bool              ended;
	int               cause, location;
	bool              by_peer;
	int64_t           end_us;
	struct e1_note    hangup, gone;
};

void e1_call_ring(struct e1_span *s, const struct e1_signal *sig);
void e1_call_signal(struct e1_call *c, const struct e1_signal *sig);
struct e1_call *e1_call_find(struct e1_span *s, const struct q931_call *pri);
struct e1_call *e1_call_by_reference(struct e1_span *s, unsigned cref, bool outgoing);
void e1_call_lost(struct e1_call *c, int cause, bool by_peer, int64_t at_us);
int  e1_call_new(struct e1_call **cp, struct e1_span *s, const struct e1_setup *setup, bool outgoing);
void e1_call_free(struct e1_call *c);
void e1_call_enter(struct e1_call *c, enum e1_call_state state); /* and its timer */
void e1_call_gone(struct e1_call *c);     /* libpri has let go; E1_GONE follows */
void e1_call_check(struct e1_call *c, int64_t at_us); /* has libpri let go? */
const char *e1_call_state_name(enum e1_call_state state);

/* ---- channels ---- */

struct e1_channel {
	struct media_port *port;
	struct e1_call    *call;        /* NULL: idle */
	unsigned           closing;     /* calls of this channel whose E1_GONE is still in the queue */
	bool               in_service;
	bool               to_restart, restarting;
	int64_t            since_us;
};

bool     e1_channel_free(const struct e1_span *s, unsigned timeslot);      /* to dial on */
unsigned e1_channel_pick(const struct e1_span *s, unsigned not_this);      /* 0: none */
void     e1_channel_take(struct e1_span *s, unsigned timeslot, struct e1_call *c);
void     e1_channel_leave(struct e1_span *s, struct e1_call *c);
void     e1_channel_restarted(struct e1_span *s, int channel, int64_t at_us); /* the peer's RESTART; -1: all */
void     e1_channel_restart_acked(struct e1_span *s);
void     e1_channel_init(struct e1_span *s);
void     e1_channel_stop(struct e1_span *s);

/* ---- the span ---- */

enum e1_span_state {
	E1_SPAN_NO_SIGNAL,  /* LOS or RAI stands */
	E1_SPAN_RESTORING,  /* clean again, but not for long enough (rule 9) */
	E1_SPAN_LINK_DOWN,  /* layer 1 is good, layer 2 is not there */
	E1_SPAN_SETTLING,   /* layer 2 is up, but a second SABME may still be on its way */
	E1_SPAN_IN_SERVICE,
	E1_SPAN_STATES
};

struct e1_span {
	unsigned              magic;
	struct e1_span_config config;
	struct loop          *loop;
	struct media         *media;
	struct counter_registry *registry;
	struct counter_group  group;
	struct e1_line       *line;
	struct e1_q931       *q931;
	struct e1_trace      *trace;
	e1_event_h           *h;
	void                 *arg;

	enum e1_span_state    state;
	bool                  los, rai, layer2;
	bool                  was_up;        /* has been in service: the next return waits for restore_ms */
	bool                  gated;         /* no D-channel frame passes */
	int64_t               since_us;
	int64_t               lost_us;       /* start of the present loss */
	int64_t               frame_us;      /* when the last D-channel frame came */
	int64_t               link_lost_us;  /* start of the loss of layer 2 */
	struct loop_timer     state_timer, clear_timer, restart_timer;

	struct e1_channel     channel[E1_TIMESLOTS + 1];
	unsigned              reserved;
	struct list           calls;
	struct list           notes;
	struct loop_task      notes_task;
	e1_mutate_h          *mutate_frame;
	void                 *mutate_arg;
};

void e1_span_count(struct e1_span *s, enum e1_counter c);
void e1_span_send_frame(struct e1_span *s, const uint8_t *frame, unsigned len); /* without FCS */
void e1_span_layer2(struct e1_span *s, bool up);
bool e1_span_takes_calls(const struct e1_span *s);                               /* an incoming one, now */
void e1_span_queue(struct e1_span *s, struct e1_note *n);                        /* to the owner */
struct e1_note *e1_span_note(struct e1_span *s, enum e1_event_type type, struct e1_call *c); /* NULL: no memory, counted */

/* ---- trace.c ---- */
int  e1_trace_open(struct e1_trace **tp, const char *path);
void e1_trace_close(struct e1_trace *t);
void e1_trace_frame(struct e1_trace *t, const uint8_t *frame, unsigned len, bool sent, bool network); /* without FCS */

#endif
