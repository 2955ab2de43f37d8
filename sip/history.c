/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/history.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/magic.h"

#define INDEX_MAX 40 /* of "1.1.2"; longer ones are nobody's parent */

struct entry {
	struct sip_uri uri;
	bool           readable;
	char           index[INDEX_MAX];
	char           headers[128];       /* escaped in the address: Reason=SIP;cause=302, Privacy=history */
	char           mapped[INDEX_MAX];  /* mp: the index of the one that diverted; "": no such parameter */
	bool           target;             /* the call came here by a diversion */
};

/* The reasons for which a user's calls are diverted (RFC 4458 3). 380 is a service number's translation (RFC 8119): nobody's
 * diversion. */
static bool diverts(long cause)
{
	static const int causes[] = { 302, 404, 408, 480, 486, 487, 503 };

	for (unsigned i = 0; i < ARRAY_LEN(causes); i++)
		if (causes[i] == cause)
			return true;
	return false;
}

static void entry_read(const struct sip_address *a, struct entry *e)
{
	struct span value;
	long cause;

	memset(e, 0, sizeof(*e));
	e->readable = sip_uri_read(a->uri, &e->uri) == 0;
	sip_unescape(e->uri.headers, e->headers, sizeof(e->headers));
	if (sip_parameter(a->parameters, "index", &value))
		(void)span_copy(value, e->index, sizeof(e->index));
	if (sip_parameter(a->parameters, "mp", &value)) {
		(void)span_copy(value, e->mapped, sizeof(e->mapped));
		e->target = true;
	}
	if (e->readable && sip_parameter(e->uri.parameters, "cause", &value)) {
		cause = span_number(&value, 999);
		e->target = value.len == 0 && diverts(cause); /* it says what mp was for */
	}
}

/* Reason=SIP;cause=302 among the escaped headers of an entry that was given up. */
static bool gave_up(const struct entry *e)
{
	const char *reason = strcasestr(e->headers, "Reason=SIP"), *cause = reason ? strcasestr(reason, "cause=") : NULL;

	return cause && diverts(strtol(cause + 6, NULL, 10));
}

static const struct entry *entry_of_index(const struct entry *entries, unsigned count, const char *index)
{
	for (unsigned i = 0; i < count; i++)
		if (index[0] && strcmp(entries[i].index, index) == 0)
			return &entries[i];
	return NULL;
}

/* Whom entry at came from: the one it names, its parent by index, or the one before it. NULL: nobody is there. */
static const struct entry *came_from(const struct entry *entries, unsigned count, unsigned at)
{
	const struct entry *e = &entries[at], *from = entry_of_index(entries, count, e->mapped);
	char parent[INDEX_MAX];
	char *dot;

	(void)memcpy(parent, e->index, sizeof(parent));
	dot = strrchr(parent, '.');
	if (dot)
		*dot = '\0';
	if (from == NULL && dot)
		from = entry_of_index(entries, count, parent);
	return from == NULL && at > 0 ? &entries[at - 1] : from;
}

bool sip_history_diverted(const struct span *values, unsigned count, struct sip_history_hit *hit)
{
	struct entry entries[SIP_HISTORY_MAX];
	const struct entry *by = NULL;
	bool diverted = false;
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		struct span list = values[i];
		struct sip_address a;

		while (n < SIP_HISTORY_MAX && sip_address_next(&list, &a))
			entry_read(&a, &entries[n++]);
	}
	for (unsigned i = 0; i < n; i++) {
		if (entries[i].target) {
			diverted = true;
			by = came_from(entries, n, i);
		} else if (i + 1 < n && gave_up(&entries[i])) {
			diverted = true;
			by = &entries[i];
		}
	}
	memset(hit, 0, sizeof(*hit));
	if (by && by->readable) {
		hit->known = true;
		hit->by = by->uri;
		hit->restricted = strcasestr(by->headers, "Privacy=history") != NULL;
	}
	return diverted;
}
