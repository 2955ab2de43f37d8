/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/replay_test.c - what a node that died left in its journal, cut at every line and in the middle of each: never
 * charged more than the talk, nothing twice, whatever the database had taken already.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "billing/account.h"
#include "billing/billing.h"
#include "billing/hold.h"
#include "billing/journal.h"
#include "core/loop.h"
#include "core/worker.h"
#include "tests/unit/database.h"

#define HOST    "8613800000001"
#define START   INT64_C(1772452800000000) /* 2026-03-02T12:00:00Z */
#define OPENING 100000
#define HELD    20000

static void no_sink(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

struct left { /* what is there when the node starts again */
	struct store   *store;
	struct hold_open hold;
	char            leg[2][ID_SIZE];
	char            dir[128], path[200];
};

static unsigned count;

static int fresh(void **state)
{
	struct account_new n = {
		.number = HOST, .language = "en", .tariff = "standard", .who = "test", .opening_e4 = OPENING, .at_utc_us = START,
	};
	static struct left left;
	struct left *l = &left;

	clock_virtual_start(START);
	random_seed(++count);
	log_set_sink(no_sink, NULL);
	memset(l, 0, sizeof(*l));
	l->store = database_fresh();
	database_do(l->store, "INSERT INTO tariff (provider_id, name) VALUES (1, 'standard')");
	assert_int_equal(account_add(l->store, &n), 0);
	(void)snprintf(l->dir, sizeof(l->dir), "%s/journal%u", database_dir, count);
	(void)snprintf(l->path, sizeof(l->path), "%s/journal%u/n.journal", database_dir, count);
	*state = l;
	return 0;
}

static int done(void **state)
{
	struct left *l = *state;

	store_close(l->store);
	log_set_sink(NULL, NULL);
	return 0;
}

/* Another call with its hold, as the node left it. */
static void left_open(struct left *l)
{
	l->hold = (struct hold_open){
		.account_id = database_int(l->store, "SELECT id FROM account"), .amount_e4 = HELD, .at_utc_us = START,
		.expires_utc_us = START + CLOCK_SEC(60), .node = "n",
	};
	random_id(l->hold.id);
	random_id(l->leg[0]);
	random_id(l->leg[1]);
	assert_int_equal(hold_open(l->store, &l->hold), 0);
}

/* The first `lines` of entries and so many octets of the next, as the only content. */
static void left_write(struct left *l, char (*entry)[JOURNAL_TEXT_MAX], unsigned lines, unsigned octets)
{
	char line[JOURNAL_LINE_MAX + 1];
	FILE *f;

	(void)mkdir(l->dir, 0700);
	f = fopen(l->path, "w");
	assert_non_null(f);
	for (unsigned i = 0; i < lines; i++) {
		assert_true(journal_line(line, entry[i]) > 0);
		(void)fputs(line, f);
	}
	if (octets) {
		assert_true(journal_line(line, entry[lines]) > (int)octets);
		(void)fwrite(line, 1, octets, f);
	}
	(void)fclose(f);
}

static int start(struct left *l)
{
	struct billing_config c = { .node = "n", .home_area = "10" };
	struct counter_registry counters = { 0 };
	struct worker_pool *workers;
	struct billing *b = NULL;
	struct loop *loop;
	int err;

	(void)snprintf(c.journal_dir, sizeof(c.journal_dir), "%s", l->dir);
	assert_int_equal(loop_alloc(&loop), 0);
	assert_int_equal(worker_pool_alloc(&workers, loop, "w", 1), 0);
	err = billing_open(&b, loop, l->store, workers, &counters, &c);
	billing_close(b);
	worker_pool_free(workers);
	loop_free(loop);
	return err;
}

static int64_t charged(struct left *l, const char *leg)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT COALESCE(-SUM(amount_e4), 0) FROM ledger WHERE leg_id = '%s'", leg);
	return database_int(l->store, sql);
}

static int64_t number_of(struct left *l, const char *what) { return database_int(l->store, what); }

