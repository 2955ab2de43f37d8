/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route/route.h - which trunk an outgoing leg takes, and which the next when that one fails. Control thread.
 *
 * A table has trunks, groups (several trunks under one name) and routes. A number belongs to the route with the longest prefix
 * that it begins with; a shorter prefix is another destination, not a second choice. Within a route, as within a group:
 *
 *   order     the ways of the lowest order that can carry a call are used, the next order only when none of them can
 *   percent   ways of one order that have it share the calls by smooth weighted round robin: of 100 calls each gets exactly its
 *             percent, evenly spread; one that is down or full is left out, and the others share what is left by their weights.
 *             Ways without it are hunted in the order in which they stand
 *
 * A trunk that is a provider's (rule 24) carries calls of that provider's accounts alone: to those of others it is not there.
 *
 * A trunk can carry a call when it is up and has a free channel. `reserve` channels, of the route's trunks together, are kept for
 * callbacks (rule 5). A route at its capacity carries none.
 *
 * Failing over: a leg that ends before it rang, with a cause of the route's list, is dialled again over another trunk, each trunk
 * at most once an attempt (route_again). ROUTE_FAILOVER_DEFAULT is Q.850's class "resource unavailable" as far as public networks
 * send it: these say that this network could not carry the call (RFC 3398 7.2.4.1 makes 503 of them), and nothing of the
 * subscriber. Not 27 (Q.850 2.2.3: the called user's own interface is ill; any way leads there) and not 1, 3, 28, of which the
 * other network would say the same; who buys transit of which 3 means "not by us" adds it. What a trunk finds out for itself
 * always counts: the line was lost (27, not from the far end), or the SETUP was not answered at all (18, T303).
 */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include "core/counter.h"
#include "leg/trunk.h"

#define ROUTE_ROUTES_MAX       64
#define ROUTE_PREFIXES_MAX     64 /* of one route */
#define ROUTE_GROUPS_MAX       32
#define ROUTE_TRUNKS_MAX       64 /* of the table: a bit each */
#define ROUTE_WAYS_MAX         64 /* of one route or group */
#define ROUTE_CAUSES_MAX       16
#define ROUTE_NAME_SIZE        24
#define ROUTE_FAILOVER_DEFAULT "34 38 41 42 44 47"

struct route;
struct route_table;

enum route_shown { /* what a member leg shows of whom (rule 12); a callback shows the service number */
	           ROUTE_SHOWN_TRUNK, /* as the trunk says: trunk->show_host */
	           ROUTE_SHOWN_SERVICE,
	           ROUTE_SHOWN_HOST,
};

struct route_way {
	char     name[ROUTE_NAME_SIZE]; /* of a trunk, "e1/pstn" or "pstn", or of a group; trunks first */
	unsigned order;
	unsigned percent;               /* 0: none */
};

struct route_group_config {
	char             name[ROUTE_NAME_SIZE];
	struct route_way way[ROUTE_WAYS_MAX]; /* trunks only */
	unsigned         way_count;
};

struct route_config {
	char             name[ROUTE_NAME_SIZE];
	char             prefix[ROUTE_PREFIXES_MAX][LEG_NUMBER_MAX + 1]; /* canonical; "": everything, "s:": short codes */
	unsigned         prefix_count;
	struct route_way way[ROUTE_WAYS_MAX];
	unsigned         way_count;
	unsigned         capacity; /* calls at once, places included; 0: as many as there are channels */
	unsigned         reserve;  /* channels kept for callbacks */
	enum route_shown shown;
	uint8_t          failover[ROUTE_CAUSES_MAX]; /* Q.850; zeroes after the last */
};

void route_config_default(struct route_config *c);
int  route_table_alloc(struct route_table **rp, struct counter_registry *counters);
void route_table_free(struct route_table *r);
/* In the order in which they are hunted where nothing else is said; t outlives the table. -ENOSPC, -EEXIST its name. */
int  route_trunk_add(struct route_table *r, struct trunk *t);
/* -EEXIST a group, trunk or route of this name; -ENOENT no such trunk; -ENOSPC; -EINVAL no way in it. */
int  route_group_add(struct route_table *r, const struct route_group_config *c);
int  route_add(struct route_table *r, const struct route_config *c);
/* One route, "default", for every number: over all trunks of the table, hunted as they were added. */
int  route_add_default(struct route_table *r);

/* ---- a channel set aside (rule 5): it is certain before the caller is told so ---- */

struct route_place { /* trunk NULL: none */
	struct route *route;
	struct trunk *trunk;
};
/* provider: the account's; NULL: trunks that are everybody's alone. -EBUSY: none free, or the route is at its capacity;
 * -ENETDOWN: no trunk for this number is up; -ENOENT: no route. */
int  route_reserve(struct route_table *r, const char *provider, const char *called, struct route_place *p);
void route_release(struct route_place *p); /* no-op when it has none */
/* Would a leg without a reservation find a channel now? 0, or as route_reserve(). */
int  route_room(const struct route_table *r, const char *provider, const char *called);
/* Channels free now for any call at all: of all trunks that are up and in a route, as far as the routes' capacities allow. */
unsigned route_free_channels(const struct route_table *r);

/* ---- dialling ---- */

struct route_attempt { /* of one number; zeroes, but for what is set by who dials */
	const char         *provider; /* the account's, whose trunks it may take beside everybody's; NULL: those alone */
	const struct trunk *avoid; /* taken only when there is no other (rule 7: congestion is retried elsewhere); NULL: none */
	const char         *host;  /* shown instead of the service number where the route or trunk wants that; NULL: never */
	bool                kept;  /* it may have the channels that `reserve` keeps: a callback's */
	struct route       *route;
	struct trunk       *trunk; /* the last taken */
	uint64_t            tried; /* a bit each */
};
/* Dials over `reserved` (used up, whatever comes; NULL or empty: none) or over the best trunk that this attempt has not tried;
 * one that cannot dial after all is passed over. d->calling is the service number, d->reserved is not looked at. Errors as
 * route_reserve(), and the last trunk's own. *lp carries one reference for the caller. */
int  route_dial(struct route_table *r, struct route_attempt *a, const struct leg_dial *d, struct route_place *reserved,
               struct leg **lp);
/* The attempt's leg has ended without an answer: may, and can, it be dialled again at once over another trunk? Then route_dial()
 * does so, under another leg id: each leg leaves its record (rule 25). */
bool route_again(struct route_table *r, const struct route_attempt *a, const struct leg *l);

/* ---- looking ---- */

struct route_info {
	const struct route_config *config; /* while the table lives */
	unsigned calls, reserved;          /* now: legs that have not ended; places */
	uint64_t attempts, answered, failovers, full, down;
};
struct route_way_info { /* a trunk of a route, group members one by one */
	const struct trunk *trunk;
	const char         *group;         /* NULL: named by itself */
	unsigned            order, percent; /* of the way it belongs to */
	unsigned            calls;
	uint64_t            attempts, answered, failed; /* failed: ended with a cause of the list before they rang */
};
unsigned route_count(const struct route_table *r);
void     route_info(const struct route_table *r, unsigned i, struct route_info *info);
unsigned route_ways(const struct route_table *r, unsigned i, struct route_way_info way[ROUTE_TRUNKS_MAX]);

#endif
