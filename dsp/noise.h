/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dsp/noise.h - white noise, and the level of a line's quietest moments: what stands for the line where it may not be heard.
 *
 * All state is the caller's: a generator's 32 bits, whatever they begin with, and a floor, a mean square of samples that begins
 * with 0. On the media thread; no errors.
 */
#ifndef DSP_NOISE_H
#define DSP_NOISE_H

#include <math.h>
#include <stdint.h>

/* White, uniform in -1 to 1: a linear congruence (Knuth's constants); its upper bits count most. Of variance 1/3. */
static inline float noise_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (float)(int32_t)*state / 2147483648.0f;
}

/* The amplitude with which noise_next() has this mean square. */
static inline float noise_amplitude(float mean_square)
{
	return sqrtf(3 * mean_square);
}

/* How a floor follows the line, frame by frame. */
struct noise_floor {
	float lag;  /* how much of a quieter frame counts at once */
	float rise; /* by how much it rises in a louder one: a line that has become louder is found too */
	float max;  /* mean square: no noise is louder */
};

/* The floor after a frame of this mean square. */
static inline float noise_floor_learn(const struct noise_floor *f, float floor, float frame)
{
	if (frame < floor)
		return floor + f->lag * (frame - floor);
	return fminf(fminf(frame, f->max), floor * f->rise + 1);
}

#endif
