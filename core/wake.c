/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/wake.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/magic.h"

static void wake_on_task(struct loop_task *t)
{
	struct wake *w = container_of(t, struct wake, task);

	w->run(w);
}

static void wake_on_fd(int fd, uint32_t events, void *arg)
{
	struct wake *w = arg;
	uint64_t n;

	(void)events;
	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return;
	w->run(w);
}

int wake_open(struct wake *w, struct loop *l, void (*run)(struct wake *w))
{
	int err;

	*w = (struct wake){ .run = run, .loop = l, .task.run = wake_on_task, .fd = -1 };
	if (clock_is_virtual())
		return 0;
	w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->fd < 0) {
		err = -errno;
		w->loop = NULL;
		return err;
	}
	err = loop_fd_add(l, w->fd, EPOLLIN, wake_on_fd, w);
	if (err) {
		(void)close(w->fd);
		w->loop = NULL;
	}
	return err;
}

void wake_close(struct wake *w)
{
	if (!w->loop)
		return;
	if (w->fd >= 0) {
		loop_fd_del(w->loop, w->fd);
		(void)close(w->fd);
	} else {
		loop_unqueue(w->loop, &w->task);
	}
	w->loop = NULL;
}

bool wake_knock(struct wake *w)
{
	uint64_t one = 1;

	if (w->fd < 0) {
		loop_queue(w->loop, &w->task);
		return true;
	}
	return write(w->fd, &one, sizeof(one)) == sizeof(one);
}
