/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/room.c - what is heard in the room and out of it: early media, music, tones, limits; rules 14, 17, 18. */
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define SECOND "13800000002"
#define THIRD  "13800000003"

SCENARIO(ringback_is_the_country_s, "no early media: 450 Hz from us; it stops at the answer")
{
	struct world *w = world_open(NULL);
	const char *host = called_back(w, HOST), *party;

	party = host_calls(w, host, SECOND);
	world_run(w, 1);
	CHECK(heard_tone(w, host, 450, 0.8) > -30);
	phone_answers(w, party);
	world_run(w, 1.5);
	CHECK(hears_nothing(w, host, 1));
	hangs_up_and_over(w, host);
}

SCENARIO(rule_17_early_media_is_the_host_s_alone, "the far end's early sound: heard by the host, never in the room")
{
	struct world *w = world_open(NULL);
	const char *party;
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	exchange_does(w, "number " THIRD " ring early-media tone:620@-15");
	party = host_invites(w, t.host, THIRD);
	world_run(w, 2);
	CHECK(heard_tone(w, t.host, 620, 1) > -17 && heard_tone(w, t.host, 620, 1) < -13);
	CHECK(heard_tone(w, t.host, 450, 1) < -50);
	CHECK(heard_tone(w, t.party[0], 620, 1) < -60);
	phone_answers(w, party);
	world_run(w, 1.5);
	CHECK(heard_tone(w, t.host, 620, 1) < -50);
	hangs_up_and_over(w, t.host);
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
	struct world *w = world_with(with_music);
	double alone, under;
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 1);
	CHECK(hears_nothing(w, t.party[0], 0.5));
	phone_keys(w, t.host, "*");
	world_run(w, 8);
	alone = heard_power(w, t.party[0], 7);
	CHECK(alone > -28 && alone < -15);
	t.party[1] = host_calls(w, t.host, THIRD);
	phone_answers(w, t.party[1]);
	world_run(w, 0.7);
	CHECK(hears_nothing(w, t.party[0], 0.2));
	phone_keys(w, t.host, "*");
	world_run(w, 8);
	under = heard_power(w, t.party[0], 7);
	CHECK(under > alone - 23 && under < alone - 17);
	phone_hums(w, t.party[1], 700);
	CHECK(hears_tone(w, t.party[0], 700));
	CHECK(heard_tone(w, t.host, 700, 1) < -45);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_17_back_on_star_while_it_rings,
         "* while a third rings: back in the room, ringing goes on, the third comes in when it answers")
{
	struct world *w = world_open(NULL);
	const char *third;
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	third = host_invites(w, t.host, THIRD);
	world_run(w, 2);
	phone_keys(w, t.host, "*");
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700));
	phone_answers(w, third);
	world_run(w, 1.5);
	CHECK(hears_tone(w, third, 700));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_17_back_at_a_failed_outcome, "the third is busy: the host is told, and back with the second")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	exchange_does(w, "number " THIRD " busy");
	host_leaves_the_room(w, t.host);
	host_keys_number(w, t.host, THIRD);
	expect_hears(w, t.host, PROMPT_ZH_CN, "party-busy", 6);
	world_run(w, 3);
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_18_last_party_leaves, "the host is told and asked for a number again")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 2);
	phone_hangs_up(w, t.party[0]);
	expect_hears(w, t.host, PROMPT_ZH_CN, "last-party-left", 5);
	expect_hears(w, t.host, PROMPT_ZH_CN, "enter-number", 8);
	phone_answers(w, host_calls(w, t.host, THIRD));
	world_run(w, 2);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_hash_hash_drops_the_last, "## drops the party that came last; the others go on")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	talk_add(w, &t, THIRD);
	world_run(w, 3);
	phone_keys(w, t.host, "##");
	expect_hangup(w, t.party[1], 16, 2);
	CHECK_INT(parties_in(w), 1);
	hangs_up_and_over(w, t.host);
}

