/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exchange/options.h - the exchange's command line. */
#ifndef EXCHANGE_OPTIONS_H
#define EXCHANGE_OPTIONS_H

#include <stdbool.h>

#include "core/log.h"
#include "exchange/exchange.h"

struct xoptions {
	struct {
		struct e1_span_config config;
		enum exchange_cut     cut;
	} span[EXCHANGE_SPANS_MAX];
	unsigned    spans;
	const char *socket, *script, *phones, *log;
	bool        console, use_stdin, json, quiet, help;
	enum log_level level;
};

/* 0, -EINVAL with the reason in error. Never touches anything but o. */
int xoptions_parse(struct xoptions *o, int argc, char **argv, char *error, unsigned size);
/* name=pstn,local=127.0.0.1:40002,peer=127.0.0.1:40001[,k=8][,cut=any][,overlap][,restore=MS][,dahdi=N] */
int xoptions_span(struct xoptions *o, const char *text, char *error, unsigned size);
extern const char xoptions_usage[];

#endif
