/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/telephone_event.h"

#include <errno.h>
#include <string.h>

#include "rtp/octets.h"
#include "rtp/packet.h"

#define SEGMENT   0xffffu          /* the longest duration of one (2.5.1.3) */
#define WRAPPED   0x8000u          /* a duration that falls by more has wrapped */
#define STALE     (10 * RTP_CLOCK) /* a timestamp older than this is no old packet, but a sender that has begun anew */
#define LONGEST   (3600u * RTP_CLOCK)

static const char digits[EVENT_DIGITS + 1] = "0123456789*#ABCD";

/* ---- receiving ---- */

void event_rx_init(struct event_rx *r)
{
	memset(r, 0, sizeof(*r));
}

static void rx_begin(struct event_rx *r, uint8_t event, uint32_t timestamp)
{
	r->known = r->active = true;
	r->event = event;
	r->timestamp = timestamp;
	r->base = 0;
	r->duration = 0;
	if (r->count == EVENT_KEYS) {
		r->dropped++;
		r->active = false; /* and nothing more of it is wanted */
		return;
	}
	r->key[r->count++] = (struct event_key){ .digit = digits[event], .down = true };
}

static void rx_end(struct event_rx *r)
{
	r->active = false;
	r->key[r->count - 1].down = false;
}

/* True: it belongs to the event known, which has a new segment or (a wrong sender) a new timestamp. */
static bool rx_continues(const struct event_rx *r, bool marker, uint32_t timestamp, uint8_t event, uint16_t duration)
{
	uint32_t ahead = timestamp - r->timestamp;

	if (!r->active || marker || event != r->event)
		return false;
	return ahead == SEGMENT || ahead == SEGMENT + 1 ||
	       (duration > r->duration && ahead == (uint32_t)(duration - r->duration));
}

/* True: pressed once more, or another key, by a sender who does not move the timestamp. Some send the first packet three times,
 * and some mark every one; so a marker alone does not tell it while the key is down. */
static bool rx_is_anew(const struct event_rx *r, bool marker, uint16_t seq, uint8_t event, uint16_t duration)
{
	bool shorter = duration < r->duration && (unsigned)r->duration - duration < WRAPPED;

	if ((int16_t)(seq - r->seq) <= 0)
		return false;
	if (event != r->event)
		return true;
	return r->active ? marker && shorter : marker || shorter;
}

/* True: nothing of it is wanted any more. */
static bool rx_is_old(struct event_rx *r, bool marker, uint16_t seq, uint32_t timestamp, uint8_t event, uint16_t duration)
{
	int32_t ahead = (int32_t)(timestamp - r->timestamp);

	if (!r->known || ahead < -STALE)
		return false;
	if (ahead == 0)
		return (event != r->event || !r->active) && !rx_is_anew(r, marker, seq, event, duration);
	if (ahead < 0)
		return (int16_t)(seq - r->seq) <= 0;
	/* a new segment of a long event, of which nothing had come for so long that it was ended */
	if (r->active || marker || event != r->event || ((uint32_t)ahead != SEGMENT && (uint32_t)ahead != SEGMENT + 1))
		return false;
	r->timestamp = timestamp;
	r->duration = duration;
	return true;
}

/* Within the event, in order. */
static void rx_update(struct event_rx *r, uint16_t seq, uint16_t duration)
{
	uint32_t samples;

	if ((int16_t)(seq - r->seq) < 0) /* overtaken */
		return;
	if (duration + WRAPPED < r->duration && r->base < LONGEST)
		r->base += SEGMENT + 1;
	r->seq = seq;
	r->duration = duration;
	samples = r->base + duration;
	if (samples > r->key[r->count - 1].samples)
		r->key[r->count - 1].samples = samples;
}

void event_rx_packet(struct event_rx *r, bool marker, uint16_t seq, uint32_t timestamp, const uint8_t *payload, unsigned len,
                     int64_t now_us)
{
	uint16_t duration;
	uint8_t event;

	if (len < EVENT_LEN) {
		r->malformed++;
		return;
	}
	event = payload[0];
	duration = get16(payload + 2);
	r->received++;
	if (event >= EVENT_DIGITS) {
		r->ignored++;
		return;
	}
	if (rx_is_old(r, marker, seq, timestamp, event, duration))
		return;
	if (rx_continues(r, marker, timestamp, event, duration)) {
		if (timestamp - r->timestamp >= SEGMENT && r->base < LONGEST) {
			r->base += timestamp - r->timestamp;
			r->duration = 0;
		}
		r->timestamp = timestamp;
	} else if (!r->active || timestamp != r->timestamp || rx_is_anew(r, marker, seq, event, duration)) {
		if (r->active)
			rx_end(r);
		rx_begin(r, event, timestamp);
		r->seq = seq;
	}
	if (!r->active)
		return;
	r->heard_us = now_us;
	rx_update(r, seq, duration);
	if (payload[1] & 0x80)
		rx_end(r);
}

bool event_rx_key(struct event_rx *r, int64_t now_us, struct event_key *key)
{
	if (r->active && now_us - r->heard_us >= EVENT_LOST_US)
		rx_end(r);
	if (r->count == 0)
		return false;
	*key = r->key[0];
	if (!key->down) {
		r->count--;
		memmove(r->key, r->key + 1, r->count * sizeof(*key));
	}
	return true;
}

/* ---- sending ---- */

int event_of_digit(char digit)
{
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -EINVAL;
}

void event_tx_start(struct event_tx *t, char digit, unsigned ms, uint32_t timestamp)
{
	uint32_t samples = ms * (RTP_CLOCK / 1000);

	t->event = (uint8_t)event_of_digit(digit);
	t->marker = true;
	t->timestamp = timestamp;
	t->samples = samples < SEGMENT ? samples : SEGMENT;
	t->sent = 0;
	t->ends = EVENT_ENDS;
	t->pause = EVENT_PAUSE_MS * (RTP_CLOCK / 1000);
}

void event_tx_packet(struct event_tx *t, unsigned samples, uint8_t payload[EVENT_LEN], bool *marker, uint32_t *timestamp)
{
	bool end = t->sent + samples >= t->samples;

	if (end && t->ends < EVENT_ENDS)
		event_tx_pass(t, samples); /* the ends that are sent again are in the pause */
	t->sent = end ? t->samples : t->sent + samples;
	t->ends -= end;
	payload[0] = t->event;
	payload[1] = (uint8_t)((end ? 0x80 : 0) | EVENT_VOLUME);
	put16(payload + 2, (uint16_t)t->sent);
	*marker = t->marker;
	*timestamp = t->timestamp;
	t->marker = false;
}

void event_tx_pass(struct event_tx *t, unsigned samples)
{
	t->pause -= samples < t->pause ? samples : t->pause;
}
