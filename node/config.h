/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node/config.h - partylined's configuration file: one YAML file, each setting with its default, range and sentence in
 * node/config_table.c, from which `partylined --config-help` and partylined.conf(5) come. Defaults are for a node with one
 * service, 12599, in China; a file with nothing but a span will do.
 */
#ifndef NODE_CONFIG_H
#define NODE_CONFIG_H

#include "control/settings.h"
#include "core/log.h"
#include "node/node.h"
#include "route/number_table.h"

struct node_config {
	struct node_options options;
	struct settings     settings;  /* options.store was made from it, but for the password */
	char                booking_zone[41]; /* the command line's default */
	char                log_file[256]; /* "": stderr */
	enum log_level      log_level;
};

extern const struct config_field node_config_table[];

/* Reads, checks and completes. Every mistake is written to errors as "FILE:LINE: setting: what is wrong". -EINVAL, or why the
 * file could not be read. */
int  node_config_load(const char *path, struct node_config **cp, FILE *errors);
/* The same from text, for tests: name stands for the file's. */
int  node_config_parse(const char *name, const char *text, size_t len, struct node_config **cp, FILE *errors);
void node_config_free(struct node_config *c);

/* ---- for the files of the configuration ---- */
/* A name that stands in log lines, counters and keys. */
bool node_config_word(const char *s);
/* Groups and routes: names, sums, causes; prefixes are made canonical (node/config_route.c). */
void node_config_check_routes(struct config_file *f, struct node_options *o);

#endif
