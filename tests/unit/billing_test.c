/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/billing_test.c - the money of a call from trigger to ledger, on a virtual clock and a real MariaDB: rules 20 to 23,
 * and what a crash or a dead database leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "billing/account.h"
#include "billing/billing.h"
#include "billing/record.h"
#include "billing/tariff.h"
#include "core/coro.h"
#include "core/loop.h"
#include "core/worker.h"
#include "tests/unit/database.h"

#define HOST    "8613800000001"
#define START_US INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */

/* ---- a node's billing, without the node ---- */

struct bench {
	struct loop            *loop;
	struct worker_pool     *workers;
	struct counter_registry counters;
	struct store           *store;
	struct billing         *b;
	char                    journal_dir[128];
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

static void unreachable(bool gone)
{
	assert_int_equal(database_shell(gone ? "stop" : "start"), 0);
	database_gone = gone;
}

static void bench_billing_open(struct bench *t)
{
	struct billing_config c = { .home_area = "10" };

	(void)snprintf(c.node, sizeof(c.node), "n%u", bench_count);
	(void)snprintf(c.journal_dir, sizeof(c.journal_dir), "%s", t->journal_dir);
	assert_int_equal(billing_open(&t->b, t->loop, t->store, t->workers, &t->counters, &c), 0);
}

static void import(struct store *s, enum csv_kind kind, const char *text)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	unsigned rows;

	assert_non_null(f);
	assert_int_equal(tariff_import(s, kind, f, "csv", "standard", clock_utc_us(), stderr, &rows), 0);
	(void)fclose(f);
}

static void bench_open(struct bench *t, int64_t opening_e4, const char *tariff)
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

static void bench_run(struct bench *t, double seconds)
{
	loop_run_until(t->loop, clock_mono_us() + (int64_t)(seconds * 1e6), NULL);
}

static void bench_billing_close(struct bench *t)
{
	for (int i = 0; !billing_idle(t->b) && i < 1000; i++)
		bench_run(t, 0.1);
	assert_true(billing_idle(t->b));
	billing_close(t->b);
	t->b = NULL;
}

/* Counts money in and out: whatever happened, this holds. */
static void bench_check_money(struct bench *t)
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

static void bench_close(struct bench *t)
{
	bench_billing_close(t);
	bench_check_money(t);
	assert_int_equal(database_int(t->store, "SELECT COUNT(*) FROM hold WHERE state = 'open'"), 0);
	store_close(t->store);
	worker_pool_free(t->workers);
	loop_free(t->loop);
}

static int64_t balance(struct bench *t)
{
	return database_int(t->store, "SELECT balance_e4 FROM v_account WHERE number = '" HOST "'");
}

static int64_t held(struct bench *t)
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
	struct rate rate;
};

static void step_coro(void *arg)
{
	struct step *s = arg;

	s->err = s->fn(s);
	s->over = true;
}

static int step_run(struct step *s)
{
	assert_int_equal(coro_spawn(s->t->loop, "step", step_coro, s), 0);
	for (int i = 0; !s->over && i < 600; i++)
		loop_run_until(s->t->loop, clock_mono_us() + 50000, &s->over);
	assert_true(s->over);
	return s->err;
}

static void on_warn(void *arg, int seconds_left)
{
	struct bench *t = arg;

	t->warned++;
	t->seconds_left = seconds_left;
	t->warned_us = clock_mono_us();
}

static void on_unwarn(void *arg) { ((struct bench *)arg)->unwarned++; }

static void leg_end(struct bench *t, unsigned i, int64_t *amount_e4)
{
	charge_leg_ended(t->charge, t->leg[i], clock_mono_us(), amount_e4);
}

static void on_exhausted(void *arg)
{
	struct bench *t = arg;

	t->exhausted++;
	t->exhausted_us = clock_mono_us();
	for (unsigned i = 0; i < t->legs; i++)
		leg_end(t, i, NULL);
}

