/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mean squares are of samples: a sine of 0 dBm0 has 2.6e8 (dsp/level.h).
 */
#include "dsp/echo.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "dsp/noise.h"

#define MS_0_DBM0     (32768.0f * 32768.0f / 2 * 0.48529f) /* -3.14 dB of a full-scale sine */
#define ACTIVE        (MS_0_DBM0 * 1e-5f)  /* -50 dBm0: below it what we send makes no echo to speak of */
#define QUIET         (MS_0_DBM0 * 2.5e-4f) /* -36 dBm0: G.168 7.3, the line is free again */
#define QUIET_FRAMES  25
#define STEP          1.0f
#define GAIN_MAX      2.0f    /* of any frequency, in a part: an echo is hardly louder than what made it */
#define RIPPLE        3e-2f   /* of the mean bin's power: no bin is taken for weaker */
#define SMOOTH        0.25f   /* of energies: 40 ms */
#define BETTER        0.95f   /* the back filter leaves so much less */
#define PROVEN        0.5f    /* and 3 dB less than there is without: talk at both ends alone never looks like that */
#define BETTER_FRAMES 3
#define WELL          0.01f   /* 20 dB are cancelled: smaller steps learn less of the line's own noise */
#define STEP_MIN      0.125f
#define STEP_FALL     0.98f   /* a frame, from one to the other in 0.7 s */
#define WORSE         4.0f    /* the back filter has gone astray */
#define LEFT_MIN      1e-4f   /* 40 dB: A-law allows no more */
#define LEFT_MAX      0.03f   /* 15 dB: what cancels less is not trusted to know echo from talk */
#define LEFT_RISE     1.0023f /* 1 dB in a second */
#define MUTE_OVER     8.0f    /* over what is left at best, 9 dB: no talk */
#define TONE_FRAMES   40      /* 400 ms of 2100 Hz before reversals count */
#define REVERSAL_MIN  30      /* frames from one reversal to the next: 450 +- 25 ms (V.25), wide */
#define REVERSAL_MAX  60

static const struct noise_floor quietest = { .lag = 0.125f, .rise = 1.02f, .max = MS_0_DBM0 * 1e-5f };

static_assert(ECHO_FRAME + ECHO_PART <= FFT_SIZE + 1, "overlap-save");
static_assert(ECHO_PART == 2 * ECHO_FRAME, "a part is two frames later than the one before");

typedef int32_t mask_vec __attribute__((vector_size(4 * FFT_LANES)));

void echo_init(struct echo *e, const struct fft *fft, unsigned delay)
{
	assert(delay >= ECHO_FRAME && delay <= ECHO_DELAY_MAX && delay % ECHO_FRAME == 0);
	memset(e, 0, sizeof(*e));
	e->fft = fft;
	e->delay = delay / ECHO_FRAME;
	echo_reset(e);
}

void echo_reset(struct echo *e)
{
	const struct fft *fft = e->fft;
	unsigned delay = e->delay;
	bool linear = e->linear;

	memset(e, 0, sizeof(*e));
	e->fft = fft;
	e->delay = delay;
	e->linear = linear;
	e->left = LEFT_MAX;
	e->step = STEP;
	e->noise = 1;
}

/* ---- the answer tone of modems and faxes ---- */

/* 21 periods of 2100 Hz are a frame, so phases may be compared from frame to frame. True: it has just been recognised. */
static bool tone_frame(struct echo_answer_tone *t, const int16_t s[ECHO_FRAME])
{
	static const float turn_re = -0.0784591f, turn_im = 0.9969173f; /* e^(2 pi j 2100 / 8000) */
	float re = 0, im = 0, er = 1, ei = 0, energy = 0, before_re, before_im, dot;

	for (unsigned i = 0; i < ECHO_FRAME; i++) {
		float r = er * turn_re - ei * turn_im, x = s[i];

		re += x * er;
		im -= x * ei;
		ei = er * turn_im + ei * turn_re;
		er = r;
		energy += x * x;
	}
	memmove(t->re + 1, t->re, 4 * sizeof(t->re[0]));
	memmove(t->im + 1, t->im, 4 * sizeof(t->im[0]));
	t->re[0] = re;
	t->im[0] = im;
	t->since++;
	/* All of a frame's energy, but for one in which the phase turns. */
	if (energy < QUIET * ECHO_FRAME / 4 || re * re + im * im < 0.35f * ECHO_FRAME / 2 * energy) {
		if (t->held && t->held < TONE_FRAMES)
			t->held = 0;
		else if (t->held && ++t->held > 2 * TONE_FRAMES)
			t->held = 0;
		return false;
	}
	t->held = t->held < TONE_FRAMES ? t->held + 1 : TONE_FRAMES;
	/* Against two frames ago, by how much the phase turns in two frames anyway (a tone up to 15 Hz off); not in those frames
	 * that the last reversal is among. */
	before_re = t->re[2] * t->re[4] + t->im[2] * t->im[4];
	before_im = t->im[2] * t->re[4] - t->re[2] * t->im[4];
	dot = (re * t->re[2] + im * t->im[2]) * before_re + (im * t->re[2] - re * t->im[2]) * before_im;
	if (t->held < TONE_FRAMES || dot >= 0 || t->since < 6)
		return false;
	t->reversals = t->since >= REVERSAL_MIN && t->since <= REVERSAL_MAX ? t->reversals + 1 : 1;
	t->since = 0;
	return t->reversals == 2;
}

