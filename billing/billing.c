/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/billing.h"

#include <errno.h>
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
#define CARDS_FORGET_EVERY_US CLOCK_SEC(6 * 3600)
#define CARDS_REMEMBERED_US   CLOCK_SEC(30 * 86400)  /* failed attempts, for those who look into fraud */
#define JOURNAL_BIG     (4u * 1024 * 1024)    /* then it begins anew with what is still needed */

static const struct counter_desc billing_counters[BILLING_COUNTERS] = {
	[BILLING_ANSWERS] = { "answers", "legs that were answered and are charged" },
	[BILLING_SETTLEMENTS] = { "settlements", "calls settled in the database" },
	[BILLING_RECORDS] = { "records", "call and leg records in the database" },
	[BILLING_HOLDS_EXPIRED] = { "holds_expired", "holds of dead nodes given back" },
	[BILLING_JOURNAL_ERRORS] = { "journal_errors", "entries the journal could not take: a full or failing disk" },
	[BILLING_DISK_LOW] = { "disk_low", "times the journal's disk became fuller than journal.disk_percent" },
	[BILLING_DISK_REFUSED] = { "disk_refused", "calls refused because the journal cannot be written" },
	[BILLING_CARDS_REDEEMED] = { "cards_redeemed", "cards credited to an account" },
	[BILLING_CARDS_REFUSED] = { "cards_refused", "cards that were unknown, used, expired, blocked or not active" },
	[BILLING_CARDS_LOCKED] = { "cards_locked", "attempts refused after too many failed ones" },
	[BILLING_PASSWORDS_WRONG] = { "passwords_wrong", "wrong passwords by telephone" },
	[BILLING_PASSWORDS_LOCKED] = { "passwords_locked", "passwords not looked at, or locked by the last wrong one" },
	[BILLING_CARDS_FAILED] = { "cards_failed", "cards not looked at: no database, or no key file" },
	[BILLING_REJECTED] = { "rejected", "records and settlements that the database refuses, kept beside the journal" },
	[BILLING_DATABASE_RETRIES] = { "database_retries", "what had to be repeated because the database did not answer" },
};

/* ---- timers ---- */

static void cards_forget(struct billing *b)
{
	int64_t now_us = clock_mono_us();

	if (b->config.cards.key_file[0] == '\0' ||
	    (b->cards_forgotten_us && now_us - b->cards_forgotten_us < CARDS_FORGET_EVERY_US))
		return;
	if (card_forget(b->store, clock_utc_us() - CARDS_REMEMBERED_US) == 0)
		b->cards_forgotten_us = now_us;
}

static void janitor_run(struct worker_job *j)
{
	struct billing *b = container_of(j, struct billing, janitor_job);
	int64_t expired = 0;

	if (hold_expire(b->store, clock_utc_us() - EXPIRY_GRACE_US, &expired) == 0 && expired > 0)
		counter_add(&b->counter[BILLING_HOLDS_EXPIRED], (uint64_t)expired);
	b->disk_percent = journal_disk_percent(b->journal);
	cards_forget(b);
}

static void disk_looked_at(struct billing *b)
{
	bool low = b->disk_percent >= (int)b->config.disk_percent;

	if (low == b->disk_low)
		return;
	b->disk_low = low;
	if (low) {
		counter_inc(&b->counter[BILLING_DISK_LOW]);
		log_warn("the journal's disk is %d %% full: traces and recordings stop", b->disk_percent);
	} else {
		log_info("the journal's disk is %d %% full: traces and recordings may go on", b->disk_percent);
	}
	if (b->config.disk)
		b->config.disk(b->config.disk_arg, low);
}

bool billing_disk_low(const struct billing *b)
{
	return b->disk_low;
}

static void janitor_done(struct worker_job *j)
{
	struct billing *b = container_of(j, struct billing, janitor_job);

	b->janitor_busy = false;
	disk_looked_at(b);
	if (journal_size(b->journal) > b->config.journal_big)
		billing_post_shorten(b);
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
	loop_timer_start(t, b->config.checkpoint_us);
}

/* ---- the database comes and goes ---- */

void billing_database(struct billing *b, int err)
{
	if (!err) {
		b->failing_since_us = 0;
		return;
	}
	counter_inc(&b->counter[BILLING_DATABASE_RETRIES]);
	if (b->failing_since_us == 0)
		b->failing_since_us = clock_mono_us();
}

bool billing_gave_up(const struct billing *b)
{
	return b->failing_since_us != 0 && clock_mono_us() - b->failing_since_us >= BILLING_PATIENCE_US;
}

