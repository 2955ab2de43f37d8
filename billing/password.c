/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/password.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "core/clock.h"
#include "core/log.h"

#define LOG_MODULE "password"

/* argon2id as OWASP's password storage cheat sheet has it for m=19 MiB: two passes, one lane (RFC 9106). */
#define ARGON_PASSES 2
#define ARGON_MEMORY (19u * 1024 * 1024)

void password_limits_default(struct password_limits *l)
{
	*l = (struct password_limits){ .tries = 3, .window_us = CLOCK_SEC(1800) };
}

/* ---- which are too easy ---- */

static bool steps_alike(const char *p, size_t n)
{
	int step = (p[1] - p[0] + 10) % 10;

	for (size_t i = 2; i < n; i++)
		if ((p[i] - p[i - 1] + 10) % 10 != step)
			return false;
	return true;
}

static bool repeats(const char *p, size_t n)
{
	for (size_t part = 1; part <= n / 2; part++)
		if (memcmp(p, p + part, n - part) == 0)
			return true;
	return false;
}

enum password_fault password_fault(const char *password, const char *number)
{
	size_t n = strlen(password);
	char backwards[PASSWORD_MAX + 1];

	if (n < PASSWORD_MIN || n > PASSWORD_MAX)
		return PASSWORD_LENGTH;
	if (strspn(password, "0123456789") != n)
		return PASSWORD_NO_DIGITS;
	for (size_t i = 0; i < n; i++)
		backwards[i] = password[n - 1 - i];
	backwards[n] = '\0';
	if (steps_alike(password, n) || repeats(password, n) || strstr(number, password) || strstr(number, backwards) ||
	    (strlen(number) >= PASSWORD_MIN && strstr(password, number)))
		return PASSWORD_WEAK;
	return PASSWORD_GOOD;
}

/* ---- the hash ---- */

int password_hash(const char *password, char hash[PASSWORD_HASH_SIZE])
{
	static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "argon2id's text");
	if (sodium_init() < 0 || crypto_pwhash_str_alg(hash, password, strlen(password), ARGON_PASSES, ARGON_MEMORY,
	                                               crypto_pwhash_ALG_ARGON2ID13) != 0)
		return -ENOMEM;
	return 0;
}

bool password_verify(const char *hash, const char *password)
{
	unsigned char out[32], salt[crypto_pwhash_SALTBYTES] = { 0 };

	if (sodium_init() < 0)
		return false;
	if (hash[0])
		return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
	/* what comes of it does not matter, how long it takes does */
	return crypto_pwhash(out, sizeof(out), password, strlen(password), salt, ARGON_PASSES, ARGON_MEMORY,
	                     crypto_pwhash_ALG_ARGON2ID13) > 0;
}

/* ---- an attempt ---- */

struct attempt {
	const struct password_limits *limits;
	struct password_check        *c;
	int64_t                       account;
	char                          hash[PASSWORD_HASH_SIZE];
	bool                          right;
};

static int attempt_row(void *arg, const char *const *col, unsigned cols)
{
	struct attempt *a = arg;

	(void)cols;
	a->account = strtoll(col[0], NULL, 10);
	(void)snprintf(a->hash, sizeof(a->hash), "%s", col[1] ? col[1] : "");
	a->c->outcome = strcmp(col[2], "1") == 0 ? PASSWORD_LOCKED : a->hash[0] ? PASSWORD_RIGHT : PASSWORD_NOT_SET;
	return 1;
}

/* How many of the window's attempts are others'. */
static int attempts_before(struct store_conn *conn, const struct attempt *a, int64_t *count)
{
	return store_query_int(conn, count, "SELECT COUNT(*) FROM password_attempt WHERE account_id = ? AND at > ? AND id <> ?",
	                       "its", a->account, a->c->at_utc_us - a->limits->window_us, a->c->id);
}

static int attempt_begin_tx(struct store_conn *conn, void *arg)
{
	struct attempt *a = arg;
	int64_t before;
	int err = store_query(
		conn, attempt_row, a,
		"SELECT a.id, a.password_hash, COALESCE(a.password_locked_until > ?, 0) FROM account_number n JOIN account a ON "
		"a.id = n.account_id WHERE n.number = ? AND n.valid_to IS NULL FOR UPDATE",
		"ts", a->c->at_utc_us, a->c->number);

	if (err == -ENOENT) {
		a->c->outcome = PASSWORD_NO_ACCOUNT;
		return 0;
	}
	if (err || a->c->outcome != PASSWORD_RIGHT)
		return err;
	err = attempts_before(conn, a, &before);
	if (!err && before >= a->limits->tries) { /* others are being looked at right now */
		a->c->outcome = PASSWORD_LOCKED;
		return 0;
	}
	if (!err)
		err = store_exec(conn, NULL, "INSERT INTO password_attempt (id, account_id, at) VALUES (?, ?, ?)", "sit",
		                 a->c->id, a->account, a->c->at_utc_us);
	return err == -EEXIST ? 0 : err;
}

