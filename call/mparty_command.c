/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call/mparty_command.c - what may be commanded, by the host's keys, the control socket and bookings alike; each command once by
 * its id. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call/mparty_internal.h"
#include "media/tones.h"

static struct mparty_command *mparty_seen(struct mparty *m, const char *id)
{
	unsigned n = m->commands < MPARTY_COMMANDS_MAX ? m->commands : MPARTY_COMMANDS_MAX;

	for (unsigned i = 0; id && i < n; i++)
		if (strcmp(m->command[i].id, id) == 0)
			return &m->command[i];
	return NULL;
}

static int mparty_remember(struct mparty *m, const char *id, int result, unsigned order)
{
	struct mparty_command *c = &m->command[m->commands % MPARTY_COMMANDS_MAX];

	if (id == NULL)
		return result;
	(void)snprintf(c->id, sizeof(c->id), "%s", id);
	c->result = result;
	c->order = order;
	m->commands++;
	return result;
}

static int mparty_may_invite(const struct mparty *m, const char *number)
{
	if (m->ending || leg_over(m->host))
		return -ENOTCONN;
	if (m->locked)
		return -EPERM;
	if (m->count == MPARTY_PARTIES_MAX || mparty_called(m) + 1 >= m->env->members_max)
		return -ENOSPC;
	for (unsigned i = 1; i <= m->count; i++)
		if (m->party[i]->pub.state != PARTY_ENDED && strcmp(m->party[i]->pub.number, number) == 0)
			return -EEXIST;
	return strcmp(number, m->setup.host) == 0 ? -EEXIST : 0;
}

int mparty_invite(struct mparty *m, const char *id, const char *number, bool awaited, unsigned *order)
{
	struct mparty_command *seen;
	struct mparty_party *p;
	int err;

	MAGIC_CHECK(m, MPARTY_MAGIC);
	seen = mparty_seen(m, id);
	if (seen) {
		if (!seen->result)
			*order = seen->order;
		return seen->result;
	}
	err = mparty_may_invite(m, number);
	if (err)
		return mparty_remember(m, id, err, 0);
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->m = m;
	p->pub.awaited = awaited;
	p->pub.order = ++m->count;
	(void)snprintf(p->pub.number, sizeof(p->pub.number), "%s", number);
	random_id(p->pub.leg_id);
	m->party[m->count] = p;
	party_start(p);
	*order = p->pub.order;
	return mparty_remember(m, id, 0, p->pub.order);
}

static struct mparty_party *mparty_live(const struct mparty *m, unsigned order)
{
	if (order == 0 || order > m->count || m->party[order]->pub.state == PARTY_ENDED)
		return NULL;
	return m->party[order];
}

int mparty_drop(struct mparty *m, const char *id, unsigned order)
{
	struct mparty_command *seen = mparty_seen(m, id);
	struct mparty_party *p = mparty_live(m, order);

	MAGIC_CHECK(m, MPARTY_MAGIC);
	if (seen)
		return seen->result;
	if (p == NULL)
		return mparty_remember(m, id, -ENOENT, order);
	party_drop(p, CAUSE_NORMAL_CLEARING);
	return mparty_remember(m, id, 0, order);
}

int mparty_mute(struct mparty *m, const char *id, unsigned order, bool muted)
{
	struct mparty_command *seen = mparty_seen(m, id);
	struct mparty_party *p = mparty_live(m, order);

	if (seen)
		return seen->result;
	if (order > 0 && (p == NULL || p->pub.state != PARTY_IN))
		return mparty_remember(m, id, -ENOENT, order);
	if (p)
		p->pub.muted = muted;
	else
		m->host_muted = muted;
	conference_set_muted(m->conference, order ? p->leg->port : m->host->port, muted);
	mparty_emit(m, MPARTY_EV_PARTY, order, 0);
	return mparty_remember(m, id, 0, order);
}

void mparty_mute_others(struct mparty *m, bool muted)
{
	m->others_muted = muted;
	for (unsigned i = 1; i <= m->count; i++)
		if (m->party[i]->pub.state == PARTY_IN)
			(void)mparty_mute(m, NULL, i, muted);
}

