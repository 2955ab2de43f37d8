/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/tones.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dahdi/tonezone.h>

#include "core/magic.h"
#include "dsp/tone.h"

#define RATE          8000
#define LEVEL_DBM0    (-10.0)  /* of a call progress tone as a whole */
#define REDUCED_DB    10.0     /* a component marked @ (Australia's congestion tone) */
#define RAMP          40       /* 5 ms */
#define CADENCE_RAMP  16       /* 2 ms: exchanges switch their tones hard, but a loudspeaker need not click */
#define DURATION_MAX  (60 * 60 * 1000)
#define COMPONENTS    64

/* One entry of a cadence in libtonezone's table: [!]freq[@], freq+freq or freq*freq (modulated), then /ms. Entries with ! come
 * once, before the rest. */
struct component {
	int  freq1, freq2, ms; /* ms 0: for ever */
	bool once, modulated, reduced;
};

static int parse_component(const char *text, struct component *c)
{
	char mark;

	*c = (struct component){ .once = *text == '!' };
	text += c->once;
	if (sscanf(text, "%d%c%d/%d", &c->freq1, &mark, &c->freq2, &c->ms) >= 3 && (mark == '+' || mark == '*')) {
		c->modulated = mark == '*';
	} else {
		c->freq2 = c->ms = 0;
		if (sscanf(text, "%d@/%d", &c->freq1, &c->ms) == 2)
			c->reduced = true;
		else if (sscanf(text, "%d/%d", &c->freq1, &c->ms) < 1)
			return -EBADMSG;
	}
	if (c->freq1 < 0 || c->freq1 >= RATE / 2 || c->freq2 < 0 || c->freq2 >= RATE / 2 || c->ms < 0 || c->ms > DURATION_MAX)
		return -EBADMSG;
	return 0;
}

static int parse_cadence(const char *data, struct component *c, unsigned *count)
{
	char text[sizeof(((struct tone_zone_sound *)NULL)->data)], *at = text, *word;
	int err;

	(void)snprintf(text, sizeof(text), "%s", data);
	*count = 0;
	while ((word = strsep(&at, ",")) != NULL) {
		if (*count == COMPONENTS)
			return -EBADMSG;
		err = parse_component(word, &c[*count]);
		if (err)
			return err;
		if (c[*count].ms == 0)
			/* all frequencies are whole Hz: a second holds whole periods, so it repeats without a seam */
			c[*count].ms = 1000;
		(*count)++;
	}
	return *count > 0 ? 0 : -EBADMSG;
}

/* What is repeated, unless that is only silence (special information tone: three beeps, then nothing): then all of it. */
static unsigned cadence_begin(const struct component *c, unsigned count)
{
	bool sound = false;
	unsigned begin = 0;

	for (unsigned i = 0; i < count; i++)
		if (!c[i].once && c[i].freq1 > 0)
			sound = true;
	while (sound && c[begin].once)
		begin++;
	return begin;
}

static void render_component(const struct component *c, int16_t *s, bool alone)
{
	double level = LEVEL_DBM0 - (c->reduced ? REDUCED_DB : 0.0) - (c->freq2 && !c->modulated ? 3.01 : 0.0);
	size_t n = (size_t)c->ms * (RATE / 1000);
	struct dual_tone g;

	if (c->freq1 == 0)
		return; /* silence already */
	if (c->modulated)
		dual_tone_init_modulated(&g, RATE, c->freq1, c->freq2, level);
	else
		dual_tone_init(&g, RATE, c->freq1, level, c->freq2, level);
	dual_tone_process(&g, s, n);
	if (!alone)
		tone_ramp(s, n, CADENCE_RAMP);
}

static const char *zone_tone(const char *country, enum tone t)
{
	static const int id[] = {
		[TONE_DIAL] = DAHDI_TONE_DIALTONE, [TONE_RINGBACK] = DAHDI_TONE_RINGTONE, [TONE_BUSY] = DAHDI_TONE_BUSY,
		[TONE_CONGESTION] = DAHDI_TONE_CONGESTION, [TONE_INFO] = DAHDI_TONE_INFO,
	};
	char name[16];
	const struct tone_zone *z;

	(void)snprintf(name, sizeof(name), "%s", country);
	z = tone_zone_find(name);
	for (unsigned i = 0; z && (unsigned)t < ARRAY_LEN(id) && i < DAHDI_TONE_MAX; i++)
		if (z->tones[i].toneid == id[t] && z->tones[i].data[0])
			return z->tones[i].data;
	return NULL;
}

int tone_clip(struct clip **cp, const char *country, enum tone t)
{
	const char *data = zone_tone(country, t);
	struct component c[COMPONENTS];
	unsigned count, begin;
	size_t samples = 0;
	struct clip *clip;
	int err;

	if (!data)
		return -ENOENT;
	err = parse_cadence(data, c, &count);
	if (err)
		return err;
	begin = cadence_begin(c, count);
	for (unsigned i = begin; i < count; i++)
		samples += (size_t)c[i].ms * (RATE / 1000);
	err = clip_alloc(&clip, RATE, samples);
	if (err)
		return err;
	samples = 0;
	for (unsigned i = begin; i < count; i++) {
		render_component(&c[i], clip->s + samples, count - begin == 1);
		samples += (size_t)c[i].ms * (RATE / 1000);
	}
	*cp = clip;
	return 0;
}

int tone_clip_beep(struct clip **cp, int freq1_hz, int freq2_hz, int level_dbm0, int duration_ms, int ramp)
{
	struct dual_tone g;
	struct clip *c;
	int err;

	if (freq1_hz <= 0 || freq1_hz >= RATE / 2 || freq2_hz < 0 || freq2_hz >= RATE / 2 || duration_ms < 0 ||
	    duration_ms > DURATION_MAX)
		return -EINVAL;
	err = clip_alloc(&c, RATE, (size_t)duration_ms * (RATE / 1000));
	if (err)
		return err;
	dual_tone_init(&g, RATE, freq1_hz, level_dbm0, freq2_hz, level_dbm0);
	dual_tone_process(&g, c->s, c->samples);
	if (ramp)
		tone_ramp(c->s, c->samples, RAMP);
	*cp = c;
	return 0;
}

int tone_clip_dtmf(struct clip **cp, const char *digits, int on_ms, int off_ms, int level_dbm0)
{
	size_t count = strlen(digits), on, off;
	struct clip *c;
	int low, high, err;

	if (on_ms < 0 || on_ms > DURATION_MAX || off_ms < 0 || off_ms > DURATION_MAX || count > CLIP_SAMPLES_MAX)
		return -EINVAL;
	on = (size_t)on_ms * (RATE / 1000);
	off = (size_t)off_ms * (RATE / 1000);
	for (size_t i = 0; i < count; i++)
		if (tone_dtmf_frequencies(digits[i], &low, &high) < 0)
			return -EINVAL;
	err = clip_alloc(&c, RATE, count * (on + off));
	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		struct dual_tone g;

		(void)tone_dtmf_frequencies(digits[i], &low, &high);
		dual_tone_init(&g, RATE, low, level_dbm0, high, level_dbm0 + 2);
		dual_tone_process(&g, c->s + i * (on + off), on);
	}
	*cp = c;
	return 0;
}
