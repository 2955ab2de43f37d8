/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/coro_private.h - the part of a coroutine that both back ends have (coro.c), and what a back end gives it. */
#ifndef CORE_CORO_PRIVATE_H
#define CORE_CORO_PRIVATE_H

#include "core/coro.h"
#include "core/list.h"
#include "core/loop_private.h"

#define CORO_MAGIC 0x436f726fu /* Coro */

struct coro {
	uint32_t          magic;
	struct loop      *loop;
	struct list       node;   /* of loop->coro_list */
	char              name[32];
	void (*fn)(void *arg);
	void             *arg;
	struct loop_task  task;   /* queued: runnable */
	struct loop_timer timer;
	bool              done, timed_out;
};

/* The back end: allocates its own struct around a coro. -ENOMEM, -EAGAIN. */
int  coro_backend_alloc(struct loop *l, struct coro **cp);
void coro_backend_free(struct coro *c);
void coro_backend_enter(struct coro *c);  /* loop -> coroutine; returns when it suspends or is done */
void coro_backend_leave(struct coro *c);  /* coroutine -> loop; returns when entered again */

struct coro *coro_current(void);
void coro_body(struct coro *c);           /* what the new stack runs: fn, then done */

#endif
