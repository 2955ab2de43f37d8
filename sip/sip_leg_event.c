/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/sip_leg_event.c - what may come on a SIP call in each of its states: a table, every event listed in every state.
 *
 *    INVITE in                                   INVITE out
 *    IN_NEW --180/183--> IN_EARLY                OUT_CALLING --18x--> OUT_EARLY
 *       \----200--> IN_ANSWERED <--200--/            \------200------> TALKING <--200--/
 *                     --ACK--> TALKING           3xx: OUT_ASKING, then OUT_CALLING to the new number
 *
 *    any --BYE, CANCEL, final response, theirs or ours--> ENDING --terminated--> gone
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "sip/cause.h"
#include "sip/sip_internal.h"

#define LOG_MODULE "sip"

#define GLARE_MIN_MS 2100 /* RFC 3261 14.1: 2.1 to 4 s for who owns the Call-ID, 0 to 2 s for the other */
#define GLARE_MAX_MS 4000
#define GLARE_RETRIES 3

#define REFRESH_EARLY_S 10 /* than half of the interval: the stack's own comes within 5 s of that */

typedef void(sip_leg_event_h)(struct sip_leg *sl, const struct sip_message *m);

static void nothing(struct sip_leg *sl, const struct sip_message *m)
{
	(void)sl;
	(void)m;
}

static void odd(struct sip_leg *sl, const struct sip_message *m)
{
	counter_inc(&sl->trunk->counter[SIP_UNEXPECTED]);
	LOGX(LOG_DEBUG, &sl->leg.log, "event %d in state %d", (int)m->op, (int)sl->state);
}

/* ---- descriptions ---- */

/* Ends it from our side: the other end answered with what we cannot speak. */
static void give_up(struct sip_leg *sl, int cause, const char *why)
{
	LOGX(LOG_WARN, &sl->leg.log, "ended: %s", why);
	sip_leg_send_end(sl, cause);
	sip_leg_ended(sl, cause, -1, false, clock_mono_us());
}

/* Their answer to our offer. 0 too when there is none in it. */
static int take_answer(struct sip_leg *sl, const struct sip_message *m)
{
	struct sdp_error e = { 0 };
	int err;

	if (!sl->offering || m->body == NULL)
		return 0;
	err = sdp_take_answer(sl->sdp, m->body, m->body_len, &e);
	if (err) {
		LOGX(LOG_INFO, &sl->leg.log, "its answer: line %u: %s", e.line, e.text);
		return err;
	}
	sl->offering = sl->state == SIP_OUT_CALLING || sl->state == SIP_OUT_EARLY; /* another fork, or the 200, may say another */
	sip_leg_sound(sl);
	return 0;
}

/* Their offer, or their wish for one of ours; answered at once. */
static void take_offer(struct sip_leg *sl, const struct sip_message *m, enum sip_op op)
{
	struct sdp_error e = { 0 };
	char text[SDP_TEXT_MAX];
	int err;

	counter_inc(&sl->trunk->counter[SIP_OFFERS]);
	if (m->body == NULL && op == SIP_DO_RESPOND_UPDATE) { /* a session refreshed (RFC 4028), a new target */
		sip_leg_respond(sl, op, 200, "OK", NULL);
		return;
	}
	/* ours first, RFC 3311 5.2, RFC 3264 4 */
	if (m->body && sl->offering && (!sl->leg.outgoing || sl->state == SIP_TALKING)) {
		sip_leg_respond(sl, op, 491, "Request Pending", NULL);
		return;
	}
	if (m->body == NULL) { /* RFC 3261 14.2: our offer is in the 200, their answer in the ACK */
		err = sdp_make_offer(sl->sdp, RTP_SEND | RTP_RECV, text, sizeof(text));
		sl->offering = !err;
		sip_leg_respond(sl, op, err ? 500 : 200, err ? "Server Internal Error" : "OK", err ? NULL : text);
		return;
	}
	err = sdp_take_offer(sl->sdp, m->body, m->body_len, &e);
	if (!err)
		err = sdp_make_answer(sl->sdp, RTP_SEND | RTP_RECV, text, sizeof(text));
	if (err) {
		LOGX(LOG_INFO, &sl->leg.log, "its new offer: line %u: %s", e.line, e.text);
		sip_leg_respond(sl, op, err == -EBADMSG ? 400 : 488,
		                err == -EBADMSG ? "Bad Session Description" : "Not Acceptable Here", NULL);
		return;
	}
	sip_leg_respond(sl, op, 200, "OK", text);
	sip_leg_sound(sl);
}

