/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/worlds/harness.h - what all worlds of a run share: one MariaDB, a migrated template; a database each from it. */
#ifndef TESTS_WORLDS_HARNESS_H
#define TESTS_WORLDS_HARNESS_H

#include <stdint.h>

#include "store/store.h"

struct world;

extern uint64_t harness_seed;

int  harness_start(void);   /* before the first fork */
void harness_stop(void);
/* A database of one's own, copied from the template with the demo's accounts, areas and tariffs. */
int  harness_database(char *name, unsigned size, struct store_config *config);
/* Ends every connection to the world's database but its own. */
void harness_kill_connections(struct world *w);

#endif
