/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route/route.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTE_MAGIC 0x524f5554u

struct route_rule {
	char          prefix[LEG_NUMBER_MAX + 1];
	struct trunk *trunk;
};

struct route_table {
	unsigned          magic;
	unsigned          count;
	struct route_rule rule[ROUTE_RULES_MAX]; /* longest prefix first, then order of adding */
};

int route_table_alloc(struct route_table **rp)
{
	struct route_table *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->magic = ROUTE_MAGIC;
	*rp = r;
	return 0;
}

void route_table_free(struct route_table *r)
{
	if (r == NULL)
		return;
	MAGIC_CHECK(r, ROUTE_MAGIC);
	r->magic = MAGIC_DEAD;
	free(r);
}

int route_add(struct route_table *r, const char *prefix, struct trunk *t)
{
	size_t len = strlen(prefix);
	unsigned at;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	if (r->count == ROUTE_RULES_MAX)
		return -ENOSPC;
	if (len > LEG_NUMBER_MAX)
		return -EINVAL;
	for (at = 0; at < r->count && strlen(r->rule[at].prefix) >= len; at++)
		;
	memmove(&r->rule[at + 1], &r->rule[at], (r->count - at) * sizeof(r->rule[0]));
	(void)snprintf(r->rule[at].prefix, sizeof(r->rule[at].prefix), "%s", prefix);
	r->rule[at].trunk = t;
	r->count++;
	return 0;
}

/* The first rule of the longest matching prefix whose trunk could carry a call now. */
static int route_find(struct route_table *r, const char *called, const struct trunk *avoid, struct trunk **tp)
{
	size_t matched = 0;
	bool any = false, up = false;

	for (unsigned i = 0; i < r->count; i++) {
		const struct route_rule *rule = &r->rule[i];
		size_t len = strlen(rule->prefix);

		if (any && len < matched)
			break; /* a shorter prefix is another destination, not a second choice */
		if (strncmp(called, rule->prefix, len) != 0)
			continue;
		any = true;
		matched = len;
		if (!rule->trunk->ops->up(rule->trunk))
			continue;
		up = true;
		if (rule->trunk == avoid || rule->trunk->ops->free_channels(rule->trunk) == 0)
			continue;
		*tp = rule->trunk;
		return 0;
	}
	return !any ? -ENOENT : !up ? -ENETDOWN : -EBUSY;
}

int route_reserve(struct route_table *r, const char *called, struct trunk **tp)
{
	struct trunk *t;
	int err;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	err = route_find(r, called, NULL, &t);
	if (!err)
		err = t->ops->reserve(t);
	if (!err)
		*tp = t;
	return err;
}

unsigned route_free_channels(const struct route_table *r)
{
	unsigned n = 0;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	for (unsigned i = 0; i < r->count; i++) {
		const struct trunk *t = r->rule[i].trunk;
		bool counted = false; /* a trunk may have many prefixes */

		for (unsigned j = 0; j < i && !counted; j++)
			counted = r->rule[j].trunk == t;
		if (!counted && t->ops->up(t))
			n += t->ops->free_channels(t);
	}
	return n;
}

int route_dial(struct route_table *r, struct leg_dial *d, struct trunk *reserved, const struct trunk *avoid, struct leg **lp,
               struct trunk **tp)
{
	struct trunk *t = reserved;
	int err = 0;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	d->reserved = reserved != NULL;
	if (t == NULL) {
		err = route_find(r, d->called, avoid, &t);
		if (err && avoid)
			err = route_find(r, d->called, NULL, &t);
	}
	if (!err && !t->ops->up(t)) { /* it was up when it was reserved */
		if (reserved)
			t->ops->release(t);
		err = -ENETDOWN;
	} else if (!err) {
		err = t->ops->dial(t, d, lp);
		if (err && reserved)
			t->ops->release(t);
	}
	if (tp && t)
		*tp = t;
	return err;
}
