/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/magic.h"

#define RING_MAGIC        0x52696e67u /* Ring */
#define RING_CAPACITY_MAX (1u << 24)
#define RING_ELEMENT_MAX  (1u << 20)

/* The ends are on cache lines of their own: each thread writes only its own line. */
struct ring {
	uint32_t magic;
	unsigned mask;
	size_t   size;
	_Alignas(64) _Atomic unsigned head; /* next to pop; the reader's */
	_Alignas(64) _Atomic unsigned tail; /* next to push; the writer's */
	_Alignas(64) unsigned char data[];
};

int ring_alloc(struct ring **rp, unsigned capacity, size_t element_size)
{
	unsigned n = 1;
	struct ring *r;
	size_t bytes;

	if (capacity == 0 || capacity > RING_CAPACITY_MAX || element_size == 0 || element_size > RING_ELEMENT_MAX)
		return -EINVAL;
	while (n < capacity)
		n *= 2;
	bytes = (sizeof(*r) + (size_t)n * element_size + 63) / 64 * 64;
	r = aligned_alloc(64, bytes);
	if (r == NULL)
		return -ENOMEM;
	memset(r, 0, bytes);
	r->magic = RING_MAGIC;
	r->mask = n - 1;
	r->size = element_size;
	*rp = r;
	return 0;
}

void ring_free(struct ring *r)
{
	if (r == NULL)
		return;
	MAGIC_CHECK(r, RING_MAGIC);
	r->magic = MAGIC_DEAD;
	free(r);
}

bool ring_push(struct ring *r, const void *element)
{
	unsigned tail;

	MAGIC_CHECK(r, RING_MAGIC);
	tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	if (tail - atomic_load_explicit(&r->head, memory_order_acquire) > r->mask)
		return false;
	memcpy(r->data + (tail & r->mask) * r->size, element, r->size);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

bool ring_pop(struct ring *r, void *element)
{
	unsigned head;

	MAGIC_CHECK(r, RING_MAGIC);
	head = atomic_load_explicit(&r->head, memory_order_relaxed);
	if (head == atomic_load_explicit(&r->tail, memory_order_acquire))
		return false;
	memcpy(element, r->data + (head & r->mask) * r->size, r->size);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return true;
}

unsigned ring_used(const struct ring *r)
{
	/* head first: read the other way round it could have overtaken the tail that was read. */
	unsigned head = atomic_load_explicit(&r->head, memory_order_acquire);
	unsigned used = atomic_load_explicit(&r->tail, memory_order_acquire) - head;

	return used <= r->mask ? used : r->mask + 1;
}
