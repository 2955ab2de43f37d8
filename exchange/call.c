/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call on the exchange: what the node sends (xcall_event), by a table with every event listed. What phones do is in act.c.
 *
 *   from a phone:  DIALLING -> [OVERLAP] -> PROCEEDING -> ALERTING -> TALKING -> CLEARING -> [TONE] -> OVER
 *   to a phone:    the same, with the messages in the other direction
 */
#include "exchange/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE "exchange"
#define XCALL_MAGIC 0x7863616cu

const char *xcall_state_name(enum xcall_state s)
{
	static const char *const name[] = {
		"dialling", "overlap", "proceeding", "alerting", "talking", "clearing", "tone", "over"
	};

	return name[s];
}

static void on_gone(struct xcall *c, const struct e1_event *ev);

/* The oldest finished calls give way. */
static void trim(struct exchange *x)
{
	struct list *pos, *nxt;
	unsigned over = 0;

	list_for_each(pos, nxt, &x->calls)
		over += list_entry(pos, struct xcall, link)->state == XCALL_OVER;
	list_for_each(pos, nxt, &x->calls) {
		struct xcall *c = list_entry(pos, struct xcall, link);

		if (over <= x->finished_max)
			break;
		if (c->state == XCALL_OVER) {
			xcall_free(c);
			over--;
		}
	}
}

static struct xcall *call_new(struct xspan *s, int64_t at_us)
{
	struct xcall *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	trim(s->x);
	c->magic = XCALL_MAGIC;
	c->x = s->x;
	c->span = s;
	c->setup_us = at_us;
	c->setup_utc_us = clock_utc_us() - (clock_mono_us() - at_us);
	snprintf(c->id, sizeof(c->id), "c%u", ++s->x->next_id);
	xplan_init(&c->plan);
	loop_timer_init(s->x->loop, &c->step_timer, xcall_step_fire);
	list_append(&s->x->calls, &c->link);
	return c;
}

void xcall_free(struct xcall *c)
{
	MAGIC_CHECK(c, XCALL_MAGIC);
	xcall_timer_stop(c);
	xcall_step(c, XSTEP_NONE, 0);
	xcall_sound_gone(c);
	list_remove(&c->link);
	xplan_drop(&c->plan);
	clip_unref(c->tail);
	free(c->heard);
	free(c->wav);
	c->magic = MAGIC_DEAD;
	free(c);
}

struct xcall *xcall_find(struct exchange *x, const char *id)
{
	for (struct list *pos = x->calls.prev; pos != &x->calls; pos = pos->prev) {
		struct xcall *c = list_entry(pos, struct xcall, link);

		if (!strcmp(id, "last") || !strcmp(id, c->id) || !strcmp(id, c->id + 1) || (c->alias[0] && !strcmp(id, c->alias)))
			return c;
	}
	return NULL;
}

/* All timeslots are taken: no SETUP can go out, and a public exchange tells its own subscriber so (34, Q.931 5.1.5.1). */
static void congested(struct xcall *c)
{
	struct e1_event ev = { .type = E1_GONE, .cause = 34, .location = -1, .at_us = c->setup_us };

	on_gone(c, &ev);
}

int xcall_dial(struct exchange *x, const struct xdial *d, struct xcall **xcp)
{
	struct xspan *s;
	struct xnumber *n = d->setup.calling.present ? xnumber_find(x, d->setup.calling.digits, d->setup.calling.ton) : NULL;
	struct xcall *c;
	int err = xspan_find(x, d->span, &s);

	if (err)
		return err;
	c = call_new(s, clock_mono_us());
	if (!c)
		return -ENOMEM;
	c->from_phone = true;
	c->setup = d->setup;
	if (d->alias)
		snprintf(c->alias, sizeof(c->alias), "%s", d->alias);
	if (n)
		xplan_copy(&c->plan, &n->plan);
	if (d->stay_ms >= 0)
		c->plan.stay_ms = d->stay_ms;
	err = e1_call_dial(s->e1, &c->setup, false, c, &c->e1);
	if (err && (err != -EBUSY || d->setup.timeslot)) {
		xcall_free(c);
		return err;
	}
	counter_inc(&x->count[XCOUNT_DIALLED]);
	c->timeslot = err ? 0 : e1_call_timeslot(c->e1);
	xcall_emit_setup(c, "dial");
	if (err)
		congested(c);
	*xcp = c;
	return 0;
}

