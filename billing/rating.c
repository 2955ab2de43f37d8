/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/rating.h"

#include <string.h>

#define MINUTE_MS 60000
#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define DAY_US    (24 * 60 * MINUTE_US)
#define WHOLE     RATE_DISCOUNT_MAX

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

static bool band_on(const struct rate_band *b, unsigned weekday)
{
	return b->days == 0 || (b->days >> weekday & 1);
}

static bool band_fits(const struct rate_band *b, unsigned weekday, int64_t at_us)
{
	int64_t from = b->from_min * MINUTE_US, to = b->to_min * MINUTE_US;

	if (from <= to)
		return at_us >= from && at_us < to && band_on(b, weekday);
	return (at_us >= from && band_on(b, weekday)) || (at_us < to && band_on(b, (weekday + 6) % 7)); /* since yesterday */
}

/* Price and band at this time, and how long from there no band begins or ends. */
static int64_t rating_price_at(const struct rate *r, int64_t utc_us, struct rating_run *run)
{
	int64_t until, local, day, at, next = DAY_US;
	unsigned weekday;

	run->utc_offset_min = rate_zone_offset(r->utc_offset_min, &r->summer, utc_us, &until);
	local = utc_us + run->utc_offset_min * MINUTE_US;
	day = (local >= 0 ? local : local - DAY_US + 1) / DAY_US;
	at = local - day * DAY_US;
	weekday = (unsigned)((day % 7 + 10) % 7); /* 1970-01-01 was a Thursday */
	run->band = -1;
	run->price_e4 = r->price_e4;
	for (unsigned i = 0; i < r->band_count; i++) {
		const struct rate_band *b = &r->band[i];
		int64_t from = b->from_min * MINUTE_US, to = b->to_min * MINUTE_US;

		if (run->band < 0 && band_fits(b, weekday, at)) {
			run->band = (int)i;
			run->price_e4 = b->price_e4;
		}
		if (from > at && from < next)
			next = from;
		if (to > at && to < next)
			next = to;
	}
	return until - utc_us < next - at ? until - utc_us : next - at;
}

/* A run of increments that start in one band is one product: charging looks a day ahead, and increments may be single seconds. */
bool rating_run_next(const struct rate *r, int64_t billable_s, int64_t answered_utc_us, struct rating_run *run)
{
	int64_t at = run->to_s, from;

	if (at >= billable_s)
		return false;
	run->from_s = at;
	run->to_s = billable_s; /* a multiple of the increment, as at is */
	if (r->band_count == 0) {
		run->band = -1;
		run->price_e4 = r->price_e4;
		run->utc_offset_min = r->utc_offset_min;
	} else {
		int64_t same_us = rating_price_at(r, answered_utc_us + at * SECOND_US, run),
			to = at + round_up(same_us, r->increment_s * SECOND_US) / SECOND_US;

		if (to < billable_s)
			run->to_s = to;
	}
	from = at > r->free_s ? at : r->free_s;
	run->charged_s = run->to_s > from ? run->to_s - from : 0;
	return true;
}

/* Set-up fee and increments, in 1/60000 of 1/10000. */
static __int128 rating_numerator(const struct rate *r, int64_t billable_s, int64_t answered_utc_us)
{
	__int128 numerator = (__int128)r->setup_e4 * MINUTE_MS;
	struct rating_run run = { 0 };

	while (rating_run_next(r, billable_s, answered_utc_us, &run))
		numerator += (__int128)run.charged_s * 1000 * run.price_e4;
	return numerator;
}

int64_t rating_amount_e4(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us)
{
	int64_t billable_s = rating_billable_s(r, talk_ms);
	__int128 n;

	if (billable_s == 0)
		return 0;
	n = rating_numerator(r, billable_s, answered_utc_us);
	if (r->discount_bp == 0)
		/* the short division when it will do */
		return n <= INT64_MAX ? (int64_t)n / MINUTE_MS : (int64_t)(n / MINUTE_MS);
	return (int64_t)(n * (WHOLE - r->discount_bp) / ((int64_t)MINUTE_MS * WHOLE));
}

void rating_sum(const struct rate *r, int64_t talk_ms, int64_t answered_utc_us, struct rating_sum *sum)
{
	__int128 n;

	memset(sum, 0, sizeof(*sum));
	sum->billable_s = rating_billable_s(r, talk_ms);
	if (sum->billable_s == 0)
		return;
	sum->setup_e4 = r->setup_e4;
	n = rating_numerator(r, sum->billable_s, answered_utc_us);
	sum->list_e4 = (int64_t)(n / MINUTE_MS);
	sum->list_over = (int64_t)(n % MINUTE_MS);
	n *= WHOLE - r->discount_bp;
	sum->amount_e4 = (int64_t)(n / ((int64_t)MINUTE_MS * WHOLE));
	sum->amount_over = (int64_t)(n % ((int64_t)MINUTE_MS * WHOLE));
}

static bool price_valid(int64_t price_e4)
{
	return price_e4 >= 0 && price_e4 <= RATE_PRICE_MAX_E4;
}

bool rating_valid(const struct rate *r)
{
	bool ok = price_valid(r->setup_e4) && price_valid(r->price_e4) && r->increment_s >= 1 &&
	          r->increment_s <= RATE_SECONDS_MAX && r->minimum_s <= RATE_SECONDS_MAX && r->free_s <= RATE_SECONDS_MAX &&
	          r->discount_bp <= RATE_DISCOUNT_MAX && r->utc_offset_min > -24 * 60 && r->utc_offset_min < 24 * 60 &&
	          rate_summer_valid(&r->summer) && r->band_count <= RATE_BANDS_MAX;

	for (unsigned i = 0; ok && i < r->band_count; i++)
		ok = r->band[i].from_min < 24 * 60 && r->band[i].to_min <= 24 * 60 && r->band[i].days < 128 &&
		     price_valid(r->band[i].price_e4);
	return ok;
}

int64_t rating_first_e4(const struct rate *r, int64_t answered_utc_us)
{
	return rating_amount_e4(r, 1, answered_utc_us);
}

int64_t rating_quote_first_e4(const struct rate_quote *q, int64_t at_utc_us)
{
	int64_t now = rating_first_e4(&q->now, at_utc_us), next = 0;

	if (q->next_from_us)
		next = rating_first_e4(&q->next, at_utc_us > q->next_from_us ? at_utc_us : q->next_from_us);
	return now > next ? now : next;
}

const struct rate *rate_quote_at(const struct rate_quote *q, int64_t answered_utc_us)
{
	return q->next_from_us && answered_utc_us >= q->next_from_us ? &q->next : &q->now;
}

int64_t rating_next_due_ms(const struct rate *r, int64_t talk_ms)
{
	/* Everything up to the end of what is billed already is paid for; the next increment starts there. */
	return rating_billable_s(r, talk_ms > 0 ? talk_ms : 1) * 1000;
}
