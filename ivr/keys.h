/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/keys.h - the host's keys in the room (telephony rule 14), and what he is told of his parties. */
#ifndef IVR_KEYS_H
#define IVR_KEYS_H

#include "ivr/dialogue.h"

/* After a `#` in the room: the command that follows. 0 also when none does, -ECONNRESET. */
int         keys_hash(struct dialogue *d);
/* The last party is dropped, or the invitation that still rings is cancelled; he is told whom. */
void        keys_drop_last(struct dialogue *d);
const char *keys_outcome_prompt(const struct party *p); /* why it did not come in */

#endif
