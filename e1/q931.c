/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpri, in this one file: Q.921 and Q.931 of a EuroISDN primary rate link.
 *
 * Frames come from the line through the filter of q931_ie.c; libpri reads one in q931_read, answers through q931_write, and
 * returns at most one event, which is copied at once, since libpri has but one and the next call overwrites it. Its timers are
 * one timer of the loop. Its calls may vanish without an event (causes 6, 7 and 26, a direct RELEASE COMPLETE, an unanswered
 * SETUP given up): after each step every call of the span is looked up.
 */
#include "e1/internal.h"

#include <errno.h>
#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "core/clock.h"
#include "e1/q931_ie.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define E1_LEAK_CHECK
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(E1_LEAK_CHECK)
#include <sanitizer/lsan_interface.h>
#endif

#define LOG_MODULE "e1"

#define EVENTS_MAX 256      /* libpri events in one go of its timers; the rest in the loop's next turn */
#define COMPLAINTS 10       /* of libpri's errors logged in a second */

struct e1_q931 {
	struct e1_span   *span;
	struct pri       *pri;
	struct loop_timer timer;
	const uint8_t    *frame;   /* the one to be read */
	unsigned          frame_len;
	struct e1_ie_peek peek;    /* of the frame being handled; valid only then */
	int64_t           at_us;   /* when it came */
	bool              quiet;   /* we are only looking: libpri would complain of a call it has forgotten */
	int64_t           complaint_us;
	unsigned          complaints;
};

/* libpri's gettimeofday (renamed in the archive, see the Makefile): the monotonic clock, so no step of the wall clock reaches its
 * timers. */
int pri_clock_gettimeofday(struct timeval *tv, void *tz);
int pri_clock_gettimeofday(struct timeval *tv, void *tz)
{
	int64_t now_us = clock_mono_us();

	(void)tz;
	tv->tv_sec = now_us / 1000000;
	tv->tv_usec = now_us % 1000000;
	return 0;
}

/* ---- libpri's words into the log: process-wide functions, which find the span through its pri ---- */

static void q931_say(struct pri *pri, const char *text, enum log_level level)
{
	struct e1_q931 *q = pri ? pri_get_userdata(pri) : NULL;
	int len = (int)strcspn(text, "\n");

	if (len == 0 || (q && q->quiet))
		return;
	if (q && level < LOG_DEBUG) {
		int64_t now_us = clock_mono_us();

		if (now_us - q->complaint_us >= CLOCK_SEC(1)) {
			q->complaint_us = now_us;
			q->complaints = 0;
		}
		if (++q->complaints > COMPLAINTS)
			return;
	}
	LOGX(level, NULL, "%s: libpri: %.*s", q ? q->span->config.name : "?", len, text);
}

static void q931_message(struct pri *pri, char *text)
{
	q931_say(pri, text, LOG_DEBUG);
}

static void q931_error(struct pri *pri, char *text)
{
	q931_say(pri, text, LOG_WARN);
}

/* ---- frames ---- */

static int q931_read(struct pri *pri, void *buf, int size)
{
	struct e1_q931 *q = pri_get_userdata(pri);
	unsigned len = q->frame_len;

	if (len == 0 || (int)len > size)
		return 0;
	/* Behind the frame lie ends of octet groups, for whoever walks too far. */
	memset(buf, 0x80, (size_t)size);
	memcpy(buf, q->frame, len);
	q->frame_len = 0;
	return (int)len;
}

static int q931_write(struct pri *pri, void *buf, int len)
{
	struct e1_q931 *q = pri_get_userdata(pri);

	if (len > 2)
		e1_span_send_frame(q->span, buf, (unsigned)len - 2);
	return len;
}

/* ---- timers ---- */

static void q931_rearm(struct e1_q931 *q)
{
	const struct timeval *tv = pri_schedule_next(q->pri);
	int64_t now_us = clock_mono_us(), at_us;

	if (tv == NULL) {
		loop_timer_stop(&q->timer);
		return;
	}
	at_us = (int64_t)tv->tv_sec * 1000000 + tv->tv_usec;
	loop_timer_start_at(&q->timer, at_us > now_us ? at_us : now_us);
}

