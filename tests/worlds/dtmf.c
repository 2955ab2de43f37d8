/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/dtmf.c - keys in a room (rule 16: digits reach nobody). A phone says a sentence, keys in-band, and says it again.
 * Nobody else's recording has a digit for spandsp's receiver or for ours; before and after the keys it has every sample.
 */
#include <spandsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/dtmf_rx.h"
#include "dsp/g711.h"
#include "dsp/level.h"
#include "dsp/tone.h"
#include "media/wav.h"
#include "tests/worlds/world.h"

#define RATE      8000
#define SAY       8000               /* samples of a sentence */
#define PAUSE     1600               /* between it and the keys */
#define MARGIN    480                /* that much beside the keys is muted, at most */
#define SAID_MAX  (2 * (SAY + PAUSE) + 8 * RATE)
#define SEARCH    4000               /* the sound is on its way for less than half a second */
#define QUIET     (-50.0)            /* dBm0 */

struct keying {
	const char *digits;
	unsigned    on_ms, off_ms;
	double      low_dbm0, high_dbm0;
	double      off_by;    /* a part of each frequency, low and high in opposite directions */
	double      noise_dbm0; /* on the line, all the time; 0: none */
};

struct said {
	int16_t s[SAID_MAX];
	size_t  n, keys_begin, keys_end;
};

/* xorshift; uniform, so a third of the amplitude squared is its power */
static void said_noise(struct said *t, double dbm0)
{
	double amplitude = level_to_amplitude(dbm0) * 1.2247;
	uint32_t x = 2463534242u;

	for (size_t i = 0; i < t->n; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		t->s[i] = (int16_t)(t->s[i] + (int)(amplitude * ((double)x / 2147483648.0 - 1)));
	}
}

static void said_keys(struct said *t, const struct keying *k)
{
	for (const char *d = k->digits; *d; d++) {
		struct dual_tone g;
		int low, high;

		CHECK_INT(tone_dtmf_frequencies(*d, &low, &high), 0);
		dual_tone_init(&g, RATE, low * (1 + k->off_by), k->low_dbm0, high * (1 - k->off_by), k->high_dbm0);
		dual_tone_process(&g, t->s + t->n, k->on_ms * 8);
		t->n += k->on_ms * 8;
		if (d[1])
			t->n += k->off_ms * 8;
	}
}

/* A second of a recorded sentence, the keys, the same second. */
static void said_make(struct world *w, struct said *t, const struct keying *k)
{
	struct clip *c = prompt_clip(node_ivr(w->node)->prompts, PROMPT_EN, "enter-number");

	CHECK(c != NULL && c->samples >= SAY);
	memset(t, 0, sizeof(*t));
	memcpy(t->s, c->s, SAY * sizeof(c->s[0]));
	t->n = t->keys_begin = SAY + PAUSE;
	said_keys(t, k);
	t->keys_end = t->n;
	t->n += PAUSE;
	memcpy(t->s + t->n, c->s, SAY * sizeof(c->s[0]));
	t->n += SAY;
	if (k->noise_dbm0 != 0)
		said_noise(t, k->noise_dbm0);
}

/* What both receivers make of it. */
static void decode(const int16_t *s, size_t n, char ours[65], char theirs[65])
{
	dtmf_rx_state_t *judge = dtmf_rx_init(NULL, NULL, NULL);
	struct dtmf_receiver *rx;
	unsigned count = 0;

	CHECK(judge != NULL);
	CHECK_INT(dtmf_receiver_alloc(&rx), 0);
	for (size_t at = 0; at + 80 <= n; at += 80) {
		struct dtmf_result r;

		dtmf_receiver_process(rx, s + at, 80, &r);
		for (unsigned i = 0; i < r.count; i++)
			if (r.event[i].type == DTMF_RX_BEGIN && count < 64)
				ours[count++] = r.event[i].digit;
	}
	ours[count] = '\0';
	dtmf_rx(judge, s, (int)n);
	theirs[dtmf_rx_get(judge, theirs, 64)] = '\0';
	dtmf_receiver_free(rx);
	dtmf_rx_free(judge);
}

/* The others' silence is added, A-law's +-8 of each, before the line quantizes by a 32nd of the sample. */
static bool same_sample(int16_t heard, int16_t said)
{
	int want = g711_alaw_decode(g711_alaw_encode(said));

	return abs(heard - want) <= 40 + abs(want) / 10;
}

static size_t differs(const int16_t *heard, const struct said *t, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!same_sample(heard[i], t->s[i]))
			return i;
	return to;
}

