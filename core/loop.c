/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/loop_private.h"
#include "core/magic.h"

#define LOOP_FDS_TURN        64
#define LOOP_TIMERS_TURN     1000  /* a timer that restarts itself at once does not starve the descriptors */
#define LOOP_VIRTUAL_POLL_US 10000 /* of virtual time: a system call for each tick of a world would be most of its work */
#define LOOP_VIRTUAL_POLLS   1000  /* at one moment: a descriptor that is always ready does not stop time */

static void loop_take_posts(struct loop *l);

int loop_alloc(struct loop **lp)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct epoll_event ev = { .events = EPOLLIN };

	if (l == NULL)
		return -ENOMEM;
	l->magic = LOOP_MAGIC;
	l->owner = pthread_self();
	l->tail = &l->head;
	l->polled_us = INT64_MIN;
	list_init(&l->coro_list);
	l->post_tail = &l->post_head;
	(void)pthread_mutex_init(&l->lock, NULL);
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	l->evfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epfd < 0 || l->evfd < 0 || epoll_ctl(l->epfd, EPOLL_CTL_ADD, l->evfd, &ev) < 0) {
		int err = -errno;

		if (l->epfd >= 0)
			(void)close(l->epfd);
		if (l->evfd >= 0)
			(void)close(l->evfd);
		free(l);
		return err;
	}
	*lp = l;
	return 0;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(loop_is_mine(l));
	loop_take_posts(l);
	assert(l->head == NULL && l->turn == NULL);
	assert(l->timer_count == 0);
	assert(l->fds == NULL);
	assert(l->coros == 0);
	assert(l->outstanding == 0);
	coro_loop_free(l);
	while (l->dead) { /* descriptors deleted since the last turn */
		struct loop_fd *f = l->dead;

		l->dead = f->next;
		free(f);
	}
	(void)close(l->epfd);
	(void)close(l->evfd);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->heap);
	l->magic = MAGIC_DEAD;
	free(l);
}

bool loop_is_mine(const struct loop *l)
{
	return pthread_equal(l->owner, pthread_self()) || coro_thread_holds_baton(l);
}

/* ---- tasks ---- */

void loop_queue(struct loop *l, struct loop_task *t)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(loop_is_mine(l));
	if (t->queued)
		return;
	t->queued = true;
	t->next = NULL;
	*l->tail = t;
	l->tail = &t->next;
}

void loop_unqueue(struct loop *l, struct loop_task *t)
{
	struct loop_task **p;

	assert(loop_is_mine(l));
	if (!t->queued)
		return;
	t->queued = false;
	for (p = &l->turn; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			return;
		}
	for (p = &l->head; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			if (l->tail == &t->next)
				l->tail = p;
			return;
		}
	assert(!"a task that is queued is in one of the lists of its own loop");
}

void loop_post(struct loop *l, struct loop_task *t)
{
	uint64_t one = 1;
	bool wake;

	MAGIC_CHECK(l, LOOP_MAGIC);
	pthread_mutex_lock(&l->lock);
	t->next = NULL;
	wake = l->post_head == NULL;
	*l->post_tail = t;
	l->post_tail = &t->next;
	pthread_mutex_unlock(&l->lock);
	if (wake)
		(void)!write(l->evfd, &one, sizeof(one)); /* full means awake */
}

static void loop_take_posts(struct loop *l)
{
	struct loop_task *t, *next;

	pthread_mutex_lock(&l->lock);
	t = l->post_head;
	l->post_head = NULL;
	l->post_tail = &l->post_head;
	pthread_mutex_unlock(&l->lock);
	for (; t; t = next) {
		next = t->next;
		t->queued = false;
		loop_queue(l, t);
	}
}

/* Only what was queued before: a task that queues itself again does not starve the timers. */
static bool loop_run_tasks(struct loop *l)
{
	struct loop_task *t;
	bool any = false;

	assert(l->turn == NULL); /* nothing runs nested */
	l->turn = l->head;
	l->head = NULL;
	l->tail = &l->head;
	while ((t = l->turn) != NULL) {
		l->turn = t->next;
		t->queued = false;
		any = true;
		t->run(t); /* may free t, unqueue others */
	}
	return any;
}

void loop_outstanding(struct loop *l, int change)
{
	assert(loop_is_mine(l));
	l->outstanding += change;
	assert(l->outstanding >= 0);
}

/* ---- descriptors ---- */

static struct loop_fd *loop_fd_find(struct loop *l, int fd)
{
	struct loop_fd *f = l->fds;

	while (f && f->fd != fd)
		f = f->next;
	return f;
}

