/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip/history.h - History-Info (RFC 7044, and 4244 as gateways still write it): whether a call was diverted on its way, and by
 * whom.
 *
 * An entry is an address the call was sent to, with an index that grows by ".N" downwards. The header alone is no diversion: each
 * proxy that routes adds an entry. It is one when an entry has a ;cause= of RFC 4458 or an mp parameter (then its parent
 * diverted), or, the old way, an escaped Reason in the entry that was given up. Pure.
 */
#ifndef SIP_HISTORY_H
#define SIP_HISTORY_H

#include "sip/uri.h"

#define SIP_HISTORY_MAX 32 /* entries that are looked at */

struct sip_history_hit {
	bool           known;      /* by is filled in */
	bool           restricted; /* its entry wants Privacy (RFC 7044 10.1) */
	struct sip_uri by;
};
/* The last diversion. values: of all such headers in order. false: there was none. */
bool sip_history_diverted(const struct span *values, unsigned count, struct sip_history_hit *hit);

#endif
