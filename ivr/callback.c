/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/callback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/record.h"
#include "core/clock.h"
#include "core/coro.h"
#include "billing/audit.h"
#include "billing/care.h"
#include "ivr/dialogue.h"
#include "ivr/multiparty.h"

#define LOG_MODULE "ivr"

static void callback_run(void *arg);

struct callback *callback_find(struct ivr_env *env, const char *number)
{
	struct list *n, *next;

	list_for_each(n, next, &env->callbacks) {
		struct callback *c = list_entry(n, struct callback, link);

		if (strcmp(c->number, number) == 0)
			return c;
	}
	return NULL;
}

int callback_alloc(struct callback **cp, struct ivr_env *env, const struct ivr_service *s, const char *number)
{
	struct callback *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->env = env;
	c->service = s;
	(void)snprintf(c->number, sizeof(c->number), "%s", number);
	(void)snprintf(c->setup.host, sizeof(c->setup.host), "%s", number);
	(void)snprintf(c->setup.service, sizeof(c->setup.service), "%s", s->number);
	random_id(c->setup.call_id);
	c->setup.began_utc_us = clock_utc_us();
	list_append(&env->callbacks, &c->link);
	*cp = c;
	return 0;
}

void callback_free(struct callback *c)
{
	if (c == NULL)
		return;
	route_release(&c->reserved);
	if (c->charge)
		charge_close(c->charge, NULL, NULL);
	list_remove(&c->link);
	free(c);
}

int callback_start(struct callback *c)
{
	record_call_begun(c->env->billing, &c->setup);
	return coro_spawn(c->env->loop, "callback", callback_run, c);
}

/* Like coro_sleep, but a stopping node wakes it. -ESHUTDOWN then. */
static int callback_sleep(struct callback *c, int64_t us)
{
	int64_t until = clock_mono_us() + us;

	c->coro = coro_self();
	while (!c->env->stopping && clock_mono_us() < until)
		(void)coro_suspend_for(until - clock_mono_us());
	c->coro = NULL;
	return c->env->stopping ? -ESHUTDOWN : 0;
}

void callback_stop_all(struct ivr_env *env)
{
	struct list *n, *next;

	list_for_each(n, next, &env->callbacks) {
		struct callback *c = list_entry(n, struct callback, link);

		if (c->leg && !c->live)
			leg_hangup(c->leg, CAUSE_NORMAL_CLEARING);
		if (c->coro)
			coro_wake(c->coro);
	}
}

/* ---- one attempt ---- */

/* 0: he pressed 1; -ETIMEDOUT: nobody did, it may be another phone or a voicemail (rule 18). */
static int callback_ask_1(struct dialogue *d)
{
	char key;
	int err;

	for (unsigned round = 0; round < d->env->settings.prompts_without_key; round++) {
		err = dialogue_say_id(d, "press-1-to-continue");
		if (!err || err == -EINTR)
			err = dialogue_key(d, d->env->settings.first_key_us, &key);
		if (err == -ECONNRESET || (!err && key == '1'))
			return err;
	}
	(void)dialogue_say_id(d, "no-key-goodbye");
	return -ETIMEDOUT;
}

/* The account's password, as at the self-care number: so many wrong ones lock it (billing/password.h). 0; -ETIMEDOUT: nobody
 * keyed one; -EACCES: it is locked, or the database does not say: the call is over; -ENOKEY: it has none. */
static int callback_ask_password(struct callback *c, struct dialogue *d)
{
	char digits[DIALOGUE_DIGITS_MAX + 1], who[AUDIT_WHO_SIZE];
	struct password_check q = { .number = c->number, .password = digits, .who = who };
	unsigned silent = 0;
	int err;

	(void)snprintf(who, sizeof(who), "phone:%s@%s", c->number, d->wait.leg->trunk);
	while (silent < d->env->settings.prompts_without_key) {
		err = dialogue_say_id(d, "enter-password");
		if (!err || err == -EINTR)
			err = dialogue_digits(d, digits);
		if (err == -ECONNRESET)
			return err;
		if (err) { /* nothing, or * alone */
			silent += err == -ETIMEDOUT;
			continue;
		}
		silent = 0;
		err = billing_care_password(c->env->billing, NULL, &q);
		explicit_bzero(digits, sizeof(digits));
		if (err || q.outcome == PASSWORD_LOCKED) {
			(void)dialogue_say_id(d, err ? "refused-busy-try-later" : "password-locked");
			return -EACCES;
		}
		if (q.outcome != PASSWORD_WRONG)
			return q.outcome == PASSWORD_RIGHT ? 0 : -ENOKEY;
		err = dialogue_say_id(d, "wrong-password");
		if (err == -ECONNRESET)
			return err;
	}
	(void)dialogue_say_id(d, "no-key-goodbye");
	return -ETIMEDOUT;
}

