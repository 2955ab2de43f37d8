/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what a node says (node/commands_call.c) to what the API says (Conference, Party, Span in office/openapi.json). */
#include <stdio.h>
#include <string.h>

#include "core/magic.h"
#include "office/live_internal.h"

static const char *text_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text ? text : "";
}

static json_int_t int_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static json_t *same(const json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	return v ? json_incref(v) : json_null();
}

static json_t *flag(const json_t *o, const char *name)
{
	return json_boolean(json_is_true(json_object_get(o, name)));
}

/* "2026-03-02 12:00:00.123" -> "2026-03-02T12:00:00.123Z" */
static json_t *time_of(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text && strlen(text) > 11 ? json_sprintf("%.10sT%.12sZ", text, text + 11) : json_null();
}

static json_t *party_json(const json_t *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "order", same(p, "order"), "number", same(p, "number"),
	                 "state", same(p, "state"), "talking", flag(p, "talking"), "muted", flag(p, "muted"), "since_at",
	                 time_of(p, "since_at"), "answered", flag(p, "answered"), "cause", same(p, "cause"), "failure",
	                 same(p, "failure"));
}

static json_t *host_json(const json_t *call)
{
	const char *state = json_is_true(json_object_get(call, "over"))        ? "ended"
	                    : json_is_true(json_object_get(call, "host_away")) ? "away"
	                                                                       : "in";

	return json_pack("{s:i, s:o, s:s, s:o, s:o, s:o, s:b, s:i, s:s}", "order", 0, "number", same(call, "host"), "state",
	                 state, "talking", flag(call, "host_talking"), "muted", flag(call, "host_muted"), "since_at",
	                 time_of(call, "began_at"), "answered", 1, "cause", 0, "failure", "");
}

json_t *live_conference_json(const struct live_node *n, const json_t *call)
{
	json_t *parties = json_array(), *p;
	size_t i;

	(void)json_array_append_new(parties, host_json(call));
	json_array_foreach(json_object_get(call, "party"), i, p)(void) json_array_append_new(parties, party_json(p));
	return json_pack("{s:s, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
	                 text_of(call, "call"), "version", int_of(call, "version"), "node", n->config->name, "reachable",
	                 n->reachable, "host", same(call, "host"), "service", same(call, "service"), "booking",
	                 same(call, "booking"), "language", same(call, "language"), "began_at", time_of(call, "began_at"),
	                 "locked", flag(call, "locked"), "music", same(call, "music"), "music_tracks", same(call, "music_tracks"),
	                 "seconds_left", same(call, "seconds_left"), "parties_in", same(call, "parties_in"), "over",
	                 flag(call, "over"), "parties", parties);
}

json_t *live_span(const char *node, const json_t *span)
{
	static const char *const members[] = {
		"name",      "state", "up",            "los",           "rai", "layer2", "since_s", "alarm_since_s",
		"transport", "calls", "free_channels", "out_of_service"
	};
	json_t *out = json_pack("{s:s}", "node", node);

	for (unsigned i = 0; i < ARRAY_LEN(members); i++)
		(void)json_object_set_new(out, members[i], same(span, members[i]));
	return out;
}

json_t *live_span_json(const struct live_node *n, const json_t *span)
{
	return live_span(n->config->name, span);
}
