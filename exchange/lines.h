/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange/lines.h - bytes from outside into lines. A line longer than a command may be is handed over cut, one character too
 * long, so that it is refused as a whole. */
#ifndef EXCHANGE_LINES_H
#define EXCHANGE_LINES_H

#include <stddef.h>

#include "exchange/exchange.h"

struct xlines {
	char     buf[EXCHANGE_LINE_MAX + 2];
	unsigned len;
};

/* line: for each complete line, without its end. Stops early, and returns it, when line returns non-zero. A NUL byte counts as an
 * unreadable character. */
int xlines_feed(struct xlines *l, const char *data, size_t n, int (*line)(const char *text, void *arg), void *arg);
/* What stands there without an end of line at the end of the input. */
int xlines_end(struct xlines *l, int (*line)(const char *text, void *arg), void *arg);

#endif
