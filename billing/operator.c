/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/operator.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "core/clock.h"

static const char *const role_name[OPERATOR_ROLES] = { "clerk", "operator", "auditor" };

const char *operator_role_name(enum operator_role r)
{
	return role_name[r];
}

int operator_role_parse(enum operator_role *r, const char *name)
{
	for (unsigned i = 0; i < OPERATOR_ROLES; i++)
		if (strcmp(role_name[i], name) == 0) {
			*r = (enum operator_role)i;
			return 0;
		}
	return -EINVAL;
}

static bool name_ok(const char *name)
{
	size_t n = strlen(name);

	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && strchr("-_.", *p) == NULL)
			return false;
	return n > 0 && n <= OPERATOR_NAME_MAX;
}

static bool password_ok(const char *password)
{
	size_t n = strlen(password);

	return n >= OPERATOR_PASSWORD_MIN && n <= OPERATOR_PASSWORD_MAX;
}

/* ---- looking ---- */

#define OPERATOR_COLUMNS "o.id, o.provider_id, o.name, p.name, o.role, o.disabled, o.created_at, o.locked_until"

static void operator_from_row(struct operator* o, const char *const *col)
{
	memset(o, 0, sizeof(*o));
	o->id = strtoll(col[0], NULL, 10);
	o->provider_id = strtoll(col[1], NULL, 10);
	(void)snprintf(o->name, sizeof(o->name), "%s", col[2]);
	(void)snprintf(o->provider, sizeof(o->provider), "%s", col[3]);
	(void)operator_role_parse(&o->role, col[4]);
	o->disabled = strcmp(col[5], "0") != 0;
	(void)snprintf(o->created, sizeof(o->created), "%s", col[6]);
	(void)snprintf(o->locked_until, sizeof(o->locked_until), "%s", col[7] ? col[7] : "");
}

struct operator_query {
	const char *name;
	int (*each)(void *arg, const struct operator* o);
	void *arg;
};

static int each_row(void *arg, const char *const *col, unsigned cols)
{
	const struct operator_query *q = arg;
	struct operator o;

	(void)cols;
	operator_from_row(&o, col);
	return q->each(q->arg, &o);
}

static int each_tx(struct store_conn *c, void *arg)
{
	struct operator_query *q = arg;
	int err = store_query(c, each_row, q,
	                      "SELECT " OPERATOR_COLUMNS " FROM office_operator o JOIN provider p ON p.id = o.provider_id WHERE "
	                      "o.name = COALESCE(?, o.name) ORDER BY o.name",
	                      "s", q->name);

	return err == -ENOENT && q->name == NULL ? 0 : err;
}

int operator_each(struct store *s, const char *name, int (*each)(void *arg, const struct operator* o), void *arg)
{
	struct operator_query q = { .name = name, .each = each, .arg = arg };

	return name == NULL || name_ok(name) ? store_tx(s, each_tx, &q) : -ENOENT;
}

/* ---- changes ---- */

struct operator_change {
	const char                *name, *who, *what, *column, *value;
	const struct operator_new *new;
	const char                *note;   /* what is new and is not said */
	char                       id[ID_SIZE], before[64], after[160], hash[PASSWORD_HASH_SIZE];
	bool                       ends; /* his sessions and a lock */
	int64_t                    at_utc_us;
};

static int audit(struct store_conn *c, const struct operator_change *g)
{
	return billing_audit(c, &(struct audit_entry){ .id = g->id,
	                                               .who = g->who,
	                                               .what = g->what,
	                                               .subject = g->name,
	                                               .before = g->before[0] ? g->before : NULL,
	                                               .after = g->after[0] ? g->after : NULL,
	                                               .at_utc_us = g->at_utc_us });
}

static int add_tx(struct store_conn *c, void *arg)
{
	struct operator_change *g = arg;
	const struct operator_new *n = g->new;
	int64_t provider;
	int err = billing_audited(c, g->id);

	if (err != 0)
		return err < 0 ? err : 0;
	err = store_query_int(c, &provider, "SELECT id FROM provider WHERE name = ?", "s", n->provider ? n->provider : "default");
	if (!err)
		err = store_exec(c, NULL,
		                 "INSERT INTO office_operator (provider_id, name, role, password_hash, totp_secret, created_at) "
		                 "VALUES (?, ?, ?, ?, ?, ?)",
		                 "isssst", provider, n->name, role_name[n->role], g->hash, n->secret, g->at_utc_us);
	return err ? err : audit(c, g);
}

int operator_add(struct store *s, const struct operator_new *n, const char *who, int64_t at_utc_us)
{
	struct operator_change g = { .name = n->name, .who = who, .what = "operator.add", .new = n, .at_utc_us = at_utc_us };
	char code[TOTP_CODE_SIZE];
	int err;

	if (!name_ok(n->name) || !password_ok(n->password) || totp_code(n->secret, at_utc_us, code) != 0)
		return -EINVAL;
	err = password_hash(n->password, g.hash);
	if (err)
		return err;
	(void)snprintf(g.after, sizeof(g.after), "%s of %.64s", role_name[n->role], n->provider ? n->provider : "default");
	random_id(g.id);
	err = store_tx(s, add_tx, &g);
	explicit_bzero(g.hash, sizeof(g.hash));
	return err;
}

