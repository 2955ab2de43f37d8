/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts, their numbers and their money. */
#include <errno.h>
#include <string.h>

#include "billing/account.h"
#include "billing/account_number.h"
#include "billing/password.h"
#include "cli/database.h"
#include "core/clock.h"

static const struct column account_columns[] = {
	{ "number", "NUMBER", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "kind", "KIND", COLUMN_TEXT },
	{ "language", "LANGUAGE", COLUMN_TEXT },
	{ "provider", "PROVIDER", COLUMN_TEXT },
	{ "tariff", "TARIFF", COLUMN_TEXT },
	{ "balance_e4", "BALANCE", COLUMN_MONEY },
	{ "held_e4", "HELD", COLUMN_MONEY },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column account_lines[] = {
	{ "number", "number", COLUMN_TEXT },
	{ "account", "account", COLUMN_COUNT },
	{ "state", "state", COLUMN_TEXT },
	{ "kind", "kind", COLUMN_TEXT },
	{ "language", "language", COLUMN_TEXT },
	{ "provider", "provider", COLUMN_TEXT },
	{ "tariff", "tariff", COLUMN_TEXT },
	{ "discount_e4", "discount %", COLUMN_MONEY },
	{ "balance_e4", "balance", COLUMN_MONEY },
	{ "held_e4", "held", COLUMN_MONEY },
	{ "available_e4", "available", COLUMN_MONEY },
	{ "credit_e4", "credit", COLUMN_MONEY },
	{ "trust_e4", "trust", COLUMN_MONEY },
	{ "callback", "callback", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column number_columns[] = {
	{ "number", "NUMBER", COLUMN_TEXT },
	{ "valid_from", "FROM (UTC)", COLUMN_TEXT },
	{ "valid_to", "TO", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column ledger_columns[] = {
	{ "at", "AT (UTC)", COLUMN_TEXT },
	{ "kind", "KIND", COLUMN_TEXT },
	{ "amount_e4", "AMOUNT", COLUMN_MONEY },
	{ "balance_e4", "BALANCE", COLUMN_MONEY },
	{ "call", "CALL", COLUMN_TEXT },
	{ "leg", "LEG", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static json_t *account_json(const struct account *a)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:s}", "number", a->number, "account",
	                 (json_int_t)a->id, "state", a->state, "kind", a->kind, "language", a->language, "tariff", a->tariff,
	                 "balance_e4", (json_int_t)a->balance_e4, "held_e4", (json_int_t)a->held_e4, "available_e4",
	                 (json_int_t)(a->balance_e4 + a->credit_e4 - a->held_e4), "credit_e4", (json_int_t)a->credit_e4,
	                 "discount_e4", (json_int_t)a->discount_bp * 100, "provider", a->provider, "trust_e4",
	                 (json_int_t)a->trust_e4, "callback", a->check);
}

static int account_error(struct cli *c, int err, const char *number)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "account %.40s", number);
	if (err == -EPERM)
		return cli_complain(c, CLI_FAILED,
		                    "%s is closed, for good: another account can have its number when it has ended", what);
	return cli_database_error(c, err, what);
}

/* After a change: the account as it is now. */
static int account_show(struct cli *c, const char *number)
{
	struct account a;
	int err = account_find(c->store, number, &a);

	if (err)
		return account_error(c, err, number);
	cli_show(c, account_json(&a), account_lines, NULL);
	return CLI_OK;
}

/* The number that nearly every command begins with, and the database. */
static int account_begin(struct cli *c, char number[33])
{
	return cli_number(c, c->arg[0], number) ? cli_database(c) : CLI_USAGE;
}

/* The tariff meant when none is named: the only one there is. */
static int only_tariff(struct cli *c, char name[65])
{
	static const char *const names[] = { "name", NULL };
	json_t *list;
	int status = cli_rows(c, &list, names, 2, "SELECT name FROM tariff ORDER BY id LIMIT ?", NULL, NULL);

	if (status != CLI_OK)
		return status;
	if (json_array_size(list) == 0)
		status = cli_complain(c, CLI_FAILED, "there is no tariff yet: partyline tariff import NAME FILE");
	else if (json_array_size(list) > 1)
		status = cli_usage(c, "which tariff? (--tariff NAME; partyline tariff list)");
	else
		(void)snprintf(name, 65, "%s", json_string_value(json_object_get(json_array_get(list, 0), "name")));
	json_decref(list);
	return status;
}

static int run_add(struct cli *c)
{
	struct account_new n = { .language = c->language ? c->language : "zh-CN",
		                 .tariff = c->tariff,
		                 .provider = c->provider,
		                 .at_utc_us = clock_utc_us() };
	char number[33], tariff[65], who[AUDIT_WHO_SIZE], what[160];
	int status, err;

	if (c->args == 2 && !cli_amount(c, c->arg[1], &n.opening_e4))
		return CLI_USAGE;
	if (n.opening_e4 < 0)
		return cli_usage(c, "an account does not begin below nothing");
	if (strcmp(n.language, "zh-CN") != 0 && strcmp(n.language, "en") != 0)
		return cli_usage(c, "the languages are zh-CN and en");
	status = account_begin(c, number);
	if (status == CLI_OK && n.tariff == NULL) {
		status = only_tariff(c, tariff);
		n.tariff = tariff;
	}
	if (status != CLI_OK)
		return status;
	cli_who(who);
	n.number = number;
	n.who = who;
	err = account_add(c->store, &n);
	(void)snprintf(what, sizeof(what), "tariff %.64s%s%.64s", n.tariff, n.provider ? " of provider " : "",
	               n.provider ? n.provider : "");
	if (err == -ENOENT)
		return cli_database_error(c, err, what);
	return err ? account_error(c, err, number) : account_show(c, number);
}

static int run_show(struct cli *c)
{
	char number[33];
	int status = account_begin(c, number);

	return status == CLI_OK ? account_show(c, number) : status;
}

static int list_one(void *arg, const struct account *a)
{
	return json_array_append_new(arg, account_json(a)) == 0 ? 0 : -ENOMEM;
}

static int run_list(struct cli *c)
{
	json_t *list;
	int status = cli_database(c), err;

	if (status != CLI_OK)
		return status;
	list = json_array();
	err = account_each(c->store, list_one, list);
	return cli_show_list(c, err, list, "account", account_columns, "no accounts");
}

static int run_topup(struct cli *c)
{
	char number[33], id[ID_SIZE], who[AUDIT_WHO_SIZE];
	int64_t amount_e4;
	int status, err;

	if (!cli_amount(c, c->arg[1], &amount_e4) || !cli_movement_id(c, id))
		return CLI_USAGE;
	if (amount_e4 <= 0)
		return cli_usage(c, "a top-up is more than nothing");
	status = account_begin(c, number);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = account_topup(c->store, id, number, amount_e4, who, clock_utc_us());
	if (err == -EEXIST)
		return cli_complain(c, CLI_FAILED, "the id %s is another movement's", id);
	return err ? account_error(c, err, number) : account_show(c, number);
}

static int set_state(struct cli *c, const char *state)
{
	char number[33], who[AUDIT_WHO_SIZE];
	int status = account_begin(c, number), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = account_set_state(c->store, number, state, who, clock_utc_us());
	return err ? account_error(c, err, number) : account_show(c, number);
}

static int run_suspend(struct cli *c)
{
	return set_state(c, "suspended");
}

static int run_resume(struct cli *c)
{
	return set_state(c, "active");
}

static int run_close(struct cli *c)
{
	return set_state(c, "closed");
}

/* What is not told stays as it is; a prepaid account has no credit. */
static bool limits_read(struct cli *c, const struct account *a, struct account_limits *l)
{
	l->operator_billed = strcmp(c->arg[1], "operator") == 0;
	l->credit_e4 = l->operator_billed ? a->credit_e4 : 0;
	l->trust_e4 = a->trust_e4;
	if (!l->operator_billed && strcmp(c->arg[1], "prepaid") != 0) {
		(void)cli_usage(c, "an account is prepaid or operator (billed by the operator, up to its credit)");
		return false;
	}
	if ((c->credit && !cli_amount(c, c->credit, &l->credit_e4)) || (c->trust && !cli_amount(c, c->trust, &l->trust_e4)))
		return false;
	if (l->credit_e4 < 0 || l->trust_e4 < 0 || (!l->operator_billed && l->credit_e4 > 0)) {
		(void)cli_usage(c, "credit and trust are not less than nothing, and a prepaid account has no credit");
		return false;
	}
	return true;
}

static int run_limits(struct cli *c)
{
	struct account_limits l;
	struct account a;
	char number[33], who[AUDIT_WHO_SIZE];
	int status = account_begin(c, number), err;

	if (status != CLI_OK)
		return status;
	err = account_find(c->store, number, &a);
	if (err)
		return account_error(c, err, number);
	if (!limits_read(c, &a, &l))
		return CLI_USAGE;
	cli_who(who);
	err = account_set_limits(c->store, number, &l, who, clock_utc_us());
	if (err == -EDQUOT)
		return cli_complain(c, CLI_FAILED, "account %s has spent, or its calls hold, more than that", number);
	return err ? account_error(c, err, number) : account_show(c, number);
}

static int run_language(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE];
	int status = account_begin(c, number), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = account_set_language(c->store, number, c->arg[1], who, clock_utc_us());
	if (err == -EINVAL)
		return cli_usage(c, "the languages are zh-CN and en");
	return err ? account_error(c, err, number) : account_show(c, number);
}

static int run_callback(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE];
	int status = account_begin(c, number), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = account_set_check(c->store, number, c->arg[1], who, clock_utc_us());
	if (err == -EINVAL)
		return cli_usage(c, "a callback asks for service (as the service has it), nothing, press-1 or password");
	if (err == -ENOKEY)
		return cli_complain(c, CLI_FAILED, "account %s has no password to be asked for", number);
	return err ? account_error(c, err, number) : account_show(c, number);
}

