/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange/command.h - a command: its words, its help, and what it does. The tables are in cmd_call.c, cmd_sound.c and
 * cmd_exchange.c. */
#ifndef EXCHANGE_COMMAND_H
#define EXCHANGE_COMMAND_H

#include <jansson.h>

#include "exchange/args.h"
#include "exchange/internal.h"

struct xcommand {
	const char *name, *syntax, *help; /* a table ends with name NULL */
	/* Takes its words, then xcommand_end(), then acts. Puts results into reply; on an error its text by xcommand_fail(). */
	int (*run)(struct exchange *x, struct xargs *a, json_t *reply);
};

extern const struct xcommand xcommands_call[], xcommands_sound[], xcommands_exchange[], xcommands_session[];

int xcommand_fail(json_t *reply, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4))); /* returns err */
/* fails when a word is left over */
int xcommand_end(struct xargs *a, json_t *reply);
/* option key=, with an error text */
int xcommand_int(struct xargs *a, json_t *reply, const char *key, long min, long max, long *value);
/* the next word is a call */
int xcommand_call(struct exchange *x, struct xargs *a, json_t *reply, struct xcall **cp);
/* an errno of an action, in words */
int xcommand_done(json_t *reply, int err);

/* The whole of a line: the reply as an object with v, reply, ok. *err is what exchange_command returns. NULL: an empty line, a
 * comment. */
json_t *xcommand_run(struct exchange *x, const char *line, int *err);

#endif
