/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/e1_leg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define LOG_MODULE "e1_leg"

#define E1_TRUNK_MAGIC 0x45315452u

struct e1_trunk {
	unsigned               magic;
	struct trunk           trunk;
	struct e1_trunk_config config;
	struct loop           *loop;
	struct e1_span        *span;
};

struct e1_leg {
	struct leg       leg; /* first: leg_ops.free frees this */
	struct e1_call  *call; /* NULL once E1_GONE has come */
	struct e1_trunk *trunk;
};

static struct e1_leg *e1_leg_of(struct leg *l)
{
	return container_of(l, struct e1_leg, leg);
}

/* ---- leg_ops ---- */

static int e1_leg_more(struct leg *l)
{
	return e1_call_setup_ack(e1_leg_of(l)->call);
}

static int e1_leg_proceeding(struct leg *l)
{
	return e1_call_proceeding(e1_leg_of(l)->call);
}

static int e1_leg_progress(struct leg *l, enum leg_progress how)
{
	struct e1_call *c = e1_leg_of(l)->call;

	return how == LEG_SAY_PROGRESS_INBAND ? e1_call_progress(c, true, 0)
	                                      : e1_call_alerting(c, how == LEG_SAY_ALERTING_INBAND);
}

static int e1_leg_answer(struct leg *l)
{
	return e1_call_answer(e1_leg_of(l)->call);
}

static int e1_leg_hangup(struct leg *l, int cause)
{
	struct e1_leg *el = e1_leg_of(l);

	return el->call ? e1_call_hangup(el->call, cause) : -ENOTCONN;
}

static void e1_leg_free(struct leg *l)
{
	free(e1_leg_of(l));
}

static const struct leg_ops e1_leg_ops = {
	.more = e1_leg_more,
	.proceeding = e1_leg_proceeding,
	.progress = e1_leg_progress,
	.answer = e1_leg_answer,
	.hangup = e1_leg_hangup,
	.free = e1_leg_free,
};

/* ---- making legs ---- */

static void e1_leg_place(struct e1_leg *el)
{
	struct leg *l = &el->leg;

	l->timeslot = e1_call_timeslot(el->call);
	l->reference = e1_call_reference(el->call);
	(void)snprintf(l->channel, sizeof(l->channel), "%s:%u", l->trunk, l->timeslot);
	(void)snprintf(l->log.leg, sizeof(l->log.leg), "%s", l->channel);
}

static struct e1_leg *e1_leg_new(struct e1_trunk *t, struct e1_call *call, bool outgoing, const char *id)
{
	struct e1_leg *el = calloc(1, sizeof(*el));

	if (el == NULL)
		return NULL;
	if (id)
		(void)snprintf(el->leg.id, sizeof(el->leg.id), "%s", id);
	el->trunk = t;
	el->call = call;
	(void)snprintf(el->leg.trunk, sizeof(el->leg.trunk), "%s", t->trunk.name);
	leg_init(&el->leg, t->loop, &e1_leg_ops, outgoing);
	return el;
}

static void e1_leg_party(const struct e1_trunk *t, struct leg_party *p, const struct e1_number *n)
{
	memset(p, 0, sizeof(*p));
	p->present = n->present;
	if (!n->present)
		return;
	(void)snprintf(p->raw, sizeof(p->raw), "%s", n->digits);
	p->ton = n->ton;
	p->npi = n->npi;
	p->restricted = n->presentation != E1_PRES_ALLOWED;
	p->screening = n->screening == E1_SCREEN_NETWORK       ? LEG_SCREEN_NETWORK
	               : n->screening == E1_SCREEN_USER_PASSED ? LEG_SCREEN_PASSED
	               : n->screening == E1_SCREEN_USER_FAILED ? LEG_SCREEN_FAILED
	                                                       : LEG_SCREEN_NONE;
	if (t->config.numbers.canonical(t->config.numbers.arg, n->digits, n->ton, n->npi, p->canonical) != 0)
		p->canonical[0] = '\0';
}

