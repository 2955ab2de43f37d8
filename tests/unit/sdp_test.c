/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offer and answer (RFC 3264) with what phones and gateways send: tests/fuzz/corpus/sdp/NAME are their descriptions. Those of
 * baresip, twinkle and sipp were captured, the others are made as such equipment makes them. Then the dialogs: hold, port
 * changes, lines that come later, numbers that stay; and pairs of ours at random, which always mean the same.
 */
#include "sip/sdp.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/magic.h"
#include "core/random.h"

#define BOTH (RTP_SEND | RTP_RECV)
#define CORPUS "tests/fuzz/corpus/sdp/"

static const struct sdp_codec_list usual = {
	{ RTP_PCMA, RTP_PCMU, RTP_G722, RTP_COMFORT_NOISE, RTP_TELEPHONE_EVENT }, 5
};

static void set_address(struct sockaddr_storage *a, const char *address, unsigned port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
	} else {
		assert_int_equal(inet_pton(AF_INET6, address, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
	}
}

/* "192.0.2.1:5004", "-" for none */
static const char *address_text(const struct sockaddr_storage *a)
{
	static char text[80];
	char address[INET6_ADDRSTRLEN];

	if (a->ss_family == AF_UNSPEC)
		return "-";
	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;

		(void)snprintf(text, sizeof(text), "%s:%u", inet_ntop(AF_INET, &v4->sin_addr, address, sizeof(address)),
		               ntohs(v4->sin_port));
	} else {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;

		(void)snprintf(text, sizeof(text), "%s:%u", inet_ntop(AF_INET6, &v6->sin6_addr, address, sizeof(address)),
		               ntohs(v6->sin6_port));
	}
	return text;
}

/* "8:PCMA 101:event" */
static const char *payloads_text(const struct rtp_payload *p, unsigned count)
{
	static const char *const names[] = { "PCMU", "PCMA", "G722", "CN", "event" };
	static char text[120];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u:%s", i ? " " : "", p[i].type, names[p[i].encoding]);
	return text;
}

static struct sdp *end_alloc(const char *address, const struct sdp_codec_list *codecs)
{
	struct sdp_config c = { .codecs = *codecs, .ptime_ms = 20, .session_id = 77 };
	struct sdp *s = NULL;

	set_address(&c.local, address, 10000);
	assert_int_equal(sdp_alloc(&s, &c), 0);
	return s;
}

