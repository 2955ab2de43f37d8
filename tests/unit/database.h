/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/database.h - a private MariaDB for the tests of store/ and billing/: one server a test program, in a directory of
 * its own, ended by its pid; a fresh database of the newest schema for each test. Included after cmocka.
 */
#ifndef TESTS_UNIT_DATABASE_H
#define TESTS_UNIT_DATABASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "store/store.h"
#include "tests/tmp.h"

static char     database_dir[64];
static unsigned database_count;

static int database_shell(const char *what)
{
	char cmd[300];

	(void)snprintf(cmd, sizeof(cmd), "FAST=1 packaging/mariadb.sh %s %s >/dev/null", what, database_dir);
	return system(cmd) == 0 ? 0 : -1;
}

/* Group set-up and tear-down. */
static int database_start(void **state)
{
	(void)state;
	tests_tmp(database_dir, sizeof(database_dir), "partyline-db");
	return mkdtemp(database_dir) == NULL ? -1 : database_shell("start");
}

static int database_stop(void **state)
{
	char cmd[100];
	int err = database_shell("stop");

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", database_dir);
	return system(cmd) == 0 ? err : -1;
}

static inline struct store_config database_config(const char *name)
{
	struct store_config c = { .user = "root", .connections = 4 };

	(void)snprintf(c.socket, sizeof(c.socket), "%s/s", database_dir);
	(void)snprintf(c.database, sizeof(c.database), "%s", name);
	return c;
}

struct database_ask {
	const char *sql;
	int64_t     v;
};

static inline int database_do_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, ((struct database_ask *)arg)->sql, "");
}

static inline int database_int_tx(struct store_conn *c, void *arg)
{
	struct database_ask *q = arg;

	return store_query_int(c, &q->v, q->sql, "");
}

static inline void database_do(struct store *s, const char *sql)
{
	struct database_ask q = { .sql = sql };

	assert_int_equal(store_tx(s, database_do_tx, &q), 0);
}

static inline int64_t database_int(struct store *s, const char *sql)
{
	struct database_ask q = { .sql = sql };

	assert_int_equal(store_tx(s, database_int_tx, &q), 0);
	return q.v;
}

/* An empty database of its own; name gets it. */
static inline struct store *database_empty(char name[32])
{
	struct store_config c = database_config("");
	struct store *s;
	char sql[64];

	(void)snprintf(name, 32, "t%u", ++database_count);
	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
	assert_int_equal(store_open(&s, &c), 0);
	database_do(s, sql);
	store_close(s);
	c = database_config(name);
	assert_int_equal(store_open(&s, &c), 0);
	return s;
}

static inline struct store *database_fresh(void)
{
	char name[32];
	struct store *s = database_empty(name);
	FILE *null = fopen("/dev/null", "w");

	assert_non_null(null);
	assert_int_equal(store_migrate(s, null), 0);
	(void)fclose(null);
	return s;
}

#endif
