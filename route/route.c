/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/internal.h"

static const struct counter_desc route_counters[ROUTE_COUNTERS] = {
	[ROUTE_ATTEMPTS] = { "attempts", "legs dialled over this route, each trunk's" },
	[ROUTE_ANSWERED] = { "answered", "those that were answered" },
	[ROUTE_FAILOVERS] = { "failovers", "legs dialled because another trunk had failed" },
	[ROUTE_FULL] = { "full", "calls for which there was no free channel, or no capacity" },
	[ROUTE_DOWN] = { "down", "calls for which no trunk was up" },
};

/* ---- the table ---- */

int route_table_alloc(struct route_table **rp, struct counter_registry *counters)
{
	struct route_table *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->magic = ROUTE_MAGIC;
	r->counters = counters;
	*rp = r;
	return 0;
}

void route_table_free(struct route_table *r)
{
	if (r == NULL)
		return;
	MAGIC_CHECK(r, ROUTE_MAGIC);
	for (unsigned i = 0; i < r->route_count; i++) {
		route_forget_legs(r->route[i]);
		counter_unregister(r->counters, &r->route[i]->group);
		free(r->route[i]);
	}
	for (unsigned i = 0; i < r->group_count; i++)
		free(r->group[i]);
	r->magic = MAGIC_DEAD;
	free(r);
}

unsigned route_trunk_index(const struct route_table *r, const struct trunk *t)
{
	unsigned i = 0;

	while (i < r->trunk_count && r->trunk[i] != t)
		i++;
	return i;
}

static bool trunk_is(const struct trunk *t, const char *name)
{
	const char *kind = strchr(t->name, '/');

	return strcmp(t->name, name) == 0 || (kind && strcmp(kind + 1, name) == 0);
}

static bool name_taken(const struct route_table *r, const char *name)
{
	for (unsigned i = 0; i < r->trunk_count; i++)
		if (trunk_is(r->trunk[i], name))
			return true;
	for (unsigned i = 0; i < r->group_count; i++)
		if (strcmp(r->group[i]->name, name) == 0)
			return true;
	return false;
}

int route_trunk_add(struct route_table *r, struct trunk *t)
{
	MAGIC_CHECK(r, ROUTE_MAGIC);
	if (r->trunk_count == ROUTE_TRUNKS_MAX)
		return -ENOSPC;
	for (unsigned i = 0; i < r->trunk_count; i++)
		if (strcmp(r->trunk[i]->name, t->name) == 0)
			return -EEXIST;
	r->trunk[r->trunk_count++] = t;
	return 0;
}

/* ---- ways ---- */

static void choice_insert(struct choice *c, const struct choice_way *w)
{
	unsigned at = c->count;

	while (at > 0 && c->way[at - 1].order > w->order)
		at--;
	memmove(&c->way[at + 1], &c->way[at], (c->count - at) * sizeof(c->way[0]));
	c->way[at] = *w;
	c->count++;
	c->trunks |= w->trunks;
}

/* groups: its ways may be groups. */
static int choice_fill(const struct route_table *r, struct choice *c, const struct route_way *way, unsigned count, bool groups)
{
	if (count == 0)
		return -EINVAL;
	if (count > ROUTE_WAYS_MAX)
		return -ENOSPC;
	for (unsigned i = 0; i < count; i++) {
		struct choice_way w = { .order = way[i].order, .percent = way[i].percent };

		for (unsigned j = 0; w.trunks == 0 && j < r->trunk_count; j++)
			if (trunk_is(r->trunk[j], way[i].name))
				w.trunks = ROUTE_BIT(j);
		for (unsigned j = 0; groups && w.trunks == 0 && j < r->group_count; j++)
			if (strcmp(r->group[j]->name, way[i].name) == 0) {
				w.group = r->group[j];
				w.trunks = w.group->trunks;
			}
		if (w.trunks == 0)
			return -ENOENT;
		choice_insert(c, &w);
	}
	return 0;
}

