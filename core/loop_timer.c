/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/loop_timer.c - the loop's timers: a binary heap by time, then order of starting. */
#include "core/loop.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/loop_private.h"
#include "core/magic.h"

static bool timer_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void heap_put(struct loop *l, unsigned i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->index = i + 1;
}

static void heap_up(struct loop *l, unsigned i, struct loop_timer *t)
{
	while (i > 0 && timer_before(t, l->heap[(i - 1) / 2])) {
		heap_put(l, i, l->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_put(l, i, t);
}

static void heap_down(struct loop *l, unsigned i, struct loop_timer *t)
{
	for (;;) {
		unsigned child = 2 * i + 1;

		if (child >= l->timer_count)
			break;
		if (child + 1 < l->timer_count && timer_before(l->heap[child + 1], l->heap[child]))
			child++;
		if (!timer_before(l->heap[child], t))
			break;
		heap_put(l, i, l->heap[child]);
		i = child;
	}
	heap_put(l, i, t);
}

void loop_timer_init(struct loop *l, struct loop_timer *t, void (*fire)(struct loop_timer *))
{
	memset(t, 0, sizeof(*t));
	t->loop = l;
	t->fire = fire;
}

void loop_timer_start(struct loop_timer *t, int64_t delay_us)
{
	int64_t now = clock_mono_us();

	if (delay_us < 0)
		delay_us = 0;
	loop_timer_start_at(t, delay_us < CLOCK_NEVER - now ? now + delay_us : CLOCK_NEVER);
}

void loop_timer_start_at(struct loop_timer *t, int64_t mono_us)
{
	struct loop *l = t->loop;

	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(loop_is_mine(l));
	loop_timer_stop(t);
	if (l->timer_count == l->heap_size) {
		unsigned n = l->heap_size ? l->heap_size * 2 : 64;
		struct loop_timer **heap = realloc(l->heap, n * sizeof(*heap));

		if (heap == NULL)
			abort(); /* without timers nothing can be ended properly */
		l->heap = heap;
		l->heap_size = n;
	}
	t->at_us = mono_us;
	t->order = l->timer_order++;
	heap_up(l, l->timer_count++, t);
}

void loop_timer_stop(struct loop_timer *t)
{
	struct loop *l = t->loop;
	struct loop_timer *last;
	unsigned i;

	if (t->index == 0)
		return;
	MAGIC_CHECK(l, LOOP_MAGIC);
	assert(loop_is_mine(l));
	i = t->index - 1;
	t->index = 0;
	last = l->heap[--l->timer_count];
	if (last == t)
		return;
	if (i > 0 && timer_before(last, l->heap[(i - 1) / 2]))
		heap_up(l, i, last);
	else
		heap_down(l, i, last);
}

bool loop_timer_run_due(struct loop *l)
{
	struct loop_timer *t;

	if (l->timer_count == 0 || l->heap[0]->at_us > clock_mono_us())
		return false;
	t = l->heap[0];
	loop_timer_stop(t);
	t->fire(t);
	return true;
}
