/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/worlds/booked.h"

#include <stdio.h>
#include <string.h>

#include "core/random.h"
#include "store/store.h"

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

int book_try(struct world *w, struct booking *b)
{
	struct store *s = world_store(w);
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
