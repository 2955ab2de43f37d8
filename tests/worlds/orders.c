/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/orders.c - ordering a callback and being called back: telephony rules 1 to 8, and the refusals. */
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

static void unanswered(struct node_options *o, void *arg)
{
	o->span[0].unanswered = *(const enum trunk_unanswered *)arg;
}

/* A trigger is told this way; so the exchange cuts through. */
static struct world *world_told_by(enum trunk_unanswered how, enum exchange_cut cut)
{
	struct world_setup s = { .options = unanswered, .arg = &how, .cut = cut };

	return world_open(&s);
}

/* Called back, answered. */
static const char *answers_the_callback(struct world *w, const char *number, double seconds)
{
	const char *host = expect_call_to(w, number, seconds);

	phone_answers(w, host);
	return host;
}

/* ---- rule 1: each way to the caller's ear, through each kind of exchange ---- */

SCENARIO(rule_01_progress_clears_before_t310,
         "unanswered = progress: PROGRESS with PI 8, heard, cleared after 8 s, before the exchange's T310")
{
	struct world *w = world_told_by(UNANSWERED_PROGRESS, EXCHANGE_CUT_ANY);
	const char *trigger = phone_dials(w, HOST, "12599");
	const json_t *inband = json_object_get(expect_event(w, trigger, "progress", 1.0), "inband");

	CHECK(json_is_true(inband));
	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 7);
	expect_hangup(w, trigger, 16, 9);
	CHECK(find_event(w, trigger, "alerting") == NULL && find_event(w, trigger, "answer") == NULL);
	CHECK(find_event(w, trigger, "timer") == NULL);
	(void)expect_call_to(w, HOST, 5);
	world_close(w);
}

SCENARIO(rule_01_alerting_then_progress, "unanswered = alerting+progress: both, for exchanges that cut through on PROGRESS only")
{
	struct world *w = world_told_by(UNANSWERED_ALERTING_PROGRESS, EXCHANGE_CUT_ANY);
	const char *trigger = phone_dials(w, HOST, "12599");

	(void)expect_event(w, trigger, "alerting", 1.0);
	(void)expect_event(w, trigger, "progress", 1.0);
	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 8);
	expect_hangup(w, trigger, 16, 16);
	world_close(w);
}

SCENARIO(rule_01_silent_confirms_at_the_answer,
         "unanswered = silent, an exchange that lets nothing through before CONNECT: cleared after 2 s, said at the callback")
{
	struct world *w = world_told_by(UNANSWERED_SILENT, EXCHANGE_CUT_CONNECT);
	const char *trigger = phone_dials(w, HOST, "12599"), *host;

	expect_hangup(w, trigger, 16, 3);
	CHECK(find_event(w, trigger, "alerting") == NULL && find_event(w, trigger, "progress") == NULL);
	host = answers_the_callback(w, HOST, 5);
	expect_hears(w, host, PROMPT_ZH_CN, "order-confirmed", 5);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 10);
	world_close(w);
}

