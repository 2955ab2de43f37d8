/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/jitter_buffer.h - packets in as the network brings them, speech out at the tick's pace. Used by rtp/playout.h.
 *
 * All times are samples of the 8 kHz RTP clock. G.711 and G.722 have one octet a sample (RFC 3551 4.5.2, 4.5.14), so an octet of
 * speech lies in a ring where its time is; how the sender cut the stream into packets, and whether it changes its ptime, does not
 * matter.
 *
 *      transit of a packet = when it could first be played - its timestamp    (one number each; what differs is the jitter)
 *      offset              = time now - timestamp played now                  (a packet is late if its transit is above)
 *
 *   packets |          _                        offset must be above 99 % of the transits of the last ten seconds or so
 *           |  .:||||:...:.:.  .    :           (a histogram that forgets), and between min and max above the least of them.
 *           +--|-----------|--|-----|--> transit      Skew of the clocks, a new route: the histogram moves, the offset follows.
 *            least       99 % offset
 *
 * The offset changes for nothing while nothing is heard (before a talkspurt, in comfort noise, once concealment has faded out),
 * and otherwise by a wish: jitter_buffer_wish() asks for samples to be left out or put in, dsp/stretch.h does it. What
 * is late is concealed in its place. After JITTER_BUFFER_FADE of nothing at all the place is held, so that a burst after a stall
 * is played and not thrown away.
 *
 * A gap whose sequence numbers are all there is silence (DTX, telephone-events), not loss.
 *
 * Pure: fixed memory, no clock, no allocation, each call bounded. One thread.
 */
#ifndef RTP_JITTER_BUFFER_H
#define RTP_JITTER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JITTER_BUFFER_RING        4096 /* octets of speech: 512 ms */
#define JITTER_BUFFER_SLOTS       128  /* packets, by sequence number */
#define JITTER_BUFFER_BINS        256  /* of the histogram */
#define JITTER_BUFFER_BIN         20   /* samples a bin: 2.5 ms */
#define JITTER_BUFFER_PAYLOAD_MAX 1920 /* octets of a packet of speech: 240 ms; RTP_PTIME_MAX_MS is what is agreed on */
#define JITTER_BUFFER_NOISE_MAX   12   /* octets kept of a comfort noise packet */
#define JITTER_BUFFER_FADE        480  /* samples: concealment has faded out by then (dsp/plc.h) */
#define JITTER_BUFFER_MIN         160  /* bounds of the settings: 20 and 200 ms */
#define JITTER_BUFFER_MAX         1600

enum jitter_buffer_kind {
	JITTER_BUFFER_SPEECH, /* G.711, G.722: one octet a sample */
	JITTER_BUFFER_NOISE,  /* comfort noise, RFC 3389 */
	JITTER_BUFFER_EVENT,  /* telephone-event: its octets are not kept; its sequence number is no loss, its time is silence */
};

struct jitter_buffer_packet {
	enum jitter_buffer_kind kind;
	uint16_t       seq;
	uint32_t       timestamp;
	uint8_t        payload_type; /* given back with the speech */
	bool           marker;
	const uint8_t *data;
	size_t         len;
	int64_t        arrival;      /* time of the tick that could first play it: the next jitter_buffer_tick() */
};

enum jitter_buffer_what {
	JITTER_BUFFER_DECODE,  /* data: count octets, that is count samples, of payload_type */
	JITTER_BUFFER_LOST,    /* conceal count samples */
	JITTER_BUFFER_COMFORT, /* count samples of comfort noise; data, when not NULL: new parameters, noise_len octets */
	JITTER_BUFFER_SILENT,  /* nothing to be heard: no packet yet, a pause without comfort noise, an event */
};

struct jitter_buffer_piece {
	enum jitter_buffer_what what;
	uint8_t        payload_type;
	bool           talkspurt;    /* the first of speech after silence: a decoder may begin anew */
	const uint8_t *data;         /* valid until the next put() */
	size_t         count;        /* samples, 1..wanted */
	size_t         noise_len;
};

