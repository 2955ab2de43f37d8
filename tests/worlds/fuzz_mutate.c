/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/worlds/fuzz_mutate.h"

#include <stdbool.h>
#include <string.h>

#include "e1/cesopsn.h"

#define HEADER 4 /* of an I frame: address, control (Q.921 2.2) */

uint64_t fuzz_u64(struct fuzz *f)
{
	uint64_t z = (f->seed += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t fuzz_below(struct fuzz *f, uint32_t limit)
{
	return (uint32_t)(fuzz_u64(f) % limit);
}

static uint8_t fuzz_octet(struct fuzz *f)
{
	static const uint8_t favourite[] = { 0x00, 0x01, 0x7f, 0x80, 0x81, 0xff, 0xa1, 0x10 };

	return fuzz_below(f, 3) ? (uint8_t)fuzz_u64(f) : favourite[fuzz_below(f, sizeof(favourite))];
}

static bool fuzz_due(struct fuzz *f)
{
	if (fuzz_below(f, 1000) >= f->permille)
		return false;
	f->changed++;
	return true;
}

/* ---- at random ---- */

/* One change of what begins at `from`. */
static void fuzz_somewhere(struct fuzz *f, uint8_t *buf, unsigned *len, unsigned max, unsigned from)
{
	unsigned n = *len - from, at = from + (n ? fuzz_below(f, n) : 0), k;

	switch (n ? fuzz_below(f, 6) : 3) {
	case 0:
		buf[at] ^= (uint8_t)(1u << fuzz_below(f, 8));
		break;
	case 1:
		buf[at] = fuzz_octet(f);
		break;
	case 2: /* an octet is gone */
		memmove(buf + at, buf + at + 1, *len - at - 1);
		--*len;
		break;
	case 3: /* some are too many */
		k = 1 + fuzz_below(f, 8);
		if (*len + k > max)
			break;
		memmove(buf + at + k, buf + at, *len - at);
		*len += k;
		while (k--)
			buf[at + k] = fuzz_octet(f);
		break;
	case 4: /* the end is missing */
		*len = at;
		break;
	default: /* something is there twice */
		k = 1 + fuzz_below(f, *len - at);
		if (*len + k > max)
			break;
		memmove(buf + at + k, buf + at, *len - at);
		*len += k;
		break;
	}
}

/* ---- Q.931 ---- */

/* An information element that nobody expects (Q.931 table 4-3, and others), with a length of its own. */
static void fuzz_add_element(struct fuzz *f, uint8_t *buf, unsigned *len, unsigned max)
{
	static const uint8_t id[] = { 0x04, 0x08, 0x10, 0x14, 0x18, 0x1c, 0x1e, 0x20, 0x27, 0x28, 0x29,
		                      0x2c, 0x34, 0x40, 0x4c, 0x6c, 0x6d, 0x70, 0x71, 0x74, 0x78, 0x79,
		                      0x7c, 0x7d, 0x7e, 0x90, 0x96, 0x9d, 0xa0, 0xa1, 0xb0, 0xd0 };
	unsigned n = fuzz_below(f, 4) ? fuzz_below(f, 12) : fuzz_below(f, 60);

	if (*len + 2 + n > max)
		return;
	buf[(*len)++] = id[fuzz_below(f, sizeof(id))];
	buf[(*len)++] = (uint8_t)(fuzz_below(f, 4) ? n : fuzz_octet(f));
	while (n--)
		buf[(*len)++] = fuzz_octet(f);
}

/* The length octet of one of the elements. */
static void fuzz_element_length(struct fuzz *f, uint8_t *buf, unsigned len)
{
	unsigned skip = fuzz_below(f, 6);

	for (unsigned i = HEADER + 5; i + 1 < len; i += buf[i] & 0x80 ? 1 : 2u + buf[i + 1])
		if (!(buf[i] & 0x80) && skip-- == 0) {
			buf[i + 1] = fuzz_below(f, 2) ? fuzz_octet(f) : (uint8_t)(buf[i + 1] + fuzz_below(f, 5) - 2);
			return;
		}
}

static void fuzz_message(struct fuzz *f, uint8_t *buf, unsigned *len, unsigned max)
{
	static const uint8_t type[] = { 0x00, 0x01, 0x02, 0x03, 0x05, 0x07, 0x0d, 0x0f, 0x20, 0x21, 0x22, 0x23,
		                        0x24, 0x25, 0x26, 0x28, 0x2d, 0x30, 0x31, 0x33, 0x37, 0x45, 0x46, 0x4d,
		                        0x4e, 0x5a, 0x60, 0x62, 0x64, 0x6d, 0x6e, 0x75, 0x79, 0x7b, 0x7d };

	switch (*len > HEADER + 5 ? fuzz_below(f, 7) : 6) {
	case 0:
		buf[HEADER + 4] = type[fuzz_below(f, sizeof(type))];
		break;
	case 1: /* another call's reference, the global one, or the other side's */
		buf[HEADER + 2] = (uint8_t)(fuzz_below(f, 2) ? buf[HEADER + 2] ^ 0x80 : fuzz_below(f, 2) << 7);
		buf[HEADER + 3] = (uint8_t)fuzz_below(f, 40);
		break;
	case 2:
	case 3:
		fuzz_add_element(f, buf, len, max);
		break;
	case 4:
		fuzz_element_length(f, buf, *len);
		break;
	default:
		fuzz_somewhere(f, buf, len, max, HEADER);
		break;
	}
}

void fuzz_q931(uint8_t *frame, unsigned *len, unsigned max, void *arg)
{
	struct fuzz *f = arg;

	if (*len <= HEADER || (frame[2] & 1) || !fuzz_due(f)) /* no I frame */
		return;
	for (unsigned n = 1 + fuzz_below(f, 3); n; n--)
		fuzz_message(f, frame, len, max);
}

/* ---- Q.921 and HDLC ---- */

void fuzz_frame(uint8_t *frame, unsigned *len, unsigned max, void *arg)
{
	struct fuzz *f = arg;

	if (!fuzz_due(f))
		return;
	if (fuzz_below(f, 10) == 0) { /* as long as it can be, or nothing but noise */
		*len = fuzz_below(f, 2) ? max : 1 + fuzz_below(f, max);
		for (unsigned i = fuzz_below(f, 5); i < *len; i++)
			frame[i] = fuzz_octet(f);
		return;
	}
	for (unsigned n = 1 + fuzz_below(f, 2); n; n--)
		fuzz_somewhere(f, frame, len, max, fuzz_below(f, 2) && *len > HEADER ? HEADER : 0);
}

void fuzz_timeslot16(uint8_t *packet, unsigned *len, unsigned max, void *arg)
{
	struct fuzz *f = arg;
	unsigned frames = (*len - CESOPSN_HEADER) / CESOPSN_TIMESLOTS, at;

	(void)max;
	if (*len <= CESOPSN_HEADER || frames == 0 || !fuzz_due(f))
		return;
	for (unsigned n = 1 + fuzz_below(f, 4); n; n--) {
		at = CESOPSN_HEADER + fuzz_below(f, frames) * CESOPSN_TIMESLOTS + 15;
		switch (fuzz_below(f, 4)) {
		case 0: packet[at] = 0xff; break; /* abort, idle */
		case 1: packet[at] = 0x7e; break; /* a flag where none belongs */
		case 2: packet[at] = (uint8_t)fuzz_u64(f); break;
		default: packet[at] ^= (uint8_t)(1u << fuzz_below(f, 8)); break;
		}
	}
}

/* ---- CESoPSN ---- */

void fuzz_packet(uint8_t *packet, unsigned *len, unsigned max, void *arg)
{
	struct fuzz *f = arg;

	if (!fuzz_due(f))
		return;
	switch (fuzz_below(f, 8)) {
	case 0: /* the first octet: four zeroes, L, R, M */
		packet[0] = fuzz_octet(f);
		break;
	case 1: /* fragmentation and length */
		packet[1] = fuzz_octet(f);
		break;
	case 2: /* sequence number: near, or anywhere */
		packet[3] = (uint8_t)(packet[3] + fuzz_below(f, 200));
		if (fuzz_below(f, 2))
			packet[2] = fuzz_octet(f);
		break;
	case 3:
		*len = fuzz_below(f, *len + 1);
		break;
	case 4:
		while (*len < max && fuzz_below(f, 300))
			packet[(*len)++] = fuzz_octet(f);
		break;
	case 5: /* only the control word, as L allows */
		packet[0] |= 0x08;
		*len = CESOPSN_HEADER;
		break;
	default:
		fuzz_somewhere(f, packet, len, max, fuzz_below(f, 2) ? 0 : CESOPSN_HEADER);
		break;
	}
}
