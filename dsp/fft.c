/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Even and odd samples are the real and imaginary parts of a complex transform of half the size (radix 2, decimation in time);
 * its bins k and FFT_HALF - k together give bin k of the real one.
 */
#include "dsp/fft.h"

#include <assert.h>
#include <math.h>

static_assert(FFT_HALF * 2 == FFT_SIZE && FFT_BINS == FFT_HALF + 1, "a real transform");

void fft_init(struct fft *f)
{
	for (unsigned i = 0; i < FFT_HALF; i++) {
		double angle = 2 * M_PI * i / FFT_SIZE;

		f->cos[i] = (float)cos(angle);
		f->sin[i] = (float)sin(angle);
		f->order[i] = 0;
		for (unsigned bit = 1; bit < FFT_HALF; bit *= 2)
			f->order[i] = (unsigned char)(f->order[i] << 1 | ((i & bit) != 0));
	}
}

/* Of FFT_HALF complex values in the order of f->order; e^-j. */
static void transform(const struct fft *f, float *restrict re, float *restrict im)
{
	for (unsigned half = 1; half < FFT_HALF; half *= 2) {
		unsigned step = FFT_HALF / half;

		for (unsigned first = 0; first < FFT_HALF; first += 2 * half) {
			for (unsigned i = 0; i < half; i++) {
				unsigned a = first + i, b = a + half;
				float c = f->cos[i * step], s = f->sin[i * step];
				float r = re[b] * c + im[b] * s, m = im[b] * c - re[b] * s;

				re[b] = re[a] - r;
				im[b] = im[a] - m;
				re[a] += r;
				im[a] += m;
			}
		}
	}
}

void fft_forward(const struct fft *f, const float in[FFT_SIZE], struct fft_bins *out)
{
	float re[FFT_HALF], im[FFT_HALF];

	for (unsigned i = 0; i < FFT_HALF; i++) {
		re[i] = in[2 * f->order[i]];
		im[i] = in[2 * f->order[i] + 1];
	}
	transform(f, re, im);
	out->re[0] = re[0] + im[0];
	out->im[0] = 0;
	out->re[FFT_HALF] = re[0] - im[0];
	out->im[FFT_HALF] = 0;
	for (unsigned k = 1; k < FFT_HALF; k++) {
		unsigned j = FFT_HALF - k;
		float er = (re[k] + re[j]) / 2, ei = (im[k] - im[j]) / 2; /* the even samples' bin */
		float odd_re = (im[k] + im[j]) / 2, odd_im = (re[j] - re[k]) / 2; /* the odd ones' */

		out->re[k] = er + odd_re * f->cos[k] + odd_im * f->sin[k];
		out->im[k] = ei + odd_im * f->cos[k] - odd_re * f->sin[k];
	}
}

void fft_back(const struct fft *f, const struct fft_bins *in, float out[FFT_SIZE])
{
	float re[FFT_HALF], im[FFT_HALF], zr[FFT_HALF], zi[FFT_HALF];

	/* The complex bins again, conjugated: the conjugate of a transform of conjugates is the transform back. */
	for (unsigned k = 0; k < FFT_HALF; k++) {
		unsigned j = FFT_HALF - k;
		float er = (in->re[k] + in->re[j]) / 2, ei = (in->im[k] - in->im[j]) / 2;
		float dr = (in->re[k] - in->re[j]) / 2, di = (in->im[k] + in->im[j]) / 2;
		float odd_re = dr * f->cos[k] - di * f->sin[k], odd_im = di * f->cos[k] + dr * f->sin[k];

		zr[k] = er - odd_im;
		zi[k] = -(ei + odd_re);
	}
	for (unsigned i = 0; i < FFT_HALF; i++) {
		re[i] = zr[f->order[i]];
		im[i] = zi[f->order[i]];
	}
	transform(f, re, im);
	for (unsigned i = 0; i < FFT_HALF; i++) {
		out[2 * i] = re[i] / FFT_HALF;
		out[2 * i + 1] = -im[i] / FFT_HALF;
	}
}
