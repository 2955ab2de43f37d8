/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/daemon.h - how partylined and partyline-office begin: the same options, the same signals, the log where the configuration
 * wants it. They run in the foreground; whoever supervises them takes them to the background.
 *
 * For main(), before any thread is made.
 */
#ifndef CORE_DAEMON_H
#define CORE_DAEMON_H

#include <signal.h>
#include <stdbool.h>

#include "core/config.h"
#include "core/log.h"

struct daemon_options {
	const char *config; /* -c FILE, never NULL */
	bool        check;  /* -n: only look for mistakes in it */
	bool        verbose; /* -v: log all */
};

/* 0: go on. 1: everything is said (--help, --config-help: table's, or a usage error), end with *status. */
int daemon_options(struct daemon_options *o, const char *usage, const struct config_field *table, int argc, char **argv,
                   int *status);

/* Logs what level, or with -v all, into file; "": to stderr. 0, or what log_open() says, which name has then told stderr. */
int daemon_log(const struct daemon_options *o, const char *name, const char *file, enum log_level level);

/* SIGTERM, SIGINT and SIGHUP wait to be fetched (signalfd, sigtimedwait), so no thread is interrupted by them; SIGPIPE is an
 * error of write(). *set: the three. */
void daemon_signals(sigset_t *set);

#endif
