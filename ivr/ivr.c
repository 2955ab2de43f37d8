/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/ivr.h"

#include "core/clock.h"
#include "ivr/booked.h"

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
	[IVR_CALLBACKS] = { "callbacks", "attempts to call a subscriber back" },
	[IVR_CALLBACKS_ANSWERED] = { "callbacks_answered", "callbacks that were answered" },
	[IVR_CALLBACKS_GIVEN_UP] = { "callbacks_given_up",
	                             "orders that ended without a call: busy or unanswered through all attempts" },
};

void ivr_env_init(struct ivr_env *env)
{
	list_init(&env->triggers);
	list_init(&env->callbacks);
}

void ivr_stop(struct ivr_env *env)
{
	env->stopping = true;
	trigger_stop_all(env);
	callback_stop_all(env);
	if (env->booked)
		booked_stop(env->booked);
}
