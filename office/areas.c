/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Areas of numbers, and numbers that are barred: everybody's, kept by those who run the nodes. */
#include "office/json.h"
#include "office/resources.h"
#include "office/tariff_of.h"

void areas_list(struct request *r)
{
	static const char *const names[] = { "prefix", "area", "name", NULL };
	const char *prefix = request_query(r, "prefix");
	struct page_cursor c;

	if (!page_cursor(r, &c))
		return;
	page_answer_rows(
		r, names, "prefix", NULL,
		"SELECT prefix, area, name FROM number_area WHERE prefix LIKE CONCAT(?, '%') AND prefix > ? ORDER BY prefix "
		"LIMIT ?",
		"ssi", (const union store_value[]){ { .s = prefix ? prefix : "" }, { .s = c.first } });
}

void areas_import(struct request *r)
{
	answer_import(r, CSV_AREAS, NULL);
}

void areas_export(struct request *r)
{
	answer_export(r, CSV_AREAS, NULL, r->now_utc_us);
}

void bars_list(struct request *r)
{
	static const char *const names[] = { "kind", "pattern", "reason", NULL };
	struct page_cursor c;

	if (!page_cursor(r, &c))
		return;
	page_answer_rows(
		r, names, "kind", "pattern",
		"SELECT kind, pattern, reason FROM number_bar WHERE ? = '' OR CONCAT(kind, '~', pattern) > CONCAT(?, '~', ?) "
		"ORDER BY CONCAT(kind, '~', pattern) LIMIT ?",
		"sssi", (const union store_value[]){ { .s = c.first }, { .s = c.first }, { .s = c.second } });
}

void bars_import(struct request *r)
{
	answer_import(r, CSV_BARS, NULL);
}

void bars_export(struct request *r)
{
	answer_export(r, CSV_BARS, NULL, r->now_utc_us);
}
