/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * booking/zone.h - the clock on the wall of a named place, and the moments it shows.
 *
 * Read from the system's zoneinfo (RFC 8536) without TZ in the environment, which threads would share. The single changes a
 * file lists are obeyed (Morocco's Ramadan), after the last of them its yearly rule. A loaded zone is never changed: any thread.
 */
#ifndef BOOKING_ZONE_H
#define BOOKING_ZONE_H

#include <stdint.h>

struct booking_zone;

/* -EINVAL: no such zone, or not a zone file; -ENOMEM. Reads a file: not on the media thread. The caller frees. */
int  booking_zone_load(struct booking_zone **zone, const char *name);
void booking_zone_free(struct booking_zone *zone); /* NULL is well */

/* Seconds east of UTC at this time (seconds since 1970). */
int64_t booking_zone_offset(const struct booking_zone *zone, int64_t utc_s);

/*
 * The moment at which the wall shows wall_s (seconds since 1970-01-01T00:00 by the wall itself). RFC 5545 3.3.5: of a time that
 * comes twice the first; one that is skipped counts by the offset before the change (02:30 becomes 03:30).
 */
int64_t booking_zone_utc(const struct booking_zone *zone, int64_t wall_s);

#endif
