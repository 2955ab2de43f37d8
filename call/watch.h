/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call/watch.h - telephony rule 18: no conference over 4 h, none without speech for 10 min, each warned of beforehand (settings).
 *
 * Control thread. Embedded in the call; times are on the monotonic clock.
 */
#ifndef CALL_WATCH_H
#define CALL_WATCH_H

#include "core/loop.h"

enum call_limit { CALL_TOO_LONG, CALL_SILENT, CALL_LIMITS };

struct call_limits {
	int64_t limit_us[CALL_LIMITS]; /* 0: none */
	int64_t warn_us;               /* so long before; 0: not warned */
};

struct call_watch {
	const struct call_limits *limits; /* outlive the watch */
	int64_t (*heard)(void *arg);      /* when somebody was last heard; asked at least every 10 s */
	void (*warn)(void *arg, enum call_limit what, int seconds_left);
	void (*end)(void *arg, enum call_limit what); /* the watch is over before; may stop it again */
	void *arg;
	int64_t           began_us;
	bool              warned[CALL_LIMITS];
	struct loop_timer timer;
};

void call_watch_start(struct call_watch *w, struct loop *l); /* the members above `began_us` are set */
void call_watch_stop(struct call_watch *w);                  /* no-op when over */

#endif
