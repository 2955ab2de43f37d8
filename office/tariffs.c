/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tariffs of the operator's provider, as they are kept. */
#include <errno.h>
#include <string.h>

#include "billing/tariff.h"
#include "office/json.h"
#include "office/resources.h"
#include "office/tariff_of.h"

#define COLUMNS \
	"t.name, t.origin, (SELECT COUNT(*) FROM account a WHERE a.tariff_id = t.id), t.id FROM tariff t WHERE t.provider_id = " \
	"? AND "

static const char *const names[] = { "name", "origin", "accounts:i", ".id:i", NULL };

/* By name; the cursor is the last one's id, because a name may be of any letters. */
void tariffs_list(struct request *r)
{
	struct page_cursor c;

	if (!page_cursor(r, &c))
		return;
	page_answer_rows(
		r, names, ".id", NULL,
		"SELECT " COLUMNS "(? = '' OR t.name > (SELECT p.name FROM tariff p WHERE p.id = ?)) ORDER BY t.name LIMIT ?",
		"issi", (const union store_value[]){ { .i = r->session.provider_id }, { .s = c.first }, { .s = c.first } });
}

static int tariff_tx(struct store_conn *c, void *arg)
{
	struct request *r = arg;
	int64_t id;

	return store_query_int(c, &id, "SELECT id FROM tariff WHERE name = ? AND provider_id = ?", "si", r->param[0],
	                       r->session.provider_id);
}

bool tariff_of_path(struct request *r)
{
	int err = store_tx(r->office->store, tariff_tx, r);

	if (err == -ENOENT)
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no tariff %s", r->param[0]);
	else if (err)
		answer_errno(r, err, "tariff");
	return !err;
}

void tariff_get(struct request *r)
{
	static const char *const version_names[] = { "version:i", "valid_from:t", "valid_to:t", "rates:i", NULL };
	const union store_value one[] = { { .i = r->session.provider_id }, { .s = r->param[0] } },
				by_name[] = { { .s = r->param[0] } };
	json_t *list, *versions, *tariff;
	int err;

	if (!tariff_of_path(r))
		return;
	err = rows_get(r, &(struct rows){ .names = names, .sql = "SELECT " COLUMNS "t.name = ?", .types = "is", .values = one },
	               &list);
	if (err) {
		answer_errno(r, err, "tariff");
		return;
	}
	tariff = json_incref(json_array_get(list, 0));
	json_decref(list);
	(void)json_object_del(tariff, ".id");
	err = rows_get(r,
	               &(struct rows){
			       .names = version_names,
			       .sql = "SELECT r.version, r.valid_from, r.valid_to, COUNT(*) FROM tariff_rate r JOIN tariff t ON "
				      "t.id = r.tariff_id WHERE t.name = ? GROUP BY r.version, r.valid_from, r.valid_to ORDER BY "
				      "r.valid_from LIMIT 1000",
			       .types = "s",
			       .values = by_name },
	               &versions);
	if (err) {
		json_decref(tariff);
		answer_errno(r, err, "tariff");
		return;
	}
	(void)json_object_set_new(tariff, "versions", versions);
	answer_json(r, 200, tariff);
}

/* Bands as people write them, and the zone's name or offset. */
static void show_clock(json_t *row)
{
	const char *zone = json_string_value(json_object_get(row, "zone")),
		   *stored = json_string_value(json_object_get(row, "bands"));
	struct rate rate = { .utc_offset_min = (int16_t)json_integer_value(json_object_get(row, ".offset")) };
	char bands[TARIFF_BANDS_MAX], offset[ZONE_NAME_MAX + 1];

	if (stored && tariff_bands_show(stored, bands) == 0)
		(void)json_object_set_new(row, "bands", json_string(bands));
	tariff_zone_format(&rate, offset);
	if (zone == NULL || zone[0] == '\0')
		(void)json_object_set_new(row, "zone", json_string(offset));
}

void tariff_rates(struct request *r)
{
	static const char *const rate_names[] = { "class",         "prefix",       "price:m",    "setup:m", "minimum_s:i",
		                                  "increment_s:i", "free_s:i",     "bands",      "zone",    ".offset:i",
		                                  "version:i",     "valid_from:t", "valid_to:t", NULL };
	struct page_cursor c;
	json_t *list, *row;
	int64_t at;
	size_t i;
	int err;

	if (!tariff_of_path(r) || !page_cursor(r, &c) || !request_query_time(r, "at", r->now_utc_us, &at))
		return;
	err = rows_get(
		r,
		&(struct rows){ .names = rate_names,
	                        .sql = "SELECT r.class, r.prefix, r.price_e4, r.setup_e4, r.minimum_s, r.increment_s, r.free_s, "
	                               "r.bands, r.zone, "
	                               "r.utc_offset_min, r.version, r.valid_from, r.valid_to FROM tariff_rate r JOIN tariff t "
	                               "ON t.id = r.tariff_id "
	                               "WHERE t.name = ? AND r.valid_from <= ? AND (r.valid_to IS NULL OR r.valid_to > ?) AND "
	                               "(CONCAT(r.class, '~', "
	                               "r.prefix) > CONCAT(?, '~', ?) OR ? = '') ORDER BY CONCAT(r.class, '~', r.prefix) LIMIT ?",
	                        .types = "sttsssi",
	                        .values = (const union store_value[]){ { .s = r->param[0] },
	                                                               { .i = at },
	                                                               { .i = at },
	                                                               { .s = c.first },
	                                                               { .s = c.second },
	                                                               { .s = c.first },
	                                                               { .i = page_limit(r) + 1 } } },
		&list);
	if (err) {
		answer_errno(r, err, "tariff");
		return;
	}
	json_array_foreach(list, i, row) {
		show_clock(row);
	}
	page_answer(r, list, "class", "prefix");
}

void services_list(struct request *r)
{
	static const char *const service_names[] = { "number", "provider", "tariff:n", NULL };
	const union store_value values[] = { { .i = r->session.provider_id } };
	struct rows q = {
		.names = service_names,
		.sql = "SELECT s.number, p.name, t.name FROM service_number s JOIN provider p ON p.id = s.provider_id LEFT JOIN "
		       "tariff t ON t.id = s.tariff_id WHERE s.provider_id = ? ORDER BY s.number LIMIT 1000",
		.types = "i",
		.values = values
	};
	json_t *list;
	int err = rows_get(r, &q, &list);

	if (err)
		answer_errno(r, err, "service");
	else
		answer_json(r, 200, json_pack("{s:o}", "items", list));
}
