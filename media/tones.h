/* SPDX-License-Identifier: GPL-2.0-or-later */
/* media/tones.h - call progress tones from libtonezone's country tables, as clips to be looped; DTMF and single tones for tests
 * and regenerated keys. Control thread. */
#ifndef MEDIA_TONES_H
#define MEDIA_TONES_H

#include "media/clip.h"

enum tone { TONE_DIAL, TONE_RINGBACK, TONE_BUSY, TONE_CONGESTION, TONE_INFO /* SIT */ };

/* One whole cadence at -10 dBm0, seamless when repeated; -ENOENT: no such country, or it has no such tone. TONE_INFO: the beeps
 * once, then a second of silence. */
int tone_clip(struct clip **cp, const char *country, enum tone t);
/* freq2 0: one frequency. level: dBm0 of each frequency. Amplitude never above full scale; 5 ms ramps at both ends when ramp. */
int tone_clip_beep(struct clip **cp, int freq1_hz, int freq2_hz, int level_dbm0, int duration_ms, int ramp);
/* Digits 0-9 * # A-D; low group at level, high group 2 dB above. -EINVAL on another character. */
int tone_clip_dtmf(struct clip **cp, const char *digits, int on_ms, int off_ms, int level_dbm0);

#endif
