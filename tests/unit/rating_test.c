/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/rating_test.c - telephony rules 20 to 22 on paper: amounts by hand, and the properties over seeded rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "billing/rating.h"
#include "core/random.h"

#define MONDAY_NOON_UTC INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z, 20:00 in Beijing */
#define AT(h, m, s)     (MONDAY_NOON_UTC + ((h) * INT64_C(3600) + (m) * 60 + (s)) * 1000000)

static struct rate flat(int64_t price_e4, uint32_t minimum_s, uint32_t increment_s)
{
	return (struct rate){ .price_e4 = price_e4, .minimum_s = minimum_s, .increment_s = increment_s, .utc_offset_min = 480 };
}

static void test_started_second_minimum_and_increment(void **state)
{
	struct rate second = flat(2000, 0, 1), six = flat(2000, 0, 6), minute = flat(2000, 0, 60), least = flat(2000, 30, 6);

	(void)state;
	assert_int_equal(rating_billable_s(&second, 0), 0);
	assert_int_equal(rating_billable_s(&second, -5), 0);
	assert_int_equal(rating_billable_s(&second, 1), 1);
	assert_int_equal(rating_billable_s(&second, 1000), 1);
	assert_int_equal(rating_billable_s(&second, 1001), 2);
	assert_int_equal(rating_billable_s(&six, 1), 6);
	assert_int_equal(rating_billable_s(&six, 6000), 6);
	assert_int_equal(rating_billable_s(&six, 6001), 12);
	assert_int_equal(rating_billable_s(&minute, 59999), 60);
	assert_int_equal(rating_billable_s(&minute, 60001), 120);
	assert_int_equal(rating_billable_s(&least, 1), 30);
	assert_int_equal(rating_billable_s(&least, 30001), 36);
}

/* 0.20 a minute: 61.3 s are 62 s by the second, 66 s by six seconds, two minutes by the minute. */
static void test_amounts_by_hand(void **state)
{
	struct rate second = flat(2000, 0, 1), six = flat(2000, 0, 6), minute = flat(2000, 0, 60), fee = flat(2000, 60, 60),
		    least = flat(2000, 45, 60);

	(void)state;
	assert_int_equal(rating_amount_e4(&second, 61300, AT(0, 0, 0)), 2066); /* 2000 * 62 / 60 = 2066.67 */
	assert_int_equal(rating_amount_e4(&six, 61300, AT(0, 0, 0)), 2200);
	assert_int_equal(rating_amount_e4(&minute, 61300, AT(0, 0, 0)), 4000);
	assert_int_equal(rating_amount_e4(&least, 1, AT(0, 0, 0)), 2000); /* 45 s at least, then whole minutes */
	fee.setup_e4 = 500;
	assert_int_equal(rating_amount_e4(&fee, 0, AT(0, 0, 0)), 0);
	assert_int_equal(rating_amount_e4(&fee, 1, AT(0, 0, 0)), 2500);
	assert_int_equal(rating_first_e4(&fee, AT(0, 0, 0)), 2500);
	fee.free_s = 90; /* the first 90 s cost nothing, the set-up fee is not talk */
	assert_int_equal(rating_amount_e4(&fee, 60000, AT(0, 0, 0)), 500);
	assert_int_equal(rating_amount_e4(&fee, 60001, AT(0, 0, 0)), 500 + 1000);
}

/* Rounded once per leg, down: 59 s at 0.0001 a minute are nothing, 60 s are 0.0001. */
static void test_rounded_once_and_down(void **state)
{
	struct rate r = flat(1, 0, 1);

	(void)state;
	assert_int_equal(rating_amount_e4(&r, 59000, AT(0, 0, 0)), 0);
	assert_int_equal(rating_amount_e4(&r, 60000, AT(0, 0, 0)), 1);
	assert_int_equal(rating_amount_e4(&r, 119999, AT(0, 0, 0)), 2);
	assert_int_equal(rating_amount_e4(&r, 119000, AT(0, 0, 0)), 1);
}

