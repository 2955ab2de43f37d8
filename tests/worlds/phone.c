/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/phone.c - the exchange's phones: what they do, what the exchange tells of them, and how they come to talk. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/worlds/world.h"

/* ---- the exchange's phones ---- */

void exchange_does(struct world *w, const char *fmt, ...)
{
	char line[EXCHANGE_LINE_MAX];
	struct json_t *reply;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	reply = exchange_ask(w->exchange, "%s", line);
	if (!json_is_true(json_object_get(reply, "ok")))
		world_fail(__FILE__, __LINE__, "%s: %s", line, json_string_value(json_object_get(reply, "error")));
	json_decref(reply);
}

const char *phone_dials_with(struct world *w, const char *from, const char *to, const char *more)
{
	struct json_t *reply = exchange_ask(w->exchange, "dial %s %s %s", from, to, more);
	const char *id;

	if (!json_is_true(json_object_get(reply, "ok")))
		world_fail(__FILE__, __LINE__, "dial: %s", json_string_value(json_object_get(reply, "error")));
	/* the reply is kept with the events: the id lives as long as the world */
	(void)json_array_append_new(w->events, reply);
	id = json_string_value(json_object_get(reply, "call"));
	return id;
}

const char *phone_dials(struct world *w, const char *from, const char *to)
{
	return phone_dials_with(w, from, to, "");
}

void phone_hangs_up(struct world *w, const char *call)
{
	exchange_does(w, "hangup %s", call);
}

void phone_answers(struct world *w, const char *call)
{
	exchange_does(w, "answer %s", call);
}

void phone_keys(struct world *w, const char *call, const char *digits)
{
	exchange_does(w, "dtmf %s %s", call, digits);
	world_run(w, 0.2 * (double)strlen(digits) + 0.1);
}

void phone_hums(struct world *w, const char *call, int hz)
{
	exchange_does(w, "tone %s %d level=-16", call, hz);
	world_run(w, 1.5);
}

void phone_falls_silent(struct world *w, const char *call)
{
	exchange_does(w, "stop %s", call);
}

void expect_digits(struct world *w, const char *call, double seconds, const char *digits)
{
	json_t *reply = exchange_ask(w->exchange, "measure %s last=%d", call, (int)(seconds * 1000));

	CHECK_STR(json_string_value(json_object_get(reply, "digits")), digits);
	json_decref(reply);
}

/* ---- events ---- */

static bool event_is(const json_t *e, const char *call, const char *ev)
{
	const char *name = json_string_value(json_object_get(e, "ev"));
	const char *id = json_string_value(json_object_get(e, "call"));

	return name && strcmp(name, ev) == 0 && (call == NULL || (id && strcmp(id, call) == 0));
}

json_t *find_event(struct world *w, const char *call, const char *ev)
{
	for (size_t i = 0; i < json_array_size(w->events); i++)
		if (event_is(json_array_get(w->events, i), call, ev))
			return json_array_get(w->events, i);
	return NULL;
}

unsigned count_events(struct world *w, const char *ev)
{
	unsigned n = 0;

	for (size_t i = 0; i < json_array_size(w->events); i++)
		n += event_is(json_array_get(w->events, i), NULL, ev);
	return n;
}

void events_forget(struct world *w)
{
	if (json_array_append_new(w->forgotten, w->events) != 0)
		world_fail(__FILE__, __LINE__, "no memory");
	w->events = json_array();
	w->used_size = 0;
}

int64_t event_int(const json_t *e, const char *key)
{
	return json_integer_value(json_object_get(e, key));
}

const char *event_str(const json_t *e, const char *key)
{
	return json_string_value(json_object_get(e, key));
}