static size_t corpus_read(const char *name, char *text, size_t size)
{
	char path[200];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), CORPUS "%s", name);
	f = fopen(path, "re");
	if (f == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	n = fread(text, 1, size - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	return n;
}

/* The line of our text that begins so, without its end. */
static const char *line_of(const char *text, const char *begins)
{
	static char line[SDP_LINE_MAX];
	const char *p = text;

	while (p && strncmp(p, begins, strlen(begins)) != 0) {
		p = strstr(p, "\r\n");
		p = p ? p + 2 : NULL;
	}
	if (p == NULL)
		return "";
	(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\r"), p);
	return line;
}

static void take_offer(struct sdp *s, const char *text)
{
	struct sdp_error e;
	int err = sdp_take_offer(s, text, strlen(text), &e);

	if (err)
		fail_msg("%d, line %u: %s\n%s", err, e.line, e.text, text);
}

static void take_answer(struct sdp *s, const char *text)
{
	struct sdp_error e;
	int err = sdp_take_answer(s, text, strlen(text), &e);

	if (err)
		fail_msg("%d, line %u: %s\n%s", err, e.line, e.text, text);
}

static struct rtp_format format_of(const struct sdp *s)
{
	struct rtp_format f;

	assert_int_equal(sdp_format(s, &f), 0);
	return f;
}

static unsigned long version_of(const char *text)
{
	unsigned long id = 0, version = 0;

	assert_int_equal(sscanf(line_of(text, "o="), "o=- %lu %lu IN", &id, &version), 2);
	assert_int_equal(id, 77);
	return version;
}

/* ---- strict in what we send: RFC 8866's grammar and order, as far as we use it ---- */

static void check_ours(const char *text)
{
	static const char order[] = "vosctm";
	size_t at = 0, len = strlen(text);
	unsigned media = 0;

	assert_true(len > 2 && strcmp(text + len - 2, "\r\n") == 0);
	for (const char *p = text; *p;) {
		const char *end = strstr(p, "\r\n"), *found;

		assert_non_null(end);
		assert_null(memchr(p, '\n', (size_t)(end - p)));
		assert_int_equal(p[1], '=');
		if (*p == 'a') { /* attributes stand behind an m-line, none at session level */
			assert_true(media > 0);
		} else {
			found = strchr(order, *p);
			assert_non_null(found);
			assert_true((size_t)(found - order) == at || *p == 'm');
			media += *p == 'm';
			at = (size_t)(found - order) + 1;
		}
		p = end + 2;
	}
	assert_true(media > 0);
}

/* ---- phones ---- */

struct phone {
	const char *name;
	const char *local;
	int         err;
	const char *remote, *rtcp, *send;
	unsigned    ptime_ms;
	bool        mux, held;
	const char *lines; /* of our answer: its m-lines, "|" between them */
	const char *direction;
};

static const struct phone phones[] = {
	{ "baresip", "127.0.0.1", 0, "127.0.0.1:20054", "-", "8:PCMA 0:PCMU 9:G722 101:event", 20, false, false,
	  "m=audio 10000 RTP/AVP 8 0 9 101", "sendrecv" },
	/* opus and its events at 48 kHz are not ours, but those at 8 kHz beside them are; BUNDLE is not taken up, video
	 * refused */
	{ "baresip-video", "127.0.0.1", 0, "127.0.0.2:10000", "127.0.0.2:10001", "8:PCMA 0:PCMU 9:G722 98:event", 20, true, false,
	  "m=audio 10000 RTP/AVPF 8 0 9 98|m=video 0 RTP/AVPF 102", "sendrecv" },
	{ "twinkle", "127.0.0.1", 0, "127.0.0.1:25700", "-", "8:PCMA 0:PCMU 101:event", 20, false, false,
	  "m=audio 10000 RTP/AVP 8 0 101", "sendrecv" },
	/* no rtpmap for 0 and 8 */
	{ "linphone", "192.0.2.1", 0, "192.0.2.40:7078", "-", "8:PCMA 0:PCMU 100:event", 20, false, false,
	  "m=audio 10000 RTP/AVPF 8 0 100", "sendrecv" },
	/* SRTP first, plain second: the second is taken */
	{ "linphone-srtp", "192.0.2.1", 0, "192.0.2.40:7080", "-", "8:PCMA 0:PCMU 101:event", 20, false, false,
	  "m=audio 0 RTP/SAVP 0 8 101|m=audio 10000 RTP/AVP 8 0 101", "sendrecv" },
	{ "sipp", "127.0.0.1", 0, "127.0.0.1:6000", "-", "0:PCMU", 20, false, false, "m=audio 10000 RTP/AVP 0", "sendrecv" },
	/* IPv6, AMR, preconditions */
	{ "ims-precondition", "2001:db8::1", 0, "2001:db8::9:50010", "-", "8:PCMA 100:event", 20, false, false,
	  "m=audio 10000 RTP/AVP 8 100", "sendrecv" },
	{ "ims-precondition", "192.0.2.1", -ENOTSUP, .remote = NULL },
	/* ptime 30, RTCP elsewhere (RFC 3605), comfort noise, lines that the gateway refuses itself */
	{ "ims-gateway", "192.0.2.1", 0, "192.0.2.77:41000", "192.0.2.78:41100", "8:PCMA 13:CN 97:event", 30, false, false,
	  "m=audio 10000 RTP/AVP 8 13 97|m=image 0 udptl t38|m=message 0 TCP/MSRP *", "sendrecv" },
	{ "fax-t38", "192.0.2.1", -ENOTSUP, .remote = NULL },
	{ "conference-room", "192.0.2.1", 0, "192.0.2.60:3232", "-", "8:PCMA 0:PCMU 9:G722", 20, false, false,
	  "m=video 0 RTP/AVP 109 96|m=audio 10000 RTP/AVP 8 0 9|m=application 0 UDP/BFCP *|m=video 0 RTP/AVP 109|"
	  "m=application 0 RTP/AVP 100|m=message 0 TCP/TLS/MSRP *",
	  "sendrecv" },
	{ "browser", "127.0.0.1", -ENOTSUP, .remote = NULL },
	{ "hold-sendonly", "192.0.2.1", 0, "192.0.2.9:5004", "-", "8:PCMA 0:PCMU 101:event", 20, false, true,
	  "m=audio 10000 RTP/AVP 8 0 101", "recvonly" },
	{ "hold-session", "192.0.2.1", 0, "192.0.2.9:5004", "-", "8:PCMA 0:PCMU 101:event", 20, false, true,
	  "m=audio 10000 RTP/AVP 8 0 101", "inactive" },
	{ "hold-2543", "192.0.2.1", 0, "-", "-", "8:PCMA 0:PCMU 101:event", 20, false, true, "m=audio 10000 RTP/AVP 8 0 101",
	  "recvonly" },
	/* an old phone behind a gateway that leaves the 0.0.0.0 as it is */
	{ "hold-2543", "2001:db8::1", 0, "-", "-", "8:PCMA 0:PCMU 101:event", 20, false, true, "m=audio 10000 RTP/AVP 8 0 101",
	  "recvonly" },
	/* events, but not the digits: they are sent in-band. 55 ms are 50 */
	{ "no-digits", "192.0.2.1", 0, "192.0.2.9:5004", "-", "8:PCMA", 50, false, false, "m=audio 10000 RTP/AVP 8", "sendrecv" },
	{ "names", "192.0.2.1", -ENOTSUP, .remote = NULL },
	/* static numbers and 101 used for others; names in any case */
	{ "other-meaning", "192.0.2.1", 0, "192.0.2.9:5004", "-", "96:PCMA 127:event", 20, false, false,
	  "m=audio 10000 RTP/AVP 96 127", "sendrecv" },
	/* these two took the stack's own parser into a loop that ate all memory */
	{ "killer-image", "192.0.2.1", 0, "192.0.2.9:5004", "-", "8:PCMA", 20, false, false,
	  "m=image 0 udptl 0|m=audio 10000 RTP/AVP 8", "sendrecv" },
	{ "killer-msrp", "192.0.2.1", 0, "192.0.2.9:5004", "-", "8:PCMA", 20, false, false,
	  "m=application 0 TCP/MSRP 0|m=audio 10000 RTP/AVP 8", "sendrecv" },
	{ "too-many", "192.0.2.1", -E2BIG, .remote = NULL },
	{ "bad-port", "192.0.2.1", -EBADMSG, .remote = NULL },
	{ "bad-line", "192.0.2.1", -EBADMSG, .remote = NULL },
	{ "multicast", "192.0.2.1", -ENOTSUP, .remote = NULL },
	/* an attribute of 1500 characters is none of ours, and what stands behind it counts */
	{ "endless-attribute", "192.0.2.1", 0, "192.0.2.9:5004", "-", "8:PCMA 101:event", 20, false, false,
	  "m=audio 10000 RTP/AVP 8 101", "sendrecv" },
};

static void media_lines(const char *text, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (const char *p = strstr(text, "\r\nm="); p; p = strstr(p + 2, "\r\nm="))
		n += (size_t)snprintf(out + n, size - n, "%s%.*s", n ? "|" : "", (int)strcspn(p + 2, "\r"), p + 2);
}

static void phones_are_answered(void **state)
{
	char offer[SDP_TEXT_MAX], answer[SDP_TEXT_MAX], lines[1024];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(phones); i++) {
		const struct phone *p = &phones[i];
		struct sdp *s = end_alloc(p->local, &usual);
		size_t len = corpus_read(p->name, offer, sizeof(offer));
		struct sdp_error e;
		struct rtp_format f;
		int err = sdp_take_offer(s, offer, len, &e);

		print_message("%s: %d %s\n", p->name, err, e.text);
		assert_int_equal(err, p->err);
		if (err) {
			assert_true(e.text[0] != '\0');
			assert_int_equal(sdp_make_answer(s, BOTH, answer, sizeof(answer)), -EPROTO);
			assert_int_equal(sdp_format(s, &f), -ENOENT);
		} else {
			assert_int_equal(sdp_format(s, &f), -ENOENT); /* the offer alone is nothing */
			assert_int_equal(sdp_make_answer(s, BOTH, answer, sizeof(answer)), 0);
			check_ours(answer);
			media_lines(answer, lines, sizeof(lines));
			assert_string_equal(lines, p->lines);
			assert_non_null(strstr(answer, p->direction));
			assert_int_equal(strstr(answer, "rtcp-mux") != NULL, p->mux);
			f = format_of(s);
			assert_string_equal(address_text(&f.remote), p->remote);
			assert_string_equal(address_text(&f.remote_rtcp), p->rtcp);
			assert_string_equal(payloads_text(f.send, f.send_count), p->send);
			assert_string_equal(payloads_text(f.recv, f.recv_count), p->send);
			assert_int_equal(f.ptime_ms, p->ptime_ms);
			assert_int_equal(f.rtcp_mux, p->mux);
			assert_int_equal(sdp_held(s), p->held);
		}
		sdp_free(s);
	}
}

/* 16 lines, 40 numbers in each, no more than 32 of which are looked at. */
static void limits_hold(void **state)
{
	char offer[SDP_TEXT_MAX + 200], answer[SDP_TEXT_MAX], lines[4096];
	struct sdp *s = end_alloc("192.0.2.1", &usual);
	size_t len = corpus_read("many", offer, sizeof(offer));
	struct sdp_error e;

	(void)state;
	assert_int_equal(sdp_take_offer(s, offer, len, &e), 0);
	assert_int_equal(sdp_make_answer(s, BOTH, answer, 100), -ENOSPC);
	assert_int_equal(sdp_make_answer(s, BOTH, answer, sizeof(answer)), 0);
	check_ours(answer);
	media_lines(answer, lines, sizeof(lines));
	assert_int_equal(strncmp(lines, "m=audio 10000 RTP/AVP 0|m=audio 0 RTP/AVP 1 8 15 22 ", 52), 0);
	assert_int_equal(version_of(answer), 1); /* the one that had no room was never said */
	/* all of the text, and one more */
	memset(offer, 'x', sizeof(offer));
	len = (size_t)snprintf(offer, sizeof(offer), "v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5004 RTP/AVP 8\r\na=");
	offer[len] = 'x';
	assert_int_equal(sdp_take_offer(s, offer, SDP_TEXT_MAX, &e), 0);
	assert_int_equal(sdp_take_offer(s, offer, SDP_TEXT_MAX + 1, &e), -E2BIG);
	/* a line too long that is no attribute */
	memcpy(offer + len - 2, "i=", 2);
	assert_int_equal(sdp_take_offer(s, offer, SDP_TEXT_MAX, &e), -E2BIG);
	assert_int_equal(e.line, 4);
	sdp_free(s);
}

static void malformed_is_told(void **state)
{
	static const struct {
		const char *text;
		size_t      len; /* 0: all */
		int         err;
		unsigned    line;
	} bad[] = {
		{ "", 0, -EBADMSG, 0 },
		{ "v=1\r\n", 0, -EBADMSG, 1 },
		{ "s=-\r\nv=0\r\n", 0, -EBADMSG, 1 },
		{ "v=0\r\nm\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nM=audio 1 RTP/AVP 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=audio\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=audio x RTP/AVP 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=audio 12x RTP/AVP 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=audio -1 RTP/AVP 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=audio 5004 RTP//AVP 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=audio 5004 RTP/AVP/ 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=\"audio\" 5004 RTP/AVP 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nm=audioaudioaudioaudio 5004 RTP/AVP 0\r\n", 0, -EBADMSG, 2 },
		{ "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 0\0\r\n", 52, -EBADMSG, 0 },
		{ "v=0\r\n", 0, -ENOTSUP, 1 },
		{ "v=0\r\nm=audio 5004 RTP/AVP 0\r\n", 0, -ENOTSUP, 2 },
		{ "v=0\r\nc=IN IP4 1.2.3\r\nm=audio 5004 RTP/AVP 0\r\n", 0, -ENOTSUP, 3 },
		{ "v=0\r\nc=IN IP6 ::1\r\nm=audio 5004 RTP/AVP 0\r\n", 0, -ENOTSUP, 3 },
		{ "v=0\r\nc=ATM IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 0\r\n", 0, -ENOTSUP, 3 },
		{ "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 18 96 128 999 x\r\n", 0, -ENOTSUP, 3 },
		{ "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", 0, -ENOTSUP,
		  3 },
		{ "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 0\r\na=rtpmap:0 PCMU/16000\r\n", 0, -ENOTSUP, 3 },
		{ "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 5004 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000/2\r\n", 0, -ENOTSUP, 3 },
	};
	char offer[SDP_TEXT_MAX], before[SDP_TEXT_MAX];
	struct rtp_format was, is;
	struct sdp *s = end_alloc("192.0.2.1", &usual);

	(void)state;
	(void)corpus_read("ims-gateway", offer, sizeof(offer));
	take_offer(s, offer);
	assert_int_equal(sdp_make_answer(s, BOTH, before, sizeof(before)), 0);
	was = format_of(s);
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct sdp_error e;
		int err = sdp_take_offer(s, bad[i].text, bad[i].len ? bad[i].len : strlen(bad[i].text), &e);

		if (err != bad[i].err || e.line != bad[i].line || e.text[0] == '\0')
			fail_msg("%s: %d, line %u: %s", bad[i].text, err, e.line, e.text);
		is = format_of(s);
		assert_memory_equal(&was, &is, sizeof(is));
	}
	sdp_free(s);
}

