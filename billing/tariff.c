/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/tariff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "billing/money.h"

#define RATE_COLUMNS \
	"class, prefix, price_e4, setup_e4, minimum_s, increment_s, free_s, bands, utc_offset_min, version, tariff_id"

/* ---- looking up ---- */

/* "'8','86','861',...": the number's prefixes, so that the longest is found by the index and not by reading all. The number's
 * characters are checked. */
static int prefix_list(const char *number, char *out, size_t size)
{
	size_t n = 0, len = strlen(number);

	if (len == 0 || len > 31 || strspn(number, "0123456789s:*#") != len)
		return -EINVAL;
	for (size_t i = 1; i <= len; i++)
		n += (size_t)snprintf(out + n, size - n, "%s'%.*s'", i > 1 ? "," : "", (int)i, number);
	return n < size ? 0 : -EINVAL;
}

static int area_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	(void)snprintf(arg, 16, "%s", col[0]);
	return 1;
}

int tariff_area(struct store_conn *c, const char *number, char area[16])
{
	char list[1024], sql[1400];
	int err;

	area[0] = '\0';
	if (prefix_list(number, list, sizeof(list)) != 0)
		return 0;
	(void)snprintf(sql, sizeof(sql), "SELECT area FROM number_area WHERE prefix IN (%s) ORDER BY LENGTH(prefix) DESC LIMIT 1",
	               list);
	err = store_query(c, area_row, area, sql, "");
	return err == -ENOENT ? 0 : err;
}

/* Rule 13: emergency numbers exactly, bare or behind any area code; ranges by prefix. */
int tariff_barred(struct store_conn *c, const char *number)
{
	int64_t n;
	int err = store_query_int(
		c, &n,
		"SELECT COUNT(*) FROM number_bar b WHERE (b.kind = 'prefix' AND LEFT(?, LENGTH(b.pattern)) = b.pattern) OR "
	        "(b.kind = 'exact' AND "
		"(? = b.pattern OR ? = CONCAT('s:', b.pattern) OR (RIGHT(?, LENGTH(b.pattern)) = b.pattern AND EXISTS "
		"(SELECT 1 FROM number_area a WHERE a.prefix = LEFT(?, LENGTH(?) - LENGTH(b.pattern))))))",
		"ssssss", number, number, number, number, number, number);

	return err ? err : n > 0;
}

static int rate_row(void *arg, const char *const *col, unsigned cols)
{
	struct rate *r = arg;

	(void)cols;
	memset(r, 0, sizeof(*r));
	(void)snprintf(r->destination, sizeof(r->destination), "%s", strcmp(col[0], "prefix") == 0 ? col[1] : col[0]);
	r->price_e4 = strtoll(col[2], NULL, 10);
	r->setup_e4 = strtoll(col[3], NULL, 10);
	r->minimum_s = (uint32_t)strtoul(col[4], NULL, 10);
	r->increment_s = (uint32_t)strtoul(col[5], NULL, 10);
	r->free_s = (uint32_t)strtoul(col[6], NULL, 10);
	r->utc_offset_min = (int16_t)strtol(col[8], NULL, 10);
	r->version = (int)strtol(col[9], NULL, 10);
	r->tariff_id = strtoll(col[10], NULL, 10);
	if (r->increment_s == 0 || rate_bands_from_text(r, col[7]) != 0)
		return -EIO;
	return 1;
}

int tariff_rate(struct store_conn *c, int64_t tariff_id, const char *origin_area, const char *called, int64_t at_utc_us,
                struct rate *r)
{
	char list[1024], sql[1600], area[16];
	int err;

