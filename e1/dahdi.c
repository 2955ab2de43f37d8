/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A span on a card, through DAHDI's kernel driver. Each timeslot is a file: 30 of audio, read and written a tick (80 octets) at a
 * time, and the D channel, whose HDLC and FCS the kernel does. The card's clock is the network's, the tick's is ours: writes are
 * paced by reads, and the kernel's queues take up the difference. Where our clock is faster a tick now and then finds no block;
 * where it is slower, or after a stall, a queue overflows or runs dry, which the kernel tells as an event: then both are emptied
 * and filled anew.
 */
#include "e1/dahdi_open.h"
#include "e1/transport.h"

#include <dahdi/user.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

#define LOG_MODULE "e1"

#define PREFILL       3     /* blocks in the kernel when the first is read, both ways */
#define ECHO_TAPS     128
#define STATUS_TICKS  10

struct dahdi_line {
	unsigned span;
	int      fd[E1_TIMESLOTS + 1];     /* by timeslot; -1 */
	bool     open[E1_TIMESLOTS + 1];   /* a call is on it: echo is cancelled */
	bool     got[E1_TIMESLOTS + 1];    /* a block was read in this tick, so one is written */
	/* ticks since the queues were emptied; more than PREFILL: blocks are read and written */
	unsigned waited;
	int64_t  heard_us;                 /* when blocks came last */
	/* none come: a card that is gone, or has stopped, tells of no alarm, or seconds later */
	bool     silent;
	unsigned ticks;
	int      alarms;
};

static void dahdi_close(struct e1_line *l)
{
	struct dahdi_line *t = l->transport;

	dahdi_close_span(t->fd);
	free(t);
	l->transport = NULL;
}

static int dahdi_open(struct e1_line *l, const struct e1_span_config *c)
{
	struct dahdi_line *t = calloc(1, sizeof(*t));
	int err;

	if (t == NULL)
		return -ENOMEM;
	t->span = c->dahdi_span;
	l->transport = t;
	err = dahdi_open_span(c->name, t->span, t->fd);
	if (err) {
		free(t);
		l->transport = NULL;
	}
	return err;
}

static void dahdi_describe(const struct e1_line *l, char *buf, size_t size)
{
	const struct dahdi_line *t = l->transport;

	(void)snprintf(buf, size, "dahdi span %u", t->span);
}

/* ---- media thread ---- */

/* Whatever the kernel has to tell; ELAST from read or write means there is something. */
static void dahdi_events(struct e1_line *l, int fd)
{
	struct dahdi_line *t = l->transport;

	for (int i = 0; i < 16; i++) {
		int event = 0;

		if (ioctl(fd, DAHDI_GETEVENT, &event) < 0 || event == DAHDI_EVENT_NONE)
			return;
		switch (event) {
		case DAHDI_EVENT_ALARM:
		case DAHDI_EVENT_NOALARM:
			t->ticks = 0; /* ask at once */
			break;
		case DAHDI_EVENT_BADFCS:
			e1_line_count(l, E1C_D_BAD_FCS, 1);
			break;
		case DAHDI_EVENT_ABORT:
			e1_line_count(l, E1C_D_ABORTS, 1);
			break;
		case DAHDI_EVENT_OVERRUN:
			e1_line_count(l, E1C_RX_ERRORS, 1);
			break;
		case DAHDI_EVENT_READ_OVERRUN:
			e1_line_count(l, E1C_RX_ERRORS, 1);
			t->waited = 0;
			break;
		case DAHDI_EVENT_WRITE_UNDERRUN:
			e1_line_count(l, E1C_UNDERRUNS, 1);
			t->waited = 0;
			break;
		default:
			break;
		}
	}
}

static void dahdi_status(struct e1_line *l, int64_t now_us)
{
	struct dahdi_line *t = l->transport;
	struct dahdi_spaninfo si = { .spanno = (int)t->span };
	bool los, rai;

	if (t->ticks++ % STATUS_TICKS == 0) {
		if (ioctl(t->fd[16], DAHDI_SPANSTAT, &si) < 0)
			e1_line_count(l, E1C_RX_ERRORS, 1);
		else
			t->alarms = si.alarms;
	}
	los = t->silent || t->alarms & (DAHDI_ALARM_RED | DAHDI_ALARM_BLUE | DAHDI_ALARM_NOTOPEN | DAHDI_ALARM_RECOVER);
	rai = t->alarms & DAHDI_ALARM_YELLOW;
	if (los && !l->los) /* an alarm: the card has waited about as long itself */
		l->los_since_us = t->silent ? t->heard_us : now_us - l->los_alarm_us;
	if (rai && !l->rai)
		l->rai_since_us = now_us - l->los_alarm_us;
	l->los = los;
	l->rai = rai && !los;
}

/* 80 octets; -EAGAIN when there are none yet. */
static int dahdi_read_block(struct e1_line *l, int fd, uint8_t block[E1_FRAMES])
{
	for (int i = 0; i < 3; i++) {
		ssize_t n = read(fd, block, E1_FRAMES);

		if (n == E1_FRAMES)
			return 0;
		if (n < 0 && errno == ELAST)
			dahdi_events(l, fd);
		else
			return n < 0 ? -errno : -EIO;
	}
	return -EIO;
}

static void dahdi_flush(struct dahdi_line *t, int what)
{
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		if (ts != 16)
			(void)ioctl(t->fd[ts], DAHDI_FLUSH, &what);
}

/*
 * The kernel does not say how many blocks wait (DAHDI_GET_BUFINFO's readbufs is always -1). So what came before is thrown away,
 * and the first block is read PREFILL ticks later, when as many wait; tick and card may then beat against each other.
 */
