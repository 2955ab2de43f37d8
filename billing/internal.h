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
	BILLING_COUNTERS,
};

struct billing {
	unsigned              magic;
	struct loop          *loop;
	struct store         *store;
	struct worker_pool   *workers;
	struct worker_pool   *writer;   /* one thread: the journal's entries keep their order */
	struct journal       *journal;
	struct billing_config config;
	struct list           charges;
	unsigned              open_count, record_count, posts;
	struct loop_timer     janitor, checkpoint;
	struct worker_job     janitor_job;
	bool                  janitor_busy;
	struct counter_group  group;
	counter_t             counter[BILLING_COUNTERS];
};

/* An entry for the journal, without waiting for it. The text is copied. */
void billing_journal(struct billing *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Replays what an earlier life left behind; blocking. */
int  billing_replay(struct billing *b);
/* The live legs' talk so far, one entry for all. */
void charge_checkpoint_all(struct billing *b);
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
