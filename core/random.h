/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/random.h - the one source of randomness: getrandom(2), or a seeded generator in worlds. Any thread. */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void     random_bytes(void *buf, size_t len);
uint64_t random_u64(void);
uint32_t random_below(uint32_t limit);   /* uniform in 0..limit-1; limit > 0 */

/* Worlds and fuzzers: a seed makes a run repeatable (splitmix64). 0 is a valid seed. */
void random_seed(uint64_t seed);

/* A time-ordered 128-bit id as 32 hex digits (UUIDv7 layout, RFC 9562 5.7): calls, legs, transfers, holds. */
#define ID_SIZE 33
void random_id(char id[ID_SIZE]);

#endif
