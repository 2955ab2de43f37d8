/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/card.h - what the two files of the commands about cards share. */
#ifndef CLI_CARD_H
#define CLI_CARD_H

#include "billing/card.h"
#include "cli/database.h"

#define CARD_TEXT_SIZE 64

/* The configuration's key file, or --key-file. */
void cli_card_config(const struct cli *c, struct card_config *config);
/* A number or a serial; - reads it from standard input, so that it stands in no list of processes. False after a complaint. */
bool cli_card_number(struct cli *c, const char *text, char out[CARD_TEXT_SIZE]);
/* As cli_database_error(), and the key file's. */
int cli_card_error(struct cli *c, int err, const char *what);
int cli_card_batch_show(struct cli *c, const char *name);

/* card_make.c */
int cli_card_keys(struct cli *c);
int cli_card_generate(struct cli *c);
int cli_card_open(struct cli *c);

#endif
