/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/codec.h - from payload to samples of 8 kHz and back: G.711 (dsp/g711.h), G.722 (spandsp). Each octet is one sample of 8 kHz
 * in all of them.
 *
 * G.722 codes two bands of 4 kHz. The room has the lower one only, so only that is decoded, and what we send has nothing in the
 * upper one; the far end's wideband telephone needs not know (spandsp's G722_SAMPLE_RATE_8000).
 *
 * One thread at a time. Memory is taken by rtp_codec_alloc() only. A block's n is at most RTP_PAYLOAD_MAX.
 */
#ifndef RTP_CODEC_H
#define RTP_CODEC_H

#include "rtp/packet.h"
#include "rtp/rtp.h"

struct rtp_codec;

int  rtp_codec_alloc(struct rtp_codec **cp);  /* -ENOMEM */
void rtp_codec_free(struct rtp_codec *c);     /* NULL is allowed */
static inline bool rtp_codec_is_speech(enum rtp_encoding e) { return e == RTP_PCMU || e == RTP_PCMA || e == RTP_G722; }
/* The adaptive decoder, or encoder, begins anew: with another source of packets, or after another encoding. */
void rtp_codec_reset_decoder(struct rtp_codec *c);
void rtp_codec_reset_encoder(struct rtp_codec *c);
/* e is speech. n octets to n samples, n samples to n octets. */
void rtp_codec_decode(struct rtp_codec *c, enum rtp_encoding e, int16_t *s, const uint8_t *payload, unsigned n);
void rtp_codec_encode(struct rtp_codec *c, enum rtp_encoding e, uint8_t *payload, const int16_t *s, unsigned n);

#endif
