/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/hdlc.h - HDLC framing of the D channel in software (ISO/IEC 13239, Q.921 2): flags, bit stuffing, FCS-16, abort.
 *
 * Pure: octets of timeslot 16 in and out, no allocation. Each HDLC octet goes LSB first; the first bit on the line is the
 * timeslot's MSB (G.704, I.431). Frames carry their two FCS octets in receive (libpri wants them), and get them here in transmit.
 */
#ifndef E1_HDLC_H
#define E1_HDLC_H

#include <stdbool.h>
#include <stdint.h>

/* Q.921 5.9.3: N201 = 260 octets of information; address 2, control 2, FCS 2. */
#define E1_HDLC_FRAME_MAX 266
/* The shortest of Q.921: address 2, control 1 (unnumbered), FCS 2. Shorter ones are counted and gone. */
#define E1_HDLC_FRAME_MIN 5

struct e1_hdlc_rx_stats {
	uint64_t frames, bad_fcs, aborts, too_short, too_long, misaligned;
};

typedef void(e1_hdlc_frame_h)(const uint8_t *frame, unsigned len, void *arg); /* len counts the FCS */

struct e1_hdlc_rx {
	e1_hdlc_frame_h *h;
	void         *arg;
	struct e1_hdlc_rx_stats stats;
	unsigned len;     /* whole octets so far */
	unsigned bits;    /* in octet */
	unsigned ones;    /* in a row */
	uint8_t  octet;
	bool     in_frame; /* a flag was seen and nothing wrong since */
	uint8_t  buf[E1_HDLC_FRAME_MAX];
};

void e1_hdlc_rx_init(struct e1_hdlc_rx *rx, e1_hdlc_frame_h *h, void *arg);
void e1_hdlc_rx_octet(struct e1_hdlc_rx *rx, uint8_t ts); /* one octet of the timeslot; h may be called from within */

struct e1_hdlc_tx {
	uint8_t  buf[E1_HDLC_FRAME_MAX];
	unsigned len;        /* with FCS; 0: idle, flags go out */
	unsigned pos, bit;   /* next data bit */
	unsigned ones;
	unsigned flag_bit;   /* 0..7: within a flag; 8: within a frame */
};

void    e1_hdlc_tx_init(struct e1_hdlc_tx *tx);
bool    e1_hdlc_tx_busy(const struct e1_hdlc_tx *tx);
/* frame without FCS. -EBUSY while another goes out, -EINVAL when empty or too long. */
int     e1_hdlc_tx_frame(struct e1_hdlc_tx *tx, const uint8_t *frame, unsigned len);
uint8_t e1_hdlc_tx_octet(struct e1_hdlc_tx *tx); /* the timeslot's next octet: the frame, or flags */

uint16_t e1_hdlc_fcs(const uint8_t *p, unsigned len); /* as it goes on the wire, low octet first */

#endif
