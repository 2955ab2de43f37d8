/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/rating_book.h - one version of a tariff and the areas, in memory: for rating many records, a million a second, as a
 * node rates one by SQL (billing/tariff.h; a test holds the two together). Built once, then only read (any thread).
 */
#ifndef BILLING_RATING_BOOK_H
#define BILLING_RATING_BOOK_H

#include "billing/rating.h"
#include "store/store.h"

struct rate_book;

int  rate_book_alloc(struct rate_book **bp);
void rate_book_free(struct rate_book *b);
/* All copied. area: digits. class: local, domestic (prefix ""), or prefix. -EINVAL, -ENOMEM. */
int  rate_book_add_area(struct rate_book *b, const char *prefix, const char *area);
int  rate_book_add_rate(struct rate_book *b, const char *class, const char *prefix, const struct rate *r);
/* After the last was added, once. -EEXIST: a prefix twice. */
int  rate_book_build(struct rate_book *b);
/* All of it from the database: the version valid at that time. Blocking. -ENOENT: no such tariff, or not valid then. */
int  rate_book_load(struct rate_book **bp, struct store *s, const char *tariff, int64_t at_utc_us);

/* A number's area; -1: unknown. Equal numbers are equal areas. */
int32_t rate_book_area(const struct rate_book *b, const char *number);
/* NULL: the tariff has no rate for it. */
const struct rate *rate_book_rate(const struct rate_book *b, int32_t origin_area, const char *called);

/* ---- records to be rated: "calling,called,answered,talk ms" ---- */

struct rating_call {
	char    calling[32], called[32];      /* canonical */
	int64_t answered_utc_us, talk_ms;
};
/* answered: "2026-03-02 10:00:00[.123]", UTC, or with a T. -EBADMSG. */
int rating_call_parse(const char *line, struct rating_call *call);

#endif
