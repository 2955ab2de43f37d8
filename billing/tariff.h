/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/tariff.h - areas, bars and rates: imported from CSV, looked up by longest prefix. Blocking.
 *
 * CSV: one row a line, UTF-8, # begins a comment, no quotes; every error is reported with its line before anything is changed.
 *
 *   areas:   prefix,area[,name]                     8610,10,Beijing      86138000,10,mobile range
 *   bars:    exact|prefix,pattern,reason            exact,110,emergency  prefix,8616888,premium   prefix,s:123,short codes
 *   tariff:  local|domestic|prefix,PREFIX,price per minute,set-up,minimum s,increment s,free s[,bands]
 *            local,,0.20,0,60,60,0
 *            prefix,1,3.60,0,60,6,0,480-1080:4.20   other prices at times of the day: minutes after midnight; several with ;
 */
#ifndef BILLING_TARIFF_H
#define BILLING_TARIFF_H

#include <stdio.h>

#include "billing/rating.h"
#include "store/store.h"

enum csv_kind { CSV_AREAS, CSV_BARS, CSV_TARIFF };

#define CSV_LINE_MAX 1000

/* -EBADMSG with the errors on `errors`; else areas and bars take the place of earlier ones with the same key, and the rates of a
 * tariff are its new version, valid from at_utc_us on. name: the tariff's (CSV_TARIFF), made when missing. *rows: how many were
 * imported. */
int tariff_import(struct store *s, enum csv_kind kind, FILE *csv, const char *file, const char *name, int64_t at_utc_us,
                  FILE *errors, unsigned *rows);

/* In a transaction of the caller's. "": unknown. */
int tariff_area(struct store_conn *c, const char *number, char area[16]);
/* 1 barred, 0 not, -errno (rule 13). */
int tariff_barred(struct store_conn *c, const char *number);

struct tariff_ask {
	int64_t     tariff_id, at_utc_us;
	const char *origin_area, *called;
	unsigned    discount_bp;
};
/* The version valid at that time: its longest matching prefix row, else local or domestic by area. -ENOENT: it has no rate for
 * the number. */
int tariff_rate(struct store_conn *c, const struct tariff_ask *q, struct rate *r);
/* The same, and what the next version says if it begins within TARIFF_RING_US: the one valid at the answer applies. */
#define TARIFF_RING_US INT64_C(600000000)
int tariff_quote(struct store_conn *c, const struct tariff_ask *q, struct rate_quote *quote);
/* The least that any member leg needs to begin: set-up fee and first increment. -ENOENT: no rate at all. */
int tariff_cheapest_first(struct store_conn *c, const struct tariff_ask *q, int64_t *first_e4);

#endif
