/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/sdp_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/magic.h"
#include "sip/span.h"

#define DIGITS_NEEDED 11 /* events 0 to 11: the keys of a telephone (RFC 4733 3.2) */

struct reader {
	const struct sdp_wanted *wanted;
	struct sdp_body         *body;
	struct sdp_error        *error;
	unsigned                 line;     /* of the text */
	bool                     in_media;
	/* Session level, then a copy of it for each m-line with what that line's attributes say. */
	struct sdp_audio         session, media;
	/* a c= was there; of a family or form that is not ours: not usable */
	bool                     session_address, media_address;
	bool                     session_usable, media_usable;
	unsigned                 media_line;                     /* of the text */
	bool                     deaf[SDP_FORMATS_MAX];          /* telephone-event without the digits */
	struct sdp_error         why_not;                        /* of the first audio line that cannot be used */
};

static int fail(struct reader *r, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(struct reader *r, int err, const char *format, ...)
{
	va_list ap;

	r->error->line = r->line;
	va_start(ap, format);
	(void)vsnprintf(r->error->text, sizeof(r->error->text), format, ap);
	va_end(ap);
	return err;
}

/* ---- encodings ---- */

bool sdp_plain_rtp(const char *proto)
{
	return strcmp(proto, "RTP/AVP") == 0 || strcmp(proto, "RTP/AVPF") == 0;
}

bool sdp_is_speech(int encoding)
{
	return encoding == RTP_PCMU || encoding == RTP_PCMA || encoding == RTP_G722;
}

bool sdp_codecs_have(const struct sdp_codec_list *c, int encoding)
{
	for (unsigned i = 0; i < c->count; i++)
		if ((int)c->encoding[i] == encoding)
			return true;
	return false;
}

static int encoding_of_static(long type) /* RFC 3551 6, table 4 */
{
	return type == 0    ? RTP_PCMU
	       : type == 8  ? RTP_PCMA
	       : type == 9  ? RTP_G722
	       : type == 13 ? RTP_COMFORT_NOISE
	                    : SDP_ENCODING_OTHER;
}

/* name/clock[/channels] */
static int encoding_of_map(struct span map)
{
	struct span name = span_word(&map, '/'), clock = span_word(&map, '/');

	if (map.len && !span_is(span_word(&map, '/'), "1"))
		return SDP_ENCODING_OTHER;
	/* G.722 has a clock of 8000 by mistake (RFC 3551 4.5.2); some phones write what it samples at. */
	if (span_is_loosely(name, "G722") && (span_is(clock, "8000") || span_is(clock, "16000")))
		return RTP_G722;
	if (!span_is(clock, "8000"))
		return SDP_ENCODING_OTHER;
	return span_is_loosely(name, "PCMU")              ? RTP_PCMU
	       : span_is_loosely(name, "PCMA")            ? RTP_PCMA
	       : span_is_loosely(name, "CN")              ? RTP_COMFORT_NOISE
	       : span_is_loosely(name, "telephone-event") ? RTP_TELEPHONE_EVENT
	                                                  : SDP_ENCODING_OTHER;
}

/* RFC 4733 7.1.1: events=0-15,66. Whether the digits are among them. */
static bool events_have_digits(struct span list)
{
	bool have[DIGITS_NEEDED + 1] = { false };

	while (list.len) {
		struct span item = span_word(&list, ',');
		long from = span_number(&item, 255), to = from;

		if (from >= 0 && item.len && *item.at == '-') {
			item = (struct span){ item.at + 1, item.len - 1 };
			to = span_number(&item, 255);
		}
		for (long i = from; i >= 0 && i <= to && i <= DIGITS_NEEDED; i++)
			have[i] = true;
	}
	for (unsigned i = 0; i < ARRAY_LEN(have); i++)
		if (!have[i])
			return false;
	return true;
}

/* ---- lines ---- */

/* c=IN IP4 192.0.2.1[/ttl[/addresses]] */
static bool read_address(struct span s, int family, struct sockaddr_storage *out)
{
	struct span net = span_word(&s, ' '), type = span_word(&s, ' '), address = span_word(&s, '/');
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	char text[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	if (!span_is_loosely(net, "IN") || !span_copy(address, text, sizeof(text)))
		return false;
	if (span_is_loosely(type, "IP4") && inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		in_addr_t a = ntohl(v4->sin_addr.s_addr);

		if (a != INADDR_ANY)
			out->ss_family = AF_INET;
		return a == INADDR_ANY || (family == AF_INET && !IN_MULTICAST(a) && a != INADDR_BROADCAST);
	}
	if (span_is_loosely(type, "IP6") && inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		if (!IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
			out->ss_family = AF_INET6;
		return out->ss_family == AF_UNSPEC || (family == AF_INET6 && !IN6_IS_ADDR_MULTICAST(&v6->sin6_addr));
	}
	return false;
}

static void set_port(struct sockaddr_storage *a, unsigned port)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)a)->sin_port = htons((uint16_t)port);
	else if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)a)->sin6_port = htons((uint16_t)port);
}

