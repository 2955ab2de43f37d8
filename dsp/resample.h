/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/resample.h - another sampling rate, for sounds being loaded (not for live speech: no delay is spared).
 *
 * A windowed sinc (Kaiser, beta 9) at every phase the two rates have: flat within 0.1 dB to 0.43 of the lower rate, -80 dB from
 * 0.51 on. Linear phase without shift: output sample k is the input at time k / rate_out. n input samples give ceil(n * out /
 * in).
 */
#ifndef DSP_RESAMPLE_H
#define DSP_RESAMPLE_H

#include <stddef.h>

#define RESAMPLE_RATE_MIN 1000
#define RESAMPLE_RATE_MAX 384000

struct resample;

int    resample_alloc(struct resample **rp, int rate_in, int rate_out);  /* -EINVAL outside the limits, -ENOMEM */
void   resample_free(struct resample *r);
size_t resample_space(const struct resample *r, size_t n);                /* room that process(n) or flush (n = 0) may need */
size_t resample_process(struct resample *r, const float *in, size_t n, float *out, size_t space); /* how many came out */
size_t resample_flush(struct resample *r, float *out, size_t space);      /* the end: what is still inside */

#endif