static bool dahdi_start(struct dahdi_line *t)
{
	uint8_t idle[E1_FRAMES];

	if (t->waited > PREFILL)
		return true;
	if (t->waited == 0)
		dahdi_flush(t, DAHDI_FLUSH_ALL);
	if (t->waited++ < PREFILL)
		return false;
	dahdi_flush(t, DAHDI_FLUSH_EVENT | DAHDI_FLUSH_WRITE);
	memset(idle, E1_IDLE, sizeof(idle));
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		for (unsigned i = 0; i < PREFILL && ts != 16; i++)
			(void)!write(t->fd[ts], idle, sizeof(idle));
	return true;
}

/* Blocks came in this tick, or not. */
static void dahdi_heard(struct e1_line *l, struct dahdi_line *t, bool blocks, int64_t now_us)
{
	if (blocks || t->heard_us == 0)
		t->heard_us = now_us;
	else if (now_us - t->heard_us > l->los_alarm_us)
		t->silent = true;
}

/* Silent: is it over? Then begin anew. */
static void dahdi_listen(struct e1_line *l, struct dahdi_line *t)
{
	uint8_t block[E1_FRAMES];

	if (t->silent && dahdi_read_block(l, t->fd[1], block) == 0) {
		t->silent = false;
		t->waited = 0;
		t->heard_us = 0;
	}
}

static void dahdi_echo(struct e1_line *l, struct dahdi_line *t, unsigned ts)
{
	bool open = l->slot[ts] && l->slot[ts]->open;
	int taps = open ? ECHO_TAPS : 0;

	if (open == t->open[ts])
		return;
	t->open[ts] = open;
	(void)ioctl(t->fd[ts], DAHDI_ECHOCANCEL, &taps); /* no canceller is configured: then none */
}

static void dahdi_read_d(struct e1_line *l, int fd)
{
	uint8_t frame[DAHDI_D_BUFFER];

	for (int i = 0; i < DAHDI_D_BUFFERS; i++) {
		ssize_t n = read(fd, frame, sizeof(frame));

		if (n < 0 && errno == ELAST) {
			dahdi_events(l, fd);
			continue;
		}
		if (n <= 0)
			return;
		e1_line_count(l, E1C_D_RX_FRAMES, 1);
		if (n < E1_HDLC_FRAME_MIN)
			e1_line_count(l, E1C_D_SHORT, 1);
		else if (n > E1_HDLC_FRAME_MAX)
			e1_line_count(l, E1C_D_LONG, 1);
		else
			e1_line_received(l, frame, (unsigned)n);
	}
}

static unsigned dahdi_read(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t now_us)
{
	struct dahdi_line *t = l->transport;
	unsigned missing = 0;
	bool started;

	dahdi_listen(l, t);
	started = !t->silent && dahdi_start(t);
	dahdi_status(l, now_us);
	dahdi_read_d(l, t->fd[16]);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		uint8_t block[E1_FRAMES];
		int err = -EAGAIN;

		t->got[ts] = false;
		if (ts == 16)
			continue;
		dahdi_echo(l, t, ts);
		if (started)
			err = dahdi_read_block(l, t->fd[ts], block);
		t->got[ts] = err == 0;
		if (err && err != -EAGAIN)
			e1_line_count(l, E1C_RX_ERRORS, 1);
		missing += err != 0;
		if (err || l->los)
			memset(block, E1_IDLE, sizeof(block));
		for (unsigned i = 0; i < E1_FRAMES; i++)
			frames[i][ts - 1] = block[i];
	}
	if (started)
		dahdi_heard(l, t, missing <= 15, now_us);
	if (started && missing > 15) {
		e1_line_count(l, E1C_HELD_FRAMES, E1_FRAMES);
		return E1_FRAMES;
	}
	return 0;
}

static void dahdi_write(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t tick_us)
{
	struct dahdi_line *t = l->transport;

	(void)tick_us;
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		uint8_t block[E1_FRAMES];
		ssize_t n;

		if (ts == 16 || !t->got[ts])
			continue;
		for (unsigned i = 0; i < E1_FRAMES; i++)
			block[i] = frames[i][ts - 1];
		n = write(t->fd[ts], block, E1_FRAMES);
		if (n < 0 && errno == ELAST) {
			dahdi_events(l, t->fd[ts]);
			n = write(t->fd[ts], block, E1_FRAMES);
		}
		if (n != E1_FRAMES)
			e1_line_count(l, E1C_TX_ERRORS, 1);
	}
}

static bool dahdi_send_frame(struct e1_line *l, const uint8_t *frame, unsigned len)
{
	struct dahdi_line *t = l->transport;
	uint8_t buf[E1_HDLC_FRAME_MAX] = { 0 };
	ssize_t n;

	memcpy(buf, frame, len); /* the kernel puts the FCS into the last two octets */
	n = write(t->fd[16], buf, len + 2);
	if (n < 0 && errno == ELAST) {
		dahdi_events(l, t->fd[16]);
		n = write(t->fd[16], buf, len + 2);
	}
	return n == (ssize_t)len + 2;
}

static int64_t dahdi_pump(struct e1_line *l, int64_t now_us)
{
	(void)l;
	(void)now_us;
	return CLOCK_NEVER;
}

const struct e1_transport_ops e1_dahdi_ops = {
	.name = "dahdi",
	.open = dahdi_open,
	.close = dahdi_close,
	.describe = dahdi_describe,
	.read = dahdi_read,
	.write = dahdi_write,
	.pump = dahdi_pump,
	.send_frame = dahdi_send_frame,
};
