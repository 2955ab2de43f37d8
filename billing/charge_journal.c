/* SPDX-License-Identifier: GPL-2.0-or-later */
/* billing/charge_journal.c - what a crash must not forget of a charge, and what a record says of its leg. */
#include "billing/charge_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void charge_checkpoint_all(struct billing *b)
{
	struct list *n, *next;

	list_for_each(n, next, &b->charges) {
		struct charge *c = list_entry(n, struct charge, link);

		for (unsigned i = 0; i < c->count; i++)
			if (c->leg[i]->state == LEG_LIVE)
				billing_journal(b, "P %s %s %lld", c->call_id, c->leg[i]->id,
				                (long long)(clock_mono_us() - c->leg[i]->answer_mono_us) / 1000);
	}
}

int charge_leg_result(struct billing *b, const char *call_id, const char *leg_id, struct charge_leg_result *r)
{
	struct list *n, *next;

	list_for_each(n, next, &b->charges) {
		struct charge *c = list_entry(n, struct charge, link);
		struct charge_leg *l = strcmp(c->call_id, call_id) == 0 ? charge_find(c, leg_id) : NULL;

		if (l == NULL || l->state != LEG_DONE)
			continue;
		r->rate = l->rate;
		r->talk_ms = l->talk_ms;
		r->billable_s = rating_billable_s(&l->rate, l->talk_ms);
		r->amount_e4 = l->amount_e4;
		return 0;
	}
	return -ENOENT;
}

void charge_begun(struct billing *b, const char *call_id, const char *leg_id, const char *sql)
{
	struct list *n, *next;

	list_for_each(n, next, &b->charges) {
		struct charge *c = list_entry(n, struct charge, link);
		struct charge_leg *l = leg_id ? charge_find(c, leg_id) : NULL;
		char **begun = l ? &l->begun : &c->begun;

		if (strcmp(c->call_id, call_id) != 0 || (leg_id && !l))
			continue;
		free(*begun);
		*begun = sql ? strdup(sql) : NULL; /* without memory: the journal has it, until it begins anew */
	}
}

static int charge_snapshot_one(const struct charge *c, struct journal_buffer *k)
{
	char rate[RATE_TEXT_MAX];
	int err = billing_snapshot_add(k, "O %s %lld %s", c->call_id, (long long)c->account.account_id, c->account.number);

	if (!err && c->begun)
		err = billing_snapshot_add(k, "B %s %s", c->call_id, c->begun);
	for (unsigned i = 0; !err && i < c->count; i++) {
		const struct charge_leg *l = c->leg[i];

		if (l->begun)
			err = billing_snapshot_add(k, "B %s %s", l->id, l->begun);
		if (err || l->answer_utc_us == 0)
			continue;
		rate_to_text(&l->rate, rate);
		err = billing_snapshot_add(k, "A %s %s %lld %s", c->call_id, l->id, (long long)l->answer_utc_us, rate);
		if (!err && l->state == LEG_LIVE)
			err = billing_snapshot_add(k, "P %s %s %lld", c->call_id, l->id,
			                           (long long)(clock_mono_us() - l->answer_mono_us) / 1000);
		else if (!err)
			err = billing_snapshot_add(k, "E %s %s %lld %lld", c->call_id, l->id, (long long)l->talk_ms,
			                           (long long)l->amount_e4);
	}
	return err;
}

int charge_snapshot(struct billing *b, struct journal_buffer *k)
{
	struct list *n, *next;
	int err = 0;

	list_for_each(n, next, &b->charges)
		if (!err)
			err = charge_snapshot_one(list_entry(n, struct charge, link), k);
	return err;
}
