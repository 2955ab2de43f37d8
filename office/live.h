/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/live.h - what goes on in the nodes now, as their control sockets tell it: their states, spans, and the conferences that
 * live. One thread a node listens to its events and asks it now and then how it is; so any number of people may look without
 * the node being asked once more, and a node that does not answer is shown as such.
 *
 * Any thread may ask. What is handed out are copies. Of a node that is not reached the last that was known stays, marked.
 *
 * Listeners (office/events.h) get texts as they happen, in order, first what is now. One that does not take them is dropped.
 */
#ifndef OFFICE_LIVE_H
#define OFFICE_LIVE_H

#include <jansson.h>

#include "control/client.h"
#include "office/office.h"
#include "office/session.h"

struct live;
struct live_listener;

#define LIVE_QUEUE_MAX     (512 * 1024) /* octets a listener has not taken */
#define LIVE_LISTENERS_MAX 4000
#define LIVE_HEARTBEAT_US  (INT64_C(15) * 1000000) /* a comment, so that nobody in between takes the stream for dead */

int  live_alloc(struct live **lp, struct office *o); /* starts the threads */
void live_stop(struct live *l);                      /* ends them, and every listener's stream */
void live_free(struct live *l);                      /* no listener is left */

/* ---- looking: {"items": [...]} or an object, owned by the caller ---- */
json_t *live_conferences(struct live *l, const struct session *s); /* those the session may see */
/* node: the name of its node. NULL: there is none, for this session. */
json_t *live_conference(struct live *l, const struct session *s, const char *id, char node[32]);
json_t *live_nodes(struct live *l);
json_t *live_spans(struct live *l);
json_t *live_alarms(struct live *l);
json_t *live_trunks(struct live *l);
/* music_tracks: as many as every node has that was ever heard, since any may carry a booking; -1: none was. */
void    live_count(struct live *l, unsigned *nodes, unsigned *reachable, int *music_tracks);

/* ---- asking a node ---- */
json_t *live_span(const char *node, const json_t *span); /* a node's answer as the API says it (Span) */
bool live_is_node(const struct live *l, const char *name);
/* args is taken over. -ENOENT no node of that name; others as control_client_call(): -EREMOTEIO and *problem when it refused. */
int live_ask(struct live *l, const char *node, const char *cmd, json_t *args, json_t **result, struct control_problem *problem);

/* ---- listening ---- */
/* wake is called, on any thread, when something is there after live_next() had nothing. -ENOSPC; -ESHUTDOWN. */
int  live_listen(struct live *l, const struct session *s, void (*wake)(void *arg), void *arg, struct live_listener **lp);
void live_unlisten(struct live_listener *k);
/* Up to size octets of what is there: how many; 0: nothing, and wait() was called, which makes wake() due (both under one lock,
 * so that none is lost); -ESHUTDOWN: the stream is over. */
long live_next(struct live_listener *k, char *out, size_t size, void (*wait)(void *arg));
/* A logout: its streams end now. */
void live_end_session(struct live *l, const char *session_id);
/* Main thread, about every second: heartbeats; sessions that are over end their streams. */
void live_tick(struct live *l);

#endif
