/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/billing.h - one node's charging: the store, its journal, the janitor of dead holds; and the two questions that a call
 * asks before it costs anything.
 *
 * billing_open .. billing_close on control; functions that take a struct store or say "blocking" are for workers.
 */
#ifndef BILLING_BILLING_H
#define BILLING_BILLING_H

#include "billing/account.h"
#include "billing/card.h"
#include "billing/password.h"
#include "billing/charge.h"
#include "core/counter.h"
#include "core/worker.h"
#include "store/store.h"

struct billing;

struct billing_config {
	char    node[32];
	char    journal_dir[256];   /* made when missing, 0700 */
	char    home_area[16];      /* of the service: "10"; where the callback leg starts */
	int64_t hold_life_us;       /* a hold lives so long without being renewed; 0: 60 s */
	int64_t     checkpoint_us;  /* how often talk is written down; 0: 5 s */
	unsigned    disk_percent;   /* used of the journal's disk: from then on what is not money stops; 0: 90 */
	/* on control, when that begins and ends: traces and recordings stop; NULL: nobody's concern */
	void (*disk)(void *arg, bool low);
	void       *disk_arg;
	struct card_config cards;   /* billing/card.h */
	struct password_limits passwords;
	unsigned calls_per_day;     /* of an account, on all nodes; 0: no limit */
	uint64_t journal_big;       /* octets, from which the journal begins anew with what is still needed; 0: 4 MiB */
};

/* Blocking: the journal of an earlier life is replayed (legs without an end are charged to their last checkpoint). -EIO: the
 * database does not answer. */
int billing_open(struct billing **bp, struct loop *l, struct store *s, struct worker_pool *workers,
                 struct counter_registry *counters, const struct billing_config *c);
/* Idle (run the loop until billing_idle()). */
void billing_close(struct billing *b);
bool billing_idle(const struct billing *b);  /* nothing unsettled, no record under way */

/* The journal's disk is fuller than disk_percent: nothing that is not money is to be written. Looked at every 10 s. */
bool billing_disk_low(const struct billing *b);

struct billing_trigger {
	struct charge_account account;
	char        language[8];     /* set as soon as the account is known, also with an error */
	struct rate_quote callback_rate; /* of the callback leg, from the service's home area to the host */
	enum account_check check;    /* before the menu (rule 18) */
	int64_t     hold_e4;         /* rule 20: callback's and the cheapest member's set-up fee and minimum */
};
/* A tariff of the door's service goes before the account's.
 * Blocking. 0; -ENOENT no such number; -EACCES suspended or closed; -EDQUOT not enough money; -EUSERS too many
 * calls in the last 24 hours; -ENODATA no rate for the callback;
 * -EIO. */
int billing_trigger_check(struct billing *b, const char *number, const struct account_door *door, int64_t at_utc_us,
                          struct billing_trigger *t);
/* Blocking. 0; -EACCES barred; -ENOENT no rate; -EIO. */
int billing_rate_leg(struct billing *b, const struct charge_account *a, const char *called, int64_t at_utc_us,
                     struct rate_quote *rate);

/* Blocking: may a call go to this number (rule 13)? 0; -EACCES barred; -EIO. */
int billing_barred(struct billing *b, const char *called);

/* A card is redeemed (billing/card.h). From a coroutine: waits on a worker, and is not cut short by a hang-up; what r points to
 * must live until then. */
int billing_card_redeem(struct billing *b, struct card_redeem *r);

#endif
