/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/faults.c - the n-th statement of the story fails, for each n: deadlock, lock wait, changed row, lost connection,
 * lost reply after it was done. The story and its charges are the same as without.
 */
#include "store/store.h"
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

static int64_t one_story(struct world *w)
{
	int64_t before = balance(w, HOST_E);
	const char *trigger = phone_dials(w, HOST, "12599"), *host;

	world_run(w, 2);
	phone_hangs_up(w, trigger);
	host = expect_call_to(w, HOST, 8);
	exchange_does(w, "dtmf %s 13800000002# on=60 off=60", host);
	(void)expect_call_to(w, "13800000002", 8);
	world_run(w, 5);
	phone_hangs_up(w, host);
	world_run(w, 12);
	return before - balance(w, HOST_E);
}

static void story_with_faults(unsigned error, bool after)
{
	struct world *w = world_open(NULL);
	unsigned stories = 1;
	int64_t cost;

	exchange_does(w, "number %s answer", HOST);
	exchange_does(w, "number 13800000002 answer");
	cost = one_story(w);
	CHECK_INT(cost, 4000);
	for (unsigned n = 1; n <= 45; n += WORLD_STRIDE, stories++) {
		store_fault(node_store(w->node), n, error, after);
		CHECK_INT(one_story(w), cost);
		store_fault(node_store(w->node), 0, 0, false);
		CHECK_INT(held(w, HOST_E), 0);
		json_array_clear(w->events);
		w->used_size = 0;
	}
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM loss"), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg"), stories * 3);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_call"), stories);
	world_close(w);
}

SCENARIO(database_deadlock_at_every_statement, "1213 at each statement of the story in turn") { story_with_faults(1213, false); }
SCENARIO(database_lock_wait_at_every_statement, "1205 at each statement") { story_with_faults(1205, false); }
SCENARIO(database_changed_row_at_every_statement, "1020 at each statement") { story_with_faults(1020, false); }
SCENARIO(database_lost_at_every_statement, "2006: the connection is gone before each statement")
{
	story_with_faults(2006, false);
}
SCENARIO(database_reply_lost_at_every_statement, "2013 after each statement was done, COMMIT included")
{
	story_with_faults(2013, true);
}
