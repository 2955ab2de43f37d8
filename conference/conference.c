/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conference/conference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"
#include "core/random.h"

#define CONFERENCE_MAGIC 0x434f4e46u

struct conference_member {
	struct media_port *port;
	bool               host, held, muted;
};

enum conference_music { MUSIC_NONE, MUSIC_ALONE, MUSIC_UNDER, MUSIC_BACKGROUND };

struct conference {
	unsigned                 magic;
	struct media            *media;
	struct media_room       *room;
	struct conference_sounds sounds;
	struct conference_member member[CONFERENCE_MEMBERS_MAX];
	unsigned                 count, max;
	bool                     inviting;
	enum conference_music    music;
	unsigned                 track, background; /* background: a track from 1; 0: off */
	int64_t                  music_began_us; /* where the track is, so that a change of level does not start it again */
};

int conference_alloc(struct conference **cp, struct media *m, const struct conference_sounds *s, unsigned members_max)
{
	struct conference *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->magic = CONFERENCE_MAGIC;
	c->media = m;
	c->sounds = *s;
	c->max = members_max < CONFERENCE_MEMBERS_MAX ? members_max : CONFERENCE_MEMBERS_MAX;
	err = media_room_alloc(&c->room, m);
	if (err) {
		free(c);
		return err;
	}
	*cp = c;
	return 0;
}

void conference_free(struct conference *c)
{
	if (c == NULL)
		return;
	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	media_room_free(c->room);
	c->magic = MAGIC_DEAD;
	free(c);
}

static struct conference_member *conference_find(struct conference *c, const struct media_port *p)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->member[i].port == p)
			return &c->member[i];
	return NULL;
}

static void conference_apply(struct conference *c, const struct conference_member *m)
{
	unsigned flags = m->held ? 0 : m->muted ? MEDIA_HEAR : MEDIA_HEAR | MEDIA_SPEAK | MEDIA_CLAMP;

	media_room_join(c->room, m->port, flags);
}

static void conference_effect(struct conference *c, struct clip *clip)
{
	struct media_play play = { .count = 1, .times = 1 };

	if (clip == NULL)
		return;
	play.item[0].clip = clip;
	media_room_play(c->room, MEDIA_ROOM_EFFECT, &play);
}

static enum conference_music conference_wanted_music(const struct conference *c)
{
	unsigned parties = conference_parties(c);

	if (parties == 0 || c->sounds.music_count == 0)
		return MUSIC_NONE;
	if (!c->inviting)
		return c->background > 0 ? MUSIC_BACKGROUND : MUSIC_NONE;
	if (parties == 1)
		return MUSIC_ALONE;
	return c->sounds.music_under_talk ? MUSIC_UNDER : MUSIC_NONE;
}

static void conference_update_music(struct conference *c)
{
	enum conference_music want = conference_wanted_music(c);
	struct media_play play = { .count = 1, .times = 0 };
	struct clip *track;

	if (want == c->music && (want != MUSIC_BACKGROUND || c->track == c->background - 1))
		return;
	if (want == MUSIC_NONE) {
		media_room_stop(c->room, MEDIA_ROOM_MUSIC);
		c->music = want;
		return;
	}
	if (want == MUSIC_BACKGROUND && (c->music == MUSIC_NONE || c->track != c->background - 1)) {
		c->track = c->background - 1;
		c->music_began_us = clock_mono_us();
	} else if (c->music == MUSIC_NONE) {
		c->track = random_below(c->sounds.music_count);
		c->music_began_us = clock_mono_us();
	}
	track = c->sounds.music[c->track];
	play.item[0].clip = track;
	play.gain_db10 = want == MUSIC_ALONE ? 0 : c->sounds.music_under_db10;
	play.start_sample = (uint64_t)(clock_mono_us() - c->music_began_us) * MEDIA_RATE / 1000000 % track->samples;
	media_room_play(c->room, MEDIA_ROOM_MUSIC, &play);
	c->music = want;
}

int conference_join(struct conference *c, struct media_port *p, bool host)
{
	struct conference_member *m;

	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	if (conference_find(c, p))
		return -EEXIST;
	if (c->count == c->max)
		return -ENOSPC;
	m = &c->member[c->count++];
	memset(m, 0, sizeof(*m));
	m->port = p;
	m->host = host;
	conference_apply(c, m);
	if (host)
		c->inviting = false;
	else if (c->count > 2)
		conference_effect(c, c->sounds.join_tone); /* two need no tone to know that they are two */
	conference_update_music(c);
	return 0;
}

void conference_leave(struct conference *c, struct media_port *p)
{
	struct conference_member *m;
	bool host;

	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	m = conference_find(c, p);
	if (m == NULL)
		return;
	host = m->host;
	media_room_leave(p);
	*m = c->member[--c->count];
	if (!host && c->count > 0)
		conference_effect(c, c->sounds.leave_tone);
	conference_update_music(c);
}

void conference_set_held(struct conference *c, struct media_port *p, bool held)
{
	struct conference_member *m = conference_find(c, p);

	if (m == NULL || m->held == held)
		return;
	m->held = held;
	conference_apply(c, m);
}

void conference_set_muted(struct conference *c, struct media_port *p, bool muted)
{
	struct conference_member *m = conference_find(c, p);

	if (m == NULL || m->muted == muted)
		return;
	m->muted = muted;
	conference_apply(c, m);
}

unsigned conference_parties(const struct conference *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->count; i++)
		n += !c->member[i].host;
	return n;
}

bool conference_has_host(const struct conference *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->member[i].host)
			return true;
	return false;
}

int conference_next_background(struct conference *c)
{
	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	c->background = c->background < c->sounds.music_count ? c->background + 1 : 0;
	conference_update_music(c);
	return (int)c->background;
}

int conference_set_background(struct conference *c, unsigned track)
{
	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	if (track > c->sounds.music_count)
		return -EINVAL;
	c->background = track;
	conference_update_music(c);
	return 0;
}

unsigned conference_background(const struct conference *c)
{
	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	return c->background;
}

unsigned conference_tracks(const struct conference *c)
{
	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	return c->sounds.music_count;
}

void conference_host_invites(struct conference *c, bool inviting)
{
	MAGIC_CHECK(c, CONFERENCE_MAGIC);
	c->inviting = inviting;
	conference_update_music(c);
}
