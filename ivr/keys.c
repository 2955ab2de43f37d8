/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ivr/keys.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"

#define VOLUME_STEP_DB10 30
#define VOLUME_MAX_DB10  120

const char *keys_outcome_prompt(const struct party *p)
{
	switch (p->failure) {
	case PARTY_BARRED:
		return "number-barred";
	case PARTY_NO_RATE:
		return "party-unallocated";
	case PARTY_NO_MONEY:
		return "party-not-enough-money";
	case PARTY_NO_CHANNEL:
	case PARTY_DATABASE:
	case PARTY_LIMIT:
		return "party-congestion";
	case PARTY_OK:
	case PARTY_REFUSED:
		break;
	}
	switch (p->outcome) {
	case OUTCOME_BUSY:
		return "party-busy";
	case OUTCOME_NO_ANSWER:
		return "party-no-answer";
	case OUTCOME_UNALLOCATED:
		return "party-unallocated";
	case OUTCOME_CONGESTION:
		return "party-congestion";
	case OUTCOME_ANSWERED:
	case OUTCOME_REJECTED:
		break;
	}
	return "party-failed";
}

/* Under the talk, after what is being said. */
static void keys_tell(struct dialogue *d, const char *id)
{
	struct say_list list;

	say_begin(&list);
	say_prompt(&list, id);
	(void)dialogue_start(d, &list, 1, 0, true);
}

/* ---- parties ---- */

static unsigned keys_newest(const struct mparty *m, bool in)
{
	for (unsigned i = mparty_party_count(m); i >= 1; i--)
		if (in ? mparty_party(m, i)->state == PARTY_IN : mparty_party(m, i)->state != PARTY_ENDED)
			return i;
	return 0;
}

static void keys_drop(struct dialogue *d, unsigned order)
{
	const struct party *p = order ? mparty_party(d->m, order) : NULL;
	struct say_list list;

	if (p == NULL || p->state == PARTY_ENDED) {
		keys_tell(d, mparty_parties_live(d->m) > 0 ? "no-such-party" : "nobody-else");
		return;
	}
	say_begin(&list);
	if (p->state == PARTY_IN)
		say_dropped_party(&list, d->lang, order, p->number);
	else
		say_prompt(&list, "invitation-cancelled");
	(void)mparty_drop(d->m, NULL, order);
	(void)dialogue_start(d, &list, 1, 0, true);
}

void keys_drop_last(struct dialogue *d)
{
	keys_drop(d, keys_newest(d->m, false));
}

/* Order numbers never change during a call; with the last four digits. */
static void keys_list(struct dialogue *d)
{
	struct say_list list;

	say_begin(&list);
	for (unsigned i = 1; i <= mparty_party_count(d->m); i++)
		if (mparty_party(d->m, i)->state != PARTY_ENDED)
			say_party(&list, d->lang, i, mparty_party(d->m, i)->number);
	if (list.count == 0)
		say_prompt(&list, "nobody-else");
	(void)dialogue_start(d, &list, 1, 0, false); /* a key stops it */
}

/* #6 order #: a chosen party. */
static int keys_drop_order(struct dialogue *d)
{
	char digits[DIALOGUE_DIGITS_MAX + 1];
	int err = dialogue_digits(d, digits);
	unsigned long order;

	if (err)
		return err == -ECONNRESET ? err : 0;
	order = strtoul(digits, NULL, 10);
	keys_drop(d, order <= mparty_party_count(d->m) ? (unsigned)order : 0);
	return 0;
}

/* #5 digits #: an extension behind the newest party's switchboard. */
static int keys_send(struct dialogue *d)
{
	char digits[DIALOGUE_DIGITS_MAX + 1];
	int err;

	keys_tell(d, "enter-digits");
	err = dialogue_digits(d, digits);
	if (err)
		return err == -ECONNRESET ? err : 0;
	if (mparty_send_digits(d->m, keys_newest(d->m, true), digits) != 0)
		keys_tell(d, "nobody-else");
	return 0;
}

/* ---- the room, and himself ---- */

static void keys_volume(struct dialogue *d, int step_db10)
{
	int volume = d->volume_db10 + step_db10;

	if (abs(volume) > VOLUME_MAX_DB10)
		volume = d->volume_db10;
	d->volume_db10 = volume;
	media_port_set_gain(d->wait.leg->port, volume);
	keys_tell(d, "volume-changed");
}

static void keys_minutes(struct dialogue *d)
{
	struct say_list list;

	say_begin(&list);
	say_minutes_left(&list, d->lang, mparty_seconds_left(d->m));
	(void)dialogue_start(d, &list, 1, 0, true);
}

static void keys_help(struct dialogue *d)
{
	struct say_list list;

	say_begin(&list);
	say_help(&list);
	(void)dialogue_start(d, &list, 1, 0, false); /* a key stops it */
}

static int keys_command(struct dialogue *d, char key)
{
	switch (key) {
	case '#':
		keys_drop_last(d);
		break;
	case '0':
		keys_list(d);
		break;
	case '1':
		(void)mparty_mute(d->m, NULL, 0, !mparty_host_muted(d->m));
		keys_tell(d, mparty_host_muted(d->m) ? "muted" : "unmuted");
		break;
	case '2':
		mparty_mute_others(d->m, !mparty_others_muted(d->m));
		keys_tell(d, mparty_others_muted(d->m) ? "all-muted" : "all-unmuted");
		break;
	case '3':
		mparty_lock(d->m, !mparty_locked(d->m));
		keys_tell(d, mparty_locked(d->m) ? "room-locked" : "room-opened");
		break;
	case '4':
		keys_tell(d, mparty_next_music(d->m) > 0 ? "music-on" : "music-off");
		break;
	case '5':
		return keys_send(d);
	case '6':
		return keys_drop_order(d);
	case '7':
		keys_volume(d, -VOLUME_STEP_DB10);
		break;
	case '8':
		keys_minutes(d);
		break;
	case '9':
		keys_volume(d, VOLUME_STEP_DB10);
		break;
	case '*':
		keys_help(d);
		break;
	default: /* A to D */
		break;
	}
	return 0;
}

void keys_digit(struct dialogue *d, char key)
{
	const char digits[2] = { key, '\0' };

	unsigned order = 0;

	for (unsigned i = mparty_party_count(d->m); i >= 1 && order == 0; i--)
		if (mparty_party(d->m, i)->state == PARTY_PRIVATE)
			order = i;
	if (order == 0 && mparty_parties_live(d->m) == 1)
		order = keys_newest(d->m, true);
	if (key >= '0' && key <= '9' && order > 0)
		(void)mparty_send_digits(d->m, order, digits);
}

int keys_hash(struct dialogue *d)
{
	char key;
	int err;

	if (clock_mono_us() - d->hash_us < d->env->settings.hash_guard_us)
		return 0; /* a bounce of the # that ended a number (rule 15) */
	do
		err = dialogue_key(d, d->env->settings.hash_alone_us, &key);
	while (err == -EAGAIN);
	if (err)
		return err == -ETIMEDOUT ? 0 : err; /* a lone # ends (rule 15) */
	return keys_command(d, key);
}
