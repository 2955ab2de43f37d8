/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "booking/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/rating_zone.h"

#define ZONEINFO    "/usr/share/zoneinfo/"
#define FILE_MAX    65536 /* the largest zone file is 4 KiB */
#define CHANGES_MAX 4096
#define TYPES_MAX   256   /* RFC 8536 3.2: a type is one octet */
#define DAY_S       86400

struct booking_zone {
	uint32_t           count;
	int64_t            first_offset; /* before the first change */
	int16_t            standard_min; /* after the last one */
	struct rate_summer summer;
	struct {
		int64_t at, offset;
	} change[];
};

static int64_t big_endian(const unsigned char *p, unsigned octets)
{
	uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;

	while (octets--)
		v = v << 8 | *p++;
	return (int64_t)v;
}

/* The yearly rule: "\nEST5EDT,M3.2.0,M11.1.0\n". */
static int read_rule(struct booking_zone *z, const unsigned char *p, size_t size)
{
	char rule[80];

	if (size < 3 || size > sizeof(rule) || p[0] != '\n' || p[size - 1] != '\n')
		return -EINVAL;
	memcpy(rule, p + 1, size - 2);
	rule[size - 2] = '\0';
	return rate_zone_posix(rule, &z->standard_min, &z->summer);
}

static int read_changes(struct booking_zone **zone, const uint32_t n[6], const unsigned char *p, const unsigned char *rule,
                        size_t size)
{
	const unsigned char *types = p + 8 * (size_t)n[3], *infos = types + n[3];
	struct booking_zone *z = calloc(1, sizeof(*z) + n[3] * sizeof(z->change[0]));
	int err = -EINVAL;

	if (z == NULL)
		return -ENOMEM;
	z->count = n[3];
	z->first_offset = big_endian(infos, 4);
	for (uint32_t i = 0; i < n[3]; i++) {
		if (types[i] >= n[4])
			goto out;
		z->change[i].at = big_endian(p + 8 * (size_t)i, 8);
		z->change[i].offset = big_endian(infos + 6 * (size_t)types[i], 4);
		if (i > 0 && z->change[i].at <= z->change[i - 1].at)
			goto out;
	}
	err = read_rule(z, rule, size);
out:
	if (err)
		free(z);
	else
		*zone = z;
	return err;
}

/* The second block, with 64 bits, of a version 2 file. */
static int read_file(struct booking_zone **zone, const unsigned char *p, size_t size)
{
	const unsigned char *end = p + size, *body = p;
	uint32_t n[6];

	for (unsigned octets = 4; octets <= 8; octets += 4) {
		uint64_t len;

		if (end - p < 44 || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
			return -EINVAL;
		for (size_t i = 0; i < 6; i++) /* ut, std, leap, changes, types, characters */
			n[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
		len = (uint64_t)n[3] * (octets + 1) + (uint64_t)n[4] * 6 + n[5] + (uint64_t)n[2] * (octets + 4) + n[1] + n[0];
		body = p + 44;
		if (len > (uint64_t)(end - body))
			return -EINVAL;
		p = body + len;
	}
	/* leap seconds ("right/"): another count of seconds than ours */
	if (n[2] || n[3] > CHANGES_MAX || n[4] == 0 || n[4] > TYPES_MAX)
		return -EINVAL;
	return read_changes(zone, n, body, p, (size_t)(end - p));
}

int booking_zone_load(struct booking_zone **zone, const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");
	char path[sizeof(ZONEINFO) + ZONE_NAME_MAX];
	unsigned char *file;
	FILE *f;
	int err;

	*zone = NULL;
	if (n == 0 || n > ZONE_NAME_MAX || name[n] || name[0] == '/')
		return -EINVAL;
	(void)snprintf(path, sizeof(path), ZONEINFO "%s", name);
	f = fopen(path, "re");
	if (f == NULL)
		return -EINVAL;
	file = malloc(FILE_MAX);
	err = file ? read_file(zone, file, fread(file, 1, FILE_MAX, f)) : -ENOMEM;
	free(file);
	(void)fclose(f);
	return err;
}

void booking_zone_free(struct booking_zone *zone)
{
	free(zone);
}

int64_t booking_zone_offset(const struct booking_zone *zone, int64_t utc_s)
{
	uint32_t i = zone->count;
	int64_t until;

	if (i == 0 || utc_s >= zone->change[i - 1].at)
		return rate_zone_offset(zone->standard_min, &zone->summer, utc_s * 1000000, &until) * INT64_C(60);
	while (i > 0 && utc_s < zone->change[i - 1].at)
		i--;
	return i ? zone->change[i - 1].offset : zone->first_offset;
}

int64_t booking_zone_utc(const struct booking_zone *zone, int64_t wall_s)
{
	/* a day to either side is beyond any offset; two changes within it there are not */
	int64_t before = wall_s - booking_zone_offset(zone, wall_s - DAY_S),
		after = wall_s - booking_zone_offset(zone, wall_s + DAY_S);

	if (before + booking_zone_offset(zone, before) == wall_s)
		return before;
	return after + booking_zone_offset(zone, after) == wall_s ? after : before;
}
