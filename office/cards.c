/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recharge cards: batches and single ones, of the operator's provider. They are made by the command line (partyline card
 * generate), where the keys and the printer's file are. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "billing/card_state.h"
#include "core/log.h"
#include "office/json.h"
#include "office/resources.h"

#define LOG_MODULE "cards"

/* ---- batches ---- */

static json_t *batch_next(const struct card_batch *b)
{
	json_t *next = json_array();

	for (int to = CARD_PRINTED; to <= CARD_IS_BLOCKED; to++)
		if (card_batch_may(b, (enum card_state)to))
			(void)json_array_append_new(next, json_string(card_state_name((enum card_state)to)));
	return next;
}

static json_t *batch_json(const struct office *o, const struct card_batch *b, bool counted)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "name", b->name, "state",
	                 card_state_name(b->state), "next", batch_next(b), "cards", (json_int_t)b->cards, "value",
	                 money_json(o, b->value_e4), "digits", (json_int_t)b->digits, "key", (json_int_t)b->key_id, "expires_at",
	                 stamp_json(b->expires), "created_at", stamp_json(b->created), "used",
	                 counted ? json_integer(b->used) : json_null(), "blocked",
	                 counted ? json_integer(b->blocked) : json_null(), "activated",
	                 counted ? json_integer(b->activated) : json_null());
}

struct batches {
	struct request    *r;
	struct page_cursor cursor;
	json_t            *list;
};

/* There are some hundreds; in order of their names for the pages. */
static int batch_add(void *arg, const struct card_batch *b)
{
	struct batches *k = arg;
	const char *name;
	size_t i = 0;

	if (strcmp(b->provider, k->r->session.provider) != 0 || strcmp(b->name, k->cursor.first) <= 0)
		return 0;
	for (; i < json_array_size(k->list); i++) {
		name = json_string_value(json_object_get(json_array_get(k->list, i), "name"));
		if (strcmp(name, b->name) > 0)
			break;
	}
	return json_array_insert_new(k->list, i, batch_json(k->r->office, b, false)) == 0 ? 0 : -ENOMEM;
}

void batches_list(struct request *r)
{
	struct batches k = { .r = r };
	int err;

	if (!page_cursor(r, &k.cursor))
		return;
	k.list = json_array();
	err = card_batch_each(r->office->store, r->now_utc_us, batch_add, &k);
	if (err) {
		json_decref(k.list);
		answer_errno(r, err, "batch");
	} else {
		page_answer(r, k.list, "name", NULL);
	}
}

static bool batch_find(struct request *r, struct card_batch *b)
{
	int err = card_batch_find(r->office->store, r->param[0], r->now_utc_us, b);

	if (!err && strcmp(b->provider, r->session.provider) != 0)
		err = -ENOENT;
	if (err)
		answer_errno(r, err, "batch");
	return !err;
}

void batch_get(struct request *r)
{
	struct card_batch b;

	if (!batch_find(r, &b))
		return;
	answer_etag(r, "%s", card_state_name(b.state));
	answer_json(r, 200, batch_json(r->office, &b, true));
}

static void answer_not_allowed(struct request *r, const struct card_change *g)
{
	answer_problem(r, PROBLEM_CONFLICT, "it is %s: it cannot become %s", card_state_name(g->from), card_state_name(g->to));
}

void batch_change(struct request *r)
{
	struct card_change g = { .name = r->param[0], .who = r->who, .at_utc_us = r->now_utc_us };
	struct card_batch b;
	int err;

	if (!batch_find(r, &b) || !request_matches(r, card_state_name(b.state)))
		return;
	(void)card_state_parse(&g.to, request_text(r, "state"));
	err = card_batch_change(r->office->store, &g);
	if (err == -EPERM)
		answer_not_allowed(r, &g);
	else if (err)
		answer_errno(r, err, "batch");
	else
		batch_get(r);
}

/* ---- single cards ---- */

