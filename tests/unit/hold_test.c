/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/hold_test.c - money set aside: each step repeated, and each with its reply lost, leaves what one leaves; many at
 * once never set aside more than there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>

#include "billing/account.h"
#include "billing/hold.h"
#include "billing/tariff.h"
#include "tests/unit/database.h"

#define HOST   "8613800000001"
#define A_TIME INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */

static struct store *with_account(int64_t opening_e4)
{
	struct account_new n = {
		.number = HOST,
		.language = "en",
		.tariff = "standard",
		.who = "test",
		.opening_e4 = opening_e4,
		.at_utc_us = A_TIME,
	};
	struct store *s = database_fresh();

	database_do(s, "INSERT INTO tariff (provider_id, name) VALUES (1, 'standard')");
	assert_int_equal(account_add(s, &n), 0);
	return s;
}

static int64_t account_id(struct store *s) { return database_int(s, "SELECT MIN(id) FROM account"); }
static int64_t held(struct store *s) { return database_int(s, "SELECT SUM(held_e4) FROM account"); }
static int64_t balance(struct store *s) { return database_int(s, "SELECT SUM(balance_e4) FROM account"); }

static void check_money(struct store *s)
{
	assert_int_equal(
		database_int(s, "SELECT COUNT(*) FROM account a WHERE a.balance_e4 <> (SELECT COALESCE(SUM(l.amount_e4), 0) FROM "
	                        "ledger l WHERE l.account_id = a.id)"),
		0);
	assert_int_equal(
		database_int(s, "SELECT COUNT(*) FROM account a WHERE a.held_e4 <> (SELECT COALESCE(SUM(h.amount_e4), 0) FROM "
	                        "hold h WHERE h.account_id = a.id AND h.state = 'open')"),
		0);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM account WHERE balance_e4 + credit_e4 < held_e4"), 0);
}

static struct hold_open opening(struct store *s, int64_t amount_e4)
{
	struct hold_open h = {
		.account_id = account_id(s),
		.amount_e4 = amount_e4,
		.at_utc_us = A_TIME,
		.expires_utc_us = A_TIME + CLOCK_SEC(60),
		.node = "n",
	};

	random_id(h.id);
	return h;
}

static struct hold_extend extending(const struct hold_open *h, int64_t need_e4)
{
	struct hold_extend x = { .account_id = h->account_id, .enough_e4 = need_e4, .expires_utc_us = A_TIME + CLOCK_SEC(90) };

	memcpy(x.id, h->id, ID_SIZE);
	for (unsigned i = 0; i < HOLD_MOMENTS; i++)
		x.need_e4[i] = need_e4;
	return x;
}

static void settling(struct hold_settle *x, const struct hold_open *h, unsigned legs, int64_t each_e4)
{
	static _Thread_local struct settle_leg all[32]; /* a test's; the oldest are taken again */
	static _Thread_local unsigned next;
	struct settle_leg *leg = &all[next = next + legs > ARRAY_LEN(all) ? 0 : next];

	next += legs;
	memset(x, 0, sizeof(*x));
	memcpy(x->id, h->id, ID_SIZE);
	x->account_id = h->account_id;
	x->at_utc_us = A_TIME + CLOCK_SEC(70);
	x->number = HOST;
	x->count = legs;
	x->leg = leg;
	for (unsigned i = 0; i < legs; i++, leg++) {
		random_id(leg->leg_id);
		leg->amount_e4 = each_e4;
	}
}

static void test_open_extend_settle(void **state)
{
	struct store *s = with_account(10000);
	struct hold_open h = opening(s, 4000);
	struct hold_extend x = extending(&h, 9000);
	struct hold_settle z;

	(void)state;
	assert_int_equal(hold_open(s, &h), 0);
	assert_int_equal(held(s), 4000);
	assert_int_equal(hold_extend(s, &x), 0);
	assert_int_equal(x.held_e4, 9000);
	assert_int_equal(x.share_e4, 10000);
	assert_false(x.scarce);
	x = extending(&h, 15000); /* as much as there is */
	assert_int_equal(hold_extend(s, &x), 0);
	assert_int_equal(x.held_e4, 10000);
	assert_true(x.scarce);
	assert_int_equal(held(s), 10000);
	x = extending(&h, 7000); /* a leg has left */
	assert_int_equal(hold_extend(s, &x), 0);
	assert_int_equal(x.held_e4, 7000);
	assert_int_equal(held(s), 7000);
	assert_int_equal(database_int(s, "SELECT expires_at = '2026-03-02 12:01:30.000' FROM hold"), 1);
	settling(&z, &h, 2, 3000);
	z.held_e4 = 7000;
	assert_int_equal(hold_settle(s, &z), 0);
	assert_int_equal(z.total_e4, 6000);
	assert_int_equal(z.loss_e4, 0);
	assert_int_equal(balance(s), 4000);
	assert_int_equal(held(s), 0);
	x = extending(&h, 1);
	assert_int_equal(hold_extend(s, &x), -ESTALE);
	assert_int_equal(held(s), 0);
	check_money(s);
	store_close(s);
}

