/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange/args.h - a command line in words: positional words first, then flags (loop) and options (level=-10) in any order.
 * Words are separated by blanks; "double quotes" hold blanks together; # at the start of a line makes a comment of it.
 */
#ifndef EXCHANGE_ARGS_H
#define EXCHANGE_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#define XARGS_WORDS 40
#define XARGS_LINE  1000

struct xargs {
	char     line[XARGS_LINE + 1];
	char    *word[XARGS_WORDS];
	bool     used[XARGS_WORDS];
	unsigned count;
};

/* -E2BIG too long or too many words, -EINVAL quote not closed or a control character */
int         xargs_split(struct xargs *a, const char *line);
const char *xargs_next(struct xargs *a);                    /* the first word not used yet, now used; NULL: none */
const char *xargs_peek(const struct xargs *a);              /* the same without using it */
bool        xargs_flag(struct xargs *a, const char *name);
const char *xargs_option(struct xargs *a, const char *key); /* the text after key=, NULL: not given */
/* Leaves *value alone when the option is not given. -EINVAL no number, -ERANGE. */
int         xargs_int(struct xargs *a, const char *key, long min, long max, long *value);
const char *xargs_unused(const struct xargs *a);            /* a word nobody wanted, NULL: none */

int xargs_parse_int(const char *s, long min, long max, long *value);

#endif
