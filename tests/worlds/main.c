/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/worlds/main.c - runs the scenarios, each in a process of its own (so that a failed check, a crash or a leak ends only
 * that one), two at a time.
 *
 *   worlds [-j N] [-s SEED] [-v] [-l] [PATTERN...]     PATTERN: part of a name
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/worlds/harness.h"
#include "tests/worlds/world.h"

static struct scenario *first;
static unsigned count;

void scenario_register(struct scenario *s)
{
	struct scenario **p = &first;

	while (*p && strcmp((*p)->name, s->name) < 0)
		p = &(*p)->next;
	s->next = *p;
	*p = s;
	count++;
}

struct running {
	pid_t pid;
	struct scenario *s;
	FILE *out;          /* what it printed, shown when it failed */
	time_t began;
};

static pid_t scenario_spawn(struct scenario *s, FILE *out, uint64_t seed)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)dup2(fileno(out), STDOUT_FILENO);
	(void)dup2(fileno(out), STDERR_FILENO);
	(void)alarm(240); /* real seconds: a world that stands still */
	harness_seed = seed;
	s->run();
	(void)fflush(NULL);
	exit(0); /* with the leak check */
}

static void scenario_show(FILE *out)
{
	char line[4096];

	rewind(out);
	while (fgets(line, sizeof(line), out))
		(void)fprintf(stdout, "    %s", line);
}

static bool wanted(const struct scenario *s, char **patterns, int n)
{
	for (int i = 0; i < n; i++)
		if (strstr(s->name, patterns[i]))
			return true;
	return n == 0;
}

int main(int argc, char **argv)
{
	unsigned jobs = 2, live = 0, passed = 0, failed = 0;
	struct running run[16] = { 0 };
	bool verbose = false;
	uint64_t seed = 1;
	struct scenario *s = first;
	int opt;

	while ((opt = getopt(argc, argv, "j:s:vl")) != -1)
		switch (opt) {
		case 'j': jobs = (unsigned)atoi(optarg); break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 'v': verbose = true; break;
		case 'l':
			for (; s; s = s->next)
				(void)printf("%-50s %s\n", s->name, s->text);
			return 0;
		default:
			(void)fprintf(stderr, "usage: worlds [-j N] [-s SEED] [-v] [-l] [PATTERN...]\n");
			return 2;
		}
	if (jobs < 1 || jobs > 16)
		jobs = 2;
	if (harness_start() != 0) {
		(void)printf("worlds: no database: 0 passed, 1 failed\n0 passed, 1 failed\n");
		return 1;
	}
	while (s || live) {
		int status;
		pid_t pid;

		while (s && !wanted(s, argv + optind, argc - optind))
			s = s->next;
		if (s && live < jobs) {
			struct running *r = run;

			while (r->pid)
				r++;
			r->s = s;
			r->out = tmpfile();
			r->began = time(NULL);
			(void)fflush(NULL);
			r->pid = r->out ? scenario_spawn(s, r->out, seed) : -1;
			if (r->pid < 0) {
				(void)printf("worlds: %s\n", strerror(errno));
				return 1;
			}
			live++;
			s = s->next;
			continue;
		}
		if (!live)
			break;
		pid = wait(&status);
		for (unsigned i = 0; i < 16; i++) {
			bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;

			if (pid <= 0 || run[i].pid != pid)
				continue;
			(void)printf("%s %s (%ld s)\n", ok ? "ok  " : "FAIL", run[i].s->name, (long)(time(NULL) - run[i].began));
			if (!ok && WIFSIGNALED(status))
				(void)printf("    killed by signal %d\n", WTERMSIG(status));
			if (!ok || verbose)
				scenario_show(run[i].out);
			(void)fflush(stdout);
			(void)fclose(run[i].out);
			run[i].pid = 0;
			live--;
			passed += ok;
			failed += !ok;
		}
	}
	harness_stop();
	(void)printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
