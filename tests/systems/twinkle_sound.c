/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * twinkle_sound.c - a sound card for twinkle, preloaded before ALSA's functions: microphone and loudspeaker are files, MIC (read
 * over and over) and SPEAKER, 16 bit at 8000 Hz, at the pace of a card. ALSA's own null device has none, and twinkle lives by it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RATE 8000
#define S    1000000000L

long snd_pcm_readi(void *pcm, void *frames, unsigned long count);
long snd_pcm_writei(void *pcm, const void *frames, unsigned long count);

/* Until the card has taken, or given, so many more frames. After a pause it begins anew. */
static void pace(struct timespec *next, unsigned long count)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - next->tv_sec > 1)
		*next = now;
	next->tv_nsec += (long)count * (S / RATE);
	next->tv_sec += next->tv_nsec / S;
	next->tv_nsec %= S;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
		;
}

long snd_pcm_readi(void *pcm, void *frames, unsigned long count)
{
	static struct timespec next;
	static FILE *mic;
	size_t got = 0;

	(void)pcm;
	if (mic == NULL)
		mic = fopen(getenv("MIC"), "re");
	pace(&next, count);
	if (mic)
		got = fread(frames, 2, count, mic);
	memset((char *)frames + got * 2, 0, (count - got) * 2);
	if (mic && got < count)
		rewind(mic);
	return (long)count;
}

long snd_pcm_writei(void *pcm, const void *frames, unsigned long count)
{
	static struct timespec next;
	static FILE *speaker;

	(void)pcm;
	if (speaker == NULL)
		speaker = fopen(getenv("SPEAKER"), "we");
	pace(&next, count);
	if (speaker) {
		(void)fwrite(frames, 2, count, speaker);
		(void)fflush(speaker);
	}
	return (long)count;
}
