/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/money.h"
#include "core/clock.h"
#include "core/stamp.h"

#define PAGE_DEFAULT 50

json_t *money_json(const struct office *o, int64_t e4)
{
	char text[MONEY_TEXT_MAX];

	money_format_e4(e4, text);
	return json_pack("{s:I, s:s, s:s}", "e4", (json_int_t)e4, "text", text, "currency", o->config->currency);
}

json_t *time_json(int64_t utc_us)
{
	char text[STAMP_SIZE];

	if (utc_us == 0)
		return json_null();
	stamp_utc(utc_us, text);
	return json_string(text);
}

json_t *stamp_json(const char *stamp)
{
	if (stamp == NULL || strlen(stamp) < 19)
		return json_null();
	if (strlen(stamp) < 23) /* a DATETIME without parts of a second */
		return json_sprintf("%.10sT%.8s.000Z", stamp, stamp + 11);
	return json_sprintf("%.10sT%.12sZ", stamp, stamp + 11);
}

json_t *text_or_null(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

int list_add(json_t *list, json_t *one)
{
	return json_array_append_new(list, one) == 0 ? 0 : -ENOMEM;
}

/* ---- rows ---- */

struct rows_query {
	const struct rows   *q;
	const struct office *office;
	json_t              *list;
};

static json_t *value_json(const struct office *o, char kind, const char *text)
{
	json_t *v;

	if (text == NULL)
		return json_null();
	switch (kind) {
	case 'i':
		return json_integer(strtoll(text, NULL, 10));
	case 'm':
		return money_json(o, strtoll(text, NULL, 10));
	case 't':
		return stamp_json(text);
	case 'b':
		return json_boolean(strcmp(text, "0") != 0);
	case 'n':
		return text_or_null(text);
	default:
		v = json_string(text); /* NULL: no UTF-8, which the database does not keep */
		return v ? v : json_string("");
	}
}

static int rows_row(void *arg, const char *const *col, unsigned cols)
{
	struct rows_query *q = arg;
	json_t *row = json_object();

	for (unsigned i = 0; i < cols && q->q->names[i]; i++) {
		const char *name = q->q->names[i], *colon = strchr(name, ':');
		char key[48];

		(void)snprintf(key, sizeof(key), "%.*s", colon ? (int)(colon - name) : (int)sizeof(key) - 1, name);
		(void)json_object_set_new(row, key, value_json(q->office, colon ? colon[1] : 's', col[i]));
	}
	return list_add(q->list, row);
}

static int rows_tx(struct store_conn *c, void *arg)
{
	struct rows_query *q = arg;
	int err;

	(void)json_array_clear(q->list); /* a repeated try begins anew */
	err = store_query_values(c, rows_row, q, q->q->sql, q->q->types, q->q->values);
	return err == -ENOENT ? 0 : err;
}

int rows_get(struct request *r, const struct rows *q, json_t **list)
{
	struct rows_query query = { .q = q, .office = r->office, .list = json_array() };
	int err = store_tx(r->office->store, rows_tx, &query);

	if (err)
		json_decref(query.list);
	else
		*list = query.list;
	return err;
}

/* ---- pages ---- */

int64_t page_limit(const struct request *r)
{
	return request_query_int(r, "limit", PAGE_DEFAULT);
}

/* first~second */
bool page_cursor(struct request *r, struct page_cursor *c)
{
	const char *text = request_query(r, "cursor"), *tilde = text ? strchr(text, '~') : NULL;

	memset(c, 0, sizeof(*c));
	if (text == NULL)
		return true;
	if (tilde == NULL || strchr(tilde + 1, '~')) {
		answer_wrong(r, "cursor", "is none of ours: it comes from `next`");
		return false;
	}
	(void)snprintf(c->first, sizeof(c->first), "%.*s", (int)(tilde - text), text);
	(void)snprintf(c->second, sizeof(c->second), "%s", tilde + 1);
	return true;
}

bool page_cursor_time(struct request *r, struct page_cursor *c)
{
	int64_t us;

	if (!page_cursor(r, c))
		return false;
	if (request_query(r, "cursor") == NULL) {
		(void)snprintf(c->first, sizeof(c->first), "9999-12-31 00:00:00.000");
		return true;
	}
	if (strlen(c->first) == 24 && c->first[10] == 'T' && c->first[19] == '.' && strspn(c->first + 20, "0123456789") == 3 &&
	    c->first[23] == 'Z') {
		c->first[10] = ' ';
		c->first[19] = '\0';
		if (stamp_parse(c->first, &us) == 0) {
			c->first[19] = '.';
			c->first[23] = '\0';
			return true;
		}
	}
	answer_wrong(r, "cursor", "is none of ours: it comes from `next`");
	return false;
}

/* Keys are chosen so that what stands in a cursor is letters, digits and -_.:. */
static void cursor_part(char out[PAGE_CURSOR_MAX], const json_t *v)
{
	if (json_is_integer(v))
		(void)snprintf(out, PAGE_CURSOR_MAX, "%lld", (long long)json_integer_value(v));
	else
		(void)snprintf(out, PAGE_CURSOR_MAX, "%s", json_is_string(v) ? json_string_value(v) : "");
}

void page_answer(struct request *r, json_t *list, const char *key, const char *key2)
{
	size_t limit = (size_t)page_limit(r), i;
	json_t *next = json_null(), *row, *member;
	const char *name;
	void *n;

	if (json_array_size(list) > limit) {
		char first[PAGE_CURSOR_MAX], second[PAGE_CURSOR_MAX] = "";
		const json_t *last = json_array_get(list, limit - 1);

		cursor_part(first, json_object_get(last, key));
		if (key2)
			cursor_part(second, json_object_get(last, key2));
		next = json_sprintf("%s~%s", first, second);
		while (json_array_size(list) > limit)
			(void)json_array_remove(list, json_array_size(list) - 1);
	}
	json_array_foreach(list, i, row) {
		json_object_foreach_safe(row, n, name, member) {
			if (name[0] == '.')
				(void)json_object_del(row, name);
		}
	}
	answer_json(r, 200, json_pack("{s:o, s:o}", "items", list, "next", next));
}

void page_answer_rows(struct request *r, const char *const *names, const char *key, const char *key2, const char *sql,
                      const char *types, const union store_value *values)
{
	union store_value all[PAGE_VALUES_MAX];
	size_t n = strlen(types);
	struct rows q = { .names = names, .sql = sql, .types = types, .values = all };
	json_t *list;
	int err;

	assert(n > 0 && n <= PAGE_VALUES_MAX);
	memcpy(all, values, (n - 1) * sizeof(all[0]));
	all[n - 1].i = page_limit(r) + 1;
	err = rows_get(r, &q, &list);
	if (err)
		answer_errno(r, err, "page");
	else
		page_answer(r, list, key, key2);
}