static const struct charge_handlers handlers = { on_warn, on_unwarn, on_exhausted };

static int trigger_fn(void *arg)
{
	struct step *s = arg;
	struct billing_trigger q;
	int err = billing_trigger_check(s->t->b, HOST, "12599", clock_utc_us(), &q);

	s->t->account = q.account;
	s->rate = q.callback_rate;
	s->amount_e4 = q.hold_e4;
	return err;
}

static int open_step(struct step *s)
{
	int err = worker_call(s->t->workers, trigger_fn, s);

	if (err)
		return err;
	random_id(s->t->call_id);
	return charge_open(&s->t->charge, s->t->b, s->t->call_id, &s->t->account, s->amount_e4);
}

static int trigger(struct bench *t)
{
	struct step s = { .t = t, .fn = open_step };
	int err = step_run(&s);

	if (!err)
		charge_set_owner(t->charge, &handlers, t);
	return err;
}

static int rate_fn(void *arg)
{
	struct step *s = arg;

	return billing_rate_leg(s->t->b, &s->t->account, s->called, clock_utc_us(), &s->rate);
}

static int reserve_step(struct step *s)
{
	int err = worker_call(s->t->workers, rate_fn, s);

	if (err)
		return err;
	random_id(s->t->leg[s->t->legs]);
	return charge_leg_reserve_wait(s->t->charge, s->t->leg[s->t->legs++], &s->rate);
}

static int reserve(struct bench *t, const char *called)
{
	struct step s = { .t = t, .fn = reserve_step, .called = called };

	return step_run(&s);
}

static void answer(struct bench *t, unsigned i)
{
	charge_leg_answered(t->charge, t->leg[i], clock_mono_us(), clock_utc_us());
}

static void on_closed(void *arg, int64_t total_e4)
{
	struct bench *t = arg;

	t->closed = true;
	t->total_e4 = total_e4;
}

static void close_call(struct bench *t)
{
	charge_close(t->charge, on_closed, t);
	for (int i = 0; !t->closed && i < 600; i++)
		bench_run(t, 0.1);
	assert_true(t->closed);
	t->charge = NULL;
}

#define PER_MINUTE "local,,0.20,0,60,60,0\ndomestic,,0.60,0,60,60,0\n"
#define PER_SECOND "local,,0.20,0,0,1,0\ndomestic,,0.60,0,0,1,0\n"

/* ---- a call that goes well ---- */

static void test_a_call_is_held_charged_and_given_back(void **state)
{
	struct bench t;
	int64_t host_e4, member_e4;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(held(&t), 2000 + 2000); /* rule 20: callback local, cheapest member local */
	assert_int_equal(reserve(&t, HOST), 0);
	assert_int_equal(reserve(&t, "8613900000002"), 0);
	answer(&t, 0);
	bench_run(&t, 10);
	answer(&t, 1);
	bench_run(&t, 0.5);
	assert_true(held(&t) >= 2000 * 2 + 6000 * 2);
	bench_run(&t, 61);
	leg_end(&t, 1, &member_e4);
	leg_end(&t, 0, &host_e4);
	assert_int_equal(host_e4, 4000);    /* 71.5 s: two minutes at 0.20 */
	assert_int_equal(member_e4, 12000); /* 61.5 s: two minutes at 0.60 */
	close_call(&t);
	assert_int_equal(t.total_e4, 16000);
	assert_int_equal(balance(&t), 1000000 - 16000);
	assert_int_equal(held(&t), 0);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM v_ledger WHERE kind = 'charge'"), 2);
	assert_int_equal(t.warned + t.exhausted, 0);
	bench_close(&t);
}

