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

#define LOOP_FDS_TURN       64
#define LOOP_VIRTUAL_POLL_US 10000 /* descriptors are looked at so often in virtual time */

int loop_alloc(struct loop **lp)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct epoll_event ev = { .events = EPOLLIN };

	if (l == NULL)
		return -ENOMEM;
	l->owner = pthread_self();
	l->tail = &l->head;
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
	assert(l->timer_count == 0 && l->fds == NULL && l->coros == 0 && l->head == NULL);
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
	free(l);
}

bool loop_is_mine(const struct loop *l)
{
	return pthread_equal(l->owner, pthread_self()) || coro_thread_holds_baton(l);
}

/* ---- tasks ---- */

void loop_queue(struct loop *l, struct loop_task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	t->next = NULL;
	*l->tail = t;
	l->tail = &t->next;
}

void loop_unqueue(struct loop *l, struct loop_task *t)
{
	if (!t->queued)
		return;
	for (struct loop_task **p = &l->head; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			if (l->tail == &t->next)
				l->tail = p;
			t->queued = false;
			return;
		}
}

void loop_post(struct loop *l, struct loop_task *t)
{
	uint64_t one = 1;
	bool wake;

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
	struct loop_task *stop, *t;
	bool any = false;

	stop = l->head ? container_of(l->tail, struct loop_task, next) : NULL;
	while (stop && (t = l->head) != NULL) {
		bool last = t == stop;

		l->head = t->next;
		if (l->head == NULL)
			l->tail = &l->head;
		t->queued = false;
		any = true;
		t->run(t);
		if (last)
			break;
	}
	return any;
}

void loop_outstanding(struct loop *l, int change)
{
	l->outstanding += change;
	assert(l->outstanding >= 0);
}

/* ---- timers: a binary heap by time, then order of starting ---- */

static bool timer_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void heap_put(struct loop *l, unsigned i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->index = i + 1;
}

static void heap_up(struct loop *l, unsigned i, struct loop_timer *t)
{
	while (i > 0 && timer_before(t, l->heap[(i - 1) / 2])) {
		heap_put(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(l, i, t);
}

static void heap_down(struct loop *l, unsigned i, struct loop_timer *t)
{
	for (;;) {
		unsigned child = 2 * i + 1;

		if (child >= l->timer_count)
			break;
		if (child + 1 < l->timer_count && timer_before(l->heap[child + 1], l->heap[child]))
			child++;
		if (!timer_before(l->heap[child], t))
			break;
		heap_put(l, i, l->heap[child]);
		i = child;
	}
	heap_put(l, i, t);
}

void loop_timer_init(struct loop *l, struct loop_timer *t, void (*fire)(struct loop_timer *))
{
	memset(t, 0, sizeof(*t));
	t->loop = l;
	t->fire = fire;
}

void loop_timer_start(struct loop_timer *t, int64_t delay_us)
{
	loop_timer_start_at(t, clock_mono_us() + (delay_us > 0 ? delay_us : 0));
}

void loop_timer_start_at(struct loop_timer *t, int64_t mono_us)
{
	struct loop *l = t->loop;

	loop_timer_stop(t);
	if (l->timer_count == l->heap_size) {
		unsigned n = l->heap_size ? l->heap_size * 2 : 64;
		struct loop_timer **heap = realloc(l->heap, n * sizeof(*heap));

		if (heap == NULL)
			abort(); /* without timers nothing can be ended properly */
		l->heap = heap;
		l->heap_size = n;
	}
	t->at_us = mono_us;
	t->order = l->timer_order++;
	heap_up(l, l->timer_count++, t);
}

void loop_timer_stop(struct loop_timer *t)
{
	struct loop *l = t->loop;
	struct loop_timer *last;
	unsigned i;

	if (t->index == 0)
		return;
	i = t->index - 1;
	t->index = 0;
	last = l->heap[--l->timer_count];
	if (last == t)
		return;
	if (i > 0 && timer_before(last, l->heap[(i - 1) / 2]))
		heap_up(l, i, last);
	else
		heap_down(l, i, last);
}

static bool loop_run_timer(struct loop *l)
{
	struct loop_timer *t;

	if (l->timer_count == 0 || l->heap[0]->at_us > clock_mono_us())
		return false;
	t = l->heap[0];
	loop_timer_stop(t);
	t->fire(t);
	return true;
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
	struct loop_fd *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	f->fd = fd;
	f->h = h;
	f->arg = arg;
	ev.data.ptr = f;
	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		free(f);
		return -errno;
	}
	f->next = l->fds;
	l->fds = f;
	return 0;
}

int loop_fd_change(struct loop *l, int fd, uint32_t events)
{
	struct loop_fd *f = loop_fd_find(l, fd);
	struct epoll_event ev = { .events = events, .data.ptr = f };

	if (f == NULL)
		return -ENOENT;
	return epoll_ctl(l->epfd, EPOLL_CTL_MOD, fd, &ev) < 0 ? -errno : 0;
}

void loop_fd_del(struct loop *l, int fd)
{
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

static void loop_poll(struct loop *l, int timeout_ms)
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
	l->stop = false;
	if (clock_is_virtual()) {
		loop_run_until(l, CLOCK_NEVER, &l->stop);
		return;
	}
	while (!l->stop) {
		int budget = 1000; /* due timers a turn: a timer that restarts itself at once does not starve the descriptors */

		(void)loop_run_tasks(l);
		while (!l->stop && budget-- > 0 && loop_run_timer(l))
			;
		if (!l->stop)
			loop_poll(l, loop_wait_ms(l));
	}
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

void loop_run_until(struct loop *l, int64_t mono_us, const bool *stop)
{
	assert(clock_is_virtual());
	while (!(stop && *stop)) {
		int64_t next;

		if (loop_run_tasks(l))
			continue;
		if (l->outstanding > 0) { /* time stands still while others work for us */
			loop_poll(l, -1);
			continue;
		}
		if (clock_mono_us() >= l->polled_us + LOOP_VIRTUAL_POLL_US) {
			l->polled_us = clock_mono_us();
			loop_poll(l, 0);
			if (l->head)
				continue;
		}
		if (loop_run_timer(l))
			continue;
		loop_take_posts(l);
		if (l->head)
			continue;
		next = l->timer_count ? l->heap[0]->at_us : CLOCK_NEVER;
		if (next > mono_us) {
			if (mono_us == CLOCK_NEVER) {
				loop_poll(l, -1); /* nothing will ever happen by itself */
				continue;
			}
			clock_virtual_set(mono_us > clock_mono_us() ? mono_us : clock_mono_us());
			return;
		}
		clock_virtual_set(next);
	}
}
