/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange/server.h - the unix socket: each client gives commands, line by line, and gets the replies to them and every event
 * (`events off` stops those). A client that does not read is cut off when XSERVER_OUT_MAX bytes wait for it.
 */
#ifndef EXCHANGE_SERVER_H
#define EXCHANGE_SERVER_H

#include "exchange/exchange.h"

struct xserver;

#define XSERVER_CLIENTS_MAX 64
#define XSERVER_OUT_MAX     (4u << 20)

/* A socket that is there and answers belongs to somebody: -EADDRINUSE; one that does not is replaced. Mode 0600. */
int  xserver_alloc(struct xserver **sp, struct exchange *x, const char *path);
void xserver_free(struct xserver *s);

#endif
