/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/dtmf_rx.h - DTMF digits in a stream of samples at 8 kHz: one receiver a stream. dsp/dtmf_bank.h is the same for eight
 * streams at once, many times cheaper; this one is its plain twin and the tests' oracle. What both hear, and how it was measured:
 * docs/sound.md. ITU-T Q.24 (its NTT and AT&T columns) sets the limits.
 *
 *   samples -> half band, 4 kHz -+-> low group's filter  -> z low  -+-> judge: tones of a digit in the last 12 ms? (early)
 *                                +-> high group's filter -> z high -+          for 32 ms at a stretch? (begin)   gone? (end)
 *
 * Each 1.25 ms (a hop) both groups give one complex number. Its turn from hop to hop is the frequency of the one tone there, its
 * size the level; both tones' power beside all power in the line tells a key from speech (dsp/dtmf_judge.h).
 *
 * Contract of a block: one thread; process() or lost() for each frame in order; time is counted in samples. Functions are
 * dtmf_receiver_*: dtmf_rx_* are spandsp's, which the tests link too.
 */
#ifndef DSP_DTMF_RX_H
#define DSP_DTMF_RX_H

#include <stddef.h>
#include <stdint.h>

#define DTMF_RX_RATE          8000
#define DTMF_RX_FRAME_MAX     102    /* samples a call */
#define DTMF_RX_EVENTS_MAX    3      /* a call: at most an end, a begin, and an end by time */
#define DTMF_RX_LONG_SAMPLES  16000  /* a digit still held after 2 s is reported as ended, once */
#define DTMF_RX_BRIDGE        320    /* up to 40 ms lost in a row are bridged; longer loss is silence */
#define DTMF_RX_HOP           10     /* samples; how finely time is told */
#define DTMF_RX_EARLY_SAMPLES 208    /* 26 ms: an early hit's tones began no longer ago, when it is the first of a digit */
#define DTMF_RX_BEGIN_SAMPLES 328    /* 41 ms: neither did those of a BEGIN */

enum dtmf_event_type { DTMF_RX_BEGIN, DTMF_RX_END };

struct dtmf_event {
	enum dtmf_event_type type;
	char     digit;             /* 0-9 * # A-D */
	uint32_t duration_samples;  /* of an END; right within 2.5 ms */
	float    low_dbm0, high_dbm0; /* each tone's level */
};

/* What one call of process() found. */
struct dtmf_result {
	struct dtmf_event event[DTMF_RX_EVENTS_MAX];
	unsigned count;
	/* Bit i: in the i-th hop that ended in this frame the two tones of some digit stood in the line: perhaps a key (one in a
	 * few minutes of speech does so for a moment), certain only with its BEGIN. For dsp/clamp.h. */
	uint32_t early;
};

struct dtmf_receiver;

int  dtmf_receiver_alloc(struct dtmf_receiver **rp);  /* -ENOMEM */
void dtmf_receiver_free(struct dtmf_receiver *r);     /* NULL is allowed */
void dtmf_receiver_init(struct dtmf_receiver *r);     /* forgets everything; no allocation */
/* n at most DTMF_RX_FRAME_MAX. */
void dtmf_receiver_process(struct dtmf_receiver *r, const int16_t *s, size_t n, struct dtmf_result *out);
void dtmf_receiver_lost(struct dtmf_receiver *r, size_t n, struct dtmf_result *out);

#endif
