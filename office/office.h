/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/office.h - partyline-office: what a request needs to be answered. One object, made by the program before the first
 * request and gone after the last; what is in it is safe for any thread.
 *
 * Threads: libmicrohttpd's pool answers requests, one at a time each, and SQL blocks it (office/http.h); one thread a node
 * listens to what it tells (office/live.h); the main thread waits for signals and forgets what is old.
 */
#ifndef OFFICE_OFFICE_H
#define OFFICE_OFFICE_H

#include "office/config.h"
#include "store/store.h"

struct document;
struct files;
struct limiter;
struct live;

struct office {
	struct office_config *config;
	struct store         *store;
	struct document      *document; /* office/document.h: what the API is */
	struct limiter       *limiter;  /* office/limiter.h */
	struct live          *live;     /* office/live.h: what goes on in the nodes */
	struct files         *files;    /* office/files.h: the pages */
};

#endif
