/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Areas, bars and tariffs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/tariff.h"
#include "billing/tariff_assign.h"
#include "cli/database.h"
#include "core/clock.h"
#include "core/magic.h"

/* ---- import
 * ---------------------------------------------------------------------------------------------------------------------- */

static int import(struct cli *c, enum csv_kind kind, const char *name, const char *path)
{
	struct tariff_import i = { .kind = kind, .file = path, .name = name, .provider = c->provider, .errors = c->err };
	unsigned rows = 0;
	int status, err;
	char who[AUDIT_WHO_SIZE];
	FILE *csv;

	if (c->at && !cli_time(c, c->at, &i.at_utc_us))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	csv = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (csv == NULL)
		return cli_complain(c, CLI_FAILED, "%s: %s", path, strerror(errno));
	cli_who(who);
	i.csv = csv;
	i.who = who;
	err = tariff_import(c->store, &i, &rows);
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
	return cli_show_rows(
		c, names, columns, "no areas", 1000,
		"SELECT prefix, area, name FROM number_area WHERE prefix LIKE CONCAT(?, '%') ORDER BY prefix LIMIT ?", prefix);
}

static int run_bar_list(struct cli *c)
{
	static const char *const names[] = { "kind", "pattern", "reason", NULL };
	static const struct column columns[] = { { "kind", "KIND", COLUMN_TEXT },
		                                 { "pattern", "PATTERN", COLUMN_TEXT },
		                                 { "reason", "REASON", COLUMN_TEXT },
		                                 { NULL, NULL, COLUMN_TEXT } };

	return cli_show_rows(c, names, columns, "nothing is barred", 1000,
	                     "SELECT kind, pattern, reason FROM number_bar ORDER BY kind, pattern LIMIT ?", NULL);
}

static int run_tariff_list(struct cli *c)
{
	static const char *const names[] = { "name", "origin", "accounts:i", NULL };
	static const struct column columns[] = { { "name", "TARIFF", COLUMN_TEXT },
		                                 { "origin", "RATED FROM", COLUMN_TEXT },
		                                 { "accounts", "ACCOUNTS", COLUMN_COUNT },
		                                 { NULL, NULL, COLUMN_TEXT } };

	return cli_show_rows(
		c, names, columns, "no tariffs", 1000,
		"SELECT t.name, t.origin, (SELECT COUNT(*) FROM account a WHERE a.tariff_id = t.id) FROM tariff t ORDER "
		"BY t.name LIMIT ?",
		NULL);
}

/* Bands as people write them, and the zone's name or offset. */
static void show_clock(json_t *row)
{
	const char *zone = json_string_value(json_object_get(row, "zone")),
		   *stored = json_string_value(json_object_get(row, "bands"));
	struct rate r = { .utc_offset_min = (int16_t)json_integer_value(json_object_get(row, "utc_offset_min")) };
	char bands[TARIFF_BANDS_MAX], offset[ZONE_NAME_MAX + 1];

	if (stored && tariff_bands_show(stored, bands) == 0)
		(void)json_object_set_new(row, "bands", json_string(bands));
	tariff_zone_format(&r, offset);
	if (zone == NULL || zone[0] == '\0')
		(void)json_object_set_new(row, "zone", json_string(offset));
}

