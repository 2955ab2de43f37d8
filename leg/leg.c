/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leg/leg.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"

#define LOG_MODULE "leg"

static void leg_ended_run(struct loop_task *t);
static void leg_timer_fire(struct loop_timer *t);

void leg_init(struct leg *l, struct loop *loop, const struct leg_ops *ops, bool outgoing)
{
	l->magic = LEG_MAGIC;
	l->refs = 1;
	l->ops = ops;
	l->loop = loop;
	l->state = LEG_NEW;
	l->outgoing = outgoing;
	l->location = -1;
	l->setup_us = clock_mono_us();
	l->setup_utc_us = clock_utc_us();
	l->ended_task.run = leg_ended_run;
	list_init(&l->observers);
	loop_timer_init(loop, &l->timer, leg_timer_fire);
	if (l->id[0] == '\0')
		random_id(l->id);
}

struct leg *leg_ref(struct leg *l)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	l->refs++;
	return l;
}

void leg_unref(struct leg *l)
{
	if (l == NULL)
		return;
	MAGIC_CHECK(l, LEG_MAGIC);
	if (--l->refs > 0)
		return;
	assert(list_empty(&l->observers));
	loop_timer_stop(&l->timer);
	loop_unqueue(l->loop, &l->ended_task);
	l->magic = MAGIC_DEAD;
	l->ops->free(l);
}

void leg_observe(struct leg *l, struct leg_observer *o)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	list_append(&l->observers, &o->link);
}

void leg_unobserve(struct leg_observer *o)
{
	list_remove(&o->link);
}

/*
 * An observer may remove itself or any other while it is told. So: the list is moved aside, and each observer goes back to the
 * leg's own list before it is called; whoever is removed meanwhile is in neither.
 */
void leg_emit(struct leg *l, const struct leg_event *ev)
{
	struct list todo = { NULL, NULL };

	MAGIC_CHECK(l, LEG_MAGIC);
	if (list_empty(&l->observers))
		return;
	leg_ref(l);
	list_init(&todo);
	while (!list_empty(&l->observers)) {
		struct list *n = l->observers.next;

		list_remove(n);
		list_append(&todo, n);
	}
	while (!list_empty(&todo)) {
		struct leg_observer *o = list_entry(todo.next, struct leg_observer, link);

		list_remove(&o->link);
		list_append(&l->observers, &o->link);
		o->event(o, l, ev);
	}
	leg_unref(l);
}

static void leg_tell(struct leg *l, enum leg_event_type type, bool inband)
{
	struct leg_event ev = { .type = type, .inband = inband };

	leg_emit(l, &ev);
}

/* ---- what the node asks ---- */

int leg_ask_more(struct leg *l)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l))
		return -ENOTCONN;
	if (l->outgoing || l->state != LEG_NEW)
		return -EPROTO;
	return l->ops->more ? l->ops->more(l) : -ENOTSUP;
}

int leg_proceeding(struct leg *l)
{
	int err;

	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l))
		return -ENOTCONN;
	if (l->outgoing || l->state != LEG_NEW)
		return -EPROTO;
	if (l->ops->proceeding == NULL)
		return -ENOTSUP;
	err = l->ops->proceeding(l);
	if (!err)
		l->state = LEG_PROCEEDING;
	return err;
}

/* Who calls us and has no answer yet is told something: 0, or why that cannot be. */
static int leg_waits_for_answer(const struct leg *l)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l))
		return -ENOTCONN;
	return l->outgoing || l->state == LEG_TALKING ? -EPROTO : 0;
}

int leg_progress(struct leg *l, enum leg_progress how)
{
	int err = leg_waits_for_answer(l);

	if (err)
		return err;
	if (l->ops->progress == NULL)
		return -ENOTSUP;
	err = l->ops->progress(l, how);
	if (!err && how != LEG_SAY_PROGRESS_INBAND) {
		l->state = LEG_ALERTING;
		l->alerting_us = clock_mono_us();
		l->alerting_utc_us = clock_utc_us();
	}
	return err;
}

int leg_answer(struct leg *l)
{
	int err = leg_waits_for_answer(l);

	if (err)
		return err;
	if (l->ops->answer == NULL)
		return -ENOTSUP;
	err = l->ops->answer(l);
	if (!err) {
		l->state = LEG_TALKING;
		l->answer_us = clock_mono_us();
		l->answer_utc_us = clock_utc_us();
	}
	return err;
}

int leg_send_digit(struct leg *l, char digit, int ms)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l))
		return -ENOTCONN;
	if (l->state != LEG_TALKING)
		return -EPROTO;
	return l->ops->send_digit ? l->ops->send_digit(l, digit, ms) : -ENOTSUP;
}

void leg_hangup(struct leg *l, int cause)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l))
		return;
	l->state = LEG_ENDED;
	l->cause = cause;
	l->by_peer = false;
	l->end_us = clock_mono_us();
	l->end_utc_us = clock_utc_us();
	loop_timer_stop(&l->timer);
	leg_ref(l); /* the task's */
	loop_queue(l->loop, &l->ended_task);
	(void)l->ops->hangup(l, cause); /* whatever it says, LEG_EV_GONE follows */
}

