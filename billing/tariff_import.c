/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/tariff_import.c - areas, bars and tariffs from CSV: read and checked as a whole, then stored in one transaction. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "billing/money.h"
#include "billing/tariff.h"

#define COLUMNS_MAX 8
#define NUMBER_MAX  31
#define AREA_MAX    15
#define NAME_CHARS   64
/* octets of one statement's rows: hundreds of thousands of areas are no hundreds of thousands of questions */
#define BATCH_SIZE  100000

struct csv_row {
	char    *col[COLUMNS_MAX]; /* into line */
	const char *key[2];        /* prefix; kind and pattern; class and prefix */
	int      cols;
	unsigned number;
	char    *line;
};

struct csv {
	enum csv_kind   kind;
	const char     *name;
	int64_t         at_utc_us;
	struct csv_row *row;
	unsigned        count, size;
	const char     *file;
	FILE           *errors;
	unsigned        bad;
};

/* ---- checking ---- */

static bool digits_only(const char *s, size_t most)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n <= most && s[n] == '\0';
}

/* A name for people: UTF-8 without control characters, as many characters as its column holds. */
static bool name_ok(const char *s)
{
	unsigned chars = 0;

	for (const unsigned char *p = (const unsigned char *)s; *p; chars++) {
		unsigned more = *p < 0x80                 ? 0
		                : *p >= 0xc2 && *p < 0xe0 ? 1
		                : *p >= 0xe0 && *p < 0xf0 ? 2
		                : *p >= 0xf0 && *p < 0xf5 ? 3
		                                          : 9;

		if (more == 9 || *p < 0x20 || *p == 0x7f)
			return false;
		for (p++; more > 0; more--, p++)
			if ((*p & 0xc0) != 0x80)
				return false;
	}
	return chars <= NAME_CHARS;
}

/* "480-1080:0.30;..." into the rate. */
static int bands_parse(struct rate *r, const char *text)
{
	char copy[CSV_LINE_MAX], *rest = copy, *one;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	r->band_count = 0;
	while ((one = strsep(&rest, ";")) != NULL) {
		char *to = strchr(one, '-'), *price = strchr(one, ':');
		struct rate_band *b = &r->band[r->band_count];

		if (to == NULL || price == NULL || price < to || r->band_count == RATE_BANDS_MAX)
			return -EINVAL;
		*to++ = *price++ = '\0';
		if (!digits_only(one, 4) || !digits_only(to, 4) || money_parse_e4(price, &b->price_e4) != 0)
			return -EINVAL;
		b->from_min = (uint16_t)atoi(one);
		b->to_min = (uint16_t)atoi(to);
		r->band_count++;
	}
	return 0;
}

/* The row as a rate, or what is wrong with it. */
static const char *tariff_parse(const struct csv_row *r, struct rate *rate)
{
	char *const *col = r->col;

	memset(rate, 0, sizeof(*rate));
	if (r->cols < 7 || r->cols > 8)
		return "class,prefix,price,set-up,minimum,increment,free[,bands] are wanted";
	if (strcmp(col[0], "local") != 0 && strcmp(col[0], "domestic") != 0 && strcmp(col[0], "prefix") != 0)
		return "the class is local, domestic or prefix";
	if (strcmp(col[0], "prefix") == 0 ? !digits_only(col[1], NUMBER_MAX) : col[1][0] != '\0')
		return "a prefix is digits, and only class prefix has one";
	if (money_parse_e4(col[2], &rate->price_e4) != 0 || money_parse_e4(col[3], &rate->setup_e4) != 0)
		return "price and set-up fee are amounts like 0.20";
	for (int i = 4; i < 7; i++)
		if (!digits_only(col[i], 6))
			return "minimum, increment and free are whole seconds";
	rate->minimum_s = (uint32_t)atoi(col[4]);
	rate->increment_s = (uint32_t)atoi(col[5]);
	rate->free_s = (uint32_t)atoi(col[6]);
	if (r->cols == 8 && col[7][0] != '\0' && bands_parse(rate, col[7]) != 0)
		return "bands are FROM-TO:PRICE with minutes of the day, at most 8, with ; between";
	if (!rating_valid(rate))
		return "amounts are 0 to 1000000, seconds at most 86400, the increment at least 1, minutes of the day 0 to 1440";
	return NULL;
}

static const char *areas_check(const struct csv_row *r)
{
	if (r->cols < 2 || r->cols > 3)
		return "prefix,area[,name] are wanted";
	if (!digits_only(r->col[0], NUMBER_MAX))
		return "the prefix is digits";
	if (!digits_only(r->col[1], AREA_MAX))
		return "the area is digits";
	return r->cols == 3 && !name_ok(r->col[2]) ? "the name is UTF-8, at most 64 characters" : NULL;
}