int billing_settle(struct billing *b, struct hold_settle *s)
{
	int err = hold_settle(b->store, s);
	char what[JOURNAL_TEXT_MAX];
	size_t n;

	if (err != -ENOENT && err != -ERANGE)
		return err;
	if (err == -ENOENT && s->count == 0) /* the hold was never opened: nothing was promised, nothing is owed */
		return 0;
	n = (size_t)snprintf(what, sizeof(what), "settlement of call %s, account %lld:", s->id, (long long)s->account_id);
	for (unsigned i = 0; i < s->count && n < sizeof(what); i++)
		n += (size_t)snprintf(what + n, sizeof(what) - n, " leg %s %lld", s->leg[i].leg_id,
		                      (long long)s->leg[i].amount_e4);
	log_error("the database refuses the settlement of call %s (%s): kept beside the journal", s->id, strerror(-err));
	counter_inc(&b->counter[BILLING_REJECTED]);
	s->total_e4 = 0;
	return journal_reject(b->journal, what, strerror(-err));
}

int billing_store_record(struct billing *b, const char *sql, const struct record_cut *cut)
{
	int err = record_store(b->store, sql, cut);

	if (err != -ERANGE && err != -ENOTSUP)
		return err;
	log_error("the database refuses a record, kept beside the journal: %.200s", sql);
	counter_inc(&b->counter[BILLING_REJECTED]);
	return journal_reject(b->journal, sql, err == -ERANGE ? "refused" : "not of this schema");
}

/* ---- cards ---- */

struct redeem_call {
	struct billing     *b;
	struct card_redeem *r;
};

static int redeem_run(void *arg)
{
	struct redeem_call *q = arg;

	return card_redeem(q->b->store, &q->b->config.cards, q->r);
}

int billing_card_redeem(struct billing *b, struct card_redeem *r)
{
	struct redeem_call q = { b, r };
	int err = worker_call(b->workers, redeem_run, &q);

	if (err && err != -ENOKEY && err != -EIO) /* the database's is said once by store/ */
		log_error("cards: key file %s: %s", b->config.cards.key_file, strerror(-err));
	if (err)
		counter_inc(&b->counter[BILLING_CARDS_FAILED]);
	else if (r->outcome == CARD_DONE)
		counter_inc(&b->counter[BILLING_CARDS_REDEEMED]);
	else
		counter_inc(&b->counter[r->outcome == CARD_TOO_MANY ? BILLING_CARDS_LOCKED : BILLING_CARDS_REFUSED]);
	return err;
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
	b->counters = counters;
	b->config = *c;
	if (b->config.hold_life_us == 0)
		b->config.hold_life_us = HOLD_LIFE_US;
	if (b->config.checkpoint_us == 0)
		b->config.checkpoint_us = CHECKPOINT_US;
	if (b->config.disk_percent == 0)
		b->config.disk_percent = 90;
	if (b->config.journal_big == 0)
		b->config.journal_big = JOURNAL_BIG;
	list_init(&b->charges);
	list_init(&b->records);
	loop_timer_init(l, &b->janitor, janitor_fire);
	loop_timer_init(l, &b->checkpoint, checkpoint_fire);
	err = journal_open(&b->journal, c->journal_dir, c->node);
	if (!err)
		err = billing_replay(b);
	if (!err)
		err = journal_append(b->journal, JOURNAL_VERSION);
	if (!err)
		err = billing_post_open(b);
	if (err) {
		journal_close(b->journal);
		free(b);
		return err;
	}
	b->group = (struct counter_group){
		.name = "billing", .desc = billing_counters, .values = b->counter, .count = BILLING_COUNTERS,
	};
	counter_register(counters, &b->group);
	loop_timer_start(&b->janitor, JANITOR_US);
	loop_timer_start(&b->checkpoint, b->config.checkpoint_us);
	*bp = b;
	return 0;
}

bool billing_idle(const struct billing *b)
{
	if (!billing_post_quiet(b) || b->janitor_busy || b->running > 0)
		return false;
	if (list_empty(&b->charges) && list_empty(&b->records))
		return true;
	return billing_gave_up(b) && charge_all_wait(b);
}

void billing_close(struct billing *b)
{
	if (b == NULL)
		return;
	MAGIC_CHECK(b, BILLING_MAGIC);
	assert(billing_idle(b));
	loop_timer_stop(&b->janitor);
	loop_timer_stop(&b->checkpoint);
	if (list_empty(&b->charges) && list_empty(&b->records)) {
		if (journal_size(b->journal) > 0)
			(void)journal_replace(b->journal, "", 0);
	} else {
		log_warn("the database did not answer: what is not in it is in the journal, for the next start");
	}
	charge_drop_all(b);
	record_drop_all(b);
	billing_post_close(b);
	journal_close(b->journal);
	counter_unregister(b->counters, &b->group);
	b->magic = MAGIC_DEAD;
	free(b);
}
