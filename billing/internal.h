/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/internal.h - what billing's files share; nobody else includes it. */
#ifndef BILLING_INTERNAL_H
#define BILLING_INTERNAL_H

#include "billing/billing.h"
#include "billing/hold.h"
#include "billing/journal.h"
#include "core/list.h"

enum {
	BILLING_ANSWERS,
	BILLING_SETTLEMENTS,
	BILLING_RECORDS,
	BILLING_HOLDS_EXPIRED,
	BILLING_JOURNAL_ERRORS,
	BILLING_DATABASE_RETRIES,
	BILLING_REJECTED,
	BILLING_DISK_LOW,
	BILLING_DISK_REFUSED,
	BILLING_CARDS_REDEEMED,
	BILLING_CARDS_REFUSED,
	BILLING_CARDS_LOCKED,
	BILLING_PASSWORDS_WRONG,
	BILLING_PASSWORDS_LOCKED,
	BILLING_CARDS_FAILED,
	BILLING_COUNTERS,
};

struct journal_buffer { /* lines for the journal */
	char  *text;
	size_t len, size;
};

struct billing {
	unsigned              magic;
	struct loop          *loop;
	struct store         *store;
	struct worker_pool   *workers;
	struct journal       *journal;
	struct billing_config config;
	struct list           charges, records;  /* in memory; all of them are in the journal as well */
	unsigned              running;           /* settlements and records that are on a worker now */
	int64_t               failing_since_us;  /* mono: the database has taken nothing since; 0: it does */
	struct loop_timer     janitor, checkpoint;
	struct worker_job     janitor_job;
	bool                  janitor_busy;
	int64_t               cards_forgotten_us; /* mono: when the janitor last cleared old failures away; its own */
	int                   disk_percent;     /* as the janitor found it */
	bool                  disk_low;
	/* billing/post.c */
	struct worker_pool   *writer;            /* one thread: entries keep their order, and do not wait for the database */
	struct journal_buffer pending, writing;
	struct worker_job     write_job;
	struct loop_task      flush;
	struct loop_timer     write_retry;
	bool                  write_busy, rewrite, write_failed;
	int                   write_err;
	struct counter_registry *counters;
	struct counter_group  group;
	counter_t             counter[BILLING_COUNTERS];
};

/* The database has taken nothing for so long: what is in the journal waits for it, and nobody for us. */
#define BILLING_PATIENCE_US CLOCK_SEC(10)
void billing_database(struct billing *b, int err); /* what a settlement or a record met: 0 or -EIO */
bool billing_gave_up(const struct billing *b);

/* ---- the journal ---- */

/* The first entry of each file. A program reads its own format and older ones; a newer one's it refuses, and does not start: what
 * it does not understand might be money. */
#define JOURNAL_FORMAT  1
#define JOURNAL_VERSION "V 1"
/* An entry, without waiting for it. */
void billing_journal(struct billing *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int  billing_post_open(struct billing *b);
void billing_post_close(struct billing *b);
bool billing_post_quiet(const struct billing *b);
void billing_post_flush(struct billing *b);
/* The journal begins anew with what charges and records still need. */
void billing_post_shorten(struct billing *b);
int  billing_snapshot_add(struct journal_buffer *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int  charge_snapshot(struct billing *b, struct journal_buffer *k);
int  record_snapshot(struct billing *b, struct journal_buffer *k);
/* Replays what an earlier life left behind; blocking. */
int  billing_replay(struct billing *b);

/* ---- charges and records ---- */

/* The live legs' talk so far. */
void charge_checkpoint_all(struct billing *b);
bool charge_all_wait(const struct billing *b);  /* none lives: all are over and wait for the database */
void charge_drop_all(struct billing *b);
struct charge_leg_result {
	struct rate rate;
	int64_t     talk_ms, billable_s, amount_e4;
};
/* What an ended leg of an open charge is charged. -ENOENT: it is not charged here. */
int  charge_leg_result(struct billing *b, const char *call_id, const char *leg_id, struct charge_leg_result *r);
void record_drop_all(struct billing *b);
/* One record, from the journal or fresh. -ERANGE: the database refuses its data, for ever; -ENOTSUP: it is of another schema.
 * Blocking. */
struct record_cut { /* what a record begun before the node died lacks: variables of its statement */
	int64_t     ended_utc_us, talk_ms, billable_s, amount_e4;
	const char *rate, *transfer_id;  /* NULL: none */
};
int  record_store(struct store *s, const char *sql, const struct record_cut *cut); /* cut NULL: it lacks nothing */
/* Keeps the begun record of a leg (leg_id NULL: of the call) while its charge lives, for a journal that begins anew; sql NULL: it
 * is not needed any more. */
void charge_begun(struct billing *b, const char *call_id, const char *leg_id, const char *sql);
/* A settlement. What the database refuses for ever is kept beside the journal, said, and counts as done. Blocking. */
int  billing_settle(struct billing *b, struct hold_settle *s);
int  billing_store_record(struct billing *b, const char *sql, const struct record_cut *cut);

/* ---- words ---- */

/* rate <-> text without spaces, for the journal. */
#define RATE_TEXT_MAX 512
void rate_to_text(const struct rate *r, char out[RATE_TEXT_MAX]);
int  rate_from_text(struct rate *r, const char *text);
/* bands: "480-1080:2000;..." minutes and price. -EINVAL. */
int  rate_bands_from_text(struct rate *r, const char *text);
void rate_bands_to_text(const struct rate *r, char *out, unsigned size);
/* Makes a word of the wire safe to stand in an SQL text of the journal. */
void record_clean(char *out, unsigned size, const char *in);

#endif
