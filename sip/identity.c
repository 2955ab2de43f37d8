/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/magic.h"
#include "sip/history.h"
#include "sip/uri.h"

/* Q.931 table 4-9, as the rules of route/number.h know them */
#define TON_UNKNOWN       0
#define TON_INTERNATIONAL 1
#define NPI_E164          1

/* ---- headers ---- */

void sip_identity_add(struct sip_identity_headers *h, const char *name, const char *value)
{
	static const struct {
		const char              *name;
		enum sip_identity_header header;
	} names[] = {
		{ "From", SIP_HEADER_FROM },           { "f", SIP_HEADER_FROM },
		{ "P-Asserted-Identity", SIP_HEADER_ASSERTED }, { "Privacy", SIP_HEADER_PRIVACY },
		{ "Diversion", SIP_HEADER_DIVERSION }, { "History-Info", SIP_HEADER_HISTORY },
		{ "Remote-Party-ID", SIP_HEADER_REMOTE_PARTY },
	};

	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		enum sip_identity_header header = names[i].header;

		if (strcasecmp(name, names[i].name) == 0 && h->count[header] < SIP_HEADER_VALUES_MAX &&
		    strnlen(value, SIP_HEADER_LEN_MAX + 1) <= SIP_HEADER_LEN_MAX)
			h->value[header][h->count[header]++] = value;
	}
}

static struct span value_of(const struct sip_identity_headers *h, enum sip_identity_header header, unsigned i)
{
	return (struct span){ h->value[header][i], strlen(h->value[header][i]) };
}

/* ---- parties ---- */

/* The number of an address in the trunk's form and in ours. */
static void party_of(const struct sip_uri *u, const struct trunk_numbers *n, struct leg_party *p)
{
	char whole[2 * LEG_NUMBER_MAX + 1];

	memset(p, 0, sizeof(*p));
	(void)snprintf(p->raw, sizeof(p->raw), "%s", u->number[0] ? u->number : u->user);
	if (u->number[0] == '\0')
		return;
	p->present = true;
	p->npi = NPI_E164;
	p->ton = u->number[0] == '+' ? TON_INTERNATIONAL : TON_UNKNOWN;
	/* A number within a country, of which the context is the beginning (RFC 3966 5.1.5), unless that makes none. */
	if (p->ton == TON_UNKNOWN && u->context[0]) {
		(void)snprintf(whole, sizeof(whole), "%s%s", u->context, u->number);
		if (strlen(whole) <= LEG_NUMBER_MAX &&
		    n->canonical(n->arg, whole, TON_INTERNATIONAL, NPI_E164, p->canonical) == 0)
			return;
	}
	if (n->canonical(n->arg, u->number, p->ton, p->npi, p->canonical) != 0)
		p->canonical[0] = '\0';
}

/* The first number in a header that is one by the trunk's rules (asserted are often a sip: and a tel: of the same), else the
 * first that is any. a: the address it was in. false: no number. */
static bool party_of_header(const struct sip_identity_headers *h, enum sip_identity_header header, const struct trunk_numbers *n,
                            struct leg_party *p, struct sip_address *a)
{
	unsigned looked = 0;

	memset(p, 0, sizeof(*p));
	memset(a, 0, sizeof(*a));
	for (unsigned i = 0; i < h->count[header]; i++) {
		struct span list = value_of(h, header, i);
		struct sip_address one;

		while (looked++ < SIP_HEADER_LIST_MAX && sip_address_next(&list, &one)) {
			struct leg_party found;
			struct sip_uri u;

			if (sip_uri_read(one.uri, &u) != 0)
				continue;
			party_of(&u, n, &found);
			if (!p->present && (found.present || p->raw[0] == '\0')) {
				*p = found;
				*a = one;
			}
			if (found.canonical[0]) {
				*p = found;
				*a = one;
				return true;
			}
		}
	}
	return p->present;
}

/* ---- who calls ---- */

enum privacy { PRIVACY_SAYS_NOTHING, PRIVACY_NONE, PRIVACY_WANTED };

/* Privacy: id;header (RFC 3323 4.2, RFC 3325 9.3) */
static enum privacy privacy_of(const struct sip_identity_headers *h)
{
	enum privacy p = PRIVACY_SAYS_NOTHING;

