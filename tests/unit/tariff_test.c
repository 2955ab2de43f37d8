/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/tariff_test.c - areas, bars and rates from CSV, and how a called number finds its own. Against a real MariaDB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "billing/tariff.h"
#include "core/random.h"
#include "tests/unit/database.h"

#define NOW INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */

static char     errors[16384];
static unsigned rows;

static int import_at(struct store *s, enum csv_kind kind, const char *text, size_t len, int64_t at_utc_us)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, len, "r"), *e = fmemopen(errors, sizeof(errors), "w");
	int err;

	assert_non_null(f);
	assert_non_null(e);
	err = tariff_import(s, kind, f, "x.csv", "standard", at_utc_us, e, &rows);
	(void)fclose(f);
	(void)fclose(e);
	return err;
}

static int import(struct store *s, enum csv_kind kind, const char *text)
{
	return import_at(s, kind, text, strlen(text), NOW);
}

/* ---- looking up ---- */

struct ask {
	const char *origin, *called;
	int64_t     at_utc_us, first_e4;
	struct rate rate;
	char        area[16];
	int         barred, err;
	unsigned    discount_bp;
};

static int ask_tx(struct store_conn *c, void *arg)
{
	struct ask *q = arg;

	q->barred = tariff_barred(c, q->called);
	q->err = tariff_area(c, q->called, q->area);
	if (!q->err)
		q->err = tariff_rate(c, &(struct tariff_ask){ 1, q->at_utc_us, q->origin, q->called, 0 }, &q->rate);
	return q->err == -ENOENT ? 0 : q->err;
}

static struct ask ask_at(struct store *s, const char *called, int64_t at_utc_us)
{
	struct ask q = { .origin = "10", .called = called, .at_utc_us = at_utc_us };

	assert_int_equal(store_tx(s, ask_tx, &q), 0);
	return q;
}

static struct ask ask(struct store *s, const char *called) { return ask_at(s, called, NOW); }

static int cheapest_tx(struct store_conn *c, void *arg)
{
	struct ask *q = arg;

	return tariff_cheapest_first(c, &(struct tariff_ask){ 1, NOW, "", "", q->discount_bp }, &q->first_e4);
}

#define AREAS "8610,10,北京\n8625,25,Nanjing\n86138,10,Beijing mobiles\n8613812,25\n86138001,10,a range\n"
#define RATES "local,,0.20,0,60,60,0\ndomestic,,0.60,0.05,0,6,0\nprefix,1,3.60,0,60,60,0\nprefix,1808,1.00,0,0,1,0,0-480:0.50\n"

static struct store *with_everything(void)
{
	struct store *s = database_fresh();

	assert_int_equal(import(s, CSV_AREAS, "# prefix, area\n\n" AREAS), 0);
	assert_int_equal(rows, 5);
	assert_int_equal(import(s, CSV_BARS,
	                        "exact,110,police\nexact,12110,text to the police\nprefix,8616888,premium\nprefix,s:955,banks\n"),
	                 0);
	assert_int_equal(import(s, CSV_TARIFF, RATES), 0);
	return s;
}

static void test_the_longest_prefix_decides(void **state)
{
	struct store *s = with_everything();
	struct ask q = ask(s, "8613800000001");

	(void)state;
	assert_string_equal(q.area, "10");
	assert_string_equal(q.rate.destination, "local");
	q = ask(s, "8613812000001");
	assert_string_equal(q.area, "25");
	assert_string_equal(q.rate.destination, "domestic");
	assert_int_equal(q.rate.price_e4, 6000);
	assert_int_equal(q.rate.setup_e4, 500);
	assert_int_equal(q.rate.increment_s, 6);
	q = ask(s, "12125550100");
	assert_string_equal(q.rate.destination, "1");
	q = ask(s, "18085550100");
	assert_string_equal(q.rate.destination, "1808");
	assert_int_equal(q.rate.band_count, 1);
	assert_int_equal(q.rate.band[0].price_e4, 5000);
	assert_int_equal(ask(s, "442071838750").err, -ENOENT);
	assert_int_equal(ask(s, "").err, -ENOENT);
	assert_int_equal(ask(s, "1'; DROP TABLE tariff_rate; --").err, -ENOENT);
	store_close(s);
}

static void test_rule_13_barred_numbers(void **state)
{
	static const struct {
		const char *number;
		int         barred;
	} number[] = {
		{ "110", 1 }, { "s:110", 1 }, { "8610110", 1 }, { "8625110", 1 }, { "s:12110", 1 },
		{ "8621110", 0 },       /* no area of ours: it has no rate either */
		{ "861084110110", 0 },  /* a subscriber's number that ends so */
		{ "8613800112110", 0 }, /* a mobile, behind a mobile range: 86138001 12110 */
		{ "86168881234", 1 }, { "8616887", 0 }, { "s:95588", 1 }, { "s:12599", 0 }, { "", 0 },
	};
	struct store *s = with_everything();

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(number); i++) {
		struct ask q = ask(s, number[i].number);

		if (q.barred != number[i].barred)
			print_error("%s\n", number[i].number);
		assert_int_equal(q.barred, number[i].barred);
	}
	store_close(s);
}

