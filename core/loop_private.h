/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/loop_private.h - what the loop, the coroutine back ends and the workers share. */
#ifndef CORE_LOOP_PRIVATE_H
#define CORE_LOOP_PRIVATE_H

#include <pthread.h>
#include <signal.h>

#include "core/list.h"
#include "core/loop.h"

#define LOOP_MAGIC 0x4c6f6f70u /* Loop */

struct coro;

struct loop_fd {
	int             fd;
	loop_fd_h      *h;    /* NULL: deleted */
	void           *arg;
	struct loop_fd *next;
};

struct loop {
	uint32_t            magic;
	pthread_t           owner;
	int                 epfd, evfd;
	struct loop_task   *head, **tail;           /* queued: the next turn's */
	struct loop_task   *turn;                   /* this turn's that have not run yet */
	pthread_mutex_t     lock;                   /* of the posted */
	struct loop_task   *post_head, **post_tail;
	struct loop_timer **heap;
	unsigned            timer_count, heap_size;
	uint64_t            timer_order;
	struct loop_fd     *fds, *dead;
	int                 outstanding;
	int64_t             polled_us;              /* virtual time: when descriptors were looked at last, */
	unsigned            polls;                  /* and how often at that moment */
	bool                stop;
	unsigned            coros;                  /* alive, */
	struct list         coro_list;              /* in order of starting */
	struct coro        *current;                /* running now */
	void               *coro_state;             /* the back end's */
};

/* Runs the first timer if it is due. */
bool loop_timer_run_due(struct loop *l);

/* For starting threads: they inherit a mask without any signal but those that a fault raises. */
static inline void thread_block_signals(sigset_t *before)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
	sigset_t mask;

	(void)sigfillset(&mask);
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		(void)sigdelset(&mask, faults[i]);
	(void)pthread_sigmask(SIG_SETMASK, &mask, before);
}

void coro_loop_free(struct loop *l);
bool coro_thread_holds_baton(const struct loop *l);

#endif
