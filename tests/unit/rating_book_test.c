/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/rating_book_test.c - the longest prefix against all of them, and a tariff in memory against the database's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "billing/internal.h"
#include "billing/rating_book.h"
#include "billing/rating_prefix.h"
#include "billing/tariff.h"
#include "tests/unit/database.h"

#define NOW INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */

static void digits(char *out, unsigned most)
{
	unsigned n = 1 + random_below(most);

	for (unsigned i = 0; i < n; i++)
		out[i] = (char)('0' + random_below(i < 2 ? 3 : 10));
	out[n] = '\0';
}

static void test_the_longest_of_all_prefixes(void **state)
{
	static char prefix[2000][8];
	struct prefix_entry e[2000];
	struct prefix_table *t;
	unsigned count = 0;

	(void)state;
	random_seed(40);
	while (count < 2000) {
		bool twice = false;

		digits(prefix[count], 6);
		for (unsigned i = 0; i < count; i++)
			twice = twice || strcmp(prefix[i], prefix[count]) == 0;
		if (!twice) {
			e[count] = (struct prefix_entry){ prefix[count], (int32_t)count };
			count++;
		}
	}
	assert_int_equal(prefix_table_build(&t, e, count), 0);
	for (int k = 0; k < 5000; k++) {
		int32_t best = -1;
		char number[12];

		digits(number, 9);
		for (unsigned i = 0; i < count; i++)
			if (strncmp(number, prefix[i], strlen(prefix[i])) == 0 &&
			    (best < 0 || strlen(prefix[i]) > strlen(prefix[best])))
				best = (int32_t)i;
		assert_int_equal(prefix_table_longest(t, number), best);
	}
	assert_int_equal(prefix_table_longest(t, ""), -1);
	assert_int_equal(prefix_table_longest(t, "s:110"), -1);
	prefix_table_free(t);
}

static void test_what_is_no_prefix(void **state)
{
	struct prefix_entry twice[] = { { "86", 1 }, { "861", 2 }, { "86", 3 } }, empty[] = { { "86", 1 }, { "", 2 } },
			    word[] = { { "86", 1 }, { "8x", 2 } };
	struct prefix_table *t;

	(void)state;
	assert_int_equal(prefix_table_build(&t, twice, 3), -EEXIST);
	assert_int_equal(prefix_table_build(&t, empty, 2), -EINVAL);
	assert_int_equal(prefix_table_build(&t, word, 2), -EINVAL);
	assert_int_equal(prefix_table_build(&t, NULL, 0), 0);
	assert_int_equal(prefix_table_longest(t, "86"), -1);
	prefix_table_free(t);
}

/* ---- against the database ---- */

static void import(struct store *s, enum csv_kind kind, const char *text)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct tariff_import i = { .kind = kind, .csv = f, .file = "x", .name = "standard", .who = "test", .errors = stderr };
	unsigned rows;

	assert_non_null(f);
	assert_int_equal(tariff_import(s, &i, &rows), 0);
	(void)fclose(f);
}

struct one {
	const char *calling, *called;
	struct rate rate;
	int         err;
};

static int one_tx(struct store_conn *c, void *arg)
{
	struct one *q = arg;
	char area[16];
	int err = tariff_area(c, q->calling, area);

	q->err = err ? err : tariff_rate(c, &(struct tariff_ask){ 1, NOW, area, q->called, 0 }, &q->rate);
	return q->err == -ENOENT ? 0 : q->err;
}

static void random_tables(struct store *s)
{
	static const char *const tail[] = { "", ",00:00-08:00:0.10", ",mon-fri 08:00-18:00:0.90,Europe/Berlin" };
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	for (unsigned i = 0; i < 300; i++) /* each its own: the length tells two with the same digits apart */
		(void)fprintf(f, "%u,%u\n", i < 100 ? 100 + i : 20000 + i * 37, 10 + random_below(4));
	(void)fclose(f);
	import(s, CSV_AREAS, text);
	free(text);
	f = open_memstream(&text, &size);
	(void)fputs("local,,0.20,0,60,60,0\ndomestic,,0.60,0,0,6,0\n", f);
	for (unsigned i = 0; i < 200; i++)
		(void)fprintf(f, "prefix,%u,%u.%02u,0,0,%u,0%s\n", i < 50 ? 150 + i : 25000 + i * 41, random_below(3),
		              random_below(100), 1 + random_below(60), tail[i % 3]);
	(void)fclose(f);
	import(s, CSV_TARIFF, text);
	free(text);
}

