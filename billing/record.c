/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/record.c - a record is a statement that may be run any number of times (a second time its id is there already): the
 * journal keeps the statement itself, and the replay after a crash is running it again.
 */
#include "billing/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "core/clock.h"

#define LOG_MODULE "record"

#define RECORD_RETRY_US CLOCK_SEC(2)
#define WORD 48
#define CAUSE_CUT 41 /* temporary failure (Q.850): the node died */

struct record_job {
	struct list       link;     /* b->records */
	struct worker_job job;
	struct loop_timer retry;
	struct billing   *b;
	char              id[ID_SIZE];
	int               err;
	char              sql[];
};

/* Numbers and names only ever have these characters; anything else a wire may send becomes a ?, and cannot end a string. */
void record_clean(char *out, unsigned size, const char *in)
{
	unsigned n = 0;

	for (; in && *in && n + 1 < size; in++) {
		int plain = (*in >= '0' && *in <= '9') || (*in >= 'a' && *in <= 'z') || (*in >= 'A' && *in <= 'Z') ||
		            strchr("+*#:/._-@ ", *in) != NULL;

		out[n++] = plain ? *in : '?';
	}
	out[n] = '\0';
}

struct record_query {
	const char              *sql;
	const struct record_cut *cut;
};

static int record_tx(struct store_conn *c, void *arg)
{
	const struct record_query *q = arg;
	const struct record_cut *v = q->cut;
	int err = 0;

	if (v)
		err = store_exec(c, NULL,
		                 "SET @ended_at = ?, @rate = ?, @talk_ms = ?, @billable_s = ?, @amount_e4 = ?, @transfer_id = ?",
		                 "tsiiis", v->ended_utc_us, v->rate, v->talk_ms, v->billable_s, v->amount_e4, v->transfer_id);
	if (!err)
		err = store_exec(c, NULL, "EXECUTE IMMEDIATE ?", "s", q->sql);
	return err == -EEXIST ? 0 : err; /* in an earlier try, or an earlier life */
}

int record_store(struct store *s, const char *sql, const struct record_cut *cut)
{
	struct record_query q = { sql, cut };

	return store_tx(s, record_tx, &q);
}

static void record_run(struct worker_job *j)
{
	struct record_job *r = container_of(j, struct record_job, job);

	r->err = billing_store_record(r->b, r->sql, NULL);
}

static void record_done(struct worker_job *j)
{
	struct record_job *r = container_of(j, struct record_job, job);
	struct billing *b = r->b;

	b->running--;
	billing_database(b, r->err);
	if (r->err) {
		loop_timer_start(&r->retry, RECORD_RETRY_US);
		return;
	}
	counter_inc(&b->counter[BILLING_RECORDS]);
	billing_journal(b, "D %s", r->id);
	list_remove(&r->link);
	free(r);
}

static void record_submit(struct record_job *r)
{
	r->b->running++;
	worker_submit(r->b->workers, &r->job);
}

static void record_again(struct loop_timer *t)
{
	record_submit(container_of(t, struct record_job, retry));
}

static void record_put(struct billing *b, const char *id, const char *sql)
{
	struct record_job *r = calloc(1, sizeof(*r) + strlen(sql) + 1);

	billing_journal(b, "R %s %s", id, sql);
	if (r == NULL) {
		log_error("no memory for a record: it is in the journal only");
		counter_inc(&b->counter[BILLING_JOURNAL_ERRORS]);
		return;
	}
	r->b = b;
	memcpy(r->id, id, ID_SIZE);
	memcpy(r->sql, sql, strlen(sql) + 1);
	loop_timer_init(b->loop, &r->retry, record_again);
	r->job.run = record_run;
	r->job.done = record_done;
	list_append(&b->records, &r->link);
	record_submit(r);
}

int record_snapshot(struct billing *b, struct journal_buffer *k)
{
	struct list *n, *next;
	int err = 0;

	list_for_each(n, next, &b->records) {
		struct record_job *r = list_entry(n, struct record_job, link);

		if (!err)
			err = billing_snapshot_add(k, "R %s %s", r->id, r->sql);
	}
	return err;
}

void record_drop_all(struct billing *b)
{
	struct list *n, *next;

	list_for_each(n, next, &b->records) {
		struct record_job *r = list_entry(n, struct record_job, link);

		loop_timer_stop(&r->retry);
		list_remove(n);
		free(r);
	}
}

#define STAMP (CLOCK_STAMP_SIZE + 2)

