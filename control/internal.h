/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control/internal.h - what control/server.c (the socket, commands, events) and control/connection.c (one client: lines in,
 * answers out) share. */
#ifndef CONTROL_INTERNAL_H
#define CONTROL_INTERNAL_H

#include <sys/types.h>
#include <sys/un.h>

#include "control/control.h"
#include "core/list.h"

#define SERVER_MAGIC  0x43545256u
#define CLIENT_MAGIC  0x43544c43u
#define REQUEST_MAGIC 0x43545251u

enum { N_CLIENTS, N_REQUESTS, N_MALFORMED, N_REFUSED, N_DROPPED, N_COUNT };

struct control_command {
	const char        *name, *args_text, *text;
	control_command_h *handler;
	void              *arg;
};

struct control_server {
	unsigned               magic;
	struct loop           *loop;
	int                    fd;
	char                   path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t                  dev;
	ino_t                  ino;
	struct list            clients;
	unsigned               client_count;
	struct control_command command[CONTROL_COMMANDS_MAX];
	unsigned               command_count;
	struct loop_task       reap; /* frees clients whose connection is over: never from within a function that holds one */
	struct counter_registry *registry;
	struct counter_group   group;
	counter_t              counter[N_COUNT];
};

struct control_client {
	unsigned               magic;
	struct control_server *server;
	struct list            link;
	int                    fd;
	bool                   dead, eof, writing;
	struct loop_task       again;  /* lines left over from the last turn */
	struct list            requests;
	unsigned               pending;
	bool                   subscribed, all_topics;
	char                   topic[CONTROL_TOPICS_MAX][24];
	unsigned               topic_count;
	char                  *out;
	size_t                 out_len, out_room;
	size_t                 in_len;
	char                   in[CONTROL_LINE_MAX];
};

struct control_request {
	unsigned               magic;
	struct control_client *client; /* NULL: it has gone */
	struct list            link;
	json_t                *id;
};

/* Takes fd over when it returns 0. */
int  connection_alloc(struct control_server *s, int fd);
/* Ends the connection; the object goes with the next turn, so that whoever holds it may go on. */
void connection_dead(struct control_client *c);
void connection_free(struct control_client *c);
void connection_send(struct control_client *c, const json_t *line);

#endif
