/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/money.h - amounts as people write them: "50.00", in the currency's unit, from and to 1/10000 (_e4). No floating point
 * anywhere (house rule 22).
 */
#ifndef CLI_MONEY_H
#define CLI_MONEY_H

#include <stdint.h>

#define MONEY_TEXT_SIZE 32
#define MONEY_MAX_E4    INT64_C(1000000000000000) /* 100 milliard units: far from overflow in sums */

/* Digits, optionally a sign and a point with one to four decimals: 50, 50.0, -0.2000. -EINVAL: anything else; -ERANGE: beyond
 * MONEY_MAX_E4. */
int  money_parse(const char *text, int64_t *amount_e4);
/* At least two decimals, more only when they are not 0: 50.00, 0.125, -3.4567. */
void money_format(int64_t amount_e4, char text[MONEY_TEXT_SIZE]);

#endif
