/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/selfcare.c - the self-care number, 12580: answered, and a menu. Recharge, balance, password, language, calls,
 * bookings. */
#include <stdlib.h>
#include <string.h>

#include "billing/card_key.h"
#include "billing/card_make.h"
#include "billing/card_state.h"
#include "billing/password.h"
#include "core/log.h"
#include "tests/tmp.h"
#include "tests/worlds/booked.h"

#define CARE    "12580"
#define HOST    "13800000001" /* Chinese */
#define HOST_E  "8613800000001"
#define OTHER   "13800000002" /* English */
#define OTHER_E "8613800000002"
#define NOBODY  "13800000011" /* has no account */

#define CARDS 8

struct care {
	struct world *w;
	char card[CARDS][CARD_NUMBER_MAX + 1];
	char dir[64], keys[80];
	struct card_config config;
};

static void care_options(struct node_options *o, void *arg)
{
	const struct care *c = arg;

	o->cards = c->config;
	o->service[1] = (struct ivr_service){ .kind = IVR_SELFCARE_NUMBER, .language = PROMPT_ZH_CN };
	CHECK_INT(number_canonical(&o->numbers, CARE, 0, 1, o->service[1].number), 0);
	o->service_count = 2;
}

static void care_open_spans(struct care *c, unsigned spans)
{
	struct world_setup setup = { .options = care_options, .arg = c, .spans = spans };
	unsigned id;

	memset(c, 0, sizeof(*c));
	tests_tmp(c->dir, sizeof(c->dir), "world");
	CHECK(mkdtemp(c->dir) != NULL);
	card_config_default(&c->config);
	(void)snprintf(c->config.key_file, sizeof(c->config.key_file), "%s/keys", c->dir);
	CHECK_INT(card_keys_add(c->config.key_file, &id), 0);
	c->w = world_open(&setup);
}

static void care_open(struct care *c)
{
	care_open_spans(c, 1);
}

static void care_close(struct care *c)
{
	char cmd[100];

	world_close(c->w);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", c->dir);
	CHECK_INT(system(cmd), 0);
}

/* Cards of 50.00, good for a year, with the shops. */
static void care_cards(struct care *c, const char *batch)
{
	char printer[80], public[90], out[90], *text, *line, *rest;
	struct card_change g = { .name = batch, .to = CARD_PRINTED, .who = "operator@world", .at_utc_us = clock_utc_us() };
	struct store *s = booked_open_store(c->w);
	size_t len;
	unsigned n = 0;

	(void)snprintf(printer, sizeof(printer), "%s/printer-%s", c->dir, batch);
	(void)snprintf(public, sizeof(public), "%s.pub", printer);
	(void)snprintf(out, sizeof(out), "%s/%s", c->dir, batch);
	CHECK_INT(card_printer_make(printer), 0);
	CHECK_INT(card_make(s, &(struct card_make){ .name = batch,
	                                            .count = CARDS,
	                                            .value_e4 = 500000,
	                                            .expires_utc_us = clock_utc_us() + CLOCK_SEC(365 * 86400),
	                                            .at_utc_us = clock_utc_us(),
	                                            .key_file = c->config.key_file,
	                                            .printer_file = public,
	                                            .out = out,
	                                            .who = "operator@world" }),
	          0);
	for (unsigned i = 0; i < 3; i++) {
		static const enum card_state to[] = { CARD_PRINTED, CARD_DELIVERED, CARD_ACTIVATED };

		g.to = to[i];
		CHECK_INT(card_batch_change(s, &g), 0);
	}
	CHECK_INT(card_unseal(out, printer, &text, &len), 0);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '#' && strchr(line, ',') && n < CARDS)
			(void)snprintf(c->card[n++], sizeof(c->card[0]), "%s", strchr(line, ',') + 1);
	CHECK_INT(n, CARDS);
	free(text);
	store_close(s);
}

