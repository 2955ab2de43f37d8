/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control's side of the engine: its life, the commands on their way out, the notes coming back. */
#include "media/media.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "media/engine.h"

#define LOG_MODULE "media"

#define REALTIME_PRIORITY 10

static const struct counter_desc counter_desc[MC_COUNT] = {
	[MC_TICKS] = { "ticks", "ticks of 10 ms done" },
	[MC_LATE] = { "late_ticks", "ticks begun more than 5 ms late" },
	[MC_SKIPPED] = { "skipped_ticks", "ticks never done: the machine stood still for over 100 ms" },
	[MC_MAX_TICK_US] = { "max_tick_us", "the longest tick, in microseconds" },
	[MC_LOST_FRAMES] = { "lost_frames", "frames of ports that did not come and were filled in" },
	[MC_BAD_FRAMES] = { "bad_frames", "frames at a sampling rate that a port cannot take" },
	[MC_COMMANDS] = { "commands", "commands done by the media thread" },
	[MC_COMMANDS_HELD] = { "commands_held", "commands that had to wait for room in their ring" },
	[MC_EVENTS] = { "events", "notes from the media thread" },
	[MC_EVENTS_LOST] = { "events_lost", "digits dropped because the ring of notes was full" },
	[MC_RETURNS_DELAYED] = { "returns_delayed", "things given back a tick later because the ring of notes was full" },
	[MC_RECORDER_DROPPED] = { "recorder_dropped_frames", "frames that a recorder had no room for" },
};

static void drain(struct media *m);

static void on_wake(int fd, uint32_t epoll_events, void *arg)
{
	uint64_t count;

	(void)epoll_events;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	drain(arg);
}

static void on_drain_task(struct loop_task *t)
{
	drain(container_of(t, struct media, drain_task));
}

static void held_flush(struct media *m);

static void on_held_timer(struct loop_timer *t)
{
	held_flush(container_of(t, struct media, held_timer));
}

/* Under a virtual clock: the tick, the pumps and all their consequences in one turn of the loop. */
static void on_tick_timer(struct loop_timer *t)
{
	struct media *m = container_of(t, struct media, tick_timer);

	do
		(void)media_step(m);
	while (m->next_us <= clock_mono_us());
	(void)media_flush_returns(m);
	loop_timer_start_at(&m->tick_timer, m->next_us);
	drain(m);
}

int media_alloc(struct media **mp, struct loop *l, struct counter_registry *counters, const char *name)
{
	struct media *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->magic = MEDIA_MAGIC;
	m->loop = l;
	m->wake_fd = -1;
	(void)snprintf(m->name, sizeof(m->name), "%s", name);
	m->held_last = &m->held_first;
	m->returns_last = &m->returns_first;
	list_init(&m->open_ports);
	list_init(&m->all_rooms);
	list_init(&m->all_keys);
	m->drain_task.run = on_drain_task;
	loop_timer_init(l, &m->held_timer, on_held_timer);
	loop_timer_init(l, &m->tick_timer, on_tick_timer);
	err = ring_alloc(&m->commands, MEDIA_COMMANDS, sizeof(struct media_cmd));
	if (!err)
		err = ring_alloc(&m->notes, MEDIA_NOTES, sizeof(struct media_note));
	if (err)
		goto out;
	m->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->wake_fd < 0) {
		err = -errno;
		goto out;
	}
	err = loop_fd_add(l, m->wake_fd, EPOLLIN, on_wake, m);
	if (err)
		goto out;
	if (counters) {
		m->registry = counters;
		(void)snprintf(m->group.name, sizeof(m->group.name), "%s", name);
		m->group.desc = counter_desc;
		m->group.values = m->counters;
		m->group.count = MC_COUNT;
		counter_register(counters, &m->group);
	}
	*mp = m;
	return 0;
out:
	if (m->wake_fd >= 0)
		close(m->wake_fd);
	ring_free(m->notes);
	ring_free(m->commands);
	free(m);
	return err;
}

/* ---- the thread ---- */

static void *run(void *arg)
{
	static const uint64_t one = 1;
	struct media *m = arg;

	while (!atomic_load_explicit(&m->stop, memory_order_acquire)) {
		int64_t next_us = media_step(m);

		if (media_flush_returns(m))
			(void)!write(m->wake_fd, &one, sizeof(one)); /* full after 2^64 wakes */
		clock_sleep_until(next_us);
	}
	return NULL;
}

/* With real-time priority where we may, else without. No signal is for this thread. */
static int start_thread(struct media *m)
{
	const struct sched_param param = { .sched_priority = REALTIME_PRIORITY };
	sigset_t all, old;
	pthread_attr_t attr;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	err = pthread_create(&m->thread, &attr, run, m);
	if (err) {
		log_info("%s: no real-time priority (needs CAP_SYS_NICE or RLIMIT_RTPRIO): ticks may be late under load",
		         m->name);
		err = pthread_create(&m->thread, NULL, run, m);
	}
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		(void)pthread_setname_np(m->thread, m->name);
	return -err;
}

int media_start(struct media *m)
{
	int err;

	MAGIC_CHECK(m, MEDIA_MAGIC);
	assert(m->state == MEDIA_NEW && loop_is_mine(m->loop));
	m->next_us = clock_mono_us() + MEDIA_TICK_US;
	m->threaded = !clock_is_virtual();
	if (m->threaded) {
		err = start_thread(m);
		if (err)
			return err;
	} else {
		loop_timer_start_at(&m->tick_timer, m->next_us);
	}
	m->state = MEDIA_RUNNING;
	return 0;
}

