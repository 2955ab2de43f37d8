/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/rtcp.h"

#include <errno.h>
#include <string.h>

#include "rtp/octets.h"

enum { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203 };

#define SENDER_LEN 20
#define REPORT_LEN 24
#define SDES_CNAME 1

/* ---- reading ---- */

static void parse_report(struct rtcp *r, const uint8_t *p, uint32_t our_ssrc)
{
	if (get32(p) != our_ssrc)
		return;
	r->has_report = true;
	r->report.ssrc = our_ssrc;
	r->report.fraction_lost = p[4];
	r->report.lost = (int32_t)(get32(p + 4) << 8) / 256; /* the sign is in the 24th bit */
	r->report.highest = get32(p + 8);
	r->report.jitter = get32(p + 12);
	r->report.last_sr = get32(p + 16);
	r->report.delay = get32(p + 20);
}

static void parse_sender(struct rtcp *r, const uint8_t *p)
{
	r->has_sender = true;
	r->sender.ntp = (uint64_t)get32(p) << 32 | get32(p + 4);
	r->sender.timestamp = get32(p + 8);
	r->sender.packets = get32(p + 12);
	r->sender.octets = get32(p + 16);
}

/* One packet of a compound, len octets with its header. */
static int parse_packet(struct rtcp *r, const uint8_t *p, size_t len, uint32_t our_ssrc)
{
	unsigned count = p[0] & 0x1f;
	size_t at = 8; /* behind header and SSRC */

	switch (p[1]) {
	case RTCP_SR:
		if (len < at + SENDER_LEN)
			return -EBADMSG;
		if (get32(p + 4) == r->ssrc)
			parse_sender(r, p + at);
		at += SENDER_LEN;
		/* fall through */
	case RTCP_RR:
		if (len < at + (size_t)count * REPORT_LEN)
			return -EBADMSG;
		for (unsigned i = 0; i < count; i++, at += REPORT_LEN)
			parse_report(r, p + at, our_ssrc);
		return 0;
	case RTCP_BYE:
		if (len < 4 + (size_t)count * 4)
			return -EBADMSG;
		for (unsigned i = 0; i < count; i++)
			r->bye |= get32(p + 4 + (size_t)i * 4) == r->ssrc;
		return 0;
	default: /* SDES, APP, RFC 4585, 3611...: not for us */
		return 0;
	}
}

int rtcp_parse(struct rtcp *r, const uint8_t *data, size_t len, uint32_t our_ssrc)
{
	size_t at = 0;

	memset(r, 0, sizeof(*r));
	if (len < 8 || (data[0] & 0xe0) != 0x80 || (data[1] != RTCP_SR && data[1] != RTCP_RR))
		return -EBADMSG;
	r->ssrc = get32(data + 4);
	while (at < len) {
		const uint8_t *p = data + at;
		size_t size, padding = 0;

		if (len - at < 4 || p[0] >> 6 != 2)
			return -EBADMSG;
		size = ((size_t)get16(p + 2) + 1) * 4;
		if (size > len - at)
			return -EBADMSG;
		if (p[0] & 0x20) { /* the last one only */
			padding = p[size - 1];
			if (at + size != len || padding == 0 || padding > size - 4)
				return -EBADMSG;
		}
		if (parse_packet(r, p, size - padding, our_ssrc) < 0)
			return -EBADMSG;
		at += size;
	}
	return 0;
}

/* ---- writing ---- */

/* Header and SSRC of a packet whose end is known later. */
static uint8_t *build_begin(uint8_t *p, unsigned count, uint8_t type, uint32_t ssrc)
{
	p[0] = (uint8_t)(0x80 | count);
	p[1] = type;
	put32(p + 4, ssrc);
	return p + 8;
}

static uint8_t *build_end(uint8_t *p, uint8_t *end)
{
	put16(p + 2, (uint16_t)((end - p) / 4 - 1));
	return end;
}

static uint8_t *build_sender(uint8_t *p, const struct rtcp_sender *s)
{
	put32(p, (uint32_t)(s->ntp >> 32));
	put32(p + 4, (uint32_t)s->ntp);
	put32(p + 8, s->timestamp);
	put32(p + 12, s->packets);
	put32(p + 16, s->octets);
	return p + SENDER_LEN;
}

static uint8_t *build_report(uint8_t *p, const struct rtcp_report *r)
{
	put32(p, r->ssrc);
	put32(p + 4, (uint32_t)r->lost & 0xffffff);
	p[4] = r->fraction_lost;
	put32(p + 8, r->highest);
	put32(p + 12, r->jitter);
	put32(p + 16, r->last_sr);
	put32(p + 20, r->delay);
	return p + REPORT_LEN;
}

