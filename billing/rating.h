/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/rating.h - what a leg costs. Pure: no clock, no database; integers only. Telephony rules 20 and 21.
 *
 * Billable time is the talk time with the started second counted, raised to the minimum and then to whole increments. An
 * increment is priced wholly in the band in which it starts, by the clock of the called route. The first free_s seconds of it
 * cost nothing. The sum of set-up fee and increments is exact (numerator over 60,000: price per minute times milliseconds), the
 * account's discount is taken off that sum exactly, and the result is rounded once, down to 1/10000: so a discount never makes a
 * leg dearer, neither does a larger one. The amount never decreases in time.
 */
#ifndef BILLING_RATING_H
#define BILLING_RATING_H

#include <stdbool.h>
#include <stdint.h>

#include "billing/rating_zone.h"

#define RATE_BANDS_MAX    8
/* With these no sum of amounts leaves an int64_t: a million a minute, a day's increment, a year's talk. */
#define RATE_PRICE_MAX_E4 INT64_C(10000000000)
#define RATE_SECONDS_MAX  86400
#define RATE_TALK_MAX_MS  (INT64_C(366) * 86400 * 1000)
#define RATE_DISCOUNT_MAX 10000 /* hundredths of a percent: everything */

/*
 * Of the day, in minutes after midnight by the route's clock. to below from: over midnight, and then days are those on which it
 * begins (Friday night lasts into Saturday). days: bit 0 is Monday, bit 6 Sunday; 0: every day. The first band that fits counts.
 */
struct rate_band {
	uint16_t from_min, to_min;
	int64_t  price_e4;
	uint8_t  days;
};

struct rate {
	int64_t  setup_e4;     /* once, when answered */
	int64_t  price_e4;     /* per minute, outside all bands */
	uint32_t minimum_s, increment_s, free_s;  /* increment_s >= 1; the first free_s seconds cost nothing */
	uint32_t discount_bp;  /* the account's: hundredths of a percent off the whole */
	int16_t  utc_offset_min;      /* standard time of the route's clock */
	struct rate_summer summer;    /* its daylight saving; none: all zeroes */
	unsigned band_count;
	struct rate_band band[RATE_BANDS_MAX];
	int64_t  tariff_id;
	int      version;
	char     destination[24]; /* "local", "domestic", or the prefix: for the record and for people */
};

/* What a call may cost when it is answered now, or after a new version of the tariff has begun: the one valid at the answer
 * applies. */
struct rate_quote {
	struct rate now, next;
	int64_t     next_from_us;     /* UTC; 0: none is due while a call rings */
};
const struct rate *rate_quote_at(const struct rate_quote *q, int64_t answered_utc_us);

/* Within the limits above: what a file or a table says is asked first. */
bool    rating_valid(const struct rate *r);

int64_t rating_billable_s(const struct rate *r, int64_t talk_ms);
/* talk_ms 0 (answered and gone in the same millisecond): 0. */
int64_t rating_amount_e4(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us);
/* What is due the moment it is answered: set-up fee and minimum, or first increment. Held before its SETUP. */
int64_t rating_first_e4(const struct rate *r, int64_t answered_utc_us);
/* The same of the dearer of the two that may apply. */
int64_t rating_quote_first_e4(const struct rate_quote *q, int64_t at_utc_us);
/* The talk time, after talk_ms, at which the next increment becomes due (an increment is due when it starts). */
int64_t rating_next_due_ms(const struct rate *r, int64_t talk_ms);

/* ---- the working, for people ---- */

/* Increments in a row that start in one band, as the amount is summed over them. */
struct rating_run {
	int64_t  from_s, to_s;   /* of the billable time; increments: (to_s - from_s) / increment_s */
	int64_t  charged_s;      /* of these, after the free seconds */
	int64_t  price_e4;       /* per minute */
	int      band;           /* index; -1: outside all */
	int      utc_offset_min; /* of the route's clock as the run starts */
};
/* The run after *run (all zeroes: the first). False: there is none. */
bool rating_run_next(const struct rate *r, int64_t billable_s, int64_t answered_utc_us, struct rating_run *run);

/* The sum, exact: whole 1/10000 and what is over, in 1/60000 of it (before the discount), in 1/600000000 (after it). */
struct rating_sum {
	int64_t billable_s, setup_e4;
	int64_t list_e4, list_over;        /* without the discount */
	int64_t amount_e4, amount_over;    /* with it; amount_e4 is what is charged */
};
void rating_sum(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us, struct rating_sum *sum);

#endif
