/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/money_faults_test.c - each statement of each transaction that moves money fails in turn: with a deadlock, a lock
 * that is not given, a lost connection, and executed with its reply lost (after a COMMIT: done, and nobody knows). The tables are
 * the same afterwards, to the last column. The loop ends when there is no n-th statement any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "billing/account.h"
#include "billing/account_number.h"
#include "billing/hold.h"
#include "billing/internal.h"
#include "tests/unit/database.h"
#include "tests/unit/card_world.h"

#define HOST   "8613800000001"
#define OTHER  "8613800000002"
#define A_TIME INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */
#define AT(s)  (A_TIME + CLOCK_SEC(s))

static void id_make(char id[ID_SIZE], char letter)
{
	memset(id, letter, ID_SIZE - 1);
	id[ID_SIZE - 1] = '\0';
}

/* ---- a life of everything, each step as a transaction of its own, with ids that are the same every time ---- */

struct life {
	struct store *s;
	int64_t       host, other;  /* account ids */
	struct card_world *cards;
	void (*const *steps)(struct life *);
};

static void step_add(struct life *l)
{
	struct account_new n = { .number = "8613800000003",
		                 .language = "en",
		                 .tariff = "standard",
		                 .who = "test",
		                 .opening_e4 = 700,
		                 .at_utc_us = AT(1) };
	int err = account_add(l->s, &n);

	assert_true(err == 0 || err == -EEXIST); /* its commit was not heard of */
}

static void step_topup(struct life *l)
{
	char id[ID_SIZE];

	id_make(id, 'a');
	assert_int_equal(account_topup(l->s, id, HOST, 5000, "test", AT(1)), 0);
}

static void step_limits(struct life *l)
{
	struct account_limits limits = { .operator_billed = true, .credit_e4 = 3000, .trust_e4 = 100 };

	assert_int_equal(account_set_limits(l->s, OTHER, &limits, "test", AT(2)), 0);
}

static void open_one(struct life *l, char letter, int64_t account_id, int64_t amount_e4, int64_t held_e4)
{
	struct hold_open h = {
		.account_id = account_id, .amount_e4 = amount_e4, .at_utc_us = AT(3), .expires_utc_us = AT(63), .node = "n"
	};

	id_make(h.id, letter);
	assert_int_equal(hold_open(l->s, &h), 0);
	assert_int_equal(h.held_e4, held_e4);
}

static void step_open(struct life *l) { open_one(l, 'b', l->host, 4000, 4000); }
static void step_open_other(struct life *l) { open_one(l, 'c', l->other, 3000, 3000); }

static void extend_one(struct life *l, char letter, int64_t account_id, int64_t need1_e4, int64_t need4_e4, int64_t held_e4)
{
	struct hold_extend x = {
		.account_id = account_id,
		.expires_utc_us = AT(80),
		.need_e4 = { need1_e4, need1_e4, need4_e4, need4_e4 },
		.enough_e4 = need4_e4,
	};

	id_make(x.id, letter);
	assert_int_equal(hold_extend(l->s, &x), 0);
	assert_int_equal(x.held_e4, held_e4);
}

static void step_extend(struct life *l) { extend_one(l, 'b', l->host, 6000, 15000, 15000); }
/* 15000 in the account, all of it held by the first: opened with nothing; the first gives back, then it has its share. */
static void step_open_second(struct life *l) { open_one(l, 'd', l->host, 5000, 0); }
static void step_give_back(struct life *l) { extend_one(l, 'b', l->host, 6000, 14000, 10000); }
static void step_extend_second(struct life *l) { extend_one(l, 'd', l->host, 5000, 5000, 5000); }

static void settle_one(struct life *l, char letter, int64_t account_id, int64_t each_e4, int64_t total_e4, int64_t held_e4)
{
	struct hold_settle *z = calloc(1, sizeof(*z));
	struct settle_leg leg[2];

	assert_non_null(z);
	id_make(z->id, letter);
	z->account_id = account_id;
	z->held_e4 = held_e4;
	z->at_utc_us = AT(90);
	z->number = account_id == l->host ? HOST : OTHER;
	z->count = 2;
	for (unsigned i = 0; i < 2; i++) {
		id_make(leg[i].leg_id, letter);
		leg[i].leg_id[0] = (char)('1' + i);
		leg[i].amount_e4 = each_e4;
	}
	z->leg = leg;
	assert_int_equal(hold_settle(l->s, z), 0);
	assert_int_equal(z->total_e4, total_e4);
	free(z);
}

