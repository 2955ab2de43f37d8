/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Session descriptions from the wire: as an offer, as one more in the same dialog, as an answer. What we say to it another end of
 * ours takes, and both then mean the same; an error changes nothing.
 */
#include "sip/sdp.h"

#include <errno.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static struct sdp *fuzz_end(int family)
{
	struct sdp_config c = { .codecs = { { RTP_PCMA, RTP_PCMU, RTP_G722, RTP_COMFORT_NOISE, RTP_TELEPHONE_EVENT }, 5 },
	                        .ptime_ms = 20,
	                        .session_id = 7 };
	struct sdp *s = NULL;

	if (family == AF_INET6)
		*(struct sockaddr_in6 *)&c.local = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = 0x1027 };
	else
		*(struct sockaddr_in *)&c.local =
			(struct sockaddr_in){ .sin_family = AF_INET, .sin_port = 0x1027, .sin_addr = { 0x0100007f } };
	FUZZ_CHECK(sdp_alloc(&s, &c) == 0);
	return s;
}

static void fuzz_format(const struct sdp *s)
{
	struct rtp_format f;

	FUZZ_CHECK(sdp_format(s, &f) == 0);
	FUZZ_CHECK(f.send_count >= 1 && f.send_count <= RTP_PAYLOADS_MAX && f.send[0].encoding <= RTP_G722);
	FUZZ_CHECK(f.recv_count >= 1 && f.recv_count <= RTP_PAYLOADS_MAX);
	FUZZ_CHECK(f.ptime_ms % 10 == 0 && f.ptime_ms >= RTP_PTIME_MIN_MS && f.ptime_ms <= RTP_PTIME_MAX_MS);
	FUZZ_CHECK(f.remote.ss_family != AF_UNSPEC || !(f.direction & RTP_SEND));
	for (unsigned i = 0; i < f.send_count; i++)
		FUZZ_CHECK(f.send[i].type < 128 && f.send[i].encoding < RTP_ENCODINGS);
}

static void fuzz_family(const char *text, size_t size, int family)
{
	struct sdp *s = fuzz_end(family), *other = fuzz_end(family);
	char ours[SDP_TEXT_MAX], again[SDP_TEXT_MAX];
	struct rtp_format before, after;
	struct sdp_error e;

	/* as an answer */
	FUZZ_CHECK(sdp_make_offer(s, RTP_SEND | RTP_RECV, ours, sizeof(ours)) == 0);
	if (sdp_take_answer(s, text, size, &e) == 0)
		fuzz_format(s);
	else
		FUZZ_CHECK(sdp_format(s, &before) == -ENOENT);
	/* as an offer */
	if (sdp_take_offer(s, text, size, &e) == 0) {
		FUZZ_CHECK(sdp_make_answer(s, RTP_SEND | RTP_RECV, ours, sizeof(ours)) == 0);
		fuzz_format(s);
		/* What we say next has all lines in their places, and is what another end understands. */
		FUZZ_CHECK(sdp_make_offer(s, RTP_SEND | RTP_RECV, ours, sizeof(ours)) == 0);
		FUZZ_CHECK(sdp_take_offer(other, ours, strlen(ours), &e) == 0);
		FUZZ_CHECK(sdp_make_answer(other, RTP_SEND | RTP_RECV, again, sizeof(again)) == 0);
		FUZZ_CHECK(sdp_take_answer(s, again, strlen(again), &e) == 0);
		fuzz_format(s);
		fuzz_format(other);
		/* It is refused, or taken and answered again; refused it leaves everything as it was. */
		FUZZ_CHECK(sdp_format(other, &before) == 0);
		if (sdp_take_offer(other, text, size, &e) != 0) {
			FUZZ_CHECK(sdp_format(other, &after) == 0);
			FUZZ_CHECK(before.direction == after.direction && before.ptime_ms == after.ptime_ms);
			FUZZ_CHECK(before.send_count == after.send_count && before.send[0].type == after.send[0].type);
			FUZZ_CHECK(before.recv_count == after.recv_count && before.remote.ss_family == after.remote.ss_family);
		}
	} else {
		FUZZ_CHECK(e.text[0] != '\0' && strlen(e.text) < sizeof(e.text));
	}
	sdp_free(other);
	sdp_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); /* so that a sanitizer sees what is read behind it */

	FUZZ_CHECK(text != NULL);
	memcpy(text, data, size);
	fuzz_family(text, size, AF_INET);
	fuzz_family(text, size, AF_INET6);
	free(text);
	return 0;
}
