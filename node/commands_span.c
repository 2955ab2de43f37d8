/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about spans. */
#include "node/commands_internal.h"

#include <errno.h>
#include <string.h>

#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE "commands"

static const char *span_state(const struct e1_span_info *i, const struct e1_card *c)
{
	if (c->trouble[0])
		return "cannot be opened";
	if (c->present && c->loop != E1_LOOP_OFF)
		return "in a loop";
	return i->up ? "up" : i->los ? "no signal" : i->rai ? "remote alarm" : i->layer2 ? "restoring" : "no layer 2";
}

static const char *const loops[] = { [E1_LOOP_OFF] = "off", [E1_LOOP_LOCAL] = "local", [E1_LOOP_REMOTE] = "remote" };

/* What a card tells, as dahdi_tool and /proc/dahdi do. */
static json_t *card_json(const struct e1_card *c)
{
	if (!c->present)
		return json_pack("{s:s}", "trouble", c->trouble);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "type", c->type,
	                 "location", c->location, "description", c->description, "alarms", c->alarms, "alarm_since_s",
	                 c->alarm_since_us ? json_integer(commands_seconds_since(c->alarm_since_us)) : json_null(), "timing",
	                 c->timing, "echo", c->echo, "loop", loops[c->loop], "code_violations", (json_int_t)c->code_violations,
	                 "crc4_errors", (json_int_t)c->crc4_errors, "e_bits", (json_int_t)c->e_bits, "frame_errors",
	                 (json_int_t)c->frame_errors, "bit_errors", (json_int_t)c->bit_errors, "errored_seconds",
	                 (json_int_t)c->errored_seconds, "slips", (json_int_t)c->slips, "missed_interrupts",
	                 (json_int_t)c->missed_interrupts);
}

json_t *commands_span_json(struct e1_span *s)
{
	struct e1_span_info i;
	struct e1_card card;
	json_t *v;

	e1_span_info(s, &i);
	e1_span_card(s, &card);
	v = json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:I, s:o, s:s, s:I, s:I, s:I}", "name", e1_span_name(s), "state",
	              span_state(&i, &card), "up", i.up, "los", i.los, "rai", i.rai, "layer2", i.layer2, "since_s",
	              commands_seconds_since(i.since_us), "alarm_since_s",
	              i.alarm_since_us ? json_integer(commands_seconds_since(i.alarm_since_us)) : json_null(), "transport",
	              i.transport, "calls", (json_int_t)i.calls, "free_channels", (json_int_t)i.free_channels, "out_of_service",
	              (json_int_t)i.out_of_service);
	if (card.present || card.trouble[0])
		(void)json_object_set_new(v, "card", card_json(&card));
	return v;
}

struct e1_span *commands_span_at(struct node *n, unsigned i)
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

void command_spans(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	json_t *list = json_array();

	(void)args;
	for (unsigned i = 0; i < node_span_count(c->node); i++)
		(void)json_array_append_new(list, commands_span_json(commands_span_at(c->node, i)));
	control_reply(r, list);
}

void command_span(struct control_request *r, const json_t *args, void *arg)
{
	struct e1_channel_info ch[E1_TIMESLOTS];
	struct e1_span *s = wanted_span(arg, r, args);
	json_t *result, *list;
	unsigned count;

	if (s == NULL)
		return;
	result = commands_span_json(s);
	list = json_array();
	count = e1_span_channels(s, ch);
	for (unsigned i = 0; i < count; i++)
		(void)json_array_append_new(list, json_pack("{s:I, s:b, s:b, s:s, s:s, s:s, s:I}", "timeslot",
		                                            (json_int_t)ch[i].timeslot, "in_service", ch[i].in_service, "busy",
		                                            ch[i].call != NULL, "state", ch[i].state, "calling", ch[i].calling,
		                                            "called", ch[i].called, "since_s",
		                                            ch[i].call ? commands_seconds_since(ch[i].since_us) : 0));
	(void)json_object_set_new(result, "channels", list);
	control_reply(r, result);
}

/* Rule 8: live calls drain; what comes back is restarted. */
void command_service(struct control_request *r, const json_t *args, void *arg)
{
	const json_t *in = json_object_get(args, "in_service"), *ts = json_object_get(args, "timeslot");
	struct e1_span *s = wanted_span(arg, r, args);
	unsigned first = 1, last = E1_TIMESLOTS;

	if (s == NULL)
		return;
	if (ts && !json_is_null(ts)) {
		first = last = json_is_integer(ts) && json_integer_value(ts) > 0 && json_integer_value(ts) <= E1_TIMESLOTS
		                       ? (unsigned)json_integer_value(ts)
		                       : 16;
		if (first == 16) {
			control_fail(r, CONTROL_ARGS, "timeslot is 1 to 15 or 17 to 31");
			return;
		}
	}
	if (!json_is_boolean(in)) {
		control_fail(r, CONTROL_ARGS, "in_service is true or false");
		return;
	}
	for (unsigned i = first; i <= last; i++)
		(void)e1_span_set_service(s, i, json_boolean_value(in)); /* timeslot 16 is none */
	log_info("span %s, %s %u: %s service by an operator", e1_span_name(s), first == last ? "timeslot" : "timeslots 1 to",
	         last, json_boolean_value(in) ? "in" : "out of");
	control_reply(r, commands_span_json(s));
}

void command_loop(struct control_request *r, const json_t *args, void *arg)
{
	const char *wanted = json_string_value(json_object_get(args, "loop"));
	struct e1_span *s = wanted_span(arg, r, args);
	unsigned loop = 0;
	int err;

	if (s == NULL)
		return;
	while (loop < ARRAY_LEN(loops) && (wanted == NULL || strcmp(wanted, loops[loop]) != 0))
		loop++;
	if (loop == ARRAY_LEN(loops)) {
		control_fail(r, CONTROL_ARGS, "loop is local, remote or off");
		return;
	}
	err = e1_span_loop(s, loop);
	if (err == -EBUSY)
		control_fail(r, CONTROL_BUSY, "calls are on the span: take it out of service, and wait for their end");
	else if (err == -ENOTSUP)
		control_fail(r, CONTROL_FAILED, "this span has no maintenance loops: only some cards have");
	else if (err)
		control_fail_errno(r, err, "loop");
	else
		control_reply(r, commands_span_json(s));
}

/* The journal's disk: money comes first. */
bool commands_disk_low(const struct commands *c, struct control_request *r)
{
	if (!billing_disk_low(node_billing(c->node)))
		return false;
	control_fail(r, CONTROL_UNAVAILABLE, "the journal's disk is filling up (journal.disk_percent): nothing is traced");
	return true;
}

void command_trace(struct control_request *r, const json_t *args, void *arg)
{
	const char *file = json_string_value(json_object_get(args, "file"));
	const char *call = json_string_value(json_object_get(args, "call"));
	struct e1_span *s = call ? NULL : wanted_span(arg, r, args);
	int err;

	if (call)
		command_trace_call(r, call, file, arg);
	if (s == NULL)
		return;
	if (file && commands_disk_low(arg, r))
		return;
	err = e1_span_trace(s, file);
	if (err) {
		control_fail_errno(r, err, file ? file : "trace");
		return;
	}
	log_info("trace of span %s: %s", e1_span_name(s), file ? file : "off");
	control_reply(r, json_pack("{s:s, s:s?}", "span", e1_span_name(s), "file", file));
}
