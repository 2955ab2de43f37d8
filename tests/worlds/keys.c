/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/keys.c - the host's keys in the room: telephony rule 14, one scenario a key. */
#include <stdio.h>
#include <string.h>

#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define SECOND "13800000002"
#define THIRD  "13800000003"

/* Three talk, and the tones of coming are over. */
static struct world *three(struct talk *t)
{
	struct world *w = world_open(NULL);

	talk_begin(w, t, HOST, SECOND);
	talk_add(w, t, THIRD);
	world_run(w, 3);
	return w;
}

/* Two talk, and he listens to the ringing of a third. */
static struct world *two_and_a_third_rings(struct talk *t)
{
	struct world *w = world_open(NULL);

	talk_begin(w, t, HOST, SECOND);
	t->party[1] = host_invites(w, t->host, THIRD);
	world_run(w, 2);
	return w;
}

static void told(struct world *w, const struct talk *t, const char *prompt, double seconds)
{
	expect_hears_in_room(w, t->host, PROMPT_ZH_CN, prompt, seconds);
}

SCENARIO(rule_14_hash_hash_says_whom, "## drops the party that came last and says its order number and last four digits")
{
	struct talk t;
	struct world *w = three(&t);

	phone_keys(w, t.host, "##");
	expect_hangup(w, t.party[1], 16, 2);
	told(w, &t, "dropped-party", 6);
	told(w, &t, "number-ending", 6);
	CHECK_INT(parties_in(w), 1);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_hash_hash_cancels_what_rings,
         "## in the room while an invitation still rings: that one is cancelled, nobody else")
{
	struct talk t;
	struct world *w = two_and_a_third_rings(&t);
	const char *third = t.party[1];

	phone_keys(w, t.host, "*"); /* back to the second, it rings on */
	world_run(w, 1);
	phone_keys(w, t.host, "##");
	expect_hangup(w, third, 16, 2);
	told(w, &t, "invitation-cancelled", 6);
	CHECK_INT(parties_in(w), 1);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_hash_hash_cancels_what_he_waits_for,
         "## while he listens to the ringing: cancelled, told so, back with the second")
{
	struct talk t;
	struct world *w = two_and_a_third_rings(&t);
	const char *third = t.party[1];

	phone_keys(w, t.host, "##");
	expect_hangup(w, third, 16, 2);
	told(w, &t, "invitation-cancelled", 6);
	world_run(w, 2);
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_6_drops_a_chosen_party, "#6 1 #: the first party goes, the second stays; #6 9 #: there is no such party")
{
	struct talk t;
	struct world *w = three(&t);

	phone_keys(w, t.host, "#69#");
	told(w, &t, "no-such-party", 6);
	world_run(w, 2);
	phone_keys(w, t.host, "#61#");
	expect_hangup(w, t.party[0], 16, 2);
	world_run(w, 2);
	CHECK(find_event(w, t.party[1], "hangup") == NULL);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_0_speaks_the_order_numbers,
         "#0: each party's order number and its last four digits; they do not change when one leaves")
{
	struct talk t;
	struct world *w = three(&t);

	phone_hangs_up(w, t.party[0]);
	world_run(w, 2);
	phone_keys(w, t.host, "#0");
	told(w, &t, "party-order-after", 6);
	told(w, &t, "number-ending", 6);
	world_run(w, 5);
	phone_keys(w, t.host, "#62#"); /* the third is still number 2 */
	expect_hangup(w, t.party[1], 16, 2);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_1_mutes_himself, "#1: nobody hears him, he hears all; also after he was away; #1 again: they hear him")
{
	struct talk t;
	struct world *w = three(&t);

	phone_keys(w, t.host, "#1");
	told(w, &t, "muted", 6);
	phone_hums(w, t.host, 700);
	phone_hums(w, t.party[0], 1100);
	CHECK(!hears_tone(w, t.party[0], 700) && !hears_tone(w, t.party[1], 700));
	CHECK(hears_tone(w, t.host, 1100));
	phone_falls_silent(w, t.host);
	phone_keys(w, t.host, "*");
	world_run(w, 1);
	phone_keys(w, t.host, "*");
	world_run(w, 1);
	phone_hums(w, t.host, 700);
	CHECK(!hears_tone(w, t.party[0], 700));
	phone_falls_silent(w, t.host);
	phone_falls_silent(w, t.party[0]);
	phone_keys(w, t.host, "#1");
	told(w, &t, "unmuted", 6);
	phone_hums(w, t.host, 700);
	CHECK(hears_tone(w, t.party[0], 700) && hears_tone(w, t.party[1], 700));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_2_mutes_the_others, "#2: only he is heard, also when one comes in later; #2 again: all are")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 2);
	phone_keys(w, t.host, "#2");
	told(w, &t, "all-muted", 6);
	talk_add(w, &t, THIRD);
	world_run(w, 3);
	phone_hums(w, t.party[1], 1100);
	phone_hums(w, t.party[0], 900);
	phone_hums(w, t.host, 700);
	CHECK(hears_tone(w, t.party[0], 700) && hears_tone(w, t.party[1], 700));
	CHECK(!hears_tone(w, t.host, 900) && !hears_tone(w, t.host, 1100) && !hears_tone(w, t.party[0], 1100));
	phone_falls_silent(w, t.host);
	world_run(w, 0.5);
	phone_keys(w, t.host, "#2");
	world_run(w, 5);
	CHECK(hears_tone(w, t.host, 900) && hears_tone(w, t.host, 1100) && hears_tone(w, t.party[0], 1100));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_3_locks_the_room, "#3: nobody more is invited, he is told so; #3 again: open")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 2);
	phone_keys(w, t.host, "#3");
	told(w, &t, "room-locked", 6);
	world_run(w, 1);
	phone_keys(w, t.host, "*");
	told(w, &t, "room-locked", 6);
	world_run(w, 1);
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700)); /* he never left */
	phone_falls_silent(w, t.party[0]);
	phone_keys(w, t.host, "#3");
	told(w, &t, "room-opened", 6);
	talk_add(w, &t, THIRD);
	hangs_up_and_over(w, t.host);
}

