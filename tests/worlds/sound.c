/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/sound.c - what a phone heard: prompts sample for sample, tones and powers in dBm0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/g711.h"
#include "dsp/level.h"
#include "tests/worlds/world.h"

#define HEARD_MAX (8000 * 120)

/* The middle half second of the clip as it comes out of an A-law line. */
static size_t prompt_middle(struct world *w, enum prompt_lang lang, const char *prompt, int16_t out[4000])
{
	struct clip *c = prompt_clip(node_ivr(w->node)->prompts, lang, prompt);
	size_t n = 4000, from;

	if (c == NULL)
		world_fail(__FILE__, __LINE__, "no prompt %s", prompt);
	if (c->samples < n)
		n = c->samples;
	from = (c->samples - n) / 2;
	for (size_t i = 0; i < n; i++)
		out[i] = g711_alaw_decode(g711_alaw_encode(c->s[from + i]));
	return n;
}

/* In a room the others' silence, A-law's +-8 of each, is added before the line quantizes by a 32nd of the sample. */
static bool same_but_for_silence(const int16_t *heard, const int16_t *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (abs(heard[i] - want[i]) > 40 + abs(want[i]) / 10)
			return false;
	return true;
}

static bool hears_somewhere(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, int64_t from_us,
                            bool room)
{
	static int16_t heard[HEARD_MAX];
	int16_t want[4000];
	size_t n = prompt_middle(w, lang, prompt, want);
	int64_t samples = (world_now_us() - from_us) * 8 / 1000;

	if (samples < (int64_t)n)
		return false;
	if (samples > HEARD_MAX) {
		from_us += (samples - HEARD_MAX) * 125;
		samples = HEARD_MAX;
	}
	if (exchange_call_heard(w->exchange, call, from_us, heard, (size_t)samples) != 0)
		return false;
	for (int64_t i = 0; i + (int64_t)n <= samples; i++)
		if (room ? same_but_for_silence(heard + i, want, n)
		         : heard[i] == want[0] && memcmp(heard + i, want, n * sizeof(want[0])) == 0)
			return true;
	return false;
}

bool hears(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, int64_t from_us)
{
	return hears_somewhere(w, call, lang, prompt, from_us, false);
}

struct hears_arg {
	const char *call, *prompt;
	enum prompt_lang lang;
	int64_t from_us;
	bool room;
	int64_t *look_us; /* not in each tick: it is a search */
};

static bool hears_now(struct world *w, const void *arg)
{
	const struct hears_arg *h = arg;

	if (world_now_us() < *h->look_us)
		return false;
	*h->look_us = world_now_us() + CLOCK_MS(100);
	return hears_somewhere(w, h->call, h->lang, h->prompt, h->from_us, h->room);
}

static void expect_prompt(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, double seconds, bool room)
{
	/* a prompt may have begun a moment before somebody asks for it */
	int64_t look_us = 0;
	struct hears_arg h = { call, prompt, lang, world_now_us() - CLOCK_SEC(8), room, &look_us };

	if (!world_until(w, hears_now, &h, seconds))
		world_fail(__FILE__, __LINE__, "%s did not hear %s within %.1f s (power of the last second %.1f dBm0)", call,
		           prompt, seconds, heard_power(w, call, 1.0));
}

void expect_hears(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, double seconds)
{
	expect_prompt(w, call, lang, prompt, seconds, false);
}

void expect_hears_in_room(struct world *w, const char *call, enum prompt_lang lang, const char *prompt, double seconds)
{
	expect_prompt(w, call, lang, prompt, seconds, true);
}

static const int16_t *heard_last(struct world *w, const char *call, double seconds, size_t *n)
{
	static int16_t heard[HEARD_MAX];

	*n = (size_t)(seconds * 8000);
	if (*n > HEARD_MAX || exchange_call_heard(w->exchange, call, world_now_us() - (int64_t)(seconds * 1e6), heard, *n) != 0)
		world_fail(__FILE__, __LINE__, "no recording of %s", call);
	return heard;
}

double heard_power(struct world *w, const char *call, double seconds)
{
	size_t n;
	const int16_t *s = heard_last(w, call, seconds, &n);

	return level_dbm0(s, n);
}

double heard_tone(struct world *w, const char *call, int hz, double seconds)
{
	size_t n;
	const int16_t *s = heard_last(w, call, seconds, &n);

	return level_tone_dbm0(s, n, hz, 8000);
}

bool hears_tone(struct world *w, const char *call, int hz)
{
	double level = heard_tone(w, call, hz, 1);

	if (level > -20 && level <= -18)
		world_fail(__FILE__, __LINE__, "%s: %d Hz at %.1f dBm0 is neither heard nor not", call, hz, level);
	return level > -18;
}

bool hears_nothing(struct world *w, const char *call, double seconds)
{
	return heard_power(w, call, seconds) < -50;
}
