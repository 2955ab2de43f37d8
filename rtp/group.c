/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/random.h"
#include "rtp/internal.h"

#define LOG_MODULE "rtp"

static const struct counter_desc counter_desc[RC_COUNT] = {
	[RC_RECEIVED] = { "rx_packets", "RTP packets taken" },
	[RC_SENT] = { "tx_packets", "RTP packets sent" },
	[RC_RTCP_RECEIVED] = { "rx_rtcp", "RTCP packets taken" },
	[RC_RTCP_SENT] = { "tx_rtcp", "RTCP packets sent" },
	[RC_MALFORMED] = { "rx_malformed", "packets from the right address that are no RTP" },
	[RC_FOREIGN] = { "rx_foreign", "packets from another address or source than the call's" },
	[RC_EARLY] = { "rx_early", "packets before anything was agreed on" },
	[RC_UNWANTED] = { "rx_unwanted", "packets in a direction that is on hold" },
	[RC_UNKNOWN_TYPE] = { "rx_unknown_type", "packets of a payload type that was not agreed on" },
	[RC_RTCP_MALFORMED] = { "rx_rtcp_malformed", "packets from the right address that are no RTCP" },
	[RC_REFUSED] = { "icmp_errors", "packets of ours that somebody refused (ICMP)" },
	[RC_RECEIVE_ERRORS] = { "rx_errors", "other errors of reading" },
	[RC_SEND_ERRORS] = { "tx_errors", "packets that could not be sent" },
	[RC_FLOODED] = { "rx_flooded", "ticks in which a stream had more packets than are read at once" },
	[RC_LOST] = { "lost_packets", "packets that were not there when due" },
	[RC_LATE] = { "late_packets", "packets that came too late to be played" },
	[RC_CONCEALED_MS] = { "concealed_ms", "milliseconds of sound made up" },
	[RC_SSRC_CHANGES] = { "ssrc_changes", "sources that changed in a call" },
	[RC_LATCHED] = { "latched", "streams that go where packets came from (setting latch)" },
	[RC_EVENTS] = { "rx_events", "telephone-event packets" },
	[RC_EVENTS_IGNORED] = { "rx_events_ignored", "telephone-event packets that are no digits" },
	[RC_EVENTS_DROPPED] = { "rx_events_dropped", "digits of a burst of more than 16" },
	[RC_STREAMS_LOST] = { "streams_lost", "streams of which nothing was heard for the timeout" },
	[RC_BIND_FAILED] = { "bind_failed", "ports that another program has" },
	[RC_NO_PORT] = { "no_port", "streams for which there was no free port" },
};

void rtp_group_config_default(struct rtp_group_config *c)
{
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->name, sizeof(c->name), "sip");
	c->port_min = 20000;
	c->port_max = 29999;
	c->dscp = 46;
	c->jitter_min_ms = 20;
	c->jitter_max_ms = 200;
	c->timeout_ms = 30000;
}

/* ---- media thread ---- */

uint32_t rtp_group_chance(struct rtp_group *g)
{
	g->chance ^= g->chance << 13; /* xorshift32 */
	g->chance ^= g->chance >> 17;
	return g->chance ^= g->chance << 5;
}

bool rtp_group_note(struct rtp_group *g, const struct rtp_message *msg)
{
	if (!ring_push(g->to_control, msg))
		return false;
	g->wake_needed = true;
	return true;
}

static void group_messages(struct rtp_group *g, int64_t now_us)
{
	struct rtp_message msg;

	while (ring_pop(g->to_media, &msg)) {
		struct rtp_stream *s = msg.stream;

		if (msg.type == RTP_MSG_ADD) {
			list_append(&g->active, &s->link);
			continue;
		}
		/* The last that the epoll set says of it was said in the tick before. */
		(void)epoll_ctl(g->epoll_fd, EPOLL_CTL_DEL, s->rtp_fd, NULL);
		(void)epoll_ctl(g->epoll_fd, EPOLL_CTL_DEL, s->rtcp_fd, NULL);
		rtp_send_bye(s, now_us);
		s->leaving = true;
	}
}

