/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/sdp.h - session descriptions (RFC 4566/8866) and offer/answer (RFC 3264) for one audio stream beside whatever else is
 * offered. Our own and small, because the stack's parser must never see what the network sends.
 *
 * A negotiation is one dialog's state: what we said last, what they said last, our version. Text in, text out; pure, no I/O, any
 * thread. Lenient in what it takes (what a phone sends), strict in what it sends: RFC 8866's order, CRLF, one payload type for
 * one meaning over the whole dialog. Every m-line of an offer is kept in its place; those we do not take are answered with port
 * 0.
 */
#ifndef SIP_SDP_H
#define SIP_SDP_H

#include <stddef.h>

#include "rtp/rtp.h"

#define SDP_TEXT_MAX   8192 /* longer ones are refused: 488 */
#define SDP_MEDIA_MAX  16   /* m-lines */
#define SDP_LINE_MAX   1024

struct sdp_codec_list { /* ours, best first; RTP_COMFORT_NOISE and RTP_TELEPHONE_EVENT where they are wanted */
	enum rtp_encoding encoding[RTP_PAYLOADS_MAX];
	unsigned          count;
};

struct sdp_config {
	struct sockaddr_storage local;    /* of our RTP */
	struct sdp_codec_list   codecs;
	unsigned                ptime_ms; /* what we like; an offer's ptime or maxptime may make it another */
	uint64_t                session_id;
};

struct sdp_error { /* what is wrong, for the log and for a Warning header (RFC 3261 20.43) */
	unsigned line; /* of the text, from 1; 0: of no line */
	char     text[96];
};

struct sdp; /* a negotiation */

int  sdp_alloc(struct sdp **sp, const struct sdp_config *c); /* -ENOMEM */
void sdp_free(struct sdp *s);                                /* NULL is allowed */

/* Our offer, with direction RTP_SEND | RTP_RECV etc.: a first one, or another within the dialog, with every m-line there is and
 * the version raised when anything changed. -ENOSPC: size is too small. */
int  sdp_make_offer(struct sdp *s, unsigned direction, char *text, size_t size);

/* Their offer. -EBADMSG: malformed (400), -ENOTSUP: no audio that we have in common (488), -E2BIG. What it came to is in
 * sdp_format() after the answer was made. On an error nothing has changed. */
int  sdp_take_offer(struct sdp *s, const char *text, size_t len, struct sdp_error *e);
/* Our answer to it, with codecs in our order, since it is the operator's (RFC 3264 6.1). direction is what we would like: never
 * more than they offered. -EPROTO: there is no offer of theirs; -ENOSPC. */
int  sdp_make_answer(struct sdp *s, unsigned direction, char *text, size_t size);

/* Their answer to our offer, or one more to the same (a fork; a 200 behind a 183). Errors as sdp_take_offer(); -EPROTO: not an
 * answer to that offer (other m-lines, other media), or none was made. */
int  sdp_take_answer(struct sdp *s, const char *text, size_t len, struct sdp_error *e);

/* What both came to; of an offer that is not answered yet: the state before it. -ENOENT: nothing yet. */
int  sdp_format(const struct sdp *s, struct rtp_format *f);
/* The far end holds us: it sends nothing for us to hear, or wants nothing (sendonly, inactive, 0.0.0.0 of RFC 2543). */
bool sdp_held(const struct sdp *s);

#endif
