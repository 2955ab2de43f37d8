/* SPDX-License-Identifier: GPL-2.0-or-later */
/* booking/claim.c - which bookings a node begins now. Rows that another node looks at are skipped, not waited for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "booking/internal.h"
#include "booking/run.h"
#include "core/clock.h"

struct due {
	char    id[ID_SIZE];
	int64_t at;
	unsigned channels;
};

struct claim {
	const struct booking_node *node;
	struct booking_claim      *k;
	unsigned                   whole;
	struct due                 again[BOOKING_CLAIM_MAX], first[BOOKING_CLAIM_MAX];
	unsigned                   agains, firsts;
};

/*
 * Two nodes that look for what is due would lock the same gaps of the index behind it, and then wait for each other to put their
 * runs there: a deadlock at nearly each claim. Rows alone are enough: whatever is read here is read locked. First in its
 * transaction.
 */
static int lock_rows_only(struct store_conn *c)
{
	return store_exec(c, NULL, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "");
}

/* ---- nodes that died ---- */

static int ids_row(void *arg, const char *const *col, unsigned cols)
{
	struct claim *q = arg;

	(void)cols;
	(void)snprintf(q->again[q->agains].id, ID_SIZE, "%s", col[0]);
	q->again[q->agains++].channels = strcmp(col[1], "live") == 0;
	return 0;
}

static int close_attempts(struct store_conn *c, const char *run, int64_t now, uint64_t *host)
{
	int err = store_exec(c, NULL,
	                     "UPDATE booking_run_party p JOIN booking_attempt a ON a.run_id = p.run_id AND a.party_order = "
	                     "p.party_order SET p.made = p.made + 1, p.outcome = ? WHERE a.run_id = ? AND a.ended_at IS NULL",
	                     "ss", booking_outcome_name(BOOKING_INTERRUPTED), run);

	if (!err)
		err = store_exec(c, host,
		                 "UPDATE booking_attempt SET ended_at = ?, outcome = ? WHERE run_id = ? AND ended_at IS NULL AND "
		                 "party_order = 0",
		                 "tss", now, booking_outcome_name(BOOKING_INTERRUPTED), run);
	if (!err)
		err = store_exec(c, NULL,
		                 "UPDATE booking_attempt SET ended_at = ?, outcome = ? WHERE run_id = ? AND ended_at IS NULL",
		                 "tss", now, booking_outcome_name(BOOKING_INTERRUPTED), run);
	return err;
}

/* A conference that was live is over; a call to the host that was under way counts; one that was not begun is due now. */
static int take_over(struct store_conn *c, const char *run, bool live, int64_t now)
{
	static const struct booking_end dead = { .outcome = BOOKING_INTERRUPTED, .counts = true };
	static const struct booking_end over = { .outcome = BOOKING_INTERRUPTED, .final = true };
	uint64_t host;
	int err = close_attempts(c, run, now, &host);

	if (err)
		return err;
	if (live)
		return booking_run_step(c, NULL, run, &over, now, 0, 0);
	if (host > 0)
		return booking_run_step(c, NULL, run, &dead, now, 0, 0);
	return store_exec(c, NULL,
	                  "UPDATE booking_run SET state = 'waiting', due_at = ?, lease_owner = NULL, lease_until = NULL WHERE id "
	                  "= ?",
	                  "ts", now, run);
}

static int reap_tx(struct store_conn *c, void *arg)
{
	struct claim *q = arg;
	int err;

	q->agains = 0;
	err = lock_rows_only(c);
	if (!err)
		err = store_query(c, ids_row, q,
		                  "SELECT id, state FROM booking_run WHERE state IN ('calling', 'live') AND lease_until <= ? "
		                  "ORDER BY lease_until LIMIT ? FOR UPDATE SKIP LOCKED",
		                  "ti", q->k->now_utc_us, (int64_t)BOOKING_CLAIM_MAX);
	for (unsigned i = 0; !err && i < q->agains; i++)
		err = take_over(c, q->again[i].id, q->again[i].channels, q->k->now_utc_us);
	q->k->taken_over = q->agains;
	return err == -ENOENT ? 0 : err;
}

