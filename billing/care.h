/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/care.h - what a subscriber does with his account himself, by telephone. From a coroutine: each waits on a worker, and
 * is not cut short by a hang-up; what the arguments point to must outlive it. Numbers are canonical. -EIO: the database.
 */
#ifndef BILLING_CARE_H
#define BILLING_CARE_H

#include "billing/billing.h"
#include "billing/password.h"

struct care_account {
	int64_t balance_e4;
	char    language[8], state[12]; /* "active", "suspended", "closed" */
};
/* -ENOENT, also when he is another provider's than this door. */
int billing_care_find(struct billing *b, const char *number, const struct account_door *door, struct care_account *a);
int billing_care_language(struct billing *b, const char *number, const char *language, const char *who);    /* -ENOENT, -EINVAL */
int billing_care_has_password(struct billing *b, const char *number, bool *set);                           /* -ENOENT */
/* Fills in the id and the time. Whom this door does not know has PASSWORD_NO_ACCOUNT. */
int billing_care_password(struct billing *b, const struct account_door *door, struct password_check *c);
/* -ENOENT, -EINVAL */
int billing_care_set_password(struct billing *b, const char *number, const char *password, const char *who);

#define CARE_CALLS_MAX 5
struct care_call { /* somebody whom the host reached */
	char    called[32];
	int64_t talk_ms, amount_e4;
};
/* Of this host, the latest first. */
int billing_care_calls(struct billing *b, const char *number, struct care_call call[CARE_CALLS_MAX], unsigned *count);

#endif