static void test_a_leg_never_answered_costs_nothing(void **state)
{
	struct bench t;
	int64_t amount;

	(void)state;
	bench_open(&t, 10000, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	bench_run(&t, 40);
	leg_end(&t, 0, &amount);
	assert_int_equal(amount, 0);
	close_call(&t);
	assert_int_equal(balance(&t), 10000);
	bench_close(&t);
}

/* ---- refusals (rules 13, 20) ---- */

static void test_trigger_is_refused_with_its_reason(void **state)
{
	struct billing_trigger q;
	struct bench t;

	(void)state;
	bench_open(&t, 3999, PER_MINUTE); /* 0.4000 is needed */
	assert_int_equal(trigger(&t), -EDQUOT);
	assert_int_equal(held(&t), 0);
	assert_int_equal(billing_trigger_check(t.b, "8613811111111", "12599", clock_utc_us(), &q), -ENOENT);
	assert_string_equal(q.language, "");
	assert_int_equal(account_set_language(t.store, HOST, "en", "test", clock_utc_us()), 0);
	assert_int_equal(account_set_state(t.store, HOST, "suspended", "test", clock_utc_us()), 0);
	assert_int_equal(billing_trigger_check(t.b, HOST, "12599", clock_utc_us(), &q), -EACCES);
	assert_string_equal(q.language, "en"); /* so that he is told in his language */
	database_do(t.store, "DELETE FROM tariff_rate");
	assert_int_equal(account_set_state(t.store, HOST, "active", "test", clock_utc_us()), 0);
	assert_int_equal(billing_trigger_check(t.b, HOST, "12599", clock_utc_us(), &q), -ENODATA);
	bench_close(&t);
}

static void test_member_leg_is_refused_with_its_reason(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, "s:110"), -EACCES);
	assert_int_equal(reserve(&t, "8610110"), -EACCES);       /* behind the area code of Beijing */
	assert_int_equal(reserve(&t, "8625110"), -EACCES);
	assert_int_equal(reserve(&t, "861688812345"), -EACCES);
	assert_int_equal(reserve(&t, "442071838750"), -ENOENT);  /* no rate for it */
	assert_int_equal(reserve(&t, "861084110110"), 0);        /* a subscriber whose number ends so */
	leg_end(&t, 0, NULL);
	close_call(&t);
	bench_close(&t);
}

/* Held for one, not for two: the second is refused before its SETUP, the first goes on. */
static void test_a_leg_without_money_is_refused_before_its_setup(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 5000, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	assert_int_equal(reserve(&t, "861084110001"), 0);
	assert_int_equal(reserve(&t, "861084110002"), -EDQUOT);
	leg_end(&t, 0, NULL);
	leg_end(&t, 1, NULL);
	leg_end(&t, 2, NULL);
	close_call(&t);
	assert_int_equal(balance(&t), 5000);
	bench_close(&t);
}

