/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/reconcile.h - the books against each other: every balance from its ledger, every hold, each leg's record against its
 * rate and against what was taken for it, cards against credits. One snapshot of the database; nothing is changed. Blocking.
 */
#ifndef BILLING_RECONCILE_H
#define BILLING_RECONCILE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* What another table says of a change may come this much later: records wait for the database in the journal. So a row without
 * its other half is young until then: explained, unless strict. */
#define RECONCILE_GRACE_US (INT64_C(120) * 1000000)
/* An expired hold's call is settled when its node is back: so long that is waited for. */
#define RECONCILE_NODE_US  (INT64_C(86400) * 1000000)

struct reconcile_finding {
	bool        discrepancy; /* false: known and explained - a leg cut by a crash, a loss, a call that waits for its node */
	const char *check, *text;  /* "balance"; what is wrong with the thing */
	const char *object;        /* an account's number, or the id of a leg, call, hold, ledger row */
	int64_t     expected_e4, found_e4;
	const char *at;            /* when it happened, UTC; "": nothing that happened once */
};

struct reconcile {
	int64_t  now_utc_us;
	int64_t  since_utc_us;  /* what is explained is told from here on; 0: all */
	bool     strict;        /* what is young is a discrepancy as well: whoever asks has seen that nothing is on its way */
	/* f NULL: it begins anew, and what was told is void. Not 0 ends it. */
	int    (*each)(void *arg, const struct reconcile_finding *f);
	void    *arg;
	/* what was looked at, and what was found */
	int64_t  accounts, movements, legs, discrepancies, explained, young;
};

/* 0 also with discrepancies: they are counted. -EIO: the database. */
int reconcile(struct store *s, struct reconcile *r);

#endif
