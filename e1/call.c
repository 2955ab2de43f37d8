/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call, as signalling moves it: the table below lists every input in every state. What the owner does is in call_ops.c.
 */
#include "e1/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define LOG_MODULE "e1"

/* Causes e1 gives itself (Q.850). */
#define CAUSE_NO_USER_RESPONDING 18
#define CAUSE_OUT_OF_ORDER       27 /* physical or data link failure at the interface; 38 would say the network itself is ill */
#define CAUSE_INVALID_NUMBER     28
#define CAUSE_NORMAL_UNSPECIFIED 31
#define CAUSE_NO_CIRCUIT         34
#define CAUSE_CHANNEL_UNAVAILABLE 44
#define CAUSE_NO_SUCH_CHANNEL    82
#define CAUSE_TIMER              102

/*
 * What is done with an input in a state. libpri has checked that a message fits the state of Q.931, and answered STATUS
 * otherwise.
 *
 *   -  passed over                              d  the peer's DISCONNECT: retry, listen to tones, or release
 *   r  a response to our SETUP: the channel is  c  the peer clears, libpri has answered
 *      obeyed, the owner told, the state moves  e  released by the peer: retry, or over
 *   t  the owner is told                        E  libpri has no such call any more: over
 *   o  overdue: we clear                        a  overdue while clearing: forgotten
 *   L  lost: forgotten
 */
static const char call_table[E1_CALL_STATES][E1_INPUTS + 1] = {
	/* setup_ack proceeding progress alerting connect | digits notify | disconnect clearing release released | timeout lost */
	[E1_CALL_PRESENT]        = "-----" "--" "dceE" "oL",
	[E1_CALL_OVERLAP_IN]     = "-----" "tt" "dceE" "oL",
	[E1_CALL_PROCEEDING_IN]  = "-----" "tt" "dceE" "oL",
	[E1_CALL_ALERTING_IN]    = "-----" "-t" "dceE" "oL",
	[E1_CALL_INITIATED]      = "rrrrr" "-t" "dceE" "oL",
	[E1_CALL_OVERLAP_OUT]    = "-rrrr" "-t" "dceE" "oL",
	[E1_CALL_PROCEEDING_OUT] = "-rrrr" "-t" "dceE" "oL",
	[E1_CALL_DELIVERED]      = "--r-r" "-t" "dceE" "oL",
	[E1_CALL_ACTIVE]         = "-----" "tt" "dceE" "-L",
	[E1_CALL_TONES]          = "-----" "--" "--eE" "oL",
	[E1_CALL_CLEARING]       = "-----" "--" "d-eE" "aL",
	[E1_CALL_GONE]           = "-----" "--" "----" "--",
};

static const struct {
	const char *name;
	int64_t     limit_us; /* then E1_IN_TIMEOUT; 0 none */
} call_state[E1_CALL_STATES] = {
	[E1_CALL_PRESENT] = { "present", CLOCK_SEC(20) }, /* the caller's T303, twice 4 s, is long over: nobody waits any more */
	/* T302 (15 s) is the owner's, who knows what he waits for; the caller's T304 is 30 s. */
	[E1_CALL_OVERLAP_IN] = { "overlap receiving", CLOCK_SEC(60) },
	/* The owners' timers and the exchange's (T310, T301: 180 s) are all shorter: a peer that forgot the call says nothing. */
	[E1_CALL_PROCEEDING_IN] = { "incoming proceeding", CLOCK_SEC(300) },
	[E1_CALL_ALERTING_IN] = { "call received", CLOCK_SEC(600) },
	[E1_CALL_INITIATED] = { "call initiated", CLOCK_SEC(15) }, /* libpri's T303, twice 4 s, and some */
	[E1_CALL_OVERLAP_OUT] = { "overlap sending", CLOCK_SEC(60) }, /* T304 is 30 s */
	[E1_CALL_PROCEEDING_OUT] = { "outgoing proceeding", CLOCK_SEC(300) }, /* the owner's are 60 s and 45 s (rule 7) */
	[E1_CALL_DELIVERED] = { "call delivered", CLOCK_SEC(600) },
	[E1_CALL_ACTIVE] = { "active", 0 },
	[E1_CALL_TONES] = { "disconnected, tones", CLOCK_SEC(35) }, /* the network's T306 is 30 s */
	[E1_CALL_CLEARING] = { "clearing", CLOCK_SEC(45) }, /* T305 30 s, T308 twice 4 s, and some */
	[E1_CALL_GONE] = { "gone", 0 },
};

