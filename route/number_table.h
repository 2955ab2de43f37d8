/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route/number_table.h - a dialling plan (struct number_rules) as settings of a configuration file: the node reads its section
 * `numbers` by it, and so does the command line, so that an operator may write a number as his subscribers do.
 */
#ifndef ROUTE_NUMBER_TABLE_H
#define ROUTE_NUMBER_TABLE_H

#include "core/config.h"

extern const struct config_field number_rules_table[]; /* of struct number_rules */

#endif
