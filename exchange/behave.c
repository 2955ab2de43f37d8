/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a called number does by itself: proceeding, ringing, answer or refusal, each at its time. */
#include "exchange/internal.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"

void xcall_step(struct xcall *c, enum xstep step, long after_ms)
{
	c->step = step;
	if (step == XSTEP_NONE)
		loop_timer_stop(&c->step_timer);
	else
		loop_timer_start(&c->step_timer, CLOCK_MS(after_ms));
}

/* after_ms counts from the moment at which the number was known. */
static void step_at(struct xcall *c, enum xstep step, long after_ms)
{
	c->step = step;
	loop_timer_start_at(&c->step_timer, c->routed_us + CLOCK_MS(after_ms));
}

static void run_end(struct xcall *c)
{
	if (c->plan.end == XPLAN_ANSWER)
		(void)xcall_answer(c);
	else if (c->plan.end == XPLAN_REFUSE)
		(void)xcall_hangup(c, c->plan.cause, c->plan.clear_inband, "exchange");
}

static void run_alert(struct xcall *c)
{
	const struct xplan *p = &c->plan;
	int err = 0;

	if (p->alert)
		err = xcall_alert(c, !p->early_progress && (p->ring_inband || p->early));
	if (!err && p->early_progress)
		err = xcall_progress(c, true, 0);
	if (!err && p->end != XPLAN_RING)
		step_at(c, XSTEP_END, p->end_after_ms);
}

void xcall_step_fire(struct loop_timer *t)
{
	struct xcall *c = container_of(t, struct xcall, step_timer);
	enum xstep step = c->step;

	c->step = XSTEP_NONE;
	switch (step) {
	case XSTEP_NONE:
		break;
	case XSTEP_ALERT:
		run_alert(c);
		break;
	case XSTEP_END:
		run_end(c);
		break;
	case XSTEP_HANGUP:
		(void)xcall_hangup(c, 16, c->plan.clear_inband, "phone");
		break;
	case XSTEP_ON_HOOK:
		if (c->state == XCALL_TONE || c->inband_clear)
			(void)xcall_hangup(c, 16, false, "phone");
		break; /* else the release is under way */
	}
}

static void run(struct xcall *c)
{
	const struct xplan *p = &c->plan;

	c->routed_us = clock_mono_us();
	if (p->end == XPLAN_SILENT)
		return;
	if (!(p->end == XPLAN_REFUSE && p->direct) && xcall_proceeding(c))
		return; /* cleared meanwhile: the release follows */
	if (p->alert || p->early_progress)
		step_at(c, XSTEP_ALERT, p->alert_after_ms);
	else if (p->end != XPLAN_RING)
		step_at(c, XSTEP_END, p->end_after_ms);
}

static void refuse_all(struct xcall *c, int cause)
{
	xplan_drop(&c->plan);
	xplan_init(&c->plan);
	c->plan.alert = false;
	c->plan.cause = cause;
	c->plan.end_after_ms = 0;
	run(c);
}

/* A 64 kbit/s path is not a telephone's: 88, incompatible destination; what we do not know: 65 (rule 6). */
static int bearer_cause(uint8_t bearer)
{
	switch (bearer) {
	case E1_BEARER_SPEECH:
	case E1_BEARER_3K1:
		return 0;
	case E1_BEARER_UNRESTRICTED:
	case E1_BEARER_VIDEO:
		return 88;
	default:
		return 65;
	}
}

void xcall_route(struct xcall *c, bool digits_end)
{
	const struct e1_number *called = &c->setup.called;
	struct xnumber *n = xnumber_find(c->x, called->digits, called->ton);
	int cause = bearer_cause(c->setup.bearer);

	if (cause) {
		refuse_all(c, cause);
		return;
	}
	if (!n && !digits_end && c->span->overlap && !c->setup.sending_complete && xnumber_is_prefix(c->x, called->digits)) {
		if (c->state == XCALL_DIALLING && e1_call_setup_ack(c->e1))
			return;
		c->state = XCALL_OVERLAP;
		xcall_sound_open(c);
		xcall_timer_start(c, XTIMER_T302);
		return;
	}
	xcall_timer_stop(c);
	if (!n && digits_end) {
		refuse_all(c, 28);
		return;
	}
	xplan_drop(&c->plan);
	xplan_copy(&c->plan, n ? &n->plan : &c->x->default_plan);
	run(c);
}
