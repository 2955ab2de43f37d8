/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/card.h - recharge cards: who may redeem one, and what comes of it. States and batches: billing/card_state.h;
 * how they are made: card_make.h; keys: card_key.h.
 *
 * A card is found by the HMAC of its number. Its credit, its change of state and the row of the audit trail are one transaction,
 * begun with the account's row as everywhere (billing/hold.h); the change is a conditional update, so of any number that try one
 * card at once, on any nodes, one has it. A redemption has an id made by whoever asks: repeated with it, it happened once.
 *
 * Guessing is limited by failed attempts, kept in SQL for all nodes: a caller, an account, a trunk and all together may fail so
 * often within a time that slides along; over it nothing is looked at, until the oldest of them is out of it. What fails for want
 * of an account or of the database is no attempt.
 */
#ifndef BILLING_CARD_H
#define BILLING_CARD_H

#include <stdint.h>

#include "core/random.h"
#include <stdbool.h>

#include "store/store.h"

#define CARD_DIGITS_MIN 16     /* live cards / 10^digits <= 1e-9: a guess finds none */
#define CARD_DIGITS_MAX 18
#define CARD_NUMBER_MAX CARD_DIGITS_MAX

/* As printed in groups, or as keyed: without the blanks and dashes between its digits. A text of anything else stays what it
 * is. */
void card_number_plain(char *out, size_t size, const char *text);
bool card_is_number(const char *text); /* CARD_DIGITS_MIN to _MAX digits and nothing else */

struct card_limit {
	unsigned failures; /* 0: no limit */
	int64_t  window_us;
};

struct card_config {
	char              key_file[256];  /* "": cards are not redeemed here */
	struct card_limit caller, account, trunk, all;
};
/* 5 an hour for a caller, 10 an hour for an account, 20 a minute for a trunk, 100 a minute for all together. */
void card_config_default(struct card_config *c);

enum card_outcome {
	CARD_DONE,
	CARD_UNKNOWN,     /* no such number, or one of another provider's */
	CARD_USED,
	CARD_EXPIRED,
	CARD_BLOCKED,
	CARD_NOT_ACTIVE,  /* it was not handed to the shops yet */
	CARD_NO_ACCOUNT,  /* nobody has this number, or his account is closed */
	CARD_TOO_MANY,    /* failed attempts: later */
};
/* "done", "unknown", "used" ... A stranger is told one answer for unknown to not_active. */
const char *card_outcome_name(enum card_outcome o);

struct card_redeem {
	char        id[ID_SIZE];   /* made by the asker: random_id(); also the id of the ledger's row, kind 'card' */
	const char *card;          /* the digits as keyed */
	const char *number;        /* whose account: one's own number or another's, canonical */
	const char *caller, *trunk; /* who asks and whence, for the limits; "": not by telephone, not limited by that */
	const char *who;           /* for the audit trail: "phone:8613800000001@pstn", "cli:root" (audit.h) */
	int64_t     at_utc_us;
	enum card_outcome outcome; /* out, all below */
	int64_t     amount_e4, balance_e4; /* with CARD_DONE: credited, and the account's new balance */
};
/* Blocking. 0: the outcome tells; -ENOKEY no key file; -EACCES, -EBADMSG and others: the key file; -EIO: the database does not
 * answer, and it may have happened: to be asked again with the same id; -EEXIST the id was another card's; -EKEYREJECTED the
 * card is unknown, and the key file is another system's: no attempt is counted. */
int card_redeem(struct store *s, const struct card_config *config, struct card_redeem *r);

/* An operator believes him: failed attempts of this caller, and those to recharge his account, count no more. *count: how many
 * that were. Blocking. */
int card_unlock(struct store *s, const char *number, const char *who, int64_t at_utc_us, int64_t *count);
/* Failed attempts older than this one are forgotten. Blocking. */
int card_forget(struct store *s, int64_t before_utc_us);

#endif
