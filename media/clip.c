/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/clip.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/magic.h"
#include "dsp/level.h"

#define CLIP_MAGIC 0x0c1f0001u

int clip_alloc(struct clip **cp, int rate, size_t samples)
{
	struct clip *c;

	if (rate <= 0 || samples > CLIP_SAMPLES_MAX)
		return -EINVAL;
	c = calloc(1, sizeof(*c) + samples * sizeof(c->s[0]));
	if (!c)
		return -ENOMEM;
	c->magic = CLIP_MAGIC;
	c->refs = 1;
	c->rate = rate;
	c->samples = samples;
	*cp = c;
	return 0;
}

int clip_from_samples(struct clip **cp, int rate, const int16_t *s, size_t samples)
{
	int err = clip_alloc(cp, rate, samples);

	if (!err && samples > 0)
		memcpy((*cp)->s, s, samples * sizeof(*s));
	return err;
}

void clip_level(struct clip *c, double dbm0)
{
	const double peak_max = 29204; /* 1 dB under full scale */
	int peak = level_peak(c->s, c->samples);
	double gain = pow(10, (dbm0 - level_dbm0(c->s, c->samples)) / 20);

	if (peak == 0)
		return;
	if (gain * peak > peak_max)
		gain = peak_max / peak;
	for (size_t i = 0; i < c->samples; i++)
		c->s[i] = (int16_t)lrint(c->s[i] * gain);
}

struct clip *clip_ref(struct clip *c)
{
	MAGIC_CHECK(c, CLIP_MAGIC);
	c->refs++;
	return c;
}

void clip_unref(struct clip *c)
{
	if (!c)
		return;
	MAGIC_CHECK(c, CLIP_MAGIC);
	assert(c->refs > 0);
	if (--c->refs > 0)
		return;
	c->magic = MAGIC_DEAD;
	free(c);
}
