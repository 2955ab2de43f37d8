/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ivr/trigger.c - the call that orders a callback. It is never answered: no CONNECT, no cost (rules 1-5).
 *
 *   exchange           us
 *   SETUP         -->
 *                 <--  CALL PROCEEDING            channel, exclusive
 *                 <--  ALERTING, PI 8             stops T310, opens the backward path; no ring-back from the exchange
 *                      "your order is confirmed, please hang up", again and again
 *   DISCONNECT    -->                             he hung up; else DISCONNECT from us after 15 s, cause 16 (refused: 21)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call/record.h"
#include "core/clock.h"
#include "core/coro.h"
#include "ivr/callback.h"
#include "ivr/dialogue.h"

#define LOG_MODULE "ivr"

/* A refusal as the caller hears it, and as the operator counts it. */
struct refusal {
	const char      *prompt;
	enum ivr_counter counter;
};
static const struct refusal refused_unknown = { "refused-unknown", IVR_REFUSED_ACCOUNT };
static const struct refusal refused_suspended = { "refused-suspended", IVR_REFUSED_ACCOUNT };
static const struct refusal refused_diverted = { "refused-unknown", IVR_REFUSED_IDENTITY };
static const struct refusal refused_withheld = { "refused-withheld", IVR_REFUSED_IDENTITY };
static const struct refusal refused_unscreened = { "refused-unscreened", IVR_REFUSED_IDENTITY };
static const struct refusal refused_no_money = { "refused-no-money", IVR_REFUSED_MONEY };
static const struct refusal refused_busy = { "refused-busy-try-later", IVR_REFUSED_BUSY };
static const struct refusal refused_limit = { "refused-too-many-calls", IVR_REFUSED_LIMIT };
static const struct refusal already_pending = { "already-pending", IVR_REPEATED };
static const struct refusal already_in_conference = { "already-in-conference", IVR_REPEATED };

struct trigger {
	struct list               link;     /* env->triggers */
	struct ivr_env           *env;
	const struct ivr_service *service;
	struct trunk             *trunk;
	struct leg               *leg;
	struct callback          *callback; /* ours until it is confirmed */
	enum prompt_lang          lang;
};

static void trigger_run(void *arg);

int trigger_start(struct ivr_env *env, const struct ivr_service *s, struct trunk *t, struct leg *l)
{
	struct trigger *tr = calloc(1, sizeof(*tr));
	int err;

	if (tr == NULL)
		return -ENOMEM;
	tr->env = env;
	tr->service = s;
	tr->trunk = t;
	tr->leg = leg_ref(l);
	tr->lang = s->language;
	err = coro_spawn(env->loop, "trigger", trigger_run, tr);
	if (err) {
		leg_unref(l);
		free(tr);
		return err;
	}
	list_append(&env->triggers, &tr->link);
	return 0;
}

void trigger_stop_all(struct ivr_env *env)
{
	struct list *n, *next;

	list_for_each(n, next, &env->triggers) {
		struct trigger *t = list_entry(n, struct trigger, link);

		leg_hangup(t->leg, CAUSE_NORMAL_CLEARING);
	}
}

/* Rule 4. NULL: he may order. */
static const struct refusal *trigger_identity(const struct trigger *t)
{
	switch (ivr_identity(t->leg, t->service)) {
	case IVR_IDENTITY_DIVERTED:
		return &refused_diverted;
	case IVR_IDENTITY_WITHHELD:
		return &refused_withheld;
	case IVR_IDENTITY_UNSCREENED:
		return &refused_unscreened;
	case IVR_IDENTITY_GOOD:
		break;
	}
	return NULL;
}

struct trigger_query {
	struct ivr_env        *env;
	const char            *number;
	struct account_door    door;
	int64_t                at_utc_us;
	struct billing_trigger answer;
};

static int trigger_query_run(void *arg)
{
	struct trigger_query *q = arg;

	return billing_trigger_check(q->env->billing, q->number, &q->door, q->at_utc_us, &q->answer);
}

static bool rooms_taken(const struct ivr_env *env)
{
	const struct list *n;
	unsigned ordered = 0, most = env->settings.rooms_max;

	for (n = env->callbacks.next; n != &env->callbacks; n = n->next)
		ordered += list_entry(n, struct callback, link)->live == NULL;
	return most && env->mparty->call_count + ordered >= most;
}

