/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/unit/store_test.c - the database's edge: values, repeats, lost replies, passwords, migrations. Against a real MariaDB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "tests/unit/database.h"

#define A_TIME INT64_C(1772452800123000) /* 2026-03-02T12:00:00.123Z */

/* ---- values ---- */

static const char *const ugly[] = {
	"", "plain", "it's", "\\", "\\'; DROP TABLE t; --", "\"", "?", "%s%n", "line\nline", "\x1a\x7f", "余额", "a\\",
};

struct text_case {
	int64_t     id;
	const char *text;
};

static int same_row(void *arg, const char *const *col, unsigned cols)
{
	const struct text_case *t = arg;

	assert_int_equal(cols, 4);
	assert_string_equal(col[0], t->text);
	assert_string_equal(col[1], "2026-03-02 12:00:00.123");
	assert_null(col[2]);
	assert_null(col[3]);
	return 1;
}

static int text_tx(struct store_conn *c, void *arg)
{
	struct text_case *t = arg;
	int err = store_exec(c, NULL, "INSERT INTO t (id, x, at, x2, at2) VALUES (?, ?, ?, ?, ?)", "istst", t->id, t->text,
	                     A_TIME, (const char *)NULL, INT64_C(0));

	return err ? err
	           : store_query(c, same_row, t, "SELECT x, at, x2, at2 FROM t WHERE id = ? AND x = ?", "is", t->id, t->text);
}

static void test_values_come_back_as_they_went(void **state)
{
	struct store *s = database_fresh();

	(void)state;
	database_do(s, "CREATE TABLE t (id BIGINT PRIMARY KEY, x VARCHAR(100) COLLATE utf8mb4_bin, at DATETIME(3), x2 TEXT NULL, "
	               "at2 DATETIME(3) NULL)");
	for (unsigned i = 0; i < ARRAY_LEN(ugly); i++) {
		struct text_case t = { .id = INT64_MIN + i, .text = ugly[i] };

		assert_int_equal(store_tx(s, text_tx, &t), 0);
	}
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM t"), ARRAY_LEN(ugly));
	store_close(s);
}

static int expect_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, arg, "");
}

static void test_errors_say_what_is_wrong(void **state)
{
	struct store *s = database_fresh();

	(void)state;
	database_do(s, "CREATE TABLE t (id BIGINT PRIMARY KEY, x VARCHAR(3) NOT NULL, n TINYINT, CHECK (id < 100))");
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO t VALUES (1, 'a', 1)"), 0);
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO t VALUES (1, 'b', 1)"), -EEXIST);
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO t VALUES (100, 'b', 1)"), -ERANGE);
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO t VALUES (2, 'abcd', 1)"), -ERANGE);
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO t VALUES (2, NULL, 1)"), -ERANGE);
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO t VALUES (2, 'b', 1000)"), -ERANGE);
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO t VALUES (2, 'b', 'x')"), -ERANGE);
	assert_int_equal(store_tx(s, expect_tx, "INSERT INTO nowhere VALUES (1)"), -ENOTSUP);
	assert_int_equal(store_tx(s, expect_tx, "SELEKT"), -EIO);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM t"), 1);
	store_close(s);
}

/* ---- transactions ---- */

struct move {
	int64_t id;
	int     runs;
};

/* As all movements are: a row with an id of the client's, and the sum, in one transaction. */
static int move_tx(struct store_conn *c, void *arg)
{
	struct move *m = arg;
	int64_t sum;
	int err = store_query_int(c, &sum, "SELECT v FROM sum WHERE id = 1", "");

	m->runs++;
	if (!err)
		err = store_exec(c, NULL, "INSERT INTO movement (id) VALUES (?)", "i", m->id);
	if (err == -EEXIST)
		return 0;
	return err ? err : store_exec(c, NULL, "UPDATE sum SET v = v + 1 WHERE id = 1", "");
}

static void movements(struct store *s)
{
	database_do(s, "CREATE TABLE sum (id INT PRIMARY KEY, v BIGINT NOT NULL)");
	database_do(s, "CREATE TABLE movement (id BIGINT PRIMARY KEY)");
	database_do(s, "INSERT INTO sum VALUES (1, 0)");
}

