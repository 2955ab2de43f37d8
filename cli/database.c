/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/database.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

#define LIMIT_MAX 1000000

static void database_place(const struct cli *c, char *text, size_t size)
{
	const struct store_config *d = &c->settings.database;

	if (d->socket[0])
		(void)snprintf(text, size, "%s", d->socket);
	else
		(void)snprintf(text, size, "%s:%u", d->host, d->port);
}

int cli_database_any(struct cli *c)
{
	struct store_config s = c->settings.database;
	int err;

	if (c->store)
		return CLI_OK;
	log_set_level(LOG_ERROR);
	s.connections = 1;
	err = store_open(&c->store, &s);
	if (err == -EACCES)
		return cli_complain(c, CLI_UNREACHABLE,
		                    "%s: the password file cannot be read, or group or others can read it too", s.password_file);
	if (err)
		return cli_complain(c, CLI_UNREACHABLE, "the database: %s", strerror(-err));
	return CLI_OK;
}

int cli_database(struct cli *c)
{
	char place[300];
	int status = cli_database_any(c), err;

	if (status != CLI_OK)
		return status;
	database_place(c, place, sizeof(place));
	err = store_check_schema(c->store);
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "database %s at %s is empty or old: partyline migrate",
		                    c->settings.database.database, place);
	if (err == -EOVERFLOW)
		return cli_complain(c, CLI_FAILED, "database %s at %s is newer than this program", c->settings.database.database,
		                    place);
	return err ? cli_database_error(c, err, "the schema") : CLI_OK;
}

void cli_database_close(struct cli *c)
{
	if (c->store)
		store_close(c->store);
	c->store = NULL;
}

int cli_database_error(struct cli *c, int err, const char *what)
{
	char place[300];

	switch (err) {
	case -EIO:
		database_place(c, place, sizeof(place));
		return cli_complain(c, CLI_UNREACHABLE, "the database at %s does not answer, or refuses user %s", place,
		                    c->settings.database.user);
	case -ENOENT:
		return cli_complain(c, CLI_FAILED, "there is no %s", what);
	case -EEXIST:
		return cli_complain(c, CLI_FAILED, "%s: is there already", what);
	case -EINVAL:
	case -ERANGE:
		return cli_complain(c, CLI_FAILED, "%s: not allowed", what);
	default:
		return cli_complain(c, CLI_FAILED, "%s: %s", what, strerror(-err));
	}
}

/* Who logged in, though he may be root by now: the kernel keeps that through su and sudo. (uid_t)-1: nobody did. */
static uid_t login_uid(void)
{
	FILE *f = fopen("/proc/self/loginuid", "re");
	unsigned uid = UINT_MAX;

	if (f && fscanf(f, "%u", &uid) != 1)
		uid = UINT_MAX;
	if (f)
		(void)fclose(f);
	return uid == UINT_MAX ? getuid() : (uid_t)uid;
}

/* Where from: the ssh client's address; else this host and the terminal. */
static void cli_where(char *out, size_t size)
{
	const char *ssh = getenv("SSH_CONNECTION");
	const char *tty = ttyname(0);               /* cppcheck-suppress ttynameCalled ; one thread */
	char host[64] = "";

	(void)gethostname(host, sizeof(host) - 1);
	if (ssh && *ssh)
		(void)snprintf(out, size, "%.*s", (int)strcspn(ssh, " "), ssh);
	else if (tty)
		(void)snprintf(out, size, "%.40s:%.20s", host, strncmp(tty, "/dev/", 5) == 0 ? tty + 5 : tty);
	else
		(void)snprintf(out, size, "%.60s", host);
}

void cli_who(char who[AUDIT_WHO_SIZE])
{
	uid_t uid = login_uid();
	const struct passwd *p = getpwuid(uid); /* cppcheck-suppress getpwuidCalled ; one thread */
	char where[64];

	cli_where(where, sizeof(where));
	if (p)
		(void)snprintf(who, AUDIT_WHO_SIZE, "cli:%.50s@%s", p->pw_name, where);
	else
		(void)snprintf(who, AUDIT_WHO_SIZE, "cli:%u@%s", (unsigned)uid, where);
}

