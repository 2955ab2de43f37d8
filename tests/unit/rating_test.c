/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/rating_test.c - telephony rules 20 to 22 on paper: amounts by hand, and the properties over seeded rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "billing/internal.h"
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
	r.band[r.band_count++] = (struct rate_band){ 21 * 60, 7 * 60, 1200, 0 };
	assert_int_equal(rating_amount_e4(&r, 60000, AT(0, 59, 0)), 6000);
	assert_int_equal(rating_amount_e4(&r, 60001, AT(0, 59, 0)), 6000 + 1200);
	assert_int_equal(rating_amount_e4(&r, 60001, AT(0, 59, 1)), 6000 + 1200);
	assert_int_equal(rating_amount_e4(&r, 180000, AT(0, 58, 59)), 6000 + 6000 + 1200); /* 20:58:59 20:59:59 21:00:59 */
	assert_int_equal(rating_amount_e4(&r, 120000, AT(10, 59, 0)), 1200 + 6000);        /* over seven in the morning */
	r.utc_offset_min = 0;                                                               /* a route by London's clock: noon */
	assert_int_equal(rating_amount_e4(&r, 60001, AT(0, 59, 0)), 12000);
}

/* Friday night lasts into Saturday; weekends are cheap all day. 2026-03-06 is a Friday. */
static void test_bands_of_the_week(void **state)
{
	struct rate r = flat(6000, 0, 60);

	(void)state;
	r.band[r.band_count++] = (struct rate_band){ 22 * 60, 6 * 60, 1000, 1 << 4 };
	r.band[r.band_count++] = (struct rate_band){ 0, 1440, 3000, 1 << 5 | 1 << 6 };
#define FRIDAY(h, m) AT(4 * 24 + (h)-20, m, 0) /* by the clock of Beijing */
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(5, 59)), 6000);
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(21, 59)), 6000);
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(22, 0)), 1000);
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(24 + 5, 59)), 1000);
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(24 + 6, 0)), 3000);
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(24 + 22, 0)), 3000);
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(48 + 23, 59)), 3000);
	assert_int_equal(rating_amount_e4(&r, 60000, FRIDAY(72, 0)), 6000);
	assert_int_equal(rating_amount_e4(&r, 120000, FRIDAY(24 + 5, 59)), 1000 + 3000);
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
	static const char *const zone[] = { "EST5EDT,M3.2.0,M11.1.0", "GMT0BST,M3.5.0/1,M10.5.0", "IST-1GMT0,M10.5.0,M3.5.0/1",
		                            "AEST-10AEDT,M10.1.0,M4.1.0/3", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "CST-8" };
	static const uint32_t increment[] = { 1, 1, 6, 7, 30, 60, 60, 61, 180, 3600 };
	struct rate r = flat(random_below(30000), random_below(3) ? 0 : random_below(200), increment[random_below(10)]);

	r.setup_e4 = random_below(2) ? 0 : random_below(5000);
	r.free_s = random_below(2) ? 0 : random_below(150);
	r.utc_offset_min = (int16_t)((int)random_below(27 * 60) - 12 * 60);
	r.band_count = random_below(RATE_BANDS_MAX + 1);
	for (unsigned i = 0; i < r.band_count; i++)
		r.band[i] = (struct rate_band){ (uint16_t)random_below(1440), (uint16_t)random_below(1441), random_below(30000),
			                        (uint8_t)(random_below(2) ? 0 : random_below(128)) };
	if (random_below(3) == 0)
		assert_int_equal(
			rate_zone_posix(zone[random_below(sizeof(zone) / sizeof(zone[0]))], &r.utc_offset_min, &r.summer), 0);
	if (random_below(3) == 0)
		r.discount_bp = random_below(RATE_DISCOUNT_MAX + 1);
	return r;
}

/* Any time of 2026, and often one near a change of the clocks. */
static int64_t any_time(void)
{
	static const int64_t change_s[] = { 1774746000 /* 03-29 01:00Z */, 1772953200 /* 03-08 07:00Z */,
		                            1792890000 /* 10-25 01:00Z */, 1793512800 /* 11-01 06:00Z */,
		                            1791043200 /* 10-03 16:00Z, Sydney */ };
	int64_t s = random_below(3) ? INT64_C(1767225600) + random_below(365 * 86400)
	                            : change_s[random_below(5)] - 4000 + random_below(8000);

	return s * 1000000 + random_below(1000000);
}

