/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telephony rules 11 and 12: every spelling of a number at a trunk's edge is one canonical number inside, and comes out again as
 * it went in. */
#include "route/number.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/magic.h"
#include "core/random.h"

struct spelling {
	const char *digits;
	int         ton, npi;
	const char *canonical; /* NULL: no number */
};

static const struct spelling china[] = {
	/* a mobile */
	{ "13800000001", NUMBER_UNKNOWN, 1, "8613800000001" },
	{ "13800000001", NUMBER_NATIONAL, 1, "8613800000001" },
	{ "13800000001", NUMBER_SUBSCRIBER, 1, "8613800000001" },
	{ "13800000001", NUMBER_UNKNOWN, 0, "8613800000001" },
	{ "013800000001", NUMBER_UNKNOWN, 1, "8613800000001" },
	{ "013800000001", NUMBER_NATIONAL, 1, "8613800000001" },
	{ "8613800000001", NUMBER_INTERNATIONAL, 1, "8613800000001" },
	{ "8613800000001", NUMBER_UNKNOWN, 1, "8613800000001" },
	{ "008613800000001", NUMBER_UNKNOWN, 1, "8613800000001" },
	{ "008613800000001", NUMBER_INTERNATIONAL, 1, "8613800000001" },
	{ "+8613800000001", NUMBER_UNKNOWN, 1, "8613800000001" },
	{ "1380000000", NUMBER_UNKNOWN, 1, NULL },
	{ "138000000011", NUMBER_UNKNOWN, 1, NULL },
	{ "12800000001", NUMBER_UNKNOWN, 1, NULL },
	/* the home area */
	{ "84110001", NUMBER_UNKNOWN, 1, "861084110001" },
	{ "84110001", NUMBER_SUBSCRIBER, 1, "861084110001" },
	{ "8411000", NUMBER_UNKNOWN, 1, "86108411000" },
	{ "1084110001", NUMBER_NATIONAL, 1, "861084110001" },
	{ "1084110001", NUMBER_UNKNOWN, 1, "861084110001" },
	{ "01084110001", NUMBER_UNKNOWN, 1, "861084110001" },
	{ "861084110001", NUMBER_UNKNOWN, 1, "861084110001" },
	{ "8601084110001", NUMBER_INTERNATIONAL, 1, "861084110001" },
	/* a local number that begins like the country code is a local number */
	{ "86110001", NUMBER_UNKNOWN, 1, "861086110001" },
	/* other areas */
	{ "02584110001", NUMBER_UNKNOWN, 1, "862584110001" },
	{ "2584110001", NUMBER_NATIONAL, 1, "862584110001" },
	{ "2584110001", NUMBER_UNKNOWN, 1, "862584110001" },
	{ "075584110001", NUMBER_UNKNOWN, 1, "8675584110001" },
	{ "02514110001", NUMBER_UNKNOWN, 1, NULL },
	/* service numbers */
	{ "12599", NUMBER_UNKNOWN, 1, "s:12599" },
	{ "12599", NUMBER_SUBSCRIBER, 1, "s:12599" },
	{ "12599", NUMBER_ABBREVIATED, 0, "s:12599" },
	{ "12599", NUMBER_NETWORK, 1, "s:12599" },
	{ "01012599", NUMBER_UNKNOWN, 1, "s:12599" },
	{ "1012599", NUMBER_NATIONAL, 1, "s:12599" },
	{ "861012599", NUMBER_INTERNATIONAL, 1, "s:12599" },
	{ "110", NUMBER_UNKNOWN, 1, "s:110" },
	{ "021110", NUMBER_UNKNOWN, 1, "8621110" },
	{ "4008001234", NUMBER_UNKNOWN, 1, "864008001234" },
	/* abroad */
	{ "0012125550100", NUMBER_UNKNOWN, 1, "12125550100" },
	{ "12125550100", NUMBER_INTERNATIONAL, 1, "12125550100" },
	{ "+12125550100", NUMBER_UNKNOWN, 0, "12125550100" },
	{ "0012345678901234567", NUMBER_UNKNOWN, 1, NULL }, /* 17 digits; E.164 has 15 */
	{ "0000112233", NUMBER_UNKNOWN, 1, NULL },
	{ "00", NUMBER_UNKNOWN, 1, NULL },
	{ "0", NUMBER_UNKNOWN, 1, NULL },
	/* no numbers */
	{ "", NUMBER_UNKNOWN, 1, NULL },
	{ "+", NUMBER_UNKNOWN, 1, NULL },
	{ "12*99", NUMBER_UNKNOWN, 1, NULL },
	{ "#", NUMBER_UNKNOWN, 1, NULL },
	{ "s:12599", NUMBER_UNKNOWN, 1, NULL },
	{ "1380000000x", NUMBER_NATIONAL, 1, NULL },
	{ "12", NUMBER_UNKNOWN, 1, NULL },
	{ "12599", NUMBER_UNKNOWN, 9, NULL }, /* private plan */
	{ "12345678901234567890123456789012", NUMBER_UNKNOWN, 1, NULL },
	{ "123456789012345678901234567890123", NUMBER_UNKNOWN, 1, NULL },
};