int loop_fd_add(struct loop *l, int fd, uint32_t events, loop_fd_h *h, void *arg)
{
	struct epoll_event ev = { .events = events };
	struct loop_fd *f;

	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(loop_is_mine(l));
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -ENOMEM;
	f->fd = fd;
	f->h = h;
	f->arg = arg;
	ev.data.ptr = f;
	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		int err = -errno;

		free(f);
		return err;
	}
	f->next = l->fds;
	l->fds = f;
	return 0;
}

int loop_fd_change(struct loop *l, int fd, uint32_t events)
{
	struct loop_fd *f = loop_fd_find(l, fd);
	struct epoll_event ev = { .events = events, .data.ptr = f };

	assert(loop_is_mine(l));
	if (f == NULL)
		return -ENOENT;
	return epoll_ctl(l->epfd, EPOLL_CTL_MOD, fd, &ev) < 0 ? -errno : 0;
}

void loop_fd_del(struct loop *l, int fd)
{
	assert(loop_is_mine(l));
	for (struct loop_fd **p = &l->fds; *p; p = &(*p)->next)
		if ((*p)->fd == fd) {
			struct loop_fd *f = *p;

			(void)epoll_ctl(l->epfd, EPOLL_CTL_DEL, fd, NULL);
			*p = f->next;
			f->h = NULL; /* an event of this turn may still point here */
			f->next = l->dead;
			l->dead = f;
			return;
		}
}

/* Returns whether there was anything. */
static bool loop_poll(struct loop *l, int timeout_ms)
{
	struct epoll_event ev[LOOP_FDS_TURN];
	int n = epoll_wait(l->epfd, ev, LOOP_FDS_TURN, timeout_ms);
	uint64_t count;

	for (int i = 0; i < n; i++) {
		struct loop_fd *f = ev[i].data.ptr;

		if (f == NULL)
			(void)!read(l->evfd, &count, sizeof(count));
		else if (f->h)
			f->h(f->fd, ev[i].events, f->arg);
	}
	while (l->dead) {
		struct loop_fd *f = l->dead;

		l->dead = f->next;
		free(f);
	}
	loop_take_posts(l);
	return n > 0 || l->head;
}

/* ---- running ---- */

static int loop_wait_ms(const struct loop *l)
{
	int64_t us;

	if (l->head)
		return 0;
	if (l->timer_count == 0)
		return -1;
	us = l->heap[0]->at_us - clock_mono_us();
	return us <= 0 ? 0 : us > 60000000 ? 60000 : (int)((us + 999) / 1000);
}

void loop_run(struct loop *l)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(loop_is_mine(l));
	l->stop = false;
	if (clock_is_virtual()) {
		loop_run_until(l, CLOCK_NEVER, &l->stop);
		return;
	}
	while (!l->stop) {
		int budget = LOOP_TIMERS_TURN;

		(void)loop_run_tasks(l);
		while (!l->stop && budget-- > 0 && loop_timer_run_due(l))
			;
		if (!l->stop)
			(void)loop_poll(l, loop_wait_ms(l));
	}
}

void loop_stop(struct loop *l)
{
	assert(loop_is_mine(l));
	l->stop = true;
}

/* Nothing is left to do at this moment. Moves time to the next timer or to until_us; false: that has come. */
static bool loop_move_time(struct loop *l, int64_t until_us)
{
	int64_t now = clock_mono_us(), next = l->timer_count ? l->heap[0]->at_us : CLOCK_NEVER;

	if (next > until_us)
		next = until_us;
	if (now != l->polled_us)
		l->polls = 0;
	/* What was written to a socket must not wait for a timer that is far. */
	if (l->polled_us > now || next / LOOP_VIRTUAL_POLL_US != l->polled_us / LOOP_VIRTUAL_POLL_US) {
		l->polled_us = now;
		if (l->polls++ < LOOP_VIRTUAL_POLLS && loop_poll(l, 0))
			return true;
	}
	if (next == CLOCK_NEVER) {
		(void)loop_poll(l, -1); /* nothing will ever happen by itself */
		return true;
	}
	if (next > now)
		clock_virtual_set(next);
	return next < until_us || (l->timer_count && l->heap[0]->at_us <= clock_mono_us());
}

/* One timer a turn, and whatever it queued, before the next: what a scenario sees does not depend on the speed of the machine. */
void loop_run_until(struct loop *l, int64_t mono_us, const bool *stop)
{
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(clock_is_virtual());
	assert(loop_is_mine(l));
	while (!(stop && *stop)) {
		if (loop_run_tasks(l))
			continue;
		if (l->outstanding > 0) { /* time stands still while others work for us */
			(void)loop_poll(l, -1);
			continue;
		}
		if (loop_timer_run_due(l))
			continue;
		loop_take_posts(l);
		if (l->head == NULL && !loop_move_time(l, mono_us))
			return;
	}
}
