/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/record_export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "billing/tariff_csv.h"
#include "core/magic.h"
#include "core/random.h"
#include "core/stamp.h"

#define PAGE_ROWS  5000 /* a transaction and about 2 MB each */
#define FIELD_MAX  600
#define PROVIDERS  10000

/* The file's columns; only ever added to, at the end. Two words: the column of the table is called otherwise. */
static const char *const leg_columns[] = {
	"leg leg_id",
	"call call_id",
	"account account_id",
	"provider",
	"node",
	"role",
	"party_order",
	"direction",
	"trunk",
	"channel",
	"timeslot",
	"call_reference",
	"bearer",
	"calling",
	"calling_raw",
	"calling_ton",
	"calling_npi",
	"presentation",
	"screening",
	"called",
	"called_raw",
	"called_ton",
	"called_npi",
	"redirecting",
	"redirecting_raw",
	"began_at",
	"alerting_at",
	"answered_at",
	"ended_at",
	"talk_ms",
	"cause",
	"location",
	"cleared_by",
	"tariff",
	"tariff_version",
	"price_e4",
	"rate",
	"charged_ms",
	"billable_s",
	"amount_e4",
	"transfer transfer_id",
	"cut",
	"codec",
	"received_packets",
	"lost_packets",
	"jitter_us",
	"round_trip_us",
	"remote_lost_permille",
	"mos_x100",
};
static const char *const call_columns[] = {
	"call call_id", "booking booking_id", "account account_id", "provider", "host", "service", "node", "began_at", "ended_at",
	"cause", "amount_e4",
};

static const struct record_file {
	const char        *word, *table, *id;
	const char *const *column;
	unsigned           columns;
} files[] = {
	[RECORD_LEGS] = { "legs", "leg_record", "leg_id", leg_columns, ARRAY_LEN(leg_columns) },
	[RECORD_CALLS] = { "calls", "call_record", "call_id", call_columns, ARRAY_LEN(call_columns) },
};

struct export {
	struct record_export     *x;
	const struct record_file *file;
	char                      audit_id[ID_SIZE];
	int64_t                   provider[PROVIDERS]; /* 0: nobody's */
	unsigned                  providers, p;
	char                      sql[3000];
	struct export_place {
		char at[STAMP_SIZE], id[ID_SIZE];
	} behind, last;                   /* the page begins behind the one, and ends with the other */
	FILE                     *page;
	unsigned                  rows; /* of the page */
};

/* ---- what is written ---- */

static size_t name_length(const char *column)
{
	return strcspn(column, " ");
}

static void header_write(const struct record_file *f, FILE *out)
{
	for (unsigned i = 0; i < f->columns; i++)
		(void)fprintf(out, "%s%.*s", i ? "," : "# ", (int)name_length(f->column[i]), f->column[i]);
	(void)fputc('\n', out);
}

/* What a spreadsheet computes: begins with one of these, and is no number. */
static bool formula(const char *text)
{
	return text[0] && strchr("=+-@", text[0]) && strspn(text + 1, "0123456789") != strlen(text + 1);
}

static void field_write(const char *column, const char *text, FILE *out)
{
	size_t n = name_length(column);
	char safe[FIELD_MAX];

	if (n > 3 && memcmp(column + n - 3, "_at", 3) == 0 && strlen(text) > 11)
		(void)fprintf(out, "%.10sT%.12sZ", text, text + 11);
	else if (formula(text)) {
		(void)snprintf(safe, sizeof(safe), "'%s", text);
		csv_put(out, safe);
	} else
		csv_put(out, text);
}

/* The file's columns, then the two by which the next page is found. */
static int export_row(void *arg, const char *const *col, unsigned cols)
{
	struct export *e = arg;

	for (unsigned i = 0; i < e->file->columns; i++) {
		if (i)
			(void)fputc(',', e->page);
		field_write(e->file->column[i], col[i] ? col[i] : "", e->page);
	}
	(void)fputc('\n', e->page);
	(void)snprintf(e->last.at, sizeof(e->last.at), "%s", col[cols - 2]);
	(void)snprintf(e->last.id, sizeof(e->last.id), "%s", col[cols - 1]);
	e->rows++;
	return 0;
}

/* ---- what is asked ---- */

