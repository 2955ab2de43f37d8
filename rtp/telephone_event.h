/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/telephone_event.h - DTMF digits as packets (RFC 4733): the receiver and the sender of one stream.
 *
 *   | event |E|R| volume | duration |   one event: the timestamp of its first moment in each of its packets, a growing
 *                                       duration, the marker on the first, E on the last one, which is sent three times
 *
 * The receiver makes keys of what arrives, each once, whatever is lost, doubled, reordered or badly made:
 *
 *   lost start        an update or an end of an event not yet known begins it (2.5.2.1)
 *   lost ends         the next event, or EVENT_LOST_US without an update, ends it
 *   three ends        the first one counts; nothing of an event that has ended, or of an older one, is looked at again
 *   same digit twice  is told by the timestamp; the marker, and a duration that starts anew, tell it too
 *   long events       a duration that wraps, or a new segment after 65,535 (2.5.1.3), goes on;
 *                     so does a sender who (wrongly) moves the timestamp with each update
 *   other events      above 15 (flash, fax tones): counted, and no key
 *
 * The sender: updates each ptime, three ends, a pause; the sequence goes on, the timestamp stands (2.5.1.2).
 *
 * Pure: one thread, no memory, no clock.
 */
#ifndef RTP_TELEPHONE_EVENT_H
#define RTP_TELEPHONE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define EVENT_LEN       4      /* octets of payload */
#define EVENT_DIGITS    16     /* 0-9 * # A-D */
#define EVENT_LOST_US   200000 /* without an update: its end was lost. Updates come each 50 ms, or each ptime (2.5.1.2) */
#define EVENT_KEYS      16     /* keys told of and not yet taken; more are lost and counted */
#define EVENT_VOLUME    10     /* -dBm0, of what we send */
#define EVENT_PAUSE_MS  60     /* between the digits we send, ends included; Q.24: 30 ms or more tells two apart */
#define EVENT_ENDS      3

struct event_key {
	char     digit;
	bool     down;     /* it is still pressed */
	uint32_t samples;  /* for how long it has been, 1/8000 s */
};

struct event_rx {
	bool     known;                /* an event is under way, or has been: */
	bool     active;
	uint8_t  event;
	uint16_t seq, duration;        /* of the newest packet */
	uint32_t timestamp, base;      /* of the segment; durations of the segments and wraps before it */
	int64_t  heard_us;
	uint64_t received, ignored, malformed, dropped; /* packets; events that are no digits; keys for which there was no room */
	unsigned count;                /* key[0] is the oldest */
	struct event_key key[EVENT_KEYS];
};

void event_rx_init(struct event_rx *r);    /* the stream begins, or its source does anew */
/* A packet of the type that was agreed on; duplicates too. */
void event_rx_packet(struct event_rx *r, bool marker, uint16_t seq, uint32_t timestamp, const uint8_t *payload, unsigned len,
                     int64_t now_us);
/* Once in a tick: what is to be told now, false: nothing. A key that is down is told of again in each tick, with its duration;
 * one that is up once. */
bool event_rx_key(struct event_rx *r, int64_t now_us, struct event_key *key);
/* Between the first packet of an event and its end. */
static inline bool event_rx_active(const struct event_rx *r) { return r->active; }

struct event_tx {
	uint8_t  event;
	bool     marker;
	uint32_t timestamp, samples, sent;  /* wanted, and told of so far */
	unsigned ends;                      /* still to send */
	uint32_t pause;                     /* samples, behind it */
};

int  event_of_digit(char digit);        /* -EINVAL: none */
/* digit is one. timestamp: of its first sample. */
void event_tx_start(struct event_tx *t, char digit, unsigned ms, uint32_t timestamp);
/* The next packet takes an event's place; and no new one may begin while this or the pause is under way. */
static inline bool event_tx_sends(const struct event_tx *t) { return t->ends > 0; }
static inline bool event_tx_busy(const struct event_tx *t) { return t->ends > 0 || t->pause > 0; }
/* samples: what the packet stands for. Only while event_tx_sends(). */
void event_tx_packet(struct event_tx *t, unsigned samples, uint8_t payload[EVENT_LEN], bool *marker, uint32_t *timestamp);
void event_tx_pass(struct event_tx *t, unsigned samples); /* sound was sent instead: the pause goes by */

#endif
