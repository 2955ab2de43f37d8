/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/booking_run_test.c - what is due is claimed once, on time, by whichever node: a year of repeats with both changes of
 * the clocks, three days of attempts, leases, a burst claimed by two threads, each statement failing in turn. No call is made
 * here: the test says what came of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "billing/account.h"
#include "booking/run.h"
#include "core/random.h"
#include "tests/unit/database.h"

#define HOST  "8613800000001"
#define DAY_S INT64_C(86400)
#define US    INT64_C(1000000)
#define MADE  (INT64_C(1767225600) * US) /* 2026-01-01: when things are booked */
#define NOON  INT64_C(1772452800)        /* 2026-03-02 12:00 UTC, a Monday */

static const struct booking_node node1 = { .name = "node1",
	                                   .owner = "11111111111111111111111111111111",
	                                   .lease_us = 60 * US,
	                                   .late_max_us = DAY_S * US,
	                                   .congestion_us = 5 * US,
	                                   .congestion_retries = 2 };
static const struct booking_node node2 = { .name = "node2",
	                                   .owner = "22222222222222222222222222222222",
	                                   .lease_us = 60 * US,
	                                   .late_max_us = DAY_S * US,
	                                   .congestion_us = 5 * US,
	                                   .congestion_retries = 2 };

static const struct booking_end held = { .outcome = BOOKING_HELD, .final = true };
static const struct booking_end busy = { .outcome = BOOKING_BUSY, .cause = 17, .counts = true };

/* ---- a database with an account, its bookings, and what a node does with them ---- */

static struct store *store;

static int start(void **state)
{
	struct account_new a = { .number = HOST, .language = "en", .tariff = "t", .who = "test", .at_utc_us = US };
	int err = database_start(state);

	if (err)
		return err;
	clock_virtual_start(MADE); /* the store's pauses are short then */
	store = database_fresh();
	database_do(store, "INSERT INTO tariff (id, provider_id, name) VALUES (1, 1, 't')");
	assert_int_equal(account_add(store, &a), 0);
	return 0;
}

static int stop(void **state)
{
	store_close(store);
	return database_stop(state);
}

/* Without bookings. */
static struct store *open_store(void)
{
	static const char *const table[] = { "booking", "booking_party", "booking_run", "booking_run_party", "booking_attempt" };
	char sql[64];

	for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
		(void)snprintf(sql, sizeof(sql), "DELETE FROM %s", table[i]);
		database_do(store, sql);
	}
	return store;
}

static struct store *second_store(void)
{
	char name[32];
	struct store_config c;
	struct store *s;

	(void)snprintf(name, sizeof(name), "t%u", database_count);
	c = database_config(name);
	assert_int_equal(store_open(&s, &c), 0);
	return s;
}

/* Seconds by the wall. */
static int64_t wall(int year, int month, int day, int hour, int minute)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute };

	return timegm(&tm);
}

static struct booking booking_at(const char *zone, int64_t wall_s)
{
	struct booking b = { .host = HOST, .interval_s = 60, .party_count = 1, .party[0].number = "8613900000001" };

	(void)snprintf(b.zone, sizeof(b.zone), "%s", zone);
	b.when = (struct booking_schedule){ .wall_s = wall_s, .until_wall = INT64_MAX };
	random_id(b.id);
	return b;
}

/* The one run that is due now; NULL: none is. The caller frees. */
static struct booking_run *claim_one(struct store *s, const struct booking_node *n, int64_t now_s)
{
	struct booking_claim k = { .channels = 28, .now_utc_us = now_s * US };

	assert_int_equal(booking_claim(s, n, &k, UINT32_MAX), 0);
	assert_true(k.count <= 1);
	return k.count ? k.run[0] : NULL;
}

/* The same; one must be due. */
static struct booking_run *claimed(struct store *s, const struct booking_node *n, int64_t now_s)
{
	struct booking_run *r = claim_one(s, n, now_s);

	assert_non_null(r);
	return r;
}

static struct booking_attempt attempt_of(const struct booking_run *r, unsigned order)
{
	struct booking_attempt a = { .run_id = r->id,
		                     .number = order ? r->booking.party[order - 1].number : r->booking.host,
		                     .order = order };

	random_id(a.id);
	return a;
}

