/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/selfcare_money.c - recharging with a card, and balances. */
#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/coro.h"
#include "ivr/selfcare_internal.h"

#define LOG_MODULE "ivr"

#define REDEEM_TRIES    5 /* at a database that does not answer; the id makes them one */
#define REDEEM_PAUSE_US CLOCK_SEC(2)
#define WRONG_CARDS     3

static const char *card_prompt(enum card_outcome o)
{
	switch (o) {
	case CARD_DONE:
		return "recharged";
	case CARD_USED:
		return "card-used";
	case CARD_EXPIRED:
		return "card-expired";
	case CARD_BLOCKED:
		return "card-blocked";
	case CARD_NOT_ACTIVE:
		return "card-not-active";
	case CARD_NO_ACCOUNT:
		return "account-unknown";
	case CARD_TOO_MANY:
		return "card-too-many";
	case CARD_UNKNOWN:
		break;
	}
	return "card-unknown";
}

/* What may have happened is asked again with the same id until it is known. */
static int redeem(struct selfcare *c, struct card_redeem *r)
{
	int err;

	random_id(r->id);
	for (unsigned i = 0;; i++) {
		r->at_utc_us = clock_utc_us();
		err = billing_card_redeem(c->env->billing, r);
		if (err != -EIO || i == REDEEM_TRIES)
			return err;
		coro_sleep(REDEEM_PAUSE_US); /* also when he has hung up */
	}
}

static int recharged(struct selfcare *c, const struct card_redeem *r)
{
	struct say_list list;

	say_begin(&list);
	say_prompt(&list, card_prompt(r->outcome));
	if (r->outcome != CARD_DONE)
		return selfcare_tell(c, &list);
	say_money_e4(&list, c->d.lang, r->amount_e4);
	if (strcmp(r->number, c->own) == 0) /* another's is nobody's business */
		say_balance(&list, c->d.lang, r->balance_e4);
	return selfcare_tell(c, &list);
}

int selfcare_recharge(struct selfcare *c)
{
	char card[DIALOGUE_DIGITS_MAX + 1], number[LEG_NUMBER_MAX + 1];
	struct card_redeem r = {
		.card = card, .number = number, .caller = c->leg->calling.canonical, .trunk = c->leg->trunk, .who = c->who
	};
	int err = selfcare_whose(c, number);

	while (!err) {
		err = selfcare_digits(c, "enter-card", card);
		if (err)
			break;
		err = redeem(c, &r);
		memset(card, 0, sizeof(card));
		if (err)
			return selfcare_unavailable(c, err);
		err = recharged(c, &r);
		if (err || r.outcome == CARD_DONE || r.outcome == CARD_NO_ACCOUNT)
			break;
		if (r.outcome == CARD_TOO_MANY || ++c->wrong_cards == WRONG_CARDS)
			err = -EACCES;
	}
	return err;
}

int selfcare_balance(struct selfcare *c)
{
	char number[LEG_NUMBER_MAX + 1];
	struct care_account a;
	struct say_list list;
	int err = selfcare_whose(c, number);

	if (!err && strcmp(number, c->own) != 0)
		err = selfcare_prove(c, number);
	if (err)
		return err;
	err = billing_care_find(c->env->billing, number, &c->door, &a);
	if (err)
		return selfcare_unavailable(c, err);
	say_begin(&list);
	say_balance(&list, c->d.lang, a.balance_e4);
	return selfcare_tell(c, &list);
}
