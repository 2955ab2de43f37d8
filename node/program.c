/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/program.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control/control.h"
#include "core/clock.h"
#include "core/crash.h"
#include "core/daemon.h"
#include "core/log.h"
#include "core/magic.h"
#include "node/commands.h"
#include "node/config.h"
#include "node/node.h"

#define LOG_MODULE "partylined"

/* calls are released in well under a second; a database that is gone may stay so for hours */
#define STOP_PATIENCE_US CLOCK_SEC(15)

static const char usage[] =
	"usage: partylined [-n] [-v] -c FILE\n"
	"  -c FILE          the configuration (partylined.conf(5), examples/partyline.yaml); runs in the foreground, logs to "
        "stderr or the file it names\n"
	"  -n               only check the configuration: every mistake with its line; status 1 if there is one\n"
	"  -v               log more (debug)\n"
	"  --config-help    every setting with its default and range\n"
	"  SIGTERM, SIGINT  release all calls, settle, end; a second one ends at once\n"
	"  SIGHUP           reopen the log file\n";

struct program {
	struct loop           *loop;
	struct node           *node;
	struct control_server *control;
	struct commands       *commands;
	int                    signals;
	struct loop_timer      patience;
	unsigned               ends;      /* SIGTERMs seen */
	bool                   gave_up;
};

static void program_stopped(void *arg)
{
	loop_stop(((struct program *)arg)->loop);
}

/* What is unsettled or unrecorded is in the journal: the next start finishes it. */
static void program_give_up(struct loop_timer *t)
{
	struct program *p = container_of(t, struct program, patience);

	log_warn("not everything could be settled in time; the journal keeps it for the next start");
	p->gave_up = true;
	loop_stop(p->loop);
}

static void program_signal(int fd, uint32_t events, void *arg)
{
	struct program *p = arg;
	struct signalfd_siginfo si;

	(void)events;
	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGHUP) {
		int err = log_reopen();

		if (err)
			log_error("log file: %s", strerror(-err));
		return;
	}
	if (p->ends++ > 0) {
		log_warn("second signal: ending at once");
		p->gave_up = true;
		loop_stop(p->loop);
		return;
	}
	loop_timer_start(&p->patience, STOP_PATIENCE_US);
	log_info("signal %u: releasing all calls", si.ssi_signo);
	node_stop(p->node, program_stopped, p);
}

static int program_signals(struct program *p)
{
	sigset_t set;

	daemon_signals(&set);
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p->signals < 0)
		return -errno;
	return loop_fd_add(p->loop, p->signals, EPOLLIN, program_signal, p);
}

static int program_run(struct program *p, const struct node_config *c)
{
	int err = loop_alloc(&p->loop);

	if (!err) {
		loop_timer_init(p->loop, &p->patience, program_give_up);
		err = program_signals(p);
	}
	if (!err)
		err = node_alloc(&p->node, p->loop, &c->options);
	if (!err && c->settings.control.socket[0]) {
		err = control_server_alloc(&p->control, p->loop, node_counters(p->node), c->settings.control.socket);
		if (!err)
			err = commands_alloc(&p->commands, p->control, p->node);
		if (err)
			log_error("control socket %s: %s", c->settings.control.socket, strerror(-err));
	}
	if (!err)
		err = node_start(p->node);
	if (!err) {
		log_info("%s is up: %u spans, %u services", c->options.name, c->options.span_count, c->options.service_count);
		loop_run(p->loop);
	}
	return err;
}

static void program_free(struct program *p)
{
	if (p->gave_up)
		_exit(p->ends > 1 ? 1 : 0);
	loop_timer_stop(&p->patience);
	if (p->commands)
		commands_free(p->commands);
	if (p->control)
		control_server_free(p->control);
	node_free(p->node);
	if (p->signals >= 0 && p->loop) {
		loop_fd_del(p->loop, p->signals);
		(void)close(p->signals);
	}
	loop_free(p->loop);
}

int partylined_main(int argc, char **argv)
{
	struct daemon_options o;
	struct program p = { .signals = -1 };
	struct node_config *c;
	int status, err;

	crash_report("partylined");
	if (daemon_options(&o, usage, node_config_table, argc, argv, &status))
		return status;
	if (node_config_load(o.config, &c, stderr) != 0)
		return 1;
	if (o.check) {
		(void)printf("%s: no mistake found\n", o.config);
		node_config_free(c);
		return 0;
	}
	err = daemon_log(&o, "partylined", c->log_file, c->log_level);
	if (!err)
		err = program_run(&p, c);
	if (err) { /* nothing was promised to anybody yet: no orderly end is needed */
		(void)fprintf(stderr, "partylined: cannot start: %s (the log says more)\n", strerror(-err));
		return 1;
	}
	program_free(&p);
	node_config_free(c);
	return 0;
}