	for (unsigned i = 0; i < h->count[SIP_HEADER_PRIVACY]; i++) {
		struct span list = value_of(h, SIP_HEADER_PRIVACY, i), word;

		while (list.len) {
			struct span part = span_word(&list, ';');

			while (part.len) { /* some write commas */
				word = span_word(&part, ',');
				if (span_is_loosely(word, "id") || span_is_loosely(word, "header") ||
				    span_is_loosely(word, "user"))
					return PRIVACY_WANTED;
				if (span_is_loosely(word, "none"))
					p = PRIVACY_NONE;
			}
		}
	}
	return p;
}

/* RFC 3323 4.1.1.3; and "unavailable" where a network knows no number (Q.1912.5). */
static bool from_is_anonymous(const struct sip_identity_headers *h, bool *unavailable)
{
	struct span list, tail;
	struct sip_address a;
	struct sip_uri u;

	*unavailable = false;
	if (h->count[SIP_HEADER_FROM] == 0)
		return false;
	list = value_of(h, SIP_HEADER_FROM, 0);
	if (!sip_address_next(&list, &a) || sip_uri_read(a.uri, &u) != 0)
		return false;
	*unavailable = strcasecmp(u.user, "unavailable") == 0;
	tail = u.host;
	if (tail.len > 17)
		tail = (struct span){ tail.at + tail.len - 17, 17 };
	return strcasecmp(u.user, "anonymous") == 0 || span_is_loosely(tail, "anonymous.invalid");
}

/* What old gateways have instead of P-Asserted-Identity: screen=yes is Q.931's "user-provided, verified and passed". */
static bool remote_party(const struct sip_identity_headers *h, const struct trunk_numbers *n, struct leg_party *p)
{
	struct sip_address a;
	struct span value;

	if (!party_of_header(h, SIP_HEADER_REMOTE_PARTY, n, p, &a) ||
	    (sip_parameter(a.parameters, "party", &value) && !span_is_loosely(value, "calling")))
		return false;
	if (sip_parameter(a.parameters, "screen", &value) && span_is_loosely(value, "yes"))
		p->screening = LEG_SCREEN_PASSED;
	p->restricted = sip_parameter(a.parameters, "privacy", &value) && !span_is_loosely(value, "off") &&
	                !span_is_loosely(value, "name");
	return true;
}

static void calling_read(const struct sip_identity_headers *h, enum sip_identity identity, const struct trunk_numbers *n,
                         struct leg_party *p)
{
	bool unavailable, anonymous = from_is_anonymous(h, &unavailable), restricted;
	enum privacy privacy = privacy_of(h);
	struct sip_address a;

	restricted = privacy == PRIVACY_WANTED || (anonymous && privacy != PRIVACY_NONE);
	if (identity == SIP_IDENTITY_ASSERTED && party_of_header(h, SIP_HEADER_ASSERTED, n, p, &a)) {
		p->screening = LEG_SCREEN_NETWORK;
	} else if (identity == SIP_IDENTITY_ASSERTED && remote_party(h, n, p)) {
		restricted = restricted || p->restricted;
	} else if (anonymous || unavailable) {
		memset(p, 0, sizeof(*p));
	} else {
		(void)party_of_header(h, SIP_HEADER_FROM, n, p, &a);
		if (identity == SIP_IDENTITY_FROM && p->present)
			p->screening = LEG_SCREEN_PASSED;
	}
	p->restricted = restricted;
}

/* ---- who diverted ---- */

static void redirecting_read(const struct sip_identity_headers *h, const struct trunk_numbers *n, struct leg_party *p)
{
	struct span values[SIP_HEADER_VALUES_MAX], value;
	struct sip_history_hit hit;
	struct sip_address a;

	memset(p, 0, sizeof(*p));
	if (h->count[SIP_HEADER_DIVERSION]) { /* the last diversion stands first (RFC 5806 4) */
		if (party_of_header(h, SIP_HEADER_DIVERSION, n, p, &a))
			p->restricted = sip_parameter(a.parameters, "privacy", &value) && !span_is_loosely(value, "off") &&
			                !span_is_loosely(value, "name");
		p->present = true; /* by whomever */
		return;
	}
	for (unsigned i = 0; i < h->count[SIP_HEADER_HISTORY]; i++)
		values[i] = value_of(h, SIP_HEADER_HISTORY, i);
	if (!sip_history_diverted(values, h->count[SIP_HEADER_HISTORY], &hit))
		return;
	if (hit.known)
		party_of(&hit.by, n, p);
	p->restricted = hit.restricted;
	p->present = true;
}

