/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words, numbers, behaviours and levels of the exchange; nothing here needs a span. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/args.h"
#include "exchange/command.h"
#include "exchange/internal.h"
#include "exchange/lines.h"
#include "exchange/measure.h"
#include "exchange/options.h"

static void test_args(void **state)
{
	struct xargs a;
	long v = 7;

	(void)state;
	assert_int_equal(xargs_split(&a, "play c1 \"two words.wav\" loop gain=-6 x=0x1f bad=1e\r\n"), 0);
	assert_int_equal(a.count, 7);
	assert_string_equal(xargs_next(&a), "play");
	assert_true(xargs_flag(&a, "loop"));
	assert_false(xargs_flag(&a, "loop"));
	assert_int_equal(xargs_int(&a, "gain", -60, 0, &v), 0);
	assert_int_equal(v, -6);
	assert_int_equal(xargs_int(&a, "x", 0, 99, &v), 0);
	assert_int_equal(v, 31);
	assert_int_equal(xargs_int(&a, "bad", 0, 99, &v), -EINVAL);
	assert_int_equal(xargs_int(&a, "none", 0, 99, &v), 0);
	assert_int_equal(v, 31);
	assert_string_equal(xargs_next(&a), "c1");
	assert_string_equal(xargs_next(&a), "two words.wav");
	assert_null(xargs_unused(&a));
	assert_int_equal(xargs_parse_int("017", 0, 127, &v), 0);
	assert_int_equal(v, 17);
	assert_int_equal(xargs_parse_int("128", 0, 127, &v), -ERANGE);
	assert_int_equal(xargs_parse_int("99999999999999999999", 0, 127, &v), -ERANGE);
	assert_int_equal(xargs_parse_int("", 0, 127, &v), -EINVAL);

	assert_int_equal(xargs_split(&a, "open \"quote"), -EINVAL);
	assert_int_equal(xargs_split(&a, "a\x01" "b"), -EINVAL);
	assert_int_equal(xargs_split(&a, "   # a comment"), 0);
	assert_int_equal(a.count, 0);
	assert_int_equal(xargs_split(&a, "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1"),
	                 -E2BIG);
}

/* Every spelling of a phone is that phone (exchange/number.h). */
static void test_number_key(void **state)
{
	static const struct {
		const char *digits;
		uint8_t     ton;
		const char *key;
	} t[] = {
		{"13900000002", E1_TON_UNKNOWN, "13900000002"},         {"013900000002", E1_TON_UNKNOWN, "13900000002"},
		{"8613900000002", E1_TON_UNKNOWN, "13900000002"},       {"8613900000002", E1_TON_INTERNATIONAL, "13900000002"},
		{"008613900000002", E1_TON_UNKNOWN, "13900000002"},     {"+8613900000002", E1_TON_UNKNOWN, "13900000002"},
		{"13900000002", E1_TON_NATIONAL, "13900000002"},        {"02584110001", E1_TON_UNKNOWN, "2584110001"},
		{"2584110001", E1_TON_NATIONAL, "2584110001"},          {"862584110001", E1_TON_INTERNATIONAL, "2584110001"},
		{"862584110001", E1_TON_UNKNOWN, "2584110001"},         {"+862584110001", E1_TON_UNKNOWN, "2584110001"},
		{"12599", E1_TON_UNKNOWN, "12599"},                     {"110", E1_TON_UNKNOWN, "110"},
		{"86110001", E1_TON_SUBSCRIBER, "86110001"},            {"86110001", E1_TON_UNKNOWN, "86110001"},
		{"85228001234", E1_TON_INTERNATIONAL, "+85228001234"},  {"0085228001234", E1_TON_UNKNOWN, "+85228001234"},
		{"+85228001234", E1_TON_UNKNOWN, "+85228001234"},       {"*55#", E1_TON_UNKNOWN, "*55#"},
	};
	char key[XNUMBER_KEY];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		assert_int_equal(xnumber_key(t[i].digits, t[i].ton, key), 0);
		assert_string_equal(key, t[i].key);
	}
	assert_int_equal(xnumber_key("", E1_TON_UNKNOWN, key), -EINVAL);
	assert_int_equal(xnumber_key("+", E1_TON_UNKNOWN, key), -EINVAL);
	assert_int_equal(xnumber_key("86", E1_TON_INTERNATIONAL, key), -EINVAL);
	assert_int_equal(xnumber_key("12a", E1_TON_UNKNOWN, key), -EINVAL);
	assert_int_equal(xnumber_key("12345678901234567890123456789012", E1_TON_UNKNOWN, key), -EINVAL);
}

