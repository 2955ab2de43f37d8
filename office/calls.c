/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that were, with their legs and how each charge comes about. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/stamp.h"
#include "office/json.h"
#include "office/resources.h"
#include "office/working_json.h"

static const char *const names[] = {
	"id", "host", "service", "booking:n", "began_at:t", "ended_at:t", "cause:i", "charge:m", NULL
};

#define CALL_COLUMNS \
	"c.call_id, c.host, c.service, c.booking_id, c.began_at, c.ended_at, c.cause, (SELECT CAST(COALESCE(-SUM(l.amount_e4), " \
	"0) AS " \
	"SIGNED) FROM ledger l WHERE l.call_id = c.call_id AND l.kind = 'charge')"

/* A subscriber's are his account's, an operator's his provider's. */
#define MINE " FROM call_record c WHERE (? = 0 OR c.account_id = ?) AND c.provider_id = ? AND "

void calls_list(struct request *r)
{
	const char *host = request_query(r, "host");
	struct page_cursor c;
	char number[33];

	if (!page_cursor_time(r, &c) || (host && !request_number(r, host, "host", number)))
		return;
	page_answer_rows(r, names, "began_at", "id",
	                 "SELECT " CALL_COLUMNS MINE
	                 "(? IS NULL OR c.host = ?) AND (c.began_at < ? OR (c.began_at = ? AND c.call_id < "
	                 "?)) ORDER BY c.began_at DESC, c.call_id DESC LIMIT ?",
	                 "iiisssssi",
	                 (const union store_value[]){ { .i = r->session.account_id },
	                                              { .i = r->session.account_id },
	                                              { .i = r->session.provider_id },
	                                              { .s = host ? number : NULL },
	                                              { .s = host ? number : NULL },
	                                              { .s = c.first },
	                                              { .s = c.first },
	                                              { .s = c.second } });
}

/* ---- one ---- */

/* The rate is in the record as it was applied; what it was rated as is the tariff's to say. */
static json_t *leg_working(const struct office *o, const json_t *leg)
{
	const char *text = json_string_value(json_object_get(leg, ".rate")),
		   *answered = json_string_value(json_object_get(leg, ".answered"));
	int64_t talk_ms = json_integer_value(json_object_get(leg, ".charged_ms")), at;
	struct rate rate;
	char second[20];

	(void)snprintf(second, sizeof(second), "%.19s", answered ? answered : "");
	if (text == NULL || answered == NULL || working_rate(&rate, text) != 0 || stamp_parse(second, &at) != 0)
		return json_null();
	at += strlen(answered) == 23 ? atoi(answered + 20) * 1000 : 0;
	rate.version = (int)json_integer_value(json_object_get(leg, ".version"));
	return working_json(o, &rate, talk_ms, at);
}

static void leg_finish(struct request *r, json_t *leg)
{
	static const char *const hidden[] = { ".rate", ".answered", ".charged_ms", ".version" };

	(void)json_object_set_new(leg, "working", leg_working(r->office, leg));
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		(void)json_object_del(leg, hidden[i]);
	if (!request_is_operator(r))
		(void)json_object_set_new(leg, "trunk", json_null());
}

static int legs_of(struct request *r, const char *call, json_t **list)
{
	static const char *const leg_names[] = { "id",         "role",          "order:i",        "calling:n",  "called:n",
		                                 "trunk",      "began_at:t",    "alerting_at:t",  "answered_at:t", "ended_at:t",
		                                 "talk_ms:i",  "cause:i",       "cut:b",          "amount:m",   ".rate",
		                                 ".answered",  ".charged_ms:i", ".version:i",     NULL };
	const union store_value values[] = { { .s = call } };
	struct rows q = {
		.names = leg_names,
		.sql = "SELECT g.leg_id, g.role, g.party_order, g.calling, g.called, g.trunk, g.began_at, g.alerting_at, "
		       "g.answered_at, g.ended_at, g.talk_ms, g.cause, g.cut, COALESCE(g.amount_e4, 0), g.rate, g.answered_at, "
		       "g.charged_ms, g.tariff_version FROM leg_record g WHERE g.call_id = ? ORDER BY g.began_at, g.leg_id LIMIT "
		       "500",
		.types = "s",
		.values = values
	};
	json_t *leg;
	size_t i;
	int err = rows_get(r, &q, list);

	if (err)
		return err;
	json_array_foreach(*list, i, leg) {
		leg_finish(r, leg);
	}
	return 0;
}

void call_get(struct request *r)
{
	const union store_value values[] = { { .i = r->session.account_id },
		                             { .i = r->session.account_id },
		                             { .i = r->session.provider_id },
		                             { .s = r->param[0] } };
	struct rows q = { .names = names, .sql = "SELECT " CALL_COLUMNS MINE "c.call_id = ?", .types = "iiis", .values = values };
	json_t *list = NULL, *legs, *call;
	int err = rows_get(r, &q, &list);

	if (!err && json_array_size(list) == 0)
		err = -ENOENT;
	if (!err)
		err = legs_of(r, r->param[0], &legs);
	if (err) {
		json_decref(list);
		answer_errno(r, err, "call");
		return;
	}
	call = json_incref(json_array_get(list, 0));
	json_decref(list);
	(void)json_object_set_new(call, "legs", legs);
	answer_json(r, 200, call);
}
