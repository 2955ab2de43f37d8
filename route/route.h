/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route/route.h - which trunk an outgoing leg takes: longest matching prefix, then the order of configuration, skipping what is
 * down or full. Control thread.
 */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include "leg/trunk.h"

#define ROUTE_RULES_MAX 1024

struct route_table;

int  route_table_alloc(struct route_table **rp);
void route_table_free(struct route_table *r);
/* prefix of the canonical number; "": all. Trunks of equal prefix are tried in the order they were added. -ENOSPC, -EINVAL. */
int  route_add(struct route_table *r, const char *prefix, struct trunk *t);

/* A channel set aside for a callback (rule 5): it is certain before the caller is told so. -EBUSY: none free; -ENETDOWN: no trunk
 * for it is up; -ENOENT: no route. */
int  route_reserve(struct route_table *r, const char *called, struct trunk **tp);

/* Channels free now, over all trunks that are up. */
unsigned route_free_channels(const struct route_table *r);

/* Dials over `reserved` (uses the reservation up, whatever comes) or, when NULL, over the best trunk but `avoid` (NULL: none;
 * taken all the same when there is no other). d->reserved is set by this function. Errors as route_reserve, and the trunk's own.
 * *tp (may be NULL): the trunk taken. */
int route_dial(struct route_table *r, struct leg_dial *d, struct trunk *reserved, const struct trunk *avoid, struct leg **lp,
               struct trunk **tp);

#endif
