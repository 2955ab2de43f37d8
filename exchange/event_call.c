/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened to a call, in JSON. man/exchange.1 lists the events; members are only ever added. */
#include "exchange/internal.h"

#include "core/clock.h"

json_t *xcall_event_new(struct xcall *c, const char *name, int64_t at_us)
{
	json_t *ev = xevent(name, at_us);

	if (!ev)
		return NULL;
	json_object_set_new(ev, "call", json_string(c->id));
	if (c->alias[0])
		json_object_set_new(ev, "as", json_string(c->alias));
	json_object_set_new(ev, "span", json_string(e1_span_name(c->span->e1)));
	json_object_set_new(ev, "timeslot", json_integer(c->timeslot));
	json_object_set_new(ev, "ms", json_integer((at_us - c->setup_us) / 1000));
	return ev;
}

void xcall_emit(struct xcall *c, const char *name, int64_t at_us, const char *from)
{
	json_t *ev = xcall_event_new(c, name, at_us);

	if (ev)
		json_object_set_new(ev, "from", json_string(from));
	xevent_emit(c->x, ev);
}

static const char *presentation_name(enum e1_presentation p)
{
	return p == E1_PRES_RESTRICTED ? "restricted" : p == E1_PRES_UNAVAILABLE ? "unavailable" : "allowed";
}

static const char *screening_name(enum e1_screening s)
{
	static const char *const name[] = { "unscreened", "passed", "failed", "network" };

	return name[s & 3];
}

static void add_setup(json_t *ev, const struct e1_setup *s)
{
	json_object_set_new(ev, "calling", s->calling.present ? json_string(s->calling.digits) : json_null());
	json_object_set_new(ev, "called", json_string(s->called.digits));
	if (s->calling.present) {
		json_object_set_new(ev, "pres", json_string(presentation_name(s->calling.presentation)));
		json_object_set_new(ev, "screen", json_string(screening_name(s->calling.screening)));
		json_object_set_new(ev, "calling_ton", json_integer(s->calling.ton));
	}
	json_object_set_new(ev, "called_ton", json_integer(s->called.ton));
	if (s->redirecting.present)
		json_object_set_new(ev, "redirecting", json_string(s->redirecting.digits));
	json_object_set_new(ev, "bearer", json_integer(s->bearer));
	json_object_set_new(ev, "exclusive", json_boolean(s->exclusive));
	json_object_set_new(ev, "complete", json_boolean(s->sending_complete));
}

void xcall_emit_setup(struct xcall *c, const char *name)
{
	json_t *ev = xcall_event_new(c, name, c->setup_us);

	if (ev)
		add_setup(ev, &c->setup);
	xevent_emit(c->x, ev);
}

void xcall_emit_progress(struct xcall *c, const char *name, const struct e1_event *ev)
{
	json_t *e = xcall_event_new(c, name, ev->at_us);

	if (e) {
		json_object_set_new(e, "from", json_string("node"));
		json_object_set_new(e, "inband", json_boolean(ev->inband));
		json_object_set_new(e, "progress_mask", json_integer(ev->progress_mask));
		if (ev->cause)
			json_object_set_new(e, "cause", json_integer(ev->cause));
	}
	xevent_emit(c->x, e);
}

static json_int_t utc_ms(const struct xcall *c, int64_t mono_us)
{
	return (c->setup_utc_us + (mono_us - c->setup_us)) / 1000;
}

/* The exchange's own log of talk times: what charges are compared with. */
void xcall_emit_gone(struct xcall *c)
{
	json_t *e = xcall_event_new(c, "gone", c->gone_us);
	int64_t talk_us = c->answer_us ? c->end_us - c->answer_us : 0;

	if (e) {
		json_object_set_new(e, "from_phone", json_boolean(c->from_phone));
		json_object_set_new(e, "calling", json_string(c->setup.calling.digits));
		json_object_set_new(e, "called", json_string(c->setup.called.digits));
		json_object_set_new(e, "cause", json_integer(c->cause));
		json_object_set_new(e, "by", json_string(c->cleared_by));
		json_object_set_new(e, "setup_ms", json_integer(utc_ms(c, c->setup_us)));
		if (c->alerting_us)
			json_object_set_new(e, "alerting_ms", json_integer(utc_ms(c, c->alerting_us)));
		if (c->answer_us)
			json_object_set_new(e, "answer_ms", json_integer(utc_ms(c, c->answer_us)));
		json_object_set_new(e, "end_ms", json_integer(utc_ms(c, c->end_us)));
		json_object_set_new(e, "talk_ms", json_integer(talk_us / 1000));
		json_object_set_new(e, "talk_us", json_integer(talk_us));
	}
	xevent_emit(c->x, e);
}

void xcall_emit_hangup(struct xcall *c, bool inband)
{
	json_t *e = xcall_event_new(c, "hangup", c->end_us);

	if (e) {
		json_object_set_new(e, "cause", json_integer(c->cause));
		json_object_set_new(e, "by", json_string(c->cleared_by));
		json_object_set_new(e, "inband", json_boolean(inband));
	}
	xevent_emit(c->x, e);
}
