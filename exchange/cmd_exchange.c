/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the exchange: numbers, spans, settings, what is going on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "exchange/command.h"

static int cmd_number(struct exchange *x, struct xargs *a, json_t *reply)
{
	const char *number = xargs_next(a), *word = xargs_peek(a);
	struct xplan plan;
	char text[400];
	int err;

	if (!number)
		return xcommand_fail(reply, -EINVAL, "number NUMBER BEHAVIOUR");
	if (word && !strcmp(word, "delete"))
		return xnumber_delete(x, number) ? xcommand_fail(reply, -ENOENT, "%s: no such number", number) : 0;
	xplan_init(&plan);
	if (xplan_parse(x, &plan, a, text, sizeof(text)))
		return xcommand_fail(reply, -EINVAL, "%s", text);
	if (!strcmp(number, "default")) {
		xplan_drop(&x->default_plan);
		xplan_copy(&x->default_plan, &plan);
		err = 0;
	} else {
		err = xnumber_set(x, number, &plan);
	}
	xplan_drop(&plan);
	return err == -EINVAL ? xcommand_fail(reply, err, "%s: not a number", number) : err;
}

static int cmd_numbers(struct exchange *x, struct xargs *a, json_t *reply)
{
	json_t *list = json_array();
	struct list *pos, *nxt;
	char text[200];

	json_object_set_new(reply, "numbers", list);
	list_for_each(pos, nxt, &x->numbers) {
		struct xnumber *n = list_entry(pos, struct xnumber, link);

		xplan_describe(&n->plan, text, sizeof(text));
		json_array_append_new(list, json_pack("{s:s, s:s}", "number", n->shown, "plan", text));
	}
	xplan_describe(&x->default_plan, text, sizeof(text));
	json_array_append_new(list, json_pack("{s:s, s:s}", "number", "default", "plan", text));
	return xcommand_end(a, reply);
}

/* ---- spans ---- */

static int impair(struct xspan *s, struct xargs *a, json_t *reply)
{
	struct e1_impairment i = s->impairment;
	const char *loss = xargs_option(a, "loss");
	long jitter = (long)i.jitter_ms;
	char *end = NULL;
	double percent = loss ? strtod(loss, &end) : 0;

	if (loss && (end == loss || *end || !(percent >= 0 && percent <= 100)))
		return xcommand_fail(reply, -EINVAL, "loss=: percent of packets, 0 to 100");
	if (xcommand_int(a, reply, "jitter", 0, 10000, &jitter))
		return -EINVAL;
	i.reorder = xargs_flag(a, "reorder");
	if (xcommand_end(a, reply))
		return -EINVAL;
	if (loss)
		i.loss_permille = (unsigned)(percent * 10 + 0.5);
	i.jitter_ms = (unsigned)jitter;
	s->impairment = i;
	e1_span_impair(s->e1, &s->impairment);
	return 0;
}

/* direction NULL: both; send, receive: one way only. */
static int cable(struct xspan *s, struct xargs *a, json_t *reply, bool cut)
{
	bool tx = xargs_flag(a, "send"), rx = xargs_flag(a, "receive");

	if (xcommand_end(a, reply))
		return -EINVAL;
	if (!tx && !rx)
		tx = rx = true;
	if (tx)
		s->impairment.cut_tx = cut;
	if (rx)
		s->impairment.cut_rx = cut;
	e1_span_impair(s->e1, &s->impairment);
	return 0;
}

static int span_cut(struct xspan *s, struct xargs *a, json_t *reply)
{
	const char *rule = xargs_next(a);
	enum exchange_cut cut;

	if (!rule || exchange_cut_parse(rule, &cut))
		return xcommand_fail(reply, -EINVAL, "cut: one of alerting, any, connect");
	if (xcommand_end(a, reply))
		return -EINVAL;
	s->cut = cut;
	return 0;
}

static int span_trace(struct xspan *s, struct xargs *a, json_t *reply)
{
	const char *file = xargs_next(a);
	int err;

	if (!file)
		return xcommand_fail(reply, -EINVAL, "trace FILE.pcap, or trace off");
	if (xcommand_end(a, reply))
		return -EINVAL;
	err = e1_span_trace(s->e1, strcmp(file, "off") ? file : NULL);
	return err ? xcommand_fail(reply, err, "%s: %s", file, strerror(-err)) : 0;
}

