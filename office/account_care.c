/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a clerk does for a subscriber: money, numbers, passwords. */
#include <errno.h>
#include <string.h>

#include "billing/account_number.h"
#include "billing/card.h"
#include "billing/password.h"
#include "office/account_json.h"
#include "office/json.h"
#include "office/resources.h"

/* The account of the path. False after an answer. */
static bool account_of_path(struct request *r, char number[33], struct account *a)
{
	return request_path_number(r, 0, number) && request_account(r, number, a);
}

/* ---- money ---- */

void account_ledger_get(struct request *r)
{
	char number[33];
	struct account a;

	if (account_of_path(r, number, &a))
		ledger_answer(r, a.id);
}

void account_topup_post(struct request *r)
{
	int64_t amount_e4 = request_int(r, "amount_e4", 0);
	char number[33];
	struct account a;
	int err;

	if (!account_of_path(r, number, &a))
		return;
	if (strcmp(a.state, "closed") == 0) {
		answer_problem(r, PROBLEM_OVER, "account %s is closed", number);
		return;
	}
	err = account_topup(r->office->store, r->id, number, amount_e4, r->who, r->now_utc_us);
	if (!err)
		err = account_find(r->office->store, number, &a);
	if (err)
		answer_errno(r, err, "top-up");
	else
		answer_json(r, 201,
		            json_pack("{s:s, s:o, s:o}", "movement", r->id, "amount", money_json(r->office, amount_e4), "balance",
		                      money_json(r->office, a.balance_e4)));
}

/* ---- numbers ---- */

static void answer_numbers(struct request *r, unsigned status, int64_t account_id)
{
	static const char *const names[] = { "number", "valid_from:t", "valid_to:t", NULL };
	const union store_value values[] = { { .i = account_id } };
	struct rows q = {
		.names = names,
		.sql = "SELECT number, valid_from, valid_to FROM account_number WHERE account_id = ? ORDER BY valid_from, id "
		       "LIMIT 1000",
		.types = "i",
		.values = values
	};
	json_t *list;
	int err = rows_get(r, &q, &list);

	if (err)
		answer_errno(r, err, "account");
	else
		answer_json(r, status, json_pack("{s:o}", "items", list));
}

void account_numbers(struct request *r)
{
	char number[33];
	struct account a;

	if (account_of_path(r, number, &a))
		answer_numbers(r, 200, a.id);
}

void account_number_add_post(struct request *r)
{
	char number[33], added[33];
	struct account a;
	int err;

	if (!account_of_path(r, number, &a) || !request_number(r, request_text(r, "number"), "#/number", added))
		return;
	err = account_number_add(r->office->store, number, added, r->who, r->now_utc_us);
	if (err == -EEXIST)
		answer_problem(r, PROBLEM_EXISTS, "%s is the number of an account already", added);
	else if (err)
		answer_errno(r, err, "number");
	else
		answer_numbers(r, 201, a.id);
}

void account_number_end_delete(struct request *r)
{
	char number[33], ended[33];
	struct account a, other;
	int err;

	if (!account_of_path(r, number, &a) || !request_path_number(r, 1, ended) || !request_account(r, ended, &other))
		return;
	if (other.id != a.id) {
		answer_problem(r, PROBLEM_NOT_FOUND, "%s is no number of this account", ended);
		return;
	}
	err = account_number_end(r->office->store, ended, r->who, r->now_utc_us);
	if (err == -EBUSY)
		answer_problem(r, PROBLEM_NOTHING_LEFT,
		               "%s is the account's last number: add another first, or close the account", ended);
	else if (err)
		answer_errno(r, err, "number");
	else
		answer_none(r);
}

/* ---- passwords ---- */

void account_password(struct request *r)
{
	const char *password = request_text(r, "password");
	char number[33];
	struct account a;
	int err;

	if (!account_of_path(r, number, &a) || (password && !password_good(r, password, number, "#/password")))
		return;
	err = password_set(r->office->store, number, password, r->who, r->now_utc_us);
	if (!err)
		err = session_close_others(r->office, a.id, NULL);
	if (err)
		answer_errno(r, err, "password");
	else
		answer_none(r);
}

void account_unlock(struct request *r)
{
	int64_t count = 0;
	char number[33];
	struct account a;
	int err;

	if (!account_of_path(r, number, &a))
		return;
	err = password_unlock(r->office->store, number, r->who, r->now_utc_us);
	if (!err)
		err = card_unlock(r->office->store, number, r->who, r->now_utc_us, &count);
	if (err)
		answer_errno(r, err, "lock");
	else
		answer_json(r, 200, json_pack("{s:I}", "card_failures", (json_int_t)count));
}
