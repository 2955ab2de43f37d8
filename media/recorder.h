/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media/recorder.h - what a port heard, out of the media thread: frames through a ring into memory that control owns. A full ring
 * drops and counts.
 *
 * recorder_alloc -> media_record(port, tap, rec) -> (its timer drains) -> media_record(port, tap, NULL) or media_port_close ->
 * recorder_drain() -> recorder_samples() -> recorder_free(). Free at any time: memory goes when the media thread has let go. Gaps
 * (dropped frames, ticks that were skipped, the time between two taps) are written as silence and counted, so that sample n is
 * always at tick n / 80 after the start.
 *
 * Control thread.
 */
#ifndef MEDIA_RECORDER_H
#define MEDIA_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#include "core/loop.h"

struct recorder;

#define RECORDER_RING_MS     2000
#define RECORDER_SECONDS_MAX 7200

int      recorder_alloc(struct recorder **rp, struct loop *l);  /* drains itself every 500 ms by a timer of the loop */
void     recorder_free(struct recorder *r);
void     recorder_drain(struct recorder *r);                     /* what has come so far into memory */
/* Valid until the next drain. start_us: mono time of sample 0. */
const int16_t *recorder_samples(struct recorder *r, size_t *samples, int64_t *start_us);
unsigned recorder_dropped(const struct recorder *r);             /* frames */
/* blocking: at the end of a call, 16-bit PCM 8 kHz; by a .part file and rename. -errno */
int      recorder_write_wav(struct recorder *r, const char *path);

#endif
