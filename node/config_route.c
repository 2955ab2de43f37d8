/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node/config_route.c - the sections groups and routes: what a table cannot check. */
#include <stdlib.h>
#include <string.h>

#include "node/config.h"

struct check {
	struct config_file  *file;
	struct node_options *o;
};

#define WRONG(k, where, ...) config_error((k)->file, (where), __VA_ARGS__)

/* The place of a name among all trunks of the node, in the order in which they are opened; a span is "pstn" or "e1/pstn", a SIP
 * trunk "ims" or "sip/ims". -1: none. */
static int trunk_named(const struct check *k, const char *name)
{
	const char *bare = strncmp(name, "e1/", 3) == 0 ? name + 3 : name;

	for (unsigned i = 0; i < k->o->span_count; i++)
		if (strcmp(k->o->span[i].e1.name, bare) == 0)
			return (int)i;
	bare = strncmp(name, "sip/", 4) == 0 ? name + 4 : name;
	for (unsigned i = 0; i < k->o->trunk_count; i++)
		if (strcmp(k->o->trunk[i].sip.name, bare) == 0)
			return (int)(k->o->span_count + i);
	return -1;
}

static const struct route_group_config *group_named(const struct check *k, const char *name)
{
	for (unsigned i = 0; i < k->o->group_count; i++)
		if (strcmp(k->o->group[i].name, name) == 0)
			return &k->o->group[i];
	return NULL;
}

/* Is the trunk among those of the way: itself, or in its group? */
static bool way_has(const struct check *k, const struct route_way *w, int trunk)
{
	const struct route_group_config *g = group_named(k, w->name);

	for (unsigned i = 0; g && i < g->way_count; i++)
		if (trunk_named(k, g->way[i].name) == trunk)
			return true;
	return trunk_named(k, w->name) == trunk;
}

/* Does one of them share a trunk with those before it? */
static void check_way_twice(struct check *k, const char *list, const struct route_way *way, unsigned i)
{
	const struct route_group_config *g = group_named(k, way[i].name);
	const struct route_way *all = g ? g->way : &way[i];
	char where[CONFIG_PATH_MAX];

	(void)snprintf(where, sizeof(where), "%s[%u].name", list, i);
	for (unsigned j = 0; j < i; j++)
		for (unsigned n = 0; n < (g ? g->way_count : 1); n++) {
			int trunk = trunk_named(k, all[n].name);

			if (trunk >= 0 && way_has(k, &way[j], trunk)) {
				WRONG(k, where, "%s is in this list twice", all[n].name);
				return;
			}
		}
}

/* The ways of one order share its calls by percent, all of them, or are hunted. */
static void check_percents(struct check *k, const char *list, const struct route_way *way, unsigned count, unsigned i)
{
	unsigned sum = 0, with = 0, all = 0;
	char where[CONFIG_PATH_MAX];

	for (unsigned j = 0; j < count; j++) {
		if (way[j].order != way[i].order)
			continue;
		if (j < i)
			return; /* looked at already */
		all++;
		with += way[j].percent > 0;
		sum += way[j].percent;
	}
	(void)snprintf(where, sizeof(where), "%s[%u].percent", list, i);
	if (with > 0 && with < all)
		WRONG(k, where, "all of order %u have a percent, or none", way[i].order);
	else if (with > 0 && sum != 100)
		WRONG(k, where, "those of order %u are %u together, not 100", way[i].order, sum);
}

static void check_ways(struct check *k, const char *list, const struct route_way *way, unsigned count, bool groups)
{
	char where[CONFIG_PATH_MAX];

	if (count == 0 && config_given(k->file, list)) /* the table has said so else */
		WRONG(k, list, "at least one is needed");
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(where, sizeof(where), "%s[%u].name", list, i);
		if (trunk_named(k, way[i].name) < 0 && !(groups && group_named(k, way[i].name)))
			WRONG(k, where, "there is no span%s \"%s\"", groups ? ", trunk or group" : " or trunk", way[i].name);
		check_way_twice(k, list, way, i);
		check_percents(k, list, way, count, i);
	}
}

