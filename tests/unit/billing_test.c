/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/billing_test.c - the money of a call from trigger to ledger: rules 13, 20, 22. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "billing/provider.h"
#include "tests/unit/billing_bench.h"
#include "tests/unit/memory.h"

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
	party_is_called(&t, "8613900000002");
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
	host_is_called(&t);
	bench_run(&t, 40);
	leg_end(&t, 0, &amount);
	assert_int_equal(amount, 0);
	close_call(&t);
	assert_int_equal(balance(&t), 10000);
	bench_close(&t);
}

/* A leg whose loss began before its answer was heard of costs nothing; one whose end is not known yet ends now. */
static void test_odd_ends_of_a_leg(void **state)
{
	struct bench t;
	int64_t amount;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	host_is_called(&t);
	party_is_called(&t, "8613900000002");
	all_answer(&t);
	charge_leg_ended(t.charge, t.leg[0], clock_mono_us() - 200000, &amount);
	assert_int_equal(amount, 0);
	bench_run(&t, 61);
	charge_leg_ended(t.charge, t.leg[1], 0, &amount);
	assert_int_equal(amount, 12000);
	charge_leg_ended(t.charge, t.leg[1], clock_mono_us() + 600000000, &amount); /* twice is once */
	assert_int_equal(amount, 12000);
	close_call(&t);
	assert_int_equal(balance(&t), 1000000 - 12000);
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
	assert_int_equal(billing_trigger_check(t.b, "8613811111111", &(struct account_door){ "12599", NULL }, clock_utc_us(), &q),
	                 -ENOENT);
	assert_string_equal(q.language, "");
	assert_int_equal(account_set_language(t.store, HOST, "en", "test", clock_utc_us()), 0);
	assert_int_equal(account_set_state(t.store, HOST, "suspended", "test", clock_utc_us()), 0);
	assert_int_equal(billing_trigger_check(t.b, HOST, &(struct account_door){ "12599", NULL }, clock_utc_us(), &q), -EACCES);
	assert_string_equal(q.language, "en"); /* so that he is told in his language */
	database_do(t.store, "DELETE FROM tariff_rate");
	assert_int_equal(account_set_state(t.store, HOST, "active", "test", clock_utc_us()), 0);
	assert_int_equal(billing_trigger_check(t.b, HOST, &(struct account_door){ "12599", NULL }, clock_utc_us(), &q), -ENODATA);
	bench_close(&t);
}

/* Rule 24: a service number that is a provider's answers that one's accounts; to all others it says what it says to strangers. */
static void test_a_providers_service_knows_its_accounts(void **state)
{
	struct billing_trigger q;
	struct bench t;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	assert_int_equal(provider_add(t.store, "other", "test", clock_utc_us()), 0);
	assert_int_equal(provider_of_service(t.store, "s:12599", "other", "test", clock_utc_us()), 0);
	assert_int_equal(billing_trigger_check(t.b, HOST, &(struct account_door){ "s:12599", NULL }, clock_utc_us(), &q),
	                 -ENOENT);
	assert_int_equal(billing_trigger_check(t.b, HOST, &(struct account_door){ "s:12598", NULL }, clock_utc_us(), &q), 0);
	assert_int_equal(provider_of_service(t.store, "s:12599", "default", "test", clock_utc_us()), 0);
	assert_int_equal(billing_trigger_check(t.b, HOST, &(struct account_door){ "s:12599", NULL }, clock_utc_us(), &q), 0);
	assert_int_equal(provider_of_service(t.store, "s:12599", "nobody", "test", clock_utc_us()), -ENOENT);
	assert_int_equal(provider_of_service(t.store, "s:12599", NULL, "test", clock_utc_us()), 0);
	assert_int_equal(billing_trigger_check(t.b, HOST, &(struct account_door){ "s:12599", NULL }, clock_utc_us(), &q), 0);
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
	host_hangs_up(&t);
	bench_close(&t);
}

