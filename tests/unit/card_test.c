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
	               "mariadb-dump --no-defaults -S %s/s -u root %s | grep -c -F -e %s -e %s -e %s >%s/found", database_dir,
	               card_world_database, w.number[0], w.number[1], w.number[19], w.dir);
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
	REFUSED(-ENOENT, m.key_file = "there-is-none");
	REFUSED(-EACCES, m.key_file = w.public); /* others can read it */
	REFUSED(-EBADMSG, m.key_file = w.printer);
	REFUSED(-EBADF, m.printer_file = w.config.key_file);
	REFUSED(-EBADF, m.printer_file = w.printer); /* the secret one: nobody could open what is sealed for it */
	REFUSED(-ENFILE, m.out = w.public);
	REFUSED(-ENOENT, m.out = "no-directory/x");
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card_batch WHERE state <> 'making'"), 0);
	assert_int_equal(card_make(w.s, &good), 0); /* over what the last of them left */
	REFUSED(-EEXIST, m.out = "no-directory/new");
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card"), 10);
	/* 16 digits have room for ten million live cards */
	database_do(w.s, "UPDATE card_batch SET cards = 9999990");
	REFUSED(-ENOSPC, m.name = "c"; m.out = "no-directory/new"; m.count = 11);
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
	int status;
	pid_t pid;

	(void)state;
	card_world_open(&w);
	m = card_world_batch(&w, "b", 1500, 10000);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) { /* killed after the first thousand */
		m.progress = die_here;
		(void)card_make(card_world_store(1), &m);
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

/* ---- states ---- */

static void test_only_allowed_changes_are_made(void **state)
{
	static const char *const may[] = { "created printed",   "created blocked",   "printed delivered", "printed blocked",
		                           "delivered activated", "delivered blocked", "activated blocked", "blocked activated" };
	struct card_world w;
	char sql[100], pair[40];

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 3, 10000);
	for (int from = CARD_CREATED; from <= CARD_IS_BLOCKED; from++)
		for (int to = CARD_CREATED; to <= CARD_IS_BLOCKED; to++) {
			bool allowed = false;

			(void)snprintf(pair, sizeof(pair), "%s %s", card_state_name((enum card_state)from),
			               card_state_name((enum card_state)to));
			for (unsigned i = 0; i < ARRAY_LEN(may); i++)
				allowed |= strcmp(may[i], pair) == 0;
			(void)snprintf(sql, sizeof(sql), "UPDATE card_batch SET state = '%s'",
			               card_state_name((enum card_state)from));
			database_do(w.s, sql);
			assert_int_equal(card_world_to(&w, "b", (enum card_state)to), allowed || from == to ? 0 : -EPERM);
			(void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM card_batch WHERE state = '%s'",
			               card_state_name((enum card_state)(allowed ? to : from)));
			assert_int_equal(database_int(w.s, sql), 1);
		}
	assert_int_equal(card_world_to(&w, "nothing", CARD_PRINTED), -ENOENT);
	/* one row for each change: generated, three to get it going, eight here */
	assert_int_equal(
		database_int(w.s, "SELECT COUNT(*) FROM audit WHERE subject = 'b' AND who = 'cli:test' AND origin = 'here'"), 12);
	assert_int_equal(database_int(w.s,
	                              "SELECT COUNT(*) FROM audit WHERE what = 'card.batch.state' AND before_text = 'blocked' "
	                              "AND after_text = 'activated'"),
	                 1);
	card_world_close(&w);
}

static int change_one(struct card_world *w, const char *card, enum card_state to)
{
	struct card_change g = { .name = card, .to = to, .who = "cli:test@here", .at_utc_us = CARD_AT };

	return card_change(w->s, &w->config, &g);
}

static enum card_state state_of(struct card_world *w, const char *card, int64_t at_utc_us)
{
	struct card_info i;

	assert_int_equal(card_find(w->s, &w->config, card, at_utc_us, &i), 0);
	return i.state;
}

