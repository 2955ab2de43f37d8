/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/selfcare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/record.h"
#include "core/clock.h"
#include "core/coro.h"
#include "ivr/selfcare_internal.h"

#define LOG_MODULE "ivr"

#define SELFCARE_MAX_US CLOCK_SEC(1800) /* nobody has business for longer: the line is others' as well */

static void selfcare_run(void *arg);

int selfcare_start(struct ivr_env *env, const struct ivr_service *s, const struct trunk *t, struct leg *l)
{
	struct selfcare *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->env = env;
	c->service = s;
	c->door = (struct account_door){ s->number, t->provider };
	c->leg = leg_ref(l);
	err = coro_spawn(env->loop, "selfcare", selfcare_run, c);
	if (err) {
		leg_unref(l);
		free(c);
		return err;
	}
	list_append(&env->selfcares, &c->link);
	return 0;
}

void selfcare_stop_all(struct ivr_env *env)
{
	struct list *n, *next;

	list_for_each(n, next, &env->selfcares)
		leg_hangup(list_entry(n, struct selfcare, link)->leg, CAUSE_NORMAL_CLEARING);
}

/* ---- asking ---- */

int selfcare_tell(struct selfcare *c, const struct say_list *list)
{
	leg_wait_flush(&c->d.wait);
	return dialogue_say(&c->d, list) == -ECONNRESET ? -ECONNRESET : 0;
}

int selfcare_tell_id(struct selfcare *c, const char *prompt)
{
	struct say_list list;

	say_begin(&list);
	say_prompt(&list, prompt);
	return selfcare_tell(c, &list);
}

int selfcare_unavailable(struct selfcare *c, int err)
{
	LOGX(LOG_WARN, &c->leg->log, "self-care of %s cannot be served: %s", c->leg->calling.raw, strerror(-err));
	return selfcare_tell_id(c, "refused-busy-try-later");
}

int selfcare_choose(struct selfcare *c, const struct say_list *list, const char *keys, char *key)
{
	const struct ivr_settings *s = &c->env->settings;
	int err;

	for (unsigned round = 0; round < s->prompts_without_key; round++) {
		err = dialogue_say(&c->d, list);
		if (!err || err == -EINTR)
			err = dialogue_key(&c->d, s->first_key_us, key);
		if (!err && *key == '*')
			return -ECANCELED;
		if ((!err && strchr(keys, *key)) || err == -ECONNRESET)
			return err;
	}
	return -ETIMEDOUT;
}

int selfcare_choose_id(struct selfcare *c, const char *prompt, const char *keys, char *key)
{
	struct say_list list;

	say_begin(&list);
	say_prompt(&list, prompt);
	return selfcare_choose(c, &list, keys, key);
}

int selfcare_digits(struct selfcare *c, const char *prompt, char digits[DIALOGUE_DIGITS_MAX + 1])
{
	int err;

	for (unsigned round = 0; round < c->env->settings.prompts_without_key; round++) {
		err = dialogue_say_id(&c->d, prompt);
		if (!err || err == -EINTR)
			err = dialogue_digits(&c->d, digits);
		if (err != -ETIMEDOUT)
			return err;
	}
	return -ETIMEDOUT;
}

/* A number as he would dial it, said back: 1 it is right, 2 again. */
static int selfcare_named(struct selfcare *c, char number[LEG_NUMBER_MAX + 1])
{
	char keys[DIALOGUE_DIGITS_MAX + 1], key;
	struct say_list list;
	int err;

	for (unsigned wrong = 0; wrong < c->env->settings.wrong_numbers; wrong++) {
		err = selfcare_digits(c, "enter-account", keys);
		if (err)
			return err;
		if (c->env->dialled(c->env->dialled_arg, keys, c->own[0] ? c->own : NULL, number) != 0) {
			err = selfcare_tell_id(c, "wrong-number");
			if (err)
				return err;
			continue;
		}
		say_begin(&list);
		say_prompt(&list, "account-keyed");
		say_digits(&list, c->d.lang, keys);
		say_prompt(&list, "right-1-again-2");
		err = selfcare_choose(c, &list, "12", &key);
		if (err || key == '1')
			return err;
	}
	return -ETIMEDOUT;
}

int selfcare_whose(struct selfcare *c, char number[LEG_NUMBER_MAX + 1])
{
	char key;
	int err;

	if (c->own[0] == '\0')
		return selfcare_named(c, number);
	err = selfcare_choose_id(c, "own-1-other-2", "12", &key);
	if (err)
		return err;
	if (key == '2')
		return selfcare_named(c, number);
	(void)snprintf(number, LEG_NUMBER_MAX + 1, "%s", c->own);
	return 0;
}

/* ---- the call ---- */

