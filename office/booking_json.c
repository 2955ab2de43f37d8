/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/booking_json.h"

#include <errno.h>
#include <string.h>

#include "booking/text.h"
#include "core/clock.h"
#include "core/stamp.h"
#include "office/json.h"

#define RUNS_MAX 100

/* ---- saying ---- */

static json_t *zone_time(const char *zone, int64_t utc_us)
{
	char stamp[BOOKING_STAMP_SIZE];

	return utc_us == 0 || booking_zone_stamp(zone, utc_us, stamp) != 0 ? json_null() : json_string(stamp);
}

static json_t *wall_time(int64_t wall_s)
{
	char stamp[STAMP_SIZE];

	if (wall_s == INT64_MAX || wall_s == 0)
		return json_null();
	stamp_wall(wall_s, stamp);
	return json_string(stamp);
}

json_t *booking_json(const struct booking *b)
{
	json_t *parties = json_array(), *days = json_array();
	/* what it was booked for, once there is no next time */
	int64_t start = b->next_utc_us ? b->next_utc_us : CLOCK_SEC(booking_wall_utc(b->zone, b->when.wall_s));

	for (unsigned i = 0; i < b->party_count; i++)
		(void)json_array_append_new(parties, json_pack("{s:I, s:s, s:s}", "order", (json_int_t)i + 1, "number",
		                                               b->party[i].number, "name", b->party[i].name));
	for (unsigned i = 0; b->when.repeat == BOOKING_WEEKLY && i < 7; i++)
		if (b->when.weekdays >> i & 1)
			(void)json_array_append_new(days, json_string(booking_weekday_name[i]));
	return json_pack("{s:s, s:I, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:o}", "id",
	                 b->id, "version", (json_int_t)b->version, "state", booking_state_name(b->state), "host", b->host,
	                 "service", text_or_null(b->service), "language", text_or_null(b->language), "zone", b->zone, "start",
	                 zone_time(b->zone, start), "start_wall", wall_time(b->when.wall_s), "next_at", time_json(b->next_utc_us),
	                 "length_s", b->length_s ? json_integer(b->length_s) : json_null(), "repeat",
	                 booking_repeat_name(b->when.repeat), "weekdays", days, "until", wall_time(b->when.until_wall), "redials",
	                 (json_int_t)b->redials, "interval_s", (json_int_t)b->interval_s, "music", (json_int_t)b->music,
	                 "parties", parties);
}

static int run_parties(struct request *r, json_t *run)
{
	static const char *const names[] = { "order:i", "number",     "name",          "outcome",
		                             "cause:i", "attempts:i", "answered_at:t", NULL };
	const union store_value values[] = { { .s = json_string_value(json_object_get(run, "id")) } };
	struct rows q = {
		.names = names,
		.sql = "SELECT party_order, number, name, outcome, cause, made, answered_at FROM booking_run_party WHERE run_id "
		       "= ? ORDER BY party_order",
		.types = "s",
		.values = values
	};
	json_t *list;
	int err = rows_get(r, &q, &list);

	if (!err)
		(void)json_object_set_new(run, "parties", list);
	return err;
}

int booking_runs(struct request *r, const char *id, json_t **runs)
{
	static const char *const names[] = { "id",   "planned_at:t", "state",      "outcome",       "cause:i",    "attempts:i",
		                             "node", "call:n",       "began_at:t", "answered_at:t", "ended_at:t", NULL };
	const union store_value values[] = { { .s = id }, { .i = RUNS_MAX } };
	struct rows q = {
		.names = names,
		.sql = "SELECT id, planned_at, state, outcome, cause, made, node, call_id, began_at, answered_at, ended_at FROM "
		       "booking_run WHERE booking_id = ? ORDER BY planned_at DESC LIMIT ?",
		.types = "si",
		.values = values
	};
	json_t *list, *run;
	size_t i;
	int err = rows_get(r, &q, &list);

	if (err)
		return err;
	json_array_foreach(list, i, run) {
		if (!err)
			err = run_parties(r, run);
	}
	if (err)
		json_decref(list);
	else
		*runs = list;
	return err;
}

/* ---- taking ---- */

