/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange/session.h - one giver of commands: a script, a person at the console, a client of the socket. Its lines are done in
 * order; besides the commands it knows those that take time:
 *
 *   wait EVENT [key=value...] [timeout=MS] [as=NAME]    until an event comes, or has come and no earlier wait took it (as: the
 *   event's call gets a name)
 *   sleep MS      echo TEXT...      events on|off      exit [STATUS]
 *
 * Control thread; sinks are called from the loop's queue.
 */
#ifndef EXCHANGE_SESSION_H
#define EXCHANGE_SESSION_H

#include <stdbool.h>

#include "exchange/exchange.h"

struct xsession;

#define XSESSION_LINES_MAX  20000 /* waiting to be done */
#define XSESSION_EVENTS_MAX 4000  /* remembered for a later wait; the oldest are forgotten */

struct xsession_sink {
	/* One line and the same as an object. */
	void (*reply)(const char *line, const struct json_t *o, void *arg);
	void (*event)(const char *line, const struct json_t *o, void *arg);
	/* exit, the end after xsession_eof(), or the first error of a strict session; may free it. */
	void (*end)(int status, void *arg);
	void *arg;
};

/* strict: ends with status 1 at the first command that fails (a line that begins with - may). */
int  xsession_alloc(struct xsession **sp, struct exchange *x, const struct xsession_sink *sink, bool strict);
void xsession_free(struct xsession *s);
int  xsession_line(struct xsession *s, const char *line); /* -ENOBUFS, -ENOMEM */
int  xsession_file(struct xsession *s, const char *path); /* its lines; -errno */
void xsession_eof(struct xsession *s);                    /* no more lines: end when all are done */

#endif
