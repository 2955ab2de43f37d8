/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/e1.h - E1 primary-rate spans: 30 speech timeslots (1-15, 17-31), Q.931 on timeslot 16, over DAHDI, a pseudowire, or memory.
 *
 * Control thread. A span is CPE (our node) or NETWORK (the exchange). It owns its transport, its D channel (libpri, in q931.c and
 * nowhere else), its media ports (one a timeslot) and its calls. What happens comes as events through one handler, from the
 * loop's queue: never from within a call of these functions. The handler may do anything with calls, and must not free the span.
 *
 * A call: E1_RING or e1_call_dial() .. E1_HANGUP? .. E1_GONE. After E1_GONE the pointer is dead. Between, the timeslot may change
 * once, at the first response (outgoing, preferred channel: e1_call_port() is final from the first event that says so on). In
 * glare the network's own call goes first: until the network has said where ours goes, its timeslot is 0 and its port NULL (CPE
 * only). A port opened before its channel was final is closed by e1 when the channel changes.
 * What libpri swallows (libpri-facts.md 2) is covered by timers of e1's own: every call gets its E1_GONE.
 */
#ifndef E1_E1_H
#define E1_E1_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/loop.h"
#include "media/media.h"

#define E1_TIMESLOTS       31  /* 1..31; 16 is the D channel */
/* digits we accept in a number; longer ones are refused (E.164: 15, with prefixes and short codes 20) */
#define E1_NUMBER_MAX      31

struct e1_span;
struct e1_call;

enum e1_role { E1_CPE, E1_NETWORK };
enum e1_transport_kind { E1_PSEUDOWIRE, E1_DAHDI, E1_PAIR };
/* Who takes the echo of our own sound out of what comes back, on a DAHDI span: the driver's canceller (the card's, or what
 * system.conf names), ours (dsp/echo.h), or auto: the driver's where there is one, else ours. */
enum e1_echo { E1_ECHO_AUTO, E1_ECHO_OFF, E1_ECHO_CARD, E1_ECHO_OURS };
/* local: what we send comes back to us; remote: what the exchange sends goes back to it. */
enum e1_loop { E1_LOOP_OFF, E1_LOOP_LOCAL, E1_LOOP_REMOTE };

struct e1_span_config {
	char                   name[16];            /* "pstn": e1/pstn:17 in logs and records */
	enum e1_role           role;
	enum e1_transport_kind transport;
	struct sockaddr_storage local, peer;        /* pseudowire: UDP */
	unsigned               frames_per_packet;   /* pseudowire K: 1..40; default 8. tshark wants a multiple of 8 */
	unsigned               dahdi_span;          /* DAHDI span number from 1 */
	enum e1_echo           echo;                /* DAHDI; off */
	unsigned               reopen_ms;           /* DAHDI, 3000: a span that cannot be opened is tried again so often */
	/* outgoing calls pick from 31 down (the end opposite to the exchange), else from 1 up */
	bool                   hunt_from_high;
	/* accept overlap receiving: SETUP ACKNOWLEDGE (rule 6); the owner decides per call */
	bool                   overlap;
	unsigned               los_alarm_ms;        /* 100: mute and alarm */
	unsigned               los_clear_ms;        /* 2500: calls cleared after this much LOS */
	/* 10000: service returns after so much clean signal (worlds and demo may set less) */
	unsigned               restore_ms;
	unsigned               debug;               /* libpri debug bits into the log; 0 */
};
void e1_span_config_default(struct e1_span_config *c);

/* ---- numbers, as they stand in Q.931 information elements ---- */
enum e1_ton { E1_TON_UNKNOWN = 0, E1_TON_INTERNATIONAL = 1, E1_TON_NATIONAL = 2, E1_TON_SUBSCRIBER = 4 };  /* Q.931 table 4-9 */
/* Q.931 4.5.10 octet 3a */
enum e1_presentation { E1_PRES_ALLOWED = 0, E1_PRES_RESTRICTED = 1, E1_PRES_UNAVAILABLE = 2 };
enum e1_screening {
	E1_SCREEN_USER_NOT_SCREENED = 0,
	E1_SCREEN_USER_PASSED = 1,
	E1_SCREEN_USER_FAILED = 2,
	E1_SCREEN_NETWORK = 3
};

struct e1_number {
	char                 digits[E1_NUMBER_MAX + 1];  /* 0-9 * #; "" with present: an IE without digits */
	uint8_t              ton, npi;                   /* as in the IE; npi 1: E.164 */
	enum e1_presentation presentation;
	enum e1_screening    screening;
	bool                 present;                    /* the IE was there */
};

/* Q.931 4.5.5 information transfer capability; other values may come from the wire */
enum e1_bearer { E1_BEARER_SPEECH = 0x00, E1_BEARER_3K1 = 0x10, E1_BEARER_UNRESTRICTED = 0x08, E1_BEARER_VIDEO = 0x18 };

