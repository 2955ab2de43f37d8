/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/booked_burst.c - more bookings due at once than there are channels: spread, oldest first, each late by no more
 * than that. */
#include <stdlib.h>
#include <string.h>

#include "tests/worlds/booked.h"

#define BURST    (WORLD_STRIDE == 1 ? 200 : 80)
#define RESERVE  2
#define CHANNELS (30 - RESERVE)
#define PLANNED  "2026-03-02 02:01:00.000"

/* Hosts 8613801000001 and on, each with an account; parties 8613802000001 and on. Ids in that order, so is age. */
static void book_burst(struct world *w, unsigned count)
{
	sql_do(w,
	       "INSERT INTO account (id, tariff_id, balance_e4, created_at) SELECT 1000 + seq, (SELECT MIN(id) FROM tariff), "
	       "100000, "
	       "'2026-01-01' FROM seq_1_to_%u",
	       count);
	sql_do(w,
	       "INSERT INTO account_number (number, account_id, valid_from) SELECT CONCAT('8613801', LPAD(seq, 6, '0')), 1000 + "
	       "seq, "
	       "'2026-01-01' FROM seq_1_to_%u",
	       count);
	sql_do(w,
	       "INSERT INTO ledger (id, account_id, number, kind, amount_e4, at) SELECT MD5(seq), 1000 + seq, CONCAT('8613801', "
	       "LPAD(seq, 6, '0')), 'opening', 100000, '2026-01-01' FROM seq_1_to_%u",
	       count);
	sql_do(w,
	       "INSERT INTO audit (id, who, what, subject, at) SELECT id, 'world', 'account.add', number, at FROM ledger WHERE "
	       "account_id > 1000");
	sql_do(w,
	       "INSERT INTO booking (id, provider_id, account_id, host, zone, wall_at, redials, interval_s, parties, next_at, "
	       "created_at, "
	       "changed_at) SELECT LPAD(HEX(seq), 32, '0'), 1, 1000 + seq, CONCAT('8613801', LPAD(seq, 6, '0')), "
	       "'Asia/Shanghai', "
	       "'2026-03-02 10:01:00', 0, 60, 1, '" PLANNED "', '2026-03-01', '2026-03-01' FROM seq_1_to_%u",
	       count);
	sql_do(w,
	       "INSERT INTO booking_party (booking_id, party_order, number) SELECT LPAD(HEX(seq), 32, '0'), 1, CONCAT('8613802', "
	       "LPAD(seq, 6, '0')) FROM seq_1_to_%u",
	       count);
	for (unsigned i = 1; i <= count; i++) {
		exchange_does(w, "number 13801%06u answer-after 1000 hangup-after %u", i, 5000 + i % 7 * 700);
		exchange_does(w, "number 13802%06u answer-after 500", i);
	}
}

struct turn { /* of one booking, from its host's SETUP to the end of his call */
	int64_t from_ms, to_ms;
};

static void read_turns(struct world *w, struct turn *turn, unsigned count, unsigned *hosts, unsigned *parties)
{
	*hosts = *parties = 0;
	for (size_t i = 0; i < json_array_size(w->events); i++) {
		const json_t *e = json_array_get(w->events, i);
		const char *called = event_str(e, "called");
		unsigned n;

		if (called == NULL || event_str(e, "ev") == NULL || strcmp(event_str(e, "ev"), "gone") != 0)
			continue;
		*hosts += strncmp(called, "13801", 5) == 0;
		*parties += strncmp(called, "13802", 5) == 0;
		n = (unsigned)atoi(called + 5);
		CHECK(n >= 1 && n <= count);
		if (strncmp(called, "13801", 5) == 0)
			turn[n - 1] = (struct turn){ event_int(e, "setup_ms"), event_int(e, "end_ms") };
	}
}

/* At no moment more channels than there are: a booking has two from its begin to its end. */
static void check_capacity(const struct turn *turn, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned at_once = 0;

		for (unsigned j = 0; j < count; j++)
			at_once += turn[j].from_ms <= turn[i].from_ms && turn[i].from_ms < turn[j].to_ms;
		if (2 * at_once > CHANNELS)
			world_fail(__FILE__, __LINE__, "%u bookings at once on %u channels", at_once, CHANNELS);
	}
}

/*
 * In order; and the n-th not later than when those before it, one after the other on all the channels, are over. A channel that
 * is free waits a second at most for the next look at what is due, and a moment for the call to be cleared.
 */
static int64_t check_order(const struct turn *turn, unsigned count)
{
	int64_t before_ms = 0, due_ms = 0, late_ms = 0;

	due_ms = turn[0].from_ms;
	for (unsigned i = 0; i < count; i++) {
		late_ms = turn[i].from_ms - due_ms;
		if (i > 0 && turn[i].from_ms + 100 < turn[i - 1].from_ms)
			world_fail(__FILE__, __LINE__, "%u began before %u", i + 1, i);
		if (late_ms > 1200 + before_ms / (CHANNELS - 1))
			world_fail(__FILE__, __LINE__, "%u is %lld ms late, capacity explains %lld", i + 1, (long long)late_ms,
			           (long long)(before_ms / (CHANNELS - 1)));
		before_ms += 2 * (turn[i].to_ms - turn[i].from_ms + 1200);
	}
	return late_ms;
}

static bool all_begun(struct world *w, const void *arg)
{
	(void)arg;
	return clock_mono_us() % CLOCK_SEC(1) < CLOCK_MS(50) &&
	       sql_int(w, "SELECT COUNT(*) FROM booking WHERE state <> 'done'") == 0;
}

SCENARIO(booked_burst,
         "200 bookings due in the same second on 30 channels, two of them kept for others: spread, the oldest first")
{
	struct world *w = booked_world(NULL);
	struct turn *turn = calloc(BURST, sizeof(*turn));
	unsigned hosts, parties;

	book_burst(w, BURST);
	if (!world_until(w, all_begun, NULL, 600))
		world_fail(__FILE__, __LINE__, "some were not begun in ten minutes");
	world_run(w, 3);
	read_turns(w, turn, BURST, &hosts, &parties);
	CHECK_INT(hosts, BURST); /* each once */
	CHECK_INT(parties, BURST);
	check_capacity(turn, BURST);
	(void)fprintf(stderr, "the last of %d was %.1f s late\n", BURST, (double)check_order(turn, BURST) / 1e3);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_run WHERE outcome = 'held' AND made = 1"), BURST);
	free(turn);
	world_close(w);
}
