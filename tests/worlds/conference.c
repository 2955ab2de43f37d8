/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/conference.c - the host's dialogue and the room: telephony rules 11 to 18. */
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

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
	phone_keys(w, host, "13800000003#");
	phone_answers(w, expect_call_to(w, "13800000003", 5));
	world_run(w, 1);
	CHECK_INT(mparty_parties_in(mparty_first(node_calls(w->node))), 1);
	phone_hangs_up(w, host);
	world_run(w, 3);
	world_close(w);
}

SCENARIO(party_busy, "busy: told so, asked again") { told_and_asked_again("busy", "13800000002", "party-busy"); }
SCENARIO(party_no_answer, "45 s of ringing: told so, asked again")
{
	told_and_asked_again("ring", "13800000002", "party-no-answer");
}
SCENARIO(party_unallocated, "unallocated: told so, asked again")
{
	told_and_asked_again("unallocated", "13800000002", "party-unallocated");
}
SCENARIO(party_congestion, "congestion: told so, asked again")
{
	told_and_asked_again("congestion 42", "13800000002", "party-congestion");
}
SCENARIO(party_rejected, "rejected: told so, asked again") { told_and_asked_again("reject 21", "13800000002", "party-failed"); }
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
	phone_keys(w, host, "13900000001#");
	expect_hears(w, host, PROMPT_ZH_CN, "number-barred", 6);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 8);
	phone_keys(w, host, "13910000001#");
	(void)expect_call_to(w, "13910000001", 5);
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
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
	phone_keys(w, host, "13800000002#");
	phone_answers(w, expect_call_to(w, "13800000002", 4));
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
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_15_a_bounced_hash_is_none,
         "## behind the number, and one # more while it rings: nothing is cancelled; then ## within 4 s does")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST), *party;

	phone_keys(w, host, "13800000002##");
	party = expect_call_to(w, "13800000002", 3);
	world_run(w, 2);
	phone_keys(w, host, "#");
	expect_no_event(w, party, "hangup", 5); /* a lone one has ended by then (rule 15) */
	phone_keys(w, host, "#");
	expect_no_event(w, party, "hangup", 2);
	phone_keys(w, host, "#");
	expect_hangup(w, party, 16, 2);
	expect_hears(w, host, PROMPT_ZH_CN, "invitation-cancelled", 5);
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_07_no_alerting_within_60_s, "a party whose exchange says nothing after CALL PROCEEDING: 60 s, then told")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	exchange_does(w, "number 13800000002 no-answer no-alert");
	phone_keys(w, host, "13800000002#");
	expect_hears(w, host, PROMPT_ZH_CN, "party-no-answer", 66);
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(digits_interrupt_the_prompt, "a key stops the prompt within 100 ms")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	CHECK(heard_power(w, host, 0.5) > -35);
	exchange_does(w, "dtmf %s 1 on=100", host);
	world_run(w, 0.4);
	CHECK(heard_power(w, host, 0.2) < -50);
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
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
	phone_keys(w, host, "13800000002#");
	party = expect_call_to(w, "13800000002", 5);
	sees(w, party, calling, "restricted");
	phone_answers(w, party);
	world_run(w, 1);
	phone_keys(w, host, "*");
	world_run(w, 0.5);
	phone_keys(w, host, "13800000003#");
	sees(w, expect_call_to(w, "13800000003", 5), calling, "restricted");
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_12_withheld_stays_withheld, "a host with CLIR: every party's leg is restricted") { withheld(true, HOST); }
SCENARIO(rule_12_withheld_with_the_service_s_number, "the same where the service's number is shown") { withheld(false, "12599"); }

