/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media thread: a frame a tick into packets of ptime; digits in place of sound; reports.
 *
 * The timestamp goes on with time, whether anything is sent or not: over hold, over digits, over ticks that were skipped. The
 * sequence number goes on by one with each packet. What is silent is sent all the same: we send no comfort noise.
 */
#include <string.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/random.h"
#include "rtp/internal.h"

#define TONE_LOW_DBM0  (-9) /* of a digit in-band; Q.23 says -9 and -7 at the subscriber's end, EG 201 188 the same */
#define TONE_HIGH_DBM0 (-7)
#define TONE_PAUSE     800  /* samples: 100 ms */

void rtp_sender_init(struct rtp_stream *s)
{
	struct rtp_sender *t = &s->tx;

	t->ssrc = (uint32_t)random_u64(); /* 5.1: all three are random */
	t->seq = (uint16_t)random_u64();
	t->timestamp = (uint32_t)random_u64();
	t->type = t->event_type = RTP_TYPE_NONE;
}

static const struct sockaddr_storage *sender_to(const struct rtp_stream *s)
{
	return s->rx.latched ? &s->rx.remote : &s->format->remote;
}

static void send_packet(struct rtp_stream *s, uint8_t type, bool marker, uint32_t timestamp, unsigned len)
{
	struct rtp_sender *t = &s->tx;

	rtp_packet_header(
		&(struct rtp_packet){ .marker = marker, .type = type, .seq = t->seq, .timestamp = timestamp, .ssrc = t->ssrc },
		t->packet);
	t->seq++;
	t->packets++;
	t->octets += len;
	if (!rtp_socket_send(s->group, s->rtp_fd, t->packet, RTP_HEADER + len, sender_to(s)))
		return;
	rtp_value_add(s, RV_SENT, 1);
	rtp_value_add(s, RV_OCTETS_SENT, len);
	rtp_count(s->group, RC_SENT, 1);
}

/* What has been filled in goes out, however short. */
static void sender_flush(struct rtp_stream *s)
{
	struct rtp_sender *t = &s->tx;

	if (t->filled == 0)
		return;
	if (t->active && !event_tx_sends(&t->event)) {
		send_packet(s, t->type, t->marker, t->timestamp, t->filled);
		t->marker = false;
	}
	t->timestamp += t->filled;
	t->filled = 0;
}

static uint8_t sender_type(const struct rtp_format *f, enum rtp_encoding e)
{
	for (unsigned i = 1; i < f->send_count; i++)
		if (f->send[i].encoding == e)
			return f->send[i].type;
	return RTP_TYPE_NONE;
}

void rtp_sender_apply(struct rtp_stream *s)
{
	const struct rtp_format *f = s->format;
	struct rtp_sender *t = &s->tx;
	bool active = (f->direction & RTP_SEND) && sender_to(s)->ss_family != AF_UNSPEC;
	unsigned samples = f->ptime_ms * (RTP_CLOCK / 1000);

	if (active != t->active || samples != t->ptime_samples || f->send[0].type != t->type ||
	    f->send[0].encoding != t->encoding) {
		/* with the type, to the address, as it was: only what changes here is told apart */
		if (active && t->active)
			sender_flush(s);
		t->timestamp += t->filled;
		t->filled = 0;
	}
	if (f->send[0].encoding == RTP_G722 && (t->encoding != RTP_G722 || !t->active))
		rtp_codec_reset_encoder(s->codec);
	if (active && !t->active) { /* those that begin together do not all send in the same tick */
		t->wait = s->pair % (f->ptime_ms / 10);
		t->marker = true;
	}
	t->active = active;
	t->type = f->send[0].type;
	t->encoding = f->send[0].encoding;
	t->event_type = sender_type(f, RTP_TELEPHONE_EVENT);
	t->ptime_samples = samples;
	if (t->event_type == RTP_TYPE_NONE)
		memset(&t->event, 0, sizeof(t->event));
}

/* ---- digits ---- */

static void tone_start(struct rtp_sender *t, const struct rtp_digit *d)
{
	int low = 0, high = 0;

	(void)tone_dtmf_frequencies(d->digit, &low, &high);
	dual_tone_init(&t->tone, RTP_CLOCK, low, TONE_LOW_DBM0, high, TONE_HIGH_DBM0);
	t->tone_left = d->ms * (RTP_CLOCK / 1000);
	t->pause_left = TONE_PAUSE;
}

/* At the beginning of a packet, the next digit when none is under way. */
static void digit_next(struct rtp_stream *s)
{
	struct rtp_sender *t = &s->tx;
	struct rtp_digit d;

	if (event_tx_busy(&t->event) || t->tone_left > 0 || t->pause_left > 0 || !ring_pop(s->digits, &d))
		return;
	if (t->event_type != RTP_TYPE_NONE)
		event_tx_start(&t->event, d.digit, d.ms, t->timestamp);
	else
		tone_start(t, &d);
}

