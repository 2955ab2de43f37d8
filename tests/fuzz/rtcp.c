/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compound packets, each behind its length in one octet, to one participant; what he reports is always valid. */
#include <string.h>

#include "rtp/rtcp.h"
#include "tests/fuzz/fuzz.h"

#define US 0xbeef0001u /* our SSRC, which the corpus reports about */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t random[12];
	struct rtcp_state state;
	struct rtp_source source;
	int64_t now_us = 1767225600000000;

	rtcp_begin(&state, now_us, 0, random);
	rtp_source_init(&source);
	while (size > 1) {
		size_t len = data[0] < size - 1 ? data[0] : size - 1;
		struct rtcp_report about;
		uint8_t out[RTCP_MAX];
		struct rtcp r, again;

		data++;
		size--;
		now_us += (int64_t)len * 10000;
		if (rtcp_parse(&r, data, len, US) == 0) {
			rtcp_heard(&state, &r, now_us);
			FUZZ_CHECK(state.round_trip_us >= -1 && state.round_trip_us <= 60000000);
			rtcp_report_about(&about, &source, &state, now_us + 1000);
			len = rtcp_build(out, US, r.has_sender ? &r.sender : NULL, &about, state.cname, r.bye);
			FUZZ_CHECK(len <= sizeof(out) && rtcp_parse(&again, out, len, about.ssrc) == 0);
			FUZZ_CHECK(again.bye == r.bye && again.has_sender == r.has_sender && again.report.lost == about.lost);
			len = (size_t)(data[-1] < size ? data[-1] : size);
		}
		data += len;
		size -= len;
	}
	return 0;
}