static void step_settle(struct life *l) { settle_one(l, 'b', l->host, 2500, 5000, 10000); }
static void step_settle_with_loss(struct life *l) { settle_one(l, 'd', l->host, 6000, 10000, 5000); }

static void step_expire(struct life *l)
{
	int64_t count;

	assert_int_equal(hold_expire(l->s, AT(100), &count), 0);
}

static void step_reopen(struct life *l) { extend_one(l, 'c', l->other, 2000, 2000, 2000); }
static void step_settle_other(struct life *l) { settle_one(l, 'c', l->other, 700, 1400, 3000 /* it has 2000 */); }

static void step_record(struct life *l)
{
	assert_int_equal(record_store(l->s,
	                              "INSERT INTO call_record (call_id, account_id, provider_id, host, service, node, began_at, "
	                              "ended_at, cause) VALUES ('b', 1, 1, '" HOST
	                              "', '12599', 'n', '2026-03-02', '2026-03-02', 16)",
	                              NULL),
	                 0);
}

static void redeem_one(struct life *l, char letter, const char *card, enum card_outcome outcome, int64_t balance_e4)
{
	struct card_redeem r = {
		.card = card, .number = OTHER, .caller = HOST, .trunk = "pstn", .who = "phone:" HOST "@pstn", .at_utc_us = AT(95),
	};

	id_make(r.id, letter);
	assert_int_equal(card_redeem(l->s, &l->cards->config, &r), 0);
	assert_int_equal(r.outcome, outcome);
	assert_int_equal(r.balance_e4, balance_e4);
}

static void step_redeem(struct life *l)
{
	redeem_one(l, 'e', l->cards->number[0], CARD_DONE, 12345);
}
static void step_redeem_unknown(struct life *l) { redeem_one(l, 'f', "0000000000000000", CARD_UNKNOWN, 0); }
static void step_redeem_again(struct life *l) { redeem_one(l, 'g', l->cards->number[0], CARD_USED, 0); }

static void step_block(struct life *l)
{
	struct card_change g = { .name = "b-2", .to = CARD_IS_BLOCKED, .who = "test", .at_utc_us = AT(96) };

	assert_int_equal(card_change(l->s, &l->cards->config, &g), 0);
}
static void step_redeem_blocked(struct life *l) { redeem_one(l, 'h', l->cards->number[1], CARD_BLOCKED, 0); }

static void (*const step[])(struct life *) = {
	step_add, step_topup,       step_limits,    step_open,          step_open_other, step_extend,
	step_open_second, step_give_back, step_extend_second, step_settle,     step_settle_with_loss,
	step_expire,      step_reopen,    step_settle_other,  step_record,
	NULL,
};

/* Cards in a life of their own: the time it takes goes with the square of the statements. */
static void (*const card_step[])(struct life *) = {
	step_redeem, step_redeem_unknown, step_redeem_again, step_block, step_redeem_blocked, NULL,
};

/* ---- the same world before each run, and what it looks like after ---- */

/* Not by migrating anew: that takes a hundred times as long as the life. */
static int begin_tx(struct store_conn *c, void *arg)
{
	static const char *const sql[] = {
		"DELETE FROM ledger",
		"DELETE FROM loss",
		"DELETE FROM hold",
		"DELETE FROM account_number",
		"DELETE FROM account",
		"DELETE FROM audit",
		"DELETE FROM call_record",
		"DELETE FROM card_failure",
		"UPDATE card SET state = NULL, used_at = NULL, ledger_id = NULL",
		card_world_accounts, /* HOST and OTHER */
		card_world_numbers,
	};
	int err = 0;

	(void)arg;
	for (unsigned i = 0; !err && i < ARRAY_LEN(sql); i++)
		err = store_exec(c, NULL, sql[i], "");
	return err;
}

static void begin(struct life *l)
{
	assert_int_equal(store_tx(l->s, begin_tx, NULL), 0);
	l->host = 1;
	l->other = 2;
}

static void live(struct life *l)
{
	for (unsigned i = 0; l->steps[i]; i++)
		l->steps[i](l);
}