static void test_a_new_version_from_its_time_on(void **state)
{
	struct store *s = with_everything();
	struct ask q;

	(void)state;
	assert_int_equal(import_at(s, CSV_TARIFF, "local,,0.30,0,60,60,0\n", 22, NOW + CLOCK_SEC(60)), 0);
	q = ask_at(s, "8610111", NOW + CLOCK_SEC(59));
	assert_int_equal(q.rate.price_e4, 2000);
	assert_int_equal(q.rate.version, 1);
	q = ask_at(s, "8610111", NOW + CLOCK_SEC(60));
	assert_int_equal(q.rate.price_e4, 3000);
	assert_int_equal(q.rate.version, 2);
	assert_int_equal(ask_at(s, "12125550100", NOW + CLOCK_SEC(60)).err, -ENOENT); /* a version is whole */
	/* in the same moment once more: it takes the place of the one that nobody can have used */
	assert_int_equal(import_at(s, CSV_TARIFF, "local,,0.40,0,60,60,0\n", 22, NOW + CLOCK_SEC(60)), 0);
	q = ask_at(s, "8610111", NOW + CLOCK_SEC(60));
	assert_int_equal(q.rate.price_e4, 4000);
	assert_int_equal(q.rate.version, 2);
	store_close(s);
}

/* Lost replies and deadlocks in each statement of an import: one version, whole. */
static void test_an_import_repeated_is_one(void **state)
{
	struct store *s = with_everything();

	(void)state;
	for (unsigned n = 1; n <= 11; n++)
		for (int after = 0; after < 2; after++) {
			store_fault(s, n, n % 2 ? 2013 : 1213, after);
			assert_int_equal(import_at(s, CSV_TARIFF, RATES, strlen(RATES), NOW + CLOCK_SEC(2 * n + (unsigned)after)),
			                 0);
			store_fault(s, 0, 0, false);
			assert_int_equal(database_int(s, "SELECT COUNT(*) FROM tariff_rate WHERE valid_to IS NULL"), 4);
		}
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM tariff_rate"), 4 * 23);
	assert_int_equal(database_int(s, "SELECT MAX(version) FROM tariff_rate"), 23);
	store_close(s);
}

static void test_cheapest_first_equals_rating(void **state)
{
	struct store *s = database_fresh();
	struct ask q = { 0 };

	(void)state;
	database_do(s, "INSERT INTO tariff (id, provider_id, name) VALUES (1, 1, 'x')");
	assert_int_equal(store_tx(s, cheapest_tx, &q), -ENOENT);
	random_seed(5);
	for (int i = 0; i < 300; i++) {
		struct rate r = {
			.price_e4 = random_below(100000),
			.setup_e4 = random_below(3) ? 0 : random_below(5000),
			.minimum_s = random_below(3) ? 0 : random_below(200),
			.increment_s = 1 + (random_below(2) ? 0 : random_below(100)),
			.free_s = random_below(3) ? 0 : random_below(100),
		};
		char sql[400];

		(void)snprintf(sql, sizeof(sql),
		               "INSERT INTO tariff_rate (tariff_id, valid_from, class, price_e4, setup_e4, minimum_s, "
		               "increment_s, free_s) VALUES (1, "
		               "'2026-01-01', 'local', %lld, %lld, %u, %u, %u)",
		               (long long)r.price_e4, (long long)r.setup_e4, r.minimum_s, r.increment_s, r.free_s);
		database_do(s, sql);
		q.discount_bp = r.discount_bp = random_below(2) ? 0 : random_below(10001);
		assert_int_equal(store_tx(s, cheapest_tx, &q), 0);
		assert_int_equal(q.first_e4, rating_first_e4(&r, NOW));
		database_do(s, "DELETE FROM tariff_rate");
	}
	q.discount_bp = 0;
	/* bands are asked too: at noon in Beijing plus eight the band of the second is the cheaper */
	database_do(s, "INSERT INTO tariff_rate (tariff_id, valid_from, class, price_e4, bands) VALUES (1, '2026-01-01', "
	               "'local', 2000, '')");
	database_do(s, "INSERT INTO tariff_rate (tariff_id, valid_from, class, price_e4, bands) VALUES (1, '2026-01-01', "
	               "'domestic', 9000, "
	               "'1200-1260:1000')");
	assert_int_equal(store_tx(s, cheapest_tx, &q), 0);
	assert_int_equal(q.first_e4, 1000);
	store_close(s);
}

/* ---- importing ---- */