static void q931_event(struct e1_q931 *q, const pri_event *e);
static void q931_after(struct e1_q931 *q);

static void q931_timer(struct loop_timer *t)
{
	struct e1_q931 *q = container_of(t, struct e1_q931, timer);

	q->at_us = clock_mono_us();
	for (unsigned i = 0; i < EVENTS_MAX; i++) {
		const pri_event *e = pri_schedule_run(q->pri);

		if (e == NULL)
			break;
		q931_event(q, e);
		q931_after(q);
	}
	q931_after(q);
	q931_rearm(q);
}

/* ---- received ---- */

/* After each step: clearing that libpri answered by itself, and calls it has forgotten. */
static void q931_after(struct e1_q931 *q)
{
	struct e1_span *s = q->span;
	const struct e1_ie_peek *p = &q->peek;
	struct list *pos, *next;

	if (p->valid && (p->msg == E1_MSG_DISCONNECT || p->msg == E1_MSG_RELEASE || p->msg == E1_MSG_RELEASE_COMPLETE)) {
		struct e1_call *c = e1_call_by_reference(s, p->cref, p->flag);
		struct e1_signal sig = {
			.input = E1_IN_CLEARING, .cause = p->cause, .location = p->location, .by_peer = true, .at_us = q->at_us
		};

		if (c)
			e1_call_signal(c, &sig);
	}
	list_for_each(pos, next, &s->calls)
		e1_call_check(list_entry(pos, struct e1_call, link), q->at_us);
}

void e1_q931_receive(struct e1_q931 *q, const struct e1_line_msg *msg)
{
	uint8_t frame[E1_HDLC_FRAME_MAX];
	const pri_event *e;

	memcpy(frame, msg->frame, msg->len);
	q->frame_len = e1_ie_clean(frame, msg->len, &q->peek);
	for (unsigned i = 0; i < q->peek.cut; i++)
		e1_span_count(q->span, E1C_D_CUT_ELEMENTS);
	if (q->frame_len == 0) {
		e1_span_count(q->span, E1C_D_REFUSED);
		return;
	}
	q->frame = frame;
	q->at_us = msg->at_us;
	e = pri_check_event(q->pri);
	if (e)
		q931_event(q, e);
	q931_after(q);
	q->peek.valid = false;
	q->frame = NULL;
	q931_rearm(q);
}

/* Digits as we take them; false: others among them, or too many. */
static bool q931_digits(char out[E1_NUMBER_MAX + 1], const char *in)
{
	size_t len = strlen(in);

	if (len > E1_NUMBER_MAX || strspn(in, "0123456789*#") != len)
		return false;
	memcpy(out, in, len + 1);
	return true;
}

static void q931_number(struct e1_number *n, bool present, const char *digits, int plan, int presentation)
{
	memset(n, 0, sizeof(*n));
	if (!present || !q931_digits(n->digits, digits))
		return;
	n->present = true;
	n->ton = plan >> 4 & 7;
	n->npi = plan & 15;
	n->presentation = presentation >> 5 & 3;
	n->screening = presentation & 3;
}

static void q931_channel(struct e1_signal *sig, int channel)
{
	sig->channel = channel & 0xff;
	if (channel < 0 || sig->channel == 0xff)
		sig->channel = -1;
	else if (sig->channel == 0)
		sig->no_channel = true;
}

