/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control/client.h - asking a node through its control socket (control/control.h tells the protocol). Blocking, for command
 * lines; any thread, one client each.
 */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <jansson.h>
#include <stdint.h>

struct control_client;

struct control_problem { /* why the node refused */
	char code[24];
	char text[512];
};

/* -ENOENT no socket there, -ECONNREFUSED nobody listens, -EACCES not ours, -ETIMEDOUT it hangs, -ENAMETOOLONG. */
int  control_client_open(struct control_client **cp, const char *path);
void control_client_close(struct control_client *c);

/* args is taken over (NULL: none). 0 and *result (owned by the caller); -EREMOTEIO: the node refused, *problem (may be NULL) says
 * why; -ETIMEDOUT;
 * -ECONNRESET: it went away; -EPROTO: what came is not our protocol; -EMSGSIZE: the question is too long. Events in between are
 * skipped. */
int control_client_call(struct control_client *c, const char *cmd, json_t *args, json_t **result, struct control_problem *problem,
                        int64_t timeout_us);
/* The next event after `subscribe`: the whole object, with "event" and "data". timeout_us CLOCK_NEVER: waits for ever. */
int  control_client_event(struct control_client *c, json_t **event, int64_t timeout_us);

/* Open, call, close. */
int control_call(const char *path, const char *cmd, json_t *args, json_t **result, struct control_problem *problem,
                 int64_t timeout_us);

#endif
