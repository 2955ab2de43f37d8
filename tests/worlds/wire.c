/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/wire.c - channels, overlap, number forms, records, an exchange that starts again: telephony rules 6, 8, 10, 11,
 * 25. */
#include <string.h>

#include "tests/worlds/world.h"

#define HOST   "13800000001"
#define HOST_E "8613800000001"

static void overlapped(struct node_options *o, void *arg)
{
	(void)arg;
	o->span[0].e1.overlap = true;
}

SCENARIO(rule_06_overlap_receiving, "125 without Sending Complete: SETUP ACKNOWLEDGE, then 99 as INFORMATION; the order is taken")
{
	struct world *w = world_with(overlapped);
	const char *trigger = phone_dials_with(w, HOST, "125", "overlap");

	(void)expect_event(w, trigger, "setup-ack", 1);
	exchange_does(w, "digits %s 9", trigger);
	world_run(w, 1);
	exchange_does(w, "digits %s 9", trigger);
	(void)expect_event(w, trigger, "alerting", 1);
	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 8);
	world_close(w);
}

SCENARIO(rule_06_overlap_t302, "digits stop: 28 after T302")
{
	struct world *w = world_with(overlapped);
	const char *trigger;

	exchange_does(w, "set T304 60000");
	trigger = phone_dials_with(w, HOST, "125", "overlap");
	(void)expect_event(w, trigger, "setup-ack", 1);
	expect_hangup(w, trigger, 28, 16);
	world_close(w);
}

SCENARIO(rule_06_incomplete_en_bloc, "the beginning of a service number, and that was all: 28")
{
	struct world *w = world_open(NULL);

	expect_hangup(w, phone_dials(w, HOST, "1259"), 28, 2);
	world_close(w);
}

/* The exchange's DISCONNECT says that a tone comes with it; libpri cannot. */
static void with_tone(uint8_t *buf, unsigned *len, unsigned max, void *arg)
{
	static const uint8_t pi8[] = { 0x1e, 2, 0x82, 0x88 };

	(void)arg;
	if (*len > 8 && !(buf[2] & 1) && buf[8] == 0x45 && *len + sizeof(pi8) <= max) {
		memcpy(buf + *len, pi8, sizeof(pi8));
		*len += sizeof(pi8);
	}
}

SCENARIO(disconnect_with_a_tone,
         "busy, with PI 8 and a tone: the host is told, the channel is given back at once, not after T306")
{
	struct world *w = world_open(NULL);
	const char *busy;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	exchange_does(w, "number 13800000003 ring");
	phone_keys(w, t.host, "*");
	phone_keys(w, t.host, "13800000003#");
	busy = expect_call_to(w, "13800000003", 8);
	e1_span_mutate(exchange_span(w->exchange, "pstn"), with_tone, NULL, NULL);
	exchange_does(w, "busy %s", busy);
	(void)expect_event(w, busy, "gone", 1);
	expect_hears(w, t.host, PROMPT_ZH_CN, "party-busy", 6);
	e1_span_mutate(exchange_span(w->exchange, "pstn"), NULL, NULL, NULL);
	phone_hangs_up(w, t.host);
	world_run(w, 3);
	world_close(w);
}

SCENARIO(rule_07_channels_from_the_other_end, "the exchange picks from 1 up, we from 31 down")
{
	struct world *w = world_open(NULL);
	struct exchange_call_info i;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	CHECK_INT(exchange_call_info(w->exchange, t.host, &i), 0);
	CHECK_INT(i.timeslot, 31);
	CHECK_INT(exchange_call_info(w->exchange, t.party[0], &i), 0);
	CHECK_INT(i.timeslot, 30);
	hangs_up_and_over(w, t.host);
}

SCENARIO(rule_10_t310_does_not_run_out, "he listens to the announcement for its 15 s: T310 (10 s) is stopped by ALERTING")
{
	struct world *w = world_open(NULL);
	const char *trigger = phone_dials(w, HOST, "12599");

	world_run(w, 14);
	CHECK(find_event(w, trigger, "hangup") == NULL && find_event(w, trigger, "timer") == NULL);
	world_close(w);
}

