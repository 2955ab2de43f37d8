/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/booking_json.h - a booking as the API says it and takes it (Booking, BookingIn in office/openapi.json). */
#ifndef OFFICE_BOOKING_JSON_H
#define OFFICE_BOOKING_JSON_H

#include "booking/booking.h"
#include "office/request.h"

json_t *booking_json(const struct booking *b); /* without its runs */
/* What became of each start, the latest first, at most 100. */
int     booking_runs(struct request *r, const char *id, json_t **runs);
/* The request's body into *b, whose id is set and whose defaults are. False after an answer. */
bool    booking_read(struct request *r, struct booking *b);

#endif
