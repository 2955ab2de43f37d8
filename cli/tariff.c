/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Areas, bars and tariffs, and what a call would cost. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/account.h"
#include "billing/tariff.h"
#include "cli/database.h"
#include "core/clock.h"
#include "core/magic.h"

/* ---- import
 * ---------------------------------------------------------------------------------------------------------------------- */

/* 2026-03-04 or 2026-03-04T05:06:07 UTC, or what --at does not give: now. False after a complaint. */
static bool at_time(struct cli *c, int64_t *at_utc_us)
{
	static const int before[13] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	int y, mo, d, h = 0, mi = 0, s = 0, n = 0, rest = 0;
	bool leap, ok;
	int64_t days;

	if (c->at == NULL) {
		*at_utc_us = clock_utc_us();
		return true;
	}
	ok = sscanf(c->at, "%4d-%2d-%2d%n", &y, &mo, &d, &n) == 3;
	if (ok && c->at[n])
		ok = sscanf(c->at + n, "%*1[ T]%2d:%2d:%2d%n", &h, &mi, &s, &rest) == 3 && c->at[n + rest] == '\0';
	ok = ok && y >= 2000 && y <= 2199 && mo >= 1 && mo <= 12 && h >= 0 && h <= 23 && mi >= 0 && mi <= 59 && s >= 0 && s <= 59;
	leap = ok && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
	if (!ok || d < 1 || d > before[mo] - before[mo - 1] + (leap && mo == 2)) {
		(void)cli_usage(c, "\"%s\" is no time: 2026-03-04 or 2026-03-04T05:06:07, UTC", c->at);
		return false;
	}
	days = (int64_t)(y - 1970) * 365 + (y - 1969) / 4 - (y - 1901) / 100 + (y - 1601) / 400 + before[mo - 1] +
	       (leap && mo > 2) + d - 1;
	*at_utc_us = CLOCK_SEC(((days * 24 + h) * 60 + mi) * 60 + s);
	return true;
}

static int import(struct cli *c, enum csv_kind kind, const char *name, const char *path)
{
	int64_t at_utc_us;
	unsigned rows = 0;
	int status, err;
	FILE *csv;

	if (!at_time(c, &at_utc_us))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	csv = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (csv == NULL)
		return cli_complain(c, CLI_FAILED, "%s: %s", path, strerror(errno));
	err = tariff_import(c->store, kind, csv, path, name, at_utc_us, c->err, &rows);
	if (csv != stdin)
		(void)fclose(csv);
	if (err == -EBADMSG)
		return cli_complain(c, CLI_FAILED, "nothing was imported from %s", path);
	if (err)
		return cli_database_error(c, err, path);
	if (c->json)
		cli_show(c, json_pack("{s:I}", "rows", (json_int_t)rows), NULL, NULL);
	else
		fprintf(c->out, "%u row%s imported\n", rows, rows == 1 ? "" : "s");
	return CLI_OK;
}

static int run_area_import(struct cli *c)
{
	return import(c, CSV_AREAS, NULL, c->arg[0]);
}

static int run_bar_import(struct cli *c)
{
	return import(c, CSV_BARS, NULL, c->arg[0]);
}

static int run_tariff_import(struct cli *c)
{
	return import(c, CSV_TARIFF, c->arg[0], c->arg[1]);
}

/* ---- looking
 * --------------------------------------------------------------------------------------------------------------------- */

static int show_rows(struct cli *c, const char *const *names, const struct column *columns, const char *empty, unsigned limit,
                     const char *sql, const char *a)
{
	json_t *list;
	int status = cli_database(c);

	if (status == CLI_OK)
		status = cli_rows(c, &list, names, limit, sql, a, NULL);
	if (status == CLI_OK)
		cli_show(c, list, columns, empty);
	return status;
}

