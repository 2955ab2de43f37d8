/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sip/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/address.h"
#include "core/clock.h"

#define FILES_MAX  16
#define DRAIN_MAX  (4u << 20) /* octets of a file in one go; what is beyond is not looked at */
#define FILE_KEEP  (256 << 10) /* octets: when a file is so long it begins anew */
#define HEADER_MAX 160        /* of a dump's line before each message */

#define BODIES     64 /* said and not yet seen in the dump */

struct capture_body { /* the SIP thread's */
	char   call_id[SIP_CAPTURE_CALL_ID];
	char  *text;
	size_t len;
};

struct capture_file {
	int                     fd;
	off_t                   seen; /* octets of it */
	struct sockaddr_storage local;
};

struct sip_capture {
	pthread_mutex_t     lock;
	struct sip_captured message[SIP_CAPTURE_MESSAGES];
	unsigned            first, count;
	size_t              octets;
	struct capture_file file[FILES_MAX];
	unsigned            file_count;
	struct capture_body body[BODIES];
	unsigned            body_next;
};

int sip_capture_alloc(struct sip_capture **cp)
{
	struct sip_capture *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&c->lock, NULL);
	*cp = c;
	return 0;
}

static void capture_drop_first(struct sip_capture *c)
{
	struct sip_captured *m = &c->message[c->first];

	c->octets -= m->len;
	free(m->text);
	m->text = NULL;
	c->first = (c->first + 1) % SIP_CAPTURE_MESSAGES;
	c->count--;
}

void sip_capture_free(struct sip_capture *c)
{
	if (c == NULL)
		return;
	while (c->count > 0)
		capture_drop_first(c);
	for (unsigned i = 0; i < c->file_count; i++)
		(void)close(c->file[i].fd);
	for (unsigned i = 0; i < BODIES; i++)
		free(c->body[i].text);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

int sip_capture_file(struct sip_capture *c, const struct sockaddr_storage *local, char *name, size_t size)
{
	struct capture_file *f = &c->file[c->file_count];

	if (c->file_count == FILES_MAX)
		return -ENOSPC;
	f->fd = memfd_create("sip", MFD_CLOEXEC);
	if (f->fd < 0)
		return -errno;
	f->local = *local;
	(void)snprintf(name, size, "/proc/self/fd/%d", f->fd);
	c->file_count++;
	return 0;
}

/* ---- out of the dump: "recv 612 bytes from udp/[127.0.0.1]:5060 at 10:11:12.131415:\n", the message, "\v\n". UDP's
 * largest is 64 KiB, so a length beyond that is none. ---- */

static bool capture_header(const char *line, struct sip_captured *m)
{
	char what[8], how[8], proto[8], address[64];
	unsigned port;
	size_t len;
	struct sockaddr_in *a4 = (void *)&m->peer;
	struct sockaddr_in6 *a6 = (void *)&m->peer;

	if (sscanf(line, "%7s %zu bytes %7s %7[a-z]/[%63[0-9a-fA-F:.]]:%u", what, &len, how, proto, address, &port) != 6 ||
	    len > 65535)
		return false;
	m->sent = strncmp(what, "sen", 3) == 0;
	m->tcp = strcmp(proto, "tcp") == 0;
	m->len = len;
	if (inet_pton(AF_INET, address, &a4->sin_addr) == 1) {
		a4->sin_family = AF_INET;
		a4->sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, address, &a6->sin6_addr) == 1) {
		a6->sin6_family = AF_INET6;
		a6->sin6_port = htons((uint16_t)port);
	}
	return true;
}

/* RFC 3261 7.3.3: "i" is its short form. */
static void capture_call_id(const char *text, char out[SIP_CAPTURE_CALL_ID])
{
	out[0] = '\0';
	for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n')) {
		const char *value = line + 1;
		size_t len;

		if (*value == '\r' || *value == '\n')
			return; /* the body */
		if (strncasecmp(value, "call-id", 7) == 0)
			value += 7;
		else if (strncasecmp(value, "i", 1) == 0)
			value += 1;
		else
			continue;
		value += strspn(value, " \t");
		if (*value++ != ':')
			continue;
		value += strspn(value, " \t");
		len = strcspn(value, " \t\r\n");
		(void)snprintf(out, SIP_CAPTURE_CALL_ID, "%.*s", (int)len, value);
		return;
	}
}

