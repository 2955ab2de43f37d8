/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/password.h - the password of an account: digits, for the telephone and the web alike. Kept as argon2id only
 * (libsodium); never logged, never in the audit trail.
 *
 * An attempt is counted in SQL before it is looked at, and forgotten when it was right: so many wrong ones within the window lock
 * the account for as long as the window is, whoever tries, on whatever node, and however many at once.
 */
#ifndef BILLING_PASSWORD_H
#define BILLING_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/random.h"
#include "store/store.h"

#define PASSWORD_MIN 6
#define PASSWORD_MAX 12

struct password_limits {
	unsigned tries;     /* 3 */
	int64_t  window_us; /* 30 minutes */
};
void password_limits_default(struct password_limits *l);

enum password_outcome {
	PASSWORD_RIGHT,
	PASSWORD_WRONG,
	PASSWORD_LOCKED,     /* too many wrong ones, by this one or before: nothing was looked at, or the last try was used up */
	PASSWORD_NOT_SET,    /* nobody can have it: a password is set by the account's own telephone, or by the operator */
	PASSWORD_NO_ACCOUNT, /* nobody has this number */
};

struct password_check {
	char        id[ID_SIZE];  /* made by the asker: a repeated check is one attempt */
	const char *number;       /* any live number of the account, canonical */
	const char *password;
	const char *who;          /* for the row that says it was locked (audit.h) */
	int64_t     at_utc_us;
	enum password_outcome outcome; /* out */
	unsigned    tries_left;        /* out, with PASSWORD_WRONG */
};
/* Blocking, some 30 ms of a core and 19 MiB. 0: the outcome tells; -EIO the database. */
int password_check(struct store *s, const struct password_limits *l, struct password_check *c);

/* The hash itself, for operators' passwords as well (billing/operator.h). Blocking as above; -ENOMEM. */
#define PASSWORD_HASH_SIZE 128
int  password_hash(const char *password, char hash[PASSWORD_HASH_SIZE]);
/* hash "": takes as long as one that is wrong. */
bool password_verify(const char *hash, const char *password);

enum password_fault { PASSWORD_GOOD, PASSWORD_LENGTH, PASSWORD_NO_DIGITS, PASSWORD_WEAK };
/* Pure. Weak: one digit again and again, a part of it repeated (121212), digits in a row up or down (also with steps: 135790), or
 * a part of the number or the number backwards. */
enum password_fault password_fault(const char *password, const char *number);

int password_is_set(struct store *s, const char *number, bool *set); /* -ENOENT */
/* -ENOENT; -EINVAL a faulty one; -EIO. The lock and the wrong attempts so far are forgotten. password NULL: none from now on. */
int password_set(struct store *s, const char *number, const char *password, const char *who, int64_t at_utc_us);
/* The operator's: may be tried again at once. -ENOENT. */
int password_unlock(struct store *s, const char *number, const char *who, int64_t at_utc_us);

#endif
