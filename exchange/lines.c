/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/lines.h"

int xlines_end(struct xlines *l, int (*line)(const char *text, void *arg), void *arg)
{
	if (!l->len)
		return 0;
	l->buf[l->len] = '\0';
	l->len = 0;
	return line(l->buf, arg);
}

int xlines_feed(struct xlines *l, const char *data, size_t n, int (*line)(const char *text, void *arg), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			int err = xlines_end(l, line, arg);

			if (err)
				return err;
		} else if (l->len < EXCHANGE_LINE_MAX + 1) {
			l->buf[l->len++] = data[i] ? data[i] : '\x01';
		}
	}
	return 0;
}
