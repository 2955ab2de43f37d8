/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/working.h - what a call would cost or has cost, and how that comes about: which tariff, version, rate and clock,
 * increment by increment (telephony rules 20, 21). For people: the command line and the back office. rate_ask() is blocking, the
 * rest pure.
 */
#ifndef BILLING_WORKING_H
#define BILLING_WORKING_H

#include <stdbool.h>

#include "billing/rating.h"
#include "billing/tariff.h"
#include "store/store.h"

struct rate_question {
	const char *host, *called, *service, *home_area; /* in; canonical. service "": the account's tariff */
	int64_t     at_utc_us;
	int64_t     tariff_id;                           /* out, all below */
	unsigned    discount_bp;
	bool        of_service, from_host;
	char        tariff[65], host_area[16], called_area[16], valid_from[32], valid_to[32], zone[ZONE_NAME_MAX + 1];
	bool        barred;
	struct rate rate;
};
/* -ENXIO no account has the host's number; -ENOENT the tariff (which is told) has no rate for the called one; -EIO. */
int rate_ask(struct store *s, struct rate_question *q);
/* "local", "domestic", "international", "prefix". country: the home country's code. */
const char *rate_class(const struct rate_question *q, const char *country);

/* A line for increments in a row that cost the same; a midnight between them is nothing to a reader. */
#define WORKING_TEXT 80
struct working_line {
	int64_t from_s, to_s, increments, charged_s, price_e4;
	char    clock[32];              /* "18:00:05 Mon" by the route's clock, as it begins */
	char    band[TARIFF_BAND_MAX];
	char    amount[WORKING_TEXT];   /* exact */
};
/* each may return a negative errno to end it. */
int  working_each(const struct rate *r, int64_t billable_s, int64_t answered_utc_us,
                 int (*each)(void *arg, const struct working_line *l), void *arg);
/* "2.0033 and 20/60 of 0.0001". */
void working_exact(char out[WORKING_TEXT], int64_t e4, int64_t over, int64_t of);

/* The rate as a leg's record has it (leg_record.rate). -EINVAL. */
int  working_rate(struct rate *r, const char *text);

#endif
