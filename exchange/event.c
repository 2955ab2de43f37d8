/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, as JSON objects in the order of happening, delivered from the loop's queue so that listeners may give
 * commands. */
#include "exchange/internal.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/magic.h"

struct pending {
	struct list link;
	json_t     *ev;
};

json_t *xevent(const char *name, int64_t at_us)
{
	int64_t now = clock_mono_us();

	return json_pack("{s:i, s:I, s:I, s:s}", "v", 1, "t", (json_int_t)((clock_utc_us() - (now - at_us)) / 1000), "mono_us",
	                 (json_int_t)at_us, "ev", name);
}

void xevent_emit(struct exchange *x, json_t *ev)
{
	struct pending *p;

	if (!ev)
		return;
	p = list_empty(&x->listeners) ? NULL : calloc(1, sizeof(*p));
	if (!p) {
		json_decref(ev);
		return;
	}
	p->ev = ev;
	list_append(&x->events, &p->link);
	loop_queue(x->loop, &x->event_task);
}

static void deliver_one(struct exchange *x, json_t *ev)
{
	char *line = json_dumps(ev, JSON_COMPACT | JSON_REAL_PRECISION(6));
	struct list *pos, *nxt;

	if (!line)
		return;
	list_for_each(pos, nxt, &x->listeners) {
		struct exchange_listener *l = list_entry(pos, struct exchange_listener, link);

		l->event(l, line, ev);
	}
	free(line);
}

void xevent_deliver(struct loop_task *t)
{
	struct exchange *x = container_of(t, struct exchange, event_task);

	while (!list_empty(&x->events)) {
		struct pending *p = list_entry(x->events.next, struct pending, link);

		list_remove(&p->link);
		deliver_one(x, p->ev);
		json_decref(p->ev);
		free(p);
	}
}

void xevent_drop_all(struct exchange *x)
{
	loop_unqueue(x->loop, &x->event_task);
	while (!list_empty(&x->events)) {
		struct pending *p = list_entry(x->events.next, struct pending, link);

		list_remove(&p->link);
		json_decref(p->ev);
		free(p);
	}
}

void exchange_listen(struct exchange *x, struct exchange_listener *l)
{
	list_append(&x->listeners, &l->link);
}

void exchange_unlisten(struct exchange_listener *l)
{
	list_remove(&l->link);
}