static void leg_ended_run(struct loop_task *t)
{
	struct leg *l = container_of(t, struct leg, ended_task);

	leg_tell(l, LEG_EV_ENDED, false);
	leg_unref(l);
}

int64_t leg_talk_ms(const struct leg *l)
{
	if (l->answer_us == 0)
		return 0;
	return ((leg_over(l) ? l->end_us : clock_mono_us()) - l->answer_us) / 1000;
}

void leg_quality(const struct leg *l, struct leg_quality *q)
{
	*q = l->quality;
	if (l->port && l->ops->quality)
		l->ops->quality(l, q);
}

/* ---- what the trunk tells ---- */

/* Rule 7: 60 s from SETUP to the first ALERTING or PROGRESS, then so long until the answer; libpri has no such timers. */
static void leg_timer_fire(struct loop_timer *t)
{
	struct leg *l = container_of(t, struct leg, timer);

	LOGX(LOG_INFO, &l->log, "no answer in time (%s)", l->state == LEG_ALERTING ? "alerting" : "no alerting");
	leg_hangup(l, l->state == LEG_ALERTING ? CAUSE_NO_ANSWER : CAUSE_RECOVERY_ON_TIMER_EXPIRY);
}

void leg_got_proceeding(struct leg *l)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l))
		return;
	if (l->state == LEG_NEW)
		l->state = LEG_PROCEEDING;
	leg_tell(l, LEG_EV_PROCEEDING, false);
}

/* It is known to ring, or at least to be looked for (PROGRESS): from the first such word on it has no_answer_us to answer. */
static void leg_rings(struct leg *l, enum leg_event_type how, bool inband)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l) || l->state == LEG_TALKING)
		return;
	if (how == LEG_EV_ALERTING) {
		l->state = LEG_ALERTING;
		l->rang = true;
	}
	if (inband)
		l->inband = true;
	if (l->alerting_us == 0) {
		l->alerting_us = clock_mono_us();
		l->alerting_utc_us = clock_utc_us();
		if (l->no_answer_us > 0)
			loop_timer_start(&l->timer, l->no_answer_us);
	}
	leg_tell(l, how, l->inband);
}

void leg_got_progress(struct leg *l, bool inband)
{
	leg_rings(l, LEG_EV_PROGRESS, inband);
}

void leg_got_alerting(struct leg *l, bool inband)
{
	leg_rings(l, LEG_EV_ALERTING, inband);
}

void leg_got_answer(struct leg *l, int64_t at_us)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l) || l->state == LEG_TALKING)
		return;
	l->state = LEG_TALKING;
	l->answer_us = at_us;
	l->answer_utc_us = clock_utc_us() - (clock_mono_us() - at_us);
	loop_timer_stop(&l->timer);
	leg_tell(l, LEG_EV_ANSWERED, false);
}

void leg_got_end(struct leg *l, int cause, int location, bool by_peer, int64_t at_us)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (leg_over(l))
		return;
	if (at_us > clock_mono_us() || at_us < l->setup_us)
		at_us = clock_mono_us();
	if (l->answer_us && at_us < l->answer_us)
		at_us = l->answer_us; /* the line was lost before the answer was heard of: nothing to pay (rule 9) */
	l->state = LEG_ENDED;
	l->cause = cause;
	l->location = location;
	l->by_peer = by_peer;
	l->end_us = at_us;
	l->end_utc_us = clock_utc_us() - (clock_mono_us() - at_us);
	loop_timer_stop(&l->timer);
	leg_tell(l, LEG_EV_ENDED, false);
}

void leg_gone(struct leg *l)
{
	MAGIC_CHECK(l, LEG_MAGIC);
	if (!leg_over(l))
		leg_got_end(l, CAUSE_NORMAL_UNSPECIFIED, -1, true, clock_mono_us());
	if (l->ended_task.queued) { /* our own hang-up was so quick that its ENDED is still to be told: in order */
		loop_unqueue(l->loop, &l->ended_task);
		leg_ended_run(&l->ended_task);
	}
	leg_quality(l, &l->quality);
	l->state = LEG_GONE;
	l->port = NULL;
	leg_tell(l, LEG_EV_GONE, false);
	leg_unref(l);
}

static void leg_media_event(struct media_port *p, const struct media_event *mev, void *arg)
{
	struct leg *l = arg;
	struct leg_event ev = { 0 };

	(void)p;
	MAGIC_CHECK(l, LEG_MAGIC);
	switch (mev->type) {
	case MEDIA_DIGIT_BEGIN:
		ev.type = LEG_EV_KEY;
		ev.key = mev->digit;
		break;
	case MEDIA_PLAYED:
		ev.type = LEG_EV_PLAYED;
		ev.play = mev->play;
		ev.cut = mev->cut;
		break;
	case MEDIA_DIGIT:
		return;
	}
	leg_emit(l, &ev);
}

void leg_port_opened(struct leg *l, struct media_port *p)
{
	if (l->port == p || p == NULL)
		return;
	l->port = p;
	media_port_open(p, leg_media_event, l);
}
