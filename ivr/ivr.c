/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/ivr.h"

#include <string.h>

#include "core/clock.h"
#include "ivr/booked.h"
#include "ivr/selfcare.h"

void ivr_settings_default(struct ivr_settings *s)
{
	*s = (struct ivr_settings){
		.announcement_max_us = CLOCK_SEC(15),
		.silent_clear_us = CLOCK_SEC(2),
		.progress_clear_us = CLOCK_SEC(8),
		.first_key_us = CLOCK_SEC(8),
		.next_key_us = CLOCK_SEC(6),
		.hash_guard_us = CLOCK_MS(1500),
		.hash_alone_us = CLOCK_SEC(4),
		.congestion_retry_us = CLOCK_SEC(5),
		.congestion_retries = 12,
		.prompts_without_key = 3,
		.wrong_numbers = 5,
		.announce_host = true,
	};
}

const struct counter_desc ivr_counters[IVR_COUNTERS] = {
	[IVR_TRIGGERS] = { "triggers", "calls to a service number" },
	[IVR_CONFIRMED] = { "confirmed", "triggers that were promised a callback" },
	[IVR_REPEATED] = { "repeated", "triggers while a callback was pending or the conference live" },
	[IVR_REFUSED_IDENTITY] = { "refused_identity", "triggers without a number to trust: withheld, unscreened, diverted" },
	[IVR_REFUSED_ACCOUNT] = { "refused_account", "triggers of unknown or suspended subscribers" },
	[IVR_REFUSED_MONEY] = { "refused_money", "triggers of subscribers without enough money" },
	[IVR_REFUSED_BUSY] = { "refused_busy", "triggers for which there was no channel, no rate, or no database" },
	[IVR_REFUSED_LIMIT] = { "refused_limit", "triggers of subscribers who have had their calls of the day" },
	[IVR_CALLBACKS] = { "callbacks", "attempts to call a subscriber back" },
	[IVR_CALLBACKS_ANSWERED] = { "callbacks_answered", "callbacks that were answered" },
	[IVR_CALLBACKS_GIVEN_UP] = { "callbacks_given_up",
	                             "orders that ended without a call: busy or unanswered through all attempts" },
	[IVR_SELFCARE] = { "selfcare", "calls to a self-care number that were answered" },
};

void ivr_env_init(struct ivr_env *env)
{
	list_init(&env->triggers);
	list_init(&env->callbacks);
	list_init(&env->selfcares);
}

enum ivr_identity ivr_identity(const struct leg *l, const struct ivr_service *s)
{
	const struct leg_party *c = &l->calling;

	if (l->redirecting.present)
		return IVR_IDENTITY_DIVERTED;
	if (!c->present || c->raw[0] == '\0' || (c->restricted && !s->use_restricted))
		return IVR_IDENTITY_WITHHELD;
	if (c->screening != LEG_SCREEN_NETWORK && c->screening != LEG_SCREEN_PASSED)
		return IVR_IDENTITY_UNSCREENED;
	if (c->canonical[0] == '\0' || strcmp(c->canonical, s->number) == 0)
		return IVR_IDENTITY_DIVERTED;
	return IVR_IDENTITY_GOOD;
}

static void rate_free(struct rate *r)
{
	r->setup_e4 = r->price_e4 = 0;
	r->band_count = 0;
}

struct rate_quote ivr_host_rate(const struct ivr_service *s, const struct rate_quote *rate)
{
	struct rate_quote q = *rate;

	if (s->callback_free) {
		rate_free(&q.now);
		rate_free(&q.next);
	}
	return q;
}

int ivr_start(struct ivr_env *env, const struct ivr_service *s, struct trunk *t, struct leg *l)
{
	switch (s->kind) {
	case IVR_SELFCARE_NUMBER:
		return selfcare_start(env, s, t, l);
	case IVR_MULTIPARTY:
		break;
	}
	return trigger_start(env, s, t, l);
}

void ivr_stop(struct ivr_env *env)
{
	env->stopping = true;
	trigger_stop_all(env);
	callback_stop_all(env);
	selfcare_stop_all(env);
	if (env->booked)
		booked_stop(env->booked);
}