static void host_meets(struct store *s, const struct booking_node *n, const struct booking_run *r, const struct booking_end *e,
                       int64_t now_s)
{
	struct booking_attempt a = attempt_of(r, 0);

	assert_int_equal(booking_attempt_begin(s, n, &a, now_s * US), 0);
	assert_int_equal(booking_attempt_end(s, n, &a, e, now_s * US), 0);
}

static void hold_conference(struct store *s, const struct booking_run *r, int64_t now_s)
{
	const struct booking_end answered = { .outcome = BOOKING_ANSWERED, .counts = true, .call_id = r->id, .leg_id = r->id };

	host_meets(s, &node1, r, &answered, now_s);
	assert_int_equal(booking_run_end(s, &node1, r->id, &held, (now_s + 30) * US), 0);
}

static int64_t next_start(struct store *s, const char *id)
{
	struct booking b;

	assert_int_equal(booking_find(s, id, &b), 0);
	return b.next_utc_us / US;
}

/* ---- repeats ---- */

/* Begins at each start until there is none; at each the clock of the zone shows hour:minute, by the C library. How many. */
static unsigned run_a_year(struct store *s, struct booking *b, int hour, int minute, unsigned *offsets)
{
	int64_t at = b->next_utc_us / US, last_offset = INT64_MAX;
	unsigned count = 0;

	*offsets = 0;
	assert_int_equal(setenv("TZ", b->zone, 1), 0);
	tzset();
	while (at > 0) {
		struct booking_run *r;
		struct tm tm;

		assert_null(claim_one(s, &node1, at - 1));
		r = claimed(s, &node1, at);
		assert_int_equal(r->planned_utc_us, at * US);
		assert_non_null(localtime_r(&at, &tm));
		assert_int_equal(tm.tm_hour * 60 + tm.tm_min, hour * 60 + minute);
		*offsets += tm.tm_gmtoff != last_offset;
		last_offset = tm.tm_gmtoff;
		hold_conference(s, r, at + 1);
		free(r);
		count++;
		at = next_start(s, b->id);
	}
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
	return count;
}

static void test_daily_over_a_year(void **state)
{
	struct store *s = open_store();
	struct booking b = booking_at("Europe/Berlin", wall(2026, 1, 1, 9, 0));
	unsigned offsets;

	(void)state;
	b.when.repeat = BOOKING_DAILY;
	b.when.until_wall = wall(2026, 12, 31, 23, 59);
	assert_int_equal(booking_add(s, &b, "test", wall(2025, 12, 1, 0, 0) * US), 0);
	assert_int_equal(run_a_year(s, &b, 9, 0, &offsets), 365);
	assert_int_equal(offsets, 3); /* winter, summer, winter */
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_run WHERE outcome = 'held'"), 365);
	assert_int_equal(database_int(s, "SELECT state = 'done' FROM booking"), 1);
}

static void test_weekly_on_chosen_days_over_a_year(void **state)
{
	struct store *s = open_store();
	struct booking b = booking_at("America/New_York", wall(2026, 1, 5, 16, 30)); /* a Monday */
	unsigned offsets;

	(void)state;
	b.when.repeat = BOOKING_WEEKLY;
	b.when.weekdays = 1 | 1 << 3; /* Monday and Thursday */
	b.when.until_wall = wall(2027, 1, 4, 16, 30);
	assert_int_equal(booking_add(s, &b, "test", wall(2025, 12, 1, 0, 0) * US), 0);
	assert_int_equal(run_a_year(s, &b, 16, 30, &offsets), 105); /* 53 Mondays, the last day counts; 52 Thursdays */
	assert_int_equal(offsets, 3);
}

static void test_next_start_overtakes_the_attempts_of_the_last(void **state)
{
	struct store *s = open_store();
	struct booking b = booking_at("Etc/UTC", NOON);
	int64_t at = NOON;
	struct booking_run *r;

	(void)state;
	b.when.repeat = BOOKING_DAILY;
	b.redials = 5;
	b.interval_s = (unsigned)DAY_S + 3600;
	assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	r = claimed(s, &node1, at);
	host_meets(s, &node1, r, &busy, at + 1);
	free(r);
	r = claimed(s, &node1, at + DAY_S);
	hold_conference(s, r, at + DAY_S + 1);
	free(r);
	assert_null(claim_one(s, &node1, at + DAY_S + 7200));
	assert_int_equal(
		database_int(s, "SELECT COUNT(*) FROM booking_run WHERE outcome = 'busy' AND state = 'done' AND made = 1"), 1);
}