static void capture_keep(struct sip_capture *c, const struct sip_captured *m)
{
	unsigned last;

	(void)pthread_mutex_lock(&c->lock);
	while (c->count == SIP_CAPTURE_MESSAGES || (c->count > 0 && c->octets + m->len > SIP_CAPTURE_OCTETS))
		capture_drop_first(c);
	last = (c->first + c->count) % SIP_CAPTURE_MESSAGES;
	c->message[last] = *m;
	c->octets += m->len;
	c->count++;
	(void)pthread_mutex_unlock(&c->lock);
}

void sip_capture_body(struct sip_capture *c, const char *call_id, const char *body)
{
	struct capture_body *b = &c->body[c->body_next++ % BODIES];

	free(b->text);
	b->text = strdup(body);
	b->len = b->text ? strlen(b->text) : 0;
	(void)snprintf(b->call_id, sizeof(b->call_id), "%s", call_id);
}

/* What was sent is `missing` octets longer than the dump shows: the newest body of that call and that length. */
static const char *capture_missing(const struct sip_capture *c, const char *call_id, size_t missing)
{
	for (unsigned i = 1; i <= BODIES; i++) {
		const struct capture_body *b = &c->body[(c->body_next - i) % BODIES];

		if (b->text && b->len == missing && strcmp(b->call_id, call_id) == 0)
			return b->text;
	}
	return NULL;
}

/* Where the message at text ends: before "\v\n", at which a line begins that is the next one's, or nothing. */
static size_t capture_end(const char *text, size_t size, size_t most)
{
	const char *at = text;

	if (most < size && text[most] == '\v')
		return most;
	while ((at = memmem(at, size - (size_t)(at - text), "\v\n", 2)) != NULL) {
		if ((size_t)(at - text) > most)
			return 0;
		if (at + 2 == text + size || strncmp(at + 2, "recv ", 5) == 0 || strncmp(at + 2, "sent ", 5) == 0)
			return (size_t)(at - text);
		at += 2;
	}
	return 0;
}

static void capture_one(struct sip_capture *c, struct sip_captured *m, const char *text, size_t len)
{
	const char *body = NULL;
	char *all = malloc(m->len + 1);

	if (all == NULL)
		return;
	memcpy(all, text, len);
	all[len] = '\0';
	capture_call_id(all, m->call_id);
	if (len < m->len)
		body = capture_missing(c, m->call_id, m->len - len);
	if (body)
		memcpy(all + len, body, m->len - len + 1);
	else
		m->len = len;
	all[m->len] = '\0';
	m->text = all;
	if (m->call_id[0])
		capture_keep(c, m);
	else
		free(all); /* a keep-alive, garbage, the rest of a message */
}

static void capture_parse(struct sip_capture *c, const struct capture_file *f, const char *text, size_t size)
{
	int64_t now = clock_utc_us();
	size_t at = 0;

	while (at < size) {
		struct sip_captured m = { .utc_us = now, .local = f->local };
		const char *end = memchr(text + at, '\n', size - at);
		char line[HEADER_MAX];
		size_t len = end ? (size_t)(end - (text + at)) : 0;

		if (end == NULL)
			return;
		(void)snprintf(line, sizeof(line), "%.*s", (int)(len < HEADER_MAX ? len : HEADER_MAX - 1), text + at);
		at += len + 1;
		if (!capture_header(line, &m))
			continue;
		len = capture_end(text + at, size - at, m.len);
		if (len > 0)
			capture_one(c, &m, text + at, len);
		at += len;
	}
}

void sip_capture_drain(struct sip_capture *c)
{
	for (unsigned i = 0; i < c->file_count; i++) {
		struct capture_file *f = &c->file[i];
		off_t size = lseek(f->fd, 0, SEEK_END);
		size_t more;
		char *text;
		ssize_t n;

		if (size <= f->seen)
			continue;
		more = (size_t)(size - f->seen);
		more = more < DRAIN_MAX ? more : DRAIN_MAX;
		text = malloc(more);
		n = text ? pread(f->fd, text, more, f->seen) : 0;
		f->seen = size;
		/* Sofia appends: it goes on at the beginning. Not each time: pages given back must be made again. */
		if (size >= FILE_KEEP && ftruncate(f->fd, 0) == 0)
			f->seen = 0;
		if (n > 0)
			capture_parse(c, f, text, (size_t)n);
		free(text);
	}
}

