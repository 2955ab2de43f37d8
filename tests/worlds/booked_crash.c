/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/booked_crash.c - telephony rule 26: two nodes share bookings, and one after the other is killed at random moments.
 *
 * What must hold is read from the exchange's own log (who was called when, until when) and the rows of the attempts: no attempt
 * is sent twice; never two calls at once to a number; every host who is never reached gets all of the attempts that were allowed,
 * of which at most one a kill was never sent; nothing is left waiting.
 */
#include <stdlib.h>
#include <string.h>

#include "billing/account.h"
#include "core/random.h"
#include "core/worker.h"
#include "tests/worlds/booked.h"
#include "tests/worlds/two_nodes.h"

#define REDIALS    2
#define INTERVAL_S 5

static void options(struct node_options *o, void *arg)
{
	booked_options(o, arg);
	o->booked.lease_us = CLOCK_SEC(15); /* an exchange of this world holds a dead node's calls for 2.5 s */
	o->timers.alerting_to_answer_us = CLOCK_SEC(6);
	o->hold_life_s = 20;
	for (unsigned i = 0; i < o->span_count; i++)
		o->span[i].e1.restore_ms = 500;
}

/* ---- what is booked: each host a number of its own, with an account; two parties ---- */

enum kind { HOST_BUSY, HOST_SILENT, HELD, PARTY_BUSY_ALWAYS, KINDS };

static void number_text(char out[32], unsigned group, unsigned i)
{
	(void)snprintf(out, 32, "86138%02u%06u", group, i);
}

static void phone_is(struct world *w, const char *canonical, const char *behaviour)
{
	exchange_does(w, "number %s %s", canonical + 2, behaviour);
}

static void book_one(struct world *w, struct store *s, unsigned i, double seconds)
{
	struct booking b = { .zone = "Asia/Shanghai", .redials = REDIALS, .interval_s = INTERVAL_S, .party_count = 2 };
	struct account_new a = {
		.language = "en", .tariff = "standard", .who = "test", .opening_e4 = 1000000, .at_utc_us = clock_utc_us()
	};
	int64_t at = clock_utc_us() / 1000000 + (int64_t)seconds;

	number_text(b.host, 1, i);
	number_text(b.party[0].number, 2, i);
	number_text(b.party[1].number, 3, i);
	a.number = b.host;
	CHECK_INT(account_add(s, &a), 0);
	phone_is(w, b.host,
	         i % KINDS == HOST_BUSY     ? "busy after 300"
	         : i % KINDS == HOST_SILENT ? "ring"
	                                    : "answer-after 700 hangup-after 15000");
	phone_is(w, b.party[0].number, "answer-after 1500");
	phone_is(w, b.party[1].number, i % KINDS == HELD ? "answer-after 500" : "busy after 200");
	random_id(b.id);
	b.when.wall_s = at + 8 * 3600;
	b.when.until_wall = INT64_MAX;
	CHECK_INT(booking_add(s, &b, "world@test", clock_utc_us()), 0);
}

static void book_all(struct world *w, unsigned count, double over_seconds)
{
	struct store *s = world_store(w);

	for (unsigned i = 0; i < count; i++)
		book_one(w, s, i, 2 + over_seconds * i / count);
	store_close(s);
}

/* ---- the exchange's log ---- */

struct seen { /* a call from a node to a number */
	int64_t     from_ms, to_ms;
	const char *called;
};

static struct seen *calls_seen(struct world *w, unsigned *count)
{
	size_t events = json_array_size(w->events);
	struct seen *list = calloc(events, sizeof(*list));

	*count = 0;
	for (size_t i = 0; i < events; i++) {
		const json_t *e = json_array_get(w->events, i);

		if (event_str(e, "ev") && strcmp(event_str(e, "ev"), "gone") == 0 &&
		    !json_is_true(json_object_get(e, "from_phone")))
			list[(*count)++] =
				(struct seen){ event_int(e, "setup_ms"), event_int(e, "end_ms"), event_str(e, "called") };
	}
	return list;
}