static int run_area_list(struct cli *c)
{
	static const char *const names[] = { "prefix", "area", "name", NULL };
	static const struct column columns[] = { { "prefix", "PREFIX", COLUMN_TEXT },
		                                 { "area", "AREA", COLUMN_TEXT },
		                                 { "name", "NAME", COLUMN_TEXT },
		                                 { NULL, NULL, COLUMN_TEXT } };
	const char *prefix = c->args ? c->arg[0] : "";

	if (strspn(prefix, "0123456789") != strlen(prefix))
		return cli_usage(c, "a prefix is digits");
	return show_rows(c, names, columns, "no areas", 1000,
	                 "SELECT prefix, area, name FROM number_area WHERE prefix LIKE CONCAT(?, '%') ORDER BY prefix LIMIT ?",
	                 prefix);
}

static int run_bar_list(struct cli *c)
{
	static const char *const names[] = { "kind", "pattern", "reason", NULL };
	static const struct column columns[] = { { "kind", "KIND", COLUMN_TEXT },
		                                 { "pattern", "PATTERN", COLUMN_TEXT },
		                                 { "reason", "REASON", COLUMN_TEXT },
		                                 { NULL, NULL, COLUMN_TEXT } };

	return show_rows(c, names, columns, "nothing is barred", 1000,
	                 "SELECT kind, pattern, reason FROM number_bar ORDER BY kind, pattern LIMIT ?", NULL);
}

static int run_tariff_list(struct cli *c)
{
	static const char *const names[] = { "name", "origin", "accounts:i", NULL };
	static const struct column columns[] = { { "name", "TARIFF", COLUMN_TEXT },
		                                 { "origin", "RATED FROM", COLUMN_TEXT },
		                                 { "accounts", "ACCOUNTS", COLUMN_COUNT },
		                                 { NULL, NULL, COLUMN_TEXT } };

	return show_rows(c, names, columns, "no tariffs", 1000,
	                 "SELECT t.name, t.origin, (SELECT COUNT(*) FROM account a WHERE a.tariff_id = t.id) FROM tariff t ORDER "
	                 "BY t.name LIMIT ?",
	                 NULL);
}

static int run_tariff_show(struct cli *c)
{
	static const char *const names[] = { "class",    "prefix", "price_e4:i", "setup_e4:i", "minimum_s:i", "increment_s:i",
		                             "free_s:i", "bands",  "valid_from", "valid_to",   "version:i",   NULL };
	static const struct column columns[] = {
		{ "class", "CLASS", COLUMN_TEXT },
		{ "prefix", "PREFIX", COLUMN_TEXT },
		{ "price_e4", "PER MIN", COLUMN_MONEY },
		{ "setup_e4", "SET-UP", COLUMN_MONEY },
		{ "minimum_s", "MIN S", COLUMN_COUNT },
		{ "increment_s", "STEP S", COLUMN_COUNT },
		{ "free_s", "FREE S", COLUMN_COUNT },
		{ "bands", "BANDS", COLUMN_TEXT },
		{ "valid_from", "FROM (UTC)", COLUMN_TEXT },
		{ "valid_to", "TO", COLUMN_TEXT },
		{ NULL, NULL, COLUMN_TEXT },
	};
	json_t *list;
	int status = cli_database(c);

	if (status == CLI_OK)
		status = cli_rows(c, &list, names, 10000,
		                  "SELECT r.class, r.prefix, r.price_e4, r.setup_e4, r.minimum_s, r.increment_s, r.free_s, "
		                  "r.bands, r.valid_from, r.valid_to, r.version "
		                  "FROM tariff_rate r JOIN tariff t ON t.id = r.tariff_id WHERE t.name = ? ORDER BY r.class, "
		                  "r.prefix, r.valid_from LIMIT ?",
		                  c->arg[0], NULL);
	if (status != CLI_OK)
		return status;
	if (json_array_size(list) == 0) {
		json_decref(list);
		return cli_complain(c, CLI_FAILED, "there is no tariff \"%s\", or it is empty", c->arg[0]);
	}
	cli_show(c, list, columns, NULL);
	return CLI_OK;
}

/* ---- what a call would cost
 * ------------------------------------------------------------------------------------------------------ */

struct rate_question {
	const char    *host, *called;
	struct account account;
	int64_t        at_utc_us;
	char           host_area[16], called_area[16];
	bool           barred;
	struct rate    rate;
};

