/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leg records (telephony rule 25), and record files (rule 24), of the operator's provider. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/record_export.h"
#include "office/json.h"
#include "office/resources.h"

#define EARLIEST_US INT64_C(1000)                /* 1970 */
#define LATEST_US   INT64_C(7258118400000000)    /* 2200 */

void records_list(struct request *r)
{
	static const char *const names[] = { "leg",        "call",          "node",          "role",         "direction",
		                             "trunk",      "channel",       "calling",       "called",       "redirecting",
		                             "began_at:t", "alerting_at:t", "answered_at:t", "ended_at:t",   "talk_ms:i",
		                             "cause:i",    "location:i",    "cleared_by",    "billable_s:i", "amount:m",
		                             NULL };
	const char *number = request_query(r, "number");
	struct page_cursor c;
	char canonical[33];
	int64_t from, to;

	if (!page_cursor_time(r, &c) || !request_query_time(r, "from", EARLIEST_US, &from) ||
	    !request_query_time(r, "to", LATEST_US, &to) || (number && !request_number(r, number, "number", canonical)))
		return;
	page_answer_rows(
		r, names, "began_at", "leg",
		"SELECT g.leg_id, g.call_id, g.node, g.role, g.direction, g.trunk, g.channel, g.calling, g.called, "
		"g.redirecting, g.began_at, g.alerting_at, g.answered_at, g.ended_at, g.talk_ms, g.cause, g.location, "
		"g.cleared_by, g.billable_s, g.amount_e4 FROM leg_record g WHERE g.provider_id = ? AND (? IS NULL OR g.calling "
		"= ? OR g.called = ?) AND g.began_at >= ? AND g.began_at < ? AND (g.began_at < ? OR (g.began_at = ? AND g.leg_id "
	        "< ?)) ORDER "
		"BY g.began_at DESC, g.leg_id DESC LIMIT ?",
		"isssttsssi",
		(const union store_value[]){ { .i = r->session.provider_id },
	                                     { .s = number ? canonical : NULL },
	                                     { .s = number ? canonical : NULL },
	                                     { .s = number ? canonical : NULL },
	                                     { .i = from },
	                                     { .i = to },
	                                     { .s = c.first },
	                                     { .s = c.first },
	                                     { .s = c.second } });
}

/* The answer is made in memory, about 400 octets a row: longer files are the command line's (partyline records export). */
#define EXPORT_ROWS_MAX 100000

void records_export(struct request *r)
{
	const char *kind = request_query(r, "kind");
	struct record_export x = { .kind = kind && strcmp(kind, "calls") == 0 ? RECORD_CALLS : RECORD_LEGS,
		                   .provider = r->session.provider,
		                   .rows_most = EXPORT_ROWS_MAX,
		                   .who = r->who,
		                   .at_utc_us = r->now_utc_us };
	char *text = NULL;
	size_t len = 0;
	int err;

	if (!request_query_time(r, "from", EARLIEST_US, &x.from_utc_us) || !request_query_time(r, "to", LATEST_US, &x.to_utc_us))
		return;
	x.out = open_memstream(&text, &len);
	err = x.out ? record_export(r->office->store, &x) : -ENOMEM;
	if (x.out && fclose(x.out) != 0 && !err)
		err = -ENOMEM;
	if (!err) {
		answer_text(r, text, len, "text/csv; charset=utf-8");
		return;
	}
	free(text);
	if (err == -EINVAL)
		answer_wrong(r, "to", "is not behind from");
	else if (err == -E2BIG)
		answer_wrong(r, "to", "that are %llu records, %d at most: take a shorter time, or partyline records export",
		             (unsigned long long)x.rows, EXPORT_ROWS_MAX);
	else
		answer_errno(r, err, "record file");
}
