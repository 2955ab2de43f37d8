/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telephone-events: of each ten octets two make the sequence number and time, two the timestamp, four are the payload. */
#include <string.h>

#include "rtp/telephone_event.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_rx rx;
	struct event_key key;
	bool down = false;
	uint32_t samples = 0;
	int64_t now_us = 0;
	uint32_t timestamp = 0;
	unsigned pressed = 0, packets = 0;

	event_rx_init(&rx);
	for (; size >= 10; data += 10, size -= 10) {
		now_us += data[0] * 1000;
		timestamp += (uint32_t)(int16_t)(data[2] << 8 | data[3]);
		event_rx_packet(&rx, data[0] & 1, (uint16_t)(data[1] << 8 | data[4]), timestamp, data + 6, data[5] % 8, now_us);
		packets++;
		if (data[5] & 0x80)
			continue;
		if (event_rx_key(&rx, now_us, &key)) {
			FUZZ_CHECK(key.digit != '\0' && strchr("0123456789*#ABCD", key.digit) != NULL);
			FUZZ_CHECK(!down || key.samples >= samples); /* it is pressed for longer and longer */
			samples = key.samples;
			pressed += !down;
			down = key.down;
		} else {
			FUZZ_CHECK(!down);
		}
	}
	FUZZ_CHECK(rx.count <= EVENT_KEYS && pressed <= packets);
	for (unsigned i = 0; i <= EVENT_KEYS; i++) { /* all is told of, and then there is nothing more */
		now_us += EVENT_LOST_US;
		down = event_rx_key(&rx, now_us, &key);
	}
	FUZZ_CHECK(!down && rx.count == 0);
	return 0;
}
