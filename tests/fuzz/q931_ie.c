/* SPDX-License-Identifier: GPL-2.0-or-later */
/* D-channel frames through the cleaning before libpri; cleaning twice is cleaning once. */
#include "e1/q931_ie.h"

#include <string.h>

#include "e1/hdlc.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[E1_HDLC_FRAME_MAX], again[E1_HDLC_FRAME_MAX];
	struct e1_ie_peek p, q;
	unsigned len;

	if (size < E1_HDLC_FRAME_MIN || size > sizeof(frame))
		return 0;
	memcpy(frame, data, size);
	len = e1_ie_clean(frame, (unsigned)size, &p);
	FUZZ_CHECK(len <= size);
	if (len == 0)
		return 0;
	memcpy(again, frame, len);
	FUZZ_CHECK(e1_ie_clean(again, len, &q) == len);
	FUZZ_CHECK(memcmp(frame, again, len) == 0 && q.cut == 0);
	return 0;
}