static float mean_square(const int16_t s[ECHO_FRAME])
{
	float sum = 0;

	for (unsigned i = 0; i < ECHO_FRAME; i++)
		sum += (float)s[i] * (float)s[i];
	return sum / ECHO_FRAME;
}

/* Data: is the canceller off for them? */
static bool for_data(struct echo *e, const int16_t heard[ECHO_FRAME], const int16_t sent[ECHO_FRAME])
{
	bool tone = tone_frame(&e->tone[0], heard);

	tone |= tone_frame(&e->tone[1], sent);
	if (tone)
		e->disabled = true;
	if (!e->disabled)
		return false;
	e->quiet = mean_square(heard) < QUIET && mean_square(sent) < QUIET ? e->quiet + 1 : 0;
	if (e->quiet < QUIET_FRAMES)
		return true;
	echo_reset(e);
	return false;
}

/* ---- filters ---- */

static void shift_in(struct echo *e, const int16_t sent[ECHO_FRAME])
{
	fft_vec in[FFT_SIZE];
	struct fft_bins newest, *s;

	memmove(e->x, e->x + ECHO_FRAME, (FFT_SIZE - ECHO_FRAME) * sizeof(e->x[0]));
	for (unsigned i = 0; i < ECHO_FRAME; i++)
		e->x[FFT_SIZE - ECHO_FRAME + i] = sent[i];
	for (unsigned i = 0; i < FFT_SIZE; i++)
		in[i] = (fft_vec){ e->x[i] };
	fft_forward(e->fft, in, &newest);
	e->now = !e->now;
	s = &e->spectrum[e->now];
	for (unsigned k = 0; k < FFT_BINS; k++) {
		s->re[k] = __builtin_shufflevector(newest.re[k], s->re[k], 0, 4, 5, 6);
		s->im[k] = __builtin_shufflevector(newest.im[k], s->im[k], 0, 4, 5, 6);
	}
	if (mean_square(sent) > ACTIVE)
		e->active = ECHO_TAIL / ECHO_FRAME + 2;
	else if (e->active)
		e->active--;
}

/* {sum of a, sum of b, the same again} */
static fft_vec sums(fft_vec a, fft_vec b)
{
	fft_vec s = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);

	return s + __builtin_shufflevector(s, s, 2, 3, 0, 1);
}

/* What both filters leave. */
static void filter(const struct echo *e, const float heard[ECHO_FRAME], float fore[ECHO_FRAME], float back[ECHO_FRAME])
{
	const struct fft_bins *x = &e->spectrum[e->now], *f = &e->fore, *b = &e->back;
	struct fft_bins echo;
	fft_vec y[FFT_SIZE];

	for (unsigned k = 0; k < FFT_BINS; k++) {
		echo.re[k] = sums(x->re[k] * f->re[k] - x->im[k] * f->im[k], x->re[k] * b->re[k] - x->im[k] * b->im[k]);
		echo.im[k] = sums(x->re[k] * f->im[k] + x->im[k] * f->re[k], x->re[k] * b->im[k] + x->im[k] * b->re[k]);
	}
	fft_back(e->fft, &echo, y);
	for (unsigned i = 0; i < ECHO_FRAME; i++) {
		fore[i] = heard[i] - y[FFT_SIZE - ECHO_FRAME + i][0];
		back[i] = heard[i] - y[FFT_SIZE - ECHO_FRAME + i][1];
	}
}

/*
 * A part is ECHO_PART long; the rest is what a circle brings round. All of them, each time: else it is a filter that is another
 * one in each frame, and tones that beat with our frames are made into tones that never were sent.
 */
static void constrain(const struct fft *fft, struct fft_bins *w)
{
	fft_vec t[FFT_SIZE];

	fft_back(fft, w, t);
	memset(t + ECHO_PART, 0, (FFT_SIZE - ECHO_PART) * sizeof(t[0]));
	fft_forward(fft, t, w);
}

/* A hybrid does not amplify: what does is something else that happens to fit. */
static void limit(struct fft_bins *w)
{
	for (unsigned k = 0; k < FFT_BINS; k++) {
		for (unsigned p = 0; p < ECHO_PARTS; p++) {
			float g = w->re[k][p] * w->re[k][p] + w->im[k][p] * w->im[k][p];

			if (g > GAIN_MAX * GAIN_MAX) {
				w->re[k][p] *= GAIN_MAX / sqrtf(g);
				w->im[k][p] *= GAIN_MAX / sqrtf(g);
			}
		}
	}
}

