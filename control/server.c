/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/list.h"
#include "core/log.h"

#define LOG_MODULE "control"

#define SERVER_MAGIC  0x43545256u
#define CLIENT_MAGIC  0x43544c43u
#define REQUEST_MAGIC 0x43545251u
#define LINES_A_TURN  64 /* of one client, then the others and the calls have their turn */

enum { N_CLIENTS, N_REQUESTS, N_MALFORMED, N_REFUSED, N_DROPPED, N_COUNT };
static const struct counter_desc counters_desc[N_COUNT] = {
	[N_CLIENTS] = { "clients", "Connections to the control socket." },
	[N_REQUESTS] = { "requests", "Commands that were carried out or refused." },
	[N_MALFORMED] = { "malformed", "Lines that were no command: no JSON, too long, another version." },
	[N_REFUSED] = { "refused_clients", "Connections refused because there were too many." },
	[N_DROPPED] = { "dropped_clients",
	                "Connections ended because the client did not read its answers, or sent a line too long." },
};

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

/* ---- clients: output
 * ------------------------------------------------------------------------------------------------------------- */

static void client_dead(struct control_client *c)
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
		client_dead(c);
}

/* The peer has said all, and everything is answered and read. */
static void client_finish(struct control_client *c)
{
	if (!c->dead && c->eof && c->pending == 0 && c->out_len == 0 && !c->again.queued)
		client_dead(c);
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
			client_dead(c);
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
	client_dead(c);
}

static void client_send(struct control_client *c, const json_t *line)
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

static void client_free(struct control_client *c)
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

static void server_reap(struct loop_task *t)
{
	struct control_server *s = container_of(t, struct control_server, reap);
	struct list *pos, *nxt;

	list_for_each(pos, nxt, &s->clients) {
		struct control_client *c = list_entry(pos, struct control_client, link);

		if (c->dead)
			client_free(c);
	}
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
		client_send(c, answer);
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

/* ---- events
 * ---------------------------------------------------------------------------------------------------------------------- */

static bool client_wants(const struct control_client *c, const char *topic)
{
	if (c->dead || !c->subscribed)
		return false;
	for (unsigned i = 0; i < c->topic_count; i++)
		if (strcmp(c->topic[i], topic) == 0)
			return true;
	return c->all_topics;
}

bool control_wanted(const struct control_server *s, const char *topic)
{
	struct list *pos, *nxt;

	MAGIC_CHECK(s, SERVER_MAGIC);
	list_for_each(pos, nxt, &s->clients)
		if (client_wants(list_entry(pos, struct control_client, link), topic))
			return true;
	return false;
}

void control_event(struct control_server *s, const char *topic, json_t *data)
{
	json_t *line = json_pack("{s:i, s:s, s:o?}", "v", CONTROL_VERSION, "event", topic, "data", data);
	struct list *pos, *nxt;

	MAGIC_CHECK(s, SERVER_MAGIC);
	if (line == NULL)
		return;
	list_for_each(pos, nxt, &s->clients) {
		struct control_client *c = list_entry(pos, struct control_client, link);

		if (client_wants(c, topic))
			client_send(c, line);
	}
	json_decref(line);
}

static void command_subscribe(struct control_request *r, const json_t *args, void *arg)
{
	struct control_client *c = r->client;
	const json_t *topics = json_object_get(args, "topics");
	unsigned count = 0;
	size_t i;
	json_t *v;

	(void)arg;
	if (topics && (!json_is_array(topics) || json_array_size(topics) > CONTROL_TOPICS_MAX)) {
		control_fail(r, CONTROL_ARGS, "topics is a list of at most %d names", CONTROL_TOPICS_MAX);
		return;
	}
	json_array_foreach((json_t *)topics, i, v) {
		if (!json_is_string(v) || json_string_length(v) >= sizeof(c->topic[0])) {
			control_fail(r, CONTROL_ARGS, "a topic is a short name");
			return;
		}
	}
	json_array_foreach((json_t *)topics, i, v)(void)
		snprintf(c->topic[count++], sizeof(c->topic[0]), "%s", json_string_value(v));
	c->topic_count = count;
	c->all_topics = topics == NULL;
	c->subscribed = true;
	control_reply(r, NULL);
}

static void command_unsubscribe(struct control_request *r, const json_t *args, void *arg)
{
	(void)args;
	(void)arg;
	r->client->subscribed = false;
	control_reply(r, NULL);
}

static void command_help(struct control_request *r, const json_t *args, void *arg)
{
	struct control_server *s = arg;
	json_t *list = json_array();

	(void)args;
	for (unsigned i = 0; i < s->command_count; i++) {
		const struct control_command *k = &s->command[i];

		(void)json_array_append_new(list,
		                            json_pack("{s:s, s:s, s:s}", "cmd", k->name, "args", k->args_text, "text", k->text));
	}
	control_reply(r, list);
}

int control_register(struct control_server *s, const char *cmd, const char *args_text, const char *text, control_command_h *h,
                     void *arg)
{
	MAGIC_CHECK(s, SERVER_MAGIC);
	for (unsigned i = 0; i < s->command_count; i++)
		if (strcmp(s->command[i].name, cmd) == 0)
			return -EEXIST;
	if (s->command_count == CONTROL_COMMANDS_MAX)
		return -ENOSPC;
	s->command[s->command_count++] =
		(struct control_command){ .name = cmd, .args_text = args_text, .text = text, .handler = h, .arg = arg };
	return 0;
}

/* ---- clients: input
 * -------------------------------------------------------------------------------------------------------------- */

static void client_error(struct control_client *c, const json_t *id, const char *code, const char *text)
{
	json_t *answer = answer_error(id, code, text);

	if (answer)
		client_send(c, answer);
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
			client_dead(c);
		}
		if (!c->dead && !c->again.queued)
			client_handle_lines(c);
	}
	if (!c->dead && (events & (EPOLLHUP | EPOLLERR)))
		client_dead(c); /* nobody reads any more */
}

