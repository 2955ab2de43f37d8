/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/daemon.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

int daemon_options(struct daemon_options *o, const char *usage, const struct config_field *table, int argc, char **argv,
                   int *status)
{
	static const struct option longs[] = { { "config", required_argument, NULL, 'c' },
		                               { "config-help", no_argument, NULL, 'H' },
		                               { "help", no_argument, NULL, 'h' },
		                               { NULL, 0, NULL, 0 } };
	int opt;

	*o = (struct daemon_options){ 0 };
	*status = 0;
	while ((opt = getopt_long(argc, argv, "c:nvh", longs, NULL)) != -1)
		switch (opt) {
		case 'c': o->config = optarg; break;
		case 'n': o->check = true; break;
		case 'v': o->verbose = true; break;
		case 'H': config_help(table, CONFIG_HELP_TEXT, stdout); return 1;
		case 'h': (void)fputs(usage, stdout); return 1;
		default: goto wrong;
		}
	if (o->config && optind == argc)
		return 0;
wrong:
	(void)fputs(usage, stderr);
	*status = 2;
	return 1;
}

int daemon_log(const struct daemon_options *o, const char *name, const char *file, enum log_level level)
{
	int err = 0;

	log_set_level(o->verbose ? LOG_DEBUG : level);
	if (file[0])
		err = log_open(file);
	if (err)
		(void)fprintf(stderr, "%s: log file %s: %s\n", name, file, strerror(-err));
	return err;
}

void daemon_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}
