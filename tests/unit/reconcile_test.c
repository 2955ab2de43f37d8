/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/reconcile_test.c - books that agree, and each way in which they can be made not to: it is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "billing/account.h"
#include "billing/reconcile.h"
#include "tests/unit/database.h"

#define HOST "8613800000001"
#define NOW  INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */
#define HOUR (INT64_C(3600) * 1000000)

#define CALL "00000000000000000000000000000001"
#define LEG  "00000000000000000000000000000011"
#define LEG2 "00000000000000000000000000000012"

struct told {
	unsigned count, explained;
	char     check[16], object[40];
	int64_t  expected_e4, found_e4;
};

static int tell(void *arg, const struct reconcile_finding *f)
{
	struct told *t = arg;

	if (f == NULL) {
		memset(t, 0, sizeof(*t));
		return 0;
	}
	if (!f->discrepancy) {
		t->explained++;
		return 0;
	}
	if (t->count++ == 0) {
		(void)snprintf(t->check, sizeof(t->check), "%s", f->check);
		(void)snprintf(t->object, sizeof(t->object), "%s", f->object);
		t->expected_e4 = f->expected_e4;
		t->found_e4 = f->found_e4;
	}
	return 0;
}

static void audit(struct store *s, struct told *t)
{
	struct reconcile r = { .now_utc_us = NOW + HOUR, .each = tell, .arg = t };

	assert_int_equal(reconcile(s, &r), 0);
	assert_int_equal(r.discrepancies, t->count);
	assert_int_equal(r.explained, t->explained);
	assert_int_equal(r.accounts, 1);
	assert_in_range(r.legs, 1, 2); /* one without a rate is not rated again */
}

/* A call of two legs, ended at 12:02: 61 s and 10 s at 0.20 a minute, started minutes, the second's last 0.10 lost. */
static struct store *books(void)
{
	struct account_new n = {
		.number = HOST, .language = "en", .tariff = "standard", .who = "test", .opening_e4 = 5000, .at_utc_us = NOW
	};
	struct store *s = database_fresh();

	database_do(s, "INSERT INTO tariff (provider_id, name) VALUES (1, 'standard')");
	assert_int_equal(account_add(s, &n), 0);
	database_do(s, "INSERT INTO hold (id, account_id, node, amount_e4, opened_at, expires_at, state, closed_at) SELECT '" CALL
	               "', id, 'n', 5000, '2026-03-02 12:00', '2026-03-02 12:03', 'settled', '2026-03-02 12:02' FROM account");
	database_do(s, "INSERT INTO ledger (id, account_id, number, kind, amount_e4, call_id, leg_id, at) SELECT '" LEG
	               "', id, '" HOST "', 'charge', -4000, '" CALL "', '" LEG "', '2026-03-02 12:02' FROM account");
	database_do(s, "INSERT INTO ledger (id, account_id, number, kind, amount_e4, call_id, leg_id, at) SELECT '" LEG2
	               "', id, '" HOST "', 'charge', -1000, '" CALL "', '" LEG2 "', '2026-03-02 12:02' FROM account");
	database_do(s, "INSERT INTO loss (id, account_id, amount_e4, call_id, leg_id, at) SELECT '" LEG2 "', id, 1000, '" CALL
	               "', '" LEG2 "', '2026-03-02 12:02' FROM account");
	database_do(s, "UPDATE account SET balance_e4 = 0");
	database_do(s,
	            "INSERT INTO call_record (call_id, account_id, host, service, node, began_at, ended_at, cause) SELECT '" CALL
	            "', id, '" HOST "', 's:12599', 'n', '2026-03-02 12:00', '2026-03-02 12:02', 16 FROM account");
	for (int i = 0; i < 2; i++) {
		char sql[900];

		(void)snprintf(
			sql, sizeof(sql),
			"INSERT INTO leg_record (leg_id, call_id, account_id, node, role, direction, trunk, channel, calling, "
			"calling_raw, "
			"called, called_raw, began_at, answered_at, ended_at, talk_ms, cause, cleared_by, rate, charged_ms, "
			"billable_s, "
			"amount_e4, cut) SELECT '%s', '" CALL
			"', id, 'n', 'party', 'out', 't', 'c', '1', '1', '2', '2', '2026-03-02 12:00', "
			"'2026-03-02 12:00:01', '2026-03-02 12:%s', %d, 16, 'us', '0,2000,0,60,0,0,', %d, %d, %d, %d FROM "
		        "account",
			i ? LEG2 : LEG, i ? "00:11" : "01:02", i ? 10000 : 61000, i ? 10000 : 61000, i ? 60 : 120,
			i ? 2000 : 4000, i);
		database_do(s, sql);
	}
	return s;
}

