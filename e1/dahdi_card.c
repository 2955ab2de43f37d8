/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The card's side of control: the span is opened, and opened again when it could not be or has failed (dahdi.h has the states).
 * The first attempt after a failure is at once, so that a call survives what was over in the same moment (rule 9: 2.5 s); the
 * next ones every reopen_ms. A complaint is said once, not at each attempt.
 */
#include "e1/dahdi.h"

#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "dsp/echo.h"

#define LOG_MODULE "e1"

#define LOOK_US CLOCK_SEC(1)  /* at the alarms, for since when they stand */
/* Blocks between writing and reading: those of DAHDI_PREFILL both ways; a block less, for tick and card beat against each
 * other. */
#define ECHO_DELAY ((2 * DAHDI_PREFILL - 1) * E1_FRAMES)
#define CALM_US CLOCK_SEC(60) /* good for so long: a complaint is a new one, though it says the same */

/* ---- opening ---- */

static void complain(struct dahdi_line *t)
{
	if (strcmp(t->why, t->told) == 0)
		return;
	(void)snprintf(t->told, sizeof(t->told), "%s", t->why);
	log_error("%s: %s; tried again every %lld ms", t->line->name, t->why, (long long)(t->reopen_us / CLOCK_MS(1)));
}

/* The cancellers of ours: given to the line, or taken away, while the media thread does not look. */
static void choose_echo(struct dahdi_line *t, bool driver_has)
{
	enum e1_echo echo = t->echo;

	if (echo == E1_ECHO_AUTO)
		echo = driver_has ? E1_ECHO_CARD : E1_ECHO_OURS;
	t->card_echo = echo == E1_ECHO_CARD && driver_has;
	for (unsigned ts = 1; ts <= E1_TIMESLOTS; ts++)
		t->line->echo[ts] = echo == E1_ECHO_OURS && ts != 16 ? &t->cancellers[ts - 1] : NULL;
	(void)snprintf(t->card.echo, sizeof(t->card.echo), "%s",
	               echo == E1_ECHO_OURS ? "ours" : t->card_echo ? "card" : echo == E1_ECHO_CARD ? "none" : "off");
}

static void try_to_open(struct dahdi_line *t)
{
	bool driver_has = false;
	int err = dahdi_open_span(t->span, t->fd, &driver_has, t->why, sizeof(t->why));

	if (!err && t->ctl < 0) {
		t->ctl = open(DAHDI_CONTROL, O_RDWR | O_CLOEXEC);
		if (t->ctl < 0) {
			err = -errno;
			(void)snprintf(t->why, sizeof(t->why), DAHDI_CONTROL ": %s", strerror(-err));
			dahdi_close_span(t->fd);
		}
	}
	loop_timer_start(&t->timer, err ? t->reopen_us : LOOK_US);
	if (err) {
		e1_line_count(t->line, E1C_CARD_REFUSED, 1);
		complain(t);
		return;
	}
	choose_echo(t, driver_has);
	memset(t->open, 0, sizeof(t->open));
	memset(t->got, 0, sizeof(t->got));
	t->waited = 0;
	t->heard = t->silent = false;
	t->heard_us = 0;
	t->ticks = 0;
	t->alarms = 0;
	if (t->was_open || t->told[0])
		log_info("%s: DAHDI span %u is open again", t->line->name, t->span);
	t->was_open = true;
	t->opened_us = clock_mono_us();
	t->why[0] = '\0';
	atomic_store_explicit(&t->state, DAHDI_OPEN, memory_order_release);
}

