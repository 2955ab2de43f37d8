/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call/mparty_internal.h - what the files of the multi-party call share. For nobody else.
 *
 *   mparty.c         the call: events, the host's leg, money, limits, the end
 *   mparty_command.c what may be commanded of it
 *   mparty_look.c    how it looks
 *   mparty_party.c   a party, from its number to the end of its talk
 */
#ifndef CALL_MPARTY_INTERNAL_H
#define CALL_MPARTY_INTERNAL_H

#include "call/mparty.h"
#include "core/worker.h"

#define MPARTY_MAGIC       0x4d505259u
#define MPARTY_EVENTS_MAX  64
#define MPARTY_COMMANDS_MAX 32 /* ids remembered; an office repeats a command within seconds or not at all */

struct mparty_party {
	struct party        pub;
	struct mparty      *m;
	struct leg         *leg;       /* one reference, from dialling to LEG_EV_GONE */
	struct leg_observer observer;
	struct route_attempt route;    /* the trunks it has been dialled over */
	struct worker_job   rating_job;
	struct rate_quote   rate;
	int                 rating_err;
	bool                in_charge; /* the charge knows the leg */
};

struct mparty_command {
	char     id[ID_SIZE];
	int      result;
	unsigned order;
};

struct mparty {
	unsigned               magic;
	unsigned               refs;
	struct mparty_env     *env;
	struct mparty_setup    setup;
	struct log_ctx         log;
	struct charge         *charge;
	struct conference     *conference;
	/* the host alone with the early sound of the party he waits for; never the room (rule 17) */
	struct media_room     *booth;
	struct leg            *host;
	struct leg_observer    host_observer;
	bool                   host_gone, away, ending, closing, settled;
	bool                   host_muted, others_muted, locked;
	int                    end_cause;
	unsigned               pending; /* jobs and reservations whose answer will come */
	unsigned               count;
	struct mparty_party   *party[MPARTY_PARTIES_MAX + 1]; /* by order, from 1 */
	struct mparty_command  command[MPARTY_COMMANDS_MAX];
	unsigned               commands;
	uint64_t               version;
	int64_t                began_us;
	int64_t                heard_us; /* when somebody spoke, also who has left since */
	struct list            observers;
	struct mparty_event    events[MPARTY_EVENTS_MAX];
	unsigned               event_count;
	struct loop_task       tell;
	struct loop_task       host_left;
	unsigned               expected; /* mparty_expect() */
	struct call_limits     limits;   /* env's, and the booked end */
	struct call_watch      watch;
	struct list            link;    /* env->calls */
};

/* ---- mparty.c ---- */
void mparty_emit(struct mparty *m, enum mparty_event_type type, unsigned order, int seconds);
void mparty_check_over(struct mparty *m);

/* ---- mparty_look.c ---- */
unsigned mparty_called(const struct mparty *m); /* parties that have not ended, who rings included */

/* ---- mparty_party.c ---- */
void party_start(struct mparty_party *p); /* rating first; what comes of it as events */
void party_admit(struct mparty_party *p); /* answered, and wants to come in */
void party_join(struct mparty_party *p);  /* into the room, and the host with it */
void party_drop(struct mparty_party *p, int cause);

#endif
