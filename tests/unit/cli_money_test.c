/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts are typed and shown exactly: no rounding, no floating point. */
#include "billing/money.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "core/magic.h"
#include "core/random.h"

static void money_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t     amount_e4;
	} t[] = {
		{ "50.00", 500000 },
		{ "50", 500000 },
		{ "0.1", 1000 },
		{ "0.0001", 1 },
		{ "-3.4567", -34567 },
		{ "+1", 10000 },
		/* 0.29 * 100 is 28.999... in binary */
		{ "0", 0 },
		{ "-0", 0 },
		{ "007.50", 75000 },
		{ "0.29", 2900 },
		{ "999999999999.9999", 9999999999999999 },
		{ "-999999999999", -9999999999990000 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		int64_t v = -1;

		assert_int_equal(money_parse_e4(t[i].text, &v), 0);
		assert_int_equal(v, t[i].amount_e4);
	}
}

static void money_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *text;
		int         err;
	} t[] = {
		{ "", -EINVAL },
		{ "-", -EINVAL },
		{ ".5", -EINVAL },
		{ "5.", -EINVAL },
		{ "1.00001", -EINVAL },
		{ "1,50", -EINVAL },
		{ "1.5x", -EINVAL },
		{ " 1", -EINVAL },
		{ "1 ", -EINVAL },
		{ "--1", -EINVAL },
		{ "1e3", -EINVAL },
		{ "0x10", -EINVAL },
		{ "nan", -EINVAL },
		{ "1.2.3", -EINVAL },
		{ "1000000000000", -EINVAL },
		{ "99999999999999999999", -EINVAL },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		int64_t v = 77;

		assert_int_equal(money_parse_e4(t[i].text, &v), t[i].err);
		assert_int_equal(v, 77);
	}
}

static void money_is_shown(void **state)
{
	static const struct {
		int64_t     amount_e4;
		const char *text;
	} t[] = {
		{ 500000, "50.00" }, { 0, "0.00" },         { 1, "0.0001" },
		{ 1250, "0.1250" },   { -34567, "-3.4567" }, { -1, "-0.0001" },
		{ 2000, "0.20" },    { 10, "0.0010" },       { INT64_MIN, "-922337203685477.5808" },
	};
	char text[MONEY_TEXT_MAX];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		money_format_e4(t[i].amount_e4, text);
		assert_string_equal(text, t[i].text);
	}
}

static void money_comes_back_as_it_went(void **state)
{
	(void)state;
	random_seed(3);
	for (unsigned i = 0; i < 100000; i++) {
		int64_t v = (int64_t)(random_u64() % (2 * 9999999999999999ull + 1)) - 9999999999999999, back;
		char text[MONEY_TEXT_MAX];

		money_format_e4(v, text);
		assert_int_equal(money_parse_e4(text, &back), 0);
		assert_int_equal(back, v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(money_is_read),
		cmocka_unit_test(money_that_is_none_is_refused),
		cmocka_unit_test(money_is_shown),
		cmocka_unit_test(money_comes_back_as_it_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
