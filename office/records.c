/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leg records (telephony rule 25), of the operator's provider. */
#include <stdlib.h>
#include <string.h>

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
