/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route/internal.h - what the files of routing share. For nobody else.
 *
 *   route.c   the table: trunks, groups, routes; which of them can carry a call, and whose turn it is
 *   dial.c    places, dialling, failing over, and how many calls a route has
 */
#ifndef ROUTE_INTERNAL_H
#define ROUTE_INTERNAL_H

#include "route/route.h"

#define ROUTE_MAGIC 0x524f5554u

struct choice_way {
	uint64_t       trunks;  /* a bit each: one, or a group's */
	struct choice *group;   /* NULL: a trunk */
	unsigned       order, percent;
	int            credit;  /* smooth weighted round robin: who has most is next */
};

struct choice { /* ways, lowest order first */
	char              name[ROUTE_NAME_SIZE];
	struct choice_way way[ROUTE_WAYS_MAX];
	unsigned          count;
	uint64_t          trunks;
};

enum route_counter { ROUTE_ATTEMPTS, ROUTE_ANSWERED, ROUTE_FAILOVERS, ROUTE_FULL, ROUTE_DOWN, ROUTE_COUNTERS };

struct route_tally { /* of a route's trunk */
	unsigned calls;
	uint64_t attempts, answered, failed;
};

struct route {
	struct route_table *table;
	struct route_config config;
	struct choice       choice;
	unsigned            calls, reserved;
	struct route_tally  tally[ROUTE_TRUNKS_MAX];
	struct list         legs; /* of struct route_leg (dial.c) */
	struct counter_group group;
	counter_t           counter[ROUTE_COUNTERS];
};

struct route_table {
	unsigned                 magic;
	struct counter_registry *counters;
	struct trunk            *trunk[ROUTE_TRUNKS_MAX];
	unsigned                 trunk_count;
	struct choice           *group[ROUTE_GROUPS_MAX];
	unsigned                 group_count;
	struct route            *route[ROUTE_ROUTES_MAX];
	unsigned                 route_count;
};

#define ROUTE_BIT(i) ((uint64_t)1 << (i))

/* ---- route.c ---- */
struct route *route_find(const struct route_table *r, const char *called); /* NULL: none */
unsigned      route_trunk_index(const struct route_table *r, const struct trunk *t);
/* Trunks of the route that can carry a call of the provider's now, but for those in `tried`; kept: struct route_attempt. 0,
 * -EBUSY, -ENETDOWN. */
int           route_able(const struct route *rt, const char *provider, uint64_t tried, bool kept, uint64_t *able);
/* Whose turn it is, of the able ones (at least one): and the turn is taken. */
struct trunk *route_turn(struct route *rt, uint64_t able);

/* ---- dial.c ---- */
void route_forget_legs(struct route *rt); /* the table goes */

#endif
