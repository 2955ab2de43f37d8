/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/money_end.c - the moment the money ends (telephony rule 22), by its example: 1.00 in the account, three legs
 * answered together at 0.20 a minute, and what changes that moment. The host's own leg is free here, so that the three are all
 * there is.
 */
#include <string.h>

#include "billing/account.h"
#include "core/random.h"
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

static const char *const party[] = { "13800000002", "13800000003", "13800000009" };

/* Who is told what, and when. */
struct told {
	struct mparty_observer observer;
	unsigned               warned, unwarned, exhausted;
	int                    seconds;
	int64_t                warned_us;
};

static void told_event(struct mparty_observer *o, struct mparty *m, const struct mparty_event *ev)
{
	struct told *t = container_of(o, struct told, observer);

	(void)m;
	if (ev->type == MPARTY_EV_WARNING) {
		t->warned++;
		t->seconds = ev->seconds;
		t->warned_us = world_now_us();
	}
	t->unwarned += ev->type == MPARTY_EV_UNWARN;
	t->exhausted += ev->type == MPARTY_EV_EXHAUSTED;
	if (ev->type == MPARTY_EV_ENDED)
		mparty_unobserve(o);
}

struct three {
	struct world *w;
	struct told   told;
	const char   *host, *party[3];
	int64_t       answered_us;
};

static void invites(struct three *t, unsigned i)
{
	unsigned order;

	CHECK_INT(mparty_invite(mparty_first(node_calls(t->w->node)), NULL,
	                        i == 0   ? "8613800000002"
	                        : i == 1 ? "8613800000003"
	                                 : "8613800000009",
	                        false, &order),
	          0);
	t->party[i] = expect_call_to(t->w, party[i], 5);
}

/* The host is in, with 1.00; so many parties ring. */
static void three_begin(struct three *t, bool by_second, unsigned parties)
{
	memset(t, 0, sizeof(*t));
	t->w = world_open(NULL);
	if (by_second)
		per_second(t->w);
	sql_do(t->w,
	       "INSERT INTO tariff_rate (tariff_id, valid_from, class, prefix, price_e4, increment_s) SELECT id, '2020-01-01', "
	       "'prefix', '" HOST_E "', 0, 1 FROM tariff");
	give(t->w, HOST_E, 10000);
	t->host = called_back(t->w, HOST);
	t->told.observer.event = told_event;
	mparty_observe(mparty_first(node_calls(t->w->node)), &t->told.observer);
	for (unsigned i = 0; i < parties; i++)
		invites(t, i);
}

static void three_answer(struct three *t, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		phone_answers(t->w, t->party[i]);
	if (first == 0)
		t->answered_us = world_now_us();
	world_run(t->w, 0.1);
}

static double talked(struct three *t, unsigned i)
{
	return (double)event_int(expect_event(t->w, t->party[i], "gone", 2), "talk_us") / 1e6;
}

/* Every party's phone is cleared with 16 within so many seconds. */
static void parties_are_cleared(struct three *t, double seconds)
{
	for (unsigned i = 0; i < 3; i++)
		expect_hangup(t->w, t->party[i], 16, seconds);
}

/* What the host has when all is settled. */
static int64_t left(struct three *t)
{
	world_run(t->w, 3);
	return balance(t->w, HOST_E);
}

static void near(double got, double want, double by, const char *what, int line)
{
	if (got < want - by || got > want + by)
		world_fail(__FILE__, line, "%s is %.3f, should be %.3f", what, got, want);
}
#define NEAR(got, want, by) near((got), (want), (by), #got, __LINE__)

SCENARIO(rule_22_example_per_second, "1.00, three at 0.20 a minute by the second: warned at 40 s, cleared at 100 s, nothing left")
{
	struct three t;

	three_begin(&t, true, 3);
	three_answer(&t, 0, 3);
	world_run(t.w, 39);
	CHECK_INT(t.told.warned, 0);
	CHECK(heard_power(t.w, t.host, 1) < -50);
	world_run(t.w, 3);
	CHECK(heard_power(t.w, t.host, 1.5) > -35); /* it is said, under whatever is talked */
	CHECK_INT(t.told.warned, 1);
	CHECK_INT(t.told.seconds, 60);
	NEAR((double)(t.told.warned_us - t.answered_us) / 1e6, 40, 0.1);
	parties_are_cleared(&t, 60);
	expect_hangup(t.w, t.host, 16, 5);
	for (unsigned i = 0; i < 3; i++)
		NEAR(talked(&t, i), 100, 0.1);
	CHECK_INT(t.told.exhausted, 1);
	CHECK_INT(t.told.warned, 1);
	CHECK_INT(left(&t), 1); /* each leg is rounded down once: 3 x 0.3333 */
	world_close(t.w);
}

/*
 * By whole minutes, "together" is the same millisecond: with 1.00 there are 0.40 for two second minutes, should the third be due
 * a tick later. The D channel needs more than a tick for three CONNECTs, so it is 0.99 here; 1.00 is test_rule_22_per_minute's,
 * in tests/unit/billing_test.c.
 */
