/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/recharge.c - recharge cards at the self-care number: for himself, for others, cards that are no good, the same
 * card from everywhere. */
#include "core/worker.h"
#include "tests/worlds/care.h"

static int64_t cards_used(struct care *c)
{
	return sql_int(c->w, "SELECT COUNT(*) FROM card WHERE state = 'used'");
}

SCENARIO(recharge_by_phone, "a card of 50.00 for his own account: credited, the new balance told; the same card again: used")
{
	struct care c;

	care_open(&c, 1);
	care_cards(&c);
	he_dials(&c, HOST);
	he_keys(&c, "1", "own-1-other-2");
	he_keys(&c, "1", "enter-card");
	he_keys_number(&c, c.card[0], "recharged");
	he_hears(&c, "balance-is");
	CHECK_INT(balance(c.w, HOST_E), OPENING + CARD_E4);
	he_hears(&c, "menu-recharge");
	he_keys(&c, "11", NULL);
	he_keys_number(&c, c.card[0], "card-used");
	CHECK_INT(balance(c.w, HOST_E), OPENING + CARD_E4);
	he_keys_number(&c, c.card[1], "recharged"); /* asked for again at once */
	CHECK_INT(balance(c.w, HOST_E), OPENING + 2 * CARD_E4);
	he_hangs_up(&c);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM audit WHERE who = 'phone:" HOST_E
	                       "' AND origin = 'e1/pstn' AND what LIKE 'card.%%'"),
	          2);
	care_close(&c);
}

SCENARIO(recharge_of_a_named_number, "for somebody else: his number said back, corrected, credited; his balance is not told")
{
	struct care c;

	care_open(&c, 1);
	care_cards(&c);
	he_dials(&c, HOST);
	he_keys(&c, "12", "enter-account");
	he_keys_number(&c, "13800000003", "right-1-again-2");
	he_keys(&c, "2", "enter-account");
	he_keys_number(&c, OTHER, "right-1-again-2");
	he_keys(&c, "1", NULL);
	he_keys_number(&c, c.card[0], "recharged");
	CHECK_INT(balance(c.w, OTHER_E), OPENING + CARD_E4);
	CHECK_INT(balance(c.w, HOST_E), OPENING);
	he_hears(&c, "menu-recharge");
	CHECK(!he_has_heard(&c, "balance-is"));
	he_keys(&c, "12", NULL);
	he_keys_number(&c, NOBODY, NULL);
	he_keys(&c, "1", NULL);
	he_keys_number(&c, c.card[1], "account-unknown");
	he_hangs_up(&c);
	care_close(&c);
}

/* This card of "may" is another batch's instead. */
static void card_is_of_batch(struct care *c, unsigned serial, unsigned id, const char *state, const char *expires_at)
{
	sql_do(c->w,
	       "INSERT INTO card_batch (id, name, state, maker, cards, digits, value_e4, key_id, expires_at, created_at) "
	       "SELECT %u, '%s', '%s', '', 1, 16, value_e4, key_id, %s, created_at FROM card_batch WHERE name = 'may'",
	       id, state, state, expires_at);
	sql_do(c->w, "UPDATE card SET batch_id = %u WHERE serial = %u", id, serial);
}

SCENARIO(recharge_with_cards_that_are_no_good,
         "unknown, expired, blocked, not active: each told; three in a call end it, five an hour are all a caller has")
{
	struct care c;

	care_open(&c, 1);
	care_cards(&c);
	sql_do(c.w, "UPDATE card SET state = 'blocked' WHERE serial = 1");
	card_is_of_batch(&c, 2, 7, "activated", "'2026-03-01'"); /* yesterday */
	card_is_of_batch(&c, 3, 8, "printed", "expires_at");
	he_dials(&c, HOST);
	he_keys(&c, "11", NULL);
	he_keys_number(&c, "1234567890123456", "card-unknown");
	he_keys_number(&c, c.card[0], "card-blocked");
	he_keys_number(&c, c.card[1], "card-expired");
	he_hears(&c, "goodbye");
	he_is_cleared(&c, 10);
	he_dials(&c, HOST);
	he_keys(&c, "11", NULL);
	he_keys_number(&c, c.card[2], "card-not-active");
	he_keys_number(&c, "123", "card-unknown");
	he_keys_number(&c, c.card[3], "card-too-many"); /* a good one, but it is the sixth */
	he_is_cleared(&c, 20);
	CHECK_INT(balance(c.w, HOST_E), OPENING);
	world_sleeps(c.w, 3600);
	he_dials(&c, HOST);
	he_keys(&c, "11", NULL);
	he_keys_number(&c, c.card[3], "recharged");
	he_hangs_up(&c);
	care_close(&c);
}