static void number_spellings_are_one(void **state)
{
	struct number_rules r;

	(void)state;
	number_rules_default(&r);
	assert_null(number_rules_check(&r));
	for (unsigned i = 0; i < ARRAY_LEN(china); i++) {
		const struct spelling *s = &china[i];
		char out[NUMBER_MAX + 1] = "untouched";
		int err = number_canonical(&r, s->digits, s->ton, s->npi, out);

		if (s->canonical == NULL) {
			if (err != -EINVAL && err != -EBADMSG)
				fail_msg("%s type %d: expected an error, got %d %s", s->digits, s->ton, err, out);
			assert_string_equal(out, "untouched");
		} else if (err || strcmp(out, s->canonical) != 0) {
			fail_msg("%s type %d: expected %s, got %d %s", s->digits, s->ton, s->canonical, err, out);
		}
	}
}

static void number_errors_are_told_apart(void **state)
{
	struct number_rules r;
	char out[NUMBER_MAX + 1];

	(void)state;
	number_rules_default(&r);
	assert_int_equal(number_canonical(&r, "12*", 0, 1, out), -EINVAL);
	assert_int_equal(number_canonical(&r, "12599", 0, 4, out), -EINVAL);
	assert_int_equal(number_canonical(&r, "12", 0, 1, out), -EBADMSG);
	assert_int_equal(number_outgoing(&r, "+86138", out, NULL, NULL), -EINVAL);
	assert_int_equal(number_outgoing(&r, "s:", out, NULL, NULL), -EINVAL);
	assert_int_equal(number_outgoing(&r, "", out, NULL, NULL), -EINVAL);
}

static void expect_outgoing(const struct number_rules *r, const char *canonical, const char *digits, int ton)
{
	char out[NUMBER_MAX + 1];
	int got_ton, npi;

	assert_int_equal(number_outgoing(r, canonical, out, &got_ton, &npi), 0);
	assert_string_equal(out, digits);
	assert_int_equal(got_ton, ton);
	assert_int_equal(npi, r->npi);
}

static void number_outgoing_forms(void **state)
{
	struct number_rules r;

	(void)state;
	number_rules_default(&r);
	expect_outgoing(&r, "8613900000002", "13900000002", NUMBER_UNKNOWN);
	expect_outgoing(&r, "861084110001", "84110001", NUMBER_UNKNOWN);
	expect_outgoing(&r, "862584110001", "02584110001", NUMBER_UNKNOWN);
	expect_outgoing(&r, "12125550100", "0012125550100", NUMBER_UNKNOWN);
	expect_outgoing(&r, "s:12599", "12599", NUMBER_UNKNOWN);
	r.local_with_area = true;
	expect_outgoing(&r, "861084110001", "01084110001", NUMBER_UNKNOWN);
	r.form = NUMBER_CODED;
	expect_outgoing(&r, "861084110001", "1084110001", NUMBER_NATIONAL);
	r.local_with_area = false;
	expect_outgoing(&r, "861084110001", "84110001", NUMBER_SUBSCRIBER);
	expect_outgoing(&r, "8613900000002", "13900000002", NUMBER_NATIONAL);
	expect_outgoing(&r, "862584110001", "2584110001", NUMBER_NATIONAL);
	expect_outgoing(&r, "12125550100", "12125550100", NUMBER_INTERNATIONAL);
	expect_outgoing(&r, "s:12599", "12599", NUMBER_UNKNOWN);
	r.form = NUMBER_FULL;
	expect_outgoing(&r, "861084110001", "861084110001", NUMBER_INTERNATIONAL);
	expect_outgoing(&r, "s:110", "110", NUMBER_UNKNOWN);
}