/* ---- what is due ---- */

static int due_row(struct due *list, unsigned *count, const char *const *col)
{
	struct due *d = &list[*count];

	(void)snprintf(d->id, sizeof(d->id), "%s", col[0]);
	d->at = strtoll(col[1], NULL, 10);
	d->channels = (unsigned)strtoul(col[2], NULL, 10);
	(*count)++;
	return 0;
}

static int again_row(void *arg, const char *const *col, unsigned cols)
{
	struct claim *q = arg;

	(void)cols;
	return due_row(q->again, &q->agains, col);
}

static int first_row(void *arg, const char *const *col, unsigned cols)
{
	struct claim *q = arg;

	(void)cols;
	return due_row(q->first, &q->firsts, col);
}

static int look(struct store_conn *c, struct claim *q, unsigned limit)
{
	int64_t now = q->k->now_utc_us;
	int err;

	q->agains = q->firsts = 0;
	err = store_query(
		c, again_row, q,
		"SELECT id, " BOOKING_US("due_at") ", channels FROM booking_run WHERE state = 'waiting' AND due_at <= ? "
						   "ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED",
		"ti", now, (int64_t)limit);
	if (!err || err == -ENOENT)
		err = store_query(
			c, first_row, q,
			"SELECT id, " BOOKING_US("next_at") ", parties + 1 FROM booking WHERE state = 'active' AND "
							    "next_at <= ? ORDER BY next_at, id LIMIT ? FOR UPDATE SKIP LOCKED",
			"ti", now, (int64_t)limit);
	return err == -ENOENT ? 0 : err;
}

static bool too_late(const struct booking_node *n, const struct booking_run *r, int64_t now)
{
	return (n->late_max_us > 0 && now - r->due_utc_us > n->late_max_us) ||
	       (r->booking.length_s > 0 && now - r->planned_utc_us >= CLOCK_SEC(r->booking.length_s));
}

static int insert_run(struct store_conn *c, const struct claim *q, const struct booking_run *r, bool missed)
{
	int64_t now = q->k->now_utc_us;
	int err;

	/* an earlier one that still waits to call its host again is overtaken */
	err = store_exec(c, NULL,
	                 "UPDATE booking_run SET state = 'done', ended_at = ? WHERE booking_id = ? AND state = 'waiting'", "ts",
	                 now, r->booking.id);
	if (!err && missed)
		err = store_exec(c, NULL,
		                 "INSERT INTO booking_run (id, booking_id, planned_at, channels, state, due_at, outcome, node, "
		                 "began_at, ended_at) VALUES (?, ?, ?, ?, 'done', ?, ?, ?, ?, ?)",
		                 "sstitsstt", r->id, r->booking.id, r->planned_utc_us, (int64_t)r->booking.party_count + 1, now,
		                 booking_outcome_name(BOOKING_MISSED), q->node->name, now, now);
	else if (!err)
		err = store_exec(c, NULL,
		                 "INSERT INTO booking_run (id, booking_id, planned_at, channels, state, due_at, node, "
		                 "lease_owner, lease_until, began_at) VALUES (?, ?, ?, ?, 'calling', ?, ?, ?, ?, ?)",
		                 "sstitsstt", r->id, r->booking.id, r->planned_utc_us, (int64_t)r->booking.party_count + 1,
		                 r->due_utc_us, q->node->name, q->node->owner, now + q->node->lease_us, now);
	if (!err)
		err = store_exec(c, NULL,
		                 "INSERT INTO booking_run_party (run_id, party_order, number, name, outcome) SELECT ?, "
		                 "party_order, number, name, ? FROM booking_party WHERE booking_id = ?",
		                 "sss", r->id, missed ? booking_outcome_name(BOOKING_NOT_CALLED) : "", r->booking.id);
	return err;
}

