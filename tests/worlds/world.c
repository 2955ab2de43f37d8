/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/worlds/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/coro.h"
#include "core/random.h"
#include "core/worker.h"
#include "tests/tmp.h"
#include "tests/worlds/harness.h"

#define BEGIN_UTC_US 1772416800000000LL /* Monday 2026-03-02 02:00 UTC, 10:00 in China */

uint64_t harness_seed = 1;

void world_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "%s:%d: at %.3f s: ", file, line, (double)(clock_mono_us() - 1000000) / 1e6);
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n");
	va_end(ap);
	_exit(1);
}

void world_check_int(int64_t got, int64_t want, const char *what, const char *file, int line)
{
	if (got != want)
		world_fail(file, line, "%s is %lld, should be %lld", what, (long long)got, (long long)want);
}

void world_check_str(const char *got, const char *want, const char *what, const char *file, int line)
{
	if (got == NULL || strcmp(got, want) != 0)
		world_fail(file, line, "%s is \"%s\", should be \"%s\"", what, got ? got : "(none)", want);
}

int64_t world_now_us(void)
{
	return clock_mono_us();
}

void world_run(struct world *w, double seconds)
{
	loop_run_until(w->loop, clock_mono_us() + (int64_t)(seconds * 1e6), NULL);
}

bool world_until(struct world *w, bool (*condition)(struct world *w, const void *arg), const void *arg, double seconds)
{
	int64_t end = clock_mono_us() + (int64_t)(seconds * 1e6);

	for (;;) {
		if (condition(w, arg))
			return true;
		if (clock_mono_us() >= end)
			return false;
		loop_run_until(w->loop, clock_mono_us() + CLOCK_MS(50), NULL);
	}
}

/* ---- opening and closing ---- */

static void world_event(struct exchange_listener *l, const char *line, const struct json_t *ev)
{
	struct world *w = container_of(l, struct world, listener);

	(void)ev;
	(void)fprintf(stderr, "%.3f %s\n", (double)(clock_mono_us() - 1000000) / 1e6, line);
	if (json_array_append_new(w->events, json_loads(line, 0, NULL)) != 0)
		world_fail(__FILE__, __LINE__, "event is not JSON: %s", line);
}

static void world_node_options(struct world *w, const struct world_setup *s)
{
	struct node_options *o = &w->options;
	const char *sounds = getenv("PARTYLINE_SOUNDS");

	node_options_default(o);
	(void)snprintf(o->name, sizeof(o->name), "node1");
	(void)snprintf(o->journal_dir, sizeof(o->journal_dir), "%s/journal", w->dir);
	(void)snprintf(o->sounds_dir, sizeof(o->sounds_dir), "%s", sounds ? sounds : "build/sounds");
	o->span_count = s->spans ? s->spans : 1;
	for (unsigned i = 0; i < o->span_count; i++) {
		e1_span_config_default(&o->span[i].e1);
		(void)snprintf(o->span[i].e1.name, sizeof(o->span[i].e1.name), i ? "pstn%u" : "pstn", i + 1);
		o->span[i].e1.role = E1_CPE;
		o->span[i].e1.transport = E1_PAIR;
		o->span[i].e1.hunt_from_high = true;
		o->span[i].show_host = true;
	}
	o->booked.claim_us = 0; /* scenarios with bookings say so */
	o->ivr.announce_host = false; /* what is measured is the talk */
	o->service_count = 1;
	o->service[0] = (struct ivr_service){
		.language = PROMPT_ZH_CN,
		.callback_delay_us = CLOCK_SEC(3),
		.retries = 2,
		.retry_interval_us = CLOCK_SEC(30),
	};
	CHECK_INT(number_canonical(&o->numbers, "12599", 0, 1, o->service[0].number), 0);
	if (s->options)
		s->options(o, s->arg);
}