/* Two calls of one account cannot hold the same money. */
static void test_two_calls_share_one_account(void **state)
{
	struct charge *first;
	struct bench t;

	(void)state;
	bench_open(&t, 7999, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	first = t.charge;
	assert_int_equal(trigger(&t), -EDQUOT);
	assert_int_equal(held(&t), 4000);
	t.charge = first;
	close_call(&t);
	assert_int_equal(held(&t), 0);
	bench_close(&t);
}

/* ---- rule 22 ---- */

static void three_answered_together(struct bench *t, const char *tariff)
{
	bench_open(t, 10000, tariff); /* 1.00 */
	assert_int_equal(trigger(t), 0);
	assert_int_equal(reserve(t, HOST), 0);
	assert_int_equal(reserve(t, "861084110001"), 0);
	assert_int_equal(reserve(t, "861084110002"), 0);
	answer(t, 0);
	answer(t, 1);
	answer(t, 2);
}

static void test_rule_22_per_second(void **state)
{
	struct bench t;
	int64_t answered;

	(void)state;
	three_answered_together(&t, PER_SECOND);
	answered = clock_mono_us();
	bench_run(&t, 38);
	assert_int_equal(charge_seconds_left(t.charge), 62);
	assert_int_equal(t.warned, 0);
	bench_run(&t, 5);
	assert_int_equal(t.warned, 1);
	assert_int_equal(t.warned_us - answered, CLOCK_SEC(40));
	assert_int_equal(t.seconds_left, 60);
	bench_run(&t, 70);
	assert_int_equal(t.exhausted, 1);
	assert_int_equal(t.exhausted_us - answered, CLOCK_SEC(100));
	close_call(&t);
	/* 3 x 0.3333: each leg is rounded down to 1/10000 once, which leaves 0.0001 of the 1.00, and nothing that can be
	 * spoken */
	assert_int_equal(balance(&t), 1);
	assert_int_equal(t.warned, 1);
	bench_close(&t);
}

static void test_rule_22_per_minute(void **state)
{
	struct bench t;
	int64_t answered;

	(void)state;
	three_answered_together(&t, PER_MINUTE);
	answered = clock_mono_us();
	bench_run(&t, 0.1);
	assert_int_equal(t.warned, 1); /* at answer: the second minute is not covered */
	assert_int_equal(t.seconds_left, 60);
	bench_run(&t, 80);
	assert_int_equal(t.exhausted, 1);
	assert_int_equal(t.exhausted_us - answered, CLOCK_SEC(60));
	close_call(&t);
	assert_int_equal(balance(&t), 4000);
	bench_close(&t);
}

/* A third leg moves the end nearer: warned at once, with the new figure. */
static void test_rule_22_a_leg_added_late(void **state)
{
	struct bench t;
	int64_t answered;

	(void)state;
	bench_open(&t, 10000, PER_SECOND);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	answer(&t, 0);
	answered = clock_mono_us();
	bench_run(&t, 180); /* 0.60 used up; 120 s left alone */
	assert_int_equal(t.warned, 0);
	assert_int_equal(reserve(&t, "8613900000001"), 0);
	answer(&t, 1); /* 0.20 and 0.60 a minute: 30 s */
	bench_run(&t, 1);
	assert_int_equal(t.warned, 1);
	assert_in_range(t.seconds_left, 29, 31);
	bench_run(&t, 60);
	assert_int_equal(t.exhausted, 1);
	assert_in_range(t.exhausted_us - answered, CLOCK_SEC(209), CLOCK_SEC(211));
	close_call(&t);
	assert_in_range(balance(&t), 0, 70); /* less than both next seconds */
	bench_close(&t);
}

static void test_rule_22_a_recharge_withdraws_the_warning(void **state)
{
	struct bench t;
	char id[ID_SIZE];

	(void)state;
	three_answered_together(&t, PER_MINUTE);
	bench_run(&t, 20);
	assert_int_equal(t.warned, 1);
	random_id(id);
	assert_int_equal(account_topup(t.store, id, HOST, 100000, "card", clock_utc_us()), 0);
	bench_run(&t, 5);
	assert_int_equal(t.unwarned, 1);
	bench_run(&t, 100);
	assert_int_equal(t.exhausted, 0);
	assert_int_equal(t.warned, 1);
	for (unsigned i = 0; i < 3; i++)
		leg_end(&t, i, NULL);
	close_call(&t);
	assert_int_equal(balance(&t), 110000 - 3 * 3 * 2000); /* 125 s */
	bench_close(&t);
}

/* A leg that leaves frees what the others need: the warning is withdrawn, not from within the call that ended it. */
static void test_rule_22_a_leg_that_leaves_withdraws_the_warning(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 10000, PER_SECOND);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	assert_int_equal(reserve(&t, "8613900000001"), 0);
	answer(&t, 0);
	answer(&t, 1);
	bench_run(&t, 20); /* 0.80 a minute: 75 s, warned at 15 */
	assert_int_equal(t.warned, 1);
	leg_end(&t, 1, NULL);
	assert_int_equal(t.unwarned, 0);
	bench_run(&t, 4);
	assert_int_equal(t.unwarned, 1);
	leg_end(&t, 0, NULL);
	close_call(&t);
	bench_close(&t);
}

