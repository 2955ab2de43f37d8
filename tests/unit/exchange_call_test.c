/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that the exchange's phones make: what they hear and when (rule 1), the exchange's timers (rule 10), what a SETUP says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "exchange/measure.h"
#include "media/recorder.h"
#include "tests/unit/exchange_world.h"

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
	struct node_call *n = phone_dials(f);

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
	struct node_call *n = phone_dials(f);

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
	struct node_call *n = phone_dials(f);

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
	struct node_call *n;

	DOES(f, "set T301 20000");
	n = phone_dials(f);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
