/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/rating.h"

#define MINUTE_MS 60000

static int64_t round_up(int64_t value, int64_t step)
{
	return (value + step - 1) / step * step;
}

int64_t rating_billable_s(const struct rate *r, int64_t talk_ms)
{
	int64_t s;

	if (talk_ms <= 0)
		return 0;
	s = (talk_ms + 999) / 1000;
	if (s < r->minimum_s)
		s = r->minimum_s;
	return round_up(s, r->increment_s);
}

static int64_t rating_price_at(const struct rate *r, int64_t utc_us)
{
	int64_t minute = (utc_us / 60000000 + r->utc_offset_min) % (24 * 60);

	if (minute < 0)
		minute += 24 * 60;
	for (unsigned i = 0; i < r->band_count; i++) {
		const struct rate_band *b = &r->band[i];
		int in = b->from_min <= b->to_min ? minute >= b->from_min && minute < b->to_min : minute >= b->from_min || minute < b->to_min;

		if (in)
			return b->price_e4;
	}
	return r->price_e4;
}

int64_t rating_amount_e4(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us)
{
	int64_t billable = rating_billable_s(r, talk_ms), numerator = 0;

	if (billable == 0)
		return 0;
	if (r->band_count == 0) {
		int64_t paid = billable - r->free_s;

		numerator = paid > 0 ? paid * 1000 * r->price_e4 : 0;
		return r->setup_e4 + numerator / MINUTE_MS;
	}
	for (int64_t at = 0; at < billable; at += r->increment_s) {
		int64_t from = at < r->free_s ? r->free_s : at, to = at + r->increment_s;

		if (to > from)
			numerator += (to - from) * 1000 * rating_price_at(r, answered_utc_us + at * 1000000);
	}
	return r->setup_e4 + numerator / MINUTE_MS;
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