static void password_is(struct care *c, const char *number, const char *password)
{
	struct store *s = booked_open_store(c->w);

	CHECK_INT(password_set(s, number, password, "operator@world", clock_utc_us()), 0);
	store_close(s);
}

/* He dials the number and hears the welcome. */
static const char *cared_for(struct care *c, const char *phone)
{
	const char *call = phone_dials(c->w, phone, CARE);

	(void)expect_event(c->w, call, "answer", 2);
	return call;
}

/* Keys, one after the other, each part when the prompt before it is over or cut by it. */
static void keys(struct care *c, const char *call, const char *text)
{
	phone_keys(c->w, call, text);
	world_run(c->w, 0.3);
}

static void keys_card(struct care *c, const char *call, const char *card)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%s#", card);
	keys(c, call, text);
}

#define ZH(c, call, prompt) expect_hears((c)->w, (call), PROMPT_ZH_CN, (prompt), 40)
#define EN(c, call, prompt) expect_hears((c)->w, (call), PROMPT_EN, (prompt), 40)

/* ---- the menu ---- */

SCENARIO(selfcare_is_answered_and_costs_nothing,
         "12580 is answered; welcome, the menu in his language; nothing is charged, and it is in the records")
{
	struct care c;
	const char *call;

	care_open(&c);
	call = cared_for(&c, OTHER);
	EN(&c, call, "selfcare-welcome");
	EN(&c, call, "menu-recharge");
	EN(&c, call, "menu-bookings");
	EN(&c, call, "menu-again");
	keys(&c, call, "0");
	EN(&c, call, "menu-recharge");
	phone_hangs_up(c.w, call);
	world_run(c.w, 2);
	CHECK_INT(balance(c.w, OTHER_E), 1000000);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM leg_record WHERE role = 'selfcare' AND answered_at IS NOT NULL AND talk_ms "
	                       "> 5000 AND "
	                       "COALESCE(amount_e4, 0) = 0"),
	          1);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM v_call WHERE service LIKE '%%12580' AND charge_e4 = 0"), 1);
	care_close(&c);
}

SCENARIO(selfcare_without_keys, "nobody presses a key: asked three times, goodbye, cleared with 16")
{
	struct care c;
	const char *call;

	care_open(&c);
	call = cared_for(&c, HOST);
	ZH(&c, call, "menu-recharge");
	expect_hears(c.w, call, PROMPT_ZH_CN, "no-key-goodbye", 180);
	expect_hangup(c.w, call, 16, 10);
	care_close(&c);
}

SCENARIO(selfcare_goes_back_with_star, "star leaves each question for the menu")
{
	static const char *const way[][2] = { { "1", "own-1-other-2" },   { "11", "enter-card" },
		                              { "12", "enter-account" },  { "2", "own-1-other-2" },
		                              { "3", "own-1-other-2" },   { "31", "enter-new-password" },
		                              { "4", "language-chinese" } };
	struct care c;
	const char *call;

	care_open(&c);
	call = cared_for(&c, HOST);
	for (unsigned i = 0; i < ARRAY_LEN(way); i++) {
		keys(&c, call, way[i][0]);
		ZH(&c, call, way[i][1]);
		world_run(c.w, 1);
		keys(&c, call, "*");
		ZH(&c, call, "menu-recharge");
	}
	phone_hangs_up(c.w, call);
	care_close(&c);
}