static void test_single_cards_and_their_batch(void **state)
{
	struct card_world w;
	struct card_make m;
	struct card_info i;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 6, 10000);
	assert_int_equal(change_one(&w, "b-2", CARD_IS_BLOCKED), 0); /* by its serial, and by its number */
	assert_int_equal(try(&w, w.number[1], HOST), CARD_BLOCKED);
	assert_int_equal(change_one(&w, w.number[1], CARD_ACTIVATED), 0);
	assert_int_equal(try(&w, w.number[1], HOST), CARD_DONE);
	assert_int_equal(change_one(&w, "b-2", CARD_IS_BLOCKED), -EPERM); /* used stays used */
	assert_int_equal(change_one(&w, "b-3", CARD_PRINTED), -EINVAL);
	assert_int_equal(change_one(&w, "b-7", CARD_IS_BLOCKED), -ENOENT);
	assert_int_equal(change_one(&w, "b", CARD_IS_BLOCKED), -EINVAL);
	assert_int_equal(change_one(&w, "1234567890123456", CARD_IS_BLOCKED), -ENOENT);
	/* a blocked batch blocks those that were activated singly as well, and none of them can be let out alone */
	assert_int_equal(change_one(&w, "b-3", CARD_IS_BLOCKED), 0);
	assert_int_equal(change_one(&w, "b-3", CARD_ACTIVATED), 0);
	assert_int_equal(card_world_to(&w, "b", CARD_IS_BLOCKED), 0);
	assert_int_equal(try(&w, w.number[2], HOST), CARD_BLOCKED);
	assert_int_equal(change_one(&w, "b-3", CARD_ACTIVATED), -EPERM);
	assert_int_equal(state_of(&w, "b-2", CARD_AT), CARD_IS_USED);
	assert_int_equal(card_world_to(&w, "b", CARD_ACTIVATED), 0);
	assert_int_equal(try(&w, w.number[2], HOST), CARD_DONE);
	/* sold over the counter: one card of a batch that is only delivered */
	m = card_world_batch(&w, "d", 2, 30000);
	assert_int_equal(card_make(w.s, &m), 0);
	card_world_print(&w);
	assert_int_equal(change_one(&w, "d-1", CARD_ACTIVATED), -EPERM);
	assert_int_equal(card_world_to(&w, "d", CARD_PRINTED), 0);
	assert_int_equal(card_world_to(&w, "d", CARD_DELIVERED), 0);
	assert_int_equal(change_one(&w, "d-1", CARD_ACTIVATED), 0);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_DONE);
	assert_int_equal(try(&w, w.number[1], HOST), CARD_NOT_ACTIVE);
	assert_int_equal(card_find(w.s, &w.config, w.number[0], CARD_AT, &i), 0);
	assert_string_equal(i.batch, "d");
	assert_int_equal(i.serial, 1);
	assert_int_equal(i.value_e4, 30000);
	assert_string_equal(i.number, HOST);
	card_world_close(&w);
}

/* Blocked and let out again, neither a batch nor a card of it comes past the printer and the shops. */
static void test_blocking_is_no_way_around_delivery(void **state)
{
	struct card_world w;
	struct card_make m;

	(void)state;
	card_world_open(&w);
	m = card_world_batch(&w, "b", 3, 10000);
	assert_int_equal(card_make(w.s, &m), 0);
	card_world_print(&w);
	assert_int_equal(card_world_to(&w, "b", CARD_IS_BLOCKED), 0);
	assert_int_equal(card_world_to(&w, "b", CARD_ACTIVATED), -EPERM);
	assert_int_equal(card_world_to(&w, "b", CARD_DELIVERED), -EPERM);
	assert_int_equal(card_world_to(&w, "b", CARD_PRINTED), 0); /* from where it was */
	assert_int_equal(change_one(&w, "b-1", CARD_IS_BLOCKED), 0);
	assert_int_equal(change_one(&w, "b-1", CARD_ACTIVATED), -EPERM);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_BLOCKED);
	assert_int_equal(card_world_to(&w, "b", CARD_IS_BLOCKED), 0);
	assert_int_equal(card_world_to(&w, "b", CARD_PRINTED), 0);
	assert_int_equal(card_world_to(&w, "b", CARD_DELIVERED), 0);
	assert_int_equal(card_world_to(&w, "b", CARD_IS_BLOCKED), 0);
	assert_int_equal(card_world_to(&w, "b", CARD_ACTIVATED), 0);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_BLOCKED);
	assert_int_equal(change_one(&w, "b-1", CARD_ACTIVATED), 0);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_DONE);
	assert_int_equal(card_world_to(&w, "b", CARD_IS_BLOCKED), 0);
	assert_int_equal(card_world_to(&w, "b", CARD_DELIVERED), -EPERM);
	assert_int_equal(card_world_to(&w, "b", CARD_ACTIVATED), 0);
	card_world_close(&w);
}

