/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moments and durations as operators write them. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/stamp.h"

bool cli_time(struct cli *c, const char *text, int64_t *utc_us)
{
	if (stamp_parse(text, utc_us) != 0) {
		(void)cli_usage(
			c,
			"\"%s\" is no time: 2026-03-04, 2026-03-04T05:06 or 2026-03-04T05:06:07, UTC, or with +08:00 behind it",
			text);
		return false;
	}
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
