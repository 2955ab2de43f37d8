/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/booked.h - booked conferences: at the time the host is called, and when he has answered, all parties at once.
 *
 * Control thread; one a node. What is due is claimed from the database (booking/run.h) as channels allow; each claimed booking is
 * a coroutine (ivr/booked_call.c) that calls the host as a callback does, and one more for each party while the conference lasts.
 * A host who is not reached is given back to the database for the next attempt: any node may make it, and nothing of it is in
 * memory meanwhile.
 *
 * A run is ours as long as its lease is; ten seconds before its end, at the defaults, whatever rings for it is released and
 * nothing new is begun: another node may. The talk itself goes on.
 */
#ifndef IVR_BOOKED_H
#define IVR_BOOKED_H

#include "booking/run.h"
#include "ivr/ivr.h"

struct booked;

struct booked_settings {
	int64_t  claim_us;    /* how often is looked for what is due, 1 s; 0: this node begins no bookings */
	int64_t  lease_us;    /* 60 s: longer than an exchange holds a dead node's calls (rule 26) */
	int64_t  late_max_us; /* a day: what could not be begun by then is missed */
	unsigned reserve;     /* 2 channels stay free for others (rule 5) */
};
void booked_settings_default(struct booked_settings *s);

enum booked_counter {
	BOOKED_BEGUN,
	BOOKED_HELD,
	BOOKED_NOT_REACHED,
	BOOKED_ATTEMPTS,
	BOOKED_MISSED,
	BOOKED_TAKEN_OVER,
	BOOKED_LEASES_LOST,
	BOOKED_COUNTERS
};

/* env and s outlive it; node: its name in the records. Its timer starts with booked_start(). -ENOMEM. */
int  booked_alloc(struct booked **kp, struct ivr_env *env, struct store *s, struct counter_registry *counters, const char *node,
                 const struct booked_settings *settings);
void booked_start(struct booked *k);
void booked_stop(struct booked *k);          /* nothing new; what is under way ends as its legs are released */
bool booked_idle(const struct booked *k);
unsigned booked_count(const struct booked *k); /* runs under way */
void booked_free(struct booked *k);          /* idle; NULL is well */

#endif
