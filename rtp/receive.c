/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media thread: what has come on all sockets that are ready, and a frame of it for each stream. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/address.h"
#include "core/clock.h"
#include "rtp/internal.h"

#define US_A_SAMPLE 125

static void receiver_decode(int16_t *out, const uint8_t *in, size_t n, uint8_t type, bool talkspurt, void *arg)
{
	struct rtp_stream *s = arg;
	enum rtp_encoding e = s->rx.encoding[type];

	(void)talkspurt; /* a decoder of G.722 finds its way by itself, sooner than from the beginning */
	if (type != s->rx.last_type && e == RTP_G722)
		rtp_codec_reset_decoder(s->codec);
	s->rx.last_type = type;
	while (n > 0) {
		unsigned part = n < RTP_PAYLOAD_MAX ? (unsigned)n : RTP_PAYLOAD_MAX;

		rtp_codec_decode(s->codec, e, out, in, part);
		out += part;
		in += part;
		n -= part;
	}
}

void rtp_receiver_init(struct rtp_stream *s)
{
	const struct rtp_group_config *c = &s->group->config;

	memset(s->rx.encoding, RTP_TYPE_NONE, sizeof(s->rx.encoding));
	s->rx.last_type = RTP_TYPE_NONE;
	rtp_source_init(&s->rx.source);
	event_rx_init(&s->rx.events);
	rtp_playout_init(&s->rx.playout, c->jitter_min_ms * 8, c->jitter_max_ms * 8, receiver_decode, s);
}

/* Waiting begins with the right to receive, and anew with each other address. A type that now means something else does so for
 * what waits in the buffer too, which is a packet or two: offers must not do that (RFC 3264 8.3.2). */
void rtp_receiver_apply(struct rtp_stream *s, const struct rtp_format *old, int64_t now_us)
{
	const struct rtp_format *f = s->format;
	struct rtp_receiver *r = &s->rx;

	memset(r->encoding, RTP_TYPE_NONE, sizeof(r->encoding));
	for (unsigned i = 0; i < f->recv_count; i++)
		r->encoding[f->recv[i].type] = (uint8_t)f->recv[i].encoding;
	if (!address_same(&f->remote, &old->remote)) {
		r->remote = f->remote;
		r->latched = r->heard = false;
		r->heard_us = now_us;
	}
	if ((f->direction & RTP_RECV) && !(old->direction & RTP_RECV)) {
		rtp_playout_reset(&r->playout);
		r->heard_us = now_us;
		r->lost = false;
	}
}

/* ---- packets ---- */

struct arrived {
	const uint8_t *data;
	size_t         len;
	const struct sockaddr_storage *from;
	int64_t        at_us;   /* when the network brought it, mono */
	int64_t        tick_us; /* when it could first be played */
};

/* True: it is from where it should be. For the first RTP packet of a phone behind NAT see setting latch. */
static bool receiver_knows(struct rtp_stream *s, const struct sockaddr_storage *from, const struct rtp_packet *p)
{
	struct rtp_receiver *r = &s->rx;

	if (r->remote.ss_family != AF_UNSPEC && address_same_host(from, &r->remote)) {
		r->heard = true;
		return true;
	}
	if (s->group->config.latch && !r->heard && r->remote.ss_family != AF_UNSPEC && p &&
	    r->encoding[p->type] != RTP_TYPE_NONE) {
		r->remote = *from;
		r->latched = r->heard = true;
		rtp_count(s->group, RC_LATCHED, 1);
		return true;
	}
	rtp_value_add(s, RV_FOREIGN, 1);
	rtp_count(s->group, RC_FOREIGN, 1);
	return false;
}

static enum jitter_buffer_kind receiver_kind(struct rtp_stream *s, const struct rtp_packet *p)
{
	switch (s->rx.encoding[p->type]) {
	case RTP_PCMU:
	case RTP_PCMA:
	case RTP_G722:
		return JITTER_BUFFER_SPEECH;
	case RTP_COMFORT_NOISE:
		return JITTER_BUFFER_NOISE;
	case RTP_TELEPHONE_EVENT:
		return JITTER_BUFFER_EVENT;
	default: /* its place in the sequence is taken, so it is no loss; nothing is heard */
		rtp_count(s->group, RC_UNKNOWN_TYPE, 1);
		return JITTER_BUFFER_EVENT;
	}
}

