/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Booked conferences: made, looked at, changed and cancelled in the database; a node begins them at their time. */
#include "cli/booking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "booking/text.h"
#include "cli/database.h"
#include "core/clock.h"

static const struct column list_columns[] = {
	{ "id", "ID", COLUMN_TEXT },          { "host", "HOST", COLUMN_TEXT },       { "state", "STATE", COLUMN_TEXT },
	{ "start", "START", COLUMN_TEXT },    { "repeat", "REPEAT", COLUMN_TEXT },   { "party_count", "PARTIES", COLUMN_COUNT },
	{ "redials", "REDIALS", COLUMN_COUNT }, { NULL, NULL, COLUMN_TEXT },
};
static const struct column show_lines[] = {
	{ "id", "id", COLUMN_TEXT },
	{ "version", "version", COLUMN_COUNT },
	{ "state", "state", COLUMN_TEXT },
	{ "host", "host", COLUMN_TEXT },
	{ "service", "service", COLUMN_TEXT },
	{ "start", "start", COLUMN_TEXT },
	{ "next_at", "next (UTC)", COLUMN_TEXT },
	{ "length_s", "length", COLUMN_SECONDS },
	{ "repeat", "repeat", COLUMN_TEXT },
	{ "until", "until", COLUMN_TEXT },
	{ "redials", "redials", COLUMN_COUNT },
	{ "interval_s", "interval", COLUMN_SECONDS },
	{ "language", "language", COLUMN_TEXT },
	{ "music", "music", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};
static const struct column party_columns[] = {
	{ "number", "PARTY", COLUMN_TEXT }, { "name", "NAME", COLUMN_TEXT }, { NULL, NULL, COLUMN_TEXT }
};
static const struct column run_columns[] = {
	{ "planned_at", "PLANNED (UTC)", COLUMN_TEXT },
	{ "number", "NUMBER", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "outcome", "OUTCOME", COLUMN_TEXT },
	{ "cause", "CAUSE", COLUMN_COUNT },
	{ "attempts", "ATTEMPTS", COLUMN_COUNT },
	{ "node", "NODE", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

/* ---- times ---- */

/* "2026-03-02T10:00:00+08:00[Asia/Shanghai]" (RFC 9557) of a moment. */
static json_t *zone_time(const char *zone, int64_t utc_us)
{
	char stamp[BOOKING_STAMP_SIZE], text[128];

	if (utc_us == 0 || booking_zone_stamp(zone, utc_us, stamp) != 0)
		return json_null();
	(void)snprintf(text, sizeof(text), "%s[%s]", stamp, zone);
	return json_string(text);
}

/* ---- showing ---- */

static json_t *stamp_json(int64_t utc_us)
{
	char stamp[CLOCK_STAMP_SIZE];

	if (utc_us == 0)
		return json_null();
	clock_format_utc(utc_us, stamp, sizeof(stamp));
	return json_string(stamp);
}

static json_t *booking_json(const struct booking *b)
{
	json_t *parties = json_array();
	char repeat[64];
	/* what it was booked for, once there is no next time */
	int64_t start = b->next_utc_us ? b->next_utc_us : CLOCK_SEC(booking_wall_utc(b->zone, b->when.wall_s));

	cli_booking_repeat(b, repeat);
	for (unsigned i = 0; i < b->party_count; i++)
		(void)json_array_append_new(parties, json_pack("{s:I, s:s, s:s}", "order", (json_int_t)i + 1, "number",
		                                               b->party[i].number, "name", b->party[i].name));
	return json_pack("{s:s, s:I, s:s, s:s, s:s?, s:s, s:o, s:o, s:o, s:s, s:o, s:I, s:I, s:s?, s:I, s:I, s:o}", "id", b->id,
	                 "version", (json_int_t)b->version, "state", booking_state_name(b->state), "host", b->host, "service",
	                 b->service[0] ? b->service : NULL, "zone", b->zone, "start", zone_time(b->zone, start), "next_at",
	                 stamp_json(b->next_utc_us), "length_s", b->length_s ? json_integer(b->length_s) : json_null(), "repeat",
	                 repeat, "until",
	                 b->when.until_wall == INT64_MAX || b->when.until_wall == 0
	                         ? json_null()
	                         : zone_time(b->zone, CLOCK_SEC(booking_wall_utc(b->zone, b->when.until_wall))),
	                 "redials", (json_int_t)b->redials, "interval_s", (json_int_t)b->interval_s, "language",
	                 b->language[0] ? b->language : NULL, "music", (json_int_t)b->music, "party_count",
	                 (json_int_t)b->party_count, "parties", parties);
}

/* What became of it: a row for the host of each start, and one for each party. */
static int history(struct cli *c, const char *id, json_t **rows)
{
	static const char *const names[] = { "planned_at", "party:i", "number", "name",  "state",
		                             "outcome",    "cause:i", "attempts:i", "node", "call", NULL };

	return cli_rows(
		c, rows, names, 1000,
		"SELECT * FROM (SELECT r.planned_at, 0 AS party, b.host AS number, '' AS name, r.state, r.outcome, r.cause, "
		"r.made, r.node, r.call_id FROM booking_run r JOIN booking b ON b.id = r.booking_id WHERE r.booking_id = ? "
		"UNION ALL SELECT r.planned_at, p.party_order, p.number, p.name, '', p.outcome, p.cause, p.made, '', NULL FROM "
		"booking_run_party p JOIN booking_run r ON r.id = p.run_id WHERE r.booking_id = ?) h ORDER BY planned_at, "
		"party LIMIT ?",
		id, id);
}

static int show(struct cli *c, const struct booking *b)
{
	json_t *value = booking_json(b), *rows;
	int status = history(c, b->id, &rows);

	if (status != CLI_OK) {
		json_decref(value);
		return status;
	}
	if (c->json) {
		(void)json_object_set_new(value, "history", rows);
		cli_show(c, value, show_lines, NULL);
		return CLI_OK;
	}
	output_record(c->out, value, show_lines);
	output_table(c->out, json_object_get(value, "parties"), party_columns, NULL);
	if (json_array_size(rows) > 0)
		output_table(c->out, rows, run_columns, NULL);
	json_decref(rows);
	json_decref(value);
	return CLI_OK;
}

static int booking_error(struct cli *c, int err, const struct booking *b)
{
	switch (err) {
	case -EBUSY:
		return cli_complain(c, CLI_FAILED, "booking %s has begun: it goes on, and cannot be changed or cancelled", b->id);
	case -ESRCH:
		return cli_complain(c, CLI_FAILED, "booking %s is over, or cancelled already", b->id);
	case -ESTALE:
		return cli_complain(c, CLI_FAILED, "booking %s has been changed by somebody else meanwhile", b->id);
	case -ETIME:
		return cli_complain(c, CLI_FAILED, "that time is over, or more than ten years ahead");
	case -EINVAL:
		return cli_complain(c, CLI_FAILED,
		                    "not allowed: a party twice, the host among the parties, more than %d parties, or a number "
		                    "out of range",
		                    BOOKING_PARTIES_MAX);
	default:
		break;
	}
	return cli_database_error(c, err, "booking");
}

/* ---- the commands ---- */

static int run_add(struct cli *c)
{
	struct booking b = { .interval_s = 60, .when.until_wall = INT64_MAX };
	char who[AUDIT_WHO_SIZE];
	int status, err;

	cli_booking_zone(c, &b);
	if (!cli_number(c, c->arg[0], b.host) || !cli_booking_time(c, &b, c->arg[1], true, &b.when.wall_s) ||
	    !cli_booking_options(c, &b) || !cli_booking_parties(c, &b, 2) || !cli_movement_id(c, b.id))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = booking_add(c->store, &b, who, clock_utc_us());
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "no account has the number %s", b.host);
	return err ? booking_error(c, err, &b) : show(c, &b);
}

/* The booking that is named, and the database. */
static int begin(struct cli *c, struct booking *b)
{
	int status = cli_database(c), err;

	if (status != CLI_OK)
		return status;
	(void)snprintf(b->id, sizeof(b->id), "%.32s", c->arg[0]);
	err = booking_find(c->store, c->arg[0], b);
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "there is no booking %s", c->arg[0]);
	return err ? booking_error(c, err, b) : CLI_OK;
}

static int run_show(struct cli *c)
{
	struct booking b;
	int status = begin(c, &b);

	return status == CLI_OK ? show(c, &b) : status;
}

static int run_change(struct cli *c)
{
	char who[AUDIT_WHO_SIZE];
	struct booking b;
	int status = begin(c, &b), err;

	if (status != CLI_OK)
		return status;
	cli_booking_zone(c, &b);
	if ((c->host && !cli_number(c, c->host, b.host)) || (c->at && !cli_booking_time(c, &b, c->at, true, &b.when.wall_s)) ||
	    !cli_booking_options(c, &b) || (c->args > 1 && !cli_booking_parties(c, &b, 1)))
		return CLI_USAGE;
	cli_who(who);
	err = booking_change(c->store, &b, who, clock_utc_us());
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "no account has the number %s", b.host);
	return err ? booking_error(c, err, &b) : show(c, &b);
}

