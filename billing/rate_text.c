/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/rate_text.c - rates as text: in the journal, and bands in the database and CSV files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/internal.h"

void rate_bands_to_text(const struct rate *r, char *out, unsigned size)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < r->band_count && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%u-%u:%lld", i ? ";" : "", r->band[i].from_min, r->band[i].to_min,
		                      (long long)r->band[i].price_e4);
}

int rate_bands_from_text(struct rate *r, const char *text)
{
	r->band_count = 0;
	while (*text) {
		unsigned from, to;
		long long price;
		int used = 0;

		if (r->band_count == RATE_BANDS_MAX || sscanf(text, "%u-%u:%lld%n", &from, &to, &price, &used) != 3 ||
		    from >= 1440 || to > 1440 || price < 0 || price > RATE_PRICE_MAX_E4)
			return -EINVAL;
		r->band[r->band_count++] = (struct rate_band){ (uint16_t)from, (uint16_t)to, price };
		text += used;
		if (*text == ';')
			text++;
		else if (*text)
			return -EINVAL;
	}
	return 0;
}

void rate_to_text(const struct rate *r, char out[RATE_TEXT_MAX])
{
	char bands[300];

	rate_bands_to_text(r, bands, sizeof(bands));
	(void)snprintf(out, RATE_TEXT_MAX, "%lld,%lld,%u,%u,%u,%d,%s", (long long)r->setup_e4, (long long)r->price_e4,
	               r->minimum_s, r->increment_s, r->free_s, r->utc_offset_min, bands);
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
	if (offset != r->utc_offset_min || rate_bands_from_text(r, text + used) != 0 || !rating_valid(r))
		return -EINVAL;
	return 0;
}