SCENARIO(rule_01_no_cut_through_is_silence,
         "an exchange that cuts through at CONNECT only: he hears nothing of the announcement, the order stands")
{
	struct world_setup s = { .cut = EXCHANGE_CUT_CONNECT };
	struct world *w = world_open(&s);
	const char *trigger = phone_dials(w, HOST, "12599");

	world_run(w, 5);
	CHECK(!hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", world_now_us() - CLOCK_SEC(5)));
	phone_hangs_up(w, trigger);
	(void)expect_call_to(w, HOST, 5);
	world_close(w);
}

/* ---- rules 2 and 4: refusals, each unanswered, with its own announcement and cause 21 ---- */

static void refused(struct world *w, const char *from, const char *more, enum prompt_lang lang, const char *prompt)
{
	const char *trigger = phone_dials_with(w, from, "12599", more);

	expect_hears(w, trigger, lang, prompt, 10);
	expect_hangup(w, trigger, 21, 16);
	CHECK(find_event(w, trigger, "answer") == NULL);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM hold"), 0);
	expect_no_event(w, NULL, "ring", 8);
	world_run(w, 2);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'trigger' AND cause = 21 AND charge_e4 = 0"), 1);
	world_close(w);
}

SCENARIO(rule_04_withheld_number, "no calling number at all")
{
	refused(world_open(NULL), HOST, "calling=none", PROMPT_ZH_CN, "refused-withheld");
}

SCENARIO(rule_04_restricted_number, "presentation restricted: refused by default")
{
	refused(world_open(NULL), HOST, "pres=restricted", PROMPT_ZH_CN, "refused-withheld");
}

SCENARIO(rule_04_unscreened_number, "user provided, not screened: anybody could write it there")
{
	refused(world_open(NULL), HOST, "screen=unscreened", PROMPT_ZH_CN, "refused-unscreened");
}

SCENARIO(rule_04_screening_failed, "user provided, verified and failed")
{
	refused(world_open(NULL), HOST, "screen=failed", PROMPT_ZH_CN, "refused-unscreened");
}

SCENARIO(rule_04_diverted_call, "a redirecting number: the caller did not dial us")
{
	refused(world_open(NULL), HOST, "redirecting=13800000002", PROMPT_ZH_CN, "refused-unknown");
}

SCENARIO(refused_suspended_account, "suspended: told so, in the subscriber's language")
{
	struct world *w = world_open(NULL);

	sql_do(w, "UPDATE account SET state = 'suspended' WHERE id = (SELECT account_id FROM account_number WHERE number = "
	          "'8613800000002')");
	refused(w, "13800000002", "", PROMPT_EN, "refused-suspended");
}

SCENARIO(rule_20_not_enough_money, "less than callback's and cheapest member's first increment: refused, nothing held")
{
	struct world *w = world_open(NULL);

	give(w, HOST_E, 3999);
	refused(w, HOST, "", PROMPT_ZH_CN, "refused-no-money");
}

SCENARIO(rule_20_just_enough_money, "0.40 is enough for 0.20 and 0.20, held before the confirmation")
{
	struct world *w = world_open(NULL);
	const char *trigger;

	give(w, HOST_E, 4000);
	trigger = phone_dials(w, HOST, "12599");
	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 8);
	CHECK_INT(held(w, HOST_E), 4000);
	world_close(w);
}

SCENARIO(rule_04_user_provided_and_passed, "user provided, verified and passed: he may")
{
	struct world *w = world_open(NULL);
	const char *trigger = phone_dials_with(w, HOST, "12599", "screen=passed");

	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 8);
	world_close(w);
}

SCENARIO(language_of_the_subscriber, "the second subscriber hears English, here and at the callback")
{
	struct world *w = world_open(NULL);
	const char *trigger = phone_dials(w, "13800000002", "12599"), *host;

	expect_hears(w, trigger, PROMPT_EN, "order-confirmed-hang-up", 8);
	phone_hangs_up(w, trigger);
	host = answers_the_callback(w, "13800000002", 5);
	expect_hears(w, host, PROMPT_EN, "enter-number", 6);
	world_close(w);
}

/* ---- rule 5: one callback ---- */

SCENARIO(rule_05_five_triggers_one_callback, "he dials five times in a row: one callback")
{
	struct world *w = world_open(NULL);
	const char *host;

	for (int i = 0; i < 5; i++) {
		const char *trigger = phone_dials(w, HOST, "12599");

		(void)expect_event(w, trigger, "alerting", 1);
		expect_hears(w, trigger, PROMPT_ZH_CN, i ? "already-pending" : "order-confirmed-hang-up", 8);
		exchange_does(w, "hangup %s", trigger);
		if (i == 0)
			world_run(w, 0.2);
		else
			expect_hangup(w, trigger, 16, 1);
		if (find_event(w, NULL, "ring"))
			break; /* the callback came while he dialled on */
	}
	host = answers_the_callback(w, HOST, 6);
	world_run(w, 1);
	phone_hangs_up(w, host);
	expect_no_event(w, NULL, "ring", 60);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'host'"), 1);
	world_close(w);
}

