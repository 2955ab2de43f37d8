/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/fft.h - the Fourier transform of FFT_SIZE real samples, and back; of four such series at once, one in each lane of a
 * vector. Only the bins 0 to FFT_SIZE / 2 are kept, real and imaginary parts in arrays of their own, so that what is done bin by
 * bin runs straight through memory.
 *
 * Any thread; the tables are only read after fft_init(), so that any number of threads may share them. There and back is the
 * identity.
 */
#ifndef DSP_FFT_H
#define DSP_FFT_H

#define FFT_LANES 4
#define FFT_SIZE  256
#define FFT_BINS  129 /* FFT_SIZE / 2 + 1 */

typedef float fft_vec __attribute__((vector_size(4 * FFT_LANES)));

struct fft { /* of 2 pi i / FFT_SIZE */
	float cos[FFT_SIZE * 3 / 4], sin[FFT_SIZE * 3 / 4];
};

struct fft_bins {
	fft_vec re[FFT_BINS], im[FFT_BINS];
};

void fft_init(struct fft *f);
void fft_forward(const struct fft *f, const fft_vec in[FFT_SIZE], struct fft_bins *out);
void fft_back(const struct fft *f, const struct fft_bins *in, fft_vec out[FFT_SIZE]);

#endif
