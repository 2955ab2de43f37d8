/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/reconcile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "billing/rating.h"

#define RERATE_PAGE     5000
#define READ_TIMEOUT_S  3600 /* years of records */

/*
 * Each finds rows of: object, expected, found, when. ? is `before`: what is younger may still be under way. YOUNG has a fifth
 * column: whether it is. Money is compared
 * where it is kept twice; nothing here can be right by being wrong in the same way, as the ledger is the only one of the two that
 * charging adds to.
 */
struct check {
	const char *name, *text, *sql;
	enum { NOW, BEFORE, YOUNG, SINCE, NODE } when; /* what ? is */
	bool explained;
};

#define TAKEN  "(SELECT leg_id, -SUM(amount_e4) AS e4, COUNT(*) AS n FROM ledger WHERE kind = 'charge' GROUP BY leg_id)"
#define LOST   "(SELECT leg_id, SUM(amount_e4) AS e4 FROM loss GROUP BY leg_id)"
/* An account is named by its first number. */
#define NUMBER "COALESCE((SELECT MIN(n.number) FROM account_number n WHERE n.account_id = a.id), CONCAT('account ', a.id))"

static const struct check checks[] = {
	{ "balance", "the balance is not the sum of the ledger's rows",
	  "SELECT " NUMBER
	  ", COALESCE(l.e4, 0), a.balance_e4, '' FROM account a LEFT JOIN (SELECT account_id, SUM(amount_e4) AS e4 FROM ledger "
	  "GROUP BY account_id) l ON l.account_id = a.id WHERE a.balance_e4 <> COALESCE(l.e4, 0)",
	  NOW, false },
	{ "held", "what is held is not the sum of the open holds",
	  "SELECT " NUMBER
	  ", COALESCE(h.e4, 0), a.held_e4, '' FROM account a LEFT JOIN (SELECT account_id, SUM(amount_e4) AS e4 FROM hold "
	  "WHERE state = 'open' GROUP BY account_id) h ON h.account_id = a.id WHERE a.held_e4 <> COALESCE(h.e4, 0)",
	  NOW, false },
	{ "overdrawn", "more is spent or held than balance and credit",
	  "SELECT " NUMBER
	  ", 0, a.balance_e4 + a.credit_e4 - a.held_e4, '' FROM account a WHERE a.balance_e4 + a.credit_e4 < a.held_e4",
	  NOW, false },
	{ "opening", "an account has one opening balance",
	  "SELECT " NUMBER
	  ", 1, COUNT(l.id), a.created_at FROM account a LEFT JOIN ledger l ON l.account_id = a.id AND l.kind = 'opening' "
	  "GROUP BY a.id HAVING COUNT(l.id) <> 1",
	  NOW, false },
	{ "audit", "a movement by hand without its row in the audit trail",
	  "SELECT l.id, l.amount_e4, 0, l.at FROM ledger l LEFT JOIN audit t ON t.id = l.id WHERE l.kind <> 'charge' AND t.id IS "
	  "NULL",
	  NOW, false },
	{ "taken", "what was taken for the leg, and lost, is not what its record says",
	  "SELECT r.leg_id, COALESCE(r.amount_e4, 0), COALESCE(l.e4, 0) + COALESCE(x.e4, 0), r.ended_at FROM leg_record r LEFT "
	  "JOIN " TAKEN " l ON l.leg_id = r.leg_id LEFT JOIN " LOST
	  " x ON x.leg_id = r.leg_id LEFT JOIN hold h ON h.id = r.call_id WHERE "
	  "COALESCE(r.amount_e4, 0) <> COALESCE(l.e4, 0) + COALESCE(x.e4, 0) AND (h.id IS NULL OR h.state = 'settled' OR "
	  "(h.state = 'expired' AND h.closed_at < ?))",
	  NODE, false },
	{ "twice", "the leg was charged more than once", "SELECT l.leg_id, 1, l.n, '' FROM " TAKEN " l WHERE l.n > 1", NOW,
	  false },
	{ "record", "money was taken for a leg that has no record",
	  "SELECT l.leg_id, 0, -l.amount_e4, l.at, l.at >= ? FROM ledger l LEFT JOIN leg_record r ON r.leg_id = l.leg_id AND "
	  "r.account_id = l.account_id WHERE l.kind = 'charge' AND r.leg_id IS NULL",
	  YOUNG, false },
	{ "lost", "a loss was booked for a leg that has no record",
	  "SELECT COALESCE(x.leg_id, x.id), 0, x.amount_e4, x.at, x.at >= ? FROM loss x LEFT JOIN leg_record r ON r.leg_id = "
	  "x.leg_id AND r.account_id = x.account_id WHERE r.leg_id IS NULL",
	  YOUNG, false },
	{ "charged", "the leg was charged, and its record has no answer, rate or talk",
	  "SELECT leg_id, 0, amount_e4, ended_at FROM leg_record WHERE amount_e4 > 0 AND (answered_at IS NULL OR rate IS NULL OR "
	  "charged_ms IS NULL)",
	  NOW, false },
	{ "call", "the leg's call has no record",
	  "SELECT r.leg_id, 1, 0, r.ended_at, COALESCE(h.closed_at, r.ended_at) >= ? FROM leg_record r LEFT JOIN call_record c "
	  "ON c.call_id = r.call_id LEFT JOIN hold h ON h.id = r.call_id WHERE c.call_id IS NULL AND COALESCE(h.state, '') <> "
	  "'open'",
	  YOUNG, false },
	{ "talk", "the leg talked longer, in ms, than from its answer to its end",
	  "SELECT leg_id, TIMESTAMPDIFF(MICROSECOND, answered_at, ended_at) DIV 1000, talk_ms, ended_at FROM leg_record WHERE "
	  "answered_at IS NOT "
	  "NULL AND talk_ms > TIMESTAMPDIFF(MICROSECOND, answered_at, ended_at) DIV 1000 + 1000",
	  NOW, false },
	{ "hold", "the hold has expired and is still open",
	  "SELECT id, 0, amount_e4, expires_at FROM hold WHERE state = 'open' AND expires_at < ?", BEFORE, false },
	{ "card", "a card was used, and its credit is not in the ledger",
	  "SELECT CONCAT(b.name, ' ', c.serial), b.value_e4, COALESCE(l.amount_e4, 0), c.used_at FROM card c JOIN card_batch b "
	  "ON b.id = "
	  "c.batch_id LEFT JOIN ledger l ON l.id = c.ledger_id AND l.kind = 'card' WHERE c.ledger_id IS NOT NULL AND (l.id IS "
	  "NULL OR l.amount_e4 "
	  "<> b.value_e4)",
	  NOW, false },
	{ "credit", "a card's credit, and no card was used for it",
	  "SELECT l.id, 0, l.amount_e4, l.at FROM ledger l LEFT JOIN card c ON c.ledger_id = l.id WHERE l.kind = 'card' AND "
	  "c.mac IS NULL",
	  NOW, false },
	{ "waiting", "the call waits for its node: its hold has expired, and its legs are not charged yet",
	  "SELECT h.id, SUM(r.amount_e4), 0, h.closed_at FROM hold h JOIN leg_record r ON r.call_id = h.id LEFT JOIN ledger l ON "
	  "l.id = "
	  "r.leg_id LEFT JOIN loss x ON x.id = r.leg_id WHERE h.state = 'expired' AND h.closed_at >= ? AND r.amount_e4 > 0 "
	  "AND l.id IS NULL "
	  "AND x.id IS NULL GROUP BY h.id",
	  NODE, true },
	{ "cut", "the leg was cut by the end of its node, and charged to its last checkpoint",
	  "SELECT leg_id, COALESCE(amount_e4, 0), COALESCE(amount_e4, 0), ended_at FROM leg_record WHERE cut AND ended_at >= ?",
	  SINCE, true },
	{ "loss", "the account could not pay it: it is in the operator's losses",
	  "SELECT COALESCE(leg_id, id), amount_e4, 0, at FROM loss WHERE at >= ?", SINCE, true },
};

