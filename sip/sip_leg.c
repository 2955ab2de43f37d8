/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip/sip_leg.c - a SIP call as a leg: how it is made, what can be asked of it, how it ends. What comes: sip/sip_leg_event.c. */
#include "sip/sip_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "sip/cause.h"

#define LOG_MODULE "sip"

#define BEARER_3K1_AUDIO 0x10 /* Q.931 4.5.5: what a call with sound we can speak is */
#define BEARER_NONE      0xff /* nothing in common, or a description that cannot be read: 65, which is 488 */

#define EARLY_MEDIA "P-Early-Media"

/* ---- to the SIP thread ---- */

const char *sip_leg_reason(int cause, char out[SIP_VALUE_MAX])
{
	return sip_cause_reason(cause, out, SIP_VALUE_MAX) == 0 ? out : NULL;
}

static void respond(struct sip_leg *sl, enum sip_op op, int status, const char *phrase, const char *body, const char *header,
                    const char *value)
{
	struct sip_message *m = sip_message_new(op, sl->number);

	if (m == NULL)
		return;
	m->status = status;
	sip_message_text(&m->phrase, phrase);
	if (body)
		sip_message_body(m, body, strlen(body));
	if (header)
		sip_message_header(m, header, value);
	sip_stack_send(sl->trunk->sip->stack, m);
}

void sip_leg_respond(struct sip_leg *sl, enum sip_op op, int status, const char *phrase, const char *body)
{
	respond(sl, op, status, phrase, body, NULL, NULL);
}

/* RFC 3261 15: a final response, CANCEL or BYE, each with the cause (RFC 3326). */
void sip_leg_send_end(struct sip_leg *sl, int cause)
{
	char text[SIP_VALUE_MAX];
	const char *reason = sip_leg_reason(cause, text), *phrase;
	struct sip_message *m;
	int status;

	switch (sl->state) {
	case SIP_IN_NEW:
	case SIP_IN_EARLY:
		status = sip_cause_status(cause, sl->announced, &phrase);
		respond(sl, SIP_DO_RESPOND, status, phrase, NULL, "Reason", reason);
		break;
	case SIP_IN_ANSWERED:
	case SIP_OUT_CALLING:
	case SIP_OUT_EARLY:
	case SIP_TALKING:
		m = sip_message_new(SIP_DO_END, sl->number);
		if (m)
			sip_message_header(m, "Reason", reason);
		sip_stack_send(sl->trunk->sip->stack, m);
		break;
	case SIP_OUT_ASKING: /* its INVITE has ended */
	case SIP_ENDING:
	case SIP_LEG_STATES:
		break;
	}
	sl->state = SIP_ENDING;
	loop_timer_start(&sl->timer, SIP_LINGER_US);
}

void sip_leg_ended(struct sip_leg *sl, int cause, int location, bool by_peer, int64_t at_us)
{
	sl->state = SIP_ENDING;
	loop_timer_start(&sl->timer, SIP_LINGER_US);
	leg_got_end(&sl->leg, cause, location, by_peer, at_us);
}

/* ---- sound ---- */

void sip_leg_open_port(struct sip_leg *sl)
{
	if (sl->leg.port == NULL && sl->stream)
		leg_port_opened(&sl->leg, rtp_stream_port(sl->stream));
}

void sip_leg_sound(struct sip_leg *sl)
{
	struct rtp_format f;

	sl->agreed = true;
	if (sdp_format(sl->sdp, &f) == 0 && rtp_stream_set(sl->stream, &f) != 0)
		LOGX(LOG_WARN, &sl->leg.log, "what was agreed on cannot be spoken");
	sip_leg_look_held(sl);
}

void sip_leg_look_held(struct sip_leg *sl)
{
	struct leg *l = &sl->leg;
	struct leg_event ev = { .type = LEG_EV_HELD };
	bool held = sdp_held(sl->sdp);

	if (held == l->held || l->state != LEG_TALKING)
		return;
	l->held = held;
	if (held)
		counter_inc(&sl->trunk->counter[SIP_HELD]);
	else
		ev.type = LEG_EV_RESUMED;
	leg_emit(l, &ev);
}