static void receiver_restart(struct rtp_stream *s, bool another)
{
	rtp_playout_reset(&s->rx.playout);
	event_rx_init(&s->rx.events);
	rtp_codec_reset_decoder(s->codec);
	if (!another)
		return;
	s->rtcp.last_sr = 0;
	rtp_value_add(s, RV_SSRC_CHANGES, 1);
	rtp_count(s->group, RC_SSRC_CHANGES, 1);
}

static void receive_rtp(struct rtp_stream *s, const struct arrived *a)
{
	struct rtp_receiver *r = &s->rx;
	enum jitter_buffer_kind kind;
	struct rtp_packet p;
	uint32_t ssrc = r->source.ssrc;
	bool valid = rtp_packet_parse(&p, a->data, a->len) == 0;

	if (!receiver_knows(s, a->from, valid ? &p : NULL))
		return;
	if (!valid) {
		rtp_value_add(s, RV_MALFORMED, 1);
		rtp_count(s->group, RC_MALFORMED, 1);
		return;
	}
	if (!(s->format->direction & RTP_RECV)) {
		rtp_count(s->group, RC_UNWANTED, 1);
		return;
	}
	kind = receiver_kind(s, &p);
	switch (rtp_source_packet(&r->source, p.ssrc, p.seq, p.timestamp, (uint32_t)(a->at_us / US_A_SAMPLE),
	                          kind == JITTER_BUFFER_SPEECH)) {
	case RTP_JUMP:
		if (p.ssrc != r->source.ssrc) {
			rtp_value_add(s, RV_FOREIGN, 1);
			rtp_count(s->group, RC_FOREIGN, 1);
		}
		return;
	case RTP_RESTARTED:
		receiver_restart(s, ssrc != p.ssrc);
		break;
	default:
		break;
	}
	r->heard_us = a->tick_us;
	rtp_value_add(s, RV_RECEIVED, 1);
	rtp_value_add(s, RV_OCTETS_RECEIVED, p.len);
	rtp_count(s->group, RC_RECEIVED, 1);
	if (r->encoding[p.type] == RTP_TELEPHONE_EVENT) {
		event_rx_packet(&r->events, p.marker, p.seq, p.timestamp, p.payload, p.len, a->tick_us);
		rtp_count(s->group, RC_EVENTS, 1);
	}
	rtp_playout_put(&r->playout, &(struct jitter_buffer_packet){
					     .kind = kind,
					     .seq = p.seq,
					     .timestamp = p.timestamp,
					     .payload_type = p.type,
					     .marker = p.marker,
					     .data = p.payload,
					     .len = p.len,
					     .arrival = a->tick_us / US_A_SAMPLE,
				     });
}

/* RTCP is a sign of life too (rule 9). */
static void receive_rtcp(struct rtp_stream *s, const struct arrived *a)
{
	struct rtcp r;

	if (!receiver_knows(s, a->from, NULL))
		return;
	if (rtcp_parse(&r, a->data, a->len, s->tx.ssrc) < 0) {
		rtp_count(s->group, RC_RTCP_MALFORMED, 1);
		return;
	}
	rtp_count(s->group, RC_RTCP_RECEIVED, 1);
	s->rx.heard_us = a->tick_us;
	if (s->rx.source.begun && r.ssrc != s->rx.source.ssrc)
		r.has_sender = false; /* not the clock of what we report about */
	rtcp_heard(&s->rtcp, &r, rtp_group_utc(s->group, a->at_us));
}

/* The kernel says when it came, on the other clock. What cannot be (a step of that clock just now) is now. */
static int64_t receive_time(const struct rtp_group *g, struct msghdr *m)
{
	int64_t now_us = clock_mono_us(), at_us;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct timespec t;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		at_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 - g->kernel_offset_us;
		return at_us > now_us || at_us < now_us - CLOCK_SEC(1) ? now_us : at_us;
	}
	return now_us;
}

static void receive_packet(struct rtp_stream *s, bool rtcp, struct mmsghdr *m, int64_t tick_us)
{
	const struct arrived a = {
		.data = m->msg_hdr.msg_iov->iov_base,
		.len = m->msg_hdr.msg_flags & MSG_TRUNC ? 0 : m->msg_len,
		.from = m->msg_hdr.msg_name,
		.at_us = receive_time(s->group, &m->msg_hdr),
		.tick_us = tick_us,
	};

	if (!s->format || s->leaving)
		rtp_count(s->group, RC_EARLY, 1);
	else if (rtcp || (s->format->rtcp_mux && rtp_packet_is_rtcp(a.data, a.len)))
		receive_rtcp(s, &a);
	else
		receive_rtp(s, &a);
}