SCENARIO(selfcare_of_a_stranger, "a withheld number, or one without an account: no calls, no bookings, nothing of his own; a "
                                 "named number may be recharged")
{
	struct care c;
	const char *call;

	care_open(&c);
	care_cards(&c, "may");
	call = phone_dials_with(c.w, HOST, CARE, "pres=restricted");
	(void)expect_event(c.w, call, "answer", 2);
	ZH(&c, call, "menu-recharge");
	keys(&c, call, "2"); /* a balance: whose, is asked at once */
	ZH(&c, call, "enter-account");
	phone_hangs_up(c.w, call);
	call = cared_for(&c, NOBODY);
	keys(&c, call, "1");
	ZH(&c, call, "enter-account");
	keys(&c, call, HOST "#");
	ZH(&c, call, "account-keyed");
	ZH(&c, call, "right-1-again-2");
	keys(&c, call, "1");
	keys_card(&c, call, c.card[0]);
	ZH(&c, call, "recharged");
	CHECK_INT(balance(c.w, HOST_E), 1500000);
	world_run(c.w, 5);
	CHECK(!hears(c.w, call, PROMPT_ZH_CN, "balance-is", 0)); /* it is not his */
	phone_hangs_up(c.w, call);
	care_close(&c);
}

/* ---- recharge ---- */

SCENARIO(recharge_by_phone, "a card of 50.00 for his own account: credited, the new balance told; the same card again: used")
{
	struct care c;
	const char *call;

	care_open(&c);
	care_cards(&c, "may");
	call = cared_for(&c, HOST);
	keys(&c, call, "1");
	ZH(&c, call, "own-1-other-2");
	keys(&c, call, "1");
	ZH(&c, call, "enter-card");
	keys_card(&c, call, c.card[0]);
	ZH(&c, call, "recharged");
	ZH(&c, call, "balance-is");
	CHECK_INT(balance(c.w, HOST_E), 1500000);
	ZH(&c, call, "menu-recharge");
	keys(&c, call, "11");
	keys_card(&c, call, c.card[0]);
	ZH(&c, call, "card-used");
	CHECK_INT(balance(c.w, HOST_E), 1500000);
	keys_card(&c, call, c.card[1]); /* asked for again at once */
	ZH(&c, call, "recharged");
	CHECK_INT(balance(c.w, HOST_E), 2000000);
	phone_hangs_up(c.w, call);
	world_run(c.w, 1);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM audit WHERE who = 'phone:" HOST_E
	                       "' AND origin = 'e1/pstn' AND what LIKE 'card.%%'"),
	          2);
	care_close(&c);
}

SCENARIO(recharge_of_a_named_number, "for somebody else: his number said back, corrected, credited; his balance is not told")
{
	struct care c;
	const char *call;

	care_open(&c);
	care_cards(&c, "may");
	call = cared_for(&c, HOST);
	keys(&c, call, "12");
	ZH(&c, call, "enter-account");
	keys(&c, call, "13800000003#");
	ZH(&c, call, "right-1-again-2");
	keys(&c, call, "2");
	ZH(&c, call, "enter-account");
	keys(&c, call, OTHER "#");
	ZH(&c, call, "right-1-again-2");
	keys(&c, call, "1");
	keys_card(&c, call, c.card[0]);
	ZH(&c, call, "recharged");
	CHECK_INT(balance(c.w, OTHER_E), 1500000);
	CHECK_INT(balance(c.w, HOST_E), 1000000);
	ZH(&c, call, "menu-recharge");
	CHECK(!hears(c.w, call, PROMPT_ZH_CN, "balance-is", 0));
	keys(&c, call, "12");
	keys(&c, call, NOBODY "#");
	keys(&c, call, "1");
	keys_card(&c, call, c.card[1]);
	ZH(&c, call, "account-unknown");
	phone_hangs_up(c.w, call);
	care_close(&c);
}

