/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, spans, trunks and alarms: of those who run them. */
#include <errno.h>
#include <string.h>

#include "billing/audit.h"
#include "control/control.h"
#include "office/json.h"
#include "office/live.h"
#include "office/resources.h"

void nodes_list(struct request *r)
{
	answer_json(r, 200, live_nodes(r->office->live));
}

void spans_list(struct request *r)
{
	answer_json(r, 200, live_spans(r->office->live));
}

void trunks_list(struct request *r)
{
	answer_json(r, 200, live_trunks(r->office->live));
}

void alarms_list(struct request *r)
{
	answer_json(r, 200, live_alarms(r->office->live));
}

/* The path's node is asked. False after an answer. */
static bool ask(struct request *r, const char *cmd, json_t *args, json_t **result)
{
	struct control_problem p = { .code = "" };
	int err = live_ask(r->office->live, r->param[0], cmd, args, result, &p);

	if (err == -EREMOTEIO && strcmp(p.code, CONTROL_NOT_FOUND) == 0)
		answer_problem(r, PROBLEM_NOT_FOUND, "%s", p.text);
	else if (err == -EREMOTEIO)
		answer_problem(r, strcmp(p.code, CONTROL_ARGS) == 0 ? PROBLEM_INVALID_BODY : PROBLEM_CONFLICT, "%s", p.text);
	else if (err == -ENOENT && !live_is_node(r->office->live, r->param[0]))
		answer_problem(r, PROBLEM_NOT_FOUND, "there is no node %s", r->param[0]);
	else if (err)
		answer_problem(r, PROBLEM_NODE_UNREACHABLE, "node %s: %s", r->param[0], strerror(-err));
	return !err;
}

/* span is taken over. */
static void answer_span(struct request *r, json_t *span, bool channels)
{
	json_t *out = live_span(r->param[0], span);

	if (channels)
		(void)json_object_set(out, "channels", json_object_get(span, "channels"));
	json_decref(span);
	answer_json(r, 200, out);
}

void span_get(struct request *r)
{
	json_t *span;

	if (ask(r, "span", json_pack("{s:s}", "span", r->param[1]), &span))
		answer_span(r, span, true);
}

struct service {
	struct request *r;
	char            subject[64], after[64];
};

static int audit_tx(struct store_conn *c, void *arg)
{
	const struct service *s = arg;

	return billing_audit(c, &(struct audit_entry){ .id = s->r->id,
	                                               .who = s->r->who,
	                                               .what = "span.service",
	                                               .subject = s->subject,
	                                               .after = s->after,
	                                               .at_utc_us = s->r->now_utc_us });
}

/* In the audit trail first: what is not written there is not done. */
void span_change(struct request *r)
{
	bool in = json_is_true(json_object_get(r->body, "in_service"));
	int64_t timeslot = request_int(r, "timeslot", 0);
	struct service s = { .r = r };
	json_t *span, *args = json_pack("{s:s}", "span", r->param[1]);
	int err;

	if (!ask(r, "span", args, &span))
		return;
	json_decref(span);
	(void)snprintf(s.subject, sizeof(s.subject), "%.31s/%.31s", r->param[0], r->param[1]);
	(void)snprintf(s.after, sizeof(s.after), "%s %lld: %s", timeslot ? "timeslot" : "all timeslots", (long long)timeslot,
	               in ? "in service" : "out of service");
	err = store_tx(r->office->store, audit_tx, &s);
	if (err) {
		answer_errno(r, err, "audit trail");
		return;
	}
	args = json_pack("{s:s, s:b}", "span", r->param[1], "in_service", in);
	if (timeslot)
		(void)json_object_set_new(args, "timeslot", json_integer(timeslot));
	if (ask(r, "service", args, &span))
		answer_span(r, span, false);
}

void counters_list(struct request *r)
{
	const char *group = request_query(r, "group");
	json_t *list;

	if (ask(r, "counters", group ? json_pack("{s:s}", "group", group) : NULL, &list))
		answer_json(r, 200, json_pack("{s:o}", "items", list));
}