static void q931_ring(struct e1_q931 *q, const pri_event *e, struct e1_signal *sig)
{
	const pri_event_ring *r = &e->ring;
	struct e1_setup *setup = &sig->setup;

	sig->input = E1_IN_RING;
	sig->pri = r->call;
	q931_channel(sig, r->channel);
	sig->exclusive = !r->flexible;
	q931_number(&setup->called, q->peek.valid ? q->peek.called : r->callednum[0] != '\0', r->callednum, r->calledplan, 0);
	/* A number the network provided comes as "ani" beside one the user gave: what the network says counts (rule 4). */
	if (r->callingplanani >= 0)
		q931_number(&setup->calling, true, r->callingani, r->callingplanani,
		            (r->calling.number.presentation & PRI_PRES_RESTRICTION) | PRI_PRES_NETWORK_NUMBER);
	else
		q931_number(&setup->calling, r->calling.number.valid, r->callingnum, r->callingplan,
		            r->calling.number.presentation);
	for (int i = 0; r->subcmds && i < r->subcmds->counter_subcmd && i < PRI_MAX_SUBCOMMANDS; i++) {
		const struct pri_party_number *n = &r->subcmds->subcmd[i].u.redirecting.from.number;

		if (r->subcmds->subcmd[i].cmd == PRI_SUBCMD_REDIRECTING)
			q931_number(&setup->redirecting, n->valid, n->str, n->plan, n->presentation);
	}
	setup->bearer = (uint8_t)r->ctype;
	setup->timeslot = sig->channel > 0 ? (unsigned)sig->channel : 0;
	setup->exclusive = sig->exclusive;
	setup->sending_complete = r->complete;
	if (setup->called.present || r->callednum[0] == '\0')
		e1_call_ring(q->span, sig);
	else { /* more digits than anybody has, or none of this world */
		e1_span_count(q->span, E1C_CALLS_REFUSED);
		(void)pri_proceeding(q->pri, r->call, r->channel, 0);
		(void)pri_hangup(q->pri, r->call, PRI_CAUSE_INVALID_NUMBER_FORMAT);
	}
}

/* A call that is none of ours: over for us, or begun by a message libpri should not have kept a record for. */
static void q931_stranger(struct e1_q931 *q, const struct e1_signal *sig)
{
	if (sig->input == E1_IN_DISCONNECT || sig->input == E1_IN_RELEASE)
		(void)pri_hangup(q->pri, sig->pri, sig->cause > 0 ? sig->cause : PRI_CAUSE_NORMAL_CLEARING);
	else if (sig->input != E1_IN_RELEASED)
		(void)pri_hangup(q->pri, sig->pri, PRI_CAUSE_INVALID_CALL_REFERENCE);
}

static void q931_progress(struct e1_signal *sig, enum e1_input input, q931_call *c, int channel, int mask, int cause)
{
	sig->input = input;
	sig->pri = c;
	sig->progress_mask = (unsigned)mask;
	sig->inband = mask & (PRI_PROG_INBAND_AVAILABLE | PRI_PROG_CALL_NOT_E2E_ISDN);
	sig->cause = cause;
	q931_channel(sig, channel);
}

static void q931_hung(struct e1_q931 *q, struct e1_signal *sig, enum e1_input input, const pri_event_hangup *h)
{
	sig->input = input;
	sig->pri = h->call;
	sig->cause = h->cause;
	if (q->peek.valid) { /* the peer's doing; libpri tells neither the location nor what comes with DISCONNECT */
		sig->by_peer = true;
		sig->location = q->peek.location;
		sig->inband = q->peek.msg == E1_MSG_DISCONNECT && q->peek.inband;
	} else if (!q->span->layer2)
		/* T309, or at once in a call not yet answered: from the start of the loss (rule 9) */
		sig->at_us = q->span->link_lost_us;
}

static bool q931_signal(struct e1_q931 *q, const pri_event *e, struct e1_signal *sig)
{
	switch (e->e) {
	case PRI_EVENT_SETUP_ACK:
		q931_progress(sig, E1_IN_SETUP_ACK, e->setup_ack.call, e->setup_ack.channel, e->setup_ack.progressmask, 0);
		return true;
	case PRI_EVENT_PROCEEDING:
		q931_progress(sig, E1_IN_PROCEEDING, e->proceeding.call, e->proceeding.channel, e->proceeding.progressmask, 0);
		return true;
	case PRI_EVENT_PROGRESS:
		q931_progress(sig, E1_IN_PROGRESS, e->proceeding.call, e->proceeding.channel, e->proceeding.progressmask,
		              e->proceeding.cause);
		return true;
	case PRI_EVENT_RINGING:
		q931_progress(sig, E1_IN_ALERTING, e->ringing.call, e->ringing.channel, e->ringing.progressmask, 0);
		return true;
	case PRI_EVENT_ANSWER:
		q931_progress(sig, E1_IN_CONNECT, e->answer.call, e->answer.channel, e->answer.progressmask, 0);
		return true;
	case PRI_EVENT_INFO_RECEIVED:
		sig->input = E1_IN_DIGITS;
		sig->pri = e->ring.call;
		return q931_digits(sig->digits, e->ring.callednum);
	case PRI_EVENT_KEYPAD_DIGIT:
		sig->input = E1_IN_DIGITS;
		sig->pri = e->digit.call;
		return q931_digits(sig->digits, e->digit.digits);
	case PRI_EVENT_NOTIFY:
		sig->input = E1_IN_NOTIFY;
		sig->pri = e->notify.call;
		sig->held = e->notify.info == PRI_NOTIFY_USER_SUSPENDED || e->notify.info == PRI_NOTIFY_REMOTE_HOLD;
		return true;
	case PRI_EVENT_HANGUP_REQ:
		q931_hung(q, sig, E1_IN_DISCONNECT, &e->hangup);
		return true;
	case PRI_EVENT_HANGUP:
		q931_hung(q, sig, E1_IN_RELEASE, &e->hangup);
		return true;
	case PRI_EVENT_HANGUP_ACK:
		q931_hung(q, sig, E1_IN_RELEASED, &e->hangup);
		return true;
	default:
		return false;
	}
}

