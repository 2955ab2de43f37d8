/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * billing/replay.c - what an earlier life of this node left in the journal: calls to settle, records to store. Everything may
 * have been done already; nothing is done twice.
 *
 *   V format                     the first; none in the journals of the first programs
 *   O call account number        a hold is being opened
 *   A call leg utc_us rate       answered
 *   P call leg ms                has talked so long
 *   E call leg ms amount         ended, costs so much
 *   S call                       settled in the database
 *   B id sql                     the record of a call or leg that has begun; counts until its R comes
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
	struct replay_leg *next;
	char               id[ID_SIZE];
	struct rate        rate;
	int64_t            answered_utc_us, talk_ms, amount_e4;
	bool               ended;
};

struct replay_call {
	struct replay_call *next;
	char                id[ID_SIZE], number[32];
	int64_t             account_id;
	struct replay_leg  *legs;
};

struct replay_record {
	struct replay_record *next;
	bool                  begun;
	char                  id[ID_SIZE];
	char                  sql[];
};

struct replay { /* what is not done yet; what is, is forgotten at once: a journal may tell of many days */
	struct replay_call   *calls;
	struct replay_record *records, **tail;
	unsigned              strange; /* entries that this program does not understand: a newer one's */
};

static struct replay_call **replay_find(struct replay *r, const char *id)
{
	struct replay_call **c = &r->calls;

	while (*c && strcmp((*c)->id, id) != 0)
		c = &(*c)->next;
	return c;
}

static struct replay_leg *replay_leg(struct replay_call *c, const char *id)
{
	struct replay_leg *l = c ? c->legs : NULL;

	while (l && strcmp(l->id, id) != 0)
		l = l->next;
	return l;
}

static void replay_forget_call(struct replay_call **at)
{
	struct replay_call *c = *at;

	if (c == NULL)
		return;
	*at = c->next;
	while (c->legs) {
		struct replay_leg *next = c->legs->next;

		free(c->legs);
		c->legs = next;
	}
	free(c);
}

static void replay_forget_record(struct replay *r, const char *id)
{
	struct replay_record **at = &r->records, *gone;

	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	gone = *at;
	if (gone == NULL)
		return;
	*at = gone->next;
	if (r->tail == &gone->next)
		r->tail = at;
	free(gone);
}

static int replay_open(struct replay *r, const char *text)
{
	struct replay_call *c = calloc(1, sizeof(*c));
	long long account;

	if (c == NULL)
		return -ENOMEM;
	if (sscanf(text, "O %32s %lld %31s", c->id, &account, c->number) != 3) {
		free(c);
		r->strange++;
		return 0;
	}
	if (*replay_find(r, c->id) != NULL) {
		free(c);
		return 0;
	}
	c->account_id = account;
	c->next = r->calls;
	r->calls = c;
	return 0;
}

static int replay_answered(struct replay *r, const char *text)
{
	char call[ID_SIZE], leg[ID_SIZE];
	struct replay_call *c;
	struct replay_leg *l;
	struct rate rate;
	long long utc;
	int used = 0;

	if (sscanf(text, "A %32s %32s %lld %n", call, leg, &utc, &used) != 3 || used == 0 ||
	    rate_from_text(&rate, text + used) != 0) {
		r->strange++;
		return 0;
	}
	c = *replay_find(r, call);
	if (c == NULL || replay_leg(c, leg) != NULL)
		return 0;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->rate = rate;
	memcpy(l->id, leg, ID_SIZE);
	l->answered_utc_us = utc;
	l->next = c->legs;
	c->legs = l;
	return 0;
}

static void replay_talk(struct replay *r, const char *text)
{
	char kind, call[ID_SIZE], leg[ID_SIZE];
	long long ms, amount = 0;
	struct replay_leg *l;
	int n = sscanf(text, "%c %32s %32s %lld %lld", &kind, call, leg, &ms, &amount);

	r->strange += n < 4;
	l = n >= 4 ? replay_leg(*replay_find(r, call), leg) : NULL;
	if (l == NULL || l->ended)
		return;
	l->talk_ms = ms;
	l->ended = kind == 'E' && n == 5;
	l->amount_e4 = amount;
}

/* Nothing but a record is ever run from a file. */
static bool replay_is_record(const char *sql)
{
	return strncmp(sql, "INSERT INTO leg_record (", 24) == 0 || strncmp(sql, "INSERT INTO call_record (", 25) == 0;
}

static int replay_record(struct replay *r, const char *text)
{
	struct replay_record *rec = calloc(1, sizeof(*rec) + strlen(text) + 1);
	int used = 0;

	if (rec == NULL)
		return -ENOMEM;
	if (sscanf(text + 1, " %32s %n", rec->id, &used) != 1 || used == 0 || !replay_is_record(text + 1 + used)) {
		r->strange++;
		free(rec);
		return 0;
	}
	rec->begun = text[0] == 'B';
	used++;
	replay_forget_record(r, rec->id); /* what it began as, or the same in a journal that began anew */
	memcpy(rec->sql, text + used, strlen(text + used) + 1);
	*r->tail = rec;
	r->tail = &rec->next;
	return 0;
}

static int replay_version(struct replay *r, const char *text)
{
	int format;

	if (sscanf(text, "V %d", &format) != 1) {
		r->strange++;
		return 0;
	}
	if (format <= JOURNAL_FORMAT)
		return 0;
	log_error("the journal has format %d, of a newer program; this one knows %d. Start the newer one: it brings the journal "
	          "into the "
	          "database",
	          format, JOURNAL_FORMAT);
	return -EOVERFLOW;
}