static int attempt_end_tx(struct store_conn *conn, void *arg)
{
	struct attempt *a = arg;
	int64_t until = a->c->at_utc_us + a->limits->window_us, before = 0, locked;
	char after[CLOCK_STAMP_SIZE];
	int err = store_query_int(conn, &locked,
	                          "SELECT COALESCE(password_locked_until > ?, 0) FROM account WHERE id = ? FOR UPDATE", "ti",
	                          a->c->at_utc_us, a->account);

	if (!err)
		err = attempts_before(conn, a, &before);
	if (err)
		return err;
	if (a->right)
		return store_exec(conn, NULL, "DELETE FROM password_attempt WHERE account_id = ?", "i", a->account);
	a->c->outcome = PASSWORD_WRONG;
	a->c->tries_left = before + 1 < a->limits->tries ? a->limits->tries - 1 - (unsigned)before : 0;
	if (a->c->tries_left > 0 && !locked)
		return 0;
	a->c->outcome = PASSWORD_LOCKED;
	if (locked) /* by another, tried at the same moment; or by us, and we did not hear of it */
		return 0;
	clock_format_utc(until, after, sizeof(after));
	err = store_exec(conn, NULL, "UPDATE account SET password_locked_until = ? WHERE id = ?", "ti", until, a->account);
	if (!err)
		err = store_exec(conn, NULL, "DELETE FROM password_attempt WHERE account_id = ?", "i", a->account);
	return err ? err
	           : billing_audit(conn, &(struct audit_entry){ .id = a->c->id,
	                                                        .who = a->c->who,
	                                                        .what = "account.password.locked",
	                                                        .subject = a->c->number,
	                                                        .after = after,
	                                                        .at_utc_us = a->c->at_utc_us });
}

int password_check(struct store *s, const struct password_limits *l, struct password_check *c)
{
	struct attempt a = { .limits = l, .c = c };
	int err = store_tx(s, attempt_begin_tx, &a);

	if (!err && c->outcome == PASSWORD_RIGHT) {
		a.right = password_verify(a.hash, c->password);
		err = store_tx(s, attempt_end_tx, &a);
	}
	sodium_memzero(a.hash, sizeof(a.hash));
	return err;
}

static int is_set_tx(struct store_conn *conn, void *arg)
{
	struct attempt *a = arg;

	return store_query(conn, attempt_row, a,
	                   "SELECT a.id, a.password_hash, 0 FROM account_number n JOIN account a ON a.id = n.account_id WHERE "
	                   "n.number = ? AND "
	                   "n.valid_to IS NULL",
	                   "s", a->c->number);
}

int password_is_set(struct store *s, const char *number, bool *set)
{
	struct password_check c = { .number = number };
	struct attempt a = { .c = &c };
	int err = store_tx(s, is_set_tx, &a);

	*set = !err && c.outcome == PASSWORD_RIGHT;
	return err;
}

/* ---- a new one ---- */

struct change {
	const char *number, *what, *who, *hash; /* hash NULL: the password stays as it is */
	bool        clear;                      /* none from now on */
	char        id[ID_SIZE];
	int64_t     at_utc_us;
};

static int change_tx(struct store_conn *conn, void *arg)
{
	const struct change *g = arg;
	bool other = g->hash || g->clear;
	int64_t account, set = 0;
	int err = store_query_int(conn, &account,
	                          "SELECT a.id FROM account_number n JOIN account a ON a.id = n.account_id WHERE n.number = ? "
	                          "AND n.valid_to IS NULL "
	                          "FOR UPDATE",
	                          "s", g->number);

	if (!err)
		err = store_exec(conn, NULL, "UPDATE account SET password_locked_until = NULL WHERE id = ?", "i", account);
	if (!err && other)
		err = store_query_int(conn, &set, "SELECT password_hash IS NOT NULL FROM account WHERE id = ?", "i", account);
	if (!err && other)
		err = store_exec(conn, NULL, "UPDATE account SET password_hash = ? WHERE id = ?", "si", g->hash, account);
	if (!err)
		err = store_exec(conn, NULL, "DELETE FROM password_attempt WHERE account_id = ?", "i", account);
	return err ? err
	           : billing_audit(conn, &(struct audit_entry){ .id = g->id,
	                                                        .who = g->who,
	                                                        .what = g->what,
	                                                        .subject = g->number,
	                                                        .before = !other ? NULL : set ? "a password" : "none",
	                                                        .after = !other ? NULL : g->clear ? "none" : "another password",
	                                                        .at_utc_us = g->at_utc_us });
}

int password_set(struct store *s, const char *number, const char *password, const char *who, int64_t at_utc_us)
{
	char hash[PASSWORD_HASH_SIZE];
	struct change g = { .number = number,
		            .what = password ? "account.password" : "account.password.none",
		            .who = who,
		            .hash = password ? hash : NULL,
		            .clear = password == NULL,
		            .at_utc_us = at_utc_us };
	int err;

	if (password && password_fault(password, number) != PASSWORD_GOOD)
		return -EINVAL;
	if (password && password_hash(password, hash) != 0)
		return -ENOMEM;
	random_id(g.id);
	err = store_tx(s, change_tx, &g);
	sodium_memzero(hash, sizeof(hash));
	return err;
}

int password_unlock(struct store *s, const char *number, const char *who, int64_t at_utc_us)
{
	struct change g = { .number = number, .what = "account.password.unlocked", .who = who, .at_utc_us = at_utc_us };

	random_id(g.id);
	return store_tx(s, change_tx, &g);
}
