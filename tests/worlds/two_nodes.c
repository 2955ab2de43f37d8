/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/worlds/two_nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ivr/booked.h"
#include "media/media.h"

static void stopped(void *arg)
{
	*(bool *)arg = true;
}

static bool is_true(struct world *w, const void *arg)
{
	(void)w;
	return *(const bool *)arg;
}

static void stop(struct world *w, struct node *n)
{
	bool done = false;

	node_stop(n, stopped, &done);
	if (!world_until(w, is_true, &done, 120))
		world_fail(__FILE__, __LINE__, "a node did not stop");
	node_free(n);
}

static void shell(const char *fmt, const char *a, const char *b)
{
	char cmd[700];

	(void)snprintf(cmd, sizeof(cmd), fmt, a, b);
	CHECK_INT(system(cmd), 0);
}

void twin_lives(struct twins *t, unsigned i)
{
	struct twin *n = &t->node[i];
	const char *span = n->options.span[0].e1.name;

	n->lives++;
	n->options.store = t->w->store;
	CHECK_INT(node_alloc(&n->node, t->w->loop, &n->options), 0);
	e1_pair_join(node_span(n->node, span), exchange_span(t->w->exchange, span));
	CHECK_INT(node_start(n->node), 0);
}

void twin_dies(struct twins *t, unsigned i)
{
	struct twin *n = &t->node[i];
	char old[sizeof(n->options.journal_dir)];

	(void)snprintf(old, sizeof(old), "%s", n->options.journal_dir);
	(void)snprintf(n->options.journal_dir, sizeof(n->options.journal_dir), "%s/journal%u.%u", t->w->dir, i, n->lives);
	shell("cp -r %s %s", old, n->options.journal_dir);
	media_stop(node_calls(n->node)->media);
	store_cut(node_store(n->node));
	store_cut(node_booking_store(n->node));
	booked_stop(node_ivr(n->node)->booked); /* saves time: it cannot do anything any more */
	n->node = NULL;
}

static bool spans_up(struct world *w, const void *arg)
{
	const struct twins *t = arg;

	for (unsigned i = 0; i < TWINS; i++) {
		const char *span = t->node[i].options.span[0].e1.name;

		if (!e1_span_up(node_span(t->node[i].node, span)) || !e1_span_up(exchange_span(w->exchange, span)))
			return false;
	}
	return true;
}

void twins_open(struct twins *t, void (*options)(struct node_options *o, void *arg), void *arg)
{
	struct world_setup s = { .options = options, .arg = arg, .spans = 1 + TWINS, .cut = EXCHANGE_CUT_ANY };

	*t = (struct twins){ .w = world_open(&s) };
	stop(t->w, t->w->node);
	t->w->node = NULL;
	for (unsigned i = 0; i < TWINS; i++) {
		struct node_options *o = &t->node[i].options;

		*o = t->w->options;
		o->span_count = 1;
		o->span[0] = t->w->options.span[1 + i];
		(void)snprintf(o->name, sizeof(o->name), "node%u", i + 1);
		(void)snprintf(o->journal_dir, sizeof(o->journal_dir), "%s/journal%u", t->w->dir, i);
		twin_lives(t, i);
	}
	if (!world_until(t->w, spans_up, t, 60))
		world_fail(__FILE__, __LINE__, "the spans did not come up");
	world_run(t->w, 3);
}

void twins_end(struct twins *t)
{
	struct world *w = t->w;

	exchange_release_all(w->exchange, 16);
	world_run(w, 0.5);
	for (unsigned i = 0; i < TWINS; i++)
		if (t->node[i].node)
			stop(w, t->node[i].node);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM hold WHERE state = 'open'"), 0);
	CHECK_INT(sql_int(w, "SELECT COUNT(*) FROM v_account a WHERE balance_e4 <> (SELECT COALESCE(SUM(amount_e4), 0) FROM "
	                     "v_ledger l WHERE l.number = a.number)"),
	          0);
	shell("rm -rf %s%s", w->dir, "");
	(void)fflush(NULL);
	_exit(0);
}
