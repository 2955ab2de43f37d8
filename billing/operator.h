/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/operator.h - the people of an operator who work with the back office: name, password, a phone's one-time codes (TOTP),
 * and a role, within one provider (telephony rule 24). Blocking: workers and the command line; each change with its row in the
 * audit trail.
 *
 *   clerk     serves subscribers: looks, adds accounts, tops up, passwords and numbers
 *   operator  whatever there is to do: tariffs, cards, limits, live calls, spans
 *   auditor   sees everything, changes nothing
 *
 * Passwords as billing/password.h (argon2id), wrong ones counted in SQL the same way. A wrong code counts as a wrong password,
 * and is not told from one.
 */
#ifndef BILLING_OPERATOR_H
#define BILLING_OPERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "billing/password.h"
#include "billing/provider.h"
#include "billing/totp.h"
#include "store/store.h"

#define OPERATOR_NAME_MAX     32 /* letters, digits, - _ . */
#define OPERATOR_PASSWORD_MIN 10
#define OPERATOR_PASSWORD_MAX 128
#define OPERATOR_TRIES        5
#define OPERATOR_LOCK_US      (INT64_C(900) * 1000000) /* also how long a wrong one is remembered */

enum operator_role { OPERATOR_CLERK, OPERATOR_OPERATOR, OPERATOR_AUDITOR, OPERATOR_ROLES };
const char *operator_role_name(enum operator_role r);
int         operator_role_parse(enum operator_role *r, const char *name); /* -EINVAL */

struct operator {
	int64_t            id, provider_id;
	char               name[OPERATOR_NAME_MAX + 1], provider[PROVIDER_NAME_SIZE], created[32], locked_until[32];
	enum operator_role role;
	bool               disabled;
};

struct operator_new {
	const char        *name, *password, *secret; /* secret: totp_secret() */
	const char        *provider;                 /* NULL: "default" */
	enum operator_role role;
};
/* -EEXIST; -ENOENT no such provider; -EINVAL the name, or a password that is too short or too long. */
int operator_add(struct store *s, const struct operator_new *n, const char *who, int64_t at_utc_us);
/* In order of their names; name NULL: all. -ENOENT: none of that name. */
int operator_each(struct store *s, const char *name, int (*each)(void *arg, const struct operator* o), void *arg);

/* All -ENOENT. A new password, secret or a disabled one ends his sessions, and a lock. */
int operator_set_role(struct store *s, const char *name, enum operator_role role, const char *who, int64_t at_utc_us);
int operator_set_disabled(struct store *s, const char *name, bool disabled, const char *who, int64_t at_utc_us);
int operator_set_secret(struct store *s, const char *name, const char *secret, const char *who, int64_t at_utc_us);
/* -EINVAL */
int operator_set_password(struct store *s, const char *name, const char *password, const char *who, int64_t at_utc_us);

struct operator_check {
	char        id[ID_SIZE]; /* made by the asker: a repeated check is one attempt */
	const char *name, *password, *code;
	const char *who;         /* for the rows that say he came in, or was locked */
	int64_t     at_utc_us;
	enum password_outcome outcome; /* out: RIGHT, WRONG, LOCKED, NO_ACCOUNT (also a disabled one) */
	struct operator       found;   /* out, with PASSWORD_RIGHT */
};
int operator_check(struct store *s, struct operator_check *c);

#endif
