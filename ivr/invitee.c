/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/invitee.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/coro.h"
#include "ivr/dialogue.h"

#define LOG_MODULE "ivr"

struct invitee {
	struct ivr_env  *env;
	const struct ivr_service *service;
	struct mparty   *m; /* a reference */
	unsigned         order;
	enum prompt_lang lang;
};

static void invitee_prompt(const struct invitee *i, struct say_list *list)
{
	const struct mparty_setup *s = mparty_setup(i->m);
	char spoken[LEG_NUMBER_MAX + 1];

	say_begin(list);
	if (!s->restricted && i->env->spoken(i->env->dialled_arg, s->host, spoken) == 0)
		say_invited_by(list, i->lang, spoken);
	say_prompt(list, "press-1-to-join");
}

/* 0: he wants to; -ETIMEDOUT: no 1 came, it may be a machine; -ECONNRESET. */
static int invitee_yes(struct dialogue *d, const struct invitee *i)
{
	struct say_list list;
	char key;
	int err;

	for (unsigned round = 0; round < d->env->settings.prompts_without_key; round++) {
		invitee_prompt(i, &list);
		err = dialogue_say(d, &list);
		if (!err || err == -EINTR)
			err = dialogue_key(d, d->env->settings.first_key_us, &key);
		if (err == -ECONNRESET || (!err && key == '1'))
			return err;
	}
	return -ETIMEDOUT;
}

static void invitee_run(void *arg)
{
	struct invitee *i = arg;
	struct leg *l = mparty_party_leg(i->m, i->order);
	struct dialogue d;
	int err;

	if (l) {
		dialogue_begin(&d, i->env, i->service, l, i->lang);
		err = invitee_yes(&d, i);
		if (err != -ECONNRESET)
			(void)mparty_admit(i->m, i->order, err == 0);
		dialogue_end(&d);
	}
	mparty_unref(i->m);
	free(i);
}

void invitee_ask(struct ivr_env *env, const struct ivr_service *s, struct mparty *m, unsigned order, enum prompt_lang lang)
{
	struct invitee *i = calloc(1, sizeof(*i));

	if (i) {
		*i = (struct invitee){ .env = env, .service = s, .m = mparty_ref(m), .order = order, .lang = lang };
		if (coro_spawn(env->loop, "invitee", invitee_run, i) == 0)
			return;
		mparty_unref(m);
		free(i);
	}
	log_error("no memory to ask a party");
	(void)mparty_drop(m, NULL, order);
}
