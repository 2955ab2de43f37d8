/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/hdlc.h"

#include <errno.h>
#include <string.h>

#define FLAG 0x7e

/* CRC-16 of ISO/IEC 13239 (x^16 + x^12 + x^5 + 1), LSB first, preset to ones, sent complemented: Q.921 2.7. */
static uint16_t fcs_run(uint16_t fcs, const uint8_t *p, unsigned len)
{
	while (len--) {
		fcs ^= *p++;
		for (int i = 0; i < 8; i++)
			fcs = fcs & 1 ? (uint16_t)(fcs >> 1 ^ 0x8408) : (uint16_t)(fcs >> 1);
	}
	return fcs;
}

uint16_t e1_hdlc_fcs(const uint8_t *p, unsigned len)
{
	return (uint16_t)~fcs_run(0xffff, p, len);
}

void e1_hdlc_rx_init(struct e1_hdlc_rx *rx, e1_hdlc_frame_h *h, void *arg)
{
	memset(rx, 0, sizeof(*rx));
	rx->h = h;
	rx->arg = arg;
}

static void rx_start(struct e1_hdlc_rx *rx)
{
	rx->in_frame = true;
	rx->len = rx->bits = 0;
	rx->octet = 0;
}

/* A closing flag. Its 0 and five of its ones have been taken for data: six bits of an unfinished octet belong to it. */
static void rx_flag(struct e1_hdlc_rx *rx)
{
	if (!rx->in_frame || rx->len == 0)
		return;
	if (rx->bits != 6)
		rx->stats.misaligned++;
	else if (rx->len < E1_HDLC_FRAME_MIN)
		rx->stats.too_short++;
	else if (fcs_run(0xffff, rx->buf, rx->len) != 0xf0b8)
		rx->stats.bad_fcs++;
	else {
		rx->stats.frames++;
		rx->h(rx->buf, rx->len, rx->arg);
	}
}

static void rx_data(struct e1_hdlc_rx *rx, unsigned bit)
{
	if (!rx->in_frame)
		return;
	rx->octet |= (uint8_t)(bit << rx->bits);
	if (++rx->bits < 8)
		return;
	if (rx->len == E1_HDLC_FRAME_MAX) {
		rx->stats.too_long++;
		rx->in_frame = false;
		return;
	}
	rx->buf[rx->len++] = rx->octet;
	rx->octet = 0;
	rx->bits = 0;
}

static void rx_bit(struct e1_hdlc_rx *rx, unsigned bit)
{
	if (bit) {
		rx->ones++;
		if (rx->ones <= 5)
			rx_data(rx, 1);
		else if (rx->ones == 7 && rx->in_frame) { /* Q.921 2.8: seven ones or more */
			rx->stats.aborts += rx->len > 0;
			rx->in_frame = false;
		}
		return;
	}
	if (rx->ones == 6) {
		rx_flag(rx);
		rx_start(rx);
	} else if (rx->ones < 5)
		rx_data(rx, 0);
	rx->ones = 0; /* after exactly five it was a stuffed bit */
}

void e1_hdlc_rx_octet(struct e1_hdlc_rx *rx, uint8_t ts)
{
	/* All ones (idle, or filled in for a lost packet) for ever: nothing to find. */
	if (ts == 0xff && !rx->in_frame && rx->ones >= 7)
		return;
	for (int i = 7; i >= 0; i--)
		rx_bit(rx, ts >> i & 1);
	if (rx->ones > 64)
		rx->ones = 64;
}

void e1_hdlc_tx_init(struct e1_hdlc_tx *tx)
{
	memset(tx, 0, sizeof(*tx));
}

bool e1_hdlc_tx_busy(const struct e1_hdlc_tx *tx)
{
	return tx->len != 0;
}

int e1_hdlc_tx_frame(struct e1_hdlc_tx *tx, const uint8_t *frame, unsigned len)
{
	uint16_t fcs;

	if (tx->len)
		return -EBUSY;
	if (len == 0 || len > E1_HDLC_FRAME_MAX - 2)
		return -EINVAL;
	memcpy(tx->buf, frame, len);
	fcs = e1_hdlc_fcs(frame, len);
	tx->buf[len] = (uint8_t)fcs;
	tx->buf[len + 1] = (uint8_t)(fcs >> 8);
	tx->len = len + 2;
	tx->pos = tx->bit = 0;
	return 0;
}

static unsigned tx_bit(struct e1_hdlc_tx *tx)
{
	unsigned bit;

	if (tx->flag_bit < 8) {
		bit = FLAG >> tx->flag_bit & 1;
		/* The flag is over: a frame that waits begins here; else another flag. */
		if (++tx->flag_bit == 8) {
			tx->ones = 0;
			if (tx->len == 0)
				tx->flag_bit = 0;
		}
		return bit;
	}
	if (tx->ones == 5) {
		tx->ones = 0;
		bit = 0;
	} else {
		bit = tx->buf[tx->pos] >> tx->bit & 1;
		tx->ones = bit ? tx->ones + 1 : 0;
		if (++tx->bit == 8) {
			tx->bit = 0;
			tx->pos++;
		}
	}
	/* Five ones at the very end get their stuffed bit too, before the flag. */
	if (tx->pos == tx->len && tx->ones < 5) {
		tx->len = 0;
		tx->flag_bit = 0;
	}
	return bit;
}

uint8_t e1_hdlc_tx_octet(struct e1_hdlc_tx *tx)
{
	unsigned ts = 0;

	for (int i = 0; i < 8; i++)
		ts = ts << 1 | tx_bit(tx);
	return (uint8_t)ts;
}
