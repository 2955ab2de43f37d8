/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * booking/schedule.h - when a booking begins, begins again, and dials again. Pure functions.
 *
 * A repeating booking keeps the clock on the wall of its zone: 09:00 stays 09:00 when the clocks change. Times are whole seconds:
 * wall_s by the wall (booking/zone.h), utc_s since 1970.
 */
#ifndef BOOKING_SCHEDULE_H
#define BOOKING_SCHEDULE_H

#include <stdint.h>

#include "booking/zone.h"

enum booking_repeat { BOOKING_ONCE, BOOKING_DAILY, BOOKING_WEEKLY };

struct booking_schedule {
	int64_t             wall_s;     /* the first start; weekly: none on another day than those of weekdays */
	enum booking_repeat repeat;
	uint8_t             weekdays;   /* weekly: bit 0 Monday to bit 6 Sunday */
	int64_t             until_wall; /* no start later than this by the wall; INT64_MAX: for ever */
};

#define BOOKING_NEVER INT64_MAX

/* The first start later than after_utc_s; BOOKING_NEVER: there is none. *wall_s (may be NULL): what the wall was asked for. */
int64_t booking_next_start(const struct booking_schedule *s, const struct booking_zone *zone, int64_t after_utc_s,
                           int64_t *wall_s);

/*
 * When a number is dialled again: the interval counts from the end of the failed attempt. made: attempts so far, interrupted
 * ones too (rule 26); retries: allowed after the first. BOOKING_NEVER: no more.
 */
int64_t booking_next_attempt(int64_t ended_utc_s, unsigned made, unsigned retries, unsigned interval_s);

#endif
