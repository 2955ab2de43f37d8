/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A span on a card, through DAHDI's kernel driver: the media thread's side. Each timeslot is a file: 30 of audio, read and
 * written a tick (80 octets) at a time, and the D channel, whose HDLC and FCS the kernel does. The card's clock is the network's,
 * the tick's is ours: writes are paced by reads, and the kernel's queues take up the difference. Where our clock is faster a tick
 * now and then finds no block; where it is slower, or after a stall, a queue overflows or runs dry, which the kernel tells as an
 * event: then both are emptied and filled anew.
 */
#include "e1/dahdi.h"

#include <dahdi/user.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"
#include "dsp/echo.h"

#define ECHO_TAPS     128
#define STATUS_TICKS  10

static bool is_open(struct dahdi_line *t)
{
	return atomic_load_explicit(&t->state, memory_order_acquire) == DAHDI_OPEN;
}

/* A call failed that should not: the card is gone, or ill. Control is told, once, and opens the span anew. */
static void dahdi_failed(struct e1_line *l, unsigned ts, const char *call, int err)
{
	struct dahdi_line *t = l->transport;

	if (!is_open(t))
		return;
	if (!l->los)
		l->los_since_us = t->heard_us ? t->heard_us : clock_mono_us();
	l->los = true;
	l->rai = false;
	t->broken_in = call;
	t->broken_ts = ts;
	t->broken_err = err;
	l->wake_needed = true;
	atomic_store_explicit(&t->state, DAHDI_BROKEN, memory_order_release);
}

/* Whatever the kernel has to tell; ELAST from read or write means there is something. */
static void dahdi_events(struct e1_line *l, unsigned ts)
{
	struct dahdi_line *t = l->transport;

	for (int i = 0; i < 16; i++) {
		int event = 0;

		if (ioctl(t->fd[ts], DAHDI_GETEVENT, &event) < 0)
			dahdi_failed(l, ts, "GETEVENT", errno);
		if (event == DAHDI_EVENT_NONE || !is_open(t))
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
		if (ioctl(t->fd[16], DAHDI_SPANSTAT, &si) < 0) {
			dahdi_failed(l, 16, "SPANSTAT", errno);
			return;
		}
		t->alarms = si.alarms;
	}
	los = t->silent || !t->heard || atomic_load_explicit(&t->looped, memory_order_relaxed) ||
	      t->alarms & (DAHDI_ALARM_RED | DAHDI_ALARM_BLUE | DAHDI_ALARM_NOTOPEN | DAHDI_ALARM_RECOVER | DAHDI_ALARM_LOOPBACK);
	rai = t->alarms & DAHDI_ALARM_YELLOW;
	if (los && !l->los) /* an alarm: the card has waited about as long itself */
		l->los_since_us = t->silent ? t->heard_us : now_us - l->los_alarm_us;
	if (rai && !l->rai)
		l->rai_since_us = now_us - l->los_alarm_us;
	l->los = los;
	l->rai = rai && !los;
}

/* 80 octets; -EAGAIN when there are none yet, another error when the span is broken. */
static int dahdi_read_block(struct e1_line *l, unsigned ts, uint8_t block[E1_FRAMES])
{
	struct dahdi_line *t = l->transport;

	for (int i = 0; i < 3 && is_open(t); i++) {
		ssize_t n = read(t->fd[ts], block, E1_FRAMES);

		if (n == E1_FRAMES)
			return 0;
		if (n < 0 && errno == EAGAIN)
			return -EAGAIN;
		if (n < 0 && errno == ELAST)
			dahdi_events(l, ts);
		else
			dahdi_failed(l, ts, "read", n < 0 ? errno : EIO);
	}
	if (is_open(t))
		e1_line_count(l, E1C_RX_ERRORS, 1); /* event upon event */
	return is_open(t) ? -EAGAIN : -EIO;
}

/* len octets of a block or a frame; false: the kernel has no room, or the span is broken. */
static bool dahdi_put(struct e1_line *l, unsigned ts, const uint8_t *octets, size_t len)
{
	struct dahdi_line *t = l->transport;

	for (int i = 0; i < 3 && is_open(t); i++) {
		ssize_t n = write(t->fd[ts], octets, len);

		if (n == (ssize_t)len)
			return true;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0 && errno == ELAST)
			dahdi_events(l, ts);
		else
			dahdi_failed(l, ts, "write", n < 0 ? errno : EIO);
	}
	return false;
}

static void dahdi_flush(struct e1_line *l, int what)
{
	struct dahdi_line *t = l->transport;

	for (unsigned ts = 1; ts <= E1_TIMESLOTS && is_open(t); ts++)
		if (ts != 16 && ioctl(t->fd[ts], DAHDI_FLUSH, &what) < 0)
			dahdi_failed(l, ts, "FLUSH", errno);
}

/*
 * The kernel does not say how many blocks wait (DAHDI_GET_BUFINFO's readbufs is always -1). So what came before is thrown away,
 * and the first block is read DAHDI_PREFILL ticks later, when as many wait; tick and card may then beat against each other.
 */
