/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The span: alarms from the line and layer 2 from libpri move it through the table below (rule 9); its events go to the owner by
 * a queue.
 */
#include "e1/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

#define LOG_MODULE "e1"

/* Q.850: the interface does not work (physical or data link failure); 38 blames the network behind it */
#define CAUSE_OUT_OF_ORDER 27

/* Longer than T200: whoever has a SABME out that crossed ours sends it again by then, and calls begun before would die with
 * it. */
#define SETTLE_US CLOCK_MS(1200)

enum span_event { EV_ALARM, EV_CLEAN, EV_LINK_UP, EV_LINK_DOWN, EV_TIMER, SPAN_EVENTS };

#define SAME      E1_SPAN_STATES
#define AFTER_ALARM (E1_SPAN_STATES + 1) /* RESTORING if it has been in service, else as WITH_LINK */
#define WITH_LINK   (E1_SPAN_STATES + 2) /* SETTLING if layer 2 is up, else LINK_DOWN */

static const unsigned char span_table[E1_SPAN_STATES][SPAN_EVENTS] = {
	/*                         alarm                clean        link up            link down           timer */
	[E1_SPAN_NO_SIGNAL] =    { SAME,                AFTER_ALARM, SAME,              SAME,               SAME },
	[E1_SPAN_RESTORING] =    { E1_SPAN_NO_SIGNAL,   SAME,        SAME,              SAME,               WITH_LINK },
	[E1_SPAN_LINK_DOWN] =    { E1_SPAN_NO_SIGNAL,   SAME,        E1_SPAN_SETTLING,  SAME,               SAME },
	[E1_SPAN_SETTLING] =     { E1_SPAN_NO_SIGNAL,   SAME,        E1_SPAN_SETTLING,  E1_SPAN_LINK_DOWN,  E1_SPAN_IN_SERVICE },
	[E1_SPAN_IN_SERVICE] =   { E1_SPAN_NO_SIGNAL,   SAME,        SAME,              E1_SPAN_LINK_DOWN,  SAME },
};

static void span_tell(struct e1_span *s, enum e1_event_type type, const char *text)
{
	struct e1_note *n = e1_span_note(s, type, NULL);

	if (n == NULL)
		return;
	(void)snprintf(n->text, sizeof(n->text), "%s", text);
	n->ev.text = n->text;
	n->ev.at_us = type == E1_SPAN_DOWN && s->state == E1_SPAN_NO_SIGNAL ? s->lost_us : clock_mono_us();
	e1_span_queue(s, n);
}

static void span_enter(struct e1_span *s, enum e1_span_state state)
{
	bool was_up = s->state == E1_SPAN_IN_SERVICE;

	s->state = state;
	s->since_us = clock_mono_us();
	/* In a short outage calls live on, and must be able to end. When there are none the D channel stays shut until the time
	 * is over, so that both ends come back to service together. */
	s->gated = state == E1_SPAN_NO_SIGNAL || (state == E1_SPAN_RESTORING && list_empty(&s->calls));
	loop_timer_stop(&s->state_timer);
	if (state == E1_SPAN_RESTORING)
		loop_timer_start(&s->state_timer, CLOCK_MS(s->config.restore_ms));
	else if (state == E1_SPAN_SETTLING)
		loop_timer_start(&s->state_timer, SETTLE_US);
	if (state == E1_SPAN_IN_SERVICE) {
		/* What calls the exchange still has with us are those of a program that died. Layer 2 alone leaves them as they
		 * are (Q.931 5.8.8), and a SETUP of ours on a reference of theirs would be passed over (5.8.3.2 e). */
		if (!s->was_up && s->config.role == E1_CPE)
			e1_span_restart_channels(s);
		s->was_up = true;
		span_tell(s, E1_SPAN_UP, "");
	} else if (was_up) {
		e1_channel_stop(s);
		span_tell(s, E1_SPAN_DOWN, s->los ? "loss of signal" : s->rai ? "remote alarm" : "layer 2 down");
	}
}