static const char *stamp(int64_t utc_us, char buf[STAMP])
{
	char plain[CLOCK_STAMP_SIZE];

	if (utc_us == 0)
		return "NULL";
	clock_format_utc(utc_us, plain, sizeof(plain));
	(void)snprintf(buf, STAMP, "'%.*s'", CLOCK_STAMP_SIZE - 1, plain);
	return buf;
}

/* Every record has a beginning and an end, whatever became of the leg. */
static const char *stamp_or_now(int64_t utc_us, char buf[STAMP])
{
	return stamp(utc_us ? utc_us : clock_utc_us(), buf);
}

static const char *number_or_null(int64_t v, char buf[24])
{
	if (v == 0)
		return "NULL";
	(void)snprintf(buf, 24, "%lld", (long long)v);
	return buf;
}

/* The last columns: what the charge says of the leg. NULLs when it was not charged. */
static void record_charged(struct billing *b, struct leg_record *r, char *out, size_t size)
{
	char rate[RATE_TEXT_MAX], transfer[ID_SIZE + 4] = "NULL";
	struct charge_leg_result q;

	if (charge_leg_result(b, r->call_id, r->leg_id, &q) != 0 || r->answered_us == 0) {
		(void)snprintf(out, size, "NULL,NULL,NULL,NULL,NULL");
		return;
	}
	if (q.rate.tariff_id) { /* the version that was valid at the answer; the caller knows what was valid when it was called */
		r->tariff_id = q.rate.tariff_id;
		r->tariff_version = q.rate.version;
		r->price_e4 = q.rate.price_e4;
	}
	rate_to_text(&q.rate, rate);
	if (q.amount_e4 > 0)
		(void)snprintf(transfer, sizeof(transfer), "'%s'", r->leg_id);
	(void)snprintf(out, size, "'%s',%lld,%lld,%lld,%s", rate, (long long)q.talk_ms, (long long)q.billable_s,
	               (long long)q.amount_e4, transfer);
}

/* The sound of a leg in packets; of one that has begun nothing is known yet. */
static void record_quality(const struct leg_record *r, bool begun, char *out, size_t size)
{
	char codec[16], trip[16] = "NULL", mos[16] = "NULL";

	if (begun || r->codec == NULL || r->codec[0] == '\0') {
		(void)snprintf(out, size, "NULL,NULL,NULL,NULL,NULL,NULL,NULL");
		return;
	}
	record_clean(codec, sizeof(codec), r->codec);
	if (r->round_trip_us >= 0)
		(void)snprintf(trip, sizeof(trip), "%d", r->round_trip_us);
	if (r->mos_x100 > 0)
		(void)snprintf(mos, sizeof(mos), "%u", r->mos_x100);
	(void)snprintf(out, size, "'%s',%llu,%llu,%u,%s,%u,%s", codec, (unsigned long long)r->received,
	               (unsigned long long)r->lost, r->jitter_us, trip, r->remote_lost_permille, mos);
}

#define SQL_ROOM (JOURNAL_TEXT_MAX - 64)

