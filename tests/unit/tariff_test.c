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
	struct tariff_import i = {
		.kind = kind, .csv = f, .file = "x.csv", .name = "standard", .who = "test", .at_utc_us = at_utc_us, .errors = e
	};
	int err;

	assert_non_null(f);
	assert_non_null(e);
	err = tariff_import(s, &i, &rows);
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
#define RATES \
	"local,,0.20,0,60,60,0\ndomestic,,0.60,0.05,0,6,0\nprefix,1,3.60,0,60,60,0\nprefix,1808,1.00,0,0,1,0,00:00-08:00:0.50\n"

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
	assert_int_equal(q.rate.version, 3);
	store_close(s);
}

/* A version between two others, another for the same moment that has not come, and none in a past that calls were charged by. */
static void test_versions_have_their_time(void **state)
{
	struct store *s = with_everything();
	const char *rate = "local,,0.30,0,60,60,0\n";

	(void)state;
	assert_int_equal(import_at(s, CSV_TARIFF, rate, strlen(rate), NOW + CLOCK_SEC(100)), 0);
	rate = "local,,0.40,0,60,60,0\n";
	assert_int_equal(import_at(s, CSV_TARIFF, rate, strlen(rate), NOW + CLOCK_SEC(50)), 0);
	assert_int_equal(ask_at(s, "8610111", NOW + CLOCK_SEC(49)).rate.price_e4, 2000);
	assert_int_equal(ask_at(s, "8610111", NOW + CLOCK_SEC(50)).rate.price_e4, 4000);
	assert_int_equal(ask_at(s, "8610111", NOW + CLOCK_SEC(99)).rate.price_e4, 4000);
	assert_int_equal(ask_at(s, "8610111", NOW + CLOCK_SEC(100)).rate.price_e4, 3000);
	rate = "local,,0.50,0,60,60,0\n";
	assert_int_equal(import_at(s, CSV_TARIFF, rate, strlen(rate), NOW + CLOCK_SEC(50)), 0);
	assert_int_equal(ask_at(s, "8610111", NOW + CLOCK_SEC(99)).rate.price_e4, 5000);
	assert_int_equal(ask_at(s, "8610111", NOW + CLOCK_SEC(99)).rate.version, 4);
	assert_int_equal(ask_at(s, "8610111", NOW + CLOCK_SEC(100)).rate.version, 2);
	assert_int_equal(import_at(s, CSV_TARIFF, rate, strlen(rate), NOW - CLOCK_SEC(50)), -EBADMSG);
	assert_string_equal(errors, "x.csv: tariff standard is in force: a new version begins now or later\n");
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM tariff_rate"), 6);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM audit WHERE what = 'tariff.import' AND who = 'test'"), 4);
	store_close(s);
}

struct quote {
	struct tariff_ask ask;
	struct rate_quote rate;
};

static int quote_tx(struct store_conn *c, void *arg)
{
	struct quote *q = arg;

	return tariff_quote(c, &q->ask, &q->rate);
}

/* A call that is begun before a new version and answered after it is charged by the new one. */
static void test_a_quote_knows_the_next_version(void **state)
{
	struct store *s = with_everything();
	struct quote q = { .ask = { 1, NOW, "10", "8610111", 1000 } };
	const char *rate = "local,,0.30,0,60,60,0\n";

	(void)state;
	assert_int_equal(store_tx(s, quote_tx, &q), 0);
	assert_int_equal(q.rate.next_from_us, 0);
	assert_int_equal(import_at(s, CSV_TARIFF, rate, strlen(rate), NOW + CLOCK_SEC(100)), 0);
	assert_int_equal(store_tx(s, quote_tx, &q), 0);
	assert_int_equal(q.rate.next_from_us, NOW + CLOCK_SEC(100));
	assert_int_equal(q.rate.now.price_e4, 2000);
	assert_int_equal(q.rate.next.price_e4, 3000);
	assert_int_equal(q.rate.next.version, 2);
	assert_int_equal(q.rate.now.discount_bp, 1000);
	assert_int_equal(q.rate.next.discount_bp, 1000);
	assert_int_equal(rating_quote_first_e4(&q.rate, NOW), 2700);
	q.ask.called = "12125550100"; /* which the new version has no rate for */
	assert_int_equal(store_tx(s, quote_tx, &q), 0);
	assert_int_equal(q.rate.next_from_us, 0);
	assert_int_equal(q.rate.now.price_e4, 36000);
	store_close(s);
}