/* One party called as `keys`; the exchange sees `called`; the record has `canonical`. */
static void called_as(struct world *w, const char *keys, const char *called, const char *canonical)
{
	const char *host = called_back(w, HOST);

	exchange_does(w, "dtmf %s %s#", host, keys);
	(void)expect_call_to(w, called, 8);
	phone_hangs_up(w, host);
	world_run(w, 3);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE role = 'member' AND called = '%s'", canonical), 1);
	world_close(w);
}

SCENARIO(rule_11_mobile, "13900000001 is 8613900000001")
{
	called_as(world_open(NULL), "13900000001", "13900000001", "8613900000001");
}
SCENARIO(rule_11_other_area, "02584110001 is 862584110001")
{
	called_as(world_open(NULL), "02584110001", "02584110001", "862584110001");
}
SCENARIO(rule_11_local, "65550001 in Beijing is 861065550001, dialled without its area")
{
	struct world *w = world_open(NULL);

	exchange_does(w, "number 65550001 ring");
	called_as(w, "65550001", "65550001", "861065550001");
}

SCENARIO(rule_25_everything_leaves_a_record,
         "trigger, refusal, unanswered attempt and talk: times, numbers as received and canonical, screening, cause, who cleared")
{
	struct world *w = world_open(NULL);
	struct talk t;

	expect_hangup(w, phone_dials_with(w, HOST, "12599", "screen=unscreened"), 21, 16);
	talk_begin(w, &t, HOST, "13800000002");
	exchange_does(w, "number 13800000003 busy");
	host_leaves_the_room(w, t.host);
	host_keys_number(w, t.host, "13800000003");
	world_run(w, 6);
	phone_hangs_up(w, t.host);
	world_run(w, 4);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg"), 5);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_call"), 2);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE role = 'trigger' AND calling = '" HOST_E
	                     "' AND calling_raw = '" HOST
	                     "' AND screening = 'network' AND cause = 16 AND cleared_by = 'peer' AND answered_at IS NULL"),
	          1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE role = 'trigger' AND screening = 'unscreened' AND cause = 21 "
	                     "AND cleared_by = 'us'"),
	          1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE role = 'member' AND cause = 17 AND answered_at IS NULL AND "
	                     "talk_ms = 0"),
	          1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM leg_record WHERE role = 'member' AND answered_at IS NOT NULL AND cleared_by = "
	                     "'us' AND timeslot = 30"),
	          1);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_leg WHERE answered_at IS NOT NULL AND (ended_at < answered_at OR "
	                     "answered_at < began_at)"),
	          0);
	world_close(w);
}

SCENARIO(
	exchange_starts_again,
	"the exchange restarts in the middle of a talk (RESTART on every channel): calls are over, and the next one goes through")
{
	struct world *w = world_open(NULL);
	const char *trigger;
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	exchange_does(w, "span pstn restart");
	exchange_does(w, "span pstn down");
	world_run(w, 5);
	exchange_does(w, "span pstn up");
	world_run(w, 20);
	CHECK_INT(node_calls(w->node)->call_count, 0);
	trigger = phone_dials(w, HOST, "12599");
	expect_hears(w, trigger, PROMPT_ZH_CN, "order-confirmed-hang-up", 8);
	phone_hangs_up(w, trigger);
	(void)expect_call_to(w, HOST, 6);
	world_close(w);
}

SCENARIO(node_starts_again, "the node stops while three talk: all are released and paid; what it left is nothing")
{
	struct world *w = world_open(NULL);
	struct talk t;

	talk_begin(w, &t, HOST, "13800000002");
	talk_add(w, &t, "13800000003");
	world_run(w, 5);
	world_close(w); /* checks holds and ledger after the stop */
}
