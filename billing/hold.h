/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/hold.h - money set aside for one call: opened, extended, settled or expired; each step once, whatever is repeated.
 * Blocking; workers.
 *
 * A hold's id is its call's. Available = balance + credit - held, kept in the account row by conditional relative updates.
 */
#ifndef BILLING_HOLD_H
#define BILLING_HOLD_H

#include "core/random.h"
#include "store/store.h"

struct hold_open {
	char        id[ID_SIZE];
	int64_t     account_id, amount_e4, at_utc_us, expires_utc_us;
	const char *node;
};
/* -EDQUOT, -ENOENT account not active. */
int hold_open(struct store *s, const struct hold_open *h);

struct hold_extend {
	char    id[ID_SIZE];
	int64_t account_id, expires_utc_us;
	int     step;              /* 1, 2, ...: the same step is never taken twice */
	int64_t want_e4, need_e4;  /* as much as there is up to want; less than need: nothing, -EDQUOT */
	int64_t granted_e4, available_e4;  /* out; available after the grant */
};
int hold_extend(struct store *s, struct hold_extend *h); /* -ESTALE: the hold is not open any more */

#define SETTLE_LEGS_MAX 250
struct settle_leg {
	char    leg_id[ID_SIZE];
	int64_t amount_e4;
};
struct hold_settle {
	char        id[ID_SIZE];      /* also the call id */
	int64_t     account_id, at_utc_us;
	const char *number;
	unsigned    count;
	struct settle_leg leg[SETTLE_LEGS_MAX];
	int64_t     total_e4, loss_e4; /* out: taken from the account; booked to the operator's loss */
};
/* One transaction: a ledger row for each leg with an amount, the hold closed, the rest free. */
int hold_settle(struct store *s, struct hold_settle *h);

/* Holds whose node died: given back when their time is over. *count: how many, also with an error. */
int hold_expire(struct store *s, int64_t now_utc_us, int64_t *count);

#endif