/* Once noted it is control's, and may be gone. */
static void group_return(struct rtp_group *g, struct rtp_stream *s)
{
	list_remove(&s->link);
	if (!rtp_group_note(g, &(struct rtp_message){ .type = RTP_MSG_RETURN, .stream = s }))
		list_append(&g->active, &s->link);
}

static void group_read(struct media_trunk *t, int64_t tick_us)
{
	struct rtp_group *g = container_of(t, struct rtp_group, trunk);
	struct list *pos, *next;

	group_messages(g, clock_mono_us());
	list_for_each(pos, next, &g->active) {
		struct rtp_stream *s = list_entry(pos, struct rtp_stream, link);

		if (s->leaving)
			group_return(g, s);
		else
			rtp_stream_apply(s, tick_us);
	}
	rtp_receive(g, tick_us);
	list_for_each(pos, next, &g->active) {
		struct rtp_stream *s = list_entry(pos, struct rtp_stream, link);

		if (!s->leaving)
			rtp_receive_frame(s, tick_us);
	}
	g->ticks++;
	if (g->wake_needed)
		g->wake_needed = !wake_knock(&g->wake); /* next tick */
}

static void group_write(struct media_trunk *t, int64_t tick_us)
{
	struct rtp_group *g = container_of(t, struct rtp_group, trunk);
	struct list *pos, *next;

	list_for_each(pos, next, &g->active) {
		struct rtp_stream *s = list_entry(pos, struct rtp_stream, link);

		if (!s->leaving)
			rtp_send_frame(s, tick_us);
	}
}

static const struct media_trunk_ops group_ops = { .read = group_read, .write = group_write };

/* ---- control ---- */

void rtp_group_tell(struct rtp_group *g, const struct rtp_message *msg)
{
	bool pushed = ring_push(g->to_media, msg);

	assert(pushed); /* an ADD and a REMOVE for each pair of ports */
	(void)pushed;
}

static void group_drain(struct rtp_group *g)
{
	struct rtp_message msg;

	while (ring_pop(g->to_control, &msg)) {
		if (msg.type == RTP_MSG_RETURN)
			rtp_stream_destroy(msg.stream);
		else
			rtp_stream_receive_event(msg.stream, &msg.event);
	}
}

static void group_on_wake(struct wake *w)
{
	group_drain(container_of(w, struct rtp_group, wake));
}

/* Takes half-built ones. The media thread has let go, or never had it. */
static void group_destroy(struct rtp_group *g)
{
	struct list *pos, *next;

	list_for_each(pos, next, &g->all) {
		struct rtp_stream *s = list_entry(pos, struct rtp_stream, all_link);

		if (!s->leaving)
			rtp_send_bye(s, clock_mono_us());
		rtp_stream_destroy(s);
	}
	wake_close(&g->wake);
	if (g->epoll_fd >= 0)
		(void)close(g->epoll_fd);
	ring_free(g->to_media);
	ring_free(g->to_control);
	free(g->ready);
	free(g->pair);
	g->magic = MAGIC_DEAD;
	free(g);
}

static void group_removed(struct loop_task *t)
{
	group_destroy(container_of(container_of(t, struct media_trunk, removed), struct rtp_group, trunk));
}

static int group_check(const struct rtp_group_config *c)
{
	if (address_len(&c->local) == 0)
		log_error("rtp %s: a local address is missing", c->name);
	else if (c->port_min == 0 || c->port_min % 2 || c->port_max <= c->port_min)
		log_error("rtp %s: ports %u to %u: the first must be even (RFC 3550 11), the last above it", c->name, c->port_min,
		          c->port_max);
	else if (c->dscp > 63)
		log_error("rtp %s: a DSCP is 0 to 63, not %u", c->name, c->dscp);
	else if (c->jitter_min_ms < 20 || c->jitter_max_ms > 200 || c->jitter_min_ms > c->jitter_max_ms)
		log_error("rtp %s: the jitter buffer holds 20 to 200 ms, not %u to %u", c->name, c->jitter_min_ms,
		          c->jitter_max_ms);
	else if (c->timeout_ms < 1000)
		log_error("rtp %s: a timeout of %u ms is less than a second", c->name, c->timeout_ms);
	else
		return 0;
	return -EINVAL;
}

