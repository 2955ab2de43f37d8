/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/booked_story.c - booked conferences, as host and parties experience them; rule 26 as far as one node can show
 * it. */
#include "tests/worlds/booked.h"

#include <errno.h>
#include <unistd.h>

#define PARTY2   "13800000002"
#define PARTY2_E "8613800000002"
#define PARTY3   "13900000003"
#define PARTY3_E "8613900000003"

SCENARIO(story_the_booked_call,
         "booked for a minute from now with two parties: the host is called, then both; they talk, he adds one by key")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, PARTY3_E);
	int64_t opening = balance(w, BOOKED_HOST_E);
	const char *host, *p2, *p3, *p4;

	book_in(w, &b, 60);
	expect_no_event(w, NULL, "ring", 59);
	host = expect_call_to(w, BOOKED_HOST, 3);
	phone_answers(w, host);
	expect_hears(w, host, PROMPT_ZH_CN, "booked-conference", 6);
	p2 = expect_call_to(w, PARTY2, 1);
	p3 = expect_call_to(w, PARTY3, 1);
	phone_answers(w, p2);
	phone_answers(w, p3);
	world_run(w, 6);
	exchange_does(w, "tone %s 400 level=-16", host);
	exchange_does(w, "tone %s 700 level=-16", p2);
	world_run(w, 2);
	CHECK(heard_tone(w, p2, 400, 1) > -17 && heard_tone(w, p3, 400, 1) > -17);
	CHECK(heard_tone(w, host, 700, 1) > -17 && heard_tone(w, p3, 700, 1) > -17);
	phone_falls_silent(w, host);
	phone_falls_silent(w, p2);
	p4 = host_invites(w, host, "13800000003");
	phone_answers(w, p4);
	world_run(w, 30);
	expect_run(w, &b, "live", "");
	phone_hangs_up(w, host);
	expect_hangup(w, p2, 16, 1);
	expect_hangup(w, p3, 16, 1);
	expect_hangup(w, p4, 16, 1);
	world_run(w, 5);
	expect_run(w, &b, "done", "held");
	expect_party(w, &b, 1, "answered", 1);
	expect_party(w, &b, 2, "answered", 1);
	CHECK(balance(w, BOOKED_HOST_E) < opening);
	CHECK_INT(held(w, BOOKED_HOST_E), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM call_record WHERE booking_id = '%s'", b.id), 1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_attempt WHERE outcome = 'answered' AND counts = 1"), 3);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_attempt a JOIN v_leg l ON l.leg_id = a.leg_id"), 3);
	CHECK_INT(sql_int(w, "SELECT state = 'done' FROM booking WHERE id = '%s'", b.id), 1);
	world_close(w);
}

/* ---- what was booked beside the parties ---- */

SCENARIO(booked_end_closes_the_room,
         "booked for two minutes from the start: the host is warned a minute before, then all are released")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *host, *p2;

	b.length_s = 120;
	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	world_run(w, 10); /* he takes his time: the end stays where it is */
	phone_answers(w, host);
	p2 = expect_call_to(w, PARTY2, 2);
	phone_answers(w, p2);
	world_run(w, 40);
	expect_hears_in_room(w, host, PROMPT_ZH_CN, "max-duration-warning", 15);
	expect_no_event(w, host, "hangup", 50);
	expect_hangup(w, host, 16, 12);
	expect_hangup(w, p2, 16, 1);
	world_run(w, 5);
	expect_run(w, &b, "done", "held");
	CHECK_INT(
		sql_int(w, "SELECT ABS(TIMESTAMPDIFF(MICROSECOND, planned_at, ended_at) - 120000000) < 3000000 FROM booking_run"),
		1);
	world_close(w);
}

static void with_music(struct node_options *o)
{
	o->music_count = 1;
	(void)snprintf(o->music[0], sizeof(o->music[0]), "%.200s/zh-CN/enter-number.wav", o->sounds_dir);
}

/* English, though the account is Chinese. How loud is it when nobody speaks, in dBm0? */
static double background_of(unsigned music)
{
	struct world *w = booked_world(with_music);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *host;
	double level;

	(void)snprintf(b.language, sizeof(b.language), "en");
	b.music = music;
	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	phone_answers(w, host);
	expect_hears(w, host, PROMPT_EN, "booked-conference", 8);
	phone_answers(w, expect_call_to(w, PARTY2, 1));
	world_run(w, 8);
	level = heard_power(w, host, 3);
	world_close(w);
	return level;
}

