/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/rating_prefix.h - longest prefix of digits, built once, then only read (any thread): a trie of ten in breadth-first
 * order, the children of a node side by side, 12 octets a node. 50,000 prefixes are about 1 MB, half a million ranges 10 MB.
 */
#ifndef BILLING_RATING_PREFIX_H
#define BILLING_RATING_PREFIX_H

#include <stdint.h>

struct prefix_entry {
	const char *prefix;
	int32_t     value;  /* >= 0 */
};
struct prefix_table;

/* entries are sorted in place, and not needed afterwards. -EINVAL: not digits, or empty; -EEXIST: one twice; -ENOMEM. */
int  prefix_table_build(struct prefix_table **tp, struct prefix_entry *entries, uint32_t count);
void prefix_table_free(struct prefix_table *t);
/* -1: none. */
int32_t prefix_table_longest(const struct prefix_table *t, const char *number);

#endif
