/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/billing.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "core/clock.h"

#define LOG_MODULE "billing"

#define BILLING_MAGIC   0x42494c4cu
#define HOLD_LIFE_US    CLOCK_SEC(60)
#define JANITOR_US      CLOCK_SEC(10)
#define CHECKPOINT_US   CLOCK_SEC(5)
#define EXPIRY_GRACE_US CLOCK_SEC(5)          /* clock skew between nodes */
#define JOURNAL_BIG     (4u * 1024 * 1024)    /* emptied when nothing in it is needed any more */

static const struct counter_desc billing_counters[BILLING_COUNTERS] = {
	[BILLING_ANSWERS] = { "answers", "legs that were answered and are charged" },
	[BILLING_SETTLEMENTS] = { "settlements", "calls settled in the database" },
	[BILLING_RECORDS] = { "records", "call and leg records in the database" },
	[BILLING_HOLDS_EXPIRED] = { "holds_expired", "holds of dead nodes given back" },
	[BILLING_JOURNAL_ERRORS] = { "journal_errors", "entries the journal could not take: a full or failing disk" },
	[BILLING_DATABASE_RETRIES] = { "database_retries", "what had to be repeated because the database did not answer" },
};

/* ---- the journal, from control ---- */

struct journal_post {
	struct worker_job job;
	struct billing   *b;
	int               err;
	char              text[];
};

static void journal_post_run(struct worker_job *j)
{
	struct journal_post *p = container_of(j, struct journal_post, job);

	p->err = journal_append(p->b->journal, p->text);
}

static void journal_post_done(struct worker_job *j)
{
	struct journal_post *p = container_of(j, struct journal_post, job);

	if (p->err)
		counter_inc(&p->b->counter[BILLING_JOURNAL_ERRORS]);
	p->b->posts--;
	free(p);
}

void billing_journal(struct billing *b, const char *fmt, ...)
{
	char text[JOURNAL_LINE_MAX + 1];
	struct journal_post *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p = n > 0 && n <= JOURNAL_LINE_MAX ? calloc(1, sizeof(*p) + (size_t)n + 1) : NULL;
	if (p == NULL) {
		counter_inc(&b->counter[BILLING_JOURNAL_ERRORS]);
		log_error("an entry for the journal was lost: %.80s", text);
		return;
	}
	memcpy(p->text, text, (size_t)n + 1);
	p->b = b;
	p->job.run = journal_post_run;
	p->job.done = journal_post_done;
	b->posts++;
	worker_submit(b->writer, &p->job);
}

/* ---- timers ---- */

static void janitor_run(struct worker_job *j)
{
	struct billing *b = container_of(j, struct billing, janitor_job);
	int64_t expired = 0;

	if (hold_expire(b->store, clock_utc_us() - EXPIRY_GRACE_US, &expired) == 0 && expired > 0)
		counter_add(&b->counter[BILLING_HOLDS_EXPIRED], (uint64_t)expired);
}

static void janitor_done(struct worker_job *j)
{
	struct billing *b = container_of(j, struct billing, janitor_job);

	b->janitor_busy = false;
	if (b->open_count == 0 && b->record_count == 0 && b->posts == 0 && journal_size(b->journal) > JOURNAL_BIG)
		(void)journal_empty(b->journal);
	loop_timer_start(&b->janitor, JANITOR_US);
}

static void janitor_fire(struct loop_timer *t)
{
	struct billing *b = container_of(t, struct billing, janitor);

	b->janitor_busy = true;
	b->janitor_job.run = janitor_run;
	b->janitor_job.done = janitor_done;
	worker_submit(b->workers, &b->janitor_job);
}

static void checkpoint_fire(struct loop_timer *t)
{
	struct billing *b = container_of(t, struct billing, checkpoint);

	charge_checkpoint_all(b);
	loop_timer_start(t, CHECKPOINT_US);
}

/* ---- open and close ---- */

int billing_open(struct billing **bp, struct loop *l, struct store *s, struct worker_pool *workers,
                 struct counter_registry *counters, const struct billing_config *c)
{
	struct billing *b = calloc(1, sizeof(*b));
	int err;

	if (b == NULL)
		return -ENOMEM;
	b->magic = BILLING_MAGIC;
	b->loop = l;
	b->store = s;
	b->workers = workers;
	b->config = *c;
	if (b->config.hold_life_us == 0)
		b->config.hold_life_us = HOLD_LIFE_US;
	list_init(&b->charges);
	loop_timer_init(l, &b->janitor, janitor_fire);
	loop_timer_init(l, &b->checkpoint, checkpoint_fire);
	b->group = (struct counter_group){
		.name = "billing", .desc = billing_counters, .values = b->counter, .count = BILLING_COUNTERS
	};
	counter_register(counters, &b->group);
	err = journal_open(&b->journal, c->journal_dir, c->node);
	if (!err)
		err = billing_replay(b);
	if (!err)
		err = worker_pool_alloc(&b->writer, l, "journal", 1);
	if (err) {
		counter_unregister(counters, &b->group);
		journal_close(b->journal);
		free(b);
		return err;
	}
	loop_timer_start(&b->janitor, JANITOR_US);
	loop_timer_start(&b->checkpoint, CHECKPOINT_US);
	*bp = b;
	return 0;
}

bool billing_idle(const struct billing *b)
{
	return b->open_count == 0 && b->record_count == 0 && b->posts == 0 && !b->janitor_busy &&
	       worker_pool_busy(b->writer) == 0;
}

void billing_close(struct billing *b)
{
	if (b == NULL)
		return;
	MAGIC_CHECK(b, BILLING_MAGIC);
	loop_timer_stop(&b->janitor);
	loop_timer_stop(&b->checkpoint);
	if (billing_idle(b) && journal_size(b->journal) > 0)
		(void)journal_empty(b->journal);
	worker_pool_free(b->writer);
	journal_close(b->journal);
	b->magic = MAGIC_DEAD;
	free(b);
}
