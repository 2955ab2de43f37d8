/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/uri.h - addresses in header values, as far as a telephone number is in them: lists of "name" <address>;parameters (RFC 3261
 * 20.10), sip: and sips: (19.1), tel: (RFC 3966). Pure; nothing is copied, only what is escaped.
 */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "leg/leg.h"
#include "sip/span.h"

struct sip_address {
	struct span uri;
	struct span parameters; /* behind it, from the first ";" on */
};
/* The next of a list; list is what is behind it. false: there is none. */
bool sip_address_next(struct span *list, struct sip_address *a);
/* ;name=value or ;name in parameters, a value in quotes without them. false: not there. */
bool sip_parameter(struct span parameters, const char *name, struct span *value);
/* s with %41 as A (RFC 3261 19.1.2) and what is not printable as "?". Cut at size - 1. */
void sip_unescape(struct span s, char *out, size_t size);

struct sip_uri {
	/* as it came, without its escapes: "+86-138-0000-0001", "alice"; "": none. Cut if longer. */
	char user[LEG_NUMBER_MAX + 1];
	/* of it: digits, * and #, without separators, a + before a global one; "": it is no number */
	char number[LEG_NUMBER_MAX + 1];
	char context[LEG_NUMBER_MAX + 1]; /* phone-context, when it is a global prefix: "+86"; else "" */
	struct span host;               /* "": tel: */
	struct span parameters, headers; /* from ";" on; behind "?" */
};
/* -EBADMSG: none of the three schemes. */
int sip_uri_read(struct span uri, struct sip_uri *u);

#endif
