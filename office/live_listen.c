/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listeners: what happens, as the lines of a stream of server-sent events (HTML Living Standard 9.2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "office/live_internal.h"

#define LOG_MODULE "live"
#define LISTENER_MAGIC 0x4c53544eu

struct live_listener {
	unsigned       magic;
	struct live   *live;
	struct list    link;
	struct session session;
	void         (*wake)(void *arg);
	void          *arg;
	bool           waiting, over;
	char          *text;      /* not taken yet */
	size_t         len, room, taken;
	int64_t        beat_us;   /* mono: when the next heartbeat is due */
};

/* ---- the lock is held ---- */

static void wake(struct live_listener *k)
{
	if (k->waiting) {
		k->waiting = false;
		k->wake(k->arg);
	}
}

static void put(struct live_listener *k, const char *text, size_t len)
{
	if (k->over)
		return;
	if (k->taken > 0 && k->taken == k->len)
		k->taken = k->len = 0;
	if (k->len - k->taken + len > LIVE_QUEUE_MAX) { /* it does not read: it comes again, and hears of all that lives */
		k->over = true;
	} else {
		if (k->taken > 0) {
			memmove(k->text, k->text + k->taken, k->len - k->taken);
			k->len -= k->taken;
			k->taken = 0;
		}
		if (k->len + len > k->room) {
			size_t room = (k->len + len) * 2;
			char *grown = realloc(k->text, room);

			if (grown == NULL) {
				k->over = true;
				wake(k);
				return;
			}
			k->text = grown;
			k->room = room;
		}
		memcpy(k->text + k->len, text, len);
		k->len += len;
	}
	wake(k);
}

static char *event_text(const char *event, json_t *data)
{
	char *json = json_dumps(data, JSON_COMPACT), *text = NULL;

	if (json && asprintf(&text, "event: %s\ndata: %s\n\n", event, json) < 0)
		text = NULL;
	free(json);
	return text;
}

static void tell(struct live *l, const struct live_conference *c, const char *event, json_t *data)
{
	char *text = NULL;
	struct list *p, *next;

	list_for_each(p, next, &l->listeners) {
		struct live_listener *k = list_entry(p, struct live_listener, link);

		if (c ? !live_may_see(&k->session, c) : !k->session.house)
			continue;
		if (text == NULL)
			text = event_text(event, data);
		if (text)
			put(k, text, strlen(text));
	}
	free(text);
}

void live_tell_conference(struct live *l, const struct live_conference *c)
{
	tell(l, c, "conference", c->json);
}

void live_tell_gone(struct live *l, const struct live_conference *c)
{
	json_t *data = json_pack("{s:s}", "id", c->id);

	tell(l, c, "gone", data);
	json_decref(data);
}

void live_tell_house(struct live *l, const char *event, json_t *data)
{
	tell(l, NULL, event, data);
	json_decref(data);
}

static void tell_one(struct live_listener *k, const char *event, json_t *data)
{
	char *text = event_text(event, data);

	if (text)
		put(k, text, strlen(text));
	free(text);
}

static void tell_all_that_is(struct live_listener *k)
{
	struct live *l = k->live;
	struct list *p, *next;

	for (unsigned i = 0; i < l->nodes; i++) {
		struct live_node *n = &l->node[i];
		json_t *one;
		const json_t *span;
		size_t s;

		if (k->session.house) {
			one = live_node_json(n);
			tell_one(k, "node", one);
			json_decref(one);
			json_array_foreach(n->spans, s, span) {
				one = live_span_json(n, span);
				tell_one(k, "span", one);
				json_decref(one);
			}
		}
		list_for_each(p, next, &n->conferences) {
			const struct live_conference *c = list_entry(p, struct live_conference, link);

			if (live_may_see(&k->session, c))
				tell_one(k, "conference", c->json);
		}
	}
}

/* ---- listening ---- */

int live_listen(struct live *l, const struct session *s, void (*woken)(void *arg), void *arg, struct live_listener **lp)
{
	struct live_listener *k = calloc(1, sizeof(*k));
	int err = 0;

	if (k == NULL)
		return -ENOMEM;
	k->magic = LISTENER_MAGIC;
	k->live = l;
	k->session = *s;
	k->wake = woken;
	k->arg = arg;
	k->beat_us = clock_mono_us() + LIVE_HEARTBEAT_US;
	(void)pthread_mutex_lock(&l->lock);
	if (l->closed)
		err = -ESHUTDOWN;
	else if (l->listener_count == LIVE_LISTENERS_MAX)
		err = -ENOSPC;
	if (!err) {
		list_append(&l->listeners, &k->link);
		l->listener_count++;
		put(k, ": partyline\n\n", 13);
		tell_all_that_is(k);
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (err)
		free(k);
	else
		*lp = k;
	return err;
}

void live_unlisten(struct live_listener *k)
{
	MAGIC_CHECK(k, LISTENER_MAGIC);
	(void)pthread_mutex_lock(&k->live->lock);
	list_remove(&k->link);
	k->live->listener_count--;
	(void)pthread_mutex_unlock(&k->live->lock);
	k->magic = MAGIC_DEAD;
	free(k->text);
	free(k);
}

long live_next(struct live_listener *k, char *out, size_t size, void (*wait)(void *arg))
{
	long n;

	MAGIC_CHECK(k, LISTENER_MAGIC);
	(void)pthread_mutex_lock(&k->live->lock);
	if (k->over) {
		n = -ESHUTDOWN;
	} else {
		size_t left = k->len - k->taken;

		n = (long)(left < size ? left : size);
		if (n > 0)
			memcpy(out, k->text + k->taken, (size_t)n);
		k->taken += (size_t)n;
		if (n == 0) {
			k->waiting = true;
			wait(k->arg);
		}
	}
	(void)pthread_mutex_unlock(&k->live->lock);
	return n;
}

/* ---- the main thread ---- */

/* The next session whose stream is due for a heartbeat; its id is copied, because asking the database takes time. */
static bool next_due(struct live *l, int64_t now_us, char id[SESSION_TOKEN_SIZE])
{
	struct list *p, *next;
	bool found = false;

	(void)pthread_mutex_lock(&l->lock);
	list_for_each(p, next, &l->listeners) {
		struct live_listener *k = list_entry(p, struct live_listener, link);

		if (!found && !k->over && now_us >= k->beat_us) {
			(void)snprintf(id, SESSION_TOKEN_SIZE, "%s", k->session.id);
			found = true;
		}
	}
	(void)pthread_mutex_unlock(&l->lock);
	return found;
}

/* All streams of that session: it goes on, or (alive NULL) is over. A role that has changed counts from now on. */
static void beat(struct live *l, int64_t now_us, const char *id, const struct session *alive)
{
	struct list *p, *next;

	(void)pthread_mutex_lock(&l->lock);
	list_for_each(p, next, &l->listeners) {
		struct live_listener *k = list_entry(p, struct live_listener, link);

		if (strcmp(k->session.id, id) != 0)
			continue;
		k->beat_us = now_us + LIVE_HEARTBEAT_US;
		if (alive) {
			k->session = *alive;
			put(k, ":\n\n", 3);
		} else {
			k->over = true;
			wake(k);
		}
	}
	(void)pthread_mutex_unlock(&l->lock);
}

void live_end_session(struct live *l, const char *session_id)
{
	beat(l, clock_mono_us(), session_id, NULL);
}

void live_tick(struct live *l)
{
	int64_t now_us = clock_mono_us();
	char id[SESSION_TOKEN_SIZE];
	struct session s;

	while (next_due(l, now_us, id)) {
		int err = session_find_id(l->office, id, clock_utc_us(), &s);

		/* without the database nobody knows: the stream goes on */
		if (err)
			break;
		beat(l, now_us, id, s.role == ROLE_ANYONE ? NULL : &s);
	}
}

void live_stop(struct live *l)
{
	struct list *p, *next;

	atomic_store(&l->stopping, true);
	for (unsigned i = 0; i < l->nodes; i++)
		if (l->node[i].started)
			(void)pthread_join(l->node[i].thread, NULL);
	(void)pthread_mutex_lock(&l->lock);
	l->closed = true;
	list_for_each(p, next, &l->listeners) {
		struct live_listener *k = list_entry(p, struct live_listener, link);

		k->over = true;
		wake(k);
	}
	(void)pthread_mutex_unlock(&l->lock);
}
