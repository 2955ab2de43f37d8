/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/stamp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

int stamp_parse(const char *text, int64_t *utc_us)
{
	int y, mo, d, n = 0, s = 0;
	int64_t days = sscanf(text, "%4d-%2d-%2d%n", &y, &mo, &d, &n) == 3 && n == 10 ? days_of(y, mo, d) : -1;

	if (days < 0 || !time_of_day(text + n, &s))
		return -EINVAL;
	*utc_us = CLOCK_SEC(days * 86400 + s);
	return 0;
}

void stamp_utc(int64_t utc_us, char out[STAMP_SIZE])
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_utc(utc_us, stamp, sizeof(stamp));
	(void)snprintf(out, STAMP_SIZE, "%.10sT%.12sZ", stamp, stamp + 11);
}

void stamp_wall(int64_t wall_s, char out[STAMP_SIZE])
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_utc(CLOCK_SEC(wall_s), stamp, sizeof(stamp));
	(void)snprintf(out, STAMP_SIZE, "%.10sT%.8s", stamp, stamp + 11);
}