/* Held for one, not for two: the second is refused before its SETUP, the first goes on. */
static void test_a_leg_without_money_is_refused_before_its_setup(void **state)
{
	struct bench t;

	(void)state;
	bench_open(&t, 5000, PER_MINUTE);
	host_is_called(&t);
	party_is_called(&t, "861084110001");
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

/* ---- two calls of one account share what there is ---- */

/* The second call's view: the same node, the same account, a charge of its own. */
static void second_call(struct bench *two, const struct bench *one)
{
	*two = *one;
	two->charge = NULL;
	two->legs = 0;
	two->warned = two->unwarned = two->exhausted = 0;
}

/* The first talks and has reserved minutes ahead: the second gets its first minute all the same, at once. */
static void test_a_call_does_not_starve_another(void **state)
{
	struct bench t, two;

	(void)state;
	bench_open(&t, 12000, PER_MINUTE); /* 1.20: six minutes */
	host_talks(&t);
	bench_run(&t, 5);
	assert_in_range(held(&t), 6000, 8000);
	second_call(&two, &t);
	host_is_called(&two);
	party_is_called(&two, "861084110001");
	party_is_called(&two, "861084110002");
	assert_true(held(&t) <= 12000);
	answer(&two, 0);
	answer(&two, 1);
	answer(&two, 2);
	/* 0.20 + 0.60 begun; 0.40 left: the first's second minute, then nothing for three at once */
	bench_run(&t, 58);
	assert_int_equal(t.exhausted, 0);
	assert_int_equal(two.exhausted, 0);
	bench_run(&t, 10);
	assert_int_equal(t.exhausted, 0);
	assert_int_equal(two.exhausted, 1);
	leg_end(&t, 0, NULL);
	close_call(&two);
	close_call(&t);
	assert_int_equal(balance(&t), 12000 - 4000 - 6000);
	bench_close(&t);
}

/* By the second: both end in the same moment, with nothing left. */
static void test_two_calls_end_together(void **state)
{
	struct bench t, two;
	int64_t began;

	(void)state;
	bench_open(&t, 10000, PER_SECOND);
	host_talks(&t);
	bench_run(&t, 60); /* 0.20 used up */
	second_call(&two, &t);
	host_is_called(&two);
	party_is_called(&two, "8613900000001");
	all_answer(&two);
	began = clock_mono_us();
	bench_run(&t, 30); /* 0.80 at 0.20 + 0.20 + 0.60 a minute: 48 s */
	assert_int_equal(t.warned, 1);
	assert_int_equal(two.warned, 1);
	assert_in_range(charge_seconds_left(t.charge), 16, 19);
	assert_in_range(charge_seconds_left(two.charge), 16, 19);
	bench_run(&t, 25);
	assert_int_equal(t.exhausted, 1);
	assert_int_equal(two.exhausted, 1);
	assert_in_range(t.exhausted_us - began, CLOCK_SEC(45), CLOCK_SEC(50));
	assert_in_range(two.exhausted_us - began, CLOCK_SEC(45), CLOCK_SEC(50));
	close_call(&t);
	close_call(&two);
	assert_in_range(balance(&t), 0, 170);
	bench_close(&t);
}

/* What the first call leaves is the other's. */
static void test_a_call_that_ends_leaves_its_money_to_the_other(void **state)
{
	struct bench t, two;

	(void)state;
	bench_open(&t, 12000, PER_MINUTE);
	host_talks(&t);
	second_call(&two, &t);
	host_talks(&two);
	bench_run(&t, 130); /* 1.20: three minutes each */
	assert_int_equal(t.warned + two.warned, 2);
	host_hangs_up(&t);
	bench_run(&two, 100);
	assert_int_equal(two.exhausted, 1); /* 0.60 for the first, 0.60 for this one's three: nothing came free */
	close_call(&two);
	assert_int_equal(balance(&two), 0);
	bench_close(&two);
}

/* ---- rule 22 ---- */

static void three_answered_together(struct bench *t, const char *tariff)
{
	bench_open(t, 10000, tariff); /* 1.00 */
	host_is_called(t);
	party_is_called(t, "861084110001");
	party_is_called(t, "861084110002");
	all_answer(t);
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
	host_talks(&t);
	answered = clock_mono_us();
	bench_run(&t, 180); /* 0.60 used up; 120 s left alone */
	assert_int_equal(t.warned, 0);
	party_is_called(&t, "8613900000001");
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
	host_is_called(&t);
	party_is_called(&t, "8613900000001");
	all_answer(&t);
	bench_run(&t, 20); /* 0.80 a minute: 75 s, warned at 15 */
	assert_int_equal(t.warned, 1);
	leg_end(&t, 1, NULL);
	assert_int_equal(t.unwarned, 0);
	bench_run(&t, 4);
	assert_int_equal(t.unwarned, 1);
	host_hangs_up(&t);
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
	struct rate_quote member = { .now = { .price_e4 = 2000, .minimum_s = 60, .increment_s = 60 } };
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
	host_hangs_up(&t);
	assert_int_equal(balance(&t), 10000 - 4 * 2000);
	bench_close(&t);
}

/* Minutes left, said before a party is dialled. */
static void test_seconds_left_with_another_leg(void **state)
{
	struct rate_quote member = { .now = { .price_e4 = 6000, .increment_s = 1 } };
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

/* ---- memory ---- */

#ifndef SANITIZED
static void reserved(void *arg, int err)
{
	int *told = arg;

	assert_int_equal(err, 0);
	++*told;
}

/* A leg for which there is no memory is refused before it is called, and the call and its money know nothing of it; the others
 * stay where they are, however many come, and are settled. */
static void test_a_leg_without_memory_is_refused(void **state)
{
	struct rate_quote member = { .now = { .price_e4 = 6000, .increment_s = 60 } };
	char id[20][ID_SIZE];
	unsigned legs = 0, refused = 0;
	struct bench t;
	int told = 0;

	(void)state;
	bench_open(&t, 1000000, PER_MINUTE);
	assert_int_equal(trigger(&t), 0);
	assert_int_equal(reserve(&t, HOST), 0);
	answer(&t, 0);
	while (legs < ARRAY_LEN(id)) {
		int err = 0;

		random_id(id[legs]);
		for (int n = 1; n <= 4; n++) { /* no more than three are made before it is sure of all it needs */
			countdown = n;
			err = charge_leg_reserve(t.charge, id[legs], &member, reserved, &told);
			countdown = 0;
			if (err == 0)
				break;
			assert_int_equal(err, -ENOMEM);
			assert_in_range(charge_seconds_left(t.charge), 1, INT64_MAX);
			refused++;
		}
		assert_int_equal(err, 0);
		bench_run(&t, 0.5);
		assert_int_equal(told, ++legs);
		charge_leg_answered(t.charge, id[legs - 1], clock_mono_us(), clock_utc_us());
	}
	assert_in_range(refused, legs, 2 * legs); /* two more whenever there is room for twice as many */
	bench_run(&t, 1);
	for (unsigned i = 0; i < legs; i++) {
		int64_t amount;

		charge_leg_ended(t.charge, id[i], clock_mono_us(), &amount);
		assert_int_equal(amount, 6000);
	}
	leg_end(&t, 0, NULL);
	close_call(&t);
	assert_int_equal(t.total_e4, 2000 + 6000 * (int64_t)legs);
	assert_int_equal(held(&t), 0);
	bench_close(&t);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_is_held_charged_and_given_back),
		cmocka_unit_test(test_a_leg_never_answered_costs_nothing),
		cmocka_unit_test(test_odd_ends_of_a_leg),
		cmocka_unit_test(test_trigger_is_refused_with_its_reason),
		cmocka_unit_test(test_a_providers_service_knows_its_accounts),
		cmocka_unit_test(test_member_leg_is_refused_with_its_reason),
		cmocka_unit_test(test_a_leg_without_money_is_refused_before_its_setup),
		cmocka_unit_test(test_two_calls_share_one_account),
		cmocka_unit_test(test_a_call_does_not_starve_another),
		cmocka_unit_test(test_two_calls_end_together),
		cmocka_unit_test(test_a_call_that_ends_leaves_its_money_to_the_other),
		cmocka_unit_test(test_rule_22_per_second),
		cmocka_unit_test(test_rule_22_per_minute),
		cmocka_unit_test(test_rule_22_a_leg_added_late),
		cmocka_unit_test(test_rule_22_a_recharge_withdraws_the_warning),
		cmocka_unit_test(test_rule_22_a_leg_that_leaves_withdraws_the_warning),
		cmocka_unit_test(test_rule_22_legs_that_leave_while_the_database_is_asked),
		cmocka_unit_test(test_seconds_left_with_another_leg),
#ifndef SANITIZED
		cmocka_unit_test(test_a_leg_without_memory_is_refused),
#endif
	};

	return cmocka_run_group_tests_name("billing", tests, database_start, database_stop);
}
