/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/booked.c - booked conferences, as host and parties experience them; rule 26 as far as one node can show it. */
#include "tests/worlds/booked.h"

#include <errno.h>
#include <string.h>

#define PARTY2   "13800000002"
#define PARTY2_E "8613800000002"
#define PARTY3   "13900000003"
#define PARTY3_E "8613900000003"

/* ---- helpers ---- */

void booked_options(struct node_options *o, void *change)
{
	o->booked.claim_us = CLOCK_SEC(1);
	if (change)
		(*(void (**)(struct node_options *))change)(o);
}

struct world *booked_world(void (*change)(struct node_options *o))
{
	struct world_setup s = { .options = booked_options, .arg = change ? (void *)&change : NULL };

	return world_open(&s);
}

struct booking booking_of(const char *party1, const char *party2)
{
	struct booking b = { .host = BOOKED_HOST_E, .zone = "Asia/Shanghai", .interval_s = 60, .party_count = 1 };

	(void)snprintf(b.party[0].number, sizeof(b.party[0].number), "%s", party1);
	if (party2)
		(void)snprintf(b.party[b.party_count++].number, sizeof(b.party[1].number), "%s", party2);
	return b;
}

struct store *booked_open_store(struct world *w)
{
	struct store *s;

	CHECK_INT(store_open(&s, &w->store), 0);
	return s;
}

int book_try(struct world *w, struct booking *b)
{
	struct store *s = booked_open_store(w);
	int err;

	random_id(b->id);
	err = booking_add(s, b, "world@test", clock_utc_us());
	store_close(s);
	return err;
}

void book_in(struct world *w, struct booking *b, double seconds)
{
	struct booking_zone *z;
	int64_t at = clock_utc_us() / 1000000 + (int64_t)seconds;

	CHECK_INT(booking_zone_load(&z, b->zone), 0);
	b->when.wall_s = at + booking_zone_offset(z, at);
	if (b->when.until_wall == 0)
		b->when.until_wall = INT64_MAX;
	booking_zone_free(z);
	CHECK_INT(book_try(w, b), 0);
}

#define RUN_OF "FROM booking_run WHERE booking_id = '%s' ORDER BY planned_at DESC LIMIT 1"

bool run_is(struct world *w, const struct booking *b, const char *state)
{
	char got[80];

	sql_text(w, got, sizeof(got), "SELECT COALESCE((SELECT state " RUN_OF "), 'none')", b->id);
	return strcmp(got, state) == 0;
}

void expect_run(struct world *w, const struct booking *b, const char *state, const char *outcome)
{
	char got[80], want[80];

	(void)snprintf(want, sizeof(want), "%s %s", state, outcome);
	sql_text(w, got, sizeof(got), "SELECT COALESCE((SELECT CONCAT(state, ' ', outcome) " RUN_OF "), 'none')", b->id);
	CHECK_STR(got, want);
}

void expect_party(struct world *w, const struct booking *b, unsigned order, const char *outcome, int made)
{
	char got[80], want[80];

	(void)snprintf(want, sizeof(want), "%s %d", outcome, made);
	sql_text(w, got, sizeof(got),
	         "SELECT CONCAT(p.outcome, ' ', p.made) FROM booking_run_party p JOIN booking_run r ON r.id = p.run_id WHERE "
	         "r.booking_id = '%s' AND p.party_order = %u ORDER BY r.planned_at DESC LIMIT 1",
	         b->id, order);
	CHECK_STR(got, want);
}

/* ---- the story ---- */

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
	exchange_does(w, "stop %s", host);
	exchange_does(w, "stop %s", p2);
	phone_keys(w, host, "*");
	world_run(w, 0.5);
	phone_keys(w, host, "13800000003#");
	p4 = expect_call_to(w, "13800000003", 5);
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
