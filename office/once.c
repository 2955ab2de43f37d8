/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/once.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "office/digest.h"
#include "office/routes.h"

#define KEY_MIN      8
#define KEY_MAX      64
#define KEEP_US      CLOCK_SEC(86400)
/* So long is an act under way before its office counts as dead. The longest, a card at a slow database, takes store_tx's 11 s. */
#define UNDER_WAY_US CLOCK_SEC(30)
/* The body's fingerprint is short: a card's number must not be found out from it by trying. */
#define FINGERPRINT  6

struct once {
	struct request *r;
	char            principal[40], key[KEY_MAX + 1], fingerprint[FINGERPRINT + 1], id[ID_SIZE];
	bool            found, same, taken_over;
	unsigned        status;
	char            etag[REQUEST_ETAG_SIZE], location[200], *answer;
};

static bool once_read(struct request *r, struct once *o)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-";
	const char *key = request_header(r, "Idempotency-Key");
	char sum[DIGEST_SIZE], *act;
	size_t n;

	if (key == NULL) {
		answer_problem(r, PROBLEM_KEY_REQUIRED, "made by the client, for this one act: 8 to 64 characters");
		return false;
	}
	if (strlen(key) < KEY_MIN || strlen(key) > KEY_MAX || strspn(key, allowed) != strlen(key)) {
		answer_wrong(r, "Idempotency-Key", "is 8 to 64 letters, digits, _ . : and -");
		return false;
	}
	n = strlen(r->method) + strlen(r->path) + r->text_len + 3;
	act = malloc(n);
	if (act == NULL) {
		answer_errno(r, -ENOMEM, "Idempotency-Key");
		return false;
	}
	(void)snprintf(act, n, "%s %s %s", r->method, r->path, r->text ? r->text : "");
	digest_text(act, strlen(act), sum);
	explicit_bzero(act, n);
	free(act);
	o->r = r;
	(void)snprintf(o->key, sizeof(o->key), "%s", key);
	(void)snprintf(o->fingerprint, sizeof(o->fingerprint), "%.*s", FINGERPRINT, sum);
	(void)snprintf(o->principal, sizeof(o->principal), "%c%lld", r->session.account_id ? 'a' : 'o',
	               (long long)(r->session.account_id ? r->session.account_id : r->session.operator_id));
	return true;
}

/* fingerprint, movement_id, status, etag, location, answer, still under way */
static int once_row(void *arg, const char *const *col, unsigned cols)
{
	struct once *o = arg;

	(void)cols;
	o->found = true;
	o->same = strcmp(col[0], o->fingerprint) == 0;
	(void)snprintf(o->id, sizeof(o->id), "%s", col[1]);
	o->status = col[2] ? (unsigned)strtoul(col[2], NULL, 10) : 0;
	(void)snprintf(o->etag, sizeof(o->etag), "%s", col[3]);
	(void)snprintf(o->location, sizeof(o->location), "%s", col[4]);
	free(o->answer);
	o->answer = col[5] ? strdup(col[5]) : NULL;
	o->taken_over = o->status == 0 && strcmp(col[6], "0") == 0;
	return 1;
}

static int begin_tx(struct store_conn *c, void *arg)
{
	struct once *o = arg;
	int64_t now = o->r->now_utc_us;
	int err = store_query(
		c, once_row, o,
		"SELECT fingerprint, movement_id, status, etag, location, answer, begun_at > ? FROM office_once WHERE "
		"principal = ? AND idempotency_key = ? FOR UPDATE",
		"tss", now - UNDER_WAY_US, o->principal, o->key);

	if (err == -ENOENT) {
		/* of a try whose commit we did not hear of there is a row with our own id */
		o->found = false;
		(void)snprintf(o->id, sizeof(o->id), "%s", o->r->id);
		return store_exec(
			c, NULL,
			"INSERT INTO office_once (principal, idempotency_key, fingerprint, movement_id, begun_at) VALUES (?, "
			"?, ?, ?, ?)",
			"sssst", o->principal, o->key, o->fingerprint, o->id, now);
	}
	if (!err && o->same && o->taken_over)
		err = store_exec(c, NULL, "UPDATE office_once SET begun_at = ? WHERE principal = ? AND idempotency_key = ?",
		                 "tss", now, o->principal, o->key);
	return err;
}

/* The earlier answer, as it was. */
static void replay(struct request *r, const struct once *o)
{
	answer_json(r, o->status, o->answer ? json_loads(o->answer, JSON_DECODE_ANY, NULL) : json_null());
	answer_etag(r, "%s", o->etag);
	answer_location(r, "%s", o->location);
	if (o->status >= 400)
		r->answer.type = "application/problem+json";
	if (o->status == 204)
		answer_none(r);
}

bool once_begin(struct request *r)
{
	struct once o = { 0 };
	bool mine;
	int err;

	if (!once_read(r, &o))
		return false;
	err = store_tx(r->office->store, begin_tx, &o);
	if (err == -EEXIST) /* two at once, and the other one was first */
		err = store_tx(r->office->store, begin_tx, &o);
	mine = !err && (!o.found || strcmp(o.id, r->id) == 0 || (o.same && o.taken_over));
	if (err)
		answer_errno(r, err, "Idempotency-Key");
	else if (!mine && !o.same)
		answer_problem(r, PROBLEM_KEY_REUSED, "another request had this key: each act has its own");
	else if (!mine && o.status == 0)
		answer_problem(r, PROBLEM_KEY_IN_PROGRESS, "ask again in a moment");
	else if (!mine)
		replay(r, &o);
	(void)snprintf(r->id, sizeof(r->id), "%s", o.id);
	free(o.answer);
	return mine;
}

struct ending {
	const struct once   *o;
	const struct answer *a;
	char                *text;
};

static int end_tx(struct store_conn *c, void *arg)
{
	const struct ending *e = arg;

	return store_exec(c, NULL,
	                  "UPDATE office_once SET status = ?, etag = ?, location = ?, answer = ? WHERE principal = ? AND "
	                  "idempotency_key = ?",
	                  "isssss", (int64_t)e->a->status, e->a->etag, e->a->location, e->text, e->o->principal, e->o->key);
}

/* Later is another try, with the same id. */
static int again_tx(struct store_conn *c, void *arg)
{
	const struct ending *e = arg;

	return store_exec(c, NULL,
	                  "UPDATE office_once SET begun_at = ? WHERE principal = ? AND idempotency_key = ? AND status IS NULL",
	                  "tss", e->o->r->now_utc_us - UNDER_WAY_US, e->o->principal, e->o->key);
}

void once_end(struct request *r)
{
	struct answer *a = &r->answer;
	struct once o = { 0 };
	struct ending e = { .o = &o, .a = a };
	bool later = a->status == 429 || a->status >= 500;

	if (!once_read(r, &o))
		return;
	e.text = a->json ? json_dumps(a->json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	/* what fails here is done again when it is asked again, with the same id: it still happens once */
	(void)store_tx(r->office->store, later ? again_tx : end_tx, &e);
	free(e.text);
}

static int forget_tx(struct store_conn *c, void *arg)
{
	const int64_t *before = arg;

	return store_exec(c, NULL, "DELETE FROM office_once WHERE begun_at < ? LIMIT 10000", "t", *before);
}

int once_forget(struct office *o, int64_t now_utc_us)
{
	int64_t before = now_utc_us - KEEP_US;

	return store_tx(o->store, forget_tx, &before);
}
