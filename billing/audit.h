/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/audit.h - the audit trail: each change somebody makes, in the transaction that makes it. Rows are only ever added
 * (triggers refuse the rest). Blocking: workers and the command line.
 *
 * Who did it is one word everywhere, "USER@WHERE": "cli:root@pts/0", "cli:anna@192.0.2.7", "phone:8613800000001@pstn". The part
 * behind the last @ is where from; without one that is not known.
 */
#ifndef BILLING_AUDIT_H
#define BILLING_AUDIT_H

#include "core/random.h"
#include "store/store.h"

#define AUDIT_WHO_SIZE 128

struct audit_entry {
	const char *id;            /* client-made, of ID_SIZE: the same in every try of the transaction */
	const char *who;           /* both parts are kept to 64 characters */
	const char *what;          /* "account.state": the thing, a dot, what was done to it */
	const char *subject;       /* a number, a batch, a tariff's name; cut at 64 characters */
	const char *before, *after; /* NULL: nothing was there */
	int64_t     at_utc_us;
};

/* Into the transaction that is under way. A row that is there already is of a try whose commit we did not hear of: 0. */
int billing_audit(struct store_conn *c, const struct audit_entry *e);
/* Whether an earlier try was committed: 1, 0 or an error. For changes that cannot be told by what they left. */
int billing_audited(struct store_conn *c, const char *id);

#endif
