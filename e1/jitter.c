/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/jitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 2048 /* frames; above E1_JITTER_MAX by what a burst and a tick may add */
#define RESYNC   3    /* consecutive packets far off in sequence: the peer has begun anew */

void e1_jitter_fill(uint8_t frame[CESOPSN_TIMESLOTS])
{
	memset(frame, 0xd5, CESOPSN_TIMESLOTS); /* A-law silence */
	frame[15] = 0xff;                       /* timeslot 16: ones, an abort to HDLC */
}

int e1_jitter_alloc(struct e1_jitter *j, unsigned k)
{
	memset(j, 0, sizeof(*j));
	j->k = k;
	for (j->slots = 1; j->slots * 2 * k <= CAPACITY;)
		j->slots *= 2;
	j->data = malloc((size_t)j->slots * k * CESOPSN_TIMESLOTS);
	j->packet = malloc(j->slots * sizeof(*j->packet));
	if (j->data == NULL || j->packet == NULL) {
		e1_jitter_free(j);
		return -ENOMEM;
	}
	e1_jitter_reset(j);
	return 0;
}

void e1_jitter_free(struct e1_jitter *j)
{
	free(j->data);
	free(j->packet);
	j->data = NULL;
	j->packet = NULL;
}

void e1_jitter_reset(struct e1_jitter *j)
{
	j->synced = j->playing = j->starved = false;
	j->suspects = j->held = 0;
	j->slip = 0;
	j->window = 0;
	j->least = INT64_MAX;
	for (unsigned i = 0; i < j->slots; i++)
		j->packet[i] = -1;
	e1_jitter_fill(j->last);
}

int64_t e1_jitter_level(const struct e1_jitter *j)
{
	return j->synced ? (j->highest + 1) * j->k - j->play : 0;
}

static unsigned slot_of(const struct e1_jitter *j, int64_t packet)
{
	return (unsigned)packet & (j->slots - 1);
}

static void jitter_sync(struct e1_jitter *j, uint16_t seq)
{
	e1_jitter_reset(j);
	j->synced = true;
	j->highest = 0x100000 + (int64_t)seq; /* far from zero: packets from before the first may come */
	j->play = j->highest * j->k;
}

/* False: not to be believed, or not yet. */
static bool jitter_place(struct e1_jitter *j, uint16_t seq, int64_t *packet)
{
	int limit = E1_JITTER_MAX / (int)j->k;
	int diff;

	if (!j->synced)
		jitter_sync(j, seq);
	diff = (int16_t)(uint16_t)(seq - (uint16_t)j->highest);
	if (diff > limit || diff < -limit) {
		j->suspects = j->suspects && seq == j->suspect_next ? j->suspects + 1 : 1;
		j->suspect_next = (uint16_t)(seq + 1);
		if (j->suspects < RESYNC) {
			j->stats.strange++;
			return false;
		}
		j->stats.resyncs++;
		jitter_sync(j, seq);
		diff = 0;
	}
	j->suspects = 0;
	*packet = j->highest + diff;
	return true;
}

void e1_jitter_put(struct e1_jitter *j, uint16_t seq, const uint8_t *payload)
{
	size_t size = (size_t)j->k * CESOPSN_TIMESLOTS;
	int64_t packet, over;
	unsigned slot;

	if (!jitter_place(j, seq, &packet))
		return;
	if (j->playing && (packet + 1) * j->k <= j->play) {
		j->stats.late++;
		return;
	}
	slot = slot_of(j, packet);
	if (j->packet[slot] == packet) {
		j->stats.duplicates++;
		return;
	}
	j->packet[slot] = packet;
	memcpy(j->data + slot * size, payload, size);
	j->stats.packets++;
	if (packet > j->highest)
		j->highest = packet;
	if (packet * j->k < j->play && !j->playing)
		j->play = packet * j->k; /* overtaken by the first one that came */
	over = e1_jitter_level(j) - E1_JITTER_MAX;
	if (over > 0) {
		j->play += over;
		j->stats.cut_frames += (uint64_t)over;
	}
}

/* After a stall: if packets are missing just where playing was held, they were lost in that time and are not owed any more. */
static void jitter_resume(struct e1_jitter *j)
{
	int64_t end = (j->highest + 1) * j->k;

	while (j->held && j->play < end && j->packet[slot_of(j, j->play / j->k)] != j->play / j->k) {
		j->play++;
		j->held--;
		j->stats.lost_frames++;
	}
	j->held = 0;
	j->starved = false;
}

/* False: filled in. */
static bool jitter_frame(struct e1_jitter *j, uint8_t *out)
{
	int64_t packet;
	unsigned slot;

	if (j->play >= (j->highest + 1) * j->k) {
		if (!j->starved)
			j->stats.underruns++;
		j->starved = true;
		j->held++;
		j->stats.held_frames++;
		e1_jitter_fill(out);
		return false;
	}
	if (j->starved)
		jitter_resume(j);
	if (j->play >= (j->highest + 1) * j->k)
		return jitter_frame(j, out); /* all that had come was owed: still dry */
	packet = j->play / j->k;
	slot = slot_of(j, packet);
	if (j->packet[slot] != packet) {
		j->stats.lost_frames++;
		j->play++;
		e1_jitter_fill(out);
		return false;
	}
	memcpy(out, j->data + ((size_t)slot * j->k + (size_t)(j->play % j->k)) * CESOPSN_TIMESLOTS, CESOPSN_TIMESLOTS);
	memcpy(j->last, out, CESOPSN_TIMESLOTS);
	j->play++;
	return true;
}

/* Looks at the least level of each window; outside the bounds the difference is owed as slips. */
static void jitter_watch(struct e1_jitter *j)
{
	int64_t level = e1_jitter_level(j);

	if (j->starved) { /* a stall says nothing of the clocks */
		j->window = 0;
		j->least = INT64_MAX;
		j->slip = 0;
		return;
	}
	if (level < j->least)
		j->least = level;
	if (++j->window < E1_JITTER_WINDOW || j->slip != 0)
		return;
	if (j->least > E1_JITTER_HIGH)
		j->slip = -(int)(j->least - E1_JITTER_HIGH);
	else if (j->least < E1_JITTER_LOW)
		j->slip = E1_JITTER_LOW - (int)j->least;
	j->window = 0;
	j->least = INT64_MAX;
}

unsigned e1_jitter_get(struct e1_jitter *j, uint8_t (*frames)[CESOPSN_TIMESLOTS], unsigned n)
{
	unsigned filled = 0, i = 0;

	if (!j->playing && e1_jitter_level(j) >= E1_JITTER_TARGET) {
		j->playing = true;
		j->play += e1_jitter_level(j) - E1_JITTER_TARGET;
	}
	if (!j->playing) {
		for (; i < n; i++)
			e1_jitter_fill(frames[i]);
		return n;
	}
	if (j->slip < 0 && e1_jitter_level(j) > (int64_t)n) {
		j->slip++;
		j->play++;
		j->stats.slips_dropped++;
	} else if (j->slip > 0 && e1_jitter_level(j) >= (int64_t)n - 1) {
		j->slip--;
		j->stats.slips_repeated++;
		memcpy(frames[i++], j->last, CESOPSN_TIMESLOTS);
	}
	for (; i < n; i++)
		filled += !jitter_frame(j, frames[i]);
	jitter_watch(j);
	return filled;
}
