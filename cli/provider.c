/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Providers, and which service number is whose. */
#include "billing/provider.h"

#include <errno.h>
#include <string.h>

#include "cli/database.h"
#include "core/clock.h"

static const struct column columns[] = {
	{ "provider", "PROVIDER", COLUMN_TEXT },
	{ "accounts", "ACCOUNTS", COLUMN_COUNT },
	{ "tariffs", "TARIFFS", COLUMN_COUNT },
	{ "services", "SERVICES", COLUMN_COUNT },
	{ "batches", "CARD BATCHES", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column lines[] = {
	{ "provider", "provider", COLUMN_TEXT },
	{ "accounts", "accounts", COLUMN_COUNT },
	{ "tariffs", "tariffs", COLUMN_COUNT },
	{ "services", "service numbers", COLUMN_COUNT },
	{ "batches", "batches of cards", COLUMN_COUNT },
	{ NULL, NULL, COLUMN_TEXT },
};

static int list_one(void *arg, const struct provider *p)
{
	json_t *one = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "provider", p->name, "id", (json_int_t)p->id, "accounts",
	                        (json_int_t)p->accounts, "tariffs", (json_int_t)p->tariffs, "services", (json_int_t)p->services,
	                        "batches", (json_int_t)p->batches);

	return json_array_append_new(arg, one) == 0 ? 0 : -ENOMEM;
}

static int provider_error(struct cli *c, int err, const char *name)
{
	char what[100];

	(void)snprintf(what, sizeof(what), "provider %.64s", name);
	if (err == -EINVAL)
		return cli_usage(c, "a provider has a name of at most %d octets", PROVIDER_NAME_SIZE - 1);
	return cli_database_error(c, err, what);
}

/* name NULL: all of them. */
static int show(struct cli *c, const char *name)
{
	json_t *list = json_array();
	int err = provider_each(c->store, name, list_one, list);

	if (!err && name && json_array_size(list) == 0)
		err = -ENOENT;
	if (err) {
		json_decref(list);
		return provider_error(c, err, name ? name : "");
	}
	if (name) {
		cli_show(c, json_incref(json_array_get(list, 0)), lines, NULL);
		json_decref(list);
	} else {
		cli_show(c, list, columns, NULL);
	}
	return CLI_OK;
}

static int run_list(struct cli *c)
{
	int status = cli_database(c);

	return status == CLI_OK ? show(c, NULL) : status;
}

static int run_show(struct cli *c)
{
	int status = cli_database(c);

	return status == CLI_OK ? show(c, c->arg[0]) : status;
}

static int run_add(struct cli *c)
{
	char who[AUDIT_WHO_SIZE];
	int status = cli_database(c), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = provider_add(c->store, c->arg[0], who, clock_utc_us());
	return err ? provider_error(c, err, c->arg[0]) : show(c, c->arg[0]);
}

static int run_rename(struct cli *c)
{
	char who[AUDIT_WHO_SIZE];
	int status = cli_database(c), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = provider_rename(c->store, c->arg[0], c->arg[1], who, clock_utc_us());
	return err ? provider_error(c, err, err == -EEXIST ? c->arg[1] : c->arg[0]) : show(c, c->arg[1]);
}

static int run_service(struct cli *c)
{
	const char *provider = strcmp(c->arg[1], "-") == 0 ? NULL : c->arg[1];
	char number[33], who[AUDIT_WHO_SIZE];
	int status, err;

	if (!cli_service_number(c, c->arg[0], number))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = provider_of_service(c->store, number, provider, who, clock_utc_us());
	if (err)
		return provider_error(c, err, c->arg[1]);
	return cli_done(c, "done");
}

const struct cli_command cli_provider_commands[] = {
	{ "provider add", "NAME", "Another provider, with accounts, tariffs, service numbers and cards of its own.", 1, 1,
	  run_add },
	{ "provider list", "", "The providers, and how much is whose.", 0, 0, run_list },
	{ "provider show", "NAME", "One provider.", 1, 1, run_show },
	{ "provider rename", "NAME NEW", "Another name.", 2, 2, run_rename },
	{ "service provider", "SERVICE NAME|-", "A service number answers this provider's accounts alone (-: everybody's).", 2, 2,
	  run_service },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