/* Rule 9: charged to the start of the loss. Before the answer a caller may well send nothing. */
static void sip_leg_rtp(struct rtp_stream *stream, const struct rtp_event *ev, void *arg)
{
	struct sip_leg *sl = arg;

	(void)stream;
	if (ev->type != RTP_EV_LOST || sl->state != SIP_TALKING || sl->leg.held)
		return;
	LOGX(LOG_WARN, &sl->leg.log, "no sound comes any more");
	counter_inc(&sl->trunk->counter[SIP_LOST]);
	sip_leg_send_end(sl, CAUSE_DESTINATION_OUT_OF_ORDER);
	sip_leg_ended(sl, CAUSE_DESTINATION_OUT_OF_ORDER, -1, false, ev->at_us);
}

/* Our description: an answer to their offer, or an offer. Kept for the 200 and for saying it again. */
static int describe(struct sip_leg *sl, unsigned direction, bool answer)
{
	char *text = malloc(SDP_TEXT_MAX);
	int err;

	if (text == NULL)
		return -ENOMEM;
	err = answer ? sdp_make_answer(sl->sdp, direction, text, SDP_TEXT_MAX)
	             : sdp_make_offer(sl->sdp, direction, text, SDP_TEXT_MAX);
	if (err) {
		free(text);
		return err;
	}
	free(sl->said);
	sl->said = text;
	sl->offering = !answer;
	if (answer)
		sip_leg_sound(sl);
	return 0;
}

/* ---- leg_ops ---- */

static int sip_leg_proceeding(struct leg *l)
{
	(void)l; /* 100 was sent with the INVITE's arrival */
	return 0;
}

/* 183 with our description: reliable when the other end can (Sofia sees to it), else said again each minute (rule 3). */
static void send_183(struct sip_leg *sl)
{
	bool early = sl->wants_early || sl->trunk->config.early_media;

	respond(sl, SIP_DO_RESPOND, 183, "Session Progress", sl->said, early ? EARLY_MEDIA : NULL, "sendonly");
	sl->announced = true;
	if (!sl->reliable)
		loop_timer_start(&sl->timer, SIP_REPEAT_US);
}

static void sip_leg_no_path(struct loop_task *task)
{
	struct sip_leg *sl = container_of(task, struct sip_leg, no_path);

	if (sl->state == SIP_IN_NEW) {
		counter_inc(&sl->trunk->counter[SIP_NO_PATH]);
		sip_leg_send_end(sl, CAUSE_NORMAL_UNSPECIFIED); /* 480 */
		sip_leg_ended(sl, CAUSE_NORMAL_UNSPECIFIED, -1, false, clock_mono_us());
	}
	leg_unref(&sl->leg);
}

static int sip_leg_progress(struct leg *l, enum leg_progress how)
{
	struct sip_leg *sl = sip_leg_of(l);
	int err;

	if (sl->state == SIP_IN_EARLY && sl->announced)
		return 0; /* alerting, then progress: it has been said */
	if (sl->state != SIP_IN_NEW && sl->state != SIP_IN_EARLY)
		return -EPROTO;
	if (how == LEG_SAY_ALERTING) {
		respond(sl, SIP_DO_RESPOND, 180, "Ringing", NULL, NULL, NULL);
		sl->state = SIP_IN_EARLY;
		return 0;
	}
	if (!sl->offered && !sl->reliable) { /* rule 3: 480; it ends from the loop, not within this call */
		if (!sl->no_path.queued) {
			leg_ref(l);
			loop_queue(l->loop, &sl->no_path);
		}
		return -ENOTSUP;
	}
	err = describe(sl, RTP_SEND | RTP_RECV, sl->offered);
	if (err)
		return err;
	sl->state = SIP_IN_EARLY;
	send_183(sl);
	return 0;
}

static int sip_leg_answer(struct leg *l)
{
	struct sip_leg *sl = sip_leg_of(l);
	bool said = sl->announced && sl->reliable; /* RFC 6337 3.1.1: a reliable 183 has said it */
	int err;

	if (sl->state != SIP_IN_NEW && sl->state != SIP_IN_EARLY)
		return -EPROTO;
	if (!sl->announced) {
		err = describe(sl, RTP_SEND | RTP_RECV, sl->offered);
		if (err)
			return err;
	}
	loop_timer_stop(&sl->timer);
	respond(sl, SIP_DO_RESPOND, 200, "OK", said ? NULL : sl->said, NULL, NULL);
	counter_inc(&sl->trunk->counter[SIP_CALLS_IN_ANSWERED]);
	sl->state = SIP_IN_ANSWERED;
	return 0;
}

static int sip_leg_hangup(struct leg *l, int cause)
{
	sip_leg_send_end(sip_leg_of(l), cause);
	return 0;
}