static void group_vectors(struct rtp_group *g)
{
	for (unsigned i = 0; i < RTP_BATCH; i++) {
		g->in_iov[i] = (struct iovec){ .iov_base = g->in[i], .iov_len = RTP_RECEIVE_SIZE };
		g->in_msg[i].msg_hdr = (struct msghdr){
			.msg_name = &g->from[i],
			.msg_namelen = sizeof(g->from[i]),
			.msg_iov = &g->in_iov[i],
			.msg_iovlen = 1,
			.msg_control = g->control[i],
			.msg_controllen = sizeof(g->control[i]),
		};
	}
}

static void group_counters(struct rtp_group *g, struct counter_registry *counters)
{
	g->registry = counters;
	if (!counters)
		return;
	(void)snprintf(g->counter_group.name, sizeof(g->counter_group.name), "rtp.%s", g->config.name);
	g->counter_group.desc = counter_desc;
	g->counter_group.values = g->counters;
	g->counter_group.count = RC_COUNT;
	counter_register(counters, &g->counter_group);
}

int rtp_group_alloc(struct rtp_group **gp, struct loop *l, struct media *m, struct counter_registry *counters,
                    const struct rtp_group_config *c)
{
	struct rtp_group *g;
	int err = group_check(c);

	if (err)
		return err;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->magic = RTP_GROUP_MAGIC;
	g->media = m;
	g->config = *c;
	g->trunk.ops = &group_ops;
	g->trunk.removed.run = group_removed;
	g->pairs = (c->port_max - c->port_min + 1u) / 2;
	if (g->pairs > RTP_PAIRS_MAX)
		g->pairs = RTP_PAIRS_MAX;
	g->next_pair = random_below(g->pairs);
	g->chance = (uint32_t)random_u64() | 1;
	g->utc_offset_us = clock_utc_us() - clock_mono_us();
	list_init(&g->all);
	list_init(&g->active);
	group_vectors(g);
	rtp_socket_limit(g);
	g->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = g->epoll_fd < 0 ? -errno : 0;
	g->pair = calloc(g->pairs, sizeof(*g->pair));
	g->ready = calloc(2 * (size_t)g->pairs, sizeof(*g->ready));
	if (!err && (!g->pair || !g->ready))
		err = -ENOMEM;
	if (!err)
		err = ring_alloc(&g->to_media, 2 * g->pairs, sizeof(struct rtp_message));
	if (!err)
		err = ring_alloc(&g->to_control, 2 * g->pairs, sizeof(struct rtp_message));
	if (!err)
		err = wake_open(&g->wake, l, group_on_wake);
	if (err) {
		group_destroy(g);
		return err;
	}
	group_counters(g, counters);
	media_trunk_add(m, &g->trunk);
	*gp = g;
	return 0;
}

void rtp_group_free(struct rtp_group *g)
{
	struct list *pos, *next;

	if (!g)
		return;
	MAGIC_CHECK(g, RTP_GROUP_MAGIC);
	assert(g->live == 0 && !g->freed);
	g->freed = true;
	if (g->registry)
		counter_unregister(g->registry, &g->counter_group);
	media_trunk_remove(g->media, &g->trunk);
	list_for_each(pos, next, &g->all) { /* in this order the media thread is told too: it lets go of the slots first */
		struct rtp_stream *s = list_entry(pos, struct rtp_stream, all_link);

		media_port_free(s->port);
		s->port = NULL;
	}
}

unsigned rtp_group_free_ports(const struct rtp_group *g)
{
	int64_t now_us = clock_mono_us();
	unsigned n = 0;

	MAGIC_CHECK(g, RTP_GROUP_MAGIC);
	for (unsigned i = 0; i < g->pairs; i++)
		n += !g->pair[i].used && g->pair[i].rest_until_us <= now_us;
	return n;
}
