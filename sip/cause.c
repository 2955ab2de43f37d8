/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/cause.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/magic.h"

#define CAUSE_MAX 127 /* seven bits */

/* ---- status -> cause ---- */

struct status_cause {
	int status, cause;
};

/* RFC 3398 8.2.6.1; those marked are not in it. */
static const struct status_cause of_status[] = {
	{ 400, 41 },
	{ 401, 21 }, /* we have no password to give */
	{ 402, 21 },
	{ 403, 21 },
	{ 404, 1 },
	{ 405, 63 },
	{ 406, 79 },
	{ 407, 21 },
	{ 408, 102 },
	{ 410, 22 },
	{ 413, 127 },
	{ 414, 127 },
	{ 415, 79 },
	{ 416, 127 },
	{ 420, 127 },
	{ 421, 127 },
	{ 422, 127 }, /* RFC 4028: the interval that we asked for */
	{ 423, 127 },
	{ 433, 24 },  /* RFC 5079: anonymous callers are not wanted. Q.850 24 is the same service's */
	{ 480, 18 },
	{ 481, 41 },
	{ 482, 25 },
	{ 483, 25 },
	{ 484, 28 },
	{ 485, 1 },
	{ 486, 17 },
	{ 487, 127 }, /* no mapping there; it was not we who cancelled */
	{ 488, 65 },  /* "by Warning header" there; we offer plain telephone sound, so it is the bearer that they do not take */
	{ 500, 41 },
	{ 501, 79 },
	{ 502, 38 },
	{ 503, 41 },
	{ 504, 102 },
	{ 505, 127 },
	{ 513, 127 },
	{ 580, 47 },  /* RFC 3312: no resources for it */
	{ 600, 17 },
	{ 603, 21 },
	{ 604, 1 },
	{ 606, 65 },  /* as 488 */
	{ 607, 21 },  /* RFC 8197, 8688: unwanted, rejected */
	{ 608, 21 },
};

static int cause_of_status(int status)
{
	for (unsigned i = 0; i < ARRAY_LEN(of_status); i++)
		if (of_status[i].status == status)
			return of_status[i].cause;
	/* Unknown ones are as the x00 of their class (RFC 3261 8.1.3.2). A redirection that was not followed is none of RFC
	 * 3398's. */
	switch (status / 100) {
	case 1: return CAUSE_NONE;
	case 2: return CAUSE_NORMAL_CLEARING;
	case 3: return CAUSE_INTERWORKING;
	case 6: return CAUSE_USER_BUSY;
	default: return CAUSE_TEMPORARY_FAILURE;
	}
}

/* ---- the Reason header (RFC 3326 2) ---- */

/* RFC 8606 4; its place is Q.850's number of the location. */
static const char *const locations[] = { "U", "LPN", "LN", "TN", "RLN", "RPN", "LOC-6", "INTL", [10] = "BI" };

struct reason {
	int q850, sip; /* the first of each; 0: none */
	int location;  /* of q850; -1: not told */
};

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* A token or a quoted string, as it stands; returns what is behind it. */
static const char *take_word(const char *p, const char **word, size_t *len)
{
	*word = p;
	if (*p == '"') {
		for (p++; *p && *p != '"'; p++)
			if (*p == '\\' && p[1])
				p++;
		if (*p)
			p++;
	} else {
		p += strcspn(p, " \t\r\n;,=\"");
	}
	*len = (size_t)(p - *word);
	return p;
}

static bool word_is(const char *word, size_t len, const char *wanted)
{
	return len == strlen(wanted) && strncasecmp(word, wanted, len) == 0;
}

static int word_number(const char *word, size_t len)
{
	int n = 0;

	if (len == 0 || len > 3)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9')
			return 0;
		n = n * 10 + word[i] - '0';
	}
	return n;
}

static int word_location(const char *word, size_t len)
{
	for (unsigned i = 0; i < ARRAY_LEN(locations); i++)
		if (locations[i] && word_is(word, len, locations[i]))
			return (int)i;
	return -1;
}

