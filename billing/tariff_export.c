/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/tariff_export.c - areas, bars and tariffs as the CSV files that they are imported from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "billing/money.h"
#include "billing/tariff_internal.h"

struct export {
	enum csv_kind kind;
	const char   *name;
	int64_t       at_utc_us;
	FILE         *out;
};

static int export_row(void *arg, const char *const *col, unsigned cols)
{
	struct export *x = arg;
	FILE *out = x->out;

	for (unsigned i = 0; i < cols; i++) {
		if (x->kind == CSV_AREAS && i == 2 && col[i][0] == '\0')
			break; /* an area without a name */
		if (i)
			(void)fputc(',', out);
		csv_put(out, col[i]);
	}
	(void)fputc('\n', out);
	return 0;
}

/* class, prefix, price, set-up, minimum, increment, free, bands, offset, zone */
static int export_rate(void *arg, const char *const *col, unsigned cols)
{
	FILE *out = ((struct export *)arg)->out;
	struct rate r = { .utc_offset_min = (int16_t)strtol(col[8], NULL, 10) };
	char price[MONEY_TEXT_MAX], setup[MONEY_TEXT_MAX], bands[TARIFF_BANDS_MAX], zone[ZONE_NAME_MAX + 1];

	(void)cols;
	if (rate_bands_from_text(&r, col[7]) != 0)
		return -EIO;
	money_format_e4(strtoll(col[2], NULL, 10), price);
	money_format_e4(strtoll(col[3], NULL, 10), setup);
	tariff_bands_format(&r, bands);
	tariff_zone_format(&r, zone);
	(void)fprintf(out, "%s,%s,%s,%s,%s,%s,%s,%s,%s\n", col[0], col[1], price, setup, col[4], col[5], col[6], bands,
	              col[9][0] ? col[9] : zone);
	return 0;
}

static int export_tx(struct store_conn *c, void *arg)
{
	struct export *x = arg;

	if (ftell(x->out) != 0)
		rewind(x->out); /* a try before was cut */
	switch (x->kind) {
	case CSV_AREAS:
		(void)fputs("# prefix,area,name\n", x->out);
		return store_query(c, export_row, x, "SELECT prefix, area, name FROM number_area ORDER BY prefix", "");
	case CSV_BARS:
		(void)fputs("# exact|prefix,pattern,reason\n", x->out);
		return store_query(c, export_row, x, "SELECT kind, pattern, reason FROM number_bar ORDER BY kind, pattern", "");
	case CSV_TARIFF:
		break;
	}
	(void)fputs("# class,prefix,price,set-up,minimum,increment,free,bands,zone\n", x->out);
	return store_query(c, export_rate, x,
	                   "SELECT r.class, r.prefix, r.price_e4, r.setup_e4, r.minimum_s, r.increment_s, r.free_s, r.bands, "
	                   "r.utc_offset_min, r.zone FROM tariff_rate r JOIN tariff t ON t.id = r.tariff_id WHERE t.name = ? AND "
	                   "r.valid_from <= ? AND (r.valid_to IS NULL OR r.valid_to > ?) ORDER BY r.class, r.prefix",
	                   "stt", x->name, x->at_utc_us, x->at_utc_us);
}

int tariff_export(struct store *s, enum csv_kind kind, const char *name, int64_t at_utc_us, FILE *out)
{
	struct export x = { .kind = kind, .name = name, .at_utc_us = at_utc_us };
	char *text = NULL;
	size_t size = 0;
	int err;

	x.out = open_memstream(&text, &size); /* whole or not at all */
	if (x.out == NULL)
		return -ENOMEM;
	err = store_tx(s, export_tx, &x);
	if (fclose(x.out) != 0 && !err)
		err = -ENOMEM;
	if (!err && fwrite(text, 1, size, out) != size)
		err = -EIO;
	free(text);
	return err;
}
