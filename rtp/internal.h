/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/internal.h - what the files of rtp/ share. For nobody else.
 *
 *   group.c     control: the sockets' epoll set, ports, the two rings; media thread: the trunk's two phases
 *   stream.c    control: a stream's life, formats, figures
 *   receive.c   media thread: packets in, a frame out
 *   send.c      media thread: a frame in, packets out
 *   socket.c    a pair of UDP sockets
 *   the rest    pure blocks: packet, rtcp, telephone_event, codec, jitter_buffer, playout, emodel
 *
 * Each field belongs to one side; (C) control, (M) media thread. A stream is control's from rtp_stream_alloc() until the ring to
 * media takes it there, and comes back as the last thing that the ring to control says of it: only then are its sockets closed
 * and its memory freed. The rings have room for all that streams could put into them; of what is told of more than once (lost,
 * back) the media thread says it again in the next tick when there was none.
 */
#ifndef RTP_INTERNAL_H
#define RTP_INTERNAL_H

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/list.h"
#include "core/magic.h"
#include "core/ring.h"
#include "core/wake.h"
#include "dsp/tone.h"
#include "media/trunk.h"
#include "rtp/codec.h"
#include "rtp/packet.h"
#include "rtp/playout.h"
#include "rtp/rtcp.h"
#include "rtp/rtp.h"
#include "rtp/telephone_event.h"

#define RTP_GROUP_MAGIC  0x47520001u
#define RTP_STREAM_MAGIC 0x47520002u

#define RTP_PAIRS_MAX     16384
#define RTP_REST_US       2000000 /* of a pair of ports after its stream */
#define RTP_DIGITS_MAX    32      /* waiting to be sent */
#define RTP_BATCH         8       /* packets a system call */
#define RTP_STREAM_BURST  32      /* packets a stream and tick: 16 times what is due at 5 ms. The rest waits in the socket */
#define RTP_TICK_BURST    16384   /* packets a tick; beyond it RTP_BATCH a stream: somebody's flood does not keep the thread */
#define RTP_SOCKET_BUFFER 65536   /* octets, about a second of packets: what a flood may keep of the kernel's memory */
#define RTP_RECEIVE_SIZE  2048    /* longer ones are cut, and malformed */
#define RTP_TYPE_NONE     0xff

enum rtp_counter {
	RC_RECEIVED, RC_SENT, RC_RTCP_RECEIVED, RC_RTCP_SENT, RC_MALFORMED, RC_FOREIGN, RC_EARLY, RC_UNWANTED, RC_UNKNOWN_TYPE,
	RC_RTCP_MALFORMED, RC_REFUSED, RC_RECEIVE_ERRORS, RC_SEND_ERRORS, RC_FLOODED, RC_LOST, RC_LATE, RC_CONCEALED_MS,
	RC_SSRC_CHANGES, RC_LATCHED, RC_EVENTS, RC_EVENTS_IGNORED, RC_EVENTS_DROPPED, RC_STREAMS_LOST, RC_BIND_FAILED, RC_NO_PORT,
	RC_COUNT
};

/* What is known of a stream, written by the media thread, read by control. */
enum rtp_value {
	RV_SENT,
	RV_RECEIVED,
	RV_OCTETS_SENT,
	RV_OCTETS_RECEIVED,
	RV_MALFORMED,
	RV_FOREIGN,
	RV_SSRC_CHANGES,
	/* once in RTP_PUBLISH ticks: */
	RV_LOST,
	RV_LOST_RUNS,
	RV_LATE,
	RV_DISCARDED,
	RV_DUPLICATES,
	RV_REORDERED,
	RV_TAKEN,
	RV_CONCEALED_MS,
	RV_JITTER_US,
	RV_DELAY_MS,
	RV_DELAY_MAX_MS,
	RV_ROUND_TRIP, /* us + 1; 0: not known */
	RV_REMOTE_LOST_PERMILLE,
	RV_REMOTE_JITTER_US,
	RV_COUNT
};
#define RTP_PUBLISH 10 /* ticks */

/* The newest format, from control to the media thread, whenever either likes: three places, of which each side has one and the
 * third is exchanged. */
struct rtp_mailbox {
	struct rtp_format format[3];
	_Atomic unsigned  middle; /* index, and RTP_MAIL when it has not been taken yet */
	unsigned          back;   /* (C) */
	unsigned          front;  /* (M) */
};
#define RTP_MAIL 4u

struct rtp_receiver { /* (M) */
	struct sockaddr_storage remote;   /* whose packets are taken; family AF_UNSPEC: nobody's yet */
	bool      latched;                /* it is not the one that was signalled */
	bool      heard;                  /* something came from there since the remote changed */
	uint8_t   encoding[128];          /* of payload types; RTP_TYPE_NONE */
	uint8_t   last_type;              /* decoded last */
	struct rtp_source  source;
	struct rtp_playout playout;
	struct event_rx    events;
	int64_t   heard_us;               /* the last packet, or when we began to wait */
	bool      lost;                   /* and control has been told so */
	bool      key_down;
	unsigned  delay_max_ms;
	uint64_t  told_lost, told_late, told_concealed, told_ignored, told_dropped; /* what the group's counters have of them */
};

struct rtp_sender { /* (M) */
	uint32_t  ssrc, timestamp;        /* of the first sample in the packet being filled */
	uint16_t  seq;
	bool      active, marker;
	uint8_t   type, event_type;       /* RTP_TYPE_NONE: none */
	enum rtp_encoding encoding;
	unsigned  ptime_samples, filled, wait; /* samples; ticks before the first packet */
	uint32_t  packets, octets;        /* of RTP; octets of payload (6.4.1) */
	uint32_t  reported;               /* packets at the last report */
	bool      rtcp_sent;
	int64_t   tick_us;                /* of the last frame */
	struct event_tx  event;
	struct dual_tone tone;            /* a digit in-band */
	unsigned  tone_left, pause_left;  /* samples */
	uint8_t   packet[RTP_PACKET_MAX];
};

