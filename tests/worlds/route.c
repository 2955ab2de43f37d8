/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/route.c - routes over several spans: shares, orders, capacity, failing over, the number shown
 * (docs/routing.md). */
#include <stdio.h>
#include <string.h>

#include "tests/worlds/booked.h"

#define HOST    "13800000001"
#define HOST_E  "8613800000001"
#define PARTY   "13800000002"
#define PARTY_E "8613800000002"
#define OTHER   "13800000003"

/* ---- routes ---- */

static struct route_config *route_to(struct node_options *o, const char *name, const char *prefix)
{
	struct route_config *c = &o->route[o->route_count++].route;

	route_config_default(c);
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	(void)snprintf(c->prefix[c->prefix_count++], sizeof(c->prefix[0]), "%s", prefix);
	return c;
}

static void over(struct route_config *c, const char *trunk, unsigned order, unsigned percent)
{
	struct route_way *w = &c->way[c->way_count++];

	w->order = order;
	w->percent = percent;
	(void)snprintf(w->name, sizeof(w->name), "%s", trunk);
}

/* Hosts are called over pstn, everybody else over pstn2, then pstn3. */
static void hunted(struct node_options *o, void *arg)
{
	struct route_config *c;

	(void)arg;
	over(route_to(o, "hosts", HOST_E), "pstn", 1, 0);
	c = route_to(o, "all", "");
	over(c, "pstn2", 1, 0);
	over(c, "pstn3", 1, 0);
}

static struct world *world_of(void (*options)(struct node_options *o, void *arg))
{
	struct world_setup s = { .options = options, .cut = EXCHANGE_CUT_ANY, .spans = 3 };

	return world_open(&s);
}

/* The next call, to this number, over this span; its id. */
static const char *call_over(struct world *w, const char *span, const char *number, double seconds)
{
	const char *call = expect_call_to(w, number, seconds);

	CHECK_STR(event_str(find_event(w, call, "ring"), "span"), span);
	return call;
}

static const char *calling(struct world *w, const char *call)
{
	return event_str(find_event(w, call, "ring"), "calling");
}

static void route_figures(struct world *w, const char *name, struct route_info *info)
{
	for (unsigned i = 0; i < route_count(node_routes(w->node)); i++) {
		route_info(node_routes(w->node), i, info);
		if (strcmp(info->config->name, name) == 0)
			return;
	}
	world_fail(__FILE__, __LINE__, "no route %s", name);
}

/* ---- shares and capacity ---- */

static void shares(struct node_options *o, void *arg)
{
	struct route_config *c;

	(void)arg;
	over(route_to(o, "hosts", HOST_E), "pstn", 1, 0);
	c = route_to(o, "all", "");
	over(c, "pstn", 1, 50);
	over(c, "pstn2", 1, 33);
	over(c, "pstn3", 1, 17);
}

SCENARIO(route_shares_are_exact, "50, 33 and 17 percent: of a hundred calls each span has exactly so many, and none failed over")
{
	struct world *w = world_of(shares);
	unsigned count[3] = { 0 };
	struct route_info info;
	struct mparty *m;

	exchange_does(w, "number " PARTY " busy");
	(void)called_back(w, HOST);
	m = mparty_first(node_calls(w->node));
	for (unsigned i = 0; i < 100; i++) {
		unsigned order;
		const char *call, *span;

		CHECK_INT(mparty_invite(m, NULL, PARTY_E, false, &order), 0);
		call = expect_call_to(w, PARTY, 2);
		span = event_str(find_event(w, call, "ring"), "span");
		count[strcmp(span, "pstn2") == 0 ? 1 : strcmp(span, "pstn3") == 0 ? 2 : 0]++;
		(void)expect_event(w, call, "gone", 2);
	}
	CHECK_INT(count[0], 50);
	CHECK_INT(count[1], 33);
	CHECK_INT(count[2], 17);
	route_figures(w, "all", &info);
	CHECK_INT(info.attempts, 100);
	CHECK_INT(info.answered, 0);
	CHECK_INT(info.failovers, 0); /* busy is busy, over every span */
	CHECK_INT(info.calls, 0);
	world_close(w);
}

static void two_at_once(struct node_options *o, void *arg)
{
	hunted(o, arg);
	o->route[1].route.capacity = 2;
}

SCENARIO(route_capacity,
         "a route for two calls at once: the third party cannot be called, the host is told; when one has gone it can")
{
	struct world *w = world_of(two_at_once);
	struct talk t;

	talk_begin(w, &t, HOST, PARTY);
	talk_add(w, &t, OTHER);
	host_leaves_the_room(w, t.host);
	host_keys_number(w, t.host, "13900000003");
	expect_hears(w, t.host, PROMPT_ZH_CN, "party-congestion", 10);
	phone_hangs_up(w, t.party[0]);
	world_run(w, 8);
	host_leaves_the_room(w, t.host);
	host_keys_number(w, t.host, "13900000003");
	phone_answers(w, call_over(w, "pstn2", "13900000003", 5));
	world_run(w, 1);
	hangs_up_and_over(w, t.host);
}