/* ---- looking ---- */

unsigned sip_capture_find(struct sip_capture *c, const char *const *call_id, unsigned count, struct sip_captured *out,
                          unsigned max)
{
	unsigned found = 0;

	(void)pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < c->count && found < max; i++) {
		const struct sip_captured *m = &c->message[(c->first + i) % SIP_CAPTURE_MESSAGES];
		bool wanted = false;

		for (unsigned j = 0; j < count && !wanted; j++)
			wanted = strcmp(m->call_id, call_id[j]) == 0;
		if (!wanted)
			continue;
		out[found] = *m;
		out[found].text = malloc(m->len + 1);
		if (out[found].text == NULL)
			break;
		memcpy(out[found].text, m->text, m->len + 1);
		found++;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return found;
}

void sip_captured_free(struct sip_captured *m, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		free(m[i].text);
}

/* ---- pcap: link type 101, raw IP; https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap ---- */

struct pcap_file {
	uint32_t magic;
	uint16_t major, minor;
	int32_t  zone;
	uint32_t accuracy, length_max, link;
};
struct pcap_packet {
	uint32_t sec, usec, kept, length;
};
#define PCAP_MAX 65535

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned checksum(const uint8_t *p, unsigned len)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < len; i += 2)
		sum += (unsigned)p[i] << 8 | p[i + 1];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* RFC 791 3.1 or RFC 8200 3, then RFC 768. A message over TCP is shown as a datagram too. Returns the headers' length. */
static unsigned headers(const struct sip_captured *m, uint8_t out[48])
{
	const struct sockaddr_storage *from = m->sent ? &m->local : &m->peer, *to = m->sent ? &m->peer : &m->local;
	unsigned udp = (unsigned)m->len + 8, n;

	memset(out, 0, 48);
	if (from->ss_family == AF_INET6) {
		n = 40;
		out[0] = 0x60;
		put16(out + 4, udp);
		out[6] = IPPROTO_UDP;
		out[7] = 64;
		memcpy(out + 8, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
		memcpy(out + 24, &((const struct sockaddr_in6 *)(const void *)to)->sin6_addr, 16);
	} else {
		n = 20;
		out[0] = 0x45;
		put16(out + 2, udp + n);
		out[8] = 64;
		out[9] = IPPROTO_UDP;
		memcpy(out + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
		memcpy(out + 16, &((const struct sockaddr_in *)(const void *)to)->sin_addr, 4);
		put16(out + 10, checksum(out, n));
	}
	put16(out + n, address_port(from));
	put16(out + n + 2, address_port(to));
	put16(out + n + 4, udp);
	return n + 8; /* a checksum of 0: none was made */
}

int sip_captured_pcap(const struct sip_captured *m, unsigned count, FILE *out)
{
	const struct pcap_file file = { .magic = 0xa1b2c3d4, .major = 2, .minor = 4, .length_max = PCAP_MAX, .link = 101 };

	(void)fwrite(&file, sizeof(file), 1, out);
	for (unsigned i = 0; i < count; i++) {
		struct sip_captured one = m[i];
		struct pcap_packet packet;
		uint8_t head[48];
		unsigned n;

		if (one.len > PCAP_MAX - sizeof(head))
			one.len = PCAP_MAX - sizeof(head);
		n = headers(&one, head);
		packet.sec = (uint32_t)(one.utc_us / 1000000);
		packet.usec = (uint32_t)(one.utc_us % 1000000);
		packet.kept = packet.length = n + (uint32_t)one.len;
		(void)fwrite(&packet, sizeof(packet), 1, out);
		(void)fwrite(head, n, 1, out);
		(void)fwrite(one.text, one.len, 1, out);
	}
	return ferror(out) ? -EIO : 0;
}
