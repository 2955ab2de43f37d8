/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dsp/plc.h"

#include <math.h>
#include <string.h>

#define COMPARED 120 /* samples: 15 ms, what a period is found by */
#define FALL     0.2f /* of the level, each 10 ms */

void plc_block_init(struct plc *c)
{
	memset(c, 0, sizeof(*c));
}

static void remember(struct plc *c, const int16_t *s, size_t n)
{
	if (n >= PLC_HISTORY) {
		memcpy(c->history, s + n - PLC_HISTORY, sizeof(c->history));
		return;
	}
	memmove(c->history, c->history + n, (PLC_HISTORY - n) * sizeof(*s));
	memcpy(c->history + PLC_HISTORY - n, s, n * sizeof(*s));
}

/* How like the last 20 ms are to what was `lag` earlier; each `every`th sample. */
static float alike(const int16_t *h, unsigned lag, unsigned every)
{
	float product = 0, power = 0;

	for (unsigned i = PLC_HISTORY - COMPARED; i < PLC_HISTORY; i += every) {
		product += (float)h[i] * (float)h[i - lag];
		power += (float)h[i - lag] * (float)h[i - lag];
	}
	return product / sqrtf(power + COMPARED);
}

static unsigned pitch_find(const int16_t *h)
{
	unsigned coarse = PLC_PERIOD_MIN, best;
	float most = -INFINITY, v;

	for (unsigned lag = PLC_PERIOD_MIN; lag <= PLC_PERIOD_MAX; lag += 2)
		if ((v = alike(h, lag, 2)) > most) {
			most = v;
			coarse = lag;
		}
	most = -INFINITY;
	best = coarse;
	for (unsigned lag = coarse - 1; lag <= coarse + 1; lag++)
		if (lag >= PLC_PERIOD_MIN && lag <= PLC_PERIOD_MAX && (v = alike(h, lag, 1)) > most) {
			most = v;
			best = lag;
		}
	return best;
}

static void begin(struct plc *c)
{
	memcpy(c->source, c->history, sizeof(c->source));
	c->pitch = pitch_find(c->source);
	c->periods = 1;
	c->at = 0;
	/* What came before the first made up sample, and what would have: the difference fades over a quarter period. */
	c->step = (float)c->source[PLC_HISTORY - 1] - (float)c->source[PLC_HISTORY - 1 - c->pitch];
}

/* The next sample of what is repeated. The end of it is blended with what came before its beginning, a quarter period. */
static float repeat(struct plc *c)
{
	unsigned length = c->periods * c->pitch, quarter = c->pitch / 4;
	const int16_t *from = c->source + PLC_HISTORY - length;
	float v = from[c->at];

	if (c->at >= length - quarter) {
		float w = ((float)(c->at - (length - quarter)) + 0.5f) / (float)quarter;

		v += w * ((float)from[(int)c->at - (int)length] - v);
	}
	if (++c->at == length)
		c->at = 0;
	return v;
}

/* A sample, with its level. */
static float made_up(struct plc *c)
{
	unsigned quarter = c->pitch / 4;
	float v, gain = 1;

	if (c->lost >= PLC_FADE)
		return 0;
	/* From 10 ms on two periods, from 20 ms three: one period further back the same sample goes on, where it is not
	 * blended. */
	if (c->lost >= PLC_FULL * c->periods && c->periods < 3 && c->at < c->periods * c->pitch - quarter) {
		c->at += c->pitch;
		c->periods++;
	}
	v = repeat(c);
	if (c->lost < quarter)
		v += c->step * (1 - ((float)c->lost + 0.5f) / (float)quarter);
	if (c->lost >= PLC_FULL)
		gain = 1 - FALL * (float)(c->lost - PLC_FULL) / PLC_FULL;
	return fminf(fmaxf(v, -32768), 32767) * gain;
}

void plc_block_lost(struct plc *c, int16_t *s, size_t n)
{
	if (c->fade_at < c->fade) /* lost again while the last loss is faded out: what is repeated is the blend */
		c->lost = c->fade = c->fade_at = 0;
	if (c->lost == 0)
		begin(c);
	for (size_t i = 0; i < n; i++) {
		s[i] = (int16_t)lrintf(made_up(c));
		if (c->lost < PLC_FADE)
			c->lost++;
	}
	c->concealed += n;
	remember(c, s, n);
}

void plc_block_good(struct plc *c, int16_t *s, size_t n)
{
	if (c->lost > 0 && c->fade == 0) {
		c->fade = c->lost > PLC_FULL * 3 ? PLC_BLEND_LONG : c->pitch / 4;
		c->fade_at = 0;
	}
	for (size_t i = 0; i < n && c->fade_at < c->fade; i++, c->fade_at++) {
		float w = ((float)c->fade_at + 0.5f) / (float)c->fade;

		s[i] = (int16_t)lrintf((float)s[i] * w + made_up(c) * (1 - w));
		if (c->lost < PLC_FADE)
			c->lost++;
	}
	if (c->fade_at == c->fade)
		c->lost = c->fade = c->fade_at = 0;
	remember(c, s, n);
}
