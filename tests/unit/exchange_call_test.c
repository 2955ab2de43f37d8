/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of the exchange, on virtual time, over a pair of spans. The other end, the node's, is bare e1: this test answers what
 * comes there by hand. Rules are those of docs: telephony rules 6 to 10.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/magic.h"
#include "core/random.h"
#include "exchange/exchange.h"
#include "exchange/measure.h"
#include "exchange/session.h"
#include "media/recorder.h"
#include "media/tones.h"

#define BEGIN_UTC_US 1772416800000000 /* 2026-03-02 02:00 */

struct node_call { /* as the node's end sees it */
	struct e1_call *call;   /* NULL: gone */
	struct e1_setup setup;
	bool rang, proceeding, setup_ack, alerting, answered, hung_up, inband, gone, held, retrieved;
	int  cause;
	char dtmf[64], digits[64];
};

struct fixture {
	struct loop             *loop;
	struct counter_registry  counters, node_counters;
	struct exchange         *x;
	struct media            *media;
	struct e1_span          *node;
	struct exchange_listener listener;
	json_t                  *events;
	struct node_call         in[4], out[4];
	unsigned                 ins;
};

/* ---- the node's end ---- */

static void node_media(struct media_port *p, const struct media_event *ev, void *arg)
{
	struct node_call *n = arg;

	(void)p;
	if (ev->type == MEDIA_DIGIT_BEGIN)
		n->dtmf[strlen(n->dtmf)] = ev->digit;
}

static void node_event(struct e1_span *s, const struct e1_event *ev, void *arg)
{
	struct fixture *f = arg;
	struct node_call *n;

	(void)s;
	if (!ev->call)
		return;
	if (ev->type == E1_RING) {
		n = &f->in[f->ins++ % ARRAY_LEN(f->in)];
		memset(n, 0, sizeof(*n));
		n->call = ev->call;
		n->setup = *ev->setup;
		n->rang = true;
		e1_call_set_user(ev->call, n);
		return;
	}
	n = e1_call_user(ev->call);
	if (ev->type < E1_HANGUP && e1_call_port(ev->call) && !media_port_is_open(e1_call_port(ev->call)))
		media_port_open(e1_call_port(ev->call), node_media, n);
	n->inband |= ev->inband;
	switch (ev->type) {
	case E1_PROCEEDING: n->proceeding = true; break;
	case E1_SETUP_ACK: n->setup_ack = true; break;
	case E1_ALERTING: n->alerting = true; break;
	case E1_ANSWER: n->answered = true; break;
	case E1_DIGITS: snprintf(n->digits + strlen(n->digits), sizeof(n->digits) - strlen(n->digits), "%s", ev->digits); break;
	case E1_NOTIFY: *(ev->held ? &n->held : &n->retrieved) = true; break;
	case E1_HANGUP: n->hung_up = true; n->cause = ev->cause; break;
	case E1_GONE:
		n->gone = true;
		if (!n->cause)
			n->cause = ev->cause;
		n->call = NULL;
		break;
	default: break;
	}
}

static void node_open(struct node_call *n)
{
	if (!media_port_is_open(e1_call_port(n->call)))
		media_port_open(e1_call_port(n->call), node_media, n);
}

/* Without end, at -10 dBm0. */
static void node_says(struct node_call *n, int hz)
{
	struct media_play play = { .count = 1, .times = 0, .direction = MEDIA_TO_LINE };

	node_open(n);
	assert_int_equal(tone_clip_beep(&play.item[0].clip, hz, 0, -10, 1000, 0), 0);
	(void)media_play(e1_call_port(n->call), &play);
	clip_unref(play.item[0].clip);
}

static struct node_call *node_dials(struct fixture *f, unsigned i, const char *called, bool complete)
{
	struct e1_setup s = { .bearer = E1_BEARER_3K1, .sending_complete = complete };
	struct node_call *n = &f->out[i];

	memset(n, 0, sizeof(*n));
	snprintf(s.called.digits, sizeof(s.called.digits), "%s", called);
	snprintf(s.calling.digits, sizeof(s.calling.digits), "12599");
	s.called.present = s.calling.present = true;
	s.called.npi = s.calling.npi = 1;
	assert_int_equal(e1_call_dial(f->node, &s, false, n, &n->call), 0);
	return n;
}

