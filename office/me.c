/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A subscriber's own account. */
#include <errno.h>
#include <string.h>

#include "billing/password.h"
#include "core/clock.h"
#include "office/account_json.h"
#include "office/json.h"
#include "office/resources.h"
#include "office/working_json.h"

/* Of what he can change. */
static void me_etag(const struct account *a, char out[REQUEST_ETAG_SIZE])
{
	(void)snprintf(out, REQUEST_ETAG_SIZE, "%s.%s", a->language, a->check);
}

static json_t *me_json(struct request *r, const struct account *a)
{
	json_t *numbers, *o;
	char etag[REQUEST_ETAG_SIZE];
	bool password = false;
	int err = account_numbers_now(r, a->id, &numbers);

	if (!err)
		err = password_is_set(r->office->store, a->number, &password);
	if (err) {
		answer_errno(r, err, "account");
		return NULL;
	}
	o = json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:s, s:b}", "number", a->number, "numbers",
	              numbers, "state", a->state, "kind", a->kind, "language", a->language, "tariff", a->tariff, "balance",
	              money_json(r->office, a->balance_e4), "held", money_json(r->office, a->held_e4), "available",
	              money_json(r->office, a->balance_e4 + a->credit_e4 - a->held_e4), "credit",
	              money_json(r->office, a->credit_e4), "discount_bp", (json_int_t)a->discount_bp, "callback_check", a->check,
	              "password_set", password);
	me_etag(a, etag);
	answer_etag(r, "%s", etag);
	return o;
}

static bool mine(struct request *r, struct account *a)
{
	return request_account(r, r->session.number, a);
}

void me_get(struct request *r)
{
	struct account a;
	json_t *o;

	if (!mine(r, &a))
		return;
	o = me_json(r, &a);
	if (o)
		answer_json(r, 200, o);
}

/* If-Match, under the lock of the change. */
static bool wanted(void *arg, const struct account *now)
{
	char etag[REQUEST_ETAG_SIZE];

	me_etag(now, etag);
	return request_matches(arg, etag);
}

void me_change(struct request *r)
{
	struct account a;
	struct account_edit e = { .who = r->who,
		                  .at_utc_us = r->now_utc_us,
		                  .check = request_text(r, "callback_check"),
		                  .language = request_text(r, "language"),
		                  .wanted = wanted,
		                  .arg = r };

	if (!mine(r, &a))
		return;
	e.account_id = a.id;
	e.number = a.number;
	if (edit_account(r, &e))
		me_get(r);
}

/* Digits, as the telephone takes them. */
bool password_good(struct request *r, const char *password, const char *number, const char *where)
{
	static const char *const why[] = {
		[PASSWORD_LENGTH] = "has 6 to 12 digits",
		[PASSWORD_NO_DIGITS] = "is of digits alone: it is keyed on a telephone, too",
		[PASSWORD_WEAK] = "is too easy: a row, a repetition, or a part of the number",
	};
	enum password_fault fault = password_fault(password, number);

	if (fault == PASSWORD_GOOD)
		return true;
	answer_invalid(r, PROBLEM_WEAK_PASSWORD, json_pack("[{s:s, s:s}]", "pointer", where, "detail", why[fault]));
	return false;
}

void me_password(struct request *r)
{
	struct password_check c = {
		.number = r->session.number, .password = request_text(r, "old"), .who = r->who, .at_utc_us = r->now_utc_us
	};
	const char *new = request_text(r, "new");
	int err;

	if (!password_good(r, new, r->session.number, "#/new"))
		return;
	random_id(c.id);
	err = password_check(r->office->store, &r->office->config->passwords, &c);
	if (!err && c.outcome == PASSWORD_RIGHT)
		err = password_set(r->office->store, r->session.number, new, r->who, r->now_utc_us);
	if (!err && c.outcome == PASSWORD_RIGHT)
		err = session_close_others(r->office, r->session.account_id, r->session.id);
	if (err) {
		answer_errno(r, err, "password");
	} else if (c.outcome == PASSWORD_LOCKED) {
		answer_problem(r, PROBLEM_LOCKED, "too many wrong ones");
		r->answer.retry_after_s = (int)(r->office->config->passwords.window_us / CLOCK_SEC(1));
		answer_more(r, "retry_after_s", json_integer(r->answer.retry_after_s));
	} else if (c.outcome != PASSWORD_RIGHT) {
		answer_problem(r, PROBLEM_FORBIDDEN, "the old password is another");
		answer_more(r, "tries_left", json_integer(c.tries_left));
	} else {
		answer_none(r);
	}
}

void me_ledger(struct request *r)
{
	ledger_answer(r, r->session.account_id);
}

void me_rate(struct request *r)
{
	const struct number_rules *rules = &r->office->config->numbers;
	int64_t seconds = request_query_int(r, "seconds", -1);
	char called[33], minute_class[16];
	struct rate_question q = {
		.host = r->session.number, .called = called, .service = "", .home_area = rules->area, .at_utc_us = r->now_utc_us
	};
	json_t *working = json_null();
	int err;

	if (!request_number(r, request_query(r, "called"), "called", called))
		return;
	err = rate_ask(r->office->store, &q);
	if (err == -ENOENT) {
		answer_problem(r, PROBLEM_NOT_FOUND, "the tariff has no rate for %s", called);
		return;
	}
	if (err) {
		answer_errno(r, err, "rate");
		return;
	}
	(void)snprintf(minute_class, sizeof(minute_class), "%s", rate_class(&q, rules->country));
	if (seconds >= 0)
		working = working_json(r->office, &q.rate, seconds * 1000, r->now_utc_us);
	answer_json(r, 200,
	            json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o}", "called", called, "called_area",
	                      q.called_area, "origin_area", q.from_host ? q.host_area : q.home_area, "class", minute_class,
	                      "barred", q.barred, "tariff", q.tariff, "tariff_of", q.of_service ? "service" : "account", "minute",
	                      money_json(r->office, rating_amount_e4(&q.rate, 60000, r->now_utc_us)), "first",
	                      money_json(r->office, rating_first_e4(&q.rate, r->now_utc_us)), "minutes_10",
	                      money_json(r->office, rating_amount_e4(&q.rate, 600000, r->now_utc_us)), "working", working));
}
