/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets, each behind its length in one octet, into the header's parser and the counts of a source. */
#include <string.h>

#include "rtp/packet.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_source source;
	uint32_t arrival = 0;

	rtp_source_init(&source);
	while (size > 1) {
		size_t len = data[0] < size - 1 ? data[0] : size - 1;
		struct rtp_packet p, again;
		uint8_t header[RTP_HEADER];

		data++;
		size--;
		(void)rtp_packet_is_rtcp(data, len);
		if (rtp_packet_parse(&p, data, len) == 0) {
			FUZZ_CHECK(p.payload >= data + RTP_HEADER && p.payload + p.len <= data + len);
			rtp_packet_header(&p, header);
			FUZZ_CHECK(rtp_packet_parse(&again, header, sizeof(header)) == 0);
			FUZZ_CHECK(again.marker == p.marker && again.type == p.type && again.seq == p.seq &&
			           again.timestamp == p.timestamp && again.ssrc == p.ssrc);
			arrival += p.len;
			(void)rtp_source_packet(&source, p.ssrc, p.seq, p.timestamp, arrival, p.type != 13);
			FUZZ_CHECK(rtp_source_lost(&source) < (int64_t)1 << 40 && rtp_source_lost(&source) > -((int64_t)1 << 40));
			FUZZ_CHECK(rtp_source_jitter(&source) <= 60 * RTP_CLOCK);
			(void)rtp_source_fraction(&source);
		}
		data += len;
		size -= len;
	}
	return 0;
}
