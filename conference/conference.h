/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conference/conference.h - who may do what in a room: members, the host, music while he is away, the tones of coming and going.
 *
 * Control thread. Media mixes (media/room.c); here is who speaks and hears. Rule 17: on `*` the host leaves the room; a single
 * waiting party hears the invitation music, two or more go on talking with the music under them at -20 dB (a setting); early
 * media never enters the room.
 */
#ifndef CONFERENCE_CONFERENCE_H
#define CONFERENCE_CONFERENCE_H

#include "media/media.h"

#define CONFERENCE_MEMBERS_MAX 64

struct conference;

struct conference_sounds { /* references are the caller's and outlive the conference */
	struct clip *join_tone, *leave_tone;  /* NULL: none */
	struct clip *music[16];
	unsigned     music_count;
	bool         music_under_talk;        /* two or more hear it at music_under_db10 */
	int          music_under_db10;        /* -200: -20 dB */
};

int  conference_alloc(struct conference **cp, struct media *m, const struct conference_sounds *s, unsigned members_max);
void conference_free(struct conference *c); /* members leave */

/* -ENOSPC: members_max; -EEXIST. The host may come and go; whoever is not the host is a party. */
int  conference_join(struct conference *c, struct media_port *p, bool host);
void conference_leave(struct conference *c, struct media_port *p); /* no-op when not in */
void conference_set_held(struct conference *c, struct media_port *p, bool held);  /* rule 9: a party on hold is out of the mix */
void conference_set_muted(struct conference *c, struct media_port *p, bool muted);
unsigned conference_parties(const struct conference *c); /* without the host */
bool conference_has_host(const struct conference *c);
/* While the host is away inviting: music for the others. Over when he joins again. */
/* Music under the talk, at music_under_db10, while nobody is away inviting: the next track's number from 1, after the last one 0:
 * off. */
int  conference_next_background(struct conference *c);
/* The same by name: a track from 1, 0: off. -EINVAL: there are not so many. */
int  conference_set_background(struct conference *c, unsigned track);
unsigned conference_background(const struct conference *c);
unsigned conference_tracks(const struct conference *c);
void conference_host_invites(struct conference *c, bool inviting);

#endif