static void test_expiry_is_to_the_second(void **state)
{
	struct card_world w;
	struct card_batch b;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 3, 10000);
	assert_int_equal(try_as(&w, w.number[0], HOST, "", "", CARD_EXPIRES - 1000), CARD_DONE);
	assert_int_equal(try_as(&w, w.number[1], HOST, "", "", CARD_EXPIRES), CARD_EXPIRED);
	assert_int_equal(try_as(&w, w.number[0], HOST, "", "", CARD_EXPIRES), CARD_USED);
	assert_int_equal(state_of(&w, "b-2", CARD_EXPIRES - 1000), CARD_ACTIVATED);
	assert_int_equal(state_of(&w, "b-2", CARD_EXPIRES), CARD_IS_EXPIRED);
	assert_int_equal(state_of(&w, "b-1", CARD_EXPIRES), CARD_IS_USED);
	assert_int_equal(card_batch_find(w.s, "b", CARD_EXPIRES, &b), 0);
	assert_int_equal(b.state, CARD_IS_EXPIRED);
	assert_int_equal(b.used, 1);
	card_world_close(&w);
}

/* ---- keys ---- */

static void test_an_old_key_still_redeems(void **state)
{
	struct card_world w;
	char old[CARD_DIGITS_MAX + 1], cmd[300];
	unsigned id;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "old", 2, 10000);
	memcpy(old, w.number[0], sizeof(old));
	assert_int_equal(card_keys_add(w.config.key_file, &id), 0);
	assert_int_equal(id, 2);
	card_world_cards(&w, "new", 2, 10000);
	assert_int_equal(database_int(w.s, "SELECT key_id FROM card_batch WHERE name = 'new'"), 2);
	assert_int_equal(try(&w, old, HOST), CARD_DONE);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_DONE);
	/* the first key is taken out: its cards are unknown, the others are not */
	(void)snprintf(cmd, sizeof(cmd), "sed -i '/^1 /d' %s", w.config.key_file);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(try(&w, old, HOST), CARD_UNKNOWN);
	assert_int_equal(try(&w, w.number[1], HOST), CARD_DONE);
	card_world_close(&w);
}

