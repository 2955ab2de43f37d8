/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/random.h"
#include "rtp/emodel.h"
#include "rtp/internal.h"

#define LOG_MODULE "rtp"

#define DIGIT_MS     100
#define DIGIT_MS_MAX 8000 /* of one event's duration, 65,535 samples, less a packet */

/* ---- control ---- */

/* The next pair that has rested and that no other program has; round and round, so that each rests as long as can be. */
static int stream_bind(struct rtp_stream *s)
{
	struct rtp_group *g = s->group;
	int64_t now_us = clock_mono_us();
	int fd[2], err;

	for (unsigned i = 0; i < g->pairs; i++) {
		unsigned k = (g->next_pair + i) % g->pairs;
		uint16_t port = (uint16_t)(g->config.port_min + 2 * k);

		if (g->pair[k].used || g->pair[k].rest_until_us > now_us)
			continue;
		err = rtp_socket_pair(g, port, fd);
		if (err == -EADDRINUSE || err == -EACCES) {
			rtp_count(g, RC_BIND_FAILED, 1);
			g->pair[k].rest_until_us = now_us + RTP_REST_US;
			continue;
		}
		if (err)
			return err;
		g->pair[k].used = true;
		g->next_pair = (k + 1) % g->pairs;
		s->pair = k;
		s->rtp_fd = fd[0];
		s->rtcp_fd = fd[1];
		s->local = g->config.local;
		address_set_port(&s->local, port);
		return 0;
	}
	rtp_count(g, RC_NO_PORT, 1);
	return -EADDRNOTAVAIL;
}

static int stream_watch(struct rtp_stream *s)
{
	struct epoll_event rtp = { .events = EPOLLIN, .data.u64 = (uintptr_t)s }, rtcp = rtp;

	rtcp.data.u64 |= 1;
	if (epoll_ctl(s->group->epoll_fd, EPOLL_CTL_ADD, s->rtp_fd, &rtp) < 0 ||
	    epoll_ctl(s->group->epoll_fd, EPOLL_CTL_ADD, s->rtcp_fd, &rtcp) < 0)
		return -errno;
	return 0;
}

int rtp_stream_alloc(struct rtp_stream **sp, struct rtp_group *g, rtp_event_h *h, void *arg)
{
	struct rtp_stream *s;
	uint8_t random[12];
	int err;

	MAGIC_CHECK(g, RTP_GROUP_MAGIC);
	assert(!g->freed);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->magic = RTP_STREAM_MAGIC;
	s->group = g;
	s->h = h;
	s->arg = arg;
	s->rtp_fd = s->rtcp_fd = -1;
	s->mailbox.middle = 1;
	s->mailbox.front = 2;
	rtp_receiver_init(s);
	rtp_sender_init(s);
	random_bytes(random, sizeof(random));
	rtcp_begin(&s->rtcp, rtp_group_utc(g, clock_mono_us()), (uint32_t)random_u64(), random);
	list_append(&g->all, &s->all_link);
	err = rtp_codec_alloc(&s->codec);
	if (!err)
		err = ring_alloc(&s->digits, RTP_DIGITS_MAX, sizeof(struct rtp_digit));
	if (!err)
		err = media_port_alloc(&s->port, g->media, g->config.name);
	if (!err)
		err = stream_bind(s);
	if (!err) {
		s->slot = media_port_slot(s->port);
		err = stream_watch(s);
	}
	if (err) {
		rtp_stream_destroy(s);
		return err;
	}
	g->live++;
	rtp_group_tell(g, &(struct rtp_message){ .type = RTP_MSG_ADD, .stream = s });
	*sp = s;
	return 0;
}

void rtp_stream_destroy(struct rtp_stream *s)
{
	struct rtp_group *g = s->group;

	if (s->rtp_fd >= 0) { /* closing takes them out of the epoll set as well */
		(void)close(s->rtp_fd);
		(void)close(s->rtcp_fd);
		g->pair[s->pair].used = false;
		g->pair[s->pair].rest_until_us = clock_mono_us() + RTP_REST_US;
	}
	list_remove(&s->all_link);
	media_port_free(s->port);
	ring_free(s->digits);
	rtp_codec_free(s->codec);
	s->magic = MAGIC_DEAD;
	free(s);
}