SCENARIO(recharge_hung_up_at_every_moment, "he hangs up while the card is looked at: it was credited once or not at all, and a "
                                           "repeated call gets it or hears that it is used")
{
	struct care c;

	care_open(&c, 1);
	care_cards(&c);
	worker_set_latency(node_workers(c.w->node), 1000, 400000);
	for (unsigned i = 0; i < CARDS; i++) {
		he_dials(&c, HOST);
		world_run(c.w, 0.5);
		phone_keys(c.w, c.call, "11");
		exchange_does(c.w, "dtmf %s %s# on=60 off=60", c.call, c.card[i]);
		world_run(c.w, 17 * 0.12 + 0.05 * i);
		he_hangs_up(&c);
		world_run(c.w, 1);
	}
	CHECK_INT(balance(c.w, HOST_E), OPENING + CARD_E4 * cards_used(&c));
	CHECK(balance(c.w, HOST_E) > OPENING);
	care_close(&c);
}

SCENARIO(recharge_while_the_database_is_away,
         "away for four seconds when the card is keyed: credited once, told so; away for long: told to try later, once")
{
	struct care c;

	care_open(&c, 1);
	care_cards(&c);
	he_dials(&c, HOST);
	he_keys(&c, "11", NULL);
	world_run(c.w, 1);
	database_goes(c.w);
	he_keys_number(&c, c.card[0], NULL);
	world_run(c.w, 4);
	database_returns(c.w);
	he_hears(&c, "recharged");
	CHECK_INT(balance(c.w, HOST_E), OPENING + CARD_E4);
	he_hears(&c, "menu-recharge");
	he_keys(&c, "11", NULL);
	world_run(c.w, 1);
	database_goes(c.w);
	he_keys_number(&c, c.card[1], "refused-busy-try-later");
	database_returns(c.w);
	he_hangs_up(&c);
	world_run(c.w, 3);
	CHECK_INT(balance(c.w, HOST_E), OPENING + CARD_E4 * cards_used(&c));
	care_close(&c);
}

#define PHONES 50

/* All key the same in the same moment. */
static void they_key(struct care *c, const char *call[PHONES], const char *keys, double seconds)
{
	for (unsigned i = 0; i < PHONES; i++)
		exchange_does(c->w, "dtmf %s %s", call[i], keys);
	world_run(c->w, seconds);
}

static unsigned how_many_heard(struct care *c, const char *call[PHONES], const char *prompt)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PHONES; i++)
		n += hears(c->w, call[i], PROMPT_ZH_CN, prompt, 0);
	return n;
}

SCENARIO(one_card_from_fifty_phones_at_once,
         "fifty telephones, on two spans, key the same card in the same moment: one is credited, forty-nine hear that it is used")
{
	const char *call[PHONES];
	struct care c;
	char text[40];

	care_open(&c, 2);
	care_cards(&c);
	c.w->options.cards.trunk.failures = c.w->options.cards.all.failures = c.w->options.cards.account.failures = 0;
	node_restarts(c.w);
	for (unsigned i = 0; i < PHONES; i++) {
		/* strangers all: the limits of a caller are not in the way */
		(void)snprintf(text, sizeof(text), "138000001%02u", i);
		call[i] = phone_dials_with(c.w, text, CARE, i % 2 ? "span=pstn2" : "span=pstn");
	}
	world_run(c.w, 2);
	they_key(&c, call, "1", 1);
	they_key(&c, call, HOST "#", 4);
	they_key(&c, call, "1", 1);
	(void)snprintf(text, sizeof(text), "%s#", c.card[0]);
	they_key(&c, call, text, 12);
	CHECK_INT(balance(c.w, HOST_E), OPENING + CARD_E4);
	CHECK_INT(how_many_heard(&c, call, "recharged"), 1);
	CHECK_INT(how_many_heard(&c, call, "card-used"), 49);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM v_ledger WHERE kind = 'card'"), 1);
	for (unsigned i = 0; i < PHONES; i++)
		phone_hangs_up(c.w, call[i]);
	care_close(&c);
}
