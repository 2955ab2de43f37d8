/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/crash.h - what a program says before it dies of SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT: the signal, the address, the
 * stack. Then it dies of it all the same, so that a core file and the exit status are what they would be.
 */
#ifndef CORE_CRASH_H
#define CORE_CRASH_H

/* Once, from main(), before any thread. Writes to fd 2 and to the log's descriptor. Nothing in sanitizer builds, which tell
 * more. */
void crash_report(const char *program);

#endif
