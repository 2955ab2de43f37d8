/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node/config_trunk.c - the settings of SIP trunks: their table, and what it cannot check. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/address.h"
#include "node/config_internal.h"

#define IN_TRUNK(member) CONFIG_AT(struct node_trunk, member)
#define WORDS(member)    .offset = offsetof(struct node_trunk, member), .size = sizeof(((struct node_trunk *)NULL)->member[0])

static const struct config_choice transports[] = { { "udp", false }, { "tcp", true }, { .name = NULL } };
static const struct config_choice identities[] = {
	{ "asserted", SIP_IDENTITY_ASSERTED }, { "from", SIP_IDENTITY_FROM }, { .name = NULL }
};
static const struct config_choice shown[] = { { "service", false }, { "host", true }, { .name = NULL } };
static const struct config_choice unanswered[] = {
	{ "progress", UNANSWERED_PROGRESS },
	{ "alerting", UNANSWERED_ALERTING },
	{ "silent", UNANSWERED_SILENT },
	{ .name = NULL },
};

const struct config_field node_trunk_table[] = {
	{ "name", CONFIG_STRING, IN_TRUNK(sip.name), .preset = "ims", .min = 1,
	  .text = "The trunk's name: sip/ims in the log and in records. At most 16 characters." },
	{ "local", CONFIG_ADDRESS, IN_TRUNK(sip.local), .preset = "",
	  .text = "Our address and port, for UDP and TCP. Trunks may share it; sound has the same address." },
	{ "transport", CONFIG_ENUM, IN_TRUNK(sip.tcp), .preset = "udp", .choices = transports,
	  .text = "How the peers are spoken to. They are heard on both." },
	{ "peers", CONFIG_STRINGS, WORDS(peer), .max = SIP_PEERS_MAX, .count_offset = offsetof(struct node_trunk, peer_count),
	  .preset = "", .text = "Addresses and ports of the other end. A call goes to the first that answers OPTIONS." },
	{ "sources", CONFIG_STRINGS, WORDS(source), .max = SIP_TRUNK_SOURCES_MAX,
	  .count_offset = offsetof(struct node_trunk, source_count), .preset = "",
	  .text = "Whom calls are taken from: addresses, or networks such as 10.1.2.0/24. None: the peers. Others get 403." },
	{ "domain", CONFIG_STRING, IN_TRUNK(sip.domain), .preset = "",
	  .text = "What stands behind the @ of our numbers. Empty: our address." },
	{ "identity", CONFIG_ENUM, IN_TRUNK(sip.identity), .preset = "asserted", .choices = identities,
	  .text = "Who calls: as P-Asserted-Identity says, the network's word; or as From says, where the peer vouches for it." },
	{ "unanswered", CONFIG_ENUM, IN_TRUNK(sip.unanswered), .preset = "alerting", .choices = unanswered,
	  .text = "How the unanswered announcement reaches the caller: in 183 with early media, cleared as on E1 with the same "
	          "word; silent where the network lets nothing through before the answer." },
	{ "early_media", CONFIG_BOOL, IN_TRUNK(sip.early_media), .preset = "no",
	  .text = "P-Early-Media: sendonly is said in the 183 even to a caller that did not say it knows it." },
	{ "shown_number", CONFIG_ENUM, IN_TRUNK(sip.show_host), .preset = "service", .choices = shown,
	  .text = "What invited parties see: the service number, or the host's where the operator lets it pass." },
	{ "provider", CONFIG_STRING, IN_TRUNK(provider), .preset = "",
	  .text = "Whose it is: calls of this provider's accounts alone go over it, and who calls over it is known only if he is "
	          "one of them. "
	          "Empty: everybody's." },
	{ "codecs", CONFIG_STRINGS, WORDS(codec), .max = RTP_PAYLOADS_MAX,
	  .count_offset = offsetof(struct node_trunk, codec_count), .preset = "pcma pcmu g722 comfort-noise telephone-event",
	  .text = "What we speak, best first: pcma, pcmu, g722; comfort-noise (RFC 3389) and telephone-event (RFC 4733) where "
	          "wanted." },
	{ "ptime_ms", CONFIG_INT, IN_TRUNK(sip.ptime_ms), .preset = "20", .min = RTP_PTIME_MIN_MS, .max = RTP_PTIME_MAX_MS,
	  .text = "Sound in a packet, in tens of milliseconds, when the other end does not say." },
	{ "info_digits", CONFIG_BOOL, IN_TRUNK(sip.info_digits), .preset = "no",
	  .text = "A key may come by INFO with application/dtmf-relay or application/dtmf, beside RFC 4733 and in-band." },
	{ "options_s", CONFIG_INT, IN_TRUNK(sip.options_s), .preset = "10", .min = 0, .max = 3600,
	  .text = "How often the peers are asked by OPTIONS whether they live: two failures and a peer is down, one answer and "
	          "it "
	          "is up. 0: never, and always up." },
	{ "channels", CONFIG_INT, IN_TRUNK(sip.channels), .preset = "100", .min = 1, .max = SIP_CHANNELS_MAX,
	  .text = "Calls at once, both directions together. More are refused with 503 and Retry-After." },
	{ "calls_per_s", CONFIG_INT, IN_TRUNK(sip.calls_per_s), .preset = "0", .min = 0, .max = 10000,
	  .text = "New calls a second, both directions together; 0: no limit." },
	{ "rtp_port_min", CONFIG_INT, IN_TRUNK(sip.rtp.port_min), .preset = "16384", .min = 1024, .max = 65534,
	  .text = "The first UDP port of sound, an even one." },
	{ "rtp_port_max", CONFIG_INT, IN_TRUNK(sip.rtp.port_max), .preset = "32767", .min = 1025, .max = 65535,
	  .text = "The last. A call takes two." },
	{ "rtp_timeout_s", CONFIG_INT, IN_TRUNK(sip.rtp.timeout_ms), .preset = "30", .min = 5, .max = 3600, .scale = 1000,
	  .text = "Without RTP and RTCP for so long a call that is not on hold is cleared, and charged to the beginning of it." },
	{ "jitter_min_ms", CONFIG_INT, IN_TRUNK(sip.rtp.jitter_min_ms), .preset = "20", .min = 10, .max = 200,
	  .text = "Least delay of the jitter buffer." },
	{ "jitter_max_ms", CONFIG_INT, IN_TRUNK(sip.rtp.jitter_max_ms), .preset = "200", .min = 20, .max = 500, .text = "Most." },
	{ "dscp", CONFIG_INT, IN_TRUNK(sip.rtp.dscp), .preset = "46", .min = 0, .max = 63,
	  .text = "Of sound: 46 is expedited forwarding." },
	{ "signalling_dscp", CONFIG_INT, IN_TRUNK(sip.dscp), .preset = "24", .min = 0, .max = 63, .text = "Of SIP: 24 is CS3." },
	{ "numbers", CONFIG_SECTION, IN_TRUNK(numbers), .preset = "numbers", .table = number_rules_table,
	  .text = "The form of numbers on this trunk, where it differs: the same settings as in the section numbers, from which "
	          "those not given come." },
	{ .name = NULL },
};

