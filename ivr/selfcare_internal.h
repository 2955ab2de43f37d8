/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/selfcare_internal.h - what the parts of the menu share. Each item is a function that returns 0: back to the menu;
 * -ECANCELED: he pressed *, the same;
 * -ECONNRESET he has hung up; -ETIMEDOUT no keys come; -EACCES: he was told why, and the call ends.
 */
#ifndef IVR_SELFCARE_INTERNAL_H
#define IVR_SELFCARE_INTERNAL_H

#include "billing/audit.h"
#include "billing/care.h"
#include "ivr/dialogue.h"
#include "ivr/selfcare.h"

struct selfcare {
	struct list               link;     /* env->selfcares */
	struct ivr_env           *env;
	const struct ivr_service *service;
	struct account_door       door;     /* whom he may be, and of whom he may ask */
	struct leg               *leg;
	struct dialogue           d;
	struct mparty_setup       setup;    /* for the records */
	char                      caller[LEG_NUMBER_MAX + 1]; /* canonical; "": not vouched for */
	char                      own[LEG_NUMBER_MAX + 1];    /* the same when it has an account, else "" */
	char                      who[AUDIT_WHO_SIZE];
	unsigned                  wrong_cards;
};

int selfcare_recharge(struct selfcare *c);
int selfcare_balance(struct selfcare *c);
int selfcare_password(struct selfcare *c);
int selfcare_recent(struct selfcare *c);
int selfcare_bookings(struct selfcare *c);

/* ---- asking ---- */

/* One of these keys, after a prompt that is said up to three times. */
int selfcare_choose(struct selfcare *c, const struct say_list *list, const char *keys, char *key);
int selfcare_choose_id(struct selfcare *c, const char *prompt, const char *keys, char *key);
/* Digits up to #. */
int selfcare_digits(struct selfcare *c, const char *prompt, char digits[DIALOGUE_DIGITS_MAX + 1]);
/* An account's number: his own, or a named one, said back to him. */
int selfcare_whose(struct selfcare *c, char number[LEG_NUMBER_MAX + 1]);
/* The named account's password was keyed, and right. */
int selfcare_prove(struct selfcare *c, const char *number);
/* Says it to the end; keys pressed meanwhile are forgotten, so that one that was meant for the prompt before does no harm. */
int selfcare_tell(struct selfcare *c, const struct say_list *list);
int selfcare_tell_id(struct selfcare *c, const char *prompt);
/* The database does not answer: said so. 0, -ECONNRESET. */
int selfcare_unavailable(struct selfcare *c, int err);

#endif
