/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/password_test.c - which are too easy, how often a wrong one may be tried, and that nothing of it can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>

#include "billing/account.h"
#include "billing/password.h"
#include "tests/unit/database.h"

#define HOST  "8613800000001"
#define OTHER "8613800000002"
#define NOW   INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */
#define MINUTE CLOCK_SEC(60)

static struct password_limits limits = { 3, 30 * MINUTE };

static struct store *accounts(void)
{
	struct account_new n = { .number = HOST, .language = "en", .tariff = "standard", .who = "test", .at_utc_us = NOW };
	struct store *s = database_fresh();

	database_do(s, "INSERT INTO tariff (provider_id, name) VALUES (1, 'standard')");
	assert_int_equal(account_add(s, &n), 0);
	n.number = OTHER;
	assert_int_equal(account_add(s, &n), 0);
	return s;
}

static enum password_outcome try(struct store *s, const char *number, const char *password, int64_t at, unsigned *left)
{
	struct password_check c = { .number = number, .password = password, .who = "phone:1@pstn", .at_utc_us = at };

	random_id(c.id);
	assert_int_equal(password_check(s, &limits, &c), 0);
	if (left)
		*left = c.tries_left;
	return c.outcome;
}

static void test_easy_ones(void **state)
{
	static const char *const weak[] = { "111111", "123456", "654321", "135791", "121212",  "123123",   "987654321",
		                            "890123", "000001", "138000", "100000", "8613800", "000000831" };
	static const char *const good[] = { "836152", "271828", "314159", "190872", "112358132134" };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(weak); i++)
		if (password_fault(weak[i], HOST) != PASSWORD_WEAK)
			fail_msg("%s passes", weak[i]);
	for (unsigned i = 0; i < ARRAY_LEN(good); i++)
		if (password_fault(good[i], HOST) != PASSWORD_GOOD)
			fail_msg("%s does not pass", good[i]);
	assert_int_equal(password_fault("83615", HOST), PASSWORD_LENGTH);
	assert_int_equal(password_fault("8361528361529", HOST), PASSWORD_LENGTH);
	assert_int_equal(password_fault("", HOST), PASSWORD_LENGTH);
	assert_int_equal(password_fault("83615a", HOST), PASSWORD_NO_DIGITS);
	assert_int_equal(password_fault("83615*", HOST), PASSWORD_NO_DIGITS);
}

static void test_set_and_tried(void **state)
{
	struct store *s = accounts();
	unsigned left;

	(void)state;
	assert_int_equal(try(s, HOST, "836152", NOW, NULL), PASSWORD_NOT_SET);
	assert_int_equal(try(s, "8699", "836152", NOW, NULL), PASSWORD_NO_ACCOUNT);
	assert_int_equal(password_set(s, HOST, "123456", "op", NOW), -EINVAL);
	assert_int_equal(password_set(s, "8699", "836152", "op", NOW), -ENOENT);
	assert_int_equal(password_set(s, HOST, "836152", "op@here", NOW), 0);
	assert_int_equal(try(s, HOST, "836152", NOW, NULL), PASSWORD_RIGHT);
	assert_int_equal(try(s, HOST, "836153", NOW, &left), PASSWORD_WRONG);
	assert_int_equal(left, 2);
	assert_int_equal(try(s, OTHER, "836152", NOW, NULL), PASSWORD_NOT_SET); /* another's is not his */
	assert_int_equal(try(s, HOST, "836152", NOW, NULL), PASSWORD_RIGHT);     /* the wrong one is forgotten */
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM password_attempt"), 0);
	/* nothing of it can be read */
	assert_int_equal(
		database_int(s, "SELECT COUNT(*) FROM account WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'"), 1);
	assert_int_equal(database_int(s,
	                              "SELECT COUNT(*) FROM audit WHERE what = 'account.password' AND before_text = 'none' AND "
	                              "after_text = 'another password' AND who = 'op' AND origin = 'here'"),
	                 1);
	assert_int_equal(password_set(s, HOST, NULL, "op", NOW), 0);
	assert_int_equal(try(s, HOST, "836152", NOW, NULL), PASSWORD_NOT_SET);
	store_close(s);
}

