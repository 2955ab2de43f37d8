/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "core/magic.h"
#include "exchange/internal.h"
#include "exchange/lines.h"
#include "exchange/session.h"

#define LOG_MODULE "exchange"

struct client {
	struct list       link;
	struct xserver   *server;
	int               fd;
	struct xsession  *session;
	struct xlines     in;
	char             *out;
	size_t            out_len, out_size;
	bool              ending;      /* closes when out is empty */
	bool              no_more_in;
	struct loop_task  close_task;  /* never closed from within one of its own handlers */
};

struct xserver {
	struct exchange   *x;
	int                fd;
	struct sockaddr_un address;
	struct list        clients;
	unsigned           count;
};

static void client_free(struct client *c)
{
	loop_unqueue(c->server->x->loop, &c->close_task);
	loop_fd_del(c->server->x->loop, c->fd);
	close(c->fd);
	xsession_free(c->session);
	list_remove(&c->link);
	c->server->count--;
	free(c->out);
	free(c);
}

static void client_close(struct loop_task *t)
{
	client_free(container_of(t, struct client, close_task));
}

static void client_flush(struct client *c)
{
	struct loop *l = c->server->x->loop;
	ssize_t n = c->out_len ? send(c->fd, c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		loop_queue(l, &c->close_task);
		return;
	}
	if (n > 0) {
		c->out_len -= (size_t)n;
		memmove(c->out, c->out + n, c->out_len);
	}
	if (c->ending && !c->out_len)
		loop_queue(l, &c->close_task);
	(void)loop_fd_change(l, c->fd, (c->no_more_in ? 0 : EPOLLIN) | (c->out_len ? EPOLLOUT : 0));
}

static void client_write(const char *line, const struct json_t *o, void *arg)
{
	struct client *c = arg;
	size_t len = strlen(line), need = c->out_len + len + 1;

	(void)o;
	if (need > c->out_size) {
		char *p = need <= XSERVER_OUT_MAX ? realloc(c->out, need * 2) : NULL;

		if (!p) {
			loop_queue(c->server->x->loop, &c->close_task);
			return;
		}
		c->out = p;
		c->out_size = need * 2;
	}
	memcpy(c->out + c->out_len, line, len);
	c->out[need - 1] = '\n';
	c->out_len = need;
	client_flush(c);
}

static void client_end(int status, void *arg)
{
	struct client *c = arg;

	(void)status;
	if (c->ending)
		return;
	c->ending = c->no_more_in = true;
	client_flush(c);
}

static int client_line(const char *text, void *arg)
{
	struct client *c = arg;
	int err = xsession_line(c->session, text);

	if (err)
		loop_queue(c->server->x->loop, &c->close_task); /* too many lines waiting: a flood */
	return err;
}

static void on_client(int fd, uint32_t events, void *arg)
{
	struct client *c = arg;
	char buf[4096];
	ssize_t n;

	if (events & EPOLLOUT)
		client_flush(c);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0) {
		(void)xlines_feed(&c->in, buf, (size_t)n, client_line, c);
	} else if (n == 0 && !c->no_more_in) {
		(void)xlines_end(&c->in, client_line, c);
		c->no_more_in = true;
		xsession_eof(c->session);
		client_flush(c);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		loop_queue(c->server->x->loop, &c->close_task);
	}
}

static int client_alloc(struct xserver *s, int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->server = s;
	c->fd = fd;
	c->close_task.run = client_close;
	err = xsession_alloc(&c->session, s->x,
	                     &(struct xsession_sink){ .reply = client_write, .event = client_write, .end = client_end, .arg = c },
	                     false);
	if (!err) {
		err = loop_fd_add(s->x->loop, fd, EPOLLIN, on_client, c);
		if (err)
			xsession_free(c->session);
	}
	if (err) {
		free(c);
		return err;
	}
	list_append(&s->clients, &c->link);
	s->count++;
	return 0;
}

static void on_connect(int fd, uint32_t events, void *arg)
{
	struct xserver *s = arg;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (client < 0)
		return;
	if (s->count == XSERVER_CLIENTS_MAX || client_alloc(s, client)) {
		log_warn("a client of the socket is refused: %u are there", s->count);
		close(client);
	}
}

/* A socket left by one that died is in the way; one that answers is not ours. */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, err;

	if (lstat(address->sun_path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? errno : 0;
	close(fd);
	if (err != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(address->sun_path) ? -errno : 0;
}

int xserver_alloc(struct xserver **sp, struct exchange *x, const char *path)
{
	struct xserver *s = calloc(1, sizeof(*s));
	mode_t mask;
	int err;

	if (!s)
		return -ENOMEM;
	s->x = x;
	s->fd = -1;
	list_init(&s->clients);
	s->address.sun_family = AF_UNIX;
	err = strlen(path) < sizeof(s->address.sun_path) ? 0 : -ENAMETOOLONG;
	if (err)
		goto out;
	memcpy(s->address.sun_path, path, strlen(path) + 1);
	err = remove_stale(&s->address);
	if (err)
		goto out;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&s->address, sizeof(s->address)) || listen(s->fd, 16))
		err = -errno;
	umask(mask);
	if (!err)
		err = loop_fd_add(x->loop, s->fd, EPOLLIN, on_connect, s);
out:
	if (err) {
		if (s->fd >= 0)
			close(s->fd);
		free(s);
		return err;
	}
	*sp = s;
	return 0;
}

void xserver_free(struct xserver *s)
{
	struct list *pos, *nxt;

	if (!s)
		return;
	list_for_each(pos, nxt, &s->clients)
		client_free(list_entry(pos, struct client, link));
	loop_fd_del(s->x->loop, s->fd);
	close(s->fd);
	(void)unlink(s->address.sun_path);
	free(s);
}