static void read_connection(struct reader *r, struct span s)
{
	/* A second one belongs to a range of multicast addresses (RFC 8866 5.7). */
	if (r->in_media) {
		if (!r->media_address)
			r->media_usable = read_address(s, r->wanted->family, &r->media.rtp);
		r->media_address = true;
	} else {
		if (!r->session_address)
			r->session_usable = read_address(s, r->wanted->family, &r->session.rtp);
		r->session_address = true;
	}
}

static int format_index(const struct sdp_audio *a, long type)
{
	for (unsigned i = 0; i < a->format_count; i++)
		if (a->format[i].type == type)
			return (int)i;
	return -1;
}

static void read_map(struct reader *r, struct span value)
{
	int i = format_index(&r->media, span_number(&value, 127));

	if (i >= 0)
		r->media.format[i].encoding = encoding_of_map(span_word(&value, ' '));
}

static void read_parameters(struct reader *r, struct span value)
{
	int i = format_index(&r->media, span_number(&value, 127));

	if (i < 0)
		return;
	span_skip_space(&value);
	if (value.len > 7 && span_is_loosely((struct span){ value.at, 7 }, "events="))
		value = (struct span){ value.at + 7, value.len - 7 };
	r->deaf[i] = !events_have_digits(value);
}

/* a=rtcp:53020 IN IP4 192.0.2.1 (RFC 3605 2.1) */
static void read_rtcp(struct reader *r, struct span value)
{
	long port = span_number(&value, 65535);

	if (!r->in_media || port <= 0)
		return;
	if (!read_address(value, r->wanted->family, &r->media.rtcp)) {
		/* That of RTP, when its c= has come: media_end(). */
		memset(&r->media.rtcp, 0, sizeof(r->media.rtcp));
		r->media.rtcp.ss_family = (sa_family_t)r->wanted->family;
	}
	set_port(&r->media.rtcp, (unsigned)port);
}

static void read_attribute(struct reader *r, struct span s)
{
	struct sdp_audio *a = r->in_media ? &r->media : &r->session;
	struct span value = s, name = span_word(&value, ':');
	long n;

	if (span_is(name, "sendrecv"))
		a->direction = RTP_SEND | RTP_RECV;
	else if (span_is(name, "sendonly"))
		a->direction = RTP_SEND;
	else if (span_is(name, "recvonly"))
		a->direction = RTP_RECV;
	else if (span_is(name, "inactive"))
		a->direction = 0;
	else if (span_is(name, "rtpmap"))
		read_map(r, value);
	else if (span_is(name, "fmtp"))
		read_parameters(r, value);
	else if (span_is(name, "ptime") && (n = span_number(&value, 10000)) > 0)
		a->ptime_ms = (unsigned)n;
	else if (span_is(name, "maxptime") && (n = span_number(&value, 10000)) > 0)
		a->maxptime_ms = (unsigned)n;
	else if (span_is(name, "rtcp"))
		read_rtcp(r, value);
	else if (span_is(name, "rtcp-mux"))
		a->rtcp_mux = true;
}