static unsigned sent_between(const struct seen *list, unsigned count, const char *number, int64_t from_ms, int64_t to_ms)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += strcmp(list[i].called, number + 2) == 0 && list[i].from_ms >= from_ms && list[i].from_ms < to_ms;
	return n;
}

static void check_never_two_at_once(const struct seen *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < i; j++)
			if (strcmp(list[i].called, list[j].called) == 0 && list[i].from_ms < list[j].to_ms &&
			    list[j].from_ms < list[i].to_ms)
				world_fail(__FILE__, __LINE__, "two calls at once to %s", list[i].called);
}

/* Its attempts' rows against the log: to each at most one call, and none without a row. How many were never sent. */
static unsigned check_attempts(struct world *w, const struct seen *list, unsigned count, const char *number)
{
	int64_t rows = sql_int(w, "SELECT COUNT(*) FROM booking_attempt WHERE number = '%s'", number), at, next = 0;
	unsigned unsent = 0;

	for (int64_t i = 0; i <= rows; i++) {
		at = next;
		next = i == rows ? INT64_MAX
		                 : sql_int(w,
		                           "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', began_at) DIV 1000 FROM "
		                           "booking_attempt "
		                           "WHERE number = '%s' ORDER BY began_at LIMIT %lld, 1",
		                           number, (long long)i);
		if (sent_between(list, count, number, at, next) > (i > 0))
			world_fail(__FILE__, __LINE__, "attempt %lld to %s was sent twice, or without having been written",
			           (long long)i, number);
		unsent += i > 0 && sent_between(list, count, number, at, next) == 0;
	}
	return unsent;
}

static void check_all(struct world *w, unsigned bookings, unsigned kills, unsigned *unsent)
{
	unsigned count;
	struct seen *list = calls_seen(w, &count);
	char number[32];

	check_never_two_at_once(list, count);
	*unsent = 0;
	for (unsigned i = 0; i < bookings; i++)
		for (unsigned group = 1; group <= 3; group++) {
			unsigned n;

			number_text(number, group, i);
			n = check_attempts(w, list, count, number);
			*unsent += n;
			if (n > kills)
				world_fail(__FILE__, __LINE__, "%u attempts to %s were never sent", n, number);
			if (group == 1 && (i % KINDS == HOST_BUSY || i % KINDS == HOST_SILENT))
				CHECK_INT(sql_int(w, "SELECT SUM(counts) FROM booking_attempt WHERE number = '%s'", number),
				          REDIALS + 1);
		}
	free(list);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_attempt WHERE ended_at IS NULL"), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking WHERE state <> 'done'"), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_run WHERE state = 'done' AND outcome <> ''"), bookings);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_run_party WHERE outcome = ''"), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_run WHERE made > %d", REDIALS + 1), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_run_party WHERE made > %d", REDIALS + 1), 0);
	/* in a conference that was not cut, who is always busy was called as often as was allowed */
	CHECK_INT(
		sql_int(w,
	                "SELECT COUNT(*) FROM booking_run_party p JOIN booking_run r ON r.id = p.run_id WHERE r.outcome = 'held' "
	                "AND p.outcome = 'busy' AND p.made <> %d",
	                REDIALS + 1),
		0);
}

/* ---- kills ---- */

static bool all_done(struct world *w, const void *arg)
{
	(void)arg;
	return clock_mono_us() % CLOCK_SEC(1) < CLOCK_MS(50) &&
	       sql_int(w, "SELECT (SELECT COUNT(*) FROM booking WHERE state IN ('active', 'begun')) + (SELECT COUNT(*) FROM "
	                  "booking_run WHERE state <> 'done')") == 0;
}

static bool someone_rings(struct world *w, const void *arg)
{
	return count_events(w, "ring") > *(const unsigned *)arg;
}

