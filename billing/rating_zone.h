/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/rating_zone.h - the clock of a called route (telephony rule 21): an offset from UTC and, where it has daylight saving,
 * its rule.
 *
 * A tariff names a zone ("America/New_York") or an offset ("+08:00"). The name is looked up once, when the tariff is imported,
 * and its rule is kept with the tariff's version: rating stays a pure function, a leg is rated alike on every node, whatever
 * zoneinfo it has, and again years later; when a country changes its clocks, the tariff is imported again as a new version. A
 * zone without a yearly rule (Morocco's Ramadan) is refused.
 */
#ifndef BILLING_RATING_ZONE_H
#define BILLING_RATING_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#define ZONE_NAME_MAX 40
#define ZONE_RULE_MAX 48

struct rate_summer_change { /* POSIX TZ "Mm.w.d/time": the w-th (5: last) day d (0 Sunday) of month m, at time_s by the clock
	                     * before the change; it may be negative or beyond a day */
	uint8_t month, week, day;
	int32_t time_s;
};
struct rate_summer {        /* begin.month 0: none */
	int16_t utc_offset_min;
	struct rate_summer_change begin, end;
};

/* Minutes from UTC at this time; *until_us: not different before then (INT64_MAX: never). */
int  rate_zone_offset(int16_t standard_min, const struct rate_summer *s, int64_t utc_us, int64_t *until_us);

/* "+08:00", "-03:30", "Z", or a name in the system's zoneinfo. -EINVAL no zone; -ENOTSUP one without a yearly rule. */
int  rate_zone_find(const char *name, int16_t *standard_min, struct rate_summer *s);
/* POSIX TZ as at the end of a zoneinfo file: "EST5EDT,M3.2.0,M11.1.0". -EINVAL. */
int  rate_zone_posix(const char *text, int16_t *standard_min, struct rate_summer *s);

/* Days since 1970-01-01 of the first of a month, 1 to 12. */
int64_t rate_zone_days(int64_t year, unsigned month);

/* "-240,3.2.0/7200,11.1.0/7200"; "": none. -EINVAL. */
void rate_summer_to_text(const struct rate_summer *s, char out[ZONE_RULE_MAX]);
int  rate_summer_from_text(struct rate_summer *s, const char *text);
bool rate_summer_valid(const struct rate_summer *s);

#endif