static void e1_trunk_ring(struct e1_trunk *t, const struct e1_event *ev)
{
	struct e1_leg *el = e1_leg_new(t, ev->call, false, NULL);
	const struct e1_setup *s = ev->setup;
	struct leg *l;

	if (el == NULL) {
		(void)e1_call_hangup(ev->call, CAUSE_CONGESTION);
		return;
	}
	l = &el->leg;
	e1_call_set_user(ev->call, el);
	e1_leg_party(t, &l->called, &s->called);
	e1_leg_party(t, &l->calling, &s->calling);
	e1_leg_party(t, &l->redirecting, &s->redirecting);
	l->bearer = s->bearer;
	l->sending_complete = s->sending_complete;
	e1_leg_place(el);
	leg_port_opened(l, e1_call_port(ev->call));
	t->config.incoming(l, &t->trunk, t->config.arg);
}

/* ---- events of the span ---- */

static void e1_leg_digits(struct e1_leg *el, const char *digits)
{
	struct leg_party *p = &el->leg.called;
	struct leg_event ev = { .type = LEG_EV_DIGITS };
	size_t have = strlen(p->raw);
	const struct trunk_numbers *n = &el->trunk->config.numbers;

	(void)snprintf(p->raw + have, sizeof(p->raw) - have, "%s", digits);
	if (n->canonical(n->arg, p->raw, p->ton, p->npi, p->canonical) != 0)
		p->canonical[0] = '\0';
	leg_emit(&el->leg, &ev);
}

static void e1_trunk_call_event(struct e1_trunk *t, const struct e1_event *ev)
{
	struct e1_leg *el = e1_call_user(ev->call);
	struct leg_event held = { .type = ev->held ? LEG_EV_HELD : LEG_EV_RESUMED };
	struct leg *l;

	if (el == NULL) /* refused for want of memory */
		return;
	l = &el->leg;
	if (l->outgoing && ev->type != E1_HANGUP && ev->type != E1_GONE && l->port == NULL) {
		e1_leg_place(el);
		leg_port_opened(l, e1_call_port(ev->call));
	}
	switch (ev->type) {
	case E1_DIGITS:
		e1_leg_digits(el, ev->digits);
		break;
	case E1_SETUP_ACK:
	case E1_PROCEEDING:
		if (ev->inband)
			leg_got_progress(l, true);
		else
			leg_got_proceeding(l);
		break;
	case E1_PROGRESS:
		leg_got_progress(l, ev->inband);
		break;
	case E1_ALERTING:
		leg_got_alerting(l, ev->inband);
		break;
	case E1_ANSWER:
		leg_got_answer(l, ev->at_us);
		break;
	case E1_NOTIFY:
		l->held = ev->held;
		leg_emit(l, &held);
		break;
	case E1_HANGUP:
		leg_got_end(l, ev->cause, ev->location, ev->by_peer, ev->at_us);
		/* Whoever the leg belongs to says himself what became of it (busy, no answer): the exchange's tone for the same
		 * is heard by nobody, and would keep the channel for T306, half a minute. */
		if (ev->inband)
			(void)e1_call_hangup(ev->call, ev->cause);
		break;
	case E1_GONE:
		if (!leg_over(l))
			leg_got_end(l, ev->cause, ev->location, ev->by_peer, ev->at_us);
		el->call = NULL;
		leg_gone(l);
		break;
	case E1_RING:
	case E1_SPAN_UP:
	case E1_SPAN_DOWN:
		break;
	}
	(void)t;
}

static void e1_trunk_event(struct e1_span *s, const struct e1_event *ev, void *arg)
{
	struct e1_trunk *t = arg;

	(void)s;
	MAGIC_CHECK(t, E1_TRUNK_MAGIC);
	if (ev->type == E1_SPAN_UP)
		log_info("%s in service", t->trunk.name);
	else if (ev->type == E1_SPAN_DOWN)
		log_warn("%s out of service: %s", t->trunk.name, ev->text ? ev->text : "");
	else if (ev->type == E1_RING)
		e1_trunk_ring(t, ev);
	else
		e1_trunk_call_event(t, ev);
}

/* ---- trunk_ops ---- */

static struct e1_trunk *e1_trunk_of(struct trunk *t)
{
	return container_of(t, struct e1_trunk, trunk);
}

static const struct e1_trunk *e1_trunk_of_const(const struct trunk *t)
{
	return (const struct e1_trunk *)((const char *)t - offsetof(struct e1_trunk, trunk));
}

