/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/q931_ie.h - received D-channel frames, before libpri sees them: what it would not survive is cut out, what it does not tell
 * is noted.
 *
 * libpri walks octet groups (3, 3a, ...) to an extension bit without looking at the element's length, decodes ROSE from anybody,
 * answers maintenance messages by arithmetic on the peer's octets, keeps records for messages on unknown calls, and loses the
 * cause's location. A frame is rarely thrown away: an I frame must be acknowledged, or Q.921 repeats it until the link falls.
 * Pure.
 */
#ifndef E1_Q931_IE_H
#define E1_Q931_IE_H

#include <stdbool.h>
#include <stdint.h>

enum e1_ie_msg { /* Q.931 table 4-2: those e1 has a word to say about */
	         E1_MSG_ALERTING = 0x01,
	         E1_MSG_PROCEEDING = 0x02,
	         E1_MSG_PROGRESS = 0x03,
	         E1_MSG_SETUP = 0x05,
	         E1_MSG_CONNECT = 0x07,
	         E1_MSG_SETUP_ACK = 0x0d,
	         E1_MSG_DISCONNECT = 0x45,
	         E1_MSG_RESTART = 0x46,
	         E1_MSG_RELEASE = 0x4d,
	         E1_MSG_RESTART_ACK = 0x4e,
	         E1_MSG_RELEASE_COMPLETE = 0x5a,
	         E1_MSG_STATUS = 0x7d,
};

struct e1_ie_peek {
	bool     valid;        /* an I frame with a Q.931 message on a call reference of two octets */
	uint8_t  msg;
	unsigned cref;         /* 15 bits */
	bool     flag;         /* the sender did not allocate the call reference */
	int      cause, location; /* of the first cause element; -1 none */
	bool     inband;       /* progress indicator 8 or 1 */
	bool     called;       /* a called party number is there */
	unsigned cut;          /* elements taken out as malformed (not those that are only of no use to us) */
};

/* frame: address, control, contents, FCS; changed in place. Returns the new length; 0: not a frame libpri may have. */
unsigned e1_ie_clean(uint8_t *frame, unsigned len, struct e1_ie_peek *p);

#endif
