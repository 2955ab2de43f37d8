/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control/settings.h - what a node and the programs beside it (command line, back office) must agree on: where its control socket
 * is, its database, and the keys of its recharge cards.
 *
 * Both read it from the node's configuration file with these tables (core/config.h): the node as sections of its own table, the
 * others alone, passing over the rest of the file. So `partyline --config FILE` talks to the node that FILE runs.
 */
#ifndef CONTROL_SETTINGS_H
#define CONTROL_SETTINGS_H

#include "core/config.h"
#include "store/store.h"

struct settings_cards { /* billing/card.h */
	char     key_file[256], printer[256];
	unsigned caller_failures, account_failures, trunk_failures, all_failures;
	int64_t  caller_window_us, account_window_us, trunk_window_us, all_window_us;
};

struct settings {
	struct {
		char socket[108]; /* "": none */
	} control;
	struct store_config   database; /* connections: the program's own business */
	struct settings_cards cards;
};

extern const struct config_field settings_table[];          /* of struct settings: control, database, cards */
extern const struct config_field settings_control_table[];  /* of its parts, for tables that hold them elsewhere */
extern const struct config_field settings_database_table[];
extern const struct config_field settings_cards_table[];

/* The sections out of a file that may hold any others. path NULL: defaults. Errors as config_open() and config_read(). */
int settings_load(struct settings *s, const char *path, FILE *errors);

#endif
