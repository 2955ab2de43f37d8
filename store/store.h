/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store/store.h - the database: connections for worker threads, transactions that are repeated when they may be, a schema that
 * only moves forward.
 *
 * Blocking: workers and the command line only, never the control or a media thread. A connection belongs to one thread between
 * store_tx's begin and end.
 *
 * What is repeated and why (storage facts, measured): 1213 deadlock, 1205 lock wait, 1020 changed since read
 * (innodb_snapshot_isolation); and after a lost connection (2006, 2013, 1047) the whole transaction, because nobody knows whether
 * its commit happened. So every movement has an id of its own, made before the first try, and a repeated transaction finds its
 * own row.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct store;
struct store_conn;

struct store_config {
	char     socket[108];        /* unix socket, as long as sun_path; "": host and port */
	char     host[128];
	unsigned port;
	char     user[64], database[64];
	char     password_file[256]; /* "": no password. Refused if group or others can read it */
	unsigned connections;        /* at most this many; 0: 8 */
};

int  store_open(struct store **sp, const struct store_config *c); /* -EACCES password file; connects at the first use */
void store_close(struct store *s);

/* Runs fn in a transaction; repeats it as told above, at most STORE_TRIES times and within about 6 s (a server that hangs costs 5
 * s more). fn returns 0 (commit) or negative errno (rolled back and returned; -EAGAIN and -ECONNABORTED are the store's own and
 * mean: repeat). -EIO: the database does not answer. */
#define STORE_TRIES 8
int store_tx(struct store *s, int (*fn)(struct store_conn *c, void *arg), void *arg);

/*
 * Statements with ? for values; types has a letter for each: i int64_t, s const char * (NULL: NULL), t int64_t microseconds UTC
 * as DATETIME(3) (0: NULL). 0; -EEXIST duplicate key; -ERANGE the data cannot be stored: a CHECK, a foreign key, a value too long
 * or out of range; -ENOTSUP no such table, column or function; -EPERM not granted; -EAGAIN, -ECONNABORTED (see store_tx); -EIO
 * anything else (logged).
 */
int store_exec(struct store_conn *c, uint64_t *affected, const char *sql, const char *types, ...);
/*
 * As store_exec, but nobody waits for it: it goes to the server with what follows it, the transaction's COMMIT included, in one
 * round trip. The server stops at the first that fails; its error is what the call returns that sent it. ROW_COUNT() in one is
 * how many rows the one before it found, so one may depend on the other. (A query, and a statement whose *affected is wanted, go
 * alone, behind what waits.)
 */
int store_later(struct store_conn *c, const char *sql, const char *types, ...);
int store_flush(struct store_conn *c);  /* sends what waits */
/* For an fn that wants to know what came of it: the transaction ends here, and what follows is another. */
int store_commit(struct store_conn *c);
/* row is called for each; columns are text, NULL for NULL. It may return 1 to stop, or a negative errno. -ENOENT: no row. */
int store_query(struct store_conn *c, int (*row)(void *arg, const char *const *col, unsigned cols), void *arg, const char *sql,
                const char *types, ...);
/* The same with the values in an array, for whoever does not know them before he runs. */
union store_value {
	int64_t     i; /* also t */
	const char *s;
};
int store_query_values(struct store_conn *c, int (*row)(void *arg, const char *const *col, unsigned cols), void *arg,
                       const char *sql, const char *types, const union store_value *values);
/* The first column of the first row. */
int store_query_int(struct store_conn *c, int64_t *out, const char *sql, const char *types, ...);

/* ---- schema ---- */
extern const int store_schema_version;         /* what this program needs */
int store_migrate(struct store *s, FILE *report); /* applies what is missing; can be repeated after a crash */
/* -ENOENT none or older (run `partyline migrate`), -EOVERFLOW newer than this program; logged */
int store_check_schema(struct store *s);
/* A server that may lose what it has committed, or is set to lie about it, is named in the log as a warning. 0, -EIO. */
int store_check_durability(struct store *s);

/* Tests: the n-th statement from now (1 = next) fails with this MariaDB error before it is sent (after: it was executed and its
 * reply is lost). */
void store_fault(struct store *s, unsigned n, unsigned error, bool after);
/* From now on nothing goes to the server any more, and that at once: whose store it is has been killed. */
void store_cut(struct store *s);
bool store_fault_over(struct store *s); /* it has happened: there were n statements */

/* How long the answer to one statement may take; 0: as usual. Only while nobody else uses the store. */
void store_set_timeout(struct store *s, unsigned seconds);

#endif