int route_group_add(struct route_table *r, const struct route_group_config *config)
{
	struct choice *c;
	int err;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	if (name_taken(r, config->name))
		return -EEXIST;
	if (r->group_count == ROUTE_GROUPS_MAX)
		return -ENOSPC;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	memcpy(c->name, config->name, sizeof(c->name));
	err = choice_fill(r, c, config->way, config->way_count, false);
	if (err) {
		free(c);
		return err;
	}
	r->group[r->group_count++] = c;
	return 0;
}

int route_add(struct route_table *r, const struct route_config *config)
{
	struct route *rt;
	int err;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	for (unsigned i = 0; i < r->route_count; i++)
		if (strcmp(r->route[i]->config.name, config->name) == 0)
			return -EEXIST;
	if (r->route_count == ROUTE_ROUTES_MAX)
		return -ENOSPC;
	rt = calloc(1, sizeof(*rt));
	if (rt == NULL)
		return -ENOMEM;
	rt->table = r;
	rt->config = *config;
	list_init(&rt->legs);
	err = choice_fill(r, &rt->choice, config->way, config->way_count, true);
	if (err) {
		free(rt);
		return err;
	}
	rt->group = (struct counter_group){ .desc = route_counters, .values = rt->counter, .count = ROUTE_COUNTERS };
	(void)snprintf(rt->group.name, sizeof(rt->group.name), "route.%s", config->name);
	counter_register(r->counters, &rt->group);
	r->route[r->route_count++] = rt;
	return 0;
}

void route_config_default(struct route_config *c)
{
	static const uint8_t failover[] = {
		CAUSE_NO_CIRCUIT, CAUSE_NETWORK_OUT_OF_ORDER,  CAUSE_TEMPORARY_FAILURE,
		CAUSE_CONGESTION, CAUSE_CHANNEL_NOT_AVAILABLE, CAUSE_RESOURCE_UNAVAILABLE,
	};

	memset(c, 0, sizeof(*c));
	memcpy(c->failover, failover, sizeof(failover));
}

int route_add_default(struct route_table *r)
{
	struct route_config c;

	route_config_default(&c);
	(void)snprintf(c.name, sizeof(c.name), "default");
	c.prefix_count = 1;
	for (unsigned i = 0; i < r->trunk_count; i++) {
		c.way[i].order = 1;
		(void)snprintf(c.way[i].name, ROUTE_NAME_SIZE, "%s", r->trunk[i]->name);
	}
	c.way_count = r->trunk_count;
	return route_add(r, &c);
}

/* ---- whose turn it is ---- */

struct route *route_find(const struct route_table *r, const char *called)
{
	struct route *best = NULL;
	size_t matched = 0;

	for (unsigned i = 0; i < r->route_count; i++)
		for (unsigned j = 0; j < r->route[i]->config.prefix_count; j++) {
			const char *prefix = r->route[i]->config.prefix[j];
			size_t len = strlen(prefix);

			if ((best == NULL || len > matched) && strncmp(called, prefix, len) == 0) {
				best = r->route[i];
				matched = len;
			}
		}
	return best;
}

static bool carries(const struct trunk *t, const char *provider)
{
	return t->provider[0] == '\0' || (provider && strcmp(t->provider, provider) == 0);
}

int route_able(const struct route *rt, const char *provider, uint64_t tried, bool kept, uint64_t *able)
{
	const struct route_table *r = rt->table;
	unsigned channels = 0;
	uint64_t can = 0;
	bool up = false;

	for (unsigned i = 0; i < r->trunk_count; i++) {
		struct trunk *t = r->trunk[i];
		unsigned n;

		if (!(rt->choice.trunks & ROUTE_BIT(i)) || !carries(t, provider) || !t->ops->up(t))
			continue;
		up = true;
		n = t->ops->free_channels(t);
		channels += n;
		if (n > 0 && !(tried & ROUTE_BIT(i)))
			can |= ROUTE_BIT(i);
	}
	if (!up)
		return -ENETDOWN;
	if (can == 0 || (!kept && channels <= rt->config.reserve))
		return -EBUSY;
	if (rt->config.capacity && rt->calls + rt->reserved >= rt->config.capacity)
		return -EBUSY;
	*able = can;
	return 0;
}

