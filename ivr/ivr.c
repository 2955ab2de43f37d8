/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/ivr.h"

#include "core/clock.h"

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
}
