/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prompts/tools/level.c - from a synthesized or recorded voice to a prompt: trimmed, levelled, limited. Run by prompts/build.sh.
 *
 *   level <jobs
 *
 * Each line of jobs is "TAIL_MS IN OUT": IN is raw 32-bit float, mono, 8 kHz; OUT becomes a 16-bit WAV (written beside it, then
 * renamed). Paths have no blanks: build.sh makes them. Status 0 when all of them were made; the others are named on stderr.
 *
 * Level: rms 2600 while somebody speaks (RFC 7874 clause 3). As in ITU-T P.56 method B, what is more than 15.9 dB below the
 * result is a pause; without its hangover of 200 ms, which is meant for talk of many seconds and makes a word with a stop in it
 * ("sixteenth") 3 dB too loud. Peaks stay under -9 dBFS through a limiter with 5 ms of look-ahead.
 * No dither: its one step of 16 bits is far below the smallest step of A-law, and without it pauses are true silence.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE        8000
#define SAMPLES_MAX (RATE * 300) /* five minutes */
#define FRAME       80           /* 10 ms */
#define ACTIVE_RMS  2600.0
#define PEAK_MAX    11300.0      /* -9.2 dBFS */
#define MARGIN      0.0257       /* -15.9 dB as a ratio of powers */
#define TRIM        1.6e-5       /* 48 dB below the loudest 10 ms: what is weaker at either end is no speech */
#define LEAD        160          /* samples kept before speech and after it, */
#define TRAIL       320          /* so that no soft beginning or ending is cut */
#define FADE        40
#define LOOK        40           /* the limiter's look-ahead: 5 ms to each side */

struct sound {
	float *s;
	size_t n;
};

static int  sound_read(struct sound *w, const char *path);
static int  sound_write(const struct sound *w, const char *path);
static int  sound_trim(struct sound *w, size_t tail);
static int  sound_level(struct sound *w);

static int job_run(const char *in, const char *out, size_t tail)
{
	struct sound w = { 0 };
	int err = sound_read(&w, in);

	if (!err)
		err = sound_trim(&w, tail);
	if (!err)
		err = sound_level(&w);
	if (!err)
		err = sound_write(&w, out);
	free(w.s);
	return err;
}

int main(void)
{
	char line[4096], in[2048], out[2048];
	unsigned tail_ms, failed = 0;

	while (fgets(line, sizeof(line), stdin)) {
		int err = sscanf(line, "%u %2047s %2047s", &tail_ms, in, out) == 3 && tail_ms <= 10000 ? 0 : -EINVAL;

		if (!err)
			err = job_run(in, out, (size_t)tail_ms * RATE / 1000);
		if (err) {
			fprintf(stderr, "level: %.*s: %s\n", (int)strcspn(line, "\n"), line,
			        err == -ENODATA ? "nothing to be heard in it" : strerror(-err));
			failed++;
		}
	}
	return failed ? 1 : 0;
}

/* ---- trimming ---- */

static double frame_power(const struct sound *w, size_t frame)
{
	double sum = 0;

	for (size_t i = frame * FRAME; i < (frame + 1) * FRAME && i < w->n; i++)
		sum += (double)w->s[i] * w->s[i];
	return sum / FRAME;
}

/* Silence at both ends goes but for LEAD and TRAIL, and where there is less of it (a synthesizer may begin at once) it is added;
 * so are tail samples of silence, and the rest of the last frame. */
static int sound_trim(struct sound *w, size_t tail)
{
	size_t frames = (w->n + FRAME - 1) / FRAME, first, last, from, to, lead, n;
	double loudest = 0;
	float *s;

	if (!w->s)
		return -ENODATA;
	for (size_t f = 0; f < frames; f++)
		loudest = fmax(loudest, frame_power(w, f));
	if (!isfinite(loudest) || loudest < 1e-8)
		return -ENODATA;
	for (first = 0; frame_power(w, first) < loudest * TRIM; first++)
		;
	for (last = frames - 1; frame_power(w, last) < loudest * TRIM; last--)
		;
	from = first * FRAME > LEAD ? first * FRAME - LEAD : 0;
	to = (last + 1) * FRAME + TRAIL < w->n ? (last + 1) * FRAME + TRAIL : w->n;
	lead = LEAD - (first * FRAME - from);
	n = (lead + (last + 1) * FRAME - from + TRAIL + tail + FRAME - 1) / FRAME * FRAME;
	s = calloc(n, sizeof(*s));
	if (!s)
		return -ENOMEM;
	memcpy(s + lead, w->s + from, (to - from) * sizeof(*s));
	for (size_t i = 0; i < FADE && i < (to - from) / 2; i++) {
		s[lead + i] *= (float)i / FADE;
		s[lead + to - from - 1 - i] *= (float)i / FADE;
	}
	free(w->s);
	w->s = s;
	w->n = n;
	return 0;
}

