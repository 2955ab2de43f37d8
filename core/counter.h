/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/counter.h - named numbers that can be asked for while calls run.
 *
 * An object declares an array of descriptions and one of values, and registers both under its name with its node's (or
 * exchange's) registry. A value is written by one thread (or several, then with counter_add) and read by any: relaxed atomics.
 */
#ifndef CORE_COUNTER_H
#define CORE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t counter_t;

struct counter_desc {
	const char *name;  /* snake_case: rx_lost_packets */
	const char *text;  /* a sentence for the person who looks */
};

struct counter_group { /* embedded in its owner, which unregisters before it dies */
	char name[48];     /* "span.pstn", "media" */
	const struct counter_desc *desc;
	counter_t                 *values;
	unsigned                   count;
	struct counter_group      *next;
};

struct counter_registry { /* control thread of its node */
	struct counter_group *first;
};

void counter_register(struct counter_registry *r, struct counter_group *g);
void counter_unregister(struct counter_registry *r, struct counter_group *g);

static inline void counter_add(counter_t *c, uint64_t n) { atomic_fetch_add_explicit(c, n, memory_order_relaxed); }
static inline void counter_inc(counter_t *c) { counter_add(c, 1); }
static inline uint64_t counter_get(counter_t *c) { return atomic_load_explicit(c, memory_order_relaxed); }

#endif