static int run_tariff_show(struct cli *c)
{
	static const char *const names[] = { "class",         "prefix",   "price_e4:i", "setup_e4:i", "minimum_s:i",
		                             "increment_s:i", "free_s:i", "bands",      "zone",       "utc_offset_min:i",
		                             "valid_from",    "valid_to", "version:i",  NULL };
	static const struct column columns[] = {
		{ "class", "CLASS", COLUMN_TEXT },
		{ "prefix", "PREFIX", COLUMN_TEXT },
		{ "price_e4", "PER MIN", COLUMN_MONEY },
		{ "setup_e4", "SET-UP", COLUMN_MONEY },
		{ "minimum_s", "MIN S", COLUMN_COUNT },
		{ "increment_s", "STEP S", COLUMN_COUNT },
		{ "free_s", "FREE S", COLUMN_COUNT },
		{ "bands", "BANDS", COLUMN_TEXT },
		{ "zone", "CLOCK", COLUMN_TEXT },
		{ "version", "VERSION", COLUMN_COUNT },
		{ "valid_from", "FROM (UTC)", COLUMN_TEXT },
		{ "valid_to", "TO", COLUMN_TEXT },
		{ NULL, NULL, COLUMN_TEXT },
	};
	int status = cli_database(c);
	json_t *list;

	if (status == CLI_OK)
		status = cli_rows(c, &list, names, 10000,
		                  "SELECT r.class, r.prefix, r.price_e4, r.setup_e4, r.minimum_s, r.increment_s, r.free_s, "
		                  "r.bands, r.zone, r.utc_offset_min, r.valid_from, r.valid_to, r.version "
		                  "FROM tariff_rate r JOIN tariff t ON t.id = r.tariff_id WHERE t.name = ? ORDER BY r.class, "
		                  "r.prefix, r.valid_from LIMIT ?",
		                  c->arg[0], NULL);
	if (status != CLI_OK)
		return status;
	if (json_array_size(list) == 0) {
		json_decref(list);
		return cli_complain(c, CLI_FAILED, "there is no tariff \"%s\", or it is empty", c->arg[0]);
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		show_clock(json_array_get(list, i));
	cli_show(c, list, columns, NULL);
	return CLI_OK;
}

static int run_tariff_versions(struct cli *c)
{
	static const char *const names[] = { "version:i", "valid_from", "valid_to", "rates:i", NULL };
	static const struct column columns[] = { { "version", "VERSION", COLUMN_COUNT },
		                                 { "valid_from", "FROM (UTC)", COLUMN_TEXT },
		                                 { "valid_to", "TO", COLUMN_TEXT },
		                                 { "rates", "RATES", COLUMN_COUNT },
		                                 { NULL, NULL, COLUMN_TEXT } };

	return cli_show_rows(c, names, columns, "no versions", 1000,
	                     "SELECT r.version, r.valid_from, r.valid_to, COUNT(*) FROM tariff_rate r JOIN tariff t ON t.id = "
	                     "r.tariff_id WHERE "
	                     "t.name = ? GROUP BY r.version, r.valid_from, r.valid_to ORDER BY r.valid_from LIMIT ?",
	                     c->arg[0]);
}

/* ---- export ---- */

static int export(struct cli *c, enum csv_kind kind, const char *name, const char *what)
{
	int64_t at_utc_us = clock_utc_us();
	int status, err;

	if (c->at && !cli_time(c, c->at, &at_utc_us))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	err = tariff_export(c->store, kind, name, at_utc_us, c->out);
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "there is nothing to export: no %s", what);
	return err ? cli_database_error(c, err, what) : CLI_OK;
}

static int run_area_export(struct cli *c)
{
	return export(c, CSV_AREAS, NULL, "areas");
}

static int run_bar_export(struct cli *c)
{
	return export(c, CSV_BARS, NULL, "bars");
}

static int run_tariff_export(struct cli *c)
{
	return export(c, CSV_TARIFF, c->arg[0], "version of this tariff at that time");
}

/* ---- which counts for whom ---- */

static int assigned(struct cli *c, int err, const char *what, const char *done)
{
	if (err)
		return cli_database_error(c, err, what);
	return cli_done(c, "%s", done);
}

static int run_account_tariff(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE], what[160];
	int status;

	if (!cli_number(c, c->arg[0], number))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	(void)snprintf(what, sizeof(what), "account %s, or no tariff %.64s of its provider", number, c->arg[1]);
	return assigned(c, tariff_of_account(c->store, number, c->arg[1], who, clock_utc_us()), what, "done");
}

static int run_account_discount(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE], what[64];
	int64_t percent_e4;
	int status;

	if (!cli_number(c, c->arg[0], number) || !cli_amount(c, c->arg[1], &percent_e4))
		return CLI_USAGE;
	if (percent_e4 < 0 || percent_e4 > 1000000 || percent_e4 % 100)
		return cli_usage(c, "a discount is 0 to 100 percent, with at most two decimals");
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	(void)snprintf(what, sizeof(what), "account %s", number);
	return assigned(c, tariff_discount(c->store, number, (unsigned)(percent_e4 / 100), who, clock_utc_us()), what, "done");
}