static void span_event(struct e1_span *s, enum span_event ev)
{
	unsigned next = span_table[s->state][ev];

	if (next == AFTER_ALARM)
		next = s->was_up && s->config.restore_ms ? E1_SPAN_RESTORING : WITH_LINK;
	if (next == WITH_LINK)
		next = s->layer2 ? E1_SPAN_SETTLING : E1_SPAN_LINK_DOWN;
	if (next != SAME)
		span_enter(s, next);
}

static void span_timer(struct loop_timer *t)
{
	span_event(container_of(t, struct e1_span, state_timer), EV_TIMER);
}

/* The alarm has stood for los_clear_ms: the calls are gone, since its beginning. */
static void span_clear(struct loop_timer *t)
{
	struct e1_span *s = container_of(t, struct e1_span, clear_timer);
	struct list *pos, *next;

	list_for_each(pos, next, &s->calls)
		e1_call_lost(list_entry(pos, struct e1_call, link), CAUSE_OUT_OF_ORDER, false, s->lost_us);
}

static void span_alarm(struct e1_span *s, const struct e1_line_msg *msg)
{
	bool was = s->los || s->rai, is = msg->los || msg->rai;

	if (msg->los != s->los || msg->rai != s->rai)
		LOGX(is && s->was_up ? LOG_WARN : LOG_INFO, NULL, "%s: %s", s->config.name,
		     msg->los ? "loss of signal" : msg->rai ? "remote alarm" : "signal is clean");
	s->los = msg->los;
	s->rai = msg->rai;
	if (is && !was) {
		s->lost_us = msg->at_us;
		loop_timer_start_at(&s->clear_timer, msg->at_us + CLOCK_MS(s->config.los_clear_ms));
		span_event(s, EV_ALARM);
	} else if (!is && was) {
		loop_timer_stop(&s->clear_timer);
		span_event(s, EV_CLEAN);
	}
}

void e1_span_layer2(struct e1_span *s, bool up)
{
	if (!up && s->layer2) {
		e1_span_count(s, E1C_LAYER2_DOWN);
		/* The last frame that came: with nothing to say the link is asked every 10 s (T203). */
		s->link_lost_us = s->state == E1_SPAN_NO_SIGNAL || s->state == E1_SPAN_RESTORING ? s->lost_us : s->frame_us;
	}
	if (up != s->layer2)
		log_info("%s: layer 2 %s", s->config.name, up ? "up" : "down");
	s->layer2 = up;
	span_event(s, up ? EV_LINK_UP : EV_LINK_DOWN);
}

bool e1_span_takes_calls(const struct e1_span *s)
{
	return s->state == E1_SPAN_IN_SERVICE || s->state == E1_SPAN_SETTLING;
}

/* ---- frames ---- */

void e1_span_send_frame(struct e1_span *s, const uint8_t *frame, unsigned len)
{
	e1_mutate_h *mutate = s->mutate_frame;
	uint8_t buf[E1_HDLC_FRAME_MAX];

	if (s->gated) {
		e1_span_count(s, E1C_D_GATED);
		return;
	}
	if (len > sizeof(buf) - 2) {
		e1_span_count(s, E1C_D_LONG);
		return;
	}
	memcpy(buf, frame, len);
	if (mutate)
		mutate(buf, &len, sizeof(buf) - 2, s->mutate_arg);
	if (s->trace && len)
		e1_trace_frame(s->trace, buf, len, true, s->config.role == E1_NETWORK);
	if (len == 0 || len > sizeof(buf) - 2)
		return;
	if (!e1_line_send(s->line, buf, len))
		e1_span_count(s, E1C_D_RING_FULL);
}

static void span_frame(struct e1_span *s, const struct e1_line_msg *msg)
{
	if (s->gated) {
		e1_span_count(s, E1C_D_GATED);
		return;
	}
	s->frame_us = msg->at_us;
	if (s->trace)
		e1_trace_frame(s->trace, msg->frame, msg->len - 2u, false, s->config.role == E1_NETWORK);
	e1_q931_receive(s->q931, msg);
}

static void span_woken(void *arg)
{
	struct e1_span *s = arg;
	struct e1_line_msg msg;

	while (e1_line_next(s->line, &msg)) {
		if (msg.kind == E1_LINE_ALARM)
			span_alarm(s, &msg);
		else
			span_frame(s, &msg);
	}
	if (s->line->ops->attend)
		s->line->ops->attend(s->line);
}

