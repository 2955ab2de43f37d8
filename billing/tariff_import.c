/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/tariff_import.c - areas, bars and tariffs from CSV: read and checked as a whole, then stored in one transaction. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "billing/internal.h"
#include "billing/tariff_internal.h"
#include "core/clock.h"
#include "core/random.h"

/* octets of one statement's rows: hundreds of thousands of areas are no hundreds of thousands of questions */
#define BATCH_SIZE 100000

struct import {
	const struct tariff_import *i;
	struct csv                  csv;
	struct area_entry          *area;
	unsigned                    areas;
	int64_t                     now_us, at_utc_us, version; /* version: of a tariff */
	/* of its row in the audit trail: there already in a try whose commit we did not hear of */
	char                        id[ID_SIZE];
};

/* ---- many rows in one statement ---- */

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

static void json_row(struct json *j, const char *const *cell, unsigned cells)
{
	j->text[j->len++] = j->rows++ ? ',' : '[';
	for (unsigned i = 0; i < cells; i++) {
		j->text[j->len++] = i ? ',' : '[';
		json_string(j, cell[i]);
	}
	j->text[j->len++] = ']';
}

/* True: full, or the last row was the last: the text is whole, and to be sent. */
static bool json_full(struct json *j, bool last)
{
	if (j->len <= BATCH_SIZE && !last)
		return false;
	j->text[j->len++] = ']';
	j->text[j->len] = '\0';
	j->len = 0;
	j->rows = 0;
	return true;
}

static int store_areas(struct store_conn *c, const struct import *m, struct json *j)
{
	int err = 0;

	for (unsigned i = 0; !err && i < m->areas; i++) {
		const struct csv_row *r = &m->csv.row[m->area[i].row];

		json_row(j, (const char *[]){ m->area[i].prefix, csv_col(r, 1), csv_col(r, 2) }, 3);
		if (json_full(j, i + 1 == m->areas))
			err = store_exec(
				c, NULL,
				"INSERT INTO number_area (prefix, area, name) SELECT a, b, c FROM JSON_TABLE(?, '$[*]' COLUMNS "
				"(a VARCHAR(32) PATH '$[0]', b VARCHAR(16) PATH '$[1]', c VARCHAR(64) CHARACTER SET utf8mb4 PATH "
			        "'$[2]')) j "
				"ON DUPLICATE KEY UPDATE area = j.b, name = j.c",
				"s", j->text);
	}
	return err;
}

static int store_bars(struct store_conn *c, const struct import *m, struct json *j)
{
	int err = 0;

	for (unsigned i = 0; !err && i < m->csv.count; i++) {
		const struct csv_row *r = &m->csv.row[i];

		json_row(j, (const char *[]){ csv_col(r, 0), csv_col(r, 1), csv_col(r, 2) }, 3);
		if (json_full(j, i + 1 == m->csv.count))
			err = store_exec(c, NULL,
			                 "REPLACE INTO number_bar (kind, pattern, reason) SELECT a, b, c FROM JSON_TABLE(?, "
			                 "'$[*]' COLUMNS "
			                 "(a VARCHAR(8) PATH '$[0]', b VARCHAR(32) PATH '$[1]', c VARCHAR(64) CHARACTER SET "
			                 "utf8mb4 PATH '$[2]')) j",
			                 "s", j->text);
	}
	return err;
}

/* ---- a tariff's version ---- */

struct version {
	int64_t tariff, number, until_us; /* until: the beginning of the one after it; 0: none */
};

static void rate_json(struct json *j, const struct csv_row *r, const struct tariff_row *t)
{
	char n[6][24], bands[400], rule[ZONE_RULE_MAX];
	const char *cell[11] = { csv_col(r, 0), csv_col(r, 1), n[0], n[1], n[2], n[3], n[4], bands, n[5], t->zone, rule };

	(void)snprintf(n[0], sizeof(n[0]), "%lld", (long long)t->rate.price_e4);
	(void)snprintf(n[1], sizeof(n[1]), "%lld", (long long)t->rate.setup_e4);
	(void)snprintf(n[2], sizeof(n[2]), "%u", t->rate.minimum_s);
	(void)snprintf(n[3], sizeof(n[3]), "%u", t->rate.increment_s);
	(void)snprintf(n[4], sizeof(n[4]), "%u", t->rate.free_s);
	(void)snprintf(n[5], sizeof(n[5]), "%d", t->rate.utc_offset_min);
	rate_bands_to_text(&t->rate, bands, sizeof(bands));
	rate_summer_to_text(&t->rate.summer, rule);
	json_row(j, cell, 11);
}

