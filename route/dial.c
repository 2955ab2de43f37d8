/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route/dial.c - places, dialling, failing over, and how many calls a route has. */
#include <errno.h>
#include <stdlib.h>

#include "route/internal.h"

/* A leg that was dialled over a route, until it ends. */
struct route_leg {
	struct leg_observer observer;
	struct list         link; /* route->legs */
	struct route       *route;
	unsigned            trunk;
};

static void route_leg_forget(struct route_leg *rl)
{
	leg_unobserve(&rl->observer);
	list_remove(&rl->link);
	rl->route->calls--;
	rl->route->tally[rl->trunk].calls--;
	free(rl);
}

void route_forget_legs(struct route *rt)
{
	struct list *n, *next;

	list_for_each(n, next, &rt->legs)
		route_leg_forget(list_entry(n, struct route_leg, link));
}

/* Does this end speak of the way, not of the subscriber? */
static bool says_elsewhere(const struct route_config *c, const struct leg *l)
{
	if (l->rang || l->answer_us)
		return false;
	if (!l->by_peer && (l->cause == CAUSE_DESTINATION_OUT_OF_ORDER || l->cause == CAUSE_NO_USER_RESPONDING))
		return true; /* the trunk's own finding */
	for (unsigned i = 0; i < ROUTE_CAUSES_MAX && c->failover[i]; i++)
		if (c->failover[i] == l->cause)
			return true;
	return false;
}

static void route_leg_event(struct leg_observer *o, struct leg *l, const struct leg_event *ev)
{
	struct route_leg *rl = container_of(o, struct route_leg, observer);
	struct route_tally *t = &rl->route->tally[rl->trunk];

	if (ev->type == LEG_EV_ANSWERED) {
		t->answered++;
		counter_inc(&rl->route->counter[ROUTE_ANSWERED]);
	} else if (ev->type == LEG_EV_ENDED) { /* told before whoever dialled: what he dials next has this one's capacity */
		t->failed += says_elsewhere(&rl->route->config, l);
		route_leg_forget(rl);
	}
}

/* ---- places ---- */

static int route_none(struct route *rt, int err)
{
	if (err == -EBUSY)
		counter_inc(&rt->counter[ROUTE_FULL]);
	else if (err == -ENETDOWN)
		counter_inc(&rt->counter[ROUTE_DOWN]);
	return err;
}

int route_reserve(struct route_table *r, const char *provider, const char *called, struct route_place *p)
{
	struct route *rt;
	struct trunk *t;
	uint64_t able;
	int err;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	rt = route_find(r, called);
	if (rt == NULL)
		return -ENOENT;
	err = route_able(rt, provider, 0, true, &able);
	if (err)
		return route_none(rt, err);
	t = route_turn(rt, able);
	err = t->ops->reserve(t);
	if (err)
		return err;
	rt->reserved++;
	*p = (struct route_place){ .route = rt, .trunk = t };
	return 0;
}

void route_release(struct route_place *p)
{
	if (p->trunk == NULL)
		return;
	p->trunk->ops->release(p->trunk);
	p->route->reserved--;
	p->trunk = NULL;
}

/* ---- dialling ---- */

static bool shows_host(const struct route *rt, const struct trunk *t)
{
	return rt->config.shown == ROUTE_SHOWN_HOST || (rt->config.shown == ROUTE_SHOWN_TRUNK && t->show_host);
}

/* One trunk. The place, if there is one, is used up by a leg; else it is left. */
static int dial_over(struct route_attempt *a, const struct leg_dial *d, struct trunk *t, bool placed, struct leg **lp)
{
	struct route *rt = a->route;
	unsigned i = route_trunk_index(rt->table, t);
	struct route_leg *rl = calloc(1, sizeof(*rl));
	struct leg_dial own = *d;
	bool another;
	int err;

	if (rl == NULL)
		return -ENOMEM;
	own.reserved = placed;
	if (a->host && shows_host(rt, t))
		own.calling = a->host;
	another = a->tried != 0;
	a->trunk = t;
	a->tried |= ROUTE_BIT(i);
	err = t->ops->up(t) ? t->ops->dial(t, &own, lp) : -ENETDOWN; /* it was up when it was reserved */
	if (err) {
		free(rl);
		return err;
	}
	rl->route = rt;
	rl->trunk = i;
	rl->observer.event = route_leg_event;
	list_append(&rt->legs, &rl->link);
	rt->calls++;
	rt->tally[i].calls++;
	rt->tally[i].attempts++;
	counter_inc(&rt->counter[ROUTE_ATTEMPTS]);
	if (another)
		counter_inc(&rt->counter[ROUTE_FAILOVERS]);
	leg_observe(*lp, &rl->observer);
	return 0;
}

/* The place's trunk first. */
static int dial_placed(struct route_attempt *a, const struct leg_dial *d, struct route_place *p, struct leg **lp)
{
	int err;

	a->route = p->route;
	err = dial_over(a, d, p->trunk, true, lp);
	if (err) {
		route_release(p);
		return err;
	}
	p->route->reserved--;
	p->trunk = NULL;
	return 0;
}

static uint64_t trunk_bit(const struct route_table *r, const struct trunk *t)
{
	for (unsigned i = 0; i < r->trunk_count; i++)
		if (r->trunk[i] == t)
			return ROUTE_BIT(i);
	return 0;
}

/* Trunks that this attempt may still take; `avoid` only when there is nothing else. */
static int attempt_able(const struct route_table *r, const struct route_attempt *a, uint64_t *able)
{
	int err = route_able(a->route, a->provider, a->tried | trunk_bit(r, a->avoid), a->kept, able);

	return err && a->avoid ? route_able(a->route, a->provider, a->tried, a->kept, able) : err;
}

int route_dial(struct route_table *r, struct route_attempt *a, const struct leg_dial *d, struct route_place *reserved,
               struct leg **lp)
{
	int err = -EBUSY, none;
	uint64_t able;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	if (reserved && reserved->trunk)
		err = dial_placed(a, d, reserved, lp);
	else
		a->route = route_find(r, d->called);
	if (a->route == NULL)
		return -ENOENT;
	while (err) {
		none = attempt_able(r, a, &able);
		if (none)
			return a->tried ? err : route_none(a->route, none);
		err = dial_over(a, d, route_turn(a->route, able), false, lp);
	}
	return 0;
}

bool route_again(struct route_table *r, const struct route_attempt *a, const struct leg *l)
{
	uint64_t able;

	MAGIC_CHECK(r, ROUTE_MAGIC);
	return says_elsewhere(&a->route->config, l) && attempt_able(r, a, &able) == 0;
}