static int64_t rows(struct life *l, const char *table, const char *columns)
{
	char sql[900];

	(void)snprintf(sql, sizeof(sql),
	               "SELECT CONV(LEFT(MD5(COALESCE(GROUP_CONCAT(x ORDER BY x), '')), 15), 16, 10) FROM (SELECT CONCAT_WS('|', "
	               "%s) AS x "
	               "FROM %s) t",
	               columns, table);
	return database_int(l->s, sql);
}

struct state {
	int64_t account, hold, ledger, loss, audit, record, card, failure;
};

static struct state look(struct life *l)
{
	return (struct state){
		.account = rows(l, "account",
		                "kind, state, balance_e4, held_e4, credit_e4, trust_e4"),
		.hold = rows(l, "hold",
		             "id, account_id, amount_e4, opened_at, expires_at, state, closed_at, need1_e4, need4_e4"),
		.ledger = rows(l, "ledger",
		               "IF(kind = 'opening', '', id), number, kind, amount_e4, call_id, leg_id, at"),
		.loss = rows(l, "loss", "id, account_id, amount_e4, call_id, leg_id, at"),
		.audit = rows(l, "audit",
		              "who, what, subject, before_text, after_text, at"),
		.record = rows(l, "call_record", "call_id, host, cause"),
		.card = rows(l, "card", "serial, HEX(mac), state, used_at, ledger_id"),
		.failure = rows(l, "card_failure", "id, outcome, caller, account_id, trunk, at"),
	};
}

static void check_state(const struct state *got, const struct state *want, unsigned error, unsigned n, int after)
{
	if (memcmp(got, want, sizeof(*got)) != 0)
		fail_msg("statement %u failing with %u%s leaves another state: account %d hold %d ledger %d loss %d audit %d "
		         "record %d card %d failure %d",
		         n, error, after ? " after it was done" : "", got->account == want->account, got->hold == want->hold,
		         got->ledger == want->ledger, got->loss == want->loss, got->audit == want->audit,
		         got->record == want->record, got->card == want->card, got->failure == want->failure);
}

/* Returns how many statements the life has. without: what it leaves behind when nothing fails. */
static unsigned each_statement_fails(struct life *l, struct state *without)
{
	static const unsigned error[] = { 1213, 1205, 2006, 2013 };
	struct state with;
	unsigned statements = 0;

	begin(l);
	live(l);
	*without = look(l);
	/* the last way: done, and the connection breaks before the answer */
	for (unsigned e = 0; e <= ARRAY_LEN(error); e++) {
		bool more = true, after = e == ARRAY_LEN(error);
		unsigned which = after ? 2013 : error[e];

		for (unsigned n = 1; more; n++) {
			begin(l);
			store_fault(l->s, n, which, after);
			live(l);
			more = store_fault_over(l->s);
			store_fault(l->s, 0, 0, false);
			with = look(l);
			check_state(&with, without, which, n, after);
			statements = n - 1;
		}
	}
	print_message("%u statements, each failing in %zu ways\n", statements, ARRAY_LEN(error) + 1);
	return statements;
}

static void test_each_statement_of_each_transaction(void **state)
{
	struct card_world cards;
	struct life l = { .cards = &cards, .steps = step };
	struct state without;

	(void)state;
	card_world_open(&cards);
	l.s = cards.s;
	database_do(l.s, "DROP TRIGGER loss_is_not_deleted");
	assert_true(each_statement_fails(&l, &without) > 60);
	assert_int_equal(database_int(l.s, "SELECT balance_e4 FROM account WHERE id = 1"), 0);
	assert_int_equal(database_int(l.s, "SELECT SUM(held_e4) FROM account"), 0);
	assert_int_equal(database_int(l.s, "SELECT SUM(amount_e4) FROM loss"), 2000);
	card_world_close(&cards);
}

static void test_each_statement_of_a_redemption(void **state)
{
	struct card_world cards;
	struct life l = { .cards = &cards, .steps = card_step };
	struct state without;

	(void)state;
	card_world_open(&cards);
	card_world_cards(&cards, "b", 2, 12345);
	l.s = cards.s;
	assert_true(each_statement_fails(&l, &without) > 25);
	assert_int_equal(database_int(l.s, "SELECT balance_e4 FROM account WHERE id = 2"), 12345);
	assert_int_equal(database_int(l.s, "SELECT COUNT(*) FROM card_failure"), 3);
	card_world_close(&cards);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_statement_of_each_transaction),
		cmocka_unit_test(test_each_statement_of_a_redemption),
	};

	return cmocka_run_group_tests_name("money_faults", tests, database_start, database_stop);
}
