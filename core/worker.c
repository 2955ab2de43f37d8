/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/coro.h"
#include "core/loop_private.h"
#include "core/magic.h"
#include "core/random.h"

#define VIRTUAL_LATENCY_US 1000

#define WORKER_MAGIC 0x506f6f6cu /* Pool */

struct worker_pool {
	uint32_t           magic;
	struct loop       *loop;
	unsigned           threads, busy;
	int64_t            latency_min_us, latency_max_us;
	pthread_mutex_t    lock;
	pthread_cond_t     more;
	struct worker_job *head, **tail;
	bool               end;
	pthread_t          thread[WORKER_MAX];
	char               name[12];
};

static void worker_finish(struct worker_job *j)
{
	j->pool->busy--;
	if (j->done)
		j->done(j);
}

static void worker_due(struct loop_timer *t)
{
	worker_finish(container_of(t, struct worker_job, timer));
}

/* run() is over: on the loop's thread. In virtual time done() comes at the time that was drawn when the job was submitted. */
static void worker_ran(struct loop_task *t)
{
	struct worker_job *j = container_of(t, struct worker_job, task);

	loop_outstanding(j->pool->loop, -1);
	if (!clock_is_virtual())
		worker_finish(j);
}

static void *worker_thread(void *arg)
{
	struct worker_pool *p = arg;

	for (;;) {
		struct worker_job *j;

		pthread_mutex_lock(&p->lock);
		while (p->head == NULL && !p->end)
			(void)pthread_cond_wait(&p->more, &p->lock);
		j = p->head;
		if (j == NULL) {
			pthread_mutex_unlock(&p->lock);
			return NULL;
		}
		p->head = j->next;
		if (p->head == NULL)
			p->tail = &p->head;
		pthread_mutex_unlock(&p->lock);
		j->run(j);
		loop_post(p->loop, &j->task);
	}
}

int worker_pool_alloc(struct worker_pool **pp, struct loop *l, const char *name, unsigned threads)
{
	struct worker_pool *p;
	sigset_t before;
	int err = 0;

	if (threads < 1 || threads > WORKER_MAX)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->magic = WORKER_MAGIC;
	p->loop = l;
	p->tail = &p->head;
	p->latency_min_us = p->latency_max_us = VIRTUAL_LATENCY_US;
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->more, NULL);
	thread_block_signals(&before);
	while (!err && p->threads < threads) {
		char thread_name[16];

		err = pthread_create(&p->thread[p->threads], NULL, worker_thread, p);
		if (err)
			break;
		(void)snprintf(thread_name, sizeof(thread_name), "%s/%u", p->name, p->threads);
		(void)pthread_setname_np(p->thread[p->threads], thread_name);
		p->threads++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		worker_pool_free(p);
		return -err;
	}
	*pp = p;
	return 0;
}

void worker_pool_free(struct worker_pool *p)
{
	if (p == NULL)
		return;
	MAGIC_CHECK(p, WORKER_MAGIC);
	ASSERT_CONTROL(p->loop);
	assert(p->busy == 0);
	pthread_mutex_lock(&p->lock);
	p->end = true;
	(void)pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->threads; i++)
		(void)pthread_join(p->thread[i], NULL);
	(void)pthread_cond_destroy(&p->more);
	(void)pthread_mutex_destroy(&p->lock);
	p->magic = MAGIC_DEAD;
	free(p);
}

unsigned worker_pool_busy(const struct worker_pool *p)
{
	return p->busy;
}

void worker_set_latency(struct worker_pool *p, int64_t min_us, int64_t max_us)
{
	assert(min_us >= 0 && max_us >= min_us && max_us - min_us < UINT32_MAX);
	p->latency_min_us = min_us;
	p->latency_max_us = max_us;
}

void worker_submit(struct worker_pool *p, struct worker_job *j)
{
	int64_t latency;

	MAGIC_CHECK(p, WORKER_MAGIC);
	ASSERT_CONTROL(p->loop);
	latency = p->latency_min_us;
	j->pool = p;
	j->next = NULL;
	j->task = (struct loop_task){ .run = worker_ran };
	p->busy++;
	loop_outstanding(p->loop, 1);
	j->due_us = clock_mono_us();
	if (clock_is_virtual()) {
		if (p->latency_max_us > p->latency_min_us)
			latency += random_below((uint32_t)(p->latency_max_us - p->latency_min_us + 1));
		loop_timer_init(p->loop, &j->timer, worker_due);
		j->due_us += latency;
		loop_timer_start_at(&j->timer, j->due_us);
	}
	pthread_mutex_lock(&p->lock);
	*p->tail = j;
	p->tail = &j->next;
	(void)pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
}

/* ---- waiting for one from a coroutine ---- */

struct worker_call {
	struct worker_job job;
	int (*fn)(void *arg);
	void        *arg;
	int          result;
	bool         over;
	struct coro *coro;
};

static void worker_call_run(struct worker_job *j)
{
	struct worker_call *c = container_of(j, struct worker_call, job);

	c->result = c->fn(c->arg);
}

static void worker_call_done(struct worker_job *j)
{
	struct worker_call *c = container_of(j, struct worker_call, job);

	c->over = true;
	coro_wake(c->coro);
}

int worker_call(struct worker_pool *p, int (*fn)(void *arg), void *arg)
{
	struct worker_call c = {
		.job = { .run = worker_call_run, .done = worker_call_done }, .fn = fn, .arg = arg, .coro = coro_self()
	};

	assert(c.coro != NULL);
	worker_submit(p, &c.job);
	while (!c.over)
		coro_suspend();
	return c.result;
}