void xcall_incoming(struct xspan *s, const struct e1_event *ev)
{
	struct xcall *c = call_new(s, ev->at_us);

	counter_inc(&s->x->count[XCOUNT_INCOMING]);
	if (!c) {
		(void)e1_call_hangup(ev->call, 47);
		return;
	}
	c->e1 = ev->call;
	c->setup = *ev->setup;
	c->timeslot = e1_call_timeslot(c->e1);
	e1_call_set_user(c->e1, c);
	xcall_emit_setup(c, "ring");
	xcall_sound_open(c);
	xcall_route(c, false);
	xcall_sound_gates(c);
}

/* ---- what the node says ---- */

static void on_digits(struct xcall *c, const struct e1_event *ev)
{
	struct e1_number *called = &c->setup.called;
	json_t *e = xcall_event_new(c, "digits", ev->at_us);

	if (e)
		json_object_set_new(e, "digits", json_string(ev->digits));
	xevent_emit(c->x, e);
	if (c->state != XCALL_OVERLAP)
		return;
	if (strlen(called->digits) + strlen(ev->digits) > E1_NUMBER_MAX) {
		(void)xcall_hangup(c, 28, false, "exchange");
		return;
	}
	memcpy(called->digits + strlen(called->digits), ev->digits, strlen(ev->digits) + 1);
	called->present = true;
	xcall_route(c, false);
}

static void on_setup_ack(struct xcall *c, const struct e1_event *ev)
{
	xcall_emit_progress(c, "setup-ack", ev);
	if (c->state != XCALL_DIALLING)
		return;
	c->state = XCALL_OVERLAP;
	xcall_timer_start(c, XTIMER_T304);
}

static void on_proceeding(struct xcall *c, const struct e1_event *ev)
{
	xcall_emit_progress(c, "proceeding", ev);
	if (c->state >= XCALL_PROCEEDING)
		return;
	c->state = XCALL_PROCEEDING;
	c->cut_through = ev->inband && c->span->cut == EXCHANGE_CUT_ANY;
	xcall_timer_start(c, XTIMER_T310);
}

/* Rule 10: opens the path by the span's rule, stops nothing (T310 runs on: rule 1). */
static void on_progress(struct xcall *c, const struct e1_event *ev)
{
	xcall_emit_progress(c, "progress", ev);
	if (!ev->inband || c->span->cut != EXCHANGE_CUT_ANY || c->state >= XCALL_TALKING)
		return;
	c->cut_through = true;
	xcall_hear_nothing(c);
}

static void on_alerting(struct xcall *c, const struct e1_event *ev)
{
	xcall_emit_progress(c, "alerting", ev);
	if (c->state >= XCALL_ALERTING)
		return;
	c->state = XCALL_ALERTING;
	c->alerting_us = ev->at_us;
	c->cut_through = ev->inband && c->span->cut != EXCHANGE_CUT_CONNECT;
	if (c->cut_through)
		xcall_hear_nothing(c);
	else
		xcall_hear(c, TONE_RINGBACK);
	xcall_timer_start(c, XTIMER_T301);
}

static void on_answer(struct xcall *c, const struct e1_event *ev)
{
	xcall_emit(c, "answer", ev->at_us, "node");
	if (c->state >= XCALL_TALKING)
		return;
	counter_inc(&c->x->count[XCOUNT_ANSWERED]);
	c->state = XCALL_TALKING;
	c->answer_us = ev->at_us;
	xcall_timer_stop(c);
	xcall_hear_nothing(c);
	xcall_sound_gates(c); /* before the voice: its first word counts */
	if (c->plan.voice)
		(void)xcall_say(c, c->plan.voice, c->plan.voice_loop ? 0 : 1, 0, false);
	if (c->plan.hangup_after_ms >= 0)
		xcall_step(c, XSTEP_HANGUP, c->plan.hangup_after_ms);
}