struct act {
	struct audit_entry e;
	char               who[AUDIT_WHO_SIZE], id[ID_SIZE];
};

static int audit_tx(struct store_conn *c, void *arg)
{
	const struct act *a = arg;

	return billing_audit(c, &a->e);
}

void cli_audit(struct cli *c, const char *what, const char *subject, const char *after)
{
	struct act a = { .e = { .what = what, .subject = subject, .after = after, .at_utc_us = clock_utc_us() } };
	int status = cli_database(c);

	a.e.who = a.who;
	a.e.id = a.id;
	cli_who(a.who);
	random_id(a.id);
	if (status != CLI_OK || store_tx(c->store, audit_tx, &a) != 0)
		fprintf(c->err, "partyline: this is not in the audit trail\n");
}

bool cli_movement_id(struct cli *c, char id[ID_SIZE])
{
	if (c->id == NULL) {
		random_id(id);
		return true;
	}
	if (strlen(c->id) != ID_SIZE - 1 || strspn(c->id, "0123456789abcdef") != ID_SIZE - 1) {
		(void)cli_usage(c, "an id is %d hex digits", ID_SIZE - 1);
		return false;
	}
	(void)snprintf(id, ID_SIZE, "%s", c->id);
	return true;
}

/* ---- queries
 * --------------------------------------------------------------------------------------------------------------------- */

struct rows_query {
	json_t            *list;
	const char *const *names;
	const char        *sql, *a, *b;
	int64_t            limit;
};

static int rows_row(void *arg, const char *const *col, unsigned cols)
{
	struct rows_query *q = arg;
	json_t *row = json_object();

	for (unsigned i = 0; i < cols && q->names[i]; i++) {
		const char *kind = strchr(q->names[i], ':');
		char name[64];

		(void)snprintf(name, sizeof(name), "%.*s", kind ? (int)(kind - q->names[i]) : (int)sizeof(name) - 1, q->names[i]);
		if (col[i] == NULL)
			(void)json_object_set_new(row, name, json_null());
		else if (kind)
			(void)json_object_set_new(row, name, json_integer(strtoll(col[i], NULL, 10)));
		else
			(void)json_object_set_new(row, name, json_string(col[i]));
	}
	return json_array_append_new(q->list, row) == 0 ? 0 : -ENOMEM;
}

static int rows_tx(struct store_conn *conn, void *arg)
{
	struct rows_query *q = arg;
	int err;

	(void)json_array_clear(q->list); /* a repeated try begins anew */
	if (q->b)
		err = store_query(conn, rows_row, q, q->sql, "ssi", q->a, q->b, q->limit);
	else if (q->a)
		err = store_query(conn, rows_row, q, q->sql, "si", q->a, q->limit);
	else
		err = store_query(conn, rows_row, q, q->sql, "i", q->limit);
	return err == -ENOENT ? 0 : err;
}

int cli_rows(struct cli *c, json_t **list, const char *const *names, unsigned default_limit, const char *sql, const char *a,
             const char *b)
{
	struct rows_query q = { .names = names, .sql = sql, .a = a, .b = b, .limit = default_limit };
	int err;

	if (c->limit && !cli_integer(c, "a limit", c->limit, 1, LIMIT_MAX, &q.limit))
		return CLI_USAGE;
	q.list = json_array();
	err = store_tx(c->store, rows_tx, &q);
	if (err) {
		json_decref(q.list);
		return cli_database_error(c, err, "such row");
	}
	*list = q.list;
	return CLI_OK;
}

int cli_show_rows(struct cli *c, const char *const *names, const struct column *columns, const char *empty,
                  unsigned default_limit, const char *sql, const char *a)
{
	json_t *list;
	int status = cli_database(c);

	if (status == CLI_OK)
		status = cli_rows(c, &list, names, default_limit, sql, a, NULL);
	if (status == CLI_OK)
		cli_show(c, list, columns, empty);
	return status;
}

int cli_show_list(struct cli *c, int err, json_t *list, const char *what, const struct column *columns, const char *empty)
{
	if (err) {
		json_decref(list);
		return cli_database_error(c, err, what);
	}
	cli_show(c, list, columns, empty);
	return CLI_OK;
}
