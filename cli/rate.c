/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a call would cost, and the working: which tariff, version, rate and clock, increment by increment (telephony rules 20,
 * 21). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/money.h"
#include "billing/working.h"
#include "cli/database.h"
#include "core/clock.h"

static void put_money(json_t *o, const char *key, int64_t e4)
{
	(void)json_object_set_new(o, key, json_integer(e4));
}

static void put_text(json_t *o, const char *key, const char *text)
{
	(void)json_object_set_new(o, key, json_string(text));
}

static void put_exact(json_t *o, const char *key, int64_t e4, int64_t over, int64_t of)
{
	char text[WORKING_TEXT];

	working_exact(text, e4, over, of);
	put_text(o, key, text);
}

static json_t *question_json(const struct cli *c, const struct rate_question *q)
{
	const struct rate *r = &q->rate;
	char bands[TARIFF_BANDS_MAX], zone[ZONE_NAME_MAX + 1], at[CLOCK_STAMP_SIZE];
	json_t *o = json_object();

	tariff_bands_format(r, bands);
	tariff_zone_format(r, zone);
	clock_format_utc(q->at_utc_us, at, sizeof(at));
	put_text(o, "host", q->host);
	put_text(o, "host_area", q->host_area);
	put_text(o, "origin", q->from_host ? "host" : "service");
	put_text(o, "origin_area", q->from_host ? q->host_area : q->home_area);
	put_text(o, "called", q->called);
	put_text(o, "called_area", q->called_area);
	put_text(o, "class", rate_class(q, c->numbers.country));
	put_text(o, "destination", r->destination);
	if (strcmp(r->destination, "local") != 0 && strcmp(r->destination, "domestic") != 0)
		put_text(o, "prefix", r->destination);
	(void)json_object_set_new(o, "barred", json_boolean(q->barred));
	put_text(o, "tariff", q->tariff);
	put_text(o, "tariff_of", q->of_service ? "service" : "account");
	(void)json_object_set_new(o, "version", json_integer(r->version));
	put_text(o, "valid_from", q->valid_from);
	if (q->valid_to[0])
		put_text(o, "valid_to", q->valid_to);
	put_text(o, "answered_at", at);
	put_money(o, "price_e4", r->price_e4);
	put_money(o, "setup_e4", r->setup_e4);
	put_money(o, "increment_s", r->increment_s);
	put_money(o, "minimum_s", r->minimum_s);
	put_money(o, "free_s", r->free_s);
	if (bands[0])
		put_text(o, "bands", bands);
	put_text(o, "zone", q->zone[0] ? q->zone : zone);
	if (r->discount_bp)
		put_money(o, "discount_e4", (int64_t)r->discount_bp * 100);
	put_money(o, "first_e4", rating_first_e4(r, q->at_utc_us));
	put_money(o, "minutes_1_e4", rating_amount_e4(r, 60000, q->at_utc_us));
	put_money(o, "minutes_10_e4", rating_amount_e4(r, 600000, q->at_utc_us));
	return o;
}

static int line_add(void *arg, const struct working_line *l)
{
	json_t *o = json_object();

	put_money(o, "from_s", l->from_s);
	put_money(o, "to_s", l->to_s);
	put_money(o, "increments", l->increments);
	put_text(o, "clock", l->clock);
	put_text(o, "band", l->band);
	put_money(o, "price_e4", l->price_e4);
	put_money(o, "charged_s", l->charged_s);
	put_text(o, "amount", l->amount);
	return json_array_append_new(arg, o) == 0 ? 0 : -ENOMEM;
}

static json_t *sum_json(const struct rate *r, const struct rating_sum *s, int64_t talk_ms)
{
	json_t *o = json_object();

	put_money(o, "talk_ms", talk_ms);
	put_money(o, "billable_s", s->billable_s);
	put_money(o, "setup_e4", s->setup_e4);
	put_exact(o, "exact", s->list_e4, s->list_over, 60000);
	if (r->discount_bp) {
		put_money(o, "discount_e4", (int64_t)r->discount_bp * 100);
		put_exact(o, "exact_after_discount", s->amount_e4, s->amount_over, 600000000);
	}
	put_text(o, "rounded", s->amount_over ? "once, down to 0.0001" : "nothing to round");
	put_money(o, "amount_e4", s->amount_e4);
	return o;
}

