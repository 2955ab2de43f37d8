/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/account_json.h"

#include <errno.h>

#include "office/json.h"

int account_numbers_now(struct request *r, int64_t account_id, json_t **list)
{
	static const char *const names[] = { "number", NULL };
	const union store_value values[] = { { .i = account_id } };
	struct rows q = {
		.names = names,
		.sql = "SELECT number FROM account_number WHERE account_id = ? AND valid_to IS NULL ORDER BY valid_from, id "
		       "LIMIT 100",
		.types = "i",
		.values = values
	};
	json_t *rows, *row;
	size_t i;
	int err = rows_get(r, &q, &rows);

	if (err)
		return err;
	*list = json_array();
	json_array_foreach(rows, i, row)(void) json_array_append(*list, json_object_get(row, "number"));
	json_decref(rows);
	return 0;
}

/* The balance after the page's first movement is the sum of those up to it; then backwards. Movements are only added. */
static int with_balances(struct request *r, int64_t account_id, json_t *list)
{
	static const char *const names[] = { "sum:i", NULL };
	const json_t *first = json_array_get(list, 0);
	const char *iso = json_string_value(json_object_get(first, "at"));
	json_t *sums, *one;
	int64_t balance_e4;
	char at[32];
	size_t i;
	int err;

	if (iso == NULL)
		return 0;
	(void)snprintf(at, sizeof(at), "%.10s %.12s", iso, iso + 11);
	err = rows_get(
		r,
		&(struct rows){ .names = names,
	                        .sql = "SELECT CAST(SUM(l.amount_e4) AS SIGNED) FROM ledger l WHERE l.account_id = ? AND (l.at < "
	                               "? OR (l.at = "
	                               "? AND l.id <= ?))",
	                        .types = "isss",
	                        .values =
	                                (const union store_value[]){ { .i = account_id },
	                                                             { .s = at },
	                                                             { .s = at },
	                                                             { .s = json_string_value(json_object_get(first, "id")) } } },
		&sums);
	if (err)
		return err;
	balance_e4 = json_integer_value(json_object_get(json_array_get(sums, 0), "sum"));
	json_decref(sums);
	json_array_foreach(list, i, one) {
		(void)json_object_set_new(one, "balance", money_json(r->office, balance_e4));
		balance_e4 -= json_integer_value(json_object_get(json_object_get(one, "amount"), "e4"));
	}
	return 0;
}

/* The latest first. */
void ledger_answer(struct request *r, int64_t account_id)
{
	static const char *const names[] = { "id", "at:t", "number", "kind", "amount:m", "call:n", "leg:n", NULL };
	struct page_cursor c;
	json_t *list;
	int err;

	if (!page_cursor_time(r, &c))
		return;
	err = rows_get(
		r,
		&(struct rows){ .names = names,
	                        .sql = "SELECT l.id, l.at, l.number, l.kind, l.amount_e4, l.call_id, l.leg_id FROM ledger l "
	                               "WHERE l.account_id = ? AND (l.at < ? OR (l.at = ? AND l.id < ?)) ORDER BY l.at DESC, "
	                               "l.id DESC LIMIT ?",
	                        .types = "isssi",
	                        .values = (const union store_value[]){ { .i = account_id },
	                                                               { .s = c.first },
	                                                               { .s = c.first },
	                                                               { .s = c.second },
	                                                               { .i = page_limit(r) + 1 } } },
		&list);
	if (!err) {
		err = with_balances(r, account_id, list);
		if (err)
			json_decref(list);
	}
	if (err)
		answer_errno(r, err, "ledger");
	else
		page_answer(r, list, "at", "id");
}

bool edit_account(struct request *r, const struct account_edit *e)
{
	int err = account_edit(r->office->store, e);

	switch (err) {
	case 0:
		return true;
	case -ESTALE: /* said by what compared them */
		break;
	case -ENOKEY:
		answer_wrong(r, "#/callback_check", "the account has no password that could be asked for");
		break;
	case -EDOM:
		answer_wrong(r, "#/tariff", "is no tariff of %s", r->session.provider);
		break;
	case -EDQUOT:
		answer_wrong(r, "#/credit_e4", "more has been spent, or is held by calls");
		break;
	case -EINVAL:
		answer_wrong(r, "#/credit_e4", "a prepaid account has no credit");
		break;
	case -EPERM:
		answer_problem(r, PROBLEM_OVER, "account %s is closed", e->number);
		break;
	default:
		answer_errno(r, err, "account");
		break;
	}
	return false;
}
