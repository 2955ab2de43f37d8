/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store/statement.c - statements: built of their values, sent several in a round trip, what comes back, and what an error means.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "store/internal.h"

#define LOG_MODULE "store"

#define COMPOUND_BEGIN "BEGIN NOT ATOMIC "
#define COMPOUND_END   "; END"

static int store_errno(unsigned error, const char *sqlstate)
{
	switch (error) {
	case 1213: /* deadlock */
	case 1205: /* lock wait timeout */
	case 1020: /* record has changed since last read */
		return -EAGAIN;
	case 1047: /* Galera: not ready */
	case 1053: /* server shutdown in progress */
	case 1927: /* connection was killed */
	case 2002:
	case 2003:
	case 2006:
	case 2013:
		return -ECONNABORTED;
	case 1062:
		return -EEXIST;
	case 1142: /* not granted */
	case 1227:
	case 1419: /* triggers, while a binary log is written */
		return -EPERM;
	case 1054: /* no such column, table, or number of values: of a newer schema */
	case 1136:
	case 1146:
	case 1235: /* not supported: GET_LOCK on Galera */
		return -ENOTSUP;
	case 1265: /* data truncated */
	case 1364: /* no default value */
	case 1366: /* incorrect value */
		return -ERANGE;
	default:
		/* 22: data exceptions; 23: CHECK, foreign keys, NOT NULL */
		return strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0 ? -ERANGE : -EIO;
	}
}

/*
 * The first so many of those that wait. Several go as one compound statement: the server runs it to the first that fails, whose
 * error it tells, and answers once. (With an answer to each, sent as it comes, client and server wake each other for all of them,
 * which costs as much as the statements. Measured: tests/bench/money_settle.c.)
 */
static int store_send_first(struct store_conn *c, unsigned count)
{
	char *text = c->sql + sizeof(COMPOUND_BEGIN) - 1, *end = c->sql + c->waiting[count - 1];
	int err;

	if (count > 1) {
		text = memcpy(c->sql, COMPOUND_BEGIN, sizeof(COMPOUND_BEGIN) - 1);
		end = mempcpy(end, COMPOUND_END, sizeof(COMPOUND_END) - 1);
	}
	if (mysql_real_query(c->my, text, (size_t)(end - text)) == 0)
		return 0;
	err = store_errno(mysql_errno(c->my), mysql_sqlstate(c->my));
	if (err == -EIO)
		log_error("%s: %.*s", mysql_error(c->my), (int)(end - text < 300 ? end - text : 300), text);
	if (err == -ECONNABORTED)
		store_conn_drop(c);
	return err;
}

/* With the fault that a test wants: of statements that go together, those before it were done. */
static int store_send_faulty(struct store_conn *c, unsigned count)
{
	bool after = false;
	unsigned error = 0, n = 0;
	int err;

	while (n < count && error == 0) {
		error = store_fault_due(c->s, &after);
		n += error == 0 || after;
	}
	err = n > 0 ? store_send_first(c, n) : 0;
	if (err || error == 0)
		return err;
	err = after ? -ECONNABORTED : store_errno(error, ""); /* after: the server has done it, and we do not know */
	if (err == -ECONNABORTED)
		store_conn_drop(c);
	return err;
}

int store_flush(struct store_conn *c)
{
	unsigned count = c->count;

	c->count = 0;
	if (c->my == NULL)
		return -ECONNABORTED;
	return count > 0 ? store_send_faulty(c, count) : 0;
}

#define VALUES_MAX 64

static void store_collect(union store_value values[VALUES_MAX], const char *types, va_list ap)
{
	assert(strlen(types) <= VALUES_MAX);
	for (; *types; types++, values++)
		if (*types == 's')
			values->s = va_arg(ap, const char *);
		else
			values->i = va_arg(ap, int64_t);
}

/* Where the next one's text begins: behind what waits, and a ;. */
static size_t store_begin(const struct store_conn *c)
{
	return c->count > 0 ? c->waiting[c->count - 1] + 1 : sizeof(COMPOUND_BEGIN) - 1;
}

