/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/stack_call.c - Sofia's events are told to control, control's messages become requests and responses. SIP thread.
 *
 * A call lives here from its INVITE until Sofia says that it is terminated, whatever becomes of the leg meanwhile: so every
 * transaction comes to its end and every handle is destroyed. When a 200 crosses our CANCEL it is acknowledged by Sofia and ended
 * from here.
 */
#include "sip/stack_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_alloc.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE "sip"

#define ACCEPT_BODY "Accept: " SDP_TYPE "\r\nAccept-Encoding: identity"
#define ACCEPT_INFO "Accept: " DTMF_RELAY ", " DTMF_TYPE "\r\nAccept-Encoding: identity"
#define HEADERS_MAX 4096 /* octets of headers that control asks for */

/* ---- calls ---- */

static struct sip_call **call_place(struct sip_stack *s, uint64_t number)
{
	struct sip_call **p = &s->call[number / 2 % SIP_CALLS_HASH];

	while (*p && (*p)->number != number)
		p = &(*p)->next;
	return p;
}

static struct sip_call *call_new(struct sip_agent *a, uint64_t number, nua_handle_t *nh)
{
	struct sip_call *c = calloc(1, sizeof(*c)), **p;

	if (c == NULL)
		return NULL;
	c->number = number;
	c->agent = a;
	c->nh = nh;
	p = call_place(a->stack, number);
	assert(*p == NULL);
	*p = c;
	counter_inc(&a->stack->counters[SIP_COUNT_HANDLES]);
	if (nh)
		nua_handle_bind(nh, c);
	return c;
}

static void call_free(struct sip_call *c)
{
	struct sip_call **p = call_place(c->agent->stack, c->number);

	assert(*p == c);
	*p = c->next;
	counter_add(&c->agent->stack->counters[SIP_COUNT_HANDLES], (uint64_t)-1);
	if (c->updating)
		nua_destroy_event(&c->update);
	if (c->nh) {
		nua_handle_bind(c->nh, NULL);
		nua_handle_destroy(c->nh);
	}
	free(c);
}

void sip_stack_drop_calls(struct sip_stack *s)
{
	for (unsigned i = 0; i < SIP_CALLS_HASH; i++)
		while (s->call[i])
			call_free(s->call[i]);
}

static void tell(struct sip_agent *a, struct sip_message *m)
{
	m->agent = a->index;
	sip_mailbox_put(&a->stack->to_control, m);
}

static void tell_simply(struct sip_call *c, enum sip_op op, int status)
{
	struct sip_message *m = sip_message_new(op, c->number);

	if (m == NULL)
		return;
	m->status = status;
	tell(c->agent, m);
}

static void tell_sip(struct sip_call *c, enum sip_op op, int status, const char *phrase, const sip_t *sip)
{
	struct sip_message *m = sip_stack_message(c, op, status, phrase, sip);

	if (m)
		tell(c->agent, m);
}

/* ---- requests that begin something ---- */

