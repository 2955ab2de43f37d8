/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/dtmf_talk.h - hours of speech, effects and music: digits where there are none, and how much of it the clamp mutes.
 *
 * Every sound file under a directory, at 8 kHz, levelled to -15 dBm0 (Q.24), through A-law; streams are fed file after file.
 */
#ifndef TESTS_BENCH_DTMF_TALK_H
#define TESTS_BENCH_DTMF_TALK_H

#include <ftw.h>
#include <stdio.h>

#include "dsp/clamp.h"
#include "media/clip.h"
#include "tests/bench/dtmf_heard.h"

#define TALK_FILES_MAX 20000
#define TALK_DBM0      (-15)
#define TALK_FRAME     80

struct talk {
	char    *file[TALK_FILES_MAX];
	unsigned files, next, unread, no_sound, false_ours, false_spandsp, hits;
	uint64_t samples, muted;
};

struct talk_stream {
	const char      *file;
	struct clip     *clip;
	size_t           at;
	struct clamp     clamp;
	dtmf_rx_state_t *spandsp;
	struct talk     *talk;
};

static struct talk *talk_listing; /* nftw has no argument of one's own */

static inline int talk_list(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static const char *const ends[] = { ".wav", ".ogg", ".flac", ".mp3", ".opus" };
	size_t n = strlen(path);

	(void)st;
	(void)ftw;
	for (unsigned i = 0; type == FTW_F && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (n > strlen(ends[i]) && !strcmp(path + n - strlen(ends[i]), ends[i]) && talk_listing->files < TALK_FILES_MAX)
			talk_listing->file[talk_listing->files++] = strdup(path);
	return 0;
}

static inline void talk_spandsp(void *arg, int code, int level, int delay)
{
	struct talk_stream *s = arg;

	(void)level;
	(void)delay;
	if (code)
		s->talk->false_spandsp++;
}

/* The stream's next file; NULL: no more. A second of silence is between two. */
static inline void talk_next(struct talk *t, struct talk_stream *s)
{
	clip_unref(s->clip);
	s->clip = NULL;
	s->at = 0;
	while (t->next < t->files) {
		s->file = t->file[t->next++];
		if (clip_load_wav(&s->clip, s->file, 8000)) {
			t->unread++;
			continue;
		}
		if (level_dbm0(s->clip->s, s->clip->samples) < -70) {
			t->no_sound++;
			clip_unref(s->clip);
			s->clip = NULL;
			continue;
		}
		clip_level(s->clip, TALK_DBM0);
		return;
	}
}

static inline void talk_frame(const struct talk_stream *s, int16_t out[TALK_FRAME])
{
	for (size_t i = 0; i < TALK_FRAME; i++)
		out[i] = s->at + i < s->clip->samples ? g711_alaw_decode(g711_alaw_encode(s->clip->s[s->at + i])) : 0;
}

static inline void talk_hear(struct talk *t, struct talk_stream *s, const int16_t frame[TALK_FRAME], const struct dtmf_result *r)
{
	int16_t out[TALK_FRAME];

	for (unsigned e = 0; e < r->count; e++)
		if (r->event[e].type == DTMF_RX_BEGIN) {
			t->false_ours++;
			printf("    ours: %c at %.3f s of %s\n", r->event[e].digit, (double)s->at / 8000, s->file);
		}
	t->hits += (unsigned)__builtin_popcount(r->early);
	clamp_process(&s->clamp, frame, TALK_FRAME, r->early, out);
	(void)dtmf_rx(s->spandsp, frame, TALK_FRAME);
	if (s->at < s->clip->samples) /* the silence between files is no talk */
		t->samples += TALK_FRAME;
	s->at += TALK_FRAME;
	if (s->at >= s->clip->samples + 8000)
		talk_next(t, s);
}

static inline void talk_run(struct talk *t, struct dtmf_bank *bank)
{
	static struct talk_stream s[DTMF_BANK_LANES];
	static int16_t frame[DTMF_BANK_LANES][TALK_FRAME];
	struct dtmf_result r[DTMF_BANK_LANES];
	bool any = true;

	memset(s, 0, sizeof(s));
	for (unsigned i = 0; i < DTMF_BANK_LANES; i++) {
		dtmf_bank_init(bank, i);
		clamp_init(&s[i].clamp);
		s[i].talk = t;
		s[i].spandsp = dtmf_rx_init(NULL, NULL, NULL);
		dtmf_rx_set_realtime_callback(s[i].spandsp, talk_spandsp, &s[i]);
		talk_next(t, &s[i]);
	}
	while (any) {
		for (unsigned i = 0; i < DTMF_BANK_LANES; i++)
			if (s[i].clip) {
				talk_frame(&s[i], frame[i]);
				dtmf_bank_hear(bank, i, frame[i], TALK_FRAME);
			}
		dtmf_bank_process(bank, TALK_FRAME, r);
		any = false;
		for (unsigned i = 0; i < DTMF_BANK_LANES; i++)
			if (s[i].clip) {
				talk_hear(t, &s[i], frame[i], &r[i]);
				any = true;
			}
	}
	for (unsigned i = 0; i < DTMF_BANK_LANES; i++) {
		t->muted += s[i].clamp.muted;
		dtmf_rx_free(s[i].spandsp);
	}
}

static inline void talk_directory(struct heard_by *b, const char *directory)
{
	struct talk *t = calloc(1, sizeof(*t));

	if (!t)
		return;
	talk_listing = t;
	(void)nftw(directory, talk_list, 16, FTW_PHYS);
	talk_run(t, b->bank);
	printf("%-72s %5u files %7.2f h  false digits: ours %u, spandsp %u  early hits %u, muted %.2f s an hour\n", directory,
	       t->files - t->unread - t->no_sound, (double)t->samples / 8000 / 3600, t->false_ours, t->false_spandsp, t->hits,
	       t->samples ? (double)t->muted / (double)t->samples * 3600 : 0);
	fflush(stdout);
	for (unsigned i = 0; i < t->files; i++)
		free(t->file[i]);
	free(t);
}

#endif
