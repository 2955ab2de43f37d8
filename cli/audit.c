/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The books against each other, and the audit trail. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "billing/reconcile.h"
#include "cli/database.h"
#include "control/client.h"
#include "core/clock.h"

/* A call that has ended is settled within moments; so often its hold is looked at again before that is a discrepancy. */
#define HOLD_LOOKS    20
#define HOLD_PAUSE_US 500000
/* And so often for a record that may still be on its way: a node repeats what the database did not take every 2 s. */
#define YOUNG_LOOKS   20

static const struct column finding_columns[] = {
	{ "check", "CHECK", COLUMN_TEXT },      { "object", "OF", COLUMN_TEXT }, { "at", "AT (UTC)", COLUMN_TEXT },
	{ "expected_e4", "EXPECTED", COLUMN_MONEY }, { "found_e4", "FOUND", COLUMN_MONEY }, { "text", "WHAT", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct column trail_columns[] = {
	{ "at", "AT (UTC)", COLUMN_TEXT },    { "who", "WHO", COLUMN_TEXT },       { "origin", "WHERE FROM", COLUMN_TEXT },
	{ "what", "WHAT", COLUMN_TEXT },      { "subject", "OF", COLUMN_TEXT },    { "before", "BEFORE", COLUMN_TEXT },
	{ "after", "AFTER", COLUMN_TEXT },    { NULL, NULL, COLUMN_TEXT },
};

struct lists {
	json_t *discrepancies, *explained;
};

static int list_add(void *arg, const struct reconcile_finding *f)
{
	struct lists *l = arg;

	if (f == NULL) {
		(void)json_array_clear(l->discrepancies);
		(void)json_array_clear(l->explained);
		return 0;
	}
	return json_array_append_new(f->discrepancy ? l->discrepancies : l->explained,
	                             json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "check", f->check, "object", f->object, "at",
	                                       f->at, "expected_e4", (json_int_t)f->expected_e4, "found_e4",
	                                       (json_int_t)f->found_e4, "text", f->text)) == 0
	               ? 0
	               : -ENOMEM;
}

/* ---- holds and live calls ---- */

/* Asks the node without a complaint: the books can be audited where no node runs. */
static json_t *node_says(struct cli *c, const char *cmd)
{
	struct control_problem problem;
	json_t *result = NULL;

	if (c->settings.control.socket[0] == '\0' ||
	    control_call(c->settings.control.socket, cmd, NULL, &result, &problem, c->timeout_us) != 0)
		return NULL;
	return result;
}

static bool call_lives(const json_t *calls, const char *id)
{
	const json_t *call;
	size_t i;

	json_array_foreach(calls, i, call) if (strcmp(json_string_value(json_object_get(call, "call")), id) == 0) return true;
	return false;
}

/* The node's open holds whose call it does not know. */
static int holds_without_call(struct cli *c, const char *node, const json_t *calls, json_t **without)
{
	static const char *const names[] = { "object", "found_e4:i", "at", NULL };
	json_t *holds, *hold;
	size_t i;
	int status =
		cli_rows(c, &holds, names, 1000000,
	                 "SELECT id, amount_e4, opened_at FROM hold WHERE state = 'open' AND node = ? ORDER BY opened_at LIMIT ?",
	                 node, NULL);

	*without = json_array();
	if (status != CLI_OK)
		return status;
	json_array_foreach(holds, i, hold) if (!call_lives(calls, json_string_value(json_object_get(hold, "object"))))(void)
		json_array_append(*without, hold);
	json_decref(holds);
	return CLI_OK;
}

/* Of those in both lists. */
static void keep_common(json_t *list, const json_t *other)
{
	for (size_t i = json_array_size(list); i > 0; i--) {
		const char *id = json_string_value(json_object_get(json_array_get(list, i - 1), "object"));
		const json_t *o;
		bool there = false;
		size_t k;

		json_array_foreach(other, k, o)
			there |= strcmp(json_string_value(json_object_get(o, "object")), id) == 0;
		if (!there)
			(void)json_array_remove(list, i - 1);
	}
}

/* Each open hold of the node that answers at the control socket belongs to a call that it knows. *looked: it was asked. */
static int audit_live(struct cli *c, struct lists *l, bool *looked)
{
	json_t *suspects = NULL, *hold;
	size_t i;

	*looked = false;
	for (int look = 0; look < HOLD_LOOKS; look++) {
		json_t *status = node_says(c, "status"), *calls = node_says(c, "calls"), *without = NULL;
		int err = CLI_OK;

		*looked = status && calls;
		if (*looked)
			err = holds_without_call(c, json_string_value(json_object_get(status, "name")), calls, &without);
		json_decref(status);
		json_decref(calls);
		if (suspects && without)
			keep_common(suspects, without);
		else if (without)
			suspects = json_incref(without);
		json_decref(without);
		if (err != CLI_OK || !*looked || json_array_size(suspects) == 0) {
			json_decref(suspects);
			return err;
		}
		if (look + 1 < HOLD_LOOKS)
			(void)usleep(HOLD_PAUSE_US);
	}
	json_array_foreach(suspects, i, hold) {
		(void)json_object_set_new(hold, "check", json_string("live"));
		(void)json_object_set_new(hold, "expected_e4", json_integer(0));
		(void)json_object_set_new(hold, "text", json_string("an open hold of a call that its node does not know"));
		(void)json_array_append(l->discrepancies, hold);
	}
	json_decref(suspects);
	return CLI_OK;
}

/* A node that answers delivers its records within moments: what is without its other half after them is wrong, however young. */
static int audit_books(struct cli *c, struct reconcile *r)
{
	json_t *status = NULL;
	int err = 0;

	for (int look = 0;; look++) {
		r->now_utc_us = clock_utc_us();
		r->strict = look == YOUNG_LOOKS;
		err = reconcile(c->store, r);
		if (err || r->young == 0 || r->strict)
			break;
		if (status == NULL)
			status = node_says(c, "status");
		if (status == NULL)
			break;
		(void)usleep(HOLD_PAUSE_US);
	}
	json_decref(status);
	return err;
}

/* ---- the commands ---- */

static void audit_show(struct cli *c, const struct reconcile *r, const struct lists *l, bool live)
{
	if (c->json) {
		json_t *all = json_pack("{s:I, s:I, s:I, s:b, s:O, s:O}", "accounts", (json_int_t)r->accounts, "movements",
		                        (json_int_t)r->movements, "legs", (json_int_t)r->legs, "live_calls", live,
		                        "discrepancies", l->discrepancies, "explained", l->explained);

		output_json(c->out, all);
		json_decref(all);
		return;
	}
	if (json_array_size(l->explained)) {
		fputs("Known and explained:\n", c->out);
		output_table(c->out, l->explained, finding_columns, NULL);
	}
	if (json_array_size(l->discrepancies)) {
		fputs("Discrepancies:\n", c->out);
		output_table(c->out, l->discrepancies, finding_columns, NULL);
	}
	fprintf(c->out, "%lld accounts, %lld movements, %lld legs rated again: %zu discrepancies, %zu known and explained\n",
	        (long long)r->accounts, (long long)r->movements, (long long)r->legs, json_array_size(l->discrepancies),
	        json_array_size(l->explained));
	if (!live)
		fprintf(c->out, "no node answers at %s: its holds were not compared with live calls\n",
		        c->settings.control.socket);
}

static int run_audit(struct cli *c)
{
	struct lists l = { 0 };
	struct reconcile r = { .each = list_add, .arg = &l };
	bool live = false;
	int status, err;

	if (c->since && !cli_time(c, c->since, &r.since_utc_us))
		return CLI_USAGE;
	status = cli_database(c);
	if (status != CLI_OK)
		return status;
	l.discrepancies = json_array();
	l.explained = json_array();
	err = audit_books(c, &r);
	status = err ? cli_database_error(c, err, "the audit") : audit_live(c, &l, &live);
	if (status == CLI_OK) {
		audit_show(c, &r, &l, live);
		status = json_array_size(l.discrepancies) ? CLI_FAILED : CLI_OK;
	}
	json_decref(l.discrepancies);
	json_decref(l.explained);
	return status;
}

#define TRAIL "SELECT at, who, origin, what, subject, before_text, after_text FROM audit "

static int run_trail(struct cli *c)
{
	static const char *const names[] = { "at", "who", "origin", "what", "subject", "before", "after", NULL };
	const char *subject = c->args ? c->arg[0] : NULL;
	char number[33];

	/* a number as people write it; anything else is the name of a tariff, a batch ... */
	if (subject && strspn(subject, "+0123456789") == strlen(subject) && cli_number_quiet(c, subject, number))
		subject = number;
	return cli_show_rows(
		c, names, trail_columns, "nothing was changed", 50,
		subject ? TRAIL "WHERE subject = ? ORDER BY at DESC, id LIMIT ?" : TRAIL "ORDER BY at DESC, id LIMIT ?", subject);
}

const struct cli_command cli_audit_commands[] = {
	{ "audit", "[--since TIME]",
	  "Recomputes the books and compares them; status 1 and each discrepancy by name when they do not agree. --since: from "
	  "when on cut legs and "
	  "losses, which are explained, are listed.",
	  0, 0, run_audit },
	{ "audit trail", "[OF] [--limit N]",
	  "Who changed what, when and from where, the latest first; of one number, tariff or batch.", 0, 1, run_trail },
	{ NULL, NULL, NULL, 0, 0, NULL },
};
