/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media/clip.h - sound that never changes: prompts, music, tones. Mono, 16 bit, at one rate.
 *
 * References are counted on the control thread only. The media thread holds a clip through the play list that brought it and
 * gives it back through its ring (media.c), so a clip can be dropped at any time by whoever has a reference.
 * Level convention: full-scale sine = +3.14 dBm0 (G.711 table 1a), amplitude 32768 ~ overload.
 */
#ifndef MEDIA_CLIP_H
#define MEDIA_CLIP_H

#include <stddef.h>
#include <stdint.h>

struct clip {
	unsigned magic;
	unsigned refs;
	int      rate;     /* Hz: 8000 now */
	size_t   samples;
	int16_t  s[];
};

/* refs 1, silence; fill s[] before the first play. -ENOMEM, -EINVAL over CLIP_SAMPLES_MAX */
int clip_alloc(struct clip **cp, int rate, size_t samples);
int clip_from_samples(struct clip **cp, int rate, const int16_t *s, size_t samples);
/* Blocking (start-up or a worker). Any format libsndfile reads, mixed down to mono and resampled to rate. -errno; -EBADMSG when
 * it is no sound file. */
int clip_load_wav(struct clip **cp, const char *path, int rate);
/* Scales to this mean power, the peak kept 1 dB under full scale (so a clip with high peaks stays below it). Before the first
 * play; silence stays silence. */
void clip_level(struct clip *c, double dbm0);
struct clip *clip_ref(struct clip *c);
void clip_unref(struct clip *c);     /* NULL is allowed */

#define CLIP_SAMPLES_MAX (8000 * 3600)

#endif