static int sip_leg_send_digit(struct leg *l, char digit, int ms)
{
	struct sip_leg *sl = sip_leg_of(l);

	return sl->stream ? rtp_stream_send_digit(sl->stream, digit, ms > 0 ? (unsigned)ms : 0) : -ENOTCONN;
}

int sip_leg_offer_again(struct sip_leg *sl)
{
	struct sip_message *m;
	int err = describe(sl, RTP_SEND | RTP_RECV, false);

	if (err)
		return err;
	m = sip_message_new(SIP_DO_REINVITE, sl->number);
	if (m == NULL)
		return -ENOMEM;
	sip_message_body(m, sl->said, strlen(sl->said));
	sip_stack_send(sl->trunk->sip->stack, m);
	return 0;
}

static void sip_leg_quality(const struct leg *l, struct leg_quality *q)
{
	static const char *const name[RTP_ENCODINGS] = { [RTP_PCMU] = "pcmu", [RTP_PCMA] = "pcma", [RTP_G722] = "g722" };
	const struct sip_leg *sl = (const struct sip_leg *)(const void *)l;
	struct rtp_format f;
	struct rtp_stats s;

	if (sl->stream == NULL || sdp_format(sl->sdp, &f) != 0 || f.send_count == 0)
		return;
	rtp_stream_stats(sl->stream, &s);
	*q = (struct leg_quality){
		.known = true,
		.received = s.received,
		.lost = s.lost + s.late,
		.jitter_us = s.jitter_us,
		.delay_ms = s.delay_ms,
		.round_trip_us = s.round_trip_us,
		.remote_lost_permille = s.remote_lost_permille,
		.mos_x100 = s.mos_x100,
	};
	(void)snprintf(q->codec, sizeof(q->codec), "%s", name[f.send[0].encoding] ? name[f.send[0].encoding] : "");
}

static void sip_leg_free(struct leg *l)
{
	struct sip_leg *sl = sip_leg_of(l);

	loop_timer_stop(&sl->timer);
	loop_timer_stop(&sl->refresh);
	sdp_free(sl->sdp);
	free(sl->said);
	free(sl);
}

static const struct leg_ops sip_leg_ops = {
	.proceeding = sip_leg_proceeding,
	.progress = sip_leg_progress,
	.answer = sip_leg_answer,
	.hangup = sip_leg_hangup,
	.send_digit = sip_leg_send_digit,
	.quality = sip_leg_quality,
	.free = sip_leg_free,
};

/* ---- the end ---- */

void sip_leg_gone(struct sip_leg *sl)
{
	struct sip_trunk *t = sl->trunk;
	struct rtp_stream *stream = sl->stream;

	loop_timer_stop(&sl->timer);
	loop_timer_stop(&sl->refresh);
	sip_remember(t->sip, sl);
	sip_hash_remove(t->sip, sl);
	t->sip->legs--;
	t->calls--;
	if (!sl->leg.outgoing)
		t->calls_in--;
	leg_ref(&sl->leg);
	leg_gone(&sl->leg);
	sl->stream = NULL;
	if (stream)
		rtp_stream_free(stream);
	leg_unref(&sl->leg);
}

/* The peer is silent: it would take Sofia 32 s to say so (timer B of RFC 3261). Should it answer after all, it is cancelled. */
static void try_next_peer(struct sip_leg *sl)
{
	unsigned other;

	sip_trunk_peer_failed(sl->trunk, sl->peer, 0);
	if (sip_trunk_pick(sl->trunk, sl->tried, &other) != 0)
		return;
	sip_stack_send(sl->trunk->sip->stack, sip_message_new(SIP_DO_END, sl->number));
	(void)sip_leg_next_peer(sl);
}

static void sip_leg_timer(struct loop_timer *timer)
{
	struct sip_leg *sl = container_of(timer, struct sip_leg, timer);

	if (sl->state == SIP_ENDING) /* nobody answers; the SIP thread goes on trying for a while, without us */
		sip_leg_gone(sl);
	else if (sl->state == SIP_OUT_CALLING)
		try_next_peer(sl);
	else if (sl->state == SIP_IN_EARLY)
		send_183(sl);
	else if (sl->state == SIP_TALKING)
		(void)sip_leg_offer_again(sl);
}

static void sip_leg_refresh(struct loop_timer *timer)
{
	struct sip_leg *sl = container_of(timer, struct sip_leg, refresh);

	if (sl->state != SIP_TALKING || sl->offering) /* an offer that is under way refreshes it too */
		return;
	sl->retries = 0;
	(void)sip_leg_offer_again(sl);
}

