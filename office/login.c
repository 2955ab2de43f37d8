/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Login and logout. Who is not known and who has the wrong password are told the same, after the same time. */
#include <errno.h>
#include <string.h>

#include "billing/operator.h"
#include "core/clock.h"
#include "core/log.h"
#include "office/json.h"
#include "office/limiter.h"
#include "office/live.h"
#include "office/resources.h"

#define LOG_MODULE "login"

static void answer_session(struct request *r, unsigned status, const struct session *s)
{
	bool subscriber = s->role == ROLE_SUBSCRIBER;

	answer_json(r, status,
	            json_pack("{s:s, s:s, s:o, s:o, s:s, s:b, s:o, s:s, s:o, s:I}", "kind",
	                      subscriber ? "subscriber" : "operator", "role", role_name(s->role), "name", text_or_null(s->name),
	                      "number", text_or_null(s->number), "provider", s->provider, "house", s->house, "language",
	                      text_or_null(s->language), "csrf", s->csrf, "expires_at", time_json(session_expires(r->office, s)),
	                      "idle_s", (json_int_t)(r->office->config->session_idle_us / CLOCK_SEC(1))));
}

static void answer_wrong_login(struct request *r)
{
	answer_problem(r, PROBLEM_WRONG_PASSWORD, "number or name, password, or code");
}

static void answer_locked(struct request *r, int64_t wait_us)
{
	answer_problem(r, PROBLEM_LOCKED, "too many wrong ones");
	r->answer.retry_after_s = (int)(wait_us / CLOCK_SEC(1));
	answer_more(r, "retry_after_s", json_integer(r->answer.retry_after_s));
}

/* Somebody who does not exist is locked as somebody who does, so that nobody learns who does. */
static void answer_stranger(struct request *r, const char *whom, unsigned tries, int64_t lock_us)
{
	double per_s = tries / ((double)lock_us / 1e6);

	if (limiter_take(r->office->limiter, "stranger", whom, per_s, tries - 1, NULL))
		answer_wrong_login(r);
	else
		answer_locked(r, lock_us);
}

static bool often(struct request *r, const char *what, const char *whom)
{
	unsigned per_min = r->office->config->logins_per_min;
	int wait_s = 1;

	if (limiter_take(r->office->limiter, what, whom, per_min / 60.0, per_min, &wait_s))
		return false;
	answer_problem(r, PROBLEM_TOO_MANY, "logins: again in %d s", wait_s);
	r->answer.retry_after_s = wait_s;
	return true;
}

static void opened(struct request *r, int64_t account_id, const char *number, int64_t operator_id)
{
	char token[SESSION_TOKEN_SIZE];
	struct session s;
	int err;

	if (r->session.role != ROLE_ANYONE) /* whoever logs in anew leaves the session he had */
		(void)session_close(r->office, r->session.id);
	err = session_open(r->office, account_id, number, operator_id, r->address, r->now_utc_us, token);
	if (!err)
		err = session_find(r->office, token, r->now_utc_us, &s);
	if (!err && s.role == ROLE_ANYONE) /* closed, or disabled, a moment ago */
		answer_wrong_login(r);
	else if (err)
		answer_errno(r, err, "session");
	else {
		session_cookie(r->office, token, r->answer.cookie);
		answer_session(r, 201, &s);
	}
	explicit_bzero(token, sizeof(token));
}

static void open_subscriber(struct request *r)
{
	const struct password_limits *l = &r->office->config->passwords;
	char number[33], who[AUDIT_WHO_SIZE];
	struct password_check c = {
		.number = number, .password = request_text(r, "password"), .who = who, .at_utc_us = r->now_utc_us
	};
	struct account a;
	int err;

	if (!request_number(r, request_text(r, "number"), "#/number", number) || often(r, "login of", number))
		return;
	(void)snprintf(who, sizeof(who), "web:%s@%s", number, r->address);
	random_id(c.id);
	err = password_check(r->office->store, l, &c);
	if (!err && c.outcome == PASSWORD_RIGHT)
		err = account_find(r->office->store, number, &a);
	if (err && err != -ENOENT) {
		answer_errno(r, err, "login");
		return;
	}
	switch (err ? PASSWORD_NO_ACCOUNT : c.outcome) {
	case PASSWORD_RIGHT:
		if (strcmp(a.state, "closed") == 0)
			answer_wrong_login(r);
		else
			opened(r, a.id, number, 0);
		break;
	case PASSWORD_WRONG:
		answer_wrong_login(r);
		break;
	case PASSWORD_LOCKED:
		answer_locked(r, l->window_us);
		break;
	default:
		(void)password_verify("", c.password);
		answer_stranger(r, number, l->tries, l->window_us);
		break;
	}
}

static void open_operator(struct request *r)
{
	const char *name = request_text(r, "name");
	char who[AUDIT_WHO_SIZE];
	struct operator_check c = { .name = name,
		                    .password = request_text(r, "password"),
		                    .code = request_text(r, "code"),
		                    .who = who,
		                    .at_utc_us = r->now_utc_us };
	int err;

	if (often(r, "login of", name))
		return;
	(void)snprintf(who, sizeof(who), "office:%s@%s", name, r->address);
	random_id(c.id);
	err = operator_check(r->office->store, &c);
	if (err) {
		answer_errno(r, err, "login");
		return;
	}
	switch (c.outcome) {
	case PASSWORD_RIGHT:
		opened(r, 0, "", c.found.id);
		break;
	case PASSWORD_WRONG:
		answer_wrong_login(r);
		break;
	case PASSWORD_LOCKED:
		answer_locked(r, OPERATOR_LOCK_US);
		break;
	default:
		answer_stranger(r, name, OPERATOR_TRIES, OPERATOR_LOCK_US);
		break;
	}
}

void session_open_post(struct request *r)
{
	if (often(r, "login from", r->address))
		return;
	if (strcmp(request_text(r, "kind"), "operator") == 0)
		open_operator(r);
	else
		open_subscriber(r);
	if (answer_is_problem(r) && r->answer.status != 422)
		log_info("a login from %s was refused: %u", r->address, r->answer.status);
}

void session_get(struct request *r)
{
	answer_session(r, 200, &r->session);
}

void session_delete(struct request *r)
{
	int err = session_close(r->office, r->session.id);

	if (err) {
		answer_errno(r, err, "session");
		return;
	}
	live_end_session(r->office->live, r->session.id);
	session_cookie(r->office, "", r->answer.cookie);
	answer_none(r);
}
