/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/booking_schedule_test.c - starts by the wall's clock, against the C library's; repeats over a year; retries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "booking/schedule.h"
#include "core/random.h"

#define YEAR_2026 INT64_C(1767225600)
#define DAY_S     INT64_C(86400)

static int64_t at(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute };

	return timegm(&tm);
}

static struct booking_zone *load(const char *name)
{
	struct booking_zone *z;

	assert_int_equal(booking_zone_load(&z, name), 0);
	return z;
}

/* 60 random times from 2026 to 2086 in each zone: the same offset, and from the wall back to the first moment it showed that. */
static void test_every_zone_as_libc(void **state)
{
	FILE *f = popen("awk '!/^#/ {print $3}' /usr/share/zoneinfo/zone1970.tab", "r");
	char name[80];
	unsigned found = 0;

	(void)state;
	assert_non_null(f);
	random_seed(5);
	while (fgets(name, sizeof(name), f)) {
		struct booking_zone *z;

		name[strcspn(name, "\n")] = '\0';
		z = load(name);
		assert_int_equal(setenv("TZ", name, 1), 0);
		tzset();
		for (int i = 0; i < 60; i++) {
			time_t t = YEAR_2026 + (int64_t)random_below(60 * 365 * 24 * 60) * 60, back;
			struct tm tm, tm_back;

			assert_non_null(localtime_r(&t, &tm));
			assert_int_equal(booking_zone_offset(z, t), tm.tm_gmtoff);
			back = booking_zone_utc(z, t + tm.tm_gmtoff);
			assert_true(back <= t && t - back <= 3 * 3600);
			assert_non_null(localtime_r(&back, &tm_back));
			assert_int_equal(back + tm_back.tm_gmtoff, t + tm.tm_gmtoff);
		}
		booking_zone_free(z);
		found++;
	}
	assert_int_equal(pclose(f), 0);
	assert_true(found > 250);
}

static void test_skipped_and_doubled_times(void **state)
{
	struct booking_zone *z = load("America/New_York");

	(void)state;
	/* 2026-03-08 02:30 is skipped: 03:30 EDT; 2026-11-01 01:30 comes twice: the first, EDT */
	assert_int_equal(booking_zone_utc(z, at(2026, 3, 8, 2, 30)), at(2026, 3, 8, 7, 30));
	assert_int_equal(booking_zone_utc(z, at(2026, 11, 1, 1, 30)), at(2026, 11, 1, 5, 30));
	assert_int_equal(booking_zone_utc(z, at(2026, 11, 1, 2, 0)), at(2026, 11, 1, 7, 0));
	booking_zone_free(z);
}

/* Each day of a year once, at 09:00 by the wall, with both changes of the clock. */
static void test_daily_over_a_year(void **state)
{
	struct booking_zone *z = load("America/New_York");
	struct booking_schedule s = { at(2026, 1, 1, 9, 0), BOOKING_DAILY, 0, at(2026, 12, 31, 9, 0) };
	int64_t after = YEAR_2026 - DAY_S, start, wall;
	unsigned n = 0, summer = 0;

	(void)state;
	while ((start = booking_next_start(&s, z, after, &wall)) != BOOKING_NEVER) {
		assert_int_equal(wall, s.wall_s + n * DAY_S);
		assert_int_equal(start + booking_zone_offset(z, start), wall);
		summer += start % DAY_S == 13 * 3600;
		after = start;
		n++;
	}
	assert_int_equal(n, 365);
	assert_int_equal(summer, 238); /* 8 March to 31 October */
	booking_zone_free(z);
}

static void test_weekly_on_chosen_days(void **state)
{
	struct booking_zone *z = load("Asia/Shanghai");
	/* a Tuesday; Monday, Wednesday */
	struct booking_schedule s = { at(2026, 12, 1, 9, 0), BOOKING_WEEKLY, 1 | 4, INT64_MAX };

	(void)state;
	assert_int_equal(booking_next_start(&s, z, YEAR_2026, NULL), at(2026, 12, 2, 1, 0));
	assert_int_equal(booking_next_start(&s, z, at(2026, 12, 2, 1, 0), NULL), at(2026, 12, 7, 1, 0));
	assert_int_equal(booking_next_start(&s, z, at(2029, 12, 5, 0, 59), NULL), at(2029, 12, 5, 1, 0)); /* three years ahead */
	s.weekdays = 0;
	assert_int_equal(booking_next_start(&s, z, YEAR_2026, NULL), BOOKING_NEVER);
	s.repeat = BOOKING_ONCE;
	assert_int_equal(booking_next_start(&s, z, at(2026, 12, 1, 0, 59), NULL), at(2026, 12, 1, 1, 0));
	assert_int_equal(booking_next_start(&s, z, at(2026, 12, 1, 1, 0), NULL), BOOKING_NEVER);
	booking_zone_free(z);
}

static void test_retries_from_the_end_of_the_failed_attempt(void **state)
{
	(void)state;
	assert_int_equal(booking_next_attempt(1000, 1, 2, 60), 1060);
	assert_int_equal(booking_next_attempt(1100, 2, 2, 60), 1160);
	assert_int_equal(booking_next_attempt(1200, 3, 2, 60), BOOKING_NEVER);
	assert_int_equal(booking_next_attempt(1000, 1, 0, 60), BOOKING_NEVER);
}

static void test_no_zone(void **state)
{
	static const char *const bad[] = {
		"", "Mars/Base", "../../../etc/passwd", "/etc/passwd", "zone.tab", "Asia", "right/UTC"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct booking_zone *z;

		assert_int_equal(booking_zone_load(&z, bad[i]), -EINVAL);
		assert_null(z);
	}
	booking_zone_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_zone_as_libc),
		cmocka_unit_test(test_skipped_and_doubled_times),
		cmocka_unit_test(test_daily_over_a_year),
		cmocka_unit_test(test_weekly_on_chosen_days),
		cmocka_unit_test(test_retries_from_the_end_of_the_failed_attempt),
		cmocka_unit_test(test_no_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
