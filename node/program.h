/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node/program.h - partylined: options, configuration, signals around a struct node (man/partylined.8). */
#ifndef NODE_PROGRAM_H
#define NODE_PROGRAM_H

int partylined_main(int argc, char **argv);

#endif
