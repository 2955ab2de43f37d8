/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/loop.h - the control thread's loop: timers, queued work, file descriptors, coroutines that became runnable.
 *
 * One thread owns a loop and every object hanging from it. The functions are for that thread, loop_post() excepted.
 * Order within a turn: queued tasks, then due timers in order of their time (equal times in order of starting), then
 * descriptors. Nothing runs nested: a handler that wants something done queues it (house rule 21).
 *
 * With a virtual clock (core/clock.h) the loop itself moves time: to the next timer, and only when nothing is queued,
 * no coroutine is runnable and no worker job is outstanding. Several objects (two nodes and an exchange) share it then.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Work to be done on the loop's thread, embedded in its owner's struct. Queued at most once at a time. */
struct loop_task {
	void (*run)(struct loop_task *t);
	struct loop_task *next;   /* the loop's */
	bool              queued; /* the loop's */
};

struct loop_timer {
	void (*fire)(struct loop_timer *t);
	int64_t      at_us;   /* mono; the loop's */
	uint64_t     order;   /* the loop's */
	unsigned     index;   /* place in the heap + 1, 0: not started; the loop's */
	struct loop *loop;
};

typedef void(loop_fd_h)(int fd, uint32_t epoll_events, void *arg);

int  loop_alloc(struct loop **lp);            /* -ENOMEM or epoll's errors */
void loop_free(struct loop *l);               /* timers and descriptors must be gone (asserted) */

void loop_run(struct loop *l);                /* until loop_stop() */
void loop_stop(struct loop *l);               /* from the loop's thread */
/* Worlds: run until the virtual time has come and everything due then is done, or *stop (may be NULL) becomes true. One timer a
 * turn. Descriptors are looked at before time moves, once in about 10 ms of it. */
void loop_run_until(struct loop *l, int64_t mono_us, const bool *stop);

void loop_queue(struct loop *l, struct loop_task *t);    /* this thread; runs in this turn or the next; no-op if queued */
void loop_unqueue(struct loop *l, struct loop_task *t);  /* this thread; no-op if not queued */
void loop_post(struct loop *l, struct loop_task *t);     /* any thread; the task must not be queued or posted */
/* A thread that posts must be joined, or otherwise known to be out of loop_post(), before the loop is freed. */

void loop_timer_init(struct loop *l, struct loop_timer *t, void (*fire)(struct loop_timer *));
void loop_timer_start(struct loop_timer *t, int64_t delay_us);      /* restarts when started already */
void loop_timer_start_at(struct loop_timer *t, int64_t mono_us);
void loop_timer_stop(struct loop_timer *t);                          /* no-op when not started */
static inline bool loop_timer_started(const struct loop_timer *t) { return t->index != 0; }

int  loop_fd_add(struct loop *l, int fd, uint32_t epoll_events, loop_fd_h *h, void *arg);
int  loop_fd_change(struct loop *l, int fd, uint32_t epoll_events);
void loop_fd_del(struct loop *l, int fd);

/* Work under way on other threads whose end will be posted: virtual time waits while the count is above zero. */
void loop_outstanding(struct loop *l, int change);

/* The thread that owns the loop (or, on the thread back end of coroutines, holds its baton) is running: see coro.h. */
bool loop_is_mine(const struct loop *l);

#endif
