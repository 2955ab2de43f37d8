/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/billing_crash_test.c - a dead database (rule 23), a dead node, failing statements; records and the journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/billing_bench.h"

/* ---- rule 23: no database ---- */

static void test_rule_23_the_hold_lasts_and_then_it_ends(void **state)
{
	struct bench t;
	int64_t began;

	(void)state;
	bench_open(&t, 1000000, PER_SECOND);
	host_talks(&t);
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
	host_talks(&t);
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

/* Gone for longer than the hold lasts, trusted meanwhile, and the hold given back by another node: with the database it is opened
 * again, and the talk goes on. */
static void test_rule_23_an_expired_hold_is_opened_again(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	database_do(t.store, "UPDATE account SET trust_e4 = 50000");
	host_talks(&t);
	bench_run(&t, 5);
	unreachable(true);
	bench_run(&t, 100);
	unreachable(false);
	database_do(t.store, "UPDATE account SET held_e4 = 0");
	database_do(t.store, "UPDATE hold SET state = 'expired', closed_at = '2026-03-02 12:01:30'");
	bench_run(&t, 20);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM hold WHERE state = 'open' AND closed_at = expires_at"), 1);
	assert_in_range(held(&t), 6000, 12000);
	bench_run(&t, 600);
	assert_int_equal(t.exhausted, 0);
	host_hangs_up(&t);
	assert_int_equal(balance(&t), 1000000 - 13 * 2000); /* 725 s */
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM loss"), 0);
	bench_close(&t);
}

/* The call ends while the database is dead: its owner is not kept waiting, the journal has it, the next start settles it. */
static void test_rule_23_settled_by_the_next_start(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	host_talks(&t);
	bench_run(&t, 70);
	unreachable(true);
	host_hangs_up(&t);
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
	host_is_called(&t);
	party_is_called(&t, "8613900000001");
	all_answer(&t);
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
	database_do(t.store, "DROP TRIGGER ledger_is_not_deleted");
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

static void whole_call(struct bench *t, double seconds)
{
	t->legs = 0;
	t->closed = false;
	host_is_called(t);
	party_is_called(t, "8613900000002");
	all_answer(t);
	bench_run(t, seconds);
	leg_end(t, 1, NULL);
	host_hangs_up(t);
}

/* Refused before it is sent, or done and its answer lost: the same money every time. */
static void test_each_statement_failing_the_same_money(void **state)
{
	static const unsigned error[] = { 1213, 1205, 2006, 2013 };
	int64_t left = 100000000;
	struct bench t;

	(void)state;
	bench_open(&t, left, PER_MINUTE);
	for (unsigned e = 0; e <= ARRAY_LEN(error); e++) {
		bool more = true, after = e == ARRAY_LEN(error);
		unsigned n;

		for (n = 1; more; n++) {
			store_fault(t.store, n, after ? 2013 : error[e], after);
			whole_call(&t, 6.5);
			more = store_fault_over(t.store);
			store_fault(t.store, 0, 0, false);
			left -= 2000 + 6000;
			assert_int_equal(balance(&t), left);
			assert_int_equal(held(&t), 0);
		}
		assert_true(n > 25); /* opening, some extensions, settling */
	}
	bench_close(&t);
}

/* ---- the journal's disk ---- */

static unsigned disk_told;

static void disk_is_low(void *arg, bool low)
{
	(void)arg;
	disk_told += low;
}

/* At 1 % every disk is full: it is said once, and calls go on. */
static void test_a_filling_disk_is_said(void **state)
{
	struct billing_config c = { .home_area = "10", .disk_percent = 1, .disk = disk_is_low, .node = "full" };
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	bench_billing_close(&t);
	(void)snprintf(c.journal_dir, sizeof(c.journal_dir), "%s", t.journal_dir);
	assert_int_equal(billing_open(&t.b, t.loop, t.store, t.workers, &t.counters, &c), 0);
	assert_false(billing_disk_low(t.b));
	bench_run(&t, 60);
	assert_true(billing_disk_low(t.b));
	assert_int_equal(disk_told, 1);
	assert_int_equal(trigger(&t), 0);
	close_call(&t);
	bench_close(&t);
}

static int64_t journal_octets(struct bench *t)
{
	char path[200];
	int64_t size;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/n%u.journal", t->journal_dir, bench_count);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	(void)fclose(f);
	return size;
}

/* The journal cannot grow: new calls are refused, the one that talks goes on, and with room again everything is written and
 * right. */
static void test_a_full_disk_refuses_calls_and_loses_nothing(void **state)
{
	struct rlimit before, full;
	struct bench t, two;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	host_talks(&t);
	bench_run(&t, 1);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = before;
	full.rlim_cur = (rlim_t)journal_octets(&t);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	bench_run(&t, 61); /* checkpoints meet the end of the disk */
	two = t;
	assert_int_equal(trigger(&two), -EIO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	bench_run(&t, 3);
	assert_int_equal(trigger(&two), 0);
	close_call(&two);
	host_hangs_up(&t);
	assert_int_equal(balance(&t), 1000000 - 4000);
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
	host_is_called(&t);
	party_is_called(&t, "8613900000002");
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

/* ---- the journal does not grow for ever ---- */

/* A call of ten minutes with a checkpoint every 5 s, and others before it: what is settled leaves the file while it talks, and
 * what a crash leaves then is all there. */
static void test_the_journal_begins_anew_while_legs_talk(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 10000000, PER_MINUTE);
	bench_billing_close(&t);
	t.journal_big = 4000;
	bench_billing_open(&t);
	for (int i = 0; i < 10; i++)
		whole_call(&t, 61.5);
	t.legs = 0;
	t.closed = false;
	host_is_called(&t);
	party_is_called(&t, "8613900000002");
	party_is_called(&t, "8613900000003");
	answer(&t, 0);
	answer(&t, 1);
	bench_run(&t, 61.5);
	leg_end(&t, 1, NULL);
	bench_run(&t, 600);
	assert_true(journal_octets(&t) < 4000 + 1500); /* and what came in 10 s */
	crash(&t);
	leg_end(&t, 0, NULL);
	leg_end(&t, 2, NULL);
	charge_close(t.charge, NULL, NULL);
	bench_run(&t, 1);
	bench_billing_close(&t);
	database_do(t.store,
	            "UPDATE account SET balance_e4 = balance_e4 + (SELECT -SUM(amount_e4) FROM ledger WHERE call_id = (SELECT "
	            "MAX(call_id) FROM ledger)), held_e4 = (SELECT amount_e4 FROM hold ORDER BY id DESC LIMIT 1)");
	database_do(t.store, "UPDATE hold SET state = 'open', closed_at = NULL ORDER BY id DESC LIMIT 1");
	database_do(t.store, "DROP TRIGGER ledger_is_not_deleted");
	database_do(t.store, "DELETE FROM ledger WHERE call_id = (SELECT id FROM hold WHERE state = 'open')");
	bench_check_money(&t);
	after_crash(&t);
	/* ten calls of 1.60; the host until the last checkpoint, before 660 s; the party for two minutes; the one never answered
	 * for nothing */
	assert_int_equal(balance(&t), 10000000 - 10 * 16000 - 11 * 2000 - 2 * 6000);
	assert_int_equal(database_int(t.store, "SELECT COUNT(*) FROM ledger WHERE kind = 'charge'"), 22);
	bench_close(&t);
}

/* The database is gone in the moment of the trigger: refused, and whatever had become of the hold, it is closed. */
static void test_a_trigger_without_database_leaves_no_hold(void **state)
{
	struct bench t;
	struct step s = { .t = &t, .fn = open_step };

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	/* eight tries in a row lose their connection; the last of them perhaps after its commit */
	for (unsigned n = 6; n < 14; n++) {
		store_fault(t.store, n, 2013, true);
		s.over = false;
		if (step_run(&s) == 0)
			charge_close(t.charge, NULL, NULL);
		store_fault(t.store, 0, 0, false);
	}
	unreachable(true);
	s.over = false;
	assert_int_equal(step_run(&s), -EIO);
	unreachable(false);
	bench_run(&t, 5);
	assert_int_equal(held(&t), 0);
	bench_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_23_the_hold_lasts_and_then_it_ends),
		cmocka_unit_test(test_rule_23_trust_and_loss),
		cmocka_unit_test(test_rule_23_an_expired_hold_is_opened_again),
		cmocka_unit_test(test_rule_23_settled_by_the_next_start),
		cmocka_unit_test(test_after_a_crash_a_leg_costs_its_last_checkpoint),
		cmocka_unit_test(test_a_dead_nodes_hold_expires),
		cmocka_unit_test(test_each_statement_failing_the_same_money),
		cmocka_unit_test(test_a_legs_record_says_what_it_cost),
		cmocka_unit_test(test_a_record_that_is_refused_is_put_aside),
		cmocka_unit_test(test_a_filling_disk_is_said),
		cmocka_unit_test(test_a_full_disk_refuses_calls_and_loses_nothing),
		cmocka_unit_test(test_a_record_waits_in_the_journal),
		cmocka_unit_test(test_the_journal_begins_anew_while_legs_talk),
		cmocka_unit_test(test_a_trigger_without_database_leaves_no_hold),
	};

	return cmocka_run_group_tests_name("billing_crash", tests, database_start, database_stop);
}
