/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/sdp_read.h - within sip/sdp*.c: the text of a session description to what a negotiation wants of it: each m-line, and all
 * about the one audio stream that can be used. One pass over the lines; what it takes in is bounded by the arrays below. Pure.
 */
#ifndef SIP_SDP_READ_H
#define SIP_SDP_READ_H

#include "sip/sdp.h"

#define SDP_FORMATS_MAX 32 /* payload types of an audio line; those behind are left */

struct sdp_line { /* an m-line, to be repeated in an answer */
	char     kind[16];    /* "audio" */
	char     proto[32];   /* "RTP/AVP" */
	char     formats[64]; /* as many of them as fit; those that are no tokens (RFC 8866 9) are left out */
	unsigned port;
};

struct sdp_lines {
	struct sdp_line line[SDP_MEDIA_MAX];
	unsigned        count;
	int             audio; /* which of them is the one taken; -1 none */
};

#define SDP_ENCODING_OTHER (-1) /* none of rtp_encoding */

struct sdp_audio {
	/* AF_UNSPEC: 0.0.0.0 or "::", nothing is to be sent there; of rtcp also: not told */
	struct sockaddr_storage rtp, rtcp;
	bool     rtcp_mux;
	unsigned direction;                   /* as they see it: RTP_SEND, they send */
	unsigned ptime_ms, maxptime_ms;       /* 0: not told */
	struct {
		uint8_t type;
		int     encoding;             /* rtp_encoding, or SDP_ENCODING_OTHER */
	} format[SDP_FORMATS_MAX];
	unsigned format_count;
};

struct sdp_body {
	struct sdp_lines lines;
	struct sdp_audio audio; /* of lines.audio */
};

struct sdp_wanted { /* which audio line is taken */
	const struct sdp_codec_list *codecs; /* one with speech in common */
	int  family;                         /* AF_INET, AF_INET6: of our socket */
	int  line;                           /* this one when it can be, else the first that can; -1: the first */
	bool only;                           /* this one or none */
};

/* -EBADMSG, -E2BIG; -ENOTSUP: none can be taken, its lines are in *b all the same. The reason is in *e. */
int sdp_read(const char *text, size_t len, const struct sdp_wanted *w, struct sdp_body *b, struct sdp_error *e);

bool sdp_plain_rtp(const char *proto);              /* RTP/AVP, RTP/AVPF */
bool sdp_codecs_have(const struct sdp_codec_list *c, int encoding);
bool sdp_is_speech(int encoding);

#endif
