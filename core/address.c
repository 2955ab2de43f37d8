/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

socklen_t address_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;
}

uint16_t address_port(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *a4 = (const void *)a;
	const struct sockaddr_in6 *a6 = (const void *)a;

	return a->ss_family == AF_INET ? ntohs(a4->sin_port) : a->ss_family == AF_INET6 ? ntohs(a6->sin6_port) : 0;
}

void address_set_port(struct sockaddr_storage *a, uint16_t port)
{
	struct sockaddr_in *a4 = (void *)a;
	struct sockaddr_in6 *a6 = (void *)a;

	if (a->ss_family == AF_INET)
		a4->sin_port = htons(port);
	else if (a->ss_family == AF_INET6)
		a6->sin6_port = htons(port);
}

bool address_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

bool address_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return address_same_host(a, b) && address_port(a) == address_port(b);
}

void address_format(const struct sockaddr_storage *a, char *buf, size_t size)
{
	const struct sockaddr_in *a4 = (const void *)a;
	const struct sockaddr_in6 *a6 = (const void *)a;
	char host[INET6_ADDRSTRLEN] = "?";

	if (a->ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &a4->sin_addr, host, sizeof(host));
		(void)snprintf(buf, size, "%s:%u", host, ntohs(a4->sin_port));
	} else {
		(void)inet_ntop(AF_INET6, &a6->sin6_addr, host, sizeof(host));
		(void)snprintf(buf, size, "[%s]:%u", host, ntohs(a6->sin6_port));
	}
}
