/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/cause.h - why a call ended: Q.850 causes (leg/cause.h) and SIP status codes, both ways (RFC 3398 7.2.4.1, 8.2.6.1).
 *
 * A Reason header tells the cause itself and is believed before the status (RFC 3326, 6432); where the call was released comes
 * with it as RFC 8606 says. Rule 2 differs from RFC 3398 in two: a call that was announced to and not answered is 480 with cause
 * 16, and a refusal is 603 with cause 21, which proxies do not try elsewhere (RFC 3261 16.7). Pure, any thread.
 */
#ifndef SIP_CAUSE_H
#define SIP_CAUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "leg/cause.h"

#define SIP_REASON_MAX 96 /* of sip_cause_reason(), its zero too */

/* What a final response says. reason: the value of its Reason header, several with commas between them; NULL: none. *location is
 * Q.850's (0 user, 1 private network serving the local user, ... 10), -1 when it is not told; it may be NULL. 1xx: CAUSE_NONE. */
int sip_cause_of_response(int status, const char *reason, int *location);
/* What a BYE or a CANCEL says: 16 when it says nothing. */
int sip_cause_of_request(const char *reason, int *location);

/* The status of our final response to an INVITE; phrase (RFC 3261 21) may be NULL. announced: something was said to the caller in
 * early media, so never 408 nor 5xx, at which a network announces something of its own or goes elsewhere (rule 2). */
int sip_cause_status(int cause, bool announced, const char **phrase);
/* The value of a Reason header: Q.850;cause=16;text="normal call clearing". -EINVAL: no cause; -ENOSPC. */
int sip_cause_reason(int cause, char *text, size_t size);

#endif
