/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of a subscriber's contacts, in an order of his: the parties of a conference that comes again. */
#include <errno.h>
#include <string.h>

#include "office/json.h"
#include "office/resources.h"

#define GROUPS_MAX 100

static const char *const names[] = { "id", "version:i", "name", NULL };

struct group { /* a change */
	const char   *id, *name;
	const json_t *contacts;
	int64_t       account_id, version; /* 0: a new one */
};

/* ---- looking ---- */

static int members_of(struct request *r, json_t *group)
{
	static const char *const members[] = { "id", "version:i", "name", "number", NULL };
	const union store_value values[] = { { .s = json_string_value(json_object_get(group, "id")) } };
	struct rows q = { .names = members,
		          .sql = "SELECT c.id, c.version, c.name, c.number FROM contact_group_member m JOIN contact c ON c.id = "
		                 "m.contact_id WHERE m.group_id = ? ORDER BY m.position",
		          .types = "s",
		          .values = values };
	json_t *list;
	int err = rows_get(r, &q, &list);

	if (!err)
		(void)json_object_set_new(group, "contacts", list);
	return err;
}

void groups_list(struct request *r)
{
	json_t *list, *group;
	struct page_cursor c;
	size_t i;
	int err;

	if (!page_cursor(r, &c))
		return;
	err = rows_get(
		r,
		&(struct rows){ .names = names,
	                        .sql = "SELECT g.id, g.version, g.name FROM contact_group g WHERE g.account_id = ? AND (? = '' "
	                               "OR (g.name, g.id) > (SELECT p.name, p.id FROM contact_group p WHERE p.id = ? AND "
	                               "p.account_id = g.account_id)) ORDER BY g.name, g.id LIMIT ?",
	                        .types = "issi",
	                        .values = (const union store_value[]){ { .i = r->session.account_id },
	                                                               { .s = c.first },
	                                                               { .s = c.first },
	                                                               { .i = page_limit(r) + 1 } } },
		&list);
	if (err) {
		answer_errno(r, err, "group");
		return;
	}
	json_array_foreach(list, i, group) {
		if (!err)
			err = members_of(r, group);
	}
	if (err) {
		json_decref(list);
		answer_errno(r, err, "group");
	} else {
		page_answer(r, list, "id", NULL);
	}
}

/* NULL after an answer. */
static json_t *group_find(struct request *r, const char *id)
{
	const union store_value values[] = { { .s = id }, { .i = r->session.account_id } };
	struct rows q = { .names = names,
		          .sql = "SELECT id, version, name FROM contact_group WHERE id = ? AND account_id = ?",
		          .types = "si",
		          .values = values };
	json_t *list, *one;
	int err = rows_get(r, &q, &list);

	if (err) {
		answer_errno(r, err, "group");
		return NULL;
	}
	one = json_incref(json_array_get(list, 0));
	json_decref(list);
	if (one == NULL)
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no group %s", id);
	return one;
}

static void answer_group(struct request *r, unsigned status, const char *id)
{
	json_t *one = group_find(r, id);
	int err = one ? members_of(r, one) : 0;

	if (one == NULL)
		return;
	if (err) {
		json_decref(one);
		answer_errno(r, err, "group");
		return;
	}
	answer_etag(r, "%lld", (long long)json_integer_value(json_object_get(one, "version")));
	answer_json(r, status, one);
}

void group_get(struct request *r)
{
	answer_group(r, 200, r->param[0]);
}

/* ---- changing ---- */

/* -EDOM: one of them is no contact of his. */
static int put_members(struct store_conn *c, const struct group *g)
{
	const json_t *one;
	size_t i;
	int err = store_exec(c, NULL, "DELETE FROM contact_group_member WHERE group_id = ?", "s", g->id);

	json_array_foreach(g->contacts, i, one) {
		uint64_t added = 0;

		if (!err)
			err = store_exec(
				c, &added,
				"INSERT INTO contact_group_member (group_id, contact_id, position) SELECT ?, id, ? FROM contact "
				"WHERE id = ? AND account_id = ?",
				"sisi", g->id, (int64_t)i, json_string_value(one), g->account_id);
		if (!err && added == 0)
			err = -EDOM;
	}
	return err;
}

