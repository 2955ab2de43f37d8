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
#include <pthread.h>

#define HALF    128
#define QUARTER 32 /* of HALF */

static_assert(HALF * 2 == FFT_SIZE && FFT_BINS == HALF + 1 && HALF == 4 * 4 * 4 * 2, "three passes of radix 4, one of radix 2");

struct complexes {
	fft_vec re[HALF], im[HALF];
};

static float cosine[FFT_SIZE * 3 / 4], sine[FFT_SIZE * 3 / 4]; /* of 2 pi i / FFT_SIZE */

static void make_tables(void)
{
	for (unsigned i = 0; i < FFT_SIZE * 3 / 4; i++) {
		cosine[i] = (float)cos(2 * M_PI * i / FFT_SIZE);
		sine[i] = (float)sin(2 * M_PI * i / FFT_SIZE);
	}
}

void fft_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_tables);
}

/* Transforms of 4 * count values each, of which there are `stride` beside one another. Inlined: then the compiler knows both. */
static inline __attribute__((always_inline)) void pass_of_4(const struct complexes *restrict x, struct complexes *restrict y,
                                                            unsigned count, unsigned stride)
{
	for (unsigned p = 0; p < count; p++) {
		unsigned turn = p * 2 * stride;
		float c1 = cosine[turn], s1 = sine[turn], c2 = cosine[2 * turn], s2 = sine[2 * turn], c3 = cosine[3 * turn],
		      s3 = sine[3 * turn];

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

static void transform(struct complexes *x)
{
	struct complexes y;

	pass_of_4(x, &y, 32, 1);
	pass_of_4(&y, x, 8, 4);
	pass_of_4(x, &y, 2, 16);
	for (unsigned q = 0; q < HALF / 2; q++) {
		x->re[q] = y.re[q] + y.re[q + HALF / 2];
		x->im[q] = y.im[q] + y.im[q + HALF / 2];
		x->re[q + HALF / 2] = y.re[q] - y.re[q + HALF / 2];
		x->im[q + HALF / 2] = y.im[q] - y.im[q + HALF / 2];
	}
}

void fft_forward(const fft_vec in[FFT_SIZE], struct fft_bins *out)
{
	struct complexes z;

	for (unsigned i = 0; i < HALF; i++) {
		z.re[i] = in[2 * i];
		z.im[i] = in[2 * i + 1];
	}
	transform(&z);
	out->re[0] = z.re[0] + z.im[0];
	out->im[0] = (fft_vec){ 0 };
	out->re[HALF] = z.re[0] - z.im[0];
	out->im[HALF] = (fft_vec){ 0 };
	for (unsigned k = 1; k <= HALF / 2; k++) {
		unsigned j = HALF - k;
		fft_vec er = (z.re[k] + z.re[j]) * 0.5f, ei = (z.im[k] - z.im[j]) * 0.5f;         /* the even samples' bin */
		fft_vec odd_re = (z.im[k] + z.im[j]) * 0.5f, odd_im = (z.re[j] - z.re[k]) * 0.5f; /* the odd ones' */
		fft_vec r = odd_re * cosine[k] + odd_im * sine[k], i = odd_im * cosine[k] - odd_re * sine[k];

		out->re[k] = er + r;
		out->im[k] = ei + i;
		out->re[j] = er - r;
		out->im[j] = i - ei;
	}
}

void fft_back(const struct fft_bins *in, fft_vec out[FFT_SIZE])
{
	struct complexes z;

	/* The complex bins again, conjugated: the conjugate of a transform of conjugates is the transform back. */
	z.re[0] = (in->re[0] + in->re[HALF]) * 0.5f;
	z.im[0] = (in->re[HALF] - in->re[0]) * 0.5f;
	for (unsigned k = 1; k <= HALF / 2; k++) {
		unsigned j = HALF - k;
		fft_vec er = (in->re[k] + in->re[j]) * 0.5f, ei = (in->im[k] - in->im[j]) * 0.5f;
		fft_vec dr = (in->re[k] - in->re[j]) * 0.5f, di = (in->im[k] + in->im[j]) * 0.5f;
		fft_vec r = dr * cosine[k] - di * sine[k], i = di * cosine[k] + dr * sine[k]; /* odd */

		z.re[k] = er - i;
		z.im[k] = -(ei + r);
		z.re[j] = er + i;
		z.im[j] = ei - r;
	}
	transform(&z);
	for (unsigned i = 0; i < HALF; i++) {
		out[2 * i] = z.re[i] * (1.0f / HALF);
		out[2 * i + 1] = z.im[i] * (-1.0f / HALF);
	}
}
