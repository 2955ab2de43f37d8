/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/sip.h - SIP trunks and their calls as legs: static peering over UDP and TCP with border controllers and media gateways.
 *
 * Nobody above leg/ knows that it is SIP: a trunk here is a struct trunk, a call a struct leg. Sofia runs on a thread of its own
 * (sip/stack.h); all that is here is control's.
 *
 *   struct sip ---- stack (SIP thread), groups of sound (rtp/rtp.h)
 *     trunk ------- peers with their state, limits, counters
 *       leg ------- one call: table of states and events (sip/sip_leg_event.c), negotiation (sip/sdp.h), stream of sound
 *
 * A trunk is up while one of its peers answers OPTIONS: asked each options_s seconds, down after two failures in a row (none, or
 * 503, within the interval or SIP_OPTIONS_WAIT_S, whichever is less), up after one answer of any other kind. A failed INVITE
 * counts as a failure. So a dead peer is noticed within 2 * options_s + SIP_OPTIONS_WAIT_S seconds, a peer that is back within
 * options_s. options_s 0: never asked, always up. Its live calls end by what happens to them: BYE, or no RTP for the timeout
 * (rule 9).
 */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include "leg/trunk.h"
#include "rtp/rtp.h"
#include "sip/identity.h"
#include "sip/sdp.h"
#include "sip/stack.h"

#define SIP_TRUNKS_MAX     32
#define SIP_PEERS_MAX      8
#define SIP_OPTIONS_WAIT_S 4
#define SIP_CHANNELS_MAX   10000
#define SIP_TRUNK_SOURCES_MAX 16

struct sip;
struct sip_trunk;

/* A call of ours was redirected (3xx) to this number: may it go there (rule 13)? Answered by sip_redirected(), at any time. */
typedef void(sip_redirect_h)(const char *leg_id, const char *canonical, void *arg);

struct sip_trunk_config {
	char                    name[17];
	struct sockaddr_storage local;              /* address and port of signalling; trunks may share it */
	bool                    tcp;                /* towards the peers; both are heard */
	struct sockaddr_storage peer[SIP_PEERS_MAX]; /* calls go to the first that is up */
	unsigned                peer_count;
	struct sip_source       source[SIP_TRUNK_SOURCES_MAX]; /* whom requests are taken from; none: the peers */
	unsigned                source_count;
	char                    domain[64];         /* behind the @ of our numbers; "": our address */
	uint8_t                 dscp;               /* of signalling */
	enum sip_identity       identity;
	enum trunk_unanswered   unanswered;
	bool                    show_host;
	bool                    early_media;        /* P-Early-Media is said even when the INVITE does not know it (RFC 5009) */
	bool                    info_digits;        /* INFO with application/dtmf-relay is a key pressed */
	struct sdp_codec_list   codecs;
	unsigned                ptime_ms;
	unsigned                options_s;
	unsigned                channels;           /* calls at once, both directions together */
	unsigned                calls_per_s;        /* new calls, both directions together; 0: no limit */
	struct rtp_group_config rtp;                /* trunks with the same address and ports share them */
	struct trunk_numbers    numbers;
	void (*incoming)(struct leg *l, struct trunk *t, void *arg); /* as e1/e1_leg.h */
	sip_redirect_h         *redirect;           /* NULL: no redirection is followed */
	void                   *arg;
};

/* counters NULL: none. -ENOMEM. */
int  sip_alloc(struct sip **sp, struct loop *l, struct media *m, struct counter_registry *counters);
/* Before sip_start(). Errors of rtp_group_alloc(), -ENOSPC. */
int  sip_trunk_alloc(struct sip_trunk **tp, struct sip *s, const struct sip_trunk_config *c);
int  sip_start(struct sip *s);                /* binds: -EADDRINUSE and the like, with the reason in the log */
/* All legs gone (hang up and run the loop); NULL is allowed. Then run the loop, or stop media, so that the tick lets go. */
void sip_free(struct sip *s);
unsigned sip_legs(const struct sip *s);       /* not yet gone */
void sip_redirected(struct sip *s, const char *leg_id, bool allowed);

struct trunk *sip_trunk_trunk(struct sip_trunk *t);
struct sip_trunk *sip_trunk_at(struct sip *s, unsigned i); /* NULL: no more */

struct sip_peer_info {
	char     address[64];
	bool     up;
	unsigned failures;      /* in a row */
	int64_t  since_us;      /* mono */
	unsigned paused_s;      /* it asked for that by Retry-After */
};
struct sip_trunk_info {
	const char *name, *transport;
	bool        up;
	int64_t     since_us;   /* mono: up or down since then */
	unsigned    calls, calls_in, reserved, channels, free_channels, calls_per_s;
	unsigned    peer_count;
	struct sip_peer_info peer[SIP_PEERS_MAX];
};
void sip_trunk_info(const struct sip_trunk *t, struct sip_trunk_info *out);
struct sip_capture *sip_capture(struct sip *s);
/* The Call-IDs of a call: by its id in records and the log, a leg's id, or a Call-ID itself. Of calls that are over the last
 * SIP_REMEMBERED legs are known. Returns how many, at most max; they are valid until the next turn of the loop. */
#define SIP_REMEMBERED 2048
unsigned sip_call_ids(struct sip *s, const char *call, const char **out, unsigned max);

#endif