const char *e1_call_state_name(enum e1_call_state state)
{
	return call_state[state].name;
}

static void call_respond(struct e1_call *c, const struct e1_signal *sig);
static void call_tell(struct e1_call *c, const struct e1_signal *sig);
static void call_disconnect(struct e1_call *c, const struct e1_signal *sig);
static void call_clearing(struct e1_call *c, const struct e1_signal *sig);
static void call_release(struct e1_call *c, const struct e1_signal *sig);
static void call_released(struct e1_call *c, const struct e1_signal *sig);
static void call_overdue(struct e1_call *c, const struct e1_signal *sig);
static void call_abandon(struct e1_call *c);
static void call_forget(struct e1_call *c, const struct e1_signal *sig);

void e1_call_signal(struct e1_call *c, const struct e1_signal *sig)
{
	switch (call_table[c->state][sig->input]) {
	case 'r': call_respond(c, sig); break;
	case 't': call_tell(c, sig); break;
	case 'd': call_disconnect(c, sig); break;
	case 'c': call_clearing(c, sig); break;
	case 'e': call_release(c, sig); break;
	case 'E': call_released(c, sig); break;
	case 'o': call_overdue(c, sig); break;
	case 'a': call_abandon(c); break;
	case 'L': call_forget(c, sig); break;
	default: break;
	}
}

void e1_call_enter(struct e1_call *c, enum e1_call_state state)
{
	c->state = state;
	c->since_us = clock_mono_us();
	if (call_state[state].limit_us)
		loop_timer_start(&c->timer, call_state[state].limit_us);
	else
		loop_timer_stop(&c->timer);
}

/* ---- telling the owner ---- */

static enum e1_event_type call_event_type(enum e1_input input)
{
	switch (input) {
	case E1_IN_SETUP_ACK: return E1_SETUP_ACK;
	case E1_IN_PROCEEDING: return E1_PROCEEDING;
	case E1_IN_PROGRESS: return E1_PROGRESS;
	case E1_IN_ALERTING: return E1_ALERTING;
	case E1_IN_CONNECT: return E1_ANSWER;
	case E1_IN_DIGITS: return E1_DIGITS;
	default: return E1_NOTIFY;
	}
}

static void call_tell(struct e1_call *c, const struct e1_signal *sig)
{
	struct e1_note *n = e1_span_note(c->span, call_event_type(sig->input), c);

	if (n == NULL)
		return;
	n->ev.cause = sig->input == E1_IN_PROGRESS && sig->cause > 0 ? sig->cause : 0;
	n->ev.inband = sig->inband;
	n->ev.progress_mask = sig->progress_mask;
	n->ev.held = sig->held;
	n->ev.at_us = sig->at_us;
	memcpy(n->text, sig->digits, sizeof(sig->digits));
	n->ev.digits = sig->input == E1_IN_DIGITS ? n->text : NULL;
	e1_span_queue(c->span, n);
}

/* How the call ended, once: whoever was first. */
static void call_ended(struct e1_call *c, int cause, int location, bool by_peer, int64_t at_us)
{
	if (c->ended)
		return;
	c->ended = true;
	c->cause = cause > 0 ? cause : CAUSE_NORMAL_UNSPECIFIED; /* a cause element was due and did not come */
	c->location = location;
	c->by_peer = by_peer;
	c->end_us = at_us;
}

static void call_tell_hangup(struct e1_call *c, const struct e1_signal *sig)
{
	if (c->ended)
		return;
	call_ended(c, sig->cause, sig->location, sig->by_peer, sig->at_us);
	c->hangup.ev = (struct e1_event){ .type = E1_HANGUP,
		                          .call = c,
		                          .cause = c->cause,
		                          .location = c->location,
		                          .by_peer = c->by_peer,
		                          .inband = sig->inband,
		                          .at_us = c->end_us };
	e1_span_queue(c->span, &c->hangup);
}

void e1_call_gone(struct e1_call *c)
{
	if (c->state == E1_CALL_GONE)
		return;
	call_ended(c, CAUSE_NORMAL_UNSPECIFIED, -1, false, clock_mono_us());
	c->pri = NULL;
	e1_call_enter(c, E1_CALL_GONE);
	if (c->timeslot)
		c->span->channel[c->timeslot].closing++;
	e1_channel_leave(c->span, c);
	c->gone.ev = (struct e1_event){
		.type = E1_GONE, .call = c, .cause = c->cause, .location = c->location, .by_peer = c->by_peer, .at_us = c->end_us
	};
	e1_span_queue(c->span, &c->gone);
}

