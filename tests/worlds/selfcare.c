/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/selfcare.c - the self-care number, 12580: answered, and a menu. Balance, password, language, calls, bookings;
 * recharging is in recharge.c. */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/worker.h"
#include "tests/worlds/booked.h"
#include "tests/worlds/care.h"

/* ---- the menu ---- */

SCENARIO(selfcare_is_answered_and_costs_nothing,
         "12580 is answered; welcome, the menu in his language; nothing is charged, and it is in the records")
{
	struct care c;

	care_open(&c, 1);
	he_dials(&c, OTHER);
	he_hears(&c, "selfcare-welcome");
	he_hears(&c, "menu-recharge");
	he_hears(&c, "menu-bookings");
	he_hears(&c, "menu-again");
	he_keys(&c, "0", "menu-recharge");
	he_hangs_up(&c);
	CHECK_INT(balance(c.w, OTHER_E), OPENING);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM leg_record WHERE role = 'selfcare' AND answered_at IS NOT NULL AND "
	                       "talk_ms > 5000 AND COALESCE(amount_e4, 0) = 0"),
	          1);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM v_call WHERE service LIKE '%%12580' AND charge_e4 = 0"), 1);
	care_close(&c);
}

SCENARIO(selfcare_without_keys, "nobody presses a key: asked three times, goodbye, cleared with 16")
{
	struct care c;

	care_open(&c, 1);
	he_dials(&c, HOST);
	he_hears(&c, "menu-recharge");
	expect_hears(c.w, c.call, PROMPT_ZH_CN, "no-key-goodbye", 180);
	he_is_cleared(&c, 10);
	care_close(&c);
}

SCENARIO(selfcare_goes_back_with_star, "star leaves each question for the menu")
{
	static const char *const way[][2] = { { "1", "own-1-other-2" },   { "11", "enter-card" },
		                              { "12", "enter-account" },  { "2", "own-1-other-2" },
		                              { "3", "own-1-other-2" },   { "31", "enter-new-password" },
		                              { "4", "language-chinese" } };
	struct care c;

	care_open(&c, 1);
	he_dials(&c, HOST);
	for (unsigned i = 0; i < ARRAY_LEN(way); i++) {
		he_keys(&c, way[i][0], way[i][1]);
		world_run(c.w, 1);
		he_keys(&c, "*", "menu-recharge");
	}
	he_hangs_up(&c);
	care_close(&c);
}

SCENARIO(selfcare_of_a_stranger, "a withheld number, or one without an account: no calls, no bookings, nothing of his own; a "
                                 "named number may be recharged")
{
	struct care c;

	care_open(&c, 1);
	care_cards(&c);
	he_dials_with(&c, HOST, "pres=restricted");
	he_hears(&c, "menu-recharge");
	he_keys(&c, "2", "enter-account"); /* a balance: whose, is asked at once */
	he_hangs_up(&c);
	he_dials(&c, NOBODY);
	he_keys(&c, "1", "enter-account");
	he_keys_number(&c, HOST, "account-keyed");
	he_hears(&c, "right-1-again-2");
	he_keys(&c, "1", NULL);
	he_keys_number(&c, c.card[0], "recharged");
	CHECK_INT(balance(c.w, HOST_E), OPENING + CARD_E4);
	world_run(c.w, 5);
	CHECK(!he_has_heard(&c, "balance-is")); /* it is not his */
	he_hangs_up(&c);
	care_close(&c);
}

SCENARIO(selfcare_hung_up_at_every_moment, "he hangs up anywhere in the menus: nothing is left behind")
{
	static const char *const way[] = { "",  "1",  "11", "12", "12138", "2", "21", "3", "31", "31836152#", "31836152#8361",
		                           "4", "42", "5",  "6",  "0" };
	struct care c;

	care_open(&c, 1);
	worker_set_latency(node_workers(c.w->node), 1000, 300000);
	for (unsigned i = 0; i < ARRAY_LEN(way); i++) {
		he_dials(&c, HOST);
		if (way[i][0])
			exchange_does(c.w, "dtmf %s %s on=60 off=60", c.call, way[i]);
		world_run(c.w, 0.15 * (double)strlen(way[i]) + 0.037 * i);
		phone_hangs_up(c.w, c.call);
		expect_nothing_left(c.w, way[i], 10);
	}
	care_close(&c);
}

/* ---- balance and password ---- */

SCENARIO(balance_by_phone, "his own without a password; another's with its password")
{
	struct care c;

	care_open(&c, 1);
	care_password(&c, HOST_E, "836152");
	he_dials(&c, OTHER);
	he_keys(&c, "21", "balance-is");
	he_hears(&c, "num-hundred");
	he_hears(&c, "menu-recharge");
	he_keys(&c, "22", NULL);
	he_keys_number(&c, HOST, "account-keyed");
	he_keys(&c, "1", "enter-password");
	he_keys(&c, "836153#", "wrong-password");
	he_keys(&c, "836152#", "balance-is");
	he_hears(&c, "menu-recharge");
	he_keys(&c, "22", NULL);
	he_keys_number(&c, "13800000003", NULL);
	he_keys(&c, "1", NULL);
	he_keys(&c, "836152#", "password-not-set");
	he_hangs_up(&c);
	care_close(&c);
}

