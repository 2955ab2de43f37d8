/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/money.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

int money_parse(const char *text, int64_t *amount_e4)
{
	bool negative = *text == '-';
	int64_t v = 0;
	unsigned digits = 0, decimals = 0;

	if (*text == '-' || *text == '+')
		text++;
	for (; *text >= '0' && *text <= '9'; text++, digits++) {
		v = v * 10 + (*text - '0');
		if (v > MONEY_MAX_E4 / 10000)
			return -ERANGE;
	}
	if (digits == 0)
		return -EINVAL;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && decimals < 4; text++, decimals++)
			v = v * 10 + (*text - '0');
		if (decimals == 0)
			return -EINVAL;
	}
	if (*text != '\0') /* a fifth decimal as well: 1/10000 is the smallest there is */
		return -EINVAL;
	for (; decimals < 4; decimals++)
		v *= 10;
	if (v > MONEY_MAX_E4)
		return -ERANGE;
	*amount_e4 = negative ? -v : v;
	return 0;
}

void money_format(int64_t amount_e4, char text[MONEY_TEXT_SIZE])
{
	uint64_t v = amount_e4 < 0 ? 0 - (uint64_t)amount_e4 : (uint64_t)amount_e4;
	int n = snprintf(text, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%04" PRIu64, amount_e4 < 0 ? "-" : "", v / 10000, v % 10000);

	for (int cut = 0; cut < 2 && text[n - 1] == '0'; cut++)
		text[--n] = '\0';
}
