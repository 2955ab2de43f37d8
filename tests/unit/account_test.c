/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/account_test.c - accounts, their dated numbers, recharges and limits (rules 11, 23, 24). Against a real MariaDB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>

#include "billing/account.h"
#include "billing/account_edit.h"
#include "billing/account_number.h"
#include "billing/provider.h"
#include "billing/tariff_assign.h"
#include "tests/unit/database.h"

#define NOW  INT64_C(1772452800000000)
#define HOST "8613800000001"

static struct store *with_tariff(void)
{
	struct store *s = database_fresh();

	database_do(s, "INSERT INTO tariff (id, provider_id, name) VALUES (1, 1, 'standard')");
	return s;
}

static int add(struct store *s, const char *number, int64_t opening_e4)
{
	struct account_new n = { .number = number,
		                 .language = "zh-CN",
		                 .tariff = "standard",
		                 .who = "op",
		                 .opening_e4 = opening_e4,
		                 .at_utc_us = NOW };

	return account_add(s, &n);
}

static void check_sums(struct store *s)
{
	assert_int_equal(
		database_int(s, "SELECT COUNT(*) FROM account a WHERE a.balance_e4 <> (SELECT COALESCE(SUM(l.amount_e4), 0) FROM "
	                        "ledger l WHERE l.account_id = a.id)"),
		0);
}

static void test_added_found_and_audited(void **state)
{
	struct account_new n = { .number = HOST, .language = "fr", .tariff = "standard", .who = "op", .at_utc_us = NOW };
	struct store *s = with_tariff();
	struct account a;

	(void)state;
	assert_int_equal(account_find(s, HOST, &a), -ENOENT);
	assert_int_equal(add(s, HOST, 123400), 0);
	assert_int_equal(add(s, HOST, 0), -EEXIST);
	assert_int_equal(add(s, "8613800000002", -1), -EINVAL);
	assert_int_equal(add(s, "", 0), -EINVAL);
	assert_int_equal(account_add(s, &n), -EINVAL); /* no such language */
	n.language = "en";
	n.tariff = "nowhere";
	assert_int_equal(account_add(s, &n), -ENOENT);
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_int_equal(a.balance_e4, 123400);
	assert_string_equal(a.state, "active");
	assert_string_equal(a.kind, "prepaid");
	assert_string_equal(a.tariff, "standard");
	assert_int_equal(account_set_state(s, HOST, "suspended", "op", NOW), 0);
	assert_int_equal(account_set_state(s, HOST, "asleep", "op", NOW), -EINVAL);
	assert_int_equal(account_set_state(s, "999", "active", "op", NOW), -ENOENT);
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_string_equal(a.check, "service");
	assert_int_equal(account_set_check(s, HOST, "2", "op", NOW), -EINVAL);
	assert_int_equal(account_set_check(s, HOST, "password", "op", NOW), -ENOKEY);
	assert_int_equal(account_set_check(s, HOST, "press-1", "op", NOW), 0);
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_string_equal(a.check, "press-1");
	assert_int_equal(account_set_language(s, HOST, "en", "op", NOW), 0);
	assert_int_equal(
		database_int(
			s,
			"SELECT COUNT(*) FROM audit WHERE who = 'op' AND what = 'account.state' AND before_text = 'active' AND "
			"after_text = 'suspended' AND at = '2026-03-02 12:00:00'"),
		1);
	assert_int_equal(
		database_int(s, "SELECT COUNT(*) FROM audit WHERE what = 'account.callback' AND before_text = 'service' AND "
	                        "after_text = 'press-1'"),
		1);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit"), 4);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM account"), 1);
	check_sums(s);
	store_close(s);
}

static void test_a_recharge_happens_once(void **state)
{
	struct store *s = with_tariff();
	char id[ID_SIZE], other[ID_SIZE];
	struct account a;

	(void)state;
	assert_int_equal(add(s, HOST, 0), 0);
	assert_int_equal(add(s, "8613800000002", 0), 0);
	random_id(id);
	for (int i = 0; i < 3; i++)
		assert_int_equal(account_topup(s, id, HOST, 50000, "op", NOW), 0);
	assert_int_equal(account_topup(s, id, HOST, 60000, "op", NOW), -EEXIST);
	assert_int_equal(account_topup(s, id, "8613800000002", 50000, "op", NOW), -EEXIST);
	random_id(other);
	assert_int_equal(account_topup(s, other, HOST, 0, "op", NOW), -EINVAL);
	assert_int_equal(account_topup(s, other, HOST, INT64_MAX, "op", NOW), -EINVAL);
	assert_int_equal(account_topup(s, other, "999", 1, "op", NOW), -ENOENT);
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_int_equal(a.balance_e4, 50000);
	check_sums(s);
	store_close(s);
}