static void two_tracks(struct node_options *o, void *arg)
{
	(void)arg;
	o->music_count = 2;
	(void)snprintf(o->music[0], sizeof(o->music[0]), "%.200s/zh-CN/enter-number.wav", o->sounds_dir);
	(void)snprintf(o->music[1], sizeof(o->music[1]), "%.200s/en/enter-number.wav", o->sounds_dir);
}

SCENARIO(rule_14_4_background_music, "#4: music under the talk, 20 dB down; #4: the next track; #4: off within 500 ms")
{
	struct world *w = world_with(two_tracks);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 2);
	CHECK(heard_power(w, t.party[0], 1) < -60);
	for (unsigned track = 0; track < 2; track++) {
		phone_keys(w, t.host, "#4");
		world_run(w, 4);
		CHECK(heard_power(w, t.party[0], 3) > -48 && heard_power(w, t.party[0], 3) < -32);
	}
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700)); /* they talk over it */
	phone_falls_silent(w, t.party[0]);
	phone_keys(w, t.host, "#4");
	world_run(w, 0.5);
	world_run(w, 1);
	CHECK(heard_power(w, t.party[0], 1) < -60);
	told(w, &t, "music-off", 5);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_5_sends_digits_to_the_newest, "#5 123 #: the newest party's phone hears 1, 2, 3; the other one nothing")
{
	struct talk t;
	struct world *w = three(&t);
	json_t *reply;

	phone_keys(w, t.host, "#5");
	world_run(w, 5);
	phone_keys(w, t.host, "123#");
	world_run(w, 0.5);
	reply = exchange_ask(w->exchange, "measure %s last=1500", t.party[1]);
	CHECK(strstr(json_string_value(json_object_get(reply, "digits")), "123") != NULL);
	json_decref(reply);
	expect_digits(w, t.party[0], 0.5, "");
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_7_and_9_volume, "#9 is 3 dB louder, #7 3 dB softer, for himself alone")
{
	struct talk t;
	struct world *w = three(&t);
	double before;

	phone_hums(w, t.party[0], 700);
	before = heard_tone(w, t.host, 700, 1);
	phone_keys(w, t.host, "#9");
	world_run(w, 4);
	CHECK(heard_tone(w, t.host, 700, 1) > before + 2.7 && heard_tone(w, t.host, 700, 1) < before + 3.3);
	CHECK(heard_tone(w, t.party[1], 700, 1) < before + 0.2);
	phone_keys(w, t.host, "#7");
	world_run(w, 4);
	phone_keys(w, t.host, "#7");
	world_run(w, 4);
	CHECK(heard_tone(w, t.host, 700, 1) < before - 2.7 && heard_tone(w, t.host, 700, 1) > before - 3.3);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_8_minutes_left, "#8: how long the money lasts for all who talk")
{
	struct talk t;
	struct world *w = three(&t);

	phone_keys(w, t.host, "#8");
	told(w, &t, "minutes-left", 6);
	hangs_up_and_over(w, t.host);
}

