/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/card_world.h - a directory with card and printer keys, and batches out of it. Included after database.h. */
#ifndef TESTS_UNIT_CARD_WORLD_H
#define TESTS_UNIT_CARD_WORLD_H

#include "billing/card_key.h"
#include "billing/card_make.h"

#define CARD_AT        INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */
#define CARD_EXPIRES   (CARD_AT + CLOCK_SEC(86400))

struct card_world {
	struct store      *s;
	struct card_config config;
	char               dir[64], printer[96], public[96], out[96];
	char               number[2000][CARD_DIGITS_MAX + 1];
	unsigned           count;
};

/* Made by the first that needs it; to migrate anew takes longer than most tests. */
static char card_world_database[32];

static const char card_world_accounts[] = "INSERT INTO account (id, tariff_id, balance_e4, created_at) VALUES "
					  "(1, 1, 10000, '2026-03-02'), (2, 1, 0, '2026-03-02')";
static const char card_world_numbers[] = "INSERT INTO account_number (number, account_id, valid_from) VALUES "
					 "('8613800000001', 1, '2026-03-02'), ('8613800000002', 2, '2026-03-02')";

static inline int card_world_begin_tx(struct store_conn *c, void *arg)
{
	static const char *const sql[] = {
		"DELETE FROM card",
		"DELETE FROM card_batch",
		"DELETE FROM card_key",
		"DELETE FROM card_failure",
		"DELETE FROM hold",
		"DELETE FROM ledger",
		"DELETE FROM audit",
		"DELETE FROM account_number",
		"DELETE FROM account",
		"DELETE FROM provider WHERE id > 1",
		card_world_accounts,
		card_world_numbers,
	};
	int err = 0;

	(void)arg;
	for (unsigned i = 0; !err && i < ARRAY_LEN(sql); i++)
		err = store_exec(c, NULL, sql[i], "");
	return err;
}

static inline struct store *card_world_store(unsigned connections)
{
	struct store_config config = database_config(card_world_database);
	struct store *s;

	config.connections = connections;
	assert_int_equal(store_open(&s, &config), 0);
	return s;
}

static inline void card_world_open(struct card_world *w)
{
	unsigned id;

	memset(w, 0, sizeof(*w));
	tests_tmp(w->dir, sizeof(w->dir), "partyline-cards");
	assert_non_null(mkdtemp(w->dir));
	card_config_default(&w->config);
	(void)snprintf(w->config.key_file, sizeof(w->config.key_file), "%s/keys", w->dir);
	(void)snprintf(w->printer, sizeof(w->printer), "%s/printer", w->dir);
	(void)snprintf(w->public, sizeof(w->public), "%s/printer.pub", w->dir);
	assert_int_equal(card_keys_add(w->config.key_file, &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(card_printer_make(w->printer), 0);
	if (card_world_database[0] == '\0') {
		w->s = database_fresh();
		database_do(w->s, "INSERT INTO tariff (id, provider_id, name) VALUES (1, 1, 'standard')");
		database_do(w->s, "DROP TRIGGER ledger_is_not_deleted");
		database_do(w->s, "DROP TRIGGER audit_is_not_deleted");
		(void)snprintf(card_world_database, sizeof(card_world_database), "t%u", database_count);
	} else {
		w->s = card_world_store(4);
	}
	assert_int_equal(store_tx(w->s, card_world_begin_tx, NULL), 0);
}

static inline void card_world_close(struct card_world *w)
{
	char cmd[100];

	store_close(w->s);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	assert_int_equal(system(cmd), 0);
}

/* What the printer gets, as he reads it; numbers into w. */
static inline void card_world_print(struct card_world *w)
{
	char *text, *line, *rest;
	size_t len;

	assert_int_equal(card_unseal(w->out, w->printer, &text, &len), 0);
	w->count = 0;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *comma = strchr(line, ',');

		if (line[0] == '#' || line[0] == '\0')
			continue;
		assert_non_null(comma);
		if (w->count < ARRAY_LEN(w->number))
			(void)snprintf(w->number[w->count], sizeof(w->number[0]), "%s", comma + 1);
		w->count++;
	}
	free(text);
}

static inline struct card_make card_world_batch(struct card_world *w, const char *name, int64_t count, int64_t value_e4)
{
	(void)snprintf(w->out, sizeof(w->out), "%s/%s.sealed", w->dir, name);
	return (struct card_make){
		.name = name,
		.count = count,
		.value_e4 = value_e4,
		.expires_utc_us = CARD_EXPIRES,
		.at_utc_us = CARD_AT,
		.key_file = w->config.key_file,
		.printer_file = w->public,
		.out = w->out,
		.who = "cli:test@here",
	};
}

static inline int card_world_to(struct card_world *w, const char *batch, enum card_state to)
{
	struct card_change g = { .name = batch, .to = to, .who = "cli:test@here", .at_utc_us = CARD_AT };

	return card_batch_change(w->s, &g);
}

/* A batch that can be redeemed. */
static inline void card_world_cards(struct card_world *w, const char *name, int64_t count, int64_t value_e4)
{
	struct card_make m = card_world_batch(w, name, count, value_e4);

	assert_int_equal(card_make(w->s, &m), 0);
	card_world_print(w);
	assert_int_equal(w->count, count);
	assert_int_equal(card_world_to(w, name, CARD_PRINTED), 0);
	assert_int_equal(card_world_to(w, name, CARD_DELIVERED), 0);
	assert_int_equal(card_world_to(w, name, CARD_ACTIVATED), 0);
}

static inline struct card_redeem card_world_redeem(const char *card, const char *number)
{
	struct card_redeem r = {
		.card = card, .number = number, .caller = "", .trunk = "", .who = "cli:test@here", .at_utc_us = CARD_AT,
	};

	random_id(r.id);
	return r;
}

#endif