static void test_a_book_is_the_database(void **state)
{
	struct store *s = database_fresh();
	struct rate_book *b;
	unsigned with = 0, local = 0;

	(void)state;
	random_seed(41);
	assert_int_equal(rate_book_load(&b, s, "standard", NOW), -ENOENT);
	random_tables(s);
	assert_int_equal(rate_book_load(&b, s, "standard", NOW - CLOCK_SEC(1)), -ENOENT);
	assert_int_equal(rate_book_load(&b, s, "standard", NOW), 0);
	for (int k = 0; k < 900; k++) {
		char calling[12], called[12], want[RATE_TEXT_MAX], got[RATE_TEXT_MAX];
		struct one q = { .calling = calling, .called = called };
		const struct rate *r;

		(void)snprintf(calling, sizeof(calling), "%u",
		               random_below(2) ? 100 + random_below(120) : 20000 + random_below(12000));
		(void)snprintf(called, sizeof(called), "%u",
		               random_below(2) ? 100 + random_below(120) : 20000 + random_below(14000));
		assert_int_equal(store_tx(s, one_tx, &q), 0);
		r = rate_book_rate(b, rate_book_area(b, calling), called);
		assert_int_equal(r == NULL, q.err == -ENOENT);
		if (r == NULL)
			continue;
		rate_to_text(&q.rate, want);
		rate_to_text(r, got);
		assert_string_equal(got, want);
		assert_string_equal(r->destination, q.rate.destination);
		assert_int_equal(r->version, 1);
		with++;
		local += strcmp(r->destination, "local") == 0;
	}
	assert_true(with > 200 && local > 10);
	rate_book_free(b);
	store_close(s);
}

/* ---- records ---- */

static void test_records_as_text(void **state)
{
	static const char *const wrong[] = { "",
		                             "1,2,2026-03-02 12:00:00",
		                             "1,2,2026-03-02 12:00:00,",
		                             "1,2,2026-13-02 12:00:00,5",
		                             "1,2,2026-03-02 24:00:00,5",
		                             "1,2,2026-03-02 12:00,5",
		                             "1,,2026-03-02 12:00:00,5",
		                             "1,2,2026-03-02 12:00:00,-5",
		                             "1,2,2026-03-02 12:00:00,5x",
		                             "12345678901234567890123456789012,2,2026-03-02 12:00:00,5",
		                             "1,2,2026-03-02 12:00:00.12,5" };
	struct rating_call c;

	(void)state;
	assert_int_equal(rating_call_parse("8613800000001,8613900000002,2026-03-02 12:00:00,61300\n", &c), 0);
	assert_string_equal(c.called, "8613900000002");
	assert_int_equal(c.answered_utc_us, NOW);
	assert_int_equal(c.talk_ms, 61300);
	assert_int_equal(rating_call_parse("1,2,2026-03-02T12:00:00.250,0", &c), 0);
	assert_int_equal(c.answered_utc_us, NOW + 250000);
	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(rating_call_parse(wrong[i], &c), -EBADMSG);
	random_seed(42);
	for (int i = 0; i < 20000; i++) { /* any octets */
		char line[64] = "8613800000001,861390000000,2026-03-02 12:00:00,61300";

		for (unsigned k = random_below(4); k < 4; k++)
			line[random_below(52)] = (char)random_below(256);
		(void)rating_call_parse(line, &c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_of_all_prefixes),
		cmocka_unit_test(test_what_is_no_prefix),
		cmocka_unit_test(test_a_book_is_the_database),
		cmocka_unit_test(test_records_as_text),
	};

	clock_virtual_start(NOW);
	return cmocka_run_group_tests_name("rating_book", tests, database_start, database_stop);
}