static void test_a_key_file_is_for_its_owner_and_of_this_system(void **state)
{
	struct card_world w;
	struct card_redeem r;
	struct card_make m;
	char cmd[300];
	unsigned id;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 2, 10000);
	r = card_world_redeem(w.number[0], HOST);
	assert_int_equal(chmod(w.config.key_file, 0640), 0);
	assert_int_equal(card_redeem(w.s, &w.config, &r), -EACCES);
	assert_int_equal(chmod(w.config.key_file, 0600), 0);
	assert_int_equal(unlink(w.config.key_file), 0);
	assert_int_equal(card_redeem(w.s, &w.config, &r), -ENOENT);
	/* another system's file: the same id, another key */
	assert_int_equal(card_keys_add(w.config.key_file, &id), 0);
	m = card_world_batch(&w, "c", 2, 10000);
	assert_int_equal(card_make(w.s, &m), -EKEYREJECTED);
	assert_int_equal(card_redeem(w.s, &w.config, &r), -EKEYREJECTED);
	/* nor one of whose ids this one knows none */
	(void)snprintf(cmd, sizeof(cmd), "sed -i 's/^1 /7 /' %s", w.config.key_file);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(card_redeem(w.s, &w.config, &r), -EKEYREJECTED);
	(void)snprintf(cmd, sizeof(cmd), "sed -i 's/^7 /1 /' %s", w.config.key_file);
	assert_int_equal(system(cmd), 0);
	/* nor with a key that this one does not know */
	assert_int_equal(card_keys_add(w.config.key_file, &id), 0);
	assert_int_equal(card_make(w.s, &m), -EKEYREJECTED);
	assert_int_equal(card_redeem(w.s, &w.config, &r), -EKEYREJECTED);
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card_key"), 1);
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card_failure"), 0); /* none of this was an attempt */
	w.config.key_file[0] = '\0';
	assert_int_equal(card_redeem(w.s, &w.config, &r), -ENOKEY);
	card_world_close(&w);
}

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void test_key_files_of_any_bytes(void **state)
{
	static const struct {
		const char *text;
		int         err;
		unsigned    count;
	} t[] = {
		{ "1 " HEX64 "\n", 0, 1 },
		{ "# a comment\n\n7 " HEX64 "\r\n9 " HEX64, 0, 2 },
		{ "", -EBADMSG, 0 },
		{ "# nothing\n", -EBADMSG, 0 },
		{ "0 " HEX64, -EBADMSG, 0 },
		{ "65536 " HEX64, -EBADMSG, 0 },
		{ "-1 " HEX64, -EBADMSG, 0 },
		{ "2 " HEX64 "\n1 " HEX64, -EBADMSG, 0 },
		{ "1 " HEX64 "0", -EBADMSG, 0 },
		{ "1 " HEX64 " 1", -EBADMSG, 0 },
		{ "1 0011", -EBADMSG, 0 },
		{ "1", -EBADMSG, 0 },
	};
	char path[] = "/tmp/partyline-key-XXXXXX", noise[300];
	struct card_keys k;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	for (unsigned i = 0; i < ARRAY_LEN(t); i++) {
		write_file(path, t[i].text, strlen(t[i].text));
		assert_int_equal(card_keys_load(&k, path), t[i].err);
		assert_int_equal(k.count, t[i].count);
	}
	for (unsigned i = 0; i < 300; i++) {
		random_bytes(noise, sizeof(noise));
		for (unsigned j = 0; i % 2 && j < sizeof(noise); j++)
			noise[j] = "0123456789abcdef \n#\r"[(unsigned char)noise[j] % 20];
		write_file(path, noise, sizeof(noise));
		if (card_keys_load(&k, path) != 0)
			assert_int_equal(k.count, 0);
	}
	(void)unlink(path);
}

static void test_numbers_as_they_are_printed(void **state)
{
	static const char *const as[][2] = {
		{ "1234 5678 9012 3456", "1234567890123456" }, { "1234-5678-9012-3456", "1234567890123456" },
		{ " 12345678 - 90123456 ", "1234567890123456" }, { "1234567890123456", "1234567890123456" },
		{ "spring-1 2", "spring-1 2" }, { "", "" }, { "+1 2", "+1 2" },
	};
	char out[64];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(as); i++) {
		card_number_plain(out, sizeof(out), as[i][0]);
		assert_string_equal(out, as[i][1]);
	}
	card_number_plain(out, 5, as[0][0]); /* no longer than there is room */
	assert_string_equal(out, "1234");
}

