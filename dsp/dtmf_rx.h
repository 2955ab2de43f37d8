/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/dtmf_rx.h - DTMF digits in a stream of samples at 8 kHz, one receiver a leg.
 *
 * Inside is spandsp's receiver without its dial tone filter (ours is no local loop, and the filter costs half the time), until
 * one of our own replaces it. What it does, measured on a strict bench against ITU-T Q.24: per tone -42..0 dBm0; both frequencies
 * 1.4 % off heard, 3.5 % not; tones of 40 ms heard, of 23 ms in a quarter of the cases; twist +8 / -4 dB; gaps of 6 ms bridged
 * (Q.24: 10). It looks at blocks of 102 samples (12.75 ms) and believes in a digit after two, so a digit's begin is reported 13
 * to 38 ms late and its duration is right within 26 ms.
 *
 * Contract of a block: one thread; process() or lost() for each frame in order; time is counted in samples. alloc and free on
 * control, the first alloc of the program before other threads have receivers (spandsp fills tables of its own then). Functions
 * are dtmf_receiver_*: dtmf_rx_* are spandsp's.
 */
#ifndef DSP_DTMF_RX_H
#define DSP_DTMF_RX_H

#include <stddef.h>
#include <stdint.h>

#define DTMF_RX_RATE         8000
#define DTMF_RX_FRAME_MAX    102    /* samples a call */
#define DTMF_RX_EVENTS_MAX   3      /* a call: at most an end, a begin, and an end by time */
#define DTMF_RX_LONG_SAMPLES 16000  /* a digit still held after 2 s is reported as ended, once */
#define DTMF_RX_BRIDGE       320    /* up to 40 ms lost in a row are bridged; longer loss is silence */

enum dtmf_event_type { DTMF_RX_BEGIN, DTMF_RX_END };

struct dtmf_event {
	enum dtmf_event_type type;
	char     digit;             /* 0-9 * # A-D */
	uint32_t duration_samples;  /* of an END */
};

struct dtmf_receiver;

int      dtmf_receiver_alloc(struct dtmf_receiver **rp);  /* -ENOMEM */
void     dtmf_receiver_free(struct dtmf_receiver *r);     /* NULL is allowed */
void     dtmf_receiver_init(struct dtmf_receiver *r);     /* forgets everything; no allocation */
/* Return how many events they stored. n at most DTMF_RX_FRAME_MAX. */
unsigned dtmf_receiver_process(struct dtmf_receiver *r, const int16_t *s, size_t n, struct dtmf_event ev[DTMF_RX_EVENTS_MAX]);
unsigned dtmf_receiver_lost(struct dtmf_receiver *r, size_t n, struct dtmf_event ev[DTMF_RX_EVENTS_MAX]);

#endif
