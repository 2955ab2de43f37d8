/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/plc.c - concealment beside spandsp's, on real speech: the sound files under DIRECTORY, one after the other, to 20
 * minutes (docs/sound.md), frames of some lengths lost at random, 5 % of them.
 *
 *   plc [DIRECTORY...]
 */
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <spandsp.h>
#include <spandsp/expose.h>

#include "core/random.h"
#include "dsp/level.h"
#include "dsp/plc.h"
#include "media/clip.h"
#include "tests/unit/click.h"

#define N     (8000 * 60 * 20)
#define QUIET 10000.0 /* mean square: -45 dBm0; below, nobody hears what is made up */

static int16_t voice[N], ours[N], theirs[N];
static size_t n;

static int add_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t len = strlen(path);
	struct clip *clip;

	(void)st;
	(void)ftw;
	if (type != FTW_F || len < 4 || strcmp(path + len - 4, ".wav") != 0 || clip_load_wav(&clip, path, 8000))
		return 0;
	if (level_dbm0(clip->s, clip->samples) > -70 && n + clip->samples <= N) {
		clip_level(clip, -15);
		memcpy(voice + n, clip->s, clip->samples * sizeof(*voice));
		n += clip->samples;
	}
	clip_unref(clip);
	return 0;
}

static double energy(const int16_t *a, const int16_t *b, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		double d = b ? (double)a[i] - b[i] : a[i];

		sum += d * d;
	}
	return sum;
}

/* Sharper than all that the voice did in the 20 ms before and after. */
static bool clicks(const int16_t *s, size_t at)
{
	return bend(s + at - 3, 6) > 1.5 * bend(voice + at - 160, 320) + 200;
}

static void run(size_t frame, unsigned in_a_row)
{
	double signal = 0, error[2] = { 0, 0 };
	unsigned lost = 0, after = 0, seams = 0, click[2] = { 0, 0 };
	bool missing = false, before;
	plc_state_t s;
	struct plc c;

	random_seed(1);
	plc_block_init(&c);
	plc_init(&s);
	memcpy(ours, voice, sizeof(voice));
	memcpy(theirs, voice, sizeof(voice));
	for (size_t i = 0; i + frame + 160 < n; i += frame) {
		if (lost == 0 && i >= 8000 && random_below(20 * in_a_row) == 0)
			lost = in_a_row;
		before = missing;
		missing = lost > 0;
		if (missing) {
			lost--;
			after = 2;
			plc_block_lost(&c, ours + i, frame);
			plc_fillin(&s, theirs + i, (int)frame);
		} else {
			plc_block_good(&c, ours + i, frame);
			plc_rx(&s, theirs + i, (int)frame);
		}
		if (missing != before && energy(voice + i - 160, NULL, 320) > QUIET * 320) {
			seams++;
			click[0] += clicks(ours, i);
			click[1] += clicks(theirs, i);
		}
		if (after > 0) {
			after -= !missing;
			signal += energy(voice + i, NULL, frame);
			error[0] += energy(voice + i, ours + i, frame);
			error[1] += energy(voice + i, theirs + i, frame);
		}
	}
	printf("| %zu ms | %.1f | %.1f | %u | %u | %u |\n", frame * in_a_row / 8, 10 * log10(signal / error[0]),
	       10 * log10(signal / error[1]), seams, click[0], click[1]);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], add_file, 20, FTW_PHYS))
			return 1;
	if (n < 16000) {
		printf("no speech: plc DIRECTORY...\n");
		return 0;
	}
	printf("%.1f minutes of speech\n\n| lost | ours, dB | spandsp, dB | seams | sharp, ours | spandsp's |\n| --- | --- | --- "
	       "| --- | --- | --- |\n",
	       (double)n / 480000);
	run(80, 1);
	run(160, 1);
	run(240, 1);
	run(160, 2);
	run(160, 3);
	run(480, 1);
	return 0;
}