/* Whatever statement fails, and however: one account, one recharge. */
static void test_each_statement_failing_changes_once(void **state)
{
	struct store *s = with_tariff();

	(void)state;
	for (unsigned n = 1; n <= 10; n++)
		for (int after = 0; after < 2; after++) {
			char number[20], id[ID_SIZE];
			struct account a;

			(void)snprintf(number, sizeof(number), "86138%u%d", n, after);
			store_fault(s, n, n % 2 ? 2013 : 1213, after);
			assert_int_equal(add(s, number, 1000), 0);
			store_fault(s, n, n % 2 ? 2006 : 1205, after);
			random_id(id);
			assert_int_equal(account_topup(s, id, number, 500, "op", NOW), 0);
			store_fault(s, n, 2013, after);
			assert_int_equal(account_set_language(s, number, "en", "op", NOW), 0);
			store_fault(s, 0, 0, false);
			assert_int_equal(account_find(s, number, &a), 0);
			assert_int_equal(a.balance_e4, 1500);
		}
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM account"), 20);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM ledger"), 40);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit"), 60);
	check_sums(s);
	store_close(s);
}

/* What cannot stand in the audit trail does not happen; of a long name who did it is cut on purpose. */
static void test_nothing_without_its_audit(void **state)
{
	struct store *s = with_tariff();
	char who[101], id[ID_SIZE];
	struct account a;

	(void)state;
	assert_int_equal(add(s, HOST, 1000), 0);
	random_id(id);
	assert_int_equal(account_topup(s, id, HOST, 500, "\xff", NOW), -ERANGE);
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_int_equal(a.balance_e4, 1000);
	memset(who, 'w', sizeof(who) - 1);
	who[sizeof(who) - 1] = '\0';
	assert_int_equal(account_topup(s, id, HOST, 500, who, NOW), 0);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit WHERE who = REPEAT('w', 64)"), 1);
	check_sums(s);
	store_close(s);
}

static void *recharges(void *arg)
{
	for (int i = 0; i < 50; i++) {
		char id[ID_SIZE];

		random_id(id);
		if (account_topup(arg, id, HOST, 100, "op", NOW) != 0)
			return arg;
	}
	return NULL;
}