SCENARIO(rule_05_trigger_during_the_conference, "he dials again while he talks: told so, nothing starts")
{
	struct world *w = world_open(NULL);
	const char *trigger;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	trigger = phone_dials(w, HOST, "12599");
	expect_hears(w, trigger, PROMPT_ZH_CN, "already-in-conference", 8);
	expect_hangup(w, trigger, 21, 16);
	phone_hangs_up(w, t.host);
	expect_no_event(w, NULL, "ring", 40);
	world_close(w);
}

/* ---- the callback's retries ---- */

SCENARIO(callback_busy_is_retried_twice,
         "busy: 2 more attempts, 30 s after the end of the one before; then given up, nothing charged")
{
	struct world *w = world_open(NULL);
	int64_t last = 0;

	orders(w, HOST);
	exchange_does(w, "number %s busy", HOST);
	for (int i = 0; i < 3; i++) {
		const char *host = expect_call_to(w, HOST, 32);

		if (last)
			CHECK(world_now_us() - last > CLOCK_MS(29900) && world_now_us() - last < CLOCK_MS(30500));
		(void)expect_event(w, host, "gone", 1);
		last = world_now_us();
	}
	expect_no_event(w, NULL, "ring", 90);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'host' AND cause = 17 AND answered_at IS NULL"), 3);
	CHECK_INT(held(w, HOST_E), 0);
	CHECK_INT(balance(w, HOST_E), 1000000);
	world_close(w);
}

SCENARIO(callback_unanswered_is_retried, "rule 7: 45 s of ringing, then the next attempt 30 s later, answered")
{
	struct world *w = world_open(NULL);
	const char *host;

	orders(w, HOST);
	expect_hangup(w, expect_call_to(w, HOST, 5), 19, 46);
	host = answers_the_callback(w, HOST, 32);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 6);
	phone_hangs_up(w, host);
	world_close(w);
}

SCENARIO(rule_07_congestion_uses_up_no_retry, "congestion on the callback: again every 5 s, and the three attempts are still his")
{
	struct world *w = world_open(NULL);

	orders(w, HOST);
	exchange_does(w, "number %s congestion 34", HOST);
	for (int i = 0; i < 4; i++)
		(void)expect_call_to(w, HOST, 6);
	exchange_does(w, "number %s busy", HOST);
	for (int i = 0; i < 3; i++)
		(void)expect_call_to(w, HOST, 32);
	expect_no_event(w, NULL, "ring", 90);
	world_close(w);
}

SCENARIO(rule_18_no_key_is_no_answer, "answered, but no key through three prompts: goodbye, charged, tried again")
{
	struct world *w = world_open(NULL);
	const char *host;

	orders(w, HOST);
	host = answers_the_callback(w, HOST, 5);
	expect_hears(w, host, PROMPT_ZH_CN, "no-key-goodbye", 80);
	expect_hangup(w, host, 16, 10);
	host = answers_the_callback(w, HOST, 32);
	world_run(w, 1);
	phone_hangs_up(w, host);
	expect_no_event(w, NULL, "ring", 60);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'host' AND charge_e4 > 0"), 2);
	world_close(w);
}

/* ---- rule 6 ---- */

SCENARIO(rule_06_bearers, "64k and video get 88, an unknown one 65")
{
	struct world *w = world_open(NULL);

	expect_hangup(w, phone_dials_with(w, HOST, "12599", "bearer=64k"), 88, 2);
	expect_hangup(w, phone_dials_with(w, HOST, "12599", "bearer=video"), 88, 2);
	expect_hangup(w, phone_dials_with(w, HOST, "12599", "bearer=5"), 65, 2);
	world_close(w);
}

SCENARIO(rule_06_unknown_service_number, "a number that is no service: 1")
{
	struct world *w = world_open(NULL);

	expect_hangup(w, phone_dials(w, HOST, "12598"), 1, 2);
	world_close(w);
}
