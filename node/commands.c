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

#define LOG_MODULE "commands"
#define COMMANDS_MAGIC 0x434d4453u
#define KNOWN_CALLS_MAX 1024 /* of calls watched for events; more live ones are told of when there is room */

struct known_call {
	char     id[ID_SIZE];
	uint64_t version;
	bool     seen;
};

struct commands {
	unsigned               magic;
	struct control_server *server;
	struct node           *node;
	struct loop_timer      look;
	bool                   span_up[NODE_SPANS_MAX];
	struct known_call     *known;
	unsigned               known_count;
};

/* ---- times
 * ----------------------------------------------------------------------------------------------------------------------- */

static json_t *stamp(int64_t utc_us)
{
	char text[CLOCK_STAMP_SIZE];

	clock_format_utc(utc_us, text, sizeof(text));
	return json_string(text);
}

static json_int_t seconds_since(int64_t mono_us)
{
	return mono_us > 0 ? (clock_mono_us() - mono_us) / 1000000 : 0;
}

/* ---- spans
 * ----------------------------------------------------------------------------------------------------------------------- */

static const char *span_state(const struct e1_span_info *i)
{
	return i->up ? "up" : i->los ? "no signal" : i->rai ? "remote alarm" : i->layer2 ? "restoring" : "no layer 2";
}

static json_t *span_json(struct e1_span *s)
{
	struct e1_span_info i;

	e1_span_info(s, &i);
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:I, s:s, s:I, s:I}", "name", e1_span_name(s), "state", span_state(&i),
	                 "up", i.up, "los", i.los, "rai", i.rai, "layer2", i.layer2, "since_s", seconds_since(i.since_us),
	                 "transport", i.transport, "calls", (json_int_t)i.calls, "free_channels", (json_int_t)i.free_channels);
}

static struct e1_span *span_at(struct node *n, unsigned i)
{
	return e1_trunk_span(node_trunk_at(n, i));
}

static struct e1_span *wanted_span(struct commands *c, struct control_request *r, const json_t *args)
{
	const char *name = json_string_value(json_object_get(args, "span"));
	struct e1_span *s = name ? node_span(c->node, name) : NULL;

	if (name == NULL)
		control_fail(r, CONTROL_ARGS, "which span? (args.span)");
	else if (s == NULL)
		control_fail(r, CONTROL_NOT_FOUND, "there is no span \"%s\"", name);
	return s;
}

static void command_spans(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	json_t *list = json_array();

	(void)args;
	for (unsigned i = 0; i < node_span_count(c->node); i++)
		(void)json_array_append_new(list, span_json(span_at(c->node, i)));
	control_reply(r, list);
}

static void command_span(struct control_request *r, const json_t *args, void *arg)
{
	struct e1_channel_info ch[E1_TIMESLOTS];
	struct e1_span *s = wanted_span(arg, r, args);
	json_t *result, *list;
	unsigned count;

	if (s == NULL)
		return;
	result = span_json(s);
	list = json_array();
	count = e1_span_channels(s, ch);
	for (unsigned i = 0; i < count; i++)
		(void)json_array_append_new(list, json_pack("{s:I, s:b, s:b, s:s, s:s, s:s, s:I}", "timeslot",
		                                            (json_int_t)ch[i].timeslot, "in_service", ch[i].in_service, "busy",
		                                            ch[i].call != NULL, "state", ch[i].state, "calling", ch[i].calling,
		                                            "called", ch[i].called, "since_s",
		                                            ch[i].call ? seconds_since(ch[i].since_us) : 0));
	(void)json_object_set_new(result, "channels", list);
	control_reply(r, result);
}

static void command_trace(struct control_request *r, const json_t *args, void *arg)
{
	const char *file = json_string_value(json_object_get(args, "file"));
	struct e1_span *s = wanted_span(arg, r, args);
	int err;

	if (s == NULL)
		return;
	err = e1_span_trace(s, file);
	if (err) {
		control_fail_errno(r, err, file ? file : "trace");
		return;
	}
	log_info("trace of span %s: %s", e1_span_name(s), file ? file : "off");
	control_reply(r, json_pack("{s:s, s:s?}", "span", e1_span_name(s), "file", file));
}

