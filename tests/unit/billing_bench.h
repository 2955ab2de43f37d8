/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/billing_bench.h - a node's billing without the node, on a virtual clock and a real MariaDB: one account, one call at
 * a time, step by step. Included by the billing tests, after cmocka.
 */
#ifndef TESTS_UNIT_BILLING_BENCH_H
#define TESTS_UNIT_BILLING_BENCH_H

#include <errno.h>

#include "billing/account.h"
#include "billing/billing.h"
#include "billing/record.h"
#include "billing/tariff.h"
#include "core/coro.h"
#include "core/loop.h"
#include "core/worker.h"
#include "tests/unit/database.h"

#define HOST     "8613800000001"
#define START_US INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */

#define PER_MINUTE "local,,0.20,0,60,60,0\ndomestic,,0.60,0,60,60,0\n"
#define PER_SECOND "local,,0.20,0,0,1,0\ndomestic,,0.60,0,0,1,0\n"

/* ---- a node's billing, without the node ---- */

struct bench {
	struct loop            *loop;
	struct worker_pool     *workers;
	struct counter_registry counters;
	struct store           *store;
	struct billing         *b;
	char                    journal_dir[128];
	uint64_t                journal_big;
	struct charge          *charge;
	char                    call_id[ID_SIZE];
	struct charge_account   account;
	/* what the handlers were told */
	unsigned                warned, unwarned, exhausted;
	int                     seconds_left;
	int64_t                 warned_us, exhausted_us;
	bool                    closed;
	int64_t                 total_e4;
	unsigned                legs;
	char                    leg[16][ID_SIZE];
};

static unsigned bench_count;
static bool     database_gone;

static inline void unreachable(bool gone)
{
	assert_int_equal(database_shell(gone ? "stop" : "start"), 0);
	database_gone = gone;
}

static inline void bench_billing_open(struct bench *t)
{
	struct billing_config c = { .home_area = "10", .journal_big = t->journal_big };

	(void)snprintf(c.node, sizeof(c.node), "n%u", bench_count);
	(void)snprintf(c.journal_dir, sizeof(c.journal_dir), "%s", t->journal_dir);
	assert_int_equal(billing_open(&t->b, t->loop, t->store, t->workers, &t->counters, &c), 0);
}

static inline void import(struct store *s, enum csv_kind kind, const char *text)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	unsigned rows;

	assert_non_null(f);
	assert_int_equal(
		tariff_import(
			s, &(struct tariff_import){ .kind = kind, .csv = f, .file = "csv", .name = "standard", .errors = stderr },
			&rows),
		0);
	(void)fclose(f);
}

static inline void bench_open(struct bench *t, int64_t opening_e4, const char *tariff)
{
	struct account_new n = {
		.number = HOST, .language = "zh-CN", .tariff = "standard", .who = "test", .opening_e4 = opening_e4
	};

	memset(t, 0, sizeof(*t));
	if (database_gone) /* an earlier test failed half-way */
		unreachable(false);
	clock_virtual_start(START_US);
	random_seed(++bench_count);
	assert_int_equal(loop_alloc(&t->loop), 0);
	assert_int_equal(worker_pool_alloc(&t->workers, t->loop, "w", 2), 0);
	t->store = database_fresh();
	import(t->store, CSV_AREAS, "8610,10,Beijing\n8625,25,Nanjing\n86138,10,Beijing mobile\n86139,25,Nanjing mobile\n");
	import(t->store, CSV_BARS, "exact,110,emergency\nprefix,8616888,premium\n");
	import(t->store, CSV_TARIFF, tariff);
	n.at_utc_us = clock_utc_us();
	assert_int_equal(account_add(t->store, &n), 0);
	(void)snprintf(t->journal_dir, sizeof(t->journal_dir), "%s/journal%u", database_dir, bench_count);
	bench_billing_open(t);
}

static inline void bench_run(struct bench *t, double seconds)
{
	loop_run_until(t->loop, clock_mono_us() + (int64_t)(seconds * 1e6), NULL);
}

static inline void bench_billing_close(struct bench *t)
{
	for (int i = 0; !billing_idle(t->b) && i < 1000; i++)
		bench_run(t, 0.1);
	assert_true(billing_idle(t->b));
	billing_close(t->b);
	t->b = NULL;
}

/* Counts money in and out: whatever happened, this holds. */
static inline void bench_check_money(struct bench *t)
{
	assert_int_equal(
		database_int(t->store,
	                     "SELECT COUNT(*) FROM account a WHERE a.balance_e4 <> (SELECT COALESCE(SUM(l.amount_e4), 0) "
	                     "FROM ledger l WHERE l.account_id = a.id)"),
		0);
	assert_int_equal(database_int(t->store,
	                              "SELECT COUNT(*) FROM account a WHERE a.held_e4 <> (SELECT COALESCE(SUM(h.amount_e4), 0) "
	                              "FROM hold h WHERE h.account_id = a.id AND h.state = 'open')"),
	                 0);
	assert_int_equal(database_int(t->store, "SELECT COUNT(*) FROM account WHERE balance_e4 + credit_e4 < held_e4"), 0);
}

