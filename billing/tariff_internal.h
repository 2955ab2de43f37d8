/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/tariff_internal.h - what the files about tariffs share: columns of the CSV files, bands as people write them. */
#ifndef BILLING_TARIFF_INTERNAL_H
#define BILLING_TARIFF_INTERNAL_H

#include "billing/tariff.h"
#include "billing/tariff_csv.h"

#define PREFIX_DIGITS_MAX 31
#define AREA_DIGITS_MAX   15
#define NAME_CHARS_MAX    64

/* A row of a tariff's file. False: its errors are in f. */
struct tariff_row {
	struct rate rate;
	char        zone[ZONE_NAME_MAX + 1]; /* its name; "": an offset */
};
bool tariff_row_read(struct csv *f, const struct csv_row *r, struct tariff_row *t);

/* One prefix of a file of areas: a range is several. */
struct area_entry {
	char     prefix[PREFIX_DIGITS_MAX + 1];
	unsigned row;
};
/* Checks all rows, and makes them the fewest prefixes, in order. With errors in f none are made. -ENOMEM. */
int  area_rows_read(struct csv *f, struct area_entry **entries, unsigned *count);
void bar_rows_check(struct csv *f);
void tariff_rows_check(struct csv *f);

/* -EINVAL. */
int  tariff_bands_parse(struct rate *r, const char *text);

bool tariff_digits(const char *s, unsigned most);

#endif