static void heard_by(struct world *w, const char *call, const struct said *t, int64_t from_us)
{
	static int16_t heard[SAID_MAX + SEARCH];
	const size_t muted = t->keys_begin - MARGIN, back = t->keys_end + MARGIN;
	char ours[65], theirs[65];
	size_t at = 0, i;
	double level;

	CHECK_INT(exchange_call_heard(w->exchange, call, from_us, heard, t->n + SEARCH), 0);
	decode(heard, t->n + SEARCH, ours, theirs);
	CHECK_STR(ours, "");
	CHECK_STR(theirs, "");
	while (at < SEARCH && differs(heard + at, t, 0, SAY) < SAY)
		at++;
	if (at == SEARCH)
		world_fail(__FILE__, __LINE__, "%s does not hear the sentence before the keys", call);
	i = differs(heard + at, t, SAY, muted);
	if (i < muted)
		world_fail(__FILE__, __LINE__, "%s: sample %zu before the keys is %d, should be %d", call, muted - i,
		           heard[at + i], t->s[i]);
	i = differs(heard + at, t, back, t->n);
	if (i < t->n)
		world_fail(__FILE__, __LINE__, "%s: sample %zu after the keys is %d, should be %d", call, i - t->keys_end,
		           heard[at + i], t->s[i]);
	level = level_dbm0(heard + at + t->keys_begin, t->keys_end - t->keys_begin);
	if (level > QUIET)
		world_fail(__FILE__, __LINE__, "%s hears %.1f dBm0 while keys are pressed", call, level);
}

/* Keys of the talk's leg `who` (0 the host, 1 and 2 his parties): the two others hear nothing of them. */
static void keys_reach_nobody(unsigned who, const struct keying *k)
{
	struct world *w = world_open(NULL);
	static struct said said;
	char ours[65], theirs[65], path[128];
	const char *call[3];
	struct talk t;
	int64_t from_us;

	talk_begin(w, &t, "13800000001", "13800000002");
	talk_add(w, &t, "13800000003");
	call[0] = t.host;
	call[1] = t.party[0];
	call[2] = t.party[1];
	world_run(w, 2); /* the joining tone is over */

	said_make(w, &said, k);
	decode(said.s, said.n, ours, theirs);
	CHECK_STR(ours, k->digits); /* there is something to hide */
	(void)snprintf(path, sizeof(path), "%s/said.wav", w->dir);
	CHECK_INT(wav_write(path, RATE, said.s, said.n), 0);
	from_us = world_now_us();
	exchange_does(w, "play %s %s", call[who], path);
	world_run(w, (double)(said.n + SEARCH) / RATE + 0.5);
	for (unsigned i = 0; i < 3; i++)
		if (i != who)
			heard_by(w, call[i], &said, from_us);
	hangs_up_and_over(w, t.host);
}

#define HOST_KEYS  "1234567890" /* * and # have their own meaning to the service (rule 14) */
#define PARTY_KEYS "1234567890*#ABCD"

SCENARIO(rule_16_the_hosts_keys_reach_nobody, "in a room, in-band: no digit in the others' recordings, speech is whole")
{
	keys_reach_nobody(0, &(struct keying){ HOST_KEYS, 100, 100, -10, -8, 0, 0 });
}

SCENARIO(rule_16_an_invitees_keys_reach_nobody, "neither do those of a party, * and # included")
{
	keys_reach_nobody(1, &(struct keying){ PARTY_KEYS, 100, 100, -10, -8, 0, 0 });
}

SCENARIO(rule_16_fast_keys_reach_nobody, "a dialler's 50 ms on, 50 ms off")
{
	keys_reach_nobody(0, &(struct keying){ HOST_KEYS, 50, 50, -8, -6, 0, 0 });
}

SCENARIO(rule_16_faint_keys_reach_nobody, "-30 dBm0")
{
	keys_reach_nobody(2, &(struct keying){ PARTY_KEYS, 60, 60, -30, -30, 0, 0 });
}

SCENARIO(rule_16_loud_keys_reach_nobody, "-3 dBm0 each, held for a second and a half")
{
	keys_reach_nobody(0, &(struct keying){ "159", 1500, 100, -3, -3, 0, 0 });
}

SCENARIO(rule_16_twisted_keys_reach_nobody, "the high tone 8 dB above the low one")
{
	keys_reach_nobody(1, &(struct keying){ PARTY_KEYS, 50, 50, -18, -10, 0, 0 });
}

SCENARIO(rule_16_keys_twisted_the_other_way_reach_nobody, "the high tone 6 dB below the low one")
{
	keys_reach_nobody(1, &(struct keying){ PARTY_KEYS, 50, 50, -10, -16, 0, 0 });
}

SCENARIO(rule_16_keys_off_frequency_reach_nobody, "1.8 % off, the low tone up and the high tone down")
{
	keys_reach_nobody(0, &(struct keying){ HOST_KEYS, 50, 50, -10, -10, 0.018, 0 });
}

SCENARIO(rule_16_keys_on_a_noisy_line_reach_nobody, "noise of -52 dBm0 under keys of -30 dBm0")
{
	keys_reach_nobody(2, &(struct keying){ PARTY_KEYS, 80, 60, -30, -30, 0, -52 });
}
