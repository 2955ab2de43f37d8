/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/coro.h - stackful coroutines: a dialogue reads top to bottom (docs/architecture.md, "Dialogue is a coroutine").
 *
 * Two back ends, chosen by the Makefile: coro_ucontext.c (release; mmap'd 64 KiB stacks with a guard page) and coro_thread.c
 * (a thread each and a baton; sanitizers, gdb). Same behaviour. They run only on their loop's turn, one at a time, and are
 * never killed: at the end of a program every leg is hung up and the loop runs until coro_count() is 0.
 *
 * No blocking call on a coroutine's stack: post to a worker and wait (core/worker.h).
 */
#ifndef CORE_CORO_H
#define CORE_CORO_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/loop.h"

struct coro;

#define CORO_STACK_SIZE (64 * 1024) /* a test fills stacks with a pattern and reports the high-water mark */

/* Starts fn on the loop's next turn. name (copied, at most 31 characters) shows in gdb, logs and coro_list. -ENOMEM. */
int coro_spawn(struct loop *l, const char *name, void (*fn)(void *arg), void *arg);

struct coro *coro_self(void);        /* NULL outside coroutines */
unsigned     coro_count(const struct loop *l);
const char  *coro_name(const struct coro *c);
/* Calls each with every living coroutine of the loop, in order of starting; it must not start any. waiting: suspended, not
 * runnable. */
void coro_list(const struct loop *l, void (*each)(const struct coro *c, bool waiting, void *arg), void *arg);

/* Gives way until coro_wake(); may return early for no reason, so callers loop on their condition. */
void coro_suspend(void);
/* Makes it runnable on the loop's next turn; no-op if it is already, or is running. Loop's thread. */
void coro_wake(struct coro *c);

/* -ETIMEDOUT at the deadline, 0 when woken. timeout_us CLOCK_NEVER: none. */
int coro_suspend_for(int64_t timeout_us);
/* Returns when the time is over, whatever wakes come. */
void coro_sleep(int64_t us);

/* The most bytes of stack any finished coroutine used (back end ucontext; 0 on the other). */
unsigned coro_stack_high_water(void);

#define ASSERT_CONTROL(l) assert(loop_is_mine(l))

#endif