SCENARIO(rule_12_shown_numbers, "the callback shows the service number, the member leg the host's; none is restricted")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	sees(w, t.host, "12599", "allowed");
	sees(w, t.party[0], HOST, "allowed");
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_15_a_number_ends_without_hash, "6 s after the last digit")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	phone_keys(w, host, "13800000002");
	expect_no_event(w, NULL, "no", 5.0);
	CHECK(exchange_calls(w->exchange) == 1);
	(void)expect_call_to(w, "13800000002", 3);
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_15_star_clears, "* inside a number clears it; a leading * at the first prompt does no harm")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST);

	phone_keys(w, host, "*");
	world_run(w, 1);
	phone_keys(w, host, "1390*13800000002#");
	(void)expect_call_to(w, "13800000002", 3);
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(ringback_is_the_country_s, "no early media: 450 Hz from us; it stops at the answer")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST), *party;

	phone_keys(w, host, "13800000002#");
	party = expect_call_to(w, "13800000002", 3);
	world_run(w, 1);
	CHECK(heard_tone(w, host, 450, 0.8) > -30);
	phone_answers(w, party);
	world_run(w, 1.5);
	CHECK(heard_power(w, host, 1) < -50);
	phone_hangs_up(w, host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_17_early_media_is_the_host_s_alone, "the far end's early sound: heard by the host, never in the room")
{
	struct world *w = world_open(NULL);
	const char *party;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	exchange_does(w, "number 13800000003 ring early-media tone:620@-15");
	phone_keys(w, t.host, "*");
	world_run(w, 0.5);
	phone_keys(w, t.host, "13800000003#");
	party = expect_call_to(w, "13800000003", 3);
	world_run(w, 2);
	CHECK(heard_tone(w, t.host, 620, 1) > -17 && heard_tone(w, t.host, 620, 1) < -13);
	CHECK(heard_tone(w, t.host, 450, 1) < -50);
	CHECK(heard_tone(w, t.party[0], 620, 1) < -60);
	phone_answers(w, party);
	world_run(w, 1.5);
	CHECK(heard_tone(w, t.host, 620, 1) < -50);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

static void with_music(struct node_options *o, void *arg)
{
	(void)arg;
	o->music_count = 1;
	(void)snprintf(o->music[0], sizeof(o->music[0]), "%.200s/zh-CN/enter-number.wav", o->sounds_dir);
}

SCENARIO(rule_17_music_while_the_host_invites,
         "one waiting party hears the music; two hear it 20 dB down and go on talking; it stops within 500 ms")
{
	struct world_setup s = { .options = with_music, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	double alone, under;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 1);
	CHECK(heard_power(w, t.party[0], 0.5) < -50);
	phone_keys(w, t.host, "*");
	world_run(w, 8);
	alone = heard_power(w, t.party[0], 7);
	CHECK(alone > -28 && alone < -15);
	phone_keys(w, t.host, "13800000003#");
	t.party[1] = expect_call_to(w, "13800000003", 5);
	phone_answers(w, t.party[1]);
	world_run(w, 0.7);
	CHECK(heard_power(w, t.party[0], 0.2) < -50);
	phone_keys(w, t.host, "*");
	world_run(w, 8);
	under = heard_power(w, t.party[0], 7);
	CHECK(under > alone - 23 && under < alone - 17);
	exchange_does(w, "tone %s 700 level=-16", t.party[1]);
	world_run(w, 2);
	CHECK(heard_tone(w, t.party[0], 700, 1) > -18);
	CHECK(heard_tone(w, t.host, 700, 1) < -45);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_17_back_on_star_while_it_rings,
         "* while a third rings: back in the room, ringing goes on, the third comes in when it answers")
{
	struct world *w = world_open(NULL);
	const char *third;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	phone_keys(w, t.host, "*");
	world_run(w, 0.5);
	phone_keys(w, t.host, "13800000003#");
	third = expect_call_to(w, "13800000003", 5);
	world_run(w, 2);
	phone_keys(w, t.host, "*");
	exchange_does(w, "tone %s 700 level=-16", t.party[0]);
	world_run(w, 1.5);
	CHECK(heard_tone(w, t.host, 700, 1) > -18);
	phone_answers(w, third);
	world_run(w, 1.5);
	CHECK(heard_tone(w, third, 700, 1) > -18);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_17_back_at_a_failed_outcome, "the third is busy: the host is told, and back with the second")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	exchange_does(w, "number 13800000003 busy");
	phone_keys(w, t.host, "*");
	world_run(w, 0.5);
	phone_keys(w, t.host, "13800000003#");
	expect_hears(w, t.host, PROMPT_ZH_CN, "party-busy", 6);
	world_run(w, 3);
	exchange_does(w, "tone %s 700 level=-16", t.party[0]);
	world_run(w, 1.5);
	CHECK(heard_tone(w, t.host, 700, 1) > -18);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_18_last_party_leaves, "the host is told and asked for a number again")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 2);
	phone_hangs_up(w, t.party[0]);
	expect_hears(w, t.host, PROMPT_ZH_CN, "last-party-left", 5);
	expect_hears(w, t.host, PROMPT_ZH_CN, "enter-number", 8);
	phone_keys(w, t.host, "13800000003#");
	phone_answers(w, expect_call_to(w, "13800000003", 5));
	world_run(w, 2);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_14_hash_hash_drops_the_last, "## drops the party that came last; the others go on")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	talk_add(w, &t, "13800000003");
	world_run(w, 3);
	phone_keys(w, t.host, "##");
	expect_hangup(w, t.party[1], 16, 2);
	CHECK_INT(mparty_parties_in(mparty_first(node_calls(w->node))), 1);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

