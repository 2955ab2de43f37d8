/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/dialogue.h - talking with one caller: say something, hear keys. On the coroutine's stack; every function returns
 * -ECONNRESET once he is gone.
 */
#ifndef IVR_DIALOGUE_H
#define IVR_DIALOGUE_H

#include "ivr/ivr.h"
#include "leg/wait.h"

struct dialogue {
	struct ivr_env        *env;
	const struct ivr_service *service; /* in whose recordings is spoken */
	struct leg_wait        wait;
	enum prompt_lang       lang;
	struct mparty         *m;        /* NULL outside a multi-party call */
	struct mparty_observer observer;
	int64_t                hash_us;  /* when the last terminating # came */
	unsigned               keys;     /* pressed so far */
	uint32_t               last_play; /* the newest to his line; 0: none yet */
	int                    volume_db10; /* of what he hears (#7, #9) */
	uint8_t                told[(MPARTY_PARTIES_MAX + 8) / 8];  /* by order: who invites him */
	uint8_t                asked[(MPARTY_PARTIES_MAX + 8) / 8]; /* by order: whether he wants to come in */
};

void dialogue_begin(struct dialogue *d, struct ivr_env *env, const struct ivr_service *s, struct leg *l, enum prompt_lang lang);
void dialogue_attach(struct dialogue *d, struct mparty *m); /* its news wake the dialogue from now on */
void dialogue_end(struct dialogue *d);

/* Says it to the end, or to the first key (the key stays to be read): 0, -EINTR, -ECONNRESET. Replaces what is being said. */
int  dialogue_say(struct dialogue *d, const struct say_list *list);
int  dialogue_say_id(struct dialogue *d, const char *id);
/* Starts saying and returns: beside other sound, without waiting. gap_ms: silence after each round; times 0: until
 * dialogue_hush. */
uint32_t dialogue_start(struct dialogue *d, const struct say_list *list, unsigned times, unsigned gap_ms, bool append);
uint32_t dialogue_start_clip(struct dialogue *d, struct clip *c, unsigned times);
void dialogue_hush(struct dialogue *d);
bool dialogue_silent(const struct dialogue *d); /* all that was started has been heard */

/* A key: 0, -ETIMEDOUT, -ECONNRESET, -EAGAIN (news of the multi-party call: look again). */
int  dialogue_key(struct dialogue *d, int64_t timeout_us, char *key);
/* A number up to # or a pause (rule 15): 0 and the digits, -ETIMEDOUT nothing was keyed, -ECANCELED `*` on an empty entry,
 * -ECONNRESET. */
#define DIALOGUE_DIGITS_MAX 24
int  dialogue_digits(struct dialogue *d, char digits[DIALOGUE_DIGITS_MAX + 1]);

#endif