	if (prefix_list(called, list, sizeof(list)) != 0)
		return -ENOENT;
	(void)snprintf(sql, sizeof(sql),
	               "SELECT " RATE_COLUMNS
	               " FROM tariff_rate WHERE tariff_id = ? AND class = 'prefix' AND prefix IN (%s) AND valid_from <= ? AND "
	               "(valid_to IS NULL OR valid_to > ?) ORDER BY LENGTH(prefix) DESC, valid_from DESC LIMIT 1",
	               list);
	err = store_query(c, rate_row, r, sql, "itt", tariff_id, at_utc_us, at_utc_us);
	if (err != -ENOENT)
		return err;
	err = tariff_area(c, called, area);
	if (err || area[0] == '\0')
		return err ? err : -ENOENT;
	return store_query(
		c, rate_row, r,
		"SELECT " RATE_COLUMNS
		" FROM tariff_rate WHERE tariff_id = ? AND class = ? AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?) "
		"ORDER BY valid_from DESC LIMIT 1",
		"istt", tariff_id, strcmp(area, origin_area) == 0 ? "local" : "domestic", at_utc_us, at_utc_us);
}

struct cheapest {
	int64_t at_utc_us, first_e4;
	bool    any;
};

static int cheapest_row(void *arg, const char *const *col, unsigned cols)
{
	struct cheapest *q = arg;
	struct rate r;
	int err = rate_row(&r, col, cols);
	int64_t first = err == 1 ? rating_first_e4(&r, q->at_utc_us) : 0;

	if (err == 1 && (!q->any || first < q->first_e4))
		q->first_e4 = first;
	q->any = true;
	return err == 1 ? 0 : err;
}

int tariff_cheapest_first(struct store_conn *c, int64_t tariff_id, int64_t at_utc_us, int64_t *first_e4)
{
	struct cheapest q = { .at_utc_us = at_utc_us };
	int err = store_query(c, cheapest_row, &q,
	                      "SELECT " RATE_COLUMNS
	                      " FROM tariff_rate WHERE tariff_id = ? AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)",
	                      "itt", tariff_id, at_utc_us, at_utc_us);

	if (q.any && (err == 0 || err == -ENOENT)) {
		*first_e4 = q.first_e4;
		return 0;
	}
	return err ? err : -ENOENT;
}

/* ---- importing ---- */

#define CSV_COLUMNS_MAX 8

struct csv_row {
	char *col[CSV_COLUMNS_MAX];
	int   cols;
	char *line;
};

struct csv {
	enum csv_kind   kind;
	const char     *name;
	int64_t         at_utc_us;
	struct csv_row *row;
	unsigned        count, size;
};

static bool digits_only(const char *s)
{
	return s[0] != '\0' && strlen(s) <= 31 && strspn(s, "0123456789") == strlen(s);
}

static const char *csv_check_tariff(const struct csv_row *r)
{
	struct rate bands;
	int64_t money;

	if (r->cols < 7)
		return "class,prefix,price,set-up,minimum,increment,free[,bands] are wanted";
	if (strcmp(r->col[0], "local") != 0 && strcmp(r->col[0], "domestic") != 0 && strcmp(r->col[0], "prefix") != 0)
		return "the class is local, domestic or prefix";
	if (strcmp(r->col[0], "prefix") == 0 ? !digits_only(r->col[1]) : r->col[1][0] != '\0')
		return "a prefix is digits, and only class prefix has one";
	if (money_parse_e4(r->col[2], &money) != 0 || money < 0 || money_parse_e4(r->col[3], &money) != 0 || money < 0)
		return "price and set-up fee are amounts like 0.20, not negative";
	for (int i = 4; i < 7; i++)
		if (!digits_only(r->col[i]) || strlen(r->col[i]) > 6)
			return "minimum, increment and free are whole seconds";
	if (atoi(r->col[5]) < 1)
		return "the increment is at least 1 second";
	if (r->cols > 7 && rate_bands_from_text(&bands, r->col[7]) != 0)
		return "bands are FROM-TO:PRICE in minutes of the day and 1/10000, with ; between";
	return NULL;
}

