/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recharge cards are made: keys, a batch, and its file as the printer opens it. */
#include "cli/card.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "billing/card_key.h"
#include "billing/card_make.h"
#include "core/clock.h"

#define OUT_MAX (CARD_BATCH_NAME_MAX + 10)

static int keys_error(struct cli *c, int err, const char *path)
{
	switch (err) {
	case -EEXIST:
		return cli_complain(c, CLI_FAILED, "%s, or its .pub, is there already", path);
	case -EACCES:
		return cli_complain(c, CLI_FAILED, "%s cannot be read or written, or group or others can read it too", path);
	case -EBADMSG:
		return cli_complain(c, CLI_FAILED, "%s is no key file", path);
	case -ENOSPC:
		return cli_complain(c, CLI_FAILED, "%s holds as many keys as it may: take out one whose cards have all expired",
		                    path);
	default:
		return cli_complain(c, CLI_FAILED, "%s: %s", path, strerror(-err));
	}
}

int cli_card_keys(struct cli *c)
{
	const char *path = c->arg[1];
	unsigned id = 0;
	bool card = strcmp(c->arg[0], "card") == 0;
	int err;

	if (!card && strcmp(c->arg[0], "printer") != 0)
		return cli_usage(c, "a key for cards, or one for the printer?");
	err = card ? card_keys_add(path, &id) : card_printer_make(path);
	if (err)
		return keys_error(c, err, path);
	if (c->json)
		output_json(c->out, NULL);
	else if (card)
		fprintf(c->out, "%s: new cards get key %u. Keep a copy where the database's copies are not.\n", path, id);
	else
		fprintf(c->out, "%s is the printer's alone, %s.pub is for `card generate`\n", path, path);
	return CLI_OK;
}

/* ---- a batch ---- */

static void generate_progress(void *arg, int64_t made)
{
	struct cli *c = arg;

	if (made % 100000 == 0)
		fprintf(c->err, "%lld cards\n", (long long)made);
}

static int generate_error(struct cli *c, const struct card_make *m, int err)
{
	switch (err) {
	case -EINVAL:
		return cli_usage(c, "a batch has a name of %d letters, digits, - and _ at most, a value, an end later than now",
		                 CARD_BATCH_NAME_MAX);
	case -ENFILE:
		return cli_complain(c, CLI_FAILED, "%s is there already", m->out);
	case -ENOENT:
		if (m->provider)
			return cli_complain(c, CLI_FAILED, "there is no provider %s, or no directory or key file as named",
			                    m->provider);
		return cli_complain(c, CLI_FAILED, "%s, or the directory of %s, is not there", m->key_file, m->out);
	case -EBADF:
		return cli_complain(c, CLI_FAILED, "%s is no public key of a printer", m->printer_file);
	case -ENOSPC:
		return cli_complain(c, CLI_FAILED, "with so many live cards a guess would find one: --digits %d",
		                    CARD_DIGITS_MAX);
	case -EKEYREJECTED:
		return cli_complain(c, CLI_FAILED, "%s is not this database's key file: it knows another key by that id",
		                    m->key_file);
	case -ESTALE:
		return cli_complain(c, CLI_FAILED, "batch %s is being made by somebody else", m->name);
	case -EEXIST:
		return cli_complain(c, CLI_FAILED, "there is a batch %s already", m->name);
	default:
		return cli_card_error(c, err, m->name);
	}
}

/* out: the file's name, where none is told. */
static bool generate_options(struct cli *c, struct card_make *m, char out[OUT_MAX])
{
	int64_t digits = 0;

	const char *printer = c->printer ? c->printer : c->settings.cards.printer;
	const struct {
		const char *value, *name;
	} wanted[] = { { c->batch, "--batch" },
		       { c->count, "--count" },
		       { c->value, "--value" },
		       { c->expires, "--expires" },
		       { printer[0] ? printer : NULL, "--printer, or cards.printer in the configuration," } };

	for (unsigned i = 0; i < ARRAY_LEN(wanted); i++)
		if (wanted[i].value == NULL) {
			(void)cli_usage(c, "%s is missing", wanted[i].name);
			return false;
		}
	(void)snprintf(out, OUT_MAX, "%.*s.sealed", OUT_MAX - 10, c->batch);
	m->name = c->batch;
	m->provider = c->provider;
	m->printer_file = printer;
	m->out = c->out_file ? c->out_file : out;
	if (!cli_integer(c, "a count", c->count, 1, CARD_COUNT_MAX, &m->count) || !cli_amount(c, c->value, &m->value_e4) ||
	    !cli_time(c, c->expires, &m->expires_utc_us))
		return false;
	if (c->digits && !cli_integer(c, "a number of digits", c->digits, CARD_DIGITS_MIN, CARD_DIGITS_MAX, &digits))
		return false;
	m->digits = (unsigned)digits;
	return true;
}

int cli_card_generate(struct cli *c)
{
	struct card_config config;
	char who[AUDIT_WHO_SIZE], out[OUT_MAX];
	struct card_make m = { .key_file = config.key_file, .who = who, .at_utc_us = clock_utc_us() };
	int status, err;

	cli_card_config(c, &config);
	if (!generate_options(c, &m, out))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	if (isatty(2)) {
		m.progress = generate_progress;
		m.arg = c;
	}
	err = card_make(c->store, &m);
	if (err)
		return generate_error(c, &m, err);
	if (!c->json)
		fprintf(c->out, "sealed for the printer: %s\n", m.out);
	return cli_card_batch_show(c, m.name);
}

/* ---- at the printer's ---- */

int cli_card_open(struct cli *c)
{
	char *text;
	size_t len;
	int err;

	if (c->secret == NULL)
		return cli_usage(c, "the printer's secret key is wanted (--secret FILE)");
	err = card_unseal(c->arg[0], c->secret, &text, &len);
	if (err == -EBADMSG)
		return cli_complain(c, CLI_FAILED, "%s was not made for this key, or has been changed", c->arg[0]);
	if (err == -EACCES)
		return cli_complain(c, CLI_FAILED, "%s cannot be read, or group or others can read it too", c->secret);
	if (err)
		return cli_complain(c, CLI_FAILED, "%s, %s: %s", c->arg[0], c->secret, strerror(-err));
	if (fwrite(text, 1, len, c->out) != len)
		err = -EIO;
	explicit_bzero(text, len);
	free(text);
	return err ? cli_complain(c, CLI_FAILED, "it could not be written out whole") : CLI_OK;
}
