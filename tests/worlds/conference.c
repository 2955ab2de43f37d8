/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/conference.c - the host's dialogue: whom he can reach, and what they see; telephony rules 7, 12, 13, 15. */
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define SECOND "13800000002"
#define THIRD  "13800000003"

/* What the host is told when a party cannot be had; then he is asked again and may try another. */
static void told_and_asked_again(const char *plan, const char *number, const char *prompt)
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	if (plan)
		exchange_does(w, "number %s %s", number, plan);
	exchange_does(w, "dtmf %s %s#", host, number);
	if (plan)
		(void)expect_call_to(w, number, 8);
	expect_hears(w, host, PROMPT_ZH_CN, prompt, 70);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 20);
	phone_answers(w, host_calls(w, host, THIRD));
	world_run(w, 1);
	CHECK_INT(parties_in(w), 1);
	hangs_up_and_over(w, host);
}

SCENARIO(party_busy, "busy: told so, asked again") { told_and_asked_again("busy", SECOND, "party-busy"); }
SCENARIO(party_no_answer, "45 s of ringing: told so, asked again")
{
	told_and_asked_again("ring", SECOND, "party-no-answer");
}
SCENARIO(party_unallocated, "unallocated: told so, asked again")
{
	told_and_asked_again("unallocated", SECOND, "party-unallocated");
}
SCENARIO(party_congestion, "congestion: told so, asked again")
{
	told_and_asked_again("congestion 42", SECOND, "party-congestion");
}
SCENARIO(party_rejected, "rejected: told so, asked again") { told_and_asked_again("reject 21", SECOND, "party-failed"); }
SCENARIO(rule_13_emergency_is_barred, "110 is barred") { told_and_asked_again(NULL, "110", "number-barred"); }
SCENARIO(rule_13_emergency_behind_an_area_code, "021 110 is barred as well")
{
	told_and_asked_again(NULL, "021110", "number-barred");
}
SCENARIO(rule_13_a_barred_range, "numbers that begin with 1390000 are barred: told so, asked again; others of 139 are called")
{
	struct world *w = world_open(NULL);
	const char *host;

	sql_do(w, "INSERT INTO number_bar (kind, pattern, reason) VALUES ('prefix', '861390000', 'test')");
	host = called_back(w, HOST);
	host_keys_number(w, host, "13900000001");
	expect_hears(w, host, PROMPT_ZH_CN, "number-barred", 6);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 8);
	(void)host_calls(w, host, "13910000001");
	hangs_up_and_over(w, host);
}

SCENARIO(wrong_number, "no number at all: told so, asked again") { told_and_asked_again(NULL, "0000", "wrong-number"); }

SCENARIO(five_wrong_numbers, "five in a row: goodbye, cleared with 16; four and a good one: called")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	for (unsigned i = 0; i < 4; i++) {
		phone_keys(w, host, "0000#");
		expect_hears(w, host, PROMPT_ZH_CN, "wrong-number", 4);
	}
	phone_answers(w, host_calls(w, host, SECOND));
	world_run(w, 2);
	phone_keys(w, host, "*"); /* counted anew */
	world_run(w, 1);
	for (unsigned i = 0; i < 5; i++) {
		CHECK(find_event(w, host, "hangup") == NULL);
		phone_keys(w, host, "0000#");
		world_run(w, 2);
	}
	expect_hears(w, host, PROMPT_ZH_CN, "goodbye", 4);
	expect_hangup(w, host, 16, 5);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_15_help_is_offered_once, "\"for help press # and *\": after the first prompt, and not again")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);
	int64_t asked_us;

	expect_hears(w, host, PROMPT_ZH_CN, "help-hint", 10);
	world_run(w, 2);
	phone_keys(w, host, "0000#");
	asked_us = world_now_us();
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 8);
	world_run(w, 6);
	CHECK(!hears(w, host, PROMPT_ZH_CN, "help-hint", asked_us));
	hangs_up_and_over(w, host);
}