static bool span_is_proto(struct span s) /* token *("/" token) */
{
	struct span w;

	if (s.len == 0 || s.at[s.len - 1] == '/')
		return false;
	while (s.len) {
		w = span_word(&s, '/');
		if (!span_is_token(w))
			return false;
	}
	return true;
}

/* m=audio 49170[/2] RTP/AVP 0 8 101 */
static int read_media(struct reader *r, struct span s)
{
	struct span kind = span_word(&s, ' '), port = span_word(&s, ' '), proto = span_word(&s, ' ');
	struct sdp_lines *lines = &r->body->lines;
	struct sdp_line *m;
	size_t used = 0;
	long n;

	if (lines->count == SDP_MEDIA_MAX)
		return fail(r, -E2BIG, "more than %d m-lines", SDP_MEDIA_MAX);
	m = &lines->line[lines->count];
	memset(m, 0, sizeof(*m));
	if (!span_is_token(kind) || !span_is_proto(proto) || !span_copy(kind, m->kind, sizeof(m->kind)) ||
	    !span_copy(proto, m->proto, sizeof(m->proto)))
		return fail(r, -EBADMSG, "m-line without a kind of media or a protocol");
	n = span_number(&port, 65535);
	if (n < 0 || (port.len && *port.at != '/'))
		return fail(r, -EBADMSG, "m-line without a port");
	m->port = (unsigned)n;
	lines->count++;
	r->in_media = true;
	r->media = r->session;
	r->media_address = false;
	r->media_line = r->line;
	memset(r->deaf, 0, sizeof(r->deaf));
	while (s.len) {
		struct span word = span_word(&s, ' '), number = word;
		long type = span_number(&number, 127);

		if (!span_is_token(word))
			continue;
		if (used + word.len + 2 < sizeof(m->formats)) {
			if (used)
				m->formats[used++] = ' ';
			memcpy(m->formats + used, word.at, word.len);
			used += word.len;
		}
		if (type < 0 || number.len || r->media.format_count == SDP_FORMATS_MAX || format_index(&r->media, type) >= 0)
			continue;
		r->media.format[r->media.format_count].type = (uint8_t)type;
		r->media.format[r->media.format_count++].encoding = encoding_of_static(type);
	}
	if (used == 0)
		m->formats[0] = '0'; /* there must be one (RFC 3264 6) */
	return 0;
}

/* ---- the whole ---- */

static const char *media_unusable(const struct reader *r, const struct sdp_line *m)
{
	if (!sdp_plain_rtp(m->proto))
		return "audio not over plain RTP";
	if (m->port == 0)
		return "audio with port 0";
	if (!r->media_address && !r->session_address)
		return "audio without an address";
	if (!(r->media_address ? r->media_usable : r->session_usable))
		return "audio at an address that cannot be used";
	for (unsigned i = 0; i < r->media.format_count; i++)
		if (sdp_is_speech(r->media.format[i].encoding) && sdp_codecs_have(r->wanted->codecs, r->media.format[i].encoding))
			return NULL;
	return "no codec in common";
}

