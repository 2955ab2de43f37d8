/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of any number, time and kind, at any moment, and frames out of them: playing ends, stays within its memory, time goes
 * on, and each octet is one that was sent for that time.
 *
 * A record is 8 octets: kind and marker, number (16 bits, a difference), time (24 bits, a difference), length / 2, ticks
 * afterwards.
 */
#include "rtp/playout.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

#define RECORD 8

struct heard {
	struct rtp_playout p;
	uint64_t decoded;
};

static void decode(int16_t *out, const uint8_t *in, size_t n, uint8_t payload_type, bool talkspurt, void *arg)
{
	struct heard *h = arg;
	uint32_t t = (uint32_t)(h->p.jitter.play - (int64_t)n);

	(void)talkspurt;
	FUZZ_CHECK(payload_type == 8 && n >= 1 && n <= 2 * RTP_PLAYOUT_FRAME);
	FUZZ_CHECK(in >= h->p.jitter.ring && in + n <= h->p.jitter.ring + JITTER_BUFFER_RING);
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(in[i] == (uint8_t)(t + i));
		out[i] = (int16_t)((in[i] - 128) * 200);
	}
	h->decoded += n;
}

static void frame(struct heard *h, int64_t now)
{
	int16_t out[RTP_PLAYOUT_FRAME];

	(void)rtp_playout_frame(&h->p, now, out);
	FUZZ_CHECK(h->p.queued <= RTP_PLAYOUT_QUEUE - RTP_PLAYOUT_FRAME);
	FUZZ_CHECK(jitter_buffer_delay(&h->p.jitter) <= UINT16_MAX);
	FUZZ_CHECK(!h->p.jitter.synced || (jitter_buffer_target(&h->p.jitter) >= JITTER_BUFFER_MIN &&
	                                   jitter_buffer_target(&h->p.jitter) <= JITTER_BUFFER_MAX));
}

static uint64_t record(struct heard *h, const uint8_t *r, uint16_t *seq, uint32_t *timestamp, int64_t *now)
{
	uint8_t octets[2 * 255 * 4];
	struct jitter_buffer_packet packet = {
		/* both ways even; the longest is too long */
		.kind = r[0] % 3, .marker = r[0] & 0x80, .payload_type = 8,
		.data = octets,   .arrival = *now,       .len = r[0] & 0x40 ? r[6] * 8u : r[6] * 2u,
	};
	uint32_t difference = (uint32_t)r[3] << 16 | (uint32_t)r[4] << 8 | r[5];

	*seq = (uint16_t)(*seq + (r[1] << 8 | r[2]));
	*timestamp += r[0] & 0x20 ? difference << 8 : difference & 0x800000 ? difference | 0xff000000u : difference;
	packet.seq = *seq;
	packet.timestamp = *timestamp;
	for (size_t i = 0; i < packet.len; i++)
		octets[i] = (uint8_t)(*timestamp + i);
	if (r[0] == 0xff)
		rtp_playout_reset(&h->p);
	rtp_playout_put(&h->p, &packet);
	for (unsigned i = 0; i < r[7] % 32; i++, *now += RTP_PLAYOUT_FRAME)
		frame(h, *now);
	*now += r[7] & 0x80 ? 100 * r[7] : 0; /* ticks that were skipped */
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct heard h;
	const struct jitter_buffer_stats *s = &h.p.jitter.stats;
	uint16_t seq = 0;
	uint32_t timestamp = 0;
	int64_t now = 0;
	uint64_t packets = 0;

	memset(&h, 0, sizeof(h));
	rtp_playout_init(&h.p, 160, 1600, decode, &h);
	for (; size >= RECORD; data += RECORD, size -= RECORD)
		packets += record(&h, data, &seq, &timestamp, &now);
	FUZZ_CHECK(s->packets + s->duplicates + s->strange + s->oversize == packets);
	FUZZ_CHECK(s->late <= s->packets && s->lost_runs <= s->lost && s->concealed <= (uint64_t)now + 2 * RTP_PLAYOUT_FRAME);
	/* whatever came before: somebody who speaks in step is heard, within his first half second */
	for (unsigned i = 0; i < 50; i++) {
		uint8_t r[RECORD] = { 0, 0, 1, 0, 0, 160, 80, 2 };

		if (i == 0)
			r[1] = 0x40, r[0] = 0x20, r[3] = 0x55;
		packets += record(&h, r, &seq, &timestamp, &now);
		if (i == 25)
			h.decoded = 0;
	}
	FUZZ_CHECK(h.decoded >= 24 * 160 - 2 * RTP_PLAYOUT_FRAME);
	return 0;
}