/* His own number, or another one of his account. */
static bool read_host(struct request *r, struct booking *b)
{
	const char *text = request_text(r, "host");
	struct account a;

	(void)snprintf(b->host, sizeof(b->host), "%s", r->session.number);
	if (text == NULL)
		return true;
	if (!request_number(r, text, "#/host", b->host))
		return false;
	if (account_find(r->office->store, b->host, &a) == 0 && a.id == r->session.account_id)
		return true;
	answer_wrong(r, "#/host", "is no number of this account");
	return false;
}

/* Short codes as often as not: as the database has it (s:12599), or as it is dialled. */
static bool read_service(struct request *r, struct booking *b)
{
	const char *text = request_text(r, "service");

	if (text == NULL || text[0] == '\0')
		return true;
	if (number_is_short(text) && number_is_canonical(text)) {
		(void)snprintf(b->service, sizeof(b->service), "%s", text);
		return true;
	}
	if (number_dialled(&r->office->config->numbers, text, NULL, b->service) == 0)
		return true;
	answer_wrong(r, "#/service", "is no number in this dialling plan");
	return false;
}

static bool read_wall(struct request *r, const struct booking *b, const char *name, int64_t *wall_s)
{
	const char *text = request_text(r, name);
	char pointer[32];
	int err = text ? booking_wall_parse(b->zone, text, wall_s) : 0;

	if (err == 0)
		return true;
	(void)snprintf(pointer, sizeof(pointer), "#/%s", err == -ENOENT ? "zone" : name);
	answer_wrong(r, pointer, err == -ENOENT ? "is no time zone: such as Asia/Shanghai is wanted" : "is no time");
	return false;
}

static bool read_when(struct request *r, struct booking *b)
{
	const char *zone = request_text(r, "zone"), *repeat = request_text(r, "repeat");
	const json_t *day;
	size_t i;

	(void)snprintf(b->zone, sizeof(b->zone), "%s", zone && zone[0] ? zone : r->office->config->zone);
	if (!read_wall(r, b, "start", &b->when.wall_s) || !read_wall(r, b, "until", &b->when.until_wall))
		return false;
	b->when.repeat = repeat == NULL || strcmp(repeat, "once") == 0 ? BOOKING_ONCE
	                 : strcmp(repeat, "daily") == 0                ? BOOKING_DAILY
	                                                               : BOOKING_WEEKLY;
	json_array_foreach(json_object_get(r->body, "weekdays"), i,
	                   day) for (unsigned d = 0; d < 7; d++) if (b->when.repeat == BOOKING_WEEKLY &&
	                                                             strcmp(json_string_value(day), booking_weekday_name[d]) == 0)
		b->when.weekdays |= (uint8_t)(1u << d);
	if (b->when.repeat != BOOKING_WEEKLY || b->when.weekdays)
		return true;
	answer_wrong(r, "#/weekdays", "a weekly one has at least one day");
	return false;
}

static bool read_parties(struct request *r, struct booking *b)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(r->body, "parties"), i, one) {
		const char *name = json_string_value(json_object_get(one, "name"));
		struct booking_party *p = &b->party[i];
		char pointer[40];

		(void)snprintf(pointer, sizeof(pointer), "#/parties/%zu/number", i);
		if (!request_number(r, json_string_value(json_object_get(one, "number")), pointer, p->number))
			return false;
		if (strcmp(p->number, b->host) == 0) {
			answer_wrong(r, pointer, "is the host");
			return false;
		}
		for (size_t k = 0; k < i; k++)
			if (strcmp(b->party[k].number, p->number) == 0) {
				answer_wrong(r, pointer, "is there twice");
				return false;
			}
		(void)snprintf(p->name, sizeof(p->name), "%s", name ? name : "");
	}
	b->party_count = (unsigned)json_array_size(json_object_get(r->body, "parties"));
	return true;
}

bool booking_read(struct request *r, struct booking *b)
{
	const char *language = request_text(r, "language");

	if (!read_host(r, b) || !read_service(r, b) || !read_when(r, b) || !read_parties(r, b))
		return false;
	(void)snprintf(b->language, sizeof(b->language), "%s", language ? language : "");
	b->length_s = (unsigned)request_int(r, "length_s", 0);
	b->redials = (unsigned)request_int(r, "redials", 0);
	b->interval_s = (unsigned)request_int(r, "interval_s", b->interval_s);
	b->music = (unsigned)request_int(r, "music", 0);
	return true;
}
