/* SPDX-License-Identifier: GPL-2.0-or-later */
/* media/wav.h - sound files: the one user of libsndfile. Loading is clip_load_wav() (media/clip.h). All blocking: start-up, or a
 * worker. */
#ifndef MEDIA_WAV_H
#define MEDIA_WAV_H

#include <stddef.h>
#include <stdint.h>

/* 16-bit PCM, mono. Written beside it and renamed, so that nobody meets half a file. -errno. */
int wav_write(const char *path, int rate, const int16_t *s, size_t samples);

#endif
