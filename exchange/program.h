/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange/program.h - the program: options, console, script, socket, signals. */
#ifndef EXCHANGE_PROGRAM_H
#define EXCHANGE_PROGRAM_H

int exchange_program(int argc, char **argv); /* exit status */

#endif
