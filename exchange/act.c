/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a phone, or the exchange for it, does to its call. */
#include "exchange/internal.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"

static void emit_sent(struct xcall *c, const char *name, bool inband)
{
	json_t *e = xcall_event_new(c, name, clock_mono_us());

	if (e) {
		json_object_set_new(e, "from", json_string("exchange"));
		json_object_set_new(e, "inband", json_boolean(inband));
	}
	xevent_emit(c->x, e);
}

static int check_to_phone(const struct xcall *c, enum xcall_state before)
{
	if (!c->e1 || c->state >= XCALL_CLEARING)
		return -ENOTCONN;
	return c->from_phone || c->state >= before ? -EPROTO : 0;
}

int xcall_proceeding(struct xcall *c)
{
	int err = check_to_phone(c, XCALL_PROCEEDING);

	if (err)
		return err;
	err = e1_call_proceeding(c->e1);
	if (err)
		return err;
	xcall_timer_stop(c);
	c->state = XCALL_PROCEEDING;
	c->timeslot = e1_call_timeslot(c->e1);
	xcall_sound_open(c);
	emit_sent(c, "proceeding", false);
	return 0;
}

/* Sound the node may hear before the answer: early media of the number, else the ring-back of a far exchange. */
static void say_early(struct xcall *c, bool ring)
{
	c->inband_sent = true;
	xcall_sound_gates(c);
	if (c->plan.early)
		(void)xcall_say(c, c->plan.early, c->plan.end == XPLAN_REFUSE ? 1 : 0, 0, false);
	else if (ring)
		xcall_say_tone(c, TONE_RINGBACK);
}

int xcall_alert(struct xcall *c, bool inband)
{
	int err = check_to_phone(c, XCALL_ALERTING);

	if (!err && c->state < XCALL_PROCEEDING)
		err = xcall_proceeding(c);
	if (!err)
		err = e1_call_alerting(c->e1, inband);
	if (err)
		return err;
	c->state = XCALL_ALERTING;
	c->alerting_us = clock_mono_us();
	emit_sent(c, "alerting", inband);
	if (inband)
		say_early(c, true);
	xcall_timer_start(c, XTIMER_T301);
	return 0;
}

int xcall_progress(struct xcall *c, bool inband, int cause)
{
	int err = check_to_phone(c, XCALL_TALKING);

	if (!err && c->state < XCALL_PROCEEDING)
		err = xcall_proceeding(c);
	if (!err)
		err = e1_call_progress(c->e1, inband, cause);
	if (err)
		return err;
	emit_sent(c, "progress", inband);
	if (inband)
		say_early(c, false);
	return 0;
}

int xcall_answer(struct xcall *c)
{
	int err = check_to_phone(c, XCALL_TALKING);

	if (!err && c->state < XCALL_PROCEEDING)
		err = xcall_proceeding(c);
	if (!err)
		err = e1_call_answer(c->e1);
	if (err)
		return err;
	counter_inc(&c->x->count[XCOUNT_ANSWERED]);
	c->state = XCALL_TALKING;
	c->answer_us = clock_mono_us();
	xcall_timer_stop(c);
	xcall_step(c, XSTEP_NONE, 0);
	xcall_say_nothing(c); /* early media ends */
	emit_sent(c, "answer", false);
	xcall_sound_gates(c);
	if (c->plan.voice)
		(void)xcall_say(c, c->plan.voice, c->plan.voice_loop ? 0 : 1, 0, false);
	if (c->plan.hangup_after_ms >= 0)
		xcall_step(c, XSTEP_HANGUP, c->plan.hangup_after_ms);
	return 0;
}

/*
 * A second time: the phone goes on hook while the other end's tone plays, and we release; or our own tone has played for long
 * enough: libpri sends RELEASE by itself T305 (30 s) after the DISCONNECT.
 */
static int hangup_again(struct xcall *c, int cause)
{
	bool release = c->inband_clear;

	xcall_step(c, XSTEP_NONE, 0);
	xcall_timer_stop(c);
	c->inband_clear = c->inband_sent = false;
	xcall_say_nothing(c);
	xcall_sound_gates(c);
	return release ? e1_call_hangup(c->e1, cause) : 0;
}

int xcall_hangup(struct xcall *c, int cause, bool inband, const char *by)
{
	int err;

	if (c->state == XCALL_TONE) {
		xcall_over(c);
		return 0;
	}
	if (!c->e1)
		return -ENOTCONN;
	if (c->state == XCALL_CLEARING)
		return hangup_again(c, cause);
	if (inband)
		xspan_inband(c);
	else
		c->disconnect_pi = false;
	err = e1_call_hangup(c->e1, cause);
	if (err)
		return err;
	if (!c->answer_us && !c->from_phone)
		counter_inc(&c->x->count[XCOUNT_REFUSED]);
	c->state = XCALL_CLEARING;
	c->end_us = clock_mono_us();
	c->cause = cause;
	c->cleared_by = by;
	c->cut_through = false;
	c->inband_sent = c->disconnect_pi = inband;
	xcall_timer_stop(c);
	xcall_step(c, XSTEP_NONE, 0);
	xcall_hear_nothing(c);
	xcall_emit_hangup(c, inband);
	if (inband) {
		xcall_say_tone(c, xcall_cause_tone(cause));
		xcall_timer_start(c, XTIMER_T306);
	} else {
		xcall_say_nothing(c);
	}
	xcall_sound_gates(c);
	if (strcmp(by, "phone") != 0 && (c->from_phone || c->answer_us) && c->plan.stay_ms > 0)
		xcall_step(c, XSTEP_ON_HOOK, c->plan.stay_ms); /* nobody told the person: he hears the tone of his exchange */
	return 0;
}

int xcall_digits(struct xcall *c, const char *digits)
{
	int err;

	if (!c->e1 || c->state >= XCALL_CLEARING)
		return -ENOTCONN;
	if (strlen(c->setup.called.digits) + strlen(digits) > E1_NUMBER_MAX)
		return -EINVAL;
	err = e1_call_digits(c->e1, digits);
	if (err)
		return err;
	memcpy(c->setup.called.digits + strlen(c->setup.called.digits), digits, strlen(digits) + 1);
	if (c->timer_kind == XTIMER_T304)
		xcall_timer_start(c, XTIMER_T304);
	return 0;
}

int xcall_notify(struct xcall *c, bool held)
{
	if (!c->e1 || c->state >= XCALL_CLEARING)
		return -ENOTCONN;
	return e1_call_notify(c->e1, held);
}