SCENARIO(rule_15_a_bounced_hash_is_none,
         "## behind the number, and one # more while it rings: nothing is cancelled; then ## within 4 s does")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST), *party;

	phone_keys(w, host, SECOND "##");
	party = expect_call_to(w, SECOND, 3);
	world_run(w, 2);
	phone_keys(w, host, "#");
	expect_no_event(w, party, "hangup", 5); /* a lone one has ended by then (rule 15) */
	phone_keys(w, host, "#");
	expect_no_event(w, party, "hangup", 2);
	phone_keys(w, host, "#");
	expect_hangup(w, party, 16, 2);
	expect_hears(w, host, PROMPT_ZH_CN, "invitation-cancelled", 5);
	hangs_up_and_over(w, host);
}

SCENARIO(rule_07_no_alerting_within_60_s, "a party whose exchange says nothing after CALL PROCEEDING: 60 s, then told")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	exchange_does(w, "number " SECOND " no-answer no-alert");
	host_keys_number(w, host, SECOND);
	expect_hears(w, host, PROMPT_ZH_CN, "party-no-answer", 66);
	hangs_up_and_over(w, host);
}

SCENARIO(digits_interrupt_the_prompt, "a key stops the prompt within 100 ms")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	CHECK(heard_power(w, host, 0.5) > -35);
	exchange_does(w, "dtmf %s 1 on=100", host);
	world_run(w, 0.4);
	CHECK(hears_nothing(w, host, 0.2));
	hangs_up_and_over(w, host);
}

static void restricted_numbers(struct node_options *o, void *arg)
{
	o->service[0].use_restricted = true;
	o->span[0].show_host = *(const bool *)arg;
}

/* What a phone sees of the caller: number, and whether it may be shown. */
static void sees(struct world *w, const char *call, const char *calling, const char *pres)
{
	const json_t *ring = find_event(w, call, "ring");

	CHECK_STR(json_string_value(json_object_get(ring, "calling")), calling);
	CHECK_STR(json_string_value(json_object_get(ring, "pres")), pres);
}

/* He withholds his number and the service takes such: who is called sees nothing of it. */
static void withheld(bool show_host, const char *calling)
{
	struct world_setup s = { .options = restricted_numbers, .arg = &show_host, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	const char *trigger = phone_dials_with(w, HOST, "12599", "pres=restricted"), *host, *party;

	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 8);
	phone_hangs_up(w, trigger);
	host = expect_call_to(w, HOST, 5);
	phone_answers(w, host);
	world_run(w, 2);
	party = host_calls(w, host, SECOND);
	sees(w, party, calling, "restricted");
	phone_answers(w, party);
	world_run(w, 1);
	sees(w, host_invites(w, host, THIRD), calling, "restricted");
	hangs_up_and_over(w, host);
}

SCENARIO(rule_12_withheld_stays_withheld, "a host with CLIR: every party's leg is restricted") { withheld(true, HOST); }
SCENARIO(rule_12_withheld_with_the_service_s_number, "the same where the service's number is shown") { withheld(false, "12599"); }

SCENARIO(rule_12_shown_numbers, "the callback shows the service number, the member leg the host's; none is restricted")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	sees(w, t.host, "12599", "allowed");
	sees(w, t.party[0], HOST, "allowed");
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_15_a_number_ends_without_hash, "6 s after the last digit")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	phone_keys(w, host, SECOND);
	expect_no_event(w, NULL, "ring", 5.0);
	CHECK(exchange_calls(w->exchange) == 1);
	(void)expect_call_to(w, SECOND, 3);
	hangs_up_and_over(w, host);
}

SCENARIO(rule_15_star_clears, "* inside a number clears it; a leading * at the first prompt does no harm")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	phone_keys(w, host, "*");
	world_run(w, 1);
	phone_keys(w, host, "1390*" SECOND "#");
	(void)expect_call_to(w, SECOND, 3);
	hangs_up_and_over(w, host);
}
