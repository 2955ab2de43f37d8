/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/packet.h - the header of an RTP packet (RFC 3550 5.1), and what is counted of one source of packets (A.1, A.3, A.8).
 *
 *    0 1 2 3 4 5 6 7                                  V is 2. P: the last octet says how many at the end are padding. X: an
 *   |V=2|P|X|  CC   |M|     PT      | sequence |      extension of 4 octets + so many words follows the CSRCs (5.3.1).
 *   | timestamp | SSRC | CSRC * CC | extension | payload | padding |
 *
 * Pure: any thread, no memory, no clock. Nothing is believed of what came in: each length is checked against what is there.
 */
#ifndef RTP_PACKET_H
#define RTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER      12
#define RTP_PAYLOAD_MAX 480                            /* 60 ms of G.711 or G.722 */
#define RTP_PACKET_MAX  (RTP_HEADER + RTP_PAYLOAD_MAX) /* that we send */
#define RTP_CLOCK       8000                           /* of every encoding that we know */

struct rtp_packet {
	bool           marker;
	uint8_t        type;
	uint16_t       seq;
	uint32_t       timestamp, ssrc;
	const uint8_t *payload;    /* into the packet */
	unsigned       len;        /* of it, without padding; 0 is allowed */
};

/* -EBADMSG: no RTP of version 2 */
int  rtp_packet_parse(struct rtp_packet *p, const uint8_t *data, size_t len);
void rtp_packet_header(const struct rtp_packet *p, uint8_t out[RTP_HEADER]);
/* RFC 5761 4: which of the two has come to a port that both use. Types 72..76 with the marker are RTCP's 200..204 and so on. */
bool rtp_packet_is_rtcp(const uint8_t *data, size_t len);

/* ---- a source ---- */

/* RFC 3550 A.1. A call has one source at a time, and who sends is known by the address: so the first packet counts at once, and
 * two in a row of another SSRC, or far off in sequence, are the source's new beginning. */
#define RTP_DROPOUT_MAX  3000
#define RTP_MISORDER_MAX 100

enum rtp_order {
	RTP_NEXT,      /* the one that was due, or a later one: those between may still come */
	RTP_OLD,       /* one of before, now: reordered, or a duplicate */
	RTP_JUMP,      /* far off, or of another SSRC: not believed until the next one follows it */
	RTP_RESTARTED, /* and that did: the source has begun anew with this packet */
};

struct rtp_source {
	bool     begun;
	uint32_t ssrc;
	uint16_t seq_max;
	uint32_t cycles;                       /* of the sequence number, << 16 */
	uint32_t base_seq;
	uint32_t next_seq, next_ssrc;          /* of what is not believed yet, the next would be */
	uint32_t received;                     /* since base_seq, duplicates included (6.4.1) */
	uint32_t expected_prior, received_prior;
	uint64_t lost_before;                  /* of earlier runs: before a restart */
	uint32_t transit, jitter_x16;          /* A.8, in 1/8000 s */
	bool     transit_known;
};

/* Each packet of this source. arrival: in 1/8000 s, any origin. Events and comfort noise are packets too, but only those whose
 * timestamp tells when they were sent go into the jitter (`timed`). */
enum rtp_order rtp_source_packet(struct rtp_source *s, uint32_t ssrc, uint16_t seq, uint32_t timestamp, uint32_t arrival,
                                 bool timed);
void     rtp_source_init(struct rtp_source *s);                /* nothing has come */
uint32_t rtp_source_highest(const struct rtp_source *s);       /* extended (6.4.1) */
int64_t  rtp_source_lost(const struct rtp_source *s);          /* negative with duplicates (A.3) */
uint32_t rtp_source_jitter(const struct rtp_source *s);        /* in 1/8000 s */
/* For a report: the part lost since the last one, in 1/256. */
uint8_t  rtp_source_fraction(struct rtp_source *s);

#endif