static void test_books_that_agree(void **state)
{
	struct store *s = books();
	struct told t;

	(void)state;
	audit(s, &t);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.explained, 2); /* a loss and a leg that was cut */
	store_close(s);
}

static void test_each_discrepancy_is_named(void **state)
{
	static const struct {
		const char *spoil, *check, *object, *mend;
		int64_t     expected_e4, found_e4;
	} way[] = {
		{ "UPDATE account SET balance_e4 = 7", "balance", HOST, "UPDATE account SET balance_e4 = 0", 0, 7 },
		{ "UPDATE account SET held_e4 = 7, credit_e4 = 7", "held", HOST, "UPDATE account SET held_e4 = 0, credit_e4 = 0",
		  0, 7 },
		{ "UPDATE hold SET state = 'open'", "held", HOST, "UPDATE hold SET state = 'settled'", 5000, 0 },
		{ "UPDATE account SET held_e4 = 5000", "held", HOST, "UPDATE account SET held_e4 = 0", 0, 5000 },
		{ "UPDATE ledger SET kind = 'adjustment' WHERE kind = 'opening'", "opening", HOST,
		  "UPDATE ledger SET kind = 'opening' WHERE kind = 'adjustment'", 1, 0 },
		{ "UPDATE audit SET id = CONCAT('x', SUBSTR(id, 2))", "audit", NULL,
		  "UPDATE audit SET id = (SELECT id FROM ledger WHERE kind = 'opening')", 5000, 0 },
		{ "UPDATE leg_record SET amount_e4 = 4001, rate = NULL WHERE leg_id = '" LEG "'", "taken", LEG,
		  "UPDATE leg_record SET amount_e4 = 4000, rate = '0,2000,0,60,0,0,' WHERE leg_id = '" LEG "'", 4001, 4000 },
		{ "UPDATE loss SET amount_e4 = 999", "taken", LEG2, "UPDATE loss SET amount_e4 = 1000", 2000, 1999 },
		{ "UPDATE ledger SET leg_id = '" LEG "' WHERE leg_id = '" LEG2 "'", "taken", LEG,
		  "UPDATE ledger SET leg_id = id WHERE leg_id = '" LEG "'", 4000, 5000 },
		{ "UPDATE leg_record SET account_id = NULL WHERE leg_id = '" LEG "'", "record", LEG,
		  "UPDATE leg_record SET account_id = (SELECT id FROM account) WHERE leg_id = '" LEG "'", 0, 4000 },
		{ "UPDATE call_record SET call_id = 'x'", "call", LEG, "UPDATE call_record SET call_id = '" CALL "'", 1, 0 },
		{ "UPDATE leg_record SET ended_at = '2026-03-02 12:00:50' WHERE leg_id = '" LEG "'", "talk", LEG,
		  "UPDATE leg_record SET ended_at = '2026-03-02 12:01:02' WHERE leg_id = '" LEG "'", 49000, 61000 },
		{ "UPDATE leg_record SET rate = '0,2001,0,60,0,0,' WHERE leg_id = '" LEG "'", "rate", LEG,
		  "UPDATE leg_record SET rate = '0,2000,0,60,0,0,' WHERE leg_id = '" LEG "'", 4002, 4000 },
		{ "UPDATE leg_record SET rate = 'nonsense' WHERE leg_id = '" LEG "'", "rate", LEG,
		  "UPDATE leg_record SET rate = '0,2000,0,60,0,0,' WHERE leg_id = '" LEG "'", 0, 0 },
		{ "UPDATE card SET state = 'used', used_at = '2026-03-02', ledger_id = 'x'", "card", "may 1",
		  "UPDATE card SET state = NULL, used_at = NULL, ledger_id = NULL", 500, 0 },
		{ "UPDATE ledger SET kind = 'card' WHERE leg_id = '" LEG2 "'", "audit", LEG2,
		  "UPDATE ledger SET kind = 'charge' WHERE leg_id = '" LEG2 "'", -1000, 0 },
		{ "UPDATE leg_record SET answered_at = NULL WHERE leg_id = '" LEG "'", "charged", LEG,
		  "UPDATE leg_record SET answered_at = '2026-03-02 12:00:01' WHERE leg_id = '" LEG "'", 0, 4000 },
		{ "INSERT INTO loss (id, account_id, amount_e4, call_id, leg_id, at) SELECT 'y', id, 9, NULL, 'y', '2026-03-02 "
		  "12:02' FROM "
		  "account",
		  "lost", "y", "DELETE FROM loss WHERE id = 'y'", 0, 9 },
		{ "INSERT INTO ledger (id, account_id, number, kind, amount_e4, at) SELECT 'y', id, '" HOST
		  "', 'bonus', 0, '2026-03-02 12:02' FROM account",
		  "audit", "y", "DELETE FROM ledger WHERE id = 'y'", 0, 0 },
		{ "UPDATE leg_record SET billable_s = 119 WHERE leg_id = '" LEG "'", "rate", LEG,
		  "UPDATE leg_record SET billable_s = 120 WHERE leg_id = '" LEG "'", 120, 119 },
	};
	struct store *s = books();
	struct told t;

	(void)state;
	database_do(s, "INSERT INTO card_key (id, fingerprint, created_at) VALUES (1, 'x', '2026-03-02')");
	database_do(s, "INSERT INTO card_batch (id, name, maker, cards, digits, value_e4, key_id, expires_at, created_at) VALUES "
	               "(1, 'may', 'x', 1, 16, 500, 1, '2027-03-02', '2026-03-02')");
	database_do(s, "INSERT INTO card (batch_id, serial, mac) VALUES (1, 1, 'x')");
	database_do(s, "DROP TRIGGER ledger_is_not_updated");
	database_do(s, "DROP TRIGGER loss_is_not_updated");
	database_do(s, "DROP TRIGGER ledger_is_not_deleted");
	database_do(s, "DROP TRIGGER loss_is_not_deleted");
	database_do(s, "DROP TRIGGER audit_is_not_updated");
	for (unsigned i = 0; i < ARRAY_LEN(way); i++) {
		database_do(s, way[i].spoil);
		audit(s, &t);
		if (t.count == 0 || strcmp(t.check, way[i].check) != 0 ||
		    (way[i].object && strcmp(t.object, way[i].object) != 0) || t.expected_e4 != way[i].expected_e4 ||
		    t.found_e4 != way[i].found_e4)
			fail_msg("%s: %u found: %s of %s, %lld and %lld", way[i].spoil, t.count, t.check, t.object,
			         (long long)t.expected_e4, (long long)t.found_e4);
		database_do(s, way[i].mend);
		audit(s, &t);
		if (t.count)
			fail_msg("%s: %s", way[i].mend, t.check);
	}
	store_close(s);
}

