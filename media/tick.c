/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tick: runs on the media thread, or on control under a virtual clock. No malloc, no lock, no log, no file.
 */
#include "media/engine.h"

#include <string.h>

#include "core/clock.h"

static void commands(struct media *m);
static void phase_read(struct media *m);
static void phase_mix(struct media *m);
static void phase_write(struct media *m);

static void tick(struct media *m)
{
	int64_t begin_us = clock_mono_us(), us;

	commands(m);
	phase_read(m);
	phase_mix(m);
	phase_write(m);

	us = clock_mono_us() - begin_us;
	media_count(m, MC_TICKS, 1);
	if (us > (int64_t)counter_get(&m->counters[MC_MAX_TICK_US]))
		atomic_store_explicit(&m->counters[MC_MAX_TICK_US], (uint64_t)us, memory_order_relaxed);
}

static void phase_read(struct media *m)
{
	struct list *pos, *next;

	list_for_each(pos, next, &m->open_ports) { /* nothing came, unless a trunk says otherwise */
		struct media_slot *s = &list_entry(pos, struct media_port, link)->slot;

		s->rx.rate = MEDIA_RATE;
		s->rx_lost = false;
		memset(s->rx.s, 0, sizeof(s->rx.s));
	}
	for (struct media_trunk *t = m->first_trunk; t; t = t->next)
		t->ops->read(t, m->tick_us);
	list_for_each(pos, next, &m->open_ports)
		port_hear(m, list_entry(pos, struct media_port, link));
	keys_find(m);
	list_for_each(pos, next, &m->open_ports)
		port_receive(m, list_entry(pos, struct media_port, link));
}

static void phase_mix(struct media *m)
{
	struct list *pos, *next;

	list_for_each(pos, next, &m->all_rooms)
		room_mix(m, list_entry(pos, struct media_room, link));
}

static void phase_write(struct media *m)
{
	struct list *pos, *next;

	list_for_each(pos, next, &m->open_ports)
		port_send(m, list_entry(pos, struct media_port, link));
	for (struct media_trunk *t = m->first_trunk; t; t = t->next)
		t->ops->write(t, m->tick_us);
}

/* ---- when ---- */

/* More than MEDIA_CATCH_UP_US behind: what is beyond is gone for good. */
static void skip(struct media *m, int64_t now_us)
{
	int64_t over_us = now_us - m->next_us - MEDIA_CATCH_UP_US;

	if (over_us > 0) {
		int64_t ticks = (over_us + MEDIA_TICK_US - 1) / MEDIA_TICK_US;

		m->next_us += ticks * MEDIA_TICK_US;
		media_count(m, MC_SKIPPED, (uint64_t)ticks);
	}
}

int64_t media_step(struct media *m)
{
	int64_t now_us = clock_mono_us(), deadline_us;

	skip(m, now_us);
	if (now_us >= m->next_us) {
		if (now_us - m->next_us > MEDIA_LATE_US)
			media_count(m, MC_LATE, 1);
		m->tick_us = m->next_us;
		m->next_us += MEDIA_TICK_US;
		tick(m);
		now_us = clock_mono_us();
	}
	deadline_us = CLOCK_NEVER;
	for (struct media_trunk *t = m->first_trunk; t; t = t->next) {
		int64_t at_us = t->ops->pump ? t->ops->pump(t, now_us) : CLOCK_NEVER;

		if (at_us < deadline_us)
			deadline_us = at_us;
	}
	if (deadline_us < now_us + MEDIA_PUMP_MIN_US)
		deadline_us = now_us + MEDIA_PUMP_MIN_US;
	return deadline_us < m->next_us ? deadline_us : m->next_us;
}

/* ---- commands ---- */

static void trunk_command(struct media *m, const struct media_cmd *c)
{
	struct media_trunk **at = &m->first_trunk;

	while (*at && *at != c->trunk)
		at = &(*at)->next;
	if (c->type == CMD_TRUNK_ADD) {
		assert(!*at);
		c->trunk->next = NULL;
		*at = c->trunk;
	} else {
		assert(*at);
		*at = c->trunk->next;
		media_give_back(m, &c->trunk->ret, NOTE_TRUNK);
	}
}