/* Whatever statement fails with whatever may be repeated, and whether or not the server had done it: moved exactly once. */
static void test_each_statement_failing_moves_once(void **state)
{
	static const unsigned error[] = { 1213, 1205, 1020, 2006, 2013, 1047 };
	struct store *s = database_fresh();
	int64_t id = 0;

	(void)state;
	movements(s);
	for (unsigned e = 0; e < ARRAY_LEN(error); e++)
		for (unsigned n = 1; n <= 5; n++) /* START, SELECT, INSERT, UPDATE, COMMIT */
			for (int after = 0; after < 2; after++) {
				struct move m = { 0 };

				m.id = ++id;

				store_fault(s, n, error[e], after);
				assert_int_equal(store_tx(s, move_tx, &m), 0);
				assert_true(m.runs <= 2);
				assert_int_equal(database_int(s, "SELECT v FROM sum"), id);
				assert_int_equal(database_int(s, "SELECT COUNT(*) FROM movement"), id);
			}
	store_close(s);
}

static int refuse_tx(struct store_conn *c, void *arg)
{
	int err = store_exec(c, NULL, "UPDATE sum SET v = v + 100 WHERE id = 1", "");

	return err ? err : *(int *)arg;
}

/* ---- several statements in one round trip ---- */

struct together {
	int64_t  id[4];
	unsigned count;
	int64_t  rows;   /* as seen by the transaction itself */
	int      runs;
};

/* Rows of these ids; then the sum becomes as much more as the last one found rows, which is one. */
static int together_tx(struct store_conn *c, void *arg)
{
	struct together *t = arg;
	int err = 0;

	t->runs++;
	t->rows = -1;
	for (unsigned i = 0; !err && i < t->count; i++)
		err = store_later(c, "INSERT INTO movement (id) VALUES (?)", "i", t->id[i]);
	if (!err)
		err = store_later(c, "UPDATE sum SET v = v + ROW_COUNT() WHERE id = 1", "");
	return err ? err : store_query_int(c, &t->rows, "SELECT COUNT(*) FROM movement", "");
}

static void test_statements_that_go_together(void **state)
{
	struct store *s = database_fresh();
	struct together t = { .id = { 1, 2, 3, 4 }, .count = 4 };

	(void)state;
	movements(s);
	assert_int_equal(store_tx(s, together_tx, &t), 0);
	assert_int_equal(t.rows, 4);
	assert_int_equal(database_int(s, "SELECT v FROM sum"), 1);
	t = (struct together){ .id = { 5, 6, 2, 7 }, .count = 4 }; /* the third is refused, and nothing behind it is done */
	assert_int_equal(store_tx(s, together_tx, &t), -EEXIST);
	assert_int_equal(t.rows, -1);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM movement"), 4);
	assert_int_equal(database_int(s, "SELECT v FROM sum"), 1);
	store_close(s);
}

/* The same faults as of statements that go alone, each at each of them. */
static void test_statements_that_go_together_failing(void **state)
{
	static const unsigned error[] = { 1213, 1205, 2006, 2013 };
	struct store *s = database_fresh();
	int64_t done = 0;

	(void)state;
	movements(s);
	for (unsigned e = 0; e < ARRAY_LEN(error); e++)
		for (int after = 0; after < 2; after++)
			/* the fifth is the SELECT, the sixth the COMMIT: there is no seventh */
			for (unsigned n = 1; n <= 7; n++) {
				struct together t = { .id = { done * 3, done * 3 + 1, done * 3 + 2 }, .count = 3 };
				int err;

				store_fault(s, n, error[e], after);
				err = store_tx(s, together_tx, &t);
				assert_true(store_fault_over(s) == (n <= 6));
				store_fault(s, 0, 0, false);
				/* done, and not heard of: its repetition finds its own row */
				assert_int_equal(err, n == 6 && after ? -EEXIST : 0);
				assert_int_equal(t.runs, n <= 6 ? 2 : 1);
				done++;
				assert_int_equal(database_int(s, "SELECT COUNT(*) FROM movement"), done * 3);
				assert_int_equal(database_int(s, "SELECT v FROM sum"), done);
			}
	store_close(s);
}

static int two_in_one_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, arg, "");
}

/* Text that came from outside never becomes a second statement. */
static void test_a_statement_is_one(void **state)
{
	struct store *s = database_fresh();

	(void)state;
	movements(s);
	assert_int_equal(store_tx(s, two_in_one_tx, "DELETE FROM sum; DELETE FROM movement"), -EINVAL);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM sum"), 1);
	store_close(s);
}

