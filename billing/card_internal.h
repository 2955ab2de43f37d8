/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/card_internal.h - what the files about cards share; nobody else includes it. */
#ifndef BILLING_CARD_INTERNAL_H
#define BILLING_CARD_INTERNAL_H

#include <stdbool.h>

#include "billing/card.h"
#include "billing/card_key.h"

bool card_is_number(const char *text);
/* X'..',X'..': what the number is stored as under each of the keys, for an IN (). Errors as card_redeem(). */
#define CARD_MACS_TEXT (CARD_KEYS_MAX * (2 * CARD_MAC_SIZE + 4) + 1)
int card_macs(const struct card_config *config, const char *number, char out[CARD_MACS_TEXT]);

/* A card: batch id, serial, value, provider, batch, state, ledger id, whether its time is over (now is the first ?), when it is,
 * used at, number. A blocked batch blocks what was activated singly as well. */
#define CARD_SELECT \
	"SELECT c.batch_id, c.serial, b.value_e4, b.provider_id, b.name, IF(c.state = 'used', 'used', IF(b.state = 'blocked', " \
	"'blocked', COALESCE(c.state, b.state))), c.ledger_id, b.expires_at <= ?, b.expires_at, c.used_at, l.number FROM card " \
	"c " \
	"JOIN card_batch b ON b.id = c.batch_id LEFT JOIN ledger l ON l.id = c.ledger_id"

#endif