/* 6.5: a chunk ends with zeros up to the next word, at least one. */
static uint8_t *build_sdes(uint8_t *p, const char *cname)
{
	size_t len = strnlen(cname, RTCP_CNAME_SIZE - 1), size = (2 + len + 4) & ~(size_t)3;

	memset(p, 0, size);
	p[0] = SDES_CNAME;
	p[1] = (uint8_t)len;
	memcpy(p + 2, cname, len);
	return p + size;
}

unsigned rtcp_build(uint8_t out[RTCP_MAX], uint32_t ssrc, const struct rtcp_sender *sender, const struct rtcp_report *report,
                    const char *cname, bool bye)
{
	uint8_t *at = out, *p;

	p = build_begin(at, report != NULL, sender ? RTCP_SR : RTCP_RR, ssrc);
	if (sender)
		p = build_sender(p, sender);
	if (report)
		p = build_report(p, report);
	at = build_end(at, p);
	at = build_end(at, build_sdes(build_begin(at, 1, RTCP_SDES, ssrc), cname));
	if (bye)
		at = build_end(at, build_begin(at, 1, RTCP_BYE, ssrc));
	return (unsigned)(at - out);
}

void rtcp_cname(char cname[RTCP_CNAME_SIZE], const uint8_t random[12])
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < 4; i++) {
		uint32_t bits = (uint32_t)random[3 * i] << 16 | (uint32_t)random[3 * i + 1] << 8 | random[3 * i + 2];

		for (unsigned k = 0; k < 4; k++)
			cname[4 * i + k] = digit[bits >> (18 - 6 * k) & 63];
	}
	cname[16] = '\0';
}

uint64_t rtcp_ntp(int64_t utc_us)
{
	uint64_t s = (uint64_t)utc_us / 1000000 + 2208988800u, us = (uint64_t)utc_us % 1000000; /* RFC 868: 70 years */

	return s << 32 | (us << 32) / 1000000;
}

/* ---- a participant ---- */

static int64_t state_interval(uint32_t chance)
{
	return RTCP_INTERVAL_US / 2 + (int64_t)(((uint64_t)chance * RTCP_INTERVAL_US) >> 32);
}

void rtcp_begin(struct rtcp_state *s, int64_t now_us, uint32_t chance, const uint8_t random[12])
{
	memset(s, 0, sizeof(*s));
	rtcp_cname(s->cname, random);
	s->round_trip_us = -1;
	s->next_us = now_us + state_interval(chance) / 2;
}

/* 6.4.1: A - LSR - DLSR, all in 1/65536 s, modulo 2^32: 18 hours. */
static void state_round_trip(struct rtcp_state *s, const struct rtcp_report *r, int64_t now_us)
{
	uint32_t now = (uint32_t)(rtcp_ntp(now_us) >> 16);
	int32_t trip = (int32_t)(now - r->last_sr - r->delay);

	if (r->last_sr == 0)
		return;
	/* Their delay is rounded: a little below zero is zero. More, or over a minute, is nonsense. */
	if (trip >= -65 && trip < 60 << 16)
		s->round_trip_us = trip > 0 ? (int64_t)trip * 1000000 >> 16 : 0;
}

void rtcp_heard(struct rtcp_state *s, const struct rtcp *r, int64_t now_us)
{
	if (r->has_sender) {
		s->last_sr = (uint32_t)(r->sender.ntp >> 16);
		s->last_sr_us = now_us;
	}
	if (r->has_report) {
		s->remote_fraction = r->report.fraction_lost;
		s->remote_lost = r->report.lost;
		s->remote_jitter = r->report.jitter;
		state_round_trip(s, &r->report, now_us);
	}
}

bool rtcp_due(struct rtcp_state *s, int64_t now_us, uint32_t chance)
{
	if (now_us < s->next_us)
		return false;
	s->next_us = now_us + state_interval(chance);
	return true;
}

void rtcp_report_about(struct rtcp_report *out, struct rtp_source *src, const struct rtcp_state *s, int64_t now_us)
{
	int64_t lost = rtp_source_lost(src);

	out->ssrc = src->ssrc;
	out->fraction_lost = rtp_source_fraction(src);
	out->lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : (int32_t)lost;
	out->highest = rtp_source_highest(src);
	out->jitter = rtp_source_jitter(src);
	out->last_sr = s->last_sr;
	out->delay = s->last_sr ? (uint32_t)((now_us - s->last_sr_us) * 65536 / 1000000) : 0;
}