/* Every key, in his language; a key stops it. */
static void helps(const char *host, const char *second, enum prompt_lang lang)
{
	static const char *const key[] = { "help-invite",    "help-drop-last", "help-drop-order",   "help-list",
		                           "help-mute-self", "help-mute-all",  "help-lock",         "help-music",
		                           "help-digits",    "help-volume",    "help-minutes-left", "help-again" };
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, host, second);
	talk_add(w, &t, THIRD);
	world_run(w, 3);
	phone_keys(w, t.host, "#*");
	for (unsigned i = 0; i < ARRAY_LEN(key); i++)
		expect_hears_in_room(w, t.host, lang, key[i], 12);
	world_run(w, 2);
	phone_keys(w, t.host, "#*");
	world_run(w, 1);
	CHECK(heard_power(w, t.host, 0.5) > -40);
	phone_keys(w, t.host, "1");
	world_run(w, 0.6);
	CHECK(hears_nothing(w, t.host, 0.4));
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_14_star_helps, "#*: every key is explained; a key stops it") { helps(HOST, SECOND, PROMPT_ZH_CN); }
SCENARIO(rule_14_star_helps_in_english, "#* of a host whose language is English") { helps(SECOND, HOST, PROMPT_EN); }

SCENARIO(rule_16_digits_to_the_only_party,
         "a bank's menu: alone with one party, each of his digits reaches it once; with two parties none")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, SECOND);
	world_run(w, 1);
	phone_keys(w, t.host, "40718");
	world_run(w, 1);
	expect_digits(w, t.party[0], 3, "40718");
	talk_add(w, &t, THIRD);
	world_run(w, 3);
	phone_keys(w, t.host, "2953");
	world_run(w, 1);
	expect_digits(w, t.party[0], 3, "");
	expect_digits(w, t.party[1], 3, "");
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_15_a_lone_hash_ends, "# and nothing for 4 s; then 8: nothing; # and 8 within 4 s: the minutes")
{
	struct talk t;
	struct world *w = three(&t);

	phone_keys(w, t.host, "#");
	world_run(w, 4.5);
	phone_keys(w, t.host, "8");
	world_run(w, 2);
	CHECK(hears_nothing(w, t.host, 1.5));
	phone_keys(w, t.host, "#");
	world_run(w, 3);
	phone_keys(w, t.host, "8");
	told(w, &t, "minutes-left", 6);
	hangs_up_and_over(w, t.host);
}

SCENARIO(outcome_of_whom_he_does_not_wait_for,
         "he went back to the talk while a third rang: when that one is busy he is told who and why, and talks on")
{
	struct talk t;
	struct world *w = two_and_a_third_rings(&t);
	const char *third = t.party[1];

	phone_keys(w, t.host, "*");
	world_run(w, 1);
	exchange_does(w, "busy %s", third);
	told(w, &t, "number-ending", 5);
	told(w, &t, "party-busy", 6);
	CHECK(hears_nothing(w, t.party[0], 4));
	hangs_up_and_over(w, t.host);
}
