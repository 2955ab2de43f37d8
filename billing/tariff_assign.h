/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/tariff_assign.h - which tariff counts for whom (telephony rule 24): an account's own, the discount on it, and a service
 * number's, which goes before the host's. Blocking; each change with its row in the audit trail. Legs that were asked their price
 * already keep it.
 */
#ifndef BILLING_TARIFF_ASSIGN_H
#define BILLING_TARIFF_ASSIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* -ENOENT: no such account, or no tariff of this name of the account's provider. */
int tariff_of_account(struct store *s, const char *number, const char *tariff, const char *who, int64_t at_utc_us);
/* Hundredths of a percent off everything the account is charged. -ENOENT; -EINVAL. */
int tariff_discount(struct store *s, const char *number, unsigned discount_bp, const char *who, int64_t at_utc_us);
/* tariff NULL: the hosts' own again. The number is its tariff's provider's. -ENOENT: no such tariff. */
int tariff_of_service(struct store *s, const char *number, const char *tariff, const char *who, int64_t at_utc_us);
/* Where legs to members are rated from (rule 20): the service's home area, or the host's. -ENOENT: no such tariff. */
int tariff_set_origin(struct store *s, const char *tariff, bool service, const char *who, int64_t at_utc_us);

#endif