/* The ways of the lowest order that has an able one: each earns its percent, and who has most pays for all. */
static struct choice_way *choice_turn(struct choice *c, uint64_t able)
{
	struct choice_way *best = NULL;
	int all = 0;

	for (unsigned i = 0; i < c->count; i++) {
		struct choice_way *w = &c->way[i];

		if (!(w->trunks & able))
			continue;
		if (best && w->order != best->order)
			break;
		w->credit += (int)w->percent;
		all += (int)w->percent;
		if (best == NULL || w->credit > best->credit)
			best = w;
	}
	assert(best != NULL);
	best->credit -= all;
	return best;
}

struct trunk *route_turn(struct route *rt, uint64_t able)
{
	const struct choice_way *w = choice_turn(&rt->choice, able);
	unsigned i = 0;

	if (w->group)
		w = choice_turn(w->group, w->trunks & able);
	while (!(w->trunks & ROUTE_BIT(i)))
		i++;
	return rt->table->trunk[i];
}

/* ---- looking ---- */

int route_room(const struct route_table *r, const char *provider, const char *called)
{
	const struct route *rt = route_find(r, called);
	uint64_t able;

	return rt ? route_able(rt, provider, 0, false, &able) : -ENOENT;
}

unsigned route_free_channels(const struct route_table *r)
{
	unsigned channels = 0, room = 0;
	bool limited = true;
	uint64_t used = 0;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	for (unsigned i = 0; i < r->route_count; i++) {
		const struct route *rt = r->route[i];
		unsigned has = rt->calls + rt->reserved;

		used |= rt->choice.trunks;
		limited = limited && rt->config.capacity;
		room += rt->config.capacity > has ? rt->config.capacity - has : 0;
	}
	for (unsigned i = 0; i < r->trunk_count; i++)
		if ((used & ROUTE_BIT(i)) && r->trunk[i]->ops->up(r->trunk[i]))
			channels += r->trunk[i]->ops->free_channels(r->trunk[i]);
	return limited && room < channels ? room : channels;
}

unsigned route_count(const struct route_table *r)
{
	return r->route_count;
}

void route_info(const struct route_table *r, unsigned i, struct route_info *info)
{
	struct route *rt = r->route[i];

	*info = (struct route_info){
		.config = &rt->config,
		.calls = rt->calls,
		.reserved = rt->reserved,
		.attempts = counter_get(&rt->counter[ROUTE_ATTEMPTS]),
		.answered = counter_get(&rt->counter[ROUTE_ANSWERED]),
		.failovers = counter_get(&rt->counter[ROUTE_FAILOVERS]),
		.full = counter_get(&rt->counter[ROUTE_FULL]),
		.down = counter_get(&rt->counter[ROUTE_DOWN]),
	};
}

unsigned route_ways(const struct route_table *r, unsigned i, struct route_way_info way[ROUTE_TRUNKS_MAX])
{
	const struct route *rt = r->route[i];
	uint64_t told = 0;
	unsigned n = 0;

	for (unsigned j = 0; j < rt->choice.count; j++)
		for (unsigned k = 0; k < r->trunk_count; k++) {
			const struct choice_way *w = &rt->choice.way[j];
			const struct route_tally *t = &rt->tally[k];

			if (!(w->trunks & ROUTE_BIT(k)) || (told & ROUTE_BIT(k)))
				continue;
			told |= ROUTE_BIT(k);
			way[n++] = (struct route_way_info){
				.trunk = r->trunk[k],
				.group = w->group ? w->group->name : NULL,
				.order = w->order,
				.percent = w->percent,
				.calls = t->calls,
				.attempts = t->attempts,
				.answered = t->answered,
				.failed = t->failed,
			};
		}
	return n;
}