static void reserved_or_not(void *arg, int err)
{
	(void)arg;
	(void)err;
}

/* The same in the millisecond in which the database is asked, just before the end: the end that was planned is not true any
 * more. */
static void test_rule_22_legs_that_leave_while_the_database_is_asked(void **state)
{
	struct rate member = { .price_e4 = 2000, .minimum_s = 60, .increment_s = 60 };
	struct bench t;

	(void)state;
	three_answered_together(&t, PER_MINUTE);
	bench_run(&t, 59.9995);
	random_id(t.leg[3]);
	t.legs = 4;
	assert_int_equal(charge_leg_reserve(t.charge, t.leg[3], &member, reserved_or_not, NULL), 0);
	leg_end(&t, 1, NULL);
	leg_end(&t, 2, NULL);
	bench_run(&t, 10);
	assert_int_equal(t.exhausted, 0); /* the host's second minute is covered */
	leg_end(&t, 3, NULL);
	leg_end(&t, 0, NULL);
	close_call(&t);
	assert_int_equal(balance(&t), 10000 - 4 * 2000);
	bench_close(&t);
}

/* Minutes left, said before a party is dialled. */
static void test_seconds_left_with_another_leg(void **state)
{
	struct rate member = { .price_e4 = 6000, .increment_s = 1 };
	struct bench t;

	(void)state;
	bench_open(&t, 10000, PER_SECOND);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(charge_seconds_left(t.charge), INT64_MAX); /* nothing is due */
	assert_int_equal(reserve(&t, HOST), 0);
	answer(&t, 0);
	bench_run(&t, 0.5);
	assert_in_range(charge_seconds_left(t.charge), 299, 300);
	assert_in_range(charge_seconds_left_with(t.charge, &member), 74, 75);
	leg_end(&t, 0, NULL);
	assert_int_equal(charge_seconds_left(t.charge), INT64_MAX);
	close_call(&t);
	bench_close(&t);
}

/* ---- rule 23: no database ---- */

static void test_rule_23_the_hold_lasts_and_then_it_ends(void **state)
{
	struct bench t;
	int64_t began;

	(void)state;
	bench_open(&t, 1000000, PER_SECOND);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	answer(&t, 0);
	bench_run(&t, 1);
	began = clock_mono_us();
	unreachable(true);
	bench_run(&t, 90);
	assert_int_equal(t.exhausted, 1);
	assert_true(t.exhausted_us - began < CLOCK_SEC(60)); /* before the hold is somebody else's */
	assert_true(t.exhausted_us - began > CLOCK_SEC(30));
	unreachable(false);
	close_call(&t);
	assert_true(balance(&t) < 1000000);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM loss"), 0);
	bench_close(&t);
}

static void test_rule_23_trust_and_loss(void **state)
{
	struct bench t;
	int64_t began;

	(void)state;
	bench_open(&t, 5000, PER_MINUTE);
	database_do(t.store, "UPDATE account SET trust_e4 = 10000");
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	answer(&t, 0);
	began = clock_mono_us();
	bench_run(&t, 1);
	unreachable(true);
	bench_run(&t, 400);
	assert_int_equal(t.exhausted, 1);
	/* beyond the hold's expiry only the trust of 1.00 counts: five minutes at 0.20 */
	assert_int_equal(t.exhausted_us - began, CLOCK_SEC(300));
	unreachable(false);
	close_call(&t);
	assert_int_equal(balance(&t), 0); /* never below */
	assert_int_equal(database_int(t.store, "SELECT SUM(amount_e4) FROM loss"), 5000);
	bench_close(&t);
}

