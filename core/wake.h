/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/wake.h - another thread's knock at a loop: an eventfd, or with a virtual clock, where that "thread" is a timer of the same
 * loop, a task. For threads that may not lock, as loop_post() does; what there is to be done they say in a ring (core/ring.h).
 *
 * Embedded in its owner. open and close are for the loop's thread, while nobody knocks.
 */
#ifndef CORE_WAKE_H
#define CORE_WAKE_H

#include <stdbool.h>

#include "core/loop.h"

struct wake {
	void (*run)(struct wake *w); /* on the loop, once or more after each knock */
	struct loop     *loop;
	struct loop_task task;
	int              fd; /* -1 under a virtual clock */
};

int  wake_open(struct wake *w, struct loop *l, void (*run)(struct wake *w)); /* eventfd's errors */
void wake_close(struct wake *w);                                             /* no-op when it is not open */
bool wake_knock(struct wake *w);                                             /* one thread; false: again later */

#endif
