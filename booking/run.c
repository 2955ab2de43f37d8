/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "booking/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "booking/internal.h"
#include "core/clock.h"

const char *booking_outcome_name(enum booking_outcome o)
{
	static const char *const name[] = {
		[BOOKING_OPEN] = "",
		[BOOKING_ANSWERED] = "answered",
		[BOOKING_BUSY] = "busy",
		[BOOKING_NO_ANSWER] = "no-answer",
		[BOOKING_UNALLOCATED] = "unallocated",
		[BOOKING_CONGESTION] = "congestion",
		[BOOKING_REJECTED] = "rejected",
		[BOOKING_BARRED] = "barred",
		[BOOKING_NO_RATE] = "no-rate",
		[BOOKING_NO_MONEY] = "no-money",
		[BOOKING_NO_ACCOUNT] = "no-account",
		[BOOKING_CALLED_OFF] = "called-off",
		[BOOKING_NOT_CALLED] = "not-called",
		[BOOKING_INTERRUPTED] = "interrupted",
		[BOOKING_MISSED] = "missed",
		[BOOKING_HELD] = "held",
	};
	return name[o];
}

struct run_query {
	const struct booking_node    *node;
	const struct booking_attempt *attempt;
	const struct booking_end     *end;
	const char                   *run_id;
	int64_t                       now;
};

/* Locks the run's row. A lease that is over is nobody's, though nobody else has taken it yet. */
static int owned(struct store_conn *c, const struct booking_node *n, const char *run_id, int64_t now)
{
	int64_t ours;
	int err =
		store_query_int(c, &ours,
	                        "SELECT lease_owner = ? AND lease_until > ? FROM booking_run WHERE id = ? AND lease_owner IS NOT "
	                        "NULL FOR UPDATE",
	                        "sts", n->owner, now, run_id);

	return err == -ENOENT ? -ESTALE : err ? err : ours ? 0 : -ESTALE;
}

/* ---- the lease ---- */

static int renew_tx(struct store_conn *c, void *arg)
{
	struct run_query *q = arg;
	int err = owned(c, q->node, q->run_id, q->now);

	return err ? err
	           : store_exec(c, NULL, "UPDATE booking_run SET lease_until = ? WHERE id = ?", "ts", q->now + q->node->lease_us,
	                        q->run_id);
}

int booking_renew(struct store *s, const struct booking_node *n, const char *run_id, int64_t now_utc_us)
{
	struct run_query q = { .node = n, .run_id = run_id, .now = now_utc_us };

	return store_tx(s, renew_tx, &q);
}

/* ---- attempts ---- */

static int begin_tx(struct store_conn *c, void *arg)
{
	struct run_query *q = arg;
	const struct booking_attempt *a = q->attempt;
	int64_t there = 0;
	int err = owned(c, q->node, a->run_id, q->now);

	if (!err)
		err = store_query_int(c, &there, "SELECT COUNT(*) FROM booking_attempt WHERE id = ?", "s", a->id);
	if (err || there)
		return err; /* there: in a try whose commit we did not hear of */
	return store_exec(c, NULL,
	                  "INSERT INTO booking_attempt (id, run_id, party_order, number, node, began_at) VALUES (?, ?, ?, ?, ?, "
	                  "?)",
	                  "ssisst", a->id, a->run_id, (int64_t)a->order, a->number, q->node->name, q->now);
}

int booking_attempt_begin(struct store *s, const struct booking_node *n, const struct booking_attempt *a, int64_t now_utc_us)
{
	struct run_query q = { .node = n, .attempt = a, .now = now_utc_us };

	return store_tx(s, begin_tx, &q);
}

static int end_party(struct store_conn *c, const struct run_query *q)
{
	const struct booking_attempt *a = q->attempt;
	const struct booking_end *e = q->end;

	return store_exec(c, NULL,
	                  "UPDATE booking_run_party SET made = made + ?, outcome = ?, cause = ?, answered_at = ? WHERE run_id = "
	                  "? AND party_order = ?",
	                  "isitsi", (int64_t)e->counts, booking_outcome_name(e->outcome), (int64_t)e->cause,
	                  e->outcome == BOOKING_ANSWERED ? q->now : INT64_C(0), a->run_id, (int64_t)a->order);
}

static int end_tx(struct store_conn *c, void *arg)
{
	struct run_query *q = arg;
	const struct booking_attempt *a = q->attempt;
	const struct booking_end *e = q->end;
	uint64_t open;
	int err = owned(c, q->node, a->run_id, q->now);

	if (err)
		return err;
	err = store_exec(
		c, &open,
		"UPDATE booking_attempt SET ended_at = ?, outcome = ?, cause = ?, counts = ?, leg_id = ? WHERE id = ? AND "
		"ended_at IS NULL",
		"tsiiss", q->now, booking_outcome_name(e->outcome), (int64_t)e->cause, (int64_t)e->counts, e->leg_id, a->id);
	if (err || open == 0)
		return err; /* not open: ended in a try whose commit we did not hear of */
	if (a->order > 0)
		return end_party(c, q);
	return booking_run_step(c, q->node->owner, a->run_id, e, q->now, q->node->congestion_us, q->node->congestion_retries);
}

