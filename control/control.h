/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control/control.h - the control socket: a running node is asked and told things through it, by the command line, the back
 * office and scripts.
 *
 * A unix stream socket of mode 0600. Each line is one JSON object, at most CONTROL_LINE_MAX octets with its newline:
 *
 *   > {"v":1,"id":7,"cmd":"calls","args":{"number":"8613800000001"}}
 *   < {"v":1,"id":7,"ok":true,"result":[...]}
 *   < {"v":1,"id":7,"ok":false,"code":"not_found","error":"there is no call 0192..."}
 *   > {"v":1,"id":8,"cmd":"subscribe","args":{"topics":["call","span"]}}      (no topics: all)
 *   < {"v":1,"event":"call","data":{...}}
 *
 * id is whatever the asker likes (number or text; absent: null) and comes back with the answer. Answers may come in another order
 * than the questions. `help` lists the commands. Whatever cannot be understood is answered with code "syntax" and counted; a line
 * that is too long, or a client that does not read what it asked for, is the end of the connection.
 *
 * Server: control thread. Handlers run from the loop, one at a time, and may answer at once or later (a request outlives its
 * client: an answer to a client that has gone is dropped). A handler must not free the server.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <jansson.h>

#include "core/counter.h"
#include "core/loop.h"

#define CONTROL_VERSION      1
#define CONTROL_LINE_MAX     65536
#define CONTROL_CLIENTS_MAX  64
#define CONTROL_COMMANDS_MAX 64
#define CONTROL_PENDING_MAX  32              /* questions of one client without an answer yet; more are refused with "busy" */
#define CONTROL_OUTPUT_MAX   (4 * 1024 * 1024) /* octets that a client has not read yet */
#define CONTROL_TOPICS_MAX   16

struct control_server;
struct control_request;

typedef void(control_command_h)(struct control_request *r, const json_t *args, void *arg);

/* counters may be NULL. A socket file that nobody listens on is replaced. -EADDRINUSE: somebody does, or the file is no socket;
 * -ENAMETOOLONG; others. */
int  control_server_alloc(struct control_server **sp, struct loop *l, struct counter_registry *counters, const char *path);
/* removes the file; requests under way stay valid and their answers are dropped */
void control_server_free(struct control_server *s);

/* args_text is for `help`: "ID [cause]". Strings must live as long as the server. -EEXIST, -ENOSPC. */
int control_register(struct control_server *s, const char *cmd, const char *args_text, const char *text, control_command_h *h,
                     void *arg);

/* Exactly one of these for each request; it is gone afterwards. result is taken over; NULL: null. */
void control_reply(struct control_request *r, json_t *result);
void control_fail(struct control_request *r, const char *code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The code that fits a negative errno: not_found, busy, args, unavailable, failed. */
void control_fail_errno(struct control_request *r, int err, const char *what);

/* To all who subscribed to the topic; data is taken over. */
void control_event(struct control_server *s, const char *topic, json_t *data);
bool control_wanted(const struct control_server *s, const char *topic); /* does anybody listen? saves making the data */

unsigned control_clients(const struct control_server *s);

/* The codes in answers: part of the protocol. */
#define CONTROL_SYNTAX      "syntax"      /* no JSON object of ours */
#define CONTROL_VERSION_BAD "version"     /* another v */
#define CONTROL_UNKNOWN     "unknown"     /* no such command */
#define CONTROL_ARGS        "args"        /* an argument is missing or wrong */
#define CONTROL_NOT_FOUND   "not_found"
#define CONTROL_BUSY        "busy"        /* not now */
#define CONTROL_UNAVAILABLE "unavailable" /* what it needs is down */
#define CONTROL_FAILED      "failed"

#endif