/* ---- calls
 * ----------------------------------------------------------------------------------------------------------------------- */

static json_t *call_json(struct mparty *m)
{
	const struct mparty_setup *s = mparty_setup(m);
	int64_t left = mparty_seconds_left(m);

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:b, s:o, s:I, s:b}", "call", s->call_id, "host", s->host,
	                 "service", s->service, "language", s->language, "began_at", stamp(s->began_utc_us), "talk_s",
	                 seconds_since(mparty_began_us(m)), "parties_in", (json_int_t)mparty_parties_in(m), "parties",
	                 (json_int_t)mparty_party_count(m), "host_away", mparty_host_is_away(m), "seconds_left",
	                 left == INT64_MAX ? json_null() : json_integer(left), "version", (json_int_t)mparty_version(m), "over",
	                 mparty_over(m));
}

static const char *failure_name(enum party_failure f)
{
	switch (f) {
	case PARTY_OK:
		return "";
	case PARTY_BARRED:
		return "barred";
	case PARTY_NO_RATE:
		return "no rate";
	case PARTY_NO_MONEY:
		return "no money";
	case PARTY_NO_CHANNEL:
		return "no channel";
	case PARTY_LIMIT:
		return "limit";
	case PARTY_DATABASE:
		return "database";
	case PARTY_REFUSED:
		return "refused";
	}
	return "?";
}

static json_t *party_json(const struct party *p)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:I, s:I}", "order", (json_int_t)p->order, "number", p->number, "state",
	                 party_state_name(p->state), "leg", p->leg_id, "failure", failure_name(p->failure), "answered",
	                 p->answered, "cause", (json_int_t)p->cause, "since_s", seconds_since(p->since_us));
}

static json_t *call_detail(struct mparty *m)
{
	json_t *result = call_json(m), *list = json_array();

	for (unsigned i = 1; i <= mparty_party_count(m); i++) {
		const struct party *p = mparty_party(m, i);

		if (p)
			(void)json_array_append_new(list, party_json(p));
	}
	(void)json_object_set_new(result, "party", list);
	return result;
}

static struct mparty *wanted_call(struct commands *c, struct control_request *r, const json_t *args)
{
	const char *id = json_string_value(json_object_get(args, "call"));
	struct mparty *m = id ? mparty_find(node_calls(c->node), id) : NULL;

	if (id == NULL)
		control_fail(r, CONTROL_ARGS, "which call? (args.call)");
	else if (m == NULL)
		control_fail(r, CONTROL_NOT_FOUND, "there is no call %s", id);
	return m;
}

/* args.order as a party's number; -1: not there, -2: answered already. */
static int wanted_order(struct control_request *r, const json_t *args)
{
	const json_t *order = json_object_get(args, "order");

	if (order == NULL || json_is_null(order))
		return -1;
	if (json_is_integer(order) && json_integer_value(order) >= 0 && json_integer_value(order) <= MPARTY_PARTIES_MAX)
		return (int)json_integer_value(order);
	control_fail(r, CONTROL_ARGS, "order is a party's number, 0 the host");
	return -2;
}

static void command_calls(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	struct mparty_env *env = node_calls(c->node);
	json_t *list = json_array();

	(void)args;
	for (struct mparty *m = mparty_first(env); m; m = mparty_next(env, m))
		(void)json_array_append_new(list, call_json(m));
	control_reply(r, list);
}

static void command_call(struct control_request *r, const json_t *args, void *arg)
{
	struct mparty *m = wanted_call(arg, r, args);

	if (m)
		control_reply(r, call_detail(m));
}