static int add_tx(struct store_conn *c, void *arg)
{
	const struct group *g = arg;
	int64_t count;
	int err = store_query_int(c, &count, "SELECT id FROM account WHERE id = ? FOR UPDATE", "i", g->account_id);

	if (!err)
		err = store_query_int(c, &count, "SELECT COUNT(*) FROM contact_group WHERE account_id = ?", "i", g->account_id);
	if (!err && count >= GROUPS_MAX)
		return -ENOSPC;
	if (!err)
		err = store_exec(c, NULL, "INSERT INTO contact_group (id, account_id, name) VALUES (?, ?, ?)", "sis", g->id,
		                 g->account_id, g->name);
	return err && err != -EEXIST ? err : put_members(c, g);
}

static int change_tx(struct store_conn *c, void *arg)
{
	const struct group *g = arg;
	int64_t version;
	int err = store_query_int(c, &version, "SELECT version FROM contact_group WHERE id = ? AND account_id = ? FOR UPDATE",
	                          "si", g->id, g->account_id);

	if (!err && version != g->version)
		return -ESTALE;
	if (!err)
		err = store_exec(c, NULL, "UPDATE contact_group SET name = ?, version = version + 1 WHERE id = ?", "ss", g->name,
		                 g->id);
	return err ? err : put_members(c, g);
}

static void answer_changed(struct request *r, int err, unsigned status, const char *id)
{
	switch (err) {
	case 0:
		answer_group(r, status, id);
		break;
	case -EDOM:
		answer_wrong(r, "#/contacts", "one of them is not in the address book");
		break;
	case -ENOSPC:
		answer_problem(r, PROBLEM_CONFLICT, "at most %d groups", GROUPS_MAX);
		break;
	case -ESTALE:
		answer_problem(r, PROBLEM_PRECONDITION_FAILED, "look at it again");
		break;
	default:
		answer_errno(r, err, "group");
		break;
	}
}

void group_add(struct request *r)
{
	struct group g = { .id = r->id,
		           .name = request_text(r, "name"),
		           .contacts = json_object_get(r->body, "contacts"),
		           .account_id = r->session.account_id };

	answer_changed(r, store_tx(r->office->store, add_tx, &g), 201, r->id);
	if (!answer_is_problem(r))
		answer_location(r, "/api/v1/me/groups/%s", r->id);
}

void group_change(struct request *r)
{
	struct group g = { .id = r->param[0],
		           .name = request_text(r, "name"),
		           .contacts = json_object_get(r->body, "contacts"),
		           .account_id = r->session.account_id };
	json_t *now = group_find(r, g.id);
	char etag[REQUEST_ETAG_SIZE];

	if (now == NULL)
		return;
	g.version = json_integer_value(json_object_get(now, "version"));
	json_decref(now);
	(void)snprintf(etag, sizeof(etag), "%lld", (long long)g.version);
	if (request_matches(r, etag))
		answer_changed(r, store_tx(r->office->store, change_tx, &g), 200, g.id);
}

static int delete_tx(struct store_conn *c, void *arg)
{
	const struct group *g = arg;

	return store_exec(c, NULL, "DELETE FROM contact_group WHERE id = ? AND account_id = ?", "si", g->id, g->account_id);
}

void group_delete(struct request *r)
{
	struct group g = { .id = r->param[0], .account_id = r->session.account_id };
	json_t *now = group_find(r, g.id);
	int err;

	if (now == NULL)
		return;
	json_decref(now);
	err = store_tx(r->office->store, delete_tx, &g);
	if (err)
		answer_errno(r, err, "group");
	else
		answer_none(r);
}