static void world_join(struct world *w)
{
	for (unsigned i = 0; i < w->options.span_count; i++) {
		const char *name = w->options.span[i].e1.name;

		e1_pair_join(node_span(w->node, name), exchange_span(w->exchange, name));
	}
}

static bool spans_up(struct world *w, const void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < w->options.span_count; i++)
		if (!e1_span_up(node_span(w->node, w->options.span[i].e1.name)) ||
		    !e1_span_up(exchange_span(w->exchange, w->options.span[i].e1.name)))
			return false;
	return true;
}

/* Phones that ring until the scenario answers them; everything else is unallocated. */
static void world_phones(struct world *w)
{
	static const char *const phone[] = { "13800000001", "13800000002", "13800000003", "13800000009",
		                             "13900000001", "13900000003", "02584110001", "01065550001" };

	for (unsigned i = 0; i < sizeof(phone) / sizeof(phone[0]); i++)
		exchange_does(w, "number %s ring", phone[i]);
}

static void world_open_exchange(struct world *w)
{
	struct e1_span_config e1;

	CHECK_INT(exchange_alloc(&w->exchange, w->loop, &w->exchange_counters), 0);
	w->listener.event = world_event;
	exchange_listen(w->exchange, &w->listener);
	for (unsigned i = 0; i < w->options.span_count; i++) {
		e1 = w->options.span[i].e1;
		e1.role = E1_NETWORK;
		e1.hunt_from_high = false;
		CHECK_INT(exchange_add_span(w->exchange, &e1, w->cut), 0);
	}
	world_phones(w);
}

static void world_close_exchange(struct world *w)
{
	exchange_close(w->exchange);
	exchange_unlisten(&w->listener);
	exchange_free(w->exchange);
	w->exchange = NULL;
}

static void world_wait_spans(struct world *w)
{
	if (!world_until(w, spans_up, NULL, 60))
		world_fail(__FILE__, __LINE__, "the spans did not come up");
	world_run(w, 3.0); /* libpri-facts 3: a call within T200 of the start may meet a SABME */
}

static void world_start_node(struct world *w)
{
	CHECK_INT(node_alloc(&w->node, w->loop, &w->options), 0);
	world_join(w);
	CHECK_INT(node_start(w->node), 0);
	world_wait_spans(w);
}

/* Both ends of the spans. */
static void world_start(struct world *w)
{
	world_open_exchange(w);
	CHECK_INT(exchange_start(w->exchange), 0);
	world_start_node(w);
}

/* The node's way to the database is a link that can be taken away. */
static void world_link_database(struct world *w)
{
	CHECK_INT(harness_database(w->db, sizeof(w->db), &w->store), 0);
	w->options.store = w->store;
	(void)snprintf(w->options.store.socket, sizeof(w->options.store.socket), "%s/s", w->dir);
	database_returns(w);
}

struct world *world_open(const struct world_setup *s)
{
	static const struct world_setup usual = { .cut = EXCHANGE_CUT_ANY };
	struct world *w = calloc(1, sizeof(*w));
	char dir[64];

	if (s == NULL)
		s = &usual;
	tests_tmp(dir, sizeof(dir), "world");
	if (w == NULL || mkdtemp(dir) == NULL)
		world_fail(__FILE__, __LINE__, "no memory or no directory");
	(void)snprintf(w->dir, sizeof(w->dir), "%s", dir);
	clock_virtual_start(s->begin_utc_us ? s->begin_utc_us : BEGIN_UTC_US);
	random_seed(s->seed ? s->seed : harness_seed);
	w->events = json_array();
	w->forgotten = json_array();
	w->cut = s->cut;
	CHECK_INT(loop_alloc(&w->loop), 0);
	world_node_options(w, s);
	world_link_database(w);
	world_start(w);
	return w;
}

struct world *world_with(void (*options)(struct node_options *o, void *arg))
{
	struct world_setup s = { .options = options, .cut = EXCHANGE_CUT_ANY };

