/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store/internal.h - what store's files share; nobody else includes it. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <mysql.h>
#include <pthread.h>

#include "store/store.h"

#define SQL_MAX         (256 * 1024)
#define WAITING_MAX     32 /* statements that go together; the next one sends those before it */
#define CONNECTIONS_MAX 64

struct store_conn {
	struct store *s;
	MYSQL        *my;      /* NULL: not connected */
	char         *sql;     /* SQL_MAX: the statements that wait, a ; between two */
	size_t        waiting[WAITING_MAX]; /* where each ends in it */
	unsigned      count;
	bool          begun;   /* something was sent since the last COMMIT */
};

struct store {
	unsigned            magic;
	struct store_config config;
	char                password[256];
	pthread_mutex_t     lock;
	pthread_cond_t      freed;
	struct store_conn   conn[CONNECTIONS_MAX];
	bool                busy[CONNECTIONS_MAX];
	unsigned            timeout_s;
	bool                down;         /* said already */
	unsigned            fault_n, fault_error;
	bool                fault_after;
	bool                cut;
};

void store_conn_drop(struct store_conn *c);
/* The error that the next statement is to fail with (store_fault); 0: none. */
unsigned store_fault_due(struct store *s, bool *after);

#endif