/* Cheap from 21:00 to 07:00 in Beijing, that is from 13:00Z: the increment that starts at 20:59:59 is dear to its end. */
static void test_an_increment_has_the_price_of_its_start(void **state)
{
	struct rate r = flat(6000, 0, 60);

	(void)state;
	r.band[r.band_count++] = (struct rate_band){ 21 * 60, 7 * 60, 1200 };
	assert_int_equal(rating_amount_e4(&r, 60000, AT(0, 59, 0)), 6000);
	assert_int_equal(rating_amount_e4(&r, 60001, AT(0, 59, 0)), 6000 + 1200);
	assert_int_equal(rating_amount_e4(&r, 60001, AT(0, 59, 1)), 6000 + 1200);
	assert_int_equal(rating_amount_e4(&r, 180000, AT(0, 58, 59)), 6000 + 6000 + 1200); /* 20:58:59 20:59:59 21:00:59 */
	assert_int_equal(rating_amount_e4(&r, 120000, AT(10, 59, 0)), 1200 + 6000);        /* over seven in the morning */
	r.utc_offset_min = 0;                                                               /* a route by London's clock: noon */
	assert_int_equal(rating_amount_e4(&r, 60001, AT(0, 59, 0)), 12000);
}

static void test_next_due_is_the_start_of_the_next_increment(void **state)
{
	struct rate minute = flat(2000, 0, 60), least = flat(2000, 90, 60), second = flat(2000, 0, 1);

	(void)state;
	assert_int_equal(rating_next_due_ms(&minute, 0), 60000);
	assert_int_equal(rating_next_due_ms(&minute, 59999), 60000);
	assert_int_equal(rating_next_due_ms(&minute, 60001), 120000);
	assert_int_equal(rating_next_due_ms(&least, 1), 120000); /* the minimum covers two minutes */
	assert_int_equal(rating_next_due_ms(&second, 1500), 2000);
}

/* ---- properties ---- */

static struct rate any_rate(void)
{
	static const uint32_t increment[] = { 1, 1, 6, 7, 30, 60, 60, 61, 180, 3600 };
	struct rate r = flat(random_below(30000), random_below(3) ? 0 : random_below(200), increment[random_below(10)]);

	r.setup_e4 = random_below(2) ? 0 : random_below(5000);
	r.free_s = random_below(2) ? 0 : random_below(150);
	r.utc_offset_min = (int16_t)((int)random_below(27 * 60) - 12 * 60);
	r.band_count = random_below(RATE_BANDS_MAX + 1);
	for (unsigned i = 0; i < r.band_count; i++)
		r.band[i] = (struct rate_band){ (uint16_t)random_below(1440), (uint16_t)random_below(1441), random_below(30000) };
	return r;
}

/* The rule as it is written, increment by increment: numerator over 60,000. */
static __int128 plain_numerator(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us)
{
	int64_t billable = (talk_ms + 999) / 1000;
	__int128 sum = 0;

	if (talk_ms <= 0)
		return 0;
	if (billable < r->minimum_s)
		billable = r->minimum_s;
	for (int64_t at = 0; at < billable; at += r->increment_s) {
		int64_t minute = ((answered_utc_us / 1000000 + at) / 60 + r->utc_offset_min + 1440) % 1440, price = r->price_e4;

		for (unsigned i = r->band_count; i-- > 0;) {
			const struct rate_band *b = &r->band[i];

			if (b->from_min <= b->to_min ? minute >= b->from_min && minute < b->to_min
			                             : minute >= b->from_min || minute < b->to_min)
				price = b->price_e4; /* the first that fits counts: it is the last to be written here */
		}
		for (uint32_t s = 0; s < r->increment_s; s++)
			if (at + s >= r->free_s)
				sum += price * 1000;
	}
	return sum;
}

static void test_equals_the_rule_increment_by_increment(void **state)
{
	(void)state;
	random_seed(20);
	for (int i = 0; i < 20000; i++) {
		struct rate r = any_rate();
		int64_t at = AT(0, 0, 0) + random_below(86400) * INT64_C(1000000) + random_below(1000000);
		int64_t ms = random_below(10) ? random_below(600000) : random_below(3 * 86400 * 10) * INT64_C(100);
		int64_t want = ms ? r.setup_e4 + (int64_t)(plain_numerator(&r, ms, at) / 60000) : 0;

		assert_true(rating_valid(&r));
		assert_int_equal(rating_amount_e4(&r, ms, at), want);
	}
}