/* Lost replies and deadlocks in each statement of an import: one version, whole. */
static void test_an_import_repeated_is_one(void **state)
{
	struct store *s = with_everything();

	(void)state;
	for (unsigned n = 1; n <= 14; n++)
		for (int after = 0; after < 2; after++) {
			store_fault(s, n, n % 2 ? 2013 : 1213, after);
			assert_int_equal(import_at(s, CSV_TARIFF, RATES, strlen(RATES), NOW + CLOCK_SEC(2 * n + (unsigned)after)),
			                 0);
			store_fault(s, 0, 0, false);
			assert_int_equal(database_int(s, "SELECT COUNT(*) FROM tariff_rate WHERE valid_to IS NULL"), 4);
		}
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM tariff_rate"), 4 * 29);
	assert_int_equal(database_int(s, "SELECT MAX(version) FROM tariff_rate"), 29);
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

/* Several in a line, in the order of the lines, whatever found them; and nothing is changed. */
static void test_every_error_with_its_line_and_nothing_changed(void **state)
{
	struct store *s = with_everything();

	(void)state;
	assert_int_equal(import(s, CSV_AREAS,
	                        "8699,99\n+86,10\n8610,Beijing\n8610\n\n# 86\n8620,20,a,b\n8699,98,again\n8688,88,\xff\n"
	                        "x,y,1234567890123456789012345678901234567890123456789012345678901234+\n"
	                        "86,\"1\n86,\"1\"2,x\n"),
	                 -EBADMSG);
	assert_string_equal(
		errors,
		"x.csv:2: prefix \"+86\": at most 31 digits are wanted, or a range FROM-TO of one length, up to 18 digits\n"
		"x.csv:3: area \"Beijing\": at most 15 digits are wanted\n"
		"x.csv:4: prefix,area[,name] are wanted\n"
		"x.csv:7: prefix,area[,name] are wanted\n"
		"x.csv:8: said already in line 1\n"
		"x.csv:9: this is not UTF-8 text (GB18030? iconv -f GB18030 -t UTF-8 converts it)\n"
		"x.csv:10: prefix \"x\": at most 31 digits are wanted, or a range FROM-TO of one length, up to 18 digits\n"
		"x.csv:10: area \"y\": at most 15 digits are wanted\n"
		"x.csv:10: the name has more than 64 characters\n"
		"x.csv:11: a quote is not closed in its line\n"
		"x.csv:12: a field goes on behind its closing quote\n");
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM number_area"), 5);
	assert_int_equal(import(s, CSV_TARIFF,
	                        "local,,0.20,0,60,60,0\nlocal,86,0.20,0,60,60,0\nprefix,,1,0,0,1,0\nfar,,1,0,0,1,0\n"
	                        "domestic,,-0.20,0,0,1,0\ndomestic,,0.20,0,0,0,0\nprefix,1,1000000.0001,0,0,1,0\n"
	                        "prefix,2,1,0,0,1,0,00:00-24:01:1\nprefix,3,1,0,0,1,0,x\nprefix,4,1,0,0,86401,0\nprefix,5,1,0,0\n"
	                        "prefix,6,1,0,0,1,0,0:00-0:01:1;0:00-0:01:1;0:00-0:01:1;0:00-0:01:1;0:00-0:01:1;"
	                        "0:00-0:01:1;0:00-0:01:1;0:00-0:01:1;0:00-0:01:1\n"
	                        "prefix,7,1,0,0,1,0,sun-mun 0:00-0:01:1\nprefix,8,1,0,0,1,0,,Europe/Nowhere\n"
	                        "prefix,9,1,0,0,1,0,,Africa/Casablanca\nprefix,10,a,b,c,d,e,f,g\n"),
	                 -EBADMSG);
	for (int line = 2; line <= 16; line++) {
		char at[16];

		(void)snprintf(at, sizeof(at), "x.csv:%d: ", line);
		assert_non_null(strstr(errors, at));
	}
	assert_null(strstr(errors, "x.csv:1: "));
	assert_non_null(strstr(errors, "x.csv:15: zone \"Africa/Casablanca\" changes its clocks by no yearly rule"));
	/* line 16: each of its seven fields */
	assert_string_equal(strstr(errors, "x.csv:16: "),
	                    "x.csv:16: price \"a\": an amount of 0 to 1000000 like 0.20 is wanted\n"
	                    "x.csv:16: set-up fee \"b\": an amount of 0 to 1000000 like 0.20 is wanted\n"
	                    "x.csv:16: minimum \"c\": whole seconds, 0 to 86400, are wanted\n"
	                    "x.csv:16: increment \"d\": whole seconds, 1 to 86400, are wanted\n"
	                    "x.csv:16: free time \"e\": whole seconds, 0 to 86400, are wanted\n"
	                    "x.csv:16: bands are [DAYS ]FROM-TO:PRICE like mon-fri 08:00-18:00:0.30, at most 8, with ; between\n"
	                    "x.csv:16: zone \"g\": Asia/Shanghai or +08:00 are wanted (is tzdata installed?)\n");
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM tariff_rate"), 4);
	assert_int_equal(import(s, CSV_BARS, "exact,110,a\nexact,110,b\nexactly,1,a\nprefix,abc,x\nexact,s:1,x\n"), -EBADMSG);
	assert_int_equal(import(s, CSV_BARS, "# nothing\n"), -EBADMSG);
	assert_string_equal(errors, "x.csv: the file has no rows\n");
	store_close(s);
}

/* Not one of 20,000 errors is lost. */
static void test_no_error_is_lost(void **state)
{
	struct store *s = database_fresh();
	size_t size = 0, told = 0;
	char *text = NULL, *said = NULL, *line;
	FILE *f = open_memstream(&text, &size), *e;
	struct tariff_import i = { .kind = CSV_AREAS, .file = "x.csv" };

	(void)state;
	for (int k = 0; k < 20000; k++)
		(void)fprintf(f, "%s,10\n", k % 2 ? "x" : "8610");
	(void)fclose(f);
	i.csv = fmemopen(text, size, "r");
	i.errors = e = open_memstream(&said, &size);
	assert_int_equal(tariff_import(s, &i, &rows), -EBADMSG);
	(void)fclose(i.csv);
	(void)fclose(e);
	for (line = said; *line; line = strchr(line, '\n') + 1)
		assert_int_equal(atoi(line + strlen("x.csv:")), ++told + 1); /* every line but the first */
	assert_int_equal(told, 19999);
	free(text);
	free(said);
	store_close(s);
}

/* As spreadsheets save it: byte order mark, CR LF, quotes, no last line end. Other encodings are told. */
static void test_files_of_spreadsheets(void **state)
{
	struct store *s = database_fresh();
	char line[1200];

	(void)state;
	assert_int_equal(import(s, CSV_AREAS,
	                        "\xef\xbb\xbf\"8610\",10,\"Peking, \"\"\xe5\x8c\x97\xe4\xba\xac\"\"\"\r\n 8625 , 25\t,\" a "
	                        "\"\r\n\r\n8621,21"),
	                 0);
	assert_int_equal(rows, 3);
	assert_int_equal(
		database_int(s, "SELECT name = 'Peking, \"\xe5\x8c\x97\xe4\xba\xac\"' FROM number_area WHERE prefix = '8610'"),
		1);
	assert_int_equal(database_int(s, "SELECT LENGTH(name) FROM number_area WHERE prefix = '8625'"), 3);
	assert_int_equal(import_at(s, CSV_AREAS, "\xff\xfe" "8\0006\000", 6, NOW), -EBADMSG);
	assert_string_equal(errors, "x.csv:1: this is UTF-16: save it as UTF-8\n");
	assert_int_equal(import(s, CSV_AREAS, "8610,10,\xb1\xb1\xbe\xa9\n"), -EBADMSG); /* GB18030 */
	assert_non_null(strstr(errors, "x.csv:1: this is not UTF-8"));
	memset(line, '1', sizeof(line));
	line[1199] = '\0';
	assert_int_equal(import(s, CSV_AREAS, line), -EBADMSG);
	assert_string_equal(errors, "x.csv:1: the line has more than 1000 octets\n");
	store_close(s);
}

static const char *area_of(struct store *s, const char *number)
{
	static struct ask q;

	q = ask(s, number);
	return q.area;
}

/* A range is its numbers, no one more; one within another counts; two that overlap in part are an error of the later line. */
static void test_ranges_of_numbers(void **state)
{
	struct store *s = database_fresh();

	(void)state;
	assert_int_equal(
		import(s, CSV_AREAS,
	               "8613800000-8613800999,25,\"block\"\n8613800500-8613800599,21\n86138,10\n8613899995-8613900004,28\n"
	               "861390-861399,29\n"),
		-EBADMSG);
	assert_string_equal(errors, "x.csv:4: overlaps line 3 in part\nx.csv:5: overlaps line 4 in part\n");
	assert_int_equal(import(s, CSV_AREAS,
	                        "8613800000-8613800999,25,block\n8613800500-8613800599,21\n86138,10\n8613905-8613927,28\n"
	                        "861390600-861390699,30\n"),
	                 0);
	assert_int_equal(rows, 5);
	assert_string_equal(area_of(s, "8613799999999"), "");
	assert_string_equal(area_of(s, "8613800000000"), "25");
	assert_string_equal(area_of(s, "8613800499999"), "25");
	assert_string_equal(area_of(s, "8613800500000"), "21");
	assert_string_equal(area_of(s, "8613800599999"), "21");
	assert_string_equal(area_of(s, "8613800600000"), "25");
	assert_string_equal(area_of(s, "8613800999999"), "25");
	assert_string_equal(area_of(s, "8613801000000"), "10");
	assert_string_equal(area_of(s, "8613904999999"), "");
	assert_string_equal(area_of(s, "8613905000000"), "28");
	assert_string_equal(area_of(s, "8613906050000"), "30");
	assert_string_equal(area_of(s, "8613906990000"), "30");
	assert_string_equal(area_of(s, "8613907000000"), "28");
	assert_string_equal(area_of(s, "8613927999999"), "28");
	assert_string_equal(area_of(s, "8613928000000"), "");
	/* a range that is a prefix, within another: the narrower counts */
	assert_int_equal(import(s, CSV_AREAS, "100-299,1\n10,2\n2000-2999,3\n"), 0);
	assert_string_equal(area_of(s, "1055555555"), "2");
	assert_string_equal(area_of(s, "1155555555"), "1");
	assert_string_equal(area_of(s, "2055555555"), "3");
	assert_int_equal(import(s, CSV_AREAS, "8610-8619,1\n861,2\n8620-862,1\n8629-8620,3\n"), -EBADMSG);
	assert_non_null(strstr(errors, "x.csv:2: said already in line 1\n"));
	assert_non_null(strstr(errors, "x.csv:3: prefix"));
	assert_non_null(strstr(errors, "x.csv:4: prefix"));
	store_close(s);
}

/* Against every number of four digits, over random ranges that lie within one another or apart. */
static void test_random_ranges(void **state)
{
	struct store *s = database_fresh();

	(void)state;
	random_seed(31);
	for (int round = 0; round < 5; round++) {
		struct {
			unsigned from, to, area;
		} range[12] = { 0 };
		unsigned count = 0;
		char text[1000];
		size_t n = 0;

		database_do(s, "DELETE FROM number_area");
		for (int tries = 0; tries < 60 && count < 12; tries++) {
			unsigned a = random_below(10000), b = random_below(2) ? a + random_below(60) : random_below(10000), from,
				 to;
			bool fits = true;

			from = a < b ? a : b;
			to = a < b ? b : a;
			if (to > 9999)
				continue;
			for (unsigned k = 0; k < count; k++) {
				bool apart = to < range[k].from || from > range[k].to,
				     in = from >= range[k].from && to <= range[k].to,
				     around = from <= range[k].from && to >= range[k].to;

				fits = fits && (apart || in || around) && !(in && around);
			}
			if (!fits)
				continue;
			range[count].from = from;
			range[count].to = to;
			range[count].area = 1 + count;
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%04u-%04u,%u\n", from, to, 1 + count);
			count++;
		}
		assert_int_equal(import(s, CSV_AREAS, text), 0);
		for (int k = 0; k < 300; k++) {
			unsigned v = random_below(2) ? random_below(10000) : range[random_below(count)].to + random_below(3) - 1u,
				 best = 0, width = 10000;
			char number[8];

			v %= 10000;
			for (unsigned i = 0; i < count; i++)
				if (v >= range[i].from && v <= range[i].to && range[i].to - range[i].from < width) {
					width = range[i].to - range[i].from;
					best = range[i].area;
				}
			(void)snprintf(number, sizeof(number), "%04u", v);
			assert_int_equal(atoi(area_of(s, number)), best);
		}
	}
	store_close(s);
}

/* ---- exporting ---- */

static char *export_at(struct store *s, enum csv_kind kind, int64_t at_utc_us)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(tariff_export(s, kind, "standard", at_utc_us, f), 0);
	(void)fclose(f);
	return text;
}