struct rtp_stream {
	unsigned magic;
	struct rtp_group *group;
	/* (C) */
	struct list  all_link;
	rtp_event_h *h;
	void        *arg;
	bool         freed;
	unsigned     pair;
	struct media_port *port;
	struct sockaddr_storage local;
	/* between */
	int                rtp_fd, rtcp_fd;
	struct rtp_mailbox mailbox;
	struct ring       *digits;        /* struct rtp_digit */
	counter_t          value[RV_COUNT];
	_Atomic unsigned   ptime_ms;      /* of what we send */
	/* (M) */
	struct list   link;               /* in group.active */
	bool          leaving;
	struct media_slot       *slot;
	const struct rtp_format *format;  /* in mailbox; NULL: none yet */
	struct rtp_codec        *codec;
	struct rtcp_state        rtcp;
	struct rtp_receiver rx;
	struct rtp_sender   tx;
};

struct rtp_digit {
	char     digit;
	unsigned ms;
};

struct rtp_message {
	enum { RTP_MSG_ADD, RTP_MSG_REMOVE, RTP_MSG_EVENT, RTP_MSG_RETURN } type;
	struct rtp_stream *stream;
	struct rtp_event   event;
};

struct rtp_pair {
	bool    used;
	int64_t rest_until_us;
};

struct rtp_group {
	unsigned magic;
	struct media_trunk trunk;
	/* (C) */
	struct media *media;
	struct rtp_group_config  config;
	struct counter_registry *registry;
	struct counter_group     counter_group;
	struct list      all;             /* streams, until they came back */
	unsigned         live;            /* of them not freed */
	struct rtp_pair *pair;
	unsigned         pairs, next_pair;
	bool             freed;
	/* between */
	counter_t        counters[RC_COUNT];
	struct ring     *to_media, *to_control;
	int              epoll_fd;
	struct wake      wake;
	int64_t          utc_offset_us;   /* from the mono clock: no step of UTC is in our reports */
	/* (M) */
	struct list      active;
	bool             wake_needed;
	uint32_t         chance;          /* a generator's state: intervals of reports */
	unsigned         ticks, budget;
	struct epoll_event *ready;        /* 2 * pairs */
	uint8_t          in[RTP_BATCH][RTP_RECEIVE_SIZE];
	struct sockaddr_storage from[RTP_BATCH];
	uint8_t          control[RTP_BATCH][64];
	int64_t          kernel_offset_us; /* from the mono clock to the kernel's times of packets (UTC), in this tick */
	struct mmsghdr   in_msg[RTP_BATCH];
	struct iovec     in_iov[RTP_BATCH];
};

static inline void rtp_count(struct rtp_group *g, enum rtp_counter c, uint64_t n) { counter_add(&g->counters[c], n); }
/* One thread writes it. */
static inline void rtp_value_set(struct rtp_stream *s, enum rtp_value v, uint64_t n)
{
	atomic_store_explicit(&s->value[v], n, memory_order_relaxed);
}
static inline void rtp_value_add(struct rtp_stream *s, enum rtp_value v, uint64_t n)
{
	rtp_value_set(s, v, counter_get(&s->value[v]) + n);
}

/* group.c, (C) */
void rtp_group_tell(struct rtp_group *g, const struct rtp_message *msg);  /* to the media thread */
/* group.c, (M): false: later */
bool rtp_group_note(struct rtp_group *g, const struct rtp_message *msg);
uint32_t rtp_group_chance(struct rtp_group *g);
static inline int64_t rtp_group_utc(const struct rtp_group *g, int64_t mono_us) { return mono_us + g->utc_offset_us; }

/* stream.c */
void rtp_stream_destroy(struct rtp_stream *s);                      /* (C) the media thread has let go */
void rtp_stream_receive_event(struct rtp_stream *s, const struct rtp_event *ev); /* (C) */
void rtp_stream_apply(struct rtp_stream *s, int64_t now_us);        /* (M) a new format, when there is one */
void rtp_stream_publish(struct rtp_stream *s);                      /* (M) */

/* socket.c, (C): the process may have as many descriptors as the pairs want, or is told how many it may not; at start it often
 * may have 1024, which 500 streams have used up */
void rtp_socket_limit(const struct rtp_group *g);
/* Two sockets bound to port and port + 1. Negative errno */
int  rtp_socket_pair(struct rtp_group *g, uint16_t port, int fd[2]);
/* (M): the errors that ICMP brought, so that the descriptor is not ready for them for ever; how many */
unsigned rtp_socket_errors(int fd);
bool rtp_socket_send(struct rtp_group *g, int fd, const void *data, size_t len, const struct sockaddr_storage *to);

/* receive.c, (M) */
void rtp_receiver_init(struct rtp_stream *s);
void rtp_receiver_apply(struct rtp_stream *s, const struct rtp_format *old, int64_t now_us);
void rtp_receive(struct rtp_group *g, int64_t tick_us);             /* all that has come */
void rtp_receive_frame(struct rtp_stream *s, int64_t tick_us);

/* send.c, (M) */
void rtp_sender_init(struct rtp_stream *s);
void rtp_sender_apply(struct rtp_stream *s);
void rtp_send_frame(struct rtp_stream *s, int64_t tick_us);
void rtp_send_bye(struct rtp_stream *s, int64_t now_us);            /* or (C) when the media thread has let go */

#endif
