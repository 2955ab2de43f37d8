/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * booking/run.h - a booking whose time has come: claimed by one node, its attempts, what became of everybody (telephony rule 26).
 *
 * Blocking: workers. Times are UTC us given by the caller. A run is a row of booking_run; it is some node's as long as that node
 * renews its lease, and every function below that writes does so only for the owner:
 *
 *   claim -> calling --- host answered ---> live --- conference over ---> done (held)
 *              |  ^                           '---- its node died ------> done (interrupted): not called together again
 *              |  '- due again: any node
 *              |--- not reached, attempts left ---> waiting
 *              |--- its node died ----------------> waiting: the attempt that was open counts, as interrupted
 *              '--- no attempt left, no money ----> done
 *
 * An attempt is a row written before its SETUP. No two without an outcome have one number, over all nodes and bookings; that of a
 * dead node gets its outcome only when the lease is over, so nobody else calls the number before.
 */
#ifndef BOOKING_RUN_H
#define BOOKING_RUN_H

#include "booking/booking.h"

enum booking_outcome {
	BOOKING_OPEN,         /* none yet */
	BOOKING_ANSWERED,
	BOOKING_BUSY,
	BOOKING_NO_ANSWER,
	BOOKING_UNALLOCATED,
	BOOKING_CONGESTION,   /* no channel, or the network's: uses no attempt up (rule 7) */
	BOOKING_REJECTED,
	BOOKING_BARRED,       /* rule 13 */
	BOOKING_NO_RATE,
	BOOKING_NO_MONEY,
	BOOKING_NO_ACCOUNT,   /* suspended, closed, or the number is another's now */
	BOOKING_CALLED_OFF,   /* the host has dropped it, or left while it rang */
	BOOKING_NOT_CALLED,   /* the conference was over before its turn came */
	BOOKING_INTERRUPTED,  /* its node died or was stopped */
	BOOKING_MISSED,       /* nobody could begin it in time */
	BOOKING_HELD,         /* the conference took place */
};
const char *booking_outcome_name(enum booking_outcome o);

struct booking_run { /* copies */
	char           id[ID_SIZE];
	struct booking booking;
	int64_t        planned_utc_us; /* the start it was booked for */
	int64_t        due_utc_us;     /* when this attempt at it was due */
};

struct booking_node { /* who claims; the node's, does not change */
	char     name[32];
	char     owner[ID_SIZE];       /* made anew by each life of the node */
	int64_t  lease_us;             /* longer than an exchange holds a dead node's calls */
	int64_t  late_max_us;          /* later than that it is missed; 0: never */
	int64_t  congestion_us;        /* rule 7: tried again after so long */
	unsigned congestion_retries;   /* so often, then it counts */
};

#define BOOKING_CLAIM_MAX 64
struct booking_claim {
	unsigned channels;             /* in: how many may be used up */
	int64_t  now_utc_us;           /* in */
	struct booking_run *run[BOOKING_CLAIM_MAX]; /* out; the caller frees each */
	unsigned count;
	unsigned missed, taken_over;   /* out: for counters */
	bool     more;                 /* out: as many as fit in one claim; ask again at once */
};

/*
 * What is due, the oldest first, until the next one wants more channels (a host and all its parties) than are left; nobody is
 * overtaken for that. One that wants more than there will ever be is begun when all are there: whole says so. First the runs of
 * nodes whose leases are over become due again, or done.
 */
int booking_claim(struct store *s, const struct booking_node *n, struct booking_claim *k, unsigned whole);

/* *renewed: -ESTALE, not among the owner's any more. */
int booking_renew(struct store *s, const struct booking_node *n, const char *run_id, int64_t now_utc_us);

struct booking_attempt {
	char        id[ID_SIZE];      /* made by the caller, once */
	const char *run_id, *number;
	unsigned    order;            /* 0 the host, from 1 the parties */
};
/* Before the SETUP. -EEXIST somebody else is calling this number: later; -ESTALE the run is not the owner's (any more). */
int booking_attempt_begin(struct store *s, const struct booking_node *n, const struct booking_attempt *a, int64_t now_utc_us);

struct booking_end {
	enum booking_outcome outcome;
	int         cause;            /* Q.850; 0: none */
	bool        counts;           /* uses one of the allowed attempts up */
	bool        final;            /* whatever is left of them */
	const char *call_id, *leg_id; /* NULL: none */
};
/* A party's attempt, or the host's. Of the host's comes what happens to the run: live, waiting, done. Of the party's, nothing. */
int booking_attempt_end(struct store *s, const struct booking_node *n, const struct booking_attempt *a,
                        const struct booking_end *e, int64_t now_utc_us);
/* The run without an attempt: cannot be begun now (e->final: nor ever), or its conference is over (BOOKING_HELD). */
int booking_run_end(struct store *s, const struct booking_node *n, const char *run_id, const struct booking_end *e,
                    int64_t now_utc_us);

#endif