/* ---- events to the owner ---- */

struct e1_note *e1_span_note(struct e1_span *s, enum e1_event_type type, struct e1_call *c)
{
	struct e1_note *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		log_error("%s: no memory for an event", s->config.name);
		return NULL;
	}
	n->ev = (struct e1_event){ .type = type, .call = c, .location = -1 };
	return n;
}

void e1_span_queue(struct e1_span *s, struct e1_note *n)
{
	list_append(&s->notes, &n->link);
	loop_queue(s->loop, &s->notes_task);
}

static void span_deliver_gone(struct e1_span *s, struct e1_call *c)
{
	struct e1_channel *ch = &s->channel[c->timeslot];

	if (c->timeslot) {
		ch->closing--;
		if (media_port_is_open(ch->port))
			media_port_close(ch->port);
	}
	s->h(s, &c->gone.ev, s->arg);
	e1_call_free(c);
}

static void span_deliver(struct loop_task *t)
{
	struct e1_span *s = container_of(t, struct e1_span, notes_task);

	while (!list_empty(&s->notes)) {
		struct e1_note *n = list_entry(s->notes.next, struct e1_note, link);

		list_remove(&n->link);
		if (n->ev.type == E1_GONE) {
			span_deliver_gone(s, n->ev.call);
			continue;
		}
		s->h(s, &n->ev, s->arg);
		if (!n->embedded)
			free(n);
	}
}

/* ---- life ---- */

void e1_span_config_default(struct e1_span_config *c)
{
	memset(c, 0, sizeof(*c));
	c->frames_per_packet = 8;
	c->los_alarm_ms = 100;
	c->los_clear_ms = 2500;
	c->restore_ms = 10000;
	c->reopen_ms = 3000;
	c->echo = E1_ECHO_OFF;
}

static int span_ports(struct e1_span *s)
{
	struct media_port *port[E1_TIMESLOTS + 1] = { NULL };
	char name[32];
	int err = 0;

	for (unsigned ts = 1; ts <= E1_TIMESLOTS && !err; ts++) {
		if (ts == 16)
			continue;
		(void)snprintf(name, sizeof(name), "e1/%s:%u", s->config.name, ts);
		err = media_port_alloc(&s->channel[ts].port, s->media, name);
		s->channel[ts].in_service = true;
		s->channel[ts].since_us = s->since_us;
		port[ts] = s->channel[ts].port;
	}
	if (!err)
		e1_line_start(s->line, s->media, port);
	return err;
}

int e1_span_alloc(struct e1_span **sp, struct loop *l, struct media *m, struct counter_registry *counters,
                  const struct e1_span_config *c, e1_event_h *h, void *arg)
{
	struct e1_span *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	s->magic = E1_SPAN_MAGIC;
	s->config = *c;
	s->loop = l;
	s->media = m;
	s->h = h;
	s->arg = arg;
	s->los = true;
	s->gated = true;
	s->since_us = s->lost_us = s->frame_us = s->link_lost_us = clock_mono_us();
	s->notes_task.run = span_deliver;
	list_init(&s->calls);
	list_init(&s->notes);
	loop_timer_init(l, &s->state_timer, span_timer);
	loop_timer_init(l, &s->clear_timer, span_clear);
	e1_channel_init(s);
	err = e1_line_alloc(&s->line, l, c, span_woken, s);
	if (!err)
		err = e1_q931_alloc(&s->q931, s);
	if (!err) {
		(void)snprintf(s->group.name, sizeof(s->group.name), "span.%s", c->name);
		s->group.desc = e1_counter_desc;
		s->group.values = s->line->counters;
		s->group.count = E1C_COUNT;
		s->registry = counters;
		if (counters)
			counter_register(counters, &s->group);
		err = span_ports(s);
	}
	if (err)
		e1_span_free(s);
	else
		*sp = s;
	return err;
}

