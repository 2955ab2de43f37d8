/* SPDX-License-Identifier: GPL-2.0-or-later */
/* booking/text.h - times and repeats of bookings as they are written: on the command line, in the API. Reads zone files. */
#ifndef BOOKING_TEXT_H
#define BOOKING_TEXT_H

#include "booking/booking.h"

/* core/stamp.h's forms: without an offset by the wall of zone, with one a moment. -ENOENT no such zone; -EINVAL no time. */
int booking_wall_parse(const char *zone, const char *text, int64_t *wall_s);

/* The moment at which the wall of zone shows it; wall_s itself when there is no such zone. */
int64_t booking_wall_utc(const char *zone, int64_t wall_s);

/* "2026-03-02T10:00:00+08:00" of a moment, by the wall of zone. -ENOENT no such zone. */
#define BOOKING_STAMP_SIZE 40
int booking_zone_stamp(const char *zone, int64_t utc_us, char out[BOOKING_STAMP_SIZE]);

extern const char *const booking_weekday_name[7]; /* "mon" ... */

#endif