static int e1_trunk_number(const struct e1_trunk *t, const char *canonical, struct e1_number *n, struct leg_party *p)
{
	int ton = 0, npi = 0;
	int err = t->config.numbers.outgoing(t->config.numbers.arg, canonical, p->raw, &ton, &npi);

	if (err)
		return -EINVAL;
	if (strlen(p->raw) > E1_NUMBER_MAX)
		return -EINVAL;
	(void)snprintf(p->canonical, sizeof(p->canonical), "%s", canonical);
	p->ton = (uint8_t)ton;
	p->npi = (uint8_t)npi;
	p->present = true;
	memset(n, 0, sizeof(*n));
	(void)snprintf(n->digits, sizeof(n->digits), "%.*s", E1_NUMBER_MAX, p->raw);
	n->ton = (uint8_t)ton;
	n->npi = (uint8_t)npi;
	n->present = true;
	return 0;
}

static int e1_trunk_dial(struct trunk *trunk, const struct leg_dial *d, struct leg **lp)
{
	struct e1_trunk *t = e1_trunk_of(trunk);
	struct e1_setup setup = { .bearer = E1_BEARER_3K1, .sending_complete = true }; /* rule 7 */
	struct e1_leg *el = e1_leg_new(t, NULL, true, d->id);
	struct leg *l;
	int err;

	if (el == NULL)
		return -ENOMEM;
	l = &el->leg;
	if (d->log)
		l->log = *d->log;
	err = e1_trunk_number(t, d->called, &setup.called, &l->called);
	if (!err && d->calling) {
		err = e1_trunk_number(t, d->calling, &setup.calling, &l->calling);
		l->calling.restricted = d->restricted;
		setup.calling.presentation = d->restricted ? E1_PRES_RESTRICTED : E1_PRES_ALLOWED;
		setup.calling.screening = E1_SCREEN_USER_NOT_SCREENED; /* ours to claim, the exchange's to verify */
	}
	l->bearer = setup.bearer;
	l->no_answer_us = d->answer_timeout_us;
	if (!err)
		err = e1_call_dial(t->span, &setup, d->reserved, el, &el->call);
	if (err) {
		l->state = LEG_GONE;
		leg_unref(l);
		return err;
	}
	e1_leg_place(el);
	if (d->alerting_timeout_us > 0)
		loop_timer_start(&l->timer, d->alerting_timeout_us);
	*lp = leg_ref(l);
	return 0;
}

static bool e1_trunk_up(const struct trunk *t)
{
	return e1_span_up(e1_trunk_of_const(t)->span);
}

static unsigned e1_trunk_free_channels(const struct trunk *t)
{
	return e1_span_free_channels(e1_trunk_of_const(t)->span);
}

static int e1_trunk_reserve(struct trunk *t)
{
	return e1_span_reserve(e1_trunk_of(t)->span);
}

static void e1_trunk_release(struct trunk *t)
{
	e1_span_release(e1_trunk_of(t)->span);
}

static const struct trunk_ops e1_trunk_ops = {
	.dial = e1_trunk_dial,
	.up = e1_trunk_up,
	.free_channels = e1_trunk_free_channels,
	.reserve = e1_trunk_reserve,
	.release = e1_trunk_release,
};

int e1_trunk_alloc(struct e1_trunk **tp, struct loop *l, struct media *m, struct counter_registry *counters,
                   const struct e1_trunk_config *c)
{
	struct e1_trunk *t = calloc(1, sizeof(*t));
	int err;

	if (t == NULL)
		return -ENOMEM;
	t->magic = E1_TRUNK_MAGIC;
	t->config = *c;
	t->loop = l;
	t->trunk.ops = &e1_trunk_ops;
	t->trunk.unanswered = c->unanswered;
	t->trunk.show_host = c->show_host;
	(void)snprintf(t->trunk.name, sizeof(t->trunk.name), "e1/%s", c->span.name);
	err = e1_span_alloc(&t->span, l, m, counters, &c->span, e1_trunk_event, t);
	if (err) {
		e1_trunk_free(t);
		return err;
	}
	*tp = t;
	return 0;
}

void e1_trunk_free(struct e1_trunk *t)
{
	if (t == NULL)
		return;
	MAGIC_CHECK(t, E1_TRUNK_MAGIC);
	if (t->span)
		e1_span_free(t->span);
	t->magic = MAGIC_DEAD;
	free(t);
}

struct trunk *e1_trunk_trunk(struct e1_trunk *t)
{
	return &t->trunk;
}

struct e1_span *e1_trunk_span(struct e1_trunk *t)
{
	return t->span;
}