/* Records come within moments: a charge of a minute ago without one is told, and is wrong when nothing can be on its way. */
static void test_what_is_young_is_told(void **state)
{
	struct store *s = books();
	struct told t;
	struct reconcile r = { .now_utc_us = NOW + INT64_C(180) * 1000000, .each = tell, .arg = &t }; /* a minute after the end */

	(void)state;
	database_do(s, "DELETE FROM leg_record WHERE leg_id = '" LEG "'");
	database_do(s, "DELETE FROM call_record");
	assert_int_equal(reconcile(s, &r), 0);
	assert_int_equal(r.discrepancies, 0);
	assert_int_equal(r.young, 2);     /* the first leg's record, and the second's call's */
	assert_int_equal(t.explained, 4); /* the loss and the cut leg as well */
	r.strict = true;
	assert_int_equal(reconcile(s, &r), 0);
	assert_int_equal(r.discrepancies, 2);
	assert_string_equal(t.check, "record");
	assert_string_equal(t.object, LEG);
	r.strict = false;
	r.now_utc_us = NOW + HOUR;
	assert_int_equal(reconcile(s, &r), 0);
	assert_int_equal(r.discrepancies, 2);
	assert_int_equal(r.young, 0);
	store_close(s);
}

/* A node that is away: its call's hold has expired, and for a day its legs may wait. */
static void test_a_call_waits_for_its_node(void **state)
{
	struct store *s = books();
	struct reconcile r = { .now_utc_us = NOW + 30 * HOUR };
	struct told t;

	(void)state;
	database_do(s, "DROP TRIGGER ledger_is_not_deleted");
	database_do(s, "DROP TRIGGER loss_is_not_deleted");
	database_do(s, "DELETE FROM ledger WHERE kind = 'charge'");
	database_do(s, "DELETE FROM loss");
	database_do(s, "UPDATE account SET balance_e4 = 5000");
	database_do(s, "UPDATE hold SET state = 'expired'");
	audit(s, &t);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.explained, 2); /* waiting, cut */
	assert_int_equal(reconcile(s, &r), 0);
	assert_int_equal(r.discrepancies, 2); /* both legs, a day later */
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_books_that_agree),
		cmocka_unit_test(test_each_discrepancy_is_named),
		cmocka_unit_test(test_what_is_young_is_told),
		cmocka_unit_test(test_a_call_waits_for_its_node),
	};

	return cmocka_run_group_tests_name("reconcile", tests, database_start, database_stop);
}
