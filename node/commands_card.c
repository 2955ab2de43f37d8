/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recharge card is redeemed through the control socket: by the command line, the back office, a shop's till. */
#include "node/commands_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/coro.h"

struct redeem { /* one question; its own, whatever becomes of who asked */
	struct commands        *c;
	struct control_request *request;
	struct card_redeem      r;
	char                    card[64], number[NUMBER_MAX + 1], who[128];
};

static void redeem_answer(struct redeem *q, int err)
{
	const struct card_redeem *r = &q->r;
	json_t *result;

	if (err == -EIO) {
		control_fail(q->request, CONTROL_UNAVAILABLE, "the database does not answer: ask again with the same id");
	} else if (err == -EEXIST) {
		control_fail(q->request, CONTROL_ARGS, "the id %s is another movement's", r->id);
	} else if (err) {
		control_fail(q->request, CONTROL_UNAVAILABLE, "this node redeems no cards (cards.key_file): %s",
		             err == -EKEYREJECTED ? "it is another system's" : strerror(-err));
	} else {
		result = json_pack("{s:s, s:s}", "outcome", card_outcome_name(r->outcome), "id", r->id);
		if (r->outcome == CARD_DONE) {
			(void)json_object_set_new(result, "amount_e4", json_integer(r->amount_e4));
			(void)json_object_set_new(result, "balance_e4", json_integer(r->balance_e4));
		}
		control_reply(q->request, result);
	}
}

static void redeem_coro(void *arg)
{
	struct redeem *q = arg;

	redeem_answer(q, billing_card_redeem(node_billing(q->c->node), &q->r));
	explicit_bzero(q->card, sizeof(q->card));
	free(q);
}

/* args.name as a text that fits; NULL: it does not, or it is missing and must not be. */
static const char *text_of(const json_t *args, const char *name, size_t size, const char *absent)
{
	const char *text = json_string_value(json_object_get(args, name));

	if (text == NULL && json_object_get(args, name) == NULL)
		text = absent;
	return text && strlen(text) < size ? text : NULL;
}

static bool id_ok(const char *id)
{
	return strlen(id) == ID_SIZE - 1 && strspn(id, "0123456789abcdef") == ID_SIZE - 1;
}

static const char *redeem_read(struct redeem *q, const json_t *args)
{
	const char *card = text_of(args, "card", sizeof(q->card), NULL),
		   *number = text_of(args, "number", sizeof(q->number), NULL);
	const char *id = text_of(args, "id", ID_SIZE, ""), *who = text_of(args, "who", sizeof(q->who), "control");

	if (card == NULL || number == NULL)
		return "card and number are wanted";
	if (number_canonical(&node_options(q->c->node)->numbers, number, NUMBER_INTERNATIONAL, NUMBER_NPI_E164, q->number) != 0)
		return "number is no number in international form";
	if (id == NULL || (id[0] && !id_ok(id)))
		return "an id is 32 hex digits";
	if (who == NULL)
		return "who is too long";
	card_number_plain(q->card, sizeof(q->card), card);
	(void)snprintf(q->who, sizeof(q->who), "%s", who);
	random_id(q->r.id);
	if (id[0])
		(void)snprintf(q->r.id, sizeof(q->r.id), "%s", id);
	return NULL;
}

void command_redeem(struct control_request *r, const json_t *args, void *arg)
{
	struct commands *c = arg;
	struct redeem *q = calloc(1, sizeof(*q));
	const char *wrong;

	if (q == NULL || node_span_count(c->node) == 0) { /* the node is closing: nobody would wait for the answer */
		free(q);
		control_fail(r, CONTROL_UNAVAILABLE, "not now");
		return;
	}
	q->c = c;
	q->request = r;
	wrong = redeem_read(q, args);
	q->r.card = q->card;
	q->r.number = q->number;
	q->r.who = q->who;
	q->r.caller = q->r.trunk = "";
	q->r.at_utc_us = clock_utc_us();
	if (wrong == NULL && coro_spawn(node_loop(c->node), "redeem", redeem_coro, q) == 0)
		return;
	explicit_bzero(q->card, sizeof(q->card));
	free(q);
	control_fail(r, wrong ? CONTROL_ARGS : CONTROL_BUSY, "%s", wrong ? wrong : "no memory");
}
