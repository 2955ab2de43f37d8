/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the owner may do with a call, and when. Nothing here calls the owner back: events come from the span's queue. */
#include "e1/internal.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"

#define LOG_MODULE "e1"

/* Operations, and the states they belong to. */
#define BIT(state) (1u << (state))
#define INCOMING   (BIT(E1_CALL_PRESENT) | BIT(E1_CALL_OVERLAP_IN) | BIT(E1_CALL_PROCEEDING_IN))

static int call_may(const struct e1_call *c, unsigned states)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	if (c->state >= E1_CALL_TONES)
		return -ENOTCONN;
	return states & BIT(c->state) ? 0 : -EPROTO;
}

/* libpri's answer; -1 is a call it has forgotten, of which check tells the owner in due course. */
static int call_done(struct e1_call *c, int err, enum e1_call_state next)
{
	if (err) {
		e1_call_check(c, clock_mono_us());
		return -ENOTCONN;
	}
	e1_call_enter(c, next);
	return 0;
}

/* ---- outgoing ---- */

static bool number_good(const struct e1_number *n, bool needed)
{
	size_t len = strnlen(n->digits, sizeof(n->digits));

	if (!n->present)
		return !needed;
	return len <= E1_NUMBER_MAX && strspn(n->digits, "0123456789*#") == len && (len > 0 || !needed) && n->ton <= 7 &&
	       n->npi <= 15;
}

static unsigned dial_channel(struct e1_span *s, const struct e1_setup *setup, bool reserved)
{
	if (!reserved && e1_span_free_channels(s) == 0)
		return 0;
	if (setup->timeslot == 0)
		return e1_channel_pick(s, 0);
	return setup->timeslot <= E1_TIMESLOTS && e1_channel_free(s, setup->timeslot) ? setup->timeslot : 0;
}

int e1_call_dial(struct e1_span *s, const struct e1_setup *setup, bool reserved, void *user, struct e1_call **cp)
{
	struct e1_call *c;
	unsigned ts;
	int err;

	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	assert(!reserved || s->reserved > 0);
	if (!number_good(&setup->called, true) || !number_good(&setup->calling, false) ||
	    !number_good(&setup->redirecting, false))
		return -EINVAL;
	if (s->state != E1_SPAN_IN_SERVICE)
		return -ENETDOWN;
	ts = dial_channel(s, setup, reserved);
	if (ts == 0)
		return -EBUSY;
	err = e1_call_new(&c, s, setup, true);
	if (err)
		return err;
	c->pri = e1_q931_dial(s->q931, setup, ts);
	if (c->pri == NULL) {
		e1_call_free(c);
		return -EINVAL;
	}
	e1_channel_take(s, ts, c);
	c->reference = e1_q931_reference(s->q931, c->pri);
	c->user = user;
	if (reserved)
		s->reserved--;
	e1_span_count(s, E1C_CALLS_OUT);
	*cp = c;
	return 0;
}

int e1_call_digits(struct e1_call *c, const char *digits)
{
	int err = call_may(c, BIT(E1_CALL_OVERLAP_OUT));
	size_t len = strnlen(digits, E1_NUMBER_MAX + 1);

	if (err)
		return err;
	if (len == 0 || len > E1_NUMBER_MAX || strspn(digits, "0123456789*#") != len)
		return -EINVAL;
	return call_done(c, e1_q931_digits(c->span->q931, c->pri, digits), E1_CALL_OVERLAP_OUT);
}

/* ---- incoming ---- */

int e1_call_setup_ack(struct e1_call *c)
{
	int err = call_may(c, BIT(E1_CALL_PRESENT));

	return err ? err : call_done(c, e1_q931_setup_ack(c->span->q931, c->pri, c->timeslot), E1_CALL_OVERLAP_IN);
}

int e1_call_proceeding(struct e1_call *c)
{
	int err = call_may(c, BIT(E1_CALL_PRESENT) | BIT(E1_CALL_OVERLAP_IN));

	return err ? err : call_done(c, e1_q931_proceeding(c->span->q931, c->pri, c->timeslot), E1_CALL_PROCEEDING_IN);
}

int e1_call_progress(struct e1_call *c, bool inband, int cause)
{
	int err = call_may(c, INCOMING | BIT(E1_CALL_ALERTING_IN));

	if (!err && c->state == E1_CALL_PRESENT) /* PROGRESS cannot be the first answer (Q.931 5.2.5) */
		err = e1_call_proceeding(c);
	return err ? err : call_done(c, e1_q931_progress(c->span->q931, c->pri, c->timeslot, inband, cause), c->state);
}

int e1_call_alerting(struct e1_call *c, bool inband)
{
	int err = call_may(c, INCOMING);

	return err ? err : call_done(c, e1_q931_alerting(c->span->q931, c->pri, c->timeslot, inband), E1_CALL_ALERTING_IN);
}

int e1_call_answer(struct e1_call *c)
{
	int err = call_may(c, INCOMING | BIT(E1_CALL_ALERTING_IN));

	/* a CONNECT as the first answer is legal, but many exchanges want the channel confirmed before */
	if (!err && c->state == E1_CALL_PRESENT)
		err = e1_call_proceeding(c);
	return err ? err : call_done(c, e1_q931_answer(c->span->q931, c->pri, c->timeslot), E1_CALL_ACTIVE);
}

/* ---- either ---- */

int e1_call_notify(struct e1_call *c, bool held)
{
	int err = call_may(c, BIT(E1_CALL_ACTIVE) | BIT(E1_CALL_ALERTING_IN) | BIT(E1_CALL_DELIVERED));

	return err ? err : call_done(c, e1_q931_notify(c->span->q931, c->pri, held), c->state);
}

/* Causes with which libpri sends RELEASE COMPLETE as the first answer to a SETUP (Q.931 5.3.2 a); with others it would send
 * nothing at all. */
static bool hangup_at_once(int cause)
{
	return cause == 1 || cause == 34 || cause == 44 || cause == 82 || cause == 88;
}

int e1_call_hangup(struct e1_call *c, int cause)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	if (c->state > E1_CALL_TONES)
		return -ENOTCONN;
	if (cause < 1 || cause > 127)
		cause = 31;
	if (c->state == E1_CALL_PRESENT && !hangup_at_once(cause))
		(void)e1_call_proceeding(c);
	if (c->state == E1_CALL_GONE) /* libpri had forgotten it */
		return 0;
	if (!c->ended) {
		c->ended = true;
		c->cause = cause;
		c->end_us = clock_mono_us();
	}
	e1_call_enter(c, E1_CALL_CLEARING);
	(void)e1_q931_hangup(c->span->q931, c->pri, cause);
	e1_call_check(c, c->end_us);
	return 0;
}

/* ---- asking ---- */

void e1_call_set_user(struct e1_call *c, void *user)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	c->user = user;
}

void *e1_call_user(const struct e1_call *c)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	return c->user;
}

struct e1_span *e1_call_span(const struct e1_call *c)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	return c->span;
}

struct media_port *e1_call_port(const struct e1_call *c)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	return c->span->channel[c->timeslot].port; /* NULL for timeslot 0 */
}

unsigned e1_call_timeslot(const struct e1_call *c)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	return c->timeslot;
}

unsigned e1_call_reference(const struct e1_call *c)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	return c->reference;
}

bool e1_call_outgoing(const struct e1_call *c)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	return c->outgoing;
}