static int selfcare_language(struct selfcare *c)
{
	static const char *const prompt[PROMPT_LANGS] = { [PROMPT_ZH_CN] = "language-chinese", [PROMPT_EN] = "language-english" };
	enum prompt_lang before = c->d.lang;
	char key = '\0';
	int err = -ETIMEDOUT;

	/* each is offered in its own language */
	for (unsigned round = 0; err == -ETIMEDOUT && round < c->env->settings.prompts_without_key; round++) {
		for (c->d.lang = 0; c->d.lang < PROMPT_LANGS; c->d.lang++) {
			err = dialogue_say_id(&c->d, prompt[c->d.lang]);
			if (err)
				break;
		}
		if (!err || err == -EINTR)
			err = dialogue_key(&c->d, c->env->settings.first_key_us, &key);
		if (!err && key != '1' && key != '2')
			err = key == '*' ? -ECANCELED : -ETIMEDOUT;
	}
	c->d.lang = err ? before : key == '1' ? PROMPT_ZH_CN : PROMPT_EN;
	if (err)
		return err;
	if (c->own[0])
		err = billing_care_language(c->env->billing, c->own, prompt_lang_name(c->d.lang), c->who);
	return err ? selfcare_unavailable(c, err) : selfcare_tell_id(c, "language-changed");
}

static int selfcare_menu(struct selfcare *c)
{
	static int (*const item[])(struct selfcare *) = {
		selfcare_recharge, selfcare_balance, selfcare_password, selfcare_language, selfcare_recent, selfcare_bookings,
	};
	static const char *const prompt[] = { "menu-recharge", "menu-balance",  "menu-password", "menu-language",
		                              "menu-recent",   "menu-bookings", "menu-again" };
	int64_t until_us = clock_mono_us() + SELFCARE_MAX_US;
	struct say_list list;
	char key;
	int err = 0;

	say_begin(&list);
	for (unsigned i = 0; i < ARRAY_LEN(prompt); i++)
		/* calls and bookings are told only to whom they belong */
		if (c->own[0] || (i != 4 && i != 5))
			say_prompt(&list, prompt[i]);
	while ((!err || err == -ECANCELED) && clock_mono_us() < until_us) {
		err = selfcare_choose(c, &list, c->own[0] ? "0123456" : "01234", &key);
		if (!err && key != '0')
			err = item[key - '1'](c);
	}
	return err;
}

/* Who he is, what he speaks. */
static void selfcare_greet(struct selfcare *c)
{
	struct care_account a;

	c->d.lang = c->service->language;
	if (ivr_identity(c->leg, c->service) != IVR_IDENTITY_GOOD)
		return;
	(void)snprintf(c->caller, sizeof(c->caller), "%s", c->leg->calling.canonical);
	if (billing_care_find(c->env->billing, c->caller, &c->door, &a) != 0 || strcmp(a.state, "closed") == 0)
		return;
	(void)snprintf(c->own, sizeof(c->own), "%s", c->caller);
	(void)prompt_lang_parse(a.language, &c->d.lang);
}

static void selfcare_talk(struct selfcare *c)
{
	int err = leg_answer(c->leg);

	if (!err) {
		counter_inc(&c->env->counter[IVR_SELFCARE]);
		LOGX(LOG_INFO, &c->leg->log, "self-care of %s%s", c->leg->calling.raw,
		     c->own[0] ? "" : ", who has no account here");
		err = dialogue_say_id(&c->d, "selfcare-welcome");
	}
	if (!err || err == -EINTR)
		err = selfcare_menu(c);
	if (err != -ECONNRESET)
		(void)dialogue_say_id(&c->d, err == -ETIMEDOUT && c->d.keys == 0 ? "no-key-goodbye" : "goodbye");
}

static void selfcare_run(void *arg)
{
	struct selfcare *c = arg;
	struct leg *l = c->leg;

	random_id(l->log.call);
	(void)snprintf(c->setup.call_id, sizeof(c->setup.call_id), "%s", l->log.call);
	(void)snprintf(c->setup.service, sizeof(c->setup.service), "%s", c->service->number);
	(void)snprintf(c->setup.host, sizeof(c->setup.host), "%s", l->calling.canonical);
	(void)snprintf(c->who, sizeof(c->who), "phone:%s@%s", l->calling.canonical, l->trunk);
	c->setup.began_utc_us = clock_utc_us();
	dialogue_begin(&c->d, c->env, c->service, l, c->service->language);
	if (!c->env->stopping && leg_proceeding(l) == 0) {
		selfcare_greet(c);
		selfcare_talk(c);
	}
	leg_hangup(l, CAUSE_NORMAL_CLEARING);
	(void)leg_wait_gone(&c->d.wait);
	dialogue_end(&c->d);
	record_selfcare(c->env->billing, &c->setup, l);
	record_call(c->env->billing, &c->setup, l->cause);
	leg_unref(l);
	list_remove(&c->link);
	free(c);
}