SCENARIO(recharge_with_cards_that_are_no_good,
         "unknown, expired, blocked, not active: each told; three in a call end it, five an hour are all a caller has")
{
	struct care c;
	const char *call;

	care_open(&c);
	care_cards(&c, "may");
	sql_do(c.w, "UPDATE card SET state = 'blocked' WHERE serial = 1");
	sql_do(c.w, "INSERT INTO card_batch (id, name, state, maker, cards, digits, value_e4, key_id, expires_at, created_at) "
	            "SELECT 7, 'old', "
	            "'activated', '', 1, 16, value_e4, key_id, '2026-03-01', created_at FROM card_batch");
	sql_do(c.w, "UPDATE card SET batch_id = 7 WHERE serial = 2");
	sql_do(c.w, "INSERT INTO card_batch (id, name, state, maker, cards, digits, value_e4, key_id, expires_at, created_at) "
	            "SELECT 8, 'new', "
	            "'printed', '', 1, 16, value_e4, key_id, expires_at, created_at FROM card_batch WHERE name = 'may'");
	sql_do(c.w, "UPDATE card SET batch_id = 8 WHERE serial = 3");
	call = cared_for(&c, HOST);
	keys(&c, call, "11");
	keys_card(&c, call, "1234567890123456");
	ZH(&c, call, "card-unknown");
	keys_card(&c, call, c.card[0]);
	ZH(&c, call, "card-blocked");
	keys_card(&c, call, c.card[1]);
	ZH(&c, call, "card-expired");
	ZH(&c, call, "goodbye");
	expect_hangup(c.w, call, 16, 10);
	call = cared_for(&c, HOST);
	keys(&c, call, "11");
	keys_card(&c, call, c.card[2]);
	ZH(&c, call, "card-not-active");
	keys_card(&c, call, "123");
	ZH(&c, call, "card-unknown");
	keys_card(&c, call, c.card[3]); /* a good one, but it is the sixth */
	ZH(&c, call, "card-too-many");
	expect_hangup(c.w, call, 16, 20);
	CHECK_INT(balance(c.w, HOST_E), 1000000);
	world_sleeps(c.w, 3600);
	call = cared_for(&c, HOST);
	keys(&c, call, "11");
	keys_card(&c, call, c.card[3]);
	ZH(&c, call, "recharged");
	phone_hangs_up(c.w, call);
	care_close(&c);
}

SCENARIO(recharge_hung_up_at_every_moment, "he hangs up while the card is looked at: it was credited once or not at all, and a "
                                           "repeated call gets it or hears that it is used")
{
	struct care c;

	care_open(&c);
	care_cards(&c, "may");
	worker_set_latency(node_workers(c.w->node), 1000, 400000);
	for (unsigned i = 0; i < CARDS; i++) {
		const char *call = cared_for(&c, HOST);

		world_run(c.w, 0.5);
		phone_keys(c.w, call, "11");
		exchange_does(c.w, "dtmf %s %s# on=60 off=60", call, c.card[i]);
		world_run(c.w, 17 * 0.12 + 0.05 * i);
		phone_hangs_up(c.w, call);
		world_run(c.w, 3);
	}
	CHECK_INT(balance(c.w, HOST_E), 1000000 + 500000 * sql_int(c.w, "SELECT COUNT(*) FROM card WHERE state = 'used'"));
	CHECK(balance(c.w, HOST_E) > 1000000);
	care_close(&c);
}

SCENARIO(recharge_while_the_database_is_away,
         "away for four seconds when the card is keyed: credited once, told so; away for long: told to try later, once")
{
	struct care c;
	const char *call;

	care_open(&c);
	care_cards(&c, "may");
	call = cared_for(&c, HOST);
	keys(&c, call, "11");
	world_run(c.w, 1);
	database_goes(c.w);
	keys_card(&c, call, c.card[0]);
	world_run(c.w, 4);
	database_returns(c.w);
	ZH(&c, call, "recharged");
	CHECK_INT(balance(c.w, HOST_E), 1500000);
	ZH(&c, call, "menu-recharge");
	keys(&c, call, "11");
	world_run(c.w, 1);
	database_goes(c.w);
	keys_card(&c, call, c.card[1]);
	ZH(&c, call, "refused-busy-try-later");
	database_returns(c.w);
	phone_hangs_up(c.w, call);
	world_run(c.w, 5);
	CHECK_INT(balance(c.w, HOST_E), 1000000 + 500000 * sql_int(c.w, "SELECT COUNT(*) FROM card WHERE state = 'used'"));
	care_close(&c);
}

