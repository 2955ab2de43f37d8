/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/database.h"
#include "billing/money.h"
#include "control/client.h"
#include "core/clock.h"
#include "core/magic.h"
#include "route/number_table.h"

#define TIMEOUT_S 10
#define USUAL_CONFIG "/etc/partyline/partyline.yaml"
#define BOOKING_ZONE "Asia/Shanghai" /* as in node/config_table.c */

static const struct cli_command *const commands[] = { cli_node_commands, cli_account_commands, cli_tariff_commands,
	                                              cli_rate_commands, cli_try_commands,     cli_record_commands,
	                                              cli_audit_commands, cli_card_commands, cli_provider_commands,
	                                              cli_booking_commands, cli_operator_commands };

enum { OPT_SOCKET = 256, OPT_DB_SOCKET, OPT_DB_HOST, OPT_DB_PORT, OPT_DB_USER, OPT_DB_PASSWORD_FILE, OPT_DB_NAME, OPT_TIMEOUT,
       OPT_LANGUAGE, OPT_TARIFF, OPT_LIMIT, OPT_ID, OPT_PCAP, OPT_AT, OPT_FOR, OPT_SERVICE, OPT_SINCE,
       OPT_TEXT /* and those behind it: texts as they are, for text_option[] */ };

static const size_t text_option[] = {
	offsetof(struct cli, batch),    offsetof(struct cli, count),    offsetof(struct cli, value),
	offsetof(struct cli, expires),  offsetof(struct cli, provider), offsetof(struct cli, printer),
	offsetof(struct cli, out_file), offsetof(struct cli, digits),   offsetof(struct cli, secret),
	offsetof(struct cli, account),  offsetof(struct cli, key_file), offsetof(struct cli, credit), offsetof(struct cli, trust),
	offsetof(struct cli, zone),     offsetof(struct cli, end),      offsetof(struct cli, redials),
	offsetof(struct cli, interval), offsetof(struct cli, music),    offsetof(struct cli, repeat),
	offsetof(struct cli, until),    offsetof(struct cli, host),     offsetof(struct cli, all),
	offsetof(struct cli, calls),
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "db-socket", required_argument, NULL, OPT_DB_SOCKET },
	{ "db-host", required_argument, NULL, OPT_DB_HOST },
	{ "db-port", required_argument, NULL, OPT_DB_PORT },
	{ "db-user", required_argument, NULL, OPT_DB_USER },
	{ "db-password-file", required_argument, NULL, OPT_DB_PASSWORD_FILE },
	{ "db-name", required_argument, NULL, OPT_DB_NAME },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "language", required_argument, NULL, OPT_LANGUAGE },
	{ "tariff", required_argument, NULL, OPT_TARIFF },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "id", required_argument, NULL, OPT_ID },
	{ "pcap", required_argument, NULL, OPT_PCAP },
	{ "at", required_argument, NULL, OPT_AT },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "service", required_argument, NULL, OPT_SERVICE },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "batch", required_argument, NULL, OPT_TEXT },
	{ "count", required_argument, NULL, OPT_TEXT + 1 },
	{ "value", required_argument, NULL, OPT_TEXT + 2 },
	{ "expires", required_argument, NULL, OPT_TEXT + 3 },
	{ "provider", required_argument, NULL, OPT_TEXT + 4 },
	{ "printer", required_argument, NULL, OPT_TEXT + 5 },
	{ "out", required_argument, NULL, OPT_TEXT + 6 },
	{ "digits", required_argument, NULL, OPT_TEXT + 7 },
	{ "secret", required_argument, NULL, OPT_TEXT + 8 },
	{ "account", required_argument, NULL, OPT_TEXT + 9 },
	{ "key-file", required_argument, NULL, OPT_TEXT + 10 },
	{ "credit", required_argument, NULL, OPT_TEXT + 11 },
	{ "trust", required_argument, NULL, OPT_TEXT + 12 },
	{ "zone", required_argument, NULL, OPT_TEXT + 13 },
	{ "end", required_argument, NULL, OPT_TEXT + 14 },
	{ "redials", required_argument, NULL, OPT_TEXT + 15 },
	{ "interval", required_argument, NULL, OPT_TEXT + 16 },
	{ "music", required_argument, NULL, OPT_TEXT + 17 },
	{ "repeat", required_argument, NULL, OPT_TEXT + 18 },
	{ "until", required_argument, NULL, OPT_TEXT + 19 },
	{ "host", required_argument, NULL, OPT_TEXT + 20 },
	{ "all", no_argument, NULL, OPT_TEXT + 21 },
	{ "calls", no_argument, NULL, OPT_TEXT + 22 },
	{ NULL, 0, NULL, 0 },
};

