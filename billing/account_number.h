/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/account_number.h - further numbers of an account, and numbers that leave it (rule 11). Blocking: workers and the
 * command line. */
#ifndef BILLING_ACCOUNT_NUMBER_H
#define BILLING_ACCOUNT_NUMBER_H

#include <stdint.h>

#include "store/store.h"

/* number: any live one of the account. -ENOENT no such; -EEXIST the new one is live in some account; -EINVAL empty. */
int account_number_add(struct store *s, const char *number, const char *added, const char *who, int64_t at_utc_us);
/* -ENOENT; -EBUSY it is the last of an account that is not closed. */
int account_number_end(struct store *s, const char *number, const char *who, int64_t at_utc_us);

#endif
