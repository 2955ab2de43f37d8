/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node/commands_internal.h - what the files of node/commands.h share. */
#ifndef NODE_COMMANDS_INTERNAL_H
#define NODE_COMMANDS_INTERNAL_H

#include "node/commands.h"

struct known_call;

struct commands {
	unsigned               magic;
	struct control_server *server;
	struct node           *node;
	struct loop_timer      look;
	bool                   span_up[NODE_SPANS_MAX], trunk_up[NODE_TRUNKS_MAX];
	struct known_call     *known;
	unsigned               known_count;
};

json_t *commands_stamp(int64_t utc_us);
json_int_t commands_seconds_since(int64_t mono_us);

/* commands_span.c */
bool commands_disk_low(const struct commands *c, struct control_request *r); /* true after an answer: nothing is traced now */
struct e1_span *commands_span_at(struct node *n, unsigned i);
json_t *commands_span_json(struct e1_span *s);
void command_spans(struct control_request *r, const json_t *args, void *arg);
void command_span(struct control_request *r, const json_t *args, void *arg);
void command_service(struct control_request *r, const json_t *args, void *arg);
void command_loop(struct control_request *r, const json_t *args, void *arg);
void command_trace(struct control_request *r, const json_t *args, void *arg);

/* commands_trunk.c */
json_t *commands_trunk_json(const struct sip_trunk *t);
void command_trunks(struct control_request *r, const json_t *args, void *arg);
void command_trunk(struct control_request *r, const json_t *args, void *arg);
void command_trace_call(struct control_request *r, const char *call, const char *file, struct commands *c);

/* commands_call.c */
json_t *commands_call_detail(struct mparty *m);
uint64_t commands_call_talking(const struct mparty *m); /* another value when others talk */
void command_calls(struct control_request *r, const json_t *args, void *arg);
void command_call(struct control_request *r, const json_t *args, void *arg);
void command_invite(struct control_request *r, const json_t *args, void *arg);
void command_drop(struct control_request *r, const json_t *args, void *arg);
void command_mute(struct control_request *r, const json_t *args, void *arg);
void command_unmute(struct control_request *r, const json_t *args, void *arg);
void command_lock(struct control_request *r, const json_t *args, void *arg);
void command_unlock(struct control_request *r, const json_t *args, void *arg);
void command_music(struct control_request *r, const json_t *args, void *arg);
void command_end(struct control_request *r, const json_t *args, void *arg);

/* commands_route.c */
void command_routes(struct control_request *r, const json_t *args, void *arg);
void command_route(struct control_request *r, const json_t *args, void *arg);

/* commands_card.c */
void command_redeem(struct control_request *r, const json_t *args, void *arg);

#endif