static int plan(struct exchange *x, struct xplan *p, const char *words)
{
	struct xargs a;
	char text[400];

	assert_int_equal(xargs_split(&a, words), 0);
	xplan_init(p);
	return xplan_parse(x, p, &a, text, sizeof(text));
}

static void test_plans(void **state)
{
	struct exchange x = { .country = "cn" };
	struct xplan p;

	(void)state;
	list_init(&x.clips);
	assert_int_equal(plan(&x, &p, "answer-after 2000 hangup-after 5000 stay 100"), 0);
	assert_int_equal(p.end, XPLAN_ANSWER);
	assert_int_equal(p.end_after_ms, 2000);
	assert_int_equal(p.hangup_after_ms, 5000);
	assert_int_equal(p.stay_ms, 100);
	assert_true(p.alert);
	assert_int_equal(plan(&x, &p, "busy"), 0);
	assert_int_equal(p.cause, 17);
	assert_false(p.alert); /* a busy phone does not ring */
	assert_int_equal(plan(&x, &p, "congestion"), 0);
	assert_int_equal(p.cause, 42);
	assert_int_equal(plan(&x, &p, "congestion 34 after 50"), 0);
	assert_int_equal(p.cause, 34);
	assert_int_equal(p.end_after_ms, 50);
	assert_int_equal(plan(&x, &p, "reject 21 alert-after 100 after 900"), 0);
	assert_true(p.alert);
	assert_int_equal(plan(&x, &p, "unallocated direct"), 0);
	assert_true(p.direct);
	assert_int_equal(p.cause, 1);
	/* Early media before a refusal: PROGRESS, and as long as the sound. */
	assert_int_equal(plan(&x, &p, "reject 1 early-media tone:440@-20"), 0);
	assert_true(p.early_progress);
	assert_int_equal(p.end_after_ms, 1000);
	xplan_drop(&p);
	assert_int_equal(plan(&x, &p, "no-answer ring-inband"), 0);
	assert_int_equal(p.end, XPLAN_RING);

	assert_int_equal(plan(&x, &p, "reject"), -EINVAL);
	assert_int_equal(plan(&x, &p, "reject 300"), -EINVAL);
	assert_int_equal(plan(&x, &p, "answer-after soon"), -EINVAL);
	assert_int_equal(plan(&x, &p, "answer voice /nonexistent.wav"), -EINVAL);
	assert_int_equal(plan(&x, &p, "answer voice tone:440,9999"), -EINVAL);
	assert_int_equal(plan(&x, &p, "fly"), -EINVAL);
	assert_int_equal(p.end, XPLAN_REFUSE); /* as xplan_init left it */
	xclip_drop_all(&x);
}

static void test_number_table(void **state)
{
	struct exchange x = { .country = "cn" };
	struct xplan p;

	(void)state;
	list_init(&x.numbers);
	xplan_init(&p);
	assert_int_equal(xnumber_set(&x, "02584110001", &p), 0);
	assert_int_equal(xnumber_set(&x, "13900000002", &p), 0);
	p.cause = 17;
	assert_int_equal(xnumber_set(&x, "+8613900000002", &p), 0); /* the same phone */
	assert_int_equal(xnumber_find(&x, "13900000002", E1_TON_NATIONAL)->plan.cause, 17);
	assert_ptr_equal(xnumber_find(&x, "2584110001", E1_TON_NATIONAL), xnumber_find(&x, "02584110001", E1_TON_UNKNOWN));
	assert_null(xnumber_find(&x, "13900000003", E1_TON_UNKNOWN));
	assert_true(xnumber_is_prefix(&x, "0258"));
	assert_true(xnumber_is_prefix(&x, "258"));
	assert_true(xnumber_is_prefix(&x, ""));
	assert_false(xnumber_is_prefix(&x, "02584110001"));
	assert_false(xnumber_is_prefix(&x, "14"));
	assert_int_equal(xnumber_set(&x, "phone", &p), -EINVAL);
	assert_int_equal(xnumber_delete(&x, "8613900000002"), 0);
	assert_int_equal(xnumber_delete(&x, "13900000002"), -ENOENT);
	assert_int_equal(xnumber_delete(&x, "2584110001"), 0);
	assert_true(list_empty(&x.numbers));
}

