/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/rating.h - what a leg costs. Pure: no clock, no database; integers only. Telephony rules 20 and 21.
 *
 * Billable time is the talk time with the started second counted, raised to the minimum and then to whole increments. An
 * increment is priced wholly in the band in which it starts, by the clock of the called route. The amount is summed exactly
 * (numerator over 60,000: price per minute times milliseconds) and rounded once, down to 1/10000. It never decreases in time.
 */
#ifndef BILLING_RATING_H
#define BILLING_RATING_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_BANDS_MAX    8
/* With these no sum of amounts leaves an int64_t: a million a minute, a day's increment, a year's talk. */
#define RATE_PRICE_MAX_E4 INT64_C(10000000000)
#define RATE_SECONDS_MAX  86400
#define RATE_TALK_MAX_MS  (INT64_C(366) * 86400 * 1000)

struct rate_band { /* of the day, in minutes after midnight by the route's clock; to may be below from (over midnight) */
	uint16_t from_min, to_min;
	int64_t  price_e4;
};

struct rate {
	int64_t  setup_e4;     /* once, when answered */
	int64_t  price_e4;     /* per minute, outside all bands */
	uint32_t minimum_s, increment_s, free_s;  /* increment_s >= 1; the first free_s seconds cost nothing */
	int16_t  utc_offset_min;
	unsigned band_count;
	struct rate_band band[RATE_BANDS_MAX];
	int64_t  tariff_id;
	int      version;
	char     destination[24]; /* "local", "domestic", or the prefix: for the record and for people */
};

/* Within the limits above: what a file or a table says is asked first. */
bool    rating_valid(const struct rate *r);

int64_t rating_billable_s(const struct rate *r, int64_t talk_ms);
/* talk_ms 0 (answered and gone in the same millisecond): 0. */
int64_t rating_amount_e4(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us);
/* What is due the moment it is answered: set-up fee and minimum, or first increment. Held before its SETUP. */
int64_t rating_first_e4(const struct rate *r, int64_t answered_utc_us);
/* The talk time, after talk_ms, at which the next increment becomes due (an increment is due when it starts). */
int64_t rating_next_due_ms(const struct rate *r, int64_t talk_ms);

#endif