static int run_cancel(struct cli *c)
{
	char who[AUDIT_WHO_SIZE];
	struct booking b;
	int status = begin(c, &b), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = booking_cancel(c->store, b.id, who, clock_utc_us());
	if (!err)
		err = booking_find(c->store, c->arg[0], &b);
	return err ? booking_error(c, err, &b) : show(c, &b);
}

static int list_one(void *arg, const struct booking *b)
{
	return json_array_append_new(arg, booking_json(b)) == 0 ? 0 : -ENOMEM;
}

static int run_list(struct cli *c)
{
	char number[33];
	json_t *list;
	int status, err;

	if (c->args == 1 && !cli_number(c, c->arg[0], number))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	list = json_array();
	err = booking_each(c->store, c->args == 1 ? number : NULL, c->all != NULL, list_one, list);
	if (err) {
		json_decref(list);
		return cli_database_error(c, err, "booking");
	}
	cli_show(c, list, list_columns, "no bookings");
	return CLI_OK;
}

#define OPTIONS                                                                                                                  \
	"[--zone ZONE] [--end TIME|--for DURATION] [--redials N] [--interval DURATION] [--repeat once|daily|weekly:mon,...] "    \
	"[--until TIME] [--language zh-CN|en] [--music N] [--service NUMBER]"

const struct cli_command cli_booking_commands[] = {
	{ "booking add", "HOST TIME PARTY[=NAME]... " OPTIONS " [--id ID]",
	  "A conference for a time: the host is called then, and when he has answered, all parties.", 3, 2 + BOOKING_PARTIES_MAX,
	  run_add },
	{ "booking list", "[HOST] [--all]", "Bookings to come, and under way; --all: those that are over, too.", 0, 1, run_list },
	{ "booking show", "ID", "One booking, and what has become of everybody each time.", 1, 1, run_show },
	{ "booking change", "ID [PARTY[=NAME]...] [--host NUMBER] [--at TIME] " OPTIONS,
	  "Another time, other parties (those given are all); before it has begun.", 1, 1 + BOOKING_PARTIES_MAX, run_change },
	{ "booking cancel", "ID", "Before it has begun.", 1, 1, run_cancel },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
