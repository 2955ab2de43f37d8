/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * office/document.h - the OpenAPI document (office/openapi.json, part of the program): what is served as /api/v1/openapi.json,
 * and what requests are checked by. So what it says of a parameter or a body is so.
 *
 * Made once, then only read: any thread.
 */
#ifndef OFFICE_DOCUMENT_H
#define OFFICE_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "office/schema.h"

struct document;

#define OPERATION_PARAMETERS_MAX 12

struct parameter {
	const char   *name;
	enum { IN_PATH, IN_QUERY, IN_HEADER } in;
	bool          required;
	const json_t *schema;
};

struct operation { /* one method of one path */
	const char      *method, *path;  /* "get", "/me" */
	const json_t    *json;
	struct parameter parameter[OPERATION_PARAMETERS_MAX];
	unsigned         parameters;
	const char      *body_type;      /* media type of its body; NULL: it takes none */
	const json_t    *body_schema;
};

/* -EBADMSG: the document is none, logged. */
int  document_alloc(struct document **dp);
void document_free(struct document *d);

const char             *document_text(void);
const struct schemas   *document_schemas(const struct document *d);
const struct operation *document_operation(const struct document *d, const char *method, const char *path); /* NULL: none */
unsigned                document_operations(const struct document *d);

#endif
