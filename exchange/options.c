/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exchange/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/args.h"

const char xoptions_usage[] = "usage: exchange [options]\n"
			      "  --span SPEC      a span, once for each: "
                              "name=NAME,local=ADDRESS:PORT,peer=ADDRESS:PORT[,k=8][,cut=any|alerting|connect][,overlap]\n"
			      "                   [,restore=MS]; or name=NAME,dahdi=N. IPv6 in brackets. Without it: "
                              "name=pstn,local=127.0.0.1:40002,peer=127.0.0.1:40001\n"
			      "  --phones FILE    numbers that can be called, a line each: 13900000002 answer-after 2000 (`help "
                              "number`). Without it: six phones\n"
			      "  --console        a person is at the keyboard: prompt, readable events\n"
			      "  --stdin          commands on standard input; its end is the end of the exchange\n"
			      "  --script FILE    commands from a file; the first that fails ends the exchange with status 1\n"
			      "  --socket PATH    a unix socket for commands and events\n"
			      "  --json           events as JSON on the console too\n"
			      "  --quiet          no events on standard output\n"
			      "  --log FILE       log there, not to standard error\n"
			      "  --log-level L    error, warn, info, debug\n";

static int fail(char *error, unsigned size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int fail(char *error, unsigned size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* 127.0.0.1:40002 or [::1]:40002. */
static int parse_address(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	const char *colon = strrchr(text, ':');
	char host[64];
	size_t len;
	long port;

	memset(ss, 0, sizeof(*ss));
	if (!colon || xargs_parse_int(colon + 1, 1, 65535, &port))
		return -EINVAL;
	len = (size_t)(colon - text);
	if (len > 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		len -= 2;
	}
	if (!len || len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return 0;
	}
	return -EINVAL;
}

static int span_word(struct xoptions *o, char *word, char *error, unsigned size)
{
	struct e1_span_config *c = &o->span[o->spans].config;
	char *value = strchr(word, '=');
	long n = 0;

	if (!strcmp(word, "overlap")) {
		c->overlap = true;
		return 0;
	}
	if (!value)
		return fail(error, size, "--span: %s: key=value is wanted", word);
	*value++ = '\0';
	if (!strcmp(word, "name")) {
		if (!*value || strlen(value) >= sizeof(c->name))
			return fail(error, size, "--span: name= has 1 to %zu characters", sizeof(c->name) - 1);
		memcpy(c->name, value, strlen(value) + 1);
	} else if (!strcmp(word, "local") || !strcmp(word, "peer")) {
		if (parse_address(value, *word == 'l' ? &c->local : &c->peer))
			return fail(error, size, "--span: %s=%s: ADDRESS:PORT is wanted", word, value);
	} else if (!strcmp(word, "k")) {
		if (xargs_parse_int(value, 1, 40, &n))
			return fail(error, size, "--span: k=%s: frames a packet, 1 to 40", value);
		c->frames_per_packet = (unsigned)n;
	} else if (!strcmp(word, "cut")) {
		if (exchange_cut_parse(value, &o->span[o->spans].cut))
			return fail(error, size, "--span: cut=%s: alerting, any or connect", value);
	} else if (!strcmp(word, "restore")) {
		if (xargs_parse_int(value, 0, 3600000, &n))
			return fail(error, size, "--span: restore=%s: milliseconds", value);
		c->restore_ms = (unsigned)n;
	} else if (!strcmp(word, "dahdi")) {
		if (xargs_parse_int(value, 1, 128, &n))
			return fail(error, size, "--span: dahdi=%s: a span number from 1", value);
		c->transport = E1_DAHDI;
		c->dahdi_span = (unsigned)n;
	} else {
		return fail(error, size, "--span: %s: no such key", word);
	}
	return 0;
}

int xoptions_span(struct xoptions *o, const char *text, char *error, unsigned size)
{
	struct e1_span_config *c;
	char buf[400], *p = buf, *word;
	int err = 0;

	if (o->spans == EXCHANGE_SPANS_MAX)
		return fail(error, size, "--span: at most %d", EXCHANGE_SPANS_MAX);
	if (strlen(text) >= sizeof(buf))
		return fail(error, size, "--span: too long");
	memcpy(buf, text, strlen(text) + 1);
	c = &o->span[o->spans].config;
	e1_span_config_default(c);
	c->role = E1_NETWORK;
	c->transport = E1_PSEUDOWIRE;
	o->span[o->spans].cut = EXCHANGE_CUT_ANY;
	c->name[0] = '\0';
	while (!err && (word = strsep(&p, ",")))
		err = span_word(o, word, error, size);
	if (err)
		return err;
	if (!c->name[0])
		return fail(error, size, "--span: name= is missing");
	if (c->transport == E1_PSEUDOWIRE && (!c->local.ss_family || !c->peer.ss_family))
		return fail(error, size, "--span: local= and peer= are wanted (or dahdi=)");
	o->spans++;
	return 0;
}

int xoptions_parse(struct xoptions *o, int argc, char **argv, char *error, unsigned size)
{
	static const struct option longs[] = {
		{ "span", required_argument, NULL, 's' },   { "phones", required_argument, NULL, 'p' },
		{ "console", no_argument, NULL, 'c' },      { "stdin", no_argument, NULL, 'i' },
		{ "script", required_argument, NULL, 'f' }, { "socket", required_argument, NULL, 'S' },
		{ "json", no_argument, NULL, 'j' },         { "quiet", no_argument, NULL, 'q' },
		{ "log", required_argument, NULL, 'l' },    { "log-level", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
	};
	int c, err = 0;

	memset(o, 0, sizeof(*o));
	o->level = LOG_INFO;
	optind = 0;
	opterr = 0;
	while (!err && (c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		switch (c) {
		case 's': err = xoptions_span(o, optarg, error, size); break;
		case 'p': o->phones = optarg; break;
		case 'c': o->console = true; break;
		case 'i': o->use_stdin = true; break;
		case 'f': o->script = optarg; break;
		case 'S': o->socket = optarg; break;
		case 'j': o->json = true; break;
		case 'q': o->quiet = true; break;
		case 'l': o->log = optarg; break;
		case 'L':
			if (log_level_parse(optarg, &o->level))
				err = fail(error, size, "--log-level %s: error, warn, info or debug", optarg);
			break;
		case 'h': o->help = true; break;
		case ':': err = fail(error, size, "%s wants a value", argv[optind - 1]); break;
		default: err = fail(error, size, "%s: no such option", argv[optind - 1]); break;
		}
	}
	if (!err && optind < argc)
		err = fail(error, size, "%s: not understood", argv[optind]);
	if (!err && !o->spans)
		err = xoptions_span(o, "name=pstn,local=127.0.0.1:40002,peer=127.0.0.1:40001", error, size);
	return err;
}