void dahdi_attend(struct e1_line *l)
{
	struct dahdi_line *t = l->transport;

	if (atomic_load_explicit(&t->state, memory_order_acquire) != DAHDI_BROKEN)
		return;
	e1_line_count(l, E1C_CARD_FAILED, 1);
	(void)snprintf(t->why, sizeof(t->why), "DAHDI span %u, timeslot %u: %s: %s", t->span, t->broken_ts, t->broken_in,
	               strerror(t->broken_err));
	if (t->loop != E1_LOOP_OFF)
		(void)dahdi_loop(l, E1_LOOP_OFF);
	t->loop = E1_LOOP_OFF; /* a card that is gone has none */
	atomic_store(&t->looped, false);
	dahdi_close_span(t->fd);
	if (t->ctl >= 0) /* of a driver that may be gone */
		(void)close(t->ctl);
	t->ctl = -1;
	atomic_store_explicit(&t->state, DAHDI_SHUT, memory_order_relaxed);
	complain(t);
	if (clock_mono_us() - t->opened_us >= t->reopen_us)
		try_to_open(t);
	else /* it opens, but does not work */
		loop_timer_start(&t->timer, t->reopen_us);
}

/* ---- what the card tells ---- */

static void alarms_text(char *buf, size_t size, int alarms)
{
	static const struct {
		int         bit;
		const char *name;
	} names[] = { /* in dahdi_tool's words and order */
		{ DAHDI_ALARM_BLUE, "BLUE " },        { DAHDI_ALARM_YELLOW, "YELLOW " },   { DAHDI_ALARM_RED, "RED " },
		{ DAHDI_ALARM_LOS, "LOS " },          { DAHDI_ALARM_LFA, "LFA " },         { DAHDI_ALARM_LMFA, "LMFA " },
		{ DAHDI_ALARM_LOOPBACK, "LOOP " },    { DAHDI_ALARM_RECOVER, "RECOVERING " }, { DAHDI_ALARM_NOTOPEN, "NOTOPEN " },
	};
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (alarms & names[i].bit && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s", names[i].name);
	len = strlen(buf);
	if (len)
		buf[len - 1] = '\0';
}

static void look_at_card(struct dahdi_line *t)
{
	struct dahdi_spaninfo si = { .spanno = (int)t->span };
	struct e1_card *c = &t->card;
	char alarms[sizeof(c->alarms)];

	if (t->ctl < 0 || ioctl(t->ctl, DAHDI_SPANSTAT, &si) < 0)
		return; /* the media thread finds out too, and says so */
	alarms_text(alarms, sizeof(alarms), si.alarms);
	if (strcmp(alarms, c->alarms) != 0) {
		log_info("%s: DAHDI span %u: %s", t->line->name, t->span, alarms[0] ? alarms : "no alarm");
		(void)snprintf(c->alarms, sizeof(c->alarms), "%s", alarms);
		c->alarm_since_us = alarms[0] ? clock_mono_us() : 0;
	}
	(void)snprintf(c->type, sizeof(c->type), "%.*s", (int)sizeof(si.devicetype), si.devicetype);
	(void)snprintf(c->location, sizeof(c->location), "%.*s", (int)sizeof(si.location), si.location);
	(void)snprintf(c->description, sizeof(c->description), "%.*s", (int)sizeof(si.desc), si.desc);
	if (si.syncsrc == 0)
		(void)snprintf(c->timing, sizeof(c->timing), "the card's own clock");
	else
		(void)snprintf(c->timing, sizeof(c->timing), "DAHDI span %d%s", si.syncsrc,
		               si.syncsrc == (int)t->span ? ", this one" : "");
	c->code_violations = (uint64_t)si.bpvcount + si.cvcount;
	c->crc4_errors = (uint64_t)si.crc4count;
	c->e_bits = (uint64_t)si.ebitcount;
	c->frame_errors = (uint64_t)si.fascount + si.fecount;
	c->bit_errors = si.becount;
	c->errored_seconds = si.errsec;
	c->missed_interrupts = (uint64_t)si.irqmisses;
}

void dahdi_card(const struct e1_line *l, struct e1_card *card)
{
	struct dahdi_line *t = l->transport;

	t->card.present = atomic_load_explicit(&t->state, memory_order_relaxed) != DAHDI_SHUT;
	if (t->card.present) {
		look_at_card(t);
		t->card.slips = dahdi_slips(t->span);
	}
	t->card.loop = t->loop;
	(void)snprintf(t->card.trouble, sizeof(t->card.trouble), "%s", t->why);
	*card = t->card;
}

void dahdi_describe(const struct e1_line *l, char *buf, size_t size)
{
	const struct dahdi_line *t = l->transport;

	(void)snprintf(buf, size, "dahdi span %u%s", t->span,
	               atomic_load_explicit(&t->state, memory_order_relaxed) == DAHDI_SHUT ? ", cannot be opened" : "");
}

/* ---- maintenance loops ---- */

static int set_loop(struct dahdi_line *t, enum e1_loop loop)
{
	struct dahdi_maintinfo m = {
		.spanno = (int)t->span,
		.command = loop == E1_LOOP_LOCAL    ? DAHDI_MAINT_LOCALLOOP
		           : loop == E1_LOOP_REMOTE ? DAHDI_MAINT_REMOTELOOP
		                                    : DAHDI_MAINT_NONE,
	};

	if (t->ctl < 0)
		return -ENODEV;
	if (ioctl(t->ctl, DAHDI_MAINT, &m) < 0)
		return errno == ENOSYS || errno == ENOTTY ? -ENOTSUP : -errno;
	return 0;
}

int dahdi_loop(struct e1_line *l, enum e1_loop loop)
{
	struct dahdi_line *t = l->transport;
	int err;

	if (loop == t->loop)
		return 0;
	err = set_loop(t, loop);
	if (err)
		return err;
	t->loop = loop;
	atomic_store(&t->looped, loop != E1_LOOP_OFF);
	log_info("%s: DAHDI span %u: maintenance loop: %s", l->name, t->span,
	         loop == E1_LOOP_LOCAL ? "local" : loop == E1_LOOP_REMOTE ? "remote" : "off");
	return 0;
}

/* ---- life ---- */

static void on_timer(struct loop_timer *timer)
{
	struct dahdi_line *t = container_of(timer, struct dahdi_line, timer);

	if (atomic_load_explicit(&t->state, memory_order_relaxed) == DAHDI_SHUT) {
		try_to_open(t);
		return;
	}
	look_at_card(t);
	if (t->told[0] && clock_mono_us() - t->opened_us > CALM_US)
		t->told[0] = '\0';
	loop_timer_start(&t->timer, LOOK_US);
}

int dahdi_open(struct e1_line *l, const struct e1_span_config *c)
{
	struct dahdi_line *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->line = l;
	t->span = c->dahdi_span;
	t->echo = c->echo;
	t->reopen_us = CLOCK_MS(c->reopen_ms);
	t->ctl = -1;
	atomic_init(&t->state, DAHDI_SHUT);
	atomic_init(&t->looped, false);
	if (c->echo == E1_ECHO_AUTO || c->echo == E1_ECHO_OURS) {
		t->cancellers = calloc(E1_TIMESLOTS, sizeof(*t->cancellers));
		if (t->cancellers == NULL) {
			free(t);
			return -ENOMEM;
		}
	}
	fft_init(&t->fft);
	for (unsigned i = 0; t->cancellers && i < E1_TIMESLOTS; i++)
		echo_init(&t->cancellers[i], &t->fft, ECHO_DELAY);
	l->transport = t;
	loop_timer_init(l->loop, &t->timer, on_timer);
	try_to_open(t);
	return 0;
}

void dahdi_close(struct e1_line *l)
{
	struct dahdi_line *t = l->transport;

	loop_timer_stop(&t->timer);
	if (t->loop != E1_LOOP_OFF)
		(void)set_loop(t, E1_LOOP_OFF); /* the card would keep it */
	dahdi_close_span(t->fd);
	if (t->ctl >= 0)
		(void)close(t->ctl);
	free(t->cancellers);
	free(t);
	l->transport = NULL;
}
