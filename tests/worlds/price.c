/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/price.c - what a service may be set to about money and numbers of calls: the price before dialling, a free
 * callback leg, limits. */
#include "tests/worlds/world.h"

#define HOST    "13800000001" /* Chinese */
#define HOST_E  "8613800000001"
#define OTHER   "13800000002" /* English; local */
#define OTHER_E "8613800000002"
#define FAR     "13900000001"

static void tells_price(struct node_options *o, void *arg)
{
	(void)arg;
	o->service[0].say_rate = true;
}

SCENARIO(price_before_dialling, "say_rate: what a minute costs and for how many there is money, then it is called; * goes back "
                                "without a call; a key skips it")
{
	struct world *w = world_with(tells_price);
	const char *host, *party;

	give(w, OTHER_E, 19000); /* his own leg is 0.20 a minute, the other 0.60: twice each, and not a third minute of both */
	host = called_back(w, OTHER);
	phone_keys(w, host, FAR "#");
	expect_hears(w, host, PROMPT_EN, "rate-is", 5);
	expect_hears(w, host, PROMPT_EN, "num-60", 5); /* sixty fen */
	CHECK_INT(count_events(w, "ring"), 1); /* nobody but the host yet */
	expect_hears(w, host, PROMPT_EN, "minutes-left", 5);
	expect_hears(w, host, PROMPT_EN, "unit-minutes", 5);
	party = expect_call_to(w, FAR, 5);
	phone_answers(w, party);
	world_run(w, 2);
	exchange_does(w, "hangup %s", party);
	expect_hears(w, host, PROMPT_EN, "enter-number", 20);
	phone_keys(w, host, HOST "#");
	expect_hears(w, host, PROMPT_EN, "rate-is", 5);
	phone_keys(w, host, "*");
	expect_hears(w, host, PROMPT_EN, "enter-number", 5);
	expect_no_event(w, NULL, "ring", 5);
	phone_keys(w, host, HOST "#");
	expect_hears(w, host, PROMPT_EN, "rate-is", 5);
	phone_keys(w, host, "1"); /* heard enough */
	(void)expect_call_to(w, HOST, 1.5);
	phone_hangs_up(w, host);
	world_close(w);
}

SCENARIO(price_minutes_are_honest, "told two minutes beside his own leg: he is not cut before two minutes of talk")
{
	struct world *w = world_with(tells_price);
	const char *host, *party;

	give(w, HOST_E, 19000);
	host = called_back(w, HOST);
	phone_keys(w, host, FAR "#");
	expect_hears(w, host, PROMPT_ZH_CN, "minutes-left", 12);
	expect_hears(w, host, PROMPT_ZH_CN, "num-liang", 5);
	party = expect_call_to(w, FAR, 8);
	phone_answers(w, party);
	expect_no_event(w, party, "hangup", 119);
	(void)expect_event(w, party, "hangup", 62);
	world_run(w, 5);
	CHECK(balance(w, HOST_E) >= 0);
	world_close(w);
}

static void free_callback(struct node_options *o, void *arg)
{
	(void)arg;
	o->service[0].callback_free = true;
}

SCENARIO(callback_leg_free, "callback: free - the host's own leg costs nothing, a party's as always")
{
	struct world *w = world_with(free_callback);
	struct talk t;

	talk_begin(w, &t, HOST, OTHER);
	world_run(w, 30);
	phone_hangs_up(w, t.host);
	world_run(w, 5);
	CHECK_INT(sql_int(w, "SELECT SUM(charge_e4) FROM v_leg WHERE role = 'host'"), 0);
	CHECK_INT(balance(w, HOST_E), 1000000 - 2000);
	world_close(w);
}

static void two_a_day(struct node_options *o, void *arg)
{
	(void)arg;
	o->calls_per_day = 2;
}

SCENARIO(limit_of_calls_a_day,
         "two calls within 24 hours, then he is told so, unanswered; the next day he may again; others may all the time")
{
	struct world *w = world_with(two_a_day);
	const char *call;

	for (int i = 0; i < 2; i++) {
		phone_hangs_up(w, called_back(w, HOST));
		world_run(w, 5);
	}
	call = phone_dials(w, HOST, "12599");
	expect_hears(w, call, PROMPT_ZH_CN, "refused-too-many-calls", 8);
	CHECK(find_event(w, call, "answer") == NULL);
	phone_hangs_up(w, call);
	world_run(w, 2);
	phone_hangs_up(w, called_back(w, OTHER));
	world_sleeps(w, 86400);
	hangs_up_and_over(w, called_back(w, HOST));
}

static void one_room(struct node_options *o, void *arg)
{
	(void)arg;
	o->ivr.rooms_max = 1;
}

SCENARIO(limit_of_rooms,
         "one multi-party call at a time: while one is ordered or lives, others are told to try later, unanswered")
{
	struct world *w = world_with(one_room);
	const char *call, *host = called_back(w, HOST);

	call = phone_dials(w, OTHER, "12599");
	expect_hears(w, call, PROMPT_ZH_CN, "refused-busy-try-later", 8);
	phone_hangs_up(w, call);
	phone_hangs_up(w, host);
	world_run(w, 5);
	host = called_back(w, OTHER);
	hangs_up_and_over(w, host);
}
