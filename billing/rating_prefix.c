/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "billing/rating_prefix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct prefix_node {
	uint16_t digits;  /* bit d: there is a child for digit d */
	uint32_t first;   /* the first child's index */
	int32_t  value;   /* -1: no prefix ends here */
};

struct prefix_span { /* of the sorted entries, whose first depth digits are a node's */
	uint32_t from, to, depth;
};

struct prefix_table {
	struct prefix_node *node;
	struct prefix_span *span;   /* while it is built */
	uint32_t            count, size;
};

static int entry_compare(const void *a, const void *b)
{
	return strcmp(((const struct prefix_entry *)a)->prefix, ((const struct prefix_entry *)b)->prefix);
}

static int node_add(struct prefix_table *t, uint32_t from, uint32_t to, uint32_t depth)
{
	if (t->count == t->size) {
		uint32_t size = t->size ? t->size * 2 : 1024;
		struct prefix_node *node = realloc(t->node, size * sizeof(*node));
		struct prefix_span *span;

		if (node == NULL)
			return -ENOMEM;
		t->node = node;
		span = realloc(t->span, size * sizeof(*span));
		if (span == NULL)
			return -ENOMEM;
		t->span = span;
		t->size = size;
	}
	t->node[t->count] = (struct prefix_node){ .value = -1 };
	t->span[t->count++] = (struct prefix_span){ from, to, depth };
	return 0;
}

/* The node's own value, and its children behind all nodes there are. */
static int node_fill(struct prefix_table *t, uint32_t index, const struct prefix_entry *e)
{
	struct prefix_span s = t->span[index];
	int err = 0;

	if (s.from < s.to && e[s.from].prefix[s.depth] == '\0')
		t->node[index].value = e[s.from++].value; /* the shortest comes first */
	t->node[index].first = t->count;
	while (!err && s.from < s.to) {
		char digit = e[s.from].prefix[s.depth];
		uint32_t to = s.from;

		if (digit == '\0')
			return -EEXIST;
		if (digit < '0' || digit > '9')
			return -EINVAL;
		while (to < s.to && e[to].prefix[s.depth] == digit)
			to++;
		t->node[index].digits = (uint16_t)(t->node[index].digits | 1u << (digit - '0'));
		err = node_add(t, s.from, to, s.depth + 1);
		s.from = to;
	}
	return err;
}

int prefix_table_build(struct prefix_table **tp, struct prefix_entry *entries, uint32_t count)
{
	struct prefix_table *t = calloc(1, sizeof(*t));
	int err = t ? 0 : -ENOMEM;

	if (count)
		qsort(entries, count, sizeof(*entries), entry_compare);
	if (!err && count && entries[0].prefix[0] == '\0')
		err = -EINVAL;
	if (!err)
		err = node_add(t, 0, count, 0);
	for (uint32_t i = 0; !err && i < t->count; i++)
		err = node_fill(t, i, entries);
	if (err) {
		prefix_table_free(t);
		return err;
	}
	free(t->span);
	t->span = NULL;
	*tp = t;
	return 0;
}

void prefix_table_free(struct prefix_table *t)
{
	if (t == NULL)
		return;
	free(t->node);
	free(t->span);
	free(t);
}

int32_t prefix_table_longest(const struct prefix_table *t, const char *number)
{
	const struct prefix_node *n = t->node;
	int32_t best = -1;

	for (;; number++) {
		unsigned digit = (unsigned)(*number - '0');

		if (n->value >= 0)
			best = n->value;
		if (digit > 9 || !(n->digits >> digit & 1))
			return best;
		n = &t->node[n->first + (unsigned)__builtin_popcount(n->digits & ((1u << digit) - 1))];
	}
}
