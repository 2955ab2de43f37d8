/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exchange's spans: their events to the calls, the cable's faults, and the one information element libpri does not send. */
#include "exchange/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"

#define LOG_MODULE "exchange"

static void on_span(struct xspan *s, const struct e1_event *ev)
{
	json_t *e = xevent("span", ev->at_us);

	if (e) {
		json_object_set_new(e, "span", json_string(e1_span_name(s->e1)));
		json_object_set_new(e, "up", json_boolean(ev->type == E1_SPAN_UP));
		if (ev->text)
			json_object_set_new(e, "text", json_string(ev->text));
	}
	xevent_emit(s->x, e);
}

static void on_event(struct e1_span *e1, const struct e1_event *ev, void *arg)
{
	struct xspan *s = arg;
	struct xcall *c;

	(void)e1;
	if (ev->type == E1_SPAN_UP || ev->type == E1_SPAN_DOWN) {
		on_span(s, ev);
		return;
	}
	if (ev->type == E1_RING) {
		xcall_incoming(s, ev);
		return;
	}
	c = e1_call_user(ev->call);
	if (c)
		xcall_event(c, ev);
}

int exchange_cut_parse(const char *name, enum exchange_cut *cut)
{
	static const char *const names[] = { "alerting", "any", "connect" };

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(name, names[i])) {
			*cut = (enum exchange_cut)i;
			return 0;
		}
	return -EINVAL;
}

int exchange_add_span(struct exchange *x, const struct e1_span_config *config, enum exchange_cut cut)
{
	struct e1_span_config c = *config;
	struct list *pos, *nxt;
	unsigned count = 0;
	struct xspan *s;
	int err;

	list_for_each(pos, nxt, &x->spans)
		count++;
	if (exchange_span(x, c.name))
		return -EEXIST;
	if (count == EXCHANGE_SPANS_MAX)
		return -ENOSPC;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->x = x;
	s->cut = cut;
	s->overlap = c.overlap;
	c.role = E1_NETWORK;
	err = e1_span_alloc(&s->e1, x->loop, x->media, x->registry, &c, on_event, s);
	if (err) {
		free(s);
		return err;
	}
	list_append(&x->spans, &s->link);
	return 0;
}

struct e1_span *exchange_span(struct exchange *x, const char *name)
{
	struct xspan *s;

	return xspan_find(x, name, &s) ? NULL : s->e1;
}

int xspan_find(struct exchange *x, const char *name, struct xspan **sp)
{
	struct list *pos, *nxt;

	list_for_each(pos, nxt, &x->spans) {
		struct xspan *s = list_entry(pos, struct xspan, link);

		if (name ? !strcmp(name, e1_span_name(s->e1)) : e1_span_up(s->e1)) {
			*sp = s;
			return 0;
		}
	}
	return name ? -ENODEV : -ENETDOWN;
}

/* ---- DISCONNECT with progress indicator 8 (Q.931 5.3.4.1: tones and announcements on clearing) ---- */

#define LAPD_HEADER    4 /* address and control of an I frame */
#define Q931_HEADER    5 /* discriminator, length of reference 2, reference, message type */
#define MSG_DISCONNECT 0x45
#define IE_PROGRESS    0x1e

static bool wanted(struct xspan *s, unsigned reference, bool to_originator)
{
	struct list *pos, *nxt;

	list_for_each(pos, nxt, &s->x->calls) {
		struct xcall *c = list_entry(pos, struct xcall, link);

		if (c->span == s && c->e1 && c->disconnect_pi && (e1_call_reference(c->e1) & 0x7fff) == reference &&
		    c->from_phone != to_originator)
			return true;
	}
	return false;
}

static void insert_progress(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	/* public network serving the local user; in-band information available */
	static const uint8_t ie[] = { IE_PROGRESS, 2, 0x82, 0x88 };
	unsigned at = LAPD_HEADER + Q931_HEADER;
	const uint8_t *q = buf + LAPD_HEADER;

	if (*len < at || (buf[2] & 1) || q[0] != 0x08 || q[1] != 2 || q[4] != MSG_DISCONNECT || *len + sizeof(ie) > max)
		return;
	if (!wanted(arg, (unsigned)(q[2] & 0x7f) << 8 | q[3], q[2] & 0x80))
		return;
	while (at + 2 <= *len && buf[at] < IE_PROGRESS) /* elements are in ascending order; those before this one have a length */
		at += 2 + buf[at + 1];
	if (at > *len)
		return;
	memmove(buf + at + sizeof(ie), buf + at, *len - at);
	memcpy(buf + at, ie, sizeof(ie));
	*len += sizeof(ie);
}

void xspan_inband(struct xcall *c)
{
	c->disconnect_pi = true;
	e1_span_mutate(c->span->e1, insert_progress, NULL, c->span);
}
