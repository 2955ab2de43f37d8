/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that ask a running node: node/commands.h has their other end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/database.h"
#include "cli/trace.h"
#include "control/client.h"
#include "core/clock.h"
#include "core/magic.h"

static const struct column status_columns[] = {
	{ "name", "node", COLUMN_TEXT },
	{ "pid", "process", COLUMN_COUNT },
	{ "started_at", "started (UTC)", COLUMN_TEXT },
	{ "up_s", "up for", COLUMN_SECONDS },
	{ "spans", "spans", COLUMN_COUNT },
	{ "spans_up", "spans up", COLUMN_COUNT },
	{ "trunks", "SIP trunks", COLUMN_COUNT },
	{ "trunks_up", "SIP trunks up", COLUMN_COUNT },
	{ "free_channels", "free channels", COLUMN_COUNT },
	{ "calls", "multi-party calls", COLUMN_COUNT },
	{ "legs", "legs", COLUMN_COUNT },
	{ "pending", "triggers, callbacks", COLUMN_COUNT },
	{ "jobs", "jobs at work", COLUMN_COUNT },
	{ "log", "log level", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column span_columns[] = {
	{ "name", "SPAN", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "since_s", "SINCE", COLUMN_SECONDS },
	{ "alarm_since_s", "ALARM", COLUMN_SECONDS },
	{ "calls", "CALLS", COLUMN_COUNT },
	{ "free_channels", "FREE", COLUMN_COUNT },
	{ "out_of_service", "OUT", COLUMN_COUNT },
	{ "transport", "TRANSPORT", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column card_columns[] = {
	{ "alarms", "ALARMS", COLUMN_TEXT },
	{ "alarm_since_s", "SINCE", COLUMN_SECONDS },
	{ "timing", "TIMING", COLUMN_TEXT },
	{ "echo", "ECHO", COLUMN_TEXT },
	{ "loop", "LOOP", COLUMN_TEXT },
	{ "type", "CARD", COLUMN_TEXT },
	{ "description", "DESCRIPTION", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column error_columns[] = {
	{ "code_violations", "CODE VIOLATIONS", COLUMN_COUNT },
	{ "crc4_errors", "CRC4", COLUMN_COUNT },
	{ "e_bits", "E BITS", COLUMN_COUNT },
	{ "frame_errors", "FRAMES", COLUMN_COUNT },
	{ "bit_errors", "BITS", COLUMN_COUNT },
	{ "errored_seconds", "ERRORED SECONDS", COLUMN_COUNT },
	{ "slips", "SLIPS", COLUMN_COUNT },
	{ "missed_interrupts", "MISSED INTERRUPTS", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column trouble_columns[] = {
	{ "trouble", "TROUBLE", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column channel_columns[] = {
	{ "timeslot", "TS", COLUMN_COUNT },
	{ "in_service", "IN SERVICE", COLUMN_YES },
	{ "state", "STATE", COLUMN_TEXT },
	{ "since_s", "SINCE", COLUMN_SECONDS },
	{ "calling", "CALLING", COLUMN_TEXT },
	{ "called", "CALLED", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column trunk_columns[] = {
	{ "name", "TRUNK", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "since_s", "SINCE", COLUMN_SECONDS },
	{ "calls", "CALLS", COLUMN_COUNT },
	{ "calls_in", "OF THEM IN", COLUMN_COUNT },
	{ "reserved", "RESERVED", COLUMN_COUNT },
	{ "free_channels", "FREE", COLUMN_COUNT },
	{ "channels", "CHANNELS", COLUMN_COUNT },
	{ "calls_per_s", "CALLS/S", COLUMN_COUNT },
	{ "transport", "TRANSPORT", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column peer_columns[] = {
	{ "address", "PEER", COLUMN_TEXT },
	{ "up", "UP", COLUMN_YES },
	{ "since_s", "SINCE", COLUMN_SECONDS },
	{ "failures", "FAILURES", COLUMN_COUNT },
	{ "paused_s", "PAUSED FOR", COLUMN_SECONDS },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column route_columns[] = {
	{ "name", "ROUTE", COLUMN_TEXT },
	{ "prefixes", "PREFIXES", COLUMN_TEXT },
	{ "calls", "CALLS", COLUMN_COUNT },
	{ "promised", "PROMISED", COLUMN_COUNT },
	{ "capacity", "CAPACITY", COLUMN_COUNT },
	{ "attempts", "ATTEMPTS", COLUMN_COUNT },
	{ "answered", "ANSWERED", COLUMN_COUNT },
	{ "failovers", "FAILOVERS", COLUMN_COUNT },
	{ "full", "FULL", COLUMN_COUNT },
	{ "down", "DOWN", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column route_detail_columns[] = {
	{ "name", "ROUTE", COLUMN_TEXT },
	{ "prefixes", "PREFIXES", COLUMN_TEXT },
	{ "reserve", "RESERVE", COLUMN_COUNT },
	{ "failover", "FAILOVER", COLUMN_TEXT },
	{ "shown_number", "SHOWS", COLUMN_TEXT },
	{ "calls", "CALLS", COLUMN_COUNT },
	{ "promised", "PROMISED", COLUMN_COUNT },
	{ "capacity", "CAPACITY", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column way_columns[] = {
	{ "trunk", "TRUNK", COLUMN_TEXT },
	{ "group", "GROUP", COLUMN_TEXT },
	{ "provider", "PROVIDER", COLUMN_TEXT },
	{ "order", "ORDER", COLUMN_COUNT },
	{ "percent", "PERCENT", COLUMN_COUNT },
	{ "up", "UP", COLUMN_YES },
	{ "free_channels", "FREE", COLUMN_COUNT },
	{ "calls", "CALLS", COLUMN_COUNT },
	{ "attempts", "ATTEMPTS", COLUMN_COUNT },
	{ "share", "SHARE", COLUMN_COUNT },
	{ "answered", "ANSWERED", COLUMN_COUNT },
	{ "failed", "FAILED", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column call_columns[] = {
	{ "call", "CALL", COLUMN_TEXT },
	{ "host", "HOST", COLUMN_TEXT },
	{ "service", "SERVICE", COLUMN_TEXT },
	{ "talk_s", "TALK", COLUMN_SECONDS },
	{ "parties_in", "IN", COLUMN_COUNT },
	{ "parties", "INVITED", COLUMN_COUNT },
	{ "seconds_left", "MONEY FOR", COLUMN_SECONDS },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column party_columns[] = {
	{ "order", "NO", COLUMN_COUNT },
	{ "number", "NUMBER", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "since_s", "SINCE", COLUMN_SECONDS },
	{ "failure", "FAILURE", COLUMN_TEXT },
	{ "cause", "CAUSE", COLUMN_COUNT },
	{ "codec", "CODEC", COLUMN_TEXT },
	{ "lost", "LOST", COLUMN_COUNT },
	{ "mos_x100", "MOS/100", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column counter_columns[] = {
	{ "group", "GROUP", COLUMN_TEXT },
	{ "name", "NAME", COLUMN_TEXT },
	{ "value", "VALUE", COLUMN_COUNT },
	{ "text", "WHAT IT COUNTS", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static int ask_and_show(struct cli *c, const char *cmd, json_t *args, const struct column *columns, const char *empty)
{
	json_t *result;
	int status = cli_ask(c, cmd, args, &result);

	if (status == CLI_OK)
		cli_show(c, result, columns, empty);
	return status;
}

/* A command that answers nothing but "done". */
static int ask_and_say(struct cli *c, const char *cmd, json_t *args, const char *done)
{
	json_t *result;
	int status = cli_ask(c, cmd, args, &result);

	if (status != CLI_OK)
		return status;
	if (c->json)
		output_json(c->out, result);
	else
		fprintf(c->out, "%s\n", done);
	json_decref(result);
	return CLI_OK;
}

static int run_status(struct cli *c)
{
	return ask_and_show(c, "status", NULL, status_columns, NULL);
}

static int run_spans(struct cli *c)
{
	return ask_and_show(c, "spans", NULL, span_columns, "no spans");
}

/* An object with a list in it: lines, then a table. */
static int show_with_list(struct cli *c, json_t *value, const char *key, const struct column *one, const struct column *list,
                          const char *empty)
{
	json_t *row;

	if (c->json) {
		output_json(c->out, value);
	} else {
		row = json_pack("[O]", value);
		output_table(c->out, row, one, NULL);
		fputc('\n', c->out);
		output_table(c->out, json_object_get(value, key), list, empty);
		json_decref(row);
	}
	json_decref(value);
	return CLI_OK;
}

static void show_rows(struct cli *c, json_t *row, const struct column *columns)
{
	json_t *rows = json_pack("[O]", row);

	output_table(c->out, rows, columns, NULL);
	fputc('\n', c->out);
	json_decref(rows);
}

/* What the card tells, before the timeslots. */
static void show_card(struct cli *c, json_t *card)
{
	if (json_object_get(card, "trouble")) {
		show_rows(c, card, trouble_columns);
		return;
	}
	show_rows(c, card, card_columns);
	show_rows(c, card, error_columns);
}

/* A span is named with its node, as the back office has it: node1/pstn. CLI_OK, or a complaint: there is no such span. */
static int span_audit(struct cli *c, const char *what, const char *after)
{
	json_t *span, *node;
	char subject[64];
	int status = cli_ask(c, "span", json_pack("{s:s}", "span", c->arg[0]), &span);

	if (status != CLI_OK)
		return status;
	json_decref(span);
	status = cli_ask(c, "status", NULL, &node);
	if (status != CLI_OK)
		return status;
	(void)snprintf(subject, sizeof(subject), "%.31s/%.31s", json_string_value(json_object_get(node, "name")), c->arg[0]);
	json_decref(node);
	cli_audit(c, what, subject, after);
	return CLI_OK;
}

static int span_loop(struct cli *c)
{
	int status;

	if (c->args != 3)
		return cli_usage(c, "loop local, remote or off");
	status = span_audit(c, "span.loop", c->arg[2]);
	return status != CLI_OK
	               ? status
	               : ask_and_say(c, "loop", json_pack("{s:s, s:s}", "span", c->arg[0], "loop", c->arg[2]),
	                             strcmp(c->arg[2], "off") == 0 ? "no loop any more" : "the loop is on; no call passes");
}

/* out: no new call comes or goes on it, the one that is there goes on; in: it is restarted and back. */
static int span_service(struct cli *c)
{
	bool in = strcmp(c->arg[1], "in") == 0;
	int64_t timeslot = 0;
	char after[64];
	json_t *args;
	int status;

	if (!in && strcmp(c->arg[1], "out") != 0)
		return cli_usage(c, "a span is taken out of service, or put in again");
	if (c->args == 3 && !cli_integer(c, "a timeslot", c->arg[2], 1, 31, &timeslot))
		return CLI_USAGE;
	(void)snprintf(after, sizeof(after), "%s %lld: %s", timeslot ? "timeslot" : "all timeslots", (long long)timeslot,
	               in ? "in service" : "out of service");
	status = span_audit(c, "span.service", after);
	if (status != CLI_OK)
		return status;
	args = json_pack("{s:s, s:b}", "span", c->arg[0], "in_service", in);
	if (timeslot)
		(void)json_object_set_new(args, "timeslot", json_integer(timeslot));
	return ask_and_say(c, "service", args, in ? "in service again" : "out of service; live calls go on to their end");
}

static int run_span(struct cli *c)
{
	json_t *result;
	int status;

	if (c->args > 1)
		return strcmp(c->arg[1], "loop") == 0 ? span_loop(c) : span_service(c);
	status = cli_ask(c, "span", json_pack("{s:s}", "span", c->arg[0]), &result);
	if (status != CLI_OK)
		return status;
	if (!c->json && json_object_get(result, "card")) {
		show_rows(c, result, span_columns);
		show_card(c, json_object_get(result, "card"));
		output_table(c->out, json_object_get(result, "channels"), channel_columns, "no channels");
		json_decref(result);
		return CLI_OK;
	}
	return show_with_list(c, result, "channels", span_columns, channel_columns, "no channels");
}

static int run_routes(struct cli *c)
{
	json_t *result;
	int status;

	if (c->args == 0)
		return ask_and_show(c, "routes", NULL, route_columns, "no routes");
	status = cli_ask(c, "route", json_pack("{s:s}", "route", c->arg[0]), &result);
	return status != CLI_OK ? status : show_with_list(c, result, "trunks", route_detail_columns, way_columns, "no trunks");
}

static int run_trunks(struct cli *c)
{
	json_t *result;
	int status;

	if (c->args == 0)
		return ask_and_show(c, "trunks", NULL, trunk_columns, "no SIP trunks");
	status = cli_ask(c, "trunk", json_pack("{s:s}", "trunk", c->arg[0]), &result);
	return status != CLI_OK ? status : show_with_list(c, result, "peers", trunk_columns, peer_columns, "no peers");
}

static int run_calls(struct cli *c)
{
	return ask_and_show(c, "calls", NULL, call_columns, "no calls");
}

/* In the audit trail under the host's number, as the back office has it. Takes args over. */
static int call_do(struct cli *c, const char *cmd, json_t *args, const char *done)
{
	const char *number = json_string_value(json_object_get(args, "number"));
	char what[40], after[80];
	json_t *call;
	int status = cli_ask(c, "call", json_pack("{s:s}", "call", c->arg[0]), &call);

	if (status != CLI_OK) {
		json_decref(args);
		return status;
	}
	(void)snprintf(what, sizeof(what), "conference.%s", cmd);
	if (number)
		(void)snprintf(after, sizeof(after), "%.32s %.32s", c->arg[0], number);
	else
		(void)snprintf(after, sizeof(after), "%.32s %lld", c->arg[0],
		               (long long)json_integer_value(json_object_get(args, "order")));
	cli_audit(c, what, json_string_value(json_object_get(call, "host")), after);
	json_decref(call);
	return ask_and_say(c, cmd, args, done);
}

static int call_drop(struct cli *c)
{
	int64_t order = 0;

	if (c->args == 3 && !cli_integer(c, "a party's number", c->arg[2], 1, 250, &order))
		return CLI_USAGE;
	return call_do(c, "drop", json_pack("{s:s, s:I, s:s*}", "call", c->arg[0], "order", (json_int_t)order, "id", c->id),
	               order ? "the party is being released" : "the call is being released");
}

static int call_mute(struct cli *c, const char *cmd)
{
	int64_t order;

	if (c->args != 3 || !cli_integer(c, "a party's number (0: the host)", c->arg[2], 0, 250, &order))
		return cli_usage(c, "which party?");
	return call_do(c, cmd, json_pack("{s:s, s:I, s:s*}", "call", c->arg[0], "order", (json_int_t)order, "id", c->id),
	               "done");
}

static int call_invite(struct cli *c)
{
	if (c->args != 3)
		return cli_usage(c, "whom?");
	return call_do(c, "invite", json_pack("{s:s, s:s, s:s*}", "call", c->arg[0], "number", c->arg[2], "id", c->id),
	               "the party is being called");
}

static int run_call(struct cli *c)
{
	const char *verb = c->args > 1 ? c->arg[1] : "show";
	json_t *result;
	int status;

	if (strcmp(verb, "drop") == 0)
		return call_drop(c);
	if (strcmp(verb, "mute") == 0 || strcmp(verb, "unmute") == 0)
		return call_mute(c, verb);
	if (strcmp(verb, "invite") == 0)
		return call_invite(c);
	if (strcmp(verb, "show") != 0)
		return cli_usage(c, "a call can be shown, dropped, muted, or have somebody invited");
	status = cli_ask(c, "call", json_pack("{s:s}", "call", c->arg[0]), &result);
	return status != CLI_OK ? status
	                        : show_with_list(c, result, "party", call_columns, party_columns, "nobody has been invited");
}

static int run_counters(struct cli *c)
{
	return ask_and_show(c, "counters", c->args ? json_pack("{s:s}", "group", c->arg[0]) : NULL, counter_columns,
	                    "no counters");
}

static int run_log(struct cli *c)
{
	static const struct column columns[] = { { "level", "log level", COLUMN_TEXT }, { NULL, NULL, COLUMN_TEXT } };

	if (c->args && strcmp(c->arg[0], "reopen") == 0)
		return ask_and_say(c, "reopen", NULL, "the log file has been opened anew");
	return ask_and_show(c, "log", c->args ? json_pack("{s:s}", "level", c->arg[0]) : NULL, columns, NULL);
}

/* Events as they come, a line of JSON each, until the node or the user ends it. */
static int run_watch(struct cli *c)
{
	struct control_client *client;
	struct control_problem problem;
	json_t *topics = c->args ? json_array() : NULL, *result, *event;
	int err = control_client_open(&client, c->settings.control.socket);

	for (int i = 0; topics && i < c->args; i++)
		(void)json_array_append_new(topics, json_string(c->arg[i]));
	if (err) {
		json_decref(topics);
		return cli_complain(c, CLI_UNREACHABLE, "partylined does not answer at %s (%s): is it running?",
		                    c->settings.control.socket, strerror(-err));
	}
	err = control_client_call(client, "subscribe", json_pack("{s:o*}", "topics", topics), &result, &problem, c->timeout_us);
	if (!err)
		json_decref(result);
	while (!err && (err = control_client_event(client, &event, CLOCK_NEVER)) == 0) {
		(void)json_dumpf(event, c->out, JSON_COMPACT);
		fputc('\n', c->out);
		(void)fflush(c->out);
		json_decref(event);
	}
	control_client_close(client);
	return cli_complain(c, err == -EREMOTEIO ? CLI_FAILED : CLI_UNREACHABLE, "%s",
	                    err == -EREMOTEIO ? problem.text : "the node has gone");
}

const struct cli_command cli_node_commands[] = {
	{ "status", "", "The node: since when it runs, how much is going on.", 0, 0, run_status },
	{ "spans", "", "The E1 spans.", 0, 0, run_spans },
	{ "span", "NAME [out|in [TIMESLOT] | loop local|remote|off]",
	  "One span with its card and timeslots; or they leave service, or return; or a loop in the card.", 1, 3, run_span },
	{ "routes", "[NAME]", "The routes of outgoing calls; or one with its trunks.", 0, 1, run_routes },
	{ "trunks", "[NAME]", "The SIP trunks; or one with its peers.", 0, 1, run_trunks },
	{ "calls", "", "The multi-party calls.", 0, 0, run_calls },
	{ "call", "ID [drop [NO] | mute NO | unmute NO | invite NUMBER]", "One call with its parties; or something done to it.",
	  1, 3, run_call },
	{ "counters", "[GROUP]", "What has been counted since the node started.", 0, 1, run_counters },
	{ "trace", "SPAN FILE|off | CALL [--pcap FILE]",
	  "Writes the span's D channel into a pcap file, which tshark reads; or shows the SIP messages of a call as a ladder, or "
	  "writes them into one.",
	  1, 2, cli_trace },
	{ "log", "[LEVEL | reopen]", "How much is logged: error, warn, info, debug; or opens the log file anew.", 0, 1, run_log },
	{ "watch", "[TOPIC...]", "Events of the topics (call, span, trunk; all) as they come, a line of JSON each.", 0, 8,
	  run_watch },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