static int run_tariff_origin(struct cli *c)
{
	bool service = strcmp(c->arg[1], "service") == 0;
	char who[AUDIT_WHO_SIZE], what[100];
	int status;

	if (!service && strcmp(c->arg[1], "host") != 0)
		return cli_usage(c, "legs are rated from the area of the host or of the service");
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	(void)snprintf(what, sizeof(what), "tariff %.64s", c->arg[0]);
	return assigned(c, tariff_set_origin(c->store, c->arg[0], service, who, clock_utc_us()), what, "done");
}

/* Service numbers are short codes as often as not. */
bool cli_service_number(struct cli *c, const char *text, char out[33])
{
	if (number_is_short(text) && number_is_canonical(text)) { /* as the database has it: s:12599 */
		(void)snprintf(out, 33, "%s", text);
		return true;
	}
	return number_dialled(&c->numbers, text, NULL, out) == 0 || cli_number(c, text, out);
}

static int run_service_tariff(struct cli *c)
{
	const char *tariff = strcmp(c->arg[1], "-") == 0 ? NULL : c->arg[1];
	char number[33], who[AUDIT_WHO_SIZE], what[100];
	int status;

	if (!cli_service_number(c, c->arg[0], number))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	(void)snprintf(what, sizeof(what), "tariff %.64s", c->arg[1]);
	return assigned(c, tariff_of_service(c->store, number, tariff, who, clock_utc_us()), what, "done");
}

static int run_service_list(struct cli *c)
{
	static const char *const names[] = { "number", "provider", "tariff", NULL };
	static const struct column columns[] = { { "number", "SERVICE", COLUMN_TEXT },
		                                 { "provider", "PROVIDER", COLUMN_TEXT },
		                                 { "tariff", "TARIFF", COLUMN_TEXT },
		                                 { NULL, NULL, COLUMN_TEXT } };

	return cli_show_rows(
		c, names, columns, "no service number has a provider or a tariff of its own", 1000,
		"SELECT s.number, p.name, t.name FROM service_number s JOIN provider p ON p.id = s.provider_id LEFT JOIN tariff "
		"t ON t.id = s.tariff_id ORDER BY s.number LIMIT ?",
		NULL);
}

const struct cli_command cli_tariff_commands[] = {
	{ "tariff import", "NAME FILE [--at TIME] [--provider NAME]",
	  "Rates from a CSV file (- is standard input), valid from now or from TIME.", 2, 2, run_tariff_import },
	{ "tariff export", "NAME [--at TIME]", "The version that is valid now or at TIME, as CSV.", 1, 1, run_tariff_export },
	{ "tariff list", "", "The tariffs.", 0, 0, run_tariff_list },
	{ "tariff show", "NAME", "The rates of a tariff.", 1, 1, run_tariff_show },
	{ "tariff versions", "NAME", "The versions of a tariff and their time.", 1, 1, run_tariff_versions },
	{ "tariff origin", "NAME host|service", "Where legs are rated from: the host's area, or the service's.", 2, 2,
	  run_tariff_origin },
	{ "area import", "FILE", "Areas of number ranges from a CSV file: prefix|from-to,area[,name].", 1, 1, run_area_import },
	{ "area export", "", "All areas, as CSV.", 0, 0, run_area_export },
	{ "area list", "[PREFIX] [--limit N]", "Areas, of the ranges that begin with PREFIX.", 0, 1, run_area_list },
	{ "bar import", "FILE", "Numbers that may not be called from a CSV file: exact|prefix,pattern,reason.", 1, 1,
	  run_bar_import },
	{ "bar export", "", "All bars, as CSV.", 0, 0, run_bar_export },
	{ "bar list", "[--limit N]", "Numbers that may not be called.", 0, 0, run_bar_list },
	{ "account tariff", "NUMBER NAME", "The tariff an account is charged by.", 2, 2, run_account_tariff },
	{ "account discount", "NUMBER PERCENT", "What is taken off all its calls: 0 to 100, two decimals.", 2, 2,
	  run_account_discount },
	{ "service tariff", "SERVICE NAME|-", "A service number's own tariff, which goes before the host's (-: none).", 2, 2,
	  run_service_tariff },
	{ "service list", "[--limit N]", "Service numbers that have a provider or a tariff of their own.", 0, 0,
	  run_service_list },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