struct jitter_buffer_stats {
	uint64_t packets;           /* taken in */
	uint64_t duplicates, reordered, late, strange; /* strange: no place in the stream, dropped (a restart, perhaps) */
	uint64_t oversize;          /* longer than JITTER_BUFFER_PAYLOAD_MAX, dropped */
	uint64_t lost, lost_runs;   /* packets that were not there when due; and in how many runs (the E-model's burst ratio) */
	uint64_t concealed;         /* samples LOST was said for */
	uint64_t underruns;         /* how often there was nothing where speech was due */
	uint64_t held;              /* samples of them that will be heard later, not never: the delay grew */
	uint64_t left_out, put_in;  /* samples by which the caller changed the delay */
	uint64_t cut;               /* samples of speech thrown away because more than max was there */
	uint64_t restarts;          /* the sender began anew */
};

struct jitter_buffer_slot {
	int64_t  seq;               /* extended; -1: empty */
	int64_t  timestamp;         /* extended */
	uint16_t len;               /* samples */
	uint8_t  kind, payload_type;
	bool     marker;
	uint8_t  noise_len;
	uint8_t  noise[JITTER_BUFFER_NOISE_MAX];
};

struct jitter_buffer {
	struct jitter_buffer_stats stats;
	unsigned min, max;          /* samples */
	bool     synced, fresh;     /* a packet has come; none was played yet */
	int64_t  highest, highest_ts, highest_arrival; /* the newest packet; no event, for the latter two */
	int64_t  next;              /* sequence number that is played next */
	int64_t  play;              /* timestamp that is played next */
	int64_t  floor;             /* while silent: it does not go back further */
	int64_t  end;               /* of the newest speech */
	int64_t  now;               /* when the sample that is fetched next will be heard */
	unsigned concealing;        /* samples in a row */
	bool     silent, comfort;   /* what goes on where no packet is */
	bool     short_of;          /* an underrun is going on */
	uint16_t suspect_seq;
	unsigned suspects;
	uint16_t last_len;          /* samples of the newest packet of speech */
	/* histogram of transits: bin b (b * JITTER_BUFFER_BIN samples and up) is at b mod JITTER_BUFFER_BINS; low..high are in
	 * use */
	float    bin[JITTER_BUFFER_BINS];
	float    total, weight;
	int64_t  low, high;
	unsigned heard;             /* packets in it, up to a limit */
	unsigned start;             /* the delay to begin with, next time */
	int64_t  want;              /* offset */
	struct jitter_buffer_slot slot[JITTER_BUFFER_SLOTS];
	uint8_t  ring[JITTER_BUFFER_RING];
};

/* min and max in samples, clamped to JITTER_BUFFER_MIN..MAX. */
void jitter_buffer_init(struct jitter_buffer *j, unsigned min, unsigned max);
/* Another source (SSRC): the next packet begins anew. Statistics stay. */
void jitter_buffer_reset(struct jitter_buffer *j);

void jitter_buffer_put(struct jitter_buffer *j, const struct jitter_buffer_packet *p);

/* A tick begins: now is its time, ahead what the caller still has from the last one. Ticks may be skipped. */
void jitter_buffer_tick(struct jitter_buffer *j, int64_t now, unsigned ahead);
/* By how many samples the delay should change in this tick: above 0 put in, below 0 leave out. loud: it would be done in the
 * middle of speech, so only when it matters. What the caller did is told with jitter_buffer_changed(). */
int  jitter_buffer_wish(const struct jitter_buffer *j, bool loud);
void jitter_buffer_changed(struct jitter_buffer *j, int samples);
/* Speech that lies there without a gap from the next sample on, at most `most`. */
unsigned jitter_buffer_ready(struct jitter_buffer *j, unsigned most);
/* The next piece of at most `wanted` samples; called until the caller has enough. */
void jitter_buffer_next(struct jitter_buffer *j, size_t wanted, struct jitter_buffer_piece *p);

/* How long what is played now has waited here: samples above the fastest packet's time. 0 before the first. */
unsigned jitter_buffer_delay(const struct jitter_buffer *j);
unsigned jitter_buffer_target(const struct jitter_buffer *j); /* the same, as wanted */

#endif
