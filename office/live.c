/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "core/stamp.h"
#include "office/live_internal.h"

#define LOG_MODULE "live"
#define LIVE_MAGIC 0x4c495645u

int live_alloc(struct live **lp, struct office *o)
{
	struct live *l = calloc(1, sizeof(*l));
	int err = 0;

	if (l == NULL)
		return -ENOMEM;
	l->magic = LIVE_MAGIC;
	l->office = o;
	l->nodes = o->config->node_count;
	(void)pthread_mutex_init(&l->lock, NULL);
	list_init(&l->listeners);
	for (unsigned i = 0; i < l->nodes; i++) {
		struct live_node *n = &l->node[i];

		n->live = l;
		n->config = &o->config->node[i];
		list_init(&n->conferences);
		(void)snprintf(n->problem, sizeof(n->problem), "it was not asked yet");
	}
	for (unsigned i = 0; !err && i < l->nodes; i++) {
		err = -pthread_create(&l->node[i].thread, NULL, live_node_run, &l->node[i]);
		l->node[i].started = !err;
	}
	if (err) {
		live_stop(l);
		live_free(l);
		return err;
	}
	*lp = l;
	return 0;
}

void live_free(struct live *l)
{
	struct list *p, *next;

	if (l == NULL)
		return;
	MAGIC_CHECK(l, LIVE_MAGIC);
	assert(list_empty(&l->listeners));
	for (unsigned i = 0; i < l->nodes; i++) {
		list_for_each(p, next, &l->node[i].conferences) {
			struct live_conference *c = list_entry(p, struct live_conference, link);

			json_decref(c->json);
			free(c);
		}
		json_decref(l->node[i].status);
		json_decref(l->node[i].spans);
		json_decref(l->node[i].routes);
	}
	(void)pthread_mutex_destroy(&l->lock);
	l->magic = MAGIC_DEAD;
	free(l);
}

/* ---- looking ---- */

bool live_may_see(const struct session *s, const struct live_conference *c)
{
	return s->account_id ? s->account_id == c->account_id : s->provider_id == c->provider_id;
}

json_t *live_conferences(struct live *l, const struct session *s)
{
	json_t *items = json_array();
	struct list *p, *next;

	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->nodes; i++)
		list_for_each(p, next, &l->node[i].conferences) {
			const struct live_conference *c = list_entry(p, struct live_conference, link);

			if (live_may_see(s, c))
				(void)json_array_append_new(items, json_deep_copy(c->json));
		}
	(void)pthread_mutex_unlock(&l->lock);
	return json_pack("{s:o}", "items", items);
}

json_t *live_conference(struct live *l, const struct session *s, const char *id, char node[32])
{
	json_t *found = NULL;
	struct list *p, *next;

	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; found == NULL && i < l->nodes; i++)
		list_for_each(p, next, &l->node[i].conferences) {
			const struct live_conference *c = list_entry(p, struct live_conference, link);

			if (found == NULL && strcmp(c->id, id) == 0 && live_may_see(s, c)) {
				found = json_deep_copy(c->json);
				(void)snprintf(node, 32, "%s", l->node[i].config->name);
			}
		}
	(void)pthread_mutex_unlock(&l->lock);
	return found;
}

json_t *live_nodes(struct live *l)
{
	json_t *items = json_array();

	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->nodes; i++)
		(void)json_array_append_new(items, live_node_json(&l->node[i]));
	(void)pthread_mutex_unlock(&l->lock);
	return json_pack("{s:o}", "items", items);
}

/* each span of the nodes that answer */
static json_t *every_span(struct live *l, json_t *(*made)(const struct live_node *n, const json_t *span))
{
	json_t *items = json_array(), *span, *one;
	size_t k;

	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->nodes; i++) {
		if (!l->node[i].reachable)
			continue;
		json_array_foreach(l->node[i].spans, k, span) {
			one = made(&l->node[i], span);
			if (one)
				(void)json_array_append_new(items, one);
		}
	}
	(void)pthread_mutex_unlock(&l->lock);
	return items;
}

json_t *live_spans(struct live *l)
{
	return json_pack("{s:o}", "items", every_span(l, live_span_json));
}

