/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/span.h"

#include <string.h>
#include <strings.h>

bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

bool span_is_loosely(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

void span_skip_space(struct span *s)
{
	while (s->len && (*s->at == ' ' || *s->at == '\t')) {
		s->at++;
		s->len--;
	}
}

/* The next word of s, up to a space or stop; s is what is behind both. */
struct span span_word(struct span *s, char stop)
{
	struct span w;
	size_t n = 0;

	span_skip_space(s);
	while (n < s->len && s->at[n] != ' ' && s->at[n] != '\t' && s->at[n] != stop)
		n++;
	w = (struct span){ s->at, n };
	if (n < s->len)
		n++;
	s->at += n;
	s->len -= n;
	return w;
}

/* Digits from the beginning of s on, at most most; -1: none, or more than that. What is behind them stays in s. */
long span_number(struct span *s, long most)
{
	long n = 0;
	size_t i = 0;

	for (; i < s->len && s->at[i] >= '0' && s->at[i] <= '9'; i++) {
		n = n * 10 + s->at[i] - '0';
		if (n > most)
			return -1;
	}
	if (i == 0)
		return -1;
	s->at += i;
	s->len -= i;
	return n;
}

/* RFC 8866 9: token-char. */
bool span_is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= 0x20 || s.at[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]", s.at[i]))
			return false;
	return s.len > 0;
}

bool span_copy(struct span s, char *out, size_t size)
{
	if (s.len >= size)
		return false;
	memcpy(out, s.at, s.len);
	out[s.len] = '\0';
	return true;
}
