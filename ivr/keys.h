/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/keys.h - the host's keys in the room (telephony rule 14), and what he is told of his parties. */
#ifndef IVR_KEYS_H
#define IVR_KEYS_H

#include "ivr/dialogue.h"

/* After a `#` in the room: the command that follows. 0 also when none does, -ECONNRESET. */
int         keys_hash(struct dialogue *d);
/* Another key, 0 to 9: while he and one party are alone, or in private talk, regenerated to that party; in a room it reaches
 * nobody (rule 16). */
void        keys_digit(struct dialogue *d, char key);
/* The last party is dropped, or the invitation that still rings is cancelled; he is told whom. */
void        keys_drop_last(struct dialogue *d);
const char *keys_outcome_prompt(const struct party *p); /* why it did not come in */

#endif