static void number_dialled_by_a_host(void **state)
{
	static const struct {
		const char *keys, *host, *canonical;
	} t[] = {
		{ "84110001", "8613800000001", "861084110001" },  /* a mobile host: the home area */
		{ "84110001", "862512345678", "862584110001" },   /* a fixed host: his own area */
		{ "84110001", NULL, "861084110001" },
		{ "84110001", "12125550100", "861084110001" },    /* a host from abroad */
		{ "13900000002", "8613800000001", "8613900000002" },
		{ "013900000002", "8613800000001", "8613900000002" },
		{ "02584110001", "8613800000001", "862584110001" },
		{ "01084110001", "862512345678", "861084110001" },
		{ "008613900000002", "8613800000001", "8613900000002" },
		{ "8613900000002", "8613800000001", "8613900000002" },
		{ "+8613900000002", "8613800000001", "8613900000002" },
		{ "0012125550100", "8613800000001", "12125550100" },
		{ "10086", "8613800000001", "s:10086" },
		{ "110", "862584110002", "s:110" },
	};
	struct number_rules r;
	char out[NUMBER_MAX + 1];

	(void)state;
	number_rules_default(&r);
	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		assert_int_equal(number_dialled(&r, t[i].keys, t[i].host, out), 0);
		assert_string_equal(out, t[i].canonical);
	}
	assert_int_equal(number_dialled(&r, "13900", "8613800000001", out), 0); /* a short code, by its length */
	assert_int_equal(number_dialled(&r, "139000000", "8613800000001", out), -EBADMSG);
	assert_int_equal(number_dialled_arg(&r, "", NULL, out), -EINVAL);
}

/* Beginnings of numbers, as a table of routes has them. */
static void number_prefixes(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: none */
	} want[] = {
		{ "", "" },         { "s:", "s:" },       { "s:100", "s:100" }, { "8621", "8621" }, { "021", "8621" },
		{ "0", "86" },      { "00852", "852" },   { "+852", "852" },    { "13", "13" },     { "0138", "86138" },
		{ "00", NULL },     { "+", NULL },        { "+0", NULL },       { "000", NULL },    { "12a", NULL },
		{ "s:1x", NULL },   { "8621-", NULL },    { "0021x", NULL },    { "1234567890123456", NULL },
	};
	struct number_rules r;
	char out[NUMBER_MAX + 1];

	(void)state;
	number_rules_default(&r);
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		int err = number_prefix(&r, want[i].text, out);

		if ((err == 0) != (want[i].canonical != NULL) || (!err && strcmp(out, want[i].canonical) != 0))
			fail_msg("%s: %d %s", want[i].text, err, err ? "" : out);
	}
}

static void number_last_four_digits(void **state)
{
	char out[5];

	(void)state;
	number_last_four("8613900000002", out);
	assert_string_equal(out, "0002");
	number_last_four("s:12599", out);
	assert_string_equal(out, "2599");
	number_last_four("s:110", out);
	assert_string_equal(out, "110");
}

static void number_rules_are_checked(void **state)
{
	struct number_rules r;

	(void)state;
	number_rules_default(&r);
	(void)snprintf(r.country, sizeof(r.country), "8x");
	assert_non_null(number_rules_check(&r));
	number_rules_default(&r);
	(void)snprintf(r.area, sizeof(r.area), "1");
	assert_non_null(number_rules_check(&r));
	for (unsigned i = 0; i < 8; i++) {
		static const char *const bad[8] = { "[", "[]", "[3", "[9-3]", "1Y", "x", "[3-]", "1 2" };

		number_rules_default(&r);
		(void)snprintf(r.shorts.pattern[2], sizeof(r.shorts.pattern[2]), "%s", bad[i]);
		assert_non_null(number_rules_check(&r));
	}
	number_rules_default(&r);
	memset(r.local.pattern[0], '1', sizeof(r.local.pattern[0])); /* without an end */
	assert_non_null(number_rules_check(&r));
}

/* ---- canonical(outgoing(x)) == x ---- */

static void plan_set(struct number_patterns *ps, const char *a, const char *b)
{
	memset(ps, 0, sizeof(*ps));
	(void)snprintf(ps->pattern[0], sizeof(ps->pattern[0]), "%s", a);
	(void)snprintf(ps->pattern[1], sizeof(ps->pattern[1]), "%s", b);
}

static void plan_of(struct number_rules *r, unsigned which)
{
	number_rules_default(r);
	if (which == 1) { /* Germany: areas of two to four digits, numbers of varied length */
		(void)snprintf(r->country, sizeof(r->country), "49");
		(void)snprintf(r->area, sizeof(r->area), "30");
		plan_set(&r->areas, "[346]0", "[2-9][1-9]X");
		plan_set(&r->local, "[2-9]XXXXXXX", "[2-9]XXXXXX");
		plan_set(&r->nationwide, "1[567]XXXXXXXX", "1[567]XXXXXXXXX");
		plan_set(&r->shorts, "11X", "116XXX");
	} else if (which == 2) { /* Hong Kong: no areas, no national prefix */
		(void)snprintf(r->country, sizeof(r->country), "852");
		(void)snprintf(r->international_prefix, sizeof(r->international_prefix), "001");
		r->national_prefix[0] = r->area[0] = '\0';
		memset(&r->areas, 0, sizeof(r->areas));
		plan_set(&r->local, "[235689]XXXXXXX", "");
		plan_set(&r->nationwide, "", "");
		plan_set(&r->shorts, "999", "18XXX");
	}
}

