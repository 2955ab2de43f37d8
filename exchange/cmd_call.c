/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of signalling: what a phone, or the exchange for it, sends. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/magic.h"
#include "exchange/command.h"

struct word {
	const char *name;
	int         value;
};

static const struct word ton_words[] = { { "unknown", 0 }, { "international", 1 }, { "national", 2 },
	                                 { "network", 3 }, { "subscriber", 4 },    { NULL, 0 } };
static const struct word pres_words[] = {
	{ "allowed", E1_PRES_ALLOWED }, { "restricted", E1_PRES_RESTRICTED }, { "unavailable", E1_PRES_UNAVAILABLE }, { NULL, 0 }
};
static const struct word screen_words[] = { { "unscreened", E1_SCREEN_USER_NOT_SCREENED },
	                                    { "passed", E1_SCREEN_USER_PASSED },
	                                    { "failed", E1_SCREEN_USER_FAILED },
	                                    { "network", E1_SCREEN_NETWORK },
	                                    { NULL, 0 } };
static const struct word bearer_words[] = { { "speech", E1_BEARER_SPEECH },
	                                    { "3k1", E1_BEARER_3K1 },
	                                    { "64k", E1_BEARER_UNRESTRICTED },
	                                    { "video", E1_BEARER_VIDEO },
	                                    { NULL, 0 } };
static const struct word yes_words[] = { { "no", 0 }, { "yes", 1 }, { NULL, 0 } };

/* Option key=: one of the words, or a number up to max. */
static int option_word(struct xargs *a, json_t *reply, const char *key, const struct word *words, long max, int *value)
{
	const char *s = xargs_option(a, key);
	char list[256] = "";
	long n;

	if (!s)
		return 0;
	for (const struct word *w = words; w->name; w++) {
		if (!strcmp(s, w->name)) {
			*value = w->value;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), " %s", w->name);
	}
	if (!xargs_parse_int(s, 0, max, &n)) {
		*value = (int)n;
		return 0;
	}
	return xcommand_fail(reply, -EINVAL, "%s=%s: one of%s is wanted", key, s, list);
}

/* +86... becomes type international; the rest as it stands. */
static int take_number(struct e1_number *n, const char *text, json_t *reply)
{
	const char *d = *text == '+' ? text + 1 : text;

	if (strlen(d) > E1_NUMBER_MAX || strspn(d, "0123456789*#") != strlen(d))
		return xcommand_fail(reply, -EINVAL, "%s: not a number (digits, * #, a leading +; at most %d)", text,
		                     E1_NUMBER_MAX);
	snprintf(n->digits, sizeof(n->digits), "%s", d);
	n->present = true;
	n->npi = 1;
	n->ton = *text == '+' ? E1_TON_INTERNATIONAL : E1_TON_UNKNOWN;
	return 0;
}

/* The calling number as a public exchange presents it: national, checked by the network. */
static int dial_calling(struct xargs *a, json_t *reply, struct e1_number *n)
{
	const char *shown = xargs_option(a, "calling");
	int ton, npi, pres = E1_PRES_ALLOWED, screen = E1_SCREEN_NETWORK;

	if (n->ton == E1_TON_UNKNOWN && n->digits[0] != '0')
		n->ton = E1_TON_NATIONAL;
	ton = n->ton;
	npi = n->npi;
	if (option_word(a, reply, "ton", ton_words, 7, &ton) ||
	    option_word(a, reply, "npi", (const struct word[]){ { NULL, 0 } }, 15, &npi) ||
	    option_word(a, reply, "pres", pres_words, 3, &pres) || option_word(a, reply, "screen", screen_words, 3, &screen))
		return -EINVAL;
	n->ton = (uint8_t)ton;
	n->npi = (uint8_t)npi;
	n->presentation = (enum e1_presentation)pres;
	n->screening = (enum e1_screening)screen;
	if (shown && !strcmp(shown, "none"))
		memset(n, 0, sizeof(*n));
	else if (shown && !strcmp(shown, "empty"))
		n->digits[0] = '\0';
	else if (shown)
		return xcommand_fail(reply, -EINVAL, "calling=: none or empty");
	return 0;
}

