/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recharge cards: what they are and become, and their redemption by a node. How they are made is card_make.c. */
#include "cli/card.h"

#include <errno.h>
#include <string.h>

#include "billing/card_state.h"
#include "core/clock.h"

static const struct column batch_columns[] = {
	{ "batch", "BATCH", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "cards", "CARDS", COLUMN_COUNT },
	{ "value_e4", "VALUE", COLUMN_MONEY },
	{ "expires_at", "UNTIL (UTC)", COLUMN_TEXT },
	{ "provider", "PROVIDER", COLUMN_TEXT },
	{ "created_at", "MADE (UTC)", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column batch_lines[] = {
	{ "batch", "batch", COLUMN_TEXT },
	{ "state", "state", COLUMN_TEXT },
	{ "provider", "provider", COLUMN_TEXT },
	{ "cards", "cards", COLUMN_COUNT },
	{ "used", "used", COLUMN_COUNT },
	{ "blocked", "blocked singly", COLUMN_COUNT },
	{ "activated", "activated singly", COLUMN_COUNT },
	{ "value_e4", "value", COLUMN_MONEY },
	{ "digits", "digits", COLUMN_COUNT },
	{ "key", "key", COLUMN_COUNT },
	{ "expires_at", "until (UTC)", COLUMN_TEXT },
	{ "created_at", "made (UTC)", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column card_lines[] = {
	{ "serial", "serial", COLUMN_TEXT },
	{ "state", "state", COLUMN_TEXT },
	{ "batch", "batch", COLUMN_TEXT },
	{ "value_e4", "value", COLUMN_MONEY },
	{ "expires_at", "until (UTC)", COLUMN_TEXT },
	{ "used_at", "used (UTC)", COLUMN_TEXT },
	{ "number", "for", COLUMN_TEXT },
	{ "ledger", "movement", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column redeem_lines[] = {
	{ "outcome", "outcome", COLUMN_TEXT },
	{ "amount_e4", "amount", COLUMN_MONEY },
	{ "balance_e4", "balance", COLUMN_MONEY },
	{ NULL, NULL, COLUMN_TEXT },
};

void cli_card_config(const struct cli *c, struct card_config *config)
{
	card_config_default(config);
	(void)snprintf(config->key_file, sizeof(config->key_file), "%s", c->key_file ? c->key_file : c->settings.cards.key_file);
}

/* As printed: 1234 5678 9012 3456. With one dash alone it may be the serial of a batch whose name is digits. */
static void card_plain(char out[CARD_TEXT_SIZE], const char *text)
{
	const char *dash = strchr(text, '-');

	if (strchr(text, ' ') || (dash && strchr(dash + 1, '-')))
		card_number_plain(out, CARD_TEXT_SIZE, text);
	else
		(void)snprintf(out, CARD_TEXT_SIZE, "%s", text);
}

bool cli_card_number(struct cli *c, const char *text, char out[CARD_TEXT_SIZE])
{
	char line[CARD_TEXT_SIZE];
	size_t n;

	if (strcmp(text, "-") != 0) {
		if (strlen(text) < CARD_TEXT_SIZE)
			card_plain(out, text);
		else
			(void)cli_usage(c, "\"%.20s...\" is too long", text);
		return strlen(text) < CARD_TEXT_SIZE;
	}
	if (fgets(line, sizeof(line), stdin) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	card_plain(out, line);
	explicit_bzero(line, sizeof(line));
	n = strlen(out);
	if (n == 0)
		(void)cli_usage(c, "a card's number is wanted on standard input");
	return n > 0;
}

int cli_card_error(struct cli *c, int err, const char *what)
{
	struct card_config config;

	cli_card_config(c, &config);
	switch (err) {
	case -ENOKEY:
		return cli_complain(c, CLI_FAILED, "no key file: cards.key_file in the configuration, or --key-file");
	case -EACCES:
		return cli_complain(c, CLI_FAILED, "key file %s cannot be read, or group or others can read it too",
		                    config.key_file);
	case -EBADMSG:
		return cli_complain(c, CLI_FAILED, "%s is no key file", config.key_file);
	default:
		return cli_database_error(c, err, what);
	}
}

/* ---- batches ---- */

static json_t *batch_json(const struct card_batch *b)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "batch", b->name, "state", card_state_name(b->state),
	                 "provider", b->provider, "cards", (json_int_t)b->cards, "value_e4", (json_int_t)b->value_e4, "digits",
	                 (json_int_t)b->digits, "key", (json_int_t)b->key_id, "expires_at", b->expires, "created_at", b->created);
}

static int list_one(void *arg, const struct card_batch *b)
{
	return json_array_append_new(arg, batch_json(b)) == 0 ? 0 : -ENOMEM;
}

static int run_batch_list(struct cli *c)
{
	json_t *list;
	int status = cli_database(c), err;

	if (status != CLI_OK)
		return status;
	list = json_array();
	err = card_batch_each(c->store, clock_utc_us(), list_one, list);
	return cli_show_list(c, err, list, "batch", batch_columns, "no batches");
}

int cli_card_batch_show(struct cli *c, const char *name)
{
	struct card_batch b;
	char what[64];
	json_t *json;
	int err = card_batch_find(c->store, name, clock_utc_us(), &b);

	(void)snprintf(what, sizeof(what), "batch %.40s", name);
	if (err)
		return cli_database_error(c, err, what);
	json = batch_json(&b);
	(void)json_object_set_new(json, "used", json_integer(b.used));
	(void)json_object_set_new(json, "blocked", json_integer(b.blocked));
	(void)json_object_set_new(json, "activated", json_integer(b.activated));
	cli_show(c, json, batch_lines, NULL);
	return CLI_OK;
}

static int run_batch_show(struct cli *c)
{
	int status = cli_database(c);

	return status == CLI_OK ? cli_card_batch_show(c, c->arg[0]) : status;
}

static int batch_to(struct cli *c, enum card_state to)
{
	char who[AUDIT_WHO_SIZE], what[64];
	struct card_change g = { .name = c->arg[0], .to = to, .who = who, .at_utc_us = clock_utc_us() };
	int status = cli_database(c), err;

	if (status != CLI_OK)
		return status;
	cli_who(who);
	(void)snprintf(what, sizeof(what), "batch %.40s", g.name);
	err = card_batch_change(c->store, &g);
	if (err == -EPERM && g.from == CARD_IS_BLOCKED && g.before != CARD_STATES)
		return cli_complain(c, CLI_FAILED, "%s is blocked, and was %s: it cannot become %s", what,
		                    card_state_name(g.before), card_state_name(to));
	if (err == -EPERM)
		return cli_complain(c, CLI_FAILED, "%s is %s: it cannot become %s", what, card_state_name(g.from),
		                    card_state_name(to));
	return err ? cli_database_error(c, err, what) : cli_card_batch_show(c, g.name);
}

static int run_batch_print(struct cli *c)
{
	return batch_to(c, CARD_PRINTED);
}

static int run_batch_deliver(struct cli *c)
{
	return batch_to(c, CARD_DELIVERED);
}

static int run_batch_activate(struct cli *c)
{
	return batch_to(c, CARD_ACTIVATED);
}

static int run_batch_block(struct cli *c)
{
	return batch_to(c, CARD_IS_BLOCKED);
}

/* ---- single cards ---- */

/* A card's number is not said again, not even to who has just typed it. */
static const char *card_named(const char *text)
{
	return strchr(text, '-') ? text : "such card";
}

static int card_show(struct cli *c, const char *text)
{
	struct card_config config;
	struct card_info i;
	char serial[CARD_SERIAL_SIZE];
	int err;

	cli_card_config(c, &config);
	err = card_find(c->store, &config, text, clock_utc_us(), &i);
	if (err == -EINVAL)
		return cli_usage(c, "a card is named by its %d to %d digits, or by its serial: BATCH-NUMBER", CARD_DIGITS_MIN,
		                 CARD_DIGITS_MAX);
	if (err)
		return cli_card_error(c, err, card_named(text));
	card_serial_text(serial, i.batch, i.serial);
	cli_show(c,
	         json_pack("{s:s, s:s, s:s, s:I, s:s, s:s?, s:s?, s:s?}", "serial", serial, "state", card_state_name(i.state),
	                   "batch", i.batch, "value_e4", (json_int_t)i.value_e4, "expires_at", i.expires, "used_at",
	                   i.used_at[0] ? i.used_at : NULL, "number", i.number[0] ? i.number : NULL, "ledger",
	                   i.ledger_id[0] ? i.ledger_id : NULL),
	         card_lines, NULL);
	return CLI_OK;
}

static int run_show(struct cli *c)
{
	char text[CARD_TEXT_SIZE];
	int status;

	if (!cli_card_number(c, c->arg[0], text))
		return CLI_USAGE;
	status = cli_database(c);
	return status == CLI_OK ? card_show(c, text) : status;
}

static int card_to(struct cli *c, enum card_state to)
{
	char who[AUDIT_WHO_SIZE], text[CARD_TEXT_SIZE];
	struct card_change g = { .name = text, .to = to, .who = who, .at_utc_us = clock_utc_us() };
	struct card_config config;
	int status, err;

	if (!cli_card_number(c, c->arg[0], text))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	cli_card_config(c, &config);
	err = card_change(c->store, &config, &g);
	if (err == -EPERM)
		return cli_complain(c, CLI_FAILED, "the card is %s: it cannot become %s", card_state_name(g.from),
		                    card_state_name(to));
	if (err == -EINVAL)
		return card_show(c, text); /* says what a card is named by */
	return err ? cli_card_error(c, err, card_named(text)) : card_show(c, text);
}

static int run_activate(struct cli *c)
{
	return card_to(c, CARD_ACTIVATED);
}

static int run_block(struct cli *c)
{
	return card_to(c, CARD_IS_BLOCKED);
}

/* ---- failed attempts ---- */

static int run_failures(struct cli *c)
{
	static const char *const names[] = { "at", "outcome", "caller", "number", "trunk", NULL };
	static const struct column columns[] = {
		{ "at", "AT (UTC)", COLUMN_TEXT },
		{ "outcome", "OUTCOME", COLUMN_TEXT },
		{ "caller", "CALLER", COLUMN_TEXT },
		{ "number", "FOR", COLUMN_TEXT },
		{ "trunk", "THROUGH", COLUMN_TEXT },
		{ NULL, NULL, COLUMN_TEXT },
	};

	return cli_show_rows(c, names, columns, "no failed attempts", 100,
	                     "SELECT f.at, f.outcome, f.caller, (SELECT MIN(n.number) FROM account_number n WHERE "
	                     "n.account_id = f.account_id AND n.valid_to IS NULL), f.trunk FROM card_failure f "
	                     "ORDER BY f.at DESC, f.id DESC LIMIT ?",
	                     NULL);
}

static int run_unlock(struct cli *c)
{
	char number[33], who[AUDIT_WHO_SIZE];
	int64_t count;
	int status, err;

	if (!cli_number(c, c->arg[0], number))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	cli_who(who);
	err = card_unlock(c->store, number, who, clock_utc_us(), &count);
	if (err)
		return cli_database_error(c, err, number);
	if (c->json)
		cli_show(c, json_pack("{s:I}", "forgotten", (json_int_t)count), NULL, NULL);
	else
		fprintf(c->out, "%lld failed attempts forgotten\n", (long long)count);
	return CLI_OK;
}

/* ---- redemption: by the node, which has the keys and keeps the limits ---- */

static int run_redeem(struct cli *c)
{
	char text[CARD_TEXT_SIZE], digits[CARD_TEXT_SIZE], number[33], id[ID_SIZE], who[AUDIT_WHO_SIZE];
	const char *outcome;
	json_t *result;
	int status;

	if (c->account == NULL)
		return cli_usage(c, "whose account? (--account NUMBER)");
	if (!cli_number(c, c->account, number) || !cli_movement_id(c, id) || !cli_card_number(c, c->arg[0], text))
		return CLI_USAGE;
	card_number_plain(digits, sizeof(digits), text);
	if (!card_is_number(digits)) /* asking would count as a failed attempt */
		return cli_usage(c, "a card's number has %d to %d digits", CARD_DIGITS_MIN, CARD_DIGITS_MAX);
	cli_who(who);
	status = cli_ask(c, "redeem", json_pack("{s:s, s:s, s:s, s:s}", "card", digits, "number", number, "id", id, "who", who),
	                 &result);
	if (status != CLI_OK)
		return status;
	outcome = json_string_value(json_object_get(result, "outcome"));
	status = outcome && strcmp(outcome, "done") == 0 ? CLI_OK : CLI_FAILED;
	cli_show(c, result, redeem_lines, NULL);
	return status;
}

const struct cli_command cli_card_commands[] = {
	{ "card keys", "card|printer FILE", "A new key for card numbers, or a key pair for the printer.", 2, 2, cli_card_keys },
	{ "card generate",
	  "--batch NAME --count N --value AMOUNT --expires TIME [--printer FILE.pub] [--out FILE] [--provider NAME] [--digits N]",
	  "Cards, whose numbers only the printer can read.", 0, 0, cli_card_generate },
	{ "card open", "FILE --secret FILE", "What the printer was given, with his secret key.", 1, 1, cli_card_open },
	{ "card batch list", "", "The batches.", 0, 0, run_batch_list },
	{ "card batch show", "BATCH", "One batch, and how many of its cards are used.", 1, 1, run_batch_show },
	{ "card batch print", "BATCH", "It has been printed.", 1, 1, run_batch_print },
	{ "card batch deliver", "BATCH", "It is with the shops.", 1, 1, run_batch_deliver },
	{ "card batch activate", "BATCH", "Its cards can be redeemed from now on.", 1, 1, run_batch_activate },
	{ "card batch block", "BATCH", "None of its cards can be redeemed any more.", 1, 1, run_batch_block },
	{ "card show", "CARD", "One card, by its number (- for standard input) or its serial.", 1, 1, run_show },
	{ "card activate", "CARD", "One card of a delivered batch, or one that was blocked.", 1, 1, run_activate },
	{ "card block", "CARD", "One card cannot be redeemed any more.", 1, 1, run_block },
	{ "card redeem", "CARD --account NUMBER [--id ID]", "A running node redeems a card. The same id twice is one redemption.",
	  1, 1, run_redeem },
	{ "card failures", "[--limit N]", "Failed attempts of the last 30 days, the latest first.", 0, 0, run_failures },
	{ "card unlock", "NUMBER", "His failed attempts, and those for his account, count no more.", 1, 1, run_unlock },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
