/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter.h"

#include <assert.h>
#include <stddef.h>

void counter_register(struct counter_registry *r, struct counter_group *g)
{
	struct counter_group **p = &r->first;

	while (*p) {
		assert(*p != g);
		p = &(*p)->next;
	}
	g->next = NULL;
	*p = g;
}

void counter_unregister(struct counter_registry *r, struct counter_group *g)
{
	for (struct counter_group **p = &r->first; *p; p = &(*p)->next)
		if (*p == g) {
			*p = g->next;
			return;
		}
}