SCENARIO(password_of_his_own, "the first is set from his telephone; too easy, too short, not twice the same: told so; then the "
                              "old one is asked for first")
{
	struct care c;

	care_open(&c, 1);
	he_dials(&c, OTHER);
	he_keys(&c, "31", "enter-new-password");
	he_keys(&c, "123456#", "password-weak");
	he_keys(&c, "800000#", "password-weak"); /* of his number */
	he_keys(&c, "1234#", "password-length");
	he_keys(&c, "836152#", "repeat-password");
	he_keys(&c, "836125#", "password-differs");
	he_keys(&c, "836152#", NULL);
	he_keys(&c, "836152#", "password-changed");
	he_hears(&c, "menu-recharge");
	he_keys(&c, "31", "enter-password");
	he_keys(&c, "836152#", "enter-new-password");
	he_keys(&c, "271828#", NULL);
	he_keys(&c, "271828#", "password-changed");
	he_hangs_up(&c);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM audit WHERE what = 'account.password' AND who = 'phone:" OTHER_E
	                       "' AND before_text IN ('none', 'a password') AND after_text = 'another password'"),
	          2);
	care_close(&c);
}

SCENARIO(password_three_wrong_lock,
         "three wrong ones end the call; for half an hour the right one does not help, from any telephone; then it does")
{
	struct care c;

	care_open(&c, 1);
	care_password(&c, HOST_E, "836152");
	he_dials(&c, OTHER);
	he_keys(&c, "32", NULL);
	he_keys_number(&c, HOST, NULL);
	he_keys(&c, "1", NULL);
	he_keys(&c, "836151#", "wrong-password");
	he_keys(&c, "836151#", "wrong-password");
	he_keys(&c, "836151#", "password-locked");
	he_is_cleared(&c, 20);
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM audit WHERE what = 'account.password.locked' AND subject = '" HOST_E "'"),
	          1);
	world_sleeps(c.w, 1700);
	he_dials(&c, HOST);
	he_keys(&c, "31", NULL);
	he_keys(&c, "836152#", "password-locked");
	he_is_cleared(&c, 20);
	world_sleeps(c.w, 120);
	he_dials(&c, HOST);
	he_keys(&c, "31", NULL);
	he_keys(&c, "836152#", "enter-new-password");
	he_hangs_up(&c);
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

	l.f = open_memstream(&l.text, &l.len);
	CHECK(l.f != NULL);
	log_set_level(LOG_DEBUG);
	log_set_sink(lines_add, &l);
	care_open(&c, 1);
	care_cards(&c);
	care_password(&c, HOST_E, "836152");
	he_dials(&c, HOST);
	he_keys(&c, "11", NULL);
	he_keys_number(&c, c.card[0], "recharged");
	he_keys(&c, "11", NULL);
	he_keys_number(&c, "9182736455463728", "card-unknown");
	he_keys(&c, "*", NULL);
	he_keys(&c, "31", "enter-password");
	he_keys(&c, "649173#", "wrong-password");
	he_keys(&c, "836152#", "enter-new-password");
	he_keys(&c, "271828#", NULL);
	he_keys(&c, "271828#", "password-changed");
	he_hangs_up(&c);
	(void)fflush(l.f);
	CHECK(strstr(l.text, HOST) != NULL); /* it is a log */
	CHECK(strstr(l.text, c.card[0]) == NULL && strstr(l.text, "9182736455463728") == NULL);
	CHECK(strstr(l.text, "836152") == NULL && strstr(l.text, "649173") == NULL && strstr(l.text, "271828") == NULL);
	care_close(&c);
	log_set_sink(NULL, NULL);
	(void)fclose(l.f);
	free(l.text);
}

/* ---- language, calls, bookings ---- */

SCENARIO(language_by_phone, "each is offered in itself; chosen, it is his from now on, also called back")
{
	struct care c;
	const char *host;

	care_open(&c, 1);
	he_dials(&c, HOST);
	he_keys(&c, "4", "language-chinese");
	c.lang = PROMPT_EN;
	he_hears(&c, "language-english");
	he_keys(&c, "2", "language-changed");
	he_hears(&c, "menu-recharge");
	he_hangs_up(&c);
	host = called_back(c.w, HOST);
	expect_hears(c.w, host, PROMPT_EN, "enter-number", 40);
	phone_hangs_up(c.w, host);
	care_close(&c);
}

SCENARIO(recent_calls_by_phone, "whom he reached, how long and for how much, the latest first; a key goes on in the menu")
{
	struct care c;
	struct talk t;

	care_open(&c, 1);
	he_dials(&c, HOST);
	he_keys(&c, "5", "recent-none");
	he_hangs_up(&c);
	talk_begin(c.w, &t, HOST, OTHER);
	world_run(c.w, 20);
	phone_hangs_up(c.w, t.host);
	world_run(c.w, 5);
	he_dials(&c, HOST);
	he_keys(&c, "5", "recent-to");
	he_hears(&c, "digit-yao");
	he_hears(&c, "recent-for");
	he_hears(&c, "recent-cost");
	he_hears(&c, "unit-jiao");
	he_hears(&c, "menu-recharge");
	he_hangs_up(&c);
	care_close(&c);
}

SCENARIO(bookings_by_phone, "his bookings are told with their time; one is cancelled; one that has begun is not")
{
	struct booking b = booking_of(OTHER_E, NULL);
	struct care c;

	care_open(&c, 1);
	he_dials(&c, HOST);
	he_keys(&c, "6", "bookings-none");
	book_in(c.w, &b, 86400);
	he_keys(&c, "6", "booking-at");
	he_hears(&c, "booking-parties");
	he_hears(&c, "booking-keys");
	he_keys(&c, "2", "menu-recharge");
	he_keys(&c, "6", "booking-at");
	he_keys(&c, "1", "booking-cancelled");
	CHECK_INT(sql_int(c.w, "SELECT COUNT(*) FROM booking WHERE state = 'cancelled'"), 1);
	he_hangs_up(&c);
	care_close(&c);
}
