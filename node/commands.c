/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/coro.h"
#include "core/worker.h"
#include "node/commands_internal.h"

#define LOG_MODULE "commands"
#define COMMANDS_MAGIC 0x434d4453u
#define KNOWN_CALLS_MAX 1024 /* of calls watched for events; more live ones are told of when there is room */

struct known_call {
	char     id[ID_SIZE];
	uint64_t version, talking;
	bool     seen;
};

/* ---- times
 * ----------------------------------------------------------------------------------------------------------------------- */

json_t *commands_stamp(int64_t utc_us)
{
	char text[CLOCK_STAMP_SIZE];

	clock_format_utc(utc_us, text, sizeof(text));
	return json_string(text);
}

json_int_t commands_seconds_since(int64_t mono_us)
{
	return mono_us > 0 ? (clock_mono_us() - mono_us) / 1000000 : 0;
}

/* ---- the node
 * -------------------------------------------------------------------------------------------------------------------- */

static const char *log_level_name(void)
{
	return log_enabled(LOG_DEBUG) ? "debug" : log_enabled(LOG_INFO) ? "info" : log_enabled(LOG_WARN) ? "warn" : "error";
}

static void command_status(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	struct node *n = c->node;
	unsigned up = 0, legs = 0, free_channels = 0, trunks = 0, trunks_up = 0;

	(void)args;
	for (unsigned i = 0; i < node_span_count(n); i++) {
		struct e1_span_info s;

		e1_span_info(commands_span_at(n, i), &s);
		up += s.up;
		legs += s.calls;
		free_channels += s.free_channels;
	}
	for (unsigned i = 0; node_sip(n) && sip_trunk_at(node_sip(n), i); i++) {
		struct sip_trunk_info t;

		sip_trunk_info(sip_trunk_at(node_sip(n), i), &t);
		trunks++;
		trunks_up += t.up;
		legs += t.calls;
		free_channels += t.up ? t.free_channels : 0;
	}
	control_reply(r, json_pack("{s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "name",
	                           node_options(n)->name, "pid", (json_int_t)getpid(), "started_at",
	                           commands_stamp(node_started_utc_us(n)), "up_s",
	                           (json_int_t)((clock_utc_us() - node_started_utc_us(n)) / 1000000), "calls",
	                           (json_int_t)node_calls(n)->call_count, "pending", (json_int_t)node_legs(n), "legs",
	                           (json_int_t)legs, "spans", (json_int_t)node_span_count(n), "spans_up", (json_int_t)up,
	                           "trunks", (json_int_t)trunks, "trunks_up", (json_int_t)trunks_up, "free_channels",
	                           (json_int_t)free_channels, "coroutines", (json_int_t)coro_count(node_loop(n)), "jobs",
	                           (json_int_t)worker_pool_busy(node_workers(n)), "music_tracks",
	                           (json_int_t)node_options(n)->music_count, "log", log_level_name()));
}

static void command_counters(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	const char *only = json_string_value(json_object_get(args, "group"));
	json_t *list = json_array();

	for (struct counter_group *g = node_counters(c->node)->first; g; g = g->next) {
		if (only && strncmp(g->name, only, strlen(only)) != 0)
			continue;
		for (unsigned i = 0; i < g->count; i++)
			(void)json_array_append_new(
				list, json_pack("{s:s, s:s, s:I, s:s}", "group", g->name, "name", g->desc[i].name, "value",
			                        (json_int_t)counter_get(&g->values[i]), "text", g->desc[i].text));
	}
	if (only && json_array_size(list) == 0) {
		json_decref(list);
		control_fail(r, CONTROL_NOT_FOUND, "there are no counters \"%s\"", only);
		return;
	}
	control_reply(r, list);
}

static void command_log(struct control_request *r, const json_t *args, void *arg)
{
	const char *name = json_string_value(json_object_get(args, "level"));
	enum log_level level;

	(void)arg;
	if (name && log_level_parse(name, &level) != 0) {
		control_fail(r, CONTROL_ARGS, "a level is one of error, warn, info, debug");
		return;
	}
	if (name)
		log_set_level(level);
	control_reply(r, json_pack("{s:s}", "level", log_level_name()));
}

static void command_reopen(struct control_request *r, const json_t *args, void *arg)
{
	int err = log_reopen();

	(void)args;
	(void)arg;
	if (err)
		control_fail_errno(r, err, "the log file");
	else
		control_reply(r, NULL);
}

/* ---- events: what has changed since the last look
 * -------------------------------------------------------------------------------- */

static void look_at_spans(struct commands *c, bool tell)
{
	for (unsigned i = 0; i < node_span_count(c->node); i++) {
		bool up = e1_span_up(commands_span_at(c->node, i));

		if (tell && up != c->span_up[i])
			control_event(c->server, "span", commands_span_json(commands_span_at(c->node, i)));
		c->span_up[i] = up;
	}
}

static void look_at_trunks(struct commands *c, bool tell)
{
	const struct sip_trunk *t;
	struct sip_trunk_info info;

	for (unsigned i = 0; node_sip(c->node) && (t = sip_trunk_at(node_sip(c->node), i)) != NULL; i++) {
		sip_trunk_info(t, &info);
		if (tell && info.up != c->trunk_up[i])
			control_event(c->server, "trunk", commands_trunk_json(t));
		c->trunk_up[i] = info.up;
	}
}

