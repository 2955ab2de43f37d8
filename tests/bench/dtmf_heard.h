/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/bench/dtmf_heard.h - the receivers under measurement, all driven alike: a trial in, what was heard and when out. */
#ifndef TESTS_BENCH_DTMF_HEARD_H
#define TESTS_BENCH_DTMF_HEARD_H

#include <stdlib.h>

#include <spandsp.h>

#include "dsp/dtmf_bank.h"
#include "dsp/dtmf_rx.h"
#include "tests/bench/dtmf_make.h"

#define HEARD_MAX 8

struct heard {
	char     begun[HEARD_MAX + 1];
	unsigned begins, ends;
	unsigned begin_at[HEARD_MAX], duration[HEARD_MAX]; /* samples since the trial's beginning; of each END */
	float    dbm0[HEARD_MAX][2];
	unsigned early_at;                                 /* the first early hit; 0: none */
	unsigned hits;
};

enum { RX_PLAIN, RX_BANK, RX_SPANDSP, RX_COUNT };

static const char *const heard_names[RX_COUNT] = { "plain", "ours", "spandsp" };

struct heard_by {
	struct dtmf_receiver *plain;
	struct dtmf_bank     *bank;
	dtmf_rx_state_t      *spandsp;
	struct heard         *now; /* spandsp's reports go there */
	unsigned              at;
};

static inline void heard_begin(struct heard *h, char digit, unsigned at)
{
	if (h->begins < HEARD_MAX) {
		h->begun[h->begins] = digit;
		h->begin_at[h->begins] = at;
		h->begins++;
	}
}

static inline void heard_result(struct heard *h, const struct dtmf_result *r, unsigned at)
{
	for (unsigned i = 0; i < r->count; i++) {
		if (r->event[i].type == DTMF_RX_BEGIN) {
			heard_begin(h, r->event[i].digit, at);
		} else if (h->ends < HEARD_MAX) {
			h->duration[h->ends] = r->event[i].duration_samples;
			h->dbm0[h->ends][0] = r->event[i].low_dbm0;
			h->dbm0[h->ends][1] = r->event[i].high_dbm0;
			h->ends++;
		}
	}
	if (r->early && h->early_at == 0)
		h->early_at = at;
	h->hits += (unsigned)__builtin_popcount(r->early);
}

static inline void heard_spandsp(void *arg, int code, int level, int delay)
{
	struct heard_by *b = arg;

	(void)level;
	(void)delay;
	if (code)
		heard_begin(b->now, (char)code, b->at);
}

static inline int heard_by_init(struct heard_by *b)
{
	if (dtmf_receiver_alloc(&b->plain) || dtmf_bank_alloc(&b->bank))
		return -1;
	b->spandsp = dtmf_rx_init(NULL, NULL, NULL);
	return b->spandsp ? 0 : -1;
}

static inline void heard_by_free(struct heard_by *b)
{
	dtmf_receiver_free(b->plain);
	dtmf_bank_free(b->bank);
	dtmf_rx_free(b->spandsp);
}

/* As a test group's setup and teardown: its state is the receivers. */
static inline int heard_by_setup(void **state)
{
	static struct heard_by b;

	*state = &b;
	return heard_by_init(&b);
}

static inline int heard_by_teardown(void **state)
{
	heard_by_free(*state);
	return 0;
}

/* Count trials, at most DTMF_BANK_LANES, each from a receiver that has forgotten everything. */
static inline void heard_run(struct heard_by *b, int which, const struct made *m, unsigned count, struct heard *h)
{
	memset(h, 0, count * sizeof(*h));
	if (which == RX_BANK) {
		unsigned longest = 0;

		for (unsigned i = 0; i < count; i++) {
			dtmf_bank_init(b->bank, i);
			longest = m[i].n > longest ? m[i].n : longest;
		}
		for (unsigned at = 0; at + DTMF_RX_HOP <= longest; at += DTMF_RX_HOP) { /* as finely as it can tell */
			struct dtmf_result r[DTMF_BANK_LANES];

			for (unsigned i = 0; i < count; i++)
				dtmf_bank_hear(b->bank, i, at + DTMF_RX_HOP <= m[i].n ? m[i].s + at : NULL, DTMF_RX_HOP);
			dtmf_bank_process(b->bank, DTMF_RX_HOP, r);
			for (unsigned i = 0; i < count; i++)
				heard_result(&h[i], &r[i], at + DTMF_RX_HOP);
		}
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		dtmf_receiver_init(b->plain);
		(void)dtmf_rx_init(b->spandsp, NULL, NULL);
		dtmf_rx_set_realtime_callback(b->spandsp, heard_spandsp, b);
		b->now = &h[i];
		for (unsigned at = 0; at + DTMF_RX_HOP <= m[i].n; at += DTMF_RX_HOP) {
			struct dtmf_result r;

			b->at = at + DTMF_RX_HOP;
			if (which == RX_SPANDSP) {
				(void)dtmf_rx(b->spandsp, m[i].s + at, DTMF_RX_HOP);
			} else {
				dtmf_receiver_process(b->plain, m[i].s + at, DTMF_RX_HOP, &r);
				heard_result(&h[i], &r, b->at);
			}
		}
	}
}

#endif
