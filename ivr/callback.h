/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/callback.h - a confirmed order: from the confirmation to the end of the multi-party call. One a subscriber at a time (rule
 * 5).
 *
 * Made by the trigger before it asks the database, so that a second trigger meets it; dropped by it when the order is refused;
 * else it runs by itself.
 */
#ifndef IVR_CALLBACK_H
#define IVR_CALLBACK_H

#include "ivr/ivr.h"

struct callback;
struct dialogue;

/* What a booked call does otherwise (ivr/booked_call.c). */
struct callback_steps {
	int (*setup)(struct callback *c, const char *leg_id);      /* before the SETUP; not 0: it is not sent */
	int (*talk)(struct callback *c, struct dialogue *d);       /* the host has answered and is there: 0, -ETIMEDOUT */
};

struct callback {
	struct list       link;      /* env->callbacks */
	struct ivr_env   *env;
	const struct ivr_service *service;
	char              number[LEG_NUMBER_MAX + 1];  /* the host's, canonical */
	struct mparty_setup setup;
	struct charge    *charge;    /* NULL once a multi-party call has taken it */
	int64_t           hold_e4;   /* enough money, as the trigger reckoned it */
	struct route_place reserved; /* one channel is ours; none: used up */
	char              leg_id[ID_SIZE]; /* of the last leg dialled */
	struct leg       *leg;       /* being called, or the host's; NULL between attempts */
	struct mparty    *live;
	struct coro      *coro;      /* sleeping between attempts */
	bool              say_confirmed; /* the trigger could not be heard (unanswered = silent): say it at the answer */
	bool              restricted;
	enum account_check check;    /* of the account */
	const struct callback_steps *steps; /* NULL: ordered by a trigger */
	void             *steps_arg;
	int               cause;     /* of the last attempt that was not answered */
};

/* The pending or live one for this subscriber, or NULL. */
struct callback *callback_find(struct ivr_env *env, const char *number);

int  callback_alloc(struct callback **cp, struct ivr_env *env, const struct ivr_service *s, const char *number);
void callback_free(struct callback *c);   /* releases the reservation and closes the charge; not once started */
/* The trigger is gone: call back after the service's delay. It frees itself at the end. -ENOMEM: the caller frees. */
int  callback_start(struct callback *c);

/* ---- for a booked call: what callback_start() does of itself ---- */

/* Opens the charge and begins the call's record, unless that is so already. -EDQUOT, -EIO, -ENOENT. */
int  callback_money(struct callback *c);
/* One attempt, on its coroutine, over as many trunks as its route gives it; avoid and *tp: struct route_attempt, the last taken.
 * 0: he came and it is over; -ETIMEDOUT: busy, no answer, no key: this attempt is used up; -EBUSY:
 * congestion, which uses none up (rule 7); -EDQUOT, -EIO: no money or no database any more; what steps->setup returned. */
int  callback_attempt(struct callback *c, const struct trunk *avoid, struct trunk **tp);
/* No more attempts. err: of the last. Frees it. */
void callback_over(struct callback *c, int err);

#endif
