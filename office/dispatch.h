/* SPDX-License-Identifier: GPL-2.0-or-later */
/* office/dispatch.h - from a whole request to its answer: limits, route, session, role, CSRF, parameters, body, then the
 * handler. */
#ifndef OFFICE_DISPATCH_H
#define OFFICE_DISPATCH_H

#include "office/request.h"

/* path: behind API_PREFIX. Before the body is there: how long it may be, and whether a request like this is looked at at all.
 * False after an answer. */
bool dispatch_begin(struct request *r, const char *path);
/* The body is there. */
void dispatch(struct request *r);

#endif
