/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "office/program.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/crash.h"
#include "core/daemon.h"
#include "core/log.h"
#include "office/document.h"
#include "office/files.h"
#include "office/http.h"
#include "office/limiter.h"
#include "office/live.h"
#include "office/once.h"
#include "office/routes.h"

#define LOG_MODULE "office"

#define FORGET_US CLOCK_SEC(600) /* how often what is old is cleared away */

static const char usage[] =
	"usage: partyline-office [-n] [-v] -c FILE\n"
	"  -c FILE          the configuration (partyline-office.conf(5), examples/partyline-office.yaml); runs in the "
        "foreground\n"
	"  -n               only check the configuration: every mistake with its line; status 1 if there is one\n"
	"  -v               log more (debug)\n"
	"  --config-help    every setting with its default and range\n"
	"  SIGTERM, SIGINT  end: requests under way are answered\n"
	"  SIGHUP           reopen the log file\n";

/* ---- start ---- */

static int store_start(struct office *o)
{
	struct store_config s = o->config->settings.database;
	int err;

	s.connections = o->config->threads + 2;
	err = store_open(&o->store, &s);
	if (!err)
		err = store_check_schema(o->store);
	return err ? err : store_check_durability(o->store);
}

static void say_where(const struct office_config *k)
{
	const struct sockaddr_in *in = (const void *)&k->listen;
	const struct sockaddr_in6 *in6 = (const void *)&k->listen;
	char address[INET6_ADDRSTRLEN] = "";
	bool six = k->listen.ss_family == AF_INET6;

	(void)inet_ntop(k->listen.ss_family, six ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr, address,
	                sizeof(address));
	log_info("partyline-office is up: %s://%s%s%s:%u/, %u nodes", k->certificate[0] ? "https" : "http", six ? "[" : "",
	         address, six ? "]" : "", ntohs(in->sin_port), k->node_count);
}

static int office_start(struct office *o, struct http **http)
{
	int err = document_alloc(&o->document);

	if (!err)
		err = routes_check(o->document, stderr);
	if (!err)
		err = store_start(o);
	if (!err)
		err = limiter_alloc(&o->limiter);
	if (!err)
		err = files_alloc(&o->files, o->config->web);
	if (!err)
		err = live_alloc(&o->live, o);
	if (!err) {
		err = http_alloc(http, o);
		if (err)
			log_error("http.listen: %s", strerror(-err));
	}
	if (!err)
		say_where(o->config);
	return err;
}

/* ---- run ---- */

static void forget(struct office *o)
{
	int64_t now = clock_utc_us();

	if (session_forget(o, now) != 0 || once_forget(o, now) != 0)
		log_warn("what is old could not be cleared away: the database does not answer");
}

static void office_run(struct office *o, const sigset_t *set)
{
	const struct timespec second = { .tv_sec = 1 };
	int64_t forget_us = clock_mono_us() + CLOCK_SEC(5);

	for (;;) {
		int sig = sigtimedwait(set, NULL, &second);

		if (sig == SIGTERM || sig == SIGINT) {
			log_info("signal %d: ending", sig);
			return;
		}
		if (sig == SIGHUP && log_reopen() != 0)
			log_error("the log file could not be opened anew");
		live_tick(o->live);
		if (clock_mono_us() >= forget_us) {
			forget(o);
			forget_us = clock_mono_us() + FORGET_US;
		}
	}
}

static void office_stop(struct office *o, struct http *http)
{
	if (http)
		http_quiet(http);
	if (o->live)
		live_stop(o->live);
	http_free(http);
	live_free(o->live);
	files_free(o->files);
	limiter_free(o->limiter);
	store_close(o->store);
	document_free(o->document);
}

int partyline_office_main(int argc, char **argv)
{
	struct daemon_options options;
	struct http *http = NULL;
	struct office o = { 0 };
	sigset_t set;
	int status, err;

	crash_report("partyline-office");
	if (daemon_options(&options, usage, office_config_table, argc, argv, &status))
		return status;
	if (office_config_load(options.config, &o.config, stderr) != 0)
		return 1;
	if (options.check) {
		(void)printf("%s: no mistake found\n", options.config);
		office_config_free(o.config);
		return 0;
	}
	err = daemon_log(&options, "partyline-office", o.config->log_file, o.config->log_level);
	daemon_signals(&set);
	if (!err)
		err = office_start(&o, &http);
	if (err)
		(void)fprintf(stderr, "partyline-office: cannot start: %s (the log says more)\n", strerror(-err));
	else
		office_run(&o, &set);
	office_stop(&o, http);
	office_config_free(o.config);
	return err ? 1 : 0;
}
