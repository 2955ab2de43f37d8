/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ivr/invitee.h - who has been called in is asked whether he wants to come in (a service's ask_parties): it may be a
 * voicemail. */
#ifndef IVR_INVITEE_H
#define IVR_INVITEE_H

#include "ivr/ivr.h"

/* The party is PARTY_ASKED; a coroutine of its own asks it, and admits or drops it. lang: the call's. Without memory it is
 * dropped. */
void invitee_ask(struct ivr_env *env, const struct ivr_service *s, struct mparty *m, unsigned order, enum prompt_lang lang);

#endif
