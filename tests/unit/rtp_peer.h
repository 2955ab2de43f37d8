/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/rtp_peer.h - the other end of a stream, with sockets of its own: it writes and reads its packets octet by octet and
 * shares nothing with rtp/ but G.711's tables. Time is the virtual clock's; what was sent is there when the clock has moved.
 * With PARTYLINE_PCAP=FILE all that peers hear is written there, for tests/systems/rtp_wire.sh. Included by the tests of streams,
 * after cmocka.
 */
#ifndef TESTS_UNIT_RTP_PEER_H
#define TESTS_UNIT_RTP_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "dsp/g711.h"
#include "dsp/tone.h"

#define PEER_HEARD (8000 * 40)
#define PEER_EVENT 101
#define PEER_NOISE 13

struct peer {
	int      fd[2];               /* RTP, RTCP */
	struct sockaddr_in own, to, to_rtcp;
	bool     mux;
	/* speaking */
	unsigned type, ptime_ms;
	uint16_t seq;
	uint32_t timestamp, ssrc;
	int16_t  said[8000];          /* one second, again and again */
	uint64_t at;                  /* samples said */
	unsigned due_ms;
	unsigned drop;                /* one packet in so many is not sent; 0: all are */
	bool     quiet;
	/* heard */
	int16_t  heard[PEER_HEARD];
	unsigned samples;
	unsigned packets, events, markers, bad_steps, rtcp, byes, last_len, last_type;
	bool     any;
	uint16_t heard_seq;
	uint32_t heard_timestamp, heard_ssrc, steps_lost; /* timestamps that went on by more than what was there */
	char     keys[64];            /* of telephone-events: each first packet, */
	unsigned key_ends, key_count; /* and packets with E */
	uint32_t key_timestamp;
	uint8_t  report[256];         /* the newest RTCP packet */
	unsigned report_len;
};

__attribute__((unused)) static uint32_t peer_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

__attribute__((unused)) static void peer_put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

__attribute__((unused)) static struct sockaddr_in peer_address(const char *host, unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	assert_int_equal(inet_pton(AF_INET, host, &a.sin_addr), 1);
	return a;
}

/* Each test program, and each run of it, on loopback addresses of its own: n = 1, 2, ... */
__attribute__((unused)) static const char *peer_host(unsigned n)
{
	static char host[8][32];
	unsigned pid = (unsigned)getpid();

	assert_true(n < 8);
	(void)snprintf(host[n], sizeof(host[n]), "127.%u.%u.%u", 1 + (pid >> 13 & 0x7f), pid >> 5 & 0xff, (pid & 0x1f) * 8 + n);
	return host[n];
}

__attribute__((unused)) static void peer_open(struct peer *p, const char *host, unsigned port)
{
	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < 2; i++) {
		struct sockaddr_in a = peer_address(host, port + i);

		p->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(p->fd[i] >= 0);
		assert_int_equal(bind(p->fd[i], (struct sockaddr *)&a, sizeof(a)), 0);
	}
	p->own = peer_address(host, port);
	p->type = 8;
	p->ptime_ms = 20;
	p->seq = 65000;
	p->timestamp = 0xffff0000;
	p->ssrc = 0x1000 + port;
}

__attribute__((unused)) static void peer_close(struct peer *p)
{
	(void)close(p->fd[0]);
	(void)close(p->fd[1]);
}

__attribute__((unused)) static void peer_to(struct peer *p, const struct sockaddr_storage *rtp)
{
	memcpy(&p->to, rtp, sizeof(p->to));
	p->to_rtcp = p->to;
	p->to_rtcp.sin_port = htons((uint16_t)(ntohs(p->to.sin_port) + 1));
}

__attribute__((unused)) static void peer_tone(struct peer *p, double hz, double dbm0)
{
	struct dual_tone t;

	dual_tone_init(&t, 8000, hz, dbm0, 0, 0);
	dual_tone_process(&t, p->said, 8000);
}

__attribute__((unused)) static void peer_octets(struct peer *p, bool rtcp, const void *data, size_t len)
{
	const struct sockaddr_in *to = rtcp && !p->mux ? &p->to_rtcp : &p->to;

	(void)sendto(p->fd[rtcp && !p->mux], data, len, 0, (const struct sockaddr *)to, sizeof(*to));
}

__attribute__((unused)) static void peer_packet(struct peer *p, unsigned type, bool marker, uint32_t timestamp,
                                                const uint8_t *payload, size_t len)
{
	uint8_t b[12 + 480] = { 0x80, (uint8_t)(type | (marker ? 0x80 : 0)), (uint8_t)(p->seq >> 8), (uint8_t)p->seq };

	peer_put32(b + 4, timestamp);
	peer_put32(b + 8, p->ssrc);
	memcpy(b + 12, payload, len);
	if (p->drop == 0 || p->seq % p->drop)
		peer_octets(p, false, b, 12 + len);
	p->seq++;
}

__attribute__((unused)) static void peer_sound(struct peer *p)
{
	unsigned n = p->ptime_ms * 8;
	uint8_t payload[480] = { 0 };

	for (unsigned i = 0; i < n; i++) {
		int16_t s = p->said[(p->at + i) % 8000];

		payload[i] = p->type == 0 ? g711_ulaw_encode(s) : g711_alaw_encode(s);
	}
	peer_packet(p, p->type, p->at == 0, p->timestamp, payload, n);
	p->at += n;
	p->timestamp += n;
}

/* 10 ms go by. */
__attribute__((unused)) static void peer_speak(struct peer *p)
{
	if (p->quiet) {
		p->timestamp += 80;
		return;
	}
	p->due_ms += 10;
	if (p->due_ms < p->ptime_ms)
		return;
	p->due_ms = 0;
	peer_sound(p);
}