/* Account, money, a channel for the callback, the hold: all before the confirmation is spoken. NULL: everything is set. */
static const struct refusal *trigger_order(struct trigger *t)
{
	struct trigger_query q = {
		.env = t->env,
		.number = t->leg->calling.canonical,
		.door = { t->service->number, t->trunk->provider },
		.at_utc_us = clock_utc_us(),
	};
	struct callback *c = callback_find(t->env, q.number);
	int err;

	if (c)
		return c->live ? &already_in_conference : &already_pending;
	if (rooms_taken(t->env) || t->env->stopping || callback_alloc(&t->callback, t->env, t->service, q.number) != 0)
		return &refused_busy;
	c = t->callback;
	memcpy(c->setup.call_id, t->leg->log.call, sizeof(c->setup.call_id));
	err = worker_call(t->env->workers, trigger_query_run, &q);
	if (q.answer.language[0] != '\0')
		(void)prompt_lang_parse(q.answer.language, &t->lang);
	if (err == -ENOENT)
		return &refused_unknown;
	if (err == -EACCES)
		return &refused_suspended;
	if (err == -EDQUOT)
		return &refused_no_money;
	if (err == -EUSERS)
		return &refused_limit;
	if (err) { /* rule 23: without the database nothing is promised */
		LOGX(LOG_WARN, &t->leg->log, "%s cannot be served: %s", q.number,
		     err == -ENODATA ? "his tariff has no rate for calling him back, or none at all (areas and tariff imported?)"
		                     : strerror(-err));
		return &refused_busy;
	}
	if (route_reserve(t->env->routes, q.answer.account.provider, q.number, &c->reserved) != 0)
		return &refused_busy;
	c->setup.account = q.answer.account;
	c->setup.host_rate = ivr_host_rate(t->service, &q.answer.callback_rate);
	(void)snprintf(c->setup.language, sizeof(c->setup.language), "%s", q.answer.language);
	c->setup.restricted = t->leg->calling.restricted;
	c->setup.ask = t->service->ask_parties;
	c->setup.private_first = t->service->private_first;
	c->hold_e4 = q.answer.hold_e4;
	c->check = q.answer.check;
	(void)snprintf(t->leg->log.acct, sizeof(t->leg->log.acct), "%lld", (long long)c->setup.account.account_id);
	err = charge_open(&c->charge, t->env->billing, c->setup.call_id, &c->setup.account, c->hold_e4);
	if (err)
		return err == -EDQUOT ? &refused_no_money : err == -ENOENT ? &refused_unknown : &refused_busy;
	return NULL;
}

/* The way to the caller's ear without a CONNECT, as this trunk's exchange wants it (rule 1). */
static int trigger_open_path(struct trigger *t)
{
	int err = 0;

	switch (t->trunk->unanswered) {
	case UNANSWERED_ALERTING:
		return leg_progress(t->leg, LEG_SAY_ALERTING_INBAND);
	case UNANSWERED_PROGRESS:
		return leg_progress(t->leg, LEG_SAY_PROGRESS_INBAND);
	case UNANSWERED_ALERTING_PROGRESS:
		err = leg_progress(t->leg, LEG_SAY_ALERTING_INBAND);
		return err ? err : leg_progress(t->leg, LEG_SAY_PROGRESS_INBAND);
	case UNANSWERED_SILENT:
		break;
	}
	return err;
}

static int64_t trigger_patience(const struct trigger *t)
{
	const struct ivr_settings *s = &t->env->settings;

	switch (t->trunk->unanswered) {
	case UNANSWERED_SILENT:
		return s->silent_clear_us;
	case UNANSWERED_PROGRESS:
		return s->progress_clear_us;
	default:
		return s->announcement_max_us;
	}
}

static void trigger_announce(struct trigger *t, const char *id, int64_t began_us)
{
	struct say_list list;
	struct dialogue d;

	dialogue_begin(&d, t->env, t->service, t->leg, t->lang);
	if (t->trunk->unanswered != UNANSWERED_SILENT && !leg_over(t->leg)) {
		say_begin(&list);
		say_prompt(&list, id);
		(void)dialogue_start(&d, &list, 0, 1000, false);
	}
	(void)leg_wait_sleep(&d.wait, began_us + trigger_patience(t) - clock_mono_us());
	leg_hangup(t->leg, t->callback ? CAUSE_NORMAL_CLEARING : CAUSE_CALL_REJECTED); /* rule 2 */
	(void)leg_wait_gone(&d.wait);
	dialogue_end(&d);
}

static void trigger_run(void *arg)
{
	struct trigger *t = arg;
	struct leg *l = t->leg;
	int64_t began_us = clock_mono_us();
	struct mparty_setup setup = { 0 };
	const struct refusal *refusal;
	int err;

	random_id(l->log.call);
	(void)snprintf(setup.call_id, sizeof(setup.call_id), "%s", l->log.call);
	(void)snprintf(setup.service, sizeof(setup.service), "%s", t->service->number);
	(void)snprintf(setup.host, sizeof(setup.host), "%s", l->calling.canonical);
	setup.began_utc_us = clock_utc_us();

	err = leg_proceeding(l);
	if (!err)
		err = trigger_open_path(t);
	refusal = err ? &refused_busy : trigger_identity(t);
	if (!refusal)
		refusal = trigger_order(t);
	LOGX(LOG_INFO, &l->log, "trigger from %s: %s", l->calling.raw, refusal ? refusal->prompt : "confirmed");
	counter_inc(&t->env->counter[IVR_TRIGGERS]);
	counter_inc(&t->env->counter[refusal ? refusal->counter : IVR_CONFIRMED]);
	if (refusal) {
		callback_free(t->callback);
		t->callback = NULL;
	} else {
		setup = t->callback->setup;
		t->callback->say_confirmed = t->trunk->unanswered == UNANSWERED_SILENT;
	}
	trigger_announce(t, refusal ? refusal->prompt : "order-confirmed-hang-up", began_us);
	record_trigger(t->env->billing, &setup, l);
	if (refusal)
		record_call(t->env->billing, &setup, l->cause);
	else if (callback_start(t->callback) != 0)
		callback_free(t->callback);
	leg_unref(l);
	list_remove(&t->link);
	free(t);
}
