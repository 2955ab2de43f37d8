/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node's thread: connects, listens to its events, asks it how it is, and connects again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "core/stamp.h"
#include "office/live_internal.h"

#define LOG_MODULE "live"

#define AGAIN_US  CLOCK_SEC(1)  /* until a node that is not reached is tried again */
#define STATUS_US CLOCK_SEC(2)  /* how often it is asked how it is */
#define EVENT_US  CLOCK_MS(500) /* how long an end of this thread may take */

static json_int_t int_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

json_t *live_node_json(const struct live_node *n)
{
	static const char *const counts[] = { "calls", "legs", "spans", "spans_up", "free_channels" };
	const char *began = json_string_value(json_object_get(n->status, "started_at"));
	char seen[STAMP_SIZE] = "";
	json_t *out;

	if (n->seen_utc_us)
		stamp_utc(n->seen_utc_us, seen);
	out = json_pack("{s:s, s:b, s:s?, s:s?, s:s?, s:o}", "name", n->config->name, "reachable", n->reachable, "problem",
	                n->reachable ? NULL : n->problem, "seen_at", seen[0] ? seen : NULL, "node",
	                json_string_value(json_object_get(n->status, "name")), "started_at",
	                began && strlen(began) > 11 ? json_sprintf("%.10sT%.12sZ", began, began + 11) : json_null());
	for (unsigned i = 0; i < ARRAY_LEN(counts); i++) {
		json_t *v = json_object_get(n->status, counts[i]);

		(void)json_object_set_new(out, counts[i], v ? json_incref(v) : json_null());
	}
	return out;
}

/* ---- conferences; the lock is held ---- */

static struct live_conference *find(struct live_node *n, const char *id)
{
	struct list *p, *next;

	list_for_each(p, next, &n->conferences) {
		struct live_conference *c = list_entry(p, struct live_conference, link);

		if (strcmp(c->id, id) == 0)
			return c;
	}
	return NULL;
}

static void forget(struct live_node *n, struct live_conference *c)
{
	live_tell_gone(n->live, c);
	list_remove(&c->link);
	json_decref(c->json);
	free(c);
}

static void keep(struct live_node *n, const json_t *call)
{
	const char *id = json_string_value(json_object_get(call, "call"));
	struct live_conference *c = id ? find(n, id) : NULL;

	if (id == NULL || (c && int_of(call, "version") < c->version))
		return;
	if (c == NULL) {
		c = calloc(1, sizeof(*c));
		if (c == NULL)
			return;
		(void)snprintf(c->id, sizeof(c->id), "%s", id);
		list_append(&n->conferences, &c->link);
	}
	json_decref(c->json);
	c->json = live_conference_json(n, call);
	c->version = int_of(call, "version");
	c->account_id = int_of(call, "account_id");
	c->provider_id = int_of(call, "provider_id");
	c->seen = true;
	live_tell_conference(n->live, c);
}

/* ---- what it tells ---- */

static void take_event(struct live_node *n, const json_t *event)
{
	const char *topic = json_string_value(json_object_get(event, "event"));
	const json_t *data = json_object_get(event, "data");
	const char *id = json_string_value(json_object_get(data, "call"));

	(void)pthread_mutex_lock(&n->live->lock);
	if (topic && strcmp(topic, "call") == 0 && id) {
		struct live_conference *c = find(n, id);

		if (!json_is_true(json_object_get(data, "gone")))
			keep(n, data);
		else if (c)
			forget(n, c);
	} else if (topic && strcmp(topic, "span") == 0) {
		live_tell_house(n->live, "span", live_span_json(n, data));
	}
	(void)pthread_mutex_unlock(&n->live->lock);
}

/* ---- what it answers ---- */

static int look_at_status(struct live_node *n, struct control_client *ask, bool first)
{
	int64_t timeout_us = n->live->office->config->node_timeout_us;
	json_t *status = NULL, *spans = NULL, *routes = NULL;
	int err = control_client_call(ask, "status", NULL, &status, NULL, timeout_us);

	if (!err)
		err = control_client_call(ask, "spans", NULL, &spans, NULL, timeout_us);
	if (!err)
		err = control_client_call(ask, "routes", NULL, &routes, NULL, timeout_us);
	if (err) {
		json_decref(status);
		json_decref(spans);
		return err;
	}
	(void)pthread_mutex_lock(&n->live->lock);
	json_decref(n->status);
	json_decref(n->spans);
	json_decref(n->routes);
	n->routes = routes;
	n->status = status;
	n->spans = spans;
	n->seen_utc_us = clock_utc_us();
	n->reachable = true;
	if (first) {
		const json_t *span;
		size_t i;

		live_tell_house(n->live, "node", live_node_json(n));
		json_array_foreach(spans, i, span) {
			live_tell_house(n->live, "span", live_span_json(n, span));
		}
	}
	(void)pthread_mutex_unlock(&n->live->lock);
	return 0;
}

