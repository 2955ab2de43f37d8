/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void check_format(int64_t utc_us, const char *expected)
{
	char buf[CLOCK_STAMP_SIZE];

	clock_format_utc(utc_us, buf, sizeof(buf));
	assert_string_equal(buf, expected);
}

static void format_of_a_datetime3(void **state)
{
	(void)state;
	check_format(0, "1970-01-01 00:00:00.000");
	check_format(1772600767891999, "2026-03-04 05:06:07.891");
	check_format(951782400000000, "2000-02-29 00:00:00.000");
	check_format(253402300799999999, "9999-12-31 23:59:59.999");
}

static void format_before_1970(void **state)
{
	(void)state;
	check_format(-1, "1969-12-31 23:59:59.999");
	check_format(-1000000, "1969-12-31 23:59:59.000");
	check_format(-1000001, "1969-12-31 23:59:58.999");
}

static void format_fits_for_any_number(void **state)
{
	char buf[CLOCK_STAMP_SIZE];

	(void)state;
	clock_format_utc(INT64_MAX, buf, sizeof(buf));
	assert_string_equal(buf, "294247-01-10 04:00:54.775");
	clock_format_utc(INT64_MIN, buf, sizeof(buf));
	assert_string_equal(buf, "-290308-12-21 19:59:05.224");
}

static void real_time_runs(void **state)
{
	int64_t before = clock_mono_us(), until = before + CLOCK_MS(3);

	(void)state;
	assert_false(clock_is_virtual());
	assert_true(clock_utc_us() > CLOCK_SEC(1600000000));
	clock_sleep_until(until);
	assert_true(clock_mono_us() >= until);
	clock_sleep_until(before); /* past: at once */
}

/* From here on the process has a virtual clock. */
static void virtual_time_stands_until_moved(void **state)
{
	const int64_t utc = 1772600767891000;

	(void)state;
	clock_virtual_start(utc);
	assert_true(clock_is_virtual());
	assert_int_equal(clock_mono_us(), CLOCK_SEC(1));
	assert_int_equal(clock_utc_us(), utc);
	clock_virtual_set(CLOCK_SEC(1) + 5);
	assert_int_equal(clock_mono_us(), CLOCK_SEC(1) + 5);
	assert_int_equal(clock_utc_us(), utc + 5);
	assert_int_equal(clock_utc_ms(), utc / 1000);
	clock_virtual_start(0);
	assert_int_equal(clock_mono_us(), CLOCK_SEC(1));
	assert_int_equal(clock_utc_us(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_of_a_datetime3),
		cmocka_unit_test(format_before_1970),
		cmocka_unit_test(format_fits_for_any_number),
		cmocka_unit_test(real_time_runs),
		cmocka_unit_test(virtual_time_stands_until_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