/* A trunk may be in several routes: what it carries is the sum. */
static void trunk_add(const struct live_node *n, json_t *items, const json_t *way)
{
	const json_t *name = json_object_get(way, "trunk"), *span;
	json_int_t calls = json_integer_value(json_object_get(way, "calls"));
	const char *kind = "sip";
	json_t *one;
	size_t i;

	json_array_foreach(items, i, one) {
		if (json_equal(json_object_get(one, "name"), name) &&
		    strcmp(json_string_value(json_object_get(one, "node")), n->config->name) == 0) {
			calls += json_integer_value(json_object_get(one, "calls"));
			(void)json_object_set_new(one, "calls", json_integer(calls));
			return;
		}
	}
	json_array_foreach(n->spans, i, span) {
		if (json_equal(json_object_get(span, "name"), name))
			kind = "e1";
	}
	(void)json_array_append_new(items, json_pack("{s:s, s:O, s:s, s:O, s:O, s:I}", "node", n->config->name, "name", name,
	                                             "kind", kind, "up", json_object_get(way, "up"), "free_channels",
	                                             json_object_get(way, "free_channels"), "calls", calls));
}

json_t *live_trunks(struct live *l)
{
	json_t *items = json_array(), *route, *way;
	size_t k, j;

	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->nodes; i++) {
		if (!l->node[i].reachable)
			continue;
		json_array_foreach(l->node[i].routes, k, route) {
			json_array_foreach(json_object_get(route, "trunks"), j, way) {
				trunk_add(&l->node[i], items, way);
			}
		}
	}
	(void)pthread_mutex_unlock(&l->lock);
	return json_pack("{s:o}", "items", items);
}

static json_t *alarm_json(const struct live_node *n, const json_t *span)
{
	if (json_is_true(json_object_get(span, "up")))
		return NULL;
	return json_pack("{s:s, s:s, s:O, s:O, s:O}", "node", n->config->name, "kind", "span", "name",
	                 json_object_get(span, "name"), "text", json_object_get(span, "state"), "since_s",
	                 json_object_get(span, "since_s"));
}

json_t *live_alarms(struct live *l)
{
	json_t *items = every_span(l, alarm_json);

	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->nodes; i++) {
		const struct live_node *n = &l->node[i];

		if (!n->reachable)
			(void)json_array_append_new(
				items, json_pack("{s:s, s:s, s:s, s:s, s:o}", "node", n->config->name, "kind", "node", "name",
			                         n->config->name, "text", n->problem, "since_s",
			                         n->seen_utc_us ? json_integer((clock_utc_us() - n->seen_utc_us) / 1000000)
			                                        : json_null()));
	}
	(void)pthread_mutex_unlock(&l->lock);
	return json_pack("{s:o}", "items", items);
}

void live_count(struct live *l, unsigned *nodes, unsigned *reachable, int *music_tracks)
{
	*nodes = l->nodes;
	*reachable = 0;
	*music_tracks = -1;
	(void)pthread_mutex_lock(&l->lock);
	for (unsigned i = 0; i < l->nodes; i++) {
		const json_t *tracks = json_object_get(l->node[i].status, "music_tracks");
		int n = (int)json_integer_value(tracks);

		*reachable += l->node[i].reachable;
		if (tracks && (*music_tracks < 0 || n < *music_tracks))
			*music_tracks = n;
	}
	(void)pthread_mutex_unlock(&l->lock);
}

bool live_is_node(const struct live *l, const char *name)
{
	for (unsigned i = 0; i < l->nodes; i++)
		if (strcmp(l->node[i].config->name, name) == 0)
			return true;
	return false;
}

int live_ask(struct live *l, const char *node, const char *cmd, json_t *args, json_t **result, struct control_problem *problem)
{
	for (unsigned i = 0; i < l->nodes; i++)
		if (strcmp(l->node[i].config->name, node) == 0)
			return control_call(l->node[i].config->socket, cmd, args, result, problem,
			                    l->office->config->node_timeout_us);
	json_decref(args);
	return -ENOENT;
}
