/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/e1_leg.h - an E1 span as a trunk, its calls as legs. The only place where e1/ and leg/ meet. Control thread.
 */
#ifndef E1_E1_LEG_H
#define E1_E1_LEG_H

#include "e1/e1.h"
#include "leg/trunk.h"

struct e1_trunk;

struct e1_trunk_config {
	struct e1_span_config span;
	enum trunk_unanswered unanswered;
	bool                  show_host;
	struct trunk_numbers  numbers;
	/* A new incoming leg, its parties filled in. The handler takes a reference if it keeps it; a leg that is neither answered
	 * in any way nor hung up in the handler must be later. */
	void (*incoming)(struct leg *l, struct trunk *t, void *arg);
	void *arg;
};

int e1_trunk_alloc(struct e1_trunk **tp, struct loop *l, struct media *m, struct counter_registry *counters,
                   const struct e1_trunk_config *c);
void e1_trunk_free(struct e1_trunk *t); /* its legs must be gone (hang up and run the loop) */
struct trunk   *e1_trunk_trunk(struct e1_trunk *t);
struct e1_span *e1_trunk_span(struct e1_trunk *t);

#endif