static const char options_help[] =
	"Options:\n"
	"  -c, --config FILE        the node's configuration file: where its control socket and its database are;\n"
	"                           without it " USUAL_CONFIG ", when there is one\n"
	"  -j, --json               results as JSON\n"
	"      --socket PATH        the node's control socket\n"
	"      --db-socket PATH, --db-host HOST, --db-port PORT, --db-user USER, --db-password-file FILE, --db-name NAME\n"
	"      --timeout SECONDS    how long the node may take to answer (10)\n"
	"  -h, --help\n"
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 node or database not reached.\n";

/* ---- what commands share
 * --------------------------------------------------------------------------------------------------------- */

int cli_complain(struct cli *c, int status, const char *fmt, ...)
{
	va_list ap;

	fputs("partyline: ", c->err);
	va_start(ap, fmt);
	vfprintf(c->err, fmt, ap);
	va_end(ap);
	fputc('\n', c->err);
	return status;
}

int cli_usage(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	fputs("partyline: ", c->err);
	va_start(ap, fmt);
	vfprintf(c->err, fmt, ap);
	va_end(ap);
	fprintf(c->err, "\nusage: partyline %s\n", c->usage ? c->usage : "[options] COMMAND ... (partyline --help lists them)");
	return CLI_USAGE;
}

int cli_ask(struct cli *c, const char *cmd, json_t *args, json_t **result)
{
	struct control_problem problem;
	const char *path = c->settings.control.socket;
	int err;

	if (path[0] == '\0') {
		json_decref(args);
		return cli_complain(c, CLI_UNREACHABLE, "the node has no control socket (control.socket is empty)");
	}
	err = control_call(path, cmd, args, result, &problem, c->timeout_us);
	switch (err) {
	case 0:
		return CLI_OK;
	case -EREMOTEIO:
		return cli_complain(c, CLI_FAILED, "%s", problem.text);
	case -ENOENT:
	case -ECONNREFUSED:
		return cli_complain(c, CLI_UNREACHABLE, "partylined does not answer at %s: is it running?", path);
	case -EACCES:
		return cli_complain(c, CLI_UNREACHABLE,
		                    "%s belongs to another user: partylined's control socket is for its own user and root", path);
	case -ETIMEDOUT:
		return cli_complain(c, CLI_UNREACHABLE, "partylined has not answered at %s in time", path);
	default:
		return cli_complain(c, CLI_UNREACHABLE, "partylined at %s: %s", path, strerror(-err));
	}
}

/* As a subscriber keys it (13800000001, 02584110001); else it is meant as E.164, with or without a plus. */
bool cli_number_quiet(const struct cli *c, const char *text, char out[33])
{
	int err = text[0] == '+' ? -EINVAL : number_dialled(&c->numbers, text, NULL, out);

	if (err || number_is_short(out))
		err = number_canonical(&c->numbers, text, NUMBER_INTERNATIONAL, NUMBER_NPI_E164, out);
	return !err;
}

bool cli_number(struct cli *c, const char *text, char out[33])
{
	if (cli_number_quiet(c, text, out))
		return true;
	(void)cli_usage(c,
	                "\"%s\" is no number in this dialling plan: such as 13800000001, 02584110001 or 8613800000001 are wanted",
	                text);
	return false;
}

/* The section `numbers` of the node's file, and the zone in which bookings are meant; the rest is others'. */
static int cli_load_numbers(struct cli *c, const char *path)
{
	static const struct config_field zone[] = {
		{ "zone", CONFIG_STRING, CONFIG_AT(struct cli, booking_zone), .preset = BOOKING_ZONE, .text = "Their zone." },
		{ .name = NULL },
	};
	static const struct config_field bookings[] = {
		{ "bookings", CONFIG_SECTION, .offset = 0, .size = sizeof(struct cli), .table = zone, .text = "Bookings." },
		{ .name = NULL },
	};
	static const struct config_field table[] = {
		{ "numbers", CONFIG_SECTION, .offset = 0, .size = sizeof(struct number_rules), .table = number_rules_table,
		  .text = "The dialling plan." },
		{ .name = NULL },
	};
	struct config_file *f;
	int err;

	number_rules_default(&c->numbers);
	(void)snprintf(c->booking_zone, sizeof(c->booking_zone), BOOKING_ZONE);
	if (path == NULL)
		return 0;
	err = config_open(&f, path, c->err);
	if (err)
		return err;
	err = config_read(f, table, true, &c->numbers);
	if (!err)
		err = config_read(f, bookings, true, c);
	config_close(f);
	return err;
}

