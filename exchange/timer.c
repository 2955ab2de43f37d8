/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/internal.h"

#include <strings.h>

#include "core/clock.h"
#include "core/magic.h"

/*
 * The network side's timers of Q.931 table 9-1 that libpri leaves to its user. Not in this table: T303, T305, T308 are libpri's.
 * T301 and T310 clear towards the node with 102, recovery on timer expiry (5.2.4, 5.2.5.3); T302 with 28, invalid number format
 * (5.1.3).
 */
const struct xtimer_desc xtimer_desc[XTIMER_COUNT] = {
	[XTIMER_NONE] = { "none", 0, 0, 0, 0, "" },
	[XTIMER_T301] = { "T301", 180000, 100, 3600000, 102, "ALERTING to CONNECT" },
	[XTIMER_T302] = { "T302", 15000, 100, 600000, 28, "SETUP ACKNOWLEDGE sent, the next digits of an incomplete number" },
	[XTIMER_T304] = { "T304", 20000, 100, 600000, 102, "SETUP ACKNOWLEDGE received, the node asks for more digits" },
	[XTIMER_T306] = { "T306", 30000, 100, 600000, 0, "DISCONNECT with in-band tone sent, RELEASE of the node" },
	[XTIMER_T310] = { "T310", 10000, 100, 600000, 102,
	                  "CALL PROCEEDING received, ALERTING or CONNECT; PROGRESS does not stop it" },
};

enum xtimer xtimer_find(const char *name)
{
	for (unsigned i = 1; i < XTIMER_COUNT; i++)
		if (!strcasecmp(name, xtimer_desc[i].name))
			return (enum xtimer)i;
	return XTIMER_NONE;
}

static void timer_fire(struct loop_timer *t)
{
	struct xcall *c = container_of(t, struct xcall, timer);
	enum xtimer kind = c->timer_kind;
	json_t *ev = xcall_event_new(c, "timer", clock_mono_us());
	int cause;

	c->timer_kind = XTIMER_NONE;
	if (ev)
		json_object_set_new(ev, "timer", json_string(xtimer_desc[kind].name));
	xevent_emit(c->x, ev);
	if (kind == XTIMER_T310)
		counter_inc(&c->x->count[XCOUNT_T310]);
	if (kind == XTIMER_T302) {
		xcall_route(c, true);
		return;
	}
	cause = xtimer_desc[kind].cause;
	if (kind == XTIMER_T301 && !c->from_phone)
		cause = 19; /* to the calling side: no answer from user (Q.931 5.2.4) */
	if (kind == XTIMER_T306)
		cause = c->cause; /* the one of the DISCONNECT; a RELEASE follows it */
	(void)xcall_hangup(c, cause, false, "exchange");
}

void xcall_timer_start(struct xcall *c, enum xtimer t)
{
	if (!c->timer.loop)
		loop_timer_init(c->x->loop, &c->timer, timer_fire);
	c->timer_kind = t;
	loop_timer_start(&c->timer, CLOCK_MS(c->x->timer_ms[t]));
}

void xcall_timer_stop(struct xcall *c)
{
	c->timer_kind = XTIMER_NONE;
	if (c->timer.loop)
		loop_timer_stop(&c->timer);
}