/* ---- sockets ---- */

static void receive_error(struct rtp_group *g, int err)
{
	if (err == ECONNREFUSED || err == EHOSTUNREACH || err == ENETUNREACH)
		return; /* counted with what rtp_socket_errors() finds */
	if (err != EAGAIN && err != EINTR)
		rtp_count(g, RC_RECEIVE_ERRORS, 1);
}

static void receive_socket(struct rtp_stream *s, bool rtcp, uint32_t events, int64_t tick_us)
{
	struct rtp_group *g = s->group;
	unsigned most = g->budget > 0 ? RTP_STREAM_BURST : RTP_BATCH, total = 0;
	int fd = rtcp ? s->rtcp_fd : s->rtp_fd, n;

	if (events & EPOLLERR)
		rtp_count(g, RC_REFUSED, rtp_socket_errors(fd));
	do {
		n = recvmmsg(fd, g->in_msg, RTP_BATCH, MSG_DONTWAIT, NULL);
		if (n < 0)
			receive_error(g, errno);
		for (int i = 0; i < n; i++) {
			receive_packet(s, rtcp, &g->in_msg[i], tick_us);
			g->in_msg[i].msg_hdr.msg_namelen = sizeof(g->from[i]); /* as before the call */
			g->in_msg[i].msg_hdr.msg_controllen = sizeof(g->control[i]);
		}
		total += n > 0 ? (unsigned)n : 0;
	} while (n == RTP_BATCH && total < most);
	if (n == RTP_BATCH)
		rtp_count(g, RC_FLOODED, 1);
	g->budget -= total < g->budget ? total : g->budget;
}

/* The lowest bit says which of its two sockets it is. */
static struct rtp_stream *ready_stream(const struct epoll_event *e)
{
	return (struct rtp_stream *)(uintptr_t)(e->data.u64 & ~(uint64_t)1);
}

void rtp_receive(struct rtp_group *g, int64_t tick_us)
{
	int n = epoll_wait(g->epoll_fd, g->ready, (int)(2 * g->pairs), 0);

	g->budget = RTP_TICK_BURST;
	g->kernel_offset_us = clock_utc_us() - clock_mono_us();
	for (int i = 0; i < n; i++)
		receive_socket(ready_stream(&g->ready[i]), g->ready[i].data.u64 & 1, g->ready[i].events, tick_us);
}

/* ---- a frame ---- */

static void frame_key(struct rtp_stream *s, int64_t tick_us)
{
	struct media_slot *slot = s->slot;
	struct rtp_receiver *r = &s->rx;
	struct event_key key;

	if (!event_rx_key(&r->events, tick_us, &key)) {
		r->key_down = slot->rx_key_down = false; /* as after another source began */
		return;
	}
	if (!r->key_down)
		slot->rx_keys++;
	slot->rx_key = key.digit;
	slot->rx_key_samples = key.samples;
	r->key_down = slot->rx_key_down = key.down;
}

static void frame_lost(struct rtp_stream *s, int64_t tick_us)
{
	struct rtp_receiver *r = &s->rx;
	bool waits = (s->format->direction & RTP_RECV) && r->remote.ss_family != AF_UNSPEC;
	bool lost = waits && tick_us - r->heard_us >= CLOCK_MS(s->group->config.timeout_ms);
	struct rtp_message msg = { .type = RTP_MSG_EVENT, .stream = s };

	if (!waits || lost == r->lost)
		return;
	msg.event.type = lost ? RTP_EV_LOST : RTP_EV_BACK;
	msg.event.at_us = r->heard_us;
	if (!rtp_group_note(s->group, &msg))
		return;
	r->lost = lost;
	rtp_count(s->group, RC_STREAMS_LOST, lost);
}

void rtp_receive_frame(struct rtp_stream *s, int64_t tick_us)
{
	struct rtp_receiver *r = &s->rx;
	int16_t unheard[RTP_PLAYOUT_FRAME];

	if (!s->format)
		return;
	if (s->format->direction & RTP_RECV) {
		bool made_up = rtp_playout_frame(&r->playout, tick_us / US_A_SAMPLE, s->slot->open ? s->slot->rx.s : unheard);

		if (s->slot->open)
			s->slot->rx_lost = made_up;
	}
	frame_key(s, tick_us);
	frame_lost(s, tick_us);
	if ((s->group->ticks + s->pair) % RTP_PUBLISH == 0)
		rtp_stream_publish(s);
}
