/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One word from *p on, written over the line itself (quotes make it only shorter). */
static int split_word(char **p, char **word)
{
	char *in = *p, *out = *p;
	bool quoted = false;

	*word = out;
	for (; *in && (quoted || (*in != ' ' && *in != '\t')); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*out++ = *in;
	}
	if (quoted)
		return -EINVAL;
	*p = *in ? in + 1 : in;
	*out = '\0';
	return 0;
}

int xargs_split(struct xargs *a, const char *line)
{
	size_t len = strcspn(line, "\r\n");
	char *p;
	int err;

	memset(a, 0, sizeof(*a));
	if (len > XARGS_LINE)
		return -E2BIG;
	memcpy(a->line, line, len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)a->line[i] < ' ' && a->line[i] != '\t')
			return -EINVAL;
	p = a->line + strspn(a->line, " \t");
	if (*p == '#')
		return 0;
	while (*p) {
		if (a->count == XARGS_WORDS)
			return -E2BIG;
		err = split_word(&p, &a->word[a->count]);
		if (err)
			return err;
		a->count++;
		p += strspn(p, " \t");
	}
	return 0;
}

const char *xargs_peek(const struct xargs *a)
{
	for (unsigned i = 0; i < a->count; i++)
		if (!a->used[i])
			return a->word[i];
	return NULL;
}

const char *xargs_next(struct xargs *a)
{
	for (unsigned i = 0; i < a->count; i++)
		if (!a->used[i]) {
			a->used[i] = true;
			return a->word[i];
		}
	return NULL;
}

const char *xargs_unused(const struct xargs *a)
{
	return xargs_peek(a);
}

bool xargs_flag(struct xargs *a, const char *name)
{
	for (unsigned i = 0; i < a->count; i++)
		if (!a->used[i] && !strcmp(a->word[i], name))
			return a->used[i] = true;
	return false;
}

const char *xargs_option(struct xargs *a, const char *key)
{
	size_t len = strlen(key);

	for (unsigned i = 0; i < a->count; i++)
		if (!a->used[i] && !strncmp(a->word[i], key, len) && a->word[i][len] == '=') {
			a->used[i] = true;
			return a->word[i] + len + 1;
		}
	return NULL;
}

int xargs_parse_int(const char *s, long min, long max, long *value)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, strncmp(s, "0x", 2) ? 10 : 16); /* never octal: 017 is 17 */
	if (end == s || *end)
		return -EINVAL;
	if (errno || v < min || v > max)
		return -ERANGE;
	*value = v;
	return 0;
}

int xargs_int(struct xargs *a, const char *key, long min, long max, long *value)
{
	const char *s = xargs_option(a, key);

	return s ? xargs_parse_int(s, min, max, value) : 0;
}
