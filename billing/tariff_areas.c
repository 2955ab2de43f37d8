/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/tariff_areas.c - prefixes and ranges of numbers, made one thing: an interval of the numbers that begin so. From that
 * follows which are said twice, which overlap, and the fewest prefixes that are the same numbers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/tariff_internal.h"

#define RANGE_DIGITS_MAX 18 /* an integer; E.164 numbers have 15 */

struct interval { /* of numbers written with PREFIX_DIGITS_MAX digits, both ends in it */
	unsigned __int128 from, to;
	unsigned          row, line;
};

static unsigned __int128 padded(const char *digits, size_t n, char with)
{
	unsigned __int128 v = 0;

	for (size_t i = 0; i < PREFIX_DIGITS_MAX; i++)
		v = v * 10 + (unsigned)((i < n ? digits[i] : with) - '0');
	return v;
}

/* "8610", or "8613800000-8613800999": where its ends are. */
static bool range_split(const char *text, size_t *n, const char **to)
{
	*n = strspn(text, "0123456789");
	*to = text;
	if (text[*n] == '\0')
		return *n > 0 && *n <= PREFIX_DIGITS_MAX;
	*to = text + *n + 1;
	return text[*n] == '-' && *n > 0 && *n <= RANGE_DIGITS_MAX && tariff_digits(*to, RANGE_DIGITS_MAX) && strlen(*to) == *n &&
	       strncmp(text, *to, *n) <= 0;
}

static void area_row_check(struct csv *f, const struct csv_row *r, struct interval *v)
{
	const char *text = csv_col(r, 0), *to;
	size_t n;

	if (r->cols < 2 || r->cols > 3) {
		csv_bad(f, r->line, "prefix,area[,name] are wanted");
		return;
	}
	if (range_split(text, &n, &to)) {
		v->from = padded(text, n, '0');
		v->to = padded(to, n, '9');
		v->line = r->line;
	} else {
		csv_bad(f, r->line,
		        "prefix \"%.70s\": at most %d digits are wanted, or a range FROM-TO of one length, up to %d digits", text,
		        PREFIX_DIGITS_MAX, RANGE_DIGITS_MAX);
	}
	if (!tariff_digits(csv_col(r, 1), AREA_DIGITS_MAX))
		csv_bad(f, r->line, "area \"%.40s\": at most %d digits are wanted", csv_col(r, 1), AREA_DIGITS_MAX);
	if (!csv_utf8(csv_col(r, 2), NAME_CHARS_MAX))
		csv_bad(f, r->line, "the name has more than %d characters", NAME_CHARS_MAX);
}

/* By beginning, the wider first. */
static int interval_compare(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* Each either lies apart from those before it or within all that are still open; open[] is that stack. */
static int intervals_check(struct csv *f, struct interval *v, unsigned count)
{
	unsigned *open = calloc(count ? count : 1, sizeof(*open)), depth = 0;

	if (open == NULL)
		return -ENOMEM;
	qsort(v, count, sizeof(*v), interval_compare);
	for (unsigned i = 0; i < count; i++) {
		while (depth > 0 && v[open[depth - 1]].to < v[i].from)
			depth--;
		if (depth > 0) {
			const struct interval *in = &v[open[depth - 1]];

			if (in->from == v[i].from && in->to == v[i].to) {
				csv_bad(f, v[i].line, "said already in line %u", in->line);
				continue;
			}
			if (v[i].to > in->to) {
				unsigned first = in->line < v[i].line ? in->line : v[i].line;

				csv_bad(f, first == in->line ? v[i].line : in->line, "overlaps line %u in part", first);
			}
		}
		open[depth++] = i;
	}
	free(open);
	return 0;
}

/* ---- as prefixes ---- */

struct entries {
	struct area_entry *e;
	unsigned           count, size;
};

static int entry_add(struct entries *x, const char *prefix, size_t n, unsigned row)
{
	if (x->count == x->size) {
		unsigned size = x->size ? x->size * 2 : 1024;
		struct area_entry *e = realloc(x->e, size * sizeof(*e));

		if (e == NULL)
			return -ENOMEM;
		x->e = e;
		x->size = size;
	}
	memcpy(x->e[x->count].prefix, prefix, n);
	x->e[x->count].prefix[n] = '\0';
	x->e[x->count++].row = row;
	return 0;
}

/* The largest blocks of tens, hundreds, ... that fit, one after the other. */
static int range_add(struct entries *x, const char *text, size_t n, const char *to, unsigned row)
{
	uint64_t low = strtoull(text, NULL, 10), high = strtoull(to, NULL, 10);
	int err = 0;

	while (!err && low <= high) {
		uint64_t block = 1;
		char digits[RANGE_DIGITS_MAX + 8];
		size_t len = n;

		while (len > 1 && low % (block * 10) == 0 && high - low >= block * 10 - 1) {
			block *= 10;
			len--;
		}
		(void)snprintf(digits, sizeof(digits), "%0*llu", (int)n, (unsigned long long)low);
		err = entry_add(x, digits, len, row);
		low += block;
	}
	return err;
}

static int entry_compare(const void *a, const void *b)
{
	const struct area_entry *x = a, *y = b;
	int d = strcmp(x->prefix, y->prefix);

	return d ? d : (x->row > y->row) - (x->row < y->row);
}

/* v is in the order of interval_compare: wider ones before those within them, and so, of two entries for one prefix, the later
 * one is the narrower. */
static int entries_make(const struct csv *f, const struct interval *v, unsigned count, struct entries *x)
{
	unsigned kept = 0;
	int err = 0;

	for (unsigned i = 0; !err && i < count; i++) {
		const char *text = csv_col(&f->row[v[i].row], 0), *to;
		size_t n;

		(void)range_split(text, &n, &to);
		err = to == text ? entry_add(x, text, n, i) : range_add(x, text, n, to, i);
	}
	if (err)
		return err;
	if (x->count)
		qsort(x->e, x->count, sizeof(*x->e), entry_compare);
	for (unsigned i = 0; i < x->count; i++) {
		if (kept > 0 && strcmp(x->e[kept - 1].prefix, x->e[i].prefix) == 0)
			kept--;
		x->e[kept++] = x->e[i];
	}
	x->count = kept;
	for (unsigned i = 0; i < kept; i++)
		x->e[i].row = v[x->e[i].row].row;
	return 0;
}

int area_rows_read(struct csv *f, struct area_entry **entries, unsigned *count)
{
	struct interval *v = calloc(f->count ? f->count : 1, sizeof(*v));
	struct entries x = { 0 };
	unsigned good = 0;
	int err = v ? 0 : -ENOMEM;

	for (unsigned i = 0; !err && i < f->count; i++) {
		v[good] = (struct interval){ .row = i };
		area_row_check(f, &f->row[i], &v[good]);
		good += v[good].line != 0;
	}
	if (!err)
		err = intervals_check(f, v, good);
	if (!err && f->errors == 0 && !f->no_memory)
		err = entries_make(f, v, good, &x);
	free(v);
	if (err)
		free(x.e);
	*entries = err ? NULL : x.e;
	*count = err ? 0 : x.count;
	return err;
}