/* ---- its password
 * ------------------------------------------------------------------------------------------------------------------ */

static int run_password(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE], line[64] = "";
	bool none = c->args > 1;
	int status, err;

	if (none && strcmp(c->arg[1], "none") != 0)
		return cli_usage(c, "the password comes on standard input; \"none\" takes it away");
	status = account_begin(c, number);
	if (status != CLI_OK)
		return status;
	if (!none)
		cli_read_secret(line, sizeof(line));
	if (!none && password_fault(line, number) != PASSWORD_GOOD)
		return cli_complain(c, CLI_FAILED, "a password has %d to %d digits that are not easily guessed", PASSWORD_MIN,
		                    PASSWORD_MAX);
	cli_who(who);
	err = password_set(c->store, number, none ? NULL : line, who, clock_utc_us());
	return err ? account_error(c, err, number) : account_show(c, number);
}

static int run_unlock(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE];
	int status = account_begin(c, number), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = password_unlock(c->store, number, who, clock_utc_us());
	return err ? account_error(c, err, number) : account_show(c, number);
}

/* ---- numbers
 * --------------------------------------------------------------------------------------------------------------------- */

static int show_numbers(struct cli *c, const char *number)
{
	static const char *const names[] = { "number", "valid_from", "valid_to", NULL };
	json_t *list;
	int status = cli_rows(c, &list, names, 1000,
	                      "SELECT n.number, n.valid_from, n.valid_to FROM account_number n WHERE n.account_id = "
	                      "(SELECT account_id FROM account_number WHERE number = ? AND valid_to IS NULL) ORDER BY "
	                      "n.valid_from, n.id LIMIT ?",
	                      number, NULL);

	if (status == CLI_OK && json_array_size(list) == 0) {
		json_decref(list);
		return account_error(c, -ENOENT, number);
	}
	if (status == CLI_OK)
		cli_show(c, list, number_columns, NULL);
	return status;
}