static int dial_rest(struct xargs *a, json_t *reply, struct xdial *d)
{
	const char *redirecting = xargs_option(a, "redirecting");
	int ton = d->setup.called.ton, npi = 1, bearer = E1_BEARER_SPEECH, complete = !d->overlap;
	long timeslot = 0;

	if (redirecting && take_number(&d->setup.redirecting, redirecting, reply))
		return -EINVAL;
	if (option_word(a, reply, "called-ton", ton_words, 7, &ton) ||
	    option_word(a, reply, "called-npi", (const struct word[]){ { NULL, 0 } }, 15, &npi) ||
	    option_word(a, reply, "bearer", bearer_words, 31, &bearer) ||
	    option_word(a, reply, "complete", yes_words, 0, &complete) || xcommand_int(a, reply, "timeslot", 1, 31, &timeslot) ||
	    xcommand_int(a, reply, "stay", 0, 3600000, &d->stay_ms))
		return -EINVAL;
	if (timeslot == 16)
		return xcommand_fail(reply, -EINVAL, "timeslot=16 carries the signalling");
	d->setup.called.ton = (uint8_t)ton;
	d->setup.called.npi = (uint8_t)npi;
	d->setup.bearer = (uint8_t)bearer;
	d->setup.sending_complete = complete;
	d->setup.timeslot = (unsigned)timeslot;
	d->setup.exclusive = xargs_flag(a, "exclusive");
	d->span = xargs_option(a, "span");
	d->alias = xargs_option(a, "as");
	return xcommand_end(a, reply);
}

static int cmd_dial(struct exchange *x, struct xargs *a, json_t *reply)
{
	struct xdial d = { .stay_ms = -1 };
	const char *from = xargs_next(a), *to = xargs_next(a);
	struct xcall *c;
	int err;

	if (!from || !to)
		return xcommand_fail(reply, -EINVAL, "dial FROM TO: from which phone, to which number?");
	d.overlap = xargs_flag(a, "overlap");
	if (take_number(&d.setup.calling, from, reply) || take_number(&d.setup.called, to, reply) ||
	    dial_calling(a, reply, &d.setup.calling) || dial_rest(a, reply, &d))
		return -EINVAL;
	if (!*to && !d.overlap)
		return xcommand_fail(reply, -EINVAL, "an empty number is for overlap only");
	err = xcall_dial(x, &d, &c);
	switch (err) {
	case 0:
		json_object_set_new(reply, "call", json_string(c->id));
		return 0;
	case -ENODEV:
		return xcommand_fail(reply, err, "%s: no such span", d.span);
	case -ENETDOWN:
		return xcommand_fail(reply, err, "the span is not up");
	case -EBUSY:
		return xcommand_fail(reply, err, "timeslot %u is taken", d.setup.timeslot);
	default:
		return xcommand_done(reply, err);
	}
}

static int cmd_proceeding(struct exchange *x, struct xargs *a, json_t *reply)
{
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_proceeding(c));
}

static int cmd_alert(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool inband = xargs_flag(a, "inband");
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_alert(c, inband));
}

static int cmd_progress(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool inband = xargs_flag(a, "inband");
	long cause = 0;
	struct xcall *c;

	if (xcommand_int(a, reply, "cause", 0, 127, &cause) || xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_progress(c, inband, (int)cause));
}

static int cmd_answer(struct exchange *x, struct xargs *a, json_t *reply)
{
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_answer(c));
}

/* CALL PROCEEDING first: a DISCONNECT then, which has its place for tones; a RELEASE COMPLETE with `direct`. */
static int refuse(struct xcall *c, int cause, bool inband, bool direct)
{
	if (c->from_phone || c->state >= XCALL_TALKING)
		return c->e1 ? -EPROTO : -ENOTCONN;
	if (!direct && c->state < XCALL_PROCEEDING) {
		int err = xcall_proceeding(c);

		if (err)
			return err;
	}
	return xcall_hangup(c, cause, inband, "phone");
}

static int cmd_busy(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool inband = xargs_flag(a, "inband"), direct = xargs_flag(a, "direct");
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, refuse(c, 17, inband, direct));
}

