/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/packet.h"

#include <errno.h>
#include <string.h>

#include "rtp/octets.h"

int rtp_packet_parse(struct rtp_packet *p, const uint8_t *data, size_t len)
{
	size_t at = RTP_HEADER;

	if (len < RTP_HEADER || data[0] >> 6 != 2)
		return -EBADMSG;
	at += (size_t)(data[0] & 0x0f) * 4;
	if (data[0] & 0x10) {
		if (len < at + 4)
			return -EBADMSG;
		at += 4 + (size_t)get16(data + at + 2) * 4;
	}
	if (len < at)
		return -EBADMSG;
	if (data[0] & 0x20) {
		if (len == at || data[len - 1] == 0 || data[len - 1] > len - at)
			return -EBADMSG;
		len -= data[len - 1];
	}
	p->marker = data[1] & 0x80;
	p->type = data[1] & 0x7f;
	p->seq = get16(data + 2);
	p->timestamp = get32(data + 4);
	p->ssrc = get32(data + 8);
	p->payload = data + at;
	p->len = (unsigned)(len - at);
	return 0;
}

void rtp_packet_header(const struct rtp_packet *p, uint8_t out[RTP_HEADER])
{
	out[0] = 0x80;
	out[1] = (uint8_t)((p->marker ? 0x80 : 0) | p->type);
	put16(out + 2, p->seq);
	put32(out + 4, p->timestamp);
	put32(out + 8, p->ssrc);
}

bool rtp_packet_is_rtcp(const uint8_t *data, size_t len)
{
	return len >= 2 && data[0] >> 6 == 2 && data[1] >= 192 && data[1] <= 223;
}

/* ---- a source ---- */

void rtp_source_init(struct rtp_source *s)
{
	memset(s, 0, sizeof(*s));
}

#define NO_SEQ 0x10000u

static void source_begin(struct rtp_source *s, uint32_t ssrc, uint16_t seq)
{
	int64_t lost = s->begun ? rtp_source_lost(s) : 0;

	s->begun = true;
	s->ssrc = ssrc;
	s->base_seq = s->seq_max = seq;
	s->next_seq = NO_SEQ;
	s->cycles = 0;
	s->received = s->received_prior = s->expected_prior = 0;
	s->transit_known = false;
	s->lost_before = lost > 0 ? (uint64_t)lost : 0;
}

/* Something else than what is known: two of it in a row, with nothing known between, are believed. */
static enum rtp_order source_suspect(struct rtp_source *s, uint32_t ssrc, uint16_t seq)
{
	if (s->next_seq == seq && s->next_ssrc == ssrc) {
		source_begin(s, ssrc, seq);
		return RTP_RESTARTED;
	}
	s->next_seq = (uint16_t)(seq + 1);
	s->next_ssrc = ssrc;
	return RTP_JUMP;
}

static enum rtp_order source_order(struct rtp_source *s, uint32_t ssrc, uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - s->seq_max);

	if (!s->begun) {
		source_begin(s, ssrc, seq);
		return RTP_NEXT;
	}
	if (ssrc != s->ssrc || (ahead >= RTP_DROPOUT_MAX && ahead <= 0x10000 - RTP_MISORDER_MAX))
		return source_suspect(s, ssrc, seq);
	s->next_seq = NO_SEQ;
	if (ahead == 0 || ahead >= RTP_DROPOUT_MAX)
		return RTP_OLD;
	if (seq < s->seq_max)
		s->cycles += 0x10000;
	s->seq_max = seq;
	return RTP_NEXT;
}

/* A.8: |transit - last transit| as a running mean over 16 packets, which is kept 16 times as large. */
static void source_jitter(struct rtp_source *s, uint32_t timestamp, uint32_t arrival)
{
	uint32_t transit = arrival - timestamp;
	int32_t d = (int32_t)(transit - s->transit);

	if (s->transit_known) {
		uint32_t size = d < 0 ? -(uint32_t)d : (uint32_t)d;

		/* Who makes his timestamps jump makes no more jitter than a minute. */
		s->jitter_x16 += (size < 60u * RTP_CLOCK ? size : 60u * RTP_CLOCK) - ((s->jitter_x16 + 8) >> 4);
	}
	s->transit = transit;
	s->transit_known = true;
}

enum rtp_order rtp_source_packet(struct rtp_source *s, uint32_t ssrc, uint16_t seq, uint32_t timestamp, uint32_t arrival,
                                 bool timed)
{
	enum rtp_order order = source_order(s, ssrc, seq);

	if (order == RTP_JUMP)
		return order;
	s->received++;
	if (timed)
		source_jitter(s, timestamp, arrival);
	return order;
}

uint32_t rtp_source_highest(const struct rtp_source *s)
{
	return s->cycles + s->seq_max;
}

static uint32_t source_expected(const struct rtp_source *s)
{
	return s->begun ? rtp_source_highest(s) - s->base_seq + 1 : 0;
}

int64_t rtp_source_lost(const struct rtp_source *s)
{
	return (int64_t)s->lost_before + source_expected(s) - s->received;
}

uint32_t rtp_source_jitter(const struct rtp_source *s)
{
	return s->jitter_x16 >> 4;
}

uint8_t rtp_source_fraction(struct rtp_source *s)
{
	uint32_t expected = source_expected(s) - s->expected_prior, received = s->received - s->received_prior;

	s->expected_prior += expected;
	s->received_prior += received;
	if (expected == 0 || received >= expected)
		return 0;
	/* All lost is 256/256, which the octet does not hold. */
	return received == 0 ? 255 : (uint8_t)(((uint64_t)(expected - received) << 8) / expected);
}