void e1_span_free(struct e1_span *s)
{
	struct list *pos, *next;
	bool started;

	if (s == NULL)
		return;
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	started = s->line && s->line->slot[1];
	list_for_each(pos, next, &s->notes) {
		struct e1_note *n = list_entry(pos, struct e1_note, link);

		list_remove(pos);
		if (!n->embedded)
			free(n);
	}
	list_for_each(pos, next, &s->calls)
		e1_call_free(list_entry(pos, struct e1_call, link));
	loop_unqueue(s->loop, &s->notes_task);
	e1_channel_stop(s);
	loop_timer_stop(&s->state_timer);
	loop_timer_stop(&s->clear_timer);
	e1_q931_free(s->q931);
	if (s->group.values && s->registry)
		counter_unregister(s->registry, &s->group);
	if (s->line)
		e1_line_free(s->line, started ? s->media : NULL);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		if (s->channel[ts].port)
			media_port_free(s->channel[ts].port);
	e1_trace_close(s->trace);
	s->magic = MAGIC_DEAD;
	free(s);
}

void e1_pair_join(struct e1_span *a, struct e1_span *b)
{
	MAGIC_CHECK(a, E1_SPAN_MAGIC);
	MAGIC_CHECK(b, E1_SPAN_MAGIC);
	assert(a->config.transport == E1_PAIR && b->config.transport == E1_PAIR);
	assert(a->config.frames_per_packet == b->config.frames_per_packet);
	e1_pair_connect(a->line, b->line);
}

/* ---- asking and setting ---- */

void e1_span_count(struct e1_span *s, enum e1_counter c)
{
	e1_line_count(s->line, c, 1);
}

bool e1_span_up(const struct e1_span *s)
{
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	return s->state == E1_SPAN_IN_SERVICE;
}

const char *e1_span_name(const struct e1_span *s)
{
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	return s->config.name;
}

void e1_span_info(const struct e1_span *s, struct e1_span_info *i)
{
	struct list *pos, *next;

	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	*i = (struct e1_span_info){
		.up = e1_span_up(s), .los = s->los, .rai = s->rai, .layer2 = s->layer2, .since_us = s->since_us
	};
	if (s->los || s->rai)
		i->alarm_since_us = s->lost_us;
	s->line->ops->describe(s->line, i->transport, sizeof(i->transport));
	list_for_each(pos, next, &s->calls)
		i->calls++;
	i->free_channels = e1_span_free_channels(s);
	i->out_of_service = 0;
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		i->out_of_service += s->channel[ts].port && !s->channel[ts].in_service;
}

void e1_span_card(const struct e1_span *s, struct e1_card *c)
{
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	memset(c, 0, sizeof(*c));
	if (s->line->ops->card)
		s->line->ops->card(s->line, c);
}

int e1_span_loop(struct e1_span *s, enum e1_loop loop)
{
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	if (s->line->ops->loop == NULL)
		return -ENOTSUP;
	if (loop != E1_LOOP_OFF && !list_empty(&s->calls))
		return -EBUSY;
	return s->line->ops->loop(s->line, loop);
}

int e1_span_trace(struct e1_span *s, const char *path)
{
	struct e1_trace *t = NULL;
	int err = path ? e1_trace_open(&t, path) : 0;

	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	if (err)
		return err;
	e1_trace_close(s->trace);
	s->trace = t;
	return 0;
}

void e1_span_impair(struct e1_span *s, const struct e1_impairment *i)
{
	struct e1_line *l = s->line;

	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	atomic_store(&l->cut_tx, i->cut_tx);
	atomic_store(&l->cut_rx, i->cut_rx);
	atomic_store(&l->loss_permille, i->loss_permille);
	atomic_store(&l->reorder, i->reorder);
	atomic_store(&l->jitter_ms, i->jitter_ms);
}

void e1_span_mutate(struct e1_span *s, e1_mutate_h *frame, e1_mutate_h *packet, void *arg)
{
	MAGIC_CHECK(s, E1_SPAN_MAGIC);
	s->mutate_frame = frame;
	s->mutate_arg = arg;
	atomic_store(&s->line->mutate, NULL);
	atomic_store(&s->line->mutate_arg, arg);
	atomic_store(&s->line->mutate, packet);
}
