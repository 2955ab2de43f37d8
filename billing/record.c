/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/record.c - a record is a statement that may be run any number of times (INSERT IGNORE by its id): the journal keeps the
 * statement itself, and the replay after a crash is running it again.
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

struct record_job {
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

static int record_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, "EXECUTE IMMEDIATE ?", "s", ((struct record_job *)arg)->sql);
}

static void record_run(struct worker_job *j)
{
	struct record_job *r = container_of(j, struct record_job, job);

	r->err = store_tx(r->b->store, record_tx, r);
}

static void record_done(struct worker_job *j)
{
	struct record_job *r = container_of(j, struct record_job, job);

	if (r->err) {
		counter_inc(&r->b->counter[BILLING_DATABASE_RETRIES]);
		loop_timer_start(&r->retry, RECORD_RETRY_US);
		return;
	}
	counter_inc(&r->b->counter[BILLING_RECORDS]);
	billing_journal(r->b, "D %s", r->id);
	r->b->record_count--;
	free(r);
}

static void record_again(struct loop_timer *t)
{
	struct record_job *r = container_of(t, struct record_job, retry);

	worker_submit(r->b->workers, &r->job);
}

static void record_put(struct billing *b, const char *id, const char *sql)
{
	struct record_job *r = calloc(1, sizeof(*r) + strlen(sql) + 1);

	if (r == NULL) {
		log_error("no memory for a record: %s", sql);
		counter_inc(&b->counter[BILLING_JOURNAL_ERRORS]);
		return;
	}
	r->b = b;
	memcpy(r->id, id, ID_SIZE);
	memcpy(r->sql, sql, strlen(sql) + 1);
	loop_timer_init(b->loop, &r->retry, record_again);
	r->job.run = record_run;
	r->job.done = record_done;
	b->record_count++;
	billing_journal(b, "R %s %s", id, sql);
	worker_submit(b->workers, &r->job);
}

static const char *stamp(int64_t utc_us, char buf[CLOCK_STAMP_SIZE + 2])
{
	char plain[CLOCK_STAMP_SIZE];

	if (utc_us == 0)
		return "NULL";
	clock_format_utc(utc_us, plain, sizeof(plain));
	(void)snprintf(buf, CLOCK_STAMP_SIZE + 2, "'%.*s'", CLOCK_STAMP_SIZE - 1, plain);
	return buf;
}

static const char *number_or_null(int64_t v, char buf[24])
{
	if (v == 0)
		return "NULL";
	(void)snprintf(buf, 24, "%lld", (long long)v);
	return buf;
}

void record_put_leg(struct billing *b, const struct leg_record *r)
{
	char sql[JOURNAL_LINE_MAX - 64], calling[WORD], calling_raw[WORD], called[WORD], called_raw[WORD], redirecting[WORD],
		trunk[WORD], channel[WORD], node[WORD];
	char began[CLOCK_STAMP_SIZE + 2], alerting[CLOCK_STAMP_SIZE + 2], answered[CLOCK_STAMP_SIZE + 2],
		ended[CLOCK_STAMP_SIZE + 2];
	char account[24], provider[24], tariff[24];

	record_clean(calling, 32, r->calling);
	record_clean(calling_raw, 40, r->calling_raw);
	record_clean(called, 32, r->called);
	record_clean(called_raw, 40, r->called_raw);
	record_clean(redirecting, 40, r->redirecting_raw);
	record_clean(trunk, 32, r->trunk);
	record_clean(channel, WORD, r->channel);
	record_clean(node, 32, b->config.node);
	(void)snprintf(sql, sizeof(sql),
	               "INSERT IGNORE INTO leg_record (leg_id, call_id, account_id, provider_id, node, role, party_order, "
	               "direction, trunk, channel, timeslot, call_reference, "
	               "bearer, calling, calling_raw, calling_ton, calling_npi, presentation, screening, called, called_raw, "
	               "called_ton, called_npi, redirecting_raw, "
	               "began_at, alerting_at, answered_at, ended_at, talk_ms, cause, location, cleared_by, tariff_id, "
	               "tariff_version, price_e4) VALUES "
	               "('%s','%s',%s,%s,'%s','%s',%u,'%s','%s','%s',%u,%u,%u,'%s','%s',%u,%u,'%s','%s','%s','%s',%u,%u,'%s',%s,%"
	               "s,%s,%s,%lld,%d,%d,'%s',%s,%d,%lld)",
	               r->leg_id, r->call_id, number_or_null(r->account_id, account), number_or_null(r->provider_id, provider),
	               node, r->role, r->order, r->outgoing ? "out" : "in", trunk, channel, r->timeslot, r->reference, r->bearer,
	               calling, calling_raw, r->calling_ton, r->calling_npi, r->presentation, r->screening, called, called_raw,
	               r->called_ton, r->called_npi, redirecting, stamp(r->began_us, began), stamp(r->alerting_us, alerting),
	               stamp(r->answered_us, answered), stamp(r->ended_us, ended), (long long)r->talk_ms, r->cause, r->location,
	               r->by_peer ? "peer" : "us", number_or_null(r->tariff_id, tariff), r->tariff_version,
	               (long long)r->price_e4);
	record_put(b, r->leg_id, sql);
}

void record_put_call(struct billing *b, const struct call_record *r)
{
	char sql[1024], host[WORD], service[WORD], node[WORD], began[CLOCK_STAMP_SIZE + 2], ended[CLOCK_STAMP_SIZE + 2],
		account[24], provider[24];

	record_clean(host, 32, r->host);
	record_clean(service, 32, r->service);
	record_clean(node, 32, b->config.node);
	(void)snprintf(sql, sizeof(sql),
	               "INSERT IGNORE INTO call_record (call_id, account_id, provider_id, host, service, node, began_at, "
	               "ended_at, cause) VALUES "
	               "('%s',%s,%s,'%s','%s','%s',%s,%s,%d)",
	               r->call_id, number_or_null(r->account_id, account), number_or_null(r->provider_id, provider), host,
	               service, node, stamp(r->began_us, began), stamp(r->ended_us, ended), r->cause);
	record_put(b, r->call_id, sql);
}
