/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/account_internal.h - changes of accounts within a transaction that is under way, each with its row in the audit trail,
 * for billing/account_edit.c; nobody else includes it. Errors as in billing/account.h and billing/tariff_assign.h. */
#ifndef BILLING_ACCOUNT_INTERNAL_H
#define BILLING_ACCOUNT_INTERNAL_H

#include "billing/account.h"

struct account_act {
	const char *number, *who;
	char        id[ID_SIZE]; /* of the row in the audit trail */
	int64_t     at_utc_us;
};

int account_read(struct store_conn *c, const char *number, struct account *a);
bool account_language_ok(const char *language);
bool account_state_ok(const char *state);
bool account_check_ok(const char *check);
bool account_limits_ok(const struct account_limits *l);
/* column: state, language, callback_check; value: one that is ok */
int account_write(struct store_conn *c, const struct account_act *a, const char *column, const char *value);
int account_write_limits(struct store_conn *c, const struct account_act *a, const struct account_limits *l);
int account_write_tariff(struct store_conn *c, const struct account_act *a, const char *tariff);
int account_write_discount(struct store_conn *c, const struct account_act *a, unsigned discount_bp);

#endif
