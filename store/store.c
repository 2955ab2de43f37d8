/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "core/random.h"
#include "store/internal.h"

#define LOG_MODULE "store"

#define STORE_MAGIC     0x53544f52u
#define TIMEOUT_S       5  /* for the answer to one statement */
#define TX_US           CLOCK_SEC(6) /* no new try after that: a leg may be waiting for its money */

static int store_read_password(struct store *s)
{
	const char *path = s->config.password_file;
	struct stat st;
	FILE *f;

	if (path[0] == '\0')
		return 0;
	f = fopen(path, "re");
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		int err = -errno;

		log_error("password file %s: %s", path, strerror(-err));
		if (f)
			(void)fclose(f);
		return err;
	}
	if (st.st_mode & 077) {
		log_error("password file %s can be read by others than its owner (mode %03o): refused", path, st.st_mode & 0777);
		(void)fclose(f);
		return -EACCES;
	}
	if (fgets(s->password, sizeof(s->password), f) != NULL)
		s->password[strcspn(s->password, "\r\n")] = '\0';
	(void)fclose(f);
	return 0;
}

int store_open(struct store **sp, const struct store_config *c)
{
	struct store *s;
	int err;

	if (c->connections > CONNECTIONS_MAX)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->magic = STORE_MAGIC;
	s->config = *c;
	s->timeout_s = TIMEOUT_S;
	if (s->config.connections == 0)
		s->config.connections = 8;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->freed, NULL);
	(void)mysql_library_init(0, NULL, NULL);
	err = store_read_password(s);
	for (unsigned i = 0; !err && i < s->config.connections; i++) {
		s->conn[i].s = s;
		s->conn[i].sql = malloc(SQL_MAX);
		if (s->conn[i].sql == NULL)
			err = -ENOMEM;
	}
	if (err) {
		store_close(s);
		return err;
	}
	*sp = s;
	return 0;
}

void store_conn_drop(struct store_conn *c)
{
	if (c->my)
		mysql_close(c->my);
	c->my = NULL;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	MAGIC_CHECK(s, STORE_MAGIC);
	for (unsigned i = 0; i < s->config.connections; i++) {
		assert(!s->busy[i]);
		store_conn_drop(&s->conn[i]);
		free(s->conn[i].sql);
	}
	explicit_bzero(s->password, sizeof(s->password));
	(void)pthread_cond_destroy(&s->freed);
	(void)pthread_mutex_destroy(&s->lock);
	s->magic = MAGIC_DEAD;
	free(s);
}

/* ---- connections ---- */

/* Once when it goes, once when it comes back: not for each try of each worker. */
static void store_says_down(struct store *s, const char *why)
{
	bool changed;

	(void)pthread_mutex_lock(&s->lock);
	changed = s->down != (why != NULL);
	s->down = why != NULL;
	(void)pthread_mutex_unlock(&s->lock);
	if (changed && why)
		log_warn("database: %s", why);
	else if (changed)
		log_info("database: answers again");
}

/*
 * The session. Strict: nothing is cut or rounded silently. REPEATABLE READ with snapshot isolation: an UPDATE or a locking read
 * of a row that another transaction has changed since our first plain read fails with 1020 and the whole transaction is repeated;
 * without it such an update is lost on this server (measured). READ COMMITTED would show one transaction two states of an
 * account, and has no such check. Without autocommit a transaction begins with its first statement, which saves a round trip in
 * each; store_try ends every one. A lock is waited for less long than an answer, so that it is told from a dead server.
 */
#define SESSION_SQL                                                                                                      \
	"SET SESSION sql_mode='STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"               \
	"NO_ENGINE_SUBSTITUTION', time_zone='+00:00', innodb_snapshot_isolation=ON, "                                        \
	"innodb_lock_wait_timeout=3, autocommit=0"
#define ISOLATION_SQL "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"