static void test_a_sealed_file_is_for_its_printer_alone(void **state)
{
	char dir[] = "/tmp/partyline-seal-XXXXXX", a[80], apub[80], b[80], out[80], cmd[200];
	uint8_t key[CARD_PUBLIC_SIZE];
	char *text;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(a, sizeof(a), "%s/a", dir);
	(void)snprintf(apub, sizeof(apub), "%s/a.pub", dir);
	(void)snprintf(b, sizeof(b), "%s/b", dir);
	(void)snprintf(out, sizeof(out), "%s/out", dir);
	assert_int_equal(card_printer_make(a), 0);
	assert_int_equal(card_printer_make(a), -EEXIST);
	assert_int_equal(card_printer_make(b), 0);
	assert_int_equal(card_printer_public(apub, key), 0);
	assert_int_equal(card_seal(out, key, "1234567890123456", 16), 0);
	assert_int_equal(card_seal(out, key, "1234567890123456", 16), -EEXIST);
	assert_int_equal(card_unseal(out, a, &text, &len), 0);
	assert_int_equal(len, 16);
	assert_string_equal(text, "1234567890123456");
	free(text);
	assert_int_equal(card_unseal(out, b, &text, &len), -EBADMSG);
	assert_int_equal(card_unseal(out, apub, &text, &len), -EACCES); /* 0644: it would not do for a secret */
	(void)snprintf(cmd, sizeof(cmd), "printf x | dd of=%s bs=1 seek=40 conv=notrunc status=none", out);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(card_unseal(out, a, &text, &len), -EBADMSG);
	write_file(out, "short", 5);
	assert_int_equal(card_unseal(out, a, &text, &len), -EBADMSG);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	assert_int_equal(system(cmd), 0);
}

/* ---- guessing ---- */

#define WRONG_CARD "0000000000000000"

static void test_failed_attempts_are_limited(void **state)
{
	struct card_world w;
	char caller[20];

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 8, 10000);
	/* a caller: five an hour, and then not even a good one, until the first is an hour old; a good one is no failure */
	assert_int_equal(try_as(&w, w.number[0], HOST, HOST, "", CARD_AT), CARD_DONE);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(try_as(&w, i % 2 ? WRONG_CARD : w.number[0], HOST, HOST, "", CARD_AT + CLOCK_SEC(i)),
		                 i % 2 ? CARD_UNKNOWN : CARD_USED);
	assert_int_equal(try_as(&w, w.number[1], HOST, HOST, "", CARD_AT + CLOCK_SEC(5)), CARD_TOO_MANY);
	assert_int_equal(try_as(&w, w.number[1], HOST, HOST, "", CARD_AT + CLOCK_SEC(3600) - 1000), CARD_TOO_MANY);
	assert_int_equal(try_as(&w, w.number[1], HOST, HOST, "", CARD_AT + CLOCK_SEC(3600)), CARD_DONE);
	/* somebody else could all the time, until the account has had ten */
	assert_int_equal(try_as(&w, w.number[2], HOST, OTHER, "", CARD_AT + CLOCK_SEC(5)), CARD_DONE);
	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(caller, sizeof(caller), "86139%08u", i);
		assert_int_equal(try_as(&w, "not a number", HOST, caller, "", CARD_AT + CLOCK_SEC(6)), CARD_UNKNOWN);
	}
	assert_int_equal(try_as(&w, w.number[3], HOST, "8613700000000", "", CARD_AT + CLOCK_SEC(7)), CARD_TOO_MANY);
	assert_int_equal(try_as(&w, w.number[3], OTHER, "8613700000000", "", CARD_AT + CLOCK_SEC(7)), CARD_DONE);
	/* nobody's account is no guess */
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(try_as(&w, WRONG_CARD, "861", "8613700000001", "", CARD_AT), CARD_NO_ACCOUNT);
	card_world_close(&w);
}