static void test_three_wrong_lock_for_half_an_hour(void **state)
{
	struct store *s = accounts();
	unsigned left;

	(void)state;
	assert_int_equal(password_set(s, HOST, "836152", "op", NOW), 0);
	assert_int_equal(try(s, HOST, "1", NOW, NULL), PASSWORD_WRONG);
	/* long ago: does not count */
	assert_int_equal(try(s, HOST, "2", NOW + 31 * MINUTE, &left), PASSWORD_WRONG);
	assert_int_equal(left, 2);
	assert_int_equal(try(s, HOST, "3", NOW + 32 * MINUTE, &left), PASSWORD_WRONG);
	assert_int_equal(left, 1);
	assert_int_equal(try(s, HOST, "4", NOW + 33 * MINUTE, NULL), PASSWORD_LOCKED);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit WHERE what = 'account.password.locked' AND origin = 'pstn'"),
	                 1);
	assert_int_equal(try(s, HOST, "836152", NOW + 34 * MINUTE, NULL), PASSWORD_LOCKED);
	assert_int_equal(try(s, HOST, "836152", NOW + 63 * MINUTE - 1000, NULL), PASSWORD_LOCKED);
	assert_int_equal(try(s, HOST, "836152", NOW + 63 * MINUTE, NULL), PASSWORD_RIGHT);
	/* the operator opens it */
	for (int i = 0; i < 3; i++)
		(void)try(s, HOST, "1", NOW + 100 * MINUTE, NULL);
	assert_int_equal(try(s, HOST, "836152", NOW + 101 * MINUTE, NULL), PASSWORD_LOCKED);
	assert_int_equal(password_unlock(s, HOST, "op", NOW + 102 * MINUTE), 0);
	assert_int_equal(try(s, HOST, "836152", NOW + 102 * MINUTE, NULL), PASSWORD_RIGHT);
	assert_int_equal(password_unlock(s, "8699", "op", NOW), -ENOENT);
	store_close(s);
}

/* A repeated check, and a lost reply, are one attempt. */
static void test_an_attempt_is_one(void **state)
{
	struct store *s = accounts();
	struct password_check c = { .number = HOST, .password = "1", .who = "op", .at_utc_us = NOW };

	(void)state;
	assert_int_equal(password_set(s, HOST, "836152", "op", NOW), 0);
	for (unsigned n = 1; n <= 12; n++) {
		random_id(c.id);
		store_fault(s, n, n % 2 ? 2013 : 1213, n % 2);
		assert_int_equal(password_check(s, &limits, &c), 0);
		store_fault(s, 0, 0, false);
		assert_int_equal(c.outcome, PASSWORD_WRONG);
		assert_int_equal(c.tries_left, 2);
		assert_int_equal(password_check(s, &limits, &c), 0);
		assert_int_equal(c.tries_left, 2);
		assert_int_equal(try(s, HOST, "836152", NOW, NULL), PASSWORD_RIGHT);
	}
	store_close(s);
}

static void *guess(void *arg)
{
	struct store *s = arg;
	unsigned wrong = 0;

	for (int i = 0; i < 3; i++)
		wrong += try(s, HOST, "271828", NOW, NULL) == PASSWORD_WRONG;
	return (void *)(uintptr_t)wrong;
}

/* Many at once do not get more tries than one. */
static void test_all_at_once(void **state)
{
	struct store *s = accounts();
	pthread_t thread[4];
	uintptr_t wrong = 0;

	(void)state;
	assert_int_equal(password_set(s, HOST, "836152", "op", NOW), 0);
	for (unsigned i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, guess, s), 0);
	for (unsigned i = 0; i < ARRAY_LEN(thread); i++) {
		void *got;

		assert_int_equal(pthread_join(thread[i], &got), 0);
		wrong += (uintptr_t)got;
	}
	assert_in_range(wrong, 0, 2); /* the third is told that it is locked */
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit WHERE what = 'account.password.locked'"), 1);
	assert_int_equal(try(s, HOST, "836152", NOW, NULL), PASSWORD_LOCKED);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_easy_ones),
		cmocka_unit_test(test_set_and_tried),
		cmocka_unit_test(test_three_wrong_lock_for_half_an_hour),
		cmocka_unit_test(test_an_attempt_is_one),
		cmocka_unit_test(test_all_at_once),
	};

	return cmocka_run_group_tests_name("password", tests, database_start, database_stop);
}
