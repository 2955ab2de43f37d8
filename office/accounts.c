/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts, as operators see and change them: those of their provider. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/account_edit.h"
#include "office/account_json.h"
#include "office/digest.h"
#include "office/json.h"
#include "office/resources.h"

#define COLUMNS \
	"a.id, n.number, a.state, a.kind, a.language, p.name, t.name, a.discount_bp, a.balance_e4, a.held_e4, a.balance_e4 + " \
	"a.credit_e4 - a.held_e4, a.credit_e4, a.trust_e4, a.callback_check, a.password_hash IS NOT NULL, " \
	"a.password_locked_until, a.created_at " \
	"FROM " \
	"account_number n JOIN account a ON a.id = n.account_id JOIN tariff t ON t.id = a.tariff_id JOIN provider p ON p.id = " \
	"a.provider_id WHERE n.valid_to IS NULL AND a.provider_id = ? AND "

static const char *const names[] = { "id:i",           "number",
	                             "state",          "kind",
	                             "language",       "provider",
	                             "tariff",         "discount_bp:i",
	                             "balance:m",      "held:m",
	                             "available:m",    "credit:m",
	                             "trust:m",        "callback_check",
	                             "password_set:b", "password_locked_until:t",
	                             "created_at:t",   NULL };

static int with_numbers(struct request *r, json_t *list)
{
	json_t *one, *numbers;
	size_t i;
	int err = 0;

	json_array_foreach(list, i, one) {
		if (!err)
			err = account_numbers_now(r, json_integer_value(json_object_get(one, "id")), &numbers);
		if (!err)
			(void)json_object_set_new(one, "numbers", numbers);
	}
	return err;
}

/* As people write it: 138 may begin a mobile's number (86138), 025 an area's (8625). */
static void prefix_of(const struct request *r, const char *text, char out[40])
{
	const struct number_rules *n = &r->office->config->numbers;

	if (text[0] == '+')
		(void)snprintf(out, 40, "%.32s", text + 1);
	else if (n->national_prefix[0] && strncmp(text, n->national_prefix, strlen(n->national_prefix)) == 0)
		(void)snprintf(out, 40, "%s%.32s", n->country, text + strlen(n->national_prefix));
	else
		(void)snprintf(out, 40, "%.32s", text);
}

/* A line for each number. */
void accounts_list(struct request *r)
{
	const char *q = request_query(r, "q");
	char whole[33] = "", prefix[40] = "", home[48];
	struct page_cursor c;
	json_t *list;
	int err;

	if (!page_cursor(r, &c))
		return;
	if (q)
		prefix_of(r, q, prefix);
	(void)snprintf(home, sizeof(home), "%s%s", r->office->config->numbers.country, prefix);
	if (q && number_dialled(&r->office->config->numbers, q, NULL, whole) != 0)
		whole[0] = '\0';
	err = rows_get(r,
	               &(struct rows){ .names = names,
	                               .sql = "SELECT " COLUMNS "n.number > ? AND (n.number LIKE CONCAT(?, '%') OR n.number LIKE "
	                                      "CONCAT(?, '%') OR n.number = ?) ORDER BY n.number LIMIT ?",
	                               .types = "issssi",
	                               .values = (const union store_value[]){ { .i = r->session.provider_id },
	                                                                      { .s = c.first },
	                                                                      { .s = prefix },
	                                                                      { .s = home },
	                                                                      { .s = whole },
	                                                                      { .i = page_limit(r) + 1 } } },
	               &list);
	if (!err) {
		err = with_numbers(r, list);
		if (err)
			json_decref(list);
	}
	if (err)
		answer_errno(r, err, "account");
	else
		page_answer(r, list, "number", NULL);
}

/* Of what can be changed, not of the money that moves by itself. */
static void etag_of(const struct account *a, char out[DIGEST_SIZE])
{
	char text[300];

	(void)snprintf(text, sizeof(text), "%s %s %s %s %s %u %lld %lld", a->check, a->state, a->language, a->tariff, a->kind,
	               a->discount_bp, (long long)a->credit_e4, (long long)a->trust_e4);
	digest_text(text, strlen(text), out);
	out[16] = '\0';
}

