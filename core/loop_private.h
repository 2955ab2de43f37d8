/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/loop_private.h - what the loop, the coroutine back ends and the workers share. */
#ifndef CORE_LOOP_PRIVATE_H
#define CORE_LOOP_PRIVATE_H

#include <pthread.h>

#include "core/loop.h"

struct coro;

struct loop_fd {
	int             fd;
	loop_fd_h      *h;    /* NULL: deleted */
	void           *arg;
	struct loop_fd *next;
};

struct loop {
	pthread_t           owner;
	int                 epfd, evfd;
	struct loop_task   *head, **tail;           /* queued, this thread's */
	pthread_mutex_t     lock;                   /* of the posted */
	struct loop_task   *post_head, **post_tail;
	struct loop_timer **heap;
	unsigned            timer_count, heap_size;
	uint64_t            timer_order;
	struct loop_fd     *fds, *dead;
	int                 outstanding;
	int64_t             polled_us;
	bool                stop;
	unsigned            coros;                  /* alive */
	struct coro        *current;                /* running now */
	void               *coro_state;             /* the back end's */
};

void coro_loop_free(struct loop *l);
bool coro_thread_holds_baton(const struct loop *l);

#endif