static void test_never_decreases_in_time(void **state)
{
	(void)state;
	random_seed(21);
	for (int i = 0; i < 300; i++) {
		struct rate r = any_rate();
		int64_t at = AT(random_below(24), random_below(60), random_below(60)), last = 0;

		for (int64_t ms = 0; ms < 400000; ms += 1 + random_below(900)) {
			int64_t amount = rating_amount_e4(&r, ms, at);

			assert_true(amount >= last);
			last = amount;
		}
	}
}

/* A new amount is due exactly where rating_next_due_ms says, and nowhere before. */
static void test_nothing_becomes_due_before_it_is_due(void **state)
{
	(void)state;
	random_seed(22);
	for (int i = 0; i < 5000; i++) {
		struct rate r = any_rate();
		int64_t at = AT(random_below(24), random_below(60), random_below(60)), ms = 1 + random_below(500000);
		int64_t due = rating_next_due_ms(&r, ms);

		assert_true(due >= ms);
		assert_int_equal(rating_amount_e4(&r, due, at), rating_amount_e4(&r, ms, at));
		assert_true(rating_billable_s(&r, due + 1) > rating_billable_s(&r, ms));
	}
}

/* Fees and free time apart, two legs one after the other at an increment's boundary cost what one leg costs, before rounding.
 * With prices that are multiples of 60 there is nothing to round. */
static void test_a_split_at_a_boundary_changes_nothing(void **state)
{
	(void)state;
	random_seed(23);
	for (int i = 0; i < 5000; i++) {
		struct rate r = any_rate();
		int64_t at = AT(random_below(24), random_below(60), random_below(60)), first, ms = 1 + random_below(900000);

		r.setup_e4 = r.free_s = r.minimum_s = 0;
		r.price_e4 *= 60;
		for (unsigned k = 0; k < r.band_count; k++)
			r.band[k].price_e4 *= 60;
		first = random_below((uint32_t)(ms / 1000 / r.increment_s) + 1) * (int64_t)r.increment_s;
		assert_int_equal(rating_amount_e4(&r, first * 1000, at) +
		                         rating_amount_e4(&r, ms - first * 1000, at + first * 1000000),
		                 rating_amount_e4(&r, ms, at));
	}
}

static void test_the_dearest_rate_for_a_year_fits(void **state)
{
	struct rate r = flat(RATE_PRICE_MAX_E4, 0, 1);

	(void)state;
	r.setup_e4 = RATE_PRICE_MAX_E4;
	r.band[r.band_count++] = (struct rate_band){ 0, 720, RATE_PRICE_MAX_E4 };
	assert_true(rating_valid(&r));
	assert_int_equal(rating_amount_e4(&r, INT64_MAX, AT(0, 0, 0)),
	                 RATE_PRICE_MAX_E4 + RATE_PRICE_MAX_E4 / 60 * 366 * 86400 + 40 * INT64_C(366) * 86400 / 60);
	r.price_e4++;
	assert_false(rating_valid(&r));
	r = flat(2000, 0, 0);
	assert_false(rating_valid(&r));
	r = flat(-1, 0, 60);
	assert_false(rating_valid(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_started_second_minimum_and_increment),
		cmocka_unit_test(test_amounts_by_hand),
		cmocka_unit_test(test_rounded_once_and_down),
		cmocka_unit_test(test_an_increment_has_the_price_of_its_start),
		cmocka_unit_test(test_next_due_is_the_start_of_the_next_increment),
		cmocka_unit_test(test_equals_the_rule_increment_by_increment),
		cmocka_unit_test(test_never_decreases_in_time),
		cmocka_unit_test(test_nothing_becomes_due_before_it_is_due),
		cmocka_unit_test(test_a_split_at_a_boundary_changes_nothing),
		cmocka_unit_test(test_the_dearest_rate_for_a_year_fits),
	};

	return cmocka_run_group_tests_name("rating", tests, NULL, NULL);
}