	return world_open(&s);
}

static void stopped(void *arg)
{
	*(bool *)arg = true;
}

static bool is_true(struct world *w, const void *arg)
{
	(void)w;
	return *(const bool *)arg;
}

static void world_stop_node(struct world *w)
{
	bool done = false;

	node_stop(w->node, stopped, &done); /* a callback still to come is given up */
	if (!world_until(w, is_true, &done, 120))
		world_fail(__FILE__, __LINE__, "the node did not stop");
	CHECK_INT(node_span_count(w->node), 0); /* a control connection may still ask */
}

static bool quiet(struct world *w, const void *arg)
{
	(void)arg;
	if (exchange_calls(w->exchange) > 0 || node_legs(w->node) > 0 || node_calls(w->node)->call_count > 0)
		return false;
	for (unsigned i = 0; i < w->options.span_count; i++) {
		struct e1_span *span = node_span(w->node, w->options.span[i].e1.name);
		struct e1_span_info info;

		if (span == NULL) /* stopped */
			continue;
		e1_span_info(span, &info);
		if (info.calls > 0 || (info.up && info.free_channels != 30))
			return false;
	}
	return worker_pool_busy(node_workers(w->node)) == 0 && coro_count(w->loop) == 0;
}

void expect_nothing_left(struct world *w, const char *what, double seconds)
{
	if (!world_until(w, quiet, NULL, seconds))
		world_fail(__FILE__, __LINE__,
		           "%s: not quiet after %.0f s: exchange has %u calls, node %u legs, %u multi-party calls, %u coroutines",
		           what, seconds, exchange_calls(w->exchange), node_legs(w->node), node_calls(w->node)->call_count,
		           coro_count(w->loop));
	if (sql_int(w, "SELECT COUNT(*) FROM v_account WHERE held_e4 <> 0") != 0)
		world_fail(__FILE__, __LINE__, "%s: money is still held", what);
	if (sql_int(w, "SELECT COUNT(*) FROM account a WHERE balance_e4 <> (SELECT COALESCE(SUM(amount_e4), 0) FROM ledger l "
	               "WHERE l.account_id = a.id)") != 0)
		world_fail(__FILE__, __LINE__, "%s: a balance is not the sum of its ledger", what);
}

void world_close(struct world *w)
{
	char cmd[300];

	exchange_release_all(w->exchange, 16);
	world_run(w, 0.5);
	world_stop_node(w);
	expect_nothing_left(w, "at the end", 60);
	node_free(w->node);
	expect_the_books_agree(w);
	world_close_exchange(w);
	world_run(w, 0.1);
	loop_free(w->loop);
	json_decref(w->events);
	json_decref(w->forgotten);
	free(w->used);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	if (system(cmd) != 0)
		world_fail(__FILE__, __LINE__, "%s failed", cmd);
	free(w);
}

/* ---- what breaks ---- */

void node_restarts(struct world *w)
{
	world_stop_node(w);
	node_free(w->node);
	world_start_node(w);
}

void world_sleeps(struct world *w, double seconds)
{
	world_stop_node(w);
	node_free(w->node);
	world_close_exchange(w);
	world_run(w, 0.1);
	events_forget(w);
	clock_virtual_set(clock_mono_us() + (int64_t)(seconds * 1e6));
	world_start(w);
}

void exchange_dies(struct world *w)
{
	world_close_exchange(w);
	events_forget(w);
}

void exchange_comes_back(struct world *w)
{
	world_open_exchange(w);
	world_join(w);
	CHECK_INT(exchange_start(w->exchange), 0);
	world_wait_spans(w);
}

void database_goes(struct world *w)
{
	CHECK_INT(unlink(w->options.store.socket), 0);
	harness_kill_connections(w);
}

void database_returns(struct world *w)
{
	CHECK_INT(symlink(w->store.socket, w->options.store.socket), 0);
}
