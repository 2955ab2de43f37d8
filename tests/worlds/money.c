/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/money.c - what calls cost, and the moment the money ends: telephony rules 9, 19 to 23. */
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

SCENARIO(rule_22_exhaustion_per_minute,
         "1.00, legs at 0.20 a minute by whole minutes: all end at the first increment that is not covered; the rest stays")
{
	struct world *w = world_open(NULL);
	struct exchange_call_info host, party;
	struct talk t;

	give(w, HOST_E, 10000);
	talk_begin(w, &t, HOST, "13800000002");
	talk_add(w, &t, "13800000003");
	/* the host's third minute begins at 120 s of his talk: 3 x 0.20 twice is 1.20 > 1.00 long before that */
	expect_hangup(w, t.host, 16, 130);
	expect_hangup(w, t.party[0], 16, 1);
	expect_hangup(w, t.party[1], 16, 1);
	world_run(w, 5);
	CHECK(balance(w, HOST_E) >= 0);
	CHECK_INT(exchange_call_info(w->exchange, t.host, &host), 0);
	CHECK_INT(exchange_call_info(w->exchange, t.party[0], &party), 0);
	/* second minutes fall due host first, then the second: 0.60 + 0.20 + 0.20 = 1.00, and the third's is the one that is not
	 * covered */
	CHECK_INT(balance(w, HOST_E), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE charge_e4 > 0"), 3);
	world_close(w);
}

SCENARIO(rule_22_exhaustion_per_second,
         "0.50, two legs at 0.20 a minute by the second: warned, ended together, not a unit too much")
{
	struct world *w = world_open(NULL);
	struct talk t;

	per_second(w);
	give(w, HOST_E, 5000);
	talk_begin(w, &t, HOST, "13800000002");
	expect_hangup(w, t.host, 16, 90);
	expect_hangup(w, t.party[0], 16, 0.5);
	world_run(w, 5);
	/* two legs of whole seconds at 33.3 units: what is left is less than the next two increments */
	CHECK(balance(w, HOST_E) >= 0 && balance(w, HOST_E) < 67);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM loss"), 0);
	world_close(w);
}

SCENARIO(rule_22_recharge_moves_the_end_away, "a top-up during the warning: the talk goes on")
{
	struct world *w = world_open(NULL);
	struct talk t;

	give(w, HOST_E, 6000);
	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 30);
	recharge(w, HOST_E, 100000);
	world_run(w, 150);
	CHECK(find_event(w, t.host, "hangup") == NULL);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_20_a_party_too_dear, "enough for the host, not for a domestic leg: told so, nothing charged for it")
{
	struct world *w = world_open(NULL);
	const char *host;

	give(w, HOST_E, 7000); /* callback 0.20; domestic wants 0.60 more */
	host = called_back(w, HOST);
	exchange_does(w, "dtmf %s 13900000001#", host);
	expect_hears(w, host, PROMPT_ZH_CN, "party-not-enough-money", 12);
	phone_hangs_up(w, host);
	world_run(w, 3);
	CHECK(find_event(w, NULL, "ring") != NULL);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'member' AND charge_e4 = 0"), 1);
	world_close(w);
}

SCENARIO(rule_19_talk_time_to_the_millisecond, "charged seconds agree with the exchange's own log, unanswered legs are free")
{
	struct world *w = world_open(NULL);
	int64_t talk_us = 0, at_once_e4;
	struct talk t;

	per_second(w);
	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 12.3);
	phone_hangs_up(w, t.party[0]);
	world_run(w, 3);
	/* the call goes on: its charge is seen, and will be taken with the others' */
	at_once_e4 = sql_int(w, "SELECT charge_e4 FROM v_leg WHERE role = 'member'");
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_ledger WHERE kind = 'charge'"), 0);
	phone_hangs_up(w, t.host);
	world_run(w, 5);
	CHECK_INT(sql_int(w, "SELECT charge_e4 FROM v_leg WHERE role = 'member'"), at_once_e4);
	talk_us = json_integer_value(json_object_get(find_event(w, t.party[0], "gone"), "talk_us"));
	CHECK_INT(sql_int(w, "SELECT charge_e4 FROM v_leg WHERE role = 'member'"), (talk_us + 999999) / 1000000 * 2000 / 60);
	CHECK_INT(sql_int(w, "SELECT SUM(charge_e4) FROM v_leg WHERE role = 'trigger'"), 0);
	world_close(w);
}

/* ---- rule 9: the line ---- */

SCENARIO(rule_09_a_lost_line_is_charged_to_the_loss,
         "the cable is cut while three talk: released after 2.5 s, charged to the moment of the cut, service back after 10 s")
{
	struct world *w = world_open(NULL);
	struct talk t;

	per_second(w);
	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 9.7);
	exchange_does(w, "span pstn down");
	world_run(w, 10);
	CHECK_INT(node_calls(w->node)->call_count, 0);
	CHECK_INT(held(w, HOST_E), 0);
	/* talk_begin ran half a second after the answer: 10.2 s and no more */
	CHECK_INT(sql_int(w, "SELECT charge_e4 FROM v_leg WHERE role = 'member'"), 11 * 2000 / 60);
	exchange_does(w, "span pstn up");
	world_run(w, 20);
	CHECK(e1_span_up(node_span(w->node, "pstn")));
	orders(w, HOST);
	(void)expect_call_to(w, HOST, 6);
	world_close(w);
}

SCENARIO(rule_09_a_short_interruption_is_survived, "1 s without packets: alarm, silence, and the talk goes on")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	exchange_does(w, "span pstn down");
	world_run(w, 1);
	exchange_does(w, "span pstn up");
	world_run(w, 3);
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700));
	hangs_up_and_over(w, t.host);
}

SCENARIO(
	two_conferences_of_one_account,
	"two numbers of one account, each with a conference at once: each its own room, one purse, and both end when it is empty")
{
	struct world *w = world_open(NULL);
	struct talk a, b;

	per_second(w);
	sql_do(w, "DELETE FROM account_number WHERE number = '8613800000003'");
	sql_do(w, "INSERT INTO account_number (number, account_id, valid_from) SELECT '8613800000003', account_id, '2020-01-01' "
	          "FROM "
	          "account_number WHERE number = '" HOST_E "'");
	give(w, HOST_E, 16000); /* four legs at 0.20: two minutes */
	talk_begin(w, &a, HOST, "13800000002");
	talk_begin(w, &b, "13800000003", "13800000009");
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM hold WHERE state = 'open'"), 2);
	CHECK_INT(sql_int(w, "SELECT COUNT(DISTINCT account_id) FROM hold"), 1);
	phone_hums(w, a.party[0], 700);
	CHECK(hears_tone(w, a.host, 700) && heard_tone(w, b.host, 700, 1) < -50 &&
	      heard_tone(w, b.party[0], 700, 1) < -50);
	expect_hangup(w, a.party[0], 16, 130);
	expect_hangup(w, b.party[0], 16, 5);
	world_run(w, 5);
	CHECK(balance(w, HOST_E) >= 0 && balance(w, HOST_E) < 400);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_ledger WHERE kind = 'charge'"), 4);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM loss"), 0);
	world_close(w);
}
