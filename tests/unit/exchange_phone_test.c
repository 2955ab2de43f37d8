/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls to the exchange's phones, which behave as they are told (rules 6 to 9); the cable; bad commands; scripts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "exchange/measure.h"
#include "exchange/session.h"
#include "media/recorder.h"
#include "tests/unit/exchange_world.h"

static void test_behaviours(void **fp)
{
	static const struct {
		const char *line, *called;
		int         cause;
	} t[] = {
		{ "number 13900000003 busy", "13900000003", 17 },
		{ "number 13900000004 unallocated direct", "13900000004", 1 },
		{ "number 13900000005 reject 21 after 100", "13900000005", 21 },
		{ "number 13900000006 congestion", "13900000006", 42 },
		{ "number 13900000007 congestion 34 direct", "13900000007", 34 },
		{ "numbers", "02500000000", 1 }, /* not in the table */
	};
	struct fixture *f = *fp;

	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		struct node_call *n = node_dials(f, 0, t[i].called, true);

		DOES(f, t[i].line);
		run_ms(f, 5500);
		assert_true(n->gone);
		assert_int_equal(n->cause, t[i].cause);
		assert_false(n->alerting);
		assert_false(n->answered);
		assert_int_equal(number(event(f, NULL, "gone", i), "cause"), t[i].cause);
	}
}

static void test_answer_and_sound(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n;
	json_t *ring, *r;

	DOES(f, "number 13900000002 answer-after 2000 alert-after 300 voice tone:1000@-12 loop hangup-after 4000");
	n = node_dials(f, 0, "8613900000002", true);
	run_ms(f, 250);
	assert_true(n->proceeding);
	assert_false(n->alerting);
	ring = event(f, NULL, "ring", 0);
	assert_string_equal(text(ring, "called"), "8613900000002");
	assert_string_equal(text(ring, "calling"), "12599");
	assert_int_equal(number(ring, "timeslot"), 31); /* the node hunts from the other end */
	run_ms(f, 200);
	assert_true(n->alerting);
	assert_false(n->inband);
	node_says(n, 700); /* forward speech: the phone hears it after CONNECT only */
	run_ms(f, 1500);
	assert_false(n->answered);
	assert_true(level(f, "c1", 700, 1000) < -60);
	run_ms(f, 1100);
	assert_true(n->answered);
	assert_true(near(level(f, "c1", 700, 900), -10));
	DOES(f, "hold c1");
	run_ms(f, 50);
	assert_true(n->held);
	DOES(f, "retrieve c1");
	run_ms(f, 50);
	assert_true(n->retrieved);
	r = exchange_ask(f->x, "measure c1 last=500 freq=700,1000");
	assert_true(json_real_value(json_object_get(json_object_get(r, "tones"), "1000")) < -50); /* not its own voice */
	json_decref(r);
	run_ms(f, 3100);
	assert_true(n->gone);
	assert_int_equal(n->cause, 16);
	assert_true(abs(number(event(f, "c1", "gone", 0), "talk_ms") - 4000) <= 10);
}

static void test_early_media(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n;
	struct recorder *rec;
	const int16_t *s;
	size_t count;
	int64_t start;

	n = node_meets(f, 0, "13900000008", "reject 17 early-media tone:500@-14");
	run_ms(f, 100);
	assert_true(n->proceeding);
	assert_true(n->inband);
	assert_int_equal(recorder_alloc(&rec, f->loop), 0);
	media_record(e1_call_port(n->call), MEDIA_TAP_INSIDE, rec);
	run_ms(f, 700);
	recorder_drain(rec);
	s = recorder_samples(rec, &count, &start);
	assert_true(near(xmeasure_tone_dbm0(s + count - 4000, 4000, 500), -14));
	recorder_free(rec);
	run_ms(f, 700);
	assert_true(n->gone);
	assert_int_equal(n->cause, 17);
}

/* Busy tone in the band after DISCONNECT with progress indicator 8, until the node releases. */
static void test_clear_inband(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n;

	n = node_meets(f, 0, "13900000003", "busy clear-inband");
	run_ms(f, 1000);
	assert_true(n->hung_up);
	assert_true(n->inband);
	assert_int_equal(n->cause, 17);
	assert_false(n->gone);
	assert_int_equal(e1_call_hangup(n->call, 16), 0);
	run_ms(f, 500);
	assert_true(n->gone);
	assert_string_equal(state(f, "c1"), "over");
}

