/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Even and odd samples are the real and imaginary parts of a complex transform of half the size; its bins k and HALF - k together
 * give bin k of the real one. The complex one is Stockham's, which puts all in order on its way from one array to another and
 * back:
 * three passes of radix 4 and one of radix 2.
 */
#include "dsp/fft.h"

#include <assert.h>
#include <math.h>

#define HALF    128
#define QUARTER 32 /* of HALF */

static_assert(HALF * 2 == FFT_SIZE && FFT_BINS == HALF + 1 && HALF == 4 * 4 * 4 * 2, "three passes of radix 4, one of radix 2");

struct complexes {
	fft_vec re[HALF], im[HALF];
};

void fft_init(struct fft *f)
{
	for (unsigned i = 0; i < FFT_SIZE * 3 / 4; i++) {
		f->cos[i] = (float)cos(2 * M_PI * i / FFT_SIZE);
		f->sin[i] = (float)sin(2 * M_PI * i / FFT_SIZE);
	}
}

/* Transforms of 4 * count values each, of which there are `stride` beside one another. Inlined: then the compiler knows both. */
static inline __attribute__((always_inline)) void pass_of_4(const struct fft *f, const struct complexes *restrict x,
                                                            struct complexes *restrict y, unsigned count, unsigned stride)
{
	for (unsigned p = 0; p < count; p++) {
		unsigned turn = p * 2 * stride;
		float c1 = f->cos[turn], s1 = f->sin[turn], c2 = f->cos[2 * turn], s2 = f->sin[2 * turn], c3 = f->cos[3 * turn],
		      s3 = f->sin[3 * turn];

		for (unsigned q = 0; q < stride; q++) {
			unsigned a = q + stride * p, to = q + stride * 4 * p;
			fft_vec r0 = x->re[a] + x->re[a + 2 * QUARTER], r1 = x->re[a] - x->re[a + 2 * QUARTER];
			fft_vec i0 = x->im[a] + x->im[a + 2 * QUARTER], i1 = x->im[a] - x->im[a + 2 * QUARTER];
			fft_vec r2 = x->re[a + QUARTER] + x->re[a + 3 * QUARTER],
				r3 = x->re[a + QUARTER] - x->re[a + 3 * QUARTER];
			fft_vec i2 = x->im[a + QUARTER] + x->im[a + 3 * QUARTER],
				i3 = x->im[a + QUARTER] - x->im[a + 3 * QUARTER];

			y->re[to] = r0 + r2;
			y->im[to] = i0 + i2;
			y->re[to + stride] = (r1 + i3) * c1 + (i1 - r3) * s1;
			y->im[to + stride] = (i1 - r3) * c1 - (r1 + i3) * s1;
			y->re[to + 2 * stride] = (r0 - r2) * c2 + (i0 - i2) * s2;
			y->im[to + 2 * stride] = (i0 - i2) * c2 - (r0 - r2) * s2;
			y->re[to + 3 * stride] = (r1 - i3) * c3 + (i1 + r3) * s3;
			y->im[to + 3 * stride] = (i1 + r3) * c3 - (r1 - i3) * s3;
		}
	}
}

static void transform(const struct fft *f, struct complexes *x)
{
	struct complexes y;

	pass_of_4(f, x, &y, 32, 1);
	pass_of_4(f, &y, x, 8, 4);
	pass_of_4(f, x, &y, 2, 16);
	for (unsigned q = 0; q < HALF / 2; q++) {
		x->re[q] = y.re[q] + y.re[q + HALF / 2];
		x->im[q] = y.im[q] + y.im[q + HALF / 2];
		x->re[q + HALF / 2] = y.re[q] - y.re[q + HALF / 2];
		x->im[q + HALF / 2] = y.im[q] - y.im[q + HALF / 2];
	}
}

void fft_forward(const struct fft *f, const fft_vec in[FFT_SIZE], struct fft_bins *out)
{
	struct complexes z;

	for (unsigned i = 0; i < HALF; i++) {
		z.re[i] = in[2 * i];
		z.im[i] = in[2 * i + 1];
	}
	transform(f, &z);
	out->re[0] = z.re[0] + z.im[0];
	out->im[0] = (fft_vec){ 0 };
	out->re[HALF] = z.re[0] - z.im[0];
	out->im[HALF] = (fft_vec){ 0 };
	for (unsigned k = 1; k <= HALF / 2; k++) {
		unsigned j = HALF - k;
		fft_vec er = (z.re[k] + z.re[j]) * 0.5f, ei = (z.im[k] - z.im[j]) * 0.5f;         /* the even samples' bin */
		fft_vec odd_re = (z.im[k] + z.im[j]) * 0.5f, odd_im = (z.re[j] - z.re[k]) * 0.5f; /* the odd ones' */
		fft_vec r = odd_re * f->cos[k] + odd_im * f->sin[k], i = odd_im * f->cos[k] - odd_re * f->sin[k];

		out->re[k] = er + r;
		out->im[k] = ei + i;
		out->re[j] = er - r;
		out->im[j] = i - ei;
	}
}

void fft_back(const struct fft *f, const struct fft_bins *in, fft_vec out[FFT_SIZE])
{
	struct complexes z;

	/* The complex bins again, conjugated: the conjugate of a transform of conjugates is the transform back. */
	z.re[0] = (in->re[0] + in->re[HALF]) * 0.5f;
	z.im[0] = (in->re[HALF] - in->re[0]) * 0.5f;
	for (unsigned k = 1; k <= HALF / 2; k++) {
		unsigned j = HALF - k;
		fft_vec er = (in->re[k] + in->re[j]) * 0.5f, ei = (in->im[k] - in->im[j]) * 0.5f;
		fft_vec dr = (in->re[k] - in->re[j]) * 0.5f, di = (in->im[k] + in->im[j]) * 0.5f;
		fft_vec r = dr * f->cos[k] - di * f->sin[k], i = di * f->cos[k] + dr * f->sin[k]; /* odd */

		z.re[k] = er - i;
		z.im[k] = -(ei + r);
		z.re[j] = er + i;
		z.im[j] = ei - r;
	}
	transform(f, &z);
	for (unsigned i = 0; i < HALF; i++) {
		out[2 * i] = z.re[i] * (1.0f / HALF);
		out[2 * i + 1] = z.im[i] * (-1.0f / HALF);
	}
}
