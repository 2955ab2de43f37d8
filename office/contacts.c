/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A subscriber's address book: numbers with names. */
#include <errno.h>
#include <string.h>

#include "office/json.h"
#include "office/resources.h"

#define CONTACTS_MAX 1000

static const char *const names[] = { "id", "version:i", "name", "number", NULL };

struct contact { /* a change */
	const char *id, *name, *number;
	int64_t     account_id, version;
};

/* By name; the cursor is the last one's id, because a name may be of any letters. */
void contacts_list(struct request *r)
{
	struct page_cursor c;

	if (!page_cursor(r, &c))
		return;
	page_answer_rows(
		r, names, "id", NULL,
		"SELECT c.id, c.version, c.name, c.number FROM contact c WHERE c.account_id = ? AND (? = '' OR (c.name, c.id) "
		"> (SELECT p.name, p.id FROM contact p WHERE p.id = ? AND p.account_id = c.account_id)) ORDER BY c.name, c.id "
		"LIMIT ?",
		"issi", (const union store_value[]){ { .i = r->session.account_id }, { .s = c.first }, { .s = c.first } });
}

/* NULL after an answer. */
static json_t *contact_find(struct request *r, const char *id)
{
	const union store_value values[] = { { .s = id }, { .i = r->session.account_id } };
	struct rows q = { .names = names,
		          .sql = "SELECT id, version, name, number FROM contact WHERE id = ? AND account_id = ?",
		          .types = "si",
		          .values = values };
	json_t *list, *one;
	int err = rows_get(r, &q, &list);

	if (err) {
		answer_errno(r, err, "contact");
		return NULL;
	}
	one = json_incref(json_array_get(list, 0));
	json_decref(list);
	if (one == NULL)
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no contact %s", id);
	return one;
}

static void answer_contact(struct request *r, unsigned status, const char *id)
{
	json_t *one = contact_find(r, id);

	if (one == NULL)
		return;
	answer_etag(r, "%lld", (long long)json_integer_value(json_object_get(one, "version")));
	answer_json(r, status, one);
}

static int add_tx(struct store_conn *c, void *arg)
{
	const struct contact *k = arg;
	int64_t count;
	int err = store_query_int(c, &count, "SELECT id FROM account WHERE id = ? FOR UPDATE", "i", k->account_id);

	if (!err)
		err = store_query_int(c, &count, "SELECT COUNT(*) FROM contact WHERE account_id = ?", "i", k->account_id);
	if (!err && count >= CONTACTS_MAX)
		return -ENOSPC;
	if (!err)
		err = store_exec(c, NULL, "INSERT INTO contact (id, account_id, name, number) VALUES (?, ?, ?, ?)", "siss", k->id,
		                 k->account_id, k->name, k->number);
	return err == -EEXIST ? 0 : err; /* of a try whose commit we did not hear of */
}

void contact_add(struct request *r)
{
	char number[33];
	struct contact k = {
		.id = r->id, .name = request_text(r, "name"), .number = number, .account_id = r->session.account_id
	};
	int err;

	if (!request_number(r, request_text(r, "number"), "#/number", number))
		return;
	err = store_tx(r->office->store, add_tx, &k);
	if (err == -ENOSPC) {
		answer_problem(r, PROBLEM_CONFLICT, "at most %d contacts", CONTACTS_MAX);
		return;
	}
	if (err) {
		answer_errno(r, err, "contact");
		return;
	}
	answer_contact(r, 201, r->id);
	answer_location(r, "/api/v1/me/contacts/%s", r->id);
}

void contact_get(struct request *r)
{
	answer_contact(r, 200, r->param[0]);
}

/* One more only from the version that was seen: of two at once one is refused. */
static int change_tx(struct store_conn *c, void *arg)
{
	const struct contact *k = arg;
	int64_t version;
	int err = store_query_int(c, &version, "SELECT version FROM contact WHERE id = ? AND account_id = ? FOR UPDATE", "si",
	                          k->id, k->account_id);

	if (!err && version != k->version)
		return -ESTALE;
	return err ? err
	           : store_exec(c, NULL, "UPDATE contact SET name = ?, number = ?, version = version + 1 WHERE id = ?", "sss",
	                        k->name, k->number, k->id);
}

void contact_change(struct request *r)
{
	char number[33], etag[REQUEST_ETAG_SIZE];
	struct contact k = {
		.id = r->param[0], .name = request_text(r, "name"), .number = number, .account_id = r->session.account_id
	};
	json_t *now;
	int err;

	if (!request_number(r, request_text(r, "number"), "#/number", number))
		return;
	now = contact_find(r, k.id);
	if (now == NULL)
		return;
	k.version = json_integer_value(json_object_get(now, "version"));
	json_decref(now);
	(void)snprintf(etag, sizeof(etag), "%lld", (long long)k.version);
	if (!request_matches(r, etag))
		return;
	err = store_tx(r->office->store, change_tx, &k);
	if (err == -ESTALE)
		answer_problem(r, PROBLEM_PRECONDITION_FAILED, "look at it again");
	else if (err)
		answer_errno(r, err, "contact");
	else
		answer_contact(r, 200, k.id);
}

static int delete_tx(struct store_conn *c, void *arg)
{
	const struct contact *k = arg;

	return store_exec(c, NULL, "DELETE FROM contact WHERE id = ? AND account_id = ?", "si", k->id, k->account_id);
}

void contact_delete(struct request *r)
{
	struct contact k = { .id = r->param[0], .account_id = r->session.account_id };
	json_t *now = contact_find(r, k.id);
	int err;

	if (now == NULL)
		return;
	json_decref(now);
	err = store_tx(r->office->store, delete_tx, &k);
	if (err)
		answer_errno(r, err, "contact");
	else
		answer_none(r);
}
