/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conferences that live: looked at here, commanded through the control socket of the node that has them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/audit.h"
#include "control/control.h"
#include "office/json.h"
#include "office/live.h"
#include "office/resources.h"

void conferences_list(struct request *r)
{
	answer_json(r, 200, live_conferences(r->office->live, &r->session));
}

void conference_get(struct request *r)
{
	char node[32];
	json_t *c = live_conference(r->office->live, &r->session, r->param[0], node);

	if (c)
		answer_json(r, 200, c);
	else
		answer_problem(r, PROBLEM_NOT_FOUND, "no conference %s lives", r->param[0]);
}

/* ---- commands ---- */

static void answer_refused(struct request *r, const struct control_problem *p)
{
	if (strcmp(p->code, CONTROL_NOT_FOUND) == 0)
		answer_problem(r, PROBLEM_NOT_FOUND, "%s", p->text);
	else if (strcmp(p->code, CONTROL_ARGS) == 0)
		answer_problem(r, PROBLEM_INVALID_BODY, "%s", p->text);
	else
		answer_problem(r, PROBLEM_CONFLICT, "%s", p->text);
}

struct act { /* an operator's, for the audit trail */
	const struct request *r;
	const char           *cmd, *subject;
	char                  after[80];
};

static int audit_tx(struct store_conn *c, void *arg)
{
	const struct act *a = arg;
	char what[40];

	(void)snprintf(what, sizeof(what), "conference.%s", a->cmd);
	return billing_audit(c, &(struct audit_entry){ .id = a->r->id,
	                                               .who = a->r->who,
	                                               .what = what,
	                                               .subject = a->subject,
	                                               .after = a->after,
	                                               .at_utc_us = a->r->now_utc_us });
}

/* In the audit trail under the host's number, before it is done: what is not written there is not done. What a subscriber does
 * in his own conference is in its records. False after an answer. */
static bool audited(struct request *r, const char *cmd, const json_t *conference, const json_t *args)
{
	const char *number = json_string_value(json_object_get(args, "number"));
	struct act a = { .r = r, .cmd = cmd, .subject = json_string_value(json_object_get(conference, "host")) };
	int err;

	if (!request_is_operator(r))
		return true;
	if (number)
		(void)snprintf(a.after, sizeof(a.after), "%.32s %.32s", r->param[0], number);
	else
		(void)snprintf(a.after, sizeof(a.after), "%.32s %lld", r->param[0],
		               (long long)json_integer_value(json_object_get(args, "order")));
	err = store_tx(r->office->store, audit_tx, &a);
	if (err)
		answer_errno(r, err, "audit trail");
	return !err;
}

/* The conference's node is told; args get the call and the act's id. False after an answer. */
static bool command(struct request *r, const char *cmd, json_t *args, json_t **result)
{
	struct control_problem p;
	json_t *c, *mine = NULL;
	char node[32];
	int err;

	c = live_conference(r->office->live, &r->session, r->param[0], node);
	if (c == NULL) {
		json_decref(args);
		answer_problem(r, PROBLEM_NOT_FOUND, "no conference %s lives", r->param[0]);
		return false;
	}
	if (!audited(r, cmd, c, args)) {
		json_decref(c);
		json_decref(args);
		return false;
	}
	json_decref(c);
	(void)json_object_set_new(args, "call", json_string(r->param[0]));
	(void)json_object_set_new(args, "id", json_string(r->id));
	err = live_ask(r->office->live, node, cmd, args, &mine, &p);
	if (err == -EREMOTEIO)
		answer_refused(r, &p);
	else if (err)
		answer_problem(r, PROBLEM_NODE_UNREACHABLE, "node %s: %s", node, strerror(-err));
	else if (result)
		*result = mine;
	else
		json_decref(mine);
	return !err;
}

void conference_change(struct request *r)
{
	const json_t *locked = json_object_get(r->body, "locked");
	char node[32];
	json_t *c;

	if (locked && !command(r, json_is_true(locked) ? "lock" : "unlock", json_object(), NULL))
		return;
	if (locked && request_has(r, "music"))
		random_id(r->id); /* two acts, two rows of the audit trail */
	if (request_has(r, "music") &&
	    !command(r, "music", json_pack("{s:I}", "track", (json_int_t)request_int(r, "music", 0)), NULL))
		return;
	/* the node tells of it within a moment; what was asked for is answered now */
	c = live_conference(r->office->live, &r->session, r->param[0], node);
	if (c == NULL) {
		answer_problem(r, PROBLEM_NOT_FOUND, "no conference %s lives", r->param[0]);
		return;
	}
	(void)json_object_update(c, r->body);
	answer_json(r, 200, c);
}

void conference_end(struct request *r)
{
	if (command(r, "end", json_object(), NULL))
		answer_none(r);
}

void conference_invite(struct request *r)
{
	json_t *result;
	char number[33];

	if (!request_number(r, request_text(r, "number"), "#/number", number) ||
	    !command(r, "invite", json_pack("{s:s}", "number", request_text(r, "number")), &result))
		return;
	answer_json(r, 202, result);
}

void conference_party_change(struct request *r)
{
	bool muted = json_is_true(json_object_get(r->body, "muted"));

	if (command(r, muted ? "mute" : "unmute", json_pack("{s:i}", "order", atoi(r->param[1])), NULL))
		answer_none(r);
}

/* Order 0 would be the host, and with him everybody: that is the conference's own end. */
void conference_drop(struct request *r)
{
	int order = atoi(r->param[1]);

	if (order == 0) {
		conference_get(r); /* what is not there for him is not there */
		if (!answer_is_problem(r))
			answer_problem(r, PROBLEM_CONFLICT, "the host is no party: DELETE the conference");
	} else if (command(r, "drop", json_pack("{s:i}", "order", order), NULL)) {
		answer_none(r);
	}
}
