/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/card_test.c - recharge cards on a real MariaDB: made, handed through their states, redeemed once, and not
 * guessed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include "billing/card.h"
#include "tests/unit/database.h"
#include "tests/unit/card_world.h"

#define HOST  "8613800000001"
#define OTHER "8613800000002"

static enum card_outcome try_as(struct card_world *w, const char *card, const char *number, const char *caller, const char *trunk,
                                int64_t at_utc_us)
{
	struct card_redeem r = card_world_redeem(card, number);

	r.caller = caller;
	r.trunk = trunk;
	r.at_utc_us = at_utc_us;
	assert_int_equal(card_redeem(w->s, &w->config, &r), 0);
	return r.outcome;
}

static enum card_outcome try(struct card_world *w, const char *card, const char *number)
{
	return try_as(w, card, number, "", "", CARD_AT);
}

static int64_t balance(struct card_world *w, const char *number)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT balance_e4 FROM v_account WHERE number = '%s'", number);
	return database_int(w->s, sql);
}

/* ---- made ---- */

static void test_a_batch_is_made_printed_and_redeemed(void **state)
{
	struct card_world w;
	struct card_make m;
	struct card_redeem r;
	struct stat st;

	(void)state;
	card_world_open(&w);
	m = card_world_batch(&w, "spring", 1500, 500000); /* two statements */
	assert_int_equal(card_make(w.s, &m), 0);
	assert_int_equal(stat(w.out, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	card_world_print(&w);
	assert_int_equal(w.count, 1500);
	for (unsigned i = 0; i < w.count; i++)
		assert_int_equal(strspn(w.number[i], "0123456789"), 16);
	assert_int_equal(database_int(w.s, "SELECT COUNT(DISTINCT mac) FROM card"), 1500);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_NOT_ACTIVE);
	assert_int_equal(card_world_to(&w, "spring", CARD_PRINTED), 0);
	assert_int_equal(card_world_to(&w, "spring", CARD_DELIVERED), 0);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_NOT_ACTIVE);
	assert_int_equal(card_world_to(&w, "spring", CARD_ACTIVATED), 0);

	r = card_world_redeem(w.number[0], HOST);
	assert_int_equal(card_redeem(w.s, &w.config, &r), 0);
	assert_int_equal(r.outcome, CARD_DONE);
	assert_int_equal(r.amount_e4, 500000);
	assert_int_equal(r.balance_e4, 510000);
	assert_int_equal(balance(&w, HOST), 510000);
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM ledger WHERE kind = 'card' AND amount_e4 = 500000 AND note = "
	                                   "'spring-0000001' AND number = '" HOST "'"),
	                 1);
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM v_card WHERE state = 'used' AND number = '" HOST "'"), 1);
	/* the same id again: it happened once, and is told again */
	assert_int_equal(card_redeem(w.s, &w.config, &r), 0);
	assert_int_equal(r.outcome, CARD_DONE);
	assert_int_equal(r.balance_e4, 510000);
	assert_int_equal(balance(&w, HOST), 510000);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_USED);
	assert_int_equal(try(&w, w.number[1], OTHER), CARD_DONE); /* somebody else's number */
	assert_int_equal(balance(&w, OTHER), 500000);
	assert_int_equal(try(&w, w.number[2], "8613899999999"), CARD_NO_ACCOUNT);
	database_do(w.s, "UPDATE account SET state = 'closed' WHERE id = 2");
	assert_int_equal(try(&w, w.number[2], OTHER), CARD_NO_ACCOUNT);
	database_do(w.s, "UPDATE account SET state = 'suspended' WHERE id = 1");
	assert_int_equal(try(&w, w.number[2], HOST), CARD_DONE);
	card_world_close(&w);
}

static void test_no_clear_number_is_kept(void **state)
{
	struct card_world w;
	char cmd[300];

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "secret", 20, 10000);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_DONE);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_USED);
	(void)snprintf(cmd, sizeof(cmd),
	               "mariadb-dump --no-defaults -S %s/s -u root t%u | grep -c -F -e %s -e %s -e %s >%s/found", database_dir,
	               database_count, w.number[0], w.number[1], w.number[19], w.dir);
	if (system("command -v mariadb-dump >/dev/null") == 0)
		assert_int_equal(system(cmd) >> 8, 1); /* grep: none */
	(void)snprintf(cmd, sizeof(cmd), "! grep -r -q -F %s %s", w.number[0], w.dir);
	assert_int_equal(system(cmd), 0);
	card_world_close(&w);
}

