/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/program.h - partyline-office as a program: options, configuration, start, signals, end. */
#ifndef OFFICE_PROGRAM_H
#define OFFICE_PROGRAM_H

int partyline_office_main(int argc, char **argv);

#endif
