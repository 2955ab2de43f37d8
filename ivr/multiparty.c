/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/multiparty.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "ivr/keys.h"

#define LOG_MODULE "ivr"

#define RINGBACK_LOOK_US CLOCK_MS(500)

static int ask_number(struct dialogue *d, char number[LEG_NUMBER_MAX + 1]);
static int invite(struct dialogue *d, const char *number);
static int talk(struct dialogue *d);

int multiparty_host(struct dialogue *d, bool booked)
{
	char number[LEG_NUMBER_MAX + 1];
	int err;

	for (;;) {
		/* the host is out of the room while he keys */
		err = booked ? -ECANCELED : ask_number(d, number);
		booked = false;
		if (!err)
			err = invite(d, number);
		if (err == -EAGAIN && mparty_parties_live(d->m) == 0)
			continue; /* it did not answer; he has been told why */
		/* back to the others, at the answer and at the outcome (rule 17) */
		if (!err || err == -EAGAIN || err == -ECANCELED)
			err = talk(d); /* 0: he wants to invite another */
		if (err)
			break;
	}
	if (err == -ETIMEDOUT)
		(void)dialogue_say_id(d, d->keys ? "goodbye" : "no-key-goodbye");
	mparty_end(d->m, NULL, CAUSE_NORMAL_CLEARING);
	return err == -ETIMEDOUT && d->keys == 0 ? err : 0;
}

/* ---- asking for a number ---- */

static int ask_number(struct dialogue *d, char number[LEG_NUMBER_MAX + 1])
{
	const struct ivr_settings *s = &d->env->settings;
	const char *host = mparty_setup(d->m)->host;
	char keys[DIALOGUE_DIGITS_MAX + 1];
	unsigned silent = 0, wrong = 0;
	struct say_list list;
	int err;

	while (silent < s->prompts_without_key && wrong < s->wrong_numbers) {
		say_begin(&list);
		if (wrong > 0 && silent == 0)
			say_prompt(&list, "wrong-number");
		say_prompt(&list, "enter-number");
		if (mparty_party_count(d->m) == 0 && silent == 0 && wrong == 0)
			say_prompt(&list, "help-hint"); /* said once, at the start (rule 15) */
		err = dialogue_say(d, &list);
		if (!err || err == -EINTR)
			err = dialogue_digits(d, keys);
		if (err == -ECANCELED && mparty_parties_live(d->m) == 0)
			continue; /* a leading * at the first prompt is no harm (rule 15); nowhere to go back to */
		if (err == -ETIMEDOUT && mparty_parties_live(d->m) > 0)
			return -ECANCELED; /* he thought better of it: back to the others */
		if (err == -ETIMEDOUT) {
			silent++;
			continue;
		}
		if (err)
			return err;
		if (d->env->dialled(d->env->dialled_arg, keys, host, number) == 0)
			return 0;
		silent = 0;
		wrong++;
	}
	return -ETIMEDOUT;
}

/* ---- calling it ---- */

static const char *invite_refusal(int err)
{
	return err == -ENOSPC   ? "room-full"
	       : err == -EEXIST ? "party-already-in"
	       : err == -EPERM  ? "room-locked"
	                        : "party-failed";
}

/*
 * Keys while it rings: `*` back to the others (ringing goes on, rule 17), `##` cancels. A # that is a bounce of the one behind
 * the number is none, and a lone # ends after 4 s (rule 15). *hash_us: when there was a first one; 0: none. -EAGAIN: nothing
 * decided.
 */
static int ringing_key(struct dialogue *d, unsigned order, char key, int64_t *hash_us)
{
	const struct ivr_settings *s = &d->env->settings;
	int64_t now = clock_mono_us();
	bool cancel = key == '#' && *hash_us && now - *hash_us < s->hash_alone_us;

	if (key == '#' && now - d->hash_us < s->hash_guard_us)
		return -EAGAIN;
	*hash_us = key == '#' ? now : 0;
	if (cancel) {
		(void)mparty_drop(d->m, NULL, order);
		return -EAGAIN;
	}
	return key == '*' && mparty_parties_in(d->m) > 0 ? -ECANCELED : -EAGAIN;
}

/* With the new party alone: `*` brings both in, `##` drops it; the other keys are as in the room. 0, -ECONNRESET. */
static int private_talk(struct dialogue *d, unsigned order)
{
	char key;
	int err;

	while (mparty_party(d->m, order)->state == PARTY_PRIVATE) {
		err = dialogue_key(d, CLOCK_NEVER, &key);
		if (!err && key == '*')
			break;
		if (!err && key == '#')
			err = keys_hash(d);
		else if (!err)
			keys_digit(d, key);
		if (err && err != -EAGAIN)
			return err;
	}
	return 0; /* talk() brings in who is there */
}

struct price_query {
	struct billing              *billing;
	const struct charge_account *account;
	const char                  *number;
	int64_t                      at_utc_us;
	struct rate_quote            quote;
};

static int price_run(void *arg)
{
	struct price_query *q = arg;

	return billing_rate_leg(q->billing, q->account, q->number, q->at_utc_us, &q->quote);
}

/* What it costs and how long it may last, as it would be charged now; -ECANCELED: too dear, he pressed *. What cannot be rated is
 * told by the invitation. */