static void test_repeated_is_changed_between_its_conferences(void **state)
{
	struct store *s = open_store();
	struct booking b = booking_at("Etc/UTC", NOON);
	int64_t at = NOON;
	struct booking_run *r;

	(void)state;
	b.when.repeat = BOOKING_DAILY;
	assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	r = claimed(s, &node1, at);
	b.redials = 2;
	assert_int_equal(booking_change(s, &b, "test", at * US), -EBUSY);
	assert_int_equal(booking_cancel(s, b.id, "test", at * US), -EBUSY);
	hold_conference(s, r, at + 1);
	free(r);
	assert_int_equal(booking_change(s, &b, "test", (at + 60) * US), 0);
	assert_int_equal(b.version, 2);
	assert_int_equal(booking_cancel(s, b.id, "test", (at + 60) * US), 0);
	assert_null(claim_one(s, &node1, at + DAY_S));
}

/* ---- attempts ---- */

static void test_three_days_of_attempts(void **state)
{
	struct store *s = open_store();
	struct booking b = booking_at("Europe/Berlin", wall(2026, 3, 28, 12, 0)); /* a night with a change is within them */
	int64_t at;

	(void)state;
	b.redials = 72;
	b.interval_s = 3600;
	assert_int_equal(booking_add(s, &b, "test", wall(2026, 3, 1, 0, 0) * US), 0);
	at = b.next_utc_us / US;
	for (unsigned i = 0; i <= 72; i++) {
		struct booking_run *r;

		assert_null(claim_one(s, &node1, at - 1));
		r = claimed(s, i % 2 ? &node2 : &node1, at);
		at += 45; /* it rings */
		host_meets(s, i % 2 ? &node2 : &node1, r, &busy, at);
		at += 3600; /* counted from the end of the attempt */
		free(r);
	}
	assert_null(claim_one(s, &node1, at + DAY_S));
	assert_int_equal(database_int(s, "SELECT made FROM booking_run WHERE state = 'done' AND outcome = 'busy'"), 73);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_attempt WHERE counts = 1"), 73);
	assert_int_equal(database_int(s, "SELECT state = 'done' FROM booking"), 1);
}

static void test_congestion_counts_when_it_lasts(void **state)
{
	static const struct booking_end congestion = { .outcome = BOOKING_CONGESTION, .cause = 34 };
	struct store *s = open_store();
	struct booking b = booking_at("Etc/UTC", NOON);
	int64_t at = NOON;
	unsigned tries = 0;
	struct booking_run *r;

	(void)state;
	assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	while ((r = claim_one(s, &node1, at)) != NULL) {
		host_meets(s, &node1, r, &congestion, at);
		free(r);
		at += 5;
		tries++;
	}
	assert_int_equal(tries, 3); /* congestion_retries 2 */
	assert_int_equal(database_int(s, "SELECT made FROM booking_run WHERE outcome = 'congestion' AND state = 'done'"), 1);
}

static void test_end_leaves_no_time_for_an_attempt(void **state)
{
	struct store *s = open_store();
	struct booking b = booking_at("Etc/UTC", NOON);
	int64_t at = NOON;
	struct booking_run *r;

	(void)state;
	b.length_s = 100;
	b.redials = 9;
	assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	r = claimed(s, &node1, at);
	host_meets(s, &node1, r, &busy, at + 10);
	free(r);
	r = claimed(s, &node1, at + 70);
	host_meets(s, &node1, r, &busy, at + 80); /* the next one were at 140 */
	free(r);
	assert_int_equal(database_int(s, "SELECT state = 'done' AND outcome = 'busy' AND made = 2 FROM booking_run"), 1);
}

/* ---- leases ---- */

