/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/bench/money_rating.c - how many records a second one core rates: 1,000,000 records in a file, a tariff of 50,000 prefixes
 * in another, 100,000 ranges of areas, bands by weekday on every fifth rate, a discount on none. Target: 1,000,000 records a
 * second.
 *
 * Each figure is the best of five runs, from the records' text in memory to the sum of amounts; the file is read beforehand (what
 * a disk does is not rating's). The rate alone is measured as well.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "billing/rating_book.h"
#include "billing/tariff_internal.h"
#include "core/clock.h"
#include "core/random.h"

#define PREFIXES 50000
#define AREAS    100000
#define RECORDS  1000000
#define RUNS     5

#define MUST(what) \
	do { \
		if (!(what)) { \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			exit(1); \
		} \
	} while (0)

static void write_tariff(FILE *f)
{
	(void)fputs("local,,0.20,0,60,60,0\ndomestic,,0.60,0,0,6,0\n", f);
	for (int i = 0; i < PREFIXES - 2; i++) /* countries, their areas, their mobiles: four to seven digits */
		(void)fprintf(f, "prefix,%d,%u.%02u,0.05,0,%d,0%s\n",
		              i < 8000    ? 1000 + i
		              : i < 30000 ? 200000 + i
		                          : 3000000 + i * 7,
		              random_below(5), random_below(100), i % 3 ? 6 : 60,
		              i % 5 ? "" : ",mon-fri 08:00-18:00:1.20;sat+sun 00:00-24:00:0.40,Europe/Berlin");
}

static void write_records(FILE *f)
{
	for (int i = 0; i < RECORDS; i++) {
		char called[32];

		if (random_below(3))
			(void)snprintf(called, sizeof(called), "861%u%08u", 30 + random_below(70), random_below(100000000));
		else
			(void)snprintf(called, sizeof(called), "%u%07u", 1000 + random_below(7000), random_below(10000000));
		(void)fprintf(f, "861380%07u,%s,2026-%02u-%02u %02u:%02u:%02u.%03u,%u\n", random_below(10000000), called,
		              1 + random_below(12), 1 + random_below(28), random_below(24), random_below(60), random_below(60),
		              random_below(1000), 1 + random_below(random_below(20) ? 400000 : 4000000));
	}
}

static FILE *written(const char *path, void (*write)(FILE *f))
{
	FILE *f = fopen(path, "w+e");

	MUST(f != NULL);
	write(f);
	MUST(fflush(f) == 0 && fseek(f, 0, SEEK_SET) == 0);
	return f;
}

static struct rate_book *load(FILE *tariff)
{
	struct csv csv = { .file = "tariff.csv" };
	struct rate_book *b;

	MUST(rate_book_alloc(&b) == 0 && csv_read(&csv, tariff) == 0);
	for (unsigned i = 0; i < csv.count; i++) {
		struct tariff_row t;

		MUST(tariff_row_read(&csv, &csv.row[i], &t));
		MUST(rate_book_add_rate(b, csv_col(&csv.row[i], 0), csv_col(&csv.row[i], 1), &t.rate) == 0);
	}
	MUST(csv.count == PREFIXES);
	csv_free(&csv);
	for (int i = 0; i < AREAS; i++) {
		char prefix[16], area[16];

		(void)snprintf(prefix, sizeof(prefix), "861%07d", 3000000 + i * 70);
		(void)snprintf(area, sizeof(area), "%d", 10 + i % 300);
		MUST(rate_book_add_area(b, prefix, area) == 0);
	}
	MUST(rate_book_add_area(b, "861", "10") == 0 && rate_book_build(b) == 0);
	return b;
}

static char *whole(FILE *f, size_t *size)
{
	struct stat st;
	char *text;

	MUST(fstat(fileno(f), &st) == 0);
	*size = (size_t)st.st_size;
	text = malloc(*size + 1);
	MUST(text != NULL && fread(text, 1, *size, f) == *size);
	text[*size] = '\0';
	return text;
}

static int64_t rate_one(const struct rate_book *b, const struct rating_call *call, unsigned *rated)
{
	const struct rate *r = rate_book_rate(b, rate_book_area(b, call->calling), call->called);

	if (r == NULL)
		return 0;
	++*rated;
	return rating_amount_e4(r, call->talk_ms, call->answered_utc_us);
}

static void report(const char *what, int64_t best_us, int64_t sum_e4, unsigned rated)
{
	(void)printf("%-28s %9.0f records/s   (%u of %d rated, sum %lld/10000)\n", what, RECORDS * 1e6 / (double)best_us, rated,
	             RECORDS, (long long)sum_e4);
}

int main(void)
{
	char dir[] = "/tmp/money-rating-XXXXXX", path[64];
	struct rating_call *call = calloc(RECORDS, sizeof(*call));
	int64_t best_us = INT64_MAX, rate_us = INT64_MAX, began, sum_e4 = 0;
	unsigned rated = 0;
	struct rate_book *b;
	FILE *tariff, *records;
	size_t size;
	char *text;

	random_seed(1);
	MUST(call != NULL && mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/tariff.csv", dir);
	tariff = written(path, write_tariff);
	MUST(remove(path) == 0);
	(void)snprintf(path, sizeof(path), "%s/records.csv", dir);
	records = written(path, write_records);
	MUST(remove(path) == 0 && remove(dir) == 0);
	began = clock_mono_us();
	b = load(tariff);
	(void)printf("tariff of %d prefixes and %d ranges of areas, read from CSV and built: %.0f ms\n", PREFIXES, AREAS,
	             (double)(clock_mono_us() - began) / 1e3);
	text = whole(records, &size);
	for (int run = 0; run < RUNS; run++) {
		unsigned n = 0;

		sum_e4 = rated = 0;
		began = clock_mono_us();
		for (const char *p = text; *p; p = strchr(p, '\n') + 1) {
			char line[160];
			size_t len = strcspn(p, "\n");

			MUST(len < sizeof(line));
			memcpy(line, p, len);
			line[len] = '\0';
			MUST(rating_call_parse(line, &call[n]) == 0);
			sum_e4 += rate_one(b, &call[n++], &rated);
		}
		MUST(n == RECORDS);
		if (clock_mono_us() - began < best_us)
			best_us = clock_mono_us() - began;
	}
	report("from text to amounts:", best_us, sum_e4, rated);
	for (int run = 0; run < RUNS; run++) {
		sum_e4 = rated = 0;
		began = clock_mono_us();
		for (int i = 0; i < RECORDS; i++)
			sum_e4 += rate_one(b, &call[i], &rated);
		if (clock_mono_us() - began < rate_us)
			rate_us = clock_mono_us() - began;
	}
	report("areas, prefix and amount:", rate_us, sum_e4, rated);
	MUST(rated > RECORDS / 2);
	(void)fclose(tariff);
	(void)fclose(records);
	free(text);
	free(call);
	rate_book_free(b);
	return 0;
}