static void test_recharges_at_once_all_arrive(void **state)
{
	struct store *s = with_tariff();
	struct account a;
	pthread_t t[4];

	(void)state;
	assert_int_equal(add(s, HOST, 0), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, recharges, s), 0);
	for (unsigned i = 0; i < 4; i++) {
		void *failed;

		assert_int_equal(pthread_join(t[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_int_equal(a.balance_e4, 4 * 50 * 100);
	check_sums(s);
	store_close(s);
}

/* Several numbers, a number given up and given to somebody else: each is live in one account at a time. */
static void test_rule_11_dated_numbers(void **state)
{
	struct store *s = with_tariff();
	struct account a, b;

	(void)state;
	assert_int_equal(add(s, HOST, 100), 0);
	assert_int_equal(account_number_add(s, HOST, "861084110001", "op", NOW), 0);
	assert_int_equal(account_find(s, "861084110001", &a), 0);
	assert_int_equal(a.balance_e4, 100);
	assert_int_equal(add(s, "861084110001", 0), -EEXIST);
	assert_int_equal(account_number_end(s, HOST, "op", NOW + 1000), 0);
	assert_int_equal(account_find(s, HOST, &b), -ENOENT);
	assert_int_equal(account_number_end(s, "861084110001", "op", NOW), -EBUSY); /* its last */
	assert_int_equal(add(s, HOST, 7), 0); /* recycled */
	assert_int_equal(account_find(s, HOST, &b), 0);
	assert_int_not_equal(a.id, b.id);
	assert_int_equal(account_number_add(s, "861084110001", HOST, "op", NOW), -EEXIST);
	check_sums(s);
	store_close(s);
}

static void test_rule_24_limits(void **state)
{
	struct account_limits credit = { .operator_billed = true, .credit_e4 = 50000 }, trust = { .trust_e4 = 10000 },
			      wrong = { .credit_e4 = 1 };
	struct store *s = with_tariff();
	struct account a;

	(void)state;
	assert_int_equal(add(s, HOST, 0), 0);
	assert_int_equal(account_set_limits(s, HOST, &wrong, "op", NOW), -EINVAL); /* a prepaid account has no credit */
	assert_int_equal(account_set_limits(s, "999", &trust, "op", NOW), -ENOENT);
	assert_int_equal(account_set_limits(s, HOST, &credit, "op", NOW), 0);
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_string_equal(a.kind, "operator");
	assert_int_equal(a.credit_e4, 50000);
	database_do(s, "UPDATE account SET held_e4 = 30000");
	assert_int_equal(account_set_limits(s, HOST, &trust, "op", NOW), -EDQUOT); /* a call holds it */
	database_do(s, "UPDATE account SET held_e4 = 0");
	assert_int_equal(account_set_limits(s, HOST, &trust, "op", NOW), 0);
	assert_int_equal(
		database_int(s,
	                     "SELECT COUNT(*) FROM audit WHERE what = 'account.limits' AND before_text = 'operator credit 50000 "
	                     "trust 0' AND after_text = 'prepaid credit 0 trust 10000'"),
		1);
	store_close(s);
}

struct seen {
	unsigned        count;
	struct provider last;
};

static int see(void *arg, const struct provider *p)
{
	struct seen *s = arg;

	s->count++;
	s->last = *p;
	return 0;
}

/* Rule 24: an account is its tariff's provider's, and gets tariffs of the same only. */
static void test_rule_24_providers(void **state)
{
	struct account_new n = { .number = HOST, .language = "en", .tariff = "gold", .who = "op", .at_utc_us = NOW };
	struct store *s = with_tariff();
	struct seen seen = { 0 };
	struct account a;

	(void)state;
	assert_int_equal(provider_add(s, "other", "op", NOW), 0);
	assert_int_equal(provider_add(s, "other", "op", NOW), -EEXIST);
	assert_int_equal(provider_add(s, "", "op", NOW), -EINVAL);
	assert_int_equal(provider_add(s, "two\nlines", "op", NOW), -EINVAL);
	assert_int_equal(provider_rename(s, "nobody", "x", "op", NOW), -ENOENT);
	assert_int_equal(provider_rename(s, "other", "default", "op", NOW), -EEXIST);
	assert_int_equal(provider_rename(s, "other", "another", "op", NOW), 0);
	database_do(s, "INSERT INTO tariff (id, provider_id, name) SELECT 2, id, 'gold' FROM provider WHERE name = 'another'");
	n.provider = "default";
	assert_int_equal(account_add(s, &n), -ENOENT);
	n.provider = NULL;
	assert_int_equal(account_add(s, &n), 0);
	assert_int_equal(add(s, "8613800000002", 0), 0);
	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_string_equal(a.provider, "another");
	assert_int_equal(account_find(s, "8613800000002", &a), 0);
	assert_string_equal(a.provider, "default");
	assert_int_equal(tariff_of_account(s, HOST, "standard", "op", NOW), -ENOENT);
	assert_int_equal(provider_each(s, NULL, see, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.last.accounts, 1);
	assert_int_equal(seen.last.tariffs, 1);
	assert_int_equal(provider_each(s, "nobody", see, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit WHERE what LIKE 'provider.%'"), 2);
	store_close(s);
}

/* ---- several settings at once ---- */

static bool is_active(void *arg, const struct account *now)
{
	(*(int *)arg)++;
	return strcmp(now->state, "active") == 0;
}

static struct account_edit edit_of(struct store *s)
{
	struct account a;

	assert_int_equal(account_find(s, HOST, &a), 0);
	return (struct account_edit){ .account_id = a.id,
		                      .number = HOST,
		                      .who = "op",
		                      .at_utc_us = NOW,
		                      .check = "press-1",
		                      .language = "en",
		                      .kind = "operator",
		                      .has_credit = true,
		                      .credit_e4 = 20000,
		                      .has_discount = true,
		                      .discount_bp = 1250 };
}

static void check_untouched(struct store *s)
{
	struct account a;

	assert_int_equal(account_find(s, HOST, &a), 0);
	assert_string_equal(a.check, "service");
	assert_string_equal(a.language, "zh-CN");
	assert_string_equal(a.kind, "prepaid");
	assert_string_equal(a.state, "active");
	assert_int_equal(a.credit_e4, 0);
	assert_int_equal(a.discount_bp, 0);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit WHERE what <> 'account.add'"), 0);
}

static void refused(struct store *s, const struct account_edit *e, int why)
{
	assert_int_equal(account_edit(s, e), why);
	check_untouched(s);
}

static void test_a_refused_edit_leaves_nothing(void **state)
{
	struct store *s = with_tariff();
	struct account_edit e;
	int looked = 0;

	(void)state;
	assert_int_equal(add(s, HOST, 10000), 0);
	assert_int_equal(add(s, "8613800000002", 0), 0);
	e = edit_of(s);
	e.tariff = "nowhere"; /* found out behind the callback check and the limits */
	refused(s, &e, -EDOM);
	e = edit_of(s);
	e.state = "asleep";
	refused(s, &e, -EINVAL);
	e = edit_of(s);
	e.kind = "prepaid"; /* with a credit */
	refused(s, &e, -EINVAL);
	e = edit_of(s);
	e.check = "password";
	refused(s, &e, -ENOKEY);
	e = edit_of(s);
	e.account_id++; /* the number is another account's by now */
	refused(s, &e, -ENOENT);
	database_do(s, "UPDATE account SET kind = 'operator', credit_e4 = 50000, held_e4 = 40000 WHERE balance_e4 = 10000");
	e = edit_of(s);
	assert_int_equal(account_edit(s, &e), -EDQUOT); /* behind the callback check */
	database_do(s, "UPDATE account SET kind = 'prepaid', credit_e4 = 0, held_e4 = 0 WHERE balance_e4 = 10000");
	check_untouched(s);
	database_do(s, "UPDATE account SET state = 'suspended' WHERE balance_e4 = 10000");
	e = edit_of(s);
	e.wanted = is_active;
	e.arg = &looked;
	assert_int_equal(account_edit(s, &e), -ESTALE);
	assert_int_equal(looked, 1);
	database_do(s, "UPDATE account SET state = 'active' WHERE balance_e4 = 10000");
	check_untouched(s);
	store_close(s);
}

/* Whatever statement fails, and however: all of it, once. */
static void test_an_edit_happens_once(void **state)
{
	struct store *s = with_tariff();
	struct account a;
	int64_t rows;

	(void)state;
	assert_int_equal(add(s, HOST, 10000), 0);
	rows = database_int(s, "SELECT COUNT(*) FROM audit");
	for (unsigned n = 1; n <= 30; n++) {
		struct account_edit e = edit_of(s);
		int looked = 0;

		e.wanted = is_active;
		e.arg = &looked;
		e.state = "suspended"; /* which a repeated try would not want any more */
		store_fault(s, n, n % 2 ? 2013 : 1213, n % 3 == 0);
		assert_int_equal(account_edit(s, &e), 0);
		store_fault(s, 0, 0, false);
		assert_int_equal(account_find(s, HOST, &a), 0);
		assert_string_equal(a.state, "suspended");
		assert_string_equal(a.check, "press-1");
		assert_int_equal(a.credit_e4, 20000);
		rows += 5; /* check, limits, discount, language, state */
		assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit"), rows);
		database_do(s, "UPDATE account SET state = 'active', callback_check = 'service', credit_e4 = 0");
	}
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added_found_and_audited),
		cmocka_unit_test(test_a_recharge_happens_once),
		cmocka_unit_test(test_each_statement_failing_changes_once),
		cmocka_unit_test(test_nothing_without_its_audit),
		cmocka_unit_test(test_recharges_at_once_all_arrive),
		cmocka_unit_test(test_rule_11_dated_numbers),
		cmocka_unit_test(test_rule_24_limits),
		cmocka_unit_test(test_a_refused_edit_leaves_nothing),
		cmocka_unit_test(test_an_edit_happens_once),
		cmocka_unit_test(test_rule_24_providers),
	};

	return cmocka_run_group_tests_name("account", tests, database_start, database_stop);
}