static void reinvite(struct sip_leg *sl, const struct sip_message *m)
{
	take_offer(sl, m, SIP_DO_RESPOND);
}

static void update(struct sip_leg *sl, const struct sip_message *m)
{
	take_offer(sl, m, SIP_DO_RESPOND_UPDATE);
}

static void late_update(struct sip_leg *sl, const struct sip_message *m)
{
	(void)m;
	sip_leg_respond(sl, SIP_DO_RESPOND_UPDATE, 481, "Call Does Not Exist", NULL);
}

static void late_invite(struct sip_leg *sl, const struct sip_message *m)
{
	(void)m;
	sip_leg_respond(sl, SIP_DO_RESPOND, 481, "Call Does Not Exist", NULL);
}

/* ---- coming in ---- */

static void prack(struct sip_leg *sl, const struct sip_message *m)
{
	if (take_answer(sl, m) != 0)
		give_up(sl, CAUSE_BEARER_NOT_IMPLEMENTED, "the answer in its PRACK");
}

static void ack(struct sip_leg *sl, const struct sip_message *m)
{
	int err = take_answer(sl, m);

	sl->state = SIP_TALKING;
	sip_leg_look_held(sl);
	if (err || sl->offering || !sl->agreed) /* a 200 with an offer wants an answer in the ACK (RFC 3264 5) */
		give_up(sl, CAUSE_BEARER_NOT_IMPLEMENTED, "the answer in its ACK");
}

static void ack_again(struct sip_leg *sl, const struct sip_message *m)
{
	if (take_answer(sl, m) != 0)
		give_up(sl, CAUSE_BEARER_NOT_IMPLEMENTED, "the answer in its ACK");
	sl->offering = false;
}

static void cancelled(struct sip_leg *sl, const struct sip_message *m)
{
	int location = -1, cause = sip_cause_of_request(sip_message_find(m, "Reason"), &location);

	counter_inc(&sl->trunk->counter[SIP_CANCELLED]);
	sip_leg_ended(sl, cause, location, true, m->at_us);
}

static void bye(struct sip_leg *sl, const struct sip_message *m)
{
	int location = -1, cause = sip_cause_of_request(sip_message_find(m, "Reason"), &location);

	sip_leg_ended(sl, cause, location, true, m->at_us);
}

/* "Signal=5\r\nDuration=160", or the key alone; some say * and # as the events of RFC 4733, 10 and 11, letters as 12 to 15. */
static char info_key(const struct sip_message *m)
{
	static const char keys[] = "0123456789*#ABCD";
	bool relay = strcasecmp(m->content_type, DTMF_RELAY) == 0;
	const char *signal = relay ? strcasestr(m->body, "signal") : m->body;
	size_t len;
	const char *key;

	if (signal == NULL || (!relay && strcasecmp(m->content_type, DTMF_TYPE) != 0))
		return '\0';
	if (relay)
		signal += strlen("signal");
	signal += strspn(signal, " \t=");
	len = strcspn(signal, " \t\r\n");
	if (len == 2 && signal[0] == '1' && signal[1] >= '0' && signal[1] <= '5')
		return keys[10 + signal[1] - '0'];
	key = len == 1 ? strchr(keys, *signal >= 'a' && *signal <= 'd' ? *signal - 'a' + 'A' : *signal) : NULL;
	return key ? *key : '\0';
}

static void info(struct sip_leg *sl, const struct sip_message *m)
{
	struct leg_event ev = { .type = LEG_EV_KEY };

	if (!sl->trunk->config.info_digits || m->body == NULL || m->content_type == NULL)
		return;
	ev.key = info_key(m);
	if (ev.key)
		leg_emit(&sl->leg, &ev);
}

/* ---- going out ---- */

static bool early_media(const struct sip_message *m)
{
	const char *value = sip_message_find(m, "P-Early-Media");

	return m->body && !(value && (strcasestr(value, "inactive") || strcasestr(value, "recvonly")));
}

static void rings(struct sip_leg *sl, const struct sip_message *m)
{
	bool inband;

	loop_timer_stop(&sl->timer);
	if (m->status == 100)
		return;
	sip_leg_open_port(sl);
	if (take_answer(sl, m) != 0) {
		give_up(sl, CAUSE_BEARER_NOT_IMPLEMENTED, "the answer in its 18x");
		return;
	}
	sl->state = SIP_OUT_EARLY;
	inband = early_media(m);
	if (m->status == 180)
		leg_got_alerting(&sl->leg, inband);
	else if (inband)
		leg_got_progress(&sl->leg, true);
	else
		leg_got_proceeding(&sl->leg);
}

