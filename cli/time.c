/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moments and durations as operators write them. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/clock.h"

/* Days since 1970-01-01; -1: there is no such day. */
static int64_t days_of(int y, int mo, int d)
{
	static const int before[13] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	if (y < 2000 || y > 2199 || mo < 1 || mo > 12 || d < 1 || d > before[mo] - before[mo - 1] + (leap && mo == 2))
		return -1;
	return (int64_t)(y - 1970) * 365 + (y - 1969) / 4 - (y - 1901) / 100 + (y - 1601) / 400 + before[mo - 1] +
	       (leap && mo > 2) + d - 1;
}

/* Behind the day: "", "T10:00", "T10:00:05", and "Z" or "+08:00" behind that. Seconds to add. */
static bool time_of_day(const char *p, int *s)
{
	int h = 0, mi = 0, sec = 0, n = 0, oh, om;
	char sign;

	*s = 0;
	if (*p == '\0')
		return true;
	if (sscanf(p, "%*1[ T]%2d:%2d%n", &h, &mi, &n) != 2 || n != 6)
		return false;
	p += n;
	n = 0;
	if (*p == ':') {
		if (sscanf(p, ":%2d%n", &sec, &n) != 1 || n != 3)
			return false;
		p += n;
	}
	if (h < 0 || h > 23 || mi < 0 || mi > 59 || sec < 0 || sec > 59)
		return false;
	*s = (h * 60 + mi) * 60 + sec;
	if (*p == '\0' || strcmp(p, "Z") == 0)
		return true;
	n = 0;
	if (sscanf(p, "%c%2d:%2d%n", &sign, &oh, &om, &n) != 3 || n != 6 || p[n] || (sign != '+' && sign != '-') || oh < 0 ||
	    om < 0 || oh > 23 || om > 59)
		return false;
	*s -= (sign == '-' ? -1 : 1) * (oh * 60 + om) * 60;
	return true;
}

bool cli_time(struct cli *c, const char *text, int64_t *utc_us)
{
	int y, mo, d, n = 0, s = 0;
	int64_t days = sscanf(text, "%4d-%2d-%2d%n", &y, &mo, &d, &n) == 3 && n == 10 ? days_of(y, mo, d) : -1;

	if (days < 0 || !time_of_day(text + n, &s)) {
		(void)cli_usage(
			c,
			"\"%s\" is no time: 2026-03-04, 2026-03-04T05:06 or 2026-03-04T05:06:07, UTC, or with +08:00 behind it",
			text);
		return false;
	}
	*utc_us = CLOCK_SEC(days * 86400 + s);
	return true;
}

bool cli_duration(struct cli *c, const char *text, int64_t *ms)
{
	const char *p = text;
	int64_t sum = 0;
	bool ok = *p != '\0';

	while (ok && *p) {
		size_t n = strspn(p, "0123456789");
		int64_t v = n >= 1 && n <= 9 ? atoll(p) : -1, unit = 1000;

		p += n;
		if (strncmp(p, "ms", 2) == 0) {
			unit = 1;
			p += 2;
		} else if (*p) {
			unit = *p == 's' ? 1000 : *p == 'm' ? 60000 : *p == 'h' ? 3600000 : -1;
			p++;
		}
		ok = v >= 0 && unit > 0;
		sum += v * unit;
	}
	if (!ok || sum > INT64_C(366) * 86400000) {
		(void)cli_usage(c, "\"%s\" is no duration: 185, 185s, 3m5s, 1h or 61300ms are wanted, at most a year", text);
		return false;
	}
	*ms = sum;
	return true;
}
