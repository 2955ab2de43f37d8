/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call/mparty.h - the multi-party call as an object: its parties, their legs, the room, the money; commands in, events out.
 *
 * Control thread. It exists from the host's answer until its last leg is gone and its charge is settled. Commands come alike from
 * the host's keys (ivr/), the control socket and bookings; each carries an id, and a repeated id does nothing and answers as the
 * first time. What comes of a command is told as events; every change raises `version`. A dialogue that was poked looks at the
 * party again (mparty_party) instead of keeping what it heard.
 *
 * A party:
 *   PARTY_RATING     may this number be called, at which rate          -> ended (barred, no rate: outcome UNALLOCATED or
 *   REJECTED)
 *   PARTY_RESERVING  set-up fee + first increment are held (rule 20)  -> ended (no_money)
 *   PARTY_DIALLING   SETUP sent; again over another trunk when one could not carry it   -> ended (outcome)
 *   PARTY_RINGING    ALERTING or PROGRESS                              -> ended (outcome)
 *   PARTY_ASKED      answered; asked whether it wants to come in (setup.ask)   -> mparty_admit(), or ended
 *   PARTY_PRIVATE    with the host alone, before the others hear it (setup.private_first) -> mparty_join_all(), or ended
 *   PARTY_IN         answered and in the room (or held by its own end)
 *   PARTY_ENDED      its talk is over; order numbers are never used again in a call
 */
#ifndef CALL_MPARTY_H
#define CALL_MPARTY_H

#include "billing/billing.h"
#include "billing/charge.h"
#include "call/watch.h"
#include "conference/conference.h"
#include "core/list.h"
#include "leg/leg.h"
#include "route/route.h"

struct mparty;

#define MPARTY_PARTIES_MAX 250 /* invitations in one call, failed ones included */

enum party_state {
	PARTY_RATING,
	PARTY_RESERVING,
	PARTY_DIALLING,
	PARTY_RINGING,
	PARTY_ASKED,
	PARTY_PRIVATE,
	PARTY_IN,
	PARTY_ENDED
};

enum party_failure {
	PARTY_OK,
	PARTY_BARRED,
	PARTY_NO_RATE,
	PARTY_NO_MONEY,
	PARTY_NO_CHANNEL,
	PARTY_LIMIT,
	PARTY_DATABASE,
	PARTY_REFUSED /* by the far end or the network: see outcome */
};

struct party {
	unsigned           order;      /* 1, 2, ... ; 0 is the host */
	enum party_state   state;
	char               number[LEG_NUMBER_MAX + 1]; /* canonical */
	char               leg_id[ID_SIZE];
	enum party_failure failure;    /* once PARTY_ENDED without having been admitted */
	enum outcome       outcome;
	int                cause;      /* Q.850 */
	bool               inband;     /* its early sound can be heard by listening */
	bool               answered;   /* charged from here on (rule 19), let in or not */
	bool               admitted;   /* has talked to somebody */
	bool               awaited;    /* the host is away and waits for this one (rule 17) */
	bool               dropped;    /* by a command, or with the whole call */
	bool               muted;
	int64_t            since_us;   /* of the state */
};

struct mparty_timers { /* rule 7; settings of the node */
	int64_t setup_to_alerting_us, alerting_to_answer_us;
};

struct mparty_env { /* the node's, shared by all calls; outlives them */
	struct loop                   *loop;
	struct media                  *media;
	struct worker_pool            *workers;
	struct billing                *billing;
	struct route_table            *routes;
	const struct conference_sounds *sounds;
	struct mparty_timers           timers;
	struct call_limits             limits;
	unsigned                       members_max;
	struct list                    calls;  /* of struct mparty, for those who list them */
	unsigned                       call_count;
	void (*idle)(void *arg);               /* the last call has gone; may be NULL */
	void *arg;
};

struct mparty_setup { /* copied */
	char     call_id[ID_SIZE];
	char     service[LEG_NUMBER_MAX + 1];
	char     host[LEG_NUMBER_MAX + 1];  /* canonical */
	char     language[8];
	struct rate_quote host_rate;         /* of the callback leg, for its record */
	bool     ask;                        /* whoever answers is asked first: see PARTY_ASKED */
	bool     private_first;              /* who is awaited talks to the host alone first, when others are in */
	bool     restricted;                 /* the host's CLIR holds on every leg (rule 12) */
	struct charge_account account;
	int64_t  began_utc_us;
	char     booking_id[ID_SIZE];        /* "": not booked */
	int64_t  end_us;                     /* mono: it was booked to end then, or earlier by env->limits; 0: not */
};

enum mparty_event_type {
	MPARTY_EV_PARTY,      /* a party changed its state: order */
	MPARTY_EV_WARNING,    /* seconds: money ends then */
	MPARTY_EV_UNWARN,
	MPARTY_EV_EXHAUSTED,  /* all legs are being released */
	MPARTY_EV_LIMIT_NEAR, /* limit, seconds: the call ends then (rule 18) */
	MPARTY_EV_LIMIT,      /* limit: all legs are being released */
	MPARTY_EV_ENDED,      /* the host is gone; the object follows when everything is settled */
};

