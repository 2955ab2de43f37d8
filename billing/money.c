/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/money.h"

#include <errno.h>
#include <stdio.h>

int money_parse_e4(const char *text, int64_t *e4)
{
	int sign = *text == '-' ? -1 : 1, digits = 0, decimals = 0;
	int64_t v = 0;

	if (*text == '-' || *text == '+')
		text++;
	for (; *text >= '0' && *text <= '9' && digits <= 12; text++, digits++)
		v = v * 10 + (*text - '0');
	if (digits == 0 || digits > 12)
		return -EINVAL;
	if (*text == '.') {
		text++;
		for (; *text >= '0' && *text <= '9' && decimals < 4; text++, decimals++)
			v = v * 10 + (*text - '0');
		if (decimals == 0)
			return -EINVAL;
	}
	if (*text)
		return -EINVAL;
	for (; decimals < 4; decimals++)
		v *= 10;
	*e4 = sign * v;
	return 0;
}

void money_format_e4(int64_t e4, char out[MONEY_TEXT_MAX])
{
	uint64_t v = e4 < 0 ? 0 - (uint64_t)e4 : (uint64_t)e4;
	const char *sign = e4 < 0 ? "-" : "";

	if (v % 100 == 0)
		(void)snprintf(out, MONEY_TEXT_MAX, "%s%llu.%02llu", sign, (unsigned long long)(v / 10000),
		               (unsigned long long)(v % 10000 / 100));
	else
		(void)snprintf(out, MONEY_TEXT_MAX, "%s%llu.%04llu", sign, (unsigned long long)(v / 10000),
		               (unsigned long long)(v % 10000));
}