static void command_invite(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	struct mparty *m = wanted_call(c, r, args);
	const char *number = json_string_value(json_object_get(args, "number"));
	char canonical[NUMBER_MAX + 1];
	unsigned order;
	int err;

	if (m == NULL)
		return;
	if (number == NULL || number_dialled(&node_options(c->node)->numbers, number, mparty_setup(m)->host, canonical) != 0) {
		control_fail(r, CONTROL_ARGS, "\"%s\" is no number", number ? number : "");
		return;
	}
	err = mparty_invite(m, json_string_value(json_object_get(args, "id")), canonical, false, &order);
	if (err)
		control_fail_errno(r, err, canonical);
	else
		control_reply(r, json_pack("{s:I, s:s}", "order", (json_int_t)order, "number", canonical));
}

static void command_drop(struct control_request *r, const json_t *args, void *arg)
{
	struct mparty *m = wanted_call(arg, r, args);
	const char *id = json_string_value(json_object_get(args, "id"));
	int order = m ? wanted_order(r, args) : -2, err = 0;

	if (order == -2)
		return;
	if (order > 0)
		err = mparty_drop(m, id, (unsigned)order);
	else
		mparty_end(m, id, CAUSE_NORMAL_CLEARING); /* the host, or nobody in particular: everybody */
	if (err)
		control_fail(r, CONTROL_NOT_FOUND, "there is no party %d in this call any more", order);
	else
		control_reply(r, NULL);
}

static void mute(struct control_request *r, const json_t *args, void *arg, bool muted)
{
	struct mparty *m = wanted_call(arg, r, args);
	int order = m ? wanted_order(r, args) : -2, err;

	if (order == -2)
		return;
	err = order < 0 ? -EINVAL : mparty_mute(m, json_string_value(json_object_get(args, "id")), (unsigned)order, muted);
	if (err)
		control_fail_errno(r, err, "mute");
	else
		control_reply(r, NULL);
}

static void command_mute(struct control_request *r, const json_t *args, void *arg)
{
	mute(r, args, arg, true);
}

static void command_unmute(struct control_request *r, const json_t *args, void *arg)
{
	mute(r, args, arg, false);
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
	unsigned up = 0, legs = 0, free_channels = 0;

	(void)args;
	for (unsigned i = 0; i < node_span_count(n); i++) {
		struct e1_span_info s;

		e1_span_info(span_at(n, i), &s);
		up += s.up;
		legs += s.calls;
		free_channels += s.free_channels;
	}
	control_reply(r,
	              json_pack("{s:s, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "name",
	                        node_options(n)->name, "pid", (json_int_t)getpid(), "started_at", stamp(node_started_utc_us(n)),
	                        "up_s", (json_int_t)((clock_utc_us() - node_started_utc_us(n)) / 1000000), "calls",
	                        (json_int_t)node_calls(n)->call_count, "pending", (json_int_t)node_legs(n), "legs",
	                        (json_int_t)legs, "spans", (json_int_t)node_span_count(n), "spans_up", (json_int_t)up,
	                        "free_channels", (json_int_t)free_channels, "coroutines", (json_int_t)coro_count(node_loop(n)),
	                        "jobs", (json_int_t)worker_pool_busy(node_workers(n)), "log", log_level_name()));
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
		bool up = e1_span_up(span_at(c->node, i));

		if (tell && up != c->span_up[i])
			control_event(c->server, "span", span_json(span_at(c->node, i)));
		c->span_up[i] = up;
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

		if (k == NULL)
			break;
		k->seen = true;
		if (k->version != mparty_version(m))
			control_event(c->server, "call", call_detail(m));
		k->version = mparty_version(m);
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
	{ "trace", "span [file]", "D-channel frames into a pcap file; without a file no more", command_trace },
	{ "calls", "", "the multi-party calls", command_calls },
	{ "call", "call", "one call with its parties", command_call },
	{ "invite", "call number [id]", "a party is called into a call; its outcome is told by events", command_invite },
	{ "drop", "call [order] [id]", "a party is released; without order, or 0, the whole call", command_drop },
	{ "mute", "call order [id]", "a party is not heard any more", command_mute },
	{ "unmute", "call order [id]", "a party is heard again", command_unmute },
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
