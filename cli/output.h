/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/output.h - what a command prints. Every command makes JSON; --json prints that, else columns say how people read it.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <stdio.h>

enum column_kind {
	COLUMN_TEXT,
	COLUMN_COUNT,   /* a number, to the right */
	COLUMN_MONEY,   /* 1/10000, shown in units */
	COLUMN_YES,     /* yes or no */
	COLUMN_SECONDS, /* 1:02:03 */
};

struct column { /* ends with a NULL key */
	const char      *key, *title;
	enum column_kind kind;
};

/* rows: a list of objects. Nothing to show: empty (may be NULL). */
void output_table(FILE *out, const json_t *rows, const struct column *columns, const char *empty);
/* One object, a line each. What is absent or null is left out. */
void output_record(FILE *out, const json_t *object, const struct column *columns);
void output_json(FILE *out, const json_t *value);

/* Columns that a text takes on a terminal: two for Chinese characters. */
unsigned output_width(const char *utf8);

#endif
