/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/coro.h"

#include <errno.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/coro_private.h"
#include "core/magic.h"

static void coro_resume(struct loop_task *t)
{
	struct coro *c = container_of(t, struct coro, task);
	struct loop *l = c->loop;
	struct coro *before = l->current;

	assert(before == NULL);
	l->current = c;
	coro_backend_enter(c);
	l->current = before;
	if (c->done) {
		loop_timer_stop(&c->timer);
		list_remove(&c->node);
		l->coros--;
		c->magic = MAGIC_DEAD;
		coro_backend_free(c);
	}
}

static void coro_timeout(struct loop_timer *t)
{
	struct coro *c = container_of(t, struct coro, timer);

	c->timed_out = true;
	coro_wake(c);
}

int coro_spawn(struct loop *l, const char *name, void (*fn)(void *arg), void *arg)
{
	struct coro *c;
	int err;

	ASSERT_CONTROL(l);
	err = coro_backend_alloc(l, &c);
	if (err)
		return err;
	c->magic = CORO_MAGIC;
	c->loop = l;
	c->fn = fn;
	c->arg = arg;
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	c->task.run = coro_resume;
	loop_timer_init(l, &c->timer, coro_timeout);
	l->coros++;
	list_append(&l->coro_list, &c->node);
	loop_queue(l, &c->task);
	return 0;
}

void coro_body(struct coro *c)
{
	c->fn(c->arg);
	c->done = true;
}

struct coro *coro_self(void)
{
	return coro_current();
}

unsigned coro_count(const struct loop *l)
{
	return l->coros;
}

const char *coro_name(const struct coro *c)
{
	return c->name;
}

void coro_list(const struct loop *l, void (*each)(const struct coro *c, bool waiting, void *arg), void *arg)
{
	struct list *pos, *next;

	ASSERT_CONTROL(l);
	list_for_each(pos, next, &l->coro_list) {
		const struct coro *c = list_entry(pos, struct coro, node);

		each(c, l->current != c && !c->task.queued, arg);
	}
}

void coro_suspend(void)
{
	struct coro *c = coro_current();

	assert(c != NULL);
	coro_backend_leave(c);
}

void coro_wake(struct coro *c)
{
	MAGIC_CHECK(c, CORO_MAGIC);
	if (c->loop->current != c)
		loop_queue(c->loop, &c->task);
}

int coro_suspend_for(int64_t timeout_us)
{
	struct coro *c = coro_current();

	assert(c != NULL);
	c->timed_out = false;
	if (timeout_us != CLOCK_NEVER)
		loop_timer_start(&c->timer, timeout_us);
	coro_backend_leave(c);
	loop_timer_stop(&c->timer);
	return c->timed_out ? -ETIMEDOUT : 0;
}

void coro_sleep(int64_t us)
{
	int64_t now = clock_mono_us(), until = us < CLOCK_NEVER - now ? now + us : CLOCK_NEVER;

	while (clock_mono_us() < until)
		(void)coro_suspend_for(until - clock_mono_us());
}
