/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/worlds/harness.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "billing/account.h"
#include "billing/tariff.h"
#include "core/clock.h"
#include "core/log.h"
#include "tests/tmp.h"
#include "tests/worlds/world.h"

static char harness_dir[64];

int harness_start(void)
{
	char cmd[200];

	tests_tmp(harness_dir, sizeof(harness_dir), "worlds");
	if (mkdtemp(harness_dir) == NULL)
		return -1;
	(void)snprintf(cmd, sizeof(cmd), "FAST=1 packaging/mariadb.sh start %s >/dev/null", harness_dir);
	return system(cmd);
}

void harness_stop(void)
{
	char cmd[200];

	(void)snprintf(cmd, sizeof(cmd), "packaging/mariadb.sh stop %s && rm -rf %s", harness_dir, harness_dir);
	if (system(cmd) != 0)
		(void)fprintf(stderr, "MariaDB in %s did not stop\n", harness_dir);
}

static int harness_create(struct store_conn *c, void *arg)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s", (const char *)arg);
	return store_exec(c, NULL, sql, "");
}

static int harness_import(struct store *s, enum csv_kind kind, const char *text)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct tariff_import i = {
		.kind = kind, .csv = f, .file = "world", .name = "standard", .who = "world", .errors = stderr
	};
	unsigned rows;
	int err = tariff_import(s, &i, &rows);

	(void)fclose(f);
	return err;
}

/* Beijing is home (10), Nanjing (25) is far; 0.20 a minute locally, 0.60 elsewhere, by whole minutes. Everybody has 100.00. */
static int harness_seed_accounts(struct store *s)
{
	static const char *const number[] = { "8613800000001", "8613800000002", "8613800000003", "8613900000001",
		                              "8613800000009" };
	int err = harness_import(
		s, CSV_AREAS,
		"8610,10,Beijing\n8621,21,Shanghai\n8625,25,Nanjing\n86138,10,Beijing mobile\n86139,25,Nanjing mobile\n");

	if (!err)
		err = harness_import(s, CSV_BARS,
		                     "exact,110,emergency\nexact,119,emergency\nexact,120,emergency\nprefix,8616888,premium\n");
	if (!err)
		err = harness_import(s, CSV_TARIFF, "local,,0.20,0,60,60,0\ndomestic,,0.60,0,60,60,0\nprefix,1,3.60,0,60,60,0\n");
	for (unsigned i = 0; !err && i < sizeof(number) / sizeof(number[0]); i++) {
		struct account_new n = {
			.number = number[i],
			.language = i == 1 ? "en" : "zh-CN",
			.tariff = "standard",
			.who = "world",
			.opening_e4 = 1000000,
			.at_utc_us = clock_utc_us(),
		};

		err = account_add(s, &n);
	}
	return err;
}

int harness_database(char *name, unsigned size, struct store_config *config)
{
	FILE *null = fopen("/dev/null", "w");
	struct store *s = NULL;
	int err;

	(void)snprintf(name, size, "w%d", (int)getpid());
	memset(config, 0, sizeof(*config));
	(void)snprintf(config->socket, sizeof(config->socket), "%s/s", harness_dir);
	(void)snprintf(config->user, sizeof(config->user), "root");
	config->connections = 8;
	err = store_open(&s, config);
	if (!err)
		err = store_tx(s, harness_create, name);
	store_close(s);
	s = NULL;
	(void)snprintf(config->database, sizeof(config->database), "%s", name);
	if (!err)
		err = store_open(&s, config);
	if (!err)
		err = store_migrate(s, null);
	if (!err)
		err = harness_seed_accounts(s);
	store_close(s);
	(void)fclose(null);
	return err;
}

/* ---- what a scenario asks the database ---- */

struct sql_ask {
	const char *sql;
	int64_t     v;
	char       *text;
	size_t      size;
};

static int sql_int_tx(struct store_conn *c, void *arg)
{
	struct sql_ask *q = arg;

	return store_query_int(c, &q->v, q->sql, "");
}

static int sql_do_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, ((struct sql_ask *)arg)->sql, "");
}

