/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/session.h - who is logged in. A session is a row of the database, so that any office knows it; the browser has a random
 * token in a cookie (HttpOnly, SameSite=Strict, with TLS Secure), the database only its SHA-256.
 *
 * It ends after sessions.idle_min without a request, after sessions.life_h in any case, at a logout, with another password, with
 * a number that leaves its account, and with an operator who is disabled.
 */
#ifndef OFFICE_SESSION_H
#define OFFICE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "billing/operator.h"
#include "office/office.h"

/* Roles are bits, so that a route says who may. */
enum role {
	ROLE_ANYONE = 0,
	ROLE_SUBSCRIBER = 1,
	ROLE_CLERK = 2,
	ROLE_OPERATOR = 4,
	ROLE_AUDITOR = 8,
};
const char *role_name(enum role r);

#define SESSION_TOKEN_SIZE 65 /* 256 bits, in hex */
#define SESSION_HOUSE      1  /* the provider that was there first runs the nodes */

struct session {
	enum role role;                          /* ROLE_ANYONE: nobody is logged in */
	char      id[SESSION_TOKEN_SIZE];        /* the hash */
	char      csrf[SESSION_TOKEN_SIZE];
	int64_t   account_id, operator_id, provider_id;
	char      number[33], name[OPERATOR_NAME_MAX + 1], provider[PROVIDER_NAME_SIZE];
	char      language[8];                   /* a subscriber's */
	int64_t   created_utc_us, seen_utc_us;
	bool      house;
};

/* token NULL or unknown: s->role is ROLE_ANYONE. -EIO. */
int session_find(struct office *o, const char *token, int64_t now_utc_us, struct session *s);
/* The same by s->id. */
int session_find_id(struct office *o, const char *id, int64_t now_utc_us, struct session *s);
/* One of account_id and operator_id; token is new. */
int session_open(struct office *o, int64_t account_id, const char *number, int64_t operator_id, const char *address,
                 int64_t now_utc_us, char token[SESSION_TOKEN_SIZE]);
int session_close(struct office *o, const char *id);
/* Of an account, all but one (except NULL: all). */
int session_close_others(struct office *o, int64_t account_id, const char *except);
/* Those that are over. */
int session_forget(struct office *o, int64_t now_utc_us);
int64_t session_expires(const struct office *o, const struct session *s);

const char *session_cookie_name(const struct office *o);
/* The whole Set-Cookie; token "": the cookie goes. */
void session_cookie(const struct office *o, const char *token, char out[256]);

#endif
