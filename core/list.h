/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/list.h - intrusive doubly linked list. An unlinked node has next == NULL. */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/magic.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *head) { head->next = head->prev = head; }
static inline bool list_empty(const struct list *head) { return head->next == head; }
static inline bool list_linked(const struct list *n) { return n->next != NULL; }
static inline void list_append(struct list *head, struct list *n)
{
	assert(!list_linked(n));
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}
static inline void list_remove(struct list *n) /* no-op when not linked */
{
	if (!list_linked(n))
		return;
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = NULL;
}

/* Safe against removal of the current node. */
#define list_for_each(pos, nxt, head) \
	for ((pos) = (head)->next, (nxt) = (pos)->next; (pos) != (head); (pos) = (nxt), (nxt) = (pos)->next)
#define list_entry(ptr, type, member) container_of(ptr, type, member)

#endif