/* One of the list: protocol *( ";" name "=" value ). Returns where the next begins, or the end. */
static const char *take_reason(const char *p, struct reason *r)
{
	const char *protocol, *name, *value;
	size_t protocol_len, name_len, value_len;
	int cause = 0, location = -1;

	p = skip_space(take_word(skip_space(p), &protocol, &protocol_len));
	while (*p == ';') {
		p = skip_space(take_word(skip_space(p + 1), &name, &name_len));
		if (*p != '=')
			continue;
		p = skip_space(take_word(skip_space(p + 1), &value, &value_len));
		if (word_is(name, name_len, "cause"))
			cause = word_number(value, value_len);
		else if (word_is(name, name_len, "location"))
			location = word_location(value, value_len);
	}
	if (word_is(protocol, protocol_len, "Q.850") && cause >= 1 && cause <= CAUSE_MAX && r->q850 == 0) {
		r->q850 = cause;
		r->location = location;
	} else if (word_is(protocol, protocol_len, "SIP") && cause >= 200 && cause <= 699 && r->sip == 0) {
		r->sip = cause;
	}
	/* Whatever stands there instead of a comma is not ours to understand. */
	p += strcspn(p, ",");
	return *p ? p + 1 : p;
}

static struct reason read_reason(const char *header)
{
	struct reason r = { .location = -1 };

	while (header && *header)
		header = take_reason(header, &r);
	return r;
}

int sip_cause_of_response(int status, const char *reason, int *location)
{
	struct reason r = read_reason(reason);

	if (status < 200)
		r = (struct reason){ .location = -1 };
	if (location)
		*location = r.location;
	return r.q850 ? r.q850 : cause_of_status(status);
}

int sip_cause_of_request(const char *reason, int *location)
{
	struct reason r = read_reason(reason);

	if (location)
		*location = r.location;
	/* SIP;cause=200 in a CANCEL: answered elsewhere (RFC 3326 3.1) */
	return r.q850 ? r.q850 : r.sip ? cause_of_status(r.sip) : CAUSE_NORMAL_CLEARING;
}

/* ---- cause -> status ---- */

/* RFC 3398 7.2.4.1, and rule 2 for 16 and 21; 88 is 488, since a 503 would have proxies take us for overloaded. What is not
 * here: status_of_class(). */
static const unsigned short status_of[CAUSE_MAX + 1] = {
	[1] = 404,  [2] = 404,  [3] = 404,  [16] = 480, [17] = 486, [18] = 408, [19] = 480,  [20] = 480,
	[21] = 603, [22] = 410, [23] = 410, [24] = 433, [26] = 404, [27] = 502, [28] = 484,  [29] = 501,
	[31] = 480, [34] = 503, [38] = 503, [41] = 503, [42] = 503, [44] = 503, [47] = 503,  [55] = 403,
	[57] = 403, [58] = 503, [65] = 488, [70] = 488, [79] = 501, [87] = 403, [88] = 488,  [102] = 504,
	[111] = 500, [127] = 500,
};

/* An unknown cause is as the last of its class (Q.850 2.2.5, table 1's note), and 500 for those of which RFC 3398 says
 * nothing. */
static int status_of_class(int cause)
{
	return cause < 32 ? 480 : cause < 48 ? 503 : 500;
}

static const char *status_phrase(int status)
{
	switch (status) {
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 408: return "Request Timeout";
	case 410: return "Gone";
	case 433: return "Anonymity Disallowed";
	case 480: return "Temporarily Unavailable";
	case 484: return "Address Incomplete";
	case 486: return "Busy Here";
	case 488: return "Not Acceptable Here";
	case 501: return "Not Implemented";
	case 502: return "Bad Gateway";
	case 503: return "Service Unavailable";
	case 504: return "Server Time-out";
	case 603: return "Decline";
	default: return "Server Internal Error";
	}
}

int sip_cause_status(int cause, bool announced, const char **phrase)
{
	int status = cause >= 0 && cause <= CAUSE_MAX ? status_of[cause] : 0;

	if (status == 0)
		status = status_of_class(cause);
	if (announced && (status == 408 || status / 100 == 5))
		status = 480;
	if (phrase)
		*phrase = status_phrase(status);
	return status;
}

int sip_cause_reason(int cause, char *text, size_t size)
{
	int n;

	if (cause < 1 || cause > CAUSE_MAX)
		return -EINVAL;
	n = snprintf(text, size, "Q.850;cause=%d;text=\"%s\"", cause, cause_text(cause));
	return n < 0 || (size_t)n >= size ? -ENOSPC : 0;
}
