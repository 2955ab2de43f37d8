/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/operator_test.c - one-time codes against the values printed in RFC 6238, appendix B (SHA-1; the last six of its
 * eight digits), and who may come in with them: operators against a real MariaDB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>

#include "billing/operator.h"
#include "tests/unit/database.h"

/* "12345678901234567890" */
#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define US     INT64_C(1000000)
#define AT     (INT64_C(1772452800) * US)

static void test_values_of_the_rfc(void **state)
{
	static const struct {
		int64_t     utc_s;
		const char *code;
	} printed[] = {
		{ 59, "287082" },         { 1111111109, "081804" },  { 1111111111, "050471" },
		{ 1234567890, "005924" }, { 2000000000, "279037" }, { INT64_C(20000000000), "353130" },
	};
	char code[TOTP_CODE_SIZE];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(printed); i++) {
		assert_int_equal(totp_code(SECRET, printed[i].utc_s * US, code), 0);
		assert_string_equal(code, printed[i].code);
	}
	assert_int_equal(totp_code("GEZDGNBV1", 0, code), -EINVAL); /* 1 is no base32 */
	assert_int_equal(totp_code("GEZDGNBV", 0, code), -EINVAL);  /* too short to be a secret */
}

static void test_codes_are_good_once_and_for_a_while(void **state)
{
	char code[TOTP_CODE_SIZE], secret[TOTP_SECRET_SIZE];
	int64_t step;

	(void)state;
	totp_secret(secret);
	assert_int_equal(strlen(secret), TOTP_SECRET_SIZE - 1);
	assert_int_equal(totp_code(secret, AT, code), 0);
	step = totp_check(secret, code, AT, 0);
	assert_true(step == AT / US / TOTP_STEP_S);
	assert_true(totp_check(secret, code, AT, step) == 0);                      /* once */
	assert_true(totp_check(secret, code, AT + TOTP_STEP_S * US, 0) == step);   /* a clock that is behind */
	assert_true(totp_check(secret, code, AT - TOTP_STEP_S * US, 0) == step);   /* or ahead */
	assert_true(totp_check(secret, code, AT + 2 * TOTP_STEP_S * US, 0) == 0);
	assert_true(totp_check(secret, "12345", AT, 0) == 0);
	assert_true(totp_check(secret, "", AT, 0) == 0);
}

/* ---- operators ---- */

static struct store *with_operator(void)
{
	struct store *s = database_fresh();
	struct operator_new n = { .name = "anna", .password = "correct horse", .secret = SECRET, .role = OPERATOR_CLERK };

	assert_int_equal(operator_add(s, &n, "test@here", AT), 0);
	return s;
}

static enum password_outcome come(struct store *s, const char *name, const char *password, int64_t code_at, int64_t at)
{
	struct operator_check c = { .name = name, .password = password, .who = "office:test@here", .at_utc_us = at };
	char code[TOTP_CODE_SIZE];

	assert_int_equal(totp_code(SECRET, code_at, code), 0);
	c.code = code;
	random_id(c.id);
	assert_int_equal(operator_check(s, &c), 0);
	return c.outcome;
}