static int role_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	(void)snprintf(arg, 64, "%s%s", col[0], strcmp(col[1], "0") == 0 ? "" : ", disabled");
	return 1;
}

static int role_text(struct store_conn *c, int64_t id, char out[64])
{
	return store_query(c, role_row, out, "SELECT role, disabled FROM office_operator WHERE id = ?", "i", id);
}

static int change_tx(struct store_conn *c, void *arg)
{
	struct operator_change *g = arg;
	char sql[128], now[64] = "";
	int64_t id;
	int err = store_query_int(c, &id, "SELECT id FROM office_operator WHERE name = ? FOR UPDATE", "s", g->name);

	if (!err)
		err = role_text(c, id, g->before);
	(void)snprintf(sql, sizeof(sql), "UPDATE office_operator SET %s = ? WHERE id = ?", g->column);
	if (!err)
		err = store_exec(c, NULL, sql, "si", g->value, id);
	if (!err)
		err = role_text(c, id, now);
	(void)snprintf(g->after, sizeof(g->after), "%s%s", now, g->note ? g->note : "");
	if (!err && g->ends)
		err = store_exec(c, NULL, "UPDATE office_operator SET locked_until = NULL WHERE id = ?", "i", id);
	if (!err && g->ends)
		err = store_exec(c, NULL, "DELETE FROM office_operator_attempt WHERE operator_id = ?", "i", id);
	if (!err && g->ends)
		err = store_exec(c, NULL, "DELETE FROM office_session WHERE operator_id = ?", "i", id);
	return err ? err : audit(c, g);
}

static int change(struct store *s, struct operator_change *g)
{
	random_id(g->id);
	return name_ok(g->name) ? store_tx(s, change_tx, g) : -ENOENT;
}

int operator_set_role(struct store *s, const char *name, enum operator_role role, const char *who, int64_t at_utc_us)
{
	struct operator_change g = { .name = name,
		                     .who = who,
		                     .what = "operator.role",
		                     .column = "role",
		                     .value = role_name[role],
		                     .at_utc_us = at_utc_us };

	return change(s, &g);
}

int operator_set_disabled(struct store *s, const char *name, bool disabled, const char *who, int64_t at_utc_us)
{
	struct operator_change g = { .name = name,
		                     .who = who,
		                     .what = disabled ? "operator.disable" : "operator.enable",
		                     .column = "disabled",
		                     .value = disabled ? "1" : "0",
		                     .ends = true,
		                     .at_utc_us = at_utc_us };

	return change(s, &g);
}

int operator_set_secret(struct store *s, const char *name, const char *secret, const char *who, int64_t at_utc_us)
{
	struct operator_change g = { .name = name,
		                     .who = who,
		                     .what = "operator.totp",
		                     .column = "totp_secret",
		                     .note = ", another secret",
		                     .value = secret,
		                     .ends = true,
		                     .at_utc_us = at_utc_us };
	char code[TOTP_CODE_SIZE];

	return totp_code(secret, at_utc_us, code) != 0 ? -EINVAL : change(s, &g);
}

int operator_set_password(struct store *s, const char *name, const char *password, const char *who, int64_t at_utc_us)
{
	struct operator_change g = { .name = name,
		                     .who = who,
		                     .what = "operator.password",
		                     .column = "password_hash",
		                     .note = ", another password",
		                     .ends = true,
		                     .at_utc_us = at_utc_us };
	int err;

	if (!password_ok(password))
		return -EINVAL;
	err = password_hash(password, g.hash);
	g.value = g.hash;
	if (!err)
		err = change(s, &g);
	explicit_bzero(g.hash, sizeof(g.hash));
	return err;
}

/* ---- he comes in ---- */

struct attempt {
	struct operator_check *c;
	char                   hash[PASSWORD_HASH_SIZE], secret[64];
	int64_t                used;    /* the step of the last code taken */
	bool                   locked, password_right;
};

static int attempt_row(void *arg, const char *const *col, unsigned cols)
{
	struct attempt *a = arg;

	(void)cols;
	operator_from_row(&a->c->found, col);
	(void)snprintf(a->hash, sizeof(a->hash), "%s", col[8]);
	(void)snprintf(a->secret, sizeof(a->secret), "%s", col[9]);
	a->used = strtoll(col[10], NULL, 10);
	a->locked = strcmp(col[11], "1") == 0;
	return 1;
}