/* fn may end the transaction itself, and go on. */
static int commits_itself_tx(struct store_conn *c, void *arg)
{
	int *runs = arg;
	int err = store_later(c, "INSERT INTO movement (id) VALUES (?)", "i", (int64_t)++ * runs);

	if (!err)
		err = store_commit(c);
	if (!err && *runs == 1)
		err = store_exec(c, NULL, "UPDATE sum SET v = v + 1 WHERE id = 1", "");
	return err ? err : *runs == 1 ? -EPERM : 0;
}

static void test_what_was_committed_stays(void **state)
{
	struct store *s = database_fresh();
	int runs = 0;

	(void)state;
	movements(s);
	assert_int_equal(store_tx(s, commits_itself_tx, &runs), -EPERM);
	assert_int_equal(store_tx(s, commits_itself_tx, &runs), 0);
	assert_int_equal(database_int(s, "SELECT COUNT(*) FROM movement"), 2);
	assert_int_equal(database_int(s, "SELECT v FROM sum"), 0);
	store_close(s);
}

static void test_a_refusal_rolls_back(void **state)
{
	struct store *s = database_fresh();
	int refusal = -EDQUOT;

	(void)state;
	movements(s);
	assert_int_equal(store_tx(s, refuse_tx, &refusal), -EDQUOT);
	assert_int_equal(database_int(s, "SELECT v FROM sum"), 0);
	store_close(s);
}

/* Read, then write what was read plus one: on a stock server this loses most of it. */
static int read_then_write_tx(struct store_conn *c, void *arg)
{
	int64_t v;
	int err = store_query_int(c, &v, "SELECT v FROM sum WHERE id = 1", "");

	(void)arg;
	return err ? err : store_exec(c, NULL, "UPDATE sum SET v = ? WHERE id = 1", "i", v + 1);
}

static void *increments(void *arg)
{
	intptr_t done = 0;

	for (int i = 0; i < 100; i++)
		done += store_tx(arg, read_then_write_tx, NULL) == 0;
	return (void *)done;
}

static void test_no_acknowledged_update_is_lost(void **state)
{
	struct store *s = database_fresh();
	pthread_t t[4];
	intptr_t done = 0;

	(void)state;
	movements(s);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, increments, s), 0);
	for (unsigned i = 0; i < 4; i++) {
		void *n;

		assert_int_equal(pthread_join(t[i], &n), 0);
		done += (intptr_t)n;
	}
	assert_true(done > 100); /* it gives up after some tries, but says so */
	assert_int_equal(database_int(s, "SELECT v FROM sum"), done);
	store_close(s);
}

static unsigned lines_logged;

static void count_lines(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
	lines_logged++;
}

static void test_a_dead_database_is_said_once(void **state)
{
	struct store_config c = database_config("t1");
	struct store *s;
	int refusal = 0;

	(void)state;
	(void)snprintf(c.socket, sizeof(c.socket), "%s/nobody", database_dir);
	assert_int_equal(store_open(&s, &c), 0);
	lines_logged = 0;
	log_set_sink(count_lines, NULL);
	assert_int_equal(store_tx(s, refuse_tx, &refusal), -EIO);
	assert_int_equal(store_tx(s, refuse_tx, &refusal), -EIO);
	log_set_sink(NULL, NULL);
	assert_int_equal(lines_logged, 1);
	store_close(s);
}

/* The server is restarted under us: connections are made anew, the transaction is repeated. */
static void test_survives_a_restart_of_the_server(void **state)
{
	struct store *s = database_fresh();
	struct move m = { .id = 1 };

	(void)state;
	movements(s);
	assert_int_equal(database_shell("stop"), 0);
	assert_int_equal(database_shell("start"), 0);
	assert_int_equal(store_tx(s, move_tx, &m), 0);
	assert_int_equal(database_int(s, "SELECT v FROM sum"), 1);
	store_close(s);
}