static void q931_event(struct e1_q931 *q, const pri_event *e)
{
	struct e1_signal sig = { .at_us = q->at_us, .location = -1, .channel = -1 };
	struct e1_call *c;

	switch (e->e) {
	case PRI_EVENT_DCHAN_UP:
		e1_span_layer2(q->span, true);
		return;
	case PRI_EVENT_DCHAN_DOWN:
		e1_span_layer2(q->span, false);
		return;
	case PRI_EVENT_RESTART:
		e1_channel_restarted(q->span, e->restart.channel < 0 ? -1 : e->restart.channel & 0xff, q->at_us);
		return;
	case PRI_EVENT_RESTART_ACK:
		e1_channel_restart_acked(q->span);
		return;
	case PRI_EVENT_CONFIG_ERR:
		q931_say(q->pri, e->err.err, LOG_WARN);
		return;
	case PRI_EVENT_RING:
		q931_ring(q, e, &sig);
		return;
	default:
		if (!q931_signal(q, e, &sig))
			return;
		break;
	}
	c = e1_call_find(q->span, sig.pri);
	if (c)
		e1_call_signal(c, &sig);
	else
		q931_stranger(q, &sig);
}

/* ---- what the span asks of it ---- */

static void q931_plan(struct pri_party_number *to, const struct e1_number *from)
{
	to->valid = from->present;
	to->plan = (from->ton & 7) << 4 | (from->npi & 15);
	to->presentation = (int)from->presentation << 5 | (int)from->screening;
	(void)snprintf(to->str, sizeof(to->str), "%s", from->digits);
}

struct q931_call *e1_q931_dial(struct e1_q931 *q, const struct e1_setup *setup, unsigned timeslot)
{
	struct pri_party_redirecting redirecting = { .count = 1 };
	struct pri_party_id calling = { 0 };
	struct pri_sr *sr = pri_sr_new();
	q931_call *c = pri_new_call(q->pri);
	char called[E1_NUMBER_MAX + 1];
	int err = -1;

	if (sr && c) {
		(void)pri_sr_set_channel(sr, (int)timeslot, setup->exclusive, 0);
		(void)pri_sr_set_bearer(sr, setup->bearer, PRI_LAYER_1_ALAW);
		(void)snprintf(called, sizeof(called), "%s", setup->called.digits);
		(void)pri_sr_set_called(sr, called, (setup->called.ton & 7) << 4 | (setup->called.npi & 15),
		                        setup->sending_complete);
		q931_plan(&calling.number, &setup->calling);
		pri_sr_set_caller_party(sr, &calling);
		q931_plan(&redirecting.from.number, &setup->redirecting);
		if (setup->redirecting.present)
			pri_sr_set_redirecting_parties(sr, &redirecting);
		err = pri_setup(q->pri, c, sr);
	}
	if (sr)
		pri_sr_free(sr);
	if (err && c) {
		pri_destroycall(q->pri, c);
		c = NULL;
	}
	q931_rearm(q);
	return c;
}

unsigned e1_q931_reference(struct e1_q931 *q, struct q931_call *c)
{
	int low, high;

	q->quiet = true;
	high = pri_get_crv(q->pri, c, &low);
	q->quiet = false;
	return high < 0 ? 0 : (unsigned)high << 3 | (unsigned)low;
}