static void test_a_hold_is_refused_with_its_reason(void **state)
{
	struct store *s = with_account(4000);
	struct hold_open h = opening(s, 4001);

	(void)state;
	assert_int_equal(hold_open(s, &h), -EDQUOT);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM hold"), 0);
	h.amount_e4 = 4000;
	database_do(s, "UPDATE account SET state = 'suspended'");
	assert_int_equal(hold_open(s, &h), -ENOENT);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM hold"), 0);
	database_do(s, "UPDATE account SET state = 'active'");
	assert_int_equal(hold_open(s, &h), 0);
	h.account_id += 1000;
	random_id(h.id);
	assert_int_equal(hold_open(s, &h), -ENOENT);
	check_money(s);
	store_close(s);
}

/* Rule 24: an operator-billed account goes down to its credit limit, with the same holds and ledger. */
static void test_operator_billed_goes_to_its_limit(void **state)
{
	struct store *s = with_account(0);
	struct hold_open h = opening(s, 5000), more = opening(s, 1);
	struct hold_settle z;

	(void)state;
	assert_int_equal(hold_open(s, &h), -EDQUOT);
	database_do(s, "UPDATE account SET kind = 'operator', credit_e4 = 5000");
	assert_int_equal(hold_open(s, &h), 0);
	assert_int_equal(hold_open(s, &more), -EDQUOT);
	settling(&z, &h, 1, 6000);
	assert_int_equal(hold_settle(s, &z), 0);
	assert_int_equal(z.total_e4, 5000);
	assert_int_equal(z.loss_e4, 1000);
	assert_int_equal(balance(s), -5000);
	check_money(s);
	store_close(s);
}

/* What the caller believes to be held may be too much, too little, or long over: the same money, and once. */
static void test_settled_whatever_is_believed_to_be_held(void **state)
{
	static const int64_t believed[] = { 0, 1, 6000, 6999, 7000, 7001, 999999 };
	struct store *s = with_account(100000);
	int64_t left = 100000, count;

	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_LEN(believed); i++) {
		struct hold_open h = opening(s, 7000);
		bool expired = i % 2;
		struct hold_settle z;

		assert_int_equal(hold_open(s, &h), 0);
		if (expired)
			assert_int_equal(hold_expire(s, A_TIME + CLOCK_SEC(61), &count), 0);
		settling(&z, &h, 3, 2000);
		z.leg[1].amount_e4 = 0; /* of no cost */
		z.held_e4 = believed[i / 2];
		left -= 4000;
		for (int twice = 0; twice < 2; twice++) {
			assert_int_equal(hold_settle(s, &z), 0);
			assert_int_equal(z.total_e4, 4000);
			assert_int_equal(balance(s), left);
			assert_int_equal(held(s), 0);
		}
	}
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM ledger WHERE kind = 'charge'"), 4 * ARRAY_LEN(believed));
	check_money(s);
	store_close(s);
}