static void command(struct media *m, const struct media_cmd *c)
{
	switch (c->type) {
	case CMD_PORT_OPEN:
	case CMD_PORT_CLOSE:
	case CMD_PORT_FREE:
	case CMD_GATE:
	case CMD_GAIN:
	case CMD_PLAY:
	case CMD_PLAY_STOP:
	case CMD_RECORD:
		port_command(m, c);
		break;
	case CMD_ROOM_ADD:
	case CMD_ROOM_FREE:
	case CMD_ROOM_JOIN:
	case CMD_ROOM_LEAVE:
	case CMD_ROOM_PLAY:
	case CMD_ROOM_STOP:
		room_command(m, c);
		break;
	case CMD_TRUNK_ADD:
	case CMD_TRUNK_REMOVE:
		trunk_command(m, c);
		break;
	case CMD_KEYS_ADD:
		keys_add(m, c->keys);
		break;
	}
	media_count(m, MC_COMMANDS, 1);
}

static void commands(struct media *m)
{
	struct media_cmd c;

	for (unsigned i = 0; i < MEDIA_COMMANDS && ring_pop(m->commands, &c); i++)
		command(m, &c);
}

void media_run_commands(struct media *m)
{
	m->tick_us = clock_mono_us();
	commands(m);
}

/* ---- notes ---- */

static void *returned(struct media_return *r)
{
	switch (r->type) {
	case NOTE_LIST:
		return container_of(r, struct play_list, ret);
	case NOTE_PORT:
		return container_of(r, struct media_port, ret);
	case NOTE_ROOM:
		return container_of(r, struct media_room, ret);
	case NOTE_TRUNK:
		return container_of(r, struct media_trunk, ret);
	case NOTE_RECORDER:
		return container_of(r, struct recorder, ret);
	default:
		return NULL;
	}
}

/* After a successful push the thing is control's, and may be gone. */
static bool push_return(struct media *m, struct media_return *r)
{
	struct media_note n = { .type = r->type, .at_us = m->tick_us, .what = returned(r) };
	struct recorder *rec = r->type == NOTE_RECORDER ? n.what : NULL;

	if (rec) {
		n.value = rec->giving_back;
		rec->giving_back = 0;
	}
	if (ring_push(m->notes, &n)) {
		m->noted = true;
		return true;
	}
	if (rec)
		rec->giving_back = n.value;
	return false;
}

/* All returns wait in one queue when the first has to, so that a port's last play list never comes back after the port. */
void media_give_back(struct media *m, struct media_return *r, enum media_note_type type)
{
	r->type = type;
	if (!m->returns_first && push_return(m, r))
		return;
	media_count(m, MC_RETURNS_DELAYED, 1);
	r->next = NULL;
	*m->returns_last = r;
	m->returns_last = &r->next;
}

bool media_flush_returns(struct media *m)
{
	bool noted;

	while (m->returns_first) {
		struct media_return *r = m->returns_first, *next = r->next;

		if (!push_return(m, r))
			break;
		m->returns_first = next;
		if (!next)
			m->returns_last = &m->returns_first;
	}
	noted = m->noted;
	m->noted = false;
	return noted;
}

/* A digit has no memory of its own to wait in: the ring is large enough for seconds, and what is lost is counted. */
void media_note_digit(struct media *m, struct media_port *p, const struct dtmf_event *ev)
{
	struct media_note n = {
		.type = ev->type == DTMF_RX_BEGIN ? NOTE_DIGIT_BEGIN : NOTE_DIGIT,
		.digit = ev->digit,
		.gen = p->tick_gen,
		.value = ev->duration_samples / (MEDIA_RATE / 1000),
		.at_us = m->tick_us,
		.what = p,
	};

	if (!m->returns_first && ring_push(m->notes, &n))
		m->noted = true;
	else
		media_count(m, MC_EVENTS_LOST, 1);
}