static const struct {
	const char       *name;
	enum rtp_encoding encoding;
	bool              speech;
} codecs[] = {
	{ "pcma", RTP_PCMA, true },
	{ "pcmu", RTP_PCMU, true },
	{ "g722", RTP_G722, true },
	{ "comfort-noise", RTP_COMFORT_NOISE, false },
	{ "telephone-event", RTP_TELEPHONE_EVENT, false },
};

static void check_codecs(struct check *k, unsigned i)
{
	struct node_trunk *t = &k->c->options.trunk[i];
	struct sdp_codec_list *list = &t->sip.codecs;
	char where[CONFIG_PATH_MAX];
	bool speech = false;

	list->count = 0;
	for (unsigned n = 0; n < t->codec_count; n++) {
		unsigned c;

		(void)snprintf(where, sizeof(where), "trunks[%u].codecs[%u]", i, n);
		for (c = 0; c < ARRAY_LEN(codecs) && strcmp(codecs[c].name, t->codec[n]) != 0; c++)
			;
		if (c == ARRAY_LEN(codecs)) {
			WRONG(k, where, "\"%s\" is none of pcma, pcmu, g722, comfort-noise, telephone-event", t->codec[n]);
			continue;
		}
		for (unsigned e = 0; e < list->count; e++)
			if (list->encoding[e] == codecs[c].encoding)
				WRONG(k, where, "\"%s\" is there twice", t->codec[n]);
		list->encoding[list->count++] = codecs[c].encoding;
		speech = speech || codecs[c].speech;
	}
	where_in(where, "trunks", i, "codecs");
	if (!speech)
		WRONG(k, where, "there is no speech in it: pcma, pcmu or g722");
}

static void check_peers(struct check *k, unsigned i)
{
	struct node_trunk *t = &k->c->options.trunk[i];
	char where[CONFIG_PATH_MAX];

	t->sip.peer_count = 0;
	for (unsigned n = 0; n < t->peer_count; n++) {
		struct sockaddr_storage *peer = &t->sip.peer[t->sip.peer_count++];

		(void)snprintf(where, sizeof(where), "trunks[%u].peers[%u]", i, n);
		if (config_parse_address(t->peer[n], peer) != 0)
			WRONG(k, where, "\"%s\" is no address with a port, such as 10.0.0.5:5060", t->peer[n]);
		else if (t->sip.local.ss_family && peer->ss_family != t->sip.local.ss_family)
			WRONG(k, where, "is not of the same family as local");
		else if (address_same(peer, &t->sip.local))
			WRONG(k, where, "is the same as local");
	}
	where_in(where, "trunks", i, "peers");
	if (t->peer_count == 0)
		WRONG(k, where, "at least one is needed, such as 10.0.0.5:5060");
}

