/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node/config_internal.h - what the files of node/config.h share: the checks that a table cannot make. */
#ifndef NODE_CONFIG_INTERNAL_H
#define NODE_CONFIG_INTERNAL_H

#include "node/config.h"

struct check { /* the checks that a table cannot make; each names its setting */
	struct config_file *file;
	struct node_config *c;
};

#define WRONG(k, where, ...) config_error((k)->file, (where), __VA_ARGS__)

void where_in(char out[CONFIG_PATH_MAX], const char *list, unsigned i, const char *name);
/* What a trunk's own numbers do not say is as in the node's. *own: it has any. */
void check_own_numbers(struct check *k, const char *list, unsigned i, bool *own, struct number_rules *rules);

/* config_trunk.c */
extern const struct config_field node_trunk_table[];
void check_trunks(struct check *k);

#endif
