/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/clock.h - the one source of time.
 *
 * Real in the programs, virtual in worlds (tests): a world sets a virtual clock before anything else starts and moves
 * it itself. Nothing outside core/clock.c reads time (a lint rule). Any thread may read; only a world writes.
 *
 * Units: microseconds. mono counts from an arbitrary start and never steps; utc counts from 1970-01-01T00:00:00Z.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_MS(ms)   ((int64_t)(ms) * 1000)
#define CLOCK_SEC(s)   ((int64_t)(s) * 1000000)
#define CLOCK_NEVER    INT64_MAX

int64_t clock_mono_us(void);
int64_t clock_utc_us(void);
static inline int64_t clock_utc_ms(void) { return clock_utc_us() / 1000; }

/* "2026-03-04 05:06:07.891" in UTC, the form of a DATETIME(3). size >= CLOCK_STAMP_SIZE. */
#define CLOCK_STAMP_SIZE 32
void clock_format_utc(int64_t utc_us, char *buf, size_t size);

/* Sleeps until the absolute mono time. Real clock only (asserted); for threads with deadlines, never for control. */
void clock_sleep_until(int64_t mono_us);

/* ---- worlds only ---- */
void clock_virtual_start(int64_t utc_us);  /* from now on time stands still until moved; mono starts at 1 s */
void clock_virtual_set(int64_t mono_us);   /* never backwards (asserted); utc moves along */
bool clock_is_virtual(void);

#endif
