/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/echo.c - our echo canceller beside speexdsp's (MDF, of the same tail), neither with its residual suppressed: ERLE
 * in dB over the moments and hybrids of docs/sound.md, and what a channel costs. Lines and signals are tests/unit/echo_judge.h's.
 */
#include <speex/speex_echo.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dsp/echo.h"
#include "tests/unit/echo_judge.h"

#define BULK   400
#define FRAMES 4000

enum which { OURS, SPEEX };
static const char *const names[] = { "ours", "speexdsp" };

struct bench {
	enum which        which;
	struct fft        fft;
	struct echo       echo;
	SpeexEchoState   *speex;
	struct line       line;
	struct source     far, near;
	unsigned          frames;
	int16_t sent[FRAMES][JUDGE_FRAME], in[FRAMES][JUDGE_FRAME], out[FRAMES][JUDGE_FRAME], near_in[FRAMES][JUDGE_FRAME];
	double            seconds;
};

static struct bench *begin(enum which which, unsigned hybrid)
{
	struct bench *b = calloc(1, sizeof(*b));
	int rate = 8000;

	if (b == NULL)
		abort();
	b->which = which;
	fft_init(&b->fft);
	echo_init(&b->echo, &b->fft, BULK);
	echo_linear(&b->echo, true);
	b->speex = speex_echo_state_init(JUDGE_FRAME, ECHO_TAIL);
	(void)speex_echo_ctl(b->speex, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
	line_init(&b->line, &hybrids[hybrid], 6, BULK + 80);
	source_init(&b->far, -10, 7, 215);
	source_init(&b->near, -15, 99, 131);
	b->near.at = 1100;
	return b;
}

static void end(struct bench *b)
{
	speex_echo_state_destroy(b->speex);
	free(b);
}

static void cancel(struct bench *b, unsigned f)
{
	static const int16_t none[JUDGE_FRAME];
	struct timespec from, to;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	memcpy(b->out[f], b->in[f], sizeof(b->out[f]));
	if (b->which == OURS) {
		echo_cancel(&b->echo, b->out[f]);
		echo_sent(&b->echo, b->sent[f]);
	} else {
		speex_echo_cancellation(b->speex, b->in[f], f < BULK / JUDGE_FRAME ? none : b->sent[f - BULK / JUDGE_FRAME],
		                        b->out[f]);
	}
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	b->seconds += (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

static void run(struct bench *b, bool near, unsigned ms)
{
	for (unsigned last = b->frames + ms / 10; b->frames < last; b->frames++) {
		for (unsigned i = 0; i < JUDGE_FRAME; i++) {
			double n = near ? source_next(&b->near) : 0;

			b->sent[b->frames][i] = line_law(source_next(&b->far));
			b->near_in[b->frames][i] = (int16_t)n;
			b->in[b->frames][i] = line_next(&b->line, b->sent[b->frames][i], n);
		}
		cancel(b, b->frames);
	}
}

static double erle(const struct bench *b, unsigned ms)
{
	return db_over(b->in[b->frames - ms / 10], b->out[b->frames - ms / 10], ms * 8);
}

static void convergence(void)
{
	printf("ERLE in dB after              0.5 s   1 s   2 s  30 s   cost, us a channel and second\n");
	for (unsigned h = 0; h < ARRAY_LEN(hybrids); h++) {
		for (int w = OURS; w <= SPEEX; w++) {
			struct bench *b = begin((enum which)w, h);

			printf("%-8s %-18s", hybrids[h].name, names[w]);
			run(b, false, 500);
			printf("  %5.1f", erle(b, 100));
			run(b, false, 500);
			printf(" %5.1f", erle(b, 100));
			run(b, false, 1000);
			printf(" %5.1f", erle(b, 350));
			run(b, false, 28000);
			printf(" %5.1f   %.0f\n", erle(b, 350), b->seconds * 1e6 / 30);
			end(b);
		}
	}
}

static void change(void)
{
	for (int w = OURS; w <= SPEEX; w++) {
		struct bench *b = begin((enum which)w, 0);
		double one, two;

		run(b, false, 7000);
		line_change(&b->line, &hybrids[3], 6, BULK + 96);
		run(b, false, 1000);
		one = erle(b, 100);
		run(b, false, 1000);
		two = erle(b, 350);
		run(b, false, 1000);
		printf("from D.2 to D.5, %-10s after 1 s %.1f, 2 s %.1f, 3 s %.1f\n", names[w], one, two, erle(b, 350));
		end(b);
	}
}

static void double_talk(void)
{
	for (int w = OURS; w <= SPEEX; w++) {
		struct bench *b = begin((enum which)w, 0);
		double before, error = 0, near = 0;

		run(b, false, 7000);
		before = erle(b, 350);
		run(b, true, 5000);
		for (unsigned f = b->frames - 400; f < b->frames; f++) {
			for (unsigned i = 0; i < JUDGE_FRAME; i++) {
				double d = b->out[f][i] - b->near_in[f][i];

				error += d * d;
				near += (double)b->near_in[f][i] * b->near_in[f][i];
			}
		}
		run(b, false, 350);
		printf("5 s of double talk at -15 dBm0, %-10s ERLE before %.1f, just after %.1f; while it lasts %.1f dB under "
		       "the talk\n",
		       names[w], before, erle(b, 350), 10 * log10(near / error));
		end(b);
	}
}

int main(void)
{
	convergence();
	change();
	double_talk();
	return 0;
}