SCENARIO(one_card_from_fifty_phones_at_once,
         "fifty telephones, on two spans, key the same card in the same moment: one is credited, forty-nine hear that it is used")
{
	const char *call[50];
	struct care c;
	char phone[16];

	care_open_spans(&c, 2);
	care_cards(&c, "may");
	c.w->options.cards.trunk.failures = c.w->options.cards.all.failures = c.w->options.cards.account.failures = 0;
	node_restarts(c.w);
	for (unsigned i = 0; i < ARRAY_LEN(call); i++) {
		/* strangers all: the limits of a caller are not in the way */
		(void)snprintf(phone, sizeof(phone), "138000001%02u", i);
		call[i] = phone_dials_with(c.w, phone, CARE, i % 2 ? "span=pstn2" : "span=pstn");
	}
	world_run(c.w, 2);
	for (unsigned i = 0; i < ARRAY_LEN(call); i++)
		exchange_does(c.w, "dtmf %s 1", call[i]);
	world_run(c.w, 1);
	for (unsigned i = 0; i < ARRAY_LEN(call); i++)
		exchange_does(c.w, "dtmf %s " HOST "#", call[i]);
	world_run(c.w, 4);
	for (unsigned i = 0; i < ARRAY_LEN(call); i++)
		exchange_does(c.w, "dtmf %s 1", call[i]);
	world_run(c.w, 1);
	for (unsigned i = 0; i < ARRAY_LEN(call); i++)
		exchange_does(c.w, "dtmf %s %s#", call[i], c.card[0]);
	world_run(c.w, 12);
	CHECK_INT(balance(c.w, HOST_E), 1500000);
	{
		unsigned done = 0, used = 0;

		for (unsigned i = 0; i < ARRAY_LEN(call); i++) {
			done += hears(c.w, call[i], PROMPT_ZH_CN, "recharged", 0);
			used += hears(c.w, call[i], PROMPT_ZH_CN, "card-used", 0);
			phone_hangs_up(c.w, call[i]);
		}
		CHECK_INT(done, 1);
		CHECK_INT(used, 49);
		CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM v_ledger WHERE kind = 'card'"), 1);
	}
	care_close(&c);
}

/* ---- balance and password ---- */

SCENARIO(balance_by_phone, "his own without a password; another's with its password")
{
	struct care c;
	const char *call;

	care_open(&c);
	password_is(&c, HOST_E, "836152");
	call = cared_for(&c, OTHER);
	keys(&c, call, "21");
	EN(&c, call, "balance-is");
	EN(&c, call, "num-hundred");
	EN(&c, call, "menu-recharge");
	keys(&c, call, "22");
	keys(&c, call, HOST "#");
	EN(&c, call, "account-keyed");
	keys(&c, call, "1");
	EN(&c, call, "enter-password");
	keys(&c, call, "836153#");
	EN(&c, call, "wrong-password");
	keys(&c, call, "836152#");
	EN(&c, call, "balance-is");
	EN(&c, call, "menu-recharge");
	keys(&c, call, "22");
	keys(&c, call, "13800000003#");
	keys(&c, call, "1");
	keys(&c, call, "836152#");
	EN(&c, call, "password-not-set");
	phone_hangs_up(c.w, call);
	care_close(&c);
}