static inline void bench_close(struct bench *t)
{
	bench_billing_close(t);
	bench_check_money(t);
	assert_int_equal(database_int(t->store, "SELECT COUNT(*) FROM hold WHERE state = 'open'"), 0);
	store_close(t->store);
	worker_pool_free(t->workers);
	loop_free(t->loop);
}

static inline int64_t balance(struct bench *t)
{
	return database_int(t->store, "SELECT balance_e4 FROM v_account WHERE number = '" HOST "'");
}

static inline int64_t held(struct bench *t)
{
	return database_int(t->store, "SELECT held_e4 FROM v_account WHERE number = '" HOST "'");
}

/* ---- a call, step by step; each waits in a coroutine as the real one does ---- */

struct step {
	struct bench *t;
	int (*fn)(struct step *);
	bool        over;
	int         err;
	const char *called;
	int64_t     amount_e4;
	struct rate_quote rate;
};

static inline void step_coro(void *arg)
{
	struct step *s = arg;

	s->err = s->fn(s);
	s->over = true;
}

static inline int step_run(struct step *s)
{
	assert_int_equal(coro_spawn(s->t->loop, "step", step_coro, s), 0);
	for (int i = 0; !s->over && i < 600; i++)
		loop_run_until(s->t->loop, clock_mono_us() + 50000, &s->over);
	assert_true(s->over);
	return s->err;
}

static inline void on_warn(void *arg, int seconds_left)
{
	struct bench *t = arg;

	t->warned++;
	t->seconds_left = seconds_left;
	t->warned_us = clock_mono_us();
}

static inline void on_unwarn(void *arg) { ((struct bench *)arg)->unwarned++; }

static inline void leg_end(struct bench *t, unsigned i, int64_t *amount_e4)
{
	charge_leg_ended(t->charge, t->leg[i], clock_mono_us(), amount_e4);
}

static inline void on_exhausted(void *arg)
{
	struct bench *t = arg;

	t->exhausted++;
	t->exhausted_us = clock_mono_us();
	for (unsigned i = 0; i < t->legs; i++)
		leg_end(t, i, NULL);
}

static const struct charge_handlers handlers = { on_warn, on_unwarn, on_exhausted };

static inline int trigger_fn(void *arg)
{
	struct step *s = arg;
	struct billing_trigger q;
	int err = billing_trigger_check(s->t->b, HOST, &(struct account_door){ "12599", NULL }, clock_utc_us(), &q);

	s->t->account = q.account;
	s->rate = q.callback_rate;
	s->amount_e4 = q.hold_e4;
	return err;
}

static inline int open_step(struct step *s)
{
	int err = worker_call(s->t->workers, trigger_fn, s);

	if (err)
		return err;
	random_id(s->t->call_id);
	return charge_open(&s->t->charge, s->t->b, s->t->call_id, &s->t->account, s->amount_e4);
}

static inline int trigger(struct bench *t)
{
	struct step s = { .t = t, .fn = open_step };
	int err = step_run(&s);

	if (!err)
		charge_set_owner(t->charge, &handlers, t);
	return err;
}

static inline int rate_fn(void *arg)
{
	struct step *s = arg;

	return billing_rate_leg(s->t->b, &s->t->account, s->called, clock_utc_us(), &s->rate);
}

static inline int reserve_step(struct step *s)
{
	int err = worker_call(s->t->workers, rate_fn, s);

	if (err)
		return err;
	random_id(s->t->leg[s->t->legs]);
	return charge_leg_reserve_wait(s->t->charge, s->t->leg[s->t->legs++], &s->rate);
}

static inline int reserve(struct bench *t, const char *called)
{
	struct step s = { .t = t, .fn = reserve_step, .called = called };

	return step_run(&s);
}

static inline void answer(struct bench *t, unsigned i)
{
	charge_leg_answered(t->charge, t->leg[i], clock_mono_us(), clock_utc_us());
}

static inline void on_closed(void *arg, int64_t total_e4)
{
	struct bench *t = arg;

	t->closed = true;
	t->total_e4 = total_e4;
}

static inline void close_call(struct bench *t)
{
	charge_close(t->charge, on_closed, t);
	for (int i = 0; !t->closed && i < 600; i++)
		bench_run(t, 0.1);
	assert_true(t->closed);
	t->charge = NULL;
}

/* ---- how most calls begin and end ---- */

/* The trigger is taken, and the callback's leg, number 0, reserved. */
static inline void host_is_called(struct bench *t)
{
	assert_int_equal(trigger(t), 0);
	assert_int_equal(reserve(t, HOST), 0);
}

static inline void host_talks(struct bench *t)
{
	host_is_called(t);
	answer(t, 0);
}

static inline void party_is_called(struct bench *t, const char *number)
{
	assert_int_equal(reserve(t, number), 0);
}

/* Every leg that is reserved, in the same microsecond. */
static inline void all_answer(struct bench *t)
{
	for (unsigned i = 0; i < t->legs; i++)
		answer(t, i);
}

/* The host's leg is over, and with it the call. */
static inline void host_hangs_up(struct bench *t)
{
	leg_end(t, 0, NULL);
	close_call(t);
}

#endif