/* The call ends while the database is dead: its owner is not kept waiting, the journal has it, the next start settles it. */
static void test_rule_23_settled_by_the_next_start(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	answer(&t, 0);
	bench_run(&t, 70);
	unreachable(true);
	leg_end(&t, 0, NULL);
	close_call(&t);
	assert_int_equal(t.total_e4, 4000);
	bench_billing_close(&t);
	unreachable(false);
	assert_int_equal(balance(&t), 1000000);
	bench_billing_open(&t);
	assert_int_equal(balance(&t), 1000000 - 4000);
	assert_int_equal(held(&t), 0);
	bench_close(&t);
}

/* ---- crashes ---- */

/* What kill -9 leaves: the journal's file and the database, nothing of the program. It stays behind as garbage. */
static void crash(struct bench *t)
{
	char cmd[400];

	for (int i = 0; i < 20; i++)
		bench_run(t, 0.001);
	(void)snprintf(cmd, sizeof(cmd), "cp -r %s %s.crashed", t->journal_dir, t->journal_dir);
	assert_int_equal(system(cmd), 0);
}

static void after_crash(struct bench *t)
{
	(void)snprintf(t->journal_dir + strlen(t->journal_dir), sizeof(t->journal_dir) - strlen(t->journal_dir), ".crashed");
	bench_billing_open(t);
}

static void test_after_a_crash_a_leg_costs_its_last_checkpoint(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_SECOND);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	assert_int_equal(reserve(&t, "8613900000001"), 0);
	answer(&t, 0);
	answer(&t, 1);
	bench_run(&t, 20);
	leg_end(&t, 1, NULL); /* 20 s at 0.60: 0.20 */
	bench_run(&t, 13.5);
	crash(&t);
	leg_end(&t, 0, NULL); /* the old life is wound up; it may not count */
	charge_close(t.charge, NULL, NULL);
	database_do(t.store, "SET @x = 1");
	bench_run(&t, 1);
	bench_billing_close(&t);
	/* take the old life's settlement back, as if it had never been */
	database_do(t.store, "DELETE FROM ledger WHERE kind = 'charge'");
	database_do(t.store, "UPDATE hold SET state = 'open', closed_at = NULL");
	database_do(t.store, "UPDATE account SET balance_e4 = 1000000, held_e4 = (SELECT SUM(amount_e4) FROM hold)");
	after_crash(&t);
	{
		int64_t host_e4 = -database_int(t.store, "SELECT MAX(amount_e4) FROM ledger WHERE kind = 'charge'");
		int64_t talk_s = host_e4 * 60 / 2000;

		assert_int_equal(database_int(t.store, "SELECT MIN(amount_e4) FROM ledger WHERE kind = 'charge'"), -2000);
		assert_in_range(talk_s, 28, 34); /* never more than the talk of 33.5 s, at most a checkpoint less */
		assert_int_equal(balance(&t), 1000000 - 2000 - host_e4);
	}
	assert_int_equal(held(&t), 0);
	bench_billing_close(&t);
	after_crash(&t); /* once more: there is nothing left to do */
	bench_close(&t);
}

/* The hold of a node that never came back is given back by any other. */
static void test_a_dead_nodes_hold_expires(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 10000, PER_MINUTE);
	database_do(t.store, "INSERT INTO hold (id, account_id, node, amount_e4, opened_at, expires_at) SELECT REPEAT('a', 32), "
	                     "id, 'dead', 6000, "
	                     "'2026-03-02 12:00:00', '2026-03-02 12:01:00' FROM account");
	database_do(t.store, "UPDATE account SET held_e4 = 6000");
	bench_run(&t, 60);
	assert_int_equal(held(&t), 6000);
	bench_run(&t, 20);
	assert_int_equal(held(&t), 0);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM hold WHERE state = 'expired'"), 1);
	bench_close(&t);
}

/* ---- each statement failing in turn ---- */

