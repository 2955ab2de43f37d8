/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call/watch.h"

#include "core/clock.h"
#include "core/magic.h"

#define WATCH_PERIOD_US CLOCK_SEC(10) /* who speaks and leaves in between has not been heard */
#define WATCH_NEAR_US   CLOCK_SEC(1)  /* while speech could still withdraw the end */

static int64_t watch_deadline(struct call_watch *w, enum call_limit what)
{
	int64_t limit = w->limits->limit_us[what];

	if (limit <= 0)
		return CLOCK_NEVER;
	return (what == CALL_SILENT ? w->heard(w->arg) : w->began_us) + limit;
}

/* Warns of what is near. The next moment to look. */
static int64_t watch_warn(struct call_watch *w, enum call_limit what, int64_t deadline, int64_t now)
{
	int64_t at = deadline - w->limits->warn_us;

	if (now < at) {
		w->warned[what] = false; /* somebody has spoken since */
		return at < now + WATCH_PERIOD_US ? at : now + WATCH_PERIOD_US;
	}
	if (!w->warned[what] && w->limits->warn_us > 0) {
		w->warned[what] = true;
		w->warn(w->arg, what, (int)((deadline - now + CLOCK_SEC(1) - 1) / CLOCK_SEC(1)));
	}
	return deadline < now + WATCH_NEAR_US ? deadline : now + WATCH_NEAR_US;
}

static void watch_look(struct loop_timer *t)
{
	struct call_watch *w = container_of(t, struct call_watch, timer);
	int64_t now = clock_mono_us(), next = CLOCK_NEVER;

	for (enum call_limit what = 0; what < CALL_LIMITS; what++) {
		int64_t deadline = watch_deadline(w, what), at;

		if (deadline == CLOCK_NEVER)
			continue;
		if (now >= deadline) {
			w->end(w->arg, what);
			return;
		}
		at = watch_warn(w, what, deadline, now);
		if (at < next)
			next = at;
	}
	if (next != CLOCK_NEVER)
		loop_timer_start(t, next - now);
}

void call_watch_start(struct call_watch *w, struct loop *l)
{
	w->began_us = clock_mono_us();
	for (enum call_limit what = 0; what < CALL_LIMITS; what++)
		w->warned[what] = false;
	loop_timer_init(l, &w->timer, watch_look);
	loop_timer_start(&w->timer, 0);
}

void call_watch_stop(struct call_watch *w)
{
	loop_timer_stop(&w->timer);
}