static int store_rates(struct store_conn *c, struct import *m, const struct version *v, struct json *j)
{
	int err = 0;

	for (unsigned i = 0; !err && i < m->csv.count; i++) {
		struct tariff_row t;

		if (!tariff_row_read(&m->csv, &m->csv.row[i], &t)) /* it was right before: a zone's file is gone meanwhile */
			return -EBADMSG;
		rate_json(j, &m->csv.row[i], &t);
		if (json_full(j, i + 1 == m->csv.count))
			err = store_exec(
				c, NULL,
				"INSERT INTO tariff_rate (tariff_id, version, valid_from, valid_to, class, prefix, price_e4, "
			        "setup_e4, "
				"minimum_s, increment_s, free_s, bands, utc_offset_min, zone, zone_rule) SELECT ?, ?, ?, ?, j.* "
			        "FROM "
				"JSON_TABLE(?, '$[*]' COLUMNS (a VARCHAR(8) PATH '$[0]', b VARCHAR(32) PATH '$[1]', c BIGINT "
			        "PATH "
				"'$[2]', d BIGINT PATH '$[3]', e INT PATH '$[4]', f INT PATH '$[5]', g INT PATH '$[6]', h "
			        "VARCHAR(400) "
				"PATH '$[7]', i INT PATH '$[8]', k VARCHAR(40) PATH '$[9]', l VARCHAR(48) PATH '$[10]')) j",
				"iitts", v->tariff, v->number, m->at_utc_us, v->until_us, j->text);
	}
	return err;
}

/* The moment the version is for: now and later, but for the first one. What calls were charged by stays what it was. */
static int version_place(struct store_conn *c, struct import *m, struct version *v)
{
	int64_t begun;
	int err = store_query_int(c, &begun,
	                          "SELECT COUNT(*) FROM (SELECT 1 FROM tariff_rate WHERE tariff_id = ? AND valid_from <= ? "
	                          "LIMIT 1) x",
	                          "it", v->tariff, m->now_us);

	if (!err && begun && m->at_utc_us < m->now_us) {
		csv_bad(&m->csv, 0, "tariff %s is in force: a new version begins now or later", m->i->name);
		return -EBADMSG;
	}
	if (!err)
		err = store_query_int(c, &v->number, "SELECT COALESCE(MAX(version), 0) + 1 FROM tariff_rate WHERE tariff_id = ?",
		                      "i", v->tariff);
	if (!err) /* of the same moment: not begun yet */
		err = store_exec(c, NULL, "DELETE FROM tariff_rate WHERE tariff_id = ? AND valid_from = ?", "it", v->tariff,
		                 m->at_utc_us);
	if (!err)
		err = store_query_int(
			c, &v->until_us,
			"SELECT CAST(COALESCE(UNIX_TIMESTAMP(MIN(valid_from)), 0) * 1000000 AS SIGNED) FROM tariff_rate "
			"WHERE tariff_id = ? AND valid_from > ?",
			"it", v->tariff, m->at_utc_us);
	if (!err)
		err = store_exec(
			c, NULL,
			"UPDATE tariff_rate SET valid_to = ? WHERE tariff_id = ? AND valid_from < ? AND (valid_to IS NULL OR "
			"valid_to > ?)",
			"titt", m->at_utc_us, v->tariff, m->at_utc_us, m->at_utc_us);
	return err;
}

/* A tariff is made for a provider, and stays its. */
static int store_provider(struct store_conn *c, struct import *m)
{
	const char *name = m->i->provider;
	int64_t provider = 1, its;
	int err = name ? store_query_int(c, &provider, "SELECT id FROM provider WHERE name = ?", "s", name) : 0;

	if (err == -ENOENT) {
		csv_bad(&m->csv, 0, "there is no provider %s", name);
		return -EBADMSG;
	}
	if (!err)
		err = store_exec(c, NULL, "INSERT IGNORE INTO tariff (provider_id, name) VALUES (?, ?)", "is", provider,
		                 m->i->name);
	if (!err && name)
		err = store_query_int(c, &its, "SELECT provider_id FROM tariff WHERE name = ?", "s", m->i->name);
	if (!err && name && its != provider) {
		csv_bad(&m->csv, 0, "tariff %s is another provider's", m->i->name);
		return -EBADMSG;
	}
	return err;
}