/* ---- dialogs ---- */

static void hold_and_resume(void **state)
{
	char offer[SDP_TEXT_MAX], text[SDP_TEXT_MAX];
	struct sdp *s = end_alloc("192.0.2.1", &usual);
	unsigned long version;
	struct rtp_format f;

	(void)state;
	(void)corpus_read("hold-sendonly", offer, sizeof(offer));
	memcpy(strstr(offer, "sendonly"), "sendrecv", 8);
	take_offer(s, offer);
	assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
	version = version_of(text);
	/* again the same: a refresh of the session (RFC 4028). Nothing changed, so the version is as it was. */
	take_offer(s, offer);
	assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
	assert_int_equal(version_of(text), version);
	assert_false(sdp_held(s));
	/* hold, as three kinds of phone do it; each time back */
	for (unsigned i = 0; i < 3; i++) {
		static const char *const hold[] = { "hold-sendonly", "hold-session", "hold-2543" };
		char held[SDP_TEXT_MAX];

		(void)corpus_read(hold[i], held, sizeof(held));
		take_offer(s, held);
		assert_false(sdp_held(s)); /* not before it is answered */
		assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
		assert_int_equal(version_of(text), ++version);
		assert_true(sdp_held(s));
		f = format_of(s);
		assert_false(f.direction & RTP_SEND);
		assert_int_equal(f.direction, i == 1 ? 0 : RTP_RECV);
		take_offer(s, offer);
		assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
		assert_int_equal(version_of(text), ++version);
		assert_false(sdp_held(s));
		f = format_of(s);
		assert_int_equal(f.direction, BOTH);
		assert_string_equal(address_text(&f.remote), "192.0.2.9:5004");
	}
	/* our own hold: they may only answer so, and that is no hold of theirs */
	assert_int_equal(sdp_make_offer(s, RTP_SEND, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "a=sendonly\r\n"));
	memcpy(strstr(offer, "sendrecv"), "recvonly", 8);
	take_answer(s, offer);
	assert_int_equal(format_of(s).direction, RTP_SEND);
	assert_false(sdp_held(s));
	assert_int_equal(sdp_make_offer(s, 0, text, sizeof(text)), 0);
	memcpy(strstr(offer, "recvonly"), "inactive", 8);
	take_answer(s, offer);
	assert_int_equal(format_of(s).direction, 0);
	assert_false(sdp_held(s));
	/* and they say sendonly to our sendrecv: that is */
	assert_int_equal(sdp_make_offer(s, BOTH, text, sizeof(text)), 0);
	memcpy(strstr(offer, "inactive"), "sendonly", 8);
	take_answer(s, offer);
	assert_int_equal(format_of(s).direction, RTP_RECV);
	assert_true(sdp_held(s));
	sdp_free(s);
}