static void test_every_error_with_its_line_and_nothing_changed(void **state)
{
	struct store *s = with_everything();

	(void)state;
	assert_int_equal(
		import(s, CSV_AREAS, "8699,99\n+86,10\n8610,Beijing\n8610\n\n# 86\n8620,20,a,b\n8699,98,again\n8688,88,\xff\n"),
		-EBADMSG);
	assert_string_equal(errors, "x.csv:2: the prefix is digits\n"
	                            "x.csv:3: the area is digits\n"
	                            "x.csv:4: prefix,area[,name] are wanted\n"
	                            "x.csv:7: prefix,area[,name] are wanted\n"
	                            "x.csv:9: the name is UTF-8, at most 64 characters\n"
	                            "x.csv:4: said already in line 3\n"
	                            "x.csv:8: said already in line 1\n");
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM number_area"), 5);
	assert_int_equal(import(s, CSV_TARIFF,
	                        "local,,0.20,0,60,60,0\nlocal,86,0.20,0,60,60,0\nprefix,,1,0,0,1,0\nfar,,1,0,0,1,0\n"
	                        "domestic,,-0.20,0,0,1,0\ndomestic,,0.20,0,0,0,0\nprefix,1,1000000.0001,0,0,1,0\n"
	                        "prefix,2,1,0,0,1,0,0-1441:1\nprefix,3,1,0,0,1,0,x\nprefix,4,1,0,0,86401,0\nprefix,5,1,0,0\n"
	                        "prefix,6,1,0,0,1,0,0-1:1;0-1:1;0-1:1;0-1:1;0-1:1;0-1:1;0-1:1;0-1:1;0-1:1\n"),
	                 -EBADMSG);
	for (int line = 2; line <= 12; line++) {
		char at[16];

		(void)snprintf(at, sizeof(at), "x.csv:%d: ", line);
		assert_non_null(strstr(errors, at));
	}
	assert_null(strstr(errors, "x.csv:1: "));
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM tariff_rate"), 4);
	assert_int_equal(import(s, CSV_BARS, "exact,110,a\nexact,110,b\nexactly,1,a\nprefix,abc,x\nexact,s:1,x\n"), -EBADMSG);
	assert_int_equal(import(s, CSV_BARS, "# nothing\n"), -EBADMSG);
	store_close(s);
}

/* Any octets: refused or stored, and what is stored is what was said. */
static void test_any_octets_are_survived(void **state)
{
	static const char *const word[] = { "8610", ",",  ",",  ",",  "\n", "\n", "local", "prefix", "exact", "0.20",
		                            "60",   "s:", "\"", "\\", "'",  "#",  "-",     ":",      ";",     "北京" };
	struct store *s = database_fresh();

	(void)state;
	random_seed(9);
	for (int i = 0; i < 3000; i++) {
		char text[2500];
		size_t len = 0;
		int err;

		for (unsigned n = random_below(i % 100 == 0 ? 600 : 40); n > 0 && len < 2400; n--) {
			if (random_below(8) == 0) {
				text[len++] = (char)random_below(256);
			} else {
				const char *w = word[random_below(ARRAY_LEN(word))];

				memcpy(text + len, w, strlen(w));
				len += strlen(w);
			}
		}
		text[len++] = '\n';
		err = import_at(s, (enum csv_kind)(i % 3), text, len, NOW + i);
		assert_true(err == 0 || err == -EBADMSG);
	}
	/* quotes and backslashes go through JSON and SQL */
	assert_int_equal(import(s, CSV_AREAS, "4420,20,\"Lon\\don's\"\n"), 0);
	assert_int_equal(database_int(s, "SELECT name = '\"Lon\\\\don\\'s\"' FROM number_area WHERE prefix = '4420'"), 1);
	store_close(s);
}

static void test_hundreds_of_thousands_of_areas(void **state)
{
	struct store *s = database_fresh();
	size_t size = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 200000; i++)
		(void)fprintf(f, "861%06d,%d,range\n", 300000 + i, 10 + i % 90);
	(void)fclose(f);
	assert_int_equal(import_at(s, CSV_AREAS, text, size, NOW), 0);
	free(text);
	assert_int_equal(rows, 200000);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM number_area"), 200000);
	assert_string_equal(ask(s, "8613800000001").area, "90");
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_prefix_decides),
		cmocka_unit_test(test_rule_13_barred_numbers),
		cmocka_unit_test(test_a_new_version_from_its_time_on),
		cmocka_unit_test(test_an_import_repeated_is_one),
		cmocka_unit_test(test_cheapest_first_equals_rating),
		cmocka_unit_test(test_every_error_with_its_line_and_nothing_changed),
		cmocka_unit_test(test_any_octets_are_survived),
		cmocka_unit_test(test_hundreds_of_thousands_of_areas),
	};

	return cmocka_run_group_tests_name("tariff", tests, database_start, database_stop);
}
