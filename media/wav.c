/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/wav.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>

#include "dsp/resample.h"
#include "media/clip.h"

#define BLOCK        4096 /* frames read at once */
#define CHANNELS_MAX 32
#define FULL_SCALE   32768.0f

/* A sound file, or NULL and the reason why not. */
static SNDFILE *open_file(const char *path, SF_INFO *info, int *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* not to hang on a FIFO */
	struct stat st;
	SNDFILE *sf;

	if (fd < 0) {
		*err = -errno;
		return NULL;
	}
	*err = -EBADMSG;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return NULL;
	}
	sf = sf_open_fd(fd, SFM_READ, info, SF_TRUE); /* fd is sndfile's now, also when it fails */
	if (!sf)
		return NULL;
	if (info->channels < 1 || info->channels > CHANNELS_MAX || info->samplerate < RESAMPLE_RATE_MIN ||
	    info->samplerate > RESAMPLE_RATE_MAX || info->frames < 0) {
		sf_close(sf);
		return NULL;
	}
	return sf;
}

/* Also tames what a file of floats may hold: NaN becomes silence. */
static int16_t to_sample(float v)
{
	v *= FULL_SCALE;
	if (v >= 32767.0f)
		return 32767;
	if (v <= -32768.0f)
		return -32768;
	return isnan(v) ? 0 : (int16_t)lrintf(v);
}

static void mix_down(float *mono, const float *frames, size_t n, int channels)
{
	for (size_t i = 0; i < n; i++) {
		float sum = 0.0f;

		for (int c = 0; c < channels; c++)
			sum += frames[i * (size_t)channels + (size_t)c];
		mono[i] = sum / (float)channels;
		if (!isfinite(mono[i]))
			mono[i] = 0.0f;
	}
}

/* Fills c as far as the file goes; c->samples is what was said in its header. */
static int read_samples(SNDFILE *sf, const SF_INFO *info, struct clip *c)
{
	size_t space = 0, done = 0;
	struct resample *rs = NULL;
	float *frames = NULL, *mono = NULL, *out = NULL;
	sf_count_t n;
	int err = -ENOMEM;

	if (info->samplerate != c->rate) {
		err = resample_alloc(&rs, info->samplerate, c->rate);
		if (err)
			goto out;
		space = resample_space(rs, BLOCK);
		err = -ENOMEM;
	}
	frames = malloc(sizeof(*frames) * BLOCK * (size_t)info->channels);
	mono = malloc(sizeof(*mono) * BLOCK);
	out = malloc(sizeof(*out) * (space + 1));
	if (!frames || !mono || !out)
		goto out;
	do {
		const float *from = mono;
		size_t count;

		n = sf_readf_float(sf, frames, BLOCK);
		if (n < 0)
			n = 0;
		count = (size_t)n;
		mix_down(mono, frames, count, info->channels);
		if (rs) {
			count = n > 0 ? resample_process(rs, mono, count, out, space) : resample_flush(rs, out, space);
			from = out;
		}
		for (size_t i = 0; i < count && done < c->samples; i++)
			c->s[done++] = to_sample(from[i]);
	} while (n > 0 && done < c->samples);
	c->samples = done; /* fewer when the file is cut short */
	err = 0;
out:
	free(out);
	free(mono);
	free(frames);
	resample_free(rs);
	return err;
}

int clip_load_wav(struct clip **cp, const char *path, int rate)
{
	struct clip *c = NULL;
	SF_INFO info = { 0 };
	double samples;
	SNDFILE *sf;
	int err;

	sf = open_file(path, &info, &err);
	if (!sf)
		return err;
	samples = ceil((double)info.frames * rate / info.samplerate);
	err = samples <= CLIP_SAMPLES_MAX ? clip_alloc(&c, rate, (size_t)samples) : -EINVAL;
	if (!err)
		err = read_samples(sf, &info, c);
	sf_close(sf);
	if (err)
		clip_unref(c);
	else
		*cp = c;
	return err;
}

int wav_write(const char *path, int rate, const int16_t *s, size_t samples)
{
	SF_INFO info = { .samplerate = rate, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
	char part[PATH_MAX];
	SNDFILE *sf;
	int fd, err = 0;

	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	sf = sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
	if (!sf) {
		err = -EIO;
		goto out;
	}
	errno = 0;
	if (sf_write_short(sf, s, (sf_count_t)samples) != (sf_count_t)samples)
		err = errno ? -errno : -EIO;
	if (sf_close(sf) != 0 && !err)
		err = -EIO;
	if (!err && rename(part, path) < 0)
		err = -errno;
out:
	if (err)
		(void)unlink(part);
	return err;
}
