/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"
#include "exchange/internal.h"

#define EXCHANGE_MAGIC 0x65786368u
#define CLOSE_TURNS    10

static const struct counter_desc counter_desc[XCOUNT_COUNT] = {
	[XCOUNT_DIALLED] = { "dialled", "calls from phones to the node" },
	[XCOUNT_INCOMING] = { "incoming", "calls from the node to phones" },
	[XCOUNT_ANSWERED] = { "answered", "calls answered, either direction" },
	[XCOUNT_REFUSED] = { "refused", "calls from the node cleared here before an answer" },
	[XCOUNT_T310] = { "t310_expired", "calls cleared because nothing followed CALL PROCEEDING" },
	[XCOUNT_COMMANDS] = { "commands", "command lines" },
	[XCOUNT_COMMANDS_BAD] = { "commands_bad", "command lines refused" },
};

/* What spans and engine give back comes through the loop's queue, a few turns long: with the engine stopped nothing else brings
 * more. */
static void on_close_turn(struct loop_task *t)
{
	struct exchange *x = container_of(t, struct exchange, close_task);

	if (--x->close_turns)
		loop_queue(x->loop, t);
	else
		x->closed = true;
}

int exchange_alloc(struct exchange **xp, struct loop *l, struct counter_registry *counters)
{
	struct exchange *x = calloc(1, sizeof(*x));
	int err;

	if (!x)
		return -ENOMEM;
	x->magic = EXCHANGE_MAGIC;
	x->loop = l;
	x->registry = counters;
	list_init(&x->spans);
	list_init(&x->calls);
	list_init(&x->numbers);
	list_init(&x->clips);
	list_init(&x->listeners);
	list_init(&x->events);
	x->event_task.run = xevent_deliver;
	x->close_task.run = on_close_turn;
	xplan_init(&x->default_plan);
	x->default_plan.alert = false;
	x->default_plan.end_after_ms = 0;
	for (unsigned i = 0; i < XTIMER_COUNT; i++)
		x->timer_ms[i] = xtimer_desc[i].default_ms;
	x->finished_max = EXCHANGE_FINISHED_MAX;
	x->recording = true;
	snprintf(x->country, sizeof(x->country), "cn");
	err = media_alloc(&x->media, l, counters, "media");
	if (err) {
		free(x);
		return err;
	}
	snprintf(x->group.name, sizeof(x->group.name), "exchange");
	x->group.desc = counter_desc;
	x->group.values = x->count;
	x->group.count = XCOUNT_COUNT;
	counter_register(counters, &x->group);
	*xp = x;
	return 0;
}

int exchange_start(struct exchange *x)
{
	MAGIC_CHECK(x, EXCHANGE_MAGIC);
	return media_start(x->media);
}

unsigned exchange_calls(const struct exchange *x)
{
	unsigned n = 0;

	for (const struct list *pos = x->calls.next; pos != &x->calls; pos = pos->next)
		n += list_entry(pos, struct xcall, link)->e1 != NULL;
	return n;
}

void exchange_release_all(struct exchange *x, int cause)
{
	struct list *pos, *nxt;

	list_for_each(pos, nxt, &x->calls) {
		struct xcall *c = list_entry(pos, struct xcall, link);

		c->plan.stay_ms = 0;
		if (c->state != XCALL_OVER)
			(void)xcall_hangup(c, cause, false, "exchange");
	}
}

void exchange_close(struct exchange *x)
{
	struct list *pos, *nxt;

	MAGIC_CHECK(x, EXCHANGE_MAGIC);
	if (x->closed || x->close_turns)
		return;
	list_for_each(pos, nxt, &x->calls)
		xcall_free(list_entry(pos, struct xcall, link));
	list_for_each(pos, nxt, &x->spans) {
		struct xspan *s = list_entry(pos, struct xspan, link);

		list_remove(&s->link);
		e1_span_free(s->e1);
		free(s);
	}
	media_stop(x->media);
	x->close_turns = CLOSE_TURNS;
	loop_queue(x->loop, &x->close_task);
}

bool exchange_closed(const struct exchange *x)
{
	return x->closed;
}

void exchange_free(struct exchange *x)
{
	struct list *pos, *nxt;

	if (!x)
		return;
	MAGIC_CHECK(x, EXCHANGE_MAGIC);
	exchange_close(x);
	while (!x->closed && clock_is_virtual())
		loop_run_until(x->loop, clock_mono_us(), NULL);
	assert(x->closed);
	media_free(x->media);
	list_for_each(pos, nxt, &x->numbers) {
		struct xnumber *n = list_entry(pos, struct xnumber, link);

		list_remove(&n->link);
		xplan_drop(&n->plan);
		free(n);
	}
	list_for_each(pos, nxt, &x->listeners)
		list_remove(pos);
	xplan_drop(&x->default_plan);
	xclip_drop_all(x);
	xevent_drop_all(x);
	counter_unregister(x->registry, &x->group);
	x->magic = MAGIC_DEAD;
	free(x);
}

/* ---- what a test looks at ---- */

int exchange_call_info(struct exchange *x, const char *id, struct exchange_call_info *i)
{
	struct xcall *c = xcall_find(x, id);

	if (!c)
		return -ENOENT;
	memset(i, 0, sizeof(*i));
	snprintf(i->id, sizeof(i->id), "%s", c->id);
	snprintf(i->span, sizeof(i->span), "%s", e1_span_name(c->span->e1));
	snprintf(i->state, sizeof(i->state), "%s", xcall_state_name(c->state));
	snprintf(i->calling, sizeof(i->calling), "%s", c->setup.calling.digits);
	snprintf(i->called, sizeof(i->called), "%s", c->setup.called.digits);
	i->from_phone = c->from_phone;
	i->timeslot = c->timeslot;
	i->cause = c->cause;
	i->setup_us = c->setup_us;
	i->alerting_us = c->alerting_us;
	i->answer_us = c->answer_us;
	i->end_us = c->end_us;
	if (c->answer_us)
		i->talk_us = (c->end_us ? c->end_us : clock_mono_us()) - c->answer_us;
	return 0;
}

int exchange_call_heard(struct exchange *x, const char *id, int64_t from_us, int16_t *samples, size_t n)
{
	struct xcall *c = xcall_find(x, id);

	if (!c)
		return -ENOENT;
	xcall_heard(c, from_us, samples, n);
	return 0;
}

int exchange_call_digits(struct exchange *x, const char *id, char *digits, size_t size)
{
	struct xcall *c = xcall_find(x, id);
	size_t n = 0;

	if (!c)
		return -ENOENT;
	for (unsigned i = 0; i < c->digits && n + 1 < size; i++)
		digits[n++] = c->digit[i].digit;
	if (size)
		digits[n] = '\0';
	return 0;
}
