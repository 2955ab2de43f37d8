/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/tariff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "core/log.h"

#define LOG_MODULE "tariff"

#define RATE_COLUMNS \
	"class, prefix, price_e4, setup_e4, minimum_s, increment_s, free_s, bands, utc_offset_min, version, tariff_id"

/* ---- looking up ---- */

/* "'8','86','861',...": the number's prefixes, so that the longest is found by the index and not by reading all. The number's
 * characters are checked. */
static int prefix_list(const char *number, char *out, size_t size)
{
	size_t n = 0, len = strlen(number);

	if (len == 0 || len > 31 || strspn(number, "0123456789s:*#") != len)
		return -EINVAL;
	for (size_t i = 1; i <= len; i++)
		n += (size_t)snprintf(out + n, size - n, "%s'%.*s'", i > 1 ? "," : "", (int)i, number);
	return n < size ? 0 : -EINVAL;
}

static int area_row(void *arg, const char *const *col, unsigned cols)
{
	(void)cols;
	(void)snprintf(arg, 16, "%s", col[0]);
	return 1;
}

int tariff_area(struct store_conn *c, const char *number, char area[16])
{
	char list[1024], sql[1400];
	int err;

	area[0] = '\0';
	if (prefix_list(number, list, sizeof(list)) != 0)
		return 0;
	(void)snprintf(sql, sizeof(sql), "SELECT area FROM number_area WHERE prefix IN (%s) ORDER BY LENGTH(prefix) DESC LIMIT 1",
	               list);
	err = store_query(c, area_row, area, sql, "");
	return err == -ENOENT ? 0 : err;
}

/*
 * Rule 13: emergency numbers exactly, bare or behind any area code; ranges by prefix. An area code's prefix is a country code of
 * at most three digits and the area itself; the ranges of mobiles, which have an area too, are none, or every mobile number that
 * happens to end in an emergency number's digits would be barred.
 */
int tariff_barred(struct store_conn *c, const char *number)
{
	int64_t n;
	int err = store_query_int(
		c, &n,
		"SELECT COUNT(*) FROM number_bar b WHERE (b.kind = 'prefix' AND LEFT(?, LENGTH(b.pattern)) = b.pattern) "
		"OR (b.kind = 'exact' AND (? = b.pattern OR ? = CONCAT('s:', b.pattern) OR "
		"(RIGHT(?, LENGTH(b.pattern)) = b.pattern AND EXISTS (SELECT 1 FROM number_area a WHERE "
		"a.prefix = LEFT(?, LENGTH(?) - LENGTH(b.pattern)) AND RIGHT(a.prefix, LENGTH(a.area)) = a.area "
		"AND LENGTH(a.prefix) <= LENGTH(a.area) + 3))))",
		"ssssss", number, number, number, number, number, number);

	return err ? err : n > 0;
}

static int rate_row(void *arg, const char *const *col, unsigned cols)
{
	struct rate *r = arg;

	(void)cols;
	memset(r, 0, sizeof(*r));
	(void)snprintf(r->destination, sizeof(r->destination), "%s", strcmp(col[0], "prefix") == 0 ? col[1] : col[0]);
	r->price_e4 = strtoll(col[2], NULL, 10);
	r->setup_e4 = strtoll(col[3], NULL, 10);
	r->minimum_s = (uint32_t)strtoul(col[4], NULL, 10);
	r->increment_s = (uint32_t)strtoul(col[5], NULL, 10);
	r->free_s = (uint32_t)strtoul(col[6], NULL, 10);
	r->utc_offset_min = (int16_t)strtol(col[8], NULL, 10);
	r->version = (int)strtol(col[9], NULL, 10);
	r->tariff_id = strtoll(col[10], NULL, 10);
	if (rate_bands_from_text(r, col[7]) != 0 || !rating_valid(r)) {
		log_error("tariff %s has a rate out of limits: %s %s", col[10], col[0], col[1]);
		return -EIO;
	}
	return 1;
}

int tariff_rate(struct store_conn *c, int64_t tariff_id, const char *origin_area, const char *called, int64_t at_utc_us,
                struct rate *r)
{
	char list[1024], sql[1600], area[16];
	int err;

	if (prefix_list(called, list, sizeof(list)) != 0)
		return -ENOENT;
	(void)snprintf(sql, sizeof(sql),
	               "SELECT " RATE_COLUMNS
	               " FROM tariff_rate WHERE tariff_id = ? AND class = 'prefix' AND prefix IN (%s) AND valid_from <= ? AND "
	               "(valid_to IS NULL OR valid_to > ?) ORDER BY LENGTH(prefix) DESC, valid_from DESC LIMIT 1",
	               list);
	err = store_query(c, rate_row, r, sql, "itt", tariff_id, at_utc_us, at_utc_us);
	if (err != -ENOENT)
		return err;
	err = tariff_area(c, called, area);
	if (err || area[0] == '\0')
		return err ? err : -ENOENT;
	return store_query(
		c, rate_row, r,
		"SELECT " RATE_COLUMNS
		" FROM tariff_rate WHERE tariff_id = ? AND class = ? AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?) "
		"ORDER BY valid_from DESC LIMIT 1",
		"istt", tariff_id, strcmp(area, origin_area) == 0 ? "local" : "domestic", at_utc_us, at_utc_us);
}

struct cheapest {
	int64_t at_utc_us, first_e4;
	bool    any;
};

static int cheapest_row(void *arg, const char *const *col, unsigned cols)
{
	struct cheapest *q = arg;
	struct rate r;
	int err = rate_row(&r, col, cols);
	int64_t first = err == 1 ? rating_first_e4(&r, q->at_utc_us) : 0;

	if (err == 1 && (!q->any || first < q->first_e4))
		q->first_e4 = first;
	q->any = true;
	return err == 1 ? 0 : err;
}

/* rating_first_e4() in SQL, for the rates that have no bands: there may be tens of thousands. A test holds the two together. */
#define FIRST_E4 \
	"setup_e4 + GREATEST((GREATEST(minimum_s, 1) + increment_s - 1) DIV increment_s * increment_s - free_s, 0) * price_e4 " \
	"DIV 60"
#define VALID_NOW " FROM tariff_rate WHERE tariff_id = ? AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?) AND bands "

int tariff_cheapest_first(struct store_conn *c, int64_t tariff_id, int64_t at_utc_us, int64_t *first_e4)
{
	struct cheapest q = { .at_utc_us = at_utc_us };
	int err = store_query_int(c, &q.first_e4, "SELECT MIN(" FIRST_E4 ")" VALID_NOW "= ''", "itt", tariff_id, at_utc_us,
	                          at_utc_us);

	q.any = err == 0; /* -ENODATA: MIN of nothing */
	if (!err || err == -ENODATA)
		err = store_query(c, cheapest_row, &q, "SELECT " RATE_COLUMNS VALID_NOW "<> ''", "itt", tariff_id, at_utc_us,
		                  at_utc_us);
	if (err && err != -ENOENT)
		return err;
	if (!q.any)
		return -ENOENT;
	*first_e4 = q.first_e4;
	return 0;
}
