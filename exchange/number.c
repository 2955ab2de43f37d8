/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/internal.h"

#define COUNTRY_CODE        "86"
#define NATIONAL_DIGITS_MIN 10 /* 025 8411 0001 without its 0: the shortest that can carry a trunk prefix or a country code */

int xnumber_key(const char *digits, uint8_t ton, char key[XNUMBER_KEY])
{
	bool international = ton == E1_TON_INTERNATIONAL;
	const char *d = digits;
	size_t len;

	if (*d == '+') {
		international = true;
		d++;
	}
	len = strlen(d);
	if (!len || len > E1_NUMBER_MAX || strspn(d, "0123456789*#") != len)
		return -EINVAL;
	if (!international && len > NATIONAL_DIGITS_MIN && d[0] == '0' && d[1] == '0') {
		international = true;
		d += 2;
	} else if (!international && ton == E1_TON_UNKNOWN && strlen(d) >= NATIONAL_DIGITS_MIN + 2 &&
	           !strncmp(d, COUNTRY_CODE, 2)) {
		international = true;
	}
	if (international && strncmp(d, COUNTRY_CODE, 2) != 0) {
		snprintf(key, XNUMBER_KEY, "+%s", d);
		return 0;
	}
	if (international)
		d += 2;
	if (*d == '0' && strlen(d) > NATIONAL_DIGITS_MIN)
		d++;
	if (!*d)
		return -EINVAL;
	snprintf(key, XNUMBER_KEY, "%s", d);
	return 0;
}

struct xnumber *xnumber_find(struct exchange *x, const char *digits, uint8_t ton)
{
	struct list *pos, *nxt;
	char key[XNUMBER_KEY];

	if (xnumber_key(digits, ton, key))
		return NULL;
	list_for_each(pos, nxt, &x->numbers) {
		struct xnumber *n = list_entry(pos, struct xnumber, link);

		if (!strcmp(n->key, key))
			return n;
	}
	return NULL;
}

bool xnumber_is_prefix(struct exchange *x, const char *digits)
{
	struct list *pos, *nxt;
	size_t len = strlen(digits);

	list_for_each(pos, nxt, &x->numbers) {
		struct xnumber *n = list_entry(pos, struct xnumber, link);

		if ((strlen(n->shown) > len && !strncmp(n->shown, digits, len)) ||
		    (strlen(n->key) > len && !strncmp(n->key, digits, len)))
			return true;
	}
	return false;
}

int xnumber_set(struct exchange *x, const char *number, const struct xplan *plan)
{
	struct xnumber *n = xnumber_find(x, number, E1_TON_UNKNOWN);

	if (n) {
		xplan_drop(&n->plan);
	} else {
		n = calloc(1, sizeof(*n));
		if (!n)
			return -ENOMEM;
		if (xnumber_key(number, E1_TON_UNKNOWN, n->key)) {
			free(n);
			return -EINVAL;
		}
		snprintf(n->shown, sizeof(n->shown), "%s", number);
		list_append(&x->numbers, &n->link);
	}
	xplan_copy(&n->plan, plan);
	return 0;
}

int xnumber_delete(struct exchange *x, const char *number)
{
	struct xnumber *n = xnumber_find(x, number, E1_TON_UNKNOWN);

	if (!n)
		return -ENOENT;
	list_remove(&n->link);
	xplan_drop(&n->plan);
	free(n);
	return 0;
}
