/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node/incoming.h - a leg came in: what it wants, and to which service it goes (rule 6). */
#ifndef NODE_INCOMING_H
#define NODE_INCOMING_H

#include "ivr/ivr.h"

struct incoming_table { /* the node's */
	struct ivr_env           *ivr;
	const struct ivr_service *service;
	unsigned                  service_count;
	int64_t                   t302_us;
	unsigned                  waiting;   /* legs whose number is not complete yet */
};

/* Refuses it, hands it to its service, or waits for more digits. */
void incoming_leg(struct incoming_table *in, struct trunk *t, struct leg *l);

#endif