static void test_numbers_are_uniform(void **state)
{
	struct card_world w;
	unsigned count[10] = { 0 };
	double chi = 0;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "many", 2000, 10000);
	for (unsigned i = 0; i < w.count; i++)
		for (unsigned j = 0; j < 16; j++)
			count[w.number[i][j] - '0']++;
	for (unsigned d = 0; d < 10; d++)
		chi += (count[d] - 3200.0) * (count[d] - 3200.0) / 3200.0;
	assert_true(chi < 40.0); /* 9 degrees of freedom: over it once in 130,000 runs */
	card_world_close(&w);
}

static void test_what_cannot_be_made_is_refused(void **state)
{
	struct card_world w;
	struct card_make m, good;

	(void)state;
	card_world_open(&w);
	good = card_world_batch(&w, "b", 10, 10000);
#define REFUSED(err, ...)                                    \
	do {                                                 \
		m = good;                                    \
		__VA_ARGS__;                                 \
		assert_int_equal(card_make(w.s, &m), (err)); \
	} while (0)
	REFUSED(-EINVAL, m.name = "two words");
	REFUSED(-EINVAL, m.name = "");
	REFUSED(-EINVAL, m.count = 0);
	REFUSED(-EINVAL, m.count = CARD_COUNT_MAX + 1);
	REFUSED(-EINVAL, m.value_e4 = 0);
	REFUSED(-EINVAL, m.digits = 15);
	REFUSED(-EINVAL, m.digits = 19);
	REFUSED(-EINVAL, m.expires_utc_us = m.at_utc_us);
	REFUSED(-ENOENT, m.provider = "nobody");
	REFUSED(-ENOKEY, m.key_file = "");
	REFUSED(-ENOENT, m.key_file = "/tmp/partyline-there-is-none");
	REFUSED(-EACCES, m.key_file = w.public); /* others can read it */
	REFUSED(-EBADMSG, m.key_file = w.printer);
	REFUSED(-EBADF, m.printer_file = w.config.key_file);
	REFUSED(-ENFILE, m.out = w.public);
	REFUSED(-ENOENT, m.out = "/tmp/partyline-no-directory/x");
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card_batch WHERE state <> 'making'"), 0);
	assert_int_equal(card_make(w.s, &good), 0); /* over what the last of them left */
	REFUSED(-EEXIST, m.out = "/tmp/partyline-cards-new");
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card"), 10);
	/* 16 digits have room for ten million live cards */
	database_do(w.s, "UPDATE card_batch SET cards = 9999990");
	REFUSED(-ENOSPC, m.name = "c"; m.out = "/tmp/partyline-cards-new"; m.count = 11);
	card_world_close(&w);
}

static void die_here(void *arg, int64_t made)
{
	(void)arg;
	(void)made;
	(void)raise(SIGKILL);
}

static void test_an_interrupted_batch_is_none(void **state)
{
	struct card_world w;
	struct card_make m;
	char name[32];
	int status;
	pid_t pid;

	(void)state;
	card_world_open(&w);
	m = card_world_batch(&w, "b", 1500, 10000);
	(void)snprintf(name, sizeof(name), "t%u", database_count);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) { /* killed after the first thousand */
		struct store_config config = database_config(name);
		struct store *s;

		m.progress = die_here;
		if (store_open(&s, &config) == 0)
			(void)card_make(s, &m);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card"), 1000);
	assert_int_equal(access(w.out, F_OK), -1);
	for (int to = CARD_CREATED; to <= CARD_IS_BLOCKED; to++)
		assert_int_equal(card_world_to(&w, "b", (enum card_state)to), -ENOENT);
	card_world_cards(&w, "b", 5, 20000); /* anew, and nothing of the first is left */
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card"), 5);
	assert_int_equal(try(&w, w.number[4], HOST), CARD_DONE);
	assert_int_equal(balance(&w, HOST), 30000);
	card_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_batch_is_made_printed_and_redeemed),
		cmocka_unit_test(test_no_clear_number_is_kept),
		cmocka_unit_test(test_numbers_are_uniform),
		cmocka_unit_test(test_what_cannot_be_made_is_refused),
		cmocka_unit_test(test_an_interrupted_batch_is_none),
	};

	return cmocka_run_group_tests_name("card", tests, database_start, database_stop);
}