static int sql_text_row(void *arg, const char *const *col, unsigned cols)
{
	struct sql_ask *q = arg;

	(void)cols;
	(void)snprintf(q->text, q->size, "%s", col[0] ? col[0] : "NULL");
	return 1;
}

static int sql_text_tx(struct store_conn *c, void *arg)
{
	struct sql_ask *q = arg;

	return store_query(c, sql_text_row, q, q->sql, "");
}

struct store *world_store(struct world *w)
{
	struct store *s;

	CHECK_INT(store_open(&s, &w->store), 0);
	return s;
}

static void sql_run(struct world *w, struct sql_ask *q, int (*fn)(struct store_conn *, void *))
{
	struct store *s = world_store(w);
	int err = store_tx(s, fn, q);

	if (err)
		world_fail(__FILE__, __LINE__, "%s: %s", q->sql, strerror(-err));
	store_close(s);
}

#define SQL_FORMAT(buf, fmt)                                        \
	do {                                                        \
		va_list ap_;                                        \
		va_start(ap_, fmt);                                 \
		(void)vsnprintf((buf), sizeof(buf), (fmt), ap_);    \
		va_end(ap_);                                        \
	} while (0)

int64_t sql_int(struct world *w, const char *fmt, ...)
{
	char sql[2000];
	struct sql_ask q = { .sql = sql };

	SQL_FORMAT(sql, fmt);
	sql_run(w, &q, sql_int_tx);
	return q.v;
}

void sql_do(struct world *w, const char *fmt, ...)
{
	char sql[2000];
	struct sql_ask q = { .sql = sql };

	SQL_FORMAT(sql, fmt);
	sql_run(w, &q, sql_do_tx);
}

void sql_text(struct world *w, char *out, size_t size, const char *fmt, ...)
{
	char sql[2000];
	struct sql_ask q = { .sql = sql, .text = out, .size = size };

	SQL_FORMAT(sql, fmt);
	sql_run(w, &q, sql_text_tx);
}

int64_t balance(struct world *w, const char *number)
{
	return sql_int(w, "SELECT balance_e4 FROM v_account WHERE number = '%s'", number);
}

int64_t held(struct world *w, const char *number)
{
	return sql_int(w, "SELECT held_e4 FROM v_account WHERE number = '%s'", number);
}

void give(struct world *w, const char *number, int64_t e4)
{
	int64_t more = e4 - balance(w, number);

	sql_do(w,
	       "INSERT INTO ledger (id, account_id, number, kind, amount_e4, at) SELECT MD5(CONCAT(number, (SELECT COUNT(*) FROM "
	       "ledger))), account_id, number, 'correction', %lld, '2026-03-02' FROM account_number WHERE number = '%s'",
	       (long long)more, number);
	sql_do(w, "INSERT INTO audit (id, who, what, subject, at) SELECT id, 'world', 'account.correct', number, at FROM ledger "
	          "WHERE "
	          "kind = 'correction' AND id NOT IN (SELECT id FROM audit)");
	sql_do(w,
	       "UPDATE account SET balance_e4 = balance_e4 + %lld WHERE id = (SELECT account_id FROM account_number WHERE number "
	       "= "
	       "'%s')",
	       (long long)more, number);
}

void per_second(struct world *w)
{
	sql_do(w, "UPDATE tariff_rate SET increment_s = 1, minimum_s = 0");
}

static int harness_kill(struct store_conn *c, void *arg)
{
	const struct world *w = arg;
	char sql[200];
	int64_t id;
	int err;

	(void)snprintf(sql, sizeof(sql),
	               "SELECT id FROM information_schema.processlist WHERE db = '%s' AND id <> CONNECTION_ID() LIMIT 1", w->db);
	while ((err = store_query_int(c, &id, sql, "")) == 0)
		(void)store_exec(c, NULL, "KILL ?", "i", id); /* it may have gone by itself meanwhile */
	return err == -ENOENT ? 0 : err;
}

void harness_kill_connections(struct world *w)
{
	struct store *s = world_store(w);
	int err = store_tx(s, harness_kill, w);

	if (err)
		world_fail(__FILE__, __LINE__, "KILL: %s", strerror(-err));
	store_close(s);
}
