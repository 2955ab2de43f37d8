/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/card_state.h - batches of cards and single cards: their states, and who changed them. Blocking: workers and the command
 * line.
 *
 *   created -> printed -> delivered -> activated -> used          expired: any but used, once its time is over
 *      \__________\____________\___________\-> blocked -> on from where it was
 *
 * created: generated, the printer's file is complete; printed: the printer has done his work; delivered: with the shops;
 * activated: may be redeemed. A card has its batch's state until it is activated, blocked or used by itself; a batch that is
 * blocked blocks all of its cards but the used ones, and goes on from what it was then; a blocked card can be activated as others
 * of its batch can. Expiry is a time of the batch and needs nobody: from that second on.
 */
#ifndef BILLING_CARD_STATE_H
#define BILLING_CARD_STATE_H

#include <stdbool.h>

#include "billing/card.h"

#define CARD_BATCH_NAME_MAX 32   /* letters, digits, - _ */
#define CARD_SERIAL_SIZE    48   /* "spring-0000123" */

enum card_state {
	CARD_MAKING,     /* a batch under generation, or one whose generation was interrupted: as if it were not there */
	CARD_CREATED,
	CARD_PRINTED,
	CARD_DELIVERED,
	CARD_ACTIVATED,
	CARD_IS_BLOCKED,
	CARD_IS_USED,
	CARD_IS_EXPIRED,
	CARD_STATES,
};
const char *card_state_name(enum card_state s);
int         card_state_parse(enum card_state *s, const char *name); /* -EINVAL */
/* The one table of what may follow what; of what was blocked from there on, what was before it decides. */
bool card_state_may(enum card_state from, enum card_state to);

bool card_batch_name_ok(const char *name);
void card_serial_text(char out[CARD_SERIAL_SIZE], const char *batch, int64_t serial);
/* BATCH-SERIAL. -EINVAL. */
int card_serial_parse(const char *text, char batch[CARD_BATCH_NAME_MAX + 1], int64_t *serial);

struct card_batch {
	char            name[CARD_BATCH_NAME_MAX + 1], provider[65];
	enum card_state state;     /* expired: its time is over */
	enum card_state blocked_from; /* what it was before it was blocked; CARD_STATES: it is not, or that is not known */
	int64_t         id, cards, value_e4, key_id, digits;
	char            expires[32], created[32];
	int64_t         used, blocked, activated; /* cards with a state of their own; counted by card_batch_find alone */
};
bool card_batch_may(const struct card_batch *b, enum card_state to);
int card_batch_each(struct store *s, int64_t at_utc_us, int (*each)(void *arg, const struct card_batch *b), void *arg);
/* -ENOENT. */
int card_batch_find(struct store *s, const char *name, int64_t at_utc_us, struct card_batch *b);

struct card_change {
	const char     *name;       /* of a batch; or a card's number or serial */
	enum card_state to;
	const char     *who;
	int64_t         at_utc_us;
	enum card_state from;       /* out: what it was */
	/* out: of a blocked batch, what it was before; of a card, what its batch is; else CARD_STATES */
	enum card_state before;
};
/* -ENOENT; -EPERM the table does not allow it (from says why). Already there: 0, and nothing is written. */
int card_batch_change(struct store *s, struct card_change *g);
/* One card: activated or blocked. Also -EINVAL, and card_find()'s errors. */
int card_change(struct store *s, const struct card_config *config, struct card_change *g);

struct card_info {
	char            batch[CARD_BATCH_NAME_MAX + 1], number[33]; /* number: for which it was redeemed; "": for none */
	enum card_state state;
	int64_t         batch_id, serial, value_e4, provider_id;
	char            expires[32], used_at[32], ledger_id[ID_SIZE];
};
/* By its number (needs the keys: errors as card_redeem()), or by its serial as printed. -ENOENT; -EINVAL it is neither. */
int card_find(struct store *s, const struct card_config *config, const char *text, int64_t at_utc_us, struct card_info *i);

#endif