static void whole_call(struct bench *t)
{
	t->legs = 0;
	t->closed = false;
	assert_int_equal(trigger(t), 0);
	assert_int_equal(reserve(t, HOST), 0);
	assert_int_equal(reserve(t, "8613900000002"), 0);
	answer(t, 0);
	answer(t, 1);
	bench_run(t, 61.5);
	leg_end(t, 1, NULL);
	leg_end(t, 0, NULL);
	close_call(t);
}

/* Refused before it is sent, or done and its answer lost: the same money every time. */
static void test_each_statement_failing_the_same_money(void **state)
{
	static const unsigned error[] = { 1213, 1205, 2006, 2013 };
	int64_t left = 100000000;
	struct bench t;

	(void)state;
	bench_open(&t, left, PER_MINUTE);
	for (unsigned e = 0; e < ARRAY_LEN(error); e++)
		for (unsigned n = 1; n < 100; n++) {
			store_fault(t.store, n, error[e], (n + e) % 2);
			whole_call(&t);
			store_fault(t.store, 0, 0, false);
			left -= 4000 + 12000;
			assert_int_equal(balance(&t), left);
			assert_int_equal(held(&t), 0);
		}
	bench_close(&t);
}

/* ---- records ---- */

static struct leg_record a_leg(struct bench *t, const char *call_id, unsigned i)
{
	struct leg_record r = {
		.account_id = t->account.account_id,
		.provider_id = 1,
		.role = i ? "member" : "host",
		.order = i,
		.outgoing = true,
		.trunk = "pstn",
		.channel = "e1/pstn:1",
		.timeslot = 1,
		.calling = "12599",
		.calling_raw = "12599",
		.called = HOST,
		.called_raw = "it's \\ \"bad\" \x01 '; DROP TABLE ledger; --",
		.presentation = "allowed",
		.screening = "network",
		.began_us = START_US,
		.answered_us = START_US + 1000000,
		.ended_us = START_US + 2000000,
		.talk_ms = 1000,
		.cause = 16,
	};

	memcpy(r.call_id, call_id, ID_SIZE);
	memcpy(r.leg_id, t->leg[i], ID_SIZE);
	return r;
}

static void test_a_legs_record_says_what_it_cost(void **state)
{
	struct call_record call = {
		.host = HOST, .service = "12599", .began_us = START_US, .ended_us = START_US + 5000000, .cause = 16
	};
	char other[ID_SIZE];
	struct leg_record leg;
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	assert_int_equal(reserve(&t, "8613900000002"), 0);
	answer(&t, 0);
	bench_run(&t, 61.5);
	leg_end(&t, 0, NULL);
	leg_end(&t, 1, NULL); /* never answered */
	leg = a_leg(&t, t.call_id, 0);
	record_put_leg(t.b, &leg);
	record_put_leg(t.b, &leg); /* twice is once */
	leg = a_leg(&t, t.call_id, 1);
	leg.answered_us = 0;
	leg.trunk = leg.channel = "";
	record_put_leg(t.b, &leg);
	random_id(other); /* a refused trigger belongs to no charge */
	random_id(t.leg[2]);
	leg = a_leg(&t, other, 2);
	leg.role = "trigger";
	leg.outgoing = false;
	leg.account_id = leg.provider_id = leg.answered_us = 0;
	record_put_leg(t.b, &leg);
	memcpy(call.call_id, t.call_id, ID_SIZE);
	record_put_call(t.b, &call);
	close_call(&t);
	bench_run(&t, 1);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM leg_record"), 3);
	assert_int_equal(database_int(t.store,
	                              "SELECT COUNT(*) FROM leg_record r JOIN ledger l ON l.id = r.transfer_id AND l.amount_e4 = "
	                              "-r.amount_e4 WHERE r.role = 'host' AND r.billable_s = 120 AND r.charged_ms = 61500 AND "
	                              "r.rate = '0,2000,60,60,0,480,'"),
	                 1);
	assert_int_equal(database_int(t.store, "SELECT amount_e4 FROM leg_record WHERE role = 'host'"), 4000);
	assert_int_equal(database_int(t.store, "SELECT charge_e4 FROM v_leg WHERE role = 'host'"), 4000);
	assert_int_equal(database_int(t.store, "SELECT charge_e4 FROM v_call"), 4000);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM leg_record WHERE role <> 'host' AND amount_e4 IS NULL AND "
	                                       "transfer_id IS NULL AND answered_at IS NULL"), 2);
	assert_int_equal(database_int(t.store,
	                              "SELECT COUNT(*) FROM v_leg WHERE began_at = '2026-03-02 12:00:00.000' AND called = '" HOST
	                              "'"),
	                 3);
	bench_close(&t);
}

