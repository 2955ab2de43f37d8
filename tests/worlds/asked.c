/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/asked.c - who is asked before he is let in: the host called back, the parties, and the private talk before. */
#include "billing/password.h"
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"
#define SECOND "13800000002"
#define THIRD  "13800000003"

static void ask_parties(struct node_options *o, void *arg)
{
	(void)arg;
	o->service[0].ask_parties = true;
}

static void ask_host(struct node_options *o, void *arg)
{
	(void)arg;
	o->service[0].ask_host = true;
	o->service[0].retries = 1;
}

static void private_first(struct node_options *o, void *arg)
{
	(void)arg;
	o->service[0].private_first = true;
}

/* He keys this number; its phone has just answered. */
static const char *adds(struct world *w, const char *host, const char *number)
{
	const char *call = host_calls(w, host, number);

	phone_answers(w, call);
	return call;
}

SCENARIO(invitee_presses_1, "a party hears who invites it and that 1 joins; nobody hears it before, both talk after")
{
	struct world *w = world_with(ask_parties);
	const char *host = called_back(w, HOST), *party = adds(w, host, SECOND);

	phone_hums(w, party, 700);
	expect_hears(w, party, PROMPT_ZH_CN, "you-are-invited-by", 6);
	expect_hears(w, party, PROMPT_ZH_CN, "press-1-to-join", 10);
	CHECK(!hears_tone(w, host, 700));
	phone_falls_silent(w, party);
	phone_keys(w, party, "1");
	world_run(w, 0.5);
	phone_hums(w, party, 700);
	phone_hums(w, host, 1100);
	CHECK(hears_tone(w, host, 700) && hears_tone(w, party, 1100));
	hangs_up_and_over(w, host);
}

SCENARIO(invitee_is_a_voicemail,
         "nobody presses 1: asked three times, dropped, charged from its answer; the host is told and asked again")
{
	struct world *w = world_with(ask_parties);
	const char *host = called_back(w, HOST), *party = adds(w, host, SECOND);

	expect_hears(w, party, PROMPT_ZH_CN, "press-1-to-join", 20);
	expect_no_event(w, party, "hangup", 25); /* three times 8 s, and what is said */
	expect_hears(w, party, PROMPT_ZH_CN, "press-1-to-join", 20);
	expect_hangup(w, party, 16, 30);
	expect_hears(w, host, PROMPT_ZH_CN, "party-failed", 6);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 6);
	phone_hangs_up(w, host);
	world_run(w, 3);
	CHECK(sql_int(w, "SELECT charge_e4 FROM v_leg WHERE role = 'member'") > 0);
	world_close(w);
}

SCENARIO(invitee_hangs_up_when_asked, "it does not want to: the host is told, nothing is left")
{
	struct world *w = world_with(ask_parties);
	const char *host = called_back(w, HOST), *party = adds(w, host, SECOND);

	expect_hears(w, party, PROMPT_ZH_CN, "press-1-to-join", 15);
	phone_hangs_up(w, party);
	expect_hears(w, host, PROMPT_ZH_CN, "party-failed", 6);
	hangs_up_and_over(w, host);
}

SCENARIO(host_hangs_up_while_a_party_is_asked, "the party is released as well")
{
	struct world *w = world_with(ask_parties);
	const char *host = called_back(w, HOST), *party = adds(w, host, SECOND);

	world_run(w, 2);
	phone_hangs_up(w, host);
	expect_hangup(w, party, 16, 2);
	world_run(w, 3);
	world_close(w);
}

static void presses_1_and_is_in(struct world *w, const char *host)
{
	expect_hears(w, host, PROMPT_ZH_CN, "press-1-to-continue", 6);
	phone_keys(w, host, "1");
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 6);
	hangs_up_and_over(w, host);
}

SCENARIO(rule_18_the_host_presses_1, "the callback asks for 1 before the menu")
{
	struct world *w = world_with(ask_host);
	const char *host = called_back(w, HOST);

	presses_1_and_is_in(w, host);
}

SCENARIO(rule_18_another_phone_answers, "no 1: the callback counts as unanswered, and is tried once more")
{
	struct world *w = world_with(ask_host);
	const char *host = called_back(w, HOST);

	expect_hears(w, host, PROMPT_ZH_CN, "press-1-to-continue", 20);
	expect_no_event(w, host, "hangup", 20);
	expect_hears(w, host, PROMPT_ZH_CN, "press-1-to-continue", 10);
	expect_hangup(w, host, 16, 20);
	host = expect_call_to(w, HOST, 40);
	phone_answers(w, host);
	presses_1_and_is_in(w, host);
}

static void has_check(struct world *w, const char *check)
{
	sql_do(w,
	       "UPDATE account SET callback_check = '%s' WHERE id = (SELECT account_id FROM account_number WHERE number = "
	       "'" HOST_E "')",
	       check);
}

static void has_password(struct world *w, const char *password)
{
	struct store *s = world_store(w);

	CHECK_INT(password_set(s, HOST_E, password, "operator@world", clock_utc_us()), 0);
	store_close(s);
	has_check(w, "password");
}

