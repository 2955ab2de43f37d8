/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/provider.c - who pays, and whose service it is: telephony rule 24. */
#include "billing/account.h"
#include "billing/provider.h"
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

static struct store *database(struct world *w)
{
	struct store *s;

	CHECK_INT(store_open(&s, &w->store), 0);
	return s;
}

SCENARIO(rule_24_operator_billed_to_its_credit,
         "nothing in the account, a credit of 0.50, two legs at 0.20 a minute by the second: ended together when it is used up")
{
	static const struct account_limits limits = { .operator_billed = true, .credit_e4 = 5000 };
	struct world *w = world_open(NULL);
	struct store *s = database(w);
	struct talk t;

	per_second(w);
	give(w, HOST_E, 0);
	CHECK_INT(account_set_limits(s, HOST_E, &limits, "operator@world", clock_utc_us()), 0);
	store_close(s);
	talk_begin(w, &t, HOST, "13800000002");
	expect_hangup(w, t.host, 16, 90);
	expect_hangup(w, t.party[0], 16, 0.5);
	world_run(w, 5);
	/* less than the next second of both legs is left of the credit */
	CHECK(balance(w, HOST_E) >= -5000 && balance(w, HOST_E) < -5000 + 67);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM loss"), 0);
	world_close(w);
}

SCENARIO(rule_24_a_service_of_another_provider,
         "12599 is another provider's: he is told what a stranger is told, and not called back; then it is his own's again")
{
	struct world *w = world_open(NULL);
	struct store *s = database(w);
	const char *trigger;

	CHECK_INT(provider_add(s, "other", "operator@world", clock_utc_us()), 0);
	CHECK_INT(provider_of_service(s, w->options.service[0].number, "other", "operator@world", clock_utc_us()), 0);
	trigger = phone_dials(w, HOST, "12599");
	expect_hears(w, trigger, PROMPT_ZH_CN, "refused-unknown", 10);
	phone_hangs_up(w, trigger);
	world_run(w, 10);
	CHECK(find_event(w, NULL, "ring") == NULL);
	CHECK_INT(provider_of_service(s, w->options.service[0].number, "default", "operator@world", clock_utc_us()), 0);
	store_close(s);
	trigger = phone_dials(w, HOST, "12599");
	world_run(w, 2);
	phone_hangs_up(w, trigger);
	phone_hangs_up(w, expect_call_to(w, HOST, 10));
	world_run(w, 5);
	world_close(w);
}