void rtp_stream_free(struct rtp_stream *s)
{
	if (!s)
		return;
	MAGIC_CHECK(s, RTP_STREAM_MAGIC);
	assert(!s->freed);
	s->freed = true;
	s->h = NULL;
	s->group->live--;
	media_port_close(s->port);
	rtp_group_tell(s->group, &(struct rtp_message){ .type = RTP_MSG_REMOVE, .stream = s });
}

void rtp_stream_receive_event(struct rtp_stream *s, const struct rtp_event *ev)
{
	MAGIC_CHECK(s, RTP_STREAM_MAGIC);
	if (!s->freed && s->h)
		s->h(s, ev, s->arg);
}

struct media_port *rtp_stream_port(struct rtp_stream *s)
{
	MAGIC_CHECK(s, RTP_STREAM_MAGIC);
	return s->port;
}

void rtp_stream_local(const struct rtp_stream *s, struct sockaddr_storage *rtp)
{
	MAGIC_CHECK(s, RTP_STREAM_MAGIC);
	*rtp = s->local;
}

static bool payloads_ok(const struct rtp_payload *p, unsigned count)
{
	if (count > RTP_PAYLOADS_MAX)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (p[i].type > 127 || p[i].encoding >= RTP_ENCODINGS)
			return false;
	return true;
}

/* AF_UNSPEC is allowed: not known, or the default. */
static bool remote_ok(const struct rtp_group *g, const struct sockaddr_storage *a)
{
	return a->ss_family == AF_UNSPEC || (a->ss_family == g->config.local.ss_family && address_port(a) != 0);
}

int rtp_stream_set(struct rtp_stream *s, const struct rtp_format *f)
{
	struct rtp_mailbox *box;

	MAGIC_CHECK(s, RTP_STREAM_MAGIC);
	assert(!s->freed);
	if (!payloads_ok(f->send, f->send_count) || !payloads_ok(f->recv, f->recv_count) || f->send_count == 0 ||
	    !rtp_codec_is_speech(f->send[0].encoding) || f->ptime_ms < RTP_PTIME_MIN_MS || f->ptime_ms > RTP_PTIME_MAX_MS ||
	    f->ptime_ms % 10 || (f->direction & ~(RTP_SEND | RTP_RECV)) || !remote_ok(s->group, &f->remote) ||
	    !remote_ok(s->group, &f->remote_rtcp))
		return -EINVAL;
	box = &s->mailbox;
	box->format[box->back] = *f;
	box->back = atomic_exchange_explicit(&box->middle, box->back | RTP_MAIL, memory_order_acq_rel) & ~RTP_MAIL;
	atomic_store_explicit(&s->ptime_ms, f->ptime_ms, memory_order_relaxed);
	return 0;
}

int rtp_stream_send_digit(struct rtp_stream *s, char digit, unsigned ms)
{
	const struct rtp_digit d = { .digit = digit, .ms = ms == 0 ? DIGIT_MS : ms < DIGIT_MS_MAX ? ms : DIGIT_MS_MAX };

	MAGIC_CHECK(s, RTP_STREAM_MAGIC);
	if (event_of_digit(digit) < 0)
		return -EINVAL;
	return ring_push(s->digits, &d) ? 0 : -ENOSPC;
}

/* ---- figures ---- */

static uint64_t value(const struct rtp_stream *s, enum rtp_value v)
{
	return atomic_load_explicit(&s->value[v], memory_order_relaxed);
}

/* From mouth to ear: half the way there and back, what waits in the buffer, a packet being filled, and our tick. */
static unsigned stats_mos(const struct rtp_stream *s, const struct rtp_stats *st)
{
	/* What came too late is in both: it was lost when it was due, and was taken in when it came. */
	uint64_t lost = st->lost + st->late, expected = value(s, RV_TAKEN) + st->lost;
	struct emodel m;

	if (value(s, RV_TAKEN) == 0)
		return 0;
	emodel_init(&m);
	m.delay_ms = (st->round_trip_us > 0 ? st->round_trip_us / 2000.0 : 0) + st->delay_ms +
		     atomic_load_explicit(&s->ptime_ms, memory_order_relaxed) + 10;
	m.loss_percent = 100.0 * (double)lost / (double)expected;
	m.burst_ratio = emodel_burst_ratio(lost, value(s, RV_LOST_RUNS), expected);
	return emodel_mos_x100(emodel_r(&m));
}