#define THEIRS "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

static void our_offer(void **state)
{
	static const struct {
		const char *text;
		int         err;
	} bad[] = {
		{ THEIRS, -EPROTO },
		{ THEIRS "m=video 5004 RTP/AVP 8\r\n", -EPROTO },
		{ THEIRS "m=audio 5004 RTP/AVP 8\r\nm=video 0 RTP/AVP 96\r\n", -EPROTO },
		{ THEIRS "m=audio 0 RTP/AVP 8\r\n", -ENOTSUP },
		{ THEIRS "m=audio 5004 RTP/AVP 18\r\n", -ENOTSUP },
		{ THEIRS "m=audio 5004 RTP/SAVP 8\r\n", -ENOTSUP },
		{ "nothing", -EBADMSG },
	};
	char text[SDP_TEXT_MAX];
	struct sdp *s = end_alloc("192.0.2.1", &usual);
	struct sdp_error e;
	struct rtp_format f;

	(void)state;
	assert_int_equal(sdp_make_offer(s, BOTH, text, sizeof(text)), 0);
	assert_string_equal(text, "v=0\r\n"
	                          "o=- 77 1 IN IP4 192.0.2.1\r\n"
	                          "s=-\r\n"
	                          "c=IN IP4 192.0.2.1\r\n"
	                          "t=0 0\r\n"
	                          "m=audio 10000 RTP/AVP 8 0 9 13 101\r\n"
	                          "a=rtpmap:8 PCMA/8000\r\n"
	                          "a=rtpmap:0 PCMU/8000\r\n"
	                          "a=rtpmap:9 G722/8000\r\n"
	                          "a=rtpmap:13 CN/8000\r\n"
	                          "a=rtpmap:101 telephone-event/8000\r\n"
	                          "a=fmtp:101 0-15\r\n"
	                          "a=ptime:20\r\n"
	                          "a=maxptime:60\r\n"
	                          "a=sendrecv\r\n");
	check_ours(text);
	assert_int_equal(sdp_format(s, &f), -ENOENT);
	/* not answers to it; refused; a codec that we did not offer. Each leaves us waiting for one */
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(sdp_take_answer(s, bad[i].text, strlen(bad[i].text), &e), bad[i].err);
	assert_int_equal(sdp_format(s, &f), -ENOENT);
	/* their number of the events is another: we send by theirs, they by ours, or wrongly by theirs. What they add is left. */
	take_answer(s, THEIRS "m=audio 5004 RTP/AVP 18 0 97\r\na=rtpmap:97 telephone-event/8000\r\na=ptime:40\r\n");
	f = format_of(s);
	assert_string_equal(payloads_text(f.send, f.send_count), "0:PCMU 97:event");
	assert_string_equal(payloads_text(f.recv, f.recv_count), "0:PCMU 101:event 97:event");
	assert_int_equal(f.ptime_ms, 40);
	/* a second answer to the same offer: another fork, or the 200 behind a 183 */
	take_answer(s, THEIRS "m=audio 6004 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n");
	f = format_of(s);
	assert_string_equal(address_text(&f.remote), "192.0.2.9:6004");
	assert_string_equal(payloads_text(f.send, f.send_count), "8:PCMA 101:event");
	sdp_free(s);
	/* an answer without an offer */
	s = end_alloc("192.0.2.1", &usual);
	assert_int_equal(sdp_take_answer(s, THEIRS, strlen(THEIRS), &e), -EPROTO);
	sdp_free(s);
}

