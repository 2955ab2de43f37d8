/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about routes. */
#include "node/commands_internal.h"

#include <string.h>

static json_t *prefixes(const struct route_config *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->prefix_count; i++)
		(void)json_array_append_new(list, json_string(c->prefix[i]));
	return list;
}

static json_t *causes(const struct route_config *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ROUTE_CAUSES_MAX && c->failover[i]; i++)
		(void)json_array_append_new(list, json_integer(c->failover[i]));
	return list;
}

static const char *shown(enum route_shown s)
{
	return s == ROUTE_SHOWN_HOST ? "host" : s == ROUTE_SHOWN_SERVICE ? "service" : "trunk";
}

static json_t *trunks(const struct route_table *t, unsigned i, uint64_t attempts)
{
	struct route_way_info way[ROUTE_TRUNKS_MAX];
	unsigned count = route_ways(t, i, way);
	json_t *list = json_array();

	for (unsigned j = 0; j < count; j++) {
		const struct route_way_info *w = &way[j];
		bool up = w->trunk->ops->up(w->trunk);

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s?, s:s?, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "trunk", w->trunk->name,
		                        "group", w->group, "provider", w->trunk->provider[0] ? w->trunk->provider : NULL, "order",
		                        (json_int_t)w->order, "percent", (json_int_t)w->percent, "up", up, "free_channels",
		                        (json_int_t)(up ? w->trunk->ops->free_channels(w->trunk) : 0), "calls",
		                        (json_int_t)w->calls, "attempts", (json_int_t)w->attempts, "share",
		                        (json_int_t)(attempts ? (w->attempts * 100 + attempts / 2) / attempts : 0), "answered",
		                        (json_int_t)w->answered, "failed", (json_int_t)w->failed));
	}
	return list;
}

static json_t *route_json(const struct route_table *t, unsigned i)
{
	struct route_info r;
	json_t *o;

	route_info(t, i, &r);
	o = json_pack("{s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name", r.config->name, "prefixes",
	              prefixes(r.config), "calls", (json_int_t)r.calls, "promised", (json_int_t)r.reserved, "capacity",
	              (json_int_t)r.config->capacity, "reserve", (json_int_t)r.config->reserve, "attempts",
	              (json_int_t)r.attempts, "answered", (json_int_t)r.answered, "failovers", (json_int_t)r.failovers, "full",
	              (json_int_t)r.full, "down", (json_int_t)r.down);
	(void)json_object_set_new(o, "shown_number", json_string(shown(r.config->shown)));
	(void)json_object_set_new(o, "failover", causes(r.config));
	(void)json_object_set_new(o, "trunks", trunks(t, i, r.attempts));
	return o;
}

void command_routes(struct control_request *r, const json_t *args, void *arg)
{
	const struct route_table *t = node_routes(((struct commands *)arg)->node);
	json_t *list = json_array();

	(void)args;
	for (unsigned i = 0; i < route_count(t); i++)
		(void)json_array_append_new(list, route_json(t, i));
	control_reply(r, list);
}

void command_route(struct control_request *r, const json_t *args, void *arg)
{
	const struct route_table *t = node_routes(((struct commands *)arg)->node);
	const char *name = json_string_value(json_object_get(args, "route"));
	struct route_info info;

	for (unsigned i = 0; name && i < route_count(t); i++) {
		route_info(t, i, &info);
		if (strcmp(info.config->name, name) == 0) {
			control_reply(r, route_json(t, i));
			return;
		}
	}
	if (name)
		control_fail(r, CONTROL_NOT_FOUND, "there is no route \"%s\"", name);
	else
		control_fail(r, CONTROL_ARGS, "which route? (args.route)");
}
