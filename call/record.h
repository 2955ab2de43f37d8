/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call/record.h - what every call and leg leaves behind (rule 25): legs put into billing's records. Control thread; billing's
 * journal does the rest.
 */
#ifndef CALL_RECORD_H
#define CALL_RECORD_H

#include "call/mparty.h"

/* The unanswered call that ordered it, confirmed or refused. */
void record_trigger(struct billing *b, const struct mparty_setup *s, const struct leg *l);
/* The answered call to a self-care number; nothing is charged. */
void record_selfcare(struct billing *b, const struct mparty_setup *s, const struct leg *l);
/* A leg of the call that is gone: the host's (order 0) or a party's. rate: what it was charged at. */
void record_leg(struct billing *b, const struct mparty_setup *s, const struct leg *l, unsigned order,
                const struct rate_quote *rate);
/* The same leg as it is answered, and the call as it has its hold: for the case that the node dies (rule 25). */
void record_leg_begun(struct billing *b, const struct mparty_setup *s, const struct leg *l, unsigned order,
                      const struct rate_quote *rate);
void record_call_begun(struct billing *b, const struct mparty_setup *s);
/* An attempt that never became a leg: barred, no money, no channel. */
void record_attempt(struct billing *b, const struct mparty_setup *s, const char *leg_id, const char *called, unsigned order,
                    int cause);
/* The call itself, once, at its end. */
void record_call(struct billing *b, const struct mparty_setup *s, int cause);

#endif
