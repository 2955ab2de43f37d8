/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/address.h - IP addresses with ports, of either family, in a struct sockaddr_storage. Pure; any thread. */
#ifndef CORE_ADDRESS_H
#define CORE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDRESS_SIZE 64 /* of its text: "[2001:db8::1]:5060" */

socklen_t address_len(const struct sockaddr_storage *a); /* 0: neither IPv4 nor IPv6 */
uint16_t  address_port(const struct sockaddr_storage *a); /* 0: none */
void      address_set_port(struct sockaddr_storage *a, uint16_t port);
bool      address_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
bool      address_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b); /* host and port */
void      address_format(const struct sockaddr_storage *a, char *buf, size_t size);

#endif