/* ---- the socket
 * ------------------------------------------------------------------------------------------------------------------ */

static int client_alloc(struct control_server *s, int fd)
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

static void server_ready(int fd, uint32_t events, void *arg)
{
	static const char full[] = "{\"v\":1,\"id\":null,\"ok\":false,\"code\":\"busy\",\"error\":\"too many clients\"}\n";
	struct control_server *s = arg;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	MAGIC_CHECK(s, SERVER_MAGIC);
	if (client < 0)
		return;
	if (s->client_count < CONTROL_CLIENTS_MAX && client_alloc(s, client) == 0)
		return;
	counter_inc(&s->counter[N_REFUSED]);
	(void)send(client, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(client);
}

/* A socket file left by a process that has died is removed; anything else that is in the way stays. */
static int remove_stale(const struct sockaddr_un *sa)
{
	struct stat st;
	int fd, err = 0;

	if (lstat(sa->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 || errno != ECONNREFUSED)
		err = -EADDRINUSE;
	else if (unlink(sa->sun_path) != 0)
		err = -errno;
	(void)close(fd);
	return err;
}

static int server_listen(struct control_server *s, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat st;
	int err;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	err = remove_stale(&sa);
	if (err)
		return err;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 || bind(s->fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0)
		return -errno;
	/* Nobody can connect before listen(), so the mode is right before anybody can. */
	if (chmod(path, 0600) != 0 || lstat(path, &st) != 0)
		err = -errno;
	(void)snprintf(s->path, sizeof(s->path), "%s", path);
	if (err) {
		(void)unlink(path);
		return err;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return listen(s->fd, 16) == 0 ? 0 : -errno;
}

int control_server_alloc(struct control_server **sp, struct loop *l, struct counter_registry *counters, const char *path)
{
	struct control_server *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->magic = SERVER_MAGIC;
	s->loop = l;
	s->fd = -1;
	s->reap.run = server_reap;
	list_init(&s->clients);
	err = server_listen(s, path);
	if (!err)
		err = loop_fd_add(l, s->fd, EPOLLIN, server_ready, s);
	if (err) {
		if (s->fd >= 0)
			(void)close(s->fd);
		s->fd = -1;
		control_server_free(s);
		return err;
	}
	s->registry = counters;
	(void)snprintf(s->group.name, sizeof(s->group.name), "control");
	s->group.desc = counters_desc;
	s->group.values = s->counter;
	s->group.count = N_COUNT;
	if (counters)
		counter_register(counters, &s->group);
	(void)control_register(s, "help", "", "the commands", command_help, s);
	(void)control_register(s, "subscribe", "[topics]", "events follow, of these topics or of all", command_subscribe, s);
	(void)control_register(s, "unsubscribe", "", "no more events", command_unsubscribe, s);
	*sp = s;
	return 0;
}

void control_server_free(struct control_server *s)
{
	struct list *pos, *nxt;
	struct stat st;

	if (s == NULL)
		return;
	MAGIC_CHECK(s, SERVER_MAGIC);
	list_for_each(pos, nxt, &s->clients) {
		struct control_client *c = list_entry(pos, struct control_client, link);

		client_dead(c);
		client_free(c);
	}
	loop_unqueue(s->loop, &s->reap);
	if (s->fd >= 0) {
		loop_fd_del(s->loop, s->fd);
		(void)close(s->fd);
	}
	/* Only our own file: another node may have taken the place. */
	if (s->path[0] && lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		(void)unlink(s->path);
	if (s->registry)
		counter_unregister(s->registry, &s->group);
	s->magic = MAGIC_DEAD;
	free(s);
}

unsigned control_clients(const struct control_server *s)
{
	MAGIC_CHECK(s, SERVER_MAGIC);
	return s->client_count;
}
