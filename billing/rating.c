/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/rating.h"

#define MINUTE_MS 60000
#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define DAY_US    (24 * 60 * MINUTE_US)

static int64_t round_up(int64_t value, int64_t step)
{
	return (value + step - 1) / step * step;
}

int64_t rating_billable_s(const struct rate *r, int64_t talk_ms)
{
	int64_t s;

	if (talk_ms <= 0)
		return 0;
	if (talk_ms > RATE_TALK_MAX_MS)
		talk_ms = RATE_TALK_MAX_MS;
	s = (talk_ms + 999) / 1000;
	if (s < r->minimum_s)
		s = r->minimum_s;
	return round_up(s, r->increment_s);
}

/* What a minute costs at this time, and how long from there no band begins or ends. */
static int64_t rating_price_at(const struct rate *r, int64_t utc_us, int64_t *same_us)
{
	int64_t at = (utc_us + r->utc_offset_min * MINUTE_US) % DAY_US, price = r->price_e4, next = DAY_US;
	bool found = false;

	if (at < 0)
		at += DAY_US;
	for (unsigned i = 0; i < r->band_count; i++) {
		const struct rate_band *b = &r->band[i];
		int64_t from = b->from_min * MINUTE_US, to = b->to_min * MINUTE_US;

		if (!found && (from <= to ? at >= from && at < to : at >= from || at < to)) {
			price = b->price_e4;
			found = true;
		}
		if (from > at && from < next)
			next = from;
		if (to > at && to < next)
			next = to;
	}
	*same_us = next - at;
	return price;
}

/* Price per minute times milliseconds, of increments that start at the seconds 0 .. billable. A run of increments that start in
 * one band is one product: charging looks a day ahead, and increments may be single seconds. */
static __int128 rating_numerator(const struct rate *r, int64_t billable, int64_t answered_utc_us)
{
	int64_t step_us = r->increment_s * SECOND_US;
	__int128 numerator = 0;

	for (int64_t at = 0, to; at < billable; at = to) {
		int64_t same_us, price = rating_price_at(r, answered_utc_us + at * SECOND_US, &same_us), from;

		to = at + round_up(same_us, step_us) / SECOND_US;
		if (to > billable)
			to = billable; /* a multiple of the increment, as at is */
		from = at > r->free_s ? at : r->free_s;
		if (to > from)
			numerator += (__int128)(to - from) * 1000 * price;
	}
	return numerator;
}

int64_t rating_amount_e4(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us)
{
	int64_t billable = rating_billable_s(r, talk_ms);

	return billable == 0 ? 0 : r->setup_e4 + (int64_t)(rating_numerator(r, billable, answered_utc_us) / MINUTE_MS);
}

bool rating_valid(const struct rate *r)
{
	bool ok = r->setup_e4 >= 0 && r->setup_e4 <= RATE_PRICE_MAX_E4 && r->price_e4 >= 0 && r->price_e4 <= RATE_PRICE_MAX_E4 &&
	          r->increment_s >= 1 && r->increment_s <= RATE_SECONDS_MAX && r->minimum_s <= RATE_SECONDS_MAX &&
	          r->free_s <= RATE_SECONDS_MAX && r->utc_offset_min > -24 * 60 && r->utc_offset_min < 24 * 60 &&
	          r->band_count <= RATE_BANDS_MAX;

	for (unsigned i = 0; ok && i < r->band_count; i++)
		ok = r->band[i].from_min < 24 * 60 && r->band[i].to_min <= 24 * 60 && r->band[i].price_e4 >= 0 &&
		     r->band[i].price_e4 <= RATE_PRICE_MAX_E4;
	return ok;
}

int64_t rating_first_e4(const struct rate *r, int64_t answered_utc_us)
{
	return rating_amount_e4(r, 1, answered_utc_us);
}

int64_t rating_next_due_ms(const struct rate *r, int64_t talk_ms)
{
	/* Everything up to the end of what is billed already is paid for; the next increment starts there. */
	return rating_billable_s(r, talk_ms > 0 ? talk_ms : 1) * 1000;
}