/* By the index by_provider: (provider_id, began_at, id). */
static void sql_make(struct export *e)
{
	const struct record_file *f = e->file;
	FILE *out = fmemopen(e->sql, sizeof(e->sql), "w");

	(void)fputs("SELECT ", out);
	for (unsigned i = 0; i < f->columns; i++) {
		const char *column = f->column[i] + name_length(f->column[i]);

		column = *column ? column + 1 : f->column[i];
		if (strcmp(column, "provider") == 0)
			(void)fputs("(SELECT p.name FROM provider p WHERE p.id = r.provider_id), ", out);
		else if (strcmp(column, "tariff") == 0)
			(void)fputs("(SELECT t.name FROM tariff t WHERE t.id = r.tariff_id), ", out);
		else if (e->x->kind == RECORD_CALLS && strcmp(column, "amount_e4") == 0)
			(void)fputs("(SELECT v.charge_e4 FROM v_call v WHERE v.call_id = r.call_id), ", out);
		else
			(void)fprintf(out, "r.%s, ", column);
	}
	(void)fprintf(
		out,
		"r.began_at, r.%s FROM %s r WHERE r.provider_id <=> NULLIF(?, 0) AND r.began_at >= ? AND r.began_at < ? AND "
		"(r.began_at > ? OR (r.began_at = ? AND r.%s > ?)) ORDER BY r.began_at, r.%s LIMIT %d",
		f->id, f->table, f->id, f->id, PAGE_ROWS);
	(void)fclose(out);
}

static int page_tx(struct store_conn *c, void *arg)
{
	struct export *e = arg;
	const struct export_place *b = &e->behind;
	int err;

	rewind(e->page); /* a try before was cut */
	e->rows = 0;
	err = store_query(c, export_row, e, e->sql, "ittsss", e->provider[e->p], e->x->from_utc_us, e->x->to_utc_us, b->at, b->at,
	                  b->id);
	return err == -ENOENT ? 0 : err;
}

/* Whole in memory, then to the file: a transaction may be repeated. */
static int page_write(struct store *s, struct export *e)
{
	char *text = NULL;
	size_t size = 0;
	int err;

	e->page = open_memstream(&text, &size);
	if (e->page == NULL)
		return -ENOMEM;
	err = store_tx(s, page_tx, e);
	if (fclose(e->page) != 0 && !err)
		err = -ENOMEM;
	if (!err && fwrite(text, 1, size, e->x->out) != size)
		err = -ENOSPC;
	free(text);
	if (!err) {
		e->x->rows += e->rows;
		e->behind = e->last;
	}
	return err;
}

/* ---- whose, how many, and that it was asked ---- */

static int provider_row(void *arg, const char *const *col, unsigned cols)
{
	struct export *e = arg;

	(void)cols;
	if (e->providers == PROVIDERS)
		return -E2BIG;
	e->provider[e->providers++] = strtoll(col[0], NULL, 10);
	return 0;
}

static int count_add(struct store_conn *c, struct export *e, int64_t provider)
{
	char sql[200];
	int64_t rows;
	int err;

	(void)snprintf(sql, sizeof(sql),
	               "SELECT COUNT(*) FROM %s WHERE provider_id <=> NULLIF(?, 0) AND began_at >= ? AND began_at < ?",
	               e->file->table);
	err = store_query_int(c, &rows, sql, "itt", provider, e->x->from_utc_us, e->x->to_utc_us);
	if (!err)
		e->x->rows += (uint64_t)rows;
	return err;
}

static int begin_tx(struct store_conn *c, void *arg)
{
	struct export *e = arg;
	struct record_export *x = e->x;
	char from[STAMP_SIZE], to[STAMP_SIZE], after[120];
	int err;

	x->rows = 0;
	e->providers = 0;
	if (x->provider == NULL)
		e->provider[e->providers++] = 0;
	err = store_query(c, provider_row, e, "SELECT id FROM provider WHERE ? IS NULL OR name = ? ORDER BY id", "ss",
	                  x->provider, x->provider);
	for (unsigned i = 0; !err && i < e->providers; i++)
		err = count_add(c, e, e->provider[i]);
	if (!err && x->rows_most && x->rows > x->rows_most)
		err = -E2BIG;
	if (err)
		return err;
	stamp_utc(x->from_utc_us, from);
	stamp_utc(x->to_utc_us, to);
	(void)snprintf(after, sizeof(after), "%s from %s to %s: %llu", e->file->word, from, to, (unsigned long long)x->rows);
	return billing_audit(c, &(struct audit_entry){ .id = e->audit_id,
	                                               .who = x->who,
	                                               .what = "records.export",
	                                               .subject = x->provider ? x->provider : "",
	                                               .after = after,
	                                               .at_utc_us = x->at_utc_us });
}

int record_export(struct store *s, struct record_export *x)
{
	struct export *e;
	int err;

	x->rows = 0;
	if (x->from_utc_us >= x->to_utc_us)
		return -EINVAL;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	e->x = x;
	e->file = &files[x->kind];
	random_id(e->audit_id);
	sql_make(e);
	err = store_tx(s, begin_tx, e);
	if (!err) {
		x->rows = 0;
		header_write(e->file, x->out);
	}
	for (e->p = 0; !err && e->p < e->providers; e->p++) {
		e->behind = (struct export_place){ .at = "1970-01-01 00:00:00.000" };
		do
			err = page_write(s, e);
		while (!err && e->rows == PAGE_ROWS);
	}
	if (!err && fflush(x->out) != 0)
		err = -ENOSPC;
	free(e);
	return err;
}