/* The rule as it is written, increment by increment and second by second: numerator over 60,000, fee apart. The clock is the C
 * library's. */
static __int128 plain_numerator(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us)
{
	int64_t billable = (talk_ms + 999) / 1000, until;
	__int128 sum = 0;

	if (talk_ms <= 0)
		return 0;
	if (billable < r->minimum_s)
		billable = r->minimum_s;
	for (int64_t at = 0; at < billable; at += r->increment_s) {
		int64_t utc_us = answered_utc_us + at * 1000000, price = r->price_e4;
		time_t local = utc_us / 1000000 + rate_zone_offset(r->utc_offset_min, &r->summer, utc_us, &until) * 60;
		struct tm tm;
		int minute, today, yesterday;

		(void)gmtime_r(&local, &tm);
		minute = tm.tm_hour * 60 + tm.tm_min;
		today = 1 << (tm.tm_wday + 6) % 7;
		yesterday = 1 << (tm.tm_wday + 5) % 7;
		for (unsigned i = r->band_count; i-- > 0;) {
			const struct rate_band *b = &r->band[i];
			int days = b->days ? b->days : 127;

			if (b->from_min <= b->to_min ? minute >= b->from_min && minute < b->to_min && (days & today)
			                             : (minute >= b->from_min && (days & today)) ||
			                                       (minute < b->to_min && (days & yesterday)))
				price = b->price_e4; /* the first that fits counts: it is the last to be written here */
		}
		for (uint32_t s = 0; s < r->increment_s; s++)
			if (at + s >= r->free_s)
				sum += price * 1000;
	}
	return sum;
}

/* Rounded once, down, after the discount. */
static int64_t plain_amount(const struct rate *r, int64_t talk_ms, int64_t at)
{
	__int128 sum = (__int128)r->setup_e4 * 60000 + plain_numerator(r, talk_ms, at);

	return talk_ms ? (int64_t)(sum * (10000 - r->discount_bp) / 600000000) : 0;
}

static void test_equals_the_rule_increment_by_increment(void **state)
{
	(void)state;
	random_seed(20);
	for (int i = 0; i < 3000; i++) {
		struct rate r = any_rate();
		int64_t at = any_time();
		int64_t ms = random_below(20) ? random_below(600000) : random_below(2 * 86400 * 10) * INT64_C(100);

		assert_true(rating_valid(&r));
		assert_int_equal(rating_amount_e4(&r, ms, at), plain_amount(&r, ms, at));
	}
}

/* The runs that are shown are those that are summed: without a gap, whole increments, and their sum is the amount. */
static void test_the_working_is_the_amount(void **state)
{
	(void)state;
	random_seed(24);
	for (int i = 0; i < 10000; i++) {
		struct rate r = any_rate();
		int64_t at = any_time(), ms = 1 + random_below(700000), end = 0;
		struct rating_run run = { 0 };
		struct rating_sum sum;
		__int128 n;

		rating_sum(&r, ms, at, &sum);
		n = (__int128)sum.setup_e4 * 60000;
		while (rating_run_next(&r, sum.billable_s, at, &run)) {
			assert_int_equal(run.from_s, end);
			assert_true(run.to_s > run.from_s && (run.to_s - run.from_s) % r.increment_s == 0);
			assert_int_equal(run.price_e4, run.band < 0 ? r.price_e4 : r.band[run.band].price_e4);
			n += (__int128)run.charged_s * 1000 * run.price_e4;
			end = run.to_s;
		}
		assert_int_equal(end, sum.billable_s);
		assert_int_equal(sum.list_e4, n / 60000);
		assert_int_equal(sum.list_over, n % 60000);
		assert_int_equal(sum.amount_e4, rating_amount_e4(&r, ms, at));
		assert_true((__int128)sum.amount_e4 * 600000000 + sum.amount_over == n * (10000 - r.discount_bp));
	}
}