static void keeps_28(struct node_options *o, void *arg)
{
	(void)arg;
	over(route_to(o, "all", ""), "pstn", 1, 0);
	o->route[0].route.reserve = 28;
}

SCENARIO(
	rule_05_channels_are_kept_for_callbacks,
	"28 of 30 are kept: with a host and a party there is no channel for another party, but for another subscriber's callback")
{
	struct world *w = world_of(keeps_28);
	struct talk t;

	talk_begin(w, &t, HOST, PARTY);
	host_leaves_the_room(w, t.host);
	host_keys_number(w, t.host, OTHER);
	expect_hears(w, t.host, PROMPT_ZH_CN, "party-congestion", 10);
	phone_hangs_up(w, called_back(w, OTHER));
	hangs_up_and_over(w, t.host);
}

/* ---- failing over ---- */

/* The first trunk's network refuses; *next is the call over the second, answered, in the room. */
static const char *fails_over(struct world *w, const char *host, int cause)
{
	const char *call;

	exchange_does(w, "number " PARTY " ring no-alert");
	phone_keys(w, host, PARTY "#");
	call = call_over(w, "pstn2", PARTY, 5);
	world_run(w, 1);
	exchange_does(w, "reject %s %d", call, cause);
	call = call_over(w, "pstn3", PARTY, 0.5); /* at once */
	exchange_does(w, "alert %s", call);
	world_run(w, 1);
	CHECK(heard_tone(w, host, 450, 0.8) > -30); /* he has heard nothing of it: ring-back goes on */
	phone_answers(w, call);
	world_run(w, 1);
	return call;
}

static void failed_over(int cause)
{
	struct world *w = world_of(hunted);
	const char *host = called_back(w, HOST), *call = fails_over(w, host, cause);
	struct route_info info;

	phone_hums(w, call, 700);
	CHECK(hears_tone(w, host, 700));
	route_figures(w, "all", &info);
	CHECK_INT(info.attempts, 2);
	CHECK_INT(info.failovers, 1);
	CHECK_INT(info.calls, 1);
	phone_hangs_up(w, host);
	world_run(w, 3);
	/* each leg has its record, one of them talked and was charged; what was held is free again (world_close) */
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE role = 'member'"), 2);
	CHECK_INT(sql_int(w, "SELECT cause FROM leg_record WHERE role = 'member' AND trunk = 'e1/pstn2' AND answered_at IS NULL"),
	          cause);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record r JOIN v_ledger l ON l.leg_id = r.leg_id AND l.kind = 'charge' "
	                     "WHERE role = 'member'"), 1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record r JOIN v_ledger l ON l.leg_id = r.leg_id AND l.kind = 'charge' "
	                     "WHERE trunk = 'e1/pstn3'"), 1);
	world_close(w);
}

SCENARIO(route_fails_over_on_34,
         "no circuit on the first span: the second, at once; the host hears ring-back, and then the party")
{
	failed_over(34);
}

SCENARIO(route_fails_over_on_38, "network out of order: the same") { failed_over(38); }

SCENARIO(route_fails_over_when_the_line_is_lost, "the first span's line is cut while the call is set up: the second")
{
	struct world *w = world_of(hunted);
	const char *host = called_back(w, HOST);

	exchange_does(w, "number " PARTY " ring no-alert");
	phone_keys(w, host, PARTY "#");
	(void)call_over(w, "pstn2", PARTY, 5);
	exchange_does(w, "span pstn2 down");
	phone_answers(w, call_over(w, "pstn3", PARTY, 4)); /* spans[].los_clear_ms */
	world_run(w, 1);
	CHECK_INT(parties_in(w), 1);
	phone_hangs_up(w, host);
	world_run(w, 3);
	exchange_does(w, "span pstn2 up");
	world_run(w, 20);
	world_close(w);
}

SCENARIO(route_fails_over_when_the_exchange_says_nothing,
         "the first span's exchange does not answer the SETUP at all (T303): the second")
{
	struct world *w = world_of(hunted);
	const char *host = called_back(w, HOST);

	exchange_does(w, "number " PARTY " silent");
	phone_keys(w, host, PARTY "#");
	(void)call_over(w, "pstn2", PARTY, 5);
	exchange_does(w, "number " PARTY " ring");
	phone_answers(w, call_over(w, "pstn3", PARTY, 9)); /* sent twice, 4 s each */
	world_run(w, 1);
	CHECK_INT(parties_in(w), 1);
	hangs_up_and_over(w, host);
}