static json_t *take_event(struct world *w, const char *call, const char *ev)
{
	size_t n = json_array_size(w->events);

	if (n > w->used_size) {
		w->used = realloc(w->used, n * sizeof(*w->used));
		if (w->used == NULL)
			world_fail(__FILE__, __LINE__, "no memory");
		memset(w->used + w->used_size, 0, (n - w->used_size) * sizeof(*w->used));
		w->used_size = n;
	}
	for (size_t i = 0; i < n; i++)
		if (!w->used[i] && event_is(json_array_get(w->events, i), call, ev)) {
			w->used[i] = true;
			return json_array_get(w->events, i);
		}
	return NULL;
}

json_t *expect_event(struct world *w, const char *call, const char *ev, double seconds)
{
	int64_t end = clock_mono_us() + (int64_t)(seconds * 1e6);

	for (;;) {
		json_t *e = take_event(w, call, ev);

		if (e)
			return e;
		if (clock_mono_us() >= end)
			world_fail(__FILE__, __LINE__, "no %s of %s within %.1f s", ev, call ? call : "any call", seconds);
		loop_run_until(w->loop, clock_mono_us() + CLOCK_MS(10), NULL);
	}
}

void expect_no_event(struct world *w, const char *call, const char *ev, double seconds)
{
	world_run(w, seconds);
	if (take_event(w, call, ev))
		world_fail(__FILE__, __LINE__, "%s of %s was not expected", ev, call ? call : "any call");
}

const char *expect_call_to(struct world *w, const char *number, double seconds)
{
	int64_t end = clock_mono_us() + (int64_t)(seconds * 1e6);

	for (;;) {
		json_t *e = expect_event(w, NULL, "ring", (double)(end - clock_mono_us()) / 1e6);
		const char *called = json_string_value(json_object_get(e, "called"));

		if (called && strcmp(called, number) == 0)
			return json_string_value(json_object_get(e, "call"));
		world_fail(__FILE__, __LINE__, "a call to %s, not to %s", called ? called : "nobody", number);
	}
}

void expect_hangup(struct world *w, const char *call, int cause, double seconds)
{
	json_t *e = expect_event(w, call, "hangup", seconds);

	CHECK_INT(json_integer_value(json_object_get(e, "cause")), cause);
}

/* ---- a conversation ---- */

void orders(struct world *w, const char *host)
{
	const char *trigger = phone_dials(w, host, "12599");

	(void)expect_event(w, trigger, "alerting", 1.0);
	world_run(w, 3.0);
	phone_hangs_up(w, trigger);
}

const char *called_back(struct world *w, const char *host)
{
	const char *call;

	orders(w, host);
	call = expect_call_to(w, host, 10);
	phone_answers(w, call);
	world_run(w, 1.0);
	return call;
}

void host_keys_number(struct world *w, const char *host, const char *number)
{
	char keys[40];

	(void)snprintf(keys, sizeof(keys), "%s#", number);
	phone_keys(w, host, keys);
}

const char *host_calls(struct world *w, const char *host, const char *number)
{
	host_keys_number(w, host, number);
	return expect_call_to(w, number, 5);
}

void host_leaves_the_room(struct world *w, const char *host)
{
	phone_keys(w, host, "*");
	world_run(w, 0.5);
}

const char *host_invites(struct world *w, const char *host, const char *number)
{
	host_leaves_the_room(w, host);
	return host_calls(w, host, number);
}

unsigned parties_in(struct world *w)
{
	return mparty_parties_in(mparty_first(node_calls(w->node)));
}

void talk_begin(struct world *w, struct talk *t, const char *host, const char *party)
{
	memset(t, 0, sizeof(*t));
	t->host = called_back(w, host);
	talk_add(w, t, party);
}

void talk_add(struct world *w, struct talk *t, const char *party)
{
	if (t->parties > 0)
		phone_keys(w, t->host, "*");
	world_run(w, 0.5);
	t->party[t->parties] = host_calls(w, t->host, party);
	phone_answers(w, t->party[t->parties++]);
	world_run(w, 0.5);
}

void hangs_up_and_over(struct world *w, const char *call)
{
	phone_hangs_up(w, call);
	world_run(w, 3);
	world_close(w);
}
