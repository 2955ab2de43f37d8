/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/tariff_csv.h - CSV as spreadsheets and people write it, read whole; every error kept with its line.
 *
 * RFC 4180 but for lines within quotes: fields separated by commas, in "..." when they hold one ("" is a quote); blanks around a
 * field without quotes are nobody's meaning; CR LF or LF; a UTF-8 byte order mark is skipped. Empty lines and lines that begin
 * with # are left out. UTF-8 only: another encoding is an error with its line, never a wrong name.
 */
#ifndef BILLING_TARIFF_CSV_H
#define BILLING_TARIFF_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_LINE_MAX    1000  /* octets */
#define CSV_COLUMNS_MAX 10
#define CSV_ROWS_MAX    5000000 /* ten times the mobile ranges of a large country */

struct csv_row {
	char    *text;
	unsigned line;
	uint16_t at[CSV_COLUMNS_MAX];  /* where its fields begin in text */
	uint8_t  cols;                 /* CSV_COLUMNS_MAX + 1: more */
};

struct csv_error {
	unsigned line, order;
	char    *text;
};

struct csv {
	const char       *file;
	struct csv_row   *row;
	unsigned          count, size;
	struct csv_error *error;
	unsigned          errors, error_size;
	bool              no_memory;
};

/* 0, also with errors in the file; -ENOMEM; -E2BIG over CSV_ROWS_MAX. */
int  csv_read(struct csv *f, FILE *in);
void csv_free(struct csv *f);
const char *csv_col(const struct csv_row *r, unsigned i); /* "": it has none */

/* line 0: the file as a whole. */
void csv_bad(struct csv *f, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* All of them, by line: "FILE:LINE: text". */
void csv_report(struct csv *f, FILE *out);

/* A field as csv_read reads it. */
void csv_put(FILE *out, const char *field);

/* UTF-8 without control characters, at most so many characters. */
bool csv_utf8(const char *s, unsigned most);

#endif
