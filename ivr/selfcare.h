/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/selfcare.h - the self-care number: answered, and a menu. Recharge with a card, hear a balance, change a password, choose
 * the language, hear the last calls, hear and cancel bookings.
 *
 * Whoever calls from a number that the network vouches for (rule 4) and that has an account is at home in it without a password;
 * anybody may recharge a named number, and with its password hear its balance or change the password. Nothing is charged; the
 * call leaves a record (role "selfcare").
 */
#ifndef IVR_SELFCARE_H
#define IVR_SELFCARE_H

#include "ivr/ivr.h"

/* Takes a reference of its own. 0 or -ENOMEM. Control thread. */
int  selfcare_start(struct ivr_env *env, const struct ivr_service *s, const struct trunk *t, struct leg *l);
void selfcare_stop_all(struct ivr_env *env);

#endif