static int cmd_span(struct exchange *x, struct xargs *a, json_t *reply)
{
	const char *name = xargs_next(a), *verb = xargs_next(a);
	struct xspan *s;

	if (!name || !verb)
		return xcommand_fail(reply, -EINVAL, "span NAME down|up|impair|cut|restart|trace|overlap");
	if (xspan_find(x, name, &s))
		return xcommand_fail(reply, -ENODEV, "%s: no such span", name);
	if (!strcmp(verb, "down") || !strcmp(verb, "up"))
		return cable(s, a, reply, !strcmp(verb, "down"));
	if (!strcmp(verb, "impair"))
		return impair(s, a, reply);
	if (!strcmp(verb, "cut"))
		return span_cut(s, a, reply);
	if (!strcmp(verb, "trace"))
		return span_trace(s, a, reply);
	if (!strcmp(verb, "overlap")) {
		const char *on = xargs_next(a);

		if (!on || (strcmp(on, "on") != 0 && strcmp(on, "off") != 0))
			return xcommand_fail(reply, -EINVAL, "overlap on, or overlap off");
		s->overlap = !strcmp(on, "on");
		return xcommand_end(a, reply);
	}
	if (!strcmp(verb, "restart")) {
		if (xcommand_end(a, reply))
			return -EINVAL;
		e1_span_restart_channels(s->e1);
		return 0;
	}
	return xcommand_fail(reply, -EINVAL, "%s: down, up, impair, cut, restart, trace or overlap", verb);
}

static json_t *span_json(struct xspan *s)
{
	static const char *const cut[] = { "alerting", "any", "connect" };
	struct e1_span_info i;

	memset(&i, 0, sizeof(i));
	e1_span_info(s->e1, &i);
	return json_pack("{s:s, s:b, s:b, s:b, s:b, s:s, s:i, s:i, s:s}", "span", e1_span_name(s->e1), "up", i.up, "los", i.los,
	                 "rai", i.rai, "layer2", i.layer2, "transport", i.transport, "calls", (int)i.calls, "free",
	                 (int)i.free_channels, "cut", cut[s->cut]);
}

static int cmd_spans(struct exchange *x, struct xargs *a, json_t *reply)
{
	json_t *list = json_array();
	struct list *pos, *nxt;

	json_object_set_new(reply, "spans", list);
	list_for_each(pos, nxt, &x->spans)
		json_array_append_new(list, span_json(list_entry(pos, struct xspan, link)));
	return xcommand_end(a, reply);
}

/* ---- calls ---- */

static json_t *call_json(struct exchange *x, struct xcall *c)
{
	struct exchange_call_info i;
	char digits[XCALL_DIGITS_MAX + 1];
	json_t *o;

	if (exchange_call_info(x, c->id, &i))
		return NULL;
	(void)exchange_call_digits(x, c->id, digits, sizeof(digits));
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:I, s:s}", "call", i.id, "span", i.span, "state", i.state,
	              "calling", i.calling, "called", i.called, "from_phone", i.from_phone, "timeslot", (int)i.timeslot, "cause",
	              i.cause, "talk_ms", (json_int_t)(i.talk_us / 1000), "digits", digits);
	if (o && c->alias[0])
		json_object_set_new(o, "as", json_string(c->alias));
	return o;
}

static int cmd_calls(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool all = xargs_flag(a, "all");
	json_t *list = json_array();
	struct list *pos, *nxt;

	json_object_set_new(reply, "calls", list);
	list_for_each(pos, nxt, &x->calls) {
		struct xcall *c = list_entry(pos, struct xcall, link);

		if (all || c->state != XCALL_OVER)
			json_array_append_new(list, call_json(x, c));
	}
	return xcommand_end(a, reply);
}

static int cmd_call(struct exchange *x, struct xargs *a, json_t *reply)
{
	struct xcall *c;
	json_t *o;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	o = call_json(x, c);
	if (!o)
		return -ENOMEM;
	json_object_update(reply, o);
	json_decref(o);
	return 0;
}

static int cmd_status(struct exchange *x, struct xargs *a, json_t *reply)
{
	json_t *counters = json_object();

	for (unsigned i = 0; i < XCOUNT_COUNT; i++)
		json_object_set_new(counters, x->group.desc[i].name, json_integer((json_int_t)counter_get(&x->count[i])));
	json_object_set_new(reply, "calls", json_integer(exchange_calls(x)));
	json_object_set_new(reply, "counters", counters);
	return cmd_spans(x, a, reply);
}

