/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/card_internal.h - what the files about cards share; nobody else includes it. */
#ifndef BILLING_CARD_INTERNAL_H
#define BILLING_CARD_INTERNAL_H

#include <stdbool.h>

#include "billing/card.h"
#include "billing/card_key.h"

/* X'..',X'..': what the number is stored as under each of the keys, for an IN (). Errors as card_redeem(). */
#define CARD_MACS_TEXT (CARD_KEYS_MAX * (2 * CARD_MAC_SIZE + 4) + 1)
int card_macs(const struct card_config *config, const char *number, char out[CARD_MACS_TEXT]);

/* Whose keys they are. */
struct card_prints {
	unsigned count;
	struct {
		unsigned id;
		char     print[CARD_PRINT_SIZE];
	} key[CARD_KEYS_MAX];
};
void card_prints_of(struct card_prints *p, const struct card_keys *k);
int  card_prints_load(struct card_prints *p, const char *key_file);
/* -EKEYREJECTED: the database knows one of the ids with another key, or keys and none of these: the file is another system's. */
int  card_prints_check(struct store_conn *c, const struct card_prints *p);

/* A card: batch id, serial, value, provider, batch, state, ledger id, whether its time is over (now is the first ?), when it is,
 * used at, number. A blocked batch blocks what was activated singly as well. */
#define CARD_SELECT \
	"SELECT c.batch_id, c.serial, b.value_e4, b.provider_id, b.name, IF(c.state = 'used', 'used', IF(b.state = 'blocked', " \
	"'blocked', COALESCE(c.state, b.state))), c.ledger_id, b.expires_at <= ?, b.expires_at, c.used_at, l.number FROM card " \
	"c " \
	"JOIN card_batch b ON b.id = c.batch_id LEFT JOIN ledger l ON l.id = c.ledger_id"

#endif
