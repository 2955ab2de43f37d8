/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/identity.h - who calls whom, as SIP says it: From, P-Asserted-Identity and Privacy (RFC 3261, 3323, 3325), Diversion (RFC
 * 5806), History-Info (RFC 7044), Remote-Party-ID; sip:, sips: and tel: addresses (RFC 3966) to struct leg_party and back.
 *
 * Whom a trunk's peer is believed (rule 4) is the trunk's setting `identity`:
 *
 *   asserted   P-Asserted-Identity is the network's word: LEG_SCREEN_NETWORK. A From alone is anybody's: LEG_SCREEN_NONE.
 *   from       the peer has no P-Asserted-Identity, but vouches for From: LEG_SCREEN_PASSED. An asserted one is not looked at.
 *
 * Header values are plain text, as received, so that nothing of the stack is needed. Pure, any thread.
 */
#ifndef SIP_IDENTITY_H
#define SIP_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "leg/trunk.h"

enum sip_identity { SIP_IDENTITY_ASSERTED, SIP_IDENTITY_FROM };

/* ---- coming in ---- */

enum sip_identity_header {
	SIP_HEADER_FROM,
	SIP_HEADER_ASSERTED,
	SIP_HEADER_PRIVACY,
	SIP_HEADER_DIVERSION,
	SIP_HEADER_HISTORY,
	SIP_HEADER_REMOTE_PARTY,
	SIP_HEADERS
};
#define SIP_HEADER_VALUES_MAX 16   /* of a name in one message; each may be a list */
#define SIP_HEADER_LEN_MAX    4096 /* a longer value is not looked at */
#define SIP_HEADER_LIST_MAX   32   /* values in a list that are looked at */

struct sip_identity_headers { /* of one request; begin with { 0 }. The texts are the caller's, and must last as long as this. */
	const char *value[SIP_HEADERS][SIP_HEADER_VALUES_MAX];
	unsigned    count[SIP_HEADERS];
};
/* Each header of the request, in order; those that are of no use here are left. Names in any case, "f" too. */
void sip_identity_add(struct sip_identity_headers *h, const char *name, const char *value);

/* The calling party, and the one that diverted the call: redirecting->present when anybody did, known or not (rule 4). Both are
 * always filled in: without a number present is false, raw is what stood there instead of one. */
void sip_identity_read(const struct sip_identity_headers *h, enum sip_identity identity, const struct trunk_numbers *n,
                       struct leg_party *calling, struct leg_party *redirecting);
/* The called party: a Request-URI, or a Contact to which a 3xx redirects. -EINVAL: no number in it; canonical
 * is "" then, and also when it is none by the trunk's rules. */
int  sip_identity_called(const char *uri, const struct trunk_numbers *n, struct leg_party *called);

/* ---- going out ---- */

#define SIP_URI_MAX   128 /* of what we write, its zero too */
#define SIP_VALUE_MAX 192

struct sip_identity_call {
	const char *called;          /* canonical */
	const char *calling;         /* canonical; NULL: none */
	/* canonical: whose number stands behind this call, where the network wants to know; NULL: none */
	const char *diverting;
	bool        restricted;      /* rule 12: hidden from the called party, told to a network that may know it */
	enum sip_identity identity;
	const char *our_host;        /* behind the @ of our numbers: the operator's domain or our address */
	const char *peer_host;       /* behind the @ of the called number, with a port where one is needed */
};
struct sip_identity_out { /* header values; "": no such header */
	char uri[SIP_URI_MAX];       /* Request-URI */
	char to[SIP_VALUE_MAX], from[SIP_VALUE_MAX]; /* without tag */
	char asserted[SIP_VALUE_MAX], privacy[SIP_VALUE_MAX], diversion[SIP_VALUE_MAX];
	struct leg_party called, calling; /* as sent, for the record (rule 25) */
};
/* -EINVAL: a number that cannot be written in this trunk's form, or a host that is none. */
int sip_identity_write(const struct sip_identity_call *c, const struct trunk_numbers *n, struct sip_identity_out *out);

#endif
