/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/service.c - channels taken out of service and put in again: telephony rule 8. */
#include <errno.h>

#include "tests/worlds/world.h"

#define HOST "13800000001"

static struct e1_span *nodes_span(struct world *w)
{
	return node_span(w->node, "pstn");
}

static void all_channels(struct world *w, bool in_service)
{
	for (unsigned ts = 1; ts <= 31; ts++)
		(void)e1_span_set_service(nodes_span(w), ts, in_service);
}

static unsigned timeslot(struct world *w, const char *call)
{
	struct exchange_call_info i;

	CHECK_INT(exchange_call_info(w->exchange, call, &i), 0);
	return i.timeslot;
}

SCENARIO(rule_08_a_channel_out_of_service_is_not_picked, "31 and 30 are out: the callback goes on 29")
{
	struct world *w = world_open(NULL);
	const char *host;

	CHECK_INT(e1_span_set_service(nodes_span(w), 31, false), 0);
	CHECK_INT(e1_span_set_service(nodes_span(w), 30, false), 0);
	CHECK_INT(e1_span_set_service(nodes_span(w), 16, false), -EINVAL);
	host = called_back(w, HOST);
	CHECK_INT(timeslot(w, host), 29);
	phone_hangs_up(w, host);
	CHECK_INT(e1_span_set_service(nodes_span(w), 31, true), 0);
	CHECK_INT(e1_span_set_service(nodes_span(w), 30, true), 0);
	world_run(w, 5);
	world_close(w);
}

SCENARIO(rule_05_no_channel_for_the_callback,
         "all channels but the one he dials on are out: told to try later, 21; with one more he is called back")
{
	struct world *w = world_open(NULL);
	const char *call;

	for (int ts = 2; ts <= 31; ts++)
		if (ts != 16)
			CHECK_INT(e1_span_set_service(nodes_span(w), ts, false), 0);
	call = phone_dials(w, HOST, "12599");
	CHECK_INT(timeslot(w, call), 1);
	expect_hears(w, call, PROMPT_ZH_CN, "refused-busy-try-later", 8);
	expect_hangup(w, call, 21, 16);
	expect_no_event(w, NULL, "ring", 10);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM hold"), 0);
	CHECK_INT(e1_span_set_service(nodes_span(w), 2, true), 0);
	world_run(w, 5);
	phone_hangs_up(w, called_back(w, HOST));
	for (int ts = 3; ts <= 31; ts++)
		if (ts != 16)
			CHECK_INT(e1_span_set_service(nodes_span(w), ts, true), 0);
	world_run(w, 5);
	world_close(w);
}

SCENARIO(rule_08_an_exchange_that_insists,
         "an exclusive channel out of service: 44, the exchange tries another; a preferred one: answered with another")
{
	struct world *w = world_open(NULL);
	const char *call;

	CHECK_INT(e1_span_set_service(nodes_span(w), 5, false), 0);
	call = phone_dials_with(w, HOST, "12599", "timeslot=5 exclusive");
	(void)expect_event(w, call, "alerting", 2);
	CHECK(timeslot(w, call) != 5);
	phone_hangs_up(w, call);
	world_run(w, 1);
	call = phone_dials_with(w, "13800000003", "12599", "timeslot=5");
	(void)expect_event(w, call, "alerting", 2);
	CHECK(timeslot(w, call) != 5);
	phone_hangs_up(w, call);
	CHECK_INT(e1_span_set_service(nodes_span(w), 5, true), 0);
	world_run(w, 60); /* the callbacks ring out */
	exchange_release_all(w->exchange, 16);
	world_run(w, 5);
	world_close(w);
}

SCENARIO(rule_08_live_calls_drain,
         "the whole span leaves service: the talk goes on to its end, a new call gets 34; back, it is restarted and takes calls")
{
	struct world *w = world_open(NULL);
	struct e1_span_info info;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	all_channels(w, false);
	world_run(w, 5);
	phone_hums(w, t.party[0], 700);
	CHECK(hears_tone(w, t.host, 700));
	expect_hangup(w, phone_dials(w, "13800000003", "12599"), 34, 2);
	phone_hangs_up(w, t.host);
	expect_hangup(w, t.party[0], 16, 2);
	world_run(w, 3);
	e1_span_info(nodes_span(w), &info);
	CHECK_INT(info.free_channels, 0);
	CHECK_INT(info.out_of_service, 30);
	all_channels(w, true);
	world_run(w, 10);
	e1_span_info(nodes_span(w), &info);
	CHECK_INT(info.free_channels, 30);
	talk_begin(w, &t, HOST, "13800000002");
	hangs_up_and_over(w, t.host);
}
