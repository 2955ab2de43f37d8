/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/once.h - an act that must happen once: it moves money or places a call. The client makes a key for it
 * (draft-ietf-httpapi-idempotency-key-header); asked again with it, the act is not done again and the answer is the same.
 *
 * Kept in SQL for a day, so that it holds over several offices, and over the death of one in the middle: then the next request
 * does it again with the same movement's id, which billing/ and booking/ know.
 */
#ifndef OFFICE_ONCE_H
#define OFFICE_ONCE_H

#include "office/request.h"

/* Before the act: r->id is its movement's. False after an answer: the earlier one, or why not. */
bool once_begin(struct request *r);
/* After it: its answer is kept, unless it says "later" (429, 5xx). */
void once_end(struct request *r);
/* Keys older than a day. */
int  once_forget(struct office *o, int64_t now_utc_us);

#endif
