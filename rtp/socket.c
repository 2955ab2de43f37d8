/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/address.h"
#include "core/clock.h"
#include "core/log.h"
#include "rtp/internal.h"

#define LOG_MODULE "rtp"

#define OTHER_DESCRIPTORS 1024 /* of spans, the database, control connections, signalling, files */

void rtp_socket_limit(const struct rtp_group *g)
{
	rlim_t want = 2 * (rlim_t)g->pairs + OTHER_DESCRIPTORS;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= want)
		return;
	l.rlim_cur = l.rlim_max < want ? l.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur < want)
		log_warn("rtp %s: %u streams need %u open files, and %u are allowed (LimitNOFILE of the service, ulimit -n)",
		         g->config.name, g->pairs, (unsigned)want, (unsigned)l.rlim_cur);
}

static int socket_open(const struct rtp_group *g, uint16_t port)
{
	struct sockaddr_storage local = g->config.local;
	const int tos = g->config.dscp << 2, one = 1, buffer = RTP_SOCKET_BUFFER;
	bool six = local.ss_family == AF_INET6;
	int fd = socket(local.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	/* As good as the system lets it be. RECVERR: an unconnected socket is told of ICMP only when it asks. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	(void)setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TCLASS : IP_TOS, &tos, sizeof(tos));
	(void)setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &one, sizeof(one));
	if (!clock_is_virtual()) /* the network's time is the real one */
		(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	address_set_port(&local, port);
	if (bind(fd, (struct sockaddr *)&local, address_len(&local)) < 0) {
		err = -errno;
		(void)close(fd);
		return err;
	}
	return fd;
}

int rtp_socket_pair(struct rtp_group *g, uint16_t port, int fd[2])
{
	int a = socket_open(g, port), b;

	if (a < 0)
		return a;
	b = socket_open(g, (uint16_t)(port + 1));
	if (b < 0) {
		(void)close(a);
		return b;
	}
	fd[0] = a;
	fd[1] = b;
	return 0;
}

unsigned rtp_socket_errors(int fd)
{
	uint8_t data[16], control[512];
	unsigned n;

	for (n = 0; n < RTP_BATCH; n++) {
		struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
		};

		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
	}
	return n;
}

/* An error that came for an earlier packet is told of at the next call, which then has sent nothing: so once more. */
bool rtp_socket_send(struct rtp_group *g, int fd, const void *data, size_t len, const struct sockaddr_storage *to)
{
	for (int i = 0; i < 2; i++) {
		if (sendto(fd, data, len, MSG_DONTWAIT, (const struct sockaddr *)to, address_len(to)) >= 0)
			return true;
		if (errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != ENETUNREACH && errno != EINTR)
			break;
	}
	rtp_count(g, RC_SEND_ERRORS, 1);
	return false;
}
