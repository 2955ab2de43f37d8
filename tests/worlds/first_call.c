/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/first_call.c - the first call, as a caller experiences it, and the rules it stands on. */
#include <string.h>

#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

/* Everybody hears everybody else within 1 dB, and himself not at all. The tones: 400 Hz the host's, then 700, 1100 Hz. */
static void check_everybody_hears_the_others(struct world *w, const struct talk *t)
{
	static const int tone[] = { 400, 700, 1100 };

	for (unsigned i = 0; i <= t->parties; i++)
		exchange_does(w, "tone %s %d level=-16", i ? t->party[i - 1] : t->host, tone[i]);
	world_run(w, 2);
	for (unsigned i = 0; i <= t->parties; i++)
		for (unsigned k = 0; k <= t->parties; k++) {
			const char *who = i ? t->party[i - 1] : t->host;
			double level = heard_tone(w, who, tone[k], 1);

			if (i == k ? level > -50 : level < -17 || level > -15)
				world_fail(__FILE__, __LINE__, "%u hears the tone of %u at %.1f dBm0", i, k, level);
		}
	for (unsigned i = 0; i <= t->parties; i++)
		phone_falls_silent(w, i ? t->party[i - 1] : t->host);
	world_run(w, 0.5);
}

SCENARIO(story_the_first_call, "dial 12599, be called back, talk in threes, hang up, pay")
{
	struct world *w = world_open(NULL);
	int64_t opening = balance(w, HOST_E), rows;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	check_everybody_hears_the_others(w, &t);
	talk_add(w, &t, "13900000003");
	check_everybody_hears_the_others(w, &t);
	world_run(w, 60);
	phone_hangs_up(w, t.host);
	expect_hangup(w, t.party[0], 16, 1);
	expect_hangup(w, t.party[1], 16, 1);
	world_run(w, 5);
	/* callback and one party local at 0.20, the other domestic at 0.60, two whole minutes each */
	rows = sql_int(w, "SELECT COALESCE(SUM(amount_e4), 0) FROM v_ledger WHERE number = '" HOST_E "' AND kind = 'charge'");
	CHECK_INT(rows, -(4000 + 4000 + 12000));
	CHECK_INT(balance(w, HOST_E), opening + rows);
	CHECK_INT(held(w, HOST_E), 0);
	CHECK_INT(sql_int(w, "SELECT charge_e4 FROM v_call WHERE host = '" HOST_E "'"), -rows);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'trigger' AND answered_at IS NULL AND charge_e4 = 0"), 1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'member' AND answered_at IS NOT NULL AND charge_e4 > 0"),
	          2);
	world_close(w);
}

SCENARIO(rule_01_the_trigger_is_announced_without_answer,
         "CALL PROCEEDING at once, ALERTING with PI 8 within 1 s, the confirmation, no CONNECT, cleared after 15 s")
{
	struct world *w = world_open(NULL);
	const char *trigger = phone_dials(w, HOST, "12599");
	json_t *e;

	expect_event(w, trigger, "proceeding", 0.2);
	e = expect_event(w, trigger, "alerting", 1.0);
	CHECK(json_is_true(json_object_get(e, "inband")));
	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 8);
	expect_hangup(w, trigger, 16, 16);
	CHECK(find_event(w, trigger, "answer") == NULL);
	expect_call_to(w, HOST, 4);
	world_close(w);
}

SCENARIO(rule_02_a_refusal_is_cause_21, "unknown subscriber: told so unanswered, cleared with 21")
{
	struct world *w = world_open(NULL);
	const char *trigger = phone_dials(w, "13800009999", "12599");

	expect_hears(w, trigger, PROMPT_ZH_CN, "refused-unknown", 8);
	expect_hangup(w, trigger, 21, 16);
	CHECK(find_event(w, trigger, "answer") == NULL);
	expect_no_event(w, NULL, "ring", 10);
	world_close(w);
}