/* A time is hours and minutes: of a band whose price was forgotten none of its numbers becomes one, nor are hours alone
 * minutes. */
static void test_a_band_without_its_price_is_none(void **state)
{
	static const char *const band[] = { "08:00-09:00", "mon-fri 08:00-18:00", "8-18:0.30", "480-1080:0.30", "08:00-9:5",
		                            "08:00-24:01:1", "24:00-08:00:1", "08:00-08:60:1", "08:0-09:00:1" };
	struct store *s = with_everything();

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(band); i++) {
		char text[100];

		(void)snprintf(text, sizeof(text), "local,,0.60,0,0,1,0,%s\n", band[i]);
		if (import(s, CSV_TARIFF, text) != -EBADMSG || strstr(errors, "bands are") == NULL)
			fail_msg("%s: %s", band[i], errors);
	}
	store_close(s);
}

/* As a spreadsheet of long ago ends its lines. */
static void test_lines_that_end_with_cr_alone(void **state)
{
	struct store *s = with_everything();

	(void)state;
	assert_int_equal(import(s, CSV_TARIFF, "local,,0.60,0,0,1,0\rdomestic,,1.20,0,0,1,0\r"), -EBADMSG);
	assert_string_equal(errors, "x.csv:1: a line ends with CR alone: save it with LF or CR LF\n");
	store_close(s);
}

