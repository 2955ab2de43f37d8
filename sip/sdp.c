/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/sdp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/magic.h"
#include "sip/sdp_read.h"
#include "sip/sdp_write.h"

#define SDP_MAGIC        0x53445031u
#define TYPES            128 /* payload types */
#define TYPE_FIRST_OURS  96  /* dynamic ones (RFC 3551 6) */
#define TYPE_EVENTS      101 /* what everybody has for telephone-event; some phones know no other */
#define MEANS_NOTHING    (-2) /* of a payload type: not used in this dialog; else rtp_encoding or SDP_ENCODING_OTHER */

enum sdp_state {
	SDP_NOTHING, /* or all is settled by their offer and our answer */
	SDP_OFFERED, /* our offer waits for an answer, or got one already: forks and a 200 behind a 183 bring another */
	SDP_TAKEN,   /* their offer waits for our answer */
};

struct sdp {
	unsigned          magic;
	struct sdp_config config;
	enum sdp_state    state;
	struct sdp_lines  lines;             /* of this dialog, in their order; count 0: nobody has said anything yet */
	int8_t            means[TYPES];      /* each payload type in this dialog (RFC 3264 8.3.2) */
	/* What is under negotiation. */
	struct sdp_body   theirs;            /* SDP_TAKEN */
	struct sdp_payloads   offered;           /* SDP_OFFERED */
	unsigned          offered_direction;
	bool              offered_mux;
	/* What both came to. */
	bool              settled, held;
	struct rtp_format format;
	struct sdp_said   said;              /* last, by us */
};

static unsigned mirrored(unsigned direction)
{
	return (direction & RTP_SEND ? RTP_RECV : 0) | (direction & RTP_RECV ? RTP_SEND : 0);
}

/* ---- payload types ---- */

static void add(struct sdp_payloads *p, unsigned type, int encoding)
{
	for (unsigned i = 0; i < p->count; i++)
		if (p->item[i].type == type)
			return;
	if (p->count < RTP_PAYLOADS_MAX)
		p->item[p->count++] = (struct rtp_payload){ (uint8_t)type, (enum rtp_encoding)encoding };
}

static int type_of(const struct sdp_payloads *p, enum rtp_encoding encoding)
{
	for (unsigned i = 0; i < p->count; i++)
		if (p->item[i].encoding == encoding)
			return p->item[i].type;
	return -1;
}

static int static_type(enum rtp_encoding e)
{
	return e == RTP_PCMU ? 0 : e == RTP_PCMA ? 8 : e == RTP_G722 ? 9 : e == RTP_COMFORT_NOISE ? 13 : TYPE_EVENTS;
}

/* The number of an encoding in an offer of ours: the one it has in this dialog, else one that nothing else had. -1: none is
 * left. */
static int type_to_offer(const struct sdp *s, enum rtp_encoding e)
{
	int type;

	for (unsigned i = 0; i < s->format.recv_count; i++)
		if (s->format.recv[i].encoding == e)
			return s->format.recv[i].type;
	for (type = 0; type < TYPES; type++)
		if (s->means[type] == (int)e)
			return type;
	type = static_type(e);
	if (s->means[type] == MEANS_NOTHING)
		return type;
	for (type = TYPE_FIRST_OURS; type < TYPES; type++)
		if (s->means[type] == MEANS_NOTHING)
			return type;
	return -1;
}

/* What both have, in our order, with their numbers. Of comfort noise and events the first counts, of speech too. */
static void in_common(const struct sdp_codec_list *ours, const struct sdp_audio *theirs, struct sdp_payloads *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned pass = 0; pass < 2; pass++) /* speech first: send[0] is speech */
		for (unsigned i = 0; i < ours->count; i++)
			for (unsigned k = 0; k < theirs->format_count; k++)
				if (theirs->format[k].encoding == (int)ours->encoding[i] &&
				    sdp_is_speech(theirs->format[k].encoding) == (pass == 0) &&
				    type_of(out, ours->encoding[i]) < 0)
					add(out, theirs->format[k].type, theirs->format[k].encoding);
}

