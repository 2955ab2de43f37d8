/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call records, and the schema they are kept in. What is shown comes from the reporting views, whose columns are only ever added
 * to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/record_export.h"
#include "cli/database.h"
#include "core/clock.h"

static const struct column call_columns[] = {
	{ "began_at", "BEGAN (UTC)", COLUMN_TEXT }, { "call", "CALL", COLUMN_TEXT },      { "host", "HOST", COLUMN_TEXT },
	{ "service", "SERVICE", COLUMN_TEXT },      { "ended_at", "ENDED", COLUMN_TEXT }, { "charge_e4", "CHARGE", COLUMN_MONEY },
	{ "cause", "CAUSE", COLUMN_COUNT },         { NULL, NULL, COLUMN_TEXT },
};

static const struct column leg_columns[] = {
	{ "began_at", "BEGAN (UTC)", COLUMN_TEXT }, { "role", "ROLE", COLUMN_TEXT },
	{ "trunk", "TRUNK", COLUMN_TEXT },          { "calling", "CALLING", COLUMN_TEXT },
	{ "called", "CALLED", COLUMN_TEXT },        { "answered_at", "ANSWERED", COLUMN_TEXT },
	{ "ended_at", "ENDED", COLUMN_TEXT },       { "charge_e4", "CHARGE", COLUMN_MONEY },
	{ "cause", "CAUSE", COLUMN_COUNT },         { NULL, NULL, COLUMN_TEXT },
};

static int run_records(struct cli *c)
{
	static const char *const names[] = { "call", "host", "service", "began_at", "ended_at", "charge_e4:i", "cause:i", NULL };
	char number[33];
	json_t *list;
	int status;

	if (c->args && !cli_number(c, c->arg[0], number))
		return CLI_USAGE;
	status = cli_database(c);
	if (status == CLI_OK && c->args)
		status = cli_rows(c, &list, names, 50,
		                  "SELECT call_id, host, service, began_at, ended_at, charge_e4, cause FROM v_call WHERE host = "
		                  "? ORDER BY began_at DESC, call_id "
		                  "LIMIT ?",
		                  number, NULL);
	else if (status == CLI_OK)
		status = cli_rows(c, &list, names, 50,
		                  "SELECT call_id, host, service, began_at, ended_at, charge_e4, cause FROM v_call ORDER BY "
		                  "began_at DESC, call_id LIMIT ?",
		                  NULL, NULL);
	if (status == CLI_OK)
		cli_show(c, list, call_columns, "no records");
	return status;
}

static int run_record(struct cli *c)
{
	static const char *const names[] = { "leg",      "call",        "role",     "trunk",   "calling",     "called",
		                             "began_at", "answered_at", "ended_at", "cause:i", "charge_e4:i", NULL };
	json_t *list;
	int status = cli_database(c);

	if (status == CLI_OK)
		status = cli_rows(c, &list, names, 1000,
		                  "SELECT leg_id, call_id, role, trunk, calling, called, began_at, answered_at, ended_at, cause, "
		                  "charge_e4 FROM v_leg WHERE call_id = ? "
		                  "ORDER BY began_at, leg_id LIMIT ?",
		                  c->arg[0], NULL);
	if (status != CLI_OK)
		return status;
	if (json_array_size(list) == 0) {
		json_decref(list);
		return cli_complain(c, CLI_FAILED, "there is no record of a call %s", c->arg[0]);
	}
	cli_show(c, list, leg_columns, NULL);
	return CLI_OK;
}

/* A file of that name is a whole one: until then it is called .part. */
static int export_to(struct cli *c, struct record_export *x, const char *path)
{
	char part[4096];
	int err;

	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return cli_usage(c, "the file's name is too long");
	x->out = fopen(part, "we");
	if (x->out == NULL)
		return cli_complain(c, CLI_FAILED, "%s: %s", part, strerror(errno));
	err = record_export(c->store, x);
	if (fclose(x->out) != 0 && !err)
		err = -ENOSPC;
	if (!err && rename(part, path) != 0)
		err = -ENOSPC;
	if (err)
		(void)remove(part);
	if (err == -ENOSPC)
		return cli_complain(c, CLI_FAILED, "%s cannot be written", path);
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "there is no provider %s", x->provider ? x->provider : "");
	return err ? cli_database_error(c, err, path) : CLI_OK;
}

static int run_export(struct cli *c)
{
	char who[AUDIT_WHO_SIZE];
	struct record_export x = { .kind = c->calls ? RECORD_CALLS : RECORD_LEGS,
		                   .provider = c->provider,
		                   .who = who,
		                   .at_utc_us = clock_utc_us() };
	int status;

	if (!cli_time(c, c->arg[0], &x.from_utc_us) || !cli_time(c, c->arg[1], &x.to_utc_us))
		return CLI_USAGE;
	if (x.from_utc_us >= x.to_utc_us)
		return cli_usage(c, "TO is behind FROM");
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	status = export_to(c, &x, c->arg[2]);
	if (status == CLI_OK && c->json)
		cli_show(c, json_pack("{s:I}", "records", (json_int_t)x.rows), NULL, NULL);
	else if (status == CLI_OK)
		fprintf(c->out, "%llu record%s\n", (unsigned long long)x.rows, x.rows == 1 ? "" : "s");
	return status;
}

static int run_migrate(struct cli *c)
{
	char *report = NULL;
	size_t len = 0;
	FILE *out = NULL;
	int status = cli_database_any(c), err;

	if (status != CLI_OK)
		return status;
	out = open_memstream(&report, &len);
	if (out == NULL)
		return cli_complain(c, CLI_FAILED, "%s", strerror(errno));
	err = store_migrate(c->store, out);
	(void)fclose(out);
	if (err && len > 0)
		fputs(report, c->err);
	if (err == -EOVERFLOW)
		status = cli_complain(c, CLI_FAILED, "the database is newer than this program: nothing was changed");
	else if (err)
		status = cli_database_error(c, err, "migration");
	else if (c->json)
		cli_show(c, json_pack("{s:i, s:b}", "schema", store_schema_version, "changed", len > 0), NULL, NULL);
	else
		fprintf(c->out, "%s%s %d\n", report, len > 0 ? "the schema is now" : "nothing to do: the schema is",
		        store_schema_version);
	free(report);
	return status;
}

const struct cli_command cli_record_commands[] = {
	{ "records", "[NUMBER] [--limit N]", "Call records, the latest first; of one host.", 0, 1, run_records },
	{ "records export", "FROM TO FILE [--provider NAME] [--calls]",
	  "A record file: the leg records, or call records, that began in [FROM, TO), as CSV.", 3, 3, run_export },
	{ "record", "CALL", "The legs of one call.", 1, 1, run_record },
	{ "migrate", "", "Brings the database to this program's schema. Nothing else changes it.", 0, 0, run_migrate },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