static void test_lease(void **state)
{
	static const struct booking_end answered = { .outcome = BOOKING_ANSWERED, .counts = true };
	struct store *s = open_store();
	struct booking b = booking_at("Etc/UTC", NOON), other = b;
	int64_t at = NOON;
	struct booking_attempt a, c;
	struct booking_run *r, *again;

	(void)state;
	b.redials = 1;
	assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	r = claimed(s, &node1, at);
	assert_null(claim_one(s, &node2, at)); /* it is node1's */
	assert_null(claim_one(s, &node2, at + 59));
	assert_int_equal(booking_renew(s, &node2, r->id, (at + 10) * US), -ESTALE);
	assert_int_equal(booking_renew(s, &node1, r->id, (at + 30) * US), 0);
	a = attempt_of(r, 0);
	assert_int_equal(booking_attempt_begin(s, &node2, &a, (at + 31) * US), -ESTALE);
	assert_int_equal(booking_attempt_begin(s, &node1, &a, (at + 31) * US), 0);
	assert_int_equal(booking_attempt_begin(s, &node1, &a, (at + 31) * US), 0); /* the same: repeated */
	/* here node1 dies: nobody calls the number, for whatever booking, until the lease is over */
	random_id(other.id);
	other.when.wall_s += 40;
	assert_int_equal(booking_add(s, &other, "test", (at + 40) * US), 0);
	again = claimed(s, &node2, at + 40);
	c = attempt_of(again, 0);
	assert_int_equal(booking_attempt_begin(s, &node2, &c, (at + 41) * US), -EEXIST);
	assert_int_equal(booking_run_end(s, &node2, again->id,
	                                 &(struct booking_end){ .outcome = BOOKING_NO_MONEY, .final = true }, (at + 42) * US),
	                 0);
	free(again);
	assert_null(claim_one(s, &node2, at + 89));
	assert_null(claim_one(s, &node2, at + 90)); /* the lease is over: the attempt counts, the interval begins */
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_attempt WHERE outcome = 'interrupted' AND counts = 1"), 1);
	/* the dead one was only slow: it cannot do anything for it any more */
	assert_int_equal(booking_attempt_end(s, &node1, &a, &answered, (at + 91) * US), -ESTALE);
	assert_int_equal(booking_run_end(s, &node1, r->id, &held, (at + 91) * US), -ESTALE);
	free(r);
	assert_null(claim_one(s, &node2, at + 149));
	r = claimed(s, &node2, at + 150);
	host_meets(s, &node2, r, &busy, at + 151);
	assert_int_equal(database_int(s, "SELECT made FROM booking_run WHERE state = 'done' AND outcome = 'busy'"), 2);
	free(r);
}

/* Whose first attempt was busy is taken again, for as long as the first time: the node dies, and the other has it 60 s later. */
static void test_lease_of_a_later_attempt(void **state)
{
	struct store *s = open_store();
	struct booking b = booking_at("Etc/UTC", NOON);
	struct booking_run *r;

	(void)state;
	b.redials = 3;
	assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	r = claimed(s, &node1, NOON);
	host_meets(s, &node1, r, &busy, NOON + 10);
	free(r);
	r = claimed(s, &node1, NOON + 80);
	free(r); /* and dies */
	assert_null(claim_one(s, &node2, NOON + 139));
	r = claimed(s, &node2, NOON + 140);
	free(r);
}

static void test_live_is_not_called_together_again(void **state)
{
	const struct booking_end answered = { .outcome = BOOKING_ANSWERED, .counts = true };
	struct store *s = open_store();
	struct booking b = booking_at("Etc/UTC", NOON);
	int64_t at = NOON;
	struct booking_attempt a;
	struct booking_run *r;

	(void)state;
	b.redials = 5;
	assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	r = claimed(s, &node1, at);
	host_meets(s, &node1, r, &answered, at + 3);
	a = attempt_of(r, 1);
	assert_int_equal(booking_attempt_begin(s, &node1, &a, (at + 4) * US), 0);
	free(r);
	assert_null(claim_one(s, &node2, at + 60));
	assert_int_equal(database_int(s, "SELECT state = 'done' AND outcome = 'interrupted' FROM booking_run"), 1);
	assert_int_equal(database_int(s, "SELECT made FROM booking_run_party WHERE outcome = 'interrupted'"), 1);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_attempt WHERE ended_at IS NULL"), 0);
	assert_null(claim_one(s, &node2, at + DAY_S));
}

/* ---- a burst ---- */

struct worker {
	struct store              *s;
	const struct booking_node *n;
	int64_t                    now_us;
	unsigned                   claimed;
	pthread_t                  thread;
};

