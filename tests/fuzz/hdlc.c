/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Octets of timeslot 16 into the receiver; and what is sent comes out as it was. */
#include "e1/hdlc.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

struct got {
	uint8_t  frame[E1_HDLC_FRAME_MAX];
	unsigned len, count;
};

static void got_frame(const uint8_t *frame, unsigned len, void *arg)
{
	struct got *g = arg;

	FUZZ_CHECK(len >= E1_HDLC_FRAME_MIN && len <= E1_HDLC_FRAME_MAX);
	memcpy(g->frame, frame, len);
	g->len = len;
	g->count++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct got g = { .count = 0 };
	struct e1_hdlc_rx rx;
	struct e1_hdlc_tx tx;
	unsigned before;

	e1_hdlc_rx_init(&rx, got_frame, &g);
	for (size_t i = 0; i < size; i++)
		e1_hdlc_rx_octet(&rx, data[i]);
	FUZZ_CHECK(g.count == rx.stats.frames);

	/* whatever came before, a whole frame after a flag is received */
	if (size < E1_HDLC_FRAME_MIN - 2 || size > E1_HDLC_FRAME_MAX - 2)
		return 0;
	e1_hdlc_tx_init(&tx);
	for (unsigned i = 0; i < 4; i++)
		e1_hdlc_rx_octet(&rx, e1_hdlc_tx_octet(&tx));
	before = g.count;
	FUZZ_CHECK(e1_hdlc_tx_frame(&tx, data, (unsigned)size) == 0);
	while (e1_hdlc_tx_busy(&tx))
		e1_hdlc_rx_octet(&rx, e1_hdlc_tx_octet(&tx));
	for (unsigned i = 0; i < 4; i++)
		e1_hdlc_rx_octet(&rx, e1_hdlc_tx_octet(&tx));
	FUZZ_CHECK(g.count == before + 1 && g.len == size + 2 && memcmp(g.frame, data, size) == 0);
	return 0;
}