void e1_call_check(struct e1_call *c, int64_t at_us)
{
	struct e1_signal sig = { .input = E1_IN_RELEASED,
		                 .pri = c->pri,
		                 .cause = CAUSE_NORMAL_UNSPECIFIED,
		                 .location = -1,
		                 .by_peer = true,
		                 .at_us = at_us };

	if (c->pri == NULL || e1_q931_reference(c->span->q931, c->pri) != 0)
		return;
	if (!c->ended)
		e1_span_count(c->span, E1C_VANISHED);
	if (!c->span->layer2) { /* cancelled with the link, before we had answered the SETUP */
		sig.cause = CAUSE_OUT_OF_ORDER;
		sig.by_peer = false;
		sig.at_us = c->span->link_lost_us;
	}
	e1_call_signal(c, &sig);
	if (c->state != E1_CALL_GONE)
		e1_call_gone(c);
}

/* ---- the peer answers our SETUP ---- */

/* Another channel and a new SETUP, once, when it was the channel that was wrong (rule 7). False: it is over. */
static bool call_retry(struct e1_call *c)
{
	unsigned failed = c->timeslot, ts;
	struct q931_call *pri;

	if (c->retried || !e1_span_up(c->span))
		return false;
	ts = e1_channel_pick(c->span, failed);
	if (ts == 0)
		return false;
	pri = e1_q931_dial(c->span->q931, &c->setup, ts);
	if (pri == NULL)
		return false;
	e1_channel_leave(c->span, c);
	e1_channel_take(c->span, ts, c);
	c->retried = true;
	c->answered_first = false;
	c->pri = pri;
	c->reference = e1_q931_reference(c->span->q931, pri);
	e1_call_enter(c, E1_CALL_INITIATED);
	e1_span_count(c->span, E1C_RETRIES);
	return true;
}

static bool call_retriable(const struct e1_call *c, int cause)
{
	if (!c->outgoing || c->ended || c->state < E1_CALL_INITIATED || c->state > E1_CALL_PROCEEDING_OUT)
		return false;
	return cause == CAUSE_CHANNEL_UNAVAILABLE || (cause == CAUSE_NO_CIRCUIT && c->glare);
}

/* The channel the network chose, in its first response. False: it chose one that is not to be had. */
static bool call_obey(struct e1_call *c, int channel)
{
	struct e1_span *s = c->span;
	struct e1_channel *ch;

	if (c->answered_first)
		return true;
	if (channel <= 0)
		channel = (int)c->timeslot;
	if (channel <= 0 || channel > E1_TIMESLOTS)
		return false;
	ch = &s->channel[channel];
	if (ch->call != c && (ch->port == NULL || ch->call))
		return false;
	if (ch->call != c) {
		e1_channel_leave(s, c);
		e1_channel_take(s, (unsigned)channel, c);
	}
	c->answered_first = true;
	return true;
}

static void call_advance(struct e1_call *c, enum e1_input input)
{
	switch (input) {
	case E1_IN_SETUP_ACK: e1_call_enter(c, E1_CALL_OVERLAP_OUT); break;
	case E1_IN_PROCEEDING: e1_call_enter(c, E1_CALL_PROCEEDING_OUT); break;
	case E1_IN_ALERTING: e1_call_enter(c, E1_CALL_DELIVERED); break;
	case E1_IN_CONNECT: e1_call_enter(c, E1_CALL_ACTIVE); break;
	default: /* PROGRESS moves nothing, but as the first response it says that the SETUP was heard */
		if (c->state == E1_CALL_INITIATED)
			e1_call_enter(c, E1_CALL_PROCEEDING_OUT);
		break;
	}
}

static void call_respond(struct e1_call *c, const struct e1_signal *sig)
{
	struct q931_call *old = c->pri;
	struct e1_signal end = { .pri = c->pri, .cause = CAUSE_CHANNEL_UNAVAILABLE, .location = -1, .at_us = sig->at_us };

	if (call_obey(c, sig->channel)) {
		call_tell(c, sig);
		call_advance(c, sig->input);
		return;
	}
	if (call_retriable(c, CAUSE_CHANNEL_UNAVAILABLE) && call_retry(c)) {
		(void)e1_q931_hangup(c->span->q931, old, CAUSE_CHANNEL_UNAVAILABLE);
		return;
	}
	call_tell_hangup(c, &end);
	e1_call_enter(c, E1_CALL_CLEARING);
	(void)e1_q931_hangup(c->span->q931, old, CAUSE_CHANNEL_UNAVAILABLE);
}