/* An m-line and all that belongs to it has been read. */
static void media_end(struct reader *r)
{
	struct sdp_lines *lines = &r->body->lines;
	int index = (int)lines->count - 1;
	const struct sdp_line *m = &lines->line[index];
	const char *why_not;

	if (strcmp(m->kind, "audio") != 0 || (r->wanted->only && index != r->wanted->line))
		return;
	why_not = media_unusable(r, m);
	if (why_not) {
		if (r->why_not.line == 0) {
			r->why_not.line = r->media_line;
			(void)snprintf(r->why_not.text, sizeof(r->why_not.text), "%s (%s)", why_not, m->proto);
		}
		return;
	}
	if (lines->audio >= 0 && index != r->wanted->line)
		return;
	for (unsigned i = 0; i < r->media.format_count; i++)
		if (r->media.format[i].encoding == RTP_TELEPHONE_EVENT && r->deaf[i])
			r->media.format[i].encoding = SDP_ENCODING_OTHER;
	set_port(&r->media.rtp, m->port);
	if (r->media.rtp.ss_family == AF_UNSPEC) {
		r->media.rtcp.ss_family = AF_UNSPEC;
	} else if (r->media.rtcp.ss_family == AF_INET && ((struct sockaddr_in *)&r->media.rtcp)->sin_addr.s_addr == 0) {
		((struct sockaddr_in *)&r->media.rtcp)->sin_addr = ((struct sockaddr_in *)&r->media.rtp)->sin_addr;
	} else if (r->media.rtcp.ss_family == AF_INET6 &&
	           IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)&r->media.rtcp)->sin6_addr)) {
		((struct sockaddr_in6 *)&r->media.rtcp)->sin6_addr = ((struct sockaddr_in6 *)&r->media.rtp)->sin6_addr;
	}
	lines->audio = index;
	r->body->audio = r->media;
}

static int read_line(struct reader *r, struct span s)
{
	struct span value;

	if (s.len < 2 || s.at[1] != '=' || s.at[0] < 'a' || s.at[0] > 'z')
		return fail(r, -EBADMSG, "not a line of a session description");
	value = (struct span){ s.at + 2, s.len - 2 };
	if (s.len > SDP_LINE_MAX) /* attributes that long are none of ours: keys, pictures' parameters */
		return s.at[0] == 'a' ? 0 : fail(r, -E2BIG, "line longer than %d", SDP_LINE_MAX);
	switch (s.at[0]) {
	case 'm':
		if (r->in_media)
			media_end(r);
		return read_media(r, value);
	case 'c': read_connection(r, value); return 0;
	case 'a': read_attribute(r, value); return 0;
	default: return 0;
	}
}

/* The next line without its end; the text is what is behind. Empty ones are counted and skipped. */
static struct span next_line(struct reader *r, struct span *text)
{
	struct span s = { text->at, 0 };

	while (s.len == 0 && text->len) {
		const char *end = memchr(text->at, '\n', text->len);

		s.at = text->at;
		s.len = end ? (size_t)(end - text->at) : text->len;
		text->at += s.len + (end != NULL);
		text->len -= s.len + (end != NULL);
		if (s.len && s.at[s.len - 1] == '\r')
			s.len--;
		r->line++;
	}
	return s;
}

int sdp_read(const char *text, size_t len, const struct sdp_wanted *w, struct sdp_body *b, struct sdp_error *e)
{
	struct reader r = { .wanted = w, .body = b, .error = e, .session.direction = RTP_SEND | RTP_RECV };
	struct span rest = { text, len }, s;
	int err = 0;

	memset(b, 0, sizeof(*b));
	memset(e, 0, sizeof(*e));
	b->lines.audio = -1;
	if (len > SDP_TEXT_MAX)
		return fail(&r, -E2BIG, "longer than %d", SDP_TEXT_MAX);
	if (len && memchr(text, '\0', len))
		return fail(&r, -EBADMSG, "not text");
	s = next_line(&r, &rest);
	if (!span_is(s, "v=0"))
		return fail(&r, -EBADMSG, "does not begin with v=0");
	while (!err && (s = next_line(&r, &rest)).len)
		err = read_line(&r, s);
	if (err)
		return err;
	if (r.in_media)
		media_end(&r);
	if (b->lines.audio >= 0)
		return 0;
	if (r.why_not.line == 0)
		return fail(&r, -ENOTSUP, "no audio");
	*e = r.why_not;
	return -ENOTSUP;
}
