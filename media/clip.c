/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/clip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/magic.h"

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