/* ---- the end ---- */

static void call_disconnect(struct e1_call *c, const struct e1_signal *sig)
{
	struct q931_call *old = c->pri;

	if (call_retriable(c, sig->cause) && call_retry(c)) {
		(void)e1_q931_hangup(c->span->q931, old, sig->cause);
		return;
	}
	/* Tones come with the peer's DISCONNECT before an answer; after it there is nothing to listen to that is worth the
	 * channel. */
	if (sig->inband && !c->ended && c->outgoing) {
		call_tell_hangup(c, sig);
		e1_call_enter(c, E1_CALL_TONES);
		return;
	}
	call_tell_hangup(c, sig);
	e1_call_enter(c, E1_CALL_CLEARING);
	(void)e1_q931_hangup(c->span->q931, old, c->cause);
}

static void call_clearing(struct e1_call *c, const struct e1_signal *sig)
{
	bool silent = c->state == E1_CALL_PRESENT;

	call_tell_hangup(c, sig);
	e1_call_enter(c, E1_CALL_CLEARING);
	if (silent) {
		/* A SETUP given up before we had said a word: libpri has sent RELEASE COMPLETE, and would keep its record for
		 * ever. */
		e1_q931_forget(c->span->q931, c->pri);
		e1_call_gone(c);
	}
}

static void call_release(struct e1_call *c, const struct e1_signal *sig)
{
	struct q931_call *old = c->pri;

	if (call_retriable(c, sig->cause) && call_retry(c)) {
		(void)e1_q931_hangup(c->span->q931, old, sig->cause);
		return;
	}
	call_tell_hangup(c, sig);
	(void)e1_q931_hangup(c->span->q931, old, c->cause); /* RELEASE COMPLETE if it was RELEASE; libpri lets go */
	e1_call_gone(c);
}

static void call_released(struct e1_call *c, const struct e1_signal *sig)
{
	call_tell_hangup(c, sig);
	e1_call_gone(c);
}

/* A state that has lasted too long: what libpri's timers should have ended. */
static void call_overdue(struct e1_call *c, const struct e1_signal *sig)
{
	struct e1_signal end = *sig;

	e1_span_count(c->span, E1C_OVERDUE);
	end.cause = c->state == E1_CALL_INITIATED ? CAUSE_NO_USER_RESPONDING : CAUSE_TIMER;
	if (c->state == E1_CALL_PRESENT) {
		call_forget(c, &end);
		return;
	}
	call_tell_hangup(c, &end);
	e1_call_enter(c, E1_CALL_CLEARING);
	(void)e1_q931_hangup(c->span->q931, c->pri, c->cause);
	e1_call_check(c, sig->at_us);
}

static void call_abandon(struct e1_call *c)
{
	e1_span_count(c->span, E1C_OVERDUE);
	log_warn("%s:%u: the peer never released call %u", c->span->config.name, c->timeslot, c->reference);
	e1_q931_forget(c->span->q931, c->pri);
	e1_call_gone(c);
}

static void call_forget(struct e1_call *c, const struct e1_signal *sig)
{
	if (!c->ended)
		e1_span_count(c->span, E1C_CALLS_LOST);
	call_tell_hangup(c, sig);
	e1_q931_forget(c->span->q931, c->pri);
	e1_call_gone(c);
}

void e1_call_lost(struct e1_call *c, int cause, bool by_peer, int64_t at_us)
{
	struct e1_signal sig = {
		.input = E1_IN_LOST, .pri = c->pri, .cause = cause, .location = -1, .by_peer = by_peer, .at_us = at_us
	};

	e1_call_signal(c, &sig);
}

static void call_timeout(struct loop_timer *t)
{
	struct e1_call *c = container_of(t, struct e1_call, timer);
	struct e1_signal sig = { .input = E1_IN_TIMEOUT, .pri = c->pri, .location = -1, .at_us = clock_mono_us() };

	e1_call_signal(c, &sig);
}

/* ---- a new call ---- */