static bool dahdi_start(struct e1_line *l)
{
	struct dahdi_line *t = l->transport;
	uint8_t idle[E1_FRAMES];

	if (t->waited > DAHDI_PREFILL)
		return true;
	if (t->waited == 0)
		dahdi_flush(l, DAHDI_FLUSH_ALL);
	if (t->waited++ < DAHDI_PREFILL)
		return false;
	dahdi_flush(l, DAHDI_FLUSH_EVENT | DAHDI_FLUSH_WRITE);
	memset(idle, E1_IDLE, sizeof(idle));
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++) {
		for (unsigned i = 0; i < DAHDI_PREFILL && ts != 16; i++)
			(void)dahdi_put(l, ts, idle, sizeof(idle));
		if (l->echo[ts]) /* it is another delay now */
			echo_reset(l->echo[ts]);
	}
	return true;
}

/* Blocks came in this tick, or not. */
static void dahdi_heard(struct e1_line *l, struct dahdi_line *t, bool blocks, int64_t now_us)
{
	t->heard = t->heard || blocks;
	if (blocks || t->heard_us == 0)
		t->heard_us = now_us;
	else if (now_us - t->heard_us > l->los_alarm_us)
		t->silent = true;
}

/* Silent: is it over? Then begin anew. */
static void dahdi_listen(struct e1_line *l, struct dahdi_line *t)
{
	uint8_t block[E1_FRAMES];

	if (t->silent && dahdi_read_block(l, 1, block) == 0) {
		t->silent = false;
		t->waited = 0;
		t->heard_us = 0;
	}
}

/* A call begins or ends on the timeslot. */
static void dahdi_echo(struct e1_line *l, struct dahdi_line *t, unsigned ts)
{
	bool open = l->slot[ts] && l->slot[ts]->open;
	int taps = open ? ECHO_TAPS : 0;

	if (open == t->open[ts])
		return;
	t->open[ts] = open;
	if (l->echo[ts] && open)
		echo_reset(l->echo[ts]);
	if (!t->card_echo || ioctl(t->fd[ts], DAHDI_ECHOCANCEL, &taps) >= 0)
		return;
	if (errno == ENODEV || errno == ENXIO)
		dahdi_failed(l, ts, "ECHOCANCEL", errno);
	else /* the call goes on with its echo */
		e1_line_count(l, E1C_ECHO_REFUSED, 1);
}

static void dahdi_read_d(struct e1_line *l)
{
	struct dahdi_line *t = l->transport;
	uint8_t frame[DAHDI_D_BUFFER];

	for (int i = 0; i < DAHDI_D_BUFFERS && is_open(t); i++) {
		ssize_t n = read(t->fd[16], frame, sizeof(frame));

		if (n < 0 && errno == ELAST) {
			dahdi_events(l, 16);
			continue;
		}
		if (n < 0 && errno != EAGAIN)
			dahdi_failed(l, 16, "read", errno);
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

/* No signal: what is not open belongs to control. */
static unsigned dahdi_nothing(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS])
{
	l->moved = 0;
	memset(frames, E1_IDLE, E1_FRAMES * E1_TIMESLOTS);
	return E1_FRAMES;
}

static unsigned dahdi_read(struct e1_line *l, uint8_t frames[E1_FRAMES][E1_TIMESLOTS], int64_t now_us)
{
	struct dahdi_line *t = l->transport;
	unsigned missing = 0;
	bool started;

	if (!is_open(t))
		return dahdi_nothing(l, frames);
	dahdi_listen(l, t);
	started = !t->silent && dahdi_start(l);
	l->moved = 0;
	dahdi_read_d(l);
	for (unsigned ts = 1; ts <= E1_TIMESLOTS && is_open(t); ts++) {
		uint8_t block[E1_FRAMES];
		int err = -EAGAIN;

		t->got[ts] = false;
		if (ts == 16)
			continue;
		dahdi_echo(l, t, ts);
		if (started)
			err = dahdi_read_block(l, ts, block);
		t->got[ts] = err == 0;
		l->moved |= (uint32_t)!err << ts;
		missing += err != 0;
		if (err || l->los)
			memset(block, E1_IDLE, sizeof(block));
		for (unsigned i = 0; i < E1_FRAMES; i++)
			frames[i][ts - 1] = block[i];
	}
	if (started && is_open(t))
		dahdi_heard(l, t, missing <= 15, now_us);
	if (is_open(t))
		dahdi_status(l, now_us);
	if (!is_open(t))
		return dahdi_nothing(l, frames);
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
	for (unsigned ts = 1; ts <= E1_TIMESLOTS && is_open(t); ts++) {
		uint8_t block[E1_FRAMES];

		if (ts == 16 || !t->got[ts])
			continue;
		for (unsigned i = 0; i < E1_FRAMES; i++)
			block[i] = frames[i][ts - 1];
		if (!dahdi_put(l, ts, block, E1_FRAMES))
			e1_line_count(l, E1C_TX_ERRORS, 1);
	}
}

static bool dahdi_send_frame(struct e1_line *l, const uint8_t *frame, unsigned len)
{
	uint8_t buf[E1_HDLC_FRAME_MAX] = { 0 };

	memcpy(buf, frame, len); /* the kernel puts the FCS into the last two octets */
	return dahdi_put(l, 16, buf, len + 2);
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
	.attend = dahdi_attend,
	.card = dahdi_card,
	.loop = dahdi_loop,
	.send_frame = dahdi_send_frame,
};
