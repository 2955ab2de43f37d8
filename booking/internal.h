/* SPDX-License-Identifier: GPL-2.0-or-later */
/* booking/internal.h - what booking's files share; nobody else includes it. Within a transaction. */
#ifndef BOOKING_INTERNAL_H
#define BOOKING_INTERNAL_H

#include "booking/run.h"

int     booking_load(struct store_conn *c, const char *id, struct booking *b); /* -ENOENT */
/* The first start later than after_utc_us, in UTC us; 0: none. -EINVAL: no such zone. */
int     booking_next(const struct booking *b, int64_t after_utc_us, int64_t *next_utc_us);
/* A DATETIME column in microseconds since 1970; UNIX_TIMESTAMP ends in 2038. */
#define BOOKING_US(column) "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " column ")"

/* What an end means for the run: waiting for its next attempt, or done. owner NULL: whoever has it. -ESTALE: it is not the
 * owner's. */
int booking_run_step(struct store_conn *c, const char *owner, const char *run_id, const struct booking_end *e, int64_t now_utc_us,
                     int64_t congestion_us, unsigned congestion_retries);

#endif
