/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/booked_internal.h - what the files of booked conferences share. For nobody else.
 *
 *   booked.c         what is due, leases, channels
 *   booked_call.c    one booking: its host
 *   booked_party.c   one of its parties
 */
#ifndef IVR_BOOKED_INTERNAL_H
#define IVR_BOOKED_INTERNAL_H

#include "core/coro.h"
#include "core/worker.h"
#include "ivr/booked.h"
#include "ivr/callback.h"

struct booked_run {
	struct list         link;         /* booked->runs */
	struct booked      *k;
	struct booking_run *what;         /* ours */
	int64_t             lease_us;     /* mono: the lease is over then */
	bool                lost;         /* said so already */
	unsigned            wants;        /* channels that it is going to take */
	struct callback    *callback;     /* the host's, while he is being called or is there */
	struct mparty      *m;            /* a reference, while opening */
	struct coro        *coro;         /* waiting for the parties' */
	struct list         parties;      /* of struct booked_party */
	struct booking_attempt attempt;   /* the host's */
	bool                written;      /* the attempt: it is open */
	bool                sent;         /* nothing was in the way of its SETUP */
	bool                live;
	bool                opening;      /* the database is being told so */
};

struct booked_party {
	struct list            link;      /* run->parties */
	struct booked_run     *run;
	struct mparty         *m;         /* a reference */
	unsigned               order;     /* in the call, while being called; 0: it is not */
	unsigned               made, congested;
	bool                   told;      /* the host does not wait for it any more */
	bool                   waits;     /* for its next attempt: run->wants has one for it */
	struct booking_attempt attempt;
	struct mparty_observer observer;
	struct coro           *coro;
};

/* Another attempt may not be made: the lease is over, or nearly; or the node stops. */
bool booked_run_lost(const struct booked_run *r);
/* From a coroutine, until the database has answered, the lease is over or the node stops: booking_attempt_begin(), _end() and,
 * with no attempt, booking_run_end(). */
int  booked_begin(struct booked_run *r, const struct booking_attempt *a);
int  booked_end(struct booked_run *r, const struct booking_attempt *a, const struct booking_end *e);
void booked_run_start(struct booked *k, struct booking_run *what, int64_t lease_until_us); /* takes what */
void booked_run_forget(struct booked_run *r); /* the coroutine is over */
void booked_run_stop(struct booked_run *r);   /* what rings for it is released */
void booked_count_up(struct booked *k, enum booked_counter what);
struct ivr_env *booked_env(struct booked *k);
struct store *booked_store(struct booked *k);
const struct booking_node *booked_node(const struct booked *k);

/* booked_call.c */
void booked_run_main(void *run);

/* booked_party.c: calls it while the conference lasts. */
void booked_party_start(struct booked_run *r, struct mparty *m, unsigned index);
enum booking_outcome booked_outcome(int cause);

#endif
