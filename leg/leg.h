/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leg/leg.h - one call leg, whatever the trunk: what can be asked of it, what it tells.
 *
 * Control thread. A leg is made by its trunk (an incoming SETUP, or trunk_dial), lives until both the trunk is done with it
 * (LEG_GONE) and the last reference is dropped. Events go to its observers, from the loop, never from within a function called
 * here.
 *
 *        incoming                                 outgoing
 *   LEG_NEW ---leg_proceeding--->            LEG_NEW (SETUP sent)
 *   LEG_PROCEEDING --leg_progress-->         LEG_PROCEEDING --LEG_EV_PROGRESS / _ALERTING-->
 *   LEG_ALERTING ---leg_answer--->           LEG_ALERTING  ---LEG_EV_ANSWERED-->
 *   LEG_TALKING                              LEG_TALKING
 *          \-- LEG_EV_ENDED: the first DISCONNECT, RELEASE or BYE, theirs or ours (rule 19: talk time ends here) --> LEG_ENDED
 *              LEG_EV_GONE: released; no port, no channel any more --> LEG_GONE
 */
#ifndef LEG_LEG_H
#define LEG_LEG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/list.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/random.h"
#include "leg/cause.h"
#include "media/media.h"

#define LEG_MAGIC      0x4c454721u
#define LEG_NUMBER_MAX 32

struct leg;

enum leg_progress {
	LEG_SAY_ALERTING,        /* ALERTING, no in-band information: the exchange plays ring-back */
	LEG_SAY_ALERTING_INBAND, /* ALERTING with PI 8; 180 + SDP */
	LEG_SAY_PROGRESS_INBAND, /* PROGRESS with PI 8; 183 + SDP */
};

struct leg_quality { /* of the sound, where a trunk carries it in packets; known false: it does not, or nothing was agreed on */
	bool     known;
	char     codec[12];              /* what we send: "pcma" */
	uint64_t received, lost;         /* packets; lost: of what should have come, in time */
	unsigned jitter_us, delay_ms;    /* as it comes (RFC 3550 A.8); of the jitter buffer */
	int      round_trip_us;          /* -1: not known */
	unsigned remote_lost_permille;   /* what the far end reports of ours */
	unsigned mos_x100;               /* E-model (G.107): 441 is the best that G.711 can be; 0: nothing was heard */
};

struct leg_ops { /* an op that a trunk lacks is NULL: the function returns -ENOTSUP */
	int (*more)(struct leg *l); /* SETUP ACKNOWLEDGE: the called number is not complete, LEG_EV_DIGITS will follow */
	int (*proceeding)(struct leg *l);
	int (*progress)(struct leg *l, enum leg_progress how);
	int (*answer)(struct leg *l);
	int (*hangup)(struct leg *l, int cause);
	int (*send_digit)(struct leg *l, char digit, int ms);
	void (*quality)(const struct leg *l, struct leg_quality *q); /* while it has a port */
	void (*free)(struct leg *l); /* the last reference is gone; frees the struct that embeds the leg */
};

/* Raw as on the wire (rule 25 keeps it in the record), and in the canonical form of route/number.h. */
enum leg_screening { LEG_SCREEN_NONE, LEG_SCREEN_PASSED, LEG_SCREEN_FAILED, LEG_SCREEN_NETWORK }; /* Q.931 octet 3a */
struct leg_party {
	char    raw[LEG_NUMBER_MAX + 1];
	char    canonical[LEG_NUMBER_MAX + 1]; /* "" when it is no number we understand */
	uint8_t ton, npi;
	bool    present;    /* the network gave the element at all */
	bool    restricted; /* presentation restricted */
	enum leg_screening screening;
};

enum leg_state { LEG_NEW, LEG_PROCEEDING, LEG_ALERTING, LEG_TALKING, LEG_ENDED, LEG_GONE };

enum leg_event_type {
	LEG_EV_DIGITS,    /* overlap: more of the called number; leg->called is up to date */
	LEG_EV_PROCEEDING,
	LEG_EV_PROGRESS,  /* inband */
	LEG_EV_ALERTING,  /* inband */
	LEG_EV_ANSWERED,
	LEG_EV_KEY,       /* key: a DTMF digit began */
	LEG_EV_PLAYED,    /* play, cut */
	LEG_EV_HELD,      /* the far end put us on hold, or (LEG_EV_RESUMED) took us back */
	LEG_EV_RESUMED,
	LEG_EV_ENDED,
	LEG_EV_GONE,
};