static void test_an_operator_unlocks(void **state)
{
	struct card_world w;
	int64_t count = 0;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 2, 10000);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(try_as(&w, WRONG_CARD, OTHER, HOST, "", CARD_AT), CARD_UNKNOWN);
	assert_int_equal(try_as(&w, WRONG_CARD, OTHER, "8613700000000", "", CARD_AT), CARD_UNKNOWN);
	assert_int_equal(try_as(&w, w.number[0], OTHER, HOST, "", CARD_AT), CARD_TOO_MANY);
	assert_int_equal(card_unlock(w.s, "", "cli:test@here", CARD_AT, &count), -EINVAL);
	assert_int_equal(card_unlock(w.s, HOST, "cli:test@here", CARD_AT, &count), 0);
	assert_int_equal(count, 5);
	assert_int_equal(try_as(&w, w.number[0], OTHER, HOST, "", CARD_AT), CARD_DONE);
	assert_int_equal(card_unlock(w.s, OTHER, "cli:test@here", CARD_AT, &count), 0); /* as an account */
	assert_int_equal(count, 1);
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM audit WHERE what = 'card.unlock'"), 2);
	card_world_close(&w);
}

static void test_trunks_and_all_together_are_limited(void **state)
{
	struct card_world w;
	char caller[20];
	int64_t at = CARD_AT;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 4, 10000);
	w.config.account.failures = 0; /* none */
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(caller, sizeof(caller), "86139%08u", i);
		assert_int_equal(try_as(&w, WRONG_CARD, HOST, caller, "pstn", at), CARD_UNKNOWN);
	}
	assert_int_equal(try_as(&w, w.number[0], HOST, HOST, "pstn", at + CLOCK_SEC(59)), CARD_TOO_MANY);
	assert_int_equal(try_as(&w, w.number[0], HOST, HOST, "pstn2", at + CLOCK_SEC(59)), CARD_DONE);
	assert_int_equal(try_as(&w, w.number[1], HOST, HOST, "pstn", at + CLOCK_SEC(60)), CARD_DONE);
	w.config.all = (struct card_limit){ 3, CLOCK_SEC(60) };
	at += CLOCK_SEC(100);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(try_as(&w, WRONG_CARD, HOST, "", "", at), CARD_UNKNOWN);
	assert_int_equal(try_as(&w, w.number[2], OTHER, OTHER, "pstn3", at + CLOCK_SEC(59)), CARD_TOO_MANY);
	assert_int_equal(try_as(&w, w.number[2], OTHER, OTHER, "pstn3", at + CLOCK_SEC(60)), CARD_DONE);
	assert_int_equal(card_forget(w.s, at), 0);
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card_failure"), 3);
	card_world_close(&w);
}

static void test_another_providers_card_is_unknown(void **state)
{
	struct card_world w;

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 1, 10000);
	database_do(w.s, "INSERT INTO provider (id, name) VALUES (2, 'other')");
	database_do(w.s, "UPDATE account SET provider_id = 2 WHERE id = 2");
	assert_int_equal(try(&w, w.number[0], OTHER), CARD_UNKNOWN);
	assert_int_equal(try(&w, w.number[0], HOST), CARD_DONE);
	card_world_close(&w);
}

/* ---- many at once ---- */

#define AT_ONCE 50

struct racer {
	struct card_world *w;
	pthread_t          thread;
	const char        *card, *number;
	struct card_redeem r;
	int                err;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	r->r = card_world_redeem(r->card, r->number);
	r->err = card_redeem(r->w->s, &r->w->config, &r->r);
	return NULL;
}

static unsigned race_all(struct racer *r)
{
	unsigned done = 0;

	for (unsigned i = 0; i < AT_ONCE; i++)
		assert_int_equal(pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		assert_int_equal(pthread_join(r[i].thread, NULL), 0);
		assert_int_equal(r[i].err, 0);
		done += r[i].r.outcome == CARD_DONE;
	}
	return done;
}