static void test_password_file_for_the_owner_only(void **state)
{
	struct store_config c = database_config("");
	struct store *s = database_fresh();
	FILE *f;

	(void)state;
	database_do(s, "CREATE USER carol IDENTIFIED BY 'secret'");
	store_close(s);
	(void)snprintf(c.user, sizeof(c.user), "carol");
	log_set_sink(count_lines, NULL);
	(void)snprintf(c.password_file, sizeof(c.password_file), "%s/password", database_dir);
	assert_int_equal(store_open(&s, &c), -ENOENT);
	f = fopen(c.password_file, "w");
	assert_non_null(f);
	(void)fputs("secret\n", f);
	(void)fclose(f);
	assert_int_equal(chmod(c.password_file, 0640), 0);
	assert_int_equal(store_open(&s, &c), -EACCES);
	assert_int_equal(chmod(c.password_file, 0604), 0);
	assert_int_equal(store_open(&s, &c), -EACCES);
	assert_int_equal(chmod(c.password_file, 0600), 0);
	assert_int_equal(store_open(&s, &c), 0);
	log_set_sink(NULL, NULL);
	assert_int_equal(database_int(s, "SELECT CURRENT_USER() LIKE 'carol@%'"), 1);
	store_close(s);
}

static void test_session_is_strict_and_utc(void **state)
{
	struct store *s = database_fresh();

	(void)state;
	assert_int_equal(database_int(s, "SELECT @@session.innodb_snapshot_isolation"), 1);
	assert_int_equal(database_int(s, "SELECT @@session.time_zone = '+00:00'"), 1);
	assert_int_equal(database_int(s, "SELECT @@session.sql_mode LIKE '%STRICT_ALL_TABLES%'"), 1);
	assert_int_equal(database_int(s, "SELECT @@session.tx_isolation = 'REPEATABLE-READ'"), 1);
	store_close(s);
}

/* ---- migrations ---- */

static FILE *null_file(void)
{
	FILE *f = fopen("/dev/null", "w");

	assert_non_null(f);
	return f;
}

static void hear_warning(enum log_level level, const char *line, void *arg)
{
	if (level == LOG_WARN)
		(void)snprintf(arg, 300, "%s", line);
}

static void test_a_server_that_forgets_is_named(void **state)
{
	char heard[300] = "", name[32];
	struct store *s = database_empty(name);

	(void)state;
	log_set_sink(hear_warning, heard);
	database_do(s, "SET GLOBAL innodb_flush_log_at_trx_commit = 1");
	assert_int_equal(store_check_durability(s), 0);
	assert_string_equal(heard, "");
	database_do(s, "SET GLOBAL innodb_flush_log_at_trx_commit = 2");
	assert_int_equal(store_check_durability(s), 0);
	assert_non_null(strstr(heard, "innodb_flush_log_at_trx_commit is not 1"));
	log_set_sink(NULL, NULL);
	store_close(s);
}

static void test_schema_is_checked(void **state)
{
	char name[32];
	struct store *s = database_empty(name);
	FILE *null = null_file();

	(void)state;
	log_set_sink(count_lines, NULL);
	assert_int_equal(store_check_schema(s), -ENOENT);
	assert_int_equal(store_migrate(s, null), 0);
	assert_int_equal(store_check_schema(s), 0);
	assert_int_equal(store_migrate(s, null), 0); /* nothing to do */
	database_do(s, "INSERT INTO schema_version VALUES (999, '2026-01-01')");
	assert_int_equal(store_check_schema(s), -EOVERFLOW);
	assert_int_equal(store_migrate(s, null), -EOVERFLOW);
	database_do(s, "DELETE FROM schema_version");
	assert_int_equal(store_check_schema(s), -ENOENT);
	log_set_sink(NULL, NULL);
	(void)fclose(null);
	store_close(s);
}

/* Killed between any two statements (MariaDB commits each DDL by itself), it is run again: the same schema as in one go. */
static void test_a_migration_cut_anywhere_is_completed(void **state)
{
	struct store *whole = database_fresh();
	int64_t columns = database_int(whole, "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()");
	int64_t keys = database_int(whole, "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()");
	int64_t checks = database_int(
		whole, "SELECT COUNT(*) FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()");
	int64_t foreign = database_int(
		whole, "SELECT COUNT(*) FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()");
	FILE *null = null_file();
	unsigned n;
	int err = -EIO;

	(void)state;
	log_set_sink(count_lines, NULL);
	for (n = 1; err; n++) {
		char name[32];
		struct store *s = database_empty(name);

		assert_true(n < 200);
		store_fault(s, n, 1105, false); /* "unknown error": not repeated by the store */
		err = store_migrate(s, null);
		store_fault(s, 0, 0, false);
		assert_int_equal(store_migrate(s, null), 0);
		assert_int_equal(store_check_schema(s), 0);
		assert_int_equal(
			database_int(s, "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()"),
			columns);
		assert_int_equal(
			database_int(s, "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE()"),
			keys);
		assert_int_equal(
			database_int(
				s,
				"SELECT COUNT(*) FROM information_schema.check_constraints WHERE constraint_schema = DATABASE()"),
			checks);
		assert_int_equal(database_int(s, "SELECT COUNT(*) FROM information_schema.referential_constraints WHERE "
		                                 "constraint_schema = DATABASE()"),
		                 foreign);
		store_close(s);
	}
	log_set_sink(NULL, NULL);
	assert_true(n > 15);
	(void)fclose(null);
	store_close(whole);
}

