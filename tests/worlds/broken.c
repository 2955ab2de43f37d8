/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/broken.c - the database, the exchange or the node goes away in the middle of a talk: telephony rules 9 and 23. */
#include "tests/worlds/world.h"

#define HOST    "13800000001"
#define HOST_E  "8613800000001"
#define SECOND  "13800000002"
#define HOLD_S  60 /* a hold's life */
#define OPENING 1000000

static void nothing_lost(struct world *w, const struct talk *t)
{
	struct exchange_call_info host, party;
	int64_t most;

	for (unsigned waited = 0; held(w, HOST_E) != 0; waited += 5) { /* what the journal keeps is posted by and by */
		CHECK(waited < 60);
		world_run(w, 5);
	}
	expect_nothing_left(w, "afterwards", 90);
	CHECK_INT(exchange_call_info(w->exchange, t->host, &host), 0);
	CHECK_INT(exchange_call_info(w->exchange, t->party[0], &party), 0);
	most = (host.talk_us / 1000000 + 1 + party.talk_us / 1000000 + 1) * 2000 / 60 + 2; /* 0.20 a minute, by the second */
	CHECK(balance(w, HOST_E) < OPENING && balance(w, HOST_E) >= OPENING - most);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM loss"), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0"), 2);
}

/* Two have talked for so many seconds, charged by the second, their account trusted with so much (rule 23). */
static struct world *two_talk(struct talk *t, int trust_e4, double seconds)
{
	struct world *w = world_open(NULL);

	per_second(w);
	sql_do(w, "UPDATE account SET trust_e4 = %d", trust_e4);
	talk_begin(w, t, HOST, SECOND);
	world_run(w, seconds);
	return w;
}

/* They talk on for three minutes; then he hangs up. */
static void talk_on_and_hang_up(struct world *w, const struct talk *t)
{
	expect_no_event(w, t->host, "hangup", 180);
	phone_hangs_up(w, t->host);
	expect_hangup(w, t->party[0], 16, 1);
}

SCENARIO(rule_23_database_gone_while_they_talk,
         "the talk goes on for what is held, and ends before the hold does; settled when the database is back, nothing lost")
{
	struct talk t;
	struct world *w = two_talk(&t, 0, 5);

	database_goes(w);
	expect_no_event(w, t.host, "hangup", 20);
	expect_hangup(w, t.host, 16, HOLD_S - 20);
	expect_hangup(w, t.party[0], 16, 1);
	world_run(w, 30);
	database_returns(w);
	nothing_lost(w, &t);
	world_close(w);
}

SCENARIO(rule_23_database_back_in_time, "the database is away for 20 s: nobody notices, the talk goes on for minutes")
{
	struct talk t;
	struct world *w = two_talk(&t, 0, 5);

	database_goes(w);
	world_run(w, 20);
	database_returns(w);
	talk_on_and_hang_up(w, &t);
	world_run(w, 5);
	nothing_lost(w, &t);
	world_close(w);
}

SCENARIO(rule_23_a_trusted_account_talks_on,
         "an account trusted with 5.00: no database for 3 minutes, and the talk goes on; paid in the end")
{
	struct talk t;
	struct world *w = two_talk(&t, 50000, 5);

	database_goes(w);
	talk_on_and_hang_up(w, &t);
	world_run(w, 10);
	database_returns(w);
	nothing_lost(w, &t);
	world_close(w);
}

SCENARIO(rule_23_no_database_no_order,
         "without a database a trigger is refused with an announcement, unanswered; with it the next one is taken")
{
	struct world *w = world_open(NULL);
	const char *trigger;

	database_goes(w);
	trigger = phone_dials(w, HOST, "12599");
	expect_hangup(w, trigger, 21, 30);
	CHECK(find_event(w, trigger, "answer") == NULL);
	database_returns(w);
	world_run(w, 10);
	hangs_up_and_over(w, called_back(w, HOST));
}

SCENARIO(rule_09_the_exchange_loses_its_power,
         "no signalling, no packets: released after 2.5 s, charged to the loss; it comes back and calls go through")
{
	struct talk t;
	struct world *w = two_talk(&t, 0, 10);
	int64_t charged;

	exchange_dies(w);
	world_run(w, 5);
	charged = OPENING - balance(w, HOST_E);
	/* the host's leg of some 15 s and the party's of 10 s, at 33.3 units a second: nothing of the 2.5 s in which nobody was
	 * heard */
	CHECK(charged > 20 * 2000 / 60 && charged < 32 * 2000 / 60);
	world_run(w, 30);
	exchange_comes_back(w);
	talk_begin(w, &t, HOST, SECOND);
	hangs_up_and_over(w, t.host);
}

SCENARIO(the_node_restarts_in_a_talk, "everybody is released and the talk is paid; the node comes up and takes the next order")
{
	struct talk t;
	struct world *w = two_talk(&t, 0, 10);

	node_restarts(w);
	expect_hangup(w, t.host, 16, 1);
	expect_hangup(w, t.party[0], 16, 1);
	nothing_lost(w, &t);
	events_forget(w);
	talk_begin(w, &t, HOST, SECOND);
	hangs_up_and_over(w, t.host);
}
