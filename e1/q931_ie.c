/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/q931_ie.h"

#include <string.h>

#define PD_Q931    0x08
#define PD_NOBODY  0x00 /* a protocol discriminator that libpri acknowledges and ignores */

/* The information elements we have a use for (Q.931 table 4-3, codeset 0). */
enum {
	IE_BEARER = 0x04,
	IE_CAUSE = 0x08,
	IE_CALL_STATE = 0x14,
	IE_CHANNEL = 0x18,
	IE_PROGRESS = 0x1e,
	IE_NOTIFY = 0x27,
	IE_KEYPAD = 0x2c,
	IE_CALLING = 0x6c,
	IE_CALLED = 0x70,
	IE_REDIRECTING = 0x74,
	IE_RESTART = 0x79,
	IE_SENDING_COMPLETE = 0xa1,
};

/* Length of the octet group that begins the contents: up to the first octet with the extension bit (4.5.1). 0: it never comes. */
static unsigned ie_group(const uint8_t *data, unsigned len, unsigned most)
{
	for (unsigned i = 0; i < len && i < most; i++)
		if (data[i] & 0x80)
			return i + 1;
	return 0;
}

/* Cause: octet 3a (recommendation) is taken out, since libpri takes it for the cause value. Returns the new length, 0
 * malformed. */
static unsigned ie_cause(uint8_t *data, unsigned len, struct e1_ie_peek *p)
{
	if (len >= 3 && !(data[0] & 0x80)) {
		data[0] |= 0x80;
		memmove(data + 1, data + 2, len - 2);
		len--;
	}
	if (len < 2 || !(data[0] & 0x80))
		return 0;
	if (p->cause < 0) {
		p->location = data[0] & 0x0f;
		p->cause = data[1] & 0x7f;
	}
	return len;
}

/* New length of the contents of a known element; 0: malformed. */
static unsigned ie_check(uint8_t id, uint8_t *data, unsigned len, struct e1_ie_peek *p)
{
	switch (id) {
	case IE_BEARER:
		return len >= 2 && len <= 10 && (data[0] & 0x80) ? len : 0;
	case IE_CAUSE:
		return ie_cause(data, len, p);
	case IE_PROGRESS:
		if (len < 2 || !(data[0] & 0x80))
			return 0;
		if ((data[1] & 0x7f) == 8 || (data[1] & 0x7f) == 1)
			p->inband = true;
		return len;
	case IE_CHANNEL: /* its list of channels may be long; libpri looks at these lengths itself */
	case IE_CALL_STATE:
	case IE_NOTIFY:
	case IE_RESTART:
		return len;
	case IE_KEYPAD:
		return len <= 32 ? len : 0;
	case IE_CALLING:
	case IE_REDIRECTING:
		return ie_group(data, len, 3) ? len : 0;
	case IE_CALLED:
		if (ie_group(data, len, 1) == 0)
			return 0;
		p->called = true;
		return len;
	default:
		return len;
	}
}

/* Of use, or of the kind that must not be passed over in silence (5.8.7.1: an unknown element with a first half octet of
 * 0000). */
static bool ie_wanted(uint8_t id)
{
	switch (id) {
	case IE_CALL_STATE:
	case IE_CHANNEL:
	case IE_PROGRESS:
	case IE_NOTIFY:
	case IE_KEYPAD:
	case IE_CALLING:
	case IE_CALLED:
	case IE_REDIRECTING:
	case IE_RESTART:
		return true;
	default:
		return id < 0x10;
	}
}

/* Rewrites the elements from ie on; returns their new length. */
static unsigned clean_elements(uint8_t *ie, unsigned n, struct e1_ie_peek *p)
{
	unsigned in = 0, out = 0, size;

	while (in < n) {
		uint8_t id = ie[in];

		if (id & 0x80) { /* one octet */
			/* shift to another codeset (4.5.2, 4.5.3), locking until the end: nothing there is ours */
			if ((id & 0xf0) == 0x90) {
				if (!(id & 0x08))
					break;
				in++;
				if (in < n)
					in += ie[in] & 0x80 ? 1 : in + 1 < n ? 2u + ie[in + 1] : 1;
				continue;
			}
			if (id == IE_SENDING_COMPLETE)
				ie[out++] = id;
			in++;
			continue;
		}
		if (in + 2 > n || in + 2 + ie[in + 1] > n) { /* longer than the message */
			p->cut++;
			break;
		}
		size = ie[in + 1];
		if (ie_wanted(id)) {
			unsigned len = size ? ie_check(id, ie + in + 2, size, p) : 0;

			if (len) {
				ie[out] = id;
				ie[out + 1] = (uint8_t)len;
				memmove(ie + out + 2, ie + in + 2, len);
				out += 2 + len;
			} else if (size || id < 0x10)
				p->cut++;
		}
		in += 2 + size;
	}
	return out;
}

/* Messages that go wrong in libpri, or that make no sense on the call reference they came on (5.8.3.2). */
static bool message_wanted(const struct e1_ie_peek *p)
{
	bool global = p->cref == 0;

	switch (p->msg) {
	case E1_MSG_SETUP: /* whoever begins a call gives its reference: with the other flag it is passed over (5.8.3.2 d) */
		return !global && !p->flag;
	case E1_MSG_RESTART:
	case E1_MSG_RESTART_ACK:
		return global;
	case E1_MSG_STATUS:
		return true;
	case 0x31: /* RETRIEVE and its answers: libpri forgets the channel of a call that was never held */
	case 0x33:
	case 0x37:
	case 0x28:
		return false;
	default:
		return !global;
	}
}

static unsigned clean_message(uint8_t *c, unsigned n, struct e1_ie_peek *p)
{
	if (n < 5 || c[0] != PD_Q931 || c[1] != 2) {
		if (n > 0)
			c[0] = PD_NOBODY;
		return n;
	}
	p->cref = (unsigned)(c[2] & 0x7f) << 8 | c[3];
	p->flag = c[2] & 0x80;
	p->msg = c[4];
	if ((c[4] & 0x80) || !message_wanted(p)) {
		c[0] = PD_NOBODY;
		return n;
	}
	p->valid = true;
	return 5 + clean_elements(c + 5, n - 5, p);
}

unsigned e1_ie_clean(uint8_t *frame, unsigned len, struct e1_ie_peek *p)
{
	memset(p, 0, sizeof(*p));
	p->cause = p->location = -1;
	/* Point to point, call control: SAPI 0, TEI 0 (Q.921 3.3). */
	if (len < 5 || (frame[0] & ~2) != 0 || frame[1] != 1)
		return 0;
	if ((frame[2] & 3) == 3) {
		switch (frame[2] & 0xef) {
		case 0x6f: /* SABME */
		case 0x0f: /* DM */
		case 0x43: /* DISC */
		case 0x63: /* UA */
		case 0x87: /* FRMR */
			return len;
		default:
			return 0; /* UI and XID have no business on a primary rate link */
		}
	}
	if (len < 6)
		return 0;
	if ((frame[2] & 3) == 1)
		return len;
	return 4 + clean_message(frame + 4, len - 6, p) + 2;
}
