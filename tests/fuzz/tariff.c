/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CSV files of areas, bars and tariffs, rates of the journal, rules of zones, records to be rated. The first octet says which. */
#include "billing/tariff_internal.h"

#include <string.h>

#include "billing/internal.h"
#include "billing/rating_book.h"
#include "tests/fuzz/fuzz.h"

#define AT INT64_C(1772452800000000)

static void never_cheaper_by_talking(const struct rate *r)
{
	int64_t last = 0;

	FUZZ_CHECK(rating_valid(r));
	for (int64_t ms = 0; ms < 200000; ms += 9999) {
		int64_t amount = rating_amount_e4(r, ms, AT + ms);

		FUZZ_CHECK(amount >= 0);
		amount = rating_amount_e4(r, ms, AT);
		FUZZ_CHECK(amount >= last);
		last = amount;
	}
}

static void rate_text(const char *text)
{
	char out[RATE_TEXT_MAX], again[RATE_TEXT_MAX];
	struct rate r, back;

	if (rate_from_text(&r, text) != 0)
		return;
	rate_to_text(&r, out);
	FUZZ_CHECK(rate_from_text(&back, out) == 0);
	rate_to_text(&back, again);
	FUZZ_CHECK(strcmp(out, again) == 0);
	never_cheaper_by_talking(&r);
}

static void zone_text(const char *text)
{
	struct rate_summer s;
	int16_t standard;
	int64_t until;

	if (rate_zone_posix(text, &standard, &s) != 0)
		return;
	for (int64_t at = AT; at < AT + INT64_C(400) * 86400 * 1000000; at = until) {
		int offset = rate_zone_offset(standard, &s, at, &until);

		FUZZ_CHECK(offset == standard || offset == s.utc_offset_min);
		FUZZ_CHECK(until > at);
	}
}

static void tariff_row(struct csv *f, const struct csv_row *row)
{
	char bands[TARIFF_BANDS_MAX], again[TARIFF_BANDS_MAX];
	struct tariff_row t;
	struct rate back;

	if (!tariff_row_read(f, row, &t))
		return;
	tariff_bands_format(&t.rate, bands);
	FUZZ_CHECK(tariff_bands_parse(&back, bands) == 0);
	tariff_bands_format(&back, again);
	FUZZ_CHECK(strcmp(bands, again) == 0);
	never_cheaper_by_talking(&t.rate);
}

/* In order, each once, all digits. */
static void areas(struct csv *f)
{
	struct area_entry *e;
	unsigned count;

	FUZZ_CHECK(area_rows_read(f, &e, &count) == 0);
	FUZZ_CHECK(f->errors == 0 || count == 0);
	for (unsigned i = 0; i < count; i++) {
		FUZZ_CHECK(tariff_digits(e[i].prefix, PREFIX_DIGITS_MAX) && e[i].row < f->count);
		FUZZ_CHECK(i == 0 || strcmp(e[i - 1].prefix, e[i].prefix) < 0);
	}
	free(e);
}

/* What is read is written as it is read again. */
static void written_again(const struct csv *f)
{
	for (unsigned i = 0; i < f->count; i++)
		for (unsigned k = 0; k < f->row[i].cols && k < CSV_COLUMNS_MAX; k++) {
			struct csv g = { .file = "g" };
			char *text = NULL;
			size_t size = 0;
			FILE *m = open_memstream(&text, &size);

			csv_put(m, "x");
			(void)fputc(',', m);
			csv_put(m, csv_col(&f->row[i], k));
			(void)fclose(m);
			m = fmemopen(text, size, "r");
			FUZZ_CHECK(csv_read(&g, m) == 0);
			FUZZ_CHECK(size > CSV_LINE_MAX ||
			           (g.count == 1 && strcmp(csv_col(&g.row[0], 1), csv_col(&f->row[i], k)) == 0));
			(void)fclose(m);
			csv_free(&g);
			free(text);
		}
}

static void csv_file(const uint8_t *data, size_t size, unsigned kind)
{
	FILE *in = fmemopen((void *)(uintptr_t)data, size, "r"), *null = fopen("/dev/null", "w");
	struct csv f = { .file = "fuzz" };

	FUZZ_CHECK(in != NULL && null != NULL);
	FUZZ_CHECK(csv_read(&f, in) == 0);
	written_again(&f);
	if (kind == 0)
		areas(&f);
	else if (kind == 1)
		bar_rows_check(&f);
	else
		for (unsigned i = 0; i < f.count; i++)
			tariff_row(&f, &f.row[i]);
	csv_report(&f, null);
	(void)fclose(null);
	(void)fclose(in);
	csv_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rating_call call;
	char text[600];

	if (size < 2)
		return 0;
	if (data[0] % 8 < 3) {
		csv_file(data + 1, size - 1, data[0] % 8);
		return 0;
	}
	if (size > sizeof(text))
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] % 8 == 3)
		rate_text(text);
	else if (data[0] % 8 == 4)
		zone_text(text);
	else
		(void)rating_call_parse(text, &call);
	return 0;
}