static int attempt_find(struct store_conn *conn, struct attempt *a)
{
	return store_query(conn, attempt_row, a,
	                   "SELECT " OPERATOR_COLUMNS
	                   ", o.password_hash, o.totp_secret, o.totp_used, COALESCE(o.locked_until > ?, "
	                   "0) FROM office_operator o JOIN provider p ON p.id = o.provider_id WHERE o.name = ? FOR UPDATE",
	                   "ts", a->c->at_utc_us, a->c->name);
}

static int others(struct store_conn *conn, const struct attempt *a, int64_t *count)
{
	return store_query_int(conn, count,
	                       "SELECT COUNT(*) FROM office_operator_attempt WHERE operator_id = ? AND at > ? AND id <> ?", "its",
	                       a->c->found.id, a->c->at_utc_us - OPERATOR_LOCK_US, a->c->id);
}

/* Counted before it is looked at, so that any number at once are no more than the limit. */
static int attempt_begin_tx(struct store_conn *conn, void *arg)
{
	struct attempt *a = arg;
	int64_t before;
	int err = attempt_find(conn, a);

	a->c->outcome = PASSWORD_NO_ACCOUNT;
	if (err == -ENOENT || (!err && a->c->found.disabled))
		return 0;
	if (!err)
		err = others(conn, a, &before);
	if (err)
		return err;
	a->c->outcome = a->locked || before >= OPERATOR_TRIES ? PASSWORD_LOCKED : PASSWORD_WRONG;
	if (a->c->outcome == PASSWORD_LOCKED)
		return 0;
	err = store_exec(conn, NULL, "INSERT INTO office_operator_attempt (id, operator_id, at) VALUES (?, ?, ?)", "sit",
	                 a->c->id, a->c->found.id, a->c->at_utc_us);
	return err == -EEXIST ? 0 : err;
}

static int attempt_right(struct store_conn *conn, const struct attempt *a, int64_t step)
{
	int err = store_exec(conn, NULL, "UPDATE office_operator SET totp_used = ? WHERE id = ?", "ii", step, a->c->found.id);

	if (!err)
		err = store_exec(conn, NULL, "DELETE FROM office_operator_attempt WHERE operator_id = ?", "i", a->c->found.id);
	return err ? err
	           : billing_audit(conn, &(struct audit_entry){ .id = a->c->id,
	                                                        .who = a->c->who,
	                                                        .what = "operator.login",
	                                                        .subject = a->c->name,
	                                                        .at_utc_us = a->c->at_utc_us });
}

static int attempt_wrong(struct store_conn *conn, const struct attempt *a)
{
	int64_t until = a->c->at_utc_us + OPERATOR_LOCK_US, before;
	char after[CLOCK_STAMP_SIZE];
	int err = others(conn, a, &before);

	if (err || before + 1 < OPERATOR_TRIES)
		return err;
	a->c->outcome = PASSWORD_LOCKED;
	clock_format_utc(until, after, sizeof(after));
	err = store_exec(conn, NULL, "UPDATE office_operator SET locked_until = ? WHERE id = ?", "ti", until, a->c->found.id);
	if (!err)
		err = store_exec(conn, NULL, "DELETE FROM office_operator_attempt WHERE operator_id = ?", "i", a->c->found.id);
	return err ? err
	           : billing_audit(conn, &(struct audit_entry){ .id = a->c->id,
	                                                        .who = a->c->who,
	                                                        .what = "operator.locked",
	                                                        .subject = a->c->name,
	                                                        .after = after,
	                                                        .at_utc_us = a->c->at_utc_us });
}

/* The code is judged here, with the row locked: two at once with one code are one. */
static int attempt_end_tx(struct store_conn *conn, void *arg)
{
	struct attempt *a = arg;
	int64_t step;
	int err = billing_audited(conn, a->c->id);

	if (err < 0)
		return err;
	if (err > 0) /* a try whose commit we did not hear of; what came of it is in a->c->outcome */
		return 0;
	err = attempt_find(conn, a);
	if (err)
		return err;
	step = a->password_right && !a->c->found.disabled ? totp_check(a->secret, a->c->code, a->c->at_utc_us, a->used) : 0;
	a->c->outcome = step > 0 ? PASSWORD_RIGHT : PASSWORD_WRONG;
	return step > 0 ? attempt_right(conn, a, step) : attempt_wrong(conn, a);
}

int operator_check(struct store *s, struct operator_check *c)
{
	struct attempt a = { .c = c };
	int err = 0;

	c->outcome = PASSWORD_NO_ACCOUNT; /* what can be no name is nobody's */
	if (name_ok(c->name))
		err = store_tx(s, attempt_begin_tx, &a);

	if (!err && c->outcome == PASSWORD_WRONG) {
		a.password_right = password_verify(a.hash, c->password);
		err = store_tx(s, attempt_end_tx, &a);
	} else if (!err && c->outcome == PASSWORD_NO_ACCOUNT) {
		(void)password_verify("", c->password);
	}
	explicit_bzero(&a, sizeof(a));
	return err;
}
