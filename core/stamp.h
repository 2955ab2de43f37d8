/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/stamp.h - moments as people and programs write them: ISO 8601. Pure functions. */
#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include <stdint.h>

/* "2026-03-04", "2026-03-04T05:06" or "2026-03-04T05:06:07" (or with a blank for the T), UTC, or with Z or +08:00 behind it. Of
 * the years 2000 to 2199. -EINVAL. */
int stamp_parse(const char *text, int64_t *utc_us);

/* "2026-03-04T05:06:07.891Z". */
#define STAMP_SIZE 32
void stamp_utc(int64_t utc_us, char out[STAMP_SIZE]);
/* "2026-03-04T05:06:07" of seconds since 1970 by some wall. */
void stamp_wall(int64_t wall_s, char out[STAMP_SIZE]);

#endif
