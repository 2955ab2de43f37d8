/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/random.h"
#include "office/digest.h"

#define SEEN_US CLOCK_SEC(60) /* so often it is written down that a session is used */

const char *role_name(enum role r)
{
	switch (r) {
	case ROLE_SUBSCRIBER:
		return "subscriber";
	case ROLE_CLERK:
		return "clerk";
	case ROLE_OPERATOR:
		return "operator";
	case ROLE_AUDITOR:
		return "auditor";
	case ROLE_ANYONE:
		break;
	}
	return "anyone";
}

static bool secure(const struct office *o)
{
	return o->config->certificate[0] || o->config->secure_cookies;
}

/* RFC 6265bis 4.1.3.2: a browser takes __Host- only with Secure, Path=/ and no Domain. */
const char *session_cookie_name(const struct office *o)
{
	return secure(o) ? "__Host-partyline" : "partyline";
}

void session_cookie(const struct office *o, const char *token, char out[256])
{
	(void)snprintf(out, 256, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", session_cookie_name(o), token,
	               secure(o) ? "; Secure" : "", token[0] ? "" : "; Max-Age=0");
}

static void token_make(char token[SESSION_TOKEN_SIZE])
{
	uint8_t octets[(SESSION_TOKEN_SIZE - 1) / 2];

	random_bytes(octets, sizeof(octets));
	digest_hex(octets, sizeof(octets), token);
}

int64_t session_expires(const struct office *o, const struct session *s)
{
	int64_t idle = s->seen_utc_us + o->config->session_idle_us, life = s->created_utc_us + o->config->session_life_us;

	return idle < life ? idle : life;
}

/* ---- finding ---- */

struct find {
	struct office  *office;
	struct session *s;
	int64_t         now_utc_us;
};

static int64_t us(const char *text)
{
	return text ? strtoll(text, NULL, 10) : 0;
}

static int find_row(void *arg, const char *const *col, unsigned cols)
{
	struct session *s = ((struct find *)arg)->s;

	(void)cols;
	s->account_id = us(col[0]);
	s->operator_id = us(col[1]);
	(void)snprintf(s->number, sizeof(s->number), "%s", col[2]);
	(void)snprintf(s->csrf, sizeof(s->csrf), "%s", col[3]);
	s->created_utc_us = us(col[4]);
	s->seen_utc_us = us(col[5]);
	s->provider_id = us(col[6]);
	(void)snprintf(s->provider, sizeof(s->provider), "%s", col[7]);
	(void)snprintf(s->name, sizeof(s->name), "%s", col[8] ? col[8] : "");
	(void)snprintf(s->language, sizeof(s->language), "%s", col[10] ? col[10] : "");
	s->role = s->account_id ? ROLE_SUBSCRIBER
	          : strcmp(col[9], "clerk") == 0    ? ROLE_CLERK
	          : strcmp(col[9], "operator") == 0 ? ROLE_OPERATOR
	                                            : ROLE_AUDITOR;
	s->house = s->operator_id && s->provider_id == SESSION_HOUSE;
	return 1;
}

#define IN_US(column) "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " column ")"

/* A subscriber's number must still be one of his account, which is not closed; an operator must not be disabled. */
static int find_tx(struct store_conn *c, void *arg)
{
	struct find *f = arg;
	const struct office_config *k = f->office->config;
	int err = store_query(c, find_row, f,
	                      "SELECT s.account_id, s.operator_id, s.number, s.csrf, " IN_US("s.created_at") ", " IN_US(
				      "s.seen_at") ", p.id, p.name, "
	                                           "o.name, o.role, a.language FROM office_session s LEFT JOIN account a ON a.id "
	                                           "= s.account_id AND a.state <> 'closed' "
	                                           "LEFT JOIN office_operator o ON o.id = s.operator_id AND o.disabled = 0 JOIN "
	                                           "provider p ON p.id = "
	                                           "COALESCE(a.provider_id, o.provider_id) WHERE s.id = ? AND s.seen_at > ? AND "
	                                           "s.created_at > ? AND (s.account_id IS "
	                                           "NULL OR EXISTS (SELECT 1 FROM account_number n WHERE n.number = s.number AND "
	                                           "n.valid_to IS NULL AND n.account_id = "
	                                           "s.account_id))",
	                      "stt", f->s->id, f->now_utc_us - k->session_idle_us, f->now_utc_us - k->session_life_us);

	if (!err && f->now_utc_us - f->s->seen_utc_us > SEEN_US)
		err = store_exec(c, NULL, "UPDATE office_session SET seen_at = ? WHERE id = ?", "ts", f->now_utc_us, f->s->id);
	return err;
}