static int take_cause(struct xargs *a, json_t *reply, long *cause)
{
	const char *w = xargs_next(a);

	return w && xargs_parse_int(w, 1, 127, cause) ? xcommand_fail(reply, -EINVAL, "%s: a cause is a number from 1 to 127", w)
	                                              : 0;
}

static int cmd_reject(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool inband = xargs_flag(a, "inband"), direct = xargs_flag(a, "direct");
	long cause = 21;
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || take_cause(a, reply, &cause) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, refuse(c, (int)cause, inband, direct));
}

static int cmd_hangup(struct exchange *x, struct xargs *a, json_t *reply)
{
	bool inband = xargs_flag(a, "inband");
	long cause = 16;
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || take_cause(a, reply, &cause) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_hangup(c, (int)cause, inband, "phone"));
}

static int cmd_digits(struct exchange *x, struct xargs *a, json_t *reply)
{
	const char *digits;
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c))
		return -EINVAL;
	digits = xargs_next(a);
	if (!digits || !*digits || strspn(digits, "0123456789*#") != strlen(digits))
		return xcommand_fail(reply, -EINVAL, "digits ID DIGITS: 0-9 * #");
	if (xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_digits(c, digits));
}

static int cmd_hold(struct exchange *x, struct xargs *a, json_t *reply)
{
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_notify(c, true));
}

static int cmd_retrieve(struct exchange *x, struct xargs *a, json_t *reply)
{
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c) || xcommand_end(a, reply))
		return -EINVAL;
	return xcommand_done(reply, xcall_notify(c, false));
}

static int cmd_name(struct exchange *x, struct xargs *a, json_t *reply)
{
	const char *name;
	struct xcall *c;

	if (xcommand_call(x, a, reply, &c))
		return -EINVAL;
	name = xargs_next(a);
	if (!name || xcommand_end(a, reply))
		return xcommand_fail(reply, -EINVAL, "name ID NAME");
	snprintf(c->alias, sizeof(c->alias), "%s", name);
	return 0;
}

const struct xcommand xcommands_call[] = {
	{ "dial",
	  "FROM TO [span=NAME] [as=NAME] [pres=allowed|restricted|unavailable] [screen=network|passed|failed|unscreened] "
	  "[calling=none|empty] [ton=TYPE] "
	  "[npi=N] [called-ton=TYPE] [called-npi=N] [redirecting=NUMBER] [bearer=speech|3k1|64k|video|N] [timeslot=N "
	  "[exclusive]] [overlap] "
	  "[complete=yes|no] [stay=MS]",
	  "a phone dials; the reply names the call. overlap: more digits follow by `digits`. stay: listens so long to the tone "
	  "after the other end has cleared",
	  cmd_dial },
	{ "answer", "CALL", "the called phone is picked up: CONNECT", cmd_answer },
	{ "proceeding", "CALL", "CALL PROCEEDING (for a number that is silent)", cmd_proceeding },
	{ "alert", "CALL [inband]",
	  "ALERTING; inband: with progress indicator 8, and ring-back or the number's early media from here", cmd_alert },
	{ "progress", "CALL [inband] [cause=N]", "PROGRESS; inband: with progress indicator 8, and the number's early media",
	  cmd_progress },
	{ "busy", "CALL [inband] [direct]", "refuse with cause 17; inband: with a tone; direct: without CALL PROCEEDING",
	  cmd_busy },
	{ "reject", "CALL [CAUSE] [inband] [direct]", "refuse with a cause (21)", cmd_reject },
	{ "hangup", "CALL [CAUSE] [inband]",
	  "the phone goes on hook (16); inband: DISCONNECT with progress indicator 8 and a tone, until the node releases or T306",
	  cmd_hangup },
	{ "digits", "CALL DIGITS", "INFORMATION: digits of an overlap call", cmd_digits },
	{ "hold", "CALL", "NOTIFY: remote hold", cmd_hold },
	{ "retrieve", "CALL", "NOTIFY: remote retrieval", cmd_retrieve },
	{ "name", "CALL NAME", "the call can be called by this name too", cmd_name },
	{ NULL, NULL, NULL, NULL },
};
