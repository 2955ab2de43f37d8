/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/two_nodes.h - two nodes on one database and one exchange, and what is left when one of them dies.
 *
 * A dead node's line is silent and its way to the database cut, in the middle of whatever it was doing; its memory stays where it
 * is, so such a scenario ends with twins_end(), not with world_close(). Its next life has the journal as it was at that moment.
 */
#ifndef TESTS_WORLDS_TWO_NODES_H
#define TESTS_WORLDS_TWO_NODES_H

#include "tests/worlds/world.h"

#define TWINS 2

struct twin {
	struct node        *node;    /* NULL: dead */
	struct node_options options;
	unsigned            lives;
};

struct twins {
	struct world *w;             /* its own node is not there */
	struct twin   node[TWINS];
};

/* options: what the nodes have different from usual; each has one span, of 30 channels. */
void twins_open(struct twins *t, void (*options)(struct node_options *o, void *arg), void *arg);
void twin_dies(struct twins *t, unsigned i);
void twin_lives(struct twins *t, unsigned i); /* does not wait for its span */
/* Stops those that live; the ledger explains the balances, nothing is held. Ends the process. */
void twins_end(struct twins *t) __attribute__((noreturn));

#endif