/* Fifty threads, connections enough for sixteen of them at a time; one card, for two accounts. */
static void test_one_card_is_redeemed_once(void **state)
{
	struct store *one;
	struct card_world w;
	struct racer r[AT_ONCE];

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", 1, 10000);
	one = w.s;
	w.s = card_world_store(16);
	for (unsigned i = 0; i < AT_ONCE; i++)
		r[i] = (struct racer){ .w = &w, .card = w.number[0], .number = i % 2 ? HOST : OTHER };
	assert_int_equal(race_all(r), 1);
	for (unsigned i = 0; i < AT_ONCE; i++)
		assert_true(r[i].r.outcome == CARD_DONE || r[i].r.outcome == CARD_USED || r[i].r.outcome == CARD_TOO_MANY);
	assert_int_equal(balance(&w, HOST) + balance(&w, OTHER), 20000);
	assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM ledger"), 1);
	store_close(w.s);
	w.s = one;
	card_world_close(&w);
}

/* Fifty cards for one account: all of them arrive. */
static void test_cards_at_once_all_arrive(void **state)
{
	struct card_world w;
	struct racer r[AT_ONCE];

	(void)state;
	card_world_open(&w);
	card_world_cards(&w, "b", AT_ONCE, 10000);
	for (unsigned i = 0; i < AT_ONCE; i++)
		r[i] = (struct racer){ .w = &w, .card = w.number[i], .number = HOST };
	assert_int_equal(race_all(r), AT_ONCE);
	assert_int_equal(balance(&w, HOST), 10000 + AT_ONCE * 10000);
	card_world_close(&w);
}

/* ---- what fails while a batch is made or changes ---- */

/* Made, and brought to the shops; each statement fails once in its turn. The printer's file is the same, and there is one
 * batch. */
static void test_a_batch_is_made_whatever_fails(void **state)
{
	static const unsigned error[] = { 1213, 2013, 2013 }; /* the last: executed, and its reply lost */
	struct card_world w;

	(void)state;
	for (unsigned e = 0; e < ARRAY_LEN(error); e++) {
		bool more = true;

		for (unsigned n = 1; more; n++) {
			card_world_open(&w);
			store_fault(w.s, n, error[e], e == 2);
			card_world_cards(&w, "b", 3, 10000);
			more = store_fault_over(w.s);
			store_fault(w.s, 0, 0, false);
			assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card WHERE serial BETWEEN 1 AND 3"), 3);
			assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card"), 3);
			assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM card_batch WHERE state = 'activated'"), 1);
			assert_int_equal(database_int(w.s, "SELECT COUNT(*) FROM audit"), 4);
			for (unsigned i = 0; i < 3; i++)
				assert_int_equal(try(&w, w.number[i], HOST), CARD_DONE);
			card_world_close(&w);
			assert_true(n < 100);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_batch_is_made_printed_and_redeemed),
		cmocka_unit_test(test_no_clear_number_is_kept),
		cmocka_unit_test(test_numbers_are_uniform),
		cmocka_unit_test(test_what_cannot_be_made_is_refused),
		cmocka_unit_test(test_an_interrupted_batch_is_none),
		cmocka_unit_test(test_only_allowed_changes_are_made),
		cmocka_unit_test(test_single_cards_and_their_batch),
		cmocka_unit_test(test_blocking_is_no_way_around_delivery),
		cmocka_unit_test(test_expiry_is_to_the_second),
		cmocka_unit_test(test_an_old_key_still_redeems),
		cmocka_unit_test(test_a_key_file_is_for_its_owner_and_of_this_system),
		cmocka_unit_test(test_key_files_of_any_bytes),
		cmocka_unit_test(test_numbers_as_they_are_printed),
		cmocka_unit_test(test_a_sealed_file_is_for_its_printer_alone),
		cmocka_unit_test(test_failed_attempts_are_limited),
		cmocka_unit_test(test_an_operator_unlocks),
		cmocka_unit_test(test_trunks_and_all_together_are_limited),
		cmocka_unit_test(test_another_providers_card_is_unknown),
		cmocka_unit_test(test_one_card_is_redeemed_once),
		cmocka_unit_test(test_cards_at_once_all_arrive),
		cmocka_unit_test(test_a_batch_is_made_whatever_fails),
	};

	return cmocka_run_group_tests_name("card", tests, database_start, database_stop);
}