/* Against values worked out by hand: a sine of amplitude 32768 is +3.14 dBm0. */
static void test_measure(void **state)
{
	static int16_t s[8000];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(s); i++)
		s[i] = (int16_t)lrint(3276.8 * sin(2 * M_PI * 440 * i / 8000) + 1638.4 * sin(2 * M_PI * 620 * i / 8000));
	assert_true(fabs(xmeasure_tone_dbm0(s, ARRAY_LEN(s), 440) - (3.14 - 20)) < 0.05);
	assert_true(fabs(xmeasure_tone_dbm0(s, ARRAY_LEN(s), 620) - (3.14 - 26.02)) < 0.05);
	assert_true(xmeasure_tone_dbm0(s, ARRAY_LEN(s), 530) < -70);
	assert_true(fabs(xmeasure_power_dbm0(s, ARRAY_LEN(s)) - (3.14 - 20 + 10 * log10(1.25))) < 0.05);
	memset(s, 0, sizeof(s));
	assert_true(xmeasure_power_dbm0(s, ARRAY_LEN(s)) <= XMEASURE_FLOOR_DBM0);
	assert_true(xmeasure_power_dbm0(s, 0) <= XMEASURE_FLOOR_DBM0);
	assert_true(xmeasure_tone_dbm0(s, 0, 440) <= XMEASURE_FLOOR_DBM0);
}

static int count_line(const char *text, void *arg)
{
	char *all = arg;
	size_t used = strlen(all);

	snprintf(all + used, 200 - used, "%.8s|", text);
	return 0;
}

static void test_lines(void **state)
{
	struct xlines l = { .len = 0 };
	char all[200] = "", junk[3000];
	struct xargs a;

	(void)state;
	assert_int_equal(xlines_feed(&l, "one\ntw", 6, count_line, all), 0);
	assert_int_equal(xlines_feed(&l, "o\n\nthr\0e", 8, count_line, all), 0);
	assert_int_equal(xlines_end(&l, count_line, all), 0);
	assert_string_equal(all, "one|two|thr\x01" "e|");
	memset(junk, 'x', sizeof(junk));
	assert_int_equal(xlines_feed(&l, junk, sizeof(junk), count_line, all), 0);
	assert_int_equal(l.len, EXCHANGE_LINE_MAX + 1);
	l.buf[l.len] = '\0';
	assert_int_equal(xargs_split(&a, l.buf), -E2BIG);
}

static int span(struct xoptions *o, const char *text)
{
	char error[300];

	o->spans = 0;
	return xoptions_span(o, text, error, sizeof(error));
}

static void test_options(void **state)
{
	char *argv[] = { "exchange",  "--span",   "name=a,local=127.0.0.1:40002,peer=[::1]:40001,k=40,cut=connect,overlap",
		         "--console", "--socket", "/x",
		         NULL };
	char *bad[] = { "exchange", "--speed", NULL };
	static struct xoptions o;
	char error[300];

	(void)state;
	assert_int_equal(xoptions_parse(&o, 6, argv, error, sizeof(error)), 0);
	assert_int_equal(o.spans, 1);
	assert_string_equal(o.span[0].config.name, "a");
	assert_int_equal(o.span[0].config.frames_per_packet, 40);
	assert_int_equal(o.span[0].cut, EXCHANGE_CUT_CONNECT);
	assert_true(o.span[0].config.overlap);
	assert_int_equal(o.span[0].config.role, E1_NETWORK);
	assert_true(o.console);
	assert_string_equal(o.socket, "/x");
	assert_int_equal(xoptions_parse(&o, 2, bad, error, sizeof(error)), -EINVAL);
	assert_int_equal(span(&o, "name=a,dahdi=2"), 0);
	assert_int_equal(o.span[0].config.transport, E1_DAHDI);
	assert_int_equal(span(&o, "local=127.0.0.1:1,peer=127.0.0.1:2"), -EINVAL);
	assert_int_equal(span(&o, "name=a"), -EINVAL);
	assert_int_equal(span(&o, "name=a,local=127.0.0.1,peer=127.0.0.1:2"), -EINVAL);
	assert_int_equal(span(&o, "name=a,local=127.0.0.1:99999,peer=127.0.0.1:2"), -EINVAL);
	assert_int_equal(span(&o, "name=abcdefghijklmnopqrstuvwxyz,dahdi=1"), -EINVAL);
	assert_int_equal(span(&o, "name=a,dahdi=1,colour=red"), -EINVAL);
	assert_int_equal(span(&o, "name=a,dahdi=1,cut=maybe"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args),         cmocka_unit_test(test_number_key), cmocka_unit_test(test_plans),
		cmocka_unit_test(test_number_table), cmocka_unit_test(test_measure),    cmocka_unit_test(test_lines),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
