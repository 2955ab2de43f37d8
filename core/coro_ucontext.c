/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/coro_ucontext.c - the release back end: swapcontext on mmap'd stacks with a guard page below. */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "core/coro_private.h"
#include "core/magic.h"

#define STACK_PATTERN 0xa5
#define STACKS_KEPT   64  /* free stacks, ready for the next call */

struct coro_uc {
	struct coro  coro;
	ucontext_t   here, loop;
	unsigned char *stack; /* above the guard page */
};

struct coro_pool {
	unsigned char *stack[STACKS_KEPT];
	unsigned       count;
};

static _Thread_local struct coro *current;
static _Atomic unsigned high_water;

struct coro *coro_current(void)
{
	return current;
}

bool coro_thread_holds_baton(const struct loop *l)
{
	(void)l;
	return false; /* all on the loop's own thread */
}

static unsigned char *stack_map(void)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *p;

	/* cppcheck-suppress invalidFunctionArg; -1 is what mmap(2) asks for with MAP_ANONYMOUS */
	p = mmap(NULL, CORO_STACK_SIZE + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p, guard, PROT_NONE) != 0) {
		(void)munmap(p, CORO_STACK_SIZE + guard);
		return NULL;
	}
	memset(p + guard, STACK_PATTERN, CORO_STACK_SIZE);
	return p + guard;
}

static void stack_unmap(unsigned char *s)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	(void)munmap(s - guard, CORO_STACK_SIZE + guard);
}

/* Stacks grow down: what is still pattern at the low end was never used. */
static void stack_measure(const unsigned char *s)
{
	unsigned untouched = 0, used, seen = atomic_load(&high_water);
	unsigned char line[64];

	memset(line, STACK_PATTERN, sizeof(line));
	while (untouched < CORO_STACK_SIZE && memcmp(s + untouched, line, sizeof(line)) == 0)
		untouched += sizeof(line);
	used = CORO_STACK_SIZE - untouched;
	while (used > seen && !atomic_compare_exchange_weak(&high_water, &seen, used))
		;
}

unsigned coro_stack_high_water(void)
{
	return atomic_load(&high_water);
}

static void coro_start(unsigned high, unsigned low)
{
	struct coro *c = (struct coro *)(((uintptr_t)high << 32) | low);

	coro_body(c);
	coro_backend_leave(c);
	abort(); /* a finished coroutine is never entered again */
}

int coro_backend_alloc(struct loop *l, struct coro **cp)
{
	struct coro_pool *pool = l->coro_state;
	struct coro_uc *u = calloc(1, sizeof(*u));
	uintptr_t arg = (uintptr_t)u;

	if (pool == NULL)
		pool = l->coro_state = calloc(1, sizeof(*pool));
	if (u)
		u->stack = pool && pool->count ? pool->stack[--pool->count] : stack_map();
	if (u == NULL || u->stack == NULL) {
		free(u);
		return -ENOMEM;
	}
	/* cppcheck-suppress getcontextCalled; POSIX threads are the other back end */
	(void)getcontext(&u->here);
	u->here.uc_stack.ss_sp = u->stack;
	u->here.uc_stack.ss_size = CORO_STACK_SIZE;
	u->here.uc_link = NULL;
	makecontext(&u->here, (void (*)(void))coro_start, 2, (unsigned)(arg >> 32), (unsigned)arg);
	*cp = &u->coro;
	return 0;
}

void coro_backend_free(struct coro *c)
{
	struct coro_uc *u = container_of(c, struct coro_uc, coro);
	struct coro_pool *pool = c->loop->coro_state;

	stack_measure(u->stack);
	if (pool && pool->count < STACKS_KEPT)
		pool->stack[pool->count++] = u->stack;
	else
		stack_unmap(u->stack);
	free(u);
}

void coro_backend_enter(struct coro *c)
{
	struct coro_uc *u = container_of(c, struct coro_uc, coro);

	current = c;
	/* cppcheck-suppress swapcontextCalled; POSIX threads are the other back end */
	(void)swapcontext(&u->loop, &u->here);
	current = NULL;
}

void coro_backend_leave(struct coro *c)
{
	struct coro_uc *u = container_of(c, struct coro_uc, coro);

	/* cppcheck-suppress swapcontextCalled; POSIX threads are the other back end */
	(void)swapcontext(&u->here, &u->loop);
}

void coro_loop_free(struct loop *l)
{
	struct coro_pool *pool = l->coro_state;

	if (pool == NULL)
		return;
	while (pool->count)
		stack_unmap(pool->stack[--pool->count]);
	free(pool);
}