static void check_money(struct left *l)
{
	assert_int_equal(
		number_of(l, "SELECT COUNT(*) FROM account a WHERE a.balance_e4 <> (SELECT COALESCE(SUM(l.amount_e4), 0) FROM "
	                     "ledger l WHERE l.account_id = a.id)"),
		0);
	assert_int_equal(number_of(l,
	                           "SELECT COUNT(*) FROM account a WHERE a.held_e4 <> (SELECT COALESCE(SUM(h.amount_e4), 0) FROM "
	                           "hold h WHERE h.account_id = a.id AND h.state = 'open')"),
	                 0);
}

/* ---- a call's journal, line by line ---- */

#define LINES 13
#define RATE  "0,2000,0,1,0,480," /* 0.20 a minute by the second: 33.33 a second */

static const struct {
	const char *text;       /* C: call, 1 and 2: its legs */
	int64_t     owed_e4[2]; /* by each leg when the journal ends after this line */
} life[LINES] = {
	{ "O C ACCOUNT " HOST, { 0, 0 } },
	{ "A C 1 1772452800000000 " RATE, { 0, 0 } },
	{ "P C 1 5000", { 166, 0 } },
	{ "A C 2 1772452805000000 " RATE, { 166, 0 } },
	{ "P C 1 10000", { 333, 0 } },
	{ "P C 2 5000", { 333, 166 } },
	{ "E C 2 7000 233", { 333, 233 } },
	{ "P C 1 15000", { 500, 233 } },
	{ "E C 1 17500 600", { 600, 233 } },
	{ "R 2 INSERT INTO call_record (call_id, host, service, node, began_at, ended_at, cause) VALUES ('C', '1', '2', 'n', "
	  "'2026-03-02 12:00:00', '2026-03-02 12:00:10', 16)",
	  { 600, 233 } },
	{ "D 2", { 600, 233 } },
	{ "S C", { 600, 233 } },
	{ "P C 1 99000", { 600, 233 } }, /* nothing is believed of a call that is settled */
};
#define FIRST_SETTLED 11

static void life_text(const struct left *l, char (*entry)[JOURNAL_TEXT_MAX])
{
	for (unsigned i = 0; i < LINES; i++) {
		char *out = entry[i];

		for (const char *s = life[i].text; *s; s++) {
			const char *word = s == life[i].text || s[-1] == ' ' || s[-1] == '\'' ? s : "";
			bool ends = s[1] == ' ' || s[1] == '\0' || s[1] == '\'';
			bool of_a_record = life[i].text[0] == 'R' && s > life[i].text + 2; /* only its C is a word of ours */

			if (*word == 'C' && ends)
				out += sprintf(out, "%s", l->hold.id);
			else if ((*word == '1' || *word == '2') && ends && !of_a_record)
				out += sprintf(out, "%s", l->leg[*word - '1']);
			else if (strncmp(word, "ACCOUNT ", 8) == 0)
				out += sprintf(out, "%lld", (long long)l->hold.account_id), s += 6;
			else
				*out++ = *s;
		}
		*out = '\0';
	}
}

static void settle_as_the_node_did(struct left *l)
{
	struct hold_settle *z = calloc(1, sizeof(*z));
	struct settle_leg leg[2];

	assert_non_null(z);
	memcpy(z->id, l->hold.id, ID_SIZE);
	z->account_id = l->hold.account_id;
	z->number = HOST;
	z->at_utc_us = START + CLOCK_SEC(20);
	z->count = 2;
	for (unsigned i = 0; i < 2; i++) {
		memcpy(leg[i].leg_id, l->leg[i], ID_SIZE);
		leg[i].amount_e4 = life[LINES - 1].owed_e4[i];
	}
	z->leg = leg;
	assert_int_equal(hold_settle(l->store, z), 0);
	free(z);
}