/* All that live; those kept from before that do not any more are gone. */
static int look_at_calls(struct live_node *n, struct control_client *ask)
{
	int64_t timeout_us = n->live->office->config->node_timeout_us;
	json_t *calls = NULL, *one, *detail;
	struct list *p, *next;
	size_t i;
	int err = control_client_call(ask, "calls", NULL, &calls, NULL, timeout_us);

	if (err)
		return err;
	(void)pthread_mutex_lock(&n->live->lock);
	list_for_each(p, next, &n->conferences) {
		list_entry(p, struct live_conference, link)->seen = false;
		list_entry(p, struct live_conference, link)->version = 0; /* another life of the node counts anew */
	}
	(void)pthread_mutex_unlock(&n->live->lock);
	json_array_foreach(calls, i, one) {
		json_t *id = json_object_get(one, "call");

		err = control_client_call(ask, "call", json_pack("{s:O}", "call", id), &detail, NULL, timeout_us);
		if (err == -EREMOTEIO) /* it has ended meanwhile */
			continue;
		if (err)
			break;
		(void)pthread_mutex_lock(&n->live->lock);
		keep(n, detail);
		(void)pthread_mutex_unlock(&n->live->lock);
		json_decref(detail);
	}
	json_decref(calls);
	if (err && err != -EREMOTEIO)
		return err;
	(void)pthread_mutex_lock(&n->live->lock);
	list_for_each(p, next, &n->conferences) {
		if (!list_entry(p, struct live_conference, link)->seen)
			forget(n, list_entry(p, struct live_conference, link));
	}
	(void)pthread_mutex_unlock(&n->live->lock);
	return 0;
}

/* Two connections: an answer that is waited for on the one skips no event of the other. */
static int listen_to(struct live_node *n, struct control_client *events, struct control_client *ask)
{
	int64_t timeout_us = n->live->office->config->node_timeout_us, next_us = 0;
	json_t *result = NULL, *event;
	int err = control_client_call(events, "subscribe", NULL, &result, NULL, timeout_us);

	json_decref(result);
	if (!err)
		err = look_at_status(n, ask, true);
	if (!err)
		err = look_at_calls(n, ask);
	if (!err)
		log_info("node %s is reached", n->config->name);
	next_us = clock_mono_us() + STATUS_US;
	while (!err && !atomic_load(&n->live->stopping)) {
		err = control_client_event(events, &event, EVENT_US);
		if (!err) {
			take_event(n, event);
			json_decref(event);
		}
		if (err == -ETIMEDOUT)
			err = 0;
		if (!err && clock_mono_us() >= next_us) {
			err = look_at_status(n, ask, false);
			next_us = clock_mono_us() + STATUS_US;
		}
	}
	return err;
}

static const char *why(int err)
{
	switch (err) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "nobody listens at its control socket: is partylined running?";
	case -EACCES:
		return "its control socket belongs to another user";
	case -ETIMEDOUT:
		return "it has not answered in time";
	case -ECONNRESET:
		return "it has closed the connection";
	default:
		return strerror(-err);
	}
}

/* What is known of it stays, marked. */
static void lost(struct live_node *n, int err)
{
	struct list *p, *next;

	(void)pthread_mutex_lock(&n->live->lock);
	if (n->reachable || strcmp(n->problem, why(err)) != 0) {
		log_warn("node %s at %s: %s", n->config->name, n->config->socket, why(err));
		n->reachable = false;
		(void)snprintf(n->problem, sizeof(n->problem), "%s", why(err));
		live_tell_house(n->live, "node", live_node_json(n));
		list_for_each(p, next, &n->conferences) {
			struct live_conference *c = list_entry(p, struct live_conference, link);

			(void)json_object_set_new(c->json, "reachable", json_false());
			live_tell_conference(n->live, c);
		}
	}
	(void)pthread_mutex_unlock(&n->live->lock);
}

void *live_node_run(void *arg)
{
	struct live_node *n = arg;

	while (!atomic_load(&n->live->stopping)) {
		struct control_client *events = NULL, *ask = NULL;
		int64_t until_us;
		int err = control_client_open(&events, n->config->socket);

		if (!err)
			err = control_client_open(&ask, n->config->socket);
		if (!err)
			err = listen_to(n, events, ask);
		control_client_close(events);
		control_client_close(ask);
		if (err)
			lost(n, err);
		until_us = clock_mono_us() + AGAIN_US;
		while (!atomic_load(&n->live->stopping) && clock_mono_us() < until_us)
			clock_sleep_until(clock_mono_us() + CLOCK_MS(100));
	}
	return NULL;
}
