/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/cli.h - the command line as a function, so that tests call it: options, the table of commands, what commands share.
 *
 * Commands about calls ask a running node through its control socket; those about accounts, areas, tariffs and records go to the
 * database. Where both are comes from the node's configuration file (control/settings.h) or from options.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/output.h"
#include "control/settings.h"
#include "route/number.h"

struct store;

enum cli_status { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 3 }; /* exit codes; partyline(1) */

struct cli {
	FILE           *out, *err;
	bool            json;
	int64_t         timeout_us;
	struct settings settings;
	struct number_rules numbers;  /* the dialling plan: numbers as people write them */
	struct store   *store;  /* opened by the first cli_store() */
	/* options of single commands; NULL: not given */
	const char     *language, *tariff, *limit, *id, *at, *talk, *service, *since;
	const char *batch, *count, *value, *expires, *provider, *printer, *out_file, *digits, *secret, *account, *key_file,
		*credit, *trust;
	const char *pcap, *zone, *end, *redials, *interval, *music, *repeat, *until, *host, *all, *calls;
	char        booking_zone[41]; /* bookings.zone */
	const char     *usage;  /* of the command that runs */
	char          **arg;    /* what follows its name */
	int             args;
};

struct cli_command {
	const char *name, *args, *text; /* "account add", "NUMBER [--language LANG]", a sentence */
	int         least, most;        /* arguments */
	int       (*run)(struct cli *c);
};

/* end with a NULL name */
extern const struct cli_command cli_node_commands[], cli_account_commands[], cli_tariff_commands[], cli_rate_commands[],
	cli_try_commands[], cli_record_commands[], cli_audit_commands[], cli_card_commands[], cli_provider_commands[],
	cli_booking_commands[], cli_operator_commands[];

int cli_run(int argc, char **argv, FILE *out, FILE *err);

/* ---- for commands ---- */
/* "partyline: ..." on err. Returns status. */
int cli_complain(struct cli *c, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int cli_usage(struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Asks the node; args is taken over. CLI_OK and *result, or the status after a complaint. */
int cli_ask(struct cli *c, const char *cmd, json_t *args, json_t **result);
/* The database, opened. CLI_OK, or CLI_UNREACHABLE after a complaint. */
int cli_store(struct cli *c);
/* E.164 digits with the country code, a leading + allowed: out has none. False after a complaint. */
bool cli_number(struct cli *c, const char *text, char out[33]);
/* The same without a complaint. */
bool cli_number_quiet(const struct cli *c, const char *text, char out[33]);
bool cli_amount(struct cli *c, const char *text, int64_t *amount_e4);
/* A whole number of least..most. */
bool cli_integer(struct cli *c, const char *what, const char *text, int64_t least, int64_t most, int64_t *v);
/* "2026-03-02T10:00", UTC, or with an offset. False after a complaint. */
bool cli_time(struct cli *c, const char *text, int64_t *utc_us);
/* "185s", "3m5s". */
bool cli_duration(struct cli *c, const char *text, int64_t *ms);
/* Takes value over: JSON, or as a table (list) or lines (object). */
void cli_show(struct cli *c, json_t *value, const struct column *columns, const char *empty);
/* Something was done that leaves nothing to show: JSON null, or this sentence. CLI_OK. */
int cli_done(struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A secret from standard input, without its end of line; "" when there is none. What stands on a command line, everybody on the
 * machine can read. */
void cli_read_secret(char *line, int size);

#endif