static void test_by_hand(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n;

	n = node_meets(f, 0, "13900000002", "ring");
	run_ms(f, 100);
	assert_true(n->alerting);
	assert_int_equal(exchange_command(f->x, "alert last", NULL, NULL), -EPROTO);
	DOES(f, "name last bob");
	DOES(f, "answer bob");
	assert_int_equal(exchange_command(f->x, "answer bob", NULL, NULL), -EPROTO);
	run_ms(f, 100);
	assert_true(n->answered);
	assert_int_equal(e1_call_hangup(n->call, 31), 0);
	run_ms(f, 300);
	assert_int_equal(number(event(f, "c1", "hangup", 0), "cause"), 31);
	assert_string_equal(text(event(f, "c1", "hangup", 0), "by"), "node");
	assert_int_equal(exchange_command(f->x, "hangup bob", NULL, NULL), -ENOTCONN);

	n = node_meets(f, 1, "13900000009", "silent");
	run_ms(f, 1000);
	assert_false(n->proceeding);
	DOES(f, "proceeding last");
	DOES(f, "progress last inband");
	run_ms(f, 100);
	assert_true(n->proceeding);
	assert_true(n->inband);
	DOES(f, "reject last 27");
	run_ms(f, 300);
	assert_int_equal(n->cause, 27);
}

/* Rule 6 in the other direction: an incomplete number gets SETUP ACKNOWLEDGE, INFORMATION completes it, T302 ends the wait. */
static void test_overlap(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n;

	DOES(f, "number 13900000002 answer");
	n = node_dials(f, 0, "1390", false);
	run_ms(f, 100);
	assert_true(n->setup_ack);
	assert_int_equal(e1_call_digits(n->call, "00000"), 0);
	run_ms(f, 14000);
	assert_false(n->proceeding);
	assert_int_equal(e1_call_digits(n->call, "02"), 0);
	run_ms(f, 200);
	assert_true(n->answered);
	n = node_dials(f, 1, "1390", false);
	run_ms(f, 14900);
	assert_false(n->hung_up);
	run_ms(f, 400);
	assert_true(n->hung_up);
	assert_int_equal(n->cause, 28);
	/* A phone that dials digit by digit. */
	DOES(f, "dial 13800000001 125 overlap as=o");
	run_ms(f, 100);
	assert_false(f->in[0].setup.sending_complete);
	assert_string_equal(f->in[0].setup.called.digits, "125");
	assert_int_equal(e1_call_setup_ack(f->in[0].call), 0);
	run_ms(f, 100);
	assert_string_equal(state(f, "o"), "overlap");
	DOES(f, "digits o 99");
	run_ms(f, 100);
	assert_string_equal(f->in[0].digits, "99");
}

/* ---- the cable ---- */

static void test_span_down(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = phone_dials(f);
	json_t *gone;
	int before;

	assert_int_equal(e1_call_answer(n->call), 0);
	run_ms(f, 1000);
	before = number(event(f, "c1", "answer", 0), "ms");
	DOES(f, "span pstn down");
	run_ms(f, 6000);
	assert_true(n->gone);
	gone = event(f, "c1", "gone", 0);
	assert_string_equal(text(gone, "by"), "line");
	assert_true(number(gone, "talk_ms") <= 1000 + 150); /* charged to the start of the loss (rule 9) */
	assert_true(before > 0);
	assert_int_equal(exchange_command(f->x, "dial 13800000001 12599", NULL, NULL), -ENETDOWN);
	DOES(f, "span pstn up");
	run_ms(f, 25000);
	assert_true(json_is_true(json_object_get(event(f, NULL, "span", 2), "up")));
	DOES(f, "dial 13800000001 12599");
	run_ms(f, 100);
	assert_true(f->in[1].rang);
	assert_int_equal(e1_call_proceeding(f->in[1].call), 0);
	run_ms(f, 100);
}