void media_stop(struct media *m)
{
	MAGIC_CHECK(m, MEDIA_MAGIC);
	assert(loop_is_mine(m->loop));
	if (m->state == MEDIA_RUNNING && m->threaded) {
		atomic_store_explicit(&m->stop, true, memory_order_release);
		pthread_join(m->thread, NULL); /* a tick at most */
	}
	m->state = MEDIA_STOPPED;
	loop_timer_stop(&m->tick_timer);
	held_flush(m);
}

void media_free(struct media *m)
{
	if (!m)
		return;
	MAGIC_CHECK(m, MEDIA_MAGIC);
	assert(m->state != MEDIA_RUNNING && !m->draining);
	held_flush(m);
	do
		drain(m);
	while (ring_used(m->notes) > 0);
	assert(m->ports == 0 && m->rooms == 0 && m->trunks == 0);
	loop_unqueue(m->loop, &m->drain_task);
	loop_timer_stop(&m->held_timer);
	loop_fd_del(m->loop, m->wake_fd);
	close(m->wake_fd);
	if (m->registry)
		counter_unregister(m->registry, &m->group);
	ring_free(m->notes);
	ring_free(m->commands);
	keys_free(m);
	m->magic = MAGIC_DEAD;
	free(m);
}

/* ---- commands ---- */

/* While no thread and no timer runs, control is the media thread too. */
static void run_here(struct media *m)
{
	media_run_commands(m);
	if (media_flush_returns(m))
		loop_queue(m->loop, &m->drain_task);
}

static void held_flush(struct media *m)
{
	struct media_held *h;

	while ((h = m->held_first) != NULL && ring_push(m->commands, &h->cmd)) {
		m->held_first = h->next;
		if (!m->held_first)
			m->held_last = &m->held_first;
		free(h);
		if (m->state != MEDIA_RUNNING)
			run_here(m);
	}
	if (m->held_first)
		loop_timer_start(&m->held_timer, MEDIA_TICK_US);
	if (m->state != MEDIA_RUNNING)
		run_here(m);
}

/* The ring is full and so is memory: give the media thread, or ourselves in its place, the time to make room. */
static void command_squeeze(struct media *m, const struct media_cmd *c)
{
	for (;;) {
		held_flush(m);
		if (!m->held_first && ring_push(m->commands, c))
			return;
		if (m->threaded)
			clock_sleep_until(clock_mono_us() + 1000);
		else
			media_run_commands(m);
	}
}

void media_command(struct media *m, const struct media_cmd *c)
{
	struct media_held *h;

	assert(loop_is_mine(m->loop));
	if (m->held_first)
		held_flush(m);
	if (!m->held_first && ring_push(m->commands, c)) {
		if (m->state != MEDIA_RUNNING)
			run_here(m);
		return;
	}
	media_count(m, MC_COMMANDS_HELD, 1);
	h = calloc(1, sizeof(*h));
	if (!h) {
		command_squeeze(m, c);
		return;
	}
	h->cmd = *c;
	*m->held_last = h;
	m->held_last = &h->next;
	loop_timer_start(&m->held_timer, MEDIA_TICK_US);
}

void media_trunk_add(struct media *m, struct media_trunk *t)
{
	MAGIC_CHECK(m, MEDIA_MAGIC);
	assert(t->ops && t->ops->read && t->ops->write);
	m->trunks++;
	media_command(m, &(struct media_cmd){ .type = CMD_TRUNK_ADD, .trunk = t });
}

void media_trunk_remove(struct media *m, struct media_trunk *t)
{
	MAGIC_CHECK(m, MEDIA_MAGIC);
	media_command(m, &(struct media_cmd){ .type = CMD_TRUNK_REMOVE, .trunk = t });
}

/* ---- notes ---- */

static void note_digit(const struct media_note *n)
{
	port_deliver(n->what, n->gen, &(struct media_event){
					      .type = n->type == NOTE_DIGIT_BEGIN ? MEDIA_DIGIT_BEGIN : MEDIA_DIGIT,
					      .digit = n->digit,
					      .duration_ms = n->value,
					      .at_us = n->at_us,
				      });
}

static void note_list(struct play_list *l)
{
	const struct media_event ev = { .type = MEDIA_PLAYED, .play = l->id, .cut = l->cut, .at_us = l->ended_us };
	struct media_port *p = l->port;
	uint32_t gen = l->gen;

	play_list_free(l);
	if (p)
		port_deliver(p, gen, &ev);
}

static void drain(struct media *m)
{
	struct media_note n;

	if (m->draining)
		return;
	m->draining = true;
	while (ring_pop(m->notes, &n)) {
		media_count(m, MC_EVENTS, 1);
		switch (n.type) {
		case NOTE_DIGIT_BEGIN:
		case NOTE_DIGIT:
			note_digit(&n);
			break;
		case NOTE_LIST:
			note_list(n.what);
			break;
		case NOTE_PORT:
			port_release(n.what);
			break;
		case NOTE_ROOM:
			room_release(n.what);
			break;
		case NOTE_TRUNK:
			m->trunks--;
			loop_queue(m->loop, &((struct media_trunk *)n.what)->removed);
			break;
		case NOTE_RECORDER:
			recorder_release(n.what, n.value);
			break;
		}
	}
	m->draining = false;
	if (!m->threaded || m->state != MEDIA_RUNNING) { /* what found the ring full comes now */
		if (media_flush_returns(m))
			loop_queue(m->loop, &m->drain_task);
	}
}