/* 28 channels at a time, until nothing is due any more. */
static void *claims(void *arg)
{
	struct worker *w = arg;
	unsigned long last = 0;

	for (unsigned idle = 0; idle < 3;) {
		struct booking_claim k = { .channels = 28, .now_utc_us = w->now_us };
		int err = booking_claim(w->s, w->n, &k, UINT32_MAX);

		idle = !err && k.count == 0 ? idle + 1 : 0;
		for (unsigned i = 0; !err && i < k.count; i++) {
			unsigned long age = strtoul(k.run[i]->booking.id, NULL, 16);

			/* in order of age; what the other one looked at and left is taken up a little later */
			if (age + 3 * 28 < last)
				err = -EPROTO;
			last = age > last ? age : last;
			if (booking_run_end(w->s, w->n, k.run[i]->id, &held, w->now_us) != 0)
				err = -EIO;
			w->claimed++;
		}
		for (unsigned i = 0; i < k.count; i++)
			free(k.run[i]);
		if (err) {
			print_error("%s: %s\n", w->n->name, strerror(-err));
			w->claimed = 0;
			break;
		}
	}
	return NULL;
}

/* BURST in the environment: 10,000 for make soak. */
static void test_burst_is_claimed_once_by_two_nodes(void **state)
{
	unsigned count = getenv("BURST") ? (unsigned)atoi(getenv("BURST")) : 300;
	struct store *s = open_store();
	struct worker w[2] = { { .s = s, .n = &node1 }, { .s = second_store(), .n = &node2 } };
	char sql[600];

	(void)state;
	(void)snprintf(
		sql, sizeof(sql),
		"INSERT INTO booking (id, provider_id, account_id, host, zone, wall_at, redials, interval_s, parties, next_at, "
		"created_at, changed_at) SELECT LPAD(HEX(seq), 32, '0'), 1, 1, CONCAT('8613801', LPAD(seq, 6, '0')), 'Etc/UTC', "
		"'2026-03-02 12:00:00', 0, 60, 1, '2026-03-02 12:00:00', '2026-03-01', '2026-03-01' FROM seq_1_to_%u",
		count);
	database_do(s, sql);
	for (unsigned i = 0; i < 2; i++) {
		w[i].now_us = NOON * US;
		assert_int_equal(pthread_create(&w[i].thread, NULL, claims, &w[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
	print_message("%u claimed by one node, %u by the other\n", w[0].claimed, w[1].claimed);
	assert_true(w[0].claimed > 0 && w[1].claimed > 0);
	assert_int_equal(w[0].claimed + w[1].claimed, count);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_run WHERE outcome = 'held'"), count);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking WHERE state <> 'done'"), 0);
	store_close(w[1].s);
}

static void test_channels(void **state)
{
	struct store *s = open_store();
	int64_t at = NOON;
	struct booking_claim k = { .channels = 5, .now_utc_us = at * US };

	(void)state;
	for (unsigned i = 0; i < 3; i++) { /* 2, 4 and 2 channels, a second apart */
		struct booking b = booking_at("Etc/UTC", at - 3 + i);

		for (; i == 1 && b.party_count < 3; b.party_count++)
			(void)snprintf(b.party[b.party_count].number, 32, "861390000010%u", b.party_count);
		assert_int_equal(booking_add(s, &b, "test", MADE), 0);
	}
	assert_int_equal(booking_claim(s, &node1, &k, UINT32_MAX), 0);
	assert_int_equal(k.count, 1); /* the second wants four of three, and the third does not overtake it */
	free(k.run[0]);
	k = (struct booking_claim){ .channels = 3, .now_utc_us = at * US };
	assert_int_equal(booking_claim(s, &node1, &k, 3), 0); /* nothing else is under way: it begins with what there is */
	assert_int_equal(k.count, 1);
	assert_int_equal(k.run[0]->booking.party_count, 3);
	free(k.run[0]);
}

/* ---- whatever fails ---- */

/* A whole booking while the n-th statement fails, before or after it was done, for all n: one run, one attempt at each, one
 * outcome. */
static void test_each_statement_failing(void **state)
{
	static const unsigned errors[] = { 1213, 2013 };
	const struct booking_end answered = { .outcome = BOOKING_ANSWERED, .counts = true };
	int64_t at = NOON;
	struct store *s = open_store();
	unsigned statements = 0;

	(void)state;
	for (unsigned how = 0; how < 4; how++)
		for (unsigned n = 1;; n++) {
			struct booking b = booking_at("Etc/UTC", at);
			struct booking_run *r = NULL;
			struct booking_attempt a;
			int64_t now;
			bool over;

			at += 1000;
			store_fault(s, n, errors[how % 2], how >= 2);
			assert_int_equal(booking_add(s, &b, "test", MADE), 0);
			/* a claim whose commit was not heard of: after its lease */
			now = (at - 1000) * US;
			/* a claim whose commit was not heard of: after its lease */
			for (; r == NULL && now < at * US; now += 61 * US)
				r = claim_one(s, &node1, now / US);
			now -= 61 * US;
			assert_non_null(r);
			a = attempt_of(r, 0);
			assert_int_equal(booking_attempt_begin(s, &node1, &a, now), 0);
			(void)booking_attempt_end(s, &node1, &a, &answered, now);
			a = attempt_of(r, 1);
			assert_int_equal(booking_attempt_begin(s, &node1, &a, now), 0);
			(void)booking_attempt_end(s, &node1, &a, &busy, now);
			(void)booking_run_end(s, &node1, r->id, &held, now);
			free(r);
			over = store_fault_over(s);
			store_fault(s, 0, 0, false);
			assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_run WHERE state <> 'done' OR made <> 1 OR "
			                                 "outcome <> 'held'"),
			                 0);
			assert_int_equal(
				database_int(s, "SELECT COUNT(*) FROM booking_run_party WHERE made <> 1 OR outcome <> 'busy'"),
				0);
			assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_attempt WHERE ended_at IS NULL"), 0);
			assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking_attempt") -
			                         2 * database_int(s, "SELECT COUNT(*) FROM booking_run"),
			                 0);
			statements = n;
			if (!over)
				break;
		}
	print_message("%u statements, each failed in four ways\n", statements - 1);
	assert_true(statements > 20);
}

