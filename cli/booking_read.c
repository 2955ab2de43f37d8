/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/booking_read.c - a booking as it is written on the command line. */
#include "cli/booking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "booking/text.h"
#include "cli/database.h"

/* By the wall of b->zone; an offset behind it is a moment, and a name in [] is the zone (with_zone) of it. */
bool cli_booking_time(struct cli *c, struct booking *b, const char *text, bool with_zone, int64_t *wall_s)
{
	char plain[64];
	const char *name = strchr(text, '[');
	size_t len = name ? (size_t)(name - text) : strlen(text);
	int64_t us;
	int err;

	if (name && (!with_zone || strlen(name) < 3 || strlen(name) - 2 > BOOKING_ZONE_MAX || name[strlen(name) - 1] != ']')) {
		(void)cli_usage(c, "\"%s\": a zone is written like [Europe/Berlin], and once", text);
		return false;
	}
	if (name)
		(void)snprintf(b->zone, sizeof(b->zone), "%.*s", (int)strlen(name) - 2, name + 1);
	(void)snprintf(plain, sizeof(plain), "%.*s", (int)(len < sizeof(plain) ? len : sizeof(plain) - 1), text);
	err = booking_wall_parse(b->zone, plain, wall_s);
	if (err == -ENOENT)
		(void)cli_usage(c, "\"%s\" is no time zone: such as Asia/Shanghai or Europe/Berlin is wanted", b->zone);
	else if (err)
		(void)cli_time(c, plain, &us); /* says what a time is */
	return !err;
}

void cli_booking_repeat(const struct booking *b, char out[64])
{
	size_t n = (size_t)snprintf(out, 64, "%s", booking_repeat_name(b->when.repeat));

	for (unsigned i = 0; b->when.repeat == BOOKING_WEEKLY && i < 7; i++)
		if (b->when.weekdays >> i & 1)
			n += (size_t)snprintf(out + n, 64 - n, "%c%s", strchr(out, ':') ? ',' : ':', booking_weekday_name[i]);
}

/* ---- what is told of a booking ---- */

static bool read_repeat(struct cli *c, struct booking *b, const char *text)
{
	const char *days = strchr(text, ':');

	b->when.weekdays = 0;
	if (strcmp(text, "once") == 0 || strcmp(text, "daily") == 0) {
		b->when.repeat = text[0] == 'o' ? BOOKING_ONCE : BOOKING_DAILY;
		return true;
	}
	b->when.repeat = BOOKING_WEEKLY;
	for (const char *p = days; p && *p && strncmp(text, "weekly:", 7) == 0; p += 4) {
		unsigned i = 0;

		while (i < 7 && strncmp(p + 1, booking_weekday_name[i], 3) != 0)
			i++;
		if (i == 7 || (p[4] && p[4] != ','))
			break;
		b->when.weekdays |= (uint8_t)(1u << i);
		if (p[4] == '\0')
			return true;
	}
	(void)cli_usage(c, "\"%s\" is no repeat: once, daily or weekly:mon,thu are wanted", text);
	return false;
}

static bool read_count(struct cli *c, const char *what, const char *text, int64_t most, unsigned *out)
{
	int64_t v;

	if (text == NULL)
		return true;
	if (!cli_integer(c, what, text, 0, most, &v))
		return false;
	*out = (unsigned)v;
	return true;
}

static bool read_seconds(struct cli *c, const char *text, unsigned *out)
{
	int64_t ms;

	if (text == NULL)
		return true;
	if (!cli_duration(c, text, &ms))
		return false;
	*out = (unsigned)(ms / 1000);
	return true;
}

static bool read_end(struct cli *c, struct booking *b)
{
	int64_t wall_s;

	if (c->end == NULL)
		return true;
	if (!cli_booking_time(c, b, c->end, false, &wall_s))
		return false;
	wall_s = booking_wall_utc(b->zone, wall_s) - booking_wall_utc(b->zone, b->when.wall_s);
	if (wall_s > 0 && wall_s <= BOOKING_LENGTH_MAX)
		b->length_s = (unsigned)wall_s;
	else
		(void)cli_usage(c, "the end is not behind the start, or more than a week");
	return wall_s > 0 && wall_s <= BOOKING_LENGTH_MAX;
}

bool cli_booking_options(struct cli *c, struct booking *b)
{
	int64_t until = b->when.until_wall;

	if (c->language)
		(void)snprintf(b->language, sizeof(b->language), "%s", c->language);
	if ((c->repeat && !read_repeat(c, b, c->repeat)) || (c->service && !cli_service_number(c, c->service, b->service)) ||
	    (c->until && !cli_booking_time(c, b, c->until, false, &until)) ||
	    !read_count(c, "a number of redials", c->redials, BOOKING_REDIALS_MAX, &b->redials) ||
	    !read_count(c, "a music track", c->music, 16, &b->music) || !read_seconds(c, c->interval, &b->interval_s) ||
	    !read_seconds(c, c->talk, &b->length_s))
		return false;
	b->when.until_wall = until;
	return read_end(c, b);
}

/* NUMBER[=NAME]... */
bool cli_booking_parties(struct cli *c, struct booking *b, int from)
{
	b->party_count = 0;
	for (int i = from; i < c->args; i++) {
		struct booking_party *p = &b->party[b->party_count];
		const char *name = strchr(c->arg[i], '=');
		char number[40];

		if (b->party_count == BOOKING_PARTIES_MAX) {
			(void)cli_usage(c, "at most %d parties", BOOKING_PARTIES_MAX);
			return false;
		}
		(void)snprintf(number, sizeof(number), "%.*s", (int)(name ? name - c->arg[i] : 39), c->arg[i]);
		if (!cli_number(c, number, p->number))
			return false;
		(void)snprintf(p->name, sizeof(p->name), "%s", name ? name + 1 : "");
		b->party_count++;
	}
	return true;
}

void cli_booking_zone(struct cli *c, struct booking *b)
{
	const char *zone = c->zone ? c->zone : b->zone[0] ? b->zone : c->booking_zone;
	char own[BOOKING_ZONE_MAX + 1];

	(void)snprintf(own, sizeof(own), "%s", zone);
	memcpy(b->zone, own, sizeof(own));
}
