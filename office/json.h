/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/json.h - the small things of the API: money, times, rows of a query. */
#ifndef OFFICE_JSON_H
#define OFFICE_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "office/request.h"

/* {"e4": 123000, "text": "12.30", "currency": "CNY"} */
json_t *money_json(const struct office *o, int64_t e4);
json_t *time_json(int64_t utc_us);                /* 0: null */
json_t *stamp_json(const char *stamp);            /* as MariaDB writes it: "2026-03-02 12:00:00.123"; NULL, "": null */
json_t *text_or_null(const char *text);           /* NULL, "": null */

/*
 * Rows as objects. names: one a column; behind a colon what it is: "i" integer, "t" time, "m" money, "b" true or false, "n" a
 * text that is null when empty; without one a text. One that begins with a dot is for the cursor, and not in the answer.
 */
struct rows {
	const char *const        *names;
	const char               *sql, *types; /* ? as in store/store.h */
	const union store_value  *values;
};
/* 0 and *list, empty when there are none. */
int rows_get(struct request *r, const struct rows *q, json_t **list);

/*
 * A page: its rows beside one more, to know whether there is another. The SQL ends with LIMIT ?; the last value is set here. The
 * cursor is made of the columns named key and key2 (NULL: none) of the last row, as the database writes them; the caller puts
 * what page_cursor() read into the SQL. Answers.
 */
#define PAGE_MAX        200
#define PAGE_CURSOR_MAX 128
struct page_cursor {
	char first[PAGE_CURSOR_MAX], second[PAGE_CURSOR_MAX]; /* "": from the beginning */
};
/* False after an answer: it is none of ours. */
bool page_cursor(struct request *r, struct page_cursor *c);
/* The same where the first part is a time and the latest come first: as the database writes it, without a cursor beyond all
 * times. */
bool page_cursor_time(struct request *r, struct page_cursor *c);
#define PAGE_VALUES_MAX 16
void page_answer_rows(struct request *r, const char *const *names, const char *key, const char *key2, const char *sql,
                      const char *types, const union store_value *values);
/* What follows rows_get with one row too many: trims, adds next, answers. */
void page_answer(struct request *r, json_t *list, const char *key, const char *key2);
int64_t page_limit(const struct request *r);

/* For callbacks that make a list: 0 or -ENOMEM. */
int list_add(json_t *list, json_t *one);

#endif
