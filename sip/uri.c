/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/uri.h"

#include <errno.h>
#include <string.h>

#define USER_MAX 128 /* of a user part that is looked at: a number and its parameters */

/* Up to, not including, the first of these characters. */
static struct span up_to(struct span s, const char *stops)
{
	size_t n = 0;

	while (n < s.len && !strchr(stops, s.at[n]))
		n++;
	return (struct span){ s.at, n };
}

static struct span behind(struct span s, size_t n)
{
	return (struct span){ s.at + n, s.len - n };
}

static struct span trimmed(struct span s)
{
	while (s.len && strchr(" \t\r\n", *s.at))
		s = behind(s, 1);
	while (s.len && strchr(" \t\r\n", s.at[s.len - 1]))
		s.len--;
	return s;
}

/* Where stop is, outside of quotes and, if stop is not one of them, of < >; s.len when it is nowhere. */
static size_t find_outside(struct span s, char stop)
{
	bool quoted = false, angled = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
			continue;
		}
		if (c == stop && (!angled || stop == '>'))
			return i;
		if (c == '"' && !angled)
			quoted = true;
		else if (c == '<')
			angled = true;
		else if (c == '>')
			angled = false;
	}
	return s.len;
}

bool sip_address_next(struct span *list, struct sip_address *a)
{
	while (list->len) {
		size_t end = find_outside(*list, ','), open;
		struct span one = trimmed((struct span){ list->at, end });

		*list = behind(*list, end < list->len ? end + 1 : end);
		if (one.len == 0)
			continue;
		open = find_outside(one, '<');
		if (open < one.len) {
			one = behind(one, open + 1);
			a->uri = trimmed(up_to(one, ">"));
			one = behind(one, up_to(one, ">").len);
			a->parameters = one.len ? trimmed(behind(one, 1)) : one;
		} else { /* what follows the first ";" is the header's, not the address's (RFC 3261 20.10) */
			a->uri = trimmed(up_to(one, ";"));
			a->parameters = behind(one, up_to(one, ";").len);
		}
		return true;
	}
	return false;
}

bool sip_parameter(struct span parameters, const char *name, struct span *value)
{
	while (parameters.len) {
		size_t end;
		struct span one, key;

		if (*parameters.at == ';') {
			parameters = behind(parameters, 1);
			continue;
		}
		end = find_outside(parameters, ';');
		one = trimmed((struct span){ parameters.at, end });
		parameters = behind(parameters, end);
		key = trimmed(up_to(one, "="));
		if (!span_is_loosely(key, name))
			continue;
		*value = behind(one, up_to(one, "=").len);
		if (value->len)
			*value = trimmed(behind(*value, 1));
		if (value->len >= 2 && *value->at == '"' && value->at[value->len - 1] == '"')
			*value = (struct span){ value->at + 1, value->len - 2 };
		return true;
	}
	return false;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void sip_unescape(struct span s, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len && n + 1 < size; i++) {
		int c = (unsigned char)s.at[i];

		if (c == '%' && i + 2 < s.len && hex(s.at[i + 1]) >= 0 && hex(s.at[i + 2]) >= 0) {
			c = hex(s.at[i + 1]) << 4 | hex(s.at[i + 2]);
			i += 2;
		}
		out[n++] = (char)(c > 0x20 && c < 0x7f ? c : '?');
	}
	out[n] = '\0';
}

/* A global number, or digits that somebody dials; "" when it is neither, or too long to be one. */
static void read_number(const char *user, char number[LEG_NUMBER_MAX + 1])
{
	size_t n = 0;

	number[0] = '\0';
	for (const char *p = user; *p; p++) {
		if (strchr("-.()", *p)) /* visual separators (RFC 3966 3) */
			continue;
		if (!((*p >= '0' && *p <= '9') || *p == '*' || *p == '#' || (*p == '+' && n == 0)) || n == LEG_NUMBER_MAX) {
			number[0] = '\0';
			return;
		}
		number[n++] = *p;
		number[n] = '\0';
	}
	if (strcmp(number, "+") == 0)
		number[0] = '\0';
}

static void read_context(struct span parameters, char context[LEG_NUMBER_MAX + 1])
{
	char text[USER_MAX];
	struct span value;

	context[0] = '\0';
	if (!sip_parameter(parameters, "phone-context", &value))
		return;
	sip_unescape(value, text, sizeof(text));
	if (text[0] == '+') /* else a domain, whose numbers are its own: to us as to those who dial them */
		read_number(text, context);
}

/* What is before the @ of a sip: address, or behind tel: - a number and its parameters. */
static void read_user(struct span s, struct sip_uri *u)
{
	char text[USER_MAX];
	struct span user = up_to(s, ";");

	sip_unescape(user, text, sizeof(text));
	(void)span_copy((struct span){ text, strnlen(text, LEG_NUMBER_MAX) }, u->user, sizeof(u->user));
	read_number(text, u->number);
	read_context(behind(s, user.len), u->context);
}

static bool take_scheme(struct span *s, const char *scheme)
{
	size_t len = strlen(scheme);

	if (s->len < len || !span_is_loosely((struct span){ s->at, len }, scheme))
		return false;
	*s = behind(*s, len);
	return true;
}

int sip_uri_read(struct span uri, struct sip_uri *u)
{
	struct span s = trimmed(uri), user;

	memset(u, 0, sizeof(*u));
	if (take_scheme(&s, "tel:")) {
		user = up_to(s, "?");
		read_user(user, u);
		u->parameters = behind(user, up_to(user, ";").len);
		u->headers = behind(s, user.len);
	} else if (take_scheme(&s, "sip:") || take_scheme(&s, "sips:")) {
		user = up_to(s, "@");
		if (user.len < s.len) {
			s = behind(s, user.len + 1);
			read_user(up_to(user, ":"), u); /* behind ":" a password */
		}
		u->host = up_to(s, ";?");
		s = behind(s, u->host.len);
		u->parameters = up_to(s, "?");
		u->headers = behind(s, u->parameters.len);
	} else {
		return -EBADMSG;
	}
	if (u->headers.len)
		u->headers = behind(u->headers, 1);
	return 0;
}
