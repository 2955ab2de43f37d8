/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/coro_thread.c - the back end for sanitizers and gdb: a thread each, and a baton that says who runs. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/coro_private.h"
#include "core/magic.h"

#define THREAD_STACK_SIZE (1024 * 1024) /* sanitizers make frames several times as large */

struct coro_th {
	struct coro     coro;
	pthread_t       thread;
	pthread_mutex_t lock;
	pthread_cond_t  turn;
	bool            mine;   /* the coroutine has the baton */
};

static _Thread_local struct coro *current;

struct coro *coro_current(void)
{
	return current;
}

bool coro_thread_holds_baton(const struct loop *l)
{
	return current && current->loop == l && container_of(current, struct coro_th, coro)->mine;
}

unsigned coro_stack_high_water(void)
{
	return 0;
}

static void baton_wait(struct coro_th *t, bool mine)
{
	while (t->mine != mine)
		(void)pthread_cond_wait(&t->turn, &t->lock);
}

static void baton_pass(struct coro_th *t, bool mine)
{
	t->mine = mine;
	(void)pthread_cond_broadcast(&t->turn);
}

static void *coro_thread(void *arg)
{
	struct coro_th *t = arg;
	char name[16];

	(void)pthread_mutex_lock(&t->lock);
	current = &t->coro;
	baton_wait(t, true);
	(void)pthread_mutex_unlock(&t->lock);
	(void)snprintf(name, sizeof(name), "%.15s", t->coro.name);
	(void)pthread_setname_np(pthread_self(), name);
	coro_body(&t->coro);
	(void)pthread_mutex_lock(&t->lock);
	baton_pass(t, false);
	(void)pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Signals go to the program's own threads; those that a fault raises stay, sanitizers report them. */
static int coro_thread_start(struct coro_th *t)
{
	pthread_attr_t attr;
	sigset_t before;
	int err;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK_SIZE);
	thread_block_signals(&before);
	err = pthread_create(&t->thread, &attr, coro_thread, t);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return -err;
}

int coro_backend_alloc(struct loop *l, struct coro **cp)
{
	struct coro_th *t = calloc(1, sizeof(*t));
	int err;

	(void)l;
	if (t == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->turn, NULL);
	err = coro_thread_start(t); /* waits for the baton */
	if (err) {
		(void)pthread_cond_destroy(&t->turn);
		(void)pthread_mutex_destroy(&t->lock);
		free(t);
		return err;
	}
	*cp = &t->coro;
	return 0;
}

void coro_backend_free(struct coro *c)
{
	struct coro_th *t = container_of(c, struct coro_th, coro);

	(void)pthread_join(t->thread, NULL);
	(void)pthread_cond_destroy(&t->turn);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

void coro_backend_enter(struct coro *c)
{
	struct coro_th *t = container_of(c, struct coro_th, coro);

	(void)pthread_mutex_lock(&t->lock);
	baton_pass(t, true);
	baton_wait(t, false);
	(void)pthread_mutex_unlock(&t->lock);
}

void coro_backend_leave(struct coro *c)
{
	struct coro_th *t = container_of(c, struct coro_th, coro);

	(void)pthread_mutex_lock(&t->lock);
	baton_pass(t, false);
	baton_wait(t, true);
	(void)pthread_mutex_unlock(&t->lock);
}

void coro_loop_free(struct loop *l)
{
	(void)l;
}
