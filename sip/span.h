/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip/span.h - pieces of a text that came over the wire, without a copy and without a zero behind them. Pure. */
#ifndef SIP_SPAN_H
#define SIP_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *at;
	size_t      len;
};

bool span_is(struct span s, const char *word);
bool span_is_loosely(struct span s, const char *word); /* whatever the case */
void span_skip_space(struct span *s);
/* The next word of s, up to a space or stop; s is what is behind both. */
struct span span_word(struct span *s, char stop);
/* Digits from the beginning of s on, at most most; -1: none, or more than that. What is behind them stays in s. */
long span_number(struct span *s, long most);
bool span_is_token(struct span s); /* RFC 8866 9: token-char */
bool span_copy(struct span s, char *out, size_t size); /* false: does not fit, out is as it was */

#endif