SCENARIO(rule_22_example_per_minute, "0.99, three at 0.20 by whole minutes: warned at answer, cleared at 60 s, 0.39 left")
{
	struct three t;

	three_begin(&t, false, 3);
	give(t.w, HOST_E, 9900);
	three_answer(&t, 0, 3);
	CHECK_INT(t.told.warned, 1);
	CHECK_INT(t.told.seconds, 60);
	parties_are_cleared(&t, 60);
	for (unsigned i = 0; i < 3; i++)
		NEAR(talked(&t, i), 60, 0.1);
	CHECK_INT(t.told.exhausted, 1);
	CHECK_INT(left(&t), 3900);
	world_close(t.w);
}

SCENARIO(rule_22_a_leg_added_late,
         "two talk for 80 s of 150, by the second; the third brings the end from 70 s to 47: said at once")
{
	struct three t;

	three_begin(&t, true, 2);
	three_answer(&t, 0, 2);
	world_run(t.w, 78);
	invites(&t, 2);
	world_run(t.w, 1.8);
	CHECK_INT(t.told.warned, 0);
	three_answer(&t, 2, 1); /* 0.53 used up; 0.47 for three */
	world_run(t.w, 0.2);
	CHECK(t.told.warned >= 1);
	NEAR(t.told.seconds, 46.5, 0.5);
	parties_are_cleared(&t, 50);
	NEAR(talked(&t, 0), 126.5, 1);
	NEAR(talked(&t, 1), 126.5, 1);
	NEAR(talked(&t, 2), 46.5, 1);
	CHECK(left(&t) >= 0 && balance(t.w, HOST_E) < 100); /* less than the next second of three */
	world_close(t.w);
}

SCENARIO(rule_22_a_leg_added_late_per_minute,
         "two talk by whole minutes, the third comes at 30 s: their second minutes are covered, its own is not")
{
	struct three t;

	three_begin(&t, false, 3);
	three_answer(&t, 0, 2); /* 0.40; 0.60 left: each has a second minute, and there is 0.20 for a third */
	world_run(t.w, 29.9);
	three_answer(&t, 2, 1); /* 0.60; of the 0.40 left both have their second minute; the third, at 90 s, has none */
	parties_are_cleared(&t, 65);
	NEAR(talked(&t, 0), 90, 0.2);
	NEAR(talked(&t, 2), 60, 0.2);
	CHECK(t.told.warned >= 1);
	CHECK_INT(left(&t), 0);
	world_close(t.w);
}

SCENARIO(rule_22_a_recharge_during_the_warning,
         "1.00 more, 20 s after the warning: withdrawn; warned again 60 s before the new end")
{
	struct three t;

	three_begin(&t, true, 3);
	three_answer(&t, 0, 3);
	world_run(t.w, 59.9);
	CHECK_INT(t.told.warned, 1);
	recharge(t.w, HOST_E, 10000);
	world_run(t.w, 4);
	CHECK_INT(t.told.unwarned, 1);
	world_run(t.w, 75);
	CHECK_INT(t.told.warned, 1);
	world_run(t.w, 3);
	CHECK_INT(t.told.warned, 2);
	NEAR((double)(t.told.warned_us - t.answered_us) / 1e6, 140, 0.2);
	CHECK_INT(t.told.seconds, 60);
	parties_are_cleared(&t, 62);
	NEAR(talked(&t, 0), 200, 0.2);
	CHECK(left(&t) >= 0 && balance(t.w, HOST_E) < 100);
	world_close(t.w);
}

SCENARIO(rule_22_a_recharge_too_small, "0.005 more during the warning, by whole minutes: it covers no increment, the end stays")
{
	struct three t;

	three_begin(&t, false, 3);
	give(t.w, HOST_E, 9900);
	three_answer(&t, 0, 3);
	world_run(t.w, 20);
	recharge(t.w, HOST_E, 50);
	parties_are_cleared(&t, 42);
	NEAR(talked(&t, 0), 60, 0.1);
	CHECK_INT(t.told.unwarned, 0);
	CHECK_INT(left(&t), 3950);
	world_close(t.w);
}

SCENARIO(rule_22_a_party_that_leaves_moves_the_end,
         "two of three hang up during the warning: it is withdrawn, the third talks on")
{
	struct three t;

	three_begin(&t, true, 3);
	three_answer(&t, 0, 3);
	world_run(t.w, 60); /* 0.60 used up */
	CHECK_INT(t.told.warned, 1);
	phone_hangs_up(t.w, t.party[0]);
	phone_hangs_up(t.w, t.party[1]);
	world_run(t.w, 3);
	CHECK_INT(t.told.unwarned, 1);
	world_run(t.w, 50);
	CHECK(find_event(t.w, t.party[2], "hangup") == NULL);
	expect_hangup(t.w, t.party[2], 16, 75); /* two legs of 61 s, and what is left for one: 178 s */
	NEAR(talked(&t, 2), 178, 0.3);
	world_close(t.w);
}