void mparty_lock(struct mparty *m, bool locked)
{
	m->locked = locked;
	m->version++;
}

int mparty_next_music(struct mparty *m)
{
	m->version++;
	return conference_next_background(m->conference);
}

int mparty_set_music(struct mparty *m, unsigned track)
{
	m->version++;
	return conference_set_background(m->conference, track);
}

unsigned mparty_music(const struct mparty *m)
{
	return conference_background(m->conference);
}

unsigned mparty_music_tracks(const struct mparty *m)
{
	return conference_tracks(m->conference);
}

void mparty_expect(struct mparty *m, int change)
{
	assert(change > 0 || m->expected >= (unsigned)-change);
	m->expected += (unsigned)change;
	if (!m->ending)
		mparty_emit(m, MPARTY_EV_PARTY, 0, 0);
}

int mparty_send_digits(struct mparty *m, unsigned order, const char *digits)
{
	const struct mparty_party *p = mparty_live(m, order);
	struct media_play play = { .count = 1, .times = 1, .append = true };
	struct clip *c;
	int err = -EINVAL;

	if (p == NULL || (p->pub.state != PARTY_IN && p->pub.state != PARTY_PRIVATE))
		return -ENOENT;
	for (const char *d = digits; *d; d++) {
		err = leg_send_digit(p->leg, *d, MPARTY_DIGIT_MS);
		if (err == -ENOTSUP)
			break; /* at the first: E1 has the speech channel alone */
		if (err)
			return err;
	}
	if (err == 0)
		return 0;
	err = tone_clip_dtmf(&c, digits, MPARTY_DIGIT_MS, MPARTY_DIGIT_MS, MPARTY_DIGIT_DBM0);
	if (err)
		return err;
	play.item[0].clip = c;
	(void)media_play(p->leg->port, &play);
	clip_unref(c);
	return 0;
}

void mparty_end(struct mparty *m, const char *id, int cause)
{
	MAGIC_CHECK(m, MPARTY_MAGIC);
	(void)id; /* ending twice is ending once */
	if (m->ending)
		return;
	m->ending = true;
	m->end_cause = cause;
	leg_hangup(m->host, cause);
	for (unsigned i = 1; i <= m->count; i++)
		if (mparty_live(m, i))
			party_drop(m->party[i], cause);
	mparty_emit(m, MPARTY_EV_ENDED, 0, 0);
	mparty_check_over(m);
}

int mparty_admit(struct mparty *m, unsigned order, bool yes)
{
	struct mparty_party *p = mparty_live(m, order);

	if (p == NULL || p->pub.state != PARTY_ASKED)
		return -ENOENT;
	if (yes)
		party_admit(p);
	else
		leg_hangup(p->leg, CAUSE_NORMAL_CLEARING);
	return 0;
}

int mparty_join_all(struct mparty *m)
{
	for (unsigned i = 1; i <= m->count; i++)
		if (m->party[i]->pub.state == PARTY_PRIVATE) {
			party_join(m->party[i]);
			return 0;
		}
	return -ENOENT;
}

int mparty_host_away(struct mparty *m)
{
	MAGIC_CHECK(m, MPARTY_MAGIC);
	if (m->ending || leg_over(m->host))
		return -ENOTCONN;
	m->away = true;
	conference_leave(m->conference, m->host->port);
	conference_host_invites(m->conference, true);
	return 0;
}

int mparty_host_back(struct mparty *m)
{
	int err;

	MAGIC_CHECK(m, MPARTY_MAGIC);
	if (m->ending || leg_over(m->host))
		return -ENOTCONN;
	if (!m->away || mparty_join_all(m) == 0)
		return 0;
	for (unsigned i = 1; i <= m->count; i++) {
		struct mparty_party *p = m->party[i];

		p->pub.awaited = false; /* whoever still rings will simply come in */
		if (p->leg && p->leg->port && !p->pub.answered)
			media_room_leave(p->leg->port);
	}
	media_room_leave(m->host->port);
	m->away = false;
	err = conference_join(m->conference, m->host->port, true);
	conference_set_muted(m->conference, m->host->port, m->host_muted);
	return err;
}