struct run {
	struct reconcile   *r;
	const struct check *check;
	char                last[ID_SIZE]; /* of a page */
	unsigned            rows;
};

static int found(struct reconcile *r, const struct reconcile_finding *f)
{
	if (f->discrepancy)
		r->discrepancies++;
	else
		r->explained++;
	return r->each ? r->each(r->arg, f) : 0;
}

static int check_row(void *arg, const char *const *col, unsigned cols)
{
	struct run *u = arg;
	bool young = u->check->when == YOUNG && cols > 4 && strcmp(col[4], "1") == 0;

	u->r->young += young;
	return found(u->r, &(struct reconcile_finding){ .discrepancy = !u->check->explained && (!young || u->r->strict),
	                                                .check = u->check->name,
	                                                .text = u->check->text,
	                                                .object = col[0],
	                                                .expected_e4 = strtoll(col[1], NULL, 10),
	                                                .found_e4 = strtoll(col[2], NULL, 10),
	                                                .at = col[3] ? col[3] : "" });
}

static int check_run(struct store_conn *c, struct reconcile *r, const struct check *k)
{
	struct run u = { .r = r, .check = k };
	int64_t when = 0;
	int err;

	switch (k->when) {
	case NOW:
		break;
	case BEFORE:
	case YOUNG:
		when = r->now_utc_us - RECONCILE_GRACE_US;
		break;
	case SINCE:
		when = r->since_utc_us ? r->since_utc_us : 1;
		break;
	case NODE:
		when = r->now_utc_us - RECONCILE_NODE_US;
		break;
	}
	if (k->when == NOW)
		err = store_query(c, check_row, &u, k->sql, "");
	else
		err = store_query(c, check_row, &u, k->sql, "t", when);
	return err == -ENOENT ? 0 : err;
}