static void remember_types(struct sdp *s, const struct sdp_audio *theirs)
{
	for (unsigned k = 0; k < theirs->format_count; k++)
		s->means[theirs->format[k].type] = (int8_t)theirs->format[k].encoding;
}

/* ---- what it comes to ---- */

/* Packets of what they like, within what they, and we, can: tens of milliseconds. */
static unsigned ptime_of(const struct sdp *s, const struct sdp_audio *theirs)
{
	unsigned ms = theirs->ptime_ms ? theirs->ptime_ms : s->config.ptime_ms;

	if (theirs->maxptime_ms && ms > theirs->maxptime_ms)
		ms = theirs->maxptime_ms;
	ms = ms / 10 * 10;
	return ms < RTP_PTIME_MIN_MS ? RTP_PTIME_MIN_MS : ms > RTP_PTIME_MAX_MS ? RTP_PTIME_MAX_MS : ms;
}

/* The far end as its description says. direction: ours. send with their numbers, recv with ours. */
static void settle(struct sdp *s, const struct sdp_audio *theirs, unsigned direction, const struct sdp_payloads *send,
                   const struct sdp_payloads *recv)
{
	struct rtp_format *f = &s->format;

	memset(f, 0, sizeof(*f));
	f->remote = theirs->rtp;
	f->remote_rtcp = theirs->rtcp;
	f->rtcp_mux = theirs->rtcp_mux;
	f->direction = direction;
	f->ptime_ms = ptime_of(s, theirs);
	memcpy(f->send, send->item, sizeof(f->send));
	f->send_count = send->count;
	memcpy(f->recv, recv->item, sizeof(f->recv));
	f->recv_count = recv->count;
	s->settled = true;
}

/* What they allow us: what they receive, where there is an address to send it to (0.0.0.0: RFC 3264 8.4). */
static unsigned allowed(const struct sdp_audio *theirs)
{
	return mirrored(theirs->direction) & (theirs->rtp.ss_family == AF_UNSPEC ? RTP_RECV : RTP_SEND | RTP_RECV);
}

/* ---- offer and answer ---- */

int sdp_alloc(struct sdp **sp, const struct sdp_config *c)
{
	struct sdp *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->magic = SDP_MAGIC;
	s->config = *c;
	s->lines.audio = -1;
	memset(s->means, MEANS_NOTHING, sizeof(s->means));
	*sp = s;
	return 0;
}

void sdp_free(struct sdp *s)
{
	if (s == NULL)
		return;
	MAGIC_CHECK(s, SDP_MAGIC);
	s->magic = MAGIC_DEAD;
	free(s);
}

int sdp_make_offer(struct sdp *s, unsigned direction, char *text, size_t size)
{
	const struct sdp_codec_list *ours = &s->config.codecs;
	struct sdp_payloads p = { .count = 0 };
	bool mux;
	int err;

	MAGIC_CHECK(s, SDP_MAGIC);
	mux = s->settled && s->format.rtcp_mux; /* only what an offer of theirs brought */
	if (s->lines.count == 0) {
		s->lines.line[0] = (struct sdp_line){ .kind = "audio", .proto = "RTP/AVP" };
		s->lines.count = 1;
		s->lines.audio = 0;
	}
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < ours->count; i++) {
			int type =
				sdp_is_speech((int)ours->encoding[i]) == (pass == 0) ? type_to_offer(s, ours->encoding[i]) : -1;

			if (type >= 0)
				add(&p, (unsigned)type, (int)ours->encoding[i]);
		}
	err = sdp_write(&s->config, &s->said, &s->lines, &p, s->settled ? s->format.ptime_ms : s->config.ptime_ms, mux, direction,
	                text, size);
	if (err)
		return err;
	for (unsigned i = 0; i < p.count; i++)
		s->means[p.item[i].type] = (int8_t)p.item[i].encoding;
	s->offered = p;
	s->offered_direction = direction;
	s->offered_mux = mux;
	s->state = SDP_OFFERED;
	return 0;
}