SCENARIO(route_does_not_fail_over_on_17, "busy, or refused after it rang: told at once, and no other span is tried")
{
	struct world *w = world_of(hunted);
	const char *host = called_back(w, HOST), *call;

	exchange_does(w, "number " PARTY " ring no-alert");
	phone_keys(w, host, PARTY "#");
	exchange_does(w, "reject %s 17", call_over(w, "pstn2", PARTY, 5));
	expect_hears(w, host, PROMPT_ZH_CN, "party-busy", 10);
	expect_hears(w, host, PROMPT_ZH_CN, "enter-number", 20);
	exchange_does(w, "number " PARTY " ring");
	phone_keys(w, host, PARTY "#");
	call = call_over(w, "pstn2", PARTY, 5);
	world_run(w, 1);
	exchange_does(w, "reject %s 41", call);
	expect_hears(w, host, PROMPT_ZH_CN, "party-congestion", 10);
	CHECK_INT(count_events(w, "ring"), 3);
	hangs_up_and_over(w, host);
}

SCENARIO(route_fails_everywhere, "both spans are congested: each once, and the host is told only then")
{
	struct world *w = world_of(hunted);
	const char *host = called_back(w, HOST);

	exchange_does(w, "number " PARTY " congestion 42");
	phone_keys(w, host, PARTY "#");
	(void)call_over(w, "pstn2", PARTY, 5);
	(void)call_over(w, "pstn3", PARTY, 2);
	expect_hears(w, host, PROMPT_ZH_CN, "party-congestion", 10);
	expect_no_event(w, NULL, "ring", 10);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_ledger WHERE kind = 'charge'"), 0);
	hangs_up_and_over(w, host);
}

SCENARIO(route_dropped_while_it_fails,
         "the host cancels in the moment in which the first span refuses: nobody is called any more")
{
	struct world *w = world_of(hunted);
	const char *host = called_back(w, HOST), *call;
	struct mparty *m = mparty_first(node_calls(w->node));

	exchange_does(w, "number " PARTY " ring no-alert");
	phone_keys(w, host, PARTY "#");
	call = call_over(w, "pstn2", PARTY, 5);
	CHECK_INT(mparty_drop(m, NULL, 1), 0);
	exchange_does(w, "reject %s 34", call);
	expect_no_event(w, NULL, "ring", 5);
	CHECK_INT(mparty_party(m, 1)->state, PARTY_ENDED);
	hangs_up_and_over(w, host);
}

/* ---- spans that are down ---- */

SCENARIO(route_a_span_is_down,
         "the first span is down: the second; both: the host is told that the lines are busy; one is back: called")
{
	struct world *w = world_of(hunted);
	struct route_info info;
	const char *host;

	exchange_does(w, "span pstn2 down");
	world_run(w, 4);
	host = called_back(w, HOST);
	phone_keys(w, host, PARTY "#");
	phone_answers(w, call_over(w, "pstn3", PARTY, 5));
	world_run(w, 1);
	exchange_does(w, "span pstn3 down");
	world_run(w, 10); /* the party is lost with it; he is asked for another */
	phone_keys(w, host, OTHER "#");
	expect_hears(w, host, PROMPT_ZH_CN, "party-congestion", 15);
	route_figures(w, "all", &info);
	CHECK_INT(info.down, 1);
	exchange_does(w, "span pstn2 up");
	world_run(w, 16);
	phone_keys(w, host, OTHER "#");
	phone_answers(w, call_over(w, "pstn2", OTHER, 5));
	world_run(w, 1);
	phone_hangs_up(w, host);
	exchange_does(w, "span pstn3 up");
	world_run(w, 20);
	world_close(w);
}

static void hosts_over_one(struct node_options *o, void *arg)
{
	(void)arg;
	over(route_to(o, "hosts", HOST_E), "pstn3", 1, 0);
	over(route_to(o, "all", ""), "pstn", 1, 0);
}

SCENARIO(rule_05_nothing_is_promised_without_a_route,
         "the only span for this subscriber is down: busy, try later. Up again: promised, and called over it")
{
	struct world *w = world_of(hosts_over_one);
	const char *call;

	exchange_does(w, "span pstn3 down");
	world_run(w, 4);
	call = phone_dials_with(w, HOST, "12599", "span=pstn");
	expect_hears(w, call, PROMPT_ZH_CN, "refused-busy-try-later", 10);
	phone_hangs_up(w, call);
	exchange_does(w, "span pstn3 up");
	world_run(w, 16);
	call = phone_dials_with(w, HOST, "12599", "span=pstn");
	world_run(w, 3);
	phone_hangs_up(w, call);
	call = call_over(w, "pstn3", HOST, 10);
	phone_answers(w, call);
	world_run(w, 1);
	hangs_up_and_over(w, call);
}

