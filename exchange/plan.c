/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens when a number is called: its words, read and written. */
#include "exchange/number.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "exchange/args.h"
#include "exchange/internal.h"

#define AFTER_MAX_MS (3600L * 1000)

void xplan_init(struct xplan *p)
{
	memset(p, 0, sizeof(*p));
	p->end = XPLAN_REFUSE;
	p->cause = 1;
	p->alert = true;
	p->end_after_ms = -1;
	p->hangup_after_ms = -1;
}

void xplan_copy(struct xplan *to, const struct xplan *from)
{
	*to = *from;
	if (to->early)
		clip_ref(to->early);
	if (to->voice)
		clip_ref(to->voice);
}

void xplan_drop(struct xplan *p)
{
	clip_unref(p->early);
	clip_unref(p->voice);
	p->early = p->voice = NULL;
}

struct parse {
	struct exchange *x;
	struct xplan    *p;
	struct xargs    *a;
	char            *text;
	unsigned         size;
	bool             alert_said;
};

static int fail(struct parse *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct parse *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->text, s->size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int parse_ms(struct parse *s, const char *word, long *value)
{
	const char *v = xargs_next(s->a);

	if (!v || xargs_parse_int(v, 0, AFTER_MAX_MS, value))
		return fail(s, "%s: a time in milliseconds, 0 to %ld, must follow", word, AFTER_MAX_MS);
	return 0;
}

static int parse_clip(struct parse *s, const char *word, struct clip **cp)
{
	const char *v = xargs_next(s->a);
	int err;

	if (!v)
		return fail(s, "%s: a sound must follow (FILE, ringback, busy, congestion, tone:FREQ[,FREQ][@LEVEL])", word);
	clip_unref(*cp);
	*cp = NULL;
	err = xclip_get(s->x, v, cp);
	return err ? fail(s, "%s: cannot have the sound %s: %s", word, v, strerror(-err)) : 0;
}

/* A cause may follow; fallback 0: it must. */
static int parse_refuse(struct parse *s, const char *word, int fallback)
{
	const char *v = xargs_peek(s->a);
	long cause = fallback;

	if (v && !xargs_parse_int(v, 1, 127, &cause))
		(void)xargs_next(s->a);
	if (!cause)
		return fail(s, "%s: a cause, 1 to 127, must follow", word);
	s->p->end = XPLAN_REFUSE;
	s->p->cause = (int)cause;
	return 0;
}

static int parse_end_after(struct parse *s, const char *word, enum xplan_end end)
{
	s->p->end = end;
	return parse_ms(s, word, &s->p->end_after_ms);
}

static int parse_set(bool *flag)
{
	*flag = true;
	return 0;
}

static int parse_end(struct parse *s, enum xplan_end end)
{
	s->p->end = end;
	return 0;
}

static int parse_word(struct parse *s, const char *w)
{
	struct xplan *p = s->p;

	if (!strcmp(w, "answer"))
		return parse_end(s, XPLAN_ANSWER);
	if (!strcmp(w, "answer-after"))
		return parse_end_after(s, w, XPLAN_ANSWER);
	if (!strcmp(w, "no-answer") || !strcmp(w, "ring"))
		return parse_end(s, XPLAN_RING);
	if (!strcmp(w, "silent"))
		return parse_end(s, XPLAN_SILENT);
	if (!strcmp(w, "busy"))
		return parse_refuse(s, w, 17);
	if (!strcmp(w, "unallocated"))
		return parse_refuse(s, w, 1);
	if (!strcmp(w, "congestion"))
		return parse_refuse(s, w, 42);
	if (!strcmp(w, "reject"))
		return parse_refuse(s, w, 0);
	if (!strcmp(w, "after"))
		return parse_ms(s, w, &p->end_after_ms);
	if (!strcmp(w, "alert-after")) {
		s->alert_said = p->alert = true;
		return parse_ms(s, w, &p->alert_after_ms);
	}
	if (!strcmp(w, "no-alert")) {
		s->alert_said = true;
		p->alert = false;
		return 0;
	}
	if (!strcmp(w, "early-media"))
		return parse_clip(s, w, &p->early);
	if (!strcmp(w, "voice"))
		return parse_clip(s, w, &p->voice);
	if (!strcmp(w, "hangup-after"))
		return parse_ms(s, w, &p->hangup_after_ms);
	if (!strcmp(w, "stay"))
		return parse_ms(s, w, &p->stay_ms);
	if (!strcmp(w, "progress"))
		return parse_set(&p->early_progress);
	if (!strcmp(w, "ring-inband"))
		return parse_set(&p->ring_inband);
	if (!strcmp(w, "direct"))
		return parse_set(&p->direct);
	if (!strcmp(w, "clear-inband"))
		return parse_set(&p->clear_inband);
	if (!strcmp(w, "loop"))
		return parse_set(&p->voice_loop);
	return fail(s,
	            "%s: no such behaviour; one of answer, answer-after MS, ring, no-answer, busy, unallocated, congestion "
	            "[CAUSE], reject CAUSE, silent "
	            "(see `help number`)",
	            w);
}

static long clip_ms(const struct clip *c)
{
	return (long)(c->samples * 1000 / (size_t)c->rate);
}

/* What was not said follows from what was. */
static void parse_complete(struct parse *s)
{
	struct xplan *p = s->p;

	if (p->end == XPLAN_REFUSE) {
		if (!s->alert_said)
			p->alert = false; /* a busy phone does not ring */
		if (p->early && !p->alert)
			p->early_progress = true;
		if (p->early && p->end_after_ms < 0)
			p->end_after_ms = clip_ms(p->early);
	}
	if (p->end_after_ms < 0)
		p->end_after_ms = 0;
}

int xplan_parse(struct exchange *x, struct xplan *p, struct xargs *a, char *text, unsigned size)
{
	struct xplan fresh;
	struct parse s = { .x = x, .p = &fresh, .a = a, .text = text, .size = size };
	const char *w = xargs_next(a);
	int err = 0;

	xplan_init(&fresh);
	if (!w)
		err = fail(&s, "a behaviour must follow (see `help number`)");
	else
		fresh.end = XPLAN_RING; /* a number with no more than a voice rings */
	for (; w && !err; w = xargs_next(a))
		err = parse_word(&s, w);
	if (err) {
		xplan_drop(&fresh);
		return err;
	}
	parse_complete(&s);
	xplan_drop(p);
	*p = fresh;
	return 0;
}

static const char *refusal_name(int cause)
{
	switch (cause) {
	case 1:
		return "unallocated";
	case 17:
		return "busy";
	case 34:
	case 42:
		return "congestion";
	default:
		return "reject";
	}
}

void xplan_describe(const struct xplan *p, char *text, unsigned size)
{
	const char *extra = p->early ? " early-media" : p->ring_inband ? " ring-inband" : "";

	switch (p->end) {
	case XPLAN_ANSWER:
		snprintf(text, size, "answer-after %ld%s%s", p->end_after_ms, extra, p->voice ? " voice" : "");
		break;
	case XPLAN_REFUSE:
		snprintf(text, size, "%s (cause %d) after %ld%s", refusal_name(p->cause), p->cause, p->end_after_ms, extra);
		break;
	case XPLAN_RING:
		snprintf(text, size, "ring%s%s", extra, p->voice ? " voice" : "");
		break;
	case XPLAN_SILENT:
		snprintf(text, size, "silent");
		break;
	}
}