static int run_number_list(struct cli *c)
{
	char number[33];
	int status = account_begin(c, number);

	return status == CLI_OK ? show_numbers(c, number) : status;
}

static int run_number_add(struct cli *c)
{
	char number[33], added[33], who[AUDIT_WHO_SIZE];
	int status, err;

	if (!cli_number(c, c->arg[1], added))
		return CLI_USAGE;
	status = account_begin(c, number);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = account_number_add(c->store, number, added, who, clock_utc_us());
	if (err == -EEXIST)
		return cli_complain(c, CLI_FAILED, "%s is the number of an account already", added);
	return err ? account_error(c, err, number) : show_numbers(c, number);
}

static int run_number_end(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE];
	int status = account_begin(c, number), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = account_number_end(c->store, number, who, clock_utc_us());
	if (err == -EBUSY)
		return cli_complain(c, CLI_FAILED, "%s is the account's last number: add another first, or close the account",
		                    number);
	if (err)
		return account_error(c, err, number);
	return cli_done(c, "%s belongs to no account any more", number);
}

/* ---- the ledger
 * ------------------------------------------------------------------------------------------------------------------ */

struct ledger_list {
	json_t *list;
	int64_t balance_e4;
};

static int ledger_one(void *arg, const struct ledger_row *r)
{
	struct ledger_list *l = arg;

	l->balance_e4 += r->amount_e4;
	return json_array_append_new(l->list, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s?, s:s?}", "id", r->id, "at", r->at, "kind",
	                                                r->kind, "amount_e4", (json_int_t)r->amount_e4, "balance_e4",
	                                                (json_int_t)l->balance_e4, "call", r->call_id[0] ? r->call_id : NULL,
	                                                "leg", r->leg_id[0] ? r->leg_id : NULL)) == 0
	               ? 0
	               : -ENOMEM;
}