static void test_bad_commands(void **fp)
{
	static const char *const bad[] = {
		"dial",
		"dial 1",
		"dial 1 2x",
		"dial 138 12599 colour=red",
		"dial 138 12599 span=none",
		"dial 138 12599 timeslot=16",
		"dial 138 12599 ton=blue",
		"dial 138 \"\"",
		"answer",
		"answer c99",
		"hangup c99 400",
		"fly away",
		"set T310 1",
		"set T999 1",
		"span pstn",
		"span x up",
		"span pstn impair loss=200",
		"number",
		"number 12x busy",
		"number 1 fly",
		"measure c1",
		"wait ring",
		"tone c1 0",
		"dtmf c1 X",
		"play c1 /nonexistent.wav",
		"record c1",
		"\"open",
		"help fly",
		"set country zz",
		"digits c1",
		"clear cause=0",
	};
	struct fixture *f = *fp;
	char junk[40];

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		json_t *r = exchange_ask(f->x, "%s", bad[i]);

		assert_true(json_is_false(json_object_get(r, "ok")));
		assert_true(*text(r, "error"));
		json_decref(r);
	}
	assert_int_equal(exchange_command(f->x, "", NULL, NULL), 0);
	assert_int_equal(exchange_command(f->x, "# nothing", NULL, NULL), 0);
	DOES(f, "help");
	DOES(f, "status");
	DOES(f, "timers");
	DOES(f, "calls all");
	for (unsigned i = 0; i < 20000; i++) { /* any bytes */
		random_bytes(junk, sizeof(junk) - 1);
		junk[sizeof(junk) - 1] = '\0';
		memcpy(junk, &"dial \0play \0wait \0numbe\0span \0dtmf \0"[random_below(6) * 6], 5);
		(void)exchange_command(f->x, junk, NULL, NULL);
	}
}

/* ---- scripts ---- */

struct script {
	int      status, replies, failed;
	bool     ended;
};

static void script_reply(const char *line, const struct json_t *o, void *arg)
{
	struct script *s = arg;

	s->replies++;
	if (!json_is_true(json_object_get(o, "ok"))) {
		s->failed++;
		print_message("%s\n", line);
	}
}

static void script_event(const char *line, const struct json_t *o, void *arg)
{
	(void)line;
	(void)o;
	(void)arg;
}

static void script_end(int status, void *arg)
{
	struct script *s = arg;

	s->status = status;
	s->ended = true;
}

static void test_session(void **fp)
{
	static const char *const lines[] = {
		"number 13900000002 ring",
		"wait ring called=13900000002 as=bob timeout=5000",
		"wait alerting call=bob from=exchange",
		"sleep 500",
		"answer bob",
		"wait answer call=bob",
		"-answer bob",
		"hangup bob",
		"wait gone call=bob cause=16",
		"exit 3",
	};
	struct fixture *f = *fp;
	struct script s = { .status = -1 };
	struct xsession_sink sink = { .reply = script_reply, .event = script_event, .end = script_end, .arg = &s };
	struct xsession *session;

	assert_int_equal(xsession_alloc(&session, f->x, &sink, true), 0);
	for (unsigned i = 0; i < ARRAY_LEN(lines); i++)
		assert_int_equal(xsession_line(session, lines[i]), 0);
	run_ms(f, 1000);
	assert_int_equal(s.replies, 1);
	(void)node_dials(f, 0, "13900000002", true);
	run_ms(f, 400);
	assert_false(f->out[0].answered);
	run_ms(f, 3000);
	assert_true(f->out[0].answered);
	assert_true(f->out[0].gone);
	assert_true(s.ended);
	assert_int_equal(s.status, 3);
	assert_int_equal(s.failed, 1); /* the one that may */
	xsession_free(session);

	/* A strict session ends with status 1 at the first failure; a wait has an end. */
	s = (struct script){ .status = -1 };
	assert_int_equal(xsession_alloc(&session, f->x, &sink, true), 0);
	assert_int_equal(xsession_line(session, "wait ring timeout=100"), 0);
	assert_int_equal(xsession_line(session, "calls"), 0);
	run_ms(f, 90);
	assert_false(s.ended);
	run_ms(f, 20);
	assert_true(s.ended);
	assert_int_equal(s.status, 1);
	assert_int_equal(s.replies, 1);
	xsession_free(session);

	/* again: the command before the wait is done once more, then the wait has its end. */
	s = (struct script){ .status = -1 };
	assert_int_equal(xsession_alloc(&session, f->x, &sink, true), 0);
	assert_int_equal(xsession_line(session, "calls"), 0);
	assert_int_equal(xsession_line(session, "# not a command"), 0);
	assert_int_equal(xsession_line(session, "wait ring timeout=100 again=2"), 0);
	run_ms(f, 290);
	assert_false(s.ended);
	assert_int_equal(s.replies, 3);
	run_ms(f, 20);
	assert_true(s.ended);
	assert_int_equal(s.status, 1);
	assert_int_equal(s.failed, 1);
	assert_int_equal(s.replies, 4);
	xsession_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_behaviours, open_any),
		T(test_answer_and_sound, open_any),
		T(test_early_media, open_any),
		T(test_clear_inband, open_any),
		T(test_by_hand, open_any),
		T(test_overlap, open_overlap),
		T(test_span_down, open_any),
		T(test_bad_commands, open_any),
		T(test_session, open_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