static void learn(struct echo *e, const float error[ECHO_FRAME])
{
	const struct fft_bins *x = &e->spectrum[e->now];
	struct fft_bins err, *w = &e->back;
	fft_vec t[FFT_SIZE] = { { 0 } }, power[FFT_BINS], mean = { 0 };
	mask_vec over = { 0 };

	for (unsigned i = 0; i < ECHO_FRAME; i++)
		t[FFT_SIZE - ECHO_FRAME + i] = error[i] - (fft_vec){ 0 }; /* in each lane */
	fft_forward(e->fft, t, &err);
	for (unsigned k = 0; k < FFT_BINS; k++) {
		fft_vec all = x->re[k] * x->re[k] + x->im[k] * x->im[k];

		power[k] = sums(all, all);
		mean += power[k];
	}
	mean *= RIPPLE / FFT_BINS;
	for (unsigned k = 0; k < FFT_BINS; k++) {
		fft_vec step = e->step / (power[k] + mean + 1);

		w->re[k] += step * (x->re[k] * err.re[k] + x->im[k] * err.im[k]);
		w->im[k] += step * (x->re[k] * err.im[k] - x->im[k] * err.re[k]);
		over |= w->re[k] * w->re[k] + w->im[k] * w->im[k] > GAIN_MAX * GAIN_MAX;
	}
	if (over[0] | over[1] | over[2] | over[3])
		limit(w);
	constrain(e->fft, w);
}

static float energy(const float s[ECHO_FRAME])
{
	float sum = 0;

	for (unsigned i = 0; i < ECHO_FRAME; i++)
		sum += s[i] * s[i];
	return sum / ECHO_FRAME;
}

static void smooth(float *mean, float now)
{
	*mean += SMOOTH * (now - *mean);
}

/* Which filter is to be believed? */
static void compare(struct echo *e)
{
	e->better = e->back_e < BETTER * e->fore_e && e->back_e < PROVEN * e->heard_e ? e->better + 1 : 0;
	e->step = e->fore_e < WELL * e->heard_e ? fmaxf(e->step * STEP_FALL, STEP_MIN) : STEP;
	if (e->better >= BETTER_FRAMES) {
		e->fore = e->back;
		e->fore_e = e->back_e;
		e->better = 0;
	} else if (e->back_e > WORSE * e->fore_e) {
		e->back = e->fore;
		e->back_e = e->fore_e;
	}
	if (e->back_e > WORSE * e->heard_e) { /* worse than none at all */
		memset(&e->back, 0, sizeof(e->back));
		e->back_e = e->heard_e;
	}
}

/* ---- what is left ---- */

static void put_out(struct echo *e, const float s[ECHO_FRAME], bool mute, int16_t out[ECHO_FRAME])
{
	float amplitude = noise_amplitude(e->floor), gain = e->muted ? 0 : 1, to = mute ? 0 : 1;

	for (unsigned i = 0; i < ECHO_FRAME; i++) {
		float v;

		gain += gain < to ? 1.0f / 16 : gain > to ? -1.0f / 16 : 0;
		v = s[i] * gain + noise_next(&e->noise) * amplitude * (1 - gain);
		out[i] = (int16_t)lrintf(fmaxf(-32768, fminf(32767, v)));
	}
	e->muted = mute;
}

void echo_cancel(struct echo *e, int16_t heard[ECHO_FRAME])
{
	const unsigned ring = sizeof(e->sent) / sizeof(e->sent[0]);
	const int16_t *sent = e->sent[(e->sent_at + ring - e->delay) % ring];
	float in[ECHO_FRAME], fore[ECHO_FRAME], back[ECHO_FRAME], heard_now, fore_now;
	bool mute;

	if (for_data(e, heard, sent)) {
		shift_in(e, sent);
		return;
	}
	shift_in(e, sent);
	for (unsigned i = 0; i < ECHO_FRAME; i++)
		in[i] = heard[i];
	heard_now = energy(in);
	if (!e->active) {
		e->floor = noise_floor_learn(&quietest, e->floor, heard_now);
		put_out(e, in, false, heard);
		return;
	}
	filter(e, in, fore, back);
	fore_now = energy(fore);
	smooth(&e->heard_e, heard_now);
	smooth(&e->fore_e, fore_now);
	smooth(&e->back_e, energy(back));
	compare(e);
	learn(e, back);
	if (e->fore_e < e->left * e->heard_e)
		e->left = fmaxf(e->fore_e / e->heard_e, LEFT_MIN);
	else
		e->left = fminf(e->left * LEFT_RISE, LEFT_MAX);
	mute = !e->linear && e->left < LEFT_MAX && fore_now < MUTE_OVER * e->left * heard_now + e->floor;
	if (e->fore_e > e->heard_e)
		put_out(e, in, false, heard);
	else
		put_out(e, fore, mute, heard);
}

void echo_linear(struct echo *e, bool linear)
{
	e->linear = linear;
}

void echo_sent(struct echo *e, const int16_t sent[ECHO_FRAME])
{
	memcpy(e->sent[e->sent_at], sent, sizeof(e->sent[0]));
	e->sent_at = (e->sent_at + 1) % (sizeof(e->sent) / sizeof(e->sent[0]));
}