/* ---- the exchange's end ---- */

static void on_event(struct exchange_listener *l, const char *line, const struct json_t *ev)
{
	struct fixture *f = container_of(l, struct fixture, listener);

	(void)ev;
	if (getenv("SHOW"))
		fprintf(stderr, "%s\n", line);
	assert_int_equal(json_array_append_new(f->events, json_loads(line, 0, NULL)), 0);
}

static void run_ms(struct fixture *f, int ms)
{
	loop_run_until(f->loop, clock_mono_us() + CLOCK_MS(ms), NULL);
}

/* The nth (from 0) event of this name; call NULL: any. */
static json_t *event(struct fixture *f, const char *call, const char *name, unsigned nth)
{
	for (size_t i = 0; i < json_array_size(f->events); i++) {
		json_t *e = json_array_get(f->events, i);
		const char *id = json_string_value(json_object_get(e, "call"));

		if (!strcmp(json_string_value(json_object_get(e, "ev")), name) && (!call || (id && !strcmp(id, call))) && !nth--)
			return e;
	}
	return NULL;
}

static const char *text(json_t *e, const char *key)
{
	const char *s = json_string_value(json_object_get(e, key));

	return s ? s : "";
}

static int number(json_t *e, const char *key)
{
	assert_non_null(e);
	assert_non_null(json_object_get(e, key));
	return (int)json_integer_value(json_object_get(e, key));
}

static void show_reply(const char *json, void *arg)
{
	(void)arg;
	print_message("%s\n", json);
}

#define DOES(f, line) does((f), (line), __LINE__)
static void does(struct fixture *f, const char *line, int at)
{
	if (exchange_command(f->x, line, NULL, NULL)) {
		(void)exchange_command(f->x, line, show_reply, NULL);
		fail_msg("line %d: %s", at, line);
	}
}

static double level(struct fixture *f, const char *call, int hz, int last_ms)
{
	json_t *r = exchange_ask(f->x, "measure %s last=%d freq=%d", call, last_ms, hz);
	char key[16];
	double v;

	snprintf(key, sizeof(key), "%d", hz);
	assert_true(json_is_true(json_object_get(r, "ok")));
	v = json_real_value(json_object_get(json_object_get(r, "tones"), key));
	json_decref(r);
	return v;
}

static const char *state(struct fixture *f, const char *call)
{
	static struct exchange_call_info i;

	assert_int_equal(exchange_call_info(f->x, call, &i), 0);
	return i.state;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 0.5;
}

static int open_with(void **fp, enum exchange_cut cut, bool overlap)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct e1_span_config c;

	clock_virtual_start(BEGIN_UTC_US);
	random_seed(1);
	assert_int_equal(loop_alloc(&f->loop), 0);
	assert_int_equal(exchange_alloc(&f->x, f->loop, &f->counters), 0);
	e1_span_config_default(&c);
	snprintf(c.name, sizeof(c.name), "pstn");
	c.transport = E1_PAIR;
	c.overlap = overlap;
	assert_int_equal(exchange_add_span(f->x, &c, cut), 0);
	assert_int_equal(exchange_add_span(f->x, &c, cut), -EEXIST);
	assert_int_equal(media_alloc(&f->media, f->loop, &f->node_counters, "node"), 0);
	c.role = E1_CPE;
	c.hunt_from_high = true;
	assert_int_equal(e1_span_alloc(&f->node, f->loop, f->media, &f->node_counters, &c, node_event, f), 0);
	e1_pair_join(f->node, exchange_span(f->x, "pstn"));
	assert_int_equal(exchange_start(f->x), 0);
	assert_int_equal(media_start(f->media), 0);
	f->events = json_array();
	f->listener.event = on_event;
	exchange_listen(f->x, &f->listener);
	for (int i = 0; i < 300 && !(e1_span_up(f->node) && e1_span_up(exchange_span(f->x, "pstn"))); i++)
		run_ms(f, 100);
	assert_true(e1_span_up(f->node));
	run_ms(f, 3000); /* a call within T200 of the start may meet a SABME */
	*fp = f;
	return 0;
}

static int open_any(void **fp) { return open_with(fp, EXCHANGE_CUT_ANY, false); }
static int open_alerting(void **fp) { return open_with(fp, EXCHANGE_CUT_ALERTING, false); }
static int open_connect(void **fp) { return open_with(fp, EXCHANGE_CUT_CONNECT, false); }
static int open_overlap(void **fp) { return open_with(fp, EXCHANGE_CUT_ANY, true); }

