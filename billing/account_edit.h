/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/account_edit.h - several settings of an account at once: all of them are changed, or none is. Blocking: workers. Each
 * change has its row in the audit trail, as when it is made alone.
 */
#ifndef BILLING_ACCOUNT_EDIT_H
#define BILLING_ACCOUNT_EDIT_H

#include <stdbool.h>

#include "billing/account.h"

struct account_edit {
	int64_t     account_id;
	const char *number, *who;                       /* number: a live one of that account */
	int64_t     at_utc_us;
	const char *check, *tariff, *language, *state;  /* NULL: as it is */
	const char *kind;                               /* prepaid, operator; NULL: as it is. A prepaid account's credit is 0 */
	bool        has_credit, has_trust, has_discount;
	int64_t     credit_e4, trust_e4;
	unsigned    discount_bp;
	/* Whether the account, as it is under the transaction's lock, is what the editor looked at. NULL: it is. */
	bool      (*wanted)(void *arg, const struct account *now);
	void       *arg;
};
/* -ENOENT no such account; -ESTALE it is not the wanted one; -EDOM no tariff of this name of the account's provider; -EDQUOT more
 * than the new credit is spent or held; -ENOKEY a password is wanted, and the account has none; -EINVAL. */
int account_edit(struct store *s, const struct account_edit *e);

#endif