/* ---- making legs ---- */

static struct sip_leg *leg_make(struct sip_trunk *t, uint64_t number, bool outgoing, const char *id)
{
	struct sip_leg *sl = calloc(1, sizeof(*sl));
	struct sdp_config c = { .codecs = t->config.codecs, .ptime_ms = t->config.ptime_ms };
	int err;

	if (sl == NULL)
		return NULL;
	if (id)
		(void)snprintf(sl->leg.id, sizeof(sl->leg.id), "%s", id);
	sl->trunk = t;
	sl->number = number;
	sl->state = outgoing ? SIP_OUT_CALLING : SIP_IN_NEW;
	sl->no_path.run = sip_leg_no_path;
	(void)snprintf(sl->leg.trunk, sizeof(sl->leg.trunk), "%s", t->trunk.name);
	sl->leg.bearer = BEARER_3K1_AUDIO;
	sl->leg.sending_complete = true;
	leg_init(&sl->leg, t->sip->loop, &sip_leg_ops, outgoing);
	loop_timer_init(t->sip->loop, &sl->timer, sip_leg_timer);
	loop_timer_init(t->sip->loop, &sl->refresh, sip_leg_refresh);
	err = rtp_stream_alloc(&sl->stream, t->group, sip_leg_rtp, sl);
	if (!err) {
		rtp_stream_local(sl->stream, &c.local);
		c.session_id = random_u64() >> 2; /* an int64_t for those who read it as one */
		err = sdp_alloc(&sl->sdp, &c);
	}
	if (err) {
		if (sl->stream)
			rtp_stream_free(sl->stream);
		sl->leg.state = LEG_GONE;
		leg_unref(&sl->leg);
		return NULL;
	}
	sip_hash_add(t->sip, sl);
	t->sip->legs++;
	t->calls++;
	if (!outgoing)
		t->calls_in++;
	return sl;
}

static void leg_place(struct sip_leg *sl, const char *call_id)
{
	struct leg *l = &sl->leg;

	(void)snprintf(sl->call_id, sizeof(sl->call_id), "%s", call_id);
	(void)snprintf(l->channel, sizeof(l->channel), "%.*s", (int)sizeof(l->channel) - 1, call_id);
	(void)snprintf(l->log.leg, sizeof(l->log.leg), "%.20s:%.10s", l->trunk, call_id);
}

static void refuse(struct sip_trunk *t, const struct sip_message *m, int status, const char *phrase, enum sip_counter why)
{
	struct sip_message *r = sip_message_new(SIP_DO_RESPOND, m->call);

	counter_inc(&t->counter[why]);
	if (r == NULL)
		return;
	r->status = status;
	sip_message_text(&r->phrase, phrase);
	if (status == 503)
		sip_message_header(r, "Retry-After", "5"); /* RFC 3261 21.5.4 */
	sip_stack_send(t->sip->stack, r);
}

/* What it offers; a call without sound that we speak is refused by who looks at its bearer, and has its record (rule 25). */
static void take_first_offer(struct sip_leg *sl, const struct sip_message *m)
{
	struct sdp_error e = { 0 };
	int err;

	if (m->body == NULL && m->content_type == NULL)
		return;
	sl->offered = true;
	err = m->body ? sdp_take_offer(sl->sdp, m->body, m->body_len, &e) : -ENOTSUP;
	if (!err)
		return;
	LOGX(LOG_INFO, &sl->leg.log, "its session description: line %u: %s", e.line, e.text);
	counter_inc(&sl->trunk->counter[SIP_REFUSED_MEDIA]);
	sl->leg.bearer = BEARER_NONE;
}

void sip_leg_incoming(struct sip_trunk *t, const struct sip_message *m)
{
	struct sip_identity_headers h = { 0 };
	const char *early = sip_message_find(m, EARLY_MEDIA);
	enum sip_counter why;
	struct sip_leg *sl;

	if (!sip_trunk_room(t, false, &why)) {
		refuse(t, m, 503, "Service Unavailable", why);
		return;
	}
	sl = leg_make(t, m->call, false, NULL);
	if (sl == NULL) {
		refuse(t, m, 503, "Service Unavailable", SIP_REFUSED_FULL);
		return;
	}
	counter_inc(&t->counter[SIP_CALLS_IN]);
	for (unsigned i = 0; i < m->header_count; i++)
		sip_identity_add(&h, m->header[i].name, m->header[i].value);
	sip_identity_read(&h, t->config.identity, &t->config.numbers, &sl->leg.calling, &sl->leg.redirecting);
	(void)sip_identity_called(m->uri, &t->config.numbers, &sl->leg.called);
	leg_place(sl, m->call_id ? m->call_id : "");
	sl->reliable = m->reliable;
	sl->wants_early = early && strcasestr(early, "supported");
	sip_leg_refresh_by(sl, m);
	take_first_offer(sl, m);
	sip_leg_open_port(sl);
	t->config.incoming(&sl->leg, &t->trunk, t->config.arg);
}

