/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/rate_text.c - rates as text: in the journal and in records, and bands in the database.
 *
 *   setup,price,minimum,increment,free,offset,BANDS[!dDISCOUNT][!zSUMMER]     amounts in 1/10000
 *   BANDS: [DAYS/]from-to:price;...  minutes of the day, days as digits, 1 Monday    "12345/480-1080:3000;1320-420:1000"
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/internal.h"

void rate_bands_to_text(const struct rate *r, char *out, unsigned size)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < r->band_count && n < size; i++) {
		const struct rate_band *b = &r->band[i];
		char days[10] = "";
		unsigned d = 0;

		for (unsigned k = 0; k < 7; k++)
			if (b->days >> k & 1)
				days[d++] = (char)('1' + k);
		if (d)
			days[d] = '/';
		n += (size_t)snprintf(out + n, size - n, "%s%s%u-%u:%lld", i ? ";" : "", days, b->from_min, b->to_min,
		                      (long long)b->price_e4);
	}
}

static int band_from_text(struct rate_band *b, const char **text)
{
	size_t days = strspn(*text, "1234567");
	unsigned from, to;
	long long price;
	int used = 0;

	memset(b, 0, sizeof(*b));
	if ((*text)[days] == '/') {
		for (size_t i = 0; i < days; i++)
			b->days = (uint8_t)(b->days | 1u << ((*text)[i] - '1'));
		*text += days + 1;
		if (days == 0)
			return -EINVAL;
	}
	if (sscanf(*text, "%4u-%4u:%12lld%n", &from, &to, &price, &used) != 3 || from >= 1440 || to > 1440 || price < 0 ||
	    price > RATE_PRICE_MAX_E4)
		return -EINVAL;
	b->from_min = (uint16_t)from;
	b->to_min = (uint16_t)to;
	b->price_e4 = price;
	*text += used;
	return 0;
}

/* Up to the end or a '!'. */
static int bands_from_text(struct rate *r, const char **text)
{
	r->band_count = 0;
	while (**text && **text != '!') {
		if (r->band_count == RATE_BANDS_MAX || band_from_text(&r->band[r->band_count], text) != 0)
			return -EINVAL;
		r->band_count++;
		if (**text == ';')
			++*text;
		else if (**text && **text != '!')
			return -EINVAL;
	}
	return 0;
}

int rate_bands_from_text(struct rate *r, const char *text)
{
	return bands_from_text(r, &text) == 0 && *text == '\0' ? 0 : -EINVAL;
}

void rate_to_text(const struct rate *r, char out[RATE_TEXT_MAX])
{
	char bands[300], discount[16] = "", rule[ZONE_RULE_MAX], *p = discount;

	rate_bands_to_text(r, bands, sizeof(bands));
	rate_summer_to_text(&r->summer, rule);
	if (r->discount_bp)
		(void)snprintf(p, sizeof(discount), "!d%u", r->discount_bp);
	(void)snprintf(out, RATE_TEXT_MAX, "%lld,%lld,%u,%u,%u,%d,%s%s%s%s", (long long)r->setup_e4, (long long)r->price_e4,
	               r->minimum_s, r->increment_s, r->free_s, r->utc_offset_min, bands, discount, rule[0] ? "!z" : "", rule);
}

int rate_from_text(struct rate *r, const char *text)
{
	long long setup, price;
	int offset, used = 0;

	memset(r, 0, sizeof(*r));
	if (sscanf(text, "%lld,%lld,%u,%u,%u,%d,%n", &setup, &price, &r->minimum_s, &r->increment_s, &r->free_s, &offset,
	           &used) != 6 ||
	    used == 0 || r->increment_s == 0)
		return -EINVAL;
	r->setup_e4 = setup;
	r->price_e4 = price;
	r->utc_offset_min = (int16_t)offset;
	text += used;
	if (offset != r->utc_offset_min || bands_from_text(r, &text) != 0)
		return -EINVAL;
	if (strncmp(text, "!d", 2) == 0) {
		if (sscanf(text, "!d%6u%n", &r->discount_bp, &used) != 1)
			return -EINVAL;
		text += used;
	}
	if (strncmp(text, "!z", 2) == 0) {
		if (rate_summer_from_text(&r->summer, text + 2) != 0)
			return -EINVAL;
		text = "";
	}
	return *text == '\0' && rating_valid(r) ? 0 : -EINVAL;
}
