/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of calls, rated by a tariff. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/money.h"
#include "billing/rating_book.h"
#include "cli/database.h"
#include "core/clock.h"

struct try {
	const struct rate_book *book;
	const char             *file;
	unsigned                rated, without, wrong;
	int64_t                 sum_e4;
};

static void try_line(struct cli *c, struct try *t, char *line, unsigned number)
{
	char amount[MONEY_TEXT_MAX];
	struct rating_call call;
	const struct rate *r;
	int64_t e4;

	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == '#' || line[0] == '\0')
		return;
	if (rating_call_parse(line, &call) != 0) {
		t->wrong++;
		fprintf(c->err, "%s:%u: calling,called,answered (2026-03-02 10:00:00),talk ms are wanted\n", t->file, number);
		return;
	}
	r = rate_book_rate(t->book, rate_book_area(t->book, call.calling), call.called);
	if (r == NULL) {
		t->without++;
		fprintf(c->err, "%s:%u: no rate for %s\n", t->file, number, call.called);
		return;
	}
	e4 = rating_amount_e4(r, call.talk_ms, call.answered_utc_us);
	t->rated++;
	t->sum_e4 += e4;
	if (c->json)
		return;
	money_format_e4(e4, amount);
	fprintf(c->out, "%s,%s,%lld,%s\n", line, r->destination, (long long)rating_billable_s(r, call.talk_ms), amount);
}

/* What calls that were would cost by a tariff: to compare one with another before it is anybody's. */
static int run_try(struct cli *c)
{
	struct try t = { .file = c->arg[1] };
	int64_t at_utc_us = clock_utc_us();
	struct rate_book *book;
	char sum[MONEY_TEXT_MAX], *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	FILE *in;
	int err;

	if (c->at && !cli_time(c, c->at, &at_utc_us))
		return CLI_USAGE;
	err = cli_database(c);
	if (err != CLI_OK)
		return err;
	in = strcmp(t.file, "-") == 0 ? stdin : fopen(t.file, "re");
	if (in == NULL)
		return cli_complain(c, CLI_FAILED, "%s: %s", t.file, strerror(errno));
	err = rate_book_load(&book, c->store, c->arg[0], at_utc_us);
	if (!err) {
		t.book = book;
		while (getline(&line, &size, in) >= 0)
			try_line(c, &t, line, ++number);
		free(line);
		rate_book_free(book);
	}
	if (in != stdin)
		(void)fclose(in);
	if (err)
		return cli_database_error(c, err, "such tariff, or not at that time");
	money_format_e4(t.sum_e4, sum);
	if (c->json)
		output_json(c->out,
		            json_pack("{s:I, s:I, s:I, s:I}", "rated", (json_int_t)t.rated, "without_rate", (json_int_t)t.without,
		                      "wrong", (json_int_t)t.wrong, "sum_e4", (json_int_t)t.sum_e4));
	else
		fprintf(c->err, "%u rated, %u without a rate, %u no records; sum %s\n", t.rated, t.without, t.wrong, sum);
	return t.without || t.wrong ? CLI_FAILED : CLI_OK;
}

const struct cli_command cli_try_commands[] = {
	{ "tariff try", "NAME FILE [--at TIME]",
	  "What the calls of a file would cost by a tariff: calling,called,answered,talk ms a line.", 2, 2, run_try },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