/* Rule 23: what the account cannot cover is the operator's loss, leg by leg, and other calls' money is not touched. */
static void test_what_is_not_covered_is_the_operators_loss(void **state)
{
	struct store *s = with_account(10000);
	struct hold_open h = opening(s, 4000), other = opening(s, 5000);
	struct hold_settle z;

	(void)state;
	assert_int_equal(hold_open(s, &h), 0);
	assert_int_equal(hold_open(s, &other), 0);
	settling(&z, &h, 3, 2000); /* 6000 of the 4000 held and 1000 free */
	assert_int_equal(hold_settle(s, &z), 0);
	assert_int_equal(z.total_e4, 5000);
	assert_int_equal(z.loss_e4, 1000);
	assert_int_equal(balance(s), 5000);
	assert_int_equal(held(s), 5000);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM ledger WHERE kind = 'charge'"), 3);
	assert_int_equal(database_int(s, "SELECT SUM(amount_e4) FROM loss"), 1000);
	assert_int_equal(hold_settle(s, &z), 0); /* the same answer, and no money */
	assert_int_equal(z.total_e4, 5000);
	assert_int_equal(balance(s), 5000);
	check_money(s);
	store_close(s);
}

static void test_expired_is_given_back_once_and_settled_from_what_is_there(void **state)
{
	struct store *s = with_account(10000);
	struct hold_open h = opening(s, 4000), late;
	struct hold_extend x = extending(&h, 5000);
	struct hold_settle z;
	int64_t count;

	(void)state;
	assert_int_equal(hold_open(s, &h), 0);
	assert_int_equal(hold_extend(s, &x), 0);
	assert_int_equal(hold_expire(s, A_TIME + CLOCK_SEC(90), &count), 0); /* renewed till then, that moment included */
	assert_int_equal(count, 0);
	assert_int_equal(hold_expire(s, A_TIME + CLOCK_SEC(91), &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(held(s), 0);
	assert_int_equal(hold_expire(s, A_TIME + CLOCK_SEC(91), &count), 0);
	assert_int_equal(count, 0);
	late = opening(s, 7000); /* somebody else's now */
	assert_int_equal(hold_open(s, &late), 0);
	settling(&z, &h, 1, 4000);
	assert_int_equal(hold_settle(s, &z), 0);
	assert_int_equal(z.total_e4, 3000);
	assert_int_equal(z.loss_e4, 1000);
	assert_int_equal(held(s), 7000);
	check_money(s);
	store_close(s);
}

/* More dead holds than are read at once, and one that cannot be given back: it is said, the others are free. */
static void test_one_bad_hold_does_not_keep_the_others(void **state)
{
	struct store *s = with_account(1000000);
	struct hold_open h;
	int64_t count, all = 0;

	(void)state;
	database_do(s, "INSERT INTO account (tariff_id, created_at) SELECT MIN(id), '2026-03-02' FROM tariff");
	database_do(s,
	            "INSERT INTO hold (id, account_id, node, amount_e4, opened_at, expires_at) SELECT 'bad', MAX(id), 'n', 500, "
	            "'2026-03-01', '2026-03-01' FROM account"); /* its account holds nothing */
	for (int i = 0; i < 70; i++) {
		h = opening(s, 100);
		assert_int_equal(hold_open(s, &h), 0);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(hold_expire(s, A_TIME + CLOCK_SEC(61), &count), -ERANGE);
		all += count;
	}
	assert_int_equal(all, 70);
	assert_int_equal(held(s), 0);
	store_close(s);
}

/* ---- each statement failing, before it is sent or with its reply lost ---- */

static void whole_life(struct store *s, struct hold_open *h, const struct hold_settle *z)
{
	struct hold_settle again = *z;
	struct hold_extend x = extending(h, 7000);

	assert_int_equal(hold_open(s, h), 0);
	assert_int_equal(hold_open(s, h), 0);
	assert_int_equal(h->held_e4, 4000);
	assert_int_equal(hold_extend(s, &x), 0);
	assert_int_equal(x.held_e4, 7000);
	assert_int_equal(hold_extend(s, &x), 0);
	assert_int_equal(x.held_e4, 7000);
	again.held_e4 = again.leg[0].leg_id[0] % 2 ? 7000 : 0; /* both ways of settling */
	assert_int_equal(hold_settle(s, &again), 0);
	assert_int_equal(again.total_e4, 5000);
	again = *z;
	again.held_e4 = 7000;
	assert_int_equal(hold_settle(s, &again), 0);
	assert_int_equal(again.total_e4, 5000);
}

static void test_each_statement_failing_leaves_the_same(void **state)
{
	static const unsigned error[] = { 1213, 1020, 2006, 2013 };
	struct store *s = with_account(100000000);
	int64_t left = 100000000;

	(void)state;
	for (unsigned e = 0; e < ARRAY_LEN(error); e++)
		for (unsigned n = 1; n < 50; n++)
			for (int after = 0; after < 2; after++) {
				struct hold_open h = opening(s, 4000);
				struct hold_settle z;

				settling(&z, &h, 2, 2500);
				store_fault(s, n, error[e], after);
				whole_life(s, &h, &z);
				store_fault(s, 0, 0, false);
				left -= 5000;
				assert_int_equal(balance(s), left);
				assert_int_equal(held(s), 0);
			}
	check_money(s);
	store_close(s);
}

static void test_expiring_with_a_lost_reply(void **state)
{
	struct store *s = with_account(100000);
	int64_t count;

	(void)state;
	for (unsigned n = 1; n <= 12; n++) {
		struct hold_open h = opening(s, 4000);

		assert_int_equal(hold_open(s, &h), 0);
		store_fault(s, n, 2013, n % 2);
		assert_int_equal(hold_expire(s, A_TIME + CLOCK_SEC(100), &count), 0);
		store_fault(s, 0, 0, false);
		assert_int_equal(held(s), 0);
		assert_int_equal(database_int(s, "SELECT COUNT(*) FROM hold WHERE state = 'open'"), 0);
		check_money(s);
	}
	store_close(s);
}

/* ---- many at once ---- */

struct racer {
	pthread_t     thread;
	struct store *s;
	int64_t       account_id;
	unsigned      opened, refused, other;
	int64_t       charged_e4;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	for (int i = 0; i < 30; i++) {
		struct hold_open h = {
			.account_id = r->account_id,
			.amount_e4 = 700,
			.at_utc_us = A_TIME,
			.expires_utc_us = A_TIME + CLOCK_SEC(60),
			.node = "n",
		};
		struct hold_extend x;
		struct hold_settle z;
		int err;

		random_id(h.id);
		err = hold_open(r->s, &h);
		r->opened += err == 0;
		r->refused += err == -EDQUOT;
		r->other += err != 0 && err != -EDQUOT;
		if (err)
			continue;
		x = extending(&h, 1000);
		if (hold_extend(r->s, &x) != 0)
			r->other++;
		settling(&z, &h, 1, 10);
		if (hold_settle(r->s, &z) != 0)
			r->other++;
		r->charged_e4 += z.total_e4;
	}
	return NULL;
}

static void test_eight_threads_on_little_money(void **state)
{
	struct store_config k;
	struct store *s = with_account(2000); /* two holds and a half */
	struct racer r[8];
	unsigned opened = 0, refused = 0;
	int64_t charged = 0, id = account_id(s);
	char name[32];

	(void)state;
	(void)snprintf(name, sizeof(name), "t%u", database_count);
	k = database_config(name);
	k.connections = 8;
	store_close(s);
	assert_int_equal(store_open(&s, &k), 0);
	for (unsigned i = 0; i < 8; i++) {
		r[i] = (struct racer){ .s = s, .account_id = id };
		assert_int_equal(pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
	}
	for (unsigned i = 0; i < 8; i++) {
		(void)pthread_join(r[i].thread, NULL);
		opened += r[i].opened;
		refused += r[i].refused;
		charged += r[i].charged_e4;
		assert_int_equal(r[i].other, 0);
	}
	assert_int_equal(opened + refused, 240);
	assert_true(opened > 0 && refused > 0);
	assert_int_equal(balance(s), 2000 - charged);
	assert_true(charged <= 2000);
	assert_int_equal(held(s), 0);
	check_money(s);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_extend_settle),
		cmocka_unit_test(test_a_hold_is_refused_with_its_reason),
		cmocka_unit_test(test_operator_billed_goes_to_its_limit),
		cmocka_unit_test(test_settled_whatever_is_believed_to_be_held),
		cmocka_unit_test(test_what_is_not_covered_is_the_operators_loss),
		cmocka_unit_test(test_expired_is_given_back_once_and_settled_from_what_is_there),
		cmocka_unit_test(test_one_bad_hold_does_not_keep_the_others),
		cmocka_unit_test(test_each_statement_failing_leaves_the_same),
		cmocka_unit_test(test_expiring_with_a_lost_reply),
		cmocka_unit_test(test_eight_threads_on_little_money),
	};

	return cmocka_run_group_tests_name("hold", tests, database_start, database_stop);
}