SCENARIO(password_of_his_own, "the first is set from his telephone; too easy, too short, not twice the same: told so; then the "
                              "old one is asked for first")
{
	struct care c;
	const char *call;

	care_open(&c);
	call = cared_for(&c, OTHER);
	keys(&c, call, "31");
	EN(&c, call, "enter-new-password");
	keys(&c, call, "123456#");
	EN(&c, call, "password-weak");
	keys(&c, call, "800000#"); /* of his number */
	EN(&c, call, "password-weak");
	keys(&c, call, "1234#");
	EN(&c, call, "password-length");
	keys(&c, call, "836152#");
	EN(&c, call, "repeat-password");
	keys(&c, call, "836125#");
	EN(&c, call, "password-differs");
	keys(&c, call, "836152#");
	keys(&c, call, "836152#");
	EN(&c, call, "password-changed");
	EN(&c, call, "menu-recharge");
	keys(&c, call, "31");
	EN(&c, call, "enter-password");
	keys(&c, call, "836152#");
	EN(&c, call, "enter-new-password");
	keys(&c, call, "271828#");
	keys(&c, call, "271828#");
	EN(&c, call, "password-changed");
	phone_hangs_up(c.w, call);
	world_run(c.w, 1);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM audit WHERE what = 'account.password' AND who = 'phone:" OTHER_E
	                       "' AND before_text IS NULL "
	                       "AND after_text IS NULL"),
	          2);
	care_close(&c);
}

struct lines { /* what was logged, by any thread: a sink is called by one at a time */
	char  *text;
	size_t len;
	FILE  *f;
};

static void lines_add(enum log_level level, const char *line, void *arg)
{
	struct lines *l = arg;

	(void)level;
	(void)fprintf(l->f, "%s\n", line);
}

SCENARIO(secrets_are_in_no_log,
         "a card's number, and passwords right, wrong and new, at the highest level of the log: their digits are in no line")
{
	struct lines l = { 0 };
	struct care c;
	const char *call;

	l.f = open_memstream(&l.text, &l.len);
	CHECK(l.f != NULL);
	log_set_level(LOG_DEBUG);
	log_set_sink(lines_add, &l);
	care_open(&c);
	care_cards(&c, "may");
	password_is(&c, HOST_E, "836152");
	call = cared_for(&c, HOST);
	keys(&c, call, "11");
	keys_card(&c, call, c.card[0]);
	ZH(&c, call, "recharged");
	keys(&c, call, "11");
	keys_card(&c, call, "9182736455463728");
	ZH(&c, call, "card-unknown");
	keys(&c, call, "*");
	keys(&c, call, "31");
	ZH(&c, call, "enter-password");
	keys(&c, call, "649173#");
	ZH(&c, call, "wrong-password");
	keys(&c, call, "836152#");
	ZH(&c, call, "enter-new-password");
	keys(&c, call, "271828#");
	keys(&c, call, "271828#");
	ZH(&c, call, "password-changed");
	phone_hangs_up(c.w, call);
	world_run(c.w, 2);
	(void)fflush(l.f);
	CHECK(strstr(l.text, "13800000001") != NULL); /* it is a log */
	CHECK(strstr(l.text, c.card[0]) == NULL && strstr(l.text, "9182736455463728") == NULL);
	CHECK(strstr(l.text, "836152") == NULL && strstr(l.text, "649173") == NULL && strstr(l.text, "271828") == NULL);
	care_close(&c);
	log_set_sink(NULL, NULL);
	(void)fclose(l.f);
	free(l.text);
}

SCENARIO(password_three_wrong_lock,
         "three wrong ones end the call; for half an hour the right one does not help, from any telephone; then it does")
{
	struct care c;
	const char *call;

	care_open(&c);
	password_is(&c, HOST_E, "836152");
	call = cared_for(&c, OTHER);
	keys(&c, call, "32");
	keys(&c, call, HOST "#");
	keys(&c, call, "1");
	for (int i = 0; i < 2; i++) {
		keys(&c, call, "836151#");
		EN(&c, call, "wrong-password");
	}
	keys(&c, call, "836151#");
	EN(&c, call, "password-locked");
	expect_hangup(c.w, call, 16, 20);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM audit WHERE what = 'account.password.locked' AND subject = '" HOST_E "'"),
	          1);
	world_sleeps(c.w, 1700);
	call = cared_for(&c, HOST);
	keys(&c, call, "31");
	keys(&c, call, "836152#");
	ZH(&c, call, "password-locked");
	expect_hangup(c.w, call, 16, 20);
	world_sleeps(c.w, 120);
	call = cared_for(&c, HOST);
	keys(&c, call, "31");
	keys(&c, call, "836152#");
	ZH(&c, call, "enter-new-password");
	phone_hangs_up(c.w, call);
	care_close(&c);
}

