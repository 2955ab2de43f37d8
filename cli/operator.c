/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The people who work with the back office: added, given roles, passwords and one-time codes. */
#include <errno.h>
#include <string.h>

#include "billing/operator.h"
#include "cli/database.h"
#include "core/clock.h"

static const struct column columns[] = {
	{ "name", "NAME", COLUMN_TEXT },
	{ "role", "ROLE", COLUMN_TEXT },
	{ "provider", "PROVIDER", COLUMN_TEXT },
	{ "disabled", "DISABLED", COLUMN_YES },
	{ "locked_until", "LOCKED UNTIL (UTC)", COLUMN_TEXT },
	{ "created_at", "SINCE (UTC)", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};
static const struct column lines[] = {
	{ "name", "name", COLUMN_TEXT },
	{ "role", "role", COLUMN_TEXT },
	{ "provider", "provider", COLUMN_TEXT },
	{ "disabled", "disabled", COLUMN_YES },
	{ "secret", "secret of the codes", COLUMN_TEXT },
	{ "uri", "for the app", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static int list_one(void *arg, const struct operator* o)
{
	return json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:b, s:s?, s:s}", "name", o->name, "role",
	                                            operator_role_name(o->role), "provider", o->provider, "disabled", o->disabled,
	                                            "locked_until", o->locked_until[0] ? o->locked_until : NULL, "created_at",
	                                            o->created)) == 0
	               ? 0
	               : -ENOMEM;
}

static int operator_error(struct cli *c, int err, const char *name)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "operator %.32s", name);
	return cli_database_error(c, err, what);
}

/* secret: said once, now; NULL: not at all. */
static int show(struct cli *c, const char *name, const char *secret)
{
	json_t *list = json_array(), *one;
	char uri[160];
	int err = operator_each(c->store, name, list_one, list);

	if (err) {
		json_decref(list);
		return operator_error(c, err, name);
	}
	one = json_incref(json_array_get(list, 0));
	json_decref(list);
	if (secret) { /* the form all apps read from a square code */
		(void)snprintf(uri, sizeof(uri), "otpauth://totp/Partyline:%s?secret=%s&issuer=Partyline", name, secret);
		(void)json_object_set_new(one, "secret", json_string(secret));
		(void)json_object_set_new(one, "uri", json_string(uri));
	}
	cli_show(c, one, lines, NULL);
	return CLI_OK;
}

static int run_list(struct cli *c)
{
	json_t *list;
	int status = cli_database(c), err;

	if (status != CLI_OK)
		return status;
	list = json_array();
	err = operator_each(c->store, NULL, list_one, list);
	return cli_show_list(c, err, list, "operator", columns, "no operators");
}

static bool read_password(struct cli *c, char *line, int size)
{
	cli_read_secret(line, size);
	if (strlen(line) >= OPERATOR_PASSWORD_MIN && strlen(line) <= OPERATOR_PASSWORD_MAX)
		return true;
	(void)cli_complain(c, CLI_FAILED, "an operator's password, on standard input, has %d to %d characters",
	                   OPERATOR_PASSWORD_MIN, OPERATOR_PASSWORD_MAX);
	return false;
}

static int run_add(struct cli *c)
{
	char password[OPERATOR_PASSWORD_MAX + 8] = "", secret[TOTP_SECRET_SIZE], who[AUDIT_WHO_SIZE];
	struct operator_new n = { .name = c->arg[0], .password = password, .secret = secret, .provider = c->provider };
	int status, err;

	if (operator_role_parse(&n.role, c->arg[1]) != 0)
		return cli_usage(c, "the roles are clerk, operator and auditor");
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	if (!read_password(c, password, sizeof(password)))
		return CLI_FAILED;
	totp_secret(secret);
	cli_who(who);
	err = operator_add(c->store, &n, who, clock_utc_us());
	explicit_bzero(password, sizeof(password));
	if (err == -EINVAL)
		return cli_usage(c, "a name has at most %d letters, digits, - _ and .", OPERATOR_NAME_MAX);
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "there is no provider %s", c->provider);
	return err ? operator_error(c, err, n.name) : show(c, n.name, secret);
}

static int changed(struct cli *c, int err, const char *secret)
{
	return err ? operator_error(c, err, c->arg[0]) : show(c, c->arg[0], secret);
}

static int run_role(struct cli *c)
{
	char who[AUDIT_WHO_SIZE];
	enum operator_role role;
	int status;

	if (operator_role_parse(&role, c->arg[1]) != 0)
		return cli_usage(c, "the roles are clerk, operator and auditor");
	status = cli_database(c);
	cli_who(who);
	return status == CLI_OK ? changed(c, operator_set_role(c->store, c->arg[0], role, who, clock_utc_us()), NULL) : status;
}

static int set_disabled(struct cli *c, bool disabled)
{
	char who[AUDIT_WHO_SIZE];
	int status = cli_database(c);

	cli_who(who);
	return status == CLI_OK ? changed(c, operator_set_disabled(c->store, c->arg[0], disabled, who, clock_utc_us()), NULL)
	                        : status;
}

static int run_disable(struct cli *c)
{
	return set_disabled(c, true);
}

static int run_enable(struct cli *c)
{
	return set_disabled(c, false);
}

static int run_totp(struct cli *c)
{
	char who[AUDIT_WHO_SIZE], secret[TOTP_SECRET_SIZE];
	int status = cli_database(c);

	totp_secret(secret);
	cli_who(who);
	return status == CLI_OK ? changed(c, operator_set_secret(c->store, c->arg[0], secret, who, clock_utc_us()), secret)
	                        : status;
}

static int run_password(struct cli *c)
{
	char who[AUDIT_WHO_SIZE], password[OPERATOR_PASSWORD_MAX + 8] = "";
	int status = cli_database(c);

	if (status != CLI_OK)
		return status;
	if (!read_password(c, password, sizeof(password)))
		return CLI_FAILED;
	cli_who(who);
	status = changed(c, operator_set_password(c->store, c->arg[0], password, who, clock_utc_us()), NULL);
	explicit_bzero(password, sizeof(password));
	return status;
}

const struct cli_command cli_operator_commands[] = {
	{ "operator add", "NAME clerk|operator|auditor [--provider NAME]",
	  "Somebody who works with the back office; his password on standard input. The secret of his one-time codes is said now "
	  "only.",
	  2, 2, run_add },
	{ "operator list", "", "Who they are.", 0, 0, run_list },
	{ "operator role", "NAME clerk|operator|auditor", "Another role.", 2, 2, run_role },
	{ "operator password", "NAME", "A new password, read from standard input. Opens a lock.", 1, 1, run_password },
	{ "operator totp", "NAME", "A new secret for his one-time codes. Opens a lock.", 1, 1, run_totp },
	{ "operator disable", "NAME", "He cannot log in any more.", 1, 1, run_disable },
	{ "operator enable", "NAME", "He can again.", 1, 1, run_enable },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