/* ---- level ---- */

/* Root of the mean power of the active frames. The threshold depends on the result: begin with all frames and repeat. */
static double active_rms(const struct sound *w)
{
	size_t frames = w->n / FRAME;
	double power = 0;

	for (int round = 0; round < 30; round++) {
		double sum = 0, before = power;
		size_t active = 0;

		for (size_t f = 0; f < frames; f++) {
			double p = frame_power(w, f);

			if (p > 0 && p >= power * MARGIN) {
				sum += p;
				active++;
			}
		}
		power = active ? sum / (double)active : 0;
		if (fabs(power - before) <= before * 1e-9)
			break;
	}
	return sqrt(power);
}

/* The gain at each sample: the least that any peak within LOOK wants, averaged over LOOK on both sides, so that it moves slowly
 * and still is small enough at the peak itself. */
static int limit(struct sound *w)
{
	double sum = 0; /* of the gains from i - LOOK to i + LOOK */
	float *least = malloc((w->n + 2 * LOOK + 1) * sizeof(*least)); /* that of sample i is at i + LOOK */

	if (!least)
		return -ENOMEM;
	for (size_t i = 0; i < w->n + 2 * LOOK + 1; i++)
		least[i] = 1.0f;
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = i; fabsf(w->s[i]) > (float)PEAK_MAX && k <= i + 2 * LOOK; k++)
			least[k] = fminf(least[k], (float)PEAK_MAX / fabsf(w->s[i]));
	for (size_t i = 0; i <= 2 * LOOK; i++)
		sum += least[i];
	for (size_t i = 0; i < w->n; i++) {
		w->s[i] *= (float)(sum / (2 * LOOK + 1));
		sum += least[i + 2 * LOOK + 1] - least[i];
	}
	free(least);
	return 0;
}

/* Limiting takes a little of the level, so gain and limiter are repeated until the level is right. */
static int sound_level(struct sound *w)
{
	for (int round = 0; round < 12; round++) {
		double rms = active_rms(w);
		float gain = (float)(ACTIVE_RMS / rms);
		int err;

		if (!(rms > 0))
			return -ENODATA;
		for (size_t i = 0; i < w->n; i++)
			w->s[i] *= gain;
		err = limit(w);
		if (err)
			return err;
		if (round > 0 && gain < 1.005f)
			break;
	}
	return 0;
}

/* ---- files ---- */

static int sound_read(struct sound *w, const char *path)
{
	FILE *f = fopen(path, "rb");
	int err = 0;

	if (!f)
		return -errno;
	w->s = malloc(SAMPLES_MAX * sizeof(*w->s));
	if (!w->s)
		err = -ENOMEM;
	else
		w->n = fread(w->s, sizeof(*w->s), SAMPLES_MAX, f);
	if (!err && ferror(f))
		err = -EIO;
	else if (!err && w->n == SAMPLES_MAX)
		err = -EFBIG;
	else if (!err && w->n == 0)
		err = -ENODATA;
	fclose(f);
	return err;
}

static void put_le(uint8_t *p, uint32_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static int sound_write(const struct sound *w, const char *path)
{
	uint8_t header[44] = "RIFF....WAVEfmt ";
	char beside[2100];
	FILE *f;
	int err = 0;

	put_le(header + 4, (uint32_t)(36 + 2 * w->n), 4);
	put_le(header + 16, 16, 4);       /* length of the format */
	put_le(header + 20, 1, 2);        /* PCM */
	put_le(header + 22, 1, 2);        /* mono */
	put_le(header + 24, RATE, 4);
	put_le(header + 28, 2 * RATE, 4); /* octets a second */
	put_le(header + 32, 2, 2);        /* octets a frame */
	put_le(header + 34, 16, 2);       /* bits a sample */
	memcpy(header + 36, "data", 4);
	put_le(header + 40, (uint32_t)(2 * w->n), 4);

	snprintf(beside, sizeof(beside), "%s.new", path);
	f = fopen(beside, "wb");
	if (!f)
		return -errno;
	if (fwrite(header, sizeof(header), 1, f) != 1)
		err = -EIO;
	for (size_t i = 0; !err && i < w->n; i++) {
		uint8_t s[2];

		put_le(s, (uint32_t)lrintf(fmaxf(-32768.0f, fminf(32767.0f, w->s[i]))), 2);
		if (fwrite(s, sizeof(s), 1, f) != 1)
			err = -EIO;
	}
	if (fclose(f) != 0 && !err)
		err = -errno;
	if (!err && rename(beside, path) < 0)
		err = -errno;
	if (err)
		remove(beside);
	return err;
}