static int run_ledger(struct cli *c)
{
	struct ledger_list l = { 0 };
	char number[33];
	int status = account_begin(c, number), err;

	if (status != CLI_OK)
		return status;
	l.list = json_array();
	err = account_ledger(c->store, number, ledger_one, &l);
	if (err) {
		json_decref(l.list);
		return account_error(c, err, number);
	}
	cli_show(c, l.list, ledger_columns, "no movements");
	return CLI_OK;
}

const struct cli_command cli_account_commands[] = {
	{ "account add", "NUMBER [AMOUNT] [--tariff NAME] [--provider NAME] [--language zh-CN|en]",
	  "A new account, with an opening balance.", 1, 2, run_add },
	{ "account show", "NUMBER", "One account.", 1, 1, run_show },
	{ "account list", "", "All accounts, a line for each number.", 0, 0, run_list },
	{ "account topup", "NUMBER AMOUNT [--id ID]", "Money for an account. The same id twice is one top-up.", 2, 2, run_topup },
	{ "account suspend", "NUMBER", "Its calls are refused until it is resumed.", 1, 1, run_suspend },
	{ "account resume", "NUMBER", "Active again.", 1, 1, run_resume },
	{ "account close", "NUMBER", "For good.", 1, 1, run_close },
	{ "account limits", "NUMBER prepaid|operator [--credit AMOUNT] [--trust AMOUNT]",
	  "Who pays: the subscriber before, or the operator's bill up to a credit.", 2, 2, run_limits },
	{ "account language", "NUMBER zh-CN|en", "What the subscriber hears.", 2, 2, run_language },
	{ "account callback", "NUMBER service|nothing|press-1|password",
	  "What he who is called back is asked for, before the menu.", 2, 2, run_callback },
	{ "account password", "NUMBER [none]", "A new password, read from standard input; none: takes it away. Opens a lock.", 1,
	  2, run_password },
	{ "account unlock", "NUMBER", "Wrong passwords are forgotten: it may be tried again at once.", 1, 1, run_unlock },
	{ "account numbers", "NUMBER", "The numbers of an account, those it had as well.", 1, 1, run_number_list },
	{ "account number add", "NUMBER NEW", "Another number for the account that has NUMBER.", 2, 2, run_number_add },
	{ "account number end", "NUMBER", "The number leaves its account.", 1, 1, run_number_end },
	{ "ledger", "NUMBER", "The movements under a number, with the running balance.", 1, 1, run_ledger },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
