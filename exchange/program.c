/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/magic.h"
#include "exchange/lines.h"
#include "exchange/options.h"
#include "exchange/render.h"
#include "exchange/room.h"
#include "exchange/server.h"
#include "exchange/session.h"

#define LOG_MODULE "exchange"

#define RELEASE_WAIT_US CLOCK_SEC(3)  /* for the node to answer our clearing */
#define CLOSE_POLL_US   CLOCK_MS(20)

struct program {
	struct xoptions          options;
	struct loop             *loop;
	struct counter_registry  counters;
	struct exchange         *x;
	struct xserver          *server;
	struct xsession         *input, *script;
	struct xlines            in;
	struct exchange_listener listener;
	struct loop_timer        closing;
	int64_t                  give_up_us;
	int                      signals, status;
	bool                     tty, reading, over, closed;
};

/* ---- the end: calls released, then spans, then the loop ---- */

static void on_closing(struct loop_timer *t)
{
	struct program *p = container_of(t, struct program, closing);

	if (!p->closed && (!exchange_calls(p->x) || clock_mono_us() >= p->give_up_us)) {
		if (exchange_calls(p->x))
			log_warn("%u calls were not released by the other end", exchange_calls(p->x));
		p->closed = true;
		exchange_close(p->x);
	}
	if (p->closed && exchange_closed(p->x))
		loop_stop(p->loop);
	else
		loop_timer_start(&p->closing, CLOSE_POLL_US);
}

static void finish(struct program *p, int status)
{
	if (status > p->status)
		p->status = status;
	if (p->over)
		return;
	p->over = true;
	p->give_up_us = clock_mono_us() + RELEASE_WAIT_US;
	exchange_release_all(p->x, 16);
	loop_timer_start(&p->closing, CLOSE_POLL_US);
}

static void on_signal(int fd, uint32_t events, void *arg)
{
	struct program *p = arg;
	struct signalfd_siginfo si;

	(void)events;
	if (read(fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	if (si.ssi_signo == SIGHUP)
		(void)log_reopen();
	else
		finish(p, 0);
}

static int signals_open(struct program *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL); /* before the media thread starts, so that it has them blocked too */
	(void)signal(SIGPIPE, SIG_IGN);
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signals < 0 ? -errno : loop_fd_add(p->loop, p->signals, EPOLLIN, on_signal, p);
}

/* ---- standard output ---- */

static void prompt(struct program *p)
{
	if (p->tty)
		fputs("exchange> ", stdout);
	fflush(stdout);
}

static void show_event(struct exchange_listener *l, const char *line, const struct json_t *ev)
{
	struct program *p = container_of(l, struct program, listener);

	if (p->tty)
		fputs("\r", stdout);
	if (p->options.console && !p->options.json)
		xrender_event(stdout, ev);
	else
		printf("%s\n", line);
	prompt(p);
}

static void show_reply(const char *line, const struct json_t *o, void *arg)
{
	struct program *p = arg;

	if (p->options.console && !p->options.json)
		xrender_reply(stdout, o);
	else
		printf("%s\n", line);
	prompt(p);
}

static void no_event(const char *line, const struct json_t *o, void *arg)
{
	(void)line;
	(void)o;
	(void)arg;
}

static void on_session_end(int status, void *arg)
{
	finish(arg, status);
}

/* ---- standard input ---- */

static int input_line(const char *text, void *arg)
{
	struct program *p = arg;
	int err = xsession_line(p->input, text);

	if (!err && !text[strspn(text, " \t\r")])
		prompt(p);
	return err;
}

/* False at the end of the input. */
static bool input_read(struct program *p)
{
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n || xlines_feed(&p->in, buf, (size_t)n, input_line, p)) {
		(void)xlines_end(&p->in, input_line, p);
		if (!p->options.script) /* else the script says when it is over */
			xsession_eof(p->input);
		return false;
	}
	return true;
}

static void on_input(int fd, uint32_t events, void *arg)
{
	struct program *p = arg;

	(void)events;
	if (input_read(p))
		return;
	loop_fd_del(p->loop, fd);
	p->reading = false;
}

