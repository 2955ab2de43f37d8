/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/hold.h - money set aside for one call: opened, extended, settled or expired; each step once, whatever is repeated.
 * Blocking; workers.
 *
 * A hold's id is its call's. Available = balance + credit - held, kept in the account row by conditional relative updates; every
 * transaction here locks the account's row first, so the calls of one account come one after the other.
 *
 * Several calls may live on one account, on several nodes. Each says with its hold what it needs at most, by four moments
 * (need_e4, never decreasing). When the account has enough for all of them, each gets its need by the last. When it has not, the
 * money goes by moments: first what everybody needs by the first, then by the second, and so on; at the moment for which it does
 * not suffice it is shared in proportion. What a call holds beyond its share it gives back, at its next extension. So nobody is
 * without money for his next seconds while another holds it for his next minutes.
 */
#ifndef BILLING_HOLD_H
#define BILLING_HOLD_H

#include "core/random.h"
#include "store/store.h"

#define HOLD_MOMENTS 4

struct hold_open {
	char        id[ID_SIZE];
	int64_t     account_id, amount_e4, at_utc_us, expires_utc_us;
	const char *node;
	int64_t     held_e4;       /* out: amount_e4, or less: other calls of the account will give the rest back */
};
/* -EDQUOT: it is not there, and would not be if the others gave back what they can; -ENOENT account not active. */
int hold_open(struct store *s, struct hold_open *h);

struct hold_extend {
	char    id[ID_SIZE];
	int64_t account_id, expires_utc_us;
	int64_t need_e4[HOLD_MOMENTS];  /* in all, since the call began */
	int64_t enough_e4;              /* as long as so much is held (and not more than the last need), nothing is moved */
	int64_t held_e4;                /* out: in all, now */
	int64_t share_e4;               /* out: what this call may count on, held or not; the whole account when it is alone */
	int64_t near_e4;                /* out: what it could have by the first moment, if the others gave back what they can */
	bool    scarce;                 /* out: the account does not have what all its calls need by their last moments */
};
/* A hold that has expired is opened again. May be repeated: it says how much is held, not how much more. -ESTALE: settled. */
int hold_extend(struct store *s, struct hold_extend *h);

#define SETTLE_LEGS_MAX 250 /* of one call, those that were not answered included */
struct settle_leg {
	char    leg_id[ID_SIZE];
	int64_t amount_e4;
};
struct hold_settle {
	char        id[ID_SIZE];      /* also the call id */
	int64_t     account_id, at_utc_us;
	/* what the caller knows to be held; when it is so, one round trip does. 0: it does not know */
	int64_t     held_e4;
	const char *number;
	unsigned    count;
	struct settle_leg *leg; /* the caller's, until it has returned */
	int64_t     total_e4, loss_e4; /* out: taken from the account; booked to the operator's loss */
};
/* One transaction: a ledger row for each leg with an amount, its id the leg's; the hold closed, the rest free. */
int hold_settle(struct store *s, struct hold_settle *h);

/* Holds whose node died: given back when their time is over. *count: how many, also with an error. */
int hold_expire(struct store *s, int64_t now_utc_us, int64_t *count);

#endif