static void on_notify(struct xcall *c, const struct e1_event *ev)
{
	json_t *e = xcall_event_new(c, "notify", ev->at_us);

	if (e)
		json_object_set_new(e, "held", json_boolean(ev->held));
	xevent_emit(c->x, e);
}

/* The other end, or the line, ended it. A phone that stays hears the other end's tone, then that of its own exchange
 * (on_gone). */
static void cleared(struct xcall *c, const struct e1_event *ev)
{
	c->state = XCALL_CLEARING;
	c->cause = ev->cause;
	c->cleared_by = ev->by_peer ? "node" : c->e1 ? "line" : "exchange";
	c->end_us = ev->at_us;
	c->cut_through = false;
	xcall_timer_stop(c);
	xcall_step(c, XSTEP_NONE, 0);
	xcall_hear_nothing(c);
	xcall_emit_hangup(c, ev->inband);
	if ((c->from_phone || c->answer_us) && c->plan.stay_ms > 0)
		xcall_step(c, XSTEP_ON_HOOK, c->plan.stay_ms);
}

static void on_hangup(struct xcall *c, const struct e1_event *ev)
{
	if (c->state == XCALL_CLEARING)
		return; /* both at once */
	cleared(c, ev);
	c->inband_clear = ev->inband;
	if (ev->inband && c->step == XSTEP_NONE)
		(void)xcall_hangup(c, 16, false, "phone");
}

static void on_gone(struct xcall *c, const struct e1_event *ev)
{
	if (c->state != XCALL_CLEARING)
		cleared(c, ev);
	c->gone_us = clock_mono_us();
	xcall_timer_stop(c);
	xcall_sound_gone(c);
	c->e1 = NULL;
	xcall_emit_gone(c);
	if (c->step == XSTEP_ON_HOOK) {
		c->state = XCALL_TONE;
		c->tail_from_us = c->gone_us;
		if (tone_clip(&c->tail, c->x->country, xcall_cause_tone(c->cause)))
			c->tail = NULL; /* silence then */
	} else {
		xcall_over(c);
	}
}

void xcall_over(struct xcall *c)
{
	int64_t now = clock_mono_us();
	int err;

	xcall_step(c, XSTEP_NONE, 0);
	if (c->state == XCALL_TONE)
		xcall_emit(c, "on-hook", now, "phone");
	c->tail_to_us = now;
	c->state = XCALL_OVER;
	if (!c->wav)
		return;
	err = xcall_write_wav(c, c->wav);
	if (err)
		log_warn("cannot write %s: %s", c->wav, strerror(-err));
	free(c->wav);
	c->wav = NULL;
}

typedef void(on_event_h)(struct xcall *c, const struct e1_event *ev);

void xcall_event(struct xcall *c, const struct e1_event *ev)
{
	static on_event_h *const on[] = {
		[E1_DIGITS] = on_digits,     [E1_SETUP_ACK] = on_setup_ack, [E1_PROCEEDING] = on_proceeding,
		[E1_PROGRESS] = on_progress, [E1_ALERTING] = on_alerting,   [E1_ANSWER] = on_answer,
		[E1_NOTIFY] = on_notify,     [E1_HANGUP] = on_hangup,       [E1_GONE] = on_gone,
	};

	MAGIC_CHECK(c, XCALL_MAGIC);
	if ((unsigned)ev->type >= ARRAY_LEN(on) || !on[ev->type])
		return;
	if (c->state >= XCALL_CLEARING && ev->type < E1_HANGUP)
		return; /* crossed our clearing */
	if (ev->type < E1_HANGUP) { /* the first response has fixed the timeslot */
		c->timeslot = e1_call_timeslot(c->e1);
		xcall_sound_open(c);
	}
	on[ev->type](c, ev);
	if (c->e1)
		xcall_sound_gates(c);
}