/* A ; between two is ours alone: a statement is one, whatever its text and its values are. */
static int store_build(struct store_conn *c, size_t *len, const char *sql, const char *types, const union store_value *value)
{
	char *out = c->sql + store_begin(c), *end = c->sql + SQL_MAX - 64;

	for (; *sql && out < end; sql++) {
		const char *s;
		char stamp[CLOCK_STAMP_SIZE];
		int64_t v;

		if (*sql == ';')
			return -EINVAL;
		if (*sql != '?') {
			*out++ = *sql;
			continue;
		}
		switch (*types++) {
		case 'i':
			out += sprintf(out, "%lld", (long long)(value++)->i);
			break;
		case 't':
			v = (value++)->i;
			if (v == 0) {
				out += sprintf(out, "NULL");
				break;
			}
			clock_format_utc(v, stamp, sizeof(stamp));
			out += sprintf(out, "'%s'", stamp);
			break;
		case 's':
			s = (value++)->s;
			if (s == NULL) {
				out += sprintf(out, "NULL");
				break;
			}
			if (out + 2 * strlen(s) + 3 >= end)
				return -EMSGSIZE;
			*out++ = '\'';
			out += mysql_real_escape_string(c->my, out, s, strlen(s));
			*out++ = '\'';
			break;
		default:
			assert(!"store: more ? than types");
		}
	}
	if (out >= end)
		return -EMSGSIZE;
	assert(*types == '\0');
	*out = '\0';
	*len = (size_t)(out - c->sql);
	return 0;
}

static int store_add(struct store_conn *c, const char *sql, const char *types, const union store_value *values)
{
	size_t len;
	int err = 0;

	if (c->my == NULL)
		return -ECONNABORTED;
	if (c->count == WAITING_MAX || store_begin(c) > SQL_MAX / 2)
		err = store_flush(c);
	if (!err)
		err = store_build(c, &len, sql, types, values);
	if (err)
		return err;
	if (c->count > 0)
		c->sql[store_begin(c) - 1] = ';';
	c->waiting[c->count++] = len;
	c->begun = true;
	return 0;
}

int store_later(struct store_conn *c, const char *sql, const char *types, ...)
{
	union store_value values[VALUES_MAX];
	va_list ap;
	int err;

	va_start(ap, types);
	store_collect(values, types, ap);
	va_end(ap);
	err = store_add(c, sql, types, values);
	return err;
}

int store_exec(struct store_conn *c, uint64_t *affected, const char *sql, const char *types, ...)
{
	union store_value values[VALUES_MAX];
	va_list ap;
	int err = affected ? store_flush(c) : 0; /* of a compound statement it would be anybody's */

	if (err)
		return err;
	va_start(ap, types);
	store_collect(values, types, ap);
	va_end(ap);
	err = store_add(c, sql, types, values);
	if (!err)
		err = store_flush(c);
	if (!err && affected)
		*affected = mysql_affected_rows(c->my);
	return err;
}

int store_commit(struct store_conn *c)
{
	int err = store_exec(c, NULL, "COMMIT", "");

	if (!err)
		c->begun = false;
	return err;
}

static int store_rows(struct store_conn *c, int (*row)(void *, const char *const *, unsigned), void *arg)
{
	MYSQL_RES *res = mysql_store_result(c->my);
	unsigned cols;
	int err = -ENOENT;
	MYSQL_ROW r;

	if (res == NULL) {
		err = store_errno(mysql_errno(c->my), mysql_sqlstate(c->my));
		if (err == -ECONNABORTED)
			store_conn_drop(c);
		return err;
	}
	cols = mysql_num_fields(res);
	while ((r = mysql_fetch_row(res)) != NULL) {
		err = row ? row(arg, (const char *const *)r, cols) : 0;
		if (err)
			break;
	}
	mysql_free_result(res);
	return err == 1 ? 0 : err;
}

int store_query_values(struct store_conn *c, int (*row)(void *, const char *const *, unsigned), void *arg, const char *sql,
                       const char *types, const union store_value *values)
{
	int err = store_flush(c);

	if (!err)
		err = store_add(c, sql, types, values);
	if (!err)
		err = store_flush(c);
	return err ? err : store_rows(c, row, arg);
}

int store_query(struct store_conn *c, int (*row)(void *, const char *const *, unsigned), void *arg, const char *sql,
                const char *types, ...)
{
	union store_value values[VALUES_MAX];
	va_list ap;

	va_start(ap, types);
	store_collect(values, types, ap);
	va_end(ap);
	return store_query_values(c, row, arg, sql, types, values);
}

static int store_int_row(void *arg, const char *const *col, unsigned cols)
{
	if (cols < 1 || col[0] == NULL)
		return -ENODATA;
	*(int64_t *)arg = strtoll(col[0], NULL, 10);
	return 1;
}

int store_query_int(struct store_conn *c, int64_t *out, const char *sql, const char *types, ...)
{
	union store_value values[VALUES_MAX];
	va_list ap;

	va_start(ap, types);
	store_collect(values, types, ap);
	va_end(ap);
	return store_query_values(c, store_int_row, out, sql, types, values);
}
