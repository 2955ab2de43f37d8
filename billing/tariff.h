/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/tariff.h - areas, bars and tariffs: from and to CSV, looked up by longest prefix. Blocking.
 *
 * CSV (billing/tariff_csv.h), UTF-8, a line that begins with # is a comment. All errors are told with their lines before anything
 * is changed, and everything is changed in one transaction. What is exported is what is imported, octet by octet.
 *
 *   areas:   prefix|from-to,area[,name]              8610,10,Beijing     8613800000-8613800999,10,"mobiles, first block"
 *   bars:    exact|prefix,pattern,reason             exact,110,emergency  prefix,8616888,premium   prefix,s:123,short codes
 *   tariff:  local|domestic|prefix,PREFIX,price per minute,set-up,minimum s,increment s,free s[,bands[,zone]]
 *            local,,0.20,0,60,60,0
 *            prefix,1,3.60,0,60,6,0,mon-fri 08:00-18:00:4.20;sat+sun 00:00-24:00:3.00,America/New_York
 *
 * Areas: numbers from 8613800000... to 8613800999..., both of one length; a range may lie within another and is then the one that
 * counts, but two that overlap in part are an error. Bands: the first that fits counts; days are those on which a band begins;
 * one whose times are the same is the whole day. Zone: the clock of the called route, a name or an offset (+08:00, which is the
 * default).
 *
 * A tariff's file is a whole version of it, valid from a moment on. Only a tariff that has no version yet may have one that
 * begins in the past; a version that has not begun yet is replaced by another with the same beginning.
 */
#ifndef BILLING_TARIFF_H
#define BILLING_TARIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "billing/rating.h"
#include "store/store.h"

enum csv_kind { CSV_AREAS, CSV_BARS, CSV_TARIFF };

struct tariff_import {
	enum csv_kind kind;
	FILE         *csv;
	const char   *file;       /* its name, for the errors */
	const char   *name;       /* the tariff's (CSV_TARIFF), made when missing */
	const char   *provider;   /* CSV_TARIFF: whose it is; NULL: a new one is the default provider's */
	const char   *who;        /* for the audit trail */
	int64_t       at_utc_us;  /* CSV_TARIFF: valid from then on; 0: now */
	FILE         *errors;
	bool          dry_run;    /* everything is checked, nothing is kept */
};
/* -EBADMSG with the errors on `errors`; else areas and bars take the place of earlier ones with the same key, and the rates of a
 * tariff are its new version. *rows: how many were imported. */
int tariff_import(struct store *s, const struct tariff_import *i, unsigned *rows);
/* Of a tariff the version valid at that time. -ENOENT: there is none, or no row. */
int tariff_export(struct store *s, enum csv_kind kind, const char *name, int64_t at_utc_us, FILE *out);

/* Bands and the offset of a clock, as in the files. */
#define TARIFF_BAND_MAX  64
#define TARIFF_BANDS_MAX (RATE_BANDS_MAX * TARIFF_BAND_MAX)
void tariff_band_format(const struct rate_band *b, char out[TARIFF_BAND_MAX]);
void tariff_bands_format(const struct rate *r, char out[TARIFF_BANDS_MAX]);
/* As the database has them. -EINVAL. */
int  tariff_bands_show(const char *stored, char out[TARIFF_BANDS_MAX]);
void tariff_zone_format(const struct rate *r, char out[ZONE_NAME_MAX + 1]);

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
/* All rates of the version valid at that time. class: local, domestic, prefix. -ENOENT: none. */
int tariff_each_rate(struct store_conn *c, const char *tariff, int64_t at_utc_us,
                     int (*each)(void *arg, const char *class, const char *prefix, const struct rate *r), void *arg);
/* The least that any member leg needs to begin: set-up fee and first increment. -ENOENT: no rate at all. */
int tariff_cheapest_first(struct store_conn *c, const struct tariff_ask *q, int64_t *first_e4);

#endif