static int input_open(struct program *p)
{
	struct xsession_sink sink = { .reply = show_reply, .event = no_event, .end = on_session_end, .arg = p };
	int err = xsession_alloc(&p->input, p->x, &sink, false);

	if (err)
		return err;
	err = loop_fd_add(p->loop, STDIN_FILENO, EPOLLIN, on_input, p);
	if (!err)
		p->reading = true;
	if (err != -EPERM)
		return err;
	while (input_read(p)) /* a plain file: epoll does not want it, and it never waits */
		;
	return 0;
}

static int script_open(struct program *p)
{
	struct xsession_sink sink = { .reply = show_reply, .event = no_event, .end = on_session_end, .arg = p };
	int err = xsession_alloc(&p->script, p->x, &sink, true);

	if (!err)
		err = xsession_file(p->script, p->options.script);
	if (err)
		fprintf(stderr, "exchange: %s: %s\n", p->options.script, strerror(-err));
	return err;
}

/* ---- the beginning ---- */

static int spans_open(struct program *p)
{
	for (unsigned i = 0; i < p->options.spans; i++) {
		int err = exchange_add_span(p->x, &p->options.span[i].config, p->options.span[i].cut);

		if (err) {
			fprintf(stderr, "exchange: span %s: %s\n", p->options.span[i].config.name, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int people_open(struct program *p)
{
	const struct xoptions *o = &p->options;
	char text[600];
	int err = o->phones ? xroom_file(p->x, o->phones, text, sizeof(text)) : xroom_ready(p->x);

	if (err && o->phones)
		fprintf(stderr, "exchange: %s\n", text);
	if (!err && o->socket) {
		err = xserver_alloc(&p->server, p->x, o->socket);
		if (err)
			fprintf(stderr, "exchange: %s: %s\n", o->socket, strerror(-err));
	}
	return err;
}

static void greet(struct program *p)
{
	if (!p->options.console || p->options.json)
		return;
	puts("The exchange. `help` lists the commands, `numbers` the phones. For example:");
	puts("  dial 13800000001 12599       a phone dials");
	puts("  answer last                  a phone that rings is picked up");
	puts("  dtmf last 13900000002#       keys are pressed");
	puts("  hangup last                  on hook");
	prompt(p);
}

static int start(struct program *p)
{
	const struct xoptions *o = &p->options;
	int err = loop_alloc(&p->loop);

	if (!err)
		err = signals_open(p);
	if (!err)
		err = exchange_alloc(&p->x, p->loop, &p->counters);
	if (err) {
		fprintf(stderr, "exchange: %s\n", strerror(-err));
		return err;
	}
	loop_timer_init(p->loop, &p->closing, on_closing);
	p->listener.event = show_event;
	err = spans_open(p);
	if (!err)
		err = people_open(p);
	if (!err)
		err = exchange_start(p->x);
	if (err)
		return err;
	if (!o->quiet)
		exchange_listen(p->x, &p->listener);
	greet(p);
	if (o->script)
		err = script_open(p);
	if (!err && (o->console || o->use_stdin))
		err = input_open(p);
	return err;
}

static void stop(struct program *p)
{
	xserver_free(p->server);
	xsession_free(p->input);
	xsession_free(p->script);
	exchange_free(p->x);
	if (p->reading)
		loop_fd_del(p->loop, STDIN_FILENO);
	if (p->signals >= 0) {
		loop_fd_del(p->loop, p->signals);
		close(p->signals);
	}
	if (p->loop)
		loop_free(p->loop);
}

int exchange_program(int argc, char **argv)
{
	struct program *p = calloc(1, sizeof(*p));
	char error[300];
	int status = 2;

	if (!p)
		return 1;
	p->signals = -1;
	if (xoptions_parse(&p->options, argc, argv, error, sizeof(error))) {
		fprintf(stderr, "exchange: %s\n%s", error, xoptions_usage);
		goto out;
	}
	status = 0;
	if (p->options.help) {
		fputs(xoptions_usage, stdout);
		goto out;
	}
	p->tty = p->options.console && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	log_set_level(p->options.level);
	if (p->options.log && log_open(p->options.log)) {
		fprintf(stderr, "exchange: cannot write %s\n", p->options.log);
		status = 1;
		goto out;
	}
	if (start(p)) {
		p->status = 1;
		if (p->x)
			finish(p, 1);
	}
	if (p->x)
		loop_run(p->loop);
	status = p->status;
	stop(p);
out:
	free(p);
	return status;
}
