/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports. In a tick:
 *
 *   trunk -> key --------+-> digits
 *   trunk -> rx -> gate -+-> receiver -+
 *                        +-> clamp <---+
 *                        +-> or clamp -> (+ player to inside) -> inside -> room, tap
 *   tap, trunk <- tx <- gate <- gain <- (player to line + room's sum - inside)
 */
#include "media/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

/* ---- control ---- */

static void failed_plays(struct loop_task *t)
{
	struct media_port *p = container_of(t, struct media_port, failed_task);
	uint32_t id[PORT_FAILED_MAX], gen = p->gen;
	unsigned count = p->failed_count;

	memcpy(id, p->failed, sizeof(id));
	p->failed_count = 0;
	for (unsigned i = 0; i < count; i++)
		port_deliver(p, gen,
		             &(struct media_event){ .type = MEDIA_PLAYED, .play = id[i], .cut = true, .at_us = clock_mono_us() });
}

int media_port_alloc(struct media_port **pp, struct media *m, const char *name)
{
	struct media_port *p;
	int err;

	MAGIC_CHECK(m, MEDIA_MAGIC);
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	err = keys_provide(m, m->ports + 1);
	if (err) {
		free(p);
		return err;
	}
	p->magic = MEDIA_PORT_MAGIC;
	p->media = m;
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	p->failed_task.run = failed_plays;
	p->slot.rx.rate = p->slot.tx.rate = MEDIA_RATE;
	m->ports++;
	*pp = p;
	return 0;
}

void media_port_free(struct media_port *p)
{
	if (!p)
		return;
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	assert(!p->freed);
	media_port_close(p);
	p->freed = true;
	media_command(p->media, &(struct media_cmd){ .type = CMD_PORT_FREE, .port = p });
}

void port_release(struct media_port *p)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	p->media->ports--;
	p->magic = MAGIC_DEAD;
	free(p);
}

void media_port_open(struct media_port *p, media_event_h *h, void *arg)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	assert(!p->freed);
	media_port_close(p);
	p->open = true;
	p->gen++;
	p->h = h;
	p->arg = arg;
	media_command(p->media, &(struct media_cmd){ .type = CMD_PORT_OPEN, .port = p, .value = p->gen });
}

void media_port_close(struct media_port *p)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	if (!p->open)
		return;
	p->open = false;
	p->gen++;
	p->h = NULL;
	p->failed_count = 0;
	loop_unqueue(p->media->loop, &p->failed_task);
	media_command(p->media, &(struct media_cmd){ .type = CMD_PORT_CLOSE, .port = p });
}

bool media_port_is_open(const struct media_port *p)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	return p->open;
}

struct media_slot *media_port_slot(struct media_port *p)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	return &p->slot;
}

#define GATE_FROM 1u
#define GATE_TO   2u

void media_port_gate(struct media_port *p, bool from_line, bool to_line)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	if (p->open)
		media_command(p->media, &(struct media_cmd){ .type = CMD_GATE,
		                                             .port = p,
		                                             .value = (from_line ? GATE_FROM : 0) | (to_line ? GATE_TO : 0) });
}

int64_t media_port_heard_us(const struct media_port *p)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	return atomic_load_explicit(&p->heard_us, memory_order_relaxed);
}

void media_port_set_gain(struct media_port *p, int gain_db10_to_line)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	if (gain_db10_to_line < -200)
		gain_db10_to_line = -200;
	if (p->open)
		media_command(p->media, &(struct media_cmd){ .type = CMD_GAIN, .port = p, .gain = mix_gain(gain_db10_to_line) });
}

uint32_t media_play(struct media_port *p, const struct media_play *play)
{
	struct play_list *l;
	struct media *m;
	uint32_t id;

	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	m = p->media;
	id = ++m->next_play ? m->next_play : ++m->next_play;
	if (!p->open)
		return id; /* closed first: no event */
	l = play_list_make(play);
	if (!l) { /* the promise of one MEDIA_PLAYED is kept */
		if (p->failed_count < PORT_FAILED_MAX)
			p->failed[p->failed_count++] = id;
		loop_queue(m->loop, &p->failed_task);
		return id;
	}
	l->port = p;
	l->gen = p->gen;
	l->id = id;
	media_command(m, &(struct media_cmd){ .type = CMD_PLAY, .port = p, .value = play->direction, .list = l });
	return id;
}

void media_play_stop(struct media_port *p, enum media_direction d)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	if (p->open)
		media_command(p->media, &(struct media_cmd){ .type = CMD_PLAY_STOP, .port = p, .value = d });
}

void media_record(struct media_port *p, enum media_tap tap, struct recorder *r)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	if (!p->open)
		return;
	if (r)
		r->attached++;
	media_command(p->media, &(struct media_cmd){ .type = CMD_RECORD, .port = p, .value = tap, .recorder = r });
}

/* The last check: events made before a close, seen after it, vanish. */
void port_deliver(struct media_port *p, uint32_t gen, const struct media_event *ev)
{
	MAGIC_CHECK(p, MEDIA_PORT_MAGIC);
	if (p->open && p->gen == gen && p->h)
		p->h(p, ev, p->arg);
}

/* ---- media thread ---- */

static void port_tap(struct media *m, struct media_port *p, enum media_tap tap, struct recorder *r)
{
	if (p->tap[tap])
		recorder_let_go(m, p->tap[tap]);
	p->tap[tap] = r;
}

