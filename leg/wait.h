/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leg/wait.h - how a dialogue (a coroutine) waits on its caller. Once the caller is gone every wait returns -ECONNRESET, for
 * ever; the flow simply returns.
 *
 * Keys wait in a queue (type-ahead: at most LEG_WAIT_KEYS, more are dropped), so a key pressed during a database query is not
 * lost.
 */
#ifndef LEG_WAIT_H
#define LEG_WAIT_H

#include "core/coro.h"
#include "leg/leg.h"

#define LEG_WAIT_KEYS 32

struct leg_wait { /* on the coroutine's stack */
	struct leg         *leg;   /* one reference */
	struct leg_observer observer;
	struct coro        *coro;
	char                keys[LEG_WAIT_KEYS];
	unsigned            key_count;
	uint32_t            played;  /* the last play that ended */
	bool                poked;
};

void leg_wait_begin(struct leg_wait *w, struct leg *l);
void leg_wait_end(struct leg_wait *w);

/* Returns 0 with *key, -ETIMEDOUT, -ECONNRESET; -EAGAIN when leg_wait_poke() was called. */
int  leg_wait_key(struct leg_wait *w, int64_t timeout_us, char *key);
/* Until the play has ended or a key waits: 0, -EINTR (a key waits), -ECONNRESET, -EAGAIN (poked). */
int  leg_wait_play(struct leg_wait *w, uint32_t play);
int  leg_wait_answered(struct leg_wait *w);                 /* outgoing: 0 answered, -ECONNRESET ended (leg->cause says why) */
int  leg_wait_sleep(struct leg_wait *w, int64_t us);        /* 0 when over, -ECONNRESET. Keys queue up */
int  leg_wait_gone(struct leg_wait *w);                     /* until the leg is GONE: 0 */
void leg_wait_flush(struct leg_wait *w);                    /* forget the keys */
/* Another event that the dialogue wants to look at has happened (control thread). */
void leg_wait_poke(struct leg_wait *w);

#endif
