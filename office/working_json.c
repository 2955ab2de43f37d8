/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/working_json.h"

#include <errno.h>

#include "office/json.h"

struct lines {
	const struct office *office;
	json_t              *list;
};

static int line_add(void *arg, const struct working_line *l)
{
	struct lines *k = arg;

	return list_add(k->list, json_pack("{s:I, s:I, s:I, s:s, s:s, s:o, s:I, s:s}", "from_s", (json_int_t)l->from_s, "to_s",
	                                   (json_int_t)l->to_s, "increments", (json_int_t)l->increments, "clock", l->clock,
	                                   "band", l->band, "price", money_json(k->office, l->price_e4), "charged_s",
	                                   (json_int_t)l->charged_s, "amount", l->amount));
}

json_t *working_json(const struct office *o, const struct rate *rate, int64_t talk_ms, int64_t answered_utc_us)
{
	char bands[TARIFF_BANDS_MAX], zone[ZONE_NAME_MAX + 1], exact[WORKING_TEXT], after[WORKING_TEXT] = "";
	struct lines lines = { .office = o, .list = json_array() };
	struct rating_sum sum;

	rating_sum(rate, talk_ms, answered_utc_us, &sum);
	tariff_bands_format(rate, bands);
	tariff_zone_format(rate, zone);
	working_exact(exact, sum.list_e4, sum.list_over, 60000);
	if (rate->discount_bp)
		working_exact(after, sum.amount_e4, sum.amount_over, INT64_C(600000000));
	(void)working_each(rate, sum.billable_s, answered_utc_us, line_add, &lines);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:o, s:s, s:o, s:o}", "destination",
	                 rate->destination, "version", rate->version ? json_integer(rate->version) : json_null(), "answered_at",
	                 time_json(answered_utc_us), "price", money_json(o, rate->price_e4), "setup",
	                 money_json(o, rate->setup_e4), "increment_s", (json_int_t)rate->increment_s, "minimum_s",
	                 (json_int_t)rate->minimum_s, "free_s", (json_int_t)rate->free_s, "bands", bands, "zone", zone,
	                 "discount_bp", (json_int_t)rate->discount_bp, "talk_ms", (json_int_t)talk_ms, "billable_s",
	                 (json_int_t)sum.billable_s, "lines", lines.list, "exact", exact, "exact_after_discount",
	                 text_or_null(after), "amount", money_json(o, sum.amount_e4));
}