/* Rule 18: as the account has it, else the service. */
static int callback_ask(struct callback *c, struct dialogue *d)
{
	int err = c->check == ACCOUNT_CHECK_PASSWORD ? callback_ask_password(c, d) : -ENOKEY;

	if (err != -ENOKEY)
		return err;
	if (c->check == ACCOUNT_CHECK_NOTHING || (c->check == ACCOUNT_CHECK_SERVICE && !c->service->ask_host))
		return 0;
	return callback_ask_1(d); /* also when the password was taken away */
}

/* Answered, and no room for the call: ended, charged from answer to now, and in the records (rules 19, 25). */
static int callback_refused(struct callback *c, struct leg *l, int err)
{
	struct leg_wait w;

	leg_hangup(l, CAUSE_RESOURCE_UNAVAILABLE);
	leg_wait_begin(&w, l);
	(void)leg_wait_gone(&w);
	leg_wait_end(&w);
	charge_leg_ended(c->charge, l->id, l->end_us, NULL);
	record_leg(c->env->billing, &c->setup, l, 0, &c->setup.host_rate);
	return err;
}

/* The host has answered: from here on the call is the multi-party object's and its host's. */
static int callback_answered(struct callback *c, struct leg *l)
{
	struct mparty *m;
	struct dialogue d;
	int err;

	counter_inc(&c->env->counter[IVR_CALLBACKS_ANSWERED]);
	charge_leg_answered(c->charge, l->id, l->answer_us, l->answer_utc_us);
	record_leg_begun(c->env->billing, &c->setup, l, 0, &c->setup.host_rate);
	err = mparty_alloc(&m, c->env->mparty, &c->setup, l, c->charge);
	if (err)
		return callback_refused(c, l, err);
	c->charge = NULL;
	c->live = m;
	if (prompt_lang_parse(c->setup.language, &d.lang) != 0)
		d.lang = c->service->language;
	dialogue_begin(&d, c->env, c->service, l, d.lang);
	dialogue_attach(&d, m);
	err = c->say_confirmed ? dialogue_say_id(&d, "order-confirmed") : 0;
	if (err != -ECONNRESET)
		err = callback_ask(c, &d);
	if (!err || err == -EINTR)
		err = c->steps ? c->steps->talk(c, &d) : multiparty_host(&d, false);
	else
		mparty_end(m, NULL, CAUSE_NORMAL_CLEARING);
	dialogue_end(&d);
	c->live = NULL;
	mparty_unref(m);
	return err == -ETIMEDOUT ? err : 0;
}

/* -EAGAIN: this trunk could not carry it, another may. */
static int callback_wait_leg(struct callback *c, struct leg *l, const struct route_attempt *a)
{
	struct leg_wait w;
	int err;

	leg_wait_begin(&w, l);
	err = leg_wait_answered(&w);
	if (!err) {
		leg_wait_end(&w);
		return callback_answered(c, l);
	}
	if (!c->env->stopping && route_again(c->env->routes, a, l)) {
		LOGX(LOG_INFO, &l->log, "%s: cause %d, called over another trunk", c->number, l->cause);
		record_leg(c->env->billing, &c->setup, l, 0, &c->setup.host_rate);
		leg_wait_end(&w);
		return -EAGAIN;
	}
	charge_leg_ended(c->charge, l->id, l->end_us, NULL);
	(void)leg_wait_gone(&w);
	record_leg(c->env->billing, &c->setup, l, 0, &c->setup.host_rate);
	c->cause = l->cause;
	err = cause_outcome(l->cause) == OUTCOME_CONGESTION ? -EBUSY : -ETIMEDOUT;
	leg_wait_end(&w);
	return err;
}