static int tell_price(struct dialogue *d, const char *number)
{
	struct price_query q = {
		.billing = d->env->billing, .account = &mparty_setup(d->m)->account, .number = number, .at_utc_us = clock_utc_us()
	};
	struct rating_run run = { 0 };
	const struct rate *rate;
	struct say_list list;
	int64_t left;
	char key;
	int err = worker_call(d->env->workers, price_run, &q);

	if (err)
		return 0;
	rate = rate_quote_at(&q.quote, q.at_utc_us);
	left = mparty_seconds_left_with(d->m, &q.quote);
	if (left <= 0 || !rating_run_next(rate, 1, q.at_utc_us, &run))
		return 0;
	say_begin(&list);
	say_rate(&list, d->lang, run.price_e4 * (RATE_DISCOUNT_MAX - rate->discount_bp) / RATE_DISCOUNT_MAX,
	         rate->setup_e4 * (RATE_DISCOUNT_MAX - rate->discount_bp) / RATE_DISCOUNT_MAX);
	say_minutes_left(&list, d->lang, left);
	err = dialogue_say(d, &list);
	if (err != -EINTR)
		return err;
	do
		err = dialogue_key(d, 0, &key);
	while (err == -EAGAIN);
	return err == -ETIMEDOUT ? 0 : !err && key == '*' ? -ECANCELED : err;
}

/* 0: it is in, and so is the host. -EAGAIN: it is not, he was told. -ECANCELED: he went back while it rings. */
static int invite(struct dialogue *d, const char *number)
{
	enum { SILENCE, RINGBACK } sound = SILENCE;
	unsigned order;
	int64_t hash_us = 0;
	char key;
	int err;

	if (d->service->say_rate) {
		err = tell_price(d, number);
		if (err)
			return err == -ECANCELED && mparty_parties_live(d->m) == 0 ? -EAGAIN : err;
	}
	err = mparty_invite(d->m, NULL, number, true, &order);
	if (err == -ENOTCONN)
		return -ECONNRESET;
	if (err) {
		err = dialogue_say_id(d, invite_refusal(err));
		return err == -ECONNRESET ? err : -EAGAIN;
	}
	for (;;) {
		const struct party *p = mparty_party(d->m, order);

		if (p->state == PARTY_PRIVATE || p->state == PARTY_IN || p->state == PARTY_ENDED)
			break;
		if (sound == RINGBACK && p->inband) {
			dialogue_hush(d); /* the far end's own sound is to be heard, nothing over it */
			sound = SILENCE;
		} else if (sound == SILENCE && p->state == PARTY_RINGING && !p->inband) {
			(void)dialogue_start_clip(d, d->env->ringback, 0);
			sound = RINGBACK;
		}
		err = dialogue_key(d, CLOCK_NEVER, &key);
		if (!err)
			err = ringing_key(d, order, key, &hash_us);
		if (err != -EAGAIN) {
			dialogue_hush(d);
			return err;
		}
	}
	dialogue_hush(d);
	if (mparty_party(d->m, order)->state == PARTY_PRIVATE)
		return private_talk(d, order);
	if (mparty_party(d->m, order)->admitted)
		return 0;
	err = dialogue_say_id(d, mparty_party(d->m, order)->dropped ? "invitation-cancelled"
	                                                            : keys_outcome_prompt(mparty_party(d->m, order)));
	return err == -ECONNRESET ? err : -EAGAIN;
}

/* ---- in the room ---- */

static bool talk_was_with_somebody(const struct dialogue *d)
{
	for (unsigned i = 1; i <= mparty_party_count(d->m); i++)
		if (mparty_party(d->m, i)->admitted)
			return true;
	return false;
}

/* Behind what he is being told of the last one. */
static int talk_nobody_came(struct dialogue *d)
{
	struct say_list list;
	uint32_t play;
	int err;

	say_begin(&list);
	say_prompt(&list, "nobody-reached");
	play = dialogue_start(d, &list, 1, 0, true);
	do
		err = play ? leg_wait_play(&d->wait, play) : 0;
	while (err == -EAGAIN);
	return err;
}

/* While he waits for the parties of a booked call he hears that they are being called: a round of ring-back after the other.
 * -ETIMEDOUT: look whether it is over. */
static int talk_key(struct dialogue *d, char *key)
{
	if (mparty_parties_expected(d->m) == 0 || mparty_parties_in(d->m) > 0)
		return dialogue_key(d, CLOCK_NEVER, key);
	if (dialogue_silent(d))
		(void)dialogue_start_clip(d, d->env->ringback, 1);
	return dialogue_key(d, RINGBACK_LOOK_US, key);
}

/* 0: `*`, he is out of the room and wants to invite. -ECONNRESET. */
static int talk(struct dialogue *d)
{
	char key;
	int err = mparty_host_back(d->m);

	if (err)
		return -ECONNRESET;
	while (mparty_parties_live(d->m) > 0) {
		err = talk_key(d, &key);
		if (!err && key == '*' && mparty_locked(d->m))
			err = dialogue_say_id(d, "room-locked");
		else if (!err && key == '*')
			return mparty_host_away(d->m) ? -ECONNRESET : 0;
		else if (!err && key == '#')
			err = keys_hash(d);
		else if (!err)
			keys_digit(d, key);
		if (err && err != -EAGAIN && err != -EINTR && err != -ETIMEDOUT)
			return err;
	}
	if (mparty_host_away(d->m))
		return -ECONNRESET;
	/* rule 18: told, and asked for a number again */
	err = talk_was_with_somebody(d) ? dialogue_say_id(d, "last-party-left") : talk_nobody_came(d);
	return err == -EINTR ? 0 : err;
}