/* In place of sound, and silence behind it. */
static const int16_t *tone_frame(struct rtp_sender *t, int16_t s[MEDIA_FRAME], const int16_t *sound)
{
	unsigned n = t->tone_left < MEDIA_FRAME ? t->tone_left : MEDIA_FRAME;

	if (t->tone_left == 0 && t->pause_left == 0)
		return sound;
	memset(s, 0, MEDIA_FRAME * sizeof(*s));
	dual_tone_process(&t->tone, s, n);
	t->tone_left -= n;
	n = MEDIA_FRAME - n;
	t->pause_left -= n < t->pause_left ? n : t->pause_left;
	return s;
}

static void send_event(struct rtp_stream *s)
{
	struct rtp_sender *t = &s->tx;
	uint32_t timestamp;
	bool marker;

	event_tx_packet(&t->event, t->filled, t->packet + RTP_HEADER, &marker, &timestamp);
	send_packet(s, t->event_type, marker, timestamp, EVENT_LEN);
	t->marker = true; /* of the sound that follows */
}

/* ---- sound ---- */

/* Ticks that never were: their time is not in what is sent. */
static void sender_skip(struct rtp_sender *t, int64_t tick_us)
{
	int64_t ticks = t->tick_us ? (tick_us - t->tick_us) / MEDIA_TICK_US - 1 : 0;

	t->tick_us = tick_us;
	if (ticks <= 0)
		return;
	t->timestamp += t->filled + (uint32_t)ticks * MEDIA_FRAME;
	t->filled = 0;
	t->marker = true;
}

static void send_sound(struct rtp_stream *s)
{
	struct rtp_sender *t = &s->tx;
	int16_t tone[MEDIA_FRAME];
	const int16_t *sound = s->slot->tx.s;

	if (!t->active || t->wait > 0) {
		t->timestamp += MEDIA_FRAME;
		t->wait -= t->wait > 0;
		return;
	}
	if (t->filled == 0)
		digit_next(s);
	sound = tone_frame(t, tone, sound);
	if (!event_tx_sends(&t->event))
		rtp_codec_encode(s->codec, t->encoding, t->packet + RTP_HEADER + t->filled, sound, MEDIA_FRAME);
	t->filled += MEDIA_FRAME;
	if (t->filled < t->ptime_samples)
		return;
	if (event_tx_sends(&t->event)) {
		send_event(s);
	} else {
		event_tx_pass(&t->event, t->filled);
		send_packet(s, t->type, t->marker, t->timestamp, t->filled);
		t->marker = false;
	}
	t->timestamp += t->filled;
	t->filled = 0;
}

/* ---- reports ---- */

static const struct sockaddr_storage *report_to(const struct rtp_stream *s, struct sockaddr_storage *next)
{
	const struct rtp_format *f = s->format;

	if (f->rtcp_mux)
		return sender_to(s);
	if (f->remote_rtcp.ss_family != AF_UNSPEC && !s->rx.latched)
		return &f->remote_rtcp;
	*next = *sender_to(s);
	address_set_port(next, (uint16_t)(address_port(next) + 1)); /* RFC 3550 11 */
	return next;
}

static void send_report(struct rtp_stream *s, int64_t now_us, bool bye)
{
	int64_t utc_us = rtp_group_utc(s->group, now_us);
	struct rtp_sender *t = &s->tx;
	struct rtcp_sender sr = {
		.ntp = rtcp_ntp(utc_us), .timestamp = t->timestamp + t->filled, .packets = t->packets, .octets = t->octets
	};
	uint8_t out[RTCP_MAX];
	struct sockaddr_storage next;
	struct rtcp_report about;
	/* 6.4: SR when something was sent since the last one */
	bool sends = t->packets != t->reported, hears = s->rx.source.begun;
	unsigned len;

	if (hears)
		rtcp_report_about(&about, &s->rx.source, &s->rtcp, utc_us);
	len = rtcp_build(out, t->ssrc, sends ? &sr : NULL, hears ? &about : NULL, s->rtcp.cname, bye);
	t->reported = t->packets;
	if (!rtp_socket_send(s->group, s->format->rtcp_mux ? s->rtp_fd : s->rtcp_fd, out, len, report_to(s, &next)))
		return;
	t->rtcp_sent = true;
	rtp_count(s->group, RC_RTCP_SENT, 1);
}

void rtp_send_frame(struct rtp_stream *s, int64_t tick_us)
{
	if (!s->format)
		return;
	sender_skip(&s->tx, tick_us);
	send_sound(s);
	if (sender_to(s)->ss_family == AF_UNSPEC)
		return;
	/* Over hold too: RFC 3264 5.1. */
	if (rtcp_due(&s->rtcp, rtp_group_utc(s->group, tick_us), rtp_group_chance(s->group)))
		send_report(s, tick_us, false);
}

/* 6.6: not from who has sent nothing. */
void rtp_send_bye(struct rtp_stream *s, int64_t now_us)
{
	if (s->format && sender_to(s)->ss_family != AF_UNSPEC && (s->tx.packets > 0 || s->tx.rtcp_sent))
		send_report(s, now_us, true);
}
