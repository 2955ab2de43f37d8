/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/limiter.h - how often somebody may ask: token buckets by address, by name, and one for all. This office's own, in
 * memory:
 * what must hold over several offices (wrong passwords, cards) is counted in SQL. Any thread.
 */
#ifndef OFFICE_LIMITER_H
#define OFFICE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct limiter;

int  limiter_alloc(struct limiter **lp);
void limiter_free(struct limiter *l);

/* Takes one of `burst` that come back at per_s a second; what: which limit ("address", "login"), of whom. False: there is none;
 * *wait_s (may be NULL) says after how long there will be. */
bool limiter_take(struct limiter *l, const char *what, const char *whom, double per_s, double burst, int *wait_s);

#endif
