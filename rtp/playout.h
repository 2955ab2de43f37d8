/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtp/playout.h - from packets to frames of 10 ms: jitter buffer, decoder, concealment, comfort noise, changes of the delay.
 *
 *   put -> jitter buffer -+-> decode -> concealment's memory -+-> queue -> leave out or put in a pitch period -> 80 samples
 *                         +-> lost: concealment --------------+
 *                         +-> comfort noise, silence ---------+
 *
 * The order of a tick: the packets that have come, then one rtp_playout_frame(). Pure as rtp/jitter_buffer.h; about 13 KiB, no
 * allocation. One thread.
 */
#ifndef RTP_PLAYOUT_H
#define RTP_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/comfort_noise.h"
#include "dsp/plc.h"
#include "dsp/stretch.h"
#include "rtp/jitter_buffer.h"

#define RTP_PLAYOUT_FRAME 80
/* Two frames and what is put in, or a rest and two frames: never more. */
#define RTP_PLAYOUT_QUEUE (3 * RTP_PLAYOUT_FRAME + STRETCH_LAG_MAX)

/* n octets of speech into n samples. talkspurt: first after silence. Called in order of time; what is lost is left out. */
typedef void(rtp_playout_decode_h)(int16_t *out, const uint8_t *in, size_t n, uint8_t payload_type, bool talkspurt, void *arg);

struct rtp_playout {
	struct jitter_buffer  jitter;
	struct plc            plc;
	struct comfort_noise  noise;
	rtp_playout_decode_h *decode;
	void                 *arg;
	int16_t  queue[STRETCH_LAG_MAX + RTP_PLAYOUT_QUEUE]; /* first what was played last, then what is not yet played */
	bool     made_up[RTP_PLAYOUT_QUEUE];                 /* of each of the latter: concealed */
	unsigned queued;
	unsigned rest;     /* ticks until the delay may change again */
	float    loudness; /* mean square of the loudest speech of late */
};

/* jitter_min, jitter_max in samples (rtp/jitter_buffer.h). */
void rtp_playout_init(struct rtp_playout *p, unsigned jitter_min, unsigned jitter_max, rtp_playout_decode_h *decode, void *arg);
void rtp_playout_reset(struct rtp_playout *p); /* another SSRC; what is queued is still played */
void rtp_playout_put(struct rtp_playout *p, const struct jitter_buffer_packet *packet);
/* The frame of the tick at `now` (samples; 80 more than the last one's, unless ticks were skipped). True: some of it was made up,
 * so that receivers of tones should not trust it. */
bool rtp_playout_frame(struct rtp_playout *p, int64_t now, int16_t out[RTP_PLAYOUT_FRAME]);

#endif