static int store_tariff(struct store_conn *c, struct import *m, struct json *j)
{
	struct version v = { 0 };
	int err = store_provider(c, m);

	if (!err) /* one import of a tariff at a time */
		err = store_query_int(c, &v.tariff, "SELECT id FROM tariff WHERE name = ? FOR UPDATE", "s", m->i->name);
	if (!err)
		err = version_place(c, m, &v);
	m->version = v.number;
	return err ? err : store_rates(c, m, &v, j);
}

/* ---- all of it ---- */

static int store_trail(struct store_conn *c, const struct import *m)
{
	static const char *const what[] = {
		[CSV_AREAS] = "area.import", [CSV_BARS] = "bar.import", [CSV_TARIFF] = "tariff.import"
	};
	char before[40] = "", version[40] = "", after[400], from[CLOCK_STAMP_SIZE] = "";

	if (m->i->kind == CSV_TARIFF) {
		clock_format_utc(m->at_utc_us, from, sizeof(from));
		(void)snprintf(version, sizeof(version), "version %lld: ", (long long)m->version);
		if (m->version > 1)
			(void)snprintf(before, sizeof(before), "version %lld", (long long)m->version - 1);
	}
	(void)snprintf(after, sizeof(after), "%s%u rows of %.200s%s%s", version, m->csv.count, m->i->file,
	               from[0] ? " from " : "", from);
	return billing_audit(c, &(struct audit_entry){ .id = m->id,
	                                               .who = m->i->who,
	                                               .what = what[m->i->kind],
	                                               .subject = m->i->name ? m->i->name : "",
	                                               .before = before[0] ? before : NULL,
	                                               .after = after,
	                                               .at_utc_us = m->now_us });
}

static int import_tx(struct store_conn *c, void *arg)
{
	struct import *m = arg;
	struct json *j;
	int err = billing_audited(c, m->id);

	if (err)
		return err > 0 ? 0 : err;
	j = calloc(1, sizeof(*j)); /* a new one each try: the last may have been cut */
	if (j == NULL)
		return -ENOMEM;
	if (m->i->kind == CSV_TARIFF)
		err = store_tariff(c, m, j);
	else
		err = m->i->kind == CSV_AREAS ? store_areas(c, m, j) : store_bars(c, m, j);
	free(j);
	if (!err && m->i->dry_run)
		return -ECANCELED; /* rolled back */
	return err ? err : store_trail(c, m);
}

static int import_read(struct import *m)
{
	struct csv *f = &m->csv;
	int err;

	if (m->i->kind == CSV_TARIFF && (m->i->name == NULL || m->i->name[0] == '\0' || !csv_utf8(m->i->name, NAME_CHARS_MAX)))
		csv_bad(f, 0, "a tariff has a name of at most %d characters", NAME_CHARS_MAX);
	err = csv_read(f, m->i->csv);
	if (err == -E2BIG)
		csv_bad(f, f->row[f->count - 1].line, "more than %d rows", CSV_ROWS_MAX);
	if (err && err != -E2BIG)
		return err;
	if (m->i->kind == CSV_AREAS)
		err = area_rows_read(f, &m->area, &m->areas);
	else
		err = 0;
	if (m->i->kind == CSV_BARS)
		bar_rows_check(f);
	if (m->i->kind == CSV_TARIFF)
		tariff_rows_check(f);
	if (f->count == 0 && f->errors == 0)
		csv_bad(f, 0, "the file has no rows");
	if (!err && f->no_memory)
		err = -ENOMEM;
	return err ? err : f->errors ? -EBADMSG : 0;
}

int tariff_import(struct store *s, const struct tariff_import *i, unsigned *rows)
{
	struct import m = { .i = i, .csv = { .file = i->file }, .now_us = clock_utc_us() };
	int err;

	m.now_us -= m.now_us % 1000; /* as the database keeps it */
	m.at_utc_us = i->at_utc_us ? i->at_utc_us - i->at_utc_us % 1000 : m.now_us;
	random_id(m.id);
	err = import_read(&m);
	if (!err)
		err = store_tx(s, import_tx, &m);
	if (err == -ECANCELED && i->dry_run)
		err = 0;
	csv_report(&m.csv, i->errors);
	if (!err)
		*rows = m.csv.count;
	free(m.area);
	csv_free(&m.csv);
	return err;
}
