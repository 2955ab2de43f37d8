/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/tariff_bands.c - bands as an operator writes them: "mon-fri 08:00-18:00:0.30;sat+sun 00:00-24:00:0.10". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "billing/money.h"
#include "billing/tariff_internal.h"

static const char day_name[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static int day_of(const char *name, size_t len)
{
	for (int i = 0; i < 7; i++)
		if (len == 3 && strncasecmp(name, day_name[i], 3) == 0)
			return i;
	return -1;
}

/* "mon-fri", "sat+sun", "fri-mon+wed". */
static int days_parse(const char *text, uint8_t *days)
{
	for (;;) {
		size_t word = strcspn(text, "-+");
		int from = day_of(text, word), to = from;

		text += word;
		if (*text == '-') {
			word = strcspn(++text, "-+");
			to = day_of(text, word);
			text += word;
		}
		if (from < 0 || to < 0)
			return -EINVAL;
		for (int d = from;; d = (d + 1) % 7) {
			*days = (uint8_t)(*days | 1u << d);
			if (d == to)
				break;
		}
		if (*text == '\0')
			return 0;
		if (*text++ != '+')
			return -EINVAL;
	}
}

/* "08:00". Never a number alone: in 08:00-09:00 whose price was forgotten, 09 would be a time and 00 the price. */
static int time_parse(const char *text, uint16_t *min)
{
	size_t n = strspn(text, "0123456789");
	int v;

	if (n < 1 || n > 2 || text[n] != ':' || strspn(text + n + 1, "0123456789") != 2 || text[n + 3] != '\0' ||
	    atoi(text + n + 1) > 59)
		return -EINVAL;
	v = atoi(text) * 60 + atoi(text + n + 1);
	if (v > 24 * 60)
		return -EINVAL;
	*min = (uint16_t)v;
	return 0;
}

static int band_parse(char *text, struct rate_band *b)
{
	char *blank = strrchr(text, ' '), *days = blank ? text : NULL, *to, *price;

	memset(b, 0, sizeof(*b));
	if (blank) {
		char *end = blank;

		while (end > days && end[-1] == ' ')
			end--;
		*end = '\0';
		text = blank + 1;
	}
	if (days && days_parse(days, &b->days) != 0)
		return -EINVAL;
	to = strchr(text, '-');
	price = to ? strrchr(to, ':') : NULL;
	if (to == NULL || price == NULL)
		return -EINVAL;
	*to++ = *price++ = '\0';
	if (b->days == 127)
		b->days = 0;
	return time_parse(text, &b->from_min) == 0 && b->from_min < 24 * 60 && time_parse(to, &b->to_min) == 0 &&
	                       money_parse_e4(price, &b->price_e4) == 0
	               ? 0
	               : -EINVAL;
}

int tariff_bands_parse(struct rate *r, const char *text)
{
	char copy[CSV_LINE_MAX + 1], *rest = copy, *one;

	if (strlen(text) > CSV_LINE_MAX)
		return -EINVAL;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	r->band_count = 0;
	while (text[0] && (one = strsep(&rest, ";")) != NULL) {
		size_t n;

		one += strspn(one, " ");
		n = strlen(one);
		while (n > 0 && one[n - 1] == ' ')
			one[--n] = '\0';
		if (r->band_count == RATE_BANDS_MAX || band_parse(one, &r->band[r->band_count]) != 0)
			return -EINVAL;
		r->band_count++;
	}
	return 0;
}

/* Days in a row as FROM-TO; two are FROM+TO. */
static size_t days_format(uint8_t days, char *out, size_t size)
{
	size_t n = 0;

	for (int d = 0, last; d < 7; d = last + 1) {
		last = d;
		if (!(days >> d & 1))
			continue;
		while (last < 6 && (days >> (last + 1) & 1))
			last++;
		n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "+" : "", day_name[d]);
		if (last > d)
			n += (size_t)snprintf(out + n, size - n, "%s%s", last > d + 1 ? "-" : "+", day_name[last]);
	}
	if (n)
		n += (size_t)snprintf(out + n, size - n, " ");
	return n;
}

void tariff_band_format(const struct rate_band *b, char out[TARIFF_BAND_MAX])
{
	char price[MONEY_TEXT_MAX];
	size_t n = days_format(b->days, out, TARIFF_BAND_MAX);

	money_format_e4(b->price_e4, price);
	(void)snprintf(out + n, TARIFF_BAND_MAX - n, "%02d:%02d-%02d:%02d:%s", b->from_min / 60, b->from_min % 60, b->to_min / 60,
	               b->to_min % 60, price);
}

void tariff_bands_format(const struct rate *r, char out[TARIFF_BANDS_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < r->band_count; i++) {
		char one[TARIFF_BAND_MAX];

		tariff_band_format(&r->band[i], one);
		n += (size_t)snprintf(out + n, TARIFF_BANDS_MAX - n, "%s%s", i ? ";" : "", one);
	}
}

int tariff_bands_show(const char *stored, char out[TARIFF_BANDS_MAX])
{
	struct rate r = { 0 };
	int err = rate_bands_from_text(&r, stored);

	if (!err)
		tariff_bands_format(&r, out);
	return err;
}

void tariff_zone_format(const struct rate *r, char out[ZONE_NAME_MAX + 1])
{
	int min = r->utc_offset_min < 0 ? -r->utc_offset_min : r->utc_offset_min;

	(void)snprintf(out, ZONE_NAME_MAX + 1, "%c%02d:%02d", r->utc_offset_min < 0 ? '-' : '+', min / 60, min % 60);
}
