/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/events.h - the stream of server-sent events: from office/live.h to a connection that sleeps while nothing happens. */
#ifndef OFFICE_EVENTS_H
#define OFFICE_EVENTS_H

struct MHD_Response;
struct request;

/* NULL, after an answer of r: there are too many, or the office ends. */
struct MHD_Response *events_response(struct request *r);

#endif
