/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One client of the control socket: its lines, its requests, its answers. */
#include "control/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"

#define LOG_MODULE "control"

#define LINES_A_TURN 64 /* of one client, then the others and the calls have their turn */

/* ---- clients: output
 * ------------------------------------------------------------------------------------------------------------- */

void connection_dead(struct control_client *c)
{
	if (c->dead)
		return;
	c->dead = true;
	loop_fd_del(c->server->loop, c->fd);
	(void)close(c->fd);
	c->fd = -1;
	loop_unqueue(c->server->loop, &c->again);
	loop_queue(c->server->loop, &c->server->reap);
}

static void client_watch(struct control_client *c)
{
	uint32_t events = (c->eof ? 0u : (uint32_t)EPOLLIN) | (c->out_len ? (uint32_t)EPOLLOUT : 0u);

	c->writing = c->out_len > 0;
	if (loop_fd_change(c->server->loop, c->fd, events) != 0)
		connection_dead(c);
}

/* The peer has said all, and everything is answered and read. */
static void client_finish(struct control_client *c)
{
	if (!c->dead && c->eof && c->pending == 0 && c->out_len == 0 && !c->again.queued)
		connection_dead(c);
}

static void client_flush(struct control_client *c)
{
	size_t done = 0;

	while (!c->dead && done < c->out_len) {
		ssize_t n = send(c->fd, c->out + done, c->out_len - done, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0)
			connection_dead(c);
		else
			done += (size_t)n;
	}
	if (c->dead)
		return;
	memmove(c->out, c->out + done, c->out_len - done);
	c->out_len -= done;
	if (c->writing != (c->out_len > 0))
		client_watch(c);
	client_finish(c);
}

static void client_drop(struct control_client *c, const char *why)
{
	counter_inc(&c->server->counter[N_DROPPED]);
	log_warn("a client was disconnected: %s", why);
	connection_dead(c);
}

void connection_send(struct control_client *c, const json_t *line)
{
	size_t len = json_dumpb(line, NULL, 0, JSON_COMPACT), room = c->out_room;

	if (c->dead)
		return;
	if (len == 0 || c->out_len + len + 1 > CONTROL_OUTPUT_MAX) {
		client_drop(c, "it does not read its answers");
		return;
	}
	while (room < c->out_len + len + 1)
		room = room ? room * 2 : 4096;
	if (room > c->out_room) {
		char *grown = realloc(c->out, room);

		if (grown == NULL) {
			client_drop(c, "no memory");
			return;
		}
		c->out = grown;
		c->out_room = room;
	}
	(void)json_dumpb(line, c->out + c->out_len, len, JSON_COMPACT);
	c->out[c->out_len + len] = '\n';
	c->out_len += len + 1;
	client_flush(c);
}

void connection_free(struct control_client *c)
{
	struct list *pos, *nxt;

	MAGIC_CHECK(c, CLIENT_MAGIC);
	list_for_each(pos, nxt, &c->requests) {
		struct control_request *r = list_entry(pos, struct control_request, link);

		list_remove(&r->link);
		r->client = NULL;
	}
	list_remove(&c->link);
	c->server->client_count--;
	c->magic = MAGIC_DEAD;
	free(c->out);
	free(c);
}

/* ---- answers
 * --------------------------------------------------------------------------------------------------------------------- */

static json_t *answer_error(const json_t *id, const char *code, const char *text)
{
	json_t *j = json_pack("{s:i, s:O?, s:b, s:s, s:s}", "v", CONTROL_VERSION, "id", (json_t *)id, "ok", 0, "code", code,
	                      "error", text);

	/* A text that is no UTF-8 (a file name, say) is refused by jansson. */
	return j ? j
	         : json_pack("{s:i, s:O?, s:b, s:s, s:s}", "v", CONTROL_VERSION, "id", (json_t *)id, "ok", 0, "code", code,
	                     "error", code);
}

static void request_done(struct control_request *r, json_t *answer)
{
	struct control_client *c = r->client;

	list_remove(&r->link);
	if (c)
		c->pending--;
	if (c && answer)
		connection_send(c, answer);
	else if (c)
		client_drop(c, "no memory for its answer");
	json_decref(answer);
	json_decref(r->id);
	r->magic = MAGIC_DEAD;
	free(r);
}

void control_reply(struct control_request *r, json_t *result)
{
	MAGIC_CHECK(r, REQUEST_MAGIC);
	request_done(r, json_pack("{s:i, s:O, s:b, s:o?}", "v", CONTROL_VERSION, "id", r->id, "ok", 1, "result", result));
}

void control_fail(struct control_request *r, const char *code, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	MAGIC_CHECK(r, REQUEST_MAGIC);
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	request_done(r, answer_error(r->id, code, text));
}

void control_fail_errno(struct control_request *r, int err, const char *what)
{
	const char *code = CONTROL_FAILED;

	if (err == -ENOENT || err == -ENOTCONN)
		code = CONTROL_NOT_FOUND;
	else if (err == -EINVAL || err == -EBADMSG)
		code = CONTROL_ARGS;
	else if (err == -EBUSY || err == -EEXIST || err == -ENOSPC)
		code = CONTROL_BUSY;
	else if (err == -ENETDOWN || err == -EIO)
		code = CONTROL_UNAVAILABLE;
	control_fail(r, code, "%s: %s", what, strerror(-err));
}

/* ---- clients: input
 * -------------------------------------------------------------------------------------------------------------- */