SCENARIO(rule_18_the_account_presses_1, "the account wants it, and the service does not")
{
	struct world *w = world_open(NULL);
	const char *host;

	has_check(w, "press-1");
	host = called_back(w, HOST);
	presses_1_and_is_in(w, host);
}

SCENARIO(rule_18_the_account_is_asked_nothing, "the service wants 1, the account nothing: his number is taken at once")
{
	struct world *w = world_with(ask_host);
	const char *host;

	has_check(w, "nothing");
	host = called_back(w, HOST);
	(void)host_calls(w, host, SECOND);
	hangs_up_and_over(w, host);
}

SCENARIO(rule_18_the_account_s_password,
         "asked for at the callback: a wrong one, then the right one, then the menu")
{
	struct world *w = world_open(NULL);
	const char *host;

	has_password(w, "836152");
	host = called_back(w, HOST);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-password", 6);
	phone_keys(w, host, "836153#");
	expect_hears(w, host, PROMPT_ZH_CN, "wrong-password", 6);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-password", 6);
	phone_keys(w, host, "836152#");
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 6);
	phone_answers(w, host_calls(w, host, SECOND));
	world_run(w, 2);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM password_attempt"), 0); /* the wrong one is forgotten */
	hangs_up_and_over(w, host);
}

SCENARIO(rule_18_another_phone_has_no_password,
         "no keys: unanswered, tried again; three wrong ones: locked, told so, not called any more, charged for the leg alone")
{
	struct world *w = world_with(ask_host);
	const char *host;

	has_password(w, "836152");
	host = called_back(w, HOST);
	expect_hears(w, host, PROMPT_ZH_CN, "no-key-goodbye", 60);
	expect_hangup(w, host, 16, 10);
	host = expect_call_to(w, HOST, 40);
	phone_answers(w, host);
	for (unsigned i = 0; i < 3; i++) {
		expect_hears(w, host, PROMPT_ZH_CN, "enter-password", 8);
		phone_keys(w, host, "111111#");
	}
	expect_hears(w, host, PROMPT_ZH_CN, "password-locked", 8);
	expect_hangup(w, host, 16, 10);
	expect_no_event(w, NULL, "ring", 60);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM audit WHERE what = 'account.password.locked'"), 1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'host' AND charge_e4 > 0"), 2);
	world_close(w);
}

/* Two talk; the host adds a third, who has answered. */
static const char *third_in_private(struct world *w, struct talk *t)
{
	const char *third;

	talk_begin(w, t, HOST, SECOND);
	host_leaves_the_room(w, t->host);
	third = adds(w, t->host, THIRD);
	world_run(w, 1);
	phone_hums(w, third, 700);
	phone_hums(w, t->host, 1100);
	phone_hums(w, t->party[0], 900);
	CHECK(hears_tone(w, t->host, 700) && hears_tone(w, third, 1100));
	CHECK(!hears_tone(w, t->party[0], 700) && !hears_tone(w, t->party[0], 1100));
	CHECK(!hears_tone(w, t->host, 900) && !hears_tone(w, third, 900));
	phone_falls_silent(w, t->host);
	return third;
}

SCENARIO(rule_17_private_talk_then_all, "the host and the new party alone; * joins both to the room")
{
	struct world *w = world_with(private_first);
	struct talk t;
	const char *third = third_in_private(w, &t);

	phone_keys(w, t.host, "*");
	world_run(w, 3);
	CHECK(hears_tone(w, t.party[0], 700) && hears_tone(w, t.host, 700));
	CHECK(hears_tone(w, third, 900) && hears_tone(w, t.host, 900));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_17_private_talk_and_dropped, "## in private talk drops the new party; the host is back with the other")
{
	struct world *w = world_with(private_first);
	struct talk t;
	const char *third = third_in_private(w, &t);

	phone_keys(w, t.host, "##");
	expect_hangup(w, third, 16, 2);
	world_run(w, 6);
	CHECK(hears_tone(w, t.host, 900));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_16_digits_in_private_talk,
         "his digits reach the new party's menu, and nobody else; #8 tells him the minutes as in the room")
{
	struct world *w = world_with(private_first);
	struct talk t;
	const char *third = third_in_private(w, &t);

	phone_falls_silent(w, third);
	phone_falls_silent(w, t.party[0]);
	world_run(w, 0.5);
	phone_keys(w, t.host, "4072");
	world_run(w, 1);
	expect_digits(w, third, 3, "4072");
	expect_digits(w, t.party[0], 3, "");
	phone_keys(w, t.host, "#8");
	expect_hears_in_room(w, t.host, PROMPT_ZH_CN, "minutes-left", 6);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_17_private_party_leaves, "the new party hangs up in private talk: the host is back with the other")
{
	struct world *w = world_with(private_first);
	struct talk t;
	const char *third = third_in_private(w, &t);

	phone_hangs_up(w, third);
	world_run(w, 3);
	CHECK(hears_tone(w, t.host, 900));
	hangs_up_and_over(w, t.host);
}
