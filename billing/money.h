/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/money.h - money between people and integers: "12.3456" <-> 123456. No floating point. */
#ifndef BILLING_MONEY_H
#define BILLING_MONEY_H

#include <stdint.h>

#define MONEY_TEXT_MAX 32

/* At most four decimals and 12 digits before the point; a sign is allowed. -EINVAL. */
int money_parse_e4(const char *text, int64_t *e4);
/* At least two decimals, more when needed: "12.30", "0.0001", "-1.50". */
void money_format_e4(int64_t e4, char out[MONEY_TEXT_MAX]);

#endif
