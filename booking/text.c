/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "booking/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/stamp.h"

const char *const booking_weekday_name[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

/* Is there an offset, or a Z, behind the day? */
static bool is_moment(const char *text)
{
	size_t len = strlen(text);

	return len > 10 && (strchr(text + 10, '+') || strchr(text + 10, '-') || text[len - 1] == 'Z');
}

int booking_wall_parse(const char *zone, const char *text, int64_t *wall_s)
{
	struct booking_zone *z;
	int64_t us;
	int err;

	if (booking_zone_load(&z, zone) != 0)
		return -ENOENT;
	err = stamp_parse(text, &us);
	if (!err)
		*wall_s = us / 1000000 + (is_moment(text) ? booking_zone_offset(z, us / 1000000) : 0);
	booking_zone_free(z);
	return err;
}

int64_t booking_wall_utc(const char *zone, int64_t wall_s)
{
	struct booking_zone *z;
	int64_t utc;

	if (booking_zone_load(&z, zone) != 0)
		return wall_s;
	utc = booking_zone_utc(z, wall_s);
	booking_zone_free(z);
	return utc;
}

int booking_zone_stamp(const char *zone, int64_t utc_us, char out[BOOKING_STAMP_SIZE])
{
	char wall[STAMP_SIZE];
	struct booking_zone *z;
	int64_t offset;

	if (booking_zone_load(&z, zone) != 0)
		return -ENOENT;
	offset = booking_zone_offset(z, utc_us / 1000000);
	booking_zone_free(z);
	stamp_wall(utc_us / 1000000 + offset, wall);
	(void)snprintf(out, BOOKING_STAMP_SIZE, "%.19s%c%02d:%02d", wall, offset < 0 ? '-' : '+', abs((int)offset) / 3600 % 100,
	               abs((int)offset) / 60 % 60);
	return 0;
}
