/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/fuzz_mutate.h - what a bad line, a bad exchange or a bad gateway does to what is sent: e1_mutate_h's, with their
 * own seeded randomness. */
#ifndef TESTS_WORLDS_FUZZ_MUTATE_H
#define TESTS_WORLDS_FUZZ_MUTATE_H

#include <stdint.h>

struct fuzz {
	uint64_t seed;       /* splitmix64's state */
	unsigned permille;   /* so many of what passes are changed */
	uint64_t changed;
};

uint64_t fuzz_u64(struct fuzz *f);
uint32_t fuzz_below(struct fuzz *f, uint32_t limit);

/* arg: struct fuzz. */
/* the contents of I frames: messages and information elements */
void fuzz_q931(uint8_t *frame, unsigned *len, unsigned max, void *arg);
void fuzz_frame(uint8_t *frame, unsigned *len, unsigned max, void *arg);     /* anywhere in a frame, its length too */
void fuzz_timeslot16(uint8_t *packet, unsigned *len, unsigned max, void *arg); /* bits on the line: behind the FCS */
void fuzz_packet(uint8_t *packet, unsigned *len, unsigned max, void *arg);   /* control word, length, payload */

#endif
