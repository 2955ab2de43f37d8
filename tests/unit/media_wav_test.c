/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sound files into clips: bit for bit at our own rate, in tune and level from others, and no file however broken does harm. */
#include "media/wav.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sndfile.h>

#include "media/tones.h"
#include "core/random.h"
#include "dsp/level.h"
#include "dsp/resample.h"
#include "media/clip.h"

static char dir[] = "/tmp/media_wav_test_XXXXXX", path[64];

static int group_setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/x.wav", dir);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

/* Sines, another frequency on each channel. */
static void make(int rate, int channels, int format, double seconds, const double *freq, double amplitude)
{
	SF_INFO info = { .samplerate = rate, .channels = channels, .format = format };
	SNDFILE *sf = sf_open(path, SFM_WRITE, &info);
	size_t n = (size_t)(rate * seconds);
	float *frames = calloc(n, (size_t)channels * sizeof(*frames));

	assert_non_null(sf);
	assert_non_null(frames);
	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < channels; c++)
			frames[i * (size_t)channels + (size_t)c] =
				(float)(amplitude * sin(2 * M_PI * freq[c] * (double)i / rate));
	assert_int_equal(sf_writef_float(sf, frames, (sf_count_t)n), n);
	sf_close(sf);
	free(frames);
}

static void near_db(double got, double want, double tolerance)
{
	if (fabs(got - want) > tolerance)
		fail_msg("%.3f dBm0, expected %.3f +- %.3f", got, want, tolerance);
}

static void bit_for_bit(void **state)
{
	static int16_t s[65536];
	struct clip *c;

	(void)state;
	for (int i = 0; i < 65536; i++)
		s[i] = (int16_t)(i - 32768);
	assert_int_equal(wav_write(path, 8000, s, 65536), 0);
	assert_int_equal(clip_load_wav(&c, path, 8000), 0);
	assert_int_equal(c->rate, 8000);
	assert_int_equal(c->samples, 65536);
	assert_memory_equal(c->s, s, sizeof(s));
	clip_unref(c);
}

/* Each rate that sound comes in: length, pitch, level; what is above half our rate is gone, not folded down. */
static void other_rates(void **state)
{
	static const int rate[] = { 8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 7999, 4000 };

	(void)state;
	for (unsigned i = 0; i < sizeof(rate) / sizeof(rate[0]); i++) {
		struct clip *c;

		for (double f = 200; f < 3450 && f < rate[i] * 0.42; f += 800) {
			make(rate[i], 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1.5, &f, 0.25);
			assert_int_equal(clip_load_wav(&c, path, 8000), 0);
			assert_int_equal(c->samples, (size_t)ceil(floor(rate[i] * 1.5) * 8000 / rate[i]));
			near_db(level_tone_dbm0(c->s + 100, 11800, f, 8000), 20 * log10(0.25) + 3.14, 0.12);
			for (double other = 300; other < 3900; other += 100)
				if (fabs(other - f) > 60)
					assert_true(level_tone_dbm0(c->s + 400, 11000, other, 8000) < -75);
			clip_unref(c);
		}
		for (double f = 4200; f < rate[i] / 2.0 && f < 12000; f += 1300) {
			make(rate[i], 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1.5, &f, 0.5);
			assert_int_equal(clip_load_wav(&c, path, 8000), 0);
			assert_true(level_dbm0(c->s + 400, 11000) < -60);
			clip_unref(c);
		}
	}
}

/* No shift: a click stays where it is, also across the blocks in which the file is read. */
static void clicks_stay_in_place(void **state)
{
	static int16_t s[48000];
	struct clip *c;

	(void)state;
	for (int at = 0; at < 47000; at += 6000)
		s[at] = 30000;
	assert_int_equal(wav_write(path, 48000, s, 48000), 0);
	assert_int_equal(clip_load_wav(&c, path, 8000), 0);
	assert_int_equal(c->samples, 8000);
	for (int at = 0; at < 7800; at += 1000)
		for (int i = at > 500 ? at - 500 : 0; i < at + 500 && i < 8000; i++)
			assert_true(i == at || abs(c->s[i]) < abs(c->s[at]));
	clip_unref(c);
}