struct leg_event {
	enum leg_event_type type;
	bool     inband;
	char     key;
	uint32_t play;
	bool     cut;
};

struct leg_observer { /* embedded; added and removed at will, also from within its own handler */
	void (*event)(struct leg_observer *o, struct leg *l, const struct leg_event *ev);
	struct list link;
};

struct leg { /* embedded at the start of the trunk's own struct; the fields are for reading */
	unsigned              magic;
	unsigned              refs;
	const struct leg_ops *ops;
	struct loop          *loop;
	enum leg_state        state;
	bool                  outgoing;
	char                  id[ID_SIZE];
	char                  trunk[24];    /* "e1/pstn" */
	char                  channel[32];  /* "e1/pstn:17", a Call-ID on SIP */
	unsigned              timeslot, reference;
	struct log_ctx        log;
	struct leg_party      calling, called, redirecting;
	uint8_t               bearer;
	bool                  sending_complete;
	struct media_port    *port;         /* from the first response on (outgoing) or at once; NULL after LEG_EV_GONE */
	bool                  inband;       /* the far end's sound is worth hearing before the answer */
	bool                  rang;         /* outgoing: ALERTING has come */
	bool                  held;
	/* mono us, 0: not yet; the records' UTC is taken with them */
	int64_t               setup_us, alerting_us, answer_us, end_us;
	int64_t               setup_utc_us, alerting_utc_us, answer_utc_us, end_utc_us;
	int                   cause, location;
	bool                  by_peer;      /* who cleared */
	struct list           observers;
	struct loop_task      ended_task;
	struct loop_timer     timer;        /* rule 7: our own timers on outgoing legs */
	int64_t               no_answer_us;
	struct leg_quality    quality;      /* at its end; leg_quality() tells of now */
};

/* ---- for whoever uses a leg ---- */
struct leg *leg_ref(struct leg *l);
void leg_unref(struct leg *l); /* NULL is allowed */
void leg_observe(struct leg *l, struct leg_observer *o);
void leg_unobserve(struct leg_observer *o);

/* 0, -EPROTO wrong state, -ENOTCONN ended, -ENOTSUP. */
int leg_ask_more(struct leg *l);
int leg_proceeding(struct leg *l);
int leg_progress(struct leg *l, enum leg_progress how);
int leg_answer(struct leg *l);
/* A digit to the far end of an answered leg, after those before it, as its trunk sends keys. -ENOTSUP: the trunk has no way but
 * sound. Also of the trunk: -EINVAL no digit, -ENOSPC too many are waiting. */
int leg_send_digit(struct leg *l, char digit, int ms);
/* Ends it, whatever state it is in; no-op when ended. LEG_EV_ENDED (from the loop) and LEG_EV_GONE follow. */
void leg_hangup(struct leg *l, int cause);
static inline bool leg_over(const struct leg *l) { return l->state >= LEG_ENDED; }
/* ms between answer and end (or now); 0 if never answered. */
int64_t leg_talk_ms(const struct leg *l);
/* How it sounds now, or sounded. */
void leg_quality(const struct leg *l, struct leg_quality *q);

/* ---- for trunks ---- */
/* refs 1: the trunk's, dropped by leg_gone() */
void leg_init(struct leg *l, struct loop *loop, const struct leg_ops *ops, bool outgoing);
void leg_emit(struct leg *l, const struct leg_event *ev);
void leg_got_proceeding(struct leg *l);
void leg_got_progress(struct leg *l, bool inband);
void leg_got_alerting(struct leg *l, bool inband);
void leg_got_answer(struct leg *l, int64_t at_us);
void leg_got_end(struct leg *l, int cause, int location, bool by_peer, int64_t at_us);
void leg_gone(struct leg *l); /* after leg_got_end or hangup; drops the trunk's reference */
void leg_port_opened(struct leg *l, struct media_port *p); /* opens it; keys and plays become events of the leg */

#endif
