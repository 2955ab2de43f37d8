/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/hangup.c - somebody hangs up at every moment of the story, database queries included: nothing may be left behind.
 * The story is lived again and again in one world; each time the hang-up comes a step later, and each query takes its own random
 * time.
 */
#include "core/worker.h"
#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

static bool nothing_left(struct world *w, const void *arg)
{
	struct e1_span_info info;

	(void)arg;
	e1_span_info(node_span(w->node, "pstn"), &info);
	return info.calls == 0 && node_legs(w->node) == 0 && node_calls(w->node)->call_count == 0 &&
	       worker_pool_busy(node_workers(w->node)) == 0;
}

static void check_nothing_left(struct world *w, const char *what, double at)
{
	if (!world_until(w, nothing_left, NULL, 300))
		world_fail(__FILE__, __LINE__, "%s at %.3f s: something is left", what, at);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_account WHERE held_e4 <> 0"), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_account a WHERE balance_e4 <> (SELECT SUM(amount_e4) FROM v_ledger l WHERE "
	                     "l.number = a.number)"),
	          0);
	CHECK_INT(e1_span_free_channels(node_span(w->node, "pstn")), 30);
}

SCENARIO(hangup_of_the_trigger_at_every_wait,
         "the caller hangs up 0 to 0.8 s after dialling, while the account is looked up, the channel reserved, the money held")
{
	struct world *w = world_open(NULL);

	worker_set_latency(node_workers(w->node), 1000, 200000);
	exchange_does(w, "number %s busy", HOST);
	for (double at = 0.02; at < 0.8; at += 0.017 * WORLD_STRIDE) {
		const char *trigger = phone_dials(w, HOST, "12599");

		world_run(w, at);
		phone_hangs_up(w, trigger);
		check_nothing_left(w, "trigger", at);
	}
	world_close(w);
}

SCENARIO(hangup_of_the_host_at_every_wait, "the host hangs up at any moment from the answer to the talk in threes")
{
	struct world *w = world_open(NULL);

	worker_set_latency(node_workers(w->node), 1000, 200000);
	exchange_does(w, "number %s answer", HOST);
	exchange_does(w, "number 13800000002 answer-after 700");
	exchange_does(w, "number 13900000001 answer-after 700 early-media tone:620");
	for (double at = 0.05; at < 9.5; at += 0.173 * WORLD_STRIDE) {
		const char *trigger, *host;
		double keyed = 0;

		trigger = phone_dials(w, HOST, "12599");
		world_run(w, 0.9); /* the order stands: the slowest queries have been answered */
		exchange_does(w, "hangup %s", trigger);
		host = expect_call_to(w, HOST, 8);
		exchange_does(w, "dtmf %s 13800000002# on=60 off=60", host);
		if (at > 4.2) {
			world_run(w, 4.2);
			exchange_does(w, "dtmf %s *13900000001# on=60 off=60", host);
			keyed = 4.2;
		}
		world_run(w, at - keyed);
		exchange_does(w, "hangup %s", host);
		check_nothing_left(w, "host", at);
		json_array_clear(w->events);
		w->used_size = 0;
	}
	world_close(w);
}

SCENARIO(hangup_of_a_party_at_every_wait, "the party hangs up at any moment from its answer on")
{
	struct world *w = world_open(NULL);

	worker_set_latency(node_workers(w->node), 1000, 200000);
	for (double at = 0.0; at < 1.2; at += 0.061 * WORLD_STRIDE) {
		const char *trigger, *host, *party;

		trigger = phone_dials(w, HOST, "12599");
		world_run(w, 0.9); /* the order stands: the slowest queries have been answered */
		exchange_does(w, "hangup %s", trigger);
		host = expect_call_to(w, HOST, 8);
		phone_answers(w, host);
		world_run(w, 0.6);
		party = host_calls(w, host, "13800000002");
		phone_answers(w, party);
		world_run(w, at);
		exchange_does(w, "hangup %s", party);
		world_run(w, 0.3);
		exchange_does(w, "hangup %s", host);
		check_nothing_left(w, "party", at);
	}
	world_close(w);
}

SCENARIO(line_lost_at_every_phase,
         "the cable is cut in every phase of the story and comes back: nothing is left, and the next call goes through")
{
	struct world *w = world_open(NULL);

	worker_set_latency(node_workers(w->node), 1000, 100000);
	exchange_does(w, "number %s answer", HOST);
	exchange_does(w, "number 13800000002 answer-after 700");
	for (double at = 0.1; at < 9; at += 0.71 * WORLD_STRIDE) {
		const char *trigger = phone_dials(w, HOST, "12599");

		world_run(w, at < 1 ? at : 1);
		if (at >= 1) {
			exchange_does(w, "hangup %s", trigger);
			world_run(w, 3.3);
			if (exchange_calls(w->exchange) > 0)
				exchange_does(w, "dtmf last 13800000002# on=60 off=60");
			world_run(w, at - 1);
		}
		exchange_does(w, "span pstn down");
		world_run(w, 4);
		exchange_does(w, "span pstn up");
		world_run(w, 20);
		exchange_does(w, "number %s busy", HOST);
		exchange_release_all(w->exchange, 16);
		check_nothing_left(w, "cut", at);
		CHECK(e1_span_up(node_span(w->node, "pstn")));
		exchange_does(w, "number %s answer", HOST);
	}
	world_close(w);
}