static int rate_tx(struct store_conn *conn, void *arg)
{
	struct rate_question *q = arg;
	int err = tariff_area(conn, q->host, q->host_area);

	if (!err)
		err = tariff_area(conn, q->called, q->called_area);
	if (!err)
		err = tariff_barred(conn, q->called);
	if (err < 0)
		return err;
	q->barred = err > 0;
	return tariff_rate(conn, &(struct tariff_ask){ q->account.tariff_id, q->at_utc_us, q->host_area, q->called, 0 },
	                   &q->rate);
}

static int run_rate(struct cli *c)
{
	static const struct column lines[] = {
		{ "host", "host", COLUMN_TEXT },
		{ "tariff", "tariff", COLUMN_TEXT },
		{ "host_area", "from area", COLUMN_TEXT },
		{ "called", "called", COLUMN_TEXT },
		{ "called_area", "to area", COLUMN_TEXT },
		{ "destination", "rated as", COLUMN_TEXT },
		{ "barred", "barred", COLUMN_YES },
		{ "price_e4", "per minute", COLUMN_MONEY },
		{ "setup_e4", "set-up", COLUMN_MONEY },
		{ "increment_s", "in steps of s", COLUMN_COUNT },
		{ "minimum_s", "at least s", COLUMN_COUNT },
		{ "free_s", "free s", COLUMN_COUNT },
		{ "first_e4", "held to begin", COLUMN_MONEY },
		{ "minutes_1_e4", "1 minute", COLUMN_MONEY },
		{ "minutes_10_e4", "10 minutes", COLUMN_MONEY },
		{ NULL, NULL, COLUMN_TEXT },
	};
	char host[33], called[33];
	struct rate_question q = { .host = host, .called = called };
	int status, err;

	if (!cli_number(c, c->arg[0], host) || !cli_number(c, c->arg[1], called) || !at_time(c, &q.at_utc_us))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	err = account_find(c->store, host, &q.account);
	if (err)
		return cli_database_error(c, err, "account with this number");
	err = store_tx(c->store, rate_tx, &q);
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "tariff %s has no rate for %s", q.account.tariff, called);
	if (err)
		return cli_database_error(c, err, "rate");
	cli_show(c,
	         json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "host", host, "tariff",
	                   q.account.tariff, "host_area", q.host_area, "called", called, "called_area", q.called_area,
	                   "destination", q.rate.destination, "barred", q.barred, "price_e4", (json_int_t)q.rate.price_e4,
	                   "setup_e4", (json_int_t)q.rate.setup_e4, "increment_s", (json_int_t)q.rate.increment_s, "minimum_s",
	                   (json_int_t)q.rate.minimum_s, "free_s", (json_int_t)q.rate.free_s, "first_e4",
	                   (json_int_t)rating_first_e4(&q.rate, q.at_utc_us), "minutes_1_e4",
	                   (json_int_t)rating_amount_e4(&q.rate, 60000, q.at_utc_us), "minutes_10_e4",
	                   (json_int_t)rating_amount_e4(&q.rate, 600000, q.at_utc_us)),
	         lines, NULL);
	return CLI_OK;
}

const struct cli_command cli_tariff_commands[] = {
	{ "tariff import", "NAME FILE [--at TIME]", "Rates from a CSV file (- is standard input), valid from now or from TIME.",
	  2, 2, run_tariff_import },
	{ "tariff list", "", "The tariffs.", 0, 0, run_tariff_list },
	{ "tariff show", "NAME", "The rates of a tariff.", 1, 1, run_tariff_show },
	{ "area import", "FILE", "Areas of number ranges from a CSV file: prefix,area[,name].", 1, 1, run_area_import },
	{ "area list", "[PREFIX] [--limit N]", "Areas, of the ranges that begin with PREFIX.", 0, 1, run_area_list },
	{ "bar import", "FILE", "Numbers that may not be called from a CSV file: exact|prefix,pattern,reason.", 1, 1,
	  run_bar_import },
	{ "bar list", "[--limit N]", "Numbers that may not be called.", 0, 0, run_bar_list },
	{ "rate", "HOST CALLED [--at TIME]", "What a call of the host's would cost.", 2, 2, run_rate },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