/* ---- what may be booked ---- */

static void test_refused(void **state)
{
	struct store *s = open_store();
	int64_t now = NOON;
	struct booking b;

	(void)state;
#define REFUSED(error, change)                                                                                                   \
	do {                                                                                                                     \
		b = booking_at("Europe/Berlin", now + 7200);                                                                     \
		change;                                                                                                          \
		assert_int_equal(booking_add(s, &b, "test", now *US), error);                                                    \
	} while (0)
	REFUSED(0, (void)0);
	REFUSED(-ENOENT, (void)snprintf(b.host, sizeof(b.host), "8613800000777"));
	REFUSED(-EINVAL, (void)snprintf(b.zone, sizeof(b.zone), "Mars/Olympus"));
	REFUSED(-EINVAL, (void)snprintf(b.zone, sizeof(b.zone), "../../../etc/passwd"));
	REFUSED(-EINVAL, b.party_count = 0);
	REFUSED(-EINVAL, (void)snprintf(b.party[0].number, sizeof(b.party[0].number), HOST));
	REFUSED(-EINVAL, b.party[b.party_count++] = b.party[0]);
	REFUSED(-EINVAL, b.redials = BOOKING_REDIALS_MAX + 1);
	REFUSED(-EINVAL, b.interval_s = 0);
	REFUSED(-EINVAL, b.when.repeat = BOOKING_WEEKLY); /* on no day */
	REFUSED(-ETIME, b.when.wall_s = now - DAY_S);
	REFUSED(-ETIME, b.when.wall_s = now + 11 * 366 * DAY_S);
	REFUSED(-ETIME, (b.when.repeat = BOOKING_DAILY, b.when.wall_s = now - 9 * DAY_S, b.when.until_wall = now - DAY_S));
	REFUSED(0, (b.when.repeat = BOOKING_DAILY, b.when.wall_s = now - 9 * DAY_S)); /* from the next day on */
	assert_int_equal(booking_add(s, &b, "test", now * US), 0);                     /* the same id: the same booking */
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM booking"), 2);
	b.when.wall_s += 60;
	assert_int_equal(booking_add(s, &b, "test", now * US), -EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_daily_over_a_year),
		cmocka_unit_test(test_weekly_on_chosen_days_over_a_year),
		cmocka_unit_test(test_next_start_overtakes_the_attempts_of_the_last),
		cmocka_unit_test(test_repeated_is_changed_between_its_conferences),
		cmocka_unit_test(test_three_days_of_attempts),
		cmocka_unit_test(test_congestion_counts_when_it_lasts),
		cmocka_unit_test(test_end_leaves_no_time_for_an_attempt),
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_lease_of_a_later_attempt),
		cmocka_unit_test(test_live_is_not_called_together_again),
		cmocka_unit_test(test_burst_is_claimed_once_by_two_nodes),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_each_statement_failing),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("booking_run", tests, start, stop);
}
