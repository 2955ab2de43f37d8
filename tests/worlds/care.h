/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/care.h - a world with the self-care number, 12580, and a dialogue with it: he dials, hears, keys.
 *
 * One telephone speaks with the number at a time: the one that dialled last. It hears its subscriber's language.
 */
#ifndef TESTS_WORLDS_CARE_H
#define TESTS_WORLDS_CARE_H

#include "billing/card.h"
#include "tests/worlds/world.h"

#define CARE    "12580"
#define HOST    "13800000001" /* Chinese */
#define HOST_E  "8613800000001"
#define OTHER   "13800000002" /* English */
#define OTHER_E "8613800000002"
#define NOBODY  "13800000011" /* has no account */

#define CARDS     8
#define CARD_E4   500000  /* 50.00 */
#define OPENING   1000000 /* what everybody has at first: 100.00 */

struct care {
	struct world      *w;
	const char        *call;
	enum prompt_lang   lang;
	char               card[CARDS][CARD_NUMBER_MAX + 1];
	char               dir[64];
	struct card_config config;
};

void care_open(struct care *c, unsigned spans);
void care_close(struct care *c);
/* The batch "may": eight cards of 50.00, serials 1 to 8, good for a year, with the shops. */
void care_cards(struct care *c);
void care_password(struct care *c, const char *number, const char *password);

/* Answered within 2 s. more: as phone_dials_with(). */
void he_dials(struct care *c, const char *phone);
void he_dials_with(struct care *c, const char *phone, const char *more);
/* Within 40 s; what began a moment ago counts too. */
void he_hears(struct care *c, const char *prompt);
/* He keys this, after the prompt or into it, and then hears that (NULL: whatever is said). */
void he_keys(struct care *c, const char *keys, const char *then_hears);
void he_keys_number(struct care *c, const char *number, const char *then_hears); /* an account's or a card's, and # */
bool he_has_heard(struct care *c, const char *prompt);                           /* at any time in this call */
void he_hangs_up(struct care *c);
void he_is_cleared(struct care *c, double seconds);                              /* by us, with 16 */

#endif