static void answered(struct sip_leg *sl, const struct sip_message *m)
{
	int err;

	loop_timer_stop(&sl->timer);
	sip_leg_open_port(sl);
	sl->state = SIP_TALKING;
	err = take_answer(sl, m);
	if (err || !sl->agreed) { /* never answered: free */
		give_up(sl, CAUSE_BEARER_NOT_IMPLEMENTED, "the answer in its 200");
		return;
	}
	sl->offering = false; /* answered in a reliable 18x, when the 200 has no description */
	counter_inc(&sl->trunk->counter[SIP_CALLS_OUT_ANSWERED]);
	leg_got_answer(&sl->leg, m->at_us);
	sip_leg_look_held(sl);
}

bool sip_leg_next_peer(struct sip_leg *sl)
{
	struct sip *s = sl->trunk->sip;

	sip_hash_remove(s, sl);
	sl->number = sip_stack_number(s->stack);
	sip_hash_add(s, sl);
	if (sip_leg_send_invite(sl) != 0)
		return false;
	counter_inc(&sl->trunk->counter[SIP_FAILOVERS]);
	return true;
}

/* The next peer, when this one did not take the call at all: no answer, no connection, 503 (RFC 3263 4.3). */
static bool next_peer(struct sip_leg *sl, const struct sip_message *m)
{
	bool dead = m->status == 503 || (m->status == 408 && m->local);

	if (!dead)
		return false;
	sip_trunk_peer_failed(sl->trunk, sl->peer, m->retry_after_s);
	return sl->state == SIP_OUT_CALLING && sip_leg_next_peer(sl);
}

/* Rule 13: only after the new number passed the same test, once, and charged as the number that was dialled. */
static bool redirected(struct sip_leg *sl, const struct sip_message *m)
{
	const struct sip_trunk_config *c = &sl->trunk->config;
	const char *contact = sip_message_find(m, "Contact");
	struct leg_party to;

	if (m->status < 300 || m->status > 399)
		return false;
	counter_inc(&sl->trunk->counter[SIP_REDIRECTS]);
	if (c->redirect == NULL || sl->redirected || contact == NULL ||
	    sip_identity_called(contact, &c->numbers, &to) != 0 || to.canonical[0] == '\0')
		return false;
	(void)snprintf(sl->called, sizeof(sl->called), "%s", to.canonical);
	sl->redirected = true;
	sl->state = SIP_OUT_ASKING;
	LOGX(LOG_INFO, &sl->leg.log, "redirected to %s", sl->called);
	c->redirect(sl->leg.id, sl->called, c->arg);
	return true;
}

static void refused(struct sip_leg *sl, const struct sip_message *m)
{
	int location = -1, cause;

	loop_timer_stop(&sl->timer);
	if (next_peer(sl, m) || redirected(sl, m))
		return;
	cause = sip_cause_of_response(m->status, sip_message_find(m, "Reason"), &location);
	LOGX(LOG_INFO, &sl->leg.log, "refused: %d %s%s, cause %d", m->status, m->phrase ? m->phrase : "",
	     m->local ? " (nothing came)" : "", cause);
	sip_leg_ended(sl, cause, location, !m->local, m->at_us);
}

/* What sip_redirected() says: status 0 is yes. */
static void may_go(struct sip_leg *sl, const struct sip_message *m)
{
	struct sip *s = sl->trunk->sip;

	if (m->status != 0) {
		sip_leg_ended(sl, CAUSE_CALL_REJECTED, -1, false, clock_mono_us());
		return;
	}
	sip_hash_remove(s, sl);
	sl->number = sip_stack_number(s->stack);
	sip_hash_add(s, sl);
	sl->state = SIP_OUT_CALLING;
	sl->tried = 0;
	if (sip_leg_send_invite(sl) != 0) {
		sl->state = SIP_OUT_ASKING; /* nothing was sent */
		sip_leg_ended(sl, CAUSE_NO_CIRCUIT, -1, false, clock_mono_us());
	}
}

/* ---- our re-INVITE: a refresh of the session ---- */