int e1_q931_setup_ack(struct e1_q931 *q, struct q931_call *c, unsigned timeslot)
{
	int err = pri_setup_ack(q->pri, c, (int)timeslot, 0, 0);

	q931_rearm(q);
	return err;
}

int e1_q931_proceeding(struct e1_q931 *q, struct q931_call *c, unsigned timeslot)
{
	int err = pri_proceeding(q->pri, c, (int)timeslot, 0);

	q931_rearm(q);
	return err;
}

int e1_q931_progress(struct e1_q931 *q, struct q931_call *c, unsigned timeslot, bool inband, int cause)
{
	int err = cause ? pri_progress_with_cause(q->pri, c, (int)timeslot, inband, cause)
	                : pri_progress(q->pri, c, (int)timeslot, inband);

	q931_rearm(q);
	return err;
}

int e1_q931_alerting(struct e1_q931 *q, struct q931_call *c, unsigned timeslot, bool inband)
{
	int err = pri_acknowledge(q->pri, c, (int)timeslot, inband);

	q931_rearm(q);
	return err;
}

int e1_q931_answer(struct e1_q931 *q, struct q931_call *c, unsigned timeslot)
{
	int err = pri_answer(q->pri, c, (int)timeslot, 0);

	q931_rearm(q);
	return err;
}

int e1_q931_digits(struct e1_q931 *q, struct q931_call *c, const char *digits)
{
	int err = 0;

	for (; *digits && err == 0; digits++)
		err = pri_information(q->pri, c, *digits);
	q931_rearm(q);
	return err;
}

int e1_q931_notify(struct e1_q931 *q, struct q931_call *c, bool held)
{
	/* Remote hold and retrieval (EN 300 196-1): the held party is not to be asked for anything. */
	int err = pri_notify(q->pri, c, 0, held ? PRI_NOTIFY_REMOTE_HOLD : PRI_NOTIFY_REMOTE_RETRIEVAL);

	q931_rearm(q);
	return err;
}

int e1_q931_hangup(struct e1_q931 *q, struct q931_call *c, int cause)
{
	int err;

	q->quiet = true;
	err = pri_hangup(q->pri, c, cause);
	q->quiet = false;
	q931_rearm(q);
	return err;
}

void e1_q931_forget(struct e1_q931 *q, struct q931_call *c)
{
	q->quiet = true;
	pri_destroycall(q->pri, c);
	q->quiet = false;
	q931_rearm(q);
}

int e1_q931_restart(struct e1_q931 *q, unsigned timeslot)
{
	int err = pri_reset(q->pri, (int)timeslot);

	q931_rearm(q);
	return err;
}

/* ---- life ---- */

int e1_q931_alloc(struct e1_q931 **qp, struct e1_span *s)
{
	struct e1_q931 *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -ENOMEM;
	q->span = s;
	loop_timer_init(s->loop, &q->timer, q931_timer);
	pri_set_message(q931_message);
	pri_set_error(q931_error);
	q->pri = pri_new_cb(-1, s->config.role == E1_NETWORK ? PRI_NETWORK : PRI_CPE, PRI_SWITCH_EUROISDN_E1, q931_read,
	                    q931_write, q);
	if (q->pri == NULL) {
		free(q);
		return -ENOMEM;
	}
	pri_set_debug(q->pri, (int)s->config.debug);
	pri_hangup_fix_enable(q->pri, 1); /* RELEASE COMPLETE only as the first answer (Q.931 5.3.2) */
	pri_set_overlapdial(q->pri, 1);   /* Sending complete goes out when we say so, not always */
	q931_rearm(q);
	*qp = q;
	return 0;
}

/* libpri has no pri_free(): its record is given up, a few kilobytes a span at the end of the program. The leak checker is
 * told. */
void e1_q931_free(struct e1_q931 *q)
{
	if (q == NULL)
		return;
	loop_timer_stop(&q->timer);
	pri_set_userdata(q->pri, NULL);
#if defined(__SANITIZE_ADDRESS__) || defined(E1_LEAK_CHECK)
	__lsan_ignore_object(q->pri);
#endif
	free(q);
}
