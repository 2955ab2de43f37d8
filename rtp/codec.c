/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <spandsp.h>

#include "dsp/g711.h"

#define G722_RATE 64000 /* bit/s: mode 1, the only one of RFC 3551 4.5.2 */

struct rtp_codec {
	g722_encode_state_t *encoder;
	g722_decode_state_t *decoder;
};

int rtp_codec_alloc(struct rtp_codec **cp)
{
	struct rtp_codec *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->encoder = g722_encode_init(NULL, G722_RATE, G722_SAMPLE_RATE_8000);
	c->decoder = g722_decode_init(NULL, G722_RATE, G722_SAMPLE_RATE_8000);
	if (!c->encoder || !c->decoder) {
		rtp_codec_free(c);
		return -ENOMEM;
	}
	*cp = c;
	return 0;
}

void rtp_codec_free(struct rtp_codec *c)
{
	if (!c)
		return;
	if (c->encoder)
		(void)g722_encode_free(c->encoder);
	if (c->decoder)
		(void)g722_decode_free(c->decoder);
	free(c);
}

/* With a state given, init only sets it. */
void rtp_codec_reset_decoder(struct rtp_codec *c)
{
	(void)g722_decode_init(c->decoder, G722_RATE, G722_SAMPLE_RATE_8000);
}

void rtp_codec_reset_encoder(struct rtp_codec *c)
{
	(void)g722_encode_init(c->encoder, G722_RATE, G722_SAMPLE_RATE_8000);
}

void rtp_codec_decode(struct rtp_codec *c, enum rtp_encoding e, int16_t *s, const uint8_t *payload, unsigned n)
{
	switch (e) {
	case RTP_PCMU:
		g711_ulaw_decode_block(s, payload, n);
		break;
	case RTP_PCMA:
		g711_alaw_decode_block(s, payload, n);
		break;
	case RTP_G722:
		(void)g722_decode(c->decoder, s, payload, (int)n);
		break;
	default:
		memset(s, 0, n * sizeof(*s));
	}
}

void rtp_codec_encode(struct rtp_codec *c, enum rtp_encoding e, uint8_t *payload, const int16_t *s, unsigned n)
{
	switch (e) {
	case RTP_PCMU:
		g711_ulaw_encode_block(payload, s, n);
		break;
	case RTP_G722:
		(void)g722_encode(c->encoder, payload, s, (int)n);
		break;
	default:
		g711_alaw_encode_block(payload, s, n);
	}
}
