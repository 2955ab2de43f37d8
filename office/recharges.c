/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recharge cards on the web: the same limits as on the telephone, caller and account alike. */
#include <errno.h>
#include <string.h>

#include "billing/card.h"
#include "core/clock.h"
#include "core/log.h"
#include "office/json.h"
#include "office/resources.h"

#define LOG_MODULE "recharge"

static void answer_done(struct request *r, const struct card_redeem *c)
{
	struct account a;
	bool own = account_find(r->office->store, c->number, &a) == 0 && a.id == r->session.account_id;

	answer_json(r, 200,
	            json_pack("{s:s, s:s, s:o, s:o, s:s}", "outcome", "done", "number", c->number, "amount",
	                      money_json(r->office, c->amount_e4), "balance",
	                      own ? money_json(r->office, c->balance_e4) : json_null(), "movement", c->id));
}

static void answer_outcome(struct request *r, const struct card_redeem *c)
{
	switch (c->outcome) {
	case CARD_DONE:
		answer_done(r, c);
		break;
	case CARD_TOO_MANY:
		answer_problem(r, PROBLEM_TOO_MANY, "failed attempts: later");
		r->answer.retry_after_s = (int)(r->office->config->cards.caller.window_us / CLOCK_SEC(1));
		break;
	case CARD_NO_ACCOUNT:
		answer_problem(r, PROBLEM_CARD_REFUSED, "nobody has the number %s", c->number);
		answer_more(r, "outcome", json_string("no_account"));
		break;
	default: /* a stranger is not told which */
		answer_problem(r, PROBLEM_CARD_REFUSED, "it is unknown, used, expired, blocked or not sold yet");
		answer_more(r, "outcome", json_string("refused"));
		break;
	}
}

void me_recharge(struct request *r)
{
	char digits[64], number[33];
	struct card_redeem c = { .card = digits,
		                 .number = number,
		                 .caller = r->session.number,
		                 .trunk = "",
		                 .who = r->who,
		                 .at_utc_us = r->now_utc_us };
	const char *whose = request_text(r, "number");
	int err;

	(void)snprintf(number, sizeof(number), "%s", r->session.number);
	if (whose && !request_number(r, whose, "#/number", number))
		return;
	card_number_plain(digits, sizeof(digits), request_text(r, "card"));
	(void)snprintf(c.id, sizeof(c.id), "%s", r->id);
	err = card_redeem(r->office->store, &r->office->config->cards, &c);
	explicit_bzero(digits, sizeof(digits));
	if (err == -EIO) {
		answer_errno(r, err, "card");
	} else if (err == -ENOKEY) {
		answer_problem(r, PROBLEM_UNAVAILABLE, "no cards are taken here");
	} else if (err) {
		log_error("cards.key_file: %s", strerror(-err));
		answer_problem(r, PROBLEM_UNAVAILABLE, "no cards are taken here");
	} else {
		answer_outcome(r, &c);
	}
}