static const char *bars_check(const struct csv_row *r)
{
	bool prefix = r->cols == 3 && strcmp(r->col[0], "prefix") == 0;

	if (r->cols != 3 || (!prefix && strcmp(r->col[0], "exact") != 0))
		return "exact|prefix,pattern,reason are wanted";
	if (!digits_only(r->col[1] + (prefix && strncmp(r->col[1], "s:", 2) == 0 ? 2 : 0), NUMBER_MAX - 2))
		return "the pattern is digits (a prefix of short codes: s: and digits)";
	return name_ok(r->col[2]) ? NULL : "the reason is UTF-8, at most 64 characters";
}

static const char *csv_check(const struct csv *f, const struct csv_row *r)
{
	struct rate rate;

	switch (f->kind) {
	case CSV_AREAS: return areas_check(r);
	case CSV_BARS: return bars_check(r);
	case CSV_TARIFF: break;
	}
	return tariff_parse(r, &rate);
}

/* ---- reading ---- */

static void csv_bad(struct csv *f, unsigned line, const char *why)
{
	f->bad++;
	(void)fprintf(f->errors, "%s:%u: %s\n", f->file, line, why);
}

static int csv_add(struct csv *f, const char *text, unsigned number)
{
	struct csv_row *r;
	char *p;

	if (f->count == f->size) {
		unsigned n = f->size ? f->size * 2 : 1024;
		struct csv_row *row = realloc(f->row, n * sizeof(*row));

		if (row == NULL)
			return -ENOMEM;
		f->row = row;
		f->size = n;
	}
	r = &f->row[f->count];
	memset(r, 0, sizeof(*r));
	r->number = number;
	r->line = p = strdup(text);
	if (p == NULL)
		return -ENOMEM;
	f->count++;
	while (p && r->cols < COLUMNS_MAX)
		r->col[r->cols++] = strsep(&p, ",");
	if (p)
		r->cols = COLUMNS_MAX + 1;
	for (int i = 0; i < COLUMNS_MAX && i < r->cols; i++) { /* blanks around a word are nobody's meaning */
		char *s = r->col[i], *end = s + strlen(s);

		while (end > s && isblank((unsigned char)end[-1]))
			*--end = '\0';
		r->col[i] = s + strspn(s, " \t");
	}
	r->key[0] = r->col[0];
	r->key[1] = f->kind == CSV_AREAS || r->cols < 2 ? "" : r->col[1];
	return 0;
}

static int csv_line(struct csv *f, char *line, size_t len, unsigned number)
{
	const char *why;
	int err;

	if (strlen(line) != len) {
		csv_bad(f, number, "there is a zero octet in the line: this is no text");
		return 0;
	}
	line[strcspn(line, "#\r\n")] = '\0';
	if (line[strspn(line, " \t")] == '\0')
		return 0;
	if (len > CSV_LINE_MAX) {
		csv_bad(f, number, "the line is too long");
		return 0;
	}
	err = csv_add(f, line, number);
	why = err ? NULL : csv_check(f, &f->row[f->count - 1]);
	if (why)
		csv_bad(f, number, why);
	return err;
}

static int csv_compare_keys(const struct csv_row *x, const struct csv_row *y)
{
	int d = strcmp(x->key[0], y->key[0]);

	return d ? d : strcmp(x->key[1], y->key[1]);
}

static int csv_compare(const void *a, const void *b)
{
	const struct csv_row *x = *(const struct csv_row *const *)a, *y = *(const struct csv_row *const *)b;
	int d = csv_compare_keys(x, y);

	return d ? d : (x->number > y->number) - (x->number < y->number);
}

static int csv_check_twice(struct csv *f)
{
	const struct csv_row **sorted = calloc(f->count ? f->count : 1, sizeof(*sorted));

	if (sorted == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < f->count; i++)
		sorted[i] = &f->row[i];
	qsort(sorted, f->count, sizeof(*sorted), csv_compare);
	for (unsigned i = 1; i < f->count; i++)
		if (csv_compare_keys(sorted[i - 1], sorted[i]) == 0) {
			char why[80];

			(void)snprintf(why, sizeof(why), "said already in line %u", sorted[i - 1]->number);
			csv_bad(f, sorted[i]->number, why);
		}
	free(sorted);
	return 0;
}

static int csv_read(struct csv *f, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&line, &size, in)) >= 0)
		err = csv_line(f, line, (size_t)len, ++number);
	free(line);
	if (!err)
		err = csv_check_twice(f);
	if (!err && f->bad == 0 && f->count == 0)
		csv_bad(f, number, "the file has no rows");
	return err ? err : f->bad ? -EBADMSG : 0;
}

/* ---- storing ---- */

struct json { /* an array of arrays of strings, for JSON_TABLE */
	char     text[BATCH_SIZE + 4 * CSV_LINE_MAX];
	size_t   len;
	unsigned rows;
};

static void json_string(struct json *j, const char *s)
{
	j->text[j->len++] = '"';
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			j->text[j->len++] = '\\';
		j->text[j->len++] = *s;
	}
	j->text[j->len++] = '"';
}