static void *migrates(void *arg)
{
	FILE *null = null_file();
	intptr_t err = store_migrate(arg, null);

	(void)fclose(null);
	return (void *)err;
}

/* Two `partyline migrate` at once: one does it, the other waits and finds it done. */
static void test_two_migrations_at_once(void **state)
{
	char name[32];
	struct store *s = database_empty(name), *other;
	struct store_config c = database_config(name);
	pthread_t t;
	void *err;

	(void)state;
	assert_int_equal(store_open(&other, &c), 0);
	assert_int_equal(pthread_create(&t, NULL, migrates, other), 0);
	assert_int_equal((int)(intptr_t)migrates(s), 0);
	assert_int_equal(pthread_join(t, &err), 0);
	assert_int_equal((intptr_t)err, 0);
	assert_int_equal(store_check_schema(s), 0);
	store_close(other);
	store_close(s);
}

/* Not even by somebody at the database's own prompt. */
static void test_the_ledger_never_changes(void **state)
{
	struct store *s = database_fresh();

	(void)state;
	log_set_sink(count_lines, NULL);
	database_do(s, "INSERT INTO tariff (provider_id, name) VALUES (1, 'standard')");
	database_do(s, "INSERT INTO account (tariff_id, created_at) SELECT MIN(id), '2026-03-02' FROM tariff");
	database_do(s, "INSERT INTO ledger (id, account_id, number, kind, amount_e4, at) SELECT 'x', MIN(id), '1', 'topup', 5, "
	               "'2026-03-02' FROM account");
	database_do(s, "INSERT INTO loss (id, account_id, amount_e4, at) SELECT 'x', MIN(id), 5, '2026-03-02' FROM account");
	assert_int_equal(store_tx(s, expect_tx, "UPDATE ledger SET amount_e4 = 6"), -EIO);
	assert_int_equal(store_tx(s, expect_tx, "DELETE FROM ledger"), -EIO);
	assert_int_equal(store_tx(s, expect_tx, "UPDATE loss SET amount_e4 = 6"), -EIO);
	assert_int_equal(store_tx(s, expect_tx, "DELETE FROM loss"), -EIO);
	database_do(s, "INSERT INTO audit (id, who, what, subject, at) VALUES ('x', 'op', 'account.state', '1', '2026-03-02')");
	assert_int_equal(store_tx(s, expect_tx, "UPDATE audit SET who = 'nobody'"), -EIO);
	assert_int_equal(store_tx(s, expect_tx, "DELETE FROM audit"), -EIO);
	log_set_sink(NULL, NULL);
	assert_int_equal(database_int(s, "SELECT SUM(amount_e4) FROM ledger"), 5);
	store_close(s);
}

