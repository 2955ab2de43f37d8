/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/multiparty.h - the host's side of a multi-party call, from his answer to his hanging up. */
#ifndef IVR_MULTIPARTY_H
#define IVR_MULTIPARTY_H

#include "ivr/dialogue.h"

/* booked: his parties are being called already, and he waits for them in the room. 0 when he hung up or said all he wanted;
 * -ETIMEDOUT when nobody ever pressed a key (a voicemail, a child: counts as unanswered, rule 18). The leg is being released on
 * return. */
int multiparty_host(struct dialogue *d, bool booked);

#endif
