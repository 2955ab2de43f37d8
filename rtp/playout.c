/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtp/playout.h"

#include <math.h>
#include <string.h>

#define FRAME RTP_PLAYOUT_FRAME
/* Speech is loud from 20 dB below its loudest on, but not in the noise of an A-law line (rms 8: -64 dBm0). */
#define LOUD_BELOW 0.01f
#define LOUD_LEAST 64.0f
#define LOUD_FALL  0.9996f /* a frame: 10 dB in 58 s */
/* How alike two stretches of loud speech have to be, so that one may go; and when the delay is off by a lot, and by too much. */
#define ALIKE       0.85f
#define FAR_OFF     400
#define ALIKE_FAR   0.6f
#define TOO_FAR_OFF 800
#define ANY         (-1.0f)
/* Ticks between changes: in speech each is a little wrong. */
#define REST_LOUD 10
#define REST_FAR  3
#define REST_QUIET 1

void rtp_playout_init(struct rtp_playout *p, unsigned jitter_min, unsigned jitter_max, rtp_playout_decode_h *decode, void *arg)
{
	memset(p, 0, sizeof(*p));
	jitter_buffer_init(&p->jitter, jitter_min, jitter_max);
	plc_block_init(&p->plc);
	comfort_noise_init(&p->noise);
	p->decode = decode;
	p->arg = arg;
}

void rtp_playout_reset(struct rtp_playout *p)
{
	jitter_buffer_reset(&p->jitter);
}

void rtp_playout_put(struct rtp_playout *p, const struct jitter_buffer_packet *packet)
{
	jitter_buffer_put(&p->jitter, packet);
}

static int16_t *queue_head(struct rtp_playout *p)
{
	return p->queue + STRETCH_LAG_MAX;
}

static void fetch(struct rtp_playout *p, unsigned until)
{
	while (p->queued < until) {
		int16_t *s = queue_head(p) + p->queued;
		struct jitter_buffer_piece piece;

		jitter_buffer_next(&p->jitter, until - p->queued, &piece);
		switch (piece.what) {
		case JITTER_BUFFER_DECODE:
			p->decode(s, piece.data, piece.count, piece.payload_type, piece.talkspurt, p->arg);
			break;
		case JITTER_BUFFER_COMFORT:
			if (piece.data)
				(void)comfort_noise_parse(&p->noise, piece.data, piece.noise_len); /* an empty one: as before */
			comfort_noise_process(&p->noise, s, piece.count);
			break;
		case JITTER_BUFFER_SILENT: memset(s, 0, piece.count * sizeof(*s)); break;
		case JITTER_BUFFER_LOST:   plc_block_lost(&p->plc, s, piece.count); break;
		}
		if (piece.what != JITTER_BUFFER_LOST)
			plc_block_good(&p->plc, s, piece.count);
		memset(p->made_up + p->queued, piece.what == JITTER_BUFFER_LOST, piece.count);
		p->queued += (unsigned)piece.count;
	}
}

static bool is_loud(struct rtp_playout *p)
{
	const int16_t *s = queue_head(p);
	float mean = 0;

	for (unsigned i = 0; i < FRAME; i++)
		mean += (float)s[i] * (float)s[i];
	mean /= FRAME;
	p->loudness = fmaxf(mean, p->loudness * LOUD_FALL);
	return mean > LOUD_LEAST && mean > p->loudness * LOUD_BELOW;
}

static void leave_out(struct rtp_playout *p, unsigned most, float alike)
{
	unsigned lag, two = 2 * FRAME;

	if (p->queued < two && jitter_buffer_ready(&p->jitter, two - p->queued) < two - p->queued)
		return;
	fetch(p, two);
	lag = (unsigned)stretch_leave_out(queue_head(p), p->queued, most, alike);
	if (lag == 0)
		return;
	memmove(p->made_up, p->made_up + lag, p->queued - lag);
	p->queued -= lag;
	jitter_buffer_changed(&p->jitter, -(int)lag);
}

static void put_in(struct rtp_playout *p, unsigned most, float alike)
{
	unsigned lag = (unsigned)stretch_put_in(queue_head(p), p->queued, p->queue, most, alike);

	if (lag == 0)
		return;
	memmove(p->made_up + lag, p->made_up, p->queued);
	memset(p->made_up, 0, lag);
	p->queued += lag;
	jitter_buffer_changed(&p->jitter, (int)lag);
}

static void change_delay(struct rtp_playout *p)
{
	bool loud = is_loud(p);
	int wish;
	unsigned most;
	float alike = ANY;

	if (p->rest > 0) {
		p->rest--;
		return;
	}
	wish = jitter_buffer_wish(&p->jitter, loud);
	most = (unsigned)(wish > 0 ? wish : -wish);
	if (most == 0)
		return;
	if (loud && most < TOO_FAR_OFF)
		alike = most < FAR_OFF ? ALIKE : ALIKE_FAR;
	p->rest = !loud ? REST_QUIET : most < FAR_OFF ? REST_LOUD : REST_FAR;
	if (wish > 0)
		put_in(p, most, alike);
	else
		leave_out(p, most, alike);
}

bool rtp_playout_frame(struct rtp_playout *p, int64_t now, int16_t out[RTP_PLAYOUT_FRAME])
{
	bool made_up;

	jitter_buffer_tick(&p->jitter, now, p->queued);
	fetch(p, FRAME);
	change_delay(p);
	fetch(p, FRAME); /* when so much was left out */
	memcpy(out, queue_head(p), FRAME * sizeof(*out));
	made_up = memchr(p->made_up, 1, FRAME) != NULL;
	p->queued -= FRAME;
	memmove(p->queue, p->queue + FRAME, (STRETCH_LAG_MAX + p->queued) * sizeof(*out));
	memmove(p->made_up, p->made_up + FRAME, p->queued);
	return made_up;
}
