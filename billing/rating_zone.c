/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/rating_zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONEINFO    "/usr/share/zoneinfo/"
#define DAY_S       86400
#define SECOND_US   INT64_C(1000000)
#define FILE_MAX    65536                   /* the largest zone file is 4 KiB */
#define CHECK_FROM  INT64_C(1767225600)     /* 2026: what a zone's law was before is no tariff's matter */
#define CHECK_UNTIL INT64_C(2145916800)     /* 2038: the files that name single years end there */

/* ---- the rule ---- */

/* The civil calendar with years beginning in March. */
int64_t rate_zone_days(int64_t year, unsigned month)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400,
		of_year = (153 * (int64_t)(month + (month > 2 ? -3u : 9u)) + 2) / 5;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t year_of(int64_t utc_s)
{
	int64_t year = 1970 + utc_s / (365 * DAY_S + DAY_S / 4);

	while (rate_zone_days(year + 1, 1) * DAY_S <= utc_s)
		year++;
	while (rate_zone_days(year, 1) * DAY_S > utc_s)
		year--;
	return year;
}

/* When it changes in that year, by the clock before the change. */
static int64_t change_s(const struct rate_summer_change *c, int64_t year)
{
	int64_t first = rate_zone_days(year, c->month),
		next = c->month == 12 ? rate_zone_days(year + 1, 1) : rate_zone_days(year, c->month + 1u),
		day = first + (c->day + 7 - (first + 4) % 7) % 7 + 7 * (c->week - 1); /* day 0 was a Thursday: 4 */

	while (day >= next)
		day -= 7;
	return day * DAY_S + c->time_s;
}

int rate_zone_offset(int16_t standard_min, const struct rate_summer *s, int64_t utc_us, int64_t *until_us)
{
	int64_t at = utc_us / SECOND_US, best = INT64_MIN, until = INT64_MAX;
	bool summer = false;

	*until_us = INT64_MAX;
	if (s->begin.month == 0)
		return standard_min;
	/* the last change before now says which it is; the first one after, how long */
	for (int64_t year = year_of(at) - 1, last = year + 2; year <= last; year++) {
		int64_t change[2] = { change_s(&s->end, year) - s->utc_offset_min * 60,
			              change_s(&s->begin, year) - standard_min * 60 };

		for (int i = 0; i < 2; i++) {
			if (change[i] <= at && change[i] > best) {
				best = change[i];
				summer = i == 1;
			} else if (change[i] > at && change[i] < until) {
				until = change[i];
			}
		}
	}
	*until_us = until * SECOND_US;
	return summer ? s->utc_offset_min : standard_min;
}

/* ---- as text ---- */

static bool change_valid(const struct rate_summer_change *c)
{
	return c->month >= 1 && c->month <= 12 && c->week >= 1 && c->week <= 5 && c->day <= 6 && c->time_s >= -7 * DAY_S &&
	       c->time_s <= 7 * DAY_S;
}

bool rate_summer_valid(const struct rate_summer *s)
{
	return s->begin.month == 0 || (change_valid(&s->begin) && change_valid(&s->end) && s->utc_offset_min > -24 * 60 &&
	                               s->utc_offset_min < 24 * 60);
}

void rate_summer_to_text(const struct rate_summer *s, char out[ZONE_RULE_MAX])
{
	out[0] = '\0';
	if (s->begin.month)
		(void)snprintf(out, ZONE_RULE_MAX, "%d,%u.%u.%u/%d,%u.%u.%u/%d", s->utc_offset_min, s->begin.month, s->begin.week,
		               s->begin.day, s->begin.time_s, s->end.month, s->end.week, s->end.day, s->end.time_s);
}

int rate_summer_from_text(struct rate_summer *s, const char *text)
{
	unsigned m[2], w[2], d[2];
	int offset, t[2], used = 0;

	memset(s, 0, sizeof(*s));
	if (*text == '\0')
		return 0;
	if (strlen(text) >= ZONE_RULE_MAX ||
	    sscanf(text, "%5d,%2u.%1u.%1u/%7d,%2u.%1u.%1u/%7d%n", &offset, &m[0], &w[0], &d[0], &t[0], &m[1], &w[1], &d[1], &t[1],
	           &used) != 9 ||
	    text[used])
		return -EINVAL;
	s->utc_offset_min = (int16_t)offset;
	s->begin = (struct rate_summer_change){ (uint8_t)m[0], (uint8_t)w[0], (uint8_t)d[0], t[0] };
	s->end = (struct rate_summer_change){ (uint8_t)m[1], (uint8_t)w[1], (uint8_t)d[1], t[1] };
	return s->begin.month && rate_summer_valid(s) ? 0 : -EINVAL;
}

/* ---- POSIX TZ: std offset [dst [offset] , begin , end] ---- */

/* "EST" or "<-03>". */
static const char *posix_name(const char *p)
{
	size_t n = *p == '<' ? strcspn(p, ">") + 1 : strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	return n >= 3 && n <= strlen(p) ? p + n : NULL;
}

/* [+-]h[h[h]][:mm[:ss]]. */
static const char *posix_time(const char *p, int32_t *s)
{
	int sign = *p == '-' ? -1 : 1, unit = 3600;

	if (*p == '-' || *p == '+')
		p++;
	*s = 0;
	for (int part = 0; part < 3; part++, unit /= 60, p++) {
		size_t n = strspn(p, "0123456789");

		if (n == 0 || n > 3)
			return NULL;
		*s += sign * atoi(p) * unit;
		p += n;
		if (*p != ':')
			return p;
	}
	return NULL;
}

