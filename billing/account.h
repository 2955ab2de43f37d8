/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/account.h - accounts and their numbers. Blocking: workers and the command line. Numbers are canonical (route/number.h),
 * times UTC us given by the caller, who stands in the audit trail.
 */
#ifndef BILLING_ACCOUNT_H
#define BILLING_ACCOUNT_H

#include "core/random.h"
#include "store/store.h"

#define ACCOUNT_AMOUNT_MAX_E4 INT64_C(1000000000000000) /* a hundred thousand million units: no sum of balances overflows */

/* What he who is called back is asked for, before the menu (rule 18): it may be another telephone, or a voicemail. */
enum account_check {
	ACCOUNT_CHECK_SERVICE /* as the service has it */,
	ACCOUNT_CHECK_NOTHING,
	ACCOUNT_CHECK_1,
	ACCOUNT_CHECK_PASSWORD
};

/* Through what an account is asked for: a service number, or a trunk, that is a provider's knows that one's accounts alone (rule
 * 24). */
struct account_door {
	const char *service;        /* that was dialled, canonical; NULL: none */
	const char *trunk_provider; /* whose the trunk is, over which the call came; NULL or "": everybody's */
};

struct account {
	int64_t id, provider_id, tariff_id, balance_e4, held_e4, credit_e4;
	char    number[32], state[12], kind[12], language[8], tariff[64];
	unsigned discount_bp; /* billing/tariff_assign.h */
	char    provider[65];
	int64_t trust_e4;
	char    check[12]; /* enum account_check, as in account_check_parse() */
};

/* The account whose live number this is. -ENOENT. */
int account_find(struct store *s, const char *number, struct account *a);
/* door NULL: any. -ENOENT: not through this one. */
int account_through(struct store *s, const struct account *a, const struct account_door *door);
int account_each(struct store *s, int (*each)(void *arg, const struct account *a), void *arg);

struct account_new {
	const char *number, *language, *tariff, *who;
	const char *provider; /* NULL: whosever the tariff is; the account is its tariff's provider's (rule 24) */
	int64_t     opening_e4, at_utc_us;   /* the opening balance is a ledger row like any other */
};
/* -EEXIST the number is live already; -ENOENT no such tariff of that provider; -EINVAL. */
int account_add(struct store *s, const struct account_new *n);

/* id: client-made, so that a repeated top-up is one. -ENOENT; -EINVAL the amount; -EEXIST the id is another movement's;
 * -EPERM the account is closed. */
int account_topup(struct store *s, const char id[ID_SIZE], const char *number, int64_t amount_e4, const char *who,
                  int64_t at_utc_us);
/* state: active, suspended, closed. -ENOENT, -EINVAL; -EPERM it is closed: for good. */
int account_set_state(struct store *s, const char *number, const char *state, const char *who, int64_t at_utc_us);
/* service, nothing, press-1, password; anything else: as the service has it. */
enum account_check account_check_parse(const char *text);
/* -ENOKEY: a password is wanted, and the account has none. */
int account_set_check(struct store *s, const char *number, const char *check, const char *who, int64_t at_utc_us);
int account_set_language(struct store *s, const char *number, const char *language, const char *who, int64_t at_utc_us);

/* Rule 24: an operator-billed account may spend more than it has, up to its credit; rule 23: what it is trusted for while no node
 * can ask the database. -ENOENT; -EINVAL; -EDQUOT more than the new credit is spent or held already. */
struct account_limits {
	bool    operator_billed;
	int64_t credit_e4, trust_e4; /* credit 0 for a prepaid one */
};
int account_set_limits(struct store *s, const char *number, const struct account_limits *l, const char *who, int64_t at_utc_us);

struct ledger_row {
	char    id[ID_SIZE], kind[20], call_id[ID_SIZE], leg_id[ID_SIZE], at[32];
	int64_t amount_e4;
};
int account_ledger(struct store *s, const char *number, int (*each)(void *arg, const struct ledger_row *r), void *arg);

#endif