static struct known_call *known_call(struct commands *c, const char *id)
{
	for (unsigned i = 0; i < c->known_count; i++)
		if (strcmp(c->known[i].id, id) == 0)
			return &c->known[i];
	if (c->known_count == KNOWN_CALLS_MAX)
		return NULL;
	(void)snprintf(c->known[c->known_count].id, ID_SIZE, "%s", id);
	c->known[c->known_count].version = UINT64_MAX;
	return &c->known[c->known_count++];
}

static void look_at_calls(struct commands *c)
{
	struct mparty_env *env = node_calls(c->node);
	unsigned kept = 0;

	for (unsigned i = 0; i < c->known_count; i++)
		c->known[i].seen = false;
	for (struct mparty *m = mparty_first(env); m; m = mparty_next(env, m)) {
		struct known_call *k = known_call(c, mparty_setup(m)->call_id);
		uint64_t talking;

		if (k == NULL)
			break;
		k->seen = true;
		talking = commands_call_talking(m);
		if (k->version != mparty_version(m) || k->talking != talking)
			control_event(c->server, "call", commands_call_detail(m));
		k->version = mparty_version(m);
		k->talking = talking;
	}
	for (unsigned i = 0; i < c->known_count; i++) {
		if (c->known[i].seen)
			c->known[kept++] = c->known[i];
		else
			control_event(c->server, "call", json_pack("{s:s, s:b}", "call", c->known[i].id, "gone", 1));
	}
	c->known_count = kept;
}

static void commands_look(struct loop_timer *t)
{
	struct commands *c = container_of(t, struct commands, look);
	bool calls = control_wanted(c->server, "call");

	look_at_spans(c, control_wanted(c->server, "span"));
	look_at_trunks(c, control_wanted(c->server, "trunk"));
	if (calls)
		look_at_calls(c);
	else
		c->known_count = 0; /* the next listener hears of all that live */
	loop_timer_start(t, CLOCK_MS(COMMANDS_LOOK_MS));
}

/* ---- registering
 * ----------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char        *name, *args, *text;
	control_command_h *handler;
} commands_table[] = {
	{ "status", "", "name, since when, how much is going on", command_status },
	{ "spans", "", "the spans and their states", command_spans },
	{ "span", "span", "one span with its timeslots", command_span },
	{ "service", "span in_service [timeslot]", "a timeslot, or all of a span, leaves service or returns (rule 8)",
	  command_service },
	{ "loop", "span loop", "a maintenance loop in the card: local, remote or off; no calls meanwhile", command_loop },
	{ "trace", "span [file] | call [file]",
	  "D-channel frames into a pcap file, without a file no more; or a call's SIP messages", command_trace },
	{ "routes", "", "the routes of outgoing calls, with their trunks", command_routes },
	{ "route", "route", "one of them", command_route },
	{ "trunks", "", "the SIP trunks, their peers, how much is going on", command_trunks },
	{ "trunk", "trunk", "one of them", command_trunk },
	{ "calls", "", "the multi-party calls", command_calls },
	{ "call", "call", "one call with its parties", command_call },
	{ "invite", "call number [id]", "a party is called into a call; its outcome is told by events", command_invite },
	{ "drop", "call [order] [id]", "a party is released; without order, or 0, the whole call", command_drop },
	{ "mute", "call order [id]", "a party is not heard any more", command_mute },
	{ "unmute", "call order [id]", "a party is heard again", command_unmute },
	{ "lock", "call", "nobody more is invited; who rings still comes in", command_lock },
	{ "unlock", "call", "the room is open again", command_unlock },
	{ "music", "call [track]", "background music: a track, 0: off; without one the next", command_music },
	{ "end", "call [id]", "everybody is released", command_end },
	{ "redeem", "card number [id] [who]", "a recharge card for the account of a number; the same id twice is one redemption",
	  command_redeem },
	{ "counters", "[group]", "all counters, or those of groups whose names begin so", command_counters },
	{ "log", "[level]", "how much is logged: asked or set", command_log },
	{ "reopen", "", "the log file is opened anew", command_reopen },
};

int commands_alloc(struct commands **cp, struct control_server *s, struct node *n)
{
	struct commands *c = calloc(1, sizeof(*c));
	int err = 0;

	if (c == NULL)
		return -ENOMEM;
	c->magic = COMMANDS_MAGIC;
	c->server = s;
	c->node = n;
	c->known = calloc(KNOWN_CALLS_MAX, sizeof(*c->known));
	if (c->known == NULL)
		err = -ENOMEM;
	loop_timer_init(node_loop(n), &c->look, commands_look);
	for (unsigned i = 0; !err && i < ARRAY_LEN(commands_table); i++)
		err = control_register(s, commands_table[i].name, commands_table[i].args, commands_table[i].text,
		                       commands_table[i].handler, c);
	if (err) {
		commands_free(c);
		return err;
	}
	look_at_spans(c, false);
	look_at_trunks(c, false);
	loop_timer_start(&c->look, CLOCK_MS(COMMANDS_LOOK_MS));
	*cp = c;
	return 0;
}

void commands_free(struct commands *c)
{
	if (c == NULL)
		return;
	MAGIC_CHECK(c, COMMANDS_MAGIC);
	loop_timer_stop(&c->look);
	c->magic = MAGIC_DEAD;
	free(c->known);
	free(c);
}