struct e1_setup {
	struct e1_number called, calling, redirecting;
	uint8_t          bearer;
	unsigned         timeslot;          /* dial: 0 = pick; ring: the channel named, 0 = none */
	bool             exclusive;
	bool             sending_complete;
};

/* ---- events ---- */
enum e1_event_type {
	E1_SPAN_UP,   /* D channel up and in service */
	E1_SPAN_DOWN, /* not in service any more: reason in text */
	/* a SETUP; setup filled. The owner must answer it: proceeding, setup_ack, or hangup. e1 has refused by itself what rule 6
	 * says on channels (34, 44; 82 for one that does not exist) and numbers too long for us (28) */
	E1_RING,
	E1_DIGITS, /* INFORMATION: digits */
	E1_SETUP_ACK,
	E1_PROCEEDING, /* inband when PI 8 or 1 */
	E1_PROGRESS,   /* inband */
	E1_ALERTING,   /* inband */
	E1_ANSWER,     /* CONNECT */
	E1_NOTIFY,     /* held = true: remote hold; false: retrieved (Q.931 notification 0xf9/0xfa user suspended / hold) */
	/* The peer began clearing (DISCONNECT, RELEASE, RELEASE COMPLETE), or we lost it (LOS, T309, restart, timer). e1 answers
	 * with RELEASE by itself; after a DISCONNECT with in-band tones (inband) the port stays open until E1_GONE, which comes
	 * when the owner hangs up, the peer releases, or after 35 s. */
	E1_HANGUP,
	E1_GONE, /* released: timeslot free, call freed after the handler returns */
};

struct e1_event {
	enum e1_event_type type;
	struct e1_call    *call;     /* NULL on span events */
	const struct e1_setup *setup;/* E1_RING */
	const char        *digits;   /* E1_DIGITS */
	const char        *text;     /* span events */
	int                cause;    /* Q.850: E1_HANGUP, E1_GONE, and PROGRESS with a cause; else 0 */
	int                location; /* Q.850 location, -1 unknown */
	bool               by_peer;  /* E1_HANGUP/E1_GONE: the peer cleared (false: we did, or the line failed) */
	bool               inband;   /* progress indicator 8 (or 1) was there */
	unsigned           progress_mask; /* libpri's PRI_PROG_* bits as received */
	bool               held;     /* E1_NOTIFY */
	/* mono: when the message arrived; for a leg lost with the line: the start of the loss (rule 9) */
	int64_t            at_us;
};
typedef void(e1_event_h)(struct e1_span *s, const struct e1_event *ev, void *arg);

/* ---- the span ---- */
/* -EINVAL with a reason in the log; -EADDRINUSE...; the handler hears of E1_SPAN_UP when layer 2 is up. */
int  e1_span_alloc(struct e1_span **sp, struct loop *l, struct media *m, struct counter_registry *counters,
                  const struct e1_span_config *c, e1_event_h *h, void *arg);
/* all calls are dropped without signalling; run the loop afterwards until the media thread has let go */
void e1_span_free(struct e1_span *s);
/* Two spans of E1_PAIR become the two ends of one cable, carrying the pseudowire's own packets by memory. Before the first tick;
 * the same frames per packet, and both engines' ticks on one thread (a virtual clock, or one engine). */
void e1_pair_join(struct e1_span *a, struct e1_span *b);

bool        e1_span_up(const struct e1_span *s);
const char *e1_span_name(const struct e1_span *s);
unsigned    e1_span_free_channels(const struct e1_span *s);  /* idle and in service; what a callback can reserve */
/* Reservation for a callback (rule 5): counts against e1_span_free_channels until released or handed to e1_call_dial (reserved =
 * true). -EBUSY. */
int         e1_span_reserve(struct e1_span *s);
void        e1_span_release(struct e1_span *s);
/* Rule 8: out of service a channel is not picked, its live call goes on, an incoming one that insists on it gets 44. Back in
 * service it is restarted. -EINVAL: no speech timeslot. */
int         e1_span_set_service(struct e1_span *s, unsigned timeslot, bool in_service);
/* RESTART for each idle channel; a CPE span that comes up first does so */
void        e1_span_restart_channels(struct e1_span *s);

struct e1_channel_info {
	unsigned        timeslot;
	bool            in_service;
	struct e1_call *call;   /* NULL: idle */
	char            state[24], calling[E1_NUMBER_MAX + 1], called[E1_NUMBER_MAX + 1];
	int64_t         since_us;
};
unsigned e1_span_channels(const struct e1_span *s, struct e1_channel_info out[E1_TIMESLOTS]);  /* returns how many */