/* No discount makes a leg dearer, nor does a larger one; all of it is nothing; each only rounds down, by less than 1/10000. */
static void test_a_discount_never_makes_it_dearer(void **state)
{
	(void)state;
	random_seed(25);
	for (int i = 0; i < 10000; i++) {
		struct rate r = any_rate(), more = r;
		int64_t at = any_time(), ms = random_below(700000), list;
		__int128 exact;

		r.discount_bp = random_below(RATE_DISCOUNT_MAX + 1);
		more.discount_bp = r.discount_bp + random_below(RATE_DISCOUNT_MAX + 1 - r.discount_bp);
		assert_true(rating_amount_e4(&more, ms, at) <= rating_amount_e4(&r, ms, at));
		more.discount_bp = 0;
		list = rating_amount_e4(&more, ms, at);
		assert_true(rating_amount_e4(&r, ms, at) <= list);
		exact = (__int128)list * (10000 - r.discount_bp);
		assert_true((__int128)rating_amount_e4(&r, ms, at) * 10000 > exact - 10000);
		more.discount_bp = RATE_DISCOUNT_MAX;
		assert_int_equal(rating_amount_e4(&more, ms, at), 0);
	}
}

/* The journal and the records keep a rate as text; an entry of an earlier release has no discount and no daylight saving. */
static void test_a_rate_is_its_text(void **state)
{
	struct rate old;

	(void)state;
	random_seed(26);
	for (int i = 0; i < 10000; i++) {
		struct rate r = any_rate(), back;
		char text[RATE_TEXT_MAX], again[RATE_TEXT_MAX];

		rate_to_text(&r, text);
		assert_null(strchr(text, ' '));
		assert_true(strlen(text) <= 500);
		assert_int_equal(rate_from_text(&back, text), 0);
		rate_to_text(&back, again);
		assert_string_equal(again, text);
		for (int k = 0; k < 3; k++) {
			int64_t at = any_time(), ms = random_below(4000000);

			assert_int_equal(rating_amount_e4(&back, ms, at), rating_amount_e4(&r, ms, at));
		}
		text[random_below((uint32_t)strlen(text))] = (char)(33 + random_below(90));
		(void)rate_from_text(&back, text); /* any text: refused or valid */
	}
	assert_int_equal(rate_from_text(&old, "500,2000,60,60,0,480,480-1080:3000;1320-420:0"), 0);
	assert_int_equal(old.band_count, 2);
	assert_int_equal(old.band[0].days, 0);
	assert_int_equal(rate_from_text(&old, "500,2000,60,60,0,480,"), 0);
	assert_int_equal(rate_from_text(&old, "500,2000,60,60,0,480,!d10001"), -EINVAL);
	assert_int_equal(rate_from_text(&old, "500,2000,60,60,0,480,8/0-1:1"), -EINVAL);
}

/* Two rates may apply: the one that is valid at the answer; for the money to begin with the dearer counts. */
static void test_the_version_at_the_answer(void **state)
{
	struct rate_quote q = { .now = flat(2000, 0, 60), .next = flat(3000, 0, 60), .next_from_us = AT(0, 5, 0) };

	(void)state;
	assert_ptr_equal(rate_quote_at(&q, AT(0, 4, 59)), &q.now);
	assert_ptr_equal(rate_quote_at(&q, AT(0, 5, 0)), &q.next);
	assert_int_equal(rating_quote_first_e4(&q, AT(0, 0, 0)), 3000);
	q.next_from_us = 0;
	assert_ptr_equal(rate_quote_at(&q, AT(0, 5, 0)), &q.now);
	assert_int_equal(rating_quote_first_e4(&q, AT(0, 0, 0)), 2000);
}

static void test_never_decreases_in_time(void **state)
{
	(void)state;
	random_seed(21);
	for (int i = 0; i < 300; i++) {
		struct rate r = any_rate();
		int64_t at = any_time(), last = 0;

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
		int64_t at = any_time(), ms = 1 + random_below(500000);
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
		int64_t at = any_time(), first, ms = 1 + random_below(900000);

		r.setup_e4 = r.free_s = r.minimum_s = r.discount_bp = 0;
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
	r.band[r.band_count++] = (struct rate_band){ 0, 720, RATE_PRICE_MAX_E4, 0 };
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
		cmocka_unit_test(test_the_working_is_the_amount),
		cmocka_unit_test(test_a_discount_never_makes_it_dearer),
		cmocka_unit_test(test_a_rate_is_its_text),
		cmocka_unit_test(test_the_version_at_the_answer),
		cmocka_unit_test(test_bands_of_the_week),
		cmocka_unit_test(test_never_decreases_in_time),
		cmocka_unit_test(test_nothing_becomes_due_before_it_is_due),
		cmocka_unit_test(test_a_split_at_a_boundary_changes_nothing),
		cmocka_unit_test(test_the_dearest_rate_for_a_year_fits),
	};

	return cmocka_run_group_tests_name("rating", tests, NULL, NULL);
}
