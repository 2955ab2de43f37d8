/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/internal.h"

static const struct counter_desc counters_desc[N_COUNT] = {
	[N_CLIENTS] = { "clients", "Connections to the control socket." },
	[N_REQUESTS] = { "requests", "Commands that were carried out or refused." },
	[N_MALFORMED] = { "malformed", "Lines that were no command: no JSON, too long, another version." },
	[N_REFUSED] = { "refused_clients", "Connections refused because there were too many." },
	[N_DROPPED] = { "dropped_clients",
	                "Connections ended because the client did not read its answers, or sent a line too long." },
};

static void server_reap(struct loop_task *t)
{
	struct control_server *s = container_of(t, struct control_server, reap);
	struct list *pos, *nxt;

	list_for_each(pos, nxt, &s->clients) {
		struct control_client *c = list_entry(pos, struct control_client, link);

		if (c->dead)
			connection_free(c);
	}
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
			connection_send(c, line);
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

/* ---- the socket
 * ------------------------------------------------------------------------------------------------------------------ */

static void server_ready(int fd, uint32_t events, void *arg)
{
	static const char full[] = "{\"v\":1,\"id\":null,\"ok\":false,\"code\":\"busy\",\"error\":\"too many clients\"}\n";
	struct control_server *s = arg;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	MAGIC_CHECK(s, SERVER_MAGIC);
	if (client < 0)
		return;
	if (s->client_count < CONTROL_CLIENTS_MAX && connection_alloc(s, client) == 0)
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
	struct stat st = { 0 };
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

		connection_dead(c);
		connection_free(c);
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
