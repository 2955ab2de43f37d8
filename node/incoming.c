/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/incoming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call/record.h"

#define LOG_MODULE "incoming"

/* A leg whose called number is not complete: SETUP ACKNOWLEDGE is sent, INFORMATION digits come, T302 runs from each (Q.931
 * 5.1.3). */
struct incoming_overlap {
	struct incoming_table *in;
	struct trunk          *trunk;
	struct leg            *leg;
	struct leg_observer    observer;
	struct loop_timer      t302;
};

static void incoming_refuse(struct incoming_table *in, struct leg *l, int cause);

/* Q.931 4.5.5: what a telephone can say is served, other known capabilities get 88, unknown ones 65 (rule 6). */
static int incoming_bearer(uint8_t capability)
{
	switch (capability) {
	case 0x00: /* speech */
	case 0x10: /* 3.1 kHz audio */
		return 0;
	case 0x08: /* unrestricted digital */
	case 0x09: /* restricted digital */
	case 0x11: /* unrestricted digital with tones/announcements */
	case 0x18: /* video */
		return CAUSE_INCOMPATIBLE_DESTINATION;
	default:
		return CAUSE_BEARER_NOT_IMPLEMENTED;
	}
}

static const struct ivr_service *incoming_service(const struct incoming_table *in, const struct leg *l)
{
	for (unsigned i = 0; i < in->service_count; i++)
		if (strcmp(in->service[i].number, l->called.canonical) == 0)
			return &in->service[i];
	return NULL;
}

/* The raw digits are the beginning of a service number, as the exchange would send it. */
static bool incoming_incomplete(const struct incoming_table *in, const struct leg *l)
{
	size_t n = strlen(l->called.raw);

	for (unsigned i = 0; i < in->service_count; i++) {
		const char *number = in->service[i].number;
		/* a short code's tag, route/number.h */
		const char *digits = strchr(number, ':') ? strchr(number, ':') + 1 : number;

		if (strlen(digits) > n && strncmp(digits, l->called.raw, n) == 0)
			return true;
	}
	return false;
}

static void incoming_overlap_free(struct incoming_overlap *o)
{
	loop_timer_stop(&o->t302);
	leg_unobserve(&o->observer);
	leg_unref(o->leg);
	o->in->waiting--;
	free(o);
}

static void incoming_overlap_event(struct leg_observer *ob, struct leg *l, const struct leg_event *ev)
{
	struct incoming_overlap *o = container_of(ob, struct incoming_overlap, observer);
	struct incoming_table *in = o->in;
	const struct ivr_service *s;

	if (ev->type == LEG_EV_GONE) {
		incoming_overlap_free(o);
		return;
	}
	if (ev->type != LEG_EV_DIGITS)
		return;
	loop_timer_start(&o->t302, in->t302_us);
	s = incoming_service(in, l);
	if (s == NULL && incoming_incomplete(in, l))
		return;
	if (s == NULL)
		incoming_refuse(in, l, CAUSE_UNALLOCATED);
	else if (ivr_start(in->ivr, s, o->trunk, l) != 0)
		incoming_refuse(in, l, CAUSE_CONGESTION);
	incoming_overlap_free(o);
}

static void incoming_t302(struct loop_timer *t)
{
	struct incoming_overlap *o = container_of(t, struct incoming_overlap, t302);

	incoming_refuse(o->in, o->leg, CAUSE_INVALID_NUMBER_FORMAT);
	incoming_overlap_free(o);
}

static int incoming_overlap(struct incoming_table *in, struct trunk *t, struct leg *l)
{
	struct incoming_overlap *o;
	int err = leg_ask_more(l);

	if (err)
		return err;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return -ENOMEM;
	o->in = in;
	o->trunk = t;
	o->leg = leg_ref(l);
	o->observer.event = incoming_overlap_event;
	leg_observe(l, &o->observer);
	loop_timer_init(l->loop, &o->t302, incoming_t302);
	loop_timer_start(&o->t302, in->t302_us);
	in->waiting++;
	return 0;
}

static void incoming_refuse(struct incoming_table *in, struct leg *l, int cause)
{
	struct mparty_setup setup = { 0 };

	LOGX(LOG_INFO, &l->log, "refused: called %s, calling %s, cause %d", l->called.raw, l->calling.raw, cause);
	random_id(setup.call_id);
	setup.began_utc_us = l->setup_utc_us;
	leg_hangup(l, cause);
	record_trigger(in->ivr->billing, &setup, l);
	record_call(in->ivr->billing, &setup, cause);
}

void incoming_leg(struct incoming_table *in, struct trunk *t, struct leg *l)
{
	const struct ivr_service *s;
	int cause = incoming_bearer(l->bearer);

	if (cause) {
		incoming_refuse(in, l, cause);
		return;
	}
	s = incoming_service(in, l);
	if (s == NULL && !l->sending_complete && incoming_incomplete(in, l) && incoming_overlap(in, t, l) == 0)
		return;
	if (s == NULL)
		incoming_refuse(in, l, incoming_incomplete(in, l) ? CAUSE_INVALID_NUMBER_FORMAT : CAUSE_UNALLOCATED);
	else if (ivr_start(in->ivr, s, t, l) != 0)
		incoming_refuse(in, l, CAUSE_CONGESTION);
}