static int replay_entry(void *arg, char *text)
{
	struct replay *r = arg;
	char id[ID_SIZE];

	switch (text[0]) {
	case 'V':
		return replay_version(r, text);
	case 'O':
		return replay_open(r, text);
	case 'A':
		return replay_answered(r, text);
	case 'P':
	case 'E':
		replay_talk(r, text);
		return 0;
	case 'B':
	case 'R':
		return replay_record(r, text);
	case 'S':
		if (sscanf(text, "S %32s", id) == 1)
			replay_forget_call(replay_find(r, id));
		return 0;
	case 'D':
		if (sscanf(text, "D %32s", id) == 1)
			replay_forget_record(r, id);
		return 0;
	default:
		r->strange++;
		return 0;
	}
}

static int64_t replay_amount(const struct replay_leg *l)
{
	return l->ended ? l->amount_e4 : rating_amount_e4(&l->rate, l->talk_ms, l->answered_utc_us);
}

static const char *replay_begun(const struct replay *r, const char *id)
{
	for (const struct replay_record *rec = r->records; rec; rec = rec->next)
		if (rec->begun && strcmp(rec->id, id) == 0)
			return rec->sql;
	return NULL;
}

static int replay_settle(struct billing *b, const struct replay_call *c)
{
	struct hold_settle s = { .account_id = c->account_id, .number = c->number, .at_utc_us = clock_utc_us() };
	struct settle_leg *leg = calloc(SETTLE_LEGS_MAX, sizeof(*leg));
	int err;

	if (leg == NULL)
		return -ENOMEM;
	memcpy(s.id, c->id, ID_SIZE);
	s.leg = leg;
	for (const struct replay_leg *l = c->legs; l && s.count < SETTLE_LEGS_MAX; l = l->next) {
		int64_t amount = replay_amount(l);

		if (!l->ended)
			log_warn("leg %s of call %s was cut by the end of this node: charged to its last checkpoint, %lld ms",
			         l->id, c->id, (long long)l->talk_ms);
		if (amount > 0) {
			memcpy(leg[s.count].leg_id, l->id, ID_SIZE);
			leg[s.count++].amount_e4 = amount;
		}
	}
	err = billing_settle(b, &s);
	free(leg);
	return err;
}

/* The records of legs and call that were cut before they had their own. */
static int replay_cut(struct billing *b, struct replay *r, const struct replay_call *c)
{
	struct record_cut v = { .ended_utc_us = 0 };
	const char *sql;
	int64_t last = 0;
	int err = 0;

	for (const struct replay_leg *l = c->legs; !err && l; l = l->next) {
		int64_t ended = l->answered_utc_us + l->talk_ms * 1000;
		char rate[RATE_TEXT_MAX];

		if (ended > last)
			last = ended;
		sql = replay_begun(r, l->id);
		if (sql == NULL)
			continue;
		rate_to_text(&l->rate, rate);
		v =
			(struct record_cut){ ended, l->talk_ms, rating_billable_s(&l->rate, l->talk_ms), replay_amount(l),
			                     rate,  NULL };
		if (v.amount_e4 > 0)
			v.transfer_id = l->id;
		err = billing_store_record(b, sql, &v);
		if (!err)
			replay_forget_record(r, l->id);
	}
	sql = err ? NULL : replay_begun(r, c->id);
	v = (struct record_cut){ .ended_utc_us = last ? last : clock_utc_us() };
	if (sql)
		err = billing_store_record(b, sql, &v);
	if (!err)
		replay_forget_record(r, c->id);
	return err;
}

/* A record that has begun and whose call is settled already: it cannot be, and nothing is known of its end. */
static void replay_drop_begun(struct replay *r)
{
	struct replay_record *rec = r->records;

	while (rec) {
		struct replay_record *next = rec->next;

		if (rec->begun) {
			log_warn("the record of %s has begun, and its end is not known", rec->id);
			replay_forget_record(r, rec->id);
		}
		rec = next;
	}
}

/* Done ones leave the lists, so what is left at an error is what is not done. */
static int replay_all(struct billing *b, struct replay *r)
{
	unsigned settled = 0, stored = 0;
	int err = 0;

	while (r->calls && (err = replay_settle(b, r->calls)) == 0 && (err = replay_cut(b, r, r->calls)) == 0) {
		replay_forget_call(&r->calls);
		settled++;
	}
	if (!err)
		replay_drop_begun(r);
	while (!err && r->records && (err = billing_store_record(b, r->records->sql, NULL)) == 0) {
		replay_forget_record(r, r->records->id);
		stored++;
	}
	if (settled || stored)
		log_info("from the journal: %u calls settled, %u records stored", settled, stored);
	return err;
}

int billing_replay(struct billing *b)
{
	struct replay r = { .tail = &r.records };
	unsigned bad = 0;
	int err = journal_read(b->journal, replay_entry, &r, &bad);

	if (!err)
		err = replay_all(b, &r);
	if (r.strange)
		log_warn("%u entries of the journal are not understood, of a newer program perhaps: the file is kept", r.strange);
	if (!err && bad + r.strange > 0)
		err = journal_keep_damaged(b->journal);
	if (!err && journal_size(b->journal) > 0)
		err = journal_replace(b->journal, "", 0);
	if (err)
		log_error("the journal of an earlier life cannot be brought into the database: %s", strerror(-err));
	while (r.calls)
		replay_forget_call(&r.calls);
	while (r.records)
		replay_forget_record(&r, r.records->id);
	return err;
}
