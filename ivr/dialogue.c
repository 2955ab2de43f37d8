/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/dialogue.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "ivr/invitee.h"
#include "ivr/keys.h"

#define LOG_MODULE "ivr"

static uint32_t dialogue_play(struct dialogue *d, struct media_port *port, const struct say_list *list, struct media_play *play,
                              unsigned gap_ms);

/* Rule 18: whoever is called in hears who invites him, softly under the first words. */
static void dialogue_greet(struct dialogue *d, unsigned order)
{
	struct media_play play = { .times = 1, .gain_db10 = -60 };
	struct media_port *port = mparty_party_port(d->m, order);
	char spoken[LEG_NUMBER_MAX + 1];
	struct say_list list;

	if (!d->env->settings.announce_host || mparty_setup(d->m)->restricted || port == NULL ||
	    (d->told[order / 8] & 1u << order % 8))
		return;
	d->told[order / 8] |= (uint8_t)(1u << order % 8);
	if (d->env->spoken(d->env->dialled_arg, mparty_setup(d->m)->host, spoken) != 0)
		return;
	say_begin(&list);
	say_invited_by(&list, d->lang, spoken);
	(void)dialogue_play(d, port, &list, &play, 0);
}

/* How an invitation ended that he does not wait for: it rings on while he talks, or somebody else has invited. */
static void dialogue_outcome(struct dialogue *d, unsigned order)
{
	const struct party *p = mparty_party(d->m, order);
	struct say_list list;

	if (p->state != PARTY_ENDED || p->admitted || p->awaited || p->dropped || leg_over(d->wait.leg))
		return;
	say_begin(&list);
	say_party(&list, d->lang, order, p->number);
	say_prompt(&list, keys_outcome_prompt(p));
	(void)dialogue_start(d, &list, 1, 0, true);
}

/* What must be said whatever he is doing: under the talk, after the prompt. The rest is for the dialogue to look at. */
static void dialogue_news(struct mparty_observer *o, struct mparty *m, const struct mparty_event *ev)
{
	struct dialogue *d = container_of(o, struct dialogue, observer);
	struct say_list list;

	if (ev->type == MPARTY_EV_PARTY && ev->order > 0) {
		dialogue_greet(d, ev->order);
		dialogue_outcome(d, ev->order);
		if (mparty_party(m, ev->order)->state == PARTY_ASKED && !(d->asked[ev->order / 8] & 1u << ev->order % 8)) {
			d->asked[ev->order / 8] |= (uint8_t)(1u << ev->order % 8);
			invitee_ask(d->env, d->service, m, ev->order, d->lang);
		}
	}
	if (ev->type == MPARTY_EV_WARNING && !leg_over(d->wait.leg)) {
		say_begin(&list);
		say_money_warning(&list, d->lang, ev->seconds);
		(void)dialogue_start(d, &list, 1, 0, true);
	}
	if (ev->type == MPARTY_EV_LIMIT_NEAR && !leg_over(d->wait.leg)) {
		say_begin(&list);
		(ev->limit == CALL_SILENT ? say_silence_warning : say_max_duration_warning)(&list, d->lang, ev->seconds);
		(void)dialogue_start(d, &list, 1, 0, true);
	}
	leg_wait_poke(&d->wait);
}

void dialogue_begin(struct dialogue *d, struct ivr_env *env, const struct ivr_service *s, struct leg *l, enum prompt_lang lang)
{
	memset(d, 0, sizeof(*d));
	d->env = env;
	d->service = s;
	d->lang = lang;
	leg_wait_begin(&d->wait, l);
}

void dialogue_attach(struct dialogue *d, struct mparty *m)
{
	d->m = m;
	d->observer.event = dialogue_news;
	mparty_observe(m, &d->observer);
}

void dialogue_end(struct dialogue *d)
{
	if (d->m)
		mparty_unobserve(&d->observer);
	leg_wait_end(&d->wait);
}

static uint32_t dialogue_play(struct dialogue *d, struct media_port *port, const struct say_list *list, struct media_play *play,
                              unsigned gap_ms)
{
	const struct prompt_set *prompts = d->service->prompts ? d->service->prompts : d->env->prompts;

	for (unsigned i = 0; i < list->count && play->count < MEDIA_PLAY_ITEMS_MAX; i++) {
		struct clip *c = prompt_clip(prompts, d->lang, list->id[i]);

		if (c)
			play->item[play->count++].clip = c;
	}
	if (play->count == 0)
		return 0;
	play->item[play->count - 1].silence_ms = gap_ms;
	return media_play(port, play);
}

uint32_t dialogue_start(struct dialogue *d, const struct say_list *list, unsigned times, unsigned gap_ms, bool append)
{
	struct media_play play = { .times = times, .append = append, .stop_on_digit = !append };

	return d->last_play = dialogue_play(d, d->wait.leg->port, list, &play, gap_ms);
}

uint32_t dialogue_start_clip(struct dialogue *d, struct clip *c, unsigned times)
{
	struct media_play play = { .count = 1, .times = times, .item[0].clip = c };

	return d->last_play = media_play(d->wait.leg->port, &play);
}

bool dialogue_silent(const struct dialogue *d)
{
	return d->wait.played == d->last_play;
}

void dialogue_hush(struct dialogue *d)
{
	if (d->wait.leg->port)
		media_play_stop(d->wait.leg->port, MEDIA_TO_LINE);
}

int dialogue_say(struct dialogue *d, const struct say_list *list)
{
	uint32_t play;
	int err;

	if (leg_over(d->wait.leg))
		return -ECONNRESET;
	if (d->wait.key_count > 0)
		return -EINTR; /* he knows what he wants: keys typed ahead skip the prompt */
	play = dialogue_start(d, list, 1, 0, false);
	if (play == 0)
		return 0;
	do
		err = leg_wait_play(&d->wait, play);
	while (err == -EAGAIN);
	return err;
}

int dialogue_say_id(struct dialogue *d, const char *id)
{
	struct say_list list;

	say_begin(&list);
	say_prompt(&list, id);
	return dialogue_say(d, &list);
}

int dialogue_key(struct dialogue *d, int64_t timeout_us, char *key)
{
	int err = leg_wait_key(&d->wait, timeout_us, key);

	if (!err)
		d->keys++;
	return err;
}

int dialogue_digits(struct dialogue *d, char digits[DIALOGUE_DIGITS_MAX + 1])
{
	const struct ivr_settings *s = &d->env->settings;
	int64_t deadline = clock_mono_us() + s->first_key_us;
	unsigned n = 0;
	char key;
	int err;

	for (;;) {
		err = dialogue_key(d, deadline - clock_mono_us(), &key);
		if (err == -EAGAIN)
			continue;
		if (err == -ETIMEDOUT && n > 0)
			break; /* a number ends after 6 s of silence too (rule 15) */
		if (err)
			return err;
		if (key == '#' && n == 0 && clock_mono_us() - d->hash_us < s->hash_guard_us)
			continue; /* a bounce of the # that ended the number before (rule 15) */
		if (key == '#') {
			d->hash_us = clock_mono_us();
			if (n == 0)
				return -ETIMEDOUT;
			break;
		}
		if (key == '*' && n == 0)
			return -ECANCELED;
		if (key == '*')
			n = 0;
		else if (n < DIALOGUE_DIGITS_MAX)
			digits[n++] = key;
		deadline = clock_mono_us() + (n ? s->next_key_us : s->first_key_us);
	}
	digits[n] = '\0';
	return 0;
}