static void cut_at(struct left *l, char (*entry)[JOURNAL_TEXT_MAX], unsigned lines, unsigned octets, bool settled_before)
{
	int64_t before, owed[2] = { 0, 0 };

	left_open(l);
	life_text(l, entry);
	before = number_of(l, "SELECT balance_e4 FROM account");
	if (settled_before)
		settle_as_the_node_did(l);
	for (unsigned i = 0; i < 2; i++)
		owed[i] = life[settled_before || lines == 0 ? settled_before ? LINES - 1 : 0 : lines - 1].owed_e4[i];
	left_write(l, entry, lines, octets);
	assert_int_equal(start(l), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(charged(l, l->leg[i]), owed[i]);
	left_write(l, entry, lines, octets); /* it died again before the journal was emptied */
	assert_int_equal(start(l), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(charged(l, l->leg[i]), owed[i]);
	assert_int_equal(number_of(l, "SELECT balance_e4 FROM account"), before - owed[0] - owed[1]);
	if (lines == 0 && !settled_before) { /* nobody knows of it: the janitor's */
		int64_t given_back;

		assert_int_equal(hold_expire(l->store, START + CLOCK_SEC(61), &given_back), 0);
		assert_int_equal(given_back, 1);
	}
	assert_int_equal(number_of(l, "SELECT held_e4 FROM account"), 0);
	check_money(l);
}

static void test_cut_at_every_line(void **state)
{
	static char entry[LINES][JOURNAL_TEXT_MAX];
	struct left *l = *state;

	for (unsigned lines = 0; lines <= LINES; lines++) {
		if (lines <= FIRST_SETTLED)
			cut_at(l, entry, lines, 0, false);
		if (lines >= FIRST_SETTLED - 2) /* the database had it, whether or not the journal says so */
			cut_at(l, entry, lines, 0, true);
		for (unsigned k = 0; lines < FIRST_SETTLED && k < 3; k++)
			cut_at(l, entry, lines, 1 + random_below(14), false);
	}
	/* the record: of each life that had come so far, once */
	assert_int_equal(number_of(l, "SELECT COUNT(*) FROM call_record"),
	                 number_of(l, "SELECT COUNT(DISTINCT call_id) FROM call_record"));
	assert_true(number_of(l, "SELECT COUNT(*) FROM call_record") >= 3);
}

/* Each statement of the replay fails in turn, with its reply or without: the start repeats what may be repeated. */
static void test_each_statement_of_the_replay_failing(void **state)
{
	static char entry[LINES][JOURNAL_TEXT_MAX];
	struct left *l = *state;

	for (unsigned n = 1; n < 25; n++) {
		left_open(l);
		life_text(l, entry);
		left_write(l, entry, 10, 0);
		store_fault(l->store, n, 2013, n % 2);
		assert_int_equal(start(l), 0);
		store_fault(l->store, 0, 0, false);
		assert_int_equal(charged(l, l->leg[0]), 600);
		assert_int_equal(charged(l, l->leg[1]), 233);
		assert_int_equal(number_of(l, "SELECT held_e4 FROM account"), 0);
		assert_int_equal(number_of(l, "SELECT COUNT(*) FROM call_record"), n);
		check_money(l);
	}
}

/* An error that is not repeated keeps the node from starting, and the journal as it is; the next start does it. */
static void test_a_start_that_fails_forgets_nothing(void **state)
{
	static char entry[LINES][JOURNAL_TEXT_MAX];
	struct left *l = *state;
	int failed = 0;

	for (unsigned n = 1; n < 25; n++) {
		left_open(l);
		life_text(l, entry);
		left_write(l, entry, 10, 0);
		store_fault(l->store, n, 1105, false);
		failed += start(l) == -EIO;
		store_fault(l->store, 0, 0, false);
		assert_int_equal(start(l), 0);
		assert_int_equal(charged(l, l->leg[0]), 600);
		assert_int_equal(charged(l, l->leg[1]), 233);
		assert_int_equal(number_of(l, "SELECT COUNT(*) FROM call_record"), n);
		check_money(l);
	}
	assert_true(failed > 5); /* a settlement and a record have so many statements */
}

/* ---- what a file may say ---- */

static bool is_kept(const struct left *l)
{
	char path[220];
	struct stat st;
	bool there;

	(void)snprintf(path, sizeof(path), "%s.damaged", l->path);
	there = stat(path, &st) == 0;
	(void)unlink(path);
	return there;
}

/* A newer program's entries, and what looks like one of ours: not run, not lost. */
static void test_strange_entries_are_kept_and_nothing_is_run(void **state)
{
	static char entry[1][JOURNAL_TEXT_MAX];
	static const char *const strange[] = {
		"Z something of tomorrow",
		"R x DELETE FROM ledger",
		"R x INSERT INTO ledger (id) VALUES ('x')",
		"R x",
		"O",
		"O x notanumber y",
		"A x y 5 nonsense",
		"P x y",
		"A x y 5 0,2000,0,0,0,480,",
		"A x y 5 0,99999999999999999,0,1,0,480,",
	};
	struct left *l = *state;

	for (unsigned i = 0; i < ARRAY_LEN(strange); i++) {
		(void)snprintf(entry[0], sizeof(entry[0]), "%s", strange[i]);
		left_write(l, entry, 1, 0);
		assert_int_equal(start(l), 0);
		if (!is_kept(l))
			fail_msg("forgotten: %s", strange[i]);
		assert_int_equal(start(l), 0);
		assert_false(is_kept(l));
	}
	assert_int_equal(number_of(l, "SELECT COUNT(*) FROM ledger"), 1);
	check_money(l);
}

/* A journal of a newer format: not touched, and this program does not start on it. */
static void test_a_newer_format_is_refused(void **state)
{
	static char entry[2][JOURNAL_TEXT_MAX] = { "V 2", "O aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1 " HOST };
	struct left *l = *state;
	struct stat before, after;

	left_write(l, entry, 2, 0);
	assert_int_equal(stat(l->path, &before), 0);
	assert_int_equal(start(l), -EOVERFLOW);
	assert_int_equal(stat(l->path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	entry[0][2] = '1';
	left_write(l, entry, 2, 0);
	assert_int_equal(start(l), 0);
}

/* A record with columns that this schema lacks, or has no more: put aside, and the node starts. */
static void test_a_record_of_another_schema_is_put_aside(void **state)
{
	static char entry[1][JOURNAL_TEXT_MAX] = {
		"R aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa INSERT INTO leg_record (leg_id, tomorrow) VALUES ('x', 1)"
	};
	struct left *l = *state;
	char cmd[300];

	left_write(l, entry, 1, 0);
	assert_int_equal(start(l), 0);
	(void)snprintf(cmd, sizeof(cmd), "grep -q tomorrow %.*s.rejected", (int)(strlen(l->path) - strlen(".journal")), l->path);
	assert_int_equal(system(cmd), 0);
}

/* Entries with right sums and any words: survived, and no money moves that no hold was there for. */
static void test_any_words_are_survived(void **state)
{
	static const char *const word[] = {
		"O",
		"A",
		"P",
		"E",
		"S",
		"R",
		"D",
		"a",
		"b",
		"1",
		"-1",
		"99999999999999999999",
		HOST,
		RATE,
		"",
		" ",
		"%s%n",
		"';--",
		"0123456789012345678901234567890123456789",
		"INSERT INTO leg_record (",
	};
	static char entry[40][JOURNAL_TEXT_MAX];
	struct left *l = *state;

	for (int run = 0; run < 40; run++) {
		for (unsigned i = 0; i < 40; i++) {
			size_t n = (size_t)snprintf(entry[i], 600, "%c", "OAPESRD"[random_below(7)]);

			for (unsigned k = random_below(6); k > 0; k--)
				n += (size_t)snprintf(entry[i] + n, 600 - n, " %s", word[random_below(ARRAY_LEN(word))]);
		}
		left_write(l, entry, 40, 0);
		(void)start(l);
		(void)unlink(l->path);
	}
	assert_int_equal(number_of(l, "SELECT COUNT(*) FROM ledger"), 1);
	assert_int_equal(number_of(l, "SELECT balance_e4 FROM account"), OPENING);
	check_money(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cut_at_every_line, fresh, done),
		cmocka_unit_test_setup_teardown(test_each_statement_of_the_replay_failing, fresh, done),
		cmocka_unit_test_setup_teardown(test_a_start_that_fails_forgets_nothing, fresh, done),
		cmocka_unit_test_setup_teardown(test_strange_entries_are_kept_and_nothing_is_run, fresh, done),
		cmocka_unit_test_setup_teardown(test_a_newer_format_is_refused, fresh, done),
		cmocka_unit_test_setup_teardown(test_a_record_of_another_schema_is_put_aside, fresh, done),
		cmocka_unit_test_setup_teardown(test_any_words_are_survived, fresh, done),
	};

	return cmocka_run_group_tests_name("replay", tests, database_start, database_stop);
}
