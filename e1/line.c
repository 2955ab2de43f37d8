/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "e1/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/magic.h"
#include "dsp/echo.h"
#include "dsp/g711.h"

#define LINE_MESSAGES 256 /* 80 octets of timeslot 16 a tick hold 11 of the shortest frames: over 200 ms of control asleep */
#define LINE_OUT      64

/* ---- media thread ---- */

static void line_push(struct e1_line *l, const struct e1_line_msg *msg)
{
	if (ring_push(l->to_control, msg))
		l->wake_needed = true;
	else
		e1_line_count(l, E1C_D_RING_FULL, 1);
}

void e1_line_received(struct e1_line *l, const uint8_t *frame, unsigned len)
{
	struct e1_line_msg msg = { .kind = E1_LINE_FRAME, .at_us = clock_mono_us(), .len = (uint16_t)len };

	memcpy(msg.frame, frame, len);
	line_push(l, &msg);
}

static void line_hdlc_frame(const uint8_t *frame, unsigned len, void *arg)
{
	e1_line_received(arg, frame, len);
}

/* Alarms are told again until the ring has room: control must hear of each change. */
static void line_alarms(struct e1_line *l, int64_t now_us)
{
	struct e1_line_msg msg = { .kind = E1_LINE_ALARM, .los = l->los, .rai = l->rai, .at_us = now_us };

	if (l->told && l->los == l->told_los && l->rai == l->told_rai)
		return;
	if (l->los)
		msg.at_us = l->los_since_us;
	else if (l->rai)
		msg.at_us = l->rai_since_us;
	if (!ring_push(l->to_control, &msg))
		return;
	e1_line_count(l, E1C_LOS, l->told && l->los && !l->told_los);
	e1_line_count(l, E1C_RAI, l->told && l->rai && !l->told_rai);
	l->told = true;
	l->told_los = l->los;
	l->told_rai = l->rai;
	l->wake_needed = true;
}

static void line_wake(struct e1_line *l)
{
	if (l->wake_needed)
		l->wake_needed = !wake_knock(&l->knock); /* next tick */
}

static void line_hdlc_stats(struct e1_line *l)
{
	const struct e1_hdlc_rx_stats *s = &l->hdlc_rx.stats;

	e1_line_set(l, E1C_D_RX_FRAMES, s->frames);
	e1_line_set(l, E1C_D_BAD_FCS, s->bad_fcs);
	e1_line_set(l, E1C_D_ABORTS, s->aborts);
	e1_line_set(l, E1C_D_SHORT, s->too_short);
	e1_line_set(l, E1C_D_LONG, s->too_long);
	e1_line_set(l, E1C_D_MISALIGNED, s->misaligned);
}

static void line_read(struct media_trunk *t, int64_t tick_us)
{
	struct e1_line *l = container_of(t, struct e1_line, trunk);
	unsigned filled = l->ops->read(l, l->frames, clock_mono_us());

	(void)tick_us;
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		struct media_slot *s = l->slot[ts];

		if (s == NULL || !s->open)
			continue;
		s->rx.rate = MEDIA_RATE;
		s->rx_lost = filled > E1_FRAMES / 2;
		for (unsigned i = 0; i < E1_FRAMES; i++)
			s->rx.s[i] = g711_alaw_decode(l->frames[i][ts - 1]);
		if (l->moved >> ts & 1 && l->echo[ts])
			echo_cancel(l->echo[ts], s->rx.s);
	}
	if (l->ops->send_frame == NULL) {
		for (unsigned i = 0; i < E1_FRAMES; i++)
			e1_hdlc_rx_octet(&l->hdlc_rx, l->frames[i][15]);
		line_hdlc_stats(l);
	}
	line_alarms(l, clock_mono_us());
	line_wake(l);
}

static void line_d_channel(struct e1_line *l)
{
	struct e1_line_out out;

	for (unsigned i = 0; i < E1_FRAMES; i++) {
		if (!e1_hdlc_tx_busy(&l->hdlc_tx) && ring_pop(l->to_line, &out)) {
			(void)e1_hdlc_tx_frame(&l->hdlc_tx, out.frame, out.len);
			e1_line_count(l, E1C_D_TX_FRAMES, 1);
		}
		l->frames[i][15] = e1_hdlc_tx_octet(&l->hdlc_tx);
	}
}

static void line_d_channel_kernel(struct e1_line *l)
{
	struct e1_line_out out;

	/* What the kernel has no room for is lost; Q.921 sends it again. */
	while (ring_pop(l->to_line, &out))
		e1_line_count(l, l->ops->send_frame(l, out.frame, out.len) ? E1C_D_TX_FRAMES : E1C_TX_ERRORS, 1);
}