int booking_attempt_end(struct store *s, const struct booking_node *n, const struct booking_attempt *a,
                        const struct booking_end *e, int64_t now_utc_us)
{
	struct run_query q = { .node = n, .attempt = a, .end = e, .now = now_utc_us };

	return store_tx(s, end_tx, &q);
}

/* ---- the run ---- */

struct run_now {
	char     booking_id[ID_SIZE];
	int64_t  planned;
	unsigned made, congested, redials, interval_s, length_s;
	bool     done;
};

static int run_row(void *arg, const char *const *col, unsigned cols)
{
	struct run_now *r = arg;

	(void)cols;
	(void)snprintf(r->booking_id, ID_SIZE, "%s", col[0]);
	r->planned = strtoll(col[1], NULL, 10);
	r->made = (unsigned)strtoul(col[2], NULL, 10);
	r->congested = (unsigned)strtoul(col[3], NULL, 10);
	r->redials = (unsigned)strtoul(col[4], NULL, 10);
	r->interval_s = (unsigned)strtoul(col[5], NULL, 10);
	r->length_s = (unsigned)strtoul(col[6], NULL, 10);
	r->done = strcmp(col[7], "done") == 0;
	return 1;
}

static int run_done(struct store_conn *c, const char *run_id, const struct run_now *r, const struct booking_end *e, int64_t now)
{
	int err =
		store_exec(c, NULL,
	                   "UPDATE booking_run SET state = 'done', outcome = ?, cause = ?, made = ?, ended_at = ?, lease_owner = "
	                   "NULL, lease_until = NULL WHERE id = ?",
	                   "siits", booking_outcome_name(e->outcome), (int64_t)e->cause, (int64_t)r->made, now, run_id);

	if (!err) /* of whom nobody has said anything */
		err = store_exec(
			c, NULL, "UPDATE booking_run_party SET outcome = ? WHERE run_id = ? AND outcome = ''", "ss",
			booking_outcome_name(e->outcome == BOOKING_INTERRUPTED ? BOOKING_INTERRUPTED : BOOKING_NOT_CALLED),
			run_id);
	if (!err)
		err = store_exec(c, NULL, "UPDATE booking SET state = 'done' WHERE id = ? AND state = 'begun'", "s",
		                 r->booking_id);
	return err;
}

static int run_live(struct store_conn *c, const char *run_id, const struct run_now *r, const struct booking_end *e, int64_t now)
{
	return store_exec(
		c, NULL,
		"UPDATE booking_run SET state = 'live', made = ?, call_id = ?, answered_at = ?, outcome = '' WHERE id = ?",
		"ists", (int64_t)r->made, e->call_id, now, run_id);
}

int booking_run_step(struct store_conn *c, const char *owner, const char *run_id, const struct booking_end *e, int64_t now_utc_us,
                     int64_t congestion_us, unsigned congestion_retries)
{
	struct run_now r = { 0 };
	int64_t due = INT64_MAX;
	bool counts = e->counts;
	int err = store_query(c, run_row, &r,
	                      "SELECT r.booking_id, " BOOKING_US(
				      "r.planned_at") ", r.made, r.congested, b.redials, b.interval_s, b.length_s, r.state FROM "
	                                              "booking_run r JOIN booking b ON b.id = r.booking_id WHERE r.id = ? AND "
	                                              "(? IS NULL OR r.lease_owner = ?)",
	                      "sss", run_id, owner, owner);

	if (err || r.done)
		return err == -ENOENT ? -ESTALE : err;
	if (e->outcome == BOOKING_CONGESTION && !e->final && !counts && ++r.congested > congestion_retries)
		counts = true;
	if (counts) {
		r.made++;
		r.congested = 0;
	}
	if (e->outcome == BOOKING_ANSWERED)
		return run_live(c, run_id, &r, e, now_utc_us);
	if (!e->final && !counts)
		due = now_utc_us + congestion_us;
	else if (!e->final) {
		int64_t next = booking_next_attempt(now_utc_us / 1000000, r.made, r.redials, r.interval_s);

		due = next == BOOKING_NEVER ? INT64_MAX : now_utc_us + CLOCK_SEC(r.interval_s);
	}
	if (r.length_s > 0 && due >= r.planned + CLOCK_SEC(r.length_s))
		due = INT64_MAX; /* it would be over by then */
	if (due == INT64_MAX)
		return run_done(c, run_id, &r, e, now_utc_us);
	return store_exec(
		c, NULL,
		"UPDATE booking_run SET state = 'waiting', due_at = ?, made = ?, congested = ?, outcome = ?, cause = ?, "
		"lease_owner = NULL, lease_until = NULL WHERE id = ?",
		"tiisis", due, (int64_t)r.made, (int64_t)r.congested, booking_outcome_name(e->outcome), (int64_t)e->cause,
		run_id);
}

static int run_end_tx(struct store_conn *c, void *arg)
{
	struct run_query *q = arg;
	int err = owned(c, q->node, q->run_id, q->now);

	return err ? err
	           : booking_run_step(c, q->node->owner, q->run_id, q->end, q->now, q->node->congestion_us,
	                              q->node->congestion_retries);
}

int booking_run_end(struct store *s, const struct booking_node *n, const char *run_id, const struct booking_end *e,
                    int64_t now_utc_us)
{
	struct run_query q = { .node = n, .run_id = run_id, .end = e, .now = now_utc_us };

	return store_tx(s, run_end_tx, &q);
}