/* What is exported is imported, and exported again to the octet; and says what was imported first. */
static void test_the_round_trip_is_exact(void **state)
{
	static const char *const text[] = {
		[CSV_AREAS] = "8610,10,\"Peking, \"\"\xe5\x8c\x97\xe4\xba\xac\"\"\"\n8613800-8613802,10,\" blanks "
		              "\"\n8621,21,#3\n8625,25\n",
		[CSV_BARS] = "prefix,s:955,\"banks, all\"\nexact,110,police\nprefix,8616888,\n",
		[CSV_TARIFF] = "prefix,1,3.6,0.0005,0,6,0,MON-FRI 08:00-18:00:4.20 ; sat+sun 0:00-24:00:3;fri-mon+wed "
		               "22:00-6:00:.5,America/New_York\n"
			       "domestic,,0.60,0.05,0,6,30,,-03:30\nlocal,,0.2,0,60,60,0\n",
	};
	static const char *const out[] = {
		[CSV_AREAS] = "# prefix,area,name\n8610,10,\"Peking, \"\"\xe5\x8c\x97\xe4\xba\xac\"\"\"\n8613800,10,\" blanks "
		              "\"\n8613801,10,\" blanks \"\n"
			      "8613802,10,\" blanks \"\n8621,21,\"#3\"\n8625,25\n",
		[CSV_BARS] = "# exact|prefix,pattern,reason\nexact,110,police\nprefix,8616888,\nprefix,s:955,\"banks, all\"\n",
		[CSV_TARIFF] = "# class,prefix,price,set-up,minimum,increment,free,bands,zone\nlocal,,0.20,0.00,60,60,0,,+08:00\n"
			       "domestic,,0.60,0.05,0,6,30,,-03:30\nprefix,1,3.60,0.0005,0,6,0,mon-fri 08:00-18:00:4.20;sat+sun "
			       "00:00-24:00:3.00;mon+wed+fri-sun 22:00-06:00:0.50,America/New_York\n",
	};
	struct store *s = database_fresh(), *other = database_fresh();

	(void)state;
	for (int kind = CSV_AREAS; kind <= CSV_TARIFF; kind++) {
		char *first, *again;

		assert_int_equal(import(s, (enum csv_kind)kind, kind == CSV_TARIFF ? "local,,.2,0,1,1,1\n" : text[kind]),
		                 kind == CSV_TARIFF ? -EBADMSG : 0);
		if (kind == CSV_TARIFF) { /* .5 is no amount either */
			char right[400];

			(void)snprintf(right, sizeof(right), "%s", text[kind]);
			memmove(strstr(right, ":.5") + 2, strstr(right, ":.5") + 1, strlen(strstr(right, ":.5")));
			strstr(right, ":..5")[1] = '0';
			assert_int_equal(import(s, CSV_TARIFF, right), 0);
		}
		first = export_at(s, (enum csv_kind)kind, NOW);
		assert_string_equal(first, out[kind]);
		assert_int_equal(import(other, (enum csv_kind)kind, first), 0);
		again = export_at(other, (enum csv_kind)kind, NOW);
		assert_string_equal(again, first);
		free(first);
		free(again);
	}
	/* and it costs the same: New York's clock, with its daylight saving */
	assert_int_equal(database_int(other,
	                              "SELECT COUNT(*) FROM tariff_rate WHERE zone_rule = '-240,3.2.0/7200,11.1.0/7200' AND "
	                              "utc_offset_min = -300"),
	                 1);
	store_close(s);
	store_close(other);
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
	assert_int_equal(import(s, CSV_AREAS, "4420,20,\"\"\"Lon\\don's\"\n"), 0);
	assert_int_equal(database_int(s, "SELECT name = '\"Lon\\\\don\\'s' FROM number_area WHERE prefix = '4420'"), 1);
	store_close(s);
}

