/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * e1/dahdi.h - what the files of a DAHDI span share. For nobody else.
 *
 *   dahdi_open.c   the channels: found, checked against what an E1 with a D channel must be, set up
 *   dahdi_card.c   control: opens the span, again and again until it can be opened; what the card tells; maintenance loops
 *   dahdi.c        media thread: blocks and D-channel frames
 *
 * A card may be missing when we start, be pulled out, or fail in any call: the span is then out of service, and is back by
 * itself. The files belong to one thread at a time, as `state` says:
 *
 *      DAHDI_SHUT ----- control has opened all of them -----> DAHDI_OPEN
 *          ^                                                      | a call fails: the media thread writes down which, touches
 *          |                                                      v the files no more, and wakes control
 *          `---- control has said so, and closed them ------ DAHDI_BROKEN
 */
#ifndef E1_DAHDI_H
#define E1_DAHDI_H

#include <stdatomic.h>

#include "core/loop.h"
#include "dsp/fft.h"
#include "e1/e1.h"
#include "e1/transport.h"

#define DAHDI_CONTROL   "/dev/dahdi/ctl"
#define DAHDI_D_BUFFERS 32
#define DAHDI_D_BUFFER  1024 /* octets */
#define DAHDI_PREFILL   3    /* blocks in the kernel when the first is read, both ways */
#define DAHDI_WHY_MAX   240  /* of a complaint */

enum dahdi_state { DAHDI_SHUT, DAHDI_OPEN, DAHDI_BROKEN };

struct dahdi_line {
	_Atomic int    state;                      /* enum dahdi_state */
	atomic_bool    looped;                     /* a maintenance loop is on: no signal for us */

	/* control */
	struct e1_line   *line;
	struct loop_timer timer;
	unsigned          span;
	int               ctl;                     /* /dev/dahdi/ctl, -1 */
	bool              was_open;
	int64_t           reopen_us;
	int64_t           opened_us;               /* the present opening, or the last one */
	char              why[DAHDI_WHY_MAX];      /* why it is not open */
	char              told[DAHDI_WHY_MAX];     /* the last complaint in the log */
	enum e1_loop      loop;
	enum e1_echo      echo;                    /* asked for in the configuration */
	struct fft        fft;                     /* theirs */
	struct echo      *cancellers;              /* ours, 31 of them by timeslot - 1; NULL: none */
	struct e1_card    card;                    /* what it told last */
	int64_t           alarm_since_us;

	/* whose `state` says */
	int      fd[E1_TIMESLOTS + 1];             /* by timeslot; -1 */
	bool     card_echo;                        /* the driver has a canceller for these channels, and is to use it */

	/* media thread; control while it is SHUT */
	bool     open[E1_TIMESLOTS + 1];           /* a call is on it: echo is cancelled */
	bool     got[E1_TIMESLOTS + 1];            /* a block was read in this tick, so one is written */
	unsigned waited;      /* ticks since the queues were emptied; more than DAHDI_PREFILL: blocks are read and written */
	bool     heard;       /* blocks have come since it was opened */
	int64_t  heard_us;    /* when blocks came last */
	bool     silent;      /* none come: a card that is gone, or has stopped, tells of no alarm, or seconds later */
	unsigned ticks;
	int      alarms;

	/* written before DAHDI_BROKEN */
	const char *broken_in;                     /* "read" */
	unsigned    broken_ts;
	int         broken_err;
};

/* dahdi_open.c. fd: by timeslot, 16 is the D channel; all -1 after an error, and why says what is wrong, with the line of
 * system.conf to change where that helps. echo: does the driver have a canceller for the channels? -ENODEV no such span, or no
 * driver; -EINVAL it is set up for something else; -EBUSY somebody else has a channel; -EACCES. */
int  dahdi_open_span(unsigned span, int fd[E1_TIMESLOTS + 1], bool *echo, char *why, size_t size);
uint64_t dahdi_slips(unsigned span); /* of the two clocks, as the card counts them; most cards do not */
void dahdi_close_span(int fd[E1_TIMESLOTS + 1]);

/* dahdi_card.c, control: the transport's functions */
int  dahdi_open(struct e1_line *l, const struct e1_span_config *c);
void dahdi_close(struct e1_line *l);
void dahdi_describe(const struct e1_line *l, char *buf, size_t size);
void dahdi_attend(struct e1_line *l);
void dahdi_card(const struct e1_line *l, struct e1_card *card);
int  dahdi_loop(struct e1_line *l, enum e1_loop loop);

#endif