void sip_leg_refresh_by(struct sip_leg *sl, const struct sip_message *m)
{
	if (m->refresh_s > 0)
		loop_timer_start(&sl->refresh, CLOCK_SEC(m->refresh_s / 2 - REFRESH_EARLY_S));
}

/* Its Allow did not say so. */
static void no_update(struct sip_leg *sl, const struct sip_message *m)
{
	(void)m;
	loop_timer_start(&sl->refresh, 0);
}

static void agreed(struct sip_leg *sl, const struct sip_message *m)
{
	if (take_answer(sl, m) != 0)
		give_up(sl, CAUSE_BEARER_NOT_IMPLEMENTED, "the answer to our re-INVITE");
}

static void rerefused(struct sip_leg *sl, const struct sip_message *m)
{
	sl->offering = false;
	if (m->status == 491 && sl->retries++ < GLARE_RETRIES) {
		loop_timer_start(&sl->timer, sl->leg.outgoing ? CLOCK_MS(GLARE_MIN_MS + random_below(GLARE_MAX_MS - GLARE_MIN_MS))
		                                              : CLOCK_MS(random_below(2000)));
		return;
	}
	if (m->status == 481 || m->status == 408) /* RFC 3261 12.2.1.2: the call is not there any more */
		give_up(sl, CAUSE_RECOVERY_ON_TIMER_EXPIRY, "our re-INVITE found no call");
}

/* ---- the end ---- */

static void over(struct sip_leg *sl, const struct sip_message *m)
{
	if (!leg_over(&sl->leg)) /* no ACK, no PRACK, a session that nobody refreshed: Sofia ended it */
		sip_leg_ended(sl, CAUSE_RECOVERY_ON_TIMER_EXPIRY, -1, false, m->at_us);
	sip_leg_gone(sl);
}

/* ---- the table ---- */

#define EVENTS (SIP_EV_TERMINATED - SIP_EV_PROVISIONAL + 1)
#define ROW(op)   ((op) - SIP_EV_PROVISIONAL)
#define AT(event) ROW(SIP_EV_##event)

/* OUT_ASKING: the redirected INVITE is over, its number is left when the next begins; what REFUSED tells there is
 * sip_redirected(). A CANCEL in TALKING is of a re-INVITE: Sofia has answered it. ENDING has what crossed our end. */
static sip_leg_event_h *const table[EVENTS][SIP_LEG_STATES] = {
	/*                     IN_NEW     IN_EARLY   IN_ANSWERED OUT_CALLING OUT_EARLY OUT_ASKING   TALKING    ENDING */
	[AT(PROVISIONAL)] =  { odd,       odd,       odd,        rings,      rings,    nothing,     nothing,   nothing },
	[AT(ANSWER)] =       { odd,       odd,       odd,        answered,   answered, odd,         agreed,    nothing },
	[AT(REFUSED)] =      { odd,       odd,       odd,        refused,    refused,  may_go,      rerefused, nothing },
	[AT(CANCEL)] =       { cancelled, cancelled, cancelled,  odd,        odd,      odd,         nothing,   nothing },
	[AT(BYE)] =          { bye,       bye,       bye,        bye,        bye,      odd,         bye,       nothing },
	[AT(REINVITE)] =     { odd,       odd,       reinvite,   odd,        odd,      odd,         reinvite,  late_invite },
	[AT(UPDATE)] =       { update,    update,    update,     update,     update,   late_update, update,    late_update },
	[AT(PRACK)] =        { odd,       prack,     prack,      odd,        odd,      odd,         prack,     nothing },
	[AT(ACK)] =          { odd,       odd,       ack,        odd,        odd,      odd,         ack_again, nothing },
	[AT(INFO)] =         { info,      info,      info,       info,       info,     odd,         info,      nothing },
	[AT(NO_UPDATE)] =    { odd,       odd,       odd,        odd,        odd,      odd,         no_update, nothing },
	[AT(TERMINATED)] =   { over,      over,      over,       over,       over,     nothing,     over,      over },
};

void sip_leg_event(struct sip_leg *sl, const struct sip_message *m)
{
	assert(m->op >= SIP_EV_PROVISIONAL && m->op <= SIP_EV_TERMINATED);
	MAGIC_CHECK(&sl->leg, LEG_MAGIC);
	leg_ref(&sl->leg);
	sip_leg_refresh_by(sl, m);
	table[ROW(m->op)][sl->state](sl, m);
	leg_unref(&sl->leg);
}