/* ---- dialling ---- */

static int leg_address(struct sip_leg *sl)
{
	struct sip_trunk *t = sl->trunk;
	const struct sip_identity_call c = {
		.called = sl->called,
		.calling = sl->shown[0] ? sl->shown : NULL,
		.restricted = sl->dial.restricted,
		.identity = t->config.identity,
		.our_host = t->our_host,
		.peer_host = t->peer[sl->peer].host,
	};

	return sip_identity_write(&c, &t->config.numbers, &sl->out);
}

int sip_leg_send_invite(struct sip_leg *sl)
{
	struct sip_trunk *t = sl->trunk;
	struct sip_message *m;
	char uri[SIP_URI_MAX + 16];
	int err = sip_trunk_pick(t, sl->tried, &sl->peer);

	if (!err)
		err = leg_address(sl);
	if (err)
		return err;
	sl->tried |= 1u << sl->peer;
	m = sip_message_new(SIP_DO_INVITE, sl->number);
	if (m == NULL)
		return -ENOMEM;
	m->agent = t->agent;
	(void)snprintf(uri, sizeof(uri), "%s%s", sl->out.uri, t->config.tcp ? ";transport=tcp" : "");
	sip_message_text(&m->uri, uri);
	sip_message_text(&m->to, sl->out.to);
	sip_message_text(&m->from, sl->out.from);
	sip_message_text(&m->call_id, sl->call_id);
	sip_message_header(m, "P-Asserted-Identity", sl->out.asserted);
	sip_message_header(m, "Privacy", sl->out.privacy);
	sip_message_header(m, "Diversion", sl->out.diversion);
	sip_message_header(m, EARLY_MEDIA, "supported");
	sip_message_body(m, sl->said, strlen(sl->said));
	sip_stack_send(t->sip->stack, m);
	loop_timer_start(&sl->timer, SIP_TRYING_US);
	return 0;
}

static int leg_call(struct sip_leg *sl, const struct leg_dial *d)
{
	char call_id[24];
	int err;

	sl->dial.restricted = d->restricted;
	(void)snprintf(sl->called, sizeof(sl->called), "%s", d->called);
	(void)snprintf(sl->shown, sizeof(sl->shown), "%s", d->calling ? d->calling : "");
	(void)snprintf(call_id, sizeof(call_id), "%016llx", (unsigned long long)random_u64()); /* RFC 3261 8.1.1.4 */
	leg_place(sl, call_id);
	err = describe(sl, RTP_SEND | RTP_RECV, false);
	if (!err)
		err = sip_leg_send_invite(sl);
	return err;
}

int sip_leg_dial(struct trunk *trunk, const struct leg_dial *d, struct leg **lp)
{
	struct sip_trunk *t = container_of(trunk, struct sip_trunk, trunk);
	enum sip_counter why;
	struct sip_leg *sl;
	int err;

	if (!sip_trunk_room(t, d->reserved, &why)) {
		counter_inc(&t->counter[why]);
		return -EBUSY;
	}
	sl = leg_make(t, sip_stack_number(t->sip->stack), true, d->id);
	if (sl == NULL)
		return -EBUSY;
	if (d->log)
		sl->leg.log = *d->log;
	err = leg_call(sl, d);
	if (err) { /* nothing was sent: it never was */
		sl->leg.state = LEG_ENDED;
		sip_leg_gone(sl);
		return err;
	}
	if (d->reserved)
		t->reserved--;
	counter_inc(&t->counter[SIP_CALLS_OUT]);
	sl->leg.called = sl->out.called;
	sl->leg.calling = sl->out.calling;
	sl->leg.no_answer_us = d->answer_timeout_us;
	if (d->alerting_timeout_us > 0)
		loop_timer_start(&sl->leg.timer, d->alerting_timeout_us);
	*lp = leg_ref(&sl->leg);
	return 0;
}