SCENARIO(booked_language_and_music, "its own language, and the first music under the talk from the beginning")
{
	double level = background_of(1);

	if (level < -60 || level > -30)
		world_fail(__FILE__, __LINE__, "the music is at %.1f dBm0", level);
}

SCENARIO(booked_without_music, "no music was booked: there is none")
{
	CHECK(background_of(0) < -60);
}

SCENARIO(booked_without_money, "nothing in the account: nobody is called, and that is kept")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);

	give(w, BOOKED_HOST_E, 100);
	b.redials = 3;
	book_in(w, &b, 5);
	expect_no_event(w, NULL, "ring", 30);
	expect_run(w, &b, "done", "no-money");
	expect_party(w, &b, 1, "not-called", 0);
	world_close(w);
}

SCENARIO(booked_account_is_suspended, "suspended since it was booked: nobody is called")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);

	book_in(w, &b, 5);
	sql_do(w, "UPDATE account SET state = 'suspended' WHERE id = %lld", (long long)b.account_id);
	expect_no_event(w, NULL, "ring", 20);
	expect_run(w, &b, "done", "no-account");
	world_close(w);
}

SCENARIO(booked_number_is_anothers_now,
         "the host's number has gone to another account: he is not called for what its former owner booked")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);

	book_in(w, &b, 5);
	sql_do(w,
	       "UPDATE account_number SET account_id = (SELECT account_id FROM (SELECT * FROM account_number) n WHERE n.number = "
	       "'8613900000001') WHERE number = '" BOOKED_HOST_E "'");
	expect_no_event(w, NULL, "ring", 20);
	expect_run(w, &b, "done", "no-account");
	_exit(0); /* the ledger of the moved number does not explain two balances any more: nothing to close */
}

/* ---- changed and cancelled, before and after ---- */

static int cancel(struct world *w, const struct booking *b)
{
	struct store *s = world_store(w);
	int err = booking_cancel(s, b->id, "world@test", clock_utc_us());

	store_close(s);
	return err;
}

static int change(struct world *w, struct booking *b)
{
	struct store *s = world_store(w);
	int err = booking_change(s, b, "world@test", clock_utc_us());

	store_close(s);
	return err;
}

SCENARIO(booked_cancelled_before,
         "cancelled a second before its time: nobody is called; a second time there is nothing to cancel")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);

	book_in(w, &b, 10);
	world_run(w, 9);
	CHECK_INT(cancel(w, &b), 0);
	expect_no_event(w, NULL, "ring", 20);
	CHECK_INT(cancel(w, &b), -ESRCH);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM audit WHERE what = 'booking.cancel' AND subject = '%s'", b.id), 1);
	world_close(w);
}

SCENARIO(booked_changed_before, "changed to another time and party: so it happens; who changes an older version is told so")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL), old;
	const char *host;

	book_in(w, &b, 10);
	old = b;
	b.when.wall_s += 20;
	(void)snprintf(b.party[0].number, sizeof(b.party[0].number), PARTY3_E);
	CHECK_INT(change(w, &b), 0);
	CHECK_INT(b.version, 2);
	CHECK_INT(change(w, &old), -ESTALE);
	expect_no_event(w, NULL, "ring", 28);
	host = expect_call_to(w, BOOKED_HOST, 4);
	phone_answers(w, host);
	(void)expect_call_to(w, PARTY3, 2);
	world_close(w);
}

SCENARIO(booked_begun_is_not_cancelled,
         "while the host is called, and while they talk, cancel and change are refused and the call goes on")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *host, *p2;

	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	CHECK_INT(cancel(w, &b), -EBUSY);
	b.when.wall_s += 600;
	CHECK_INT(change(w, &b), -EBUSY);
	phone_answers(w, host);
	p2 = expect_call_to(w, PARTY2, 2);
	phone_answers(w, p2);
	world_run(w, 5);
	CHECK_INT(cancel(w, &b), -EBUSY);
	expect_no_event(w, NULL, "hangup", 20);
	phone_hangs_up(w, host);
	world_run(w, 5);
	expect_run(w, &b, "done", "held");
	CHECK_INT(cancel(w, &b), -ESRCH);
	world_close(w);
}

/* ---- beside the callback ---- */

SCENARIO(booked_host_orders_a_callback, "while his booked conference is on, 12599 tells him that he is in a conference")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *host, *trigger;

	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	phone_answers(w, host);
	phone_answers(w, expect_call_to(w, PARTY2, 2));
	trigger = phone_dials(w, BOOKED_HOST, "12599");
	expect_hears(w, trigger, PROMPT_ZH_CN, "already-in-conference", 8);
	expect_hangup(w, trigger, 21, 16);
	world_close(w);
}