/* RFC 4733 as it is in the book: two updates, three ends, of 20 ms. */
__attribute__((unused)) static void peer_press(struct peer *p, unsigned event)
{
	for (unsigned i = 0; i < 5; i++) {
		unsigned duration = i < 2 ? 160 * (i + 1) : 400;
		const uint8_t payload[4] = { (uint8_t)event, i >= 2 ? 0x8a : 0x0a, (uint8_t)(duration >> 8), (uint8_t)duration };

		peer_packet(p, PEER_EVENT, i == 0, p->timestamp, payload, 4);
	}
	p->timestamp += 400;
}

__attribute__((unused)) static void peer_hear_event(struct peer *p, const uint8_t *b, unsigned len, uint32_t timestamp)
{
	static const char digits[] = "0123456789*#ABCD";

	assert_int_equal(len, 16);
	p->events++;
	if (p->key_count == 0 || timestamp != p->key_timestamp) {
		assert_true(b[1] & 0x80 && p->key_count < sizeof(p->keys) - 1);
		p->keys[p->key_count++] = digits[b[12] & 15];
	}
	p->key_timestamp = timestamp;
	p->key_ends += b[13] >> 7;
}

__attribute__((unused)) static void peer_hear_sound(struct peer *p, const uint8_t *b, unsigned len)
{
	for (unsigned i = 12; i < len && p->samples < PEER_HEARD; i++)
		p->heard[p->samples++] = (b[1] & 0x7f) == 0 ? g711_ulaw_decode(b[i]) : g711_alaw_decode(b[i]);
}

__attribute__((unused)) static void peer_hear_packet(struct peer *p, const uint8_t *b, unsigned len)
{
	uint16_t seq = (uint16_t)(b[2] << 8 | b[3]);
	uint32_t timestamp = peer_get32(b + 4);

	assert_true(len >= 12 && b[0] == 0x80);
	if (p->any && (seq != (uint16_t)(p->heard_seq + 1) || peer_get32(b + 8) != p->heard_ssrc))
		p->bad_steps++;
	p->heard_seq = seq;
	p->heard_ssrc = peer_get32(b + 8);
	p->markers += b[1] >> 7;
	p->packets++;
	p->last_type = b[1] & 0x7f;
	p->last_len = len - 12;
	if (p->last_type == PEER_EVENT) {
		peer_hear_event(p, b, len, timestamp);
	} else {
		if (p->any && timestamp != p->heard_timestamp)
			p->steps_lost += timestamp - p->heard_timestamp;
		p->heard_timestamp = timestamp + len - 12;
		peer_hear_sound(p, b, len);
	}
	p->any = true;
}

__attribute__((unused)) static void peer_hear_report(struct peer *p, const uint8_t *b, unsigned len)
{
	p->rtcp++;
	p->report_len = len;
	memcpy(p->report, b, len);
	for (unsigned at = 0; at + 4 <= len; at += ((unsigned)(b[at + 2] << 8 | b[at + 3]) + 1) * 4)
		p->byes += b[at + 1] == 203;
}

static FILE *peer_pcap; /* open until the program ends */

/* A packet of IPv4 and UDP around what came, without checksums (link type 228), in the virtual clock's time. */
__attribute__((unused)) static void peer_trace(const struct peer *p, bool rtcp, const struct sockaddr_in *from, const uint8_t *b,
                                               unsigned len)
{
	const uint32_t file[6] = { 0xa1b2c3d4, 4u << 16 | 2, 0, 0, 65535, 228 }; /* 2.4 */
	int64_t us = clock_utc_us();
	uint32_t record[4] = { (uint32_t)(us / 1000000), (uint32_t)(us % 1000000), 28 + len, 28 + len };
	uint8_t ip[28] = { 0x45, 0, (uint8_t)((28 + len) >> 8), (uint8_t)(28 + len), 0, 0, 0, 0, 64, 17 };
	uint16_t to = htons((uint16_t)(ntohs(p->own.sin_port) + rtcp));
	const char *path = getenv("PARTYLINE_PCAP");

	if (!path)
		return;
	if (!peer_pcap) {
		peer_pcap = fopen(path, "we");
		assert_non_null(peer_pcap);
		(void)fwrite(file, sizeof(file), 1, peer_pcap);
	}
	memcpy(ip + 12, &from->sin_addr, 4);
	memcpy(ip + 16, &p->own.sin_addr, 4);
	memcpy(ip + 20, &from->sin_port, 2);
	memcpy(ip + 22, &to, 2);
	ip[24] = (uint8_t)((8 + len) >> 8);
	ip[25] = (uint8_t)(8 + len);
	(void)fwrite(record, sizeof(record), 1, peer_pcap);
	(void)fwrite(ip, sizeof(ip), 1, peer_pcap);
	(void)fwrite(b, len, 1, peer_pcap);
}

__attribute__((unused)) static void peer_listen(struct peer *p)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t b[2048];
	ssize_t n;

	for (unsigned i = 0; i < 2; i++)
		while ((n = recvfrom(p->fd[i], b, sizeof(b), 0, (struct sockaddr *)&from, &from_len)) > 0 ||
		       (n < 0 && errno == ECONNREFUSED)) {
			if (n < 0)
				continue;
			peer_trace(p, i == 1, &from, b, (unsigned)n);
			if (i == 1 || (b[1] >= 192 && b[1] <= 223))
				peer_hear_report(p, b, (unsigned)n);
			else
				peer_hear_packet(p, b, (unsigned)n);
		}
}

#endif