static int close_all(void **fp)
{
	struct fixture *f = *fp;

	exchange_release_all(f->x, 16);
	run_ms(f, 6000);
	assert_int_equal(exchange_calls(f->x), 0);
	assert_int_equal(e1_span_free_channels(exchange_span(f->x, "pstn")), 30);
	assert_int_equal(e1_span_free_channels(f->node), 30);
	exchange_unlisten(&f->listener);
	exchange_free(f->x);
	e1_span_free(f->node);
	run_ms(f, 100);
	media_stop(f->media);
	run_ms(f, 100);
	media_free(f->media);
	run_ms(f, 100);
	json_decref(f->events);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* ---- calls from phones ---- */

/* The file has what the phone heard from SETUP on, sample for sample. */
static void check_wav(struct fixture *f)
{
	char path[] = "/tmp/exchange-XXXXXX", line[100];
	int fd = mkstemp(path);
	static int16_t heard[8000];
	struct exchange_call_info i;
	struct clip *clip;

	assert_true(fd >= 0);
	close(fd);
	snprintf(line, sizeof(line), "record c1 %s", path);
	DOES(f, line);
	assert_int_equal(clip_load_wav(&clip, path, 8000), 0);
	assert_int_equal(exchange_call_info(f->x, "c1", &i), 0);
	assert_int_equal(exchange_call_heard(f->x, "c1", i.answer_us, heard, ARRAY_LEN(heard)), 0);
	assert_true(xmeasure_power_dbm0(heard, ARRAY_LEN(heard)) > -20);
	assert_memory_equal(heard, clip->s + (i.answer_us - i.setup_us) / 125, sizeof(heard));
	clip_unref(clip);
	(void)remove(path);
}

static void test_dial_and_talk(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = &f->in[0];
	json_t *gone;

	DOES(f, "number 13800000001 ring voice tone:1000@-12 loop");
	DOES(f, "dial 13800000001 12599 as=alice redirecting=02584110009 screen=passed");
	run_ms(f, 100);
	assert_true(n->rang);
	assert_string_equal(n->setup.called.digits, "12599");
	assert_string_equal(n->setup.calling.digits, "13800000001");
	assert_int_equal(n->setup.calling.ton, E1_TON_NATIONAL);
	assert_int_equal(n->setup.calling.screening, E1_SCREEN_USER_PASSED);
	assert_int_equal(n->setup.calling.presentation, E1_PRES_ALLOWED);
	assert_string_equal(n->setup.redirecting.digits, "02584110009");
	assert_int_equal(e1_call_proceeding(n->call), 0);
	run_ms(f, 100);
	assert_string_equal(state(f, "alice"), "proceeding");
	assert_int_equal(e1_call_alerting(n->call, false), 0);
	run_ms(f, 1500);
	/* ALERTING without PI 8: ring-back from the exchange, 450 Hz in China, and nothing of the node. */
	node_says(n, 700);
	run_ms(f, 300);
	assert_true(level(f, "alice", 450, 300) > -30 || level(f, "alice", 450, 1500) > -30);
	assert_true(level(f, "alice", 700, 300) < -60);
	assert_int_equal(e1_call_answer(n->call), 0);
	run_ms(f, 1234);
	assert_string_equal(state(f, "alice"), "talking");
	assert_true(near(level(f, "alice", 700, 1000), -10));
	assert_true(level(f, "alice", 450, 1000) < -60);
	DOES(f, "dtmf alice 13900000002# on=60 off=60");
	run_ms(f, 12 * 120 + 200);
	assert_string_equal(n->dtmf, "13900000002#");
	DOES(f, "hangup alice");
	run_ms(f, 500);
	assert_true(n->gone);
	assert_int_equal(n->cause, 16);
	gone = event(f, "c1", "gone", 0);
	assert_string_equal(text(gone, "by"), "phone");
	assert_int_equal(number(gone, "cause"), 16);
	assert_int_equal(number(gone, "talk_ms"),
	                 number(event(f, "c1", "hangup", 0), "ms") - number(event(f, "c1", "answer", 0), "ms"));
	/* CONNECT has been under way for some ms, and the hang-up is the phone's own. */
	assert_true(number(gone, "talk_ms") <= 1234 + 12 * 120 + 200);
	assert_true(number(gone, "talk_ms") >= 1234 + 12 * 120 + 200 - 100);
	/* What it heard can still be asked for, and written. */
	assert_true(json_is_true(json_object_get(event(f, "c1", "alerting", 0), "inband")) == false);
	check_wav(f);
	DOES(f, "measure c1 from=100 to=1100");
}

/* The whole way of a voice: what the node hears is what the phone says. */
static void test_voice_from_connect_only(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = &f->in[0];
	struct recorder *rec;
	const int16_t *s;
	size_t count;
	int64_t start;
	double before, after;

	DOES(f, "dial 13800000001 12599");
	run_ms(f, 100);
	assert_int_equal(e1_call_proceeding(n->call), 0);
	assert_int_equal(e1_call_alerting(n->call, true), 0);
	node_open(n);
	assert_int_equal(recorder_alloc(&rec, f->loop), 0);
	media_record(e1_call_port(n->call), MEDIA_TAP_INSIDE, rec);
	run_ms(f, 100);
	DOES(f, "tone c1 1000 level=-12"); /* forward speech: never before CONNECT */
	run_ms(f, 1000);
	recorder_drain(rec);
	s = recorder_samples(rec, &count, &start);
	before = xmeasure_tone_dbm0(s + count - 4000, 4000, 1000);
	assert_int_equal(e1_call_answer(n->call), 0);
	run_ms(f, 1000);
	recorder_drain(rec);
	s = recorder_samples(rec, &count, &start);
	after = xmeasure_tone_dbm0(s + count - 4000, 4000, 1000);
	media_record(e1_call_port(n->call), MEDIA_TAP_INSIDE, NULL);
	run_ms(f, 50);
	recorder_free(rec);
	assert_true(before < -60);
	assert_true(near(after, -12));
	DOES(f, "stop c1");
}

/* Rule 1: ALERTING with PI 8 opens the path; the caller hears the announcement, never answered. */
static void test_cut_any(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = &f->in[0];

	DOES(f, "dial 13800000001 12599");
	run_ms(f, 50);
	assert_int_equal(e1_call_proceeding(n->call), 0);
	assert_int_equal(e1_call_progress(n->call, true, 0), 0);
	node_says(n, 700);
	run_ms(f, 700);
	assert_true(near(level(f, "c1", 700, 500), -10));
	assert_int_equal(e1_call_alerting(n->call, true), 0);
	run_ms(f, 700);
	assert_true(near(level(f, "c1", 700, 500), -10));
	assert_int_equal(e1_call_hangup(n->call, 16), 0);
	run_ms(f, 500);
	assert_int_equal(number(event(f, "c1", "gone", 0), "talk_ms"), 0);
	assert_string_equal(text(event(f, "c1", "gone", 0), "by"), "node");
	assert_null(event(f, "c1", "answer", 0));
}

static void test_cut_alerting(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = &f->in[0];

	DOES(f, "dial 13800000001 12599");
	run_ms(f, 50);
	assert_int_equal(e1_call_proceeding(n->call), 0);
	assert_int_equal(e1_call_progress(n->call, true, 0), 0);
	node_says(n, 700);
	run_ms(f, 700);
	assert_true(level(f, "c1", 700, 500) < -60); /* PROGRESS does not open here */
	assert_int_equal(e1_call_alerting(n->call, true), 0);
	run_ms(f, 700);
	assert_true(near(level(f, "c1", 700, 500), -10));
}

static void test_cut_connect(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = &f->in[0];

	DOES(f, "dial 13800000001 12599");
	run_ms(f, 50);
	assert_int_equal(e1_call_proceeding(n->call), 0);
	assert_int_equal(e1_call_alerting(n->call, true), 0);
	node_says(n, 700);
	run_ms(f, 900);
	assert_true(level(f, "c1", 700, 500) < -60);
	assert_true(level(f, "c1", 450, 900) > -30); /* its own ring-back */
	assert_int_equal(e1_call_answer(n->call), 0);
	run_ms(f, 700);
	assert_true(near(level(f, "c1", 700, 500), -10));
}

/* Rule 10: PROGRESS does not stop T310; the node gets 102 after 10 s. */
static void test_t310(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = &f->in[0];
	int64_t began;

	DOES(f, "dial 13800000001 12599 stay=2000");
	run_ms(f, 50);
	assert_int_equal(e1_call_proceeding(n->call), 0);
	began = clock_mono_us();
	run_ms(f, 5000);
	assert_int_equal(e1_call_progress(n->call, true, 0), 0);
	run_ms(f, 4900);
	assert_false(n->hung_up);
	run_ms(f, 200);
	assert_true(n->hung_up);
	assert_int_equal(n->cause, 102);
	assert_string_equal(text(event(f, "c1", "timer", 0), "timer"), "T310");
	assert_true(clock_mono_us() - began <= CLOCK_MS(10150));
	/* The caller stays, and hears congestion tone of his exchange: 450 Hz, 0.7 s on, 0.7 s off. */
	run_ms(f, 1500);
	assert_string_equal(state(f, "c1"), "tone");
	assert_true(level(f, "c1", 450, 1400) > -30);
	run_ms(f, 600);
	assert_string_equal(state(f, "c1"), "over");
	assert_non_null(event(f, "c1", "on-hook", 0));
}

static void test_t301(void **fp)
{
	struct fixture *f = *fp;
	struct node_call *n = &f->in[0];

	DOES(f, "set T301 20000");
	DOES(f, "dial 13800000001 12599");
	run_ms(f, 50);
	assert_int_equal(e1_call_proceeding(n->call), 0);
	assert_int_equal(e1_call_alerting(n->call, true), 0);
	run_ms(f, 19900);
	assert_false(n->hung_up);
	run_ms(f, 200);
	assert_true(n->hung_up);
	assert_int_equal(n->cause, 102);
}

static void test_presentation(void **fp)
{
	struct fixture *f = *fp;

	DOES(f, "dial 13800000001 12599 pres=restricted ton=subscriber npi=9 timeslot=7 exclusive");
	DOES(f, "dial 13800000001 12599 calling=none bearer=64k");
	DOES(f, "dial +8613800000001 +8612599 pres=unavailable calling=empty screen=unscreened");
	run_ms(f, 100);
	assert_int_equal(f->ins, 3);
	assert_int_equal(f->in[0].setup.calling.presentation, E1_PRES_RESTRICTED);
	assert_int_equal(f->in[0].setup.calling.ton, E1_TON_SUBSCRIBER);
	assert_int_equal(f->in[0].setup.timeslot, 7);
	assert_true(f->in[0].setup.exclusive);
	assert_int_equal(e1_call_timeslot(f->in[0].call), 7);
	assert_false(f->in[1].setup.calling.present);
	assert_int_equal(f->in[1].setup.bearer, E1_BEARER_UNRESTRICTED);
	assert_int_equal(f->in[2].setup.called.ton, E1_TON_INTERNATIONAL);
	assert_string_equal(f->in[2].setup.called.digits, "8612599");
	assert_int_equal(f->in[2].setup.calling.presentation, E1_PRES_UNAVAILABLE);
	assert_string_equal(f->in[2].setup.calling.digits, "");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(e1_call_proceeding(f->in[i].call), 0);
	run_ms(f, 100);
}

/* ---- calls to phones ---- */

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

	DOES(f, "number 13900000008 reject 17 early-media tone:500@-14");
	n = node_dials(f, 0, "13900000008", true);
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

	DOES(f, "number 13900000003 busy clear-inband");
	n = node_dials(f, 0, "13900000003", true);
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

	DOES(f, "number 13900000002 ring");
	n = node_dials(f, 0, "13900000002", true);
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

	DOES(f, "number 13900000009 silent");
	n = node_dials(f, 1, "13900000009", true);
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
	struct node_call *n = &f->in[0];
	json_t *gone;
	int before;

	DOES(f, "dial 13800000001 12599");
	run_ms(f, 50);
	assert_int_equal(e1_call_proceeding(n->call), 0);
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

#define T(name, open) cmocka_unit_test_setup_teardown(name, open, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_dial_and_talk, open_any),
		T(test_voice_from_connect_only, open_any),
		T(test_cut_any, open_any),
		T(test_cut_alerting, open_alerting),
		T(test_cut_connect, open_connect),
		T(test_t310, open_any),
		T(test_t301, open_any),
		T(test_presentation, open_any),
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