/* Every command there is, from one who is not the host: in the order of the keys, each twice where twice would undo it. */
SCENARIO(members_keys_change_nothing, "a member presses every command: nobody is invited, dropped or muted, nothing is said, "
                                      "played or louder; and alone with the host")
{
	static const char *const command[] = { "*13900000001#", "##", "#61#", "#0", "#1", "#2", "#3", "#4", "#5123#", "#7", "#9",
		                               "#8", "#*", "0123456789" };
	struct world *w = world_with(with_music);
	struct mparty *m;
	struct talk t;
	double loud;

	talk_begin(w, &t, HOST, SECOND);
	m = mparty_first(node_calls(w->node));
	phone_keys(w, t.party[0], "*13900000001#");
	phone_keys(w, t.party[0], "##");
	talk_add(w, &t, THIRD);
	world_run(w, 3);
	phone_hums(w, t.party[1], 700);
	loud = heard_tone(w, t.party[0], 700, 1);
	phone_falls_silent(w, t.party[1]);
	for (unsigned i = 0; i < ARRAY_LEN(command); i++) {
		phone_keys(w, t.party[0], command[i]);
		world_run(w, 1.5);
		CHECK(hears_nothing(w, t.party[0], 1) && hears_nothing(w, t.party[1], 1) && hears_nothing(w, t.host, 1));
		CHECK_INT(mparty_parties_in(m), 2);
		CHECK(!mparty_locked(m) && !mparty_host_muted(m) && !mparty_others_muted(m));
	}
	CHECK(find_event(w, t.host, "hangup") == NULL && find_event(w, t.party[0], "hangup") == NULL &&
	      find_event(w, t.party[1], "hangup") == NULL);
	phone_hums(w, t.party[1], 700);
	CHECK(heard_tone(w, t.party[0], 700, 1) > loud - 0.2 && heard_tone(w, t.party[0], 700, 1) < loud + 0.2 &&
	      hears_tone(w, t.host, 700));
	CHECK_INT(count_events(w, "ring"), 3); /* the host, and the two */
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_17_tones_of_coming_and_leaving, "two need none; who is there hears a tone when a third comes, and when it leaves")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 1);
	CHECK(heard_tone(w, t.host, 880, 1.5) < -50);
	t.party[1] = host_invites(w, t.host, THIRD);
	CHECK(heard_tone(w, t.party[0], 880, 1) < -50);
	phone_answers(w, t.party[1]);
	world_run(w, 0.5);
	CHECK(heard_tone(w, t.party[0], 880, 0.5) > -35);
	world_run(w, 1);
	phone_hangs_up(w, t.party[1]);
	world_run(w, 0.5);
	CHECK(heard_tone(w, t.party[0], 440, 0.5) > -35 && heard_tone(w, t.host, 440, 0.5) > -35);
	hangs_up_and_over(w, t.host);
}

static void music_alone_only(struct node_options *o, void *arg)
{
	with_music(o, arg);
	o->music_under_talk = false;
}

SCENARIO(rule_17_no_music_under_talk,
         "music_under_talk: no - two talk on in quiet while the host invites; one alone hears the music")
{
	struct world *w = world_with(music_alone_only);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	phone_keys(w, t.host, "*");
	world_run(w, 8);
	CHECK(heard_power(w, t.party[0], 7) > -28);
	t.party[1] = host_calls(w, t.host, THIRD);
	phone_answers(w, t.party[1]);
	world_run(w, 2);
	phone_keys(w, t.host, "*");
	world_run(w, 5);
	CHECK(hears_nothing(w, t.party[0], 4) && hears_nothing(w, t.party[1], 4));
	hangs_up_and_over(w, t.host);
}

static void room_of_three(struct node_options *o, void *arg)
{
	(void)arg;
	o->members_max = 3;
}

SCENARIO(limit_of_members, "a room of three: the fourth is not called, he is told so, and is back with the others")
{
	struct world *w = world_with(room_of_three);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	talk_add(w, &t, THIRD);
	host_leaves_the_room(w, t.host);
	host_keys_number(w, t.host, "13900000001");
	expect_hears(w, t.host, PROMPT_ZH_CN, "room-full", 6);
	world_run(w, 2);
	CHECK_INT(count_events(w, "ring"), 3);
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700));
	phone_hangs_up(w, t.party[1]); /* then there is room again */
	world_run(w, 3);
	phone_falls_silent(w, t.party[0]);
	(void)host_invites(w, t.host, "13900000001");
	hangs_up_and_over(w, t.host);
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

	CHECK(hears_nothing(w, call, 0.5));
	while (heard_power(w, call, 0.5) < -35) {
		CHECK(waited < seconds);
		world_run(w, 0.5);
		waited += 0.5;
	}
}

SCENARIO(rule_18_longest_call, "no conference is longer than the limit (4 h; 90 s here); the host is told a minute before")
{
	struct world *w = world_with(ninety_seconds);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
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
	struct world *w = world_with(two_silent_minutes);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 50);
	told_within(w, t.host, 15);
	world_run(w, 20);
	exchange_does(w, "tone %s 700 level=-20", t.party[0]);
	world_run(w, 1);
	phone_falls_silent(w, t.party[0]);
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
	struct world *w = world_with(announced);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 3);
	CHECK(heard_power(w, t.party[0], 3) > -35);
	CHECK(hears_nothing(w, t.host, 2));
	world_run(w, 8);
	CHECK(hears_nothing(w, t.party[0], 2));
	hangs_up_and_over(w, t.host);
}
