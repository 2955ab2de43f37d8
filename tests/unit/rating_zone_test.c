/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/rating_zone_test.c - the clocks of called routes against the C library's, for every zone of the system. */
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

#include "billing/rating_zone.h"
#include "core/random.h"

#define YEAR_2026 INT64_C(1767225600)

static void same_as_libc(const char *name, int16_t standard, const struct rate_summer *s, int64_t at)
{
	int64_t until;
	time_t t = at;
	struct tm tm;
	int offset = rate_zone_offset(standard, s, at * 1000000, &until);

	assert_non_null(localtime_r(&t, &tm));
	if (offset * 60 != tm.tm_gmtoff)
		print_error("%s at %lld: %d min, libc %ld s\n", name, (long long)at, offset, tm.tm_gmtoff);
	assert_int_equal(offset * 60, tm.tm_gmtoff);
	assert_true(until > at * 1000000);
	if (until != INT64_MAX) { /* the moment of the change, to the second */
		int64_t other;

		assert_int_equal(until % 1000000, 0);
		assert_int_equal(rate_zone_offset(standard, s, until - 1, &other), offset);
		assert_int_equal(other, until);
		t = until / 1000000;
		assert_non_null(localtime_r(&t, &tm));
		assert_int_equal(rate_zone_offset(standard, s, until, &other) * 60, tm.tm_gmtoff);
		t--;
		assert_non_null(localtime_r(&t, &tm));
		assert_int_equal(offset * 60, tm.tm_gmtoff);
	}
}

/* Each zone is the C library's for a dozen years, or refused. */
static void test_every_zone(void **state)
{
	FILE *f = popen("cut -f1 -d' ' /usr/share/zoneinfo/tzdata.zi 2>/dev/null | head -1; awk '{print $3}' "
	                "/usr/share/zoneinfo/zone1970.tab | grep /",
	                "r");
	char name[80];
	unsigned found = 0, refused = 0, summer = 0;

	(void)state;
	assert_non_null(f);
	random_seed(30);
	while (fgets(name, sizeof(name), f)) {
		struct rate_summer s;
		int16_t standard;
		int err;

		name[strcspn(name, "\n")] = '\0';
		if (strchr(name, '/') == NULL)
			continue;
		err = rate_zone_find(name, &standard, &s);
		assert_true(err == 0 || err == -ENOTSUP);
		if (err) {
			refused++;
			print_message("%s has no yearly rule\n", name);
			continue;
		}
		found++;
		summer += s.begin.month != 0;
		(void)setenv("TZ", name, 1);
		tzset();
		for (int i = 0; i < 300; i++)
			same_as_libc(name, standard, &s,
			             YEAR_2026 + random_below(86400 * 365) + 86400 * INT64_C(365) * random_below(11));
	}
	(void)pclose(f);
	(void)setenv("TZ", "UTC", 1);
	tzset();
	print_message("%u zones, %u with summer time, %u refused\n", found, summer, refused);
	/* refused: Morocco and Gaza (Ramadan), and whose government is just changing its mind; those differ with the data's
	 * age */
	assert_true(found > 280 && summer > 80 && refused <= 20);
}

static void test_a_summer_is_its_text(void **state)
{
	static const char *const posix[] = { "EST5EDT,M3.2.0,M11.1.0",
		                             "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		                             "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
		                             "EET-2EEST,M3.4.4/50,M10.4.4/50",
		                             "IST-1GMT0,M10.5.0,M3.5.0/1",
		                             "CST-8" };

	(void)state;
	for (unsigned i = 0; i < sizeof(posix) / sizeof(posix[0]); i++) {
		struct rate_summer s, back;
		char text[ZONE_RULE_MAX];
		int16_t standard;

		assert_int_equal(rate_zone_posix(posix[i], &standard, &s), 0);
		rate_summer_to_text(&s, text);
		assert_int_equal(rate_summer_from_text(&back, text), 0);
		assert_memory_equal(&back, &s, sizeof(s));
	}
}

static void test_what_is_no_zone(void **state)
{
	static const char *const name[] = { "",         "+8:00",     "+08:60",      "+24:00", "08:00",           "Asia/Peking1",
		                            "../passwd", "/etc/passwd", "Asia",        "a b",    "+08:00x",         "tzdata.zi",
		                            "zone.tab",  "Asia/../..", "America/New_York/" };
	static const char *const posix[] = { "", "E5", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
		                             "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,J60,J300", "EST5EDT,M3.2.0,M11.1.0x", "EST99" };
	struct rate_summer s;
	int16_t standard;

	(void)state;
	for (unsigned i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (rate_zone_find(name[i], &standard, &s) == 0)
			print_error("\"%s\" is a zone\n", name[i]);
		assert_int_not_equal(rate_zone_find(name[i], &standard, &s), 0);
	}
	for (unsigned i = 0; i < sizeof(posix) / sizeof(posix[0]); i++)
		assert_int_equal(rate_zone_posix(posix[i], &standard, &s), -EINVAL);
	assert_int_equal(rate_zone_find("-03:30", &standard, &s), 0);
	assert_int_equal(standard, -210);
	assert_int_equal(rate_zone_find("Asia/Shanghai", &standard, &s), 0);
	assert_int_equal(standard, 480);
	assert_int_equal(s.begin.month, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_zone),
		cmocka_unit_test(test_a_summer_is_its_text),
		cmocka_unit_test(test_what_is_no_zone),
	};

	return cmocka_run_group_tests_name("rating_zone", tests, NULL, NULL);
}