int e1_call_new(struct e1_call **cp, struct e1_span *s, const struct e1_setup *setup, bool outgoing)
{
	struct e1_call *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->magic = E1_CALL_MAGIC;
	c->span = s;
	c->setup = *setup;
	c->outgoing = outgoing;
	c->location = -1;
	c->hangup.embedded = c->gone.embedded = true;
	loop_timer_init(s->loop, &c->timer, call_timeout);
	list_append(&s->calls, &c->link);
	e1_call_enter(c, outgoing ? E1_CALL_INITIATED : E1_CALL_PRESENT);
	*cp = c;
	return 0;
}

void e1_call_free(struct e1_call *c)
{
	MAGIC_CHECK(c, E1_CALL_MAGIC);
	loop_timer_stop(&c->timer);
	list_remove(&c->hangup.link);
	list_remove(&c->gone.link);
	list_remove(&c->link);
	c->magic = MAGIC_DEAD;
	free(c);
}

struct e1_call *e1_call_find(struct e1_span *s, const struct q931_call *pri)
{
	struct list *pos, *next;

	list_for_each(pos, next, &s->calls) {
		struct e1_call *c = list_entry(pos, struct e1_call, link);

		if (c->pri && c->pri == pri)
			return c;
	}
	return NULL;
}

struct e1_call *e1_call_by_reference(struct e1_span *s, unsigned cref, bool outgoing)
{
	struct list *pos, *next;

	list_for_each(pos, next, &s->calls) {
		struct e1_call *c = list_entry(pos, struct e1_call, link);

		if (c->pri && c->reference == cref && c->outgoing == outgoing)
			return c;
	}
	return NULL;
}

/* Our own SETUP waits for its first answer on the channel the network's SETUP names (Q.931 5.7): the network's goes first. */
static void call_yield(struct e1_span *s, unsigned timeslot)
{
	struct e1_call *c = s->channel[timeslot].call;

	e1_channel_leave(s, c);
	c->timeslot = 0;
	c->glare = true;
	e1_span_count(s, E1C_GLARE);
}

/* The channel for an incoming call, or 0 and the cause (rule 6). */
static unsigned call_place(struct e1_span *s, const struct e1_signal *sig, int *cause)
{
	const struct e1_channel *ch = NULL;
	unsigned ts;

	*cause = CAUSE_NO_CIRCUIT;
	if (sig->no_channel || !e1_span_takes_calls(s))
		return 0;
	if (sig->channel > 0 && sig->channel <= E1_TIMESLOTS)
		ch = &s->channel[sig->channel];
	if (ch && ch->port && ch->in_service) {
		if (ch->call && ch->call->state == E1_CALL_INITIATED && !ch->call->answered_first && s->config.role == E1_CPE)
			call_yield(s, (unsigned)sig->channel);
		if (ch->call == NULL)
			return (unsigned)sig->channel;
	}
	if (sig->exclusive && sig->channel > 0) {
		*cause = ch && ch->port ? CAUSE_CHANNEL_UNAVAILABLE : CAUSE_NO_SUCH_CHANNEL;
		return 0;
	}
	ts = e1_channel_pick(s, 0);
	return ts;
}

void e1_call_ring(struct e1_span *s, const struct e1_signal *sig)
{
	struct e1_call *old = e1_call_find(s, sig->pri), *c;
	struct e1_note *n;
	int cause;
	unsigned ts;

	if (old) /* libpri forgot it without a word, and has used its memory again */
		e1_call_gone(old);
	e1_span_count(s, E1C_CALLS_IN);
	ts = call_place(s, sig, &cause);
	if (ts == 0 || e1_call_new(&c, s, &sig->setup, false) != 0) {
		e1_span_count(s, E1C_CALLS_REFUSED);
		(void)e1_q931_hangup(s->q931, sig->pri, ts ? CAUSE_NO_CIRCUIT : cause); /* RELEASE COMPLETE */
		return;
	}
	c->pri = sig->pri;
	c->reference = e1_q931_reference(s->q931, sig->pri);
	c->answered_first = true;
	e1_channel_take(s, ts, c);
	n = e1_span_note(s, E1_RING, c);
	if (n == NULL) {
		e1_call_lost(c, CAUSE_NO_CIRCUIT, false, sig->at_us);
		return;
	}
	n->setup = sig->setup;
	n->ev.setup = &n->setup;
	n->ev.inband = sig->inband;
	n->ev.at_us = sig->at_us;
	e1_span_queue(s, n);
}
