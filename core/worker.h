/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/worker.h - threads for everything that blocks: MariaDB, files.
 *
 * run() is called on a worker thread with nothing but its job; done() on the loop's thread. Results are never lost: a job once
 * submitted runs and its done() is called, whatever became of the call it was for. In a world done() comes at
 * submission + the virtual latency (1 ms; worker_set_latency for seeded random), and time waits for run().
 */
#ifndef CORE_WORKER_H
#define CORE_WORKER_H

#include <stdint.h>

#include "core/loop.h"

struct worker_pool;

struct worker_job { /* embedded in its owner's struct, which must live until done() */
	void (*run)(struct worker_job *j);
	void (*done)(struct worker_job *j);  /* may free the job; may be NULL */
	struct worker_pool *pool;            /* the pool's, as is all below */
	struct worker_job  *next;
	struct loop_task    task;
	struct loop_timer   timer;
	int64_t             due_us;
};

/* threads 1..WORKER_MAX. Each thread's name is "name/N". */
#define WORKER_MAX 64
int  worker_pool_alloc(struct worker_pool **pp, struct loop *l, const char *name, unsigned threads);
/* all jobs must be done (asserted): run the loop until worker_pool_busy() is 0 */
void worker_pool_free(struct worker_pool *p);
unsigned worker_pool_busy(const struct worker_pool *p);   /* submitted, done() not yet called */

/* loop's thread; queue unbounded but counted by the caller's limits */
void worker_submit(struct worker_pool *p, struct worker_job *j);

/* From a coroutine: run fn(arg) on a worker, return its result when it is over (not cut short by a hang-up: the result of a
 * payment is never lost; the next wait on the leg tells of the hang-up). */
int worker_call(struct worker_pool *p, int (*fn)(void *arg), void *arg);

/* Worlds: virtual latency drawn uniformly from [min_us, max_us] per job. */
void worker_set_latency(struct worker_pool *p, int64_t min_us, int64_t max_us);

#endif