static int conn_open(struct store_conn *c)
{
	const struct store_config *k = &c->s->config;
	unsigned timeout = TIMEOUT_S, answer = c->s->timeout_s;
	my_bool reconnect = 0;

	if (c->my)
		return 0;
	c->my = mysql_init(NULL);
	if (c->my == NULL)
		return -ENOMEM;
	(void)mysql_options(c->my, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
	(void)mysql_options(c->my, MYSQL_OPT_READ_TIMEOUT, &answer);
	(void)mysql_options(c->my, MYSQL_OPT_WRITE_TIMEOUT, &answer);
	(void)mysql_options(c->my, MYSQL_OPT_RECONNECT, &reconnect);
	(void)mysql_options(c->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	(void)mysql_options(c->my, MYSQL_INIT_COMMAND, SESSION_SQL);
	(void)mysql_options(c->my, MYSQL_INIT_COMMAND, ISOLATION_SQL);
	if (mysql_real_connect(c->my, k->socket[0] ? NULL : k->host, k->user, c->s->password, k->database[0] ? k->database : NULL,
	                       k->port, k->socket[0] ? k->socket : NULL,
	                       CLIENT_FOUND_ROWS) == NULL) /* an UPDATE counts the rows it found */ {
		store_says_down(c->s, mysql_error(c->my));
		store_conn_drop(c);
		return -ECONNABORTED;
	}
	store_says_down(c->s, NULL);
	return 0;
}

static struct store_conn *conn_take(struct store *s)
{
	struct store_conn *c = NULL;

	(void)pthread_mutex_lock(&s->lock);
	while (c == NULL) {
		for (unsigned i = 0; i < s->config.connections && c == NULL; i++)
			if (!s->busy[i]) {
				s->busy[i] = true;
				c = &s->conn[i];
			}
		if (c == NULL)
			(void)pthread_cond_wait(&s->freed, &s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return c;
}

static void conn_give(struct store_conn *c)
{
	struct store *s = c->s;

	(void)pthread_mutex_lock(&s->lock);
	s->busy[c - s->conn] = false;
	(void)pthread_cond_signal(&s->freed);
	(void)pthread_mutex_unlock(&s->lock);
}

/* ---- faults, for tests ---- */

void store_fault(struct store *s, unsigned n, unsigned error, bool after)
{
	(void)pthread_mutex_lock(&s->lock);
	s->fault_n = n;
	s->fault_error = error;
	s->fault_after = after;
	(void)pthread_mutex_unlock(&s->lock);
}

void store_cut(struct store *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->cut = true;
	(void)pthread_mutex_unlock(&s->lock);
}

static bool store_is_cut(struct store *s)
{
	bool cut;

	(void)pthread_mutex_lock(&s->lock);
	cut = s->cut;
	(void)pthread_mutex_unlock(&s->lock);
	return cut;
}

bool store_fault_over(struct store *s)
{
	bool over;

	(void)pthread_mutex_lock(&s->lock);
	over = s->fault_n == 0;
	(void)pthread_mutex_unlock(&s->lock);
	return over;
}

unsigned store_fault_due(struct store *s, bool *after)
{
	unsigned error = 0;

	(void)pthread_mutex_lock(&s->lock);
	if (s->fault_n > 0 && --s->fault_n == 0) {
		error = s->fault_error;
		*after = s->fault_after;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return error;
}

/* ---- transactions ---- */

static int store_try(struct store_conn *c, int (*fn)(struct store_conn *, void *), void *arg)
{
	int err = conn_open(c);

	c->count = 0;
	c->begun = false;
	if (!err)
		err = fn(c, arg);
	if (!err && c->begun)
		err = store_commit(c);
	if (!err)
		return 0;
	c->count = 0; /* what was not sent is not wanted any more */
	if (c->my && store_exec(c, NULL, "ROLLBACK", "") != 0)
		store_conn_drop(c);
	return err;
}

/* Longer each time, so that a server has a second or two to come back. In a world the server is real but time waits for us. */
static void store_pause(unsigned attempt)
{
	unsigned most_ms = clock_is_virtual() ? 2 : 10u << attempt;
	struct timespec ts = { .tv_nsec = (long)(1 + random_below(most_ms)) * 1000000 };

	while (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	(void)nanosleep(&ts, NULL);
}

int store_tx(struct store *s, int (*fn)(struct store_conn *, void *), void *arg)
{
	struct store_conn *c = conn_take(s);
	int64_t until = clock_mono_us() + TX_US;
	int err = 0;

	/* in a world the clock stands still for a worker, and the tries alone count */
	for (unsigned i = 0; i < STORE_TRIES && clock_mono_us() < until; i++) {
		err = -ECONNABORTED;
		if (store_is_cut(s))
			break;
		if (i > 0)
			store_pause(i);
		err = store_try(c, fn, arg);
		if (err != -EAGAIN && err != -ECONNABORTED)
			break;
	}
	conn_give(c);
	return err == -EAGAIN || err == -ECONNABORTED ? -EIO : err;
}

/* Connections of another patience: made anew. Only while nobody else uses the store. */
void store_set_timeout(struct store *s, unsigned seconds)
{
	s->timeout_s = seconds ? seconds : TIMEOUT_S;
	for (unsigned i = 0; i < s->config.connections; i++) {
		assert(!s->busy[i]);
		store_conn_drop(&s->conn[i]);
	}
}
