/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call records, and the schema they are kept in. What is shown comes from the reporting views, whose columns are only ever added
 * to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/database.h"

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
	{ "record", "CALL", "The legs of one call.", 1, 1, run_record },
	{ "migrate", "", "Brings the database to this program's schema. Nothing else changes it.", 0, 0, run_migrate },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