static void json_row(struct json *j, const char *a, const char *b, const char *c)
{
	j->text[j->len++] = j->rows++ ? ',' : '[';
	j->text[j->len++] = '[';
	json_string(j, a);
	j->text[j->len++] = ',';
	json_string(j, b);
	j->text[j->len++] = ',';
	json_string(j, c);
	j->text[j->len++] = ']';
}

static int csv_store_batch(struct store_conn *c, enum csv_kind kind, struct json *j)
{
	int err;

	j->text[j->len++] = ']';
	j->text[j->len] = '\0';
	err = store_exec(
		c, NULL,
		kind == CSV_AREAS
			? "REPLACE INTO number_area (prefix, area, name) SELECT a, b, c FROM JSON_TABLE(?, '$[*]' COLUMNS "
			  "(a VARCHAR(32) PATH '$[0]', b VARCHAR(16) PATH '$[1]', c VARCHAR(64) PATH '$[2]')) j"
			: "REPLACE INTO number_bar (kind, pattern, reason) SELECT a, b, c FROM JSON_TABLE(?, '$[*]' COLUMNS "
			  "(a VARCHAR(8) PATH '$[0]', b VARCHAR(32) PATH '$[1]', c VARCHAR(64) PATH '$[2]')) j",
		"s", j->text);
	j->len = 0;
	j->rows = 0;
	return err;
}

static int csv_store_rows(struct store_conn *c, const struct csv *f)
{
	struct json *j = calloc(1, sizeof(*j));
	int err = j ? 0 : -ENOMEM;

	for (unsigned i = 0; !err && i < f->count; i++) {
		const struct csv_row *r = &f->row[i];

		json_row(j, r->col[0], r->col[1], r->cols > 2 ? r->col[2] : "");
		if (j->len > BATCH_SIZE || i + 1 == f->count)
			err = csv_store_batch(c, f->kind, j);
	}
	free(j);
	return err;
}

static int csv_store_rate(struct store_conn *c, const struct csv *f, int64_t tariff, int64_t version, const struct csv_row *r)
{
	struct rate rate;
	char bands[400];

	(void)tariff_parse(r, &rate); /* it was right before */
	rate_bands_to_text(&rate, bands, sizeof(bands));
	return store_exec(
		c, NULL,
		"INSERT INTO tariff_rate (tariff_id, version, valid_from, class, prefix, price_e4, setup_e4, minimum_s, "
		"increment_s, free_s, bands) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"iitssiiiiis", tariff, version, f->at_utc_us, r->col[0], r->col[1], rate.price_e4, rate.setup_e4,
		(int64_t)rate.minimum_s, (int64_t)rate.increment_s, (int64_t)rate.free_s, bands);
}

/* A new version from now on; calls that talk keep theirs. */
static int csv_store_tariff(struct store_conn *c, const struct csv *f)
{
	int64_t tariff, version = 0;
	int err = store_exec(c, NULL, "INSERT IGNORE INTO tariff (provider_id, name) VALUES (1, ?)", "s", f->name);

	if (!err)
		err = store_query_int(c, &tariff, "SELECT id FROM tariff WHERE name = ? FOR UPDATE", "s", f->name);
	/* of this very moment: ours, of a try whose commit we did not hear of, or one that nobody can have used */
	if (!err)
		err = store_exec(c, NULL, "DELETE FROM tariff_rate WHERE tariff_id = ? AND valid_from = ?", "it", tariff,
		                 f->at_utc_us);
	if (!err)
		err = store_query_int(c, &version, "SELECT COALESCE(MAX(version), 0) + 1 FROM tariff_rate WHERE tariff_id = ?",
		                      "i", tariff);
	if (!err)
		err = store_exec(c, NULL, "UPDATE tariff_rate SET valid_to = ? WHERE tariff_id = ? AND valid_to IS NULL", "ti",
		                 f->at_utc_us, tariff);
	for (unsigned i = 0; !err && i < f->count; i++)
		err = csv_store_rate(c, f, tariff, version, &f->row[i]);
	return err;
}

static int csv_store_tx(struct store_conn *c, void *arg)
{
	const struct csv *f = arg;

	return f->kind == CSV_TARIFF ? csv_store_tariff(c, f) : csv_store_rows(c, f);
}

int tariff_import(struct store *s, enum csv_kind kind, FILE *csv, const char *file, const char *name, int64_t at_utc_us,
                  FILE *errors, unsigned *rows)
{
	struct csv f = { .kind = kind, .name = name, .at_utc_us = at_utc_us, .file = file, .errors = errors };
	int err = 0;

	if (kind == CSV_TARIFF && (name == NULL || name[0] == '\0' || !name_ok(name))) {
		csv_bad(&f, 0, "a tariff has a name of at most 64 characters");
		return -EBADMSG;
	}
	err = csv_read(&f, csv);
	if (!err)
		err = store_tx(s, csv_store_tx, &f);
	if (!err)
		*rows = f.count;
	for (unsigned i = 0; i < f.count; i++)
		free(f.row[i].line);
	free(f.row);
	return err;
}
