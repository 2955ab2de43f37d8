/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/record_export.h - record files (rules 24, 25): the leg or call records of a provider and a time, as CSV that an
 * operator takes away. Blocking: workers and the command line.
 *
 * The first line, which begins with #, names the columns; they are only ever added to, at the end. A record belongs to the moment
 * at which its leg or call began: [from, to) after [from, to) has each once. Ordered by that moment, then by id, so that a file
 * made again is the same, and may only have what came since: a record comes when its leg has ended and its node could deliver it,
 * so a day's file is whole when the longest call that began in it is over (a conference ends after 4 h, or as limits have it).
 *
 * Times are UTC with milliseconds, amounts integers of 1/10000, canonical numbers digits alone, what is not there is empty. A
 * text that a spreadsheet would take for a formula has ' in front.
 */
#ifndef BILLING_RECORD_EXPORT_H
#define BILLING_RECORD_EXPORT_H

#include <stdint.h>
#include <stdio.h>

#include "store/store.h"

enum record_kind { RECORD_LEGS, RECORD_CALLS };

struct record_export {
	enum record_kind kind;
	/* NULL: all, one after the other, before them what is nobody's (callers whom no account knows) */
	const char      *provider;
	int64_t          from_utc_us, to_utc_us;
	uint64_t         rows_most;   /* 0: no limit */
	const char      *who;         /* each export has its row in the audit trail, before anything is written */
	int64_t          at_utc_us;
	FILE            *out;         /* written page by page: an error may leave a part there */
	uint64_t         rows;        /* out: so many were written; with -E2BIG, that there are */
};
/* -ENOENT no such provider; -EINVAL from is not before to; -E2BIG more than rows_most, nothing was written; -ENOSPC out cannot be
 * written. */
int record_export(struct store *s, struct record_export *x);

#endif
