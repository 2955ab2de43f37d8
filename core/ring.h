/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/ring.h - a queue between exactly one writing and one reading thread; no locks, no allocation after start.
 * Elements have a fixed size and are copied. The release/acquire pair makes everything written before a push visible after its
 * pop.
 */
#ifndef CORE_RING_H
#define CORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

int      ring_alloc(struct ring **rp, unsigned capacity, size_t element_size);  /* capacity rounded up to a power of two */
void     ring_free(struct ring *r);
bool     ring_push(struct ring *r, const void *element);   /* false: full, nothing written; the caller counts it */
bool     ring_pop(struct ring *r, void *element);          /* false: empty */
unsigned ring_used(const struct ring *r);                  /* a snapshot; exact only for the two ends' own purposes */

#endif
