/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/config.h - partyline-office's configuration file: one YAML file, each setting with its default, range and sentence in
 * office/config.c, from which `partyline-office --config-help` and partyline-office.conf(5) come. database, cards and numbers are
 * as in the node's file (control/settings.h, route/number_table.h).
 */
#ifndef OFFICE_CONFIG_H
#define OFFICE_CONFIG_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "billing/card.h"
#include "billing/password.h"
#include "control/settings.h"
#include "core/log.h"
#include "route/number.h"

#define OFFICE_NODES_MAX 32

struct office_node {
	char name[32], socket[108];
};

struct office_config {
	struct settings     settings; /* control is not read */
	struct number_rules numbers;
	struct card_config  cards;
	struct password_limits passwords;
	struct office_node  node[OFFICE_NODES_MAX];
	unsigned            node_count;
	int64_t             node_timeout_us;
	char                name[32], currency[4], zone[41]; /* zone: of bookings */
	struct sockaddr_storage listen;
	char                certificate[256], key[256], web[256];
	bool                secure_cookies;  /* also without TLS of our own: it is somebody else's before us */
	char                proxy[64];       /* the address whose X-Forwarded-For is believed; "": nobody's */
	unsigned            threads, connections, connections_per_address;
	int64_t             idle_timeout_us, request_timeout_us;
	unsigned            body_max, csv_max; /* octets */
	unsigned            requests_per_s, address_per_s, logins_per_min;
	int64_t             session_idle_us, session_life_us;
	char                log_file[256];
	enum log_level      log_level;
};

extern const struct config_field office_config_table[];

/* Reads, checks and completes; every mistake on errors. -EINVAL, or why the file could not be read. */
int  office_config_load(const char *path, struct office_config **cp, FILE *errors);
void office_config_free(struct office_config *c);

#endif