static void show_working(struct cli *c, const struct rate_question *q, json_t *o, int64_t talk_ms)
{
	static const struct column runs[] = {
		{ "from_s", "FROM S", COLUMN_COUNT },     { "to_s", "TO S", COLUMN_COUNT },
		{ "increments", "STEPS", COLUMN_COUNT },  { "clock", "THERE", COLUMN_TEXT },
		{ "band", "BAND", COLUMN_TEXT },          { "price_e4", "PER MIN", COLUMN_MONEY },
		{ "charged_s", "CHARGED S", COLUMN_COUNT }, { "amount", "AMOUNT", COLUMN_TEXT },
		{ NULL, NULL, COLUMN_TEXT },
	};
	static const struct column sums[] = {
		{ "talk_ms", "talk ms", COLUMN_COUNT },
		{ "billable_s", "billable s", COLUMN_COUNT },
		{ "setup_e4", "set-up", COLUMN_MONEY },
		{ "exact", "sum, exact", COLUMN_TEXT },
		{ "discount_e4", "discount %", COLUMN_MONEY },
		{ "exact_after_discount", "after it", COLUMN_TEXT },
		{ "rounded", "rounded", COLUMN_TEXT },
		{ "amount_e4", "amount", COLUMN_MONEY },
		{ NULL, NULL, COLUMN_TEXT },
	};
	struct rating_sum s;
	json_t *list, *sum;

	rating_sum(&q->rate, talk_ms, q->at_utc_us, &s);
	list = json_array();
	(void)working_each(&q->rate, s.billable_s, q->at_utc_us, line_add, list);
	sum = sum_json(&q->rate, &s, talk_ms);
	if (!c->json) {
		(void)fputc('\n', c->out);
		output_table(c->out, list, runs, "nothing is charged");
		(void)fputc('\n', c->out);
		output_record(c->out, sum, sums);
	}
	(void)json_object_update(o, sum);
	(void)json_object_set_new(o, "runs", list);
	json_decref(sum);
}

static void show(struct cli *c, const struct rate_question *q, int64_t talk_ms)
{
	static const struct column lines[] = {
		{ "host", "host", COLUMN_TEXT },
		{ "host_area", "his area", COLUMN_TEXT },
		{ "origin", "rated from the", COLUMN_TEXT },
		{ "origin_area", "from area", COLUMN_TEXT },
		{ "called", "called", COLUMN_TEXT },
		{ "called_area", "to area", COLUMN_TEXT },
		{ "class", "class", COLUMN_TEXT },
		{ "destination", "rated as", COLUMN_TEXT },
		{ "barred", "barred", COLUMN_YES },
		{ "tariff", "tariff", COLUMN_TEXT },
		{ "tariff_of", "of the", COLUMN_TEXT },
		{ "version", "version", COLUMN_COUNT },
		{ "valid_from", "valid from (UTC)", COLUMN_TEXT },
		{ "valid_to", "valid to", COLUMN_TEXT },
		{ "answered_at", "answered (UTC)", COLUMN_TEXT },
		{ "price_e4", "per minute", COLUMN_MONEY },
		{ "setup_e4", "set-up", COLUMN_MONEY },
		{ "increment_s", "in steps of s", COLUMN_COUNT },
		{ "minimum_s", "at least s", COLUMN_COUNT },
		{ "free_s", "free s", COLUMN_COUNT },
		{ "bands", "bands", COLUMN_TEXT },
		{ "zone", "clock there", COLUMN_TEXT },
		{ "discount_e4", "discount %", COLUMN_MONEY },
		{ "first_e4", "held to begin", COLUMN_MONEY },
		{ "minutes_1_e4", "1 minute", COLUMN_MONEY },
		{ "minutes_10_e4", "10 minutes", COLUMN_MONEY },
		{ NULL, NULL, COLUMN_TEXT },
	};
	json_t *o = question_json(c, q);

	if (!c->json)
		output_record(c->out, o, lines);
	if (talk_ms >= 0)
		show_working(c, q, o, talk_ms);
	if (c->json)
		output_json(c->out, o);
	json_decref(o);
}

static int run_rate(struct cli *c)
{
	char host[33], called[33], service[33] = "";
	struct rate_question q = {
		.host = host, .called = called, .service = service, .home_area = c->numbers.area, .at_utc_us = clock_utc_us()
	};
	int64_t talk_ms = -1;
	int status, err;

	if (!cli_number(c, c->arg[0], host) || !cli_number(c, c->arg[1], called) ||
	    (c->at && !cli_time(c, c->at, &q.at_utc_us)) || (c->talk && !cli_duration(c, c->talk, &talk_ms)) ||
	    (c->service && !cli_service_number(c, c->service, service)))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	err = rate_ask(c->store, &q);
	if (err == -ENXIO)
		return cli_database_error(c, -ENOENT, "account with this number");
	if (err == -ENOENT)
		return cli_complain(c, CLI_FAILED, "tariff %s has no rate for %s", q.tariff, called);
	if (err)
		return cli_database_error(c, err, "rate");
	show(c, &q, talk_ms);
	return CLI_OK;
}

const struct cli_command cli_rate_commands[] = {
	{ "rate", "HOST CALLED [--at TIME] [--for DURATION] [--service NUMBER]",
	  "What a call of the host's would cost, and with --for the working.", 2, 2, run_rate },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