struct mparty_event {
	enum mparty_event_type type;
	uint64_t version;
	unsigned order;
	int      seconds;
	enum call_limit limit;
};

struct mparty_observer { /* embedded; must be removed before it dies. MPARTY_EV_ENDED is the last event */
	void (*event)(struct mparty_observer *o, struct mparty *m, const struct mparty_event *ev);
	struct list link;
};

/* Takes the answered host leg (a reference of its own) and the charge, both until the end. The host's leg has been reserved and
 * answered in the charge by the caller. -ENOMEM: the caller still owns the charge. *mp is one reference, the caller's; the object
 * keeps one of its own until everything is settled. */
int mparty_alloc(struct mparty **mp, struct mparty_env *env, const struct mparty_setup *s, struct leg *host,
                 struct charge *charge);

struct mparty *mparty_ref(struct mparty *m);
void mparty_unref(struct mparty *m);
void mparty_observe(struct mparty *m, struct mparty_observer *o);
void mparty_unobserve(struct mparty_observer *o);

/* ---- commands: 0 or -errno at once, what comes of it as events. id NULL: none ---- */
/* -ENOSPC limits, -EEXIST the number is in or being called, -EPERM the room is locked, -ENOTCONN the call is ending. *order: the
 * party's number. awaited:
 * the host is away waiting for this one; he comes back by himself when it answers (rule 17). */
int  mparty_invite(struct mparty *m, const char *id, const char *number, bool awaited, unsigned *order);
int  mparty_drop(struct mparty *m, const char *id, unsigned order);            /* -ENOENT */
int  mparty_mute(struct mparty *m, const char *id, unsigned order, bool muted); /* order 0: the host */
/* So many more (or fewer) are still to be called, by a booking: the call does not go on as if nobody came. */
void mparty_expect(struct mparty *m, int change);
void mparty_mute_others(struct mparty *m, bool muted); /* those that are in, and those that come in later */
void mparty_lock(struct mparty *m, bool locked);       /* locked: nobody more is invited; who rings still comes in */
int  mparty_next_music(struct mparty *m);              /* under the talk: the next track's number from 1, 0: off */
int  mparty_set_music(struct mparty *m, unsigned track); /* that track, 0: off; -EINVAL */
/* As DTMF to that party alone (rule 16), 100/100 ms: as its trunk sends keys (RFC 4733), else in-band. After what is being sent.
 * -ENOENT not in,
 * -EINVAL no digits, -ENOSPC too many are waiting */
#define MPARTY_DIGIT_MS   100
#define MPARTY_DIGIT_DBM0 (-12)
int  mparty_send_digits(struct mparty *m, unsigned order, const char *digits);
void mparty_end(struct mparty *m, const char *id, int cause);                   /* everybody is released */
int  mparty_admit(struct mparty *m, unsigned order, bool yes); /* what PARTY_ASKED has said, or not; -ENOENT */
int  mparty_join_all(struct mparty *m);    /* private talk is over: host and party come in; -ENOENT */
int  mparty_host_away(struct mparty *m);   /* he leaves the room to key a number; the others get music (rule 17) */
int  mparty_host_back(struct mparty *m);   /* ringing goes on */

/* ---- looking ---- */
const struct party *mparty_party(const struct mparty *m, unsigned order); /* NULL: no such */
struct leg  *mparty_party_leg(const struct mparty *m, unsigned order); /* while it has one; borrowed. NULL */
struct media_port *mparty_party_port(const struct mparty *m, unsigned order); /* while it talks; else NULL */
unsigned     mparty_party_count(const struct mparty *m);                   /* orders 1..count */
unsigned     mparty_parties_in(const struct mparty *m);
unsigned     mparty_parties_live(const struct mparty *m);                  /* in, being called, or expected */
unsigned     mparty_parties_expected(const struct mparty *m);              /* mparty_expect() */
bool         mparty_over(const struct mparty *m);
bool         mparty_host_muted(const struct mparty *m);
bool         mparty_others_muted(const struct mparty *m);
bool         mparty_locked(const struct mparty *m);
unsigned     mparty_music(const struct mparty *m);                         /* the track under the talk, 0: none */
unsigned     mparty_music_tracks(const struct mparty *m);
bool         mparty_host_is_away(const struct mparty *m);
const struct mparty_setup *mparty_setup(const struct mparty *m);
struct leg  *mparty_host(const struct mparty *m);
uint64_t     mparty_version(const struct mparty *m);
int64_t      mparty_began_us(const struct mparty *m);
int64_t      mparty_seconds_left(const struct mparty *m);
/* With one more leg at this rate: what a host is told before he dials. */
int64_t mparty_seconds_left_with(const struct mparty *m, const struct rate_quote *rate);
struct mparty *mparty_first(struct mparty_env *env);
struct mparty *mparty_next(struct mparty_env *env, struct mparty *m);
struct mparty *mparty_find(struct mparty_env *env, const char *call_id);
struct mparty *mparty_find_host(struct mparty_env *env, const char *host);

const char *party_state_name(enum party_state s);

#endif