bool cli_amount(struct cli *c, const char *text, int64_t *amount_e4)
{
	if (money_parse_e4(text, amount_e4) == 0)
		return true;
	(void)cli_usage(c, "\"%s\" is no amount: at most four decimals, such as 50.00", text);
	return false;
}

bool cli_integer(struct cli *c, const char *what, const char *text, int64_t least, int64_t most, int64_t *v)
{
	char *end;
	long long made;

	errno = 0;
	made = strtoll(text, &end, 10);
	if (errno || end == text || *end || isspace((unsigned char)text[0]) || made < least || made > most) {
		(void)cli_usage(c, "\"%s\" is not %s: a whole number of %lld to %lld is wanted", text, what, (long long)least,
		                (long long)most);
		return false;
	}
	*v = made;
	return true;
}

void cli_show(struct cli *c, json_t *value, const struct column *columns, const char *empty)
{
	if (c->json)
		output_json(c->out, value);
	else if (json_is_array(value))
		output_table(c->out, value, columns, empty);
	else
		output_record(c->out, value, columns);
	json_decref(value);
}

int cli_done(struct cli *c, const char *fmt, ...)
{
	va_list ap;

	if (c->json) {
		output_json(c->out, NULL);
		return CLI_OK;
	}
	va_start(ap, fmt);
	(void)vfprintf(c->out, fmt, ap);
	va_end(ap);
	(void)fputc('\n', c->out);
	return CLI_OK;
}

void cli_read_secret(char *line, int size)
{
	if (fgets(line, size, stdin) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
}

/* ---- options and commands
 * -------------------------------------------------------------------------------------------------------- */

static void print_help(FILE *out)
{
	fputs("usage: partyline [options] COMMAND ...\n\n", out);
	for (unsigned i = 0; i < ARRAY_LEN(commands); i++)
		for (const struct cli_command *k = commands[i]; k->name; k++)
			fprintf(out, "  %s%s%s\n      %s\n", k->name, k->args[0] ? " " : "", k->args, k->text);
	fprintf(out, "\n%s", options_help);
}

/* How many of the words are the command's name; 0: it is another. */
static int names(const struct cli_command *k, char **word, int words)
{
	const char *name = k->name;
	int n = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (n == words || strlen(word[n]) != len || strncmp(word[n], name, len) != 0)
			return 0;
		n++;
		name += len + (name[len] == ' ');
	}
	return n;
}

static const struct cli_command *find_command(char **word, int words, int *used)
{
	const struct cli_command *best = NULL;

	*used = 0;
	for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
		for (const struct cli_command *k = commands[i]; k->name; k++) {
			int n = names(k, word, words);

			if (n > *used) {
				*used = n;
				best = k;
			}
		}
	}
	return best;
}

/* "account" alone, or "account frobnicate": what there is with account. */
static int unknown_command(struct cli *c, const char *word)
{
	bool some = false;

	for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
		for (const struct cli_command *k = commands[i]; k->name; k++) {
			if (strncmp(k->name, word, strlen(word)) == 0 && k->name[strlen(word)] == ' ') {
				if (!some)
					fprintf(c->err, "partyline: %s what?\n", word);
				some = true;
				fprintf(c->err, "  partyline %s %s\n", k->name, k->args);
			}
		}
	}
	return some ? CLI_USAGE : cli_usage(c, "there is no command \"%s\"", word);
}

static int set_text(struct cli *c, char *to, size_t size, const char *from)
{
	if (strlen(from) >= size)
		return cli_usage(c, "\"%.40s...\" is too long", from);
	(void)snprintf(to, size, "%s", from);
	return CLI_OK;
}

