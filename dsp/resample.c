/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/resample.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ZEROS  32    /* zero crossings on each side */
#define BETA   9.0
#define CUTOFF 0.94  /* of half the lower rate */
#define CHUNK  4096  /* input samples worked on at once */
#define PHASES 2048  /* at most: odd pairs of rates get the nearest, which costs them noise at -65 dB */

/*
 * rate_out / rate_in = up / down without common factor. Output k stands at input position k * down / up: sample `at`, phase / up
 * beyond it. The filter of that phase covers at - half + 1 .. at + half. half is even: sums go in four lanes.
 */
struct resample {
	unsigned up, down, half;
	unsigned phase, phases; /* of up; filters there are */
	size_t   used;        /* of buffer; buffer[half - 1] is the input sample `at` */
	uint64_t taken, made; /* all input, all output */
	float   *filter;      /* [phases][2 * half] */
	float    buffer[];    /* 2 * half + CHUNK */
};

static double bessel_i0(double x)
{
	double sum = 1.0, term = 1.0;

	for (int k = 1; term > 1e-10 * sum; k++) {
		term *= x / (2.0 * k) * (x / (2.0 * k));
		sum += term;
	}
	return sum;
}

static void fill_filter(struct resample *r, double cutoff)
{
	double i0 = bessel_i0(BETA);

	for (unsigned p = 0; p < r->phases; p++) {
		float *f = r->filter + (size_t)p * 2 * r->half;
		double shift = (p + (r->phases < r->up ? 0.5 : 0.0)) / r->phases, total = 0.0;

		for (unsigned j = 0; j < 2 * r->half; j++) {
			double x = (double)j - (double)(r->half - 1) - shift; /* distance in input samples */
			double edge = x / r->half;
			double sinc = x == 0.0 ? 1.0 : sin(M_PI * cutoff * x) / (M_PI * cutoff * x);
			double window = fabs(edge) < 1.0 ? bessel_i0(BETA * sqrt(1.0 - edge * edge)) / i0 : 0.0;

			f[j] = (float)(sinc * window);
			total += sinc * window;
		}
		for (unsigned j = 0; j < 2 * r->half; j++) /* each phase passes 0 Hz alike */
			f[j] = (float)(f[j] / total);
	}
}

static unsigned common_divisor(unsigned a, unsigned b)
{
	while (b) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

int resample_alloc(struct resample **rp, int rate_in, int rate_out)
{
	double ratio = (double)rate_out / rate_in, cutoff = CUTOFF * (ratio < 1.0 ? ratio : 1.0);
	unsigned half, divisor;
	struct resample *r;

	if (rate_in < RESAMPLE_RATE_MIN || rate_in > RESAMPLE_RATE_MAX || rate_out < RESAMPLE_RATE_MIN ||
	    rate_out > RESAMPLE_RATE_MAX)
		return -EINVAL;
	half = (unsigned)ceil(ZEROS / cutoff / 2.0) * 2;
	divisor = common_divisor((unsigned)rate_in, (unsigned)rate_out);
	r = calloc(1, sizeof(*r) + (2 * half + CHUNK) * sizeof(r->buffer[0]));
	if (!r)
		return -ENOMEM;
	r->half = half;
	r->up = (unsigned)rate_out / divisor;
	r->down = (unsigned)rate_in / divisor;
	r->used = half - 1; /* silence before the first sample */
	r->phases = r->up < PHASES ? r->up : PHASES;
	r->filter = calloc((size_t)r->phases * 2 * half, sizeof(*r->filter));
	if (!r->filter) {
		free(r);
		return -ENOMEM;
	}
	fill_filter(r, cutoff);
	*rp = r;
	return 0;
}

void resample_free(struct resample *r)
{
	if (!r)
		return;
	free(r->filter);
	free(r);
}

size_t resample_space(const struct resample *r, size_t n)
{
	return (size_t)(((uint64_t)n + 2 * r->half) * r->up / r->down) + 2;
}

static float convolve(const float *f, const float *x, unsigned n)
{
	float sum[4] = { 0.0f, 0.0f, 0.0f, 0.0f };

	for (unsigned j = 0; j < n; j += 4)
		for (unsigned k = 0; k < 4; k++)
			sum[k] += f[j + k] * x[j + k];
	return sum[0] + sum[1] + sum[2] + sum[3];
}

/* All output for which the buffer has the input. */
static size_t produce(struct resample *r, float *out, size_t space, uint64_t limit)
{
	size_t from = 0, count = 0;

	/* A step (down / up < half) never leads beyond the buffer. */
	while (r->used - from >= 2 * r->half && count < space && r->made < limit) {
		size_t p = (size_t)r->phase * r->phases / r->up;

		out[count++] = convolve(r->filter + p * 2 * r->half, r->buffer + from, 2 * r->half);
		r->made++;
		r->phase += r->down;
		from += r->phase / r->up;
		r->phase %= r->up;
	}
	memmove(r->buffer, r->buffer + from, (r->used - from) * sizeof(r->buffer[0]));
	r->used -= from;
	return count;
}

size_t resample_process(struct resample *r, const float *in, size_t n, float *out, size_t space)
{
	size_t count = 0;

	r->taken += n;
	while (n > 0) {
		size_t room = 2 * r->half + CHUNK - r->used, take = n < room ? n : room;

		memcpy(r->buffer + r->used, in, take * sizeof(*in));
		r->used += take;
		in += take;
		n -= take;
		count += produce(r, out + count, space - count, UINT64_MAX);
	}
	return count;
}

size_t resample_flush(struct resample *r, float *out, size_t space)
{
	uint64_t all = (r->taken * r->up + r->down - 1) / r->down;

	memset(r->buffer + r->used, 0, (r->half + 1) * sizeof(r->buffer[0]));
	r->used += r->half + 1; /* used < 2 * half after each produce(), so it fits */
	return produce(r, out, space, all);
}