/* What is in the dialog once stays in its place with its number, whoever offers. */
static void places_and_numbers_stay(void **state)
{
	char text[SDP_TEXT_MAX], lines[1024];
	struct sdp *s = end_alloc("192.0.2.1", &usual);
	struct rtp_format f;

	(void)state;
	take_offer(s, THEIRS "m=audio 5004 RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/8000\r\n");
	assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
	assert_int_equal(version_of(text), 1);
	/* video and a second audio come later: the first audio stays the one */
	take_offer(s, THEIRS "m=audio 5006 RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/8000\r\nm=video 5008 RTP/AVP "
	                     "101\r\nm=audio 5010 RTP/AVP 8\r\n");
	assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
	assert_int_equal(version_of(text), 2);
	media_lines(text, lines, sizeof(lines));
	assert_string_equal(lines, "m=audio 10000 RTP/AVP 0 97|m=video 0 RTP/AVP 101|m=audio 0 RTP/AVP 8");
	f = format_of(s);
	assert_string_equal(address_text(&f.remote), "192.0.2.9:5006"); /* the port changed with it */
	/* we offer: all three lines, the events keep 97, what was not agreed on yet gets a number that is free */
	assert_int_equal(sdp_make_offer(s, BOTH, text, sizeof(text)), 0);
	assert_int_equal(version_of(text), 3);
	media_lines(text, lines, sizeof(lines));
	assert_string_equal(lines, "m=audio 10000 RTP/AVP 8 0 9 13 97|m=video 0 RTP/AVP 101|m=audio 0 RTP/AVP 8");
	take_answer(s, THEIRS "m=audio 5006 RTP/AVP 9 97\r\na=rtpmap:97 telephone-event/8000\r\nm=video 0 RTP/AVP 101\r\nm=audio "
	                      "0 RTP/AVP 8\r\n");
	f = format_of(s);
	assert_string_equal(payloads_text(f.send, f.send_count), "9:G722 97:event");
	/* the first audio is taken away: the other one is taken */
	take_offer(s, THEIRS "m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 101\r\nm=audio 5010 RTP/AVP 8\r\n");
	assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
	media_lines(text, lines, sizeof(lines));
	assert_string_equal(lines, "m=audio 0 RTP/AVP 0|m=video 0 RTP/AVP 101|m=audio 10000 RTP/AVP 8");
	f = format_of(s);
	assert_string_equal(payloads_text(f.send, f.send_count), "8:PCMA");
	/* 97 meant events in this dialog before, and no other number does now */
	assert_int_equal(sdp_make_offer(s, BOTH, text, sizeof(text)), 0);
	media_lines(text, lines, sizeof(lines));
	assert_string_equal(lines, "m=audio 0 RTP/AVP 0|m=video 0 RTP/AVP 101|m=audio 10000 RTP/AVP 8 0 9 13 97");
	sdp_free(s);

	/* 101 is something else here, and every number of ours is taken: events get another, or none */
	s = end_alloc("192.0.2.1", &usual);
	take_offer(s, THEIRS "m=audio 5004 RTP/AVP 0 101\r\na=rtpmap:101 iLBC/8000\r\n");
	assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
	assert_int_equal(sdp_make_offer(s, BOTH, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n"));
	sdp_free(s);
}

static void directions_never_more_than_offered(void **state)
{
	static const char *const theirs[] = { "inactive", "sendonly", "recvonly", "sendrecv" };
	static const unsigned most[] = { 0, RTP_RECV, RTP_SEND, BOTH };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		for (unsigned ours = 0; ours < 4; ours++) {
			struct sdp *s = end_alloc("192.0.2.1", &usual);
			char offer[512], text[SDP_TEXT_MAX];

			(void)snprintf(offer, sizeof(offer), THEIRS "m=audio 5004 RTP/AVP 0\r\na=%s\r\n", theirs[i]);
			take_offer(s, offer);
			assert_int_equal(sdp_make_answer(s, ours, text, sizeof(text)), 0);
			assert_int_equal(format_of(s).direction, ours & most[i]);
			assert_string_equal(line_of(text, "a=maxptime"), "a=maxptime:60");
			assert_non_null(strstr(text, theirs[ours & most[i]]));
			/* as an answer to ours it is the same */
			assert_int_equal(sdp_make_offer(s, ours, text, sizeof(text)), 0);
			take_answer(s, offer);
			assert_int_equal(format_of(s).direction, ours & most[i]);
			sdp_free(s);
		}
}

static void times_of_packets(void **state)
{
	static const struct {
		const char *attributes;
		unsigned    ms;
	} times[] = {
		{ "", 20 },
		{ "a=ptime:10\r\n", 10 },
		{ "a=ptime:5\r\n", 10 },
		{ "a=ptime:60\r\n", 60 },
		{ "a=ptime:240\r\n", 60 },
		{ "a=ptime:39\r\n", 30 },
		{ "a=maxptime:10\r\n", 10 },
		{ "a=maxptime:15\r\n", 10 },
		{ "a=ptime:40\r\na=maxptime:30\r\n", 30 },
		{ "a=ptime:-20\r\n", 20 },
		{ "a=ptime:99999999999\r\n", 20 },
		{ "a=ptime: 30\r\n", 20 },
		{ "a=ptime:20.0\r\n", 20 },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(times); i++) {
		struct sdp *s = end_alloc("192.0.2.1", &usual);
		char offer[512], text[SDP_TEXT_MAX], line[32];

		(void)snprintf(offer, sizeof(offer), THEIRS "m=audio 5004 RTP/AVP 0\r\n%s", times[i].attributes);
		take_offer(s, offer);
		assert_int_equal(sdp_make_answer(s, BOTH, text, sizeof(text)), 0);
		assert_int_equal(format_of(s).ptime_ms, times[i].ms);
		(void)snprintf(line, sizeof(line), "a=ptime:%u", times[i].ms);
		assert_string_equal(line_of(text, "a=ptime"), line);
		sdp_free(s);
	}
}

/* ---- two of ours ---- */

static void random_codecs(struct sdp_codec_list *c)
{
	c->count = 0;
	for (unsigned e = 0; e < RTP_ENCODINGS; e++)
		if (random_below(3) || e == RTP_PCMA) {
			unsigned at = random_below(c->count + 1);

			memmove(&c->encoding[at + 1], &c->encoding[at], (c->count - at) * sizeof(c->encoding[0]));
			c->encoding[at] = (enum rtp_encoding)e;
			c->count++;
		}
}

static bool has(const struct rtp_payload *p, unsigned count, const struct rtp_payload *wanted)
{
	for (unsigned i = 0; i < count; i++)
		if (p[i].type == wanted->type && p[i].encoding == wanted->encoding)
			return true;
	return false;
}

static void means_the_same(const struct rtp_format *a, const struct rtp_format *b)
{
	assert_true(a->send_count >= 1 && a->send[0].encoding <= RTP_G722);
	for (unsigned i = 0; i < a->send_count; i++)
		assert_true(has(b->recv, b->recv_count, &a->send[i])); /* what is sent is understood */
	assert_int_equal(!(a->direction & RTP_SEND), !(b->direction & RTP_RECV));
}

static void two_of_ours_at_random(void **state)
{
	(void)state;
	random_seed(8866);
	for (unsigned run = 0; run < 2000; run++) {
		struct sdp_codec_list codecs[2];
		struct sdp *end[2];
		char text[2][SDP_TEXT_MAX];
		unsigned long version[2] = { 0, 0 };

		for (unsigned i = 0; i < 2; i++) {
			random_codecs(&codecs[i]);
			end[i] = end_alloc(run & 1 ? "2001:db8::1" : "192.0.2.1", &codecs[i]);
		}
		for (unsigned round = 0; round < 6; round++) {
			unsigned who = random_below(2);
			struct rtp_format f[2];

			assert_int_equal(sdp_make_offer(end[who], random_below(4), text[who], SDP_TEXT_MAX), 0);
			take_offer(end[!who], text[who]);
			assert_int_equal(sdp_make_answer(end[!who], random_below(4), text[!who], SDP_TEXT_MAX), 0);
			take_answer(end[who], text[!who]);
			for (unsigned i = 0; i < 2; i++) {
				f[i] = format_of(end[i]);
				check_ours(text[i]);
				assert_true(version_of(text[i]) >= version[i] && version_of(text[i]) <= version[i] + 1);
				version[i] = version_of(text[i]);
			}
			means_the_same(&f[0], &f[1]);
			means_the_same(&f[1], &f[0]);
		}
		sdp_free(end[0]);
		sdp_free(end[1]);
	}
	sdp_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phones_are_answered),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(malformed_is_told),
		cmocka_unit_test(hold_and_resume),
		cmocka_unit_test(our_offer),
		cmocka_unit_test(places_and_numbers_stay),
		cmocka_unit_test(directions_never_more_than_offered),
		cmocka_unit_test(times_of_packets),
		cmocka_unit_test(two_of_ours_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