/* A migration that was out is never changed: there are databases that have run it. */
static void test_migrations_are_never_changed(void **state)
{
	static const struct {
		const char *file;
		uint64_t    fnv1a;
	} migration[] = {
		{ "store/migrations/0001-accounts-money-records.sql", UINT64_C(0x1b830a686ca881ba) },
		{ "store/migrations/0002-leg-amounts.sql", UINT64_C(0x3650134ac0e3cbb7) },
		{ "store/migrations/0003-charges-are-bigint.sql", UINT64_C(0x76794c23d6454e88) },
		{ "store/migrations/0005-tariffs.sql", UINT64_C(0x15b46d972a3be61f) },
		{ "store/migrations/0006-fair-holds.sql", UINT64_C(0xcfddbc1118f37053) },
		{ "store/migrations/0007-bookings.sql", UINT64_C(0x8cf99a85e4df684f) },
		{ "store/migrations/0008-cards.sql", UINT64_C(0xbd54b768886a16bf) },
		{ "store/migrations/0009-audit-trail.sql", UINT64_C(0x43a2de43a87a406f) },
		{ "store/migrations/0010-passwords.sql", UINT64_C(0x417b40fe9e41ded1) },
		{ "store/migrations/0011-office.sql", UINT64_C(0x37ae437460a4b36e) },
		{ "store/migrations/0012-fewer-indexes.sql", UINT64_C(0xaab1b74b8f3e6e66) },
		{ "store/migrations/0013-leg-quality.sql", UINT64_C(0xacc2ae1fd17f6489) },
		{ "store/migrations/0014-callback-check.sql", UINT64_C(0xcb9a269e547ecd99) },
		{ "store/migrations/0015-office-lists.sql", UINT64_C(0xe287114ff7fce947) },
		{ "store/migrations/0016-cards-and-legs.sql", UINT64_C(0x05c875521d46ff88) },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(migration); i++) {
		FILE *f = fopen(migration[i].file, "r");
		uint64_t h = UINT64_C(0xcbf29ce484222325);
		int ch;

		assert_non_null(f);
		while ((ch = fgetc(f)) != EOF)
			h = (h ^ (unsigned)ch) * UINT64_C(0x100000001b3);
		(void)fclose(f);
		if (h != migration[i].fnv1a)
			print_error("%s is 0x%016llx\n", migration[i].file, (unsigned long long)h);
		assert_true(h == migration[i].fnv1a);
	}
}

/* What others read. Columns are only ever added, at the end; times are UTC DATETIME(3), money is BIGINT in 1/10000. */
static void test_views_are_as_promised(void **state)
{
	static const char *const view[][2] = {
		{ "v_account", "number:varchar,state:enum,language:varchar,balance_e4:bigint,held_e4:bigint" },
		{ "v_ledger", "id:char,number:varchar,kind:varchar,amount_e4:bigint,call_id:char,leg_id:char,at:datetime3" },
		{ "v_call",
		  "call_id:char,host:varchar,service:varchar,began_at:datetime3,ended_at:datetime3,charge_e4:bigint,cause:int" },
		{ "v_leg",
		  "leg_id:char,call_id:char,role:varchar,trunk:varchar,calling:varchar,called:varchar,began_at:datetime3,"
		  "answered_at:datetime3,ended_at:datetime3,cause:int,charge_e4:bigint,codec:varchar,received_packets:bigint,"
		  "lost_packets:bigint,jitter_us:int,round_trip_us:int,remote_lost_permille:int,mos_x100:int" },
	};
	struct store *s = database_fresh();

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(view); i++) {
		char sql[1000];

		(void)snprintf(
			sql, sizeof(sql),
			"SELECT GROUP_CONCAT(CONCAT(column_name, ':', data_type, COALESCE(datetime_precision, '')) ORDER BY "
			"ordinal_position) = '%s' FROM information_schema.columns WHERE table_schema = DATABASE() AND "
			"table_name = '%s'",
			view[i][1], view[i][0]);
		assert_int_equal(database_int(s, sql), 1);
	}
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_come_back_as_they_went),
		cmocka_unit_test(test_errors_say_what_is_wrong),
		cmocka_unit_test(test_each_statement_failing_moves_once),
		cmocka_unit_test(test_statements_that_go_together),
		cmocka_unit_test(test_statements_that_go_together_failing),
		cmocka_unit_test(test_a_statement_is_one),
		cmocka_unit_test(test_what_was_committed_stays),
		cmocka_unit_test(test_a_refusal_rolls_back),
		cmocka_unit_test(test_no_acknowledged_update_is_lost),
		cmocka_unit_test(test_a_dead_database_is_said_once),
		cmocka_unit_test(test_survives_a_restart_of_the_server),
		cmocka_unit_test(test_password_file_for_the_owner_only),
		cmocka_unit_test(test_session_is_strict_and_utc),
		cmocka_unit_test(test_a_server_that_forgets_is_named),
		cmocka_unit_test(test_schema_is_checked),
		cmocka_unit_test(test_a_migration_cut_anywhere_is_completed),
		cmocka_unit_test(test_two_migrations_at_once),
		cmocka_unit_test(test_the_ledger_never_changes),
		cmocka_unit_test(test_migrations_are_never_changed),
		cmocka_unit_test(test_views_are_as_promised),
	};

	return cmocka_run_group_tests_name("store", tests, database_start, database_stop);
}
