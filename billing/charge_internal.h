/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/charge_internal.h - the charge of one call, shared by charge.c (its life, its legs), charge_funds.c (what is due, and
 * when the money ends), charge_hold.c (asking for more), charge_settle.c (its end) and charge_journal.c (what a crash must not
 * forget).
 */
#ifndef BILLING_CHARGE_INTERNAL_H
#define BILLING_CHARGE_INTERNAL_H

#include "billing/charge.h"
#include "billing/internal.h"
#include "core/clock.h"

#define CHARGE_MAGIC  0x43484152u
#define LOOK_AHEAD_US CLOCK_SEC(CHARGE_LOOK_AHEAD_S)

enum charge_leg_state { LEG_RESERVING, LEG_RESERVED, LEG_LIVE, LEG_DONE };

struct charge_leg {
	char                  id[ID_SIZE];
	enum charge_leg_state state;
	struct rate_quote     quote;
	struct rate           rate;         /* the one of the two that applies, from the answer on */
	int64_t               answer_mono_us, answer_utc_us, talk_ms, amount_e4;
	char                 *begun;        /* its record, should the node die; NULL: none, or it has its own already */
	int64_t               asked_us;     /* when its money was asked for */
	void (*reserved)(void *arg, int err);
	void                 *arg;
};

struct charge {
	unsigned              magic;
	struct billing       *b;
	struct list           link;         /* b->charges */
	char                  call_id[ID_SIZE];
	struct charge_account account;
	int64_t               opening_e4;   /* asked for with the trigger; kept until the host has answered */
	int64_t               hold_e4, share_e4, near_e4, expires_utc_us; /* billing/hold.h */
	bool                  scarce;
	bool                  open;         /* the hold is in the database; before that and after it nothing is extended */
	char                 *begun;        /* the call's record, as a leg's */
	unsigned              count, room;
	struct charge_leg   **leg;          /* one by one, as they are reserved; each stays where it is until the end */
	struct settle_leg    *owed;         /* room for as many: what was answered is settled without asking for memory */
	const struct charge_handlers *owner;
	void                 *owner_arg;
	struct loop_timer     check, end, warn, retry, patience;
	struct loop_task      unwarn;
	int64_t               end_us;       /* mono: money ends then; CLOCK_NEVER */
	int64_t               told_us;      /* ... and what the warning is about */
	bool                  warned, exhausted, closing;
	bool                  busy, again;  /* an extension is under way; another is wanted after it */
	bool                  overdue;      /* ... and has been for PATIENCE_US */
	struct worker_job     job;
	struct hold_open      opening;
	struct hold_extend    extend;
	int                   extend_err;
	struct hold_settle    settle;
	int                   settle_err;
	void (*closed)(void *arg, int64_t total_e4);
	void                 *closed_arg;
};

/* One more leg; everything that it will need is there, so that a leg for which there is no memory is never called. -ENOMEM. */
int     charge_leg_add(struct charge *c, struct charge_leg **l);
struct charge_leg *charge_find(struct charge *c, const char *leg_id);
bool    charge_live(const struct charge *c);
/* By mono time at: the legs that talk, at their rates; those that ended, what they cost; those about to be called, their first
 * increment. if_answered: these as if they were answered now, and those that wait for their money as well. */
int64_t charge_due(const struct charge *c, int64_t at_us, bool if_answered);
/* Sets warning and end by what is covered now. */
void    charge_plan(struct charge *c);
void    charge_timers_init(struct charge *c);
void    charge_timers_stop(struct charge *c);
/* Asks for what will be due by the look-ahead and a slice; as much of it as falls to this call. */
void    charge_extend(struct charge *c);
/* Waits until the hold has what the trigger asked for: other calls give it back. -EDQUOT: they cannot. From a coroutine. */
int     charge_open_rest(struct charge *c);
void    charge_check_fire(struct loop_timer *t);
void    charge_settle_again(struct loop_timer *t);
void    charge_free(struct charge *c);

#endif