static void answer_card_error(struct request *r, int err)
{
	switch (err) {
	case -ENOENT:
	case -EINVAL:
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no such card");
		break;
	case -EIO:
		answer_errno(r, err, "card");
		break;
	default:
		log_error("cards.key_file: %s", strerror(-err));
		answer_problem(r, PROBLEM_UNAVAILABLE, "cards are not known by their numbers here");
		break;
	}
}

/* Another provider's card does not exist. False after an answer. */
static bool card_of(struct request *r, const char *text, struct card_info *i)
{
	int err = card_find(r->office->store, &r->office->config->cards, text, r->now_utc_us, i);

	if (!err && i->provider_id != r->session.provider_id)
		err = -ENOENT;
	if (err)
		answer_card_error(r, err);
	return !err;
}

static void answer_card(struct request *r, const struct card_info *i)
{
	char serial[CARD_SERIAL_SIZE];

	card_serial_text(serial, i->batch, i->serial);
	answer_json(r, 200,
	            json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "serial", serial, "batch", i->batch, "state",
	                      card_state_name(i->state), "value", money_json(r->office, i->value_e4), "expires_at",
	                      stamp_json(i->expires), "used_at", stamp_json(i->used_at), "number", text_or_null(i->number),
	                      "movement", text_or_null(i->ledger_id)));
}

/* A number may be written in groups; a serial has letters or a -. */
static void card_text(char out[64], const char *text)
{
	bool number = strspn(text, "0123456789 -") == strlen(text) && strspn(text, "0123456789 ") >= 4 && strchr(text, ' ');
	size_t n = 0;

	for (; *text && n < 63; text++)
		if (!number || isdigit((unsigned char)*text))
			out[n++] = *text;
	out[n] = '\0';
}

void card_search(struct request *r)
{
	struct card_info i;
	char text[64];

	card_text(text, request_text(r, "card"));
	if (card_of(r, text, &i))
		answer_card(r, &i);
	explicit_bzero(text, sizeof(text));
}

void card_change_patch(struct request *r)
{
	struct card_change g = { .name = r->param[0], .who = r->who, .at_utc_us = r->now_utc_us };
	struct card_info i;
	int err;

	if (!card_of(r, g.name, &i))
		return;
	(void)card_state_parse(&g.to, request_text(r, "state"));
	err = card_change(r->office->store, &r->office->config->cards, &g);
	if (err == -EPERM)
		answer_not_allowed(r, &g);
	else if (err)
		answer_card_error(r, err);
	else if (card_of(r, g.name, &i))
		answer_card(r, &i);
}

/* Those for the provider's accounts, and its subscribers' own. */
void card_failures(struct request *r)
{
	static const char *const names[] = { "at:t", "outcome", "caller", "number:n", "trunk", ".id", NULL };
	struct page_cursor c;

	if (!page_cursor_time(r, &c))
		return;
	page_answer_rows(
		r, names, "at", ".id",
		"SELECT f.at, f.outcome, f.caller, (SELECT MIN(n.number) FROM account_number n WHERE n.account_id = f.account_id "
		"AND n.valid_to IS NULL), f.trunk, f.id FROM card_failure f WHERE (EXISTS (SELECT 1 FROM account a WHERE a.id "
		"= f.account_id AND a.provider_id = ?) OR EXISTS (SELECT 1 FROM account_number m JOIN account a ON a.id = "
		"m.account_id WHERE m.number = f.caller AND m.valid_to IS NULL AND a.provider_id = ?)) AND (f.at < ? OR (f.at "
		"= ? AND f.id < ?)) ORDER BY f.at DESC, f.id DESC LIMIT ?",
		"iisssi",
		(const union store_value[]){ { .i = r->session.provider_id },
	                                     { .i = r->session.provider_id },
	                                     { .s = c.first },
	                                     { .s = c.first },
	                                     { .s = c.second } });
}