void rtp_stream_stats(const struct rtp_stream *s, struct rtp_stats *out)
{
	MAGIC_CHECK(s, RTP_STREAM_MAGIC);
	*out = (struct rtp_stats){
		.sent = value(s, RV_SENT),
		.received = value(s, RV_RECEIVED),
		.octets_sent = value(s, RV_OCTETS_SENT),
		.octets_received = value(s, RV_OCTETS_RECEIVED),
		.lost = value(s, RV_LOST),
		.late = value(s, RV_LATE),
		.discarded = value(s, RV_DISCARDED),
		.duplicates = value(s, RV_DUPLICATES),
		.reordered = value(s, RV_REORDERED),
		.concealed_ms = value(s, RV_CONCEALED_MS),
		.malformed = value(s, RV_MALFORMED),
		.foreign = value(s, RV_FOREIGN),
		.ssrc_changes = (unsigned)value(s, RV_SSRC_CHANGES),
		.jitter_us = (unsigned)value(s, RV_JITTER_US),
		.delay_ms = (unsigned)value(s, RV_DELAY_MS),
		.delay_max_ms = (unsigned)value(s, RV_DELAY_MAX_MS),
		.round_trip_us = (int)value(s, RV_ROUND_TRIP) - 1,
		.remote_lost_permille = (unsigned)value(s, RV_REMOTE_LOST_PERMILLE),
		.remote_jitter_us = (unsigned)value(s, RV_REMOTE_JITTER_US),
	};
	out->mos_x100 = stats_mos(s, out);
}

/* ---- media thread ---- */

void rtp_stream_apply(struct rtp_stream *s, int64_t now_us)
{
	struct rtp_mailbox *box = &s->mailbox;
	struct rtp_format old;

	if (!(atomic_load_explicit(&box->middle, memory_order_relaxed) & RTP_MAIL))
		return;
	if (s->format)
		old = *s->format;
	else
		memset(&old, 0, sizeof(old));
	box->front = atomic_exchange_explicit(&box->middle, box->front, memory_order_acq_rel) & ~RTP_MAIL;
	s->format = &box->format[box->front];
	rtp_receiver_apply(s, &old, now_us);
	rtp_sender_apply(s);
}

/* What the group's counters have not heard of yet. */
static void publish_more(struct rtp_group *g, enum rtp_counter c, uint64_t *told, uint64_t now)
{
	if (now > *told)
		rtp_count(g, c, now - *told);
	*told = now;
}

void rtp_stream_publish(struct rtp_stream *s)
{
	const struct jitter_buffer *j = &s->rx.playout.jitter;
	const struct jitter_buffer_stats *js = &j->stats;
	struct rtp_receiver *r = &s->rx;
	unsigned delay_ms = jitter_buffer_delay(j) / 8;

	if (delay_ms > r->delay_max_ms)
		r->delay_max_ms = delay_ms;
	rtp_value_set(s, RV_LOST, js->lost > js->late ? js->lost - js->late : 0);
	rtp_value_set(s, RV_LOST_RUNS, js->lost_runs);
	rtp_value_set(s, RV_LATE, js->late);
	rtp_value_set(s, RV_DISCARDED, js->strange + js->oversize);
	rtp_value_set(s, RV_DUPLICATES, js->duplicates);
	rtp_value_set(s, RV_REORDERED, js->reordered);
	rtp_value_set(s, RV_TAKEN, js->packets);
	rtp_value_set(s, RV_CONCEALED_MS, js->concealed / 8);
	rtp_value_set(s, RV_JITTER_US, rtp_source_jitter(&r->source) * 125ull);
	rtp_value_set(s, RV_DELAY_MS, delay_ms);
	rtp_value_set(s, RV_DELAY_MAX_MS, r->delay_max_ms);
	rtp_value_set(s, RV_ROUND_TRIP, (uint64_t)(s->rtcp.round_trip_us + 1));
	rtp_value_set(s, RV_REMOTE_LOST_PERMILLE, s->rtcp.remote_fraction * 1000u / 256);
	rtp_value_set(s, RV_REMOTE_JITTER_US, s->rtcp.remote_jitter * 125ull);
	publish_more(s->group, RC_LOST, &r->told_lost, js->lost);
	publish_more(s->group, RC_LATE, &r->told_late, js->late);
	publish_more(s->group, RC_CONCEALED_MS, &r->told_concealed, js->concealed / 8);
	publish_more(s->group, RC_EVENTS_IGNORED, &r->told_ignored, r->events.ignored + r->events.malformed);
	publish_more(s->group, RC_EVENTS_DROPPED, &r->told_dropped, r->events.dropped);
}