static void port_start(struct media *m, struct media_port *p, uint32_t gen)
{
	p->tick_gen = gen;
	p->from_line = p->to_line = true;
	atomic_store_explicit(&p->heard_us, 0, memory_order_relaxed);
	p->gain = MIX_UNITY;
	keys_take(m, p);
	digits_init(p);
	clamp_init(&p->clamp);
	p->slot.open = true;
	list_append(&m->open_ports, &p->link);
}

static void port_stop(struct media *m, struct media_port *p)
{
	room_leave(p);
	player_stop(m, &p->player[MEDIA_TO_LINE], false);
	player_stop(m, &p->player[MEDIA_TO_INSIDE], false);
	port_tap(m, p, MEDIA_TAP_INSIDE, NULL);
	port_tap(m, p, MEDIA_TAP_LINE, NULL);
	keys_leave(p);
	list_remove(&p->link);
	p->slot.open = false;
	memset(p->slot.tx.s, 0, sizeof(p->slot.tx.s));
}

void port_command(struct media *m, const struct media_cmd *c)
{
	struct media_port *p = c->port;

	switch (c->type) {
	case CMD_PORT_OPEN:
		port_start(m, p, c->value);
		break;
	case CMD_PORT_CLOSE:
		port_stop(m, p);
		break;
	case CMD_PORT_FREE:
		media_give_back(m, &p->ret, NOTE_PORT);
		break;
	case CMD_GATE:
		p->from_line = c->value & GATE_FROM;
		p->to_line = c->value & GATE_TO;
		break;
	case CMD_GAIN:
		p->gain = c->gain;
		break;
	case CMD_PLAY:
		player_play(m, &p->player[c->value], c->list);
		break;
	case CMD_PLAY_STOP:
		player_stop(m, &p->player[c->value], false);
		break;
	case CMD_RECORD:
		port_tap(m, p, c->value, c->recorder);
		break;
	default:
		break;
	}
}

static void port_record(struct media *m, struct media_port *p, enum media_tap tap, const int16_t *s)
{
	if (p->tap[tap] && !recorder_push(p->tap[tap], m->tick_us, s))
		media_count(m, MC_RECORDER_DROPPED, 1);
}

static const int16_t silence[MEDIA_FRAME];

/* No trunk has another rate than MEDIA_RATE yet; conversion belongs here, at the edge. */
static bool port_lost(const struct media_port *p)
{
	return p->slot.rx_lost || p->slot.rx.rate != MEDIA_RATE;
}

static const int16_t *port_line(const struct media_port *p)
{
	return p->from_line && p->slot.rx.rate == MEDIA_RATE && !p->slot.rx_key_down ? p->slot.rx.s : silence;
}

/* A receiver behind a closed gate hears silence: so a key held while the gate closes ends. So it is while a key is told of. */
void port_hear(struct media *m, struct media_port *p)
{
	if (p->slot.rx.rate != MEDIA_RATE)
		media_count(m, MC_BAD_FRAMES, 1);
	if (port_lost(p))
		media_count(m, MC_LOST_FRAMES, 1);
	dtmf_bank_hear(p->keys->bank, p->lane, port_lost(p) && p->from_line ? NULL : port_line(p), MEDIA_FRAME);
}

/* A sine at MEDIA_HEARD_DBM0 has amplitude 32768 * 10^((-40 - 3.14) / 20) = 228, so 80 samples of it have 80 * 228^2 / 2. */
#define PORT_HEARD_POWER (MEDIA_FRAME * 228 * 228 / 2)

static bool port_loud(const int16_t line[MEDIA_FRAME])
{
	int64_t power = 0;

	for (unsigned i = 0; i < MEDIA_FRAME; i++)
		power += line[i] * line[i];
	return power >= PORT_HEARD_POWER;
}

void port_receive(struct media *m, struct media_port *p)
{
	const struct dtmf_result *found = &p->keys->found[p->lane];
	const int16_t *line = port_line(p);
	int16_t clamped[MEDIA_FRAME];

	if (port_loud(line))
		atomic_store_explicit(&p->heard_us, m->tick_us, memory_order_relaxed);
	digits_find(m, p, found);
	if (!p->from_line)
		clamp_silence(&p->clamp); /* not 30 ms later */
	clamp_process(&p->clamp, line, MEDIA_FRAME, found->early, clamped);
	if (p->room_flags & MEDIA_CLAMP)
		line = clamped;
	mix_clear(p->inside, MEDIA_FRAME);
	mix_add(p->inside, line, MEDIA_FRAME);
	player_mix(m, &p->player[MEDIA_TO_INSIDE], p->inside);
	if (p->tap[MEDIA_TAP_INSIDE]) {
		int16_t s[MEDIA_FRAME];

		mix_out(s, p->inside, MEDIA_FRAME);
		port_record(m, p, MEDIA_TAP_INSIDE, s);
	}
}

void port_send(struct media *m, struct media_port *p)
{
	int32_t sum[MEDIA_FRAME];

	mix_clear(sum, MEDIA_FRAME);
	player_mix(m, &p->player[MEDIA_TO_LINE], sum); /* time goes on for it behind a closed gate too */
	room_listen(p, sum);
	if (!p->to_line)
		mix_clear(sum, MEDIA_FRAME);
	mix_out_gain(p->slot.tx.s, sum, MEDIA_FRAME, p->gain);
	p->slot.tx.rate = MEDIA_RATE;
	port_record(m, p, MEDIA_TAP_LINE, p->slot.tx.s);
}
