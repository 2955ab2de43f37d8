/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/provider.c - who pays, and whose service it is: telephony rule 24. */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "billing/account.h"
#include "billing/provider.h"
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

SCENARIO(rule_24_operator_billed_to_its_credit,
         "nothing in the account, a credit of 0.50, two legs at 0.20 a minute by the second: ended together when it is used up")
{
	static const struct account_limits limits = { .operator_billed = true, .credit_e4 = 5000 };
	struct world *w = world_open(NULL);
	struct store *s = world_store(w);
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

static void first_span_is_another_s(struct node_options *o, void *arg)
{
	(void)arg;
	(void)snprintf(o->span[0].provider, sizeof(o->span[0].provider), "other");
}

SCENARIO(rule_24_a_trunk_of_another_provider, "pstn is another provider's, pstn2 everybody's: over pstn he is a stranger; over "
                                              "pstn2 he is called back, and neither he nor "
                                              "his party over pstn")
{
	struct world_setup setup = { .options = first_span_is_another_s, .cut = EXCHANGE_CUT_ANY, .spans = 2 };
	struct world *w = world_open(&setup);
	struct store *s = world_store(w);
	const char *trigger, *host, *party;

	CHECK_INT(provider_add(s, "other", "operator@world", clock_utc_us()), 0);
	store_close(s);
	trigger = phone_dials_with(w, HOST, "12599", "span=pstn");
	expect_hears(w, trigger, PROMPT_ZH_CN, "refused-unknown", 10);
	phone_hangs_up(w, trigger);
	world_run(w, 10);
	CHECK(find_event(w, NULL, "ring") == NULL);
	trigger = phone_dials_with(w, HOST, "12599", "span=pstn2");
	world_run(w, 2);
	phone_hangs_up(w, trigger);
	host = expect_call_to(w, HOST, 10);
	CHECK_STR(event_str(find_event(w, host, "ring"), "span"), "pstn2");
	phone_answers(w, host);
	world_run(w, 1);
	phone_keys(w, host, "13800000002#");
	party = expect_call_to(w, "13800000002", 10);
	CHECK_STR(event_str(find_event(w, party, "ring"), "span"), "pstn2");
	phone_hangs_up(w, host);
	world_run(w, 5);
	world_close(w);
}

static void own_recordings(struct node_options *o, void *arg)
{
	(void)snprintf(o->service[0].sounds, sizeof(o->service[0].sounds), "%s", (const char *)arg);
}

SCENARIO(rule_24_a_service_speaks_with_its_provider_s_voice,
         "the provider has one recording of his own: the order is confirmed with it, all else is said as always")
{
	char dir[] = "/tmp/partyline-voice-XXXXXX", lang[64], file[128], other[PATH_MAX];
	struct world_setup setup = { .options = own_recordings, .arg = dir, .cut = EXCHANGE_CUT_ANY, .spans = 1 };
	const char *trigger, *host;
	struct world *w;

	CHECK(mkdtemp(dir) != NULL && realpath("build/sounds/zh-CN/goodbye.wav", other) != NULL);
	(void)snprintf(lang, sizeof(lang), "%s/zh-CN", dir);
	(void)snprintf(file, sizeof(file), "%s/order-confirmed-hang-up.wav", lang);
	CHECK_INT(mkdir(lang, 0700), 0);
	CHECK_INT(symlink(other, file), 0); /* easily told from the node's */
	w = world_open(&setup);
	(void)unlink(file);
	(void)rmdir(lang);
	(void)rmdir(dir);
	trigger = phone_dials(w, HOST, "12599");
	expect_hears(w, trigger, PROMPT_ZH_CN, "goodbye", 10);
	phone_hangs_up(w, trigger);
	host = expect_call_to(w, HOST, 10);
	phone_answers(w, host);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 10);
	phone_hangs_up(w, host);
	world_run(w, 5);
	world_close(w);
}

SCENARIO(rule_24_a_service_of_another_provider,
         "12599 is another provider's: he is told what a stranger is told, and not called back; then it is his own's again")
{
	struct world *w = world_open(NULL);
	struct store *s = world_store(w);
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
	hangs_up_and_over(w, expect_call_to(w, HOST, 10));
}