/* Half of them at any moment, half within a third of a second around a call's beginning, where most can go wrong. */
static void wait_for_the_moment(struct world *w)
{
	unsigned rings = count_events(w, "ring");

	world_run(w, 2 + random_below(3000) / 1e3);
	if (random_below(2))
		(void)world_until(w, someone_rings, &rings, 5);
	world_run(w, random_below(330000) / 1e6);
}

static void killed(unsigned bookings, unsigned kills)
{
	struct twins t;
	unsigned unsent;

	twins_open(&t, options, NULL);
	for (unsigned i = 0; i < TWINS; i++)
		worker_set_latency(node_workers(t.node[i].node), CLOCK_MS(1), CLOCK_MS(60));
	book_all(t.w, bookings, 7.0 * kills);
	for (unsigned k = 0; k < kills; k++) {
		unsigned i = random_below(TWINS);

		wait_for_the_moment(t.w);
		twin_dies(&t, i);
		world_run(t.w, 3.5); /* the other one goes on; the exchange clears the dead one's calls after 2.5 s */
		twin_lives(&t, i);
		worker_set_latency(node_workers(t.node[i].node), CLOCK_MS(1), CLOCK_MS(60));
	}
	if (!world_until(t.w, all_done, NULL, 600))
		world_fail(__FILE__, __LINE__, "bookings are left behind");
	world_run(t.w, 25); /* holds of dead lives end */
	check_all(t.w, bookings, kills, &unsent);
	(void)fprintf(stderr,
	              "%u bookings, %u kills: %lld attempts, %u of them never sent, %lld interrupted; %lld conferences held, "
	              "%lld cut\n",
	              bookings, kills, (long long)sql_int(t.w, "SELECT COUNT(*) FROM booking_attempt"), unsent,
	              (long long)sql_int(t.w, "SELECT COUNT(*) FROM booking_attempt WHERE outcome = 'interrupted'"),
	              (long long)sql_int(t.w, "SELECT COUNT(*) FROM booking_run WHERE outcome = 'held'"),
	              (long long)sql_int(t.w, "SELECT COUNT(*) FROM booking_run WHERE outcome = 'interrupted'"));
	CHECK(sql_int(t.w, "SELECT COUNT(*) FROM booking_attempt WHERE outcome = 'interrupted'") > 0 || kills == 0);
	CHECK(sql_int(t.w, "SELECT COUNT(DISTINCT node) FROM booking_attempt") == TWINS);
	twins_end(&t);
}

SCENARIO(rule_26_two_nodes_are_killed,
         "24 bookings on two nodes, ten kills: no attempt twice, never two calls at once, none left out")
{
	const char *bookings = getenv("BOOKINGS"), *kills = getenv("KILLS"); /* make soak: more of both */

	killed(bookings ? (unsigned)atoi(bookings) : 24, kills ? (unsigned)atoi(kills) : 10);
}

SCENARIO(rule_26_a_live_conference_is_not_called_again,
         "the node of a conference dies: the other one calls nobody of it; it is interrupted, its record has cause 41")
{
	struct twins t;
	struct store *s;
	char host[32];
	unsigned owner;

	twins_open(&t, options, NULL);
	s = world_store(t.w);
	book_one(t.w, s, HELD, 3);
	store_close(s);
	number_text(host, 1, HELD);
	(void)expect_call_to(t.w, host + 2, 6);
	world_run(t.w, 6);
	CHECK_INT(sql_int(t.w, "SELECT state = 'live' FROM booking_run"), 1);
	owner = (unsigned)sql_int(t.w, "SELECT node = 'node2' FROM booking_run");
	events_forget(t.w);
	twin_dies(&t, owner);
	expect_no_event(t.w, NULL, "ring", 40);
	CHECK_INT(sql_int(t.w, "SELECT state = 'done' AND outcome = 'interrupted' FROM booking_run"), 1);
	twin_lives(&t, owner);
	world_run(t.w, 30);
	CHECK_INT(sql_int(t.w, "SELECT COUNT(*) FROM call_record WHERE cause = 41 AND booking_id IS NOT NULL"), 1);
	CHECK_INT(count_events(t.w, "ring"), 0);
	twins_end(&t);
}
