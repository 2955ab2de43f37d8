/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/rtcp.h - RTCP (RFC 3550 6.4 - 6.6): compound packets read and written, and what a participant of a call keeps for them:
 * when to send the next, and what the reports of the other end say.
 *
 * We send SR (RR while we have sent nothing) with one report about the one source we hear, SDES with CNAME, and BYE at the end.
 * Of what comes in we want the sender's times, the report about us, and BYE; all else that is well formed is passed over.
 *
 * Pure: any thread, no memory, no clock, no chance of its own.
 */
#ifndef RTP_RTCP_H
#define RTP_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/packet.h"

#define RTCP_MAX        128 /* octets that we send */
/* 96 random bits in base64 (RFC 7022 4.2, 5): another one for each session, so that nobody is followed */
#define RTCP_CNAME_SIZE 17
/* 6.2 wants one each 5 s as the least interval, drawn from half to one and a half of it (6.3.1). With two members in a session
 * there are no floods to prevent: neither the compensation e - 3/2 nor reconsideration are needed. The first comes after half. */
#define RTCP_INTERVAL_US 5000000

struct rtcp_sender { /* 6.4.1 */
	uint64_t ntp;    /* 1900-01-01, 2^-32 s */
	uint32_t timestamp, packets, octets;
};

struct rtcp_report {
	uint32_t ssrc;
	uint8_t  fraction_lost; /* 1/256 */
	int32_t  lost;          /* 24 bits, signed */
	uint32_t highest, jitter, last_sr, delay; /* delay since last_sr: 1/65536 s */
};

/* What a compound packet said. */
struct rtcp {
	uint32_t           ssrc;      /* of its first packet */
	bool               has_sender, has_report, bye;
	struct rtcp_sender sender;
	struct rtcp_report report;    /* about us */
};

/* our_ssrc: whose reports are wanted. -EBADMSG: not valid after A.2 (the first is SR or RR, without padding; all lengths together
 * are the packet). */
int      rtcp_parse(struct rtcp *r, const uint8_t *data, size_t len, uint32_t our_ssrc);
/* sender NULL: RR; report NULL: none. Returns the octets. */
unsigned rtcp_build(uint8_t out[RTCP_MAX], uint32_t ssrc, const struct rtcp_sender *sender, const struct rtcp_report *report,
                    const char *cname, bool bye);
void     rtcp_cname(char cname[RTCP_CNAME_SIZE], const uint8_t random[12]);
uint64_t rtcp_ntp(int64_t utc_us);

/* ---- a participant ---- */

struct rtcp_state {
	char     cname[RTCP_CNAME_SIZE];
	int64_t  next_us;               /* when the next is due */
	uint32_t last_sr;               /* the middle of their last SR's time, 0: none came */
	int64_t  last_sr_us;            /* and when it came */
	uint8_t  remote_fraction;       /* what they say of us */
	int32_t  remote_lost;
	uint32_t remote_jitter;         /* 1/8000 s */
	int64_t  round_trip_us;         /* -1: not known */
};

/* Times are of one clock (core/clock.h, UTC: what is written into SR) and go on evenly. chance: 32 random bits. */
void rtcp_begin(struct rtcp_state *s, int64_t now_us, uint32_t chance, const uint8_t random[12]);
void rtcp_heard(struct rtcp_state *s, const struct rtcp *r, int64_t now_us);
bool rtcp_due(struct rtcp_state *s, int64_t now_us, uint32_t chance); /* true: send; the next is drawn */
void rtcp_report_about(struct rtcp_report *out, struct rtp_source *src, const struct rtcp_state *s, int64_t now_us);

#endif
