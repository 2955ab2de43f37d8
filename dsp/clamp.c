/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/clamp.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "dsp/dtmf_rx.h"
#include "dsp/noise.h"

static const struct noise_floor quietest = {
	.lag = 0.25f,
	.rise = 1.01f,                              /* a frame, 4 dB in a second (and a little) */
	.max = 32768.0f * 32768.0f / 2 * 4.9e-6f,   /* CLAMP_NOISE_MAX_DBM0: -53.1 dB of a full-scale sine */
};

/* Whatever the hop, the fade begins with a sample that has not left yet; and it is over when the tones begin. */
static_assert(CLAMP_REACH <= CLAMP_DELAY + DTMF_RX_HOP, "a hit comes in time for the sample it reaches back to");
static_assert(CLAMP_REACH - CLAMP_FADE >= DTMF_RX_EARLY_SAMPLES, "tones begin after the fade");

void clamp_init(struct clamp *c)
{
	memset(c, 0, sizeof(*c));
	c->gain = CLAMP_FADE;
	c->noise = 1;
}

void clamp_silence(struct clamp *c)
{
	memset(c->line, 0, sizeof(c->line));
}

static void hits(struct clamp *c, uint32_t early)
{
	for (unsigned i = 0; early; i++, early >>= 1) {
		uint32_t t = c->now + (i + 1) * DTMF_RX_HOP;

		if (!(early & 1))
			continue;
		if (!c->muting)
			c->from = t - CLAMP_REACH;
		c->until = t + CLAMP_HOLD;
		c->muting = 1;
	}
}

static void floor_learn(struct clamp *c, const int16_t *s, size_t n)
{
	float mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += (float)s[i] * (float)s[i];
	c->floor = noise_floor_learn(&quietest, c->floor, mean / (float)n);
}

static void mute(struct clamp *c, int16_t *s, size_t n)
{
	float amplitude = noise_amplitude(c->floor);

	for (size_t i = 0; i < n; i++) {
		uint32_t t = c->now - CLAMP_DELAY + (uint32_t)i;
		bool in = c->muting && (int32_t)(t - c->from) >= 0 && (int32_t)(t - c->until) < 0;

		if (in && c->gain > 0)
			c->gain--;
		else if (!in && c->gain < CLAMP_FADE)
			c->gain++;
		c->muted += c->gain < CLAMP_FADE;
		if (c->gain < CLAMP_FADE) {
			int noise = (int)lrintf(noise_next(&c->noise) * amplitude);

			s[i] = (int16_t)((s[i] * c->gain + noise * (CLAMP_FADE - c->gain)) / CLAMP_FADE);
		}
	}
	if (c->muting && (int32_t)(c->now - CLAMP_DELAY + (uint32_t)n - c->until) >= 0)
		c->muting = 0;
}

void clamp_process(struct clamp *c, const int16_t *in, size_t n, uint32_t early, int16_t *out)
{
	assert(n <= CLAMP_FRAME_MAX);
	hits(c, early);
	memcpy(c->line + CLAMP_DELAY, in, n * sizeof(*in));
	memcpy(out, c->line, n * sizeof(*out));
	memmove(c->line, c->line + n, CLAMP_DELAY * sizeof(c->line[0]));
	if (c->muting || c->gain < CLAMP_FADE)
		mute(c, out, n);
	else
		floor_learn(c, out, n);
	c->now += (uint32_t)n;
}
