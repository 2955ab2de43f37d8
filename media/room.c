/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rooms: sets of ports on the tick. Each tick a room sums once what its speakers say and its sources play; each listener takes
 * that sum less itself. So N parties cost N additions and N subtractions.
 */
#include "media/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "core/log.h"

#define LOG_MODULE "media"

/* ---- control ---- */

int media_room_alloc(struct media_room **rp, struct media *m)
{
	struct media_room *r;

	MAGIC_CHECK(m, MEDIA_MAGIC);
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->magic = MEDIA_ROOM_MAGIC;
	r->media = m;
	list_init(&r->members);
	m->rooms++;
	media_command(m, &(struct media_cmd){ .type = CMD_ROOM_ADD, .room = r });
	*rp = r;
	return 0;
}

void media_room_free(struct media_room *r)
{
	if (!r)
		return;
	MAGIC_CHECK(r, MEDIA_ROOM_MAGIC);
	assert(!r->freed);
	r->freed = true;
	media_command(r->media, &(struct media_cmd){ .type = CMD_ROOM_FREE, .room = r });
}

void room_release(struct media_room *r)
{
	MAGIC_CHECK(r, MEDIA_ROOM_MAGIC);
	r->media->rooms--;
	r->magic = MAGIC_DEAD;
	free(r);
}

void media_room_join(struct media_room *r, struct media_port *p, unsigned flags)
{
	MAGIC_CHECK(r, MEDIA_ROOM_MAGIC);
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	assert(!r->freed && r->media == p->media);
	if (p->open)
		media_command(p->media, &(struct media_cmd){ .type = CMD_ROOM_JOIN, .room = r, .port = p, .value = flags });
}

void media_room_leave(struct media_port *p)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	if (p->open)
		media_command(p->media, &(struct media_cmd){ .type = CMD_ROOM_LEAVE, .port = p });
}

void media_room_play(struct media_room *r, enum media_room_source s, const struct media_play *play)
{
	struct play_list *l;

	MAGIC_CHECK(r, MEDIA_ROOM_MAGIC);
	assert(!r->freed);
	l = play_list_make(play);
	if (!l) {
		log_error("no memory to play in a room");
		return;
	}
	media_command(r->media, &(struct media_cmd){ .type = CMD_ROOM_PLAY, .room = r, .value = s, .list = l });
}

void media_room_stop(struct media_room *r, enum media_room_source s)
{
	MAGIC_CHECK(r, MEDIA_ROOM_MAGIC);
	media_command(r->media, &(struct media_cmd){ .type = CMD_ROOM_STOP, .room = r, .value = s });
}

/* ---- media thread ---- */

void room_leave(struct media_port *p)
{
	list_remove(&p->room_link);
	p->room = NULL;
	p->room_flags = 0;
}

static void room_join(struct media_room *r, struct media_port *p, unsigned flags)
{
	if (p->room != r) {
		room_leave(p);
		p->room = r;
		list_append(&r->members, &p->room_link);
	}
	if (!(p->room_flags & MEDIA_SPEAK))
		clamp_silence(&p->clamp); /* what was said before stays outside */
	p->room_flags = flags;
}

static void room_end(struct media *m, struct media_room *r)
{
	struct list *pos, *next;

	list_for_each(pos, next, &r->members)
		room_leave(list_entry(pos, struct media_port, room_link));
	player_stop(m, &r->source[MEDIA_ROOM_MUSIC], false);
	player_stop(m, &r->source[MEDIA_ROOM_EFFECT], false);
	list_remove(&r->link);
	media_give_back(m, &r->ret, NOTE_ROOM);
}

void room_command(struct media *m, const struct media_cmd *c)
{
	switch (c->type) {
	case CMD_ROOM_ADD:
		list_append(&m->all_rooms, &c->room->link);
		break;
	case CMD_ROOM_FREE:
		room_end(m, c->room);
		break;
	case CMD_ROOM_JOIN:
		room_join(c->room, c->port, c->value);
		break;
	case CMD_ROOM_LEAVE:
		room_leave(c->port);
		break;
	case CMD_ROOM_PLAY:
		player_play(m, &c->room->source[c->value], c->list);
		break;
	case CMD_ROOM_STOP:
		player_stop(m, &c->room->source[c->value], false);
		break;
	default:
		break;
	}
}

void room_mix(struct media *m, struct media_room *r)
{
	struct list *pos, *next;

	mix_clear(r->sum, MEDIA_FRAME);
	list_for_each(pos, next, &r->members) {
		const struct media_port *p = list_entry(pos, struct media_port, room_link);

		if (p->room_flags & MEDIA_SPEAK)
			mix_add_sum(r->sum, p->inside, MEDIA_FRAME);
	}
	player_mix(m, &r->source[MEDIA_ROOM_MUSIC], r->sum);
	player_mix(m, &r->source[MEDIA_ROOM_EFFECT], r->sum);
}

void room_listen(const struct media_port *p, int32_t sum[MEDIA_FRAME])
{
	if (!p->room || !(p->room_flags & MEDIA_HEAR))
		return;
	mix_add_sum(sum, p->room->sum, MEDIA_FRAME);
	if (p->room_flags & MEDIA_SPEAK)
		mix_sub_sum(sum, p->inside, MEDIA_FRAME);
}
