/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/tariff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "core/log.h"

#define LOG_MODULE "tariff"

#define RATE_COLUMNS \
	"class, prefix, price_e4, setup_e4, minimum_s, increment_s, free_s, bands, utc_offset_min, version, tariff_id, zone_rule"

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
	if (rate_bands_from_text(r, col[7]) != 0 || rate_summer_from_text(&r->summer, col[11]) != 0 || !rating_valid(r)) {
		log_error("tariff %s has a rate out of limits: %s %s", col[10], col[0], col[1]);
		return -EIO;
	}
	return 1;
}

int tariff_rate(struct store_conn *c, const struct tariff_ask *q, struct rate *r)
{
	char list[1024], sql[1600], area[16];
	int err;

	if (prefix_list(q->called, list, sizeof(list)) != 0)
		return -ENOENT;
	(void)snprintf(sql, sizeof(sql),
	               "SELECT " RATE_COLUMNS
	               " FROM tariff_rate WHERE tariff_id = ? AND class = 'prefix' AND prefix IN (%s) AND valid_from <= ? AND "
	               "(valid_to IS NULL OR valid_to > ?) ORDER BY LENGTH(prefix) DESC, valid_from DESC LIMIT 1",
	               list);
	err = store_query(c, rate_row, r, sql, "itt", q->tariff_id, q->at_utc_us, q->at_utc_us);
	if (err == -ENOENT) {
		err = tariff_area(c, q->called, area);
		if (err || area[0] == '\0')
			return err ? err : -ENOENT;
		err = store_query(c, rate_row, r,
		                  "SELECT " RATE_COLUMNS
		                  " FROM tariff_rate WHERE tariff_id = ? AND class = ? AND valid_from <= ? "
		                  "AND (valid_to IS NULL OR valid_to > ?) ORDER BY valid_from DESC LIMIT 1",
		                  "istt", q->tariff_id, strcmp(area, q->origin_area) == 0 ? "local" : "domestic", q->at_utc_us,
		                  q->at_utc_us);
	}
	if (!err)
		r->discount_bp = q->discount_bp;
	return err;
}

/* The version that begins while a call may still ring. A version without a rate for the number changes nothing for a call that
 * was begun when there was one. */
static int quote_next(struct store_conn *c, const struct tariff_ask *q, struct rate_quote *quote)
{
	struct tariff_ask next = *q;
	int err = store_query_int(c, &next.at_utc_us,
	                          "SELECT CAST(UNIX_TIMESTAMP(MIN(valid_from)) * 1000000 AS SIGNED) FROM tariff_rate WHERE "
	                          "tariff_id = ? AND valid_from > ? AND valid_from <= ?",
	                          "itt", q->tariff_id, q->at_utc_us, q->at_utc_us + TARIFF_RING_US);

	if (err)
		return err == -ENODATA ? 0 : err; /* -ENODATA: MIN of nothing */
	err = tariff_rate(c, &next, &quote->next);
	if (!err)
		quote->next_from_us = next.at_utc_us;
	return err == -ENOENT ? 0 : err;
}

int tariff_quote(struct store_conn *c, const struct tariff_ask *q, struct rate_quote *quote)
{
	int err;

	memset(quote, 0, sizeof(*quote));
	err = tariff_rate(c, q, &quote->now);
	return err ? err : quote_next(c, q, quote);
}

struct each {
	int (*fn)(void *arg, const char *class, const char *prefix, const struct rate *r);
	void *arg;
};

static int each_row(void *arg, const char *const *col, unsigned cols)
{
	struct each *e = arg;
	struct rate r;
	int err = rate_row(&r, col, cols);

	return err == 1 ? e->fn(e->arg, col[0], col[1], &r) : err;
}

int tariff_each_rate(struct store_conn *c, const char *tariff, int64_t at_utc_us,
                     int (*each)(void *arg, const char *class, const char *prefix, const struct rate *r), void *arg)
{
	struct each e = { each, arg };

	return store_query(c, each_row, &e,
	                   "SELECT " RATE_COLUMNS
	                   " FROM tariff_rate WHERE tariff_id = (SELECT id FROM tariff WHERE name = ?) AND "
	                   "valid_from <= ? AND (valid_to IS NULL OR valid_to > ?) ORDER BY class, prefix",
	                   "stt", tariff, at_utc_us, at_utc_us);
}

/* ---- the least that is needed ---- */

struct cheapest {
	const struct tariff_ask *q;
	int64_t                  first_e4;
	bool                     any;
};

static void cheapest_take(struct cheapest *k, struct rate *r)
{
	int64_t first;

	r->discount_bp = k->q->discount_bp;
	first = rating_first_e4(r, k->q->at_utc_us);
	if (!k->any || first < k->first_e4)
		k->first_e4 = first;
	k->any = true;
}

static int cheapest_row(void *arg, const char *const *col, unsigned cols)
{
	struct rate r;
	int err = rate_row(&r, col, cols);

	if (err == 1)
		cheapest_take(arg, &r);
	return err == 1 ? 0 : err;
}

/* first_sum is what rating_first_e4() rounds and takes the discount off, made by the database for the rates that have no bands:
 * there may be tens of thousands, and the least of these sums has the least amount. Of those with bands only the terms matter. */
#define VALID_OF \
	" FROM tariff_rate WHERE tariff_id = ? AND banded = %d AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)"

int tariff_cheapest_first(struct store_conn *c, const struct tariff_ask *q, int64_t *first_e4)
{
	struct cheapest k = { .q = q };
	char sql[600];
	int64_t sum;
	int err;

	(void)snprintf(sql, sizeof(sql), "SELECT first_sum" VALID_OF " ORDER BY first_sum LIMIT 1", 0);
	err = store_query_int(c, &sum, sql, "itt", q->tariff_id, q->at_utc_us, q->at_utc_us);
	if (!err) /* that sum again, as a second at so much a minute */
		cheapest_take(&k, &(struct rate){ .price_e4 = sum, .increment_s = 1 });
	if (!err || err == -ENOENT) {
		(void)snprintf(
			sql, sizeof(sql),
			"SELECT DISTINCT class, '', price_e4, setup_e4, minimum_s, increment_s, free_s, bands, utc_offset_min, "
			"version, tariff_id, zone_rule" VALID_OF,
			1);
		err = store_query(c, cheapest_row, &k, sql, "itt", q->tariff_id, q->at_utc_us, q->at_utc_us);
	}
	if (err && err != -ENOENT)
		return err;
	if (!k.any)
		return -ENOENT;
	*first_e4 = k.first_e4;
	return 0;
}
