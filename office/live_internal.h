/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/live_internal.h - what the files of office/live.h share. */
#ifndef OFFICE_LIVE_INTERNAL_H
#define OFFICE_LIVE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/list.h"
#include "office/live.h"

struct live_conference { /* under the lock, as all below */
	struct list link;
	char        id[ID_SIZE];
	int64_t     account_id, provider_id;
	json_int_t  version;
	json_t     *json;     /* as the API has it */
	bool        seen;     /* by the look that is under way */
};

struct live_node {
	struct live              *live;
	const struct office_node *config;
	pthread_t                 thread;
	bool                      started, reachable;
	char                      problem[200];
	int64_t                   seen_utc_us;   /* 0: never */
	json_t                   *status, *spans, *routes; /* as the node has told them; NULL: not yet */
	struct list               conferences;
};

struct live {
	unsigned         magic;
	struct office   *office;
	pthread_mutex_t  lock;
	atomic_bool      stopping;
	bool             closed;      /* no listener any more */
	struct live_node node[OFFICE_NODES_MAX];
	unsigned         nodes;
	struct list      listeners;
	unsigned         listener_count;
};

/* live_node.c: what a node's thread does. */
void *live_node_run(void *arg);
json_t *live_node_json(const struct live_node *n);
/* live_convert.c */
json_t *live_conference_json(const struct live_node *n, const json_t *call);
json_t *live_span_json(const struct live_node *n, const json_t *span);
/* live_listen.c: to all who may; the lock is held. */
void live_tell_conference(struct live *l, const struct live_conference *c);
void live_tell_gone(struct live *l, const struct live_conference *c);
void live_tell_house(struct live *l, const char *event, json_t *data); /* taken over */
bool live_may_see(const struct session *s, const struct live_conference *c);

#endif