static void client_error(struct control_client *c, const json_t *id, const char *code, const char *text)
{
	json_t *answer = answer_error(id, code, text);

	if (answer)
		connection_send(c, answer);
	json_decref(answer);
}

static void client_malformed(struct control_client *c, const json_t *id, const char *code, const char *text)
{
	counter_inc(&c->server->counter[N_MALFORMED]);
	client_error(c, id, code, text);
}

static void client_command(struct control_client *c, const json_t *line, const char *name, json_t *id)
{
	const json_t *args = json_object_get(line, "args");
	const struct control_command *k = NULL;
	struct control_request *r;

	counter_inc(&c->server->counter[N_REQUESTS]);
	for (unsigned i = 0; i < c->server->command_count; i++)
		if (strcmp(c->server->command[i].name, name) == 0)
			k = &c->server->command[i];
	if (k == NULL) {
		client_error(c, id, CONTROL_UNKNOWN, "there is no such command; \"help\" lists them");
		return;
	}
	r = c->pending < CONTROL_PENDING_MAX ? calloc(1, sizeof(*r)) : NULL;
	if (r == NULL) {
		client_error(c, id, CONTROL_BUSY, "too many questions are waiting for their answers");
		return;
	}
	r->magic = REQUEST_MAGIC;
	r->client = c;
	r->id = id ? json_incref(id) : json_null();
	list_append(&c->requests, &r->link);
	c->pending++;
	k->handler(r, args, k->arg);
}

static void client_line(struct control_client *c, const char *text, size_t len)
{
	json_error_t err;
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, &err);
	json_t *id = json_object_get(line, "id"), *v = json_object_get(line, "v"), *cmd = json_object_get(line, "cmd");
	const json_t *args = json_object_get(line, "args");

	if (line == NULL) {
		char why[sizeof(err.text) + 32];

		(void)snprintf(why, sizeof(why), "no JSON: %s", err.text);
		client_malformed(c, NULL, CONTROL_SYNTAX, why);
	} else if (id && !json_is_integer(id) && !json_is_string(id) && !json_is_null(id)) {
		client_malformed(c, NULL, CONTROL_SYNTAX, "id is a whole number or a text");
	} else if (!json_is_integer(v)) {
		client_malformed(c, id, CONTROL_SYNTAX, "a command is an object with v, id, cmd and args");
	} else if (json_integer_value(v) != CONTROL_VERSION) {
		client_malformed(c, id, CONTROL_VERSION_BAD, "this is version 1 of the protocol");
	} else if (!json_is_string(cmd)) {
		client_malformed(c, id, CONTROL_SYNTAX, "cmd is missing");
	} else if (args && !json_is_object(args) && !json_is_null(args)) {
		client_malformed(c, id, CONTROL_SYNTAX, "args is an object");
	} else {
		client_command(c, line, json_string_value(cmd), id);
	}
	json_decref(line);
}

/* Whole lines in the buffer, as many as one turn allows. */
static void client_handle_lines(struct control_client *c)
{
	size_t at = 0;
	unsigned lines = 0;
	char *end;

	while (!c->dead && lines < LINES_A_TURN && (end = memchr(c->in + at, '\n', c->in_len - at)) != NULL) {
		size_t len = (size_t)(end - (c->in + at));

		if (len > 0 && c->in[at + len - 1] == '\r')
			len--;
		if (len > 0)
			client_line(c, c->in + at, len);
		at = (size_t)(end - c->in) + 1;
		lines++;
	}
	if (c->dead)
		return;
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	if (lines == LINES_A_TURN) {
		loop_queue(c->server->loop, &c->again);
	} else if (c->in_len == sizeof(c->in)) {
		client_malformed(c, NULL, CONTROL_SYNTAX, "the line is too long");
		if (!c->dead)
			client_drop(c, "its line is too long");
	} else if (c->eof && c->in_len > 0) {
		c->in_len = 0;
		client_malformed(c, NULL, CONTROL_SYNTAX, "the last line has no end");
	}
	if (!c->dead)
		client_finish(c);
}

static void client_again(struct loop_task *t)
{
	client_handle_lines(container_of(t, struct control_client, again));
}

static void client_ready(int fd, uint32_t events, void *arg)
{
	struct control_client *c = arg;
	ssize_t n;

	MAGIC_CHECK(c, CLIENT_MAGIC);
	if (!c->dead && (events & EPOLLOUT))
		client_flush(c);
	if (!c->dead && (events & EPOLLIN) && !c->eof && c->in_len < sizeof(c->in)) {
		n = recv(fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);
		if (n > 0) {
			c->in_len += (size_t)n;
		} else if (n == 0) {
			c->eof = true;
			client_watch(c);
		} else if (errno != EAGAIN && errno != EINTR) {
			connection_dead(c);
		}
		if (!c->dead && !c->again.queued)
			client_handle_lines(c);
	}
	if (!c->dead && (events & (EPOLLHUP | EPOLLERR)))
		connection_dead(c); /* nobody reads any more */
}

/* ---- made
 * ----------------------------------------------------------------------------------------------------------------------- */

int connection_alloc(struct control_server *s, int fd)
{
	struct control_client *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->magic = CLIENT_MAGIC;
	c->server = s;
	c->fd = fd;
	c->again.run = client_again;
	list_init(&c->requests);
	err = loop_fd_add(s->loop, fd, EPOLLIN, client_ready, c);
	if (err) {
		free(c);
		return err;
	}
	list_append(&s->clients, &c->link);
	s->client_count++;
	counter_inc(&s->counter[N_CLIENTS]);
	return 0;
}