static void channels_and_formats(void **state)
{
	static const double freq[2] = { 500, 900 };
	static const int format[] = {
		SF_FORMAT_WAV | SF_FORMAT_PCM_16,  SF_FORMAT_WAV | SF_FORMAT_PCM_24, SF_FORMAT_WAV | SF_FORMAT_FLOAT,
		SF_FORMAT_WAV | SF_FORMAT_ALAW,    SF_FORMAT_WAV | SF_FORMAT_ULAW,   SF_FORMAT_AIFF | SF_FORMAT_PCM_16,
		SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_OGG | SF_FORMAT_VORBIS,
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(format) / sizeof(format[0]); i++) {
		struct clip *c;

		make(8000, 2, format[i], 1, freq, 0.5);
		assert_int_equal(clip_load_wav(&c, path, 8000), 0);
		assert_int_equal(c->samples, 8000);
		near_db(level_tone_dbm0(c->s, 8000, 500, 8000), 20 * log10(0.25) + 3.14, 0.5); /* each channel by half */
		near_db(level_tone_dbm0(c->s, 8000, 900, 8000), 20 * log10(0.25) + 3.14, 0.5);
		clip_unref(c);
	}
}

/* Beyond full scale and NaN in a file of floats. */
static void wild_floats(void **state)
{
	static const float v[] = { 2.0f, -2.0f, NAN, INFINITY, -INFINITY, 0.5f };
	SF_INFO info = { .samplerate = 8000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT };
	SNDFILE *sf = sf_open(path, SFM_WRITE, &info);
	struct clip *c;

	(void)state;
	assert_non_null(sf);
	assert_int_equal(sf_write_float(sf, v, 6), 6);
	sf_close(sf);
	assert_int_equal(clip_load_wav(&c, path, 8000), 0);
	assert_int_equal(c->samples, 6);
	assert_int_equal(c->s[0], 32767);
	assert_int_equal(c->s[1], -32768);
	assert_int_equal(c->s[2], 0);
	assert_int_equal(c->s[5], 16384);
	clip_unref(c);
}

static void what_is_no_sound(void **state)
{
	struct clip *c = NULL;
	FILE *f;

	(void)state;
	(void)unlink(path);
	assert_int_equal(clip_load_wav(&c, path, 8000), -ENOENT);
	assert_int_equal(clip_load_wav(&c, dir, 8000), -EBADMSG);
	assert_int_equal(clip_load_wav(&c, "/dev/zero", 8000), -EBADMSG);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(clip_load_wav(&c, path, 8000), -EBADMSG);
	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(clip_load_wav(&c, path, 8000), -EBADMSG);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("Once upon a time there was a file that had no sound in it at all.\n", f) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(clip_load_wav(&c, path, 8000), -EBADMSG);
	assert_null(c);
}

/* Any byte of the first 64 changed, and cut off anywhere: loaded or refused, never worse (the sanitizers watch). */
static void broken_files(void **state)
{
	static const double freq[2] = { 500, 900 };
	uint8_t good[4000], bad[4000];
	unsigned loaded = 0, refused = 0;
	size_t n;
	FILE *f;

	(void)state;
	make(11025, 2, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0.05, freq, 0.5);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(good, 1, sizeof(good), f);
	assert_int_equal(fclose(f), 0);
	assert_in_range(n, 2000, 3000);
	for (int i = 0; i < 500; i++) {
		size_t len = random_below(4) ? n : random_below((uint32_t)n);
		struct clip *c;

		memcpy(bad, good, n);
		for (unsigned k = random_below(4) + 1; k > 0; k--)
			bad[random_below(64)] = (uint8_t)random_u64();
		f = fopen(path, "w");
		assert_non_null(f);
		assert_int_equal(fwrite(bad, 1, len, f), len);
		assert_int_equal(fclose(f), 0);
		if (clip_load_wav(&c, path, 8000) == 0) {
			loaded++;
			clip_unref(c);
		} else {
			refused++;
		}
	}
	assert_true(loaded > 50 && refused > 50);
}