/* 10.1.2.3, 10.1.2.0/24, 2001:db8::/32 */
static int parse_source(const char *text, struct sip_source *out)
{
	char address[64], *slash, *end;
	unsigned long bits, most;

	memset(out, 0, sizeof(*out));
	(void)snprintf(address, sizeof(address), "%s", text);
	slash = strchr(address, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, address, &((struct sockaddr_in *)(void *)&out->address)->sin_addr) == 1)
		out->address.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, address, &((struct sockaddr_in6 *)(void *)&out->address)->sin6_addr) == 1)
		out->address.ss_family = AF_INET6;
	else
		return -EINVAL;
	most = out->address.ss_family == AF_INET6 ? 128 : 32;
	bits = slash ? strtoul(slash, &end, 10) : most;
	if (slash && (*slash < '0' || *slash > '9' || *end || bits > most))
		return -EINVAL;
	out->bits = (unsigned)bits;
	return 0;
}

static void check_sources(struct check *k, unsigned i)
{
	struct node_trunk *t = &k->c->options.trunk[i];
	char where[CONFIG_PATH_MAX];

	t->sip.source_count = t->source_count;
	for (unsigned n = 0; n < t->source_count; n++) {
		(void)snprintf(where, sizeof(where), "trunks[%u].sources[%u]", i, n);
		if (parse_source(t->source[n], &t->sip.source[n]) != 0)
			WRONG(k, where, "\"%s\" is no address and no network such as 10.1.2.0/24", t->source[n]);
	}
}

/* Trunks with the same ports have one group of streams between them, so it cannot be set up in two ways. */
static bool sound_differs(const struct rtp_group_config *a, const struct rtp_group_config *b)
{
	return a->timeout_ms != b->timeout_ms || a->jitter_min_ms != b->jitter_min_ms || a->jitter_max_ms != b->jitter_max_ms ||
	       a->dscp != b->dscp;
}

static void check_sound(struct check *k, unsigned i)
{
	struct node_trunk *t = &k->c->options.trunk[i];
	char where[CONFIG_PATH_MAX];

	t->sip.rtp.local = t->sip.local;
	address_set_port(&t->sip.rtp.local, 0);
	memcpy(t->sip.rtp.name, t->sip.name, sizeof(t->sip.name));
	where_in(where, "trunks", i, "rtp_port_min");
	if (t->sip.rtp.port_min % 2)
		WRONG(k, where, "is odd; RTP has the even ports (RFC 3550 11)");
	if (t->sip.rtp.port_max <= t->sip.rtp.port_min)
		WRONG(k, where, "is not below rtp_port_max");
	for (unsigned j = 0; j < i; j++) { /* the same ports are shared; some of them cannot be */
		const struct rtp_group_config *a = &t->sip.rtp, *b = &k->c->options.trunk[j].sip.rtp;

		if (address_same(&a->local, &b->local) && a->port_min <= b->port_max && b->port_min <= a->port_max &&
		    (a->port_min != b->port_min || a->port_max != b->port_max))
			WRONG(k, where, "its ports are partly those of trunk %s: the same, or others",
			      k->c->options.trunk[j].sip.name);
		else if (address_same(&a->local, &b->local) && a->port_min == b->port_min && sound_differs(a, b))
			WRONG(k, where, "its ports are those of trunk %s: rtp_timeout_s, jitter and dscp too, or other ports",
			      k->c->options.trunk[j].sip.name);
	}
	where_in(where, "trunks", i, "jitter_max_ms");
	if (t->sip.rtp.jitter_max_ms < t->sip.rtp.jitter_min_ms)
		WRONG(k, where, "is less than jitter_min_ms");
	where_in(where, "trunks", i, "ptime_ms");
	if (t->sip.ptime_ms % 10)
		WRONG(k, where, "is no multiple of 10");
}

static bool is_any(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
	return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr == INADDR_ANY;
}

void check_trunks(struct check *k)
{
	struct node_options *o = &k->c->options;

	for (unsigned i = 0; i < o->trunk_count; i++) {
		struct node_trunk *t = &o->trunk[i];
		char where[CONFIG_PATH_MAX];

		where_in(where, "trunks", i, "name");
		if (!node_config_word(t->sip.name))
			WRONG(k, where, "\"%s\" is not made of letters, digits, - and _", t->sip.name);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(o->trunk[j].sip.name, t->sip.name) == 0)
				WRONG(k, where, "there are two trunks \"%s\"", t->sip.name);
		where_in(where, "trunks", i, "local");
		if (t->sip.local.ss_family == 0)
			WRONG(k, where, "our address and port are needed, such as 10.0.0.1:5060");
		else if (is_any(&t->sip.local))
			WRONG(k, where, "must be an address that the peers can reach: it is told to them");
		check_own_numbers(k, "trunks", i, &t->own_numbers, &t->numbers);
		check_peers(k, i);
		check_sources(k, i);
		check_codecs(k, i);
		check_sound(k, i);
	}
}