/* begun: of a leg that talks. Should the node die, the replay knows the rest, in variables (record_store). */
static void record_leg_sql(struct billing *b, const struct leg_record *put, bool begun, char sql[SQL_ROOM])
{
	struct leg_record own = *put, *r = &own;
	char charged[RATE_TEXT_MAX + 160], talk[24], quality[160];
	char calling[WORD], calling_raw[WORD], called[WORD], called_raw[WORD], redirecting[WORD], redirecting_raw[WORD],
		trunk[WORD], channel[64], node[WORD];
	char began[STAMP], alerting[STAMP], answered[STAMP], ended[STAMP], account[24], provider[24], tariff[24];

	record_clean(calling, 32, r->calling);
	record_clean(calling_raw, 40, r->calling_raw);
	record_clean(called, 32, r->called);
	record_clean(called_raw, 40, r->called_raw);
	record_clean(redirecting, 32, r->redirecting);
	record_clean(redirecting_raw, 40, r->redirecting_raw);
	record_clean(trunk, 32, r->trunk);
	record_clean(channel, sizeof(channel), r->channel);
	record_clean(node, 32, b->config.node);
	(void)snprintf(talk, sizeof(talk), "%lld", (long long)r->talk_ms);
	if (begun)
		(void)snprintf(charged, sizeof(charged), "@rate,@talk_ms,@billable_s,@amount_e4,@transfer_id");
	else
		record_charged(b, r, charged, sizeof(charged));
	record_quality(r, begun, quality, sizeof(quality));
	(void)snprintf(sql, SQL_ROOM,
	               "INSERT INTO leg_record (leg_id, call_id, account_id, provider_id, node, role, party_order, direction, "
	               "trunk, channel, timeslot, call_reference, bearer, "
	               "calling, calling_raw, calling_ton, calling_npi, presentation, screening, "
	               "called, called_raw, called_ton, called_npi, redirecting, redirecting_raw, "
	               "began_at, alerting_at, answered_at, ended_at, talk_ms, cause, location, cleared_by, "
	               "tariff_id, tariff_version, price_e4, rate, charged_ms, billable_s, amount_e4, transfer_id, cut, "
	               "codec, received_packets, lost_packets, jitter_us, round_trip_us, remote_lost_permille, mos_x100) VALUES "
	               "('%s','%s',%s,%s,'%s','%s',%u,'%s',"
	               "'%s','%s',%u,%u,%u,"
	               "'%s','%s',%u,%u,'%s','%s',"
	               "'%s','%s',%u,%u,'%s','%s',"
	               "%s,%s,%s,%s,%s,%d,%d,'%s',"
	               "%s,%d,%lld,%s,%d,%s)",
	               r->leg_id, r->call_id, number_or_null(r->account_id, account), number_or_null(r->provider_id, provider),
	               node, r->role, r->order, r->outgoing ? "out" : "in",
	               trunk, channel, r->timeslot, r->reference, r->bearer,
	               calling, calling_raw, r->calling_ton, r->calling_npi, r->presentation, r->screening,
	               called, called_raw, r->called_ton, r->called_npi, redirecting, redirecting_raw,
	               stamp_or_now(r->began_us, began), stamp(r->alerting_us, alerting), stamp(r->answered_us, answered),
	               begun ? "@ended_at" : stamp_or_now(r->ended_us, ended), begun ? "@talk_ms" : talk,
	               begun ? CAUSE_CUT : r->cause, r->location, r->by_peer ? "peer" : "us",
	               number_or_null(r->tariff_id, tariff), r->tariff_version, (long long)r->price_e4, charged, begun, quality);
}

void record_put_leg(struct billing *b, const struct leg_record *r)
{
	char sql[SQL_ROOM];

	record_leg_sql(b, r, false, sql);
	charge_begun(b, r->call_id, r->leg_id, NULL);
	record_put(b, r->leg_id, sql);
}

void record_begin_leg(struct billing *b, const struct leg_record *r)
{
	char sql[SQL_ROOM];

	record_leg_sql(b, r, true, sql);
	charge_begun(b, r->call_id, r->leg_id, sql);
	billing_journal(b, "B %s %s", r->leg_id, sql);
}

static void record_call_sql(struct billing *b, const struct call_record *r, bool begun, char sql[1024])
{
	char host[WORD], service[WORD], node[WORD], began[STAMP], ended[STAMP], account[24], provider[24], booking[WORD] = "NULL";

	record_clean(host, 32, r->host);
	record_clean(service, 32, r->service);
	record_clean(node, 32, b->config.node);
	if (r->booking_id && r->booking_id[0])
		(void)snprintf(booking, sizeof(booking), "'%.32s'", r->booking_id);
	(void)snprintf(sql, 1024,
	               "INSERT INTO call_record (call_id, booking_id, account_id, provider_id, host, service, node, began_at, "
	               "ended_at, cause) VALUES "
	               "('%s',%s,%s,%s,'%s','%s','%s',%s,%s,%d)",
	               r->call_id, booking, number_or_null(r->account_id, account), number_or_null(r->provider_id, provider),
	               host, service, node, stamp_or_now(r->began_us, began),
	               begun ? "@ended_at" : stamp_or_now(r->ended_us, ended), begun ? CAUSE_CUT : r->cause);
}

void record_put_call(struct billing *b, const struct call_record *r)
{
	char sql[1024];

	record_call_sql(b, r, false, sql);
	charge_begun(b, r->call_id, NULL, NULL);
	record_put(b, r->call_id, sql);
}

void record_begin_call(struct billing *b, const struct call_record *r)
{
	char sql[1024];

	record_call_sql(b, r, true, sql);
	charge_begun(b, r->call_id, NULL, sql);
	billing_journal(b, "B %s %s", r->call_id, sql);
}
