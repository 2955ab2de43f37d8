/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/charge.h - the money of one call while it lives: its hold, what is due on its legs, the moment it runs out.
 *
 * Control thread; SQL runs on workers. One charge per multi-party call, opened by the trigger (before the confirmation is spoken,
 * telephony rule 20), closed when the last leg is gone. All amounts in 1/10000 of the currency unit (_e4).
 *
 * Life of a leg:  charge_leg_reserve -> (SETUP is sent only after its answer was 0) -> charge_leg_answered at CONNECT
 * -> charge_leg_ended.  A leg that is never answered is ended all the same, with amount 0.
 *
 * The charge keeps the hold ahead of need: it looks CHARGE_LOOK_AHEAD_S forward, asks for what all live legs will be due by then
 * in slices, extends the hold's expiry, and shares with the account's other calls (billing/hold.h). When the account cannot cover
 * it, it knows the exact moment (rule 22: the first at which an increment due on any live leg is not covered) and tells the
 * owner: warn, again when it moves nearer, unwarn when a recharge moves it away, exhausted at the moment itself; the owner then
 * ends all legs.
 */
#ifndef BILLING_CHARGE_H
#define BILLING_CHARGE_H

#include <stdbool.h>
#include <stdint.h>

#include "billing/provider.h"
#include "billing/rating.h"
#include "core/log.h"
#include "core/random.h"

struct charge;
struct billing; /* billing/billing.h: store, workers, journal, settings of one node */

#define CHARGE_LEGS_MAX     64
#define CHARGE_WARN_S       60
#define CHARGE_LOOK_AHEAD_S 120

struct charge_account {          /* what the trigger found out; copied */
	int64_t account_id, provider_id, tariff_id; /* the tariff of this call: the service's, else the account's */
	unsigned discount_bp;    /* hundredths of a percent off every leg */
	char    number[32];      /* the host's, E.164 digits */
	char    provider[PROVIDER_NAME_SIZE];
	int64_t trust_e4;        /* what he may talk for while no node can ask the database (rule 23) */
};

/* Handlers are called from the loop, never from within a charge_ function. */
struct charge_handlers {
	void (*warn)(void *arg, int seconds_left);
	void (*unwarn)(void *arg);
	void (*exhausted)(void *arg);
};

/* From a coroutine (waits on a worker): opens the hold `amount_e4` under call_id. -EDQUOT: not enough money; -EIO: the database
 * does not answer; -ENOENT: account closed meanwhile. */
int charge_open(struct charge **cp, struct billing *b, const char call_id[ID_SIZE], const struct charge_account *a,
                int64_t amount_e4);

/* The owner that ends the legs. Without one (between trigger and callback) nothing is live and nothing can run out. */
void charge_set_owner(struct charge *c, const struct charge_handlers *h, void *arg);

/* Set-up fee + first increment (or minimum) are held before its SETUP. done(arg, 0 | -EDQUOT | -EIO). The leg exists from the
 * call on; when refused it is ended by the charge itself. rate is copied; the version of it that is valid at the answer applies.
 * Returns -ENOSPC over CHARGE_LEGS_MAX, -ENOMEM: done is not called, and there is no leg. */
int charge_leg_reserve(struct charge *c, const char leg_id[ID_SIZE], const struct rate_quote *rate,
                       void (*done)(void *arg, int err),
                       void *arg);
/* The same from a coroutine. */
int charge_leg_reserve_wait(struct charge *c, const char leg_id[ID_SIZE], const struct rate_quote *rate);

/* The unanswered leg is dialled again over another trunk, under another id: what is held for it is held for that one. */
void charge_leg_renamed(struct charge *c, const char leg_id[ID_SIZE], const char new_id[ID_SIZE]);

/* Fsyncs the answer into the journal (on a worker) and starts the meter. Times of the CONNECT, rule 19. */
void charge_leg_answered(struct charge *c, const char leg_id[ID_SIZE], int64_t mono_us, int64_t utc_us);
/* Stops the meter; frees what was held for it beyond its amount at settlement. *amount_e4 (may be NULL): what it will be
 * charged.
 * mono_us 0: its end is not known yet, now. */
void charge_leg_ended(struct charge *c, const char leg_id[ID_SIZE], int64_t mono_us, int64_t *amount_e4);

/* Seconds until exhaustion at the present rates; INT64_MAX when nothing is due. What #8 says and the warning uses. */
int64_t charge_seconds_left(const struct charge *c);
/* What member leg at `rate`, begun now beside the live legs, could talk (honest minutes left before dialling). */
int64_t charge_seconds_left_with(const struct charge *c, const struct rate_quote *rate);

/* All legs must have ended. Settles in one transaction: a ledger row per leg with an amount, the hold closed, the rest given
 * back; retried until the database answers. done (may be NULL) is called when it is in the database, or when the database has
 * taken nothing for 10 s: then it is safe in the journal, total_e4 is what is owed, and the retries go on. c is not the caller's
 * any more. */
void charge_close(struct charge *c, void (*done)(void *arg, int64_t total_e4), void *arg);

#endif