/* ---- each leg rated again ---- */

/* leg_id, rate, charged_ms, answered (us), billable_s, amount_e4, ended_at */
static int rerate_row(void *arg, const char *const *col, unsigned cols)
{
	struct run *u = arg;
	struct reconcile_finding f = { .discrepancy = true, .check = "rate", .object = col[0], .at = col[6] };
	struct rate rate = { 0 };
	int64_t talk_ms = strtoll(col[2], NULL, 10), billable_s;

	(void)cols;
	u->rows++;
	(void)snprintf(u->last, sizeof(u->last), "%s", col[0]);
	if (rate_from_text(&rate, col[1]) != 0 || !rating_valid(&rate)) {
		f.text = "the record's rate cannot be read";
		return found(u->r, &f);
	}
	billable_s = rating_billable_s(&rate, talk_ms);
	f.expected_e4 = rating_amount_e4(&rate, talk_ms, strtoll(col[3], NULL, 10));
	f.found_e4 = strtoll(col[5], NULL, 10);
	f.text = "the record's amount is not what its rate makes of its talk";
	if (f.expected_e4 != f.found_e4)
		return found(u->r, &f);
	f.expected_e4 = billable_s;
	f.found_e4 = strtoll(col[4], NULL, 10);
	f.text = "the record's billable seconds are not what its rate makes of its talk";
	return f.expected_e4 == f.found_e4 ? 0 : found(u->r, &f);
}

static int rerate(struct store_conn *c, struct reconcile *r)
{
	struct run u = { .r = r };
	int err = 0;

	do {
		u.rows = 0;
		err = store_query(c, rerate_row, &u,
		                  "SELECT leg_id, rate, charged_ms, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', answered_at), "
		                  "billable_s, amount_e4, "
		                  "ended_at FROM leg_record WHERE leg_id > ? AND rate IS NOT NULL AND amount_e4 IS NOT NULL AND "
		                  "answered_at IS NOT "
		                  "NULL ORDER BY leg_id LIMIT ?",
		                  "si", u.last, (int64_t)RERATE_PAGE);
		r->legs += u.rows;
	} while (!err && u.rows == RERATE_PAGE);
	return err == -ENOENT ? 0 : err;
}

static int reconcile_tx(struct store_conn *c, void *arg)
{
	struct reconcile *r = arg;
	int err;

	r->legs = r->discrepancies = r->explained = r->young = 0;
	err = r->each ? r->each(r->arg, NULL) : 0;
	if (err)
		return err;
	err = store_exec(c, NULL, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", "");
	if (!err)
		err = store_query_int(c, &r->accounts, "SELECT COUNT(*) FROM account", "");
	if (!err)
		err = store_query_int(c, &r->movements, "SELECT COUNT(*) FROM ledger", "");
	for (unsigned i = 0; !err && i < ARRAY_LEN(checks); i++)
		err = check_run(c, r, &checks[i]);
	return err ? err : rerate(c, r);
}

int reconcile(struct store *s, struct reconcile *r)
{
	int err;

	store_set_timeout(s, READ_TIMEOUT_S);
	err = store_tx(s, reconcile_tx, r);
	store_set_timeout(s, 0);
	return err;
}