/* What a card tells of its span (DAHDI_SPANSTAT); counts are the driver's, since it was loaded or they were reset. */
struct e1_card {
	bool     present;          /* false: no card, or it cannot be opened; then nothing below but trouble means anything */
	char     trouble[240];     /* why it cannot be opened; "" */
	char     type[40], location[40], description[40];
	char     alarms[64];       /* "RED", "YELLOW LOOP", as dahdi_tool has them; "" none */
	int64_t  alarm_since_us;   /* mono; 0: none */
	char     timing[48];       /* whose clock drives the card */
	char     echo[24];         /* "card", "ours", "off" */
	enum e1_loop loop;
	uint64_t code_violations, crc4_errors, e_bits, frame_errors, bit_errors, errored_seconds, slips, missed_interrupts;
};

struct e1_span_info {
	bool    up, los, rai, layer2;
	int64_t since_us;          /* of the present state, mono */
	int64_t alarm_since_us;    /* start of the present loss or remote alarm; 0: none */
	char    transport[96];     /* "pseudowire 127.0.0.1:40001 -> 127.0.0.1:40002, 8 frames" */
	unsigned calls, free_channels, out_of_service;
};
void e1_span_info(const struct e1_span *s, struct e1_span_info *i);
void e1_span_card(const struct e1_span *s, struct e1_card *c); /* asks the driver */

/* A maintenance loop in the card, or none: while it stands the span has no signal, and takes no call. -EBUSY calls are on it;
 * -ENOTSUP no card, or one that cannot; else the driver's error. It ends with the span. */
int e1_span_loop(struct e1_span *s, enum e1_loop loop);

/* D-channel frames of both directions into a pcap (DLT_LINUX_LAPD) that tshark reads; NULL stops. Written by the control thread
 * through a buffered file; safe to switch while calls run. */
int e1_span_trace(struct e1_span *s, const char *path);

/* Tests and the exchange's "span down": the cable. Packets stop both ways (down), or are dropped and delayed at random. */
struct e1_impairment {
	bool     cut_tx, cut_rx;
	unsigned loss_permille;        /* of packets sent */
	/* each packet delayed by 0..jitter_ms (at most 100), order kept unless reorder; beyond 10 the far end loses some */
	unsigned jitter_ms;
	bool     reorder;
};
void e1_span_impair(struct e1_span *s, const struct e1_impairment *i);
/* Fuzz worlds: called for every D-channel frame (before FCS) or packet about to be sent, may change it in place (len may shrink
 * or grow up to max). NULL: none. */
typedef void(e1_mutate_h)(uint8_t *buf, unsigned *len, unsigned max, void *arg);
void e1_span_mutate(struct e1_span *s, e1_mutate_h *frame, e1_mutate_h *packet, void *arg);

/* ---- calls ---- */
/* Outgoing. reserved: use up one e1_span_reserve(), if it succeeds. -ENETDOWN span not up, -EBUSY no channel, -EINVAL bad number
 * (the called one needs a digit, in overlap sending too). Its reference and timeslot may change once, by a retry on 44 or after
 * glare (rule 7). */
int e1_call_dial(struct e1_span *s, const struct e1_setup *setup, bool reserved, void *user, struct e1_call **cp);

void  e1_call_set_user(struct e1_call *c, void *user);
void *e1_call_user(const struct e1_call *c);
struct e1_span    *e1_call_span(const struct e1_call *c);
/* the timeslot's; opened by the owner of the call, closed by e1 at E1_GONE */
struct media_port *e1_call_port(const struct e1_call *c);
unsigned e1_call_timeslot(const struct e1_call *c);
unsigned e1_call_reference(const struct e1_call *c);            /* Q.931 call reference */
bool     e1_call_outgoing(const struct e1_call *c);

/* 0, -ENOTCONN when the call is being cleared, -EPROTO in a wrong state (nothing is sent then). inband: Progress Indicator 8.
 * progress, alerting and answer send CALL PROCEEDING first when nothing was sent yet. */
int e1_call_setup_ack(struct e1_call *c);
int e1_call_proceeding(struct e1_call *c);                       /* with the channel, exclusive */
int e1_call_progress(struct e1_call *c, bool inband, int cause); /* cause 0: none */
int e1_call_alerting(struct e1_call *c, bool inband);
int e1_call_answer(struct e1_call *c);
int e1_call_digits(struct e1_call *c, const char *digits);      /* INFORMATION, overlap sending */
int e1_call_notify(struct e1_call *c, bool held);
/* DISCONNECT, RELEASE or RELEASE COMPLETE, whichever fits; always followed by E1_GONE. To a SETUP nothing was said to yet:
 * RELEASE COMPLETE for causes 1, 34, 44, 82 and 88, else CALL PROCEEDING and DISCONNECT (libpri can no other way; nor can it send
 * tones with DISCONNECT). */
int e1_call_hangup(struct e1_call *c, int cause);

#endif