/* Any digits that fit one of the patterns; also the other way round: what the test believes a pattern to mean. */
static void digits_of(const struct number_patterns *ps, char *out)
{
	unsigned n = 0;
	const char *p;

	while (n < NUMBER_PATTERNS_MAX && ps->pattern[n][0])
		n++;
	if (n == 0)
		return;
	for (p = ps->pattern[random_below(n)]; *p; p++) {
		char c = *p;

		if (c == 'X') {
			c = (char)('0' + random_below(10));
		} else if (c == '[') {
			const char *end = strchr(p, ']');

			do
				c = (char)('0' + random_below(10));
			while (p[2] == '-' ? c < p[1] || c > p[3] : memchr(p, c, (size_t)(end - p)) == NULL);
			p = end;
		}
		*out++ = c;
	}
	*out = '\0';
}

static void any_canonical(const struct number_rules *r, char x[NUMBER_MAX + 1])
{
	char rest[NUMBER_PATTERN_MAX + 1] = "", area[NUMBER_PATTERN_MAX + 1] = "";

	switch (random_below(5)) {
	case 0:
		digits_of(&r->shorts, rest);
		(void)snprintf(x, NUMBER_MAX + 1, "s:%.20s", rest);
		return;
	case 1:
		digits_of(&r->nationwide, rest);
		if (rest[0])
			break;
		/* fall through */
	case 2:
		digits_of(&r->local, rest);
		digits_of(&r->areas, area);
		break;
	case 3:
		digits_of(&r->local, rest);
		(void)snprintf(area, sizeof(area), "%s", r->area);
		break;
	default:
		do {
			unsigned n = 5 + random_below(11);

			for (unsigned i = 0; i < n; i++)
				x[i] = (char)('0' + random_below(10));
			x[n] = '\0';
		} while (x[0] == '0' || strncmp(x, r->country, strlen(r->country)) == 0);
		return;
	}
	(void)snprintf(x, NUMBER_MAX + 1, "%s%.12s%.15s", r->country, area, rest);
}

static void number_comes_back_as_it_went(void **state)
{
	const uint64_t seed = 20260304;

	(void)state;
	random_seed(seed);
	for (unsigned i = 0; i < 60000; i++) {
		struct number_rules r;
		char x[NUMBER_MAX + 1], wire[NUMBER_MAX + 1], y[NUMBER_MAX + 1] = "";
		int ton, npi, err;

		plan_of(&r, i % 3);
		assert_null(number_rules_check(&r));
		r.form = (enum number_form)random_below(3);
		r.local_with_area = random_below(2);
		any_canonical(&r, x);
		assert_int_equal(number_outgoing(&r, x, wire, &ton, &npi), 0);
		err = number_canonical(&r, wire, ton, npi, y);
		if (err || strcmp(x, y) != 0)
			fail_msg("seed %llu, plan %u, form %d: %s went out as %s type %d and came back as %d %s",
			         (unsigned long long)seed, i % 3, (int)r.form, x, wire, ton, err, y);
	}
}

/* Any octets at all: an error or a canonical number, nothing else. */
static void number_survives_any_bytes(void **state)
{
	struct number_rules r;

	(void)state;
	number_rules_default(&r);
	random_seed(7);
	for (unsigned i = 0; i < 100000; i++) {
		static const char alphabet[] = "0123456789012345678901234567890*#+sA: \x01\xff";
		char in[48], out[NUMBER_MAX + 1] = "";
		unsigned n = random_below(sizeof(in));

		for (unsigned k = 0; k < n; k++)
			in[k] = alphabet[random_below(sizeof(alphabet) - 1)];
		in[n] = '\0';
		if (number_canonical(&r, in, (int)random_below(8), (int)random_below(16), out) == 0)
			assert_true(number_is_canonical(out));
		if (number_dialled(&r, in, in, out) == 0)
			assert_true(number_is_canonical(out));
		(void)number_outgoing(&r, in, out, NULL, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_spellings_are_one),
		cmocka_unit_test(number_errors_are_told_apart),
		cmocka_unit_test(number_outgoing_forms),
		cmocka_unit_test(number_dialled_by_a_host),
		cmocka_unit_test(number_prefixes),
		cmocka_unit_test(number_last_four_digits),
		cmocka_unit_test(number_rules_are_checked),
		cmocka_unit_test(number_comes_back_as_it_went),
		cmocka_unit_test(number_survives_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
