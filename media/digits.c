/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The digits of a port. Some trunks tell of keys beside the sound (RFC 4733), some let them sound, some gateways do both, and
 * none says beforehand which. So:
 *
 *   until the trunk tells of a key    what is heard is reported (keys.c)
 *   from the first one told of        only what is told; what is heard is an echo of it
 *   the first one told of             is no new digit when the same one is being heard, or was within DIGITS_SAME_US
 *
 * Both are reported alike: MEDIA_DIGIT_BEGIN at once, and it stops what is played; MEDIA_DIGIT at the end, or after 2 s.
 */
#include "media/engine.h"

void digits_init(struct media_port *p)
{
	p->digits = (struct port_digits){ .keys = p->slot.rx_keys };
}

static void report(struct media *m, struct media_port *p, enum dtmf_event_type type, char digit, uint32_t samples)
{
	media_note_digit(m, p, &(struct dtmf_event){ .type = type, .digit = digit, .duration_samples = samples });
	if (type == DTMF_RX_BEGIN)
		player_stop(m, &p->player[MEDIA_TO_LINE], true);
}

static void hear(struct media *m, struct media_port *p, const struct dtmf_result *found)
{
	struct port_digits *d = &p->digits;

	for (unsigned i = 0; i < found->count; i++) {
		const struct dtmf_event *ev = &found->event[i];

		report(m, p, ev->type, ev->digit, ev->duration_samples);
		d->heard = ev->digit;
		d->heard_down = ev->type == DTMF_RX_BEGIN;
		d->heard_us = m->tick_us;
	}
}

static void key_begin(struct media *m, struct media_port *p)
{
	struct port_digits *d = &p->digits;
	bool same = d->heard == p->slot.rx_key && (d->heard_down || m->tick_us - d->heard_us <= DIGITS_SAME_US);

	if (d->heard_down && !same) /* its end will not be heard */
		report(m, p, DTMF_RX_END, d->heard, (uint32_t)((m->tick_us - d->heard_us) * MEDIA_RATE / 1000000));
	if (!same)
		report(m, p, DTMF_RX_BEGIN, p->slot.rx_key, 0);
	d->key = p->slot.rx_key;
	d->reported = same && !d->heard_down;
	d->told = true;
	d->heard = '\0';
	d->heard_down = false;
}

static void key_end(struct media *m, struct media_port *p)
{
	struct port_digits *d = &p->digits;

	if (!d->reported)
		report(m, p, DTMF_RX_END, d->key, p->slot.rx_key_samples);
	d->reported = true;
}

/* Behind a closed gate there are no keys, and one that is down when it closes ends; so it is with those that are heard. */
static void tell(struct media *m, struct media_port *p)
{
	struct port_digits *d = &p->digits;
	const struct media_slot *s = &p->slot;
	bool begins = s->rx_keys != d->keys;

	d->keys = s->rx_keys;
	if (begins && d->key)
		key_end(m, p);
	if (begins && p->from_line)
		key_begin(m, p);
	if (d->key && (!s->rx_key_down || !p->from_line || s->rx_key_samples >= DTMF_RX_LONG_SAMPLES))
		key_end(m, p);
	if (!s->rx_key_down || !p->from_line)
		d->key = '\0';
}

void digits_find(struct media *m, struct media_port *p, const struct dtmf_result *found)
{
	if (!p->digits.told)
		hear(m, p, found);
	tell(m, p);
}
