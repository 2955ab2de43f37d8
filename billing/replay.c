/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/replay.c - what an earlier life of this node left in the journal: calls to settle, records to store. Everything may
 * have been done already; nothing is done twice.
 *
 *   O call account number        a hold is being opened
 *   A call leg utc_us rate       answered
 *   P call leg ms                has talked so long
 *   E call leg ms amount         ended, costs so much
 *   S call                       settled in the database
 *   R id sql                     a record         D id    it is in the database
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/internal.h"
#include "core/clock.h"

#define LOG_MODULE "replay"

struct replay_leg {
	char        id[ID_SIZE];
	struct rate rate;
	int64_t     answered_utc_us, talk_ms, amount_e4;
	bool        ended;
};

struct replay_call {
	struct replay_call *next;
	char                id[ID_SIZE], number[32];
	int64_t             account_id;
	bool                settled;
	unsigned            count;
	struct replay_leg   leg[SETTLE_LEGS_MAX];
};

struct replay_record {
	struct replay_record *next;
	char                  id[ID_SIZE];
	bool                  done;
	char                  sql[];
};

struct replay {
	struct replay_call   *calls;
	struct replay_record *records, **tail;
};

static struct replay_call *replay_call(struct replay *r, const char *id)
{
	for (struct replay_call *c = r->calls; c; c = c->next)
		if (strcmp(c->id, id) == 0)
			return c;
	return NULL;
}

static struct replay_leg *replay_leg(struct replay_call *c, const char *id)
{
	for (unsigned i = 0; c && i < c->count; i++)
		if (strcmp(c->leg[i].id, id) == 0)
			return &c->leg[i];
	return NULL;
}

static int replay_open(struct replay *r, const char *text)
{
	struct replay_call *c = calloc(1, sizeof(*c));
	long long account;

	if (c == NULL)
		return -ENOMEM;
	if (sscanf(text, "O %32s %lld %31s", c->id, &account, c->number) != 3) {
		free(c);
		return 0;
	}
	c->account_id = account;
	c->next = r->calls;
	r->calls = c;
	return 0;
}

static void replay_answered(struct replay *r, const char *text)
{
	char call[ID_SIZE], leg[ID_SIZE];
	struct replay_call *c;
	struct replay_leg *l;
	long long utc;
	int used = 0;

	if (sscanf(text, "A %32s %32s %lld %n", call, leg, &utc, &used) != 3 || used == 0)
		return;
	c = replay_call(r, call);
	if (c == NULL || c->count == SETTLE_LEGS_MAX)
		return;
	l = &c->leg[c->count];
	if (rate_from_text(&l->rate, text + used) != 0)
		return;
	memcpy(l->id, leg, ID_SIZE);
	l->answered_utc_us = utc;
	c->count++;
}

static void replay_talk(struct replay *r, const char *text)
{
	char kind, call[ID_SIZE], leg[ID_SIZE];
	long long ms, amount = 0;
	struct replay_leg *l;
	int n = sscanf(text, "%c %32s %32s %lld %lld", &kind, call, leg, &ms, &amount);

	l = n >= 4 ? replay_leg(replay_call(r, call), leg) : NULL;
	if (l == NULL || l->ended)
		return;
	l->talk_ms = ms;
	l->ended = kind == 'E' && n == 5;
	l->amount_e4 = amount;
}

static int replay_record(struct replay *r, const char *text)
{
	struct replay_record *rec = calloc(1, sizeof(*rec) + strlen(text) + 1);
	int used = 0;

	if (rec == NULL)
		return -ENOMEM;
	if (sscanf(text, "R %32s %n", rec->id, &used) != 1 || used == 0 || strncmp(text + used, "INSERT IGNORE INTO ", 19) != 0) {
		free(rec);
		return 0;
	}
	memcpy(rec->sql, text + used, strlen(text + used) + 1);
	*r->tail = rec;
	r->tail = &rec->next;
	return 0;
}

static int replay_entry(void *arg, char *text)
{
	struct replay *r = arg;
	char id[ID_SIZE];
	struct replay_call *c;

	switch (text[0]) {
	case 'O':
		return replay_open(r, text);
	case 'A':
		replay_answered(r, text);
		break;
	case 'P':
	case 'E':
		replay_talk(r, text);
		break;
	case 'S':
		c = sscanf(text, "S %32s", id) == 1 ? replay_call(r, id) : NULL;
		if (c)
			c->settled = true;
		break;
	case 'R':
		return replay_record(r, text);
	case 'D':
		for (struct replay_record *rec = r->records; sscanf(text, "D %32s", id) == 1 && rec; rec = rec->next)
			if (strcmp(rec->id, id) == 0)
				rec->done = true;
		break;
	default:
		break; /* of a newer program: its own replay knows it */
	}
	return 0;
}

static int replay_settle(struct billing *b, const struct replay_call *c)
{
	struct hold_settle *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL)
		return -ENOMEM;
	memcpy(s->id, c->id, ID_SIZE);
	s->account_id = c->account_id;
	s->number = c->number;
	s->at_utc_us = clock_utc_us();
	for (unsigned i = 0; i < c->count; i++) {
		const struct replay_leg *l = &c->leg[i];
		int64_t amount = l->ended ? l->amount_e4 : rating_amount_e4(&l->rate, l->talk_ms, l->answered_utc_us);

		if (!l->ended)
			log_warn("leg %s of call %s was cut by the end of this node: charged to its last checkpoint, %lld ms",
			         l->id, c->id, (long long)l->talk_ms);
		if (amount > 0) {
			memcpy(s->leg[s->count].leg_id, l->id, ID_SIZE);
			s->leg[s->count++].amount_e4 = amount;
		}
	}
	err = hold_settle(b->store, s);
	if (err == -ENOENT) /* the hold was never opened: nothing was promised */
		err = 0;
	free(s);
	return err;
}

static int replay_record_tx(struct store_conn *c, void *arg)
{
	return store_exec(c, NULL, "EXECUTE IMMEDIATE ?", "s", (const char *)arg);
}

int billing_replay(struct billing *b)
{
	struct replay r = { .tail = &r.records };
	unsigned settled = 0, stored = 0;
	int err = journal_read(b->journal, replay_entry, &r, NULL);

	for (struct replay_call *c = r.calls; !err && c; c = c->next)
		if (!c->settled) {
			err = replay_settle(b, c);
			settled++;
		}
	for (struct replay_record *rec = r.records; !err && rec; rec = rec->next)
		if (!rec->done) {
			err = store_tx(b->store, replay_record_tx, rec->sql);
			stored++;
		}
	if (!err && (settled || stored))
		log_info("from the journal: %u calls settled, %u records stored", settled, stored);
	if (!err && journal_size(b->journal) > 0)
		err = journal_empty(b->journal);
	while (r.calls) {
		struct replay_call *next = r.calls->next;

		free(r.calls);
		r.calls = next;
	}
	while (r.records) {
		struct replay_record *next = r.records->next;

		free(r.records);
		r.records = next;
	}
	return err;
}