static const char *posix_change(const char *p, struct rate_summer_change *c)
{
	unsigned m, w, d;
	int n = 0;

	if (sscanf(p, ",M%2u.%1u.%1u%n", &m, &w, &d, &n) != 3)
		return NULL;
	*c = (struct rate_summer_change){ (uint8_t)m, (uint8_t)w, (uint8_t)d, 2 * 3600 };
	p += n;
	if (*p == '/')
		p = posix_time(p + 1, &c->time_s);
	return p && change_valid(c) ? p : NULL;
}

int rate_zone_posix(const char *text, int16_t *standard_min, struct rate_summer *s)
{
	const char *p = posix_name(text);
	int32_t west = 0, summer_west;

	memset(s, 0, sizeof(*s));
	p = p ? posix_time(p, &west) : NULL;
	if (p == NULL || west % 60 || west <= -DAY_S || west >= DAY_S)
		return -EINVAL;
	*standard_min = (int16_t)(-west / 60);
	if (*p == '\0')
		return 0;
	summer_west = west - 3600;
	p = posix_name(p);
	if (p && *p != ',')
		p = posix_time(p, &summer_west);
	p = p ? posix_change(p, &s->begin) : NULL;
	p = p ? posix_change(p, &s->end) : NULL;
	if (p == NULL || *p || summer_west % 60)
		return -EINVAL;
	s->utc_offset_min = (int16_t)(-summer_west / 60);
	return rate_summer_valid(s) ? 0 : -EINVAL;
}

/* ---- the system's zoneinfo (RFC 8536) ---- */

static int64_t big_endian(const unsigned char *p, unsigned octets)
{
	uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;

	while (octets--)
		v = v << 8 | *p++;
	return (int64_t)v;
}

struct tzif {
	const unsigned char *transitions, *types, *infos, *end;
	unsigned             count, type_count;
};

/* The second block (64 bits) of a version 2 file; the end is where the rule begins. */
static int tzif_open(struct tzif *z, const unsigned char *p, size_t size)
{
	const unsigned char *end = p + size;

	for (unsigned octets = 4; octets <= 8; octets += 4) {
		uint32_t n[6];
		uint64_t body;

		if (end - p < 44 || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
			return -EINVAL;
		for (int i = 0; i < 6; i++) /* ut, std, leap, transitions, types, characters */
			n[i] = (uint32_t)big_endian(p + 20 + 4 * (size_t)i, 4);
		body = (uint64_t)n[3] * (octets + 1) + (uint64_t)n[4] * 6 + n[5] + (uint64_t)n[2] * (octets + 4) + n[1] + n[0];
		p += 44;
		if (body > (uint64_t)(end - p))
			return -EINVAL;
		z->transitions = p;
		z->types = p + (size_t)n[3] * octets;
		z->infos = z->types + n[3];
		z->count = n[3];
		z->type_count = n[4];
		p += body;
	}
	z->end = p;
	return 0;
}

/* Does the yearly rule say what the file says of single years? */
static bool tzif_agrees(const struct tzif *z, int16_t standard_min, const struct rate_summer *s)
{
	for (unsigned i = 0; i < z->count; i++) {
		int64_t at = big_endian(z->transitions + 8 * (size_t)i, 8), until;
		unsigned type = z->types[i];

		if (at >= CHECK_UNTIL || (i + 1 < z->count && big_endian(z->transitions + 8 * (size_t)(i + 1), 8) <= CHECK_FROM))
			continue;
		if (at < CHECK_FROM)
			at = CHECK_FROM;
		if (type >= z->type_count || big_endian(z->infos + 6 * (size_t)type, 4) !=
		                                     rate_zone_offset(standard_min, s, at * SECOND_US, &until) * 60)
			return false;
	}
	return true;
}

static int tzif_rule(const unsigned char *file, size_t size, int16_t *standard_min, struct rate_summer *s)
{
	char rule[80];
	struct tzif z;
	size_t n;

	if (tzif_open(&z, file, size) != 0)
		return -EINVAL;
	n = (size_t)(file + size - z.end);
	if (n < 3 || n > sizeof(rule) || z.end[0] != '\n' || z.end[n - 1] != '\n')
		return -EINVAL;
	memcpy(rule, z.end + 1, n - 2);
	rule[n - 2] = '\0';
	if (rate_zone_posix(rule, standard_min, s) != 0 || !tzif_agrees(&z, *standard_min, s))
		return -ENOTSUP;
	return 0;
}

static bool name_ok(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");

	return n > 0 && n <= ZONE_NAME_MAX && name[n] == '\0' && name[0] != '/';
}

int rate_zone_find(const char *name, int16_t *standard_min, struct rate_summer *s)
{
	unsigned char *file;
	char path[sizeof(ZONEINFO) + ZONE_NAME_MAX];
	unsigned h, m;
	char sign;
	int n = 0, err;
	FILE *f;

	memset(s, 0, sizeof(*s));
	*standard_min = 0;
	if (strcmp(name, "Z") == 0)
		return 0;
	if (sscanf(name, "%1[+-]%2u:%2u%n", (char[2]){ 0 }, &h, &m, &n) == 3 && n == 6 && name[6] == '\0' && h < 24 && m < 60) {
		sign = name[0];
		*standard_min = (int16_t)((sign == '-' ? -1 : 1) * (int)(h * 60 + m));
		return 0;
	}
	if (!name_ok(name))
		return -EINVAL;
	(void)snprintf(path, sizeof(path), ZONEINFO "%s", name);
	f = fopen(path, "re");
	if (f == NULL)
		return -EINVAL;
	file = malloc(FILE_MAX);
	err = file ? tzif_rule(file, fread(file, 1, FILE_MAX, f), standard_min, s) : -ENOMEM;
	free(file);
	(void)fclose(f);
	return err;
}