/* ---- callbacks and bookings ---- */

SCENARIO(rule_07_a_callback_fails_over, "the first span cannot carry the callback: the second at once, the same attempt, one "
                                        "hold; all congested: again after 5 s, "
                                        "begun with another span, and no retry is used up")
{
	struct world *w = world_of(NULL);
	const char *call;

	orders(w, HOST);
	exchange_does(w, "number " HOST " congestion 34");
	(void)call_over(w, "pstn", HOST, 5);
	(void)call_over(w, "pstn2", HOST, 2);
	(void)call_over(w, "pstn3", HOST, 2);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM hold"), 1);
	expect_no_event(w, NULL, "ring", 4);
	exchange_does(w, "number " HOST " ring no-alert");
	exchange_does(w, "reject %s 42", call_over(w, "pstn", HOST, 2)); /* pstn3 was the last */
	call = call_over(w, "pstn2", HOST, 1);
	phone_answers(w, call);
	world_run(w, 1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM hold"), 1);
	phone_hangs_up(w, call);
	world_run(w, 3);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE role = 'host'"), 5);
	CHECK_INT(sql_int(w, "SELECT COUNT(DISTINCT call_id) FROM leg_record"), 1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_ledger WHERE kind = 'charge'"), 1);
	expect_no_event(w, NULL, "ring", 60);
	world_close(w);
}

static void booked_hunted(struct node_options *o, void *arg)
{
	o->booked.claim_us = CLOCK_SEC(1);
	hunted(o, arg);
	over(&o->route[0].route, "pstn2", 2, 0);
}

SCENARIO(booked_legs_fail_over,
         "a booked host and his party, each refused by the first span: one attempt each, which knows its last leg")
{
	struct world *w = world_of(booked_hunted);
	struct booking b = booking_of(PARTY_E, NULL);
	const char *host, *call;

	exchange_does(w, "number " HOST " ring no-alert");
	exchange_does(w, "number " PARTY " ring no-alert");
	book_in(w, &b, 5);
	exchange_does(w, "reject %s 34", call_over(w, "pstn", HOST, 8));
	host = call_over(w, "pstn2", HOST, 1);
	phone_answers(w, host);
	exchange_does(w, "reject %s 34", call_over(w, "pstn2", PARTY, 3));
	call = call_over(w, "pstn3", PARTY, 1);
	phone_answers(w, call);
	world_run(w, 2);
	expect_party(w, &b, 1, "answered", 1);
	phone_hangs_up(w, host);
	world_run(w, 5);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_attempt"), 2);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM booking_attempt a JOIN leg_record r ON r.leg_id = a.leg_id "
	                     "WHERE a.outcome = 'answered' AND r.answered_at IS NOT NULL"), 2);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record"), 4);
	world_close(w);
}

/* ---- the number shown ---- */

static void shown(struct node_options *o, void *arg)
{
	struct route_config *c;

	(void)arg;
	o->span[1].show_host = false;
	c = route_to(o, "hosts", HOST_E);
	over(c, "pstn", 1, 0);
	c->shown = ROUTE_SHOWN_HOST; /* and yet a callback shows the service */
	c = route_to(o, "service", PARTY_E);
	over(c, "pstn", 1, 0);
	c->shown = ROUTE_SHOWN_SERVICE;
	c = route_to(o, "host", "8613800000003");
	over(c, "pstn2", 1, 0);
	c->shown = ROUTE_SHOWN_HOST;
	c = route_to(o, "trunk", "86139");
	over(c, "pstn2", 1, 0);
	over(c, "pstn3", 2, 0);
}

SCENARIO(rule_12_the_route_says_what_is_shown,
         "the service's number, the host's, or what the span says that the leg takes in the end")
{
	struct world *w = world_of(shown);
	const char *call;
	struct talk t;

	talk_begin(w, &t, HOST, PARTY);
	talk_add(w, &t, OTHER);
	CHECK_STR(calling(w, t.host), "12599");
	CHECK_STR(calling(w, t.party[0]), "12599");
	CHECK_STR(calling(w, t.party[1]), HOST);
	exchange_does(w, "number 13900000001 ring no-alert");
	host_leaves_the_room(w, t.host);
	host_keys_number(w, t.host, "13900000001");
	call = call_over(w, "pstn2", "13900000001", 5);
	CHECK_STR(calling(w, call), "12599");
	exchange_does(w, "reject %s 34", call);
	call = call_over(w, "pstn3", "13900000001", 1);
	CHECK_STR(calling(w, call), HOST);
	phone_answers(w, call);
	world_run(w, 1);
	hangs_up_and_over(w, t.host);
}