/* Options that say where things are go over the file's settings, so they are kept until that has been read. */
static int apply_option(struct cli *c, int opt, const char *value)
{
	struct store_config *d = &c->settings.database;
	int64_t v;

	if (opt >= OPT_TEXT) {
		*(const char **)((char *)c + text_option[opt - OPT_TEXT]) = value;
		return CLI_OK;
	}
	switch (opt) {
	case OPT_SOCKET:
		return set_text(c, c->settings.control.socket, sizeof(c->settings.control.socket), value);
	case OPT_DB_SOCKET:
		return set_text(c, d->socket, sizeof(d->socket), value);
	case OPT_DB_HOST:
		d->socket[0] = '\0';
		return set_text(c, d->host, sizeof(d->host), value);
	case OPT_DB_PORT:
		if (!cli_integer(c, "a port", value, 1, 65535, &v))
			return CLI_USAGE;
		d->port = (unsigned)v;
		return CLI_OK;
	case OPT_DB_USER:
		return set_text(c, d->user, sizeof(d->user), value);
	case OPT_DB_PASSWORD_FILE:
		return set_text(c, d->password_file, sizeof(d->password_file), value);
	case OPT_DB_NAME:
		return set_text(c, d->database, sizeof(d->database), value);
	case OPT_TIMEOUT:
		if (!cli_integer(c, "a time", value, 1, 3600, &v))
			return CLI_USAGE;
		c->timeout_us = CLOCK_SEC(v);
		return CLI_OK;
	case OPT_LANGUAGE:
		c->language = value;
		return CLI_OK;
	case OPT_TARIFF:
		c->tariff = value;
		return CLI_OK;
	case OPT_LIMIT:
		c->limit = value;
		return CLI_OK;
	case OPT_ID:
		c->id = value;
		return CLI_OK;
	case OPT_PCAP:
		c->pcap = value;
		return CLI_OK;
	case OPT_AT:
		c->at = value;
		return CLI_OK;
	case OPT_FOR:
		c->talk = value;
		return CLI_OK;
	case OPT_SERVICE:
		c->service = value;
		return CLI_OK;
	case OPT_SINCE:
		c->since = value;
		return CLI_OK;
	}
	return CLI_OK;
}

#define GIVEN_MAX 64
struct given {
	int         opt;
	const char *value;
};

/* CLI_OK, or the status with which to end at once; *help. */
static int parse_options(struct cli *c, int argc, char **argv, bool *help)
{
	struct given given[GIVEN_MAX];
	unsigned count = 0;
	const char *config = NULL;
	int opt, status = CLI_OK;

	optind = 0; /* glibc: from the start again, for tests that call cli_run() many times */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "c:jh", options, NULL)) != -1) {
		if (opt == '?')
			return cli_usage(c, "%s is no option, or its value is missing", argv[optind - 1]);
		if (opt == 'c') {
			config = optarg;
		} else if (opt == 'j') {
			c->json = true;
		} else if (opt == 'h') {
			*help = true;
		} else if (count < GIVEN_MAX) {
			given[count].opt = opt;
			given[count++].value = optarg ? optarg : "";
		}
	}
	if (config == NULL && access(USUAL_CONFIG, F_OK) == 0)
		config = USUAL_CONFIG;
	if (settings_load(&c->settings, config, c->err) != 0 || cli_load_numbers(c, config) != 0)
		return CLI_USAGE;
	for (unsigned i = 0; i < count && status == CLI_OK; i++)
		status = apply_option(c, given[i].opt, given[i].value);
	return status;
}

static int run_command(struct cli *c, char **word, int words)
{
	const struct cli_command *k;
	char usage[512];
	int used, status;

	if (words == 0)
		return cli_usage(c, "a command is wanted");
	k = find_command(word, words, &used);
	if (k == NULL)
		return unknown_command(c, word[0]);
	(void)snprintf(usage, sizeof(usage), "%s%s%s", k->name, k->args[0] ? " " : "", k->args);
	c->usage = usage;
	c->arg = word + used;
	c->args = words - used;
	if (c->args < k->least || c->args > k->most)
		status = cli_usage(c, c->args < k->least ? "something is missing" : "that is too much");
	else
		status = k->run(c);
	c->usage = NULL;
	return status;
}

int cli_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct cli c = { .out = out, .err = err, .timeout_us = CLOCK_SEC(TIMEOUT_S) };
	bool help = false;
	int status = parse_options(&c, argc, argv, &help);

	if (status == CLI_OK && help)
		print_help(out);
	else if (status == CLI_OK)
		status = run_command(&c, argv + optind, argc - optind);
	cli_database_close(&c);
	if (fflush(out) != 0 && status == CLI_OK)
		status = CLI_FAILED;
	return status;
}
