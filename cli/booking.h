/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli/booking.h - what the commands about booked conferences share: reading what is told of one. False after a complaint. */
#ifndef CLI_BOOKING_H
#define CLI_BOOKING_H

#include "booking/booking.h"
#include "cli/cli.h"

/* The zone that is told, else the booking's own, else the configuration's. */
void    cli_booking_zone(struct cli *c, struct booking *b);
/* By the wall of b->zone; an offset behind it is a moment, and a name in [] is the zone (with_zone) of it. */
bool    cli_booking_time(struct cli *c, struct booking *b, const char *text, bool with_zone, int64_t *wall_s);
bool    cli_booking_options(struct cli *c, struct booking *b); /* after the start */
bool    cli_booking_parties(struct cli *c, struct booking *b, int from); /* NUMBER[=NAME]..., from this argument on */

void    cli_booking_repeat(const struct booking *b, char out[64]); /* "weekly:mon,thu" */

#endif
