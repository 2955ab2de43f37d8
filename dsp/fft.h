/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/fft.h - the Fourier transform of FFT_SIZE real samples, and back. Only the bins 0 to FFT_SIZE / 2 are kept, real and
 * imaginary parts in arrays of their own, so that what is done bin by bin runs straight through memory.
 *
 * Any thread; the tables are only read after fft_init(). There and back is the identity.
 */
#ifndef DSP_FFT_H
#define DSP_FFT_H

#define FFT_SIZE 256
#define FFT_HALF 128
#define FFT_BINS 129

struct fft {
	float         cos[FFT_HALF], sin[FFT_HALF]; /* of 2 pi i / FFT_SIZE */
	unsigned char order[FFT_HALF];              /* bits reversed */
};

struct fft_bins {
	float re[FFT_BINS], im[FFT_BINS];
};

void fft_init(struct fft *f);
void fft_forward(const struct fft *f, const float in[FFT_SIZE], struct fft_bins *out);
void fft_back(const struct fft *f, const struct fft_bins *in, float out[FFT_SIZE]);

#endif
