/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/provider.h - providers (telephony rule 24): whose an account, a tariff, a service number and a batch of cards is. One,
 * "default", is there from the beginning. Blocking: workers and the command line; each change with its row in the audit trail.
 *
 * A tariff is given its provider when it is made (billing/tariff.h), an account has its tariff's and can only be given tariffs of
 * the same, a card its batch's, and is good for accounts of that one alone. A service number without a provider is everybody's;
 * with one it answers for that provider's accounts only: others are unknown to it.
 */
#ifndef BILLING_PROVIDER_H
#define BILLING_PROVIDER_H

#include <stdint.h>

#include "store/store.h"

#define PROVIDER_NAME_SIZE 65

struct provider {
	int64_t id, accounts, tariffs, services, batches; /* how many belong to it */
	char    name[PROVIDER_NAME_SIZE];
};
/* name: UTF-8, at most 64 characters. -EEXIST; -EINVAL. */
int provider_add(struct store *s, const char *name, const char *who, int64_t at_utc_us);
/* -ENOENT; -EEXIST somebody else has that name; -EINVAL. */
int provider_rename(struct store *s, const char *name, const char *to, const char *who, int64_t at_utc_us);
/* In order of their ids; name NULL: all. No error when there is none. */
int provider_each(struct store *s, const char *name, int (*each)(void *arg, const struct provider *p), void *arg);
/* A service number (canonical) is this provider's; NULL: everybody's again. A tariff of its own that is another's it loses.
 * -ENOENT: no such provider. */
int provider_of_service(struct store *s, const char *number, const char *provider, const char *who, int64_t at_utc_us);

#endif