/* Everything that is counted: the exchange's own, its spans', its media thread's. */
static int cmd_counters(struct exchange *x, struct xargs *a, json_t *reply)
{
	const char *name = xargs_next(a);
	json_t *groups = json_object();

	json_object_set_new(reply, "counters", groups);
	for (struct counter_group *g = x->registry->first; g; g = g->next) {
		json_t *o;

		if (name && strcmp(name, g->name) != 0)
			continue;
		o = json_object();
		for (unsigned i = 0; i < g->count; i++)
			json_object_set_new(o, g->desc[i].name, json_integer((json_int_t)counter_get(&g->values[i])));
		json_object_set_new(groups, g->name, o);
	}
	return xcommand_end(a, reply);
}

static int cmd_clear(struct exchange *x, struct xargs *a, json_t *reply)
{
	long cause = 16;

	if (xcommand_int(a, reply, "cause", 1, 127, &cause) || xcommand_end(a, reply))
		return -EINVAL;
	exchange_release_all(x, (int)cause);
	return 0;
}

/* ---- settings ---- */

static int cmd_set(struct exchange *x, struct xargs *a, json_t *reply)
{
	const char *name = xargs_next(a), *value = xargs_next(a);
	enum xtimer t = name ? xtimer_find(name) : XTIMER_NONE;
	long v;

	if (!name || !value || xcommand_end(a, reply))
		return xcommand_fail(reply, -EINVAL, "set NAME VALUE: a timer, record on|off, finished N, country NAME");
	if (t) {
		if (xargs_parse_int(value, xtimer_desc[t].min_ms, xtimer_desc[t].max_ms, &x->timer_ms[t]))
			return xcommand_fail(reply, -EINVAL, "%s: %ld to %ld ms", xtimer_desc[t].name, xtimer_desc[t].min_ms,
			                     xtimer_desc[t].max_ms);
		return 0;
	}
	if (!strcmp(name, "record") && (!strcmp(value, "on") || !strcmp(value, "off"))) {
		x->recording = !strcmp(value, "on");
		return 0;
	}
	if (!strcmp(name, "finished") && !xargs_parse_int(value, 0, 100000, &v)) {
		x->finished_max = (unsigned)v;
		return 0;
	}
	if (!strcmp(name, "country")) {
		struct clip *clip;
		int err = strlen(value) < sizeof(x->country) ? tone_clip(&clip, value, TONE_RINGBACK) : -ENOENT;

		if (err)
			return xcommand_fail(reply, err, "%s: libtonezone has no such country", value);
		clip_unref(clip);
		snprintf(x->country, sizeof(x->country), "%s", value);
		return 0;
	}
	return xcommand_fail(reply, -EINVAL, "%s %s: no such setting", name, value);
}

static int cmd_timers(struct exchange *x, struct xargs *a, json_t *reply)
{
	json_t *list = json_array();

	json_object_set_new(reply, "timers", list);
	for (unsigned i = 1; i < XTIMER_COUNT; i++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:s}", "timer", xtimer_desc[i].name, "ms",
		                                      (json_int_t)x->timer_ms[i], "default_ms",
		                                      (json_int_t)xtimer_desc[i].default_ms, "text", xtimer_desc[i].text));
	return xcommand_end(a, reply);
}

const struct xcommand xcommands_exchange[] = {
	{ "number", "NUMBER|default BEHAVIOUR... | delete",
	  "what happens when NUMBER is called: answer, answer-after MS, ring (by hand), no-answer, busy, unallocated, reject "
	  "CAUSE, congestion [CAUSE], silent; "
	  "after MS, alert-after MS, no-alert, ring-inband, early-media SOUND [progress], voice SOUND [loop] (once answered, "
	  "dialling too), hangup-after MS, stay MS, "
	  "direct, clear-inband. default: numbers that are not in the table (unallocated)",
	  cmd_number },
	{ "numbers", "", "the table", cmd_numbers },
	{ "span",
	  "NAME down [send|receive] | up [send|receive] | impair [loss=PERCENT] [jitter=MS] [reorder] | cut alerting|any|connect "
	  "| overlap on|off | restart | "
	  "trace FILE.pcap|off",
	  "the cable, its faults, the cut-through rule", cmd_span },
	{ "spans", "", "the spans", cmd_spans },
	{ "calls", "[all]", "calls under way; all: those that are over too", cmd_calls },
	{ "call", "CALL", "one call", cmd_call },
	{ "clear", "[cause=N]", "hang up every call", cmd_clear },
	{ "status", "", "spans and counters", cmd_status },
	{ "counters", "[GROUP]", "all counters, by group: exchange, media, span.NAME", cmd_counters },
	{ "set", "TIMER MS | record on|off | finished N | country NAME", "settings; timers: see `timers`", cmd_set },
	{ "timers", "", "the timers and their values", cmd_timers },
	{ NULL, NULL, NULL, NULL },
};