static const char *csv_check(const struct csv *f, const struct csv_row *r)
{
	switch (f->kind) {
	case CSV_AREAS:
		return r->cols < 2 || r->cols > 3                          ? "prefix,area[,name] are wanted"
		       : !digits_only(r->col[0])                           ? "the prefix is digits"
		       : !digits_only(r->col[1]) || strlen(r->col[1]) > 15 ? "the area is digits"
		                                                           : NULL;
	case CSV_BARS:
		if (r->cols != 3 || (strcmp(r->col[0], "exact") != 0 && strcmp(r->col[0], "prefix") != 0))
			return "exact|prefix,pattern,reason are wanted";
		return digits_only(r->col[1]) ? NULL : "the pattern is digits";
	case CSV_TARIFF:
		break;
	}
	return csv_check_tariff(r);
}

static int csv_add(struct csv *f, const char *text)
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
	r->line = p = strdup(text);
	if (p == NULL)
		return -ENOMEM;
	f->count++;
	while (p && r->cols < CSV_COLUMNS_MAX)
		r->col[r->cols++] = strsep(&p, ",");
	if (p)
		r->cols = CSV_COLUMNS_MAX + 1;
	return 0;
}

static int csv_read(struct csv *f, FILE *in, const char *file, FILE *errors)
{
	char line[1000];
	unsigned number = 0, bad = 0;
	int err = 0;

	while (!err && fgets(line, sizeof(line), in)) {
		const char *why;

		number++;
		line[strcspn(line, "#\r\n")] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		err = csv_add(f, line);
		why = err ? NULL : csv_check(f, &f->row[f->count - 1]);
		if (why) {
			(void)fprintf(errors, "%s:%u: %s\n", file, number, why);
			bad++;
		}
	}
	return err ? err : bad || f->count == 0 ? -EBADMSG : 0;
}

static int csv_store_rate(struct store_conn *c, const struct csv *f, int64_t tariff, int64_t version, const struct csv_row *r)
{
	int64_t price = 0, setup = 0;

	(void)money_parse_e4(r->col[2], &price);
	(void)money_parse_e4(r->col[3], &setup);
	return store_exec(c, NULL,
	                  "INSERT INTO tariff_rate (tariff_id, version, valid_from, class, prefix, price_e4, setup_e4, "
	                  "minimum_s, increment_s, free_s, bands) "
	                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	                  "iitssiiiiis", tariff, version, f->at_utc_us, r->col[0], r->col[1], price, setup,
	                  (int64_t)atoi(r->col[4]), (int64_t)atoi(r->col[5]), (int64_t)atoi(r->col[6]),
	                  r->cols > 7 ? r->col[7] : "");
}

/* A new version from now on; calls that talk keep theirs. */
static int csv_store_tariff(struct store_conn *c, const struct csv *f)
{
	int64_t tariff, version;
	int err = store_exec(c, NULL, "INSERT IGNORE INTO tariff (provider_id, name) VALUES (1, ?)", "s", f->name);

	if (!err)
		err = store_query_int(c, &tariff, "SELECT id FROM tariff WHERE name = ?", "s", f->name);
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
	int err = 0;

	if (f->kind == CSV_TARIFF)
		return csv_store_tariff(c, f);
	for (unsigned i = 0; !err && i < f->count; i++) {
		const struct csv_row *r = &f->row[i];

		if (f->kind == CSV_AREAS)
			err = store_exec(c, NULL, "REPLACE INTO number_area (prefix, area, name) VALUES (?, ?, ?)", "sss",
			                 r->col[0], r->col[1], r->cols > 2 ? r->col[2] : "");
		else
			err = store_exec(c, NULL, "REPLACE INTO number_bar (kind, pattern, reason) VALUES (?, ?, ?)", "sss",
			                 r->col[0], r->col[1], r->col[2]);
	}
	return err;
}

int tariff_import(struct store *s, enum csv_kind kind, FILE *csv, const char *file, const char *name, int64_t at_utc_us,
                  FILE *errors, unsigned *rows)
{
	struct csv f = { .kind = kind, .name = name, .at_utc_us = at_utc_us };
	int err = csv_read(&f, csv, file, errors);

	if (!err)
		err = store_tx(s, csv_store_tx, &f);
	if (!err)
		*rows = f.count;
	for (unsigned i = 0; i < f.count; i++)
		free(f.row[i].line);
	free(f.row);
	return err;
}