/* One leg, its money reserved. */
static int callback_dial(struct callback *c, struct route_attempt *a)
{
	struct log_ctx log = { 0 };
	const struct leg_dial dial = {
		.id = c->leg_id,
		.called = c->number,
		.calling = c->service->number, /* redialling it is a new trigger (rule 12) */
		.alerting_timeout_us = c->env->mparty->timers.setup_to_alerting_us,
		.answer_timeout_us = c->env->mparty->timers.alerting_to_answer_us,
		.log = &log,
	};
	struct leg *l;
	int err;

	(void)snprintf(log.call, sizeof(log.call), "%s", c->setup.call_id);
	(void)snprintf(log.acct, sizeof(log.acct), "%lld", (long long)c->setup.account.account_id);
	err = route_dial(c->env->routes, a, &dial, &c->reserved, &l);
	if (err) {
		charge_leg_ended(c->charge, c->leg_id, clock_mono_us(), NULL);
		record_attempt(c->env->billing, &c->setup, c->leg_id, c->number, 0, CAUSE_NO_CIRCUIT);
		return -EBUSY;
	}
	counter_inc(&c->env->counter[IVR_CALLBACKS]);
	LOGX(LOG_INFO, &l->log, "calling back %s", c->number);
	c->leg = l;
	err = callback_wait_leg(c, l, a);
	c->leg = NULL;
	leg_unref(l);
	return err;
}

int callback_attempt(struct callback *c, const struct trunk *avoid, struct trunk **tp)
{
	struct route_attempt a = { .provider = c->setup.account.provider, .avoid = avoid, .kept = true };
	char failed[ID_SIZE];
	int err;

	random_id(c->leg_id);
	err = charge_leg_reserve_wait(c->charge, c->leg_id, &c->setup.host_rate);
	if (err)
		return err;
	err = c->steps ? c->steps->setup(c, c->leg_id) : 0;
	if (err) {
		charge_leg_ended(c->charge, c->leg_id, clock_mono_us(), NULL);
		return err;
	}
	c->cause = 0;
	while ((err = callback_dial(c, &a)) == -EAGAIN) { /* each leg has its id and its record, one reservation serves all */
		memcpy(failed, c->leg_id, ID_SIZE);
		random_id(c->leg_id);
		charge_leg_renamed(c->charge, failed, c->leg_id);
	}
	if (tp)
		*tp = a.trunk;
	return err;
}

/* The charge goes with a multi-party call; an attempt after one (nobody pressed a key) needs its own, and is a call of its own in
 * the records. */
int callback_money(struct callback *c)
{
	int err;

	if (c->charge)
		return 0;
	random_id(c->setup.call_id);
	c->setup.began_utc_us = clock_utc_us();
	err = charge_open(&c->charge, c->env->billing, c->setup.call_id, &c->setup.account, c->hold_e4);
	if (!err)
		record_call_begun(c->env->billing, &c->setup);
	return err;
}

static void callback_run(void *arg)
{
	struct callback *c = arg;
	const struct ivr_service *s = c->service;
	unsigned used = 0, congested = 0;
	struct trunk *taken = NULL;
	int err = callback_sleep(c, s->callback_delay_us);

	while (!err && used <= s->retries) {
		err = callback_money(c);
		if (!err)
			err = callback_attempt(c, congested ? taken : NULL, &taken);
		if (err == -EBUSY && ++congested <= c->env->settings.congestion_retries) {
			err = callback_sleep(c, c->env->settings.congestion_retry_us);
			continue;
		}
		if (err != -ETIMEDOUT && err != -EBUSY)
			break;
		congested = 0;
		if (++used > s->retries)
			break;
		err = callback_sleep(c, s->retry_interval_us); /* counted from the end of the failed attempt */
	}
	if (err)
		counter_inc(&c->env->counter[IVR_CALLBACKS_GIVEN_UP]);
	if (err)
		log_info("callback to %s given up after %u attempts: %s", c->number, used, strerror(-err));
	callback_over(c, err);
}

void callback_over(struct callback *c, int err)
{
	if (c->charge)
		record_call(c->env->billing, &c->setup, err == -EBUSY ? CAUSE_NO_CIRCUIT : CAUSE_NO_ANSWER);
	callback_free(c);
}
