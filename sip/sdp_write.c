/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/sdp_write.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writer {
	char  *text;
	size_t size, len;
	bool   full;
};

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writer *w, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(w->text + w->len, w->size - w->len, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= w->size - w->len)
		w->full = true;
	else
		w->len += (size_t)n;
}

static const char *const encoding_maps[RTP_ENCODINGS] = {
	[RTP_PCMU] = "PCMU/8000",    [RTP_PCMA] = "PCMA/8000",
	[RTP_G722] = "G722/8000",    [RTP_COMFORT_NOISE] = "CN/8000",
	[RTP_TELEPHONE_EVENT] = "telephone-event/8000",
};

static void put_audio(struct writer *w, const struct sdp_line *line, unsigned port, const struct sdp_payloads *p,
                      unsigned ptime_ms, bool rtcp_mux, unsigned direction)
{
	static const char *const directions[] = { "inactive", "sendonly", "recvonly", "sendrecv" };

	put(w, "m=audio %u %s", port, line->proto);
	for (unsigned i = 0; i < p->count; i++)
		put(w, " %u", p->item[i].type);
	put(w, "\r\n");
	for (unsigned i = 0; i < p->count; i++) {
		put(w, "a=rtpmap:%u %s\r\n", p->item[i].type, encoding_maps[p->item[i].encoding]);
		if (p->item[i].encoding == RTP_TELEPHONE_EVENT)
			put(w, "a=fmtp:%u 0-15\r\n", p->item[i].type);
	}
	put(w, "a=ptime:%u\r\na=maxptime:%d\r\n", ptime_ms, RTP_PTIME_MAX_MS);
	if (rtcp_mux)
		put(w, "a=rtcp-mux\r\n");
	put(w, "a=%s\r\n", directions[direction & (RTP_SEND | RTP_RECV)]);
}

static uint64_t hash_of(const char *text, uint64_t hash) /* FNV-1a */
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
	return hash;
}

/* Written twice when it changed, since the version stands before what it depends on. */
int sdp_write(const struct sdp_config *c, struct sdp_said *before, const struct sdp_lines *lines, const struct sdp_payloads *p,
              unsigned ptime_ms, bool rtcp_mux, unsigned direction, char *text, size_t size)
{
	const struct sockaddr_storage *local = &c->local;
	bool v6 = local->ss_family == AF_INET6;
	char address[INET6_ADDRSTRLEN] = "";
	struct writer w = { .text = text, .size = size };
	const char *type = v6 ? "IP6" : "IP4";
	unsigned port;
	uint64_t hash;
	size_t head;

	if (size == 0)
		return -ENOSPC;
	if (v6)
		(void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)local)->sin6_addr, address, sizeof(address));
	else
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)local)->sin_addr, address, sizeof(address));
	port = ntohs(v6 ? ((const struct sockaddr_in6 *)local)->sin6_port : ((const struct sockaddr_in *)local)->sin_port);
	for (uint64_t version = before->version ? before->version : 1;; version++) {
		w.len = 0;
		put(&w, "v=0\r\no=- %llu %llu IN %s %s\r\n", (unsigned long long)c->session_id, (unsigned long long)version, type,
		    address);
		head = w.len;
		put(&w, "s=-\r\nc=IN %s %s\r\nt=0 0\r\n", type, address);
		for (unsigned i = 0; i < lines->count; i++) {
			const struct sdp_line *m = &lines->line[i];

			if ((int)i == lines->audio)
				put_audio(&w, m, port, p, ptime_ms, rtcp_mux, direction);
			else
				put(&w, "m=%s 0 %s %s\r\n", m->kind, m->proto, m->formats);
		}
		if (w.full)
			return -ENOSPC;
		hash = hash_of(text + head, 0xcbf29ce484222325u);
		if (version == before->version && hash != before->hash)
			continue;
		*before = (struct sdp_said){ .version = version, .hash = hash };
		return 0;
	}
}
