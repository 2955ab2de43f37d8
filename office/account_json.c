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

/* The latest first. The balance after a movement is the sum of those up to it. */
#define BEFORE "(l.at < ? OR (l.at = ? AND l.id < ?))"

void ledger_answer(struct request *r, int64_t account_id)
{
	static const char *const names[] = { "id", "at:t", "number", "kind", "amount:m", "balance:m", "call:n", "leg:n", NULL };
	struct page_cursor c;

	if (!page_cursor_time(r, &c))
		return;
	page_answer_rows(
		r, names, "at", "id",
		"SELECT l.id, l.at, l.number, l.kind, l.amount_e4, (SELECT CAST(SUM(m.amount_e4) AS SIGNED) FROM ledger m "
		"WHERE m.account_id = ? AND (m.at < l.at OR (m.at = l.at AND m.id <= l.id))), l.call_id, l.leg_id FROM ledger "
		"l WHERE l.account_id = ? AND " BEFORE " ORDER BY l.at DESC, l.id DESC LIMIT ?",
		"iisssi",
		(const union store_value[]){
			{ .i = account_id }, { .i = account_id }, { .s = c.first }, { .s = c.first }, { .s = c.second } });
}
