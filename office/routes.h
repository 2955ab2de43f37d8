/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/routes.h - the one table of what there is: method, path, who may, what answers. office/openapi.json says the same to
 * everybody else; routes_check() compares them both ways before the first request is taken. */
#ifndef OFFICE_ROUTES_H
#define OFFICE_ROUTES_H

#include "office/document.h"
#include "office/request.h"

#define API_PREFIX "/api/v1"

enum method { METHOD_GET = 1, METHOD_POST = 2, METHOD_PUT = 4, METHOD_PATCH = 8, METHOD_DELETE = 16 };

enum route_flag {
	ROUTE_HOUSE = 1,  /* operators of the provider that runs the nodes only */
	ROUTE_ONCE = 2,   /* moves money or places a call: an Idempotency-Key is wanted (office/once.h) */
	ROUTE_MATCH = 4,  /* If-Match is wanted */
};

struct route {
	enum method method;
	const char *path;     /* as in the document: "/bookings/{booking}" */
	unsigned    roles;    /* bits of enum role; ROLE_ANYONE: no login */
	unsigned    flags;
	void      (*answer)(struct request *r);
};

const char *method_name(enum method m);         /* "GET" */
int         method_parse(const char *name, enum method *m); /* also HEAD, which is a GET; -EINVAL */

/* The route of a path behind API_PREFIX; its parameters go into param. NULL: none; *allow: the methods there are, 0: no such
 * path. */
const struct route *routes_find(enum method m, const char *path, char param[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE],
                                unsigned *allow);
/* Table against document, both ways: every difference is a line on errors. 0 or -EBADMSG. */
int routes_check(const struct document *d, FILE *errors);

#endif