static void answer_account(struct request *r, unsigned status, const char *number)
{
	const union store_value values[] = { { .i = r->session.provider_id }, { .s = number } };
	struct rows q = { .names = names, .sql = "SELECT " COLUMNS "n.number = ?", .types = "is", .values = values };
	char etag[DIGEST_SIZE];
	struct account a;
	json_t *list = NULL;
	int err = rows_get(r, &q, &list);

	if (!err)
		err = json_array_size(list) ? with_numbers(r, list) : -ENOENT;
	if (!err)
		err = account_find(r->office->store, number, &a);
	if (err == -ENOENT)
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no account %s", number);
	else if (err)
		answer_errno(r, err, "account");
	else {
		etag_of(&a, etag);
		answer_etag(r, "%s", etag);
		answer_json(r, status, json_incref(json_array_get(list, 0)));
	}
	json_decref(list);
}

void account_get(struct request *r)
{
	char number[33];

	if (request_path_number(r, 0, number))
		answer_account(r, 200, number);
}

/* ---- a new one ---- */

void account_add_post(struct request *r)
{
	char number[33];
	struct account_new n = { .number = number,
		                 .language = request_text(r, "language") ? request_text(r, "language") : "zh-CN",
		                 .tariff = request_text(r, "tariff"),
		                 .provider = r->session.provider,
		                 .who = r->who,
		                 .opening_e4 = request_int(r, "opening_e4", 0),
		                 .at_utc_us = r->now_utc_us };
	int err;

	if (!request_number(r, request_text(r, "number"), "#/number", number))
		return;
	if (n.opening_e4 > 0 && r->session.role != ROLE_OPERATOR) {
		answer_problem(r, PROBLEM_FORBIDDEN, "an opening balance is for an operator to give: top it up");
		return;
	}
	err = account_add(r->office->store, &n);
	if (err == -ENOENT) {
		answer_wrong(r, "#/tariff", "is no tariff of %s", r->session.provider);
	} else if (err == -EEXIST) {
		answer_problem(r, PROBLEM_EXISTS, "%s is the number of an account already", number);
	} else if (err) {
		answer_errno(r, err, "account");
	} else {
		answer_account(r, 201, number);
		answer_location(r, "/api/v1/accounts/%s", number);
	}
}

/* ---- changes ---- */

static bool may(struct request *r)
{
	static const char *const operators[] = { "tariff", "discount_bp", "kind", "credit_e4", "trust_e4" };
	const char *state = request_text(r, "state");
	bool good = r->session.role == ROLE_OPERATOR || state == NULL || strcmp(state, "closed") != 0;

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		good &= r->session.role == ROLE_OPERATOR || !request_has(r, operators[i]);
	if (!good)
		answer_problem(r, PROBLEM_FORBIDDEN, "for an operator: closing, tariff, discount and limits");
	return good;
}

/* If-Match, under the lock of the change. */
static bool wanted(void *arg, const struct account *now)
{
	char etag[DIGEST_SIZE];

	etag_of(now, etag);
	return request_matches(arg, etag);
}

void account_change(struct request *r)
{
	char number[33];
	struct account a;
	struct account_edit e = { .number = number,
		                  .who = r->who,
		                  .at_utc_us = r->now_utc_us,
		                  .check = request_text(r, "callback_check"),
		                  .tariff = request_text(r, "tariff"),
		                  .language = request_text(r, "language"),
		                  .state = request_text(r, "state"),
		                  .kind = request_text(r, "kind"),
		                  .has_credit = request_has(r, "credit_e4"),
		                  .has_trust = request_has(r, "trust_e4"),
		                  .has_discount = request_has(r, "discount_bp"),
		                  .credit_e4 = request_int(r, "credit_e4", 0),
		                  .trust_e4 = request_int(r, "trust_e4", 0),
		                  .discount_bp = (unsigned)request_int(r, "discount_bp", 0),
		                  .wanted = wanted,
		                  .arg = r };

	if (!request_path_number(r, 0, number) || !request_account(r, number, &a) || !may(r))
		return;
	e.account_id = a.id;
	if (edit_account(r, &e))
		answer_account(r, 200, number);
}
