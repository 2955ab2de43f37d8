/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip/sdp_write.h - within sip/sdp*.c: our session descriptions, in RFC 8866's order. Pure. */
#ifndef SIP_SDP_WRITE_H
#define SIP_SDP_WRITE_H

#include "sip/sdp_read.h"

struct sdp_payloads {
	struct rtp_payload item[RTP_PAYLOADS_MAX];
	unsigned           count;
};

struct sdp_said { /* last in this dialog; begins with { 0 } */
	uint64_t version;
	uint64_t hash; /* of all behind the version: it is raised when that changes, and only then (RFC 3264 8) */
};

/* The audio line with p and what follows, the other lines refused by port 0 (RFC 3264 6, 8.2). -ENOSPC: nothing was said. */
int sdp_write(const struct sdp_config *c, struct sdp_said *before, const struct sdp_lines *lines, const struct sdp_payloads *p,
              unsigned ptime_ms, bool rtcp_mux, unsigned direction, char *text, size_t size);

#endif