static void test_operators_come_in(void **state)
{
	struct store *s = with_operator();
	struct operator_new n = { .name = "anna", .password = "correct horse", .secret = SECRET };

	(void)state;
	assert_int_equal(operator_add(s, &n, "test@here", AT), -EEXIST);
	n.name = "no name";
	assert_int_equal(operator_add(s, &n, "test@here", AT), -EINVAL);
	n.name = "bert";
	n.password = "short";
	assert_int_equal(operator_add(s, &n, "test@here", AT), -EINVAL);
	n.password = "long enough";
	n.provider = "nobody";
	assert_int_equal(operator_add(s, &n, "test@here", AT), -ENOENT);
	assert_int_equal(come(s, "anna", "correct horse", AT, AT), PASSWORD_RIGHT);
	assert_int_equal(come(s, "anna", "correct horse", AT, AT), PASSWORD_WRONG); /* the code was taken */
	assert_int_equal(come(s, "anna", "wrong horse", AT + 60 * US, AT + 60 * US), PASSWORD_WRONG);
	/* a wrong password takes no code */
	assert_int_equal(come(s, "anna", "correct horse", AT + 60 * US, AT + 60 * US), PASSWORD_RIGHT);
	assert_int_equal(come(s, "bert", "correct horse", AT, AT), PASSWORD_NO_ACCOUNT);
	/* found by the fuzzer: the column is ASCII */
	assert_int_equal(come(s, "王小明", "correct horse", AT, AT), PASSWORD_NO_ACCOUNT);
	assert_int_equal(come(s, "", "correct horse", AT, AT), PASSWORD_NO_ACCOUNT);
	assert_int_equal(operator_set_disabled(s, "anna", true, "test@here", AT), 0);
	assert_int_equal(come(s, "anna", "correct horse", AT + 120 * US, AT + 120 * US), PASSWORD_NO_ACCOUNT);
	assert_int_equal(operator_set_disabled(s, "anna", false, "test@here", AT), 0);
	assert_int_equal(come(s, "anna", "correct horse", AT + 120 * US, AT + 120 * US), PASSWORD_RIGHT);
	assert_int_equal(operator_set_disabled(s, "bert", true, "test@here", AT), -ENOENT);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit WHERE what = 'operator.login'"), 3);
	store_close(s);
}

static void test_wrong_ones_lock(void **state)
{
	struct store *s = with_operator();

	(void)state;
	for (unsigned i = 1; i < OPERATOR_TRIES; i++)
		assert_int_equal(come(s, "anna", "wrong horse", AT, AT), PASSWORD_WRONG);
	assert_int_equal(come(s, "anna", "wrong horse", AT, AT), PASSWORD_LOCKED);
	assert_int_equal(come(s, "anna", "correct horse", AT, AT), PASSWORD_LOCKED);
	assert_int_equal(come(s, "anna", "correct horse", AT + OPERATOR_LOCK_US, AT + OPERATOR_LOCK_US), PASSWORD_RIGHT);
	/* a wrong code counts as a wrong password */
	for (unsigned i = 1; i < OPERATOR_TRIES; i++)
		assert_int_equal(come(s, "anna", "correct horse", AT, AT + 2 * OPERATOR_LOCK_US), PASSWORD_WRONG);
	assert_int_equal(come(s, "anna", "correct horse", AT, AT + 2 * OPERATOR_LOCK_US), PASSWORD_LOCKED);
	/* a new secret opens it; the old one is worth nothing */
	assert_int_equal(operator_set_secret(s, "anna", "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK", "test@here", AT), 0);
	assert_int_equal(come(s, "anna", "correct horse", AT + 3 * OPERATOR_LOCK_US, AT + 3 * OPERATOR_LOCK_US), PASSWORD_WRONG);
	assert_int_equal(operator_set_password(s, "anna", "another horse", "test@here", AT), 0);
	store_close(s);
}

/* Two at once with one code: one comes in. */
struct racer {
	struct store         *s;
	enum password_outcome outcome;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	r->outcome = come(r->s, "anna", "correct horse", AT, AT);
	return NULL;
}

static void test_a_code_is_one_login(void **state)
{
	struct store *s = with_operator();
	struct racer racer[4];
	pthread_t thread[4];
	unsigned in = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		racer[i].s = s;
		assert_int_equal(pthread_create(&thread[i], NULL, race, &racer[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		(void)pthread_join(thread[i], NULL);
		in += racer[i].outcome == PASSWORD_RIGHT;
	}
	assert_int_equal(in, 1);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_of_the_rfc),
		cmocka_unit_test(test_codes_are_good_once_and_for_a_while),
		cmocka_unit_test(test_operators_come_in),
		cmocka_unit_test(test_wrong_ones_lock),
		cmocka_unit_test(test_a_code_is_one_login),
	};

	return cmocka_run_group_tests_name("operator", tests, database_start, database_stop);
}