static bool hears_700(struct world *w, const char *call)
{
	return heard_tone(w, call, 700, 1) > -20;
}

/* Every command there is, from one who is not the host: in the order of the keys, each twice where twice would undo it. */
SCENARIO(members_keys_change_nothing, "a member presses every command: nobody is invited, dropped or muted, nothing is said, "
                                      "played or louder; and alone with the host")
{
	static const char *const command[] = { "*13900000001#", "##", "#61#", "#0", "#1", "#2", "#3", "#4", "#5123#", "#7", "#9",
		                               "#8", "#*", "0123456789" };
	struct world_setup s = { .options = with_music, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	struct mparty *m;
	struct talk t;
	double loud;

	talk_begin(w, &t, HOST, "13800000002");
	m = mparty_first(node_calls(w->node));
	phone_keys(w, t.party[0], "*13900000001#");
	phone_keys(w, t.party[0], "##");
	talk_add(w, &t, "13800000003");
	world_run(w, 3);
	exchange_does(w, "tone %s 700 level=-16", t.party[1]);
	world_run(w, 1.2);
	loud = heard_tone(w, t.party[0], 700, 1);
	exchange_does(w, "stop %s", t.party[1]);
	for (unsigned i = 0; i < ARRAY_LEN(command); i++) {
		phone_keys(w, t.party[0], command[i]);
		world_run(w, 1.5);
		CHECK(heard_power(w, t.party[0], 1) < -50 && heard_power(w, t.party[1], 1) < -50 &&
		      heard_power(w, t.host, 1) < -50);
		CHECK_INT(mparty_parties_in(m), 2);
		CHECK(!mparty_locked(m) && !mparty_host_muted(m) && !mparty_others_muted(m));
	}
	CHECK(find_event(w, t.host, "hangup") == NULL && find_event(w, t.party[0], "hangup") == NULL &&
	      find_event(w, t.party[1], "hangup") == NULL);
	exchange_does(w, "tone %s 700 level=-16", t.party[1]);
	world_run(w, 1.2);
	CHECK(heard_tone(w, t.party[0], 700, 1) > loud - 0.2 && heard_tone(w, t.party[0], 700, 1) < loud + 0.2 &&
	      hears_700(w, t.host));
	CHECK_INT(count_events(w, "ring"), 3); /* the host, and the two */
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

SCENARIO(rule_17_tones_of_coming_and_leaving, "two need none; who is there hears a tone when a third comes, and when it leaves")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 1);
	CHECK(heard_tone(w, t.host, 880, 1.5) < -50);
	phone_keys(w, t.host, "*");
	world_run(w, 0.5);
	phone_keys(w, t.host, "13800000003#");
	t.party[1] = expect_call_to(w, "13800000003", 5);
	CHECK(heard_tone(w, t.party[0], 880, 1) < -50);
	phone_answers(w, t.party[1]);
	world_run(w, 0.5);
	CHECK(heard_tone(w, t.party[0], 880, 0.5) > -35);
	world_run(w, 1);
	phone_hangs_up(w, t.party[1]);
	world_run(w, 0.5);
	CHECK(heard_tone(w, t.party[0], 440, 0.5) > -35 && heard_tone(w, t.host, 440, 0.5) > -35);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

static void music_alone_only(struct node_options *o, void *arg)
{
	with_music(o, arg);
	o->music_under_talk = false;
}

SCENARIO(rule_17_no_music_under_talk,
         "music_under_talk: no - two talk on in quiet while the host invites; one alone hears the music")
{
	struct world_setup s = { .options = music_alone_only, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	phone_keys(w, t.host, "*");
	world_run(w, 8);
	CHECK(heard_power(w, t.party[0], 7) > -28);
	phone_keys(w, t.host, "13800000003#");
	t.party[1] = expect_call_to(w, "13800000003", 5);
	phone_answers(w, t.party[1]);
	world_run(w, 2);
	phone_keys(w, t.host, "*");
	world_run(w, 5);
	CHECK(heard_power(w, t.party[0], 4) < -50 && heard_power(w, t.party[1], 4) < -50);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

static void room_of_three(struct node_options *o, void *arg)
{
	(void)arg;
	o->members_max = 3;
}

SCENARIO(limit_of_members, "a room of three: the fourth is not called, he is told so, and is back with the others")
{
	struct world_setup s = { .options = room_of_three, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	talk_add(w, &t, "13800000003");
	phone_keys(w, t.host, "*");
	world_run(w, 0.5);
	phone_keys(w, t.host, "13900000001#");
	expect_hears(w, t.host, PROMPT_ZH_CN, "room-full", 6);
	world_run(w, 2);
	CHECK_INT(count_events(w, "ring"), 3);
	exchange_does(w, "tone %s 700 level=-16", t.party[0]);
	world_run(w, 1.5);
	CHECK(hears_700(w, t.host));
	phone_hangs_up(w, t.party[1]); /* then there is room again */
	world_run(w, 3);
	exchange_does(w, "stop %s", t.party[0]);
	phone_keys(w, t.host, "*");
	world_run(w, 0.5);
	phone_keys(w, t.host, "13900000001#");
	(void)expect_call_to(w, "13900000001", 5);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}

static void ninety_seconds(struct node_options *o, void *arg)
{
	(void)arg;
	o->limits.limit_us[CALL_TOO_LONG] = CLOCK_SEC(90);
}

/* Something is said to him within so many seconds, and before that nothing. */
static void told_within(struct world *w, const char *call, double seconds)
{
	double waited = 0;

	CHECK(heard_power(w, call, 0.5) < -50);
	while (heard_power(w, call, 0.5) < -35) {
		CHECK(waited < seconds);
		world_run(w, 0.5);
		waited += 0.5;
	}
}

SCENARIO(rule_18_longest_call, "no conference is longer than the limit (4 h; 90 s here); the host is told a minute before")
{
	struct world_setup s = { .options = ninety_seconds, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 3);
	told_within(w, t.host, 25);
	expect_hangup(w, t.host, 16, 61);
	expect_hangup(w, t.party[0], 16, 1);
	world_run(w, 3);
	CHECK_INT(sql_int(w,
	                  "SELECT ROUND(TIMESTAMPDIFF(MICROSECOND, answered_at, ended_at) / 1e6) FROM v_leg WHERE role = 'host'"),
	          90);
	world_close(w);
}

static void two_silent_minutes(struct node_options *o, void *arg)
{
	(void)arg;
	o->limits.limit_us[CALL_SILENT] = CLOCK_SEC(120);
}

SCENARIO(rule_18_nobody_speaks, "no conference without speech for longer than the limit (10 min; 2 here): told a minute before; "
                                "who speaks goes on talking")
{
	struct world_setup s = { .options = two_silent_minutes, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 50);
	told_within(w, t.host, 15);
	world_run(w, 20);
	exchange_does(w, "tone %s 700 level=-20", t.party[0]);
	world_run(w, 1);
	exchange_does(w, "stop %s", t.party[0]);
	expect_no_event(w, t.host, "hangup", 58);
	told_within(w, t.host, 5);
	expect_no_event(w, t.host, "hangup", 56);
	expect_hangup(w, t.host, 16, 6);
	expect_hangup(w, t.party[0], 16, 1);
	world_run(w, 3);
	world_close(w);
}

static void announced(struct node_options *o, void *arg)
{
	(void)arg;
	o->ivr.announce_host = true;
}

SCENARIO(rule_18_invitees_hear_who_invites_them, "the number, softly under the first words")
{
	struct world_setup s = { .options = announced, .cut = EXCHANGE_CUT_ANY };
	struct world *w = world_open(&s);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	world_run(w, 3);
	CHECK(heard_power(w, t.party[0], 3) > -35);
	CHECK(heard_power(w, t.host, 2) < -50);
	world_run(w, 8);
	CHECK(heard_power(w, t.party[0], 2) < -50);
	phone_hangs_up(w, t.host);
	world_run(w, 2);
	world_close(w);
}