static void writing(void **state)
{
	static const int16_t s[3] = { 1, 2, 3 };
	char part[80], absent[80];
	struct clip *c;

	(void)state;
	(void)snprintf(part, sizeof(part), "%s.part", path);
	(void)snprintf(absent, sizeof(absent), "%s/no/x.wav", dir);
	assert_int_equal(wav_write(absent, 8000, s, 3), -ENOENT);
	assert_int_equal(wav_write(path, 8000, s, 3), 0);
	assert_int_equal(wav_write(path, 8000, s, 1), 0); /* in place of the other */
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(clip_load_wav(&c, path, 8000), 0);
	assert_int_equal(c->samples, 1);
	clip_unref(c);
	if (access("/dev/full", W_OK) == 0)
		assert_true(wav_write("/dev/full/x", 8000, s, 3) < 0);
}

static void clips(void **state)
{
	static const int16_t s[3] = { 1, 2, 3 };
	struct clip *c;

	(void)state;
	assert_int_equal(clip_from_samples(&c, 8000, s, 3), 0);
	assert_ptr_equal(clip_ref(c), c);
	clip_unref(c);
	assert_memory_equal(c->s, s, sizeof(s));
	clip_unref(c);
	clip_unref(NULL);
	assert_int_equal(clip_alloc(&c, 8000, (size_t)CLIP_SAMPLES_MAX + 1), -EINVAL);
	assert_int_equal(clip_alloc(&c, 0, 1), -EINVAL);
	assert_int_equal(clip_alloc(&c, 8000, 0), 0);
	clip_unref(c);
}

/* The resampler in pieces of any size gives what it gives at once. */
static void pieces(void **state)
{
	static float in[20000], whole[20000], parts[20000];

	(void)state;
	for (int i = 0; i < 20000; i++)
		in[i] = (float)random_below(1000) / 1000.0f;
	for (int k = 0; k < 20; k++) {
		int from = (int)(4000 + random_below(60000)), to = (int)(3000 + random_below((uint32_t)from - 2999));
		struct resample *r;
		size_t n, done = 0;

		assert_int_equal(resample_alloc(&r, from, to), 0);
		n = resample_process(r, in, 20000, whole, 20000);
		n += resample_flush(r, whole + n, 20000 - n);
		resample_free(r);
		assert_int_equal(n, ((uint64_t)20000 * to + from - 1) / from);
		assert_int_equal(resample_alloc(&r, from, to), 0);
		for (size_t at = 0, len; at < 20000; at += len) {
			len = random_below(5000);
			len = len < 20000 - at ? len : 20000 - at;
			assert_true(resample_space(r, len) <= 20000);
			done += resample_process(r, in + at, len, parts + done, resample_space(r, len));
		}
		done += resample_flush(r, parts + done, 20000 - done);
		resample_free(r);
		assert_int_equal(done, n);
		assert_memory_equal(whole, parts, n * sizeof(float));
	}
}

/* Music comes 11 dB apart; after this it does not. A clip of high peaks stays under them instead. */
static void levelled(void **state)
{
	struct clip *c;

	(void)state;
	assert_int_equal(tone_clip_beep(&c, 440, 0, -35, 1000, 0), 0);
	clip_level(c, -20);
	assert_true(fabs(level_dbm0(c->s, c->samples) + 20) < 0.1);
	clip_level(c, 10);
	assert_in_range(level_peak(c->s, c->samples), 29100, 29210);
	memset(c->s, 0, c->samples * sizeof(c->s[0]));
	clip_level(c, -20);
	assert_int_equal(level_peak(c->s, c->samples), 0);
	clip_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bit_for_bit),
		cmocka_unit_test(other_rates),
		cmocka_unit_test(clicks_stay_in_place),
		cmocka_unit_test(channels_and_formats),
		cmocka_unit_test(wild_floats),
		cmocka_unit_test(what_is_no_sound),
		cmocka_unit_test(broken_files),
		cmocka_unit_test(writing),
		cmocka_unit_test(clips),
		cmocka_unit_test(pieces),
		cmocka_unit_test(levelled),
	};

	random_seed(8);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