int session_find_id(struct office *o, const char *id, int64_t now_utc_us, struct session *s)
{
	struct find f = { .office = o, .s = s, .now_utc_us = now_utc_us };
	int err;

	memset(s, 0, sizeof(*s));
	(void)snprintf(s->id, sizeof(s->id), "%s", id);
	err = store_tx(o->store, find_tx, &f);
	if (err)
		memset(s, 0, sizeof(*s));
	return err == -ENOENT ? 0 : err;
}

int session_find(struct office *o, const char *token, int64_t now_utc_us, struct session *s)
{
	char id[SESSION_TOKEN_SIZE];

	memset(s, 0, sizeof(*s));
	if (token == NULL || strlen(token) != SESSION_TOKEN_SIZE - 1)
		return 0;
	digest_text(token, strlen(token), id);
	return session_find_id(o, id, now_utc_us, s);
}

/* ---- opening and closing ---- */

struct opening {
	char        id[SESSION_TOKEN_SIZE], csrf[SESSION_TOKEN_SIZE];
	const char *number, *address;
	int64_t     account_id, operator_id, now_utc_us;
};

static int open_tx(struct store_conn *c, void *arg)
{
	const struct opening *p = arg;
	int err;

	if (p->account_id)
		err = store_exec(
			c, NULL,
			"INSERT INTO office_session (id, account_id, number, csrf, address, created_at, seen_at) VALUES (?, ?, "
			"?, ?, ?, ?, ?)",
			"sissstt", p->id, p->account_id, p->number, p->csrf, p->address, p->now_utc_us, p->now_utc_us);
	else
		err = store_exec(
			c, NULL,
			"INSERT INTO office_session (id, operator_id, csrf, address, created_at, seen_at) VALUES (?, ?, ?, ?, "
			"?, ?)",
			"sisstt", p->id, p->operator_id, p->csrf, p->address, p->now_utc_us, p->now_utc_us);
	return err == -EEXIST ? 0 : err; /* of a try whose commit we did not hear of */
}

int session_open(struct office *o, int64_t account_id, const char *number, int64_t operator_id, const char *address,
                 int64_t now_utc_us, char token[SESSION_TOKEN_SIZE])
{
	struct opening p = { .number = number,
		             .address = address,
		             .account_id = account_id,
		             .operator_id = operator_id,
		             .now_utc_us = now_utc_us };

	token_make(token);
	token_make(p.csrf);
	digest_text(token, strlen(token), p.id);
	return store_tx(o->store, open_tx, &p);
}

struct closing {
	const char *id;
	int64_t     account_id, idle_utc_us, life_utc_us;
};

static int close_tx(struct store_conn *c, void *arg)
{
	const struct closing *p = arg;

	return store_exec(c, NULL, "DELETE FROM office_session WHERE id = ?", "s", p->id);
}

int session_close(struct office *o, const char *id)
{
	return store_tx(o->store, close_tx, &(struct closing){ .id = id });
}

static int close_others_tx(struct store_conn *c, void *arg)
{
	const struct closing *p = arg;

	return store_exec(c, NULL, "DELETE FROM office_session WHERE account_id = ? AND id <> ?", "is", p->account_id,
	                  p->id ? p->id : "");
}

int session_close_others(struct office *o, int64_t account_id, const char *except)
{
	return store_tx(o->store, close_others_tx, &(struct closing){ .id = except, .account_id = account_id });
}

static int forget_tx(struct store_conn *c, void *arg)
{
	const struct closing *p = arg;

	return store_exec(c, NULL, "DELETE FROM office_session WHERE seen_at <= ? OR created_at <= ? LIMIT 10000", "tt",
	                  p->idle_utc_us, p->life_utc_us);
}

int session_forget(struct office *o, int64_t now_utc_us)
{
	struct closing p = { .idle_utc_us = now_utc_us - o->config->session_idle_us,
		             .life_utc_us = now_utc_us - o->config->session_life_us };

	return store_tx(o->store, forget_tx, &p);
}
