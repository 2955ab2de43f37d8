/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/http.h - HTTP by libmicrohttpd: connections, bodies, limits of time and size, TLS, headers of every answer. What is
 * asked goes to office/dispatch.h (the API) or office/files.h (the pages).
 *
 * Its own thread pool answers; a stream of events takes no thread while nothing happens. A slow client costs a connection, never
 * a thread.
 */
#ifndef OFFICE_HTTP_H
#define OFFICE_HTTP_H

#include "office/office.h"

struct http;

/* -EADDRINUSE and the like; -EBADMSG: the certificate or its key, logged. */
int  http_alloc(struct http **hp, struct office *o);
void http_quiet(struct http *h); /* no new connection any more */
void http_free(struct http *h);  /* after live_stop() */

#endif
