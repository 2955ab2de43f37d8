/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/rtp.h - sound of SIP legs: RTP and RTCP (RFC 3550, 3551, 4961), as a trunk on the tick.
 *
 * A group is what the media thread sees: all streams of a node on one local address, their sockets in one epoll set, read in
 * batches in the phase read and written in the phase write. A stream is one leg's: a pair of UDP ports, a media port, and the
 * formats that offer and answer came to. Who signals (sip/) tells the stream what they came to, as often as they change.
 *
 *   socket -> packet -> jitter buffer -> decoder, concealment, comfort noise -> slot.rx    (telephone-events -> slot's key)
 *   slot.tx -> encoder -> packets of ptime -> socket                                       (digits to send -> telephone-events)
 *
 * Control thread, but for what the media thread does on its own. Nothing here knows SIP or SDP.
 */
#ifndef RTP_RTP_H
#define RTP_RTP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/loop.h"
#include "media/media.h"

#define RTP_PAYLOADS_MAX 8   /* formats of a stream */
#define RTP_PTIME_MIN_MS 10
#define RTP_PTIME_MAX_MS 60

/* Of a payload type. Clock 8000 for all, G.722 too (RFC 3551 4.5.2). */
enum rtp_encoding {
	RTP_PCMU,            /* G.711; static 0 */
	RTP_PCMA,            /* static 8 */
	RTP_G722,            /* static 9; at the room's rate: its low band when that is 8 kHz */
	RTP_COMFORT_NOISE,   /* RFC 3389; static 13; heard, never sent: sound always is */
	RTP_TELEPHONE_EVENT, /* RFC 4733; dynamic */
	RTP_ENCODINGS
};

struct rtp_payload {
	uint8_t           type; /* 0..127 */
	enum rtp_encoding encoding;
};

#define RTP_SEND 1u /* of direction: we send */
#define RTP_RECV 2u /* we receive */

struct rtp_format { /* what offer and answer came to */
	struct sockaddr_storage remote;      /* where the other end wants RTP; family AF_UNSPEC: nothing is sent or taken yet */
	struct sockaddr_storage remote_rtcp; /* AF_UNSPEC: the port above it (RFC 3605 may say another) */
	bool               rtcp_mux;         /* RFC 5761 */
	unsigned           direction;        /* RTP_SEND | RTP_RECV; 0 inactive: RTCP goes on (RFC 3264 5.1) */
	/* In what we send: payload[0] is speech; others of it are comfort noise and telephone-event, when both ends have them. */
	struct rtp_payload send[RTP_PAYLOADS_MAX];
	unsigned           send_count;
	/* What may arrive: any of these at any time (RFC 3264 5.1). */
	struct rtp_payload recv[RTP_PAYLOADS_MAX];
	unsigned           recv_count;
	unsigned           ptime_ms;         /* of what we send: RTP_PTIME_MIN_MS..MAX in tens */
};

struct rtp_group_config {
	char                    name[24];           /* of counters: "rtp.<name>" */
	struct sockaddr_storage local;              /* address; its port does not count */
	uint16_t                port_min, port_max; /* even ports for RTP, the odd ones above for RTCP (RFC 3550 11) */
	uint8_t                 dscp;               /* 46: EF */
	unsigned                jitter_min_ms, jitter_max_ms; /* of the adaptive buffer: 20..200 */
	unsigned                timeout_ms;         /* rule 9: neither RTP nor RTCP for so long; 30000 */
	/* Packets are taken from the address that was signalled, from any port of it (RFC 4961 is not universal), and sent to the
	 * port that was signalled. Others are foreign. With latch, when none has come from there, the first RTP packet of an
	 * agreed type from elsewhere (a phone behind NAT) says where ours go too; until the next change of the remote address. */
	bool                    latch;
};
void rtp_group_config_default(struct rtp_group_config *c);

struct rtp_group;
struct rtp_stream;

enum rtp_event_type {
	RTP_EV_LOST, /* nothing was heard for timeout_ms, while we wait for something; at_us: since when (rule 9) */
	RTP_EV_BACK, /* and it is heard again */
};
struct rtp_event {
	enum rtp_event_type type;
	int64_t             at_us;
};
typedef void(rtp_event_h)(struct rtp_stream *s, const struct rtp_event *ev, void *arg);

/* -EINVAL with a reason in the log; -ENOMEM. */
int  rtp_group_alloc(struct rtp_group **gp, struct loop *l, struct media *m, struct counter_registry *counters,
                    const struct rtp_group_config *c);
/* its streams are freed before; run the loop, or stop media, so that the tick lets go */
void rtp_group_free(struct rtp_group *g);
unsigned rtp_group_free_ports(const struct rtp_group *g); /* streams that could still be made */

/* Binds a pair of ports. Nothing is sent or accepted before rtp_stream_set(). -EADDRNOTAVAIL: none is free. -ENOMEM, errno of
 * socket(). The handler is called from the loop. */
int  rtp_stream_alloc(struct rtp_stream **sp, struct rtp_group *g, rtp_event_h *h, void *arg);
/* BYE is sent (RFC 3550 6.6); the media port must not be used any more. The ports rest for a while before they are used again, so
 * that a late packet is nobody else's. */
void rtp_stream_free(struct rtp_stream *s);
struct media_port *rtp_stream_port(struct rtp_stream *s); /* the leg's; opened by its owner, closed by rtp_stream_free() */
void rtp_stream_local(const struct rtp_stream *s, struct sockaddr_storage *rtp); /* for our SDP */
/* Begins, or changes: with the next tick. SSRC, sequence and timestamps go on over a change (RFC 3264 8). -EINVAL: send[0] is no
 * speech, ptime out of range... */
int  rtp_stream_set(struct rtp_stream *s, const struct rtp_format *f);
/* A digit to the far end, after those before it: as an event, or in-band (100/100 ms by default) when no event was agreed on.
 * ms 0: 100. -EINVAL no digit, -ENOSPC 32 are waiting. */
int  rtp_stream_send_digit(struct rtp_stream *s, char digit, unsigned ms);

struct rtp_stats { /* since the beginning, up to 100 ms ago; what a leg's record and `partyline call` show */
	uint64_t sent, received, octets_sent, octets_received;
	/* Packets: of what should have come; came too late to be played; had no place in the stream; twice; overtaken */
	uint64_t lost, late, discarded, duplicates, reordered;
	uint64_t concealed_ms;       /* of sound made up */
	uint64_t malformed, foreign; /* no RTP; from an address or SSRC that is not the stream's */
	unsigned ssrc_changes;
	unsigned jitter_us;          /* interarrival (RFC 3550 A.8), now */
	unsigned delay_ms;           /* of the jitter buffer, now */
	unsigned delay_max_ms;
	int      round_trip_us;      /* from RTCP; -1: not known */
	unsigned remote_lost_permille, remote_jitter_us; /* what they report of us */
	unsigned mos_x100;           /* E-model (G.107) of what we hear: 441 is the best G.711 can be; 0: nothing heard */
};
void rtp_stream_stats(const struct rtp_stream *s, struct rtp_stats *out); /* any time before free */

#endif
