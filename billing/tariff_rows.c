/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/tariff_rows.c - the rows of the CSV files: what each must be, and what they must be together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/money.h"
#include "billing/tariff_internal.h"

bool tariff_digits(const char *s, unsigned most)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n <= most && s[n] == '\0';
}

/* ---- twice the same ---- */

static int row_compare(const void *a, const void *b)
{
	const struct csv_row *x = *(const struct csv_row *const *)a, *y = *(const struct csv_row *const *)b;
	int d = strcmp(csv_col(x, 0), csv_col(y, 0));

	if (d == 0)
		d = strcmp(csv_col(x, 1), csv_col(y, 1));
	return d ? d : (x->line > y->line) - (x->line < y->line);
}

static void rows_twice(struct csv *f)
{
	const struct csv_row **sorted = calloc(f->count ? f->count : 1, sizeof(*sorted));

	if (sorted == NULL) {
		f->no_memory = true;
		return;
	}
	for (unsigned i = 0; i < f->count; i++)
		sorted[i] = &f->row[i];
	qsort(sorted, f->count, sizeof(*sorted), row_compare);
	for (unsigned i = 1, first = 0; i < f->count; i++) {
		if (strcmp(csv_col(sorted[first], 0), csv_col(sorted[i], 0)) == 0 &&
		    strcmp(csv_col(sorted[first], 1), csv_col(sorted[i], 1)) == 0)
			csv_bad(f, sorted[i]->line, "said already in line %u", sorted[first]->line);
		else
			first = i;
	}
	free(sorted);
}

/* ---- bars ---- */

void bar_rows_check(struct csv *f)
{
	for (unsigned i = 0; i < f->count; i++) {
		const struct csv_row *r = &f->row[i];
		bool prefix = strcmp(csv_col(r, 0), "prefix") == 0;
		const char *pattern = csv_col(r, 1);

		if (r->cols != 3) {
			csv_bad(f, r->line, "exact|prefix,pattern,reason are wanted");
			continue;
		}
		if (!prefix && strcmp(csv_col(r, 0), "exact") != 0)
			csv_bad(f, r->line, "\"%.40s\": exact or prefix is wanted", csv_col(r, 0));
		if (!tariff_digits(pattern + (prefix && strncmp(pattern, "s:", 2) == 0 ? 2 : 0), PREFIX_DIGITS_MAX - 2))
			csv_bad(f, r->line, "the pattern is at most %d digits (a prefix of short codes: s: and digits)",
			        PREFIX_DIGITS_MAX - 2);
		if (!csv_utf8(csv_col(r, 2), NAME_CHARS_MAX))
			csv_bad(f, r->line, "the reason has more than %d characters", NAME_CHARS_MAX);
	}
	rows_twice(f);
}

/* ---- tariffs ---- */

static void amount_read(struct csv *f, const struct csv_row *r, unsigned col, const char *what, int64_t *e4)
{
	if (money_parse_e4(csv_col(r, col), e4) != 0 || *e4 < 0 || *e4 > RATE_PRICE_MAX_E4)
		csv_bad(f, r->line, "%s \"%.40s\": an amount of 0 to 1000000 like 0.20 is wanted", what, csv_col(r, col));
}

static void seconds_read(struct csv *f, const struct csv_row *r, unsigned col, const char *what, uint32_t least, uint32_t *s)
{
	const char *text = csv_col(r, col);

	*s = tariff_digits(text, 6) ? (uint32_t)atoi(text) : UINT32_MAX;
	if (*s < least || *s > RATE_SECONDS_MAX)
		csv_bad(f, r->line, "%s \"%.40s\": whole seconds, %u to %d, are wanted", what, text, least, RATE_SECONDS_MAX);
}

static void zone_read(struct csv *f, const struct csv_row *r, struct tariff_row *t)
{
	const char *text = csv_col(r, 8);
	int err = rate_zone_find(text[0] ? text : "+08:00", &t->rate.utc_offset_min, &t->rate.summer);

	if (err == -ENOTSUP)
		csv_bad(f, r->line, "zone \"%.40s\" changes its clocks by no yearly rule: write an offset like +01:00", text);
	else if (err)
		csv_bad(f, r->line, "zone \"%.40s\": Asia/Shanghai or +08:00 are wanted (is tzdata installed?)", text);
	else if (strchr("+-", text[0]) == NULL && strcmp(text, "Z") != 0)
		(void)snprintf(t->zone, sizeof(t->zone), "%s", text);
}

bool tariff_row_read(struct csv *f, const struct csv_row *r, struct tariff_row *t)
{
	const char *class = csv_col(r, 0), *prefix = csv_col(r, 1);
	bool is_prefix = strcmp(class, "prefix") == 0;
	unsigned before = f->errors;

	memset(t, 0, sizeof(*t));
	if (r->cols < 7 || r->cols > 9) {
		csv_bad(f, r->line, "class,prefix,price,set-up,minimum,increment,free[,bands[,zone]] are wanted");
		return false;
	}
	if (!is_prefix && strcmp(class, "local") != 0 && strcmp(class, "domestic") != 0)
		csv_bad(f, r->line, "class \"%.40s\": local, domestic or prefix is wanted", class);
	if (is_prefix ? !tariff_digits(prefix, PREFIX_DIGITS_MAX) : prefix[0] != '\0')
		csv_bad(f, r->line, "a prefix is at most %d digits, and only class prefix has one", PREFIX_DIGITS_MAX);
	amount_read(f, r, 2, "price", &t->rate.price_e4);
	amount_read(f, r, 3, "set-up fee", &t->rate.setup_e4);
	seconds_read(f, r, 4, "minimum", 0, &t->rate.minimum_s);
	seconds_read(f, r, 5, "increment", 1, &t->rate.increment_s);
	seconds_read(f, r, 6, "free time", 0, &t->rate.free_s);
	if (tariff_bands_parse(&t->rate, csv_col(r, 7)) != 0)
		csv_bad(f, r->line, "bands are [DAYS ]FROM-TO:PRICE like mon-fri 08:00-18:00:0.30, at most %d, with ; between",
		        RATE_BANDS_MAX);
	for (unsigned i = 0; i < t->rate.band_count; i++)
		if (t->rate.band[i].price_e4 < 0 || t->rate.band[i].price_e4 > RATE_PRICE_MAX_E4)
			csv_bad(f, r->line, "the price of a band is an amount of 0 to 1000000");
	zone_read(f, r, t);
	if (f->errors == before && !rating_valid(&t->rate))
		csv_bad(f, r->line, "the rate is out of limits");
	return f->errors == before;
}

void tariff_rows_check(struct csv *f)
{
	struct tariff_row t;

	for (unsigned i = 0; i < f->count; i++)
		(void)tariff_row_read(f, &f->row[i], &t);
	rows_twice(f);
}
