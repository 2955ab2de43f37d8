/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tariffs, areas and bars as CSV (billing/tariff.h): brought in, taken out, tried on calls that were. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/rating_book.h"
#include "office/json.h"
#include "office/resources.h"
#include "office/tariff_of.h"

#define LINES_MAX 200

/* "FILE:12: text" a line -> [{line, detail}] */
static json_t *lines_json(char *report)
{
	json_t *list = json_array();

	for (char *line = report, *next; line && *line && json_array_size(list) < LINES_MAX; line = next) {
		char *colon = strchr(line, ':'), *end;
		long number;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number = colon ? strtol(colon + 1, &end, 10) : 0;
		(void)list_add(list, json_pack("{s:i, s:s+}", "line", (int)number, "detail",
		                               colon && number && *end == ':' ? end + 2 : colon ? colon + 2 : line, ""));
	}
	return list;
}

void answer_import(struct request *r, enum csv_kind kind, const char *name)
{
	struct tariff_import i = { .kind = kind,
		                   .file = "csv",
		                   .name = name,
		                   .provider = r->session.provider,
		                   .who = r->who,
		                   .dry_run = request_query_true(r, "dry_run") };
	char *report = NULL, nothing[] = "\n";
	size_t len = 0;
	unsigned rows = 0;
	int err = -ENOMEM;

	if (kind == CSV_TARIFF && !request_query_time(r, "at", 0, &i.at_utc_us))
		return;
	i.csv = fmemopen(r->text_len ? r->text : nothing, r->text_len ? r->text_len : 1, "r");
	i.errors = open_memstream(&report, &len);
	if (i.csv && i.errors)
		err = tariff_import(r->office->store, &i, &rows);
	if (i.csv)
		(void)fclose(i.csv);
	if (i.errors)
		(void)fclose(i.errors);
	if (err == -EBADMSG) {
		answer_problem(r, PROBLEM_INVALID_BODY, "nothing was imported");
		answer_more(r, "lines", lines_json(report));
	} else if (err) {
		answer_errno(r, err, "import");
	} else {
		answer_json(r, 200, json_pack("{s:I, s:b}", "rows", (json_int_t)rows, "dry_run", i.dry_run));
	}
	free(report);
}

void answer_export(struct request *r, enum csv_kind kind, const char *name, int64_t at_utc_us)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int err = out ? tariff_export(r->office->store, kind, name, at_utc_us, out) : -ENOMEM;

	if (out)
		(void)fclose(out);
	if (err == -ENOENT && kind != CSV_TARIFF) /* there are none: a file without rows */
		err = 0;
	if (err) {
		free(text);
		answer_errno(r, err, "version at that time");
		return;
	}
	answer_text(r, text, len, "text/csv; charset=utf-8");
}

void tariff_import_post(struct request *r)
{
	answer_import(r, CSV_TARIFF, r->param[0]);
}

void tariff_export_get(struct request *r)
{
	int64_t at;

	if (tariff_of_path(r) && request_query_time(r, "at", r->now_utc_us, &at))
		answer_export(r, CSV_TARIFF, r->param[0], at);
}

/* ---- what calls would cost ---- */

struct try {
	const struct request   *r;
	const struct rate_book *book;
	json_t                 *calls, *problems;
	json_int_t              rated, without, wrong;
	int64_t                 sum_e4;
};

static void try_problem(struct try *t, unsigned line, const char *detail)
{
	if (json_array_size(t->problems) < LINES_MAX)
		(void)list_add(t->problems, json_pack("{s:i, s:s}", "line", (int)line, "detail", detail));
}

static void try_line(struct try *t, const char *line, unsigned number)
{
	struct rating_call call;
	const struct rate *rate;
	char detail[80];
	int64_t e4;

	if (line[0] == '#' || line[0] == '\0')
		return;
	if (rating_call_parse(line, &call) != 0) {
		t->wrong++;
		try_problem(t, number, "calling,called,answered (2026-03-02 10:00:00),talk ms are wanted");
		return;
	}
	rate = rate_book_rate(t->book, rate_book_area(t->book, call.calling), call.called);
	if (rate == NULL) {
		t->without++;
		(void)snprintf(detail, sizeof(detail), "no rate for %s", call.called);
		try_problem(t, number, detail);
		return;
	}
	e4 = rating_amount_e4(rate, call.talk_ms, call.answered_utc_us);
	t->rated++;
	t->sum_e4 += e4;
	if (json_array_size(t->calls) < LINES_MAX)
		(void)list_add(t->calls,
		               json_pack("{s:i, s:s, s:s, s:I, s:o}", "line", (int)number, "called", call.called, "destination",
		                         rate->destination, "billable_s", (json_int_t)rating_billable_s(rate, call.talk_ms),
		                         "amount", money_json(t->r->office, e4)));
}

void tariff_try(struct request *r)
{
	struct try t = { .r = r };
	struct rate_book *book;
	unsigned number = 0;
	int64_t at;
	int err;

	if (!tariff_of_path(r) || !request_query_time(r, "at", r->now_utc_us, &at))
		return;
	err = rate_book_load(&book, r->office->store, r->param[0], at);
	if (err) {
		answer_errno(r, err, "version at that time");
		return;
	}
	t.book = book;
	t.calls = json_array();
	t.problems = json_array();
	for (char *line = r->text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		try_line(&t, line, ++number);
	}
	rate_book_free(book);
	answer_json(r, 200,
	            json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "rated", t.rated, "without_rate", t.without, "wrong", t.wrong,
	                      "sum", money_json(r->office, t.sum_e4), "calls", t.calls, "problems", t.problems));
}