int sdp_take_offer(struct sdp *s, const char *text, size_t len, struct sdp_error *e)
{
	struct sdp_wanted w = { .codecs = &s->config.codecs, .family = s->config.local.ss_family, .line = s->lines.audio };
	struct sdp_body b;
	int err;

	MAGIC_CHECK(s, SDP_MAGIC);
	err = sdp_read(text, len, &w, &b, e);
	if (err)
		return err;
	s->theirs = b;
	s->state = SDP_TAKEN;
	return 0;
}

int sdp_make_answer(struct sdp *s, unsigned direction, char *text, size_t size)
{
	const struct sdp_audio *theirs = &s->theirs.audio;
	struct sdp_payloads common;
	unsigned ours;
	int err;

	MAGIC_CHECK(s, SDP_MAGIC);
	if (s->state != SDP_TAKEN)
		return -EPROTO;
	in_common(&s->config.codecs, theirs, &common);
	ours = direction & allowed(theirs);
	err = sdp_write(&s->config, &s->said, &s->theirs.lines, &common, ptime_of(s, theirs), theirs->rtcp_mux, ours, text, size);
	if (err)
		return err;
	s->lines = s->theirs.lines;
	remember_types(s, theirs);
	settle(s, theirs, ours, &common, &common);
	s->held = !(theirs->direction & RTP_RECV) || theirs->rtp.ss_family == AF_UNSPEC;
	s->state = SDP_NOTHING;
	return 0;
}

/* The same kinds of media in the same places (RFC 3264 6). */
static bool answers_lines(const struct sdp *s, const struct sdp_body *b)
{
	if (b->lines.count != s->lines.count)
		return false;
	for (unsigned i = 0; i < b->lines.count; i++)
		if (strcmp(b->lines.line[i].kind, s->lines.line[i].kind) != 0)
			return false;
	return true;
}

int sdp_take_answer(struct sdp *s, const char *text, size_t len, struct sdp_error *e)
{
	struct sdp_codec_list offered = { .count = 0 };
	struct sdp_wanted w = { .codecs = &offered, .family = s->config.local.ss_family, .line = s->lines.audio, .only = true };
	struct sdp_payloads send, recv = { .count = 0 };
	struct sdp_body b;
	int err;

	MAGIC_CHECK(s, SDP_MAGIC);
	*e = (struct sdp_error){ .text = "nothing was offered" };
	if (s->state != SDP_OFFERED)
		return -EPROTO;
	for (unsigned i = 0; i < s->offered.count; i++)
		offered.encoding[offered.count++] = s->offered.item[i].encoding;
	err = sdp_read(text, len, &w, &b, e);
	if ((err == 0 || err == -ENOTSUP) && !answers_lines(s, &b)) {
		(void)snprintf(e->text, sizeof(e->text), "other m-lines than offered");
		err = -EPROTO;
	}
	if (err)
		return err;
	/* What they add to what was offered is for an offer to come (6.1). They receive under their numbers, and send under ours;
	 * some send under theirs. */
	in_common(&offered, &b.audio, &send);
	for (unsigned i = 0; i < send.count; i++)
		add(&recv, (unsigned)type_of(&s->offered, send.item[i].encoding), (int)send.item[i].encoding);
	for (unsigned i = 0; i < send.count; i++)
		if (s->means[send.item[i].type] == MEANS_NOTHING || s->means[send.item[i].type] == (int)send.item[i].encoding)
			add(&recv, send.item[i].type, (int)send.item[i].encoding);
	remember_types(s, &b.audio);
	settle(s, &b.audio, s->offered_direction & allowed(&b.audio), &send, &recv);
	s->format.rtcp_mux = s->offered_mux && b.audio.rtcp_mux;
	if (s->offered_direction & RTP_SEND)
		s->held = !(b.audio.direction & RTP_RECV) || b.audio.rtp.ss_family == AF_UNSPEC;
	return 0;
}

int sdp_format(const struct sdp *s, struct rtp_format *f)
{
	MAGIC_CHECK(s, SDP_MAGIC);
	if (!s->settled)
		return -ENOENT;
	*f = s->format;
	return 0;
}

bool sdp_held(const struct sdp *s)
{
	MAGIC_CHECK(s, SDP_MAGIC);
	return s->settled && s->held;
}