/* What the database refuses for ever is put aside, and does not keep the node from ending, nor from starting. */
static void test_a_record_that_is_refused_is_put_aside(void **state)
{
	char cmd[300];
	struct leg_record leg;
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	random_id(t.leg[0]);
	leg = a_leg(&t, t.leg[0], 0);
	leg.cause = 127;
	database_do(t.store, "ALTER TABLE leg_record ADD CONSTRAINT no127 CHECK (cause <> 127)");
	record_put_leg(t.b, &leg);
	bench_run(&t, 1);
	assert_true(billing_idle(t.b));
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM leg_record"), 0);
	(void)snprintf(cmd, sizeof(cmd), "grep -q %s %s/n%u.rejected", t.leg[0], t.journal_dir, bench_count);
	assert_int_equal(system(cmd), 0);
	bench_close(&t);
}

/* A record made while the database is dead comes with the next start, once. */
static void test_a_record_waits_in_the_journal(void **state)
{
	struct leg_record leg;
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	random_id(t.leg[0]);
	leg = a_leg(&t, t.leg[0], 0);
	unreachable(true);
	record_put_leg(t.b, &leg);
	bench_run(&t, 5);
	assert_false(billing_idle(t.b));
	bench_billing_close(&t);
	unreachable(false);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM leg_record"), 0);
	bench_billing_open(&t);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM leg_record"), 1);
	bench_billing_close(&t);
	bench_billing_open(&t);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM leg_record"), 1);
	bench_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_is_held_charged_and_given_back),
		cmocka_unit_test(test_a_leg_never_answered_costs_nothing),
		cmocka_unit_test(test_trigger_is_refused_with_its_reason),
		cmocka_unit_test(test_member_leg_is_refused_with_its_reason),
		cmocka_unit_test(test_a_leg_without_money_is_refused_before_its_setup),
		cmocka_unit_test(test_two_calls_share_one_account),
		cmocka_unit_test(test_rule_22_per_second),
		cmocka_unit_test(test_rule_22_per_minute),
		cmocka_unit_test(test_rule_22_a_leg_added_late),
		cmocka_unit_test(test_rule_22_a_recharge_withdraws_the_warning),
		cmocka_unit_test(test_rule_22_a_leg_that_leaves_withdraws_the_warning),
		cmocka_unit_test(test_rule_22_legs_that_leave_while_the_database_is_asked),
		cmocka_unit_test(test_seconds_left_with_another_leg),
		cmocka_unit_test(test_rule_23_the_hold_lasts_and_then_it_ends),
		cmocka_unit_test(test_rule_23_trust_and_loss),
		cmocka_unit_test(test_rule_23_settled_by_the_next_start),
		cmocka_unit_test(test_after_a_crash_a_leg_costs_its_last_checkpoint),
		cmocka_unit_test(test_a_dead_nodes_hold_expires),
		cmocka_unit_test(test_each_statement_failing_the_same_money),
		cmocka_unit_test(test_a_legs_record_says_what_it_cost),
		cmocka_unit_test(test_a_record_that_is_refused_is_put_aside),
		cmocka_unit_test(test_a_record_waits_in_the_journal),
	};

	return cmocka_run_group_tests_name("billing", tests, database_start, database_stop);
}
