/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The span as CESoPSN packets over UDP (RFC 5086). Sockets are read in the tick and written between ticks, each packet at its own
 * time. */
#include "e1/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/log.h"
#include "e1/packets.h"

#define LOG_MODULE "e1"

#define BATCH        32
#define RECEIVE_MAX  1024            /* packets a tick: somebody's flood does not keep the thread */
#define RECEIVE_SIZE (CESOPSN_MAX + 4) /* longer ones show by their length */

struct pseudowire {
	struct e1_packets *packets;
	int       fd;
	struct sockaddr_storage local, peer;
	socklen_t peer_len;
	/* media thread */
	unsigned  out_count;
	uint8_t   out[BATCH][CESOPSN_MAX + 16];
	uint8_t   in[BATCH][RECEIVE_SIZE];
	struct sockaddr_storage from[BATCH];
	struct mmsghdr out_msg[BATCH], in_msg[BATCH];
	struct iovec out_iov[BATCH], in_iov[BATCH];
};

static void pseudowire_vectors(struct pseudowire *t)
{
	for (unsigned i = 0; i < BATCH; i++) {
		t->out_iov[i].iov_base = t->out[i];
		t->out_msg[i].msg_hdr = (struct msghdr){
			.msg_name = &t->peer, .msg_namelen = t->peer_len, .msg_iov = &t->out_iov[i], .msg_iovlen = 1
		};
		t->in_iov[i] = (struct iovec){ .iov_base = t->in[i], .iov_len = RECEIVE_SIZE };
		t->in_msg[i].msg_hdr = (struct msghdr){ .msg_name = &t->from[i], .msg_iov = &t->in_iov[i], .msg_iovlen = 1 };
	}
}

static int pseudowire_socket(struct pseudowire *t, const char *name)
{
	const int tos = IPTOS_CLASS_CS5 | 0x18 /* EF, 46 << 2: RFC 5086 11 asks for a class of its own */, buffer = 1 << 20;
	char local[ADDRESS_SIZE];
	socklen_t len = sizeof(t->local);

	t->fd = socket(t->local.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0)
		return -errno;
	/* As good as the system lets it be. */
	(void)setsockopt(t->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (t->local.ss_family == AF_INET)
		(void)setsockopt(t->fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	else
		(void)setsockopt(t->fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	if (bind(t->fd, (struct sockaddr *)&t->local, address_len(&t->local)) < 0) {
		int err = -errno;

		address_format(&t->local, local, sizeof(local));
		log_error("%s: cannot use UDP %s: %s", name, local, strerror(-err));
		return err;
	}
	if (getsockname(t->fd, (struct sockaddr *)&t->local, &len) < 0)
		return -errno;
	return 0;
}

static void pseudowire_close(struct e1_line *l)
{
	struct pseudowire *t = l->transport;

	if (t->fd >= 0)
		(void)close(t->fd);
	e1_packets_free(t->packets);
	free(t);
	l->transport = NULL;
}

static int pseudowire_open(struct e1_line *l, const struct e1_span_config *c)
{
	struct pseudowire *t;
	int err;

	if (address_len(&c->local) == 0 || c->local.ss_family != c->peer.ss_family) {
		log_error("%s: the pseudowire needs a local and a peer address of one family", c->name);
		return -EINVAL;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	t->fd = -1;
	t->local = c->local;
	t->peer = c->peer;
	t->peer_len = address_len(&c->peer);
	l->transport = t;
	pseudowire_vectors(t);
	err = e1_packets_alloc(&t->packets, l, c);
	if (!err)
		err = pseudowire_socket(t, c->name);
	if (err)
		pseudowire_close(l);
	return err;
}

static void pseudowire_describe(const struct e1_line *l, char *buf, size_t size)
{
	const struct pseudowire *t = l->transport;
	char local[ADDRESS_SIZE], peer[ADDRESS_SIZE];

	address_format(&t->local, local, sizeof(local));
	address_format(&t->peer, peer, sizeof(peer));
	(void)snprintf(buf, size, "pseudowire %s -> %s, %u frames", local, peer, t->packets->k);
}

static void pseudowire_receive(struct e1_line *l, int64_t now_us)
{
	struct pseudowire *t = l->transport;
	unsigned total = 0;
	int n;

	do {
		for (unsigned i = 0; i < BATCH; i++)
			t->in_msg[i].msg_hdr.msg_namelen = sizeof(t->from[i]);
		n = recvmmsg(t->fd, t->in_msg, BATCH, MSG_DONTWAIT, NULL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			e1_line_count(l, E1C_RX_ERRORS, 1);
		for (int i = 0; i < n; i++) {
			if (!address_same(&t->from[i], &t->peer))
				e1_line_count(l, E1C_RX_STRANGERS, 1);
			else
				e1_packets_receive(t->packets, t->in[i], t->in_msg[i].msg_len, now_us);
		}
		total += n > 0 ? (unsigned)n : 0;
	} while (n == BATCH && total < RECEIVE_MAX);
}

static unsigned pseudowire_read(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t now_us)
{
	struct pseudowire *t = l->transport;

	pseudowire_receive(l, now_us);
	return e1_packets_read(t->packets, frames, now_us);
}

static void pseudowire_write(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t tick_us)
{
	struct pseudowire *t = l->transport;

	e1_packets_write(t->packets, frames, tick_us);
}

static void pseudowire_flush(struct e1_line *l)
{
	struct pseudowire *t = l->transport;
	unsigned at = 0;

	while (at < t->out_count) {
		int n = sendmmsg(t->fd, t->out_msg + at, t->out_count - at, MSG_DONTWAIT);

		if (n <= 0) {
			/* A refused port (nobody listens there yet) or a full queue costs this packet, not those after it. */
			e1_line_count(l, E1C_TX_ERRORS, 1);
			n = 1;
		}
		at += (unsigned)n;
	}
	t->out_count = 0;
}

static void pseudowire_out(struct e1_line *l, const uint8_t *packet, unsigned len)
{
	struct pseudowire *t = l->transport;

	memcpy(t->out[t->out_count], packet, len);
	t->out_iov[t->out_count++].iov_len = len;
	if (t->out_count == BATCH)
		pseudowire_flush(l);
}

static int64_t pseudowire_pump(struct e1_line *l, int64_t now_us)
{
	struct pseudowire *t = l->transport;
	int64_t next_us = e1_packets_send(t->packets, now_us, true, pseudowire_out);

	pseudowire_flush(l);
	return next_us;
}

const struct e1_transport_ops e1_pseudowire_ops = {
	.name = "pseudowire",
	.open = pseudowire_open,
	.close = pseudowire_close,
	.describe = pseudowire_describe,
	.read = pseudowire_read,
	.write = pseudowire_write,
	.pump = pseudowire_pump,
};