static bool in_source(const struct sip_source *src, const struct sockaddr_storage *from)
{
	const uint8_t *a, *b;
	unsigned whole = src->bits / 8, rest = src->bits % 8;

	if (src->address.ss_family != from->ss_family)
		return false;
	if (from->ss_family == AF_INET6) {
		a = (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)&src->address)->sin6_addr;
		b = (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
	} else {
		a = (const uint8_t *)&((const struct sockaddr_in *)(const void *)&src->address)->sin_addr;
		b = (const uint8_t *)&((const struct sockaddr_in *)(const void *)from)->sin_addr;
	}
	return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* The trunk whose source the current request comes from: the one with the most bits. -1: nobody's. */
static int trunk_of(struct sip_agent *a, struct sockaddr_storage *from)
{
	msg_t *msg = nua_current_request(a->nua);
	const struct sip_source *best = NULL;

	memset(from, 0, sizeof(*from));
	if (msg)
		memcpy(from, msg_addr(msg), sizeof(su_sockaddr_t) < sizeof(*from) ? sizeof(su_sockaddr_t) : sizeof(*from));
	for (unsigned i = 0; i < a->config.source_count; i++) {
		const struct sip_source *s = &a->config.source[i];

		if (in_source(s, from) && (best == NULL || s->bits > best->bits))
			best = s;
	}
	return best ? (int)best->trunk : -1;
}

static void refuse(nua_handle_t *nh, int status, const char *phrase, const char *more)
{
	nua_respond(nh, status, phrase, TAG_IF(more, SIPTAG_HEADER_STR(more)), TAG_END());
	nua_handle_destroy(nh);
}

/* The node does not get the time that it needs: what this thread was asked for lately, it was asked for long ago. */
static bool late(const struct sip_stack *s)
{
	return s->late_us > SIP_LATE_US && clock_mono_us() - s->late_at_us < CLOCK_SEC(1);
}

static void event_new_call(struct sip_agent *a, nua_handle_t *nh, const sip_t *sip)
{
	struct sip_stack *s = a->stack;
	struct sockaddr_storage from;
	int trunk = trunk_of(a, &from);
	struct sip_message *m = NULL;
	struct sip_call *c;
	su_home_t home[1] = { SU_HOME_INIT(home) };

	if (trunk < 0) {
		counter_inc(&s->counters[SIP_COUNT_FOREIGN]);
		refuse(nh, SIP_403_FORBIDDEN, NULL);
		return;
	}
	if (s->stopping || sip_mailbox_busy(&s->to_control) || late(s) || sip_agent_full(a)) {
		counter_inc(&s->counters[SIP_COUNT_OVERLOAD]);
		refuse(nh, SIP_503_SERVICE_UNAVAILABLE, "Retry-After: 5");
		return;
	}
	if (!sip_stack_understood(sip)) {
		refuse(nh, SIP_415_UNSUPPORTED_MEDIA, ACCEPT_BODY);
		return;
	}
	s->last_incoming += 2;
	c = call_new(a, s->last_incoming - 1, nh);
	if (c)
		m = sip_stack_message(c, SIP_EV_INVITE, 0, NULL, sip);
	if (m == NULL) {
		if (c) {
			nua_handle_bind(nh, NULL);
			c->nh = NULL;
			call_free(c);
		}
		refuse(nh, SIP_500_INTERNAL_SERVER_ERROR, NULL);
		return;
	}
	m->trunk = (unsigned)trunk;
	m->peer = from;
	sip_message_text(&m->uri, url_as_string(home, sip->sip_request->rq_url));
	sip_message_text(&m->call_id, sip->sip_call_id ? sip->sip_call_id->i_id : "");
	(void)snprintf(c->call_id, sizeof(c->call_id), "%s", m->call_id ? m->call_id : "");
	su_home_deinit(home);
	tell(a, m);
}

static void event_options(struct sip_agent *a, nua_handle_t *nh, struct sip_call *c)
{
	struct sockaddr_storage from;
	bool known = c != NULL || trunk_of(a, &from) >= 0;

	if (!known)
		counter_inc(&a->stack->counters[SIP_COUNT_FOREIGN]);
	nua_respond(nh, known ? 200 : 403, known ? "OK" : "Forbidden", NUTAG_WITH_THIS(a->nua), TAG_END());
	if (c == NULL)
		nua_handle_destroy(nh);
}

static void event_reinvite(struct sip_call *c, const sip_t *sip)
{
	if (sip_stack_understood(sip))
		tell_sip(c, SIP_EV_REINVITE, 0, NULL, sip);
	else
		nua_respond(c->nh, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_HEADER_STR(ACCEPT_BODY), TAG_END());
}

/* RFC 6086: 481 outside of a call, 415 to a body that we do not know. Of all that may come in a call these alone are not limited
 * by a transaction of ours. */
static void event_info(struct sip_agent *a, nua_handle_t *nh, struct sip_call *c, const sip_t *sip)
{
	bool known = sip_stack_understood(sip);
	int status = c == NULL ? 481 : known ? 200 : 415;

	nua_respond(nh, status, sip_status_phrase(status), NUTAG_WITH_THIS(a->nua),
	            TAG_IF(status == 415, SIPTAG_HEADER_STR(ACCEPT_INFO)), TAG_END());
	if (c == NULL)
		nua_handle_destroy(nh);
	else if (known && !sip_mailbox_busy(&a->stack->to_control))
		tell_sip(c, SIP_EV_INFO, 0, NULL, sip);
}

static void event_update(struct sip_call *c, const sip_t *sip)
{
	nua_t *nua = c->agent->nua;

	if (!sip_stack_understood(sip)) {
		nua_respond(c->nh, SIP_415_UNSUPPORTED_MEDIA, NUTAG_WITH_THIS(nua), SIPTAG_HEADER_STR(ACCEPT_BODY), TAG_END());
		return;
	}
	if (c->updating || !nua_save_event(nua, &c->update)) { /* RFC 3311 5.2: one at a time */
		nua_respond(c->nh, SIP_500_INTERNAL_SERVER_ERROR, NUTAG_WITH_THIS(nua), SIPTAG_HEADER_STR("Retry-After: 2"),
		            TAG_END());
		return;
	}
	c->updating = true;
	tell_sip(c, SIP_EV_UPDATE, 0, NULL, sip);
}

/* ---- responses ---- */

static void event_invite_response(struct sip_call *c, int status, const char *phrase, const sip_t *sip)
{
	bool initial = !c->established;
	struct sip_message *m;

	if (status >= 200 && status < 300) {
		c->established = true;
		if (c->ending) { /* it crossed our CANCEL: it is acknowledged, and ended (rule 19) */
			nua_bye(c->nh, TAG_END());
			return;
		}
	}
	m = sip_stack_message(c,
	                      status < 200   ? SIP_EV_PROVISIONAL
	                      : status < 300 ? SIP_EV_ANSWER
	                                     : SIP_EV_REFUSED,
	                      status, phrase, sip);
	if (m == NULL)
		return;
	m->initial = initial;
	tell(c->agent, m);
}

static void event_terminated(struct sip_call *c)
{
	tell_simply(c, SIP_EV_TERMINATED, 0);
	call_free(c);
}

static void event_answered_question(struct sip_call *c, int status)
{
	if (status < 200)
		return;
	tell_simply(c, SIP_EV_OPTIONS, status);
	call_free(c);
}

/* A second answer of a forked INVITE: Sofia gave it a handle of its own and acknowledged it. */
static void event_fork(const tagi_t tags[])
{
	nua_handle_t *fork = NULL;

	tl_gets(tags, NUTAG_HANDLE_REF(fork), TAG_END());
	if (fork) {
		nua_bye(fork, TAG_END());
		nua_handle_destroy(fork);
	}
}

void sip_stack_event(nua_event_t event, int status, const char *phrase, nua_t *nua, struct sip_agent *a, nua_handle_t *nh,
                     struct sip_call *c, const sip_t *sip, tagi_t tags[])
{
	(void)nua;
	if (event == nua_r_shutdown) {
		a->down = a->down || status >= 200;
		return;
	}
	if (c == NULL) {
		if (event == nua_i_invite && status < 200)
			event_new_call(a, nh, sip);
		else if (event == nua_i_options)
			event_options(a, nh, NULL);
		else if (event == nua_i_info && status < 200)
			event_info(a, nh, NULL, sip);
		return;
	}
	switch (event) {
	case nua_i_invite:
		if (status < 200)
			event_reinvite(c, sip);
		break;
	case nua_i_update:
		if (status < 200)
			event_update(c, sip);
		break;
	case nua_i_options:
		event_options(a, nh, c);
		break;
	case nua_i_prack:
		tell_sip(c, SIP_EV_PRACK, 0, NULL, sip);
		break;
	case nua_i_ack:
		tell_sip(c, SIP_EV_ACK, 0, NULL, sip);
		break;
	case nua_i_info:
		if (status < 200)
			event_info(a, nh, c, sip);
		break;
	case nua_i_cancel:
		tell_sip(c, SIP_EV_CANCEL, 0, NULL, sip);
		break;
	case nua_i_bye:
		tell_sip(c, SIP_EV_BYE, 0, NULL, sip);
		break;
	case nua_r_invite:
		event_invite_response(c, status, phrase, sip);
		break;
	case nua_r_options:
		event_answered_question(c, status);
		break;
	case nua_r_update: /* only ever a refresh */
		if (status == 405 || status == 501)
			tell_simply(c, SIP_EV_NO_UPDATE, status);
		break;
	case nua_i_fork:
		event_fork(tags);
		break;
	case nua_i_terminated:
		event_terminated(c);
		break;
	case nua_i_error:
		log_debug("call %llu: %d %s", (unsigned long long)c->number, status, phrase);
		break;
	default: /* answers to BYE, CANCEL and PRACK: termination follows; states, which we keep ourselves */
		break;
	}
}

/* ---- what control asks ---- */

/* "Name: value" lines, as SIPTAG_HEADER_STR() takes them; NULL: none. */
static const char *header_lines(const struct sip_message *m, char out[HEADERS_MAX])
{
	size_t n = 0;

	for (unsigned i = 0; i < m->header_count; i++) {
		int len = snprintf(out + n, HEADERS_MAX - n, "%s%s: %s", n ? "\r\n" : "", m->header[i].name, m->header[i].value);

		if (len < 0 || (size_t)len >= HEADERS_MAX - n) {
			out[n] = '\0';
			break;
		}
		n += (size_t)len;
	}
	return n ? out : NULL;
}

static void say_body(const struct sip_call *c, const struct sip_message *m)
{
	if (m->body)
		sip_capture_body(c->agent->stack->capture, c->call_id, m->body);
}

static void do_invite(struct sip_stack *s, const struct sip_message *m)
{
	struct sip_agent *a = &s->agent[m->agent];
	struct sip_call *c = call_new(a, m->call, NULL);
	char lines[HEADERS_MAX];
	const char *more = header_lines(m, lines);

	if (c)
		c->nh = nua_handle(a->nua, c, NUTAG_URL(m->uri), SIPTAG_TO_STR(m->to), SIPTAG_FROM_STR(m->from), TAG_END());
	if (c == NULL || c->nh == NULL) {
		struct sip_message *failed = sip_message_new(SIP_EV_REFUSED, m->call);

		if (failed) {
			failed->status = 500;
			failed->local = failed->initial = true;
			tell(a, failed);
		}
		if (c)
			event_terminated(c);
		return;
	}
	(void)snprintf(c->call_id, sizeof(c->call_id), "%s", m->call_id);
	say_body(c, m);
	nua_invite(c->nh, SIPTAG_CALL_ID_STR(m->call_id), SIPTAG_CONTENT_TYPE_STR(SDP_TYPE), SIPTAG_PAYLOAD_STR(m->body),
	           TAG_IF(more, SIPTAG_HEADER_STR(more)), TAG_END());
}

static void do_options(struct sip_stack *s, const struct sip_message *m)
{
	struct sip_agent *a = &s->agent[m->agent];
	struct sip_call *c = call_new(a, m->call, NULL);

	if (c == NULL)
		return; /* no answer is an answer */
	c->question = true;
	c->nh = nua_handle(a->nua, c, NUTAG_URL(m->uri), SIPTAG_TO_STR(m->to), SIPTAG_FROM_STR(m->from), TAG_END());
	if (c->nh)
		nua_options(c->nh, TAG_END());
	else
		event_answered_question(c, 500);
}

static void do_respond(struct sip_call *c, const struct sip_message *m)
{
	char lines[HEADERS_MAX];
	const char *more = header_lines(m, lines);

	if (m->status >= 200 && m->status < 300)
		c->established = true;
	say_body(c, m);
	nua_respond(c->nh, m->status, sip_status_phrase(m->status), TAG_IF(m->body, SIPTAG_CONTENT_TYPE_STR(SDP_TYPE)),
	            TAG_IF(m->body, SIPTAG_PAYLOAD_STR(m->body)), TAG_IF(more, SIPTAG_HEADER_STR(more)), TAG_END());
}

static void do_respond_update(struct sip_call *c, const struct sip_message *m)
{
	char lines[HEADERS_MAX];
	const char *more = header_lines(m, lines);

	if (!c->updating)
		return;
	say_body(c, m);
	nua_respond(c->nh, m->status, sip_status_phrase(m->status), NUTAG_WITH_SAVED(&c->update),
	            TAG_IF(m->body, SIPTAG_CONTENT_TYPE_STR(SDP_TYPE)), TAG_IF(m->body, SIPTAG_PAYLOAD_STR(m->body)),
	            TAG_IF(more, SIPTAG_HEADER_STR(more)), TAG_END());
	nua_destroy_event(&c->update);
	c->updating = false;
}

void sip_stack_do(struct sip_stack *s, const struct sip_message *m)
{
	struct sip_call *c = *call_place(s, m->call);
	char lines[HEADERS_MAX];
	const char *more;

	if (m->op == SIP_DO_INVITE) {
		do_invite(s, m);
		return;
	}
	if (m->op == SIP_DO_OPTIONS) {
		do_options(s, m);
		return;
	}
	if (c == NULL) {
		counter_inc(&s->counters[SIP_COUNT_STRAY]);
		return;
	}
	switch (m->op) {
	case SIP_DO_REINVITE:
		say_body(c, m);
		nua_invite(c->nh, SIPTAG_CONTENT_TYPE_STR(SDP_TYPE), SIPTAG_PAYLOAD_STR(m->body), TAG_END());
		break;
	case SIP_DO_RESPOND:
		do_respond(c, m);
		break;
	case SIP_DO_RESPOND_UPDATE:
		do_respond_update(c, m);
		break;
	case SIP_DO_END:
		c->ending = true;
		more = header_lines(m, lines);
		nua_bye(c->nh, TAG_IF(more, SIPTAG_HEADER_STR(more)), TAG_END()); /* CANCEL while it is early */
		break;
	default:
		break;
	}
}
