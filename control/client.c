/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control.h"
#include "core/clock.h"
#include "core/magic.h"

#define CLIENT_MAGIC 0x43544343u
#define CONNECT_S    2

struct control_client {
	unsigned magic;
	int      fd;
	json_int_t last_id;
	char    *in;
	size_t   in_len, in_room;
};

int control_client_open(struct control_client **cp, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = CONNECT_S };
	struct control_client *c;
	int err = 0;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	c->magic = CLIENT_MAGIC;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* a server that hangs accepts nobody: its queue of connections becomes full */
	if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
	    connect(c->fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0)
		err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (err) {
		control_client_close(c);
		return err;
	}
	*cp = c;
	return 0;
}

void control_client_close(struct control_client *c)
{
	if (c == NULL)
		return;
	MAGIC_CHECK(c, CLIENT_MAGIC);
	if (c->fd >= 0)
		(void)close(c->fd);
	c->magic = MAGIC_DEAD;
	free(c->in);
	free(c);
}

/* 0 when the descriptor is ready before the deadline. */
static int wait_for(int fd, short events, int64_t deadline_us)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int64_t left_us = deadline_us == CLOCK_NEVER ? -1 : deadline_us - clock_mono_us();
		int n;

		if (deadline_us != CLOCK_NEVER && left_us <= 0)
			return -ETIMEDOUT;
		n = poll(&p, 1,
		         deadline_us == CLOCK_NEVER || left_us > CLOCK_SEC(3600) ? 3600 * 1000 : (int)((left_us + 999) / 1000));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int client_write(struct control_client *c, const char *text, size_t len, int64_t deadline_us)
{
	while (len > 0) {
		int err = wait_for(c->fd, POLLOUT, deadline_us);
		ssize_t n;

		if (err)
			return err;
		n = send(c->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return errno == EPIPE ? -ECONNRESET : -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int client_more(struct control_client *c, int64_t deadline_us)
{
	ssize_t n;
	int err;

	if (c->in_len == c->in_room) {
		size_t room = c->in_room ? c->in_room * 2 : 16384;
		char *grown = room <= 2 * CONTROL_OUTPUT_MAX ? realloc(c->in, room) : NULL;

		if (grown == NULL)
			return c->in_room >= CONTROL_OUTPUT_MAX ? -EPROTO : -ENOMEM;
		c->in = grown;
		c->in_room = room;
	}
	err = wait_for(c->fd, POLLIN, deadline_us);
	if (err)
		return err;
	n = recv(c->fd, c->in + c->in_len, c->in_room - c->in_len, MSG_DONTWAIT);
	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	c->in_len += (size_t)n;
	return 0;
}

/* The next line as JSON. */
static int client_read(struct control_client *c, json_t **line, int64_t deadline_us)
{
	size_t seen = 0, len;
	json_error_t why;
	char *end;
	int err = 0;

	while (c->in_len == seen || (end = memchr(c->in + seen, '\n', c->in_len - seen)) == NULL) {
		seen = c->in_len;
		err = client_more(c, deadline_us);
		if (err)
			return err;
	}
	len = (size_t)(end - c->in);
	*line = json_loadb(c->in, len, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(*line)) {
		json_decref(*line);
		err = -EPROTO;
	}
	memmove(c->in, end + 1, c->in_len - len - 1);
	c->in_len -= len + 1;
	return err;
}

static int take_answer(const json_t *line, json_t **result, struct control_problem *problem)
{
	const char *code = json_string_value(json_object_get(line, "code")),
		   *text = json_string_value(json_object_get(line, "error"));

	if (json_is_true(json_object_get(line, "ok"))) {
		json_t *r = json_object_get(line, "result");

		*result = r ? json_incref(r) : json_null();
		return 0;
	}
	if (problem) {
		(void)snprintf(problem->code, sizeof(problem->code), "%s", code ? code : "failed");
		(void)snprintf(problem->text, sizeof(problem->text), "%s", text ? text : "no reason was given");
	}
	return -EREMOTEIO;
}

int control_client_call(struct control_client *c, const char *cmd, json_t *args, json_t **result, struct control_problem *problem,
                        int64_t timeout_us)
{
	int64_t deadline_us = timeout_us == CLOCK_NEVER ? CLOCK_NEVER : clock_mono_us() + timeout_us;
	json_t *question, *line, *id;
	char *text;
	int err = 0;

	MAGIC_CHECK(c, CLIENT_MAGIC);
	question = json_pack("{s:i, s:I, s:s, s:o*}", "v", CONTROL_VERSION, "id", ++c->last_id, "cmd", cmd, "args", args);
	text = question ? json_dumps(question, JSON_COMPACT) : NULL;
	json_decref(question);
	if (text == NULL)
		return -EINVAL;
	if (strlen(text) + 1 > CONTROL_LINE_MAX)
		err = -EMSGSIZE;
	if (!err)
		err = client_write(c, text, strlen(text), deadline_us);
	if (!err)
		err = client_write(c, "\n", 1, deadline_us);
	free(text);
	while (!err) {
		err = client_read(c, &line, deadline_us);
		if (err)
			break;
		id = json_object_get(line, "id");
		/* An answer without an id is to a question the server could not read, or says that there are too many clients. */
		if (json_object_get(line, "event") == NULL && (json_is_null(id) || json_integer_value(id) == c->last_id)) {
			err = take_answer(line, result, problem);
			json_decref(line);
			break;
		}
		json_decref(line);
	}
	return err;
}

int control_client_event(struct control_client *c, json_t **event, int64_t timeout_us)
{
	int64_t deadline_us = timeout_us == CLOCK_NEVER ? CLOCK_NEVER : clock_mono_us() + timeout_us;
	json_t *line;
	int err;

	MAGIC_CHECK(c, CLIENT_MAGIC);
	for (;;) {
		err = client_read(c, &line, deadline_us);
		if (err)
			return err;
		if (json_is_string(json_object_get(line, "event")))
			break;
		json_decref(line);
	}
	*event = line;
	return 0;
}

int control_call(const char *path, const char *cmd, json_t *args, json_t **result, struct control_problem *problem,
                 int64_t timeout_us)
{
	struct control_client *c;
	int err = control_client_open(&c, path);

	if (err) {
		json_decref(args);
		return err;
	}
	err = control_client_call(c, cmd, args, result, problem, timeout_us);
	control_client_close(c);
	return err;
}