static void check_groups(struct check *k)
{
	for (unsigned i = 0; i < k->o->group_count; i++) {
		const struct route_group_config *g = &k->o->group[i];
		char where[CONFIG_PATH_MAX];

		(void)snprintf(where, sizeof(where), "groups[%u].name", i);
		if (!node_config_word(g->name))
			WRONG(k, where, "\"%s\" is not made of letters, digits, - and _", g->name);
		if (trunk_named(k, g->name) >= 0)
			WRONG(k, where, "\"%s\" is a trunk's name", g->name);
		if (group_named(k, g->name) != g)
			WRONG(k, where, "there are two groups \"%s\"", g->name);
		(void)snprintf(where, sizeof(where), "groups[%u].trunks", i);
		check_ways(k, where, g->way, g->way_count, false);
	}
}

/* Whose prefix it is already, of the routes up to this one. NULL: nobody's. */
static const char *prefix_owner(const struct check *k, unsigned route, unsigned prefix)
{
	const char *text = k->o->route[route].route.prefix[prefix];

	for (unsigned i = 0; i <= route; i++)
		for (unsigned j = 0; j < (i < route ? k->o->route[i].route.prefix_count : prefix); j++)
			if (strcmp(k->o->route[i].route.prefix[j], text) == 0)
				return k->o->route[i].route.name;
	return NULL;
}

static void check_prefixes(struct check *k, unsigned i)
{
	struct route_config *r = &k->o->route[i].route;
	char where[CONFIG_PATH_MAX], canonical[NUMBER_MAX + 1];

	(void)snprintf(where, sizeof(where), "routes[%u].prefixes", i);
	if (r->prefix_count == 0 && config_given(k->file, where))
		WRONG(k, where, "at least one is needed, \"\" for all numbers");
	for (unsigned j = 0; j < r->prefix_count; j++) {
		const char *owner;

		(void)snprintf(where, sizeof(where), "routes[%u].prefixes[%u]", i, j);
		if (number_prefix(&k->o->numbers, r->prefix[j], canonical) != 0) {
			WRONG(k, where, "\"%s\" is no beginning of a number: 021, 00852, 8621, s:100", r->prefix[j]);
			continue;
		}
		(void)snprintf(r->prefix[j], sizeof(r->prefix[j]), "%s", canonical);
		owner = prefix_owner(k, i, j);
		if (owner)
			WRONG(k, where, "\"%s\" is in route %s already", canonical, owner);
	}
}

static void check_failover(struct check *k, unsigned i)
{
	struct node_route *r = &k->o->route[i];
	char where[CONFIG_PATH_MAX];
	unsigned n = 0;

	for (unsigned j = 0; j < ROUTE_CAUSES_MAX && r->failover[j][0]; j++) {
		char *end;
		long cause = strtol(r->failover[j], &end, 10);

		(void)snprintf(where, sizeof(where), "routes[%u].failover[%u]", i, j);
		if (*end || cause < 1 || cause > 127)
			WRONG(k, where, "\"%s\" is no cause of Q.850, 1 to 127", r->failover[j]);
		else
			r->route.failover[n++] = (uint8_t)cause;
	}
}

void node_config_check_routes(struct config_file *f, struct node_options *o)
{
	struct check k = { .file = f, .o = o };
	char where[CONFIG_PATH_MAX];

	check_groups(&k);
	for (unsigned i = 0; i < o->route_count; i++) {
		const struct route_config *r = &o->route[i].route;

		(void)snprintf(where, sizeof(where), "routes[%u].name", i);
		if (!node_config_word(r->name))
			WRONG(&k, where, "\"%s\" is not made of letters, digits, - and _", r->name);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(o->route[j].route.name, r->name) == 0)
				WRONG(&k, where, "there are two routes \"%s\"", r->name);
		check_prefixes(&k, i);
		check_failover(&k, i);
		(void)snprintf(where, sizeof(where), "routes[%u].trunks", i);
		check_ways(&k, where, r->way, r->way_count, true);
	}
}