/* ---- language, calls, bookings ---- */

SCENARIO(language_by_phone, "each is offered in itself; chosen, it is his from now on, also called back")
{
	struct care c;
	const char *call, *host;

	care_open(&c);
	call = cared_for(&c, HOST);
	keys(&c, call, "4");
	ZH(&c, call, "language-chinese");
	EN(&c, call, "language-english");
	keys(&c, call, "2");
	EN(&c, call, "language-changed");
	EN(&c, call, "menu-recharge");
	phone_hangs_up(c.w, call);
	world_run(c.w, 1);
	host = called_back(c.w, HOST);
	EN(&c, host, "enter-number");
	phone_hangs_up(c.w, host);
	care_close(&c);
}

SCENARIO(recent_calls_by_phone, "whom he reached, how long and for how much, the latest first; a key goes on in the menu")
{
	struct care c;
	struct talk t;
	const char *call;

	care_open(&c);
	call = cared_for(&c, HOST);
	keys(&c, call, "5");
	ZH(&c, call, "recent-none");
	phone_hangs_up(c.w, call);
	talk_begin(c.w, &t, HOST, OTHER);
	world_run(c.w, 20);
	phone_hangs_up(c.w, t.host);
	world_run(c.w, 5);
	call = cared_for(&c, HOST);
	keys(&c, call, "5");
	ZH(&c, call, "recent-to");
	ZH(&c, call, "digit-yao");
	ZH(&c, call, "recent-for");
	ZH(&c, call, "recent-cost");
	ZH(&c, call, "unit-jiao");
	ZH(&c, call, "menu-recharge");
	phone_hangs_up(c.w, call);
	care_close(&c);
}

SCENARIO(bookings_by_phone, "his bookings are told with their time; one is cancelled; one that has begun is not")
{
	struct care c;
	struct booking b;
	const char *call;

	care_open(&c);
	call = cared_for(&c, HOST);
	keys(&c, call, "6");
	ZH(&c, call, "bookings-none");
	b = booking_of(OTHER_E, NULL);
	book_in(c.w, &b, 86400);
	keys(&c, call, "6");
	ZH(&c, call, "booking-at");
	ZH(&c, call, "booking-parties");
	ZH(&c, call, "booking-keys");
	keys(&c, call, "2");
	ZH(&c, call, "menu-recharge");
	keys(&c, call, "6");
	ZH(&c, call, "booking-at");
	keys(&c, call, "1");
	ZH(&c, call, "booking-cancelled");
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM booking WHERE state = 'cancelled'"), 1);
	phone_hangs_up(c.w, call);
	care_close(&c);
}

SCENARIO(selfcare_hung_up_at_every_moment, "he hangs up anywhere in the menus: nothing is left behind")
{
	static const char *const way[] = { "",  "1",  "11", "12", "12138", "2", "21", "3", "31", "31836152#", "31836152#8361",
		                           "4", "42", "5",  "6",  "0" };
	struct care c;

	care_open(&c);
	worker_set_latency(node_workers(c.w->node), 1000, 300000);
	for (unsigned i = 0; i < ARRAY_LEN(way); i++) {
		const char *call = cared_for(&c, HOST);

		if (way[i][0])
			exchange_does(c.w, "dtmf %s %s on=60 off=60", call, way[i]);
		world_run(c.w, 0.15 * (double)strlen(way[i]) + 0.037 * i);
		phone_hangs_up(c.w, call);
		expect_nothing_left(c.w, way[i], 10);
	}
	care_close(&c);
}
