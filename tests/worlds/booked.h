/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/booked.h - booked conferences in worlds: made as the command line makes them. */
#ifndef TESTS_WORLDS_BOOKED_H
#define TESTS_WORLDS_BOOKED_H

#include "booking/booking.h"
#include "tests/worlds/world.h"

#define BOOKED_HOST    "13800000001"
#define BOOKED_HOST_E  "8613800000001"

/* A world whose nodes look for bookings each second. change (may be NULL): further options. */
struct world *booked_world(void (*change)(struct node_options *o));
void booked_options(struct node_options *o, void *change);

/* Books for so many seconds from now (zone Asia/Shanghai when none is set). b: host, parties, what differs from no redial, 60 s.
 * id gets its id. Fails the scenario when it is refused. */
void book_in(struct world *w, struct booking *b, double seconds);
int  book_try(struct world *w, struct booking *b);
/* The usual: HOST calls these (canonical numbers, NULL: no second one). */
struct booking booking_of(const char *party1, const char *party2);

void expect_run(struct world *w, const struct booking *b, const char *state, const char *outcome);
void expect_party(struct world *w, const struct booking *b, unsigned order, const char *outcome, int made);
/* "state outcome made" of its newest run */
bool run_is(struct world *w, const struct booking *b, const char *state);

#endif
