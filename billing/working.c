/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/working.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "billing/money.h"
#include "core/clock.h"

/* ---- asking ---- */

static int account_row(void *arg, const char *const *col, unsigned cols)
{
	struct rate_question *q = arg;

	(void)cols;
	q->tariff_id = strtoll(col[0], NULL, 10);
	(void)snprintf(q->tariff, sizeof(q->tariff), "%s", col[1]);
	q->from_host = strcmp(col[2], "host") == 0;
	q->discount_bp = (unsigned)strtoul(col[3], NULL, 10);
	q->of_service = col[4] != NULL;
	return 1;
}

static int version_row(void *arg, const char *const *col, unsigned cols)
{
	struct rate_question *q = arg;

	(void)cols;
	(void)snprintf(q->valid_from, sizeof(q->valid_from), "%.19s", col[0]);
	(void)snprintf(q->valid_to, sizeof(q->valid_to), "%.19s", col[1] ? col[1] : "");
	(void)snprintf(q->zone, sizeof(q->zone), "%s", col[2]);
	return 1;
}

static int version_find(struct store_conn *conn, struct rate_question *q)
{
	bool prefix = strcmp(q->rate.destination, "local") != 0 && strcmp(q->rate.destination, "domestic") != 0;

	return store_query(
		conn, version_row, q,
		"SELECT valid_from, valid_to, zone FROM tariff_rate WHERE tariff_id = ? AND version = ? AND class = ? AND "
		"prefix = ? ORDER BY valid_from DESC LIMIT 1",
		"iiss", q->tariff_id, (int64_t)q->rate.version, prefix ? "prefix" : q->rate.destination,
		prefix ? q->rate.destination : "");
}

static int ask_tx(struct store_conn *conn, void *arg)
{
	struct rate_question *q = arg;
	struct tariff_ask ask = { .at_utc_us = q->at_utc_us, .called = q->called };
	int err = store_query(
		conn, account_row, q,
		"SELECT t.id, t.name, t.origin, a.discount_bp, s.tariff_id FROM account_number n JOIN account a ON a.id = "
		"n.account_id LEFT JOIN service_number s ON s.number = ? JOIN tariff t ON t.id = COALESCE(s.tariff_id, "
		"a.tariff_id) WHERE n.number = ? AND n.valid_to IS NULL",
		"ss", q->service, q->host);

	if (err)
		return err == -ENOENT ? -ENXIO : err;
	err = tariff_area(conn, q->host, q->host_area);
	if (!err)
		err = tariff_area(conn, q->called, q->called_area);
	if (!err)
		err = tariff_barred(conn, q->called);
	if (err < 0)
		return err;
	q->barred = err > 0;
	ask.tariff_id = q->tariff_id;
	ask.discount_bp = q->discount_bp;
	ask.origin_area = q->from_host ? q->host_area : q->home_area;
	err = tariff_rate(conn, &ask, &q->rate);
	return err ? err : version_find(conn, q);
}

int rate_ask(struct store *s, struct rate_question *q)
{
	return store_tx(s, ask_tx, q);
}

const char *rate_class(const struct rate_question *q, const char *country)
{
	bool abroad = strncmp(q->called, "s:", 2) != 0 && strncmp(q->called, country, strlen(country)) != 0;

	if (strcmp(q->rate.destination, "local") == 0 || strcmp(q->rate.destination, "domestic") == 0)
		return q->rate.destination;
	return abroad ? "international" : "prefix";
}

/* ---- the working ---- */

void working_exact(char out[WORKING_TEXT], int64_t e4, int64_t over, int64_t of)
{
	char whole[MONEY_TEXT_MAX];

	money_format_e4(e4, whole);
	if (over)
		(void)snprintf(out, WORKING_TEXT, "%s and %lld/%lld of 0.0001", whole, (long long)over, (long long)of);
	else
		(void)snprintf(out, WORKING_TEXT, "%s", whole);
}

static void working_clock(char out[32], int64_t utc_us, int offset_min)
{
	static const char day[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	int64_t local_s = utc_us / 1000000 + offset_min * 60;
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_utc(local_s * 1000000, stamp, sizeof(stamp));
	(void)snprintf(out, 32, "%s %.8s", day[local_s / 86400 % 7], stamp + 11);
}

int working_each(const struct rate *r, int64_t billable_s, int64_t answered_utc_us,
                 int (*each)(void *arg, const struct working_line *l), void *arg)
{
	struct rating_run run = { 0 }, sum = { 0 };
	bool more = rating_run_next(r, billable_s, answered_utc_us, &run);
	int err = 0;

	while (!err && more) {
		struct working_line l = { 0 };

		sum = run;
		while ((more = rating_run_next(r, billable_s, answered_utc_us, &run)) && run.band == sum.band &&
		       run.utc_offset_min == sum.utc_offset_min) {
			sum.to_s = run.to_s;
			sum.charged_s += run.charged_s;
		}
		if (sum.band >= 0)
			tariff_band_format(&r->band[sum.band], l.band);
		l.from_s = sum.from_s;
		l.to_s = sum.to_s;
		l.increments = (sum.to_s - sum.from_s) / r->increment_s;
		l.charged_s = sum.charged_s;
		l.price_e4 = sum.price_e4;
		working_clock(l.clock, answered_utc_us + sum.from_s * 1000000, sum.utc_offset_min);
		working_exact(l.amount, (int64_t)((__int128)sum.charged_s * sum.price_e4 / 60),
		              (int64_t)((__int128)sum.charged_s * sum.price_e4 % 60), 60);
		err = each(arg, &l);
	}
	return err;
}

int working_rate(struct rate *r, const char *text)
{
	return rate_from_text(r, text);
}