/* What went out, as the far end hears it. */
static void line_sent(struct e1_line *l, unsigned ts)
{
	int16_t sent[E1_FRAMES];

	for (unsigned i = 0; i < E1_FRAMES; i++)
		sent[i] = g711_alaw_decode(l->frames[i][ts - 1]);
	echo_sent(l->echo[ts], sent);
}

static void line_write(struct media_trunk *t, int64_t tick_us)
{
	struct e1_line *l = container_of(t, struct e1_line, trunk);

	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		const struct media_slot *s = l->slot[ts];

		if (s && s->open)
			for (unsigned i = 0; i < E1_FRAMES; i++)
				l->frames[i][ts - 1] = g711_alaw_encode(s->tx.s[i]);
		else
			for (unsigned i = 0; i < E1_FRAMES; i++)
				l->frames[i][ts - 1] = E1_IDLE;
		if (l->moved >> ts & 1 && l->echo[ts] && s && s->open)
			line_sent(l, ts);
	}
	if (l->ops->send_frame)
		line_d_channel_kernel(l);
	else
		line_d_channel(l);
	l->ops->write(l, l->frames, tick_us);
}

static int64_t line_pump(struct media_trunk *t, int64_t now_us)
{
	struct e1_line *l = container_of(t, struct e1_line, trunk);

	return l->ops->pump(l, now_us);
}

static const struct media_trunk_ops line_ops = { .read = line_read, .write = line_write, .pump = line_pump };

/* ---- control ---- */

static void line_on_knock(struct wake *w)
{
	struct e1_line *l = container_of(w, struct e1_line, knock);

	if (l->wake)
		l->wake(l->arg);
}

static void line_destroy(struct e1_line *l)
{
	if (l->transport)
		l->ops->close(l);
	wake_close(&l->knock);
	ring_free(l->to_control);
	ring_free(l->to_line);
	free(l->counters);
	free(l);
}

static void line_removed(struct loop_task *t)
{
	line_destroy(container_of(container_of(t, struct media_trunk, removed), struct e1_line, trunk));
}

const struct e1_transport_ops *e1_transport_find(const char *name)
{
	static const struct e1_transport_ops *const all[] = { &e1_pseudowire_ops, &e1_pair_ops, &e1_dahdi_ops };

	for (unsigned i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

static const char *transport_name(enum e1_transport_kind kind)
{
	switch (kind) {
	case E1_PSEUDOWIRE: return "pseudowire";
	case E1_DAHDI: return "dahdi";
	case E1_PAIR: return "pair";
	}
	return "";
}

int e1_line_alloc(struct e1_line **lp, struct loop *loop, const struct e1_span_config *c, void (*wake)(void *arg), void *arg)
{
	struct e1_line *l = calloc(1, sizeof(*l));
	int err;

	if (l == NULL)
		return -ENOMEM;
	l->loop = loop;
	l->wake = wake;
	l->arg = arg;
	l->trunk.ops = &line_ops;
	l->trunk.removed.run = line_removed;
	l->los_alarm_us = CLOCK_MS(c->los_alarm_ms);
	l->los = true; /* until something comes */
	l->los_since_us = clock_mono_us();
	(void)snprintf(l->name, sizeof(l->name), "%s", c->name);
	e1_hdlc_rx_init(&l->hdlc_rx, line_hdlc_frame, l);
	e1_hdlc_tx_init(&l->hdlc_tx);
	l->ops = e1_transport_find(transport_name(c->transport));
	l->counters = calloc(E1C_COUNT, sizeof(*l->counters));
	err = l->ops == NULL ? -EINVAL : l->counters == NULL ? -ENOMEM : 0;
	if (!err)
		err = ring_alloc(&l->to_control, LINE_MESSAGES, sizeof(struct e1_line_msg));
	if (!err)
		err = ring_alloc(&l->to_line, LINE_OUT, sizeof(struct e1_line_out));
	if (!err)
		err = wake_open(&l->knock, loop, line_on_knock);
	if (!err)
		err = l->ops->open(l, c);
	if (err)
		line_destroy(l);
	else
		*lp = l;
	return err;
}

void e1_line_start(struct e1_line *l, struct media *m, struct media_port *const port[E1_TIMESLOTS + 1])
{
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		l->slot[ts] = port[ts] ? media_port_slot(port[ts]) : NULL;
	media_trunk_add(m, &l->trunk);
}

void e1_line_free(struct e1_line *l, struct media *m)
{
	l->wake = NULL;
	if (m)
		media_trunk_remove(m, &l->trunk);
	else
		line_destroy(l);
}

bool e1_line_send(struct e1_line *l, const uint8_t *frame, unsigned len)
{
	struct e1_line_out out = { .len = (uint16_t)len };

	if (len > E1_HDLC_FRAME_MAX - 2)
		return false;
	memcpy(out.frame, frame, len);
	return ring_push(l->to_line, &out);
}

bool e1_line_next(struct e1_line *l, struct e1_line_msg *msg)
{
	return ring_pop(l->to_control, msg);
}