void sip_identity_read(const struct sip_identity_headers *h, enum sip_identity identity, const struct trunk_numbers *n,
                       struct leg_party *calling, struct leg_party *redirecting)
{
	calling_read(h, identity, n, calling);
	redirecting_read(h, n, redirecting);
}

int sip_identity_called(const char *uri, const struct trunk_numbers *n, struct leg_party *called)
{
	struct span list = { uri, strnlen(uri, SIP_HEADER_LEN_MAX + 1) };
	struct sip_address a;
	struct sip_uri u;

	memset(called, 0, sizeof(*called));
	if (list.len > SIP_HEADER_LEN_MAX)
		return -EINVAL;
	/* A Request-URI stands without < >: its parameters are its own. */
	if (sip_uri_read(list, &u) != 0 && (!sip_address_next(&list, &a) || sip_uri_read(a.uri, &u) != 0))
		return -EINVAL;
	party_of(&u, n, called);
	return called->present ? 0 : -EINVAL;
}

/* ---- going out ---- */

static bool host_is_good(const char *host)
{
	return host && host[0] &&
	       strspn(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:[]") == strlen(host);
}

/* A canonical number as an address of host. user=phone says that it is a telephone number (RFC 3261 19.1.1), which only a global
 * one is everywhere. */
static int write_uri(const char *canonical, const char *host, const struct trunk_numbers *n, struct leg_party *p, char *uri,
                     size_t size)
{
	char digits[LEG_NUMBER_MAX + 1];
	int ton = TON_UNKNOWN, npi = 0, len;
	bool global;

	memset(p, 0, sizeof(*p));
	if (!host_is_good(host) || n->outgoing(n->arg, canonical, digits, &ton, &npi) != 0)
		return -EINVAL;
	global = ton == TON_INTERNATIONAL;
	p->present = true;
	p->ton = (uint8_t)ton;
	p->npi = (uint8_t)npi;
	(void)snprintf(p->canonical, sizeof(p->canonical), "%s", canonical);
	len = snprintf(p->raw, sizeof(p->raw), "%s%s", global && digits[0] != '+' ? "+" : "", digits);
	if (len < 0 || (size_t)len >= sizeof(p->raw))
		return -EINVAL;
	len = snprintf(uri, size, "sip:%s@%s%s", p->raw, host, global ? ";user=phone" : "");
	return len < 0 || (size_t)len >= size ? -EINVAL : 0;
}

int sip_identity_write(const struct sip_identity_call *c, const struct trunk_numbers *n, struct sip_identity_out *out)
{
	char ours[SIP_URI_MAX];
	struct leg_party diverting;
	int err;

	memset(out, 0, sizeof(*out));
	err = write_uri(c->called, c->peer_host, n, &out->called, out->uri, sizeof(out->uri));
	if (!err && c->calling)
		err = write_uri(c->calling, c->our_host, n, &out->calling, ours, sizeof(ours));
	if (!err && !host_is_good(c->our_host))
		err = -EINVAL;
	if (err)
		return err;
	(void)snprintf(out->to, sizeof(out->to), "<%s>", out->uri);
	out->calling.restricted = c->restricted;
	if (c->restricted)
		(void)snprintf(out->from, sizeof(out->from), "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
	else if (c->calling)
		(void)snprintf(out->from, sizeof(out->from), "<%s>", ours);
	else
		(void)snprintf(out->from, sizeof(out->from), "<sip:unavailable@%s>", c->our_host);
	/* A peer that is not within the trust (RFC 3325 5) is told nothing that is to be hidden. */
	if (c->calling && c->identity == SIP_IDENTITY_ASSERTED) {
		(void)snprintf(out->asserted, sizeof(out->asserted), "<%s>", ours);
		if (c->restricted)
			(void)snprintf(out->privacy, sizeof(out->privacy), "id");
	}
	if (c->diverting && !(c->restricted && c->identity == SIP_IDENTITY_FROM)) {
		err = write_uri(c->diverting, c->our_host, n, &diverting, ours, sizeof(ours));
		(void)snprintf(out->diversion, sizeof(out->diversion), "<%s>;reason=unknown;counter=1;privacy=%s", ours,
		               c->restricted ? "full" : "off");
	}
	return err;
}