/* The booking begins, and is planned for its next time when there is one. */
static int begin_first(struct store_conn *c, struct claim *q, const struct due *d, struct booking_run *r, bool *missed)
{
	int64_t next;
	int err = booking_load(c, d->id, &r->booking);

	if (err)
		return err;
	random_id(r->id);
	r->planned_utc_us = r->due_utc_us = d->at;
	*missed = too_late(q->node, r, q->k->now_utc_us);
	err = insert_run(c, q, r, *missed);
	if (!err && booking_next(&r->booking, d->at, &next) != 0)
		next = 0; /* its zone has been taken from this machine: it was there when it was booked */
	if (!err)
		err = store_exec(c, NULL, "UPDATE booking SET next_at = ?, state = ? WHERE id = ?", "tss", next,
		                 next                         ? "active"
		                 : *missed                    ? "done"
		                           : "begun",
		                 d->id);
	return err;
}

static int planned_row(void *arg, const char *const *col, unsigned cols)
{
	struct booking_run *r = arg;

	(void)cols;
	(void)snprintf(r->booking.id, sizeof(r->booking.id), "%s", col[0]);
	r->planned_utc_us = strtoll(col[1], NULL, 10);
	return 1;
}

static int begin_again(struct store_conn *c, struct claim *q, const struct due *d, struct booking_run *r, bool *missed)
{
	static const struct booking_end late = { .outcome = BOOKING_MISSED, .final = true };
	char id[ID_SIZE];
	int err;

	memcpy(r->id, d->id, ID_SIZE);
	r->due_utc_us = d->at;
	err = store_query(c, planned_row, r, "SELECT booking_id, " BOOKING_US("planned_at") " FROM booking_run WHERE id = ?", "s",
	                  d->id);
	memcpy(id, r->booking.id, ID_SIZE);
	if (!err)
		err = booking_load(c, id, &r->booking);
	if (err)
		return err;
	*missed = too_late(q->node, r, q->k->now_utc_us);
	if (*missed)
		return booking_run_step(c, NULL, r->id, &late, q->k->now_utc_us, 0, 0);
	return store_exec(c, NULL,
	                  "UPDATE booking_run SET state = 'calling', node = ?, lease_owner = ?, lease_until = ? WHERE id = ?",
	                  "ssts", q->node->name, q->node->owner, q->k->now_utc_us + q->node->lease_us, d->id);
}

static void forget(struct booking_claim *k)
{
	for (unsigned i = 0; i < k->count; i++)
		free(k->run[i]);
	k->count = 0;
}

static int claim_tx(struct store_conn *c, void *arg)
{
	struct claim *q = arg;
	struct booking_claim *k = q->k;
	unsigned a = 0, f = 0, left = k->channels, limit = left / 2 + 1;
	int err;

	forget(k); /* of a try that came to nothing */
	k->missed = 0;
	err = lock_rows_only(c);
	if (!err)
		err = look(c, q, limit < BOOKING_CLAIM_MAX ? limit : BOOKING_CLAIM_MAX);
	while (!err && k->count < BOOKING_CLAIM_MAX && (a < q->agains || f < q->firsts)) {
		bool again = f == q->firsts || (a < q->agains && q->again[a].at <= q->first[f].at), missed = false;
		const struct due *d = again ? &q->again[a++] : &q->first[f++];
		unsigned want = d->channels < q->whole ? d->channels : q->whole;
		struct booking_run *r;

		if (want > left || left == 0)
			return 0;
		r = calloc(1, sizeof(*r));
		if (r == NULL)
			return -ENOMEM;
		err = again ? begin_again(c, q, d, r, &missed) : begin_first(c, q, d, r, &missed);
		if (err || missed) {
			free(r);
			k->missed += !err;
			continue;
		}
		k->run[k->count++] = r;
		left -= want;
	}
	k->more = !err && left > 1 && (k->count == BOOKING_CLAIM_MAX || k->missed > 0);
	return err;
}

int booking_claim(struct store *s, const struct booking_node *n, struct booking_claim *k, unsigned whole)
{
	struct claim *q = calloc(1, sizeof(*q));
	int err;

	if (q == NULL)
		return -ENOMEM;
	*q = (struct claim){ .node = n, .k = k, .whole = whole };
	k->count = k->missed = k->taken_over = 0;
	k->more = false;
	err = store_tx(s, reap_tx, q);
	if (!err && k->channels > 0)
		err = store_tx(s, claim_tx, q);
	if (err)
		forget(k);
	free(q);
	return err;
}