SCENARIO(booked_host_is_in_a_callback, "at the time he is in a conference that he ordered: busy, called again after the interval")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY3_E, NULL);
	struct talk t;

	b.redials = 1;
	b.interval_s = 30;
	book_in(w, &b, 20);
	talk_begin(w, &t, BOOKED_HOST, PARTY2);
	expect_no_event(w, NULL, "ring", 15);
	expect_run(w, &b, "waiting", "busy");
	phone_hangs_up(w, t.host);
	(void)expect_call_to(w, BOOKED_HOST, 40);
	world_close(w);
}

/* ---- the database, the node, the time ---- */

SCENARIO(booked_while_the_database_is_away, "no database at its time: late, but held once it answers again")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *host;

	book_in(w, &b, 5);
	database_goes(w);
	expect_no_event(w, NULL, "ring", 60);
	database_returns(w);
	host = expect_call_to(w, BOOKED_HOST, 10);
	phone_answers(w, host);
	phone_answers(w, expect_call_to(w, PARTY2, 3));
	world_run(w, 3);
	phone_hangs_up(w, host);
	world_run(w, 5);
	expect_run(w, &b, "done", "held");
	world_close(w);
}

static void rings_long(struct node_options *o)
{
	o->timers.alerting_to_answer_us = CLOCK_SEC(170);
}

SCENARIO(booked_lease_is_lost,
         "no database while a party rings: let go before the lease ends, nobody is called any more, the talk goes on")
{
	struct world *w = booked_world(rings_long);
	struct booking b = booking_of(PARTY2_E, PARTY3_E);
	const char *host, *p2, *p3;

	b.redials = 5;
	b.interval_s = 5;
	exchange_does(w, "number " PARTY2 " answer");
	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	phone_answers(w, host);
	p2 = expect_call_to(w, PARTY2, 2);
	p3 = expect_call_to(w, PARTY3, 2);
	world_run(w, 5);
	database_goes(w);
	expect_no_event(w, p3, "hangup", 30);
	expect_hangup(w, p3, 16, 21);
	CHECK(find_event(w, host, "hangup") == NULL && find_event(w, p2, "hangup") == NULL);
	database_returns(w);
	expect_no_event(w, NULL, "ring", 60); /* the run was nobody's, and is over */
	expect_run(w, &b, "done", "interrupted");
	expect_party(w, &b, 2, "interrupted", 1);
	world_close(w);
}

SCENARIO(booked_missed, "nobody could begin it for longer than the setting: missed, not held in the middle of the night")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);

	book_in(w, &b, 600);
	world_sleeps(w, 600 + 86400);
	expect_no_event(w, NULL, "ring", 10);
	expect_run(w, &b, "done", "missed");
	CHECK_INT(cancel(w, &b), -ESRCH);
	world_close(w);
}

SCENARIO(booked_three_years_ahead, "a booking for a day in three years is held then, at the minute")
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	double years = 3 * 365.25 * 86400;

	book_in(w, &b, years);
	world_sleeps(w, 30.0 * 86400);
	expect_no_event(w, NULL, "ring", 5);
	world_sleeps(w, (double)(b.next_utc_us - clock_utc_us()) / 1e6 - 10);
	CHECK_INT(event_int(expect_event(w, NULL, "ring", 12), "t") / 1000 - b.next_utc_us / 1000000 <= 2, 1);
	world_close(w);
}

static void node_is_stopped_while(bool answered)
{
	struct world *w = booked_world(NULL);
	struct booking b = booking_of(PARTY2_E, NULL);
	const char *host;

	b.redials = 1;
	b.interval_s = 30;
	book_in(w, &b, 5);
	host = expect_call_to(w, BOOKED_HOST, 7);
	if (answered) {
		phone_answers(w, host);
		(void)expect_call_to(w, PARTY2, 2);
	}
	node_restarts(w);
	events_forget(w);
	if (answered) {
		expect_no_event(w, NULL, "ring", 60);
		expect_run(w, &b, "done", "held");
	} else {
		(void)expect_call_to(w, BOOKED_HOST, 32);
		expect_run(w, &b, "calling", "interrupted");
	}
	world_close(w);
}

SCENARIO(booked_node_stops_while_the_host_rings,
         "an orderly stop: the attempt counts as interrupted, the next one comes after the interval")
{
	node_is_stopped_while(false);
}

SCENARIO(booked_node_stops_in_the_conference, "an orderly stop: the conference is over, and not called together again")
{
	node_is_stopped_while(true);
}
