/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "booking/schedule.h"

#include <stdbool.h>
#include <stddef.h>

#define DAY_S INT64_C(86400)

/* Day 0, 1970-01-01, was a Thursday. */
static bool wanted(const struct booking_schedule *s, int64_t wall_s)
{
	int64_t day = wall_s / DAY_S - (wall_s % DAY_S < 0), weekday = ((day + 3) % 7 + 7) % 7;

	return s->repeat != BOOKING_WEEKLY || s->weekdays >> weekday & 1;
}

int64_t booking_next_start(const struct booking_schedule *s, const struct booking_zone *zone, int64_t after_utc_s,
                           int64_t *wall_s)
{
	int64_t wall = s->wall_s, from = after_utc_s - 2 * DAY_S; /* two days: beyond any offset and any skipped day */

	if (s->repeat != BOOKING_ONCE && from > wall)
		wall += (from - wall) / DAY_S * DAY_S;
	/* the days of doubt, and a week to find the weekday in */
	for (int i = 0; i < 14 && wall <= s->until_wall; i++, wall += DAY_S) {
		int64_t utc = booking_zone_utc(zone, wall);

		if (utc > after_utc_s && wanted(s, wall)) {
			if (wall_s)
				*wall_s = wall;
			return utc;
		}
		if (s->repeat == BOOKING_ONCE)
			break;
	}
	return BOOKING_NEVER;
}

int64_t booking_next_attempt(int64_t ended_utc_s, unsigned made, unsigned retries, unsigned interval_s)
{
	return made > retries ? BOOKING_NEVER : ended_utc_s + interval_s;
}