static void test_a_hundred_thousand_areas(void **state)
{
	struct store *s = database_fresh();
	size_t size = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 100000; i++)
		(void)fprintf(f, "861%06d,%d,range\n", 300000 + i, 10 + i % 90);
	(void)fclose(f);
	assert_int_equal(import_at(s, CSV_AREAS, text, size, NOW), 0);
	free(text);
	assert_int_equal(rows, 100000);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM number_area"), 100000);
	assert_string_equal(ask(s, "8613800000001").area, "90");
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_longest_prefix_decides),
		cmocka_unit_test(test_rule_13_barred_numbers),
		cmocka_unit_test(test_a_new_version_from_its_time_on),
		cmocka_unit_test(test_versions_have_their_time),
		cmocka_unit_test(test_a_quote_knows_the_next_version),
		cmocka_unit_test(test_an_import_repeated_is_one),
		cmocka_unit_test(test_cheapest_first_equals_rating),
		cmocka_unit_test(test_every_error_with_its_line_and_nothing_changed),
		cmocka_unit_test(test_no_error_is_lost),
		cmocka_unit_test(test_files_of_spreadsheets),
		cmocka_unit_test(test_ranges_of_numbers),
		cmocka_unit_test(test_random_ranges),
		cmocka_unit_test(test_a_band_without_its_price_is_none),
		cmocka_unit_test(test_lines_that_end_with_cr_alone),
		cmocka_unit_test(test_the_round_trip_is_exact),
		cmocka_unit_test(test_any_octets_are_survived),
		cmocka_unit_test(test_a_hundred_thousand_areas),
	};

	clock_virtual_start(NOW);
	return cmocka_run_group_tests_name("tariff", tests, database_start, database_stop);
}
