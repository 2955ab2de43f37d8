/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg/wait.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"

static void leg_wait_event(struct leg_observer *o, struct leg *l, const struct leg_event *ev)
{
	struct leg_wait *w = container_of(o, struct leg_wait, observer);

	(void)l;
	if (ev->type == LEG_EV_KEY && w->key_count < LEG_WAIT_KEYS)
		w->keys[w->key_count++] = ev->key;
	if (ev->type == LEG_EV_PLAYED)
		w->played = ev->play;
	coro_wake(w->coro);
}

void leg_wait_begin(struct leg_wait *w, struct leg *l)
{
	memset(w, 0, sizeof(*w));
	w->leg = leg_ref(l);
	w->coro = coro_self();
	w->observer.event = leg_wait_event;
	leg_observe(l, &w->observer);
}

void leg_wait_end(struct leg_wait *w)
{
	leg_unobserve(&w->observer);
	leg_unref(w->leg);
	w->leg = NULL;
}

void leg_wait_poke(struct leg_wait *w)
{
	w->poked = true;
	coro_wake(w->coro);
}

void leg_wait_flush(struct leg_wait *w)
{
	w->key_count = 0;
}

static bool leg_wait_poked(struct leg_wait *w)
{
	bool poked = w->poked;

	w->poked = false;
	return poked;
}

int leg_wait_key(struct leg_wait *w, int64_t timeout_us, char *key)
{
	int64_t deadline = timeout_us == CLOCK_NEVER ? CLOCK_NEVER : clock_mono_us() + timeout_us;

	for (;;) {
		int64_t left = deadline == CLOCK_NEVER ? CLOCK_NEVER : deadline - clock_mono_us();

		if (leg_over(w->leg))
			return -ECONNRESET;
		if (leg_wait_poked(w))
			return -EAGAIN;
		if (w->key_count > 0) {
			*key = w->keys[0];
			memmove(w->keys, w->keys + 1, --w->key_count);
			return 0;
		}
		if (left <= 0)
			return -ETIMEDOUT;
		(void)coro_suspend_for(left);
	}
}

int leg_wait_play(struct leg_wait *w, uint32_t play)
{
	for (;;) {
		if (leg_over(w->leg))
			return -ECONNRESET;
		if (leg_wait_poked(w))
			return -EAGAIN;
		if (w->key_count > 0)
			return -EINTR;
		if (w->played == play)
			return 0;
		coro_suspend();
	}
}

int leg_wait_answered(struct leg_wait *w)
{
	while (w->leg->state < LEG_TALKING)
		coro_suspend();
	return leg_over(w->leg) ? -ECONNRESET : 0;
}

int leg_wait_sleep(struct leg_wait *w, int64_t us)
{
	int64_t deadline = clock_mono_us() + us;

	while (!leg_over(w->leg)) {
		int64_t left = deadline - clock_mono_us();

		if (left <= 0)
			return 0;
		(void)coro_suspend_for(left);
	}
	return -ECONNRESET;
}

int leg_wait_gone(struct leg_wait *w)
{
	while (w->leg->state != LEG_GONE)
		coro_suspend();
	return 0;
}
