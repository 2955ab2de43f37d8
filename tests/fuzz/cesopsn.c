/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets, each behind its length in one octet, into the decoder and the jitter buffer; a tick of 80 frames is taken now and
 * then. */
#include <string.h>

#include "e1/jitter.h"
#include "tests/fuzz/fuzz.h"

#define K 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frames[80][CESOPSN_TIMESLOTS], packet[CESOPSN_MAX + 8];
	struct e1_jitter j;
	struct cesopsn h, again;

	if (e1_jitter_alloc(&j, K) != 0)
		return 0;
	while (size >= 1 + CESOPSN_HEADER) {
		unsigned len = CESOPSN_HEADER + K * CESOPSN_TIMESLOTS + (data[0] % 8 == 0 ? (unsigned)data[0] - 64 : 0);
		size_t given = size - 1 < 8 ? size - 1 : 8;
		int err;

		memset(packet, data[0], sizeof(packet));
		memcpy(packet, data + 1, given);
		err = cesopsn_decode(&h, packet, len > sizeof(packet) ? 3 : len, K);
		FUZZ_CHECK(err == 0 || err == 1 || err == -74 /* EBADMSG */);
		if (err >= 0) { /* what was understood can be said again */
			uint8_t word[CESOPSN_HEADER];

			cesopsn_encode(word, &h, K * CESOPSN_TIMESLOTS);
			FUZZ_CHECK(cesopsn_decode(&again, memcpy(packet, word, sizeof(word)),
			                          CESOPSN_HEADER + K * CESOPSN_TIMESLOTS, K) == 0);
			FUZZ_CHECK(again.seq == h.seq && again.l == h.l && again.r == h.r);
		}
		if (err == 0)
			e1_jitter_put(&j, h.seq, packet + CESOPSN_HEADER);
		if (data[0] & 1)
			FUZZ_CHECK(e1_jitter_get(&j, frames, 80) <= 80);
		FUZZ_CHECK(e1_jitter_level(&j) <= 65536 * K);
		data += 1 + given;
		size -= 1 + given;
	}
	e1_jitter_free(&j);
	return 0;
}
