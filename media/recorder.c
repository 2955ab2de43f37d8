/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "media/engine.h"
#include "media/wav.h"

#define RECORDER_MAGIC 0x3ed1a004u
#define DRAIN_US       CLOCK_MS(500)
#define SAMPLES_MAX    ((size_t)RECORDER_SECONDS_MAX * MEDIA_RATE)
#define SAMPLES_FIRST  ((size_t)8 * MEDIA_RATE)

/* ---- control ---- */

static void on_timer(struct loop_timer *t)
{
	struct recorder *r = container_of(t, struct recorder, timer);

	recorder_drain(r);
	loop_timer_start(t, DRAIN_US);
}

int recorder_alloc(struct recorder **rp, struct loop *l)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	err = ring_alloc(&r->ring, RECORDER_RING_MS * 1000 / MEDIA_TICK_US, sizeof(struct recorder_frame));
	if (err) {
		free(r);
		return err;
	}
	r->magic = RECORDER_MAGIC;
	loop_timer_init(l, &r->timer, on_timer);
	loop_timer_start(&r->timer, DRAIN_US);
	*rp = r;
	return 0;
}

static void destroy(struct recorder *r)
{
	r->magic = MAGIC_DEAD;
	ring_free(r->ring);
	free(r->s);
	free(r);
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	MAGIC_CHECK(r, RECORDER_MAGIC);
	assert(!r->freed);
	loop_timer_stop(&r->timer);
	r->freed = true;
	if (r->attached == 0)
		destroy(r);
}

void recorder_release(struct recorder *r, unsigned references)
{
	MAGIC_CHECK(r, RECORDER_MAGIC);
	assert(references <= r->attached);
	r->attached -= references;
	if (r->freed && r->attached == 0)
		destroy(r);
}

/* Room for n samples in all. False: no memory. */
static bool reserve(struct recorder *r, size_t n)
{
	size_t space = r->space ? r->space : SAMPLES_FIRST;
	int16_t *s;

	if (n <= r->space)
		return true;
	while (space < n)
		space *= 2;
	s = realloc(r->s, space * sizeof(*s));
	if (!s)
		return false;
	r->s = s;
	r->space = space;
	return true;
}

/* A frame has its place by its time; what is missing before it is silence. */
static void place(struct recorder *r, const struct recorder_frame *f)
{
	size_t at;

	if (r->samples == 0)
		r->start_us = f->tick_us;
	at = (size_t)((f->tick_us - r->start_us) / MEDIA_TICK_US) * MEDIA_FRAME;
	if (at < r->samples || at + MEDIA_FRAME > SAMPLES_MAX || !reserve(r, at + MEDIA_FRAME)) {
		r->dropped++;
		return;
	}
	if (at > r->samples) {
		memset(r->s + r->samples, 0, (at - r->samples) * sizeof(r->s[0]));
		r->dropped += (unsigned)((at - r->samples) / MEDIA_FRAME);
	}
	memcpy(r->s + at, f->s, sizeof(f->s));
	r->samples = at + MEDIA_FRAME;
}

void recorder_drain(struct recorder *r)
{
	struct recorder_frame f;

	MAGIC_CHECK(r, RECORDER_MAGIC);
	while (ring_pop(r->ring, &f))
		place(r, &f);
}

const int16_t *recorder_samples(struct recorder *r, size_t *samples, int64_t *start_us)
{
	MAGIC_CHECK(r, RECORDER_MAGIC);
	*samples = r->samples;
	if (start_us)
		*start_us = r->start_us;
	return r->s;
}

unsigned recorder_dropped(const struct recorder *r)
{
	MAGIC_CHECK(r, RECORDER_MAGIC);
	return r->dropped;
}

int recorder_write_wav(struct recorder *r, const char *path)
{
	MAGIC_CHECK(r, RECORDER_MAGIC);
	return wav_write(path, MEDIA_RATE, r->s, r->samples);
}

/* ---- media thread ---- */

bool recorder_push(struct recorder *r, int64_t tick_us, const int16_t s[MEDIA_FRAME])
{
	struct recorder_frame f = { .tick_us = tick_us };

	memcpy(f.s, s, sizeof(f.s));
	return ring_push(r->ring, &f);
}

void recorder_let_go(struct media *m, struct recorder *r)
{
	if (r->giving_back++ == 0)
		media_give_back(m, &r->ret, NOTE_RECORDER);
}
